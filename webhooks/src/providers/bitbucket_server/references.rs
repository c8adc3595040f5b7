//! `repo:refs_changed`: where branches and tags point now, and the commits that newer versions list.

use throughline_domain::fact::MAX_FACTS;
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;

use crate::code_host::{self, is_null_id, nothing};
use crate::draft::{by, object_id};
use crate::provider::{Content, ParseError};

use super::payload::Change;
use super::reading::{Reading, called};

/// The most branches and tags that one push may change.
const MAX_CHANGES: usize = 1_000;

/// Reads a push.
pub(super) fn read(mut reading: Reading<'_>) -> Result<Content, ParseError> {
    let body = reading.body;
    let changes = body.changes.as_deref().unwrap_or_default();
    if changes.len() > MAX_CHANGES {
        return Err(ParseError::TooMany { what: "changed branches", count: changes.len(), limit: MAX_CHANGES });
    }
    let commits = body.commits.as_deref().unwrap_or_default();
    if commits.len() > MAX_FACTS {
        return Err(ParseError::TooMany { what: "commits", count: commits.len(), limit: MAX_FACTS });
    }
    for commit in commits.iter().chain(&body.to_commit) {
        reading.commit(commit)?;
    }
    let mut stated = 0;
    for change in changes {
        let reference = change.ref_id.as_deref().unwrap_or_default();
        if let Some(name) = reference.strip_prefix("refs/heads/") {
            state_branch(&mut reading, change, name)?;
            stated += 1;
        } else if let Some(name) = reference.strip_prefix("refs/tags/") {
            state_tag(&mut reading, change, name)?;
            stated += 1;
        }
    }
    if stated == 0 {
        return nothing("the push changes neither a branch nor a tag");
    }
    reading.finish()
}

fn state_branch(reading: &mut Reading<'_>, change: &Change, name: &str) -> Result<(), ParseError> {
    let key = reading.repository.branch(name)?;
    let is_deleted = is_deleted(change);
    let head = object_id(change.to_hash.as_deref()).filter(|_| !is_deleted);
    reading.place(code_host::reference(&reading.draft, &key, name, (is_deleted, head)))?;
    reading.draft.commit_by_id(&reading.repository, head)?;
    let (what, summary) = match change.kind.as_deref() {
        _ if is_deleted => ("deleted", format!("Branch {name} deleted")),
        Some("ADD") => ("created", format!("Branch {name} created")),
        _ => ("pushed", format!("Commits pushed to {name}")),
    };
    happened(reading, &key, what, &summary);
    Ok(())
}

fn state_tag(reading: &mut Reading<'_>, change: &Change, name: &str) -> Result<(), ParseError> {
    let key = reading.repository.tag(name)?;
    let is_deleted = is_deleted(change);
    // The hash of an annotated tag is that of the tag's own object, unless the commit is told beside it.
    let commit = reading.body.to_commit.as_ref().and_then(|commit| commit.id.as_deref());
    let is_alone = reading.body.changes.as_deref().unwrap_or_default().len() == 1;
    let target = object_id(commit).filter(|_| is_alone && !is_deleted);
    reading.place(code_host::reference(&reading.draft, &key, name, (is_deleted, target)))?;
    if let Some(commit) = reading.draft.commit_by_id(&reading.repository, target)? {
        reading.draft.link(&key, LinkKind::BuiltFrom, &commit, "the tag stands on this commit");
    }
    if !is_deleted {
        let actor = reading.body.actor.as_ref();
        reading.person(&key, LinkKind::TriggeredBy, actor, "the tag was pushed by this account")?;
    }
    let (what, summary) = if is_deleted { ("deleted", "deleted") } else { ("tagged", "pushed") };
    happened(reading, &key, what, &format!("Tag {name} {summary}"));
    Ok(())
}

fn is_deleted(change: &Change) -> bool {
    let comes_from = object_id(change.from_hash.as_deref());
    change.kind.as_deref() == Some("DELETE") || (comes_from.is_some() && is_null_id(change.to_hash.as_deref()))
}

fn happened(reading: &mut Reading<'_>, key: &Key, what: &str, summary: &str) {
    let actor = called(reading.body.actor.as_ref());
    reading.draft.event(key, None, what, actor, &by(summary, actor));
}
