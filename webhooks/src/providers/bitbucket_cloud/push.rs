//! `repo:push`: commits, and where branches and tags point now.

use throughline_domain::fact::MAX_FACTS;
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;

use crate::code_host::{self, commits, nothing};
use crate::draft::{by, object_id};
use crate::members::filled;
use crate::provider::{Content, ParseError};

use super::payload::{Change, Reference};
use super::reading::{Reading, called, page};

/// The most branches and tags that one push may change.
const MAX_CHANGES: usize = 1_000;

/// Reads a push.
pub(super) fn read(mut reading: Reading<'_>) -> Result<Content, ParseError> {
    let changes = reading.body.push.as_ref().and_then(|push| push.changes.as_deref()).unwrap_or_default();
    if changes.len() > MAX_CHANGES {
        return Err(ParseError::TooMany { what: "changed branches", count: changes.len(), limit: MAX_CHANGES });
    }
    let count: usize = changes.iter().map(|change| change.commits.as_deref().unwrap_or_default().len()).sum();
    if count > MAX_FACTS {
        return Err(ParseError::TooMany { what: "commits", count, limit: MAX_FACTS });
    }
    let mut stated = 0;
    for change in changes {
        stated += usize::from(state_change(&mut reading, change)?);
    }
    if stated == 0 {
        return nothing("the push changes neither a branch nor a tag");
    }
    reading.finish()
}

/// States what a push did to one branch or tag; answers whether it says anything.
fn state_change(reading: &mut Reading<'_>, change: &Change) -> Result<bool, ParseError> {
    let Some(reference) = change.new.as_ref().or(change.old.as_ref()) else { return Ok(false) };
    let Some(name) = filled(reference.name.as_deref()) else { return Ok(false) };
    // No field says when it was pushed. It was not before its commit was made.
    let committed = reference.target.as_ref().and_then(|commit| commit.date);
    reading.draft.at = reference.date.max(committed);
    for commit in change.commits.iter().flatten() {
        reading.commit(commit)?;
    }
    if let Some(target) = change.new.as_ref().and_then(|new| new.target.as_ref()) {
        reading.commit(target)?;
    }
    match reference.kind.as_deref() {
        Some("tag" | "annotated_tag") => state_tag(reading, change, reference, name)?,
        Some(_) | None => state_branch(reading, change, reference, name)?,
    }
    Ok(true)
}

fn state_branch(
    reading: &mut Reading<'_>,
    change: &Change,
    reference: &Reference,
    name: &str,
) -> Result<(), ParseError> {
    let key = reading.repository.branch(name)?;
    let is_deleted = change.new.is_none();
    let head = target(reference).filter(|_| !is_deleted);
    reading.place(code_host::reference(&reading.draft, &key, name, (is_deleted, head)))?;
    let commits = counted(change);
    let (what, summary) = match change.old {
        // A deletion has no time, and that of the commit may be long ago: the timeline cannot tell it.
        _ if is_deleted => return Ok(()),
        None => ("created", format!("Branch {name} created with {commits}")),
        Some(_) if change.forced == Some(true) => ("pushed", format!("{commits} force-pushed to {name}")),
        Some(_) => ("pushed", format!("{commits} pushed to {name}")),
    };
    happened(reading, change, &key, what, &summary);
    Ok(())
}

fn state_tag(reading: &mut Reading<'_>, change: &Change, reference: &Reference, name: &str) -> Result<(), ParseError> {
    let key = reading.repository.tag(name)?;
    let is_deleted = change.new.is_none();
    let target = target(reference).filter(|_| !is_deleted);
    reading.place(code_host::reference(&reading.draft, &key, name, (is_deleted, target)))?;
    if let Some(commit) = reading.draft.commit_by_id(&reading.repository, target)? {
        reading.draft.link(&key, LinkKind::BuiltFrom, &commit, "the tag stands on this commit");
    }
    if !is_deleted {
        let actor = reading.body.actor.as_ref();
        reading.person(&key, LinkKind::TriggeredBy, actor, "the tag was pushed by this account")?;
        happened(reading, change, &key, "tagged", &format!("Tag {name} pushed"));
    }
    Ok(())
}

fn target(reference: &Reference) -> Option<&str> {
    object_id(reference.target.as_ref().and_then(|commit| commit.hash.as_deref()))
}

fn counted(change: &Change) -> String {
    let count = change.commits.as_deref().unwrap_or_default().len();
    if change.truncated == Some(true) { format!("more than {}", commits(count)) } else { commits(count) }
}

fn happened(reading: &mut Reading<'_>, change: &Change, key: &Key, what: &str, summary: &str) {
    let actor = called(reading.body.actor.as_ref());
    let summary = match page(change.links.as_ref()) {
        Some(address) => format!("{}: {address}", by(summary, actor)),
        None => by(summary, actor),
    };
    reading.draft.event(key, None, what, actor, &summary);
}
