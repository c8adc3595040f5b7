//! `git.push`: commits, and where branches and tags point now.

use throughline_domain::fact::MAX_FACTS;
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::repository::Repository;

use crate::code_host::{self, commits, is_null_id, nothing};
use crate::draft::{by, object_id};
use crate::json;
use crate::provider::{Content, ParseError};

use super::payload::{Hook, Push, ReferenceUpdate};
use super::reading::{Reading, addresses, called};

/// The most branches and tags that one push may change.
const MAX_UPDATES: usize = 1_000;

/// Reads a push.
pub(super) fn read(body: &[u8], _: &str) -> Result<Content, ParseError> {
    let hook: Hook<Push> = json::read(body, "a push of Azure DevOps")?;
    let Some(push) = &hook.resource else { return nothing("the body holds no push") };
    let mut reading = Reading::open(&hook, "git.push", &addresses(push.repository.as_ref()));
    reading.draft.at = push.date.or(hook.created_date);
    let Some(repository) = reading.repository(push.repository.as_ref())? else {
        return nothing("the push names no repository by an address");
    };
    let commits = push.commits.as_deref().unwrap_or_default();
    if commits.len() > MAX_FACTS {
        return Err(ParseError::TooMany { what: "commits", count: commits.len(), limit: MAX_FACTS });
    }
    for commit in commits {
        let people = (commit.author.as_ref(), commit.committer.as_ref());
        let (id, message) = (commit.commit_id.as_deref(), commit.comment.as_deref());
        reading.commit(&repository, id, message, people, commit.url.as_deref())?;
    }
    let updates = push.ref_updates.as_deref().unwrap_or_default();
    if updates.len() > MAX_UPDATES {
        return Err(ParseError::TooMany { what: "changed branches", count: updates.len(), limit: MAX_UPDATES });
    }
    for update in updates {
        let reference = update.name.as_deref().unwrap_or_default();
        if let Some(name) = reference.strip_prefix("refs/heads/") {
            state_branch(&mut reading, &repository, push, (update, name))?;
        } else if let Some(name) = reference.strip_prefix("refs/tags/") {
            state_tag(&mut reading, &repository, push, (update, name))?;
        }
    }
    reading.finish()
}

fn state_branch(
    reading: &mut Reading,
    repository: &Repository,
    push: &Push,
    (update, name): (&ReferenceUpdate, &str),
) -> Result<(), ParseError> {
    let key = repository.branch(name)?;
    let is_deleted = is_null_id(update.new_object_id.as_deref());
    let head = object_id(update.new_object_id.as_deref());
    reading.place_in(code_host::reference(&reading.draft, &key, name, (is_deleted, head)), repository)?;
    reading.draft.commit_by_id(repository, head)?;
    let commits = commits(push.commits.as_deref().unwrap_or_default().len());
    let (what, summary) = match (is_deleted, is_null_id(update.old_object_id.as_deref())) {
        (true, _) => ("deleted", format!("Branch {name} deleted")),
        (false, true) => ("created", format!("Branch {name} created with {commits}")),
        (false, false) => ("pushed", format!("{commits} pushed to {name}")),
    };
    happened(reading, push, &key, what, &summary);
    Ok(())
}

fn state_tag(
    reading: &mut Reading,
    repository: &Repository,
    push: &Push,
    (update, name): (&ReferenceUpdate, &str),
) -> Result<(), ParseError> {
    let key = repository.tag(name)?;
    let is_deleted = is_null_id(update.new_object_id.as_deref());
    // The id of an annotated tag is that of the tag's own object, unless the push tells of a commit with that id.
    let is_commit = |id: &&str| repository.commit(id).is_ok_and(|commit| reading.draft.has_stated(&commit));
    let target = object_id(update.new_object_id.as_deref()).filter(is_commit);
    reading.place_in(code_host::reference(&reading.draft, &key, name, (is_deleted, target)), repository)?;
    if let Some(commit) = reading.draft.commit_by_id(repository, target)? {
        reading.draft.link(&key, LinkKind::BuiltFrom, &commit, "the tag stands on this commit");
    }
    if !is_deleted {
        reading.person(&key, LinkKind::TriggeredBy, push.pushed_by.as_ref(), "the tag was pushed by this person")?;
    }
    let (what, summary) = if is_deleted { ("deleted", "deleted") } else { ("tagged", "pushed") };
    happened(reading, push, &key, what, &format!("Tag {name} {summary}"));
    Ok(())
}

fn happened(reading: &mut Reading, push: &Push, key: &Key, what: &str, summary: &str) {
    let actor = called(push.pushed_by.as_ref());
    reading.draft.event(key, None, what, actor, &by(summary, actor));
}
