//! `push`: commits, and where a branch or tag points now.

use throughline_domain::fact::MAX_FACTS;
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;

use crate::code_host::{self, commits, is_null_id, nothing};
use crate::draft::{Pushed, by, object_id};
use crate::provider::{Content, ParseError};

use super::payload::User;
use super::reading::{Reading, called};

/// Reads a push.
pub(super) fn read(mut reading: Reading<'_>) -> Result<Content, ParseError> {
    let body = reading.body;
    // No field says when it was. It was not before the head was committed, nor before the repository was last changed.
    let updated = body.repository.as_ref().and_then(|repository| repository.updated_at);
    // Gogs names no head; the newest commit comes first in the list.
    let head = body.head_commit.as_ref().or_else(|| body.commits.iter().flatten().next());
    reading.draft.at = updated.max(head.and_then(|commit| commit.timestamp));
    let commits = state_commits(&mut reading)?;
    let reference = body.reference.as_deref().unwrap_or_default();
    if let Some(branch) = reference.strip_prefix("refs/heads/") {
        state_branch(&mut reading, branch)?;
    } else if let Some(tag) = reference.strip_prefix("refs/tags/") {
        state_tag(&mut reading, tag)?;
    } else if commits == 0 {
        return nothing("the push is to no branch or tag and names no commit by its full object id");
    }
    reading.finish()
}

/// States the commits of a push; answers how many have a full object id.
fn state_commits(reading: &mut Reading<'_>) -> Result<usize, ParseError> {
    let body = reading.body;
    let commits = body.commits.as_deref().unwrap_or_default();
    if commits.len() > MAX_FACTS {
        return Err(ParseError::TooMany { what: "commits", count: commits.len(), limit: MAX_FACTS });
    }
    let mut count = 0;
    // The head stands in the list, too, unless the push only moved a name to a commit that was there before.
    for commit in commits.iter().chain(&body.head_commit) {
        count += usize::from(reading.commit(commit)?.is_some());
    }
    Ok(count)
}

fn state_branch(reading: &mut Reading<'_>, name: &str) -> Result<(), ParseError> {
    let body = reading.body;
    let key = reading.repository.branch(name)?;
    let is_deleted = is_null_id(body.after.as_deref());
    let head = object_id(body.after.as_deref());
    reading.place(code_host::reference(&reading.draft, &key, name, (is_deleted, head)))?;
    // Gitea counts all commits and lists the newest ones.
    let listed = body.commits.as_deref().unwrap_or_default().len();
    let count = body.total_commits.unwrap_or_default().max(u64::try_from(listed).unwrap_or_default());
    let ids: Vec<Option<&str>> = body.commits.iter().flatten().rev().map(|commit| commit.id.as_deref()).collect();
    let main = body.repository.as_ref().and_then(|repository| repository.default_branch.as_deref());
    // Whether a push was forced is not said. The repository's own branch is taken to have gone on.
    if main == Some(name) {
        let is_complete = u64::try_from(listed).is_ok_and(|listed| count <= listed);
        let (before, after) = (body.before.as_deref(), body.after.as_deref());
        let pushed = Pushed { before, commits: &ids, after, is_complete, is_told: false };
        reading.draft.pushed_onto(&reading.repository, &pushed)?;
    }
    let commits = commits(count);
    let (what, summary) = match (is_deleted, is_null_id(body.before.as_deref())) {
        (true, _) => ("deleted", format!("Branch {name} deleted")),
        (false, true) => ("created", format!("Branch {name} created with {commits}")),
        (false, false) => ("pushed", format!("{commits} pushed to {name}")),
    };
    happened(reading, &key, what, &summary);
    Ok(())
}

fn state_tag(reading: &mut Reading<'_>, name: &str) -> Result<(), ParseError> {
    let body = reading.body;
    let key = reading.repository.tag(name)?;
    let is_deleted = is_null_id(body.after.as_deref());
    // `after` of an annotated tag is the tag's own object; the head is the commit that it stands on.
    let head = body.head_commit.as_ref().and_then(|commit| commit.id.as_deref());
    let target = object_id(head).filter(|_| !is_deleted);
    reading.place(code_host::reference(&reading.draft, &key, name, (is_deleted, target)))?;
    if let Some(commit) = reading.commit_by_id(target)? {
        reading.draft.link(&key, LinkKind::BuiltFrom, &commit, "the tag stands on this commit");
    }
    if !is_deleted {
        reading.person(&key, LinkKind::TriggeredBy, pusher(reading), "the tag was pushed by this account")?;
    }
    let (what, summary) = if is_deleted { ("deleted", "deleted") } else { ("tagged", "pushed") };
    happened(reading, &key, what, &format!("Tag {name} {summary}"));
    Ok(())
}

fn happened(reading: &mut Reading<'_>, key: &Key, what: &str, summary: &str) {
    let actor = called(pusher(reading));
    let summary = match reading.body.compare_url.as_deref().filter(|address| Name::url(address).is_some()) {
        Some(address) => format!("{}: {address}", by(summary, actor)),
        None => by(summary, actor),
    };
    reading.draft.event(key, None, what, actor, &summary);
}

fn pusher<'a>(reading: &Reading<'a>) -> Option<&'a User> {
    reading.body.pusher.as_ref().or(reading.body.sender.as_ref())
}
