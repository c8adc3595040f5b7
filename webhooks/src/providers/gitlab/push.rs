//! `push`, `tag_push` and `repository_update`: commits, and where a branch or tag points now.

use serde::Deserialize;
use throughline_domain::fact::{Facts, MAX_FACTS};
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::time::Timestamp;

use super::delivery::Delivery;
use super::draft::Draft;
use super::payload::{Commit, Project};
use super::people::person;
use crate::code_host::{self, commits};
use crate::draft::{Person, Pushed, by, object_id};
use crate::provider::ParseError;
use crate::stop::Stop;

/// A `push` or `tag_push` event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PushEvent {
    #[serde(rename = "ref")]
    reference: Option<String>,
    before: Option<String>,
    after: Option<String>,
    checkout_sha: Option<String>,
    user_username: Option<String>,
    user_name: Option<String>,
    user_email: Option<String>,
    commits: Option<Vec<Commit>>,
    total_commits_count: Option<u64>,
    project: Option<Project>,
    repository: Option<Project>,
}

/// A `repository_update` event: one for everything that one push moved.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct UpdateEvent {
    changes: Option<Vec<Moved>>,
    project: Option<Project>,
}

/// Where a branch or tag points now.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Moved {
    #[serde(rename = "ref")]
    reference: Option<String>,
    after: Option<String>,
}

impl PushEvent {
    /// No field says when it was pushed: the time of the commit at its head comes next to it.
    fn head_at(&self) -> Option<Timestamp> {
        let head = object_id(self.checkout_sha.as_deref()).or(object_id(self.after.as_deref()));
        let commits = self.commits.as_deref().unwrap_or_default();
        let at_head = commits.iter().find(|commit| head.is_some() && commit.id.as_deref() == head);
        at_head.or(commits.last())?.timestamp
    }

    fn pusher<'a>(&'a self, host: &'a str) -> Person<'a> {
        person(host, self.user_username.as_deref(), self.user_name.as_deref(), self.user_email.as_deref())
    }
}

/// Reads a push to a branch or of a tag.
pub(super) fn facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let push: PushEvent = delivery.read("a GitLab push event")?;
    let commits = push.commits.as_deref().unwrap_or_default();
    bounded("commits", commits.len())?;
    let mut draft = Draft::open(delivery, push.project.as_ref(), push.repository.as_ref(), push.head_at())?;
    for commit in commits {
        draft.commit(commit)?;
    }
    let reference = push.reference.as_deref().unwrap_or_default();
    if let Some(branch) = reference.strip_prefix("refs/heads/") {
        pushed_branch(&mut draft, &push, branch)?;
    } else if let Some(tag) = reference.strip_prefix("refs/tags/") {
        pushed_tag(&mut draft, &push, tag)?;
    }
    draft.finish()
}

/// Reads where the branches and tags of a repository point after a push. It carries neither commits nor a time.
pub(super) fn update_facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: UpdateEvent = delivery.read("a GitLab repository_update event")?;
    let changes = event.changes.as_deref().unwrap_or_default();
    bounded("changes", changes.len())?;
    let mut draft = Draft::open(delivery, event.project.as_ref(), None, None)?;
    for Moved { reference, after } in changes {
        let reference = reference.as_deref().unwrap_or_default();
        if let Some(branch) = reference.strip_prefix("refs/heads/") {
            state_branch(&mut draft, branch, after.as_deref())?;
            draft.commit_by_id(after.as_deref())?;
        } else if let Some(tag) = reference.strip_prefix("refs/tags/") {
            state_tag(&mut draft, tag, object_id(after.as_deref()).is_none(), None)?;
        }
    }
    draft.finish()
}

fn bounded(what: &'static str, count: usize) -> Result<(), Stop> {
    if count > MAX_FACTS { Err(ParseError::TooMany { what, count, limit: MAX_FACTS }.into()) } else { Ok(()) }
}

fn pushed_branch(draft: &mut Draft, push: &PushEvent, name: &str) -> Result<(), Stop> {
    let key = state_branch(draft, name, push.after.as_deref())?;
    let is_new = object_id(push.before.as_deref()).is_none();
    let commits = commits(push.total_commits_count.unwrap_or_default());
    pushed_onto(draft, push, name)?;
    // A deletion has no time, so that the timeline cannot tell it.
    if object_id(push.after.as_deref()).is_some() {
        let (what, summary) = if is_new {
            ("created", format!("Branch {name} created with {commits}"))
        } else {
            ("pushed", format!("{commits} pushed to {name}"))
        };
        happened(draft, push, &key, what, &summary);
    }
    Ok(())
}

/// GitLab does not say whether a push was forced. The project's own branch is protected from that unless somebody has
/// opened it, so it is taken to have gone on there, and nothing is said of other branches.
fn pushed_onto(draft: &mut Draft, push: &PushEvent, name: &str) -> Result<(), Stop> {
    let main = push.project.as_ref().and_then(|project| project.default_branch.as_deref());
    if main != Some(name) {
        return Ok(());
    }
    let listed = push.commits.as_deref().unwrap_or_default();
    let ids: Vec<Option<&str>> = listed.iter().map(|commit| commit.id.as_deref()).collect();
    let count = push.total_commits_count.and_then(|count| usize::try_from(count).ok());
    draft.pushed_onto(&Pushed {
        before: push.before.as_deref(),
        commits: &ids,
        after: push.after.as_deref(),
        is_complete: count.is_none_or(|count| count <= ids.len()),
        is_told: false,
    })?;
    Ok(())
}

fn state_branch(draft: &mut Draft, name: &str, after: Option<&str>) -> Result<Key, Stop> {
    let key = draft.repository.branch(name)?;
    let head = object_id(after);
    let fact = code_host::reference(draft, &key, name, (head.is_none(), head));
    draft.place(fact)?;
    Ok(key)
}

fn pushed_tag(draft: &mut Draft, push: &PushEvent, name: &str) -> Result<(), Stop> {
    let is_deleted = object_id(push.after.as_deref()).is_none();
    // `after` of an annotated tag is the tag's own object; what would be checked out is the commit that it stands on.
    let target = object_id(push.checkout_sha.as_deref()).filter(|_| !is_deleted);
    let key = state_tag(draft, name, is_deleted, target)?;
    if let Some(commit) = draft.commit_by_id(target)? {
        draft.link(&key, LinkKind::BuiltFrom, &commit, "the tag stands on this commit");
        let host = draft.repository.host().to_owned();
        draft.person(&key, LinkKind::TriggeredBy, &push.pusher(&host), "the tag was pushed by this user")?;
        happened(draft, push, &key, "tagged", &format!("Tag {name} pushed"));
    }
    Ok(())
}

fn state_tag(draft: &mut Draft, name: &str, is_deleted: bool, target: Option<&str>) -> Result<Key, Stop> {
    let key = draft.repository.tag(name)?;
    let fact = code_host::reference(draft, &key, name, (is_deleted, target));
    draft.place(fact)?;
    Ok(key)
}

fn happened(draft: &mut Draft, push: &PushEvent, key: &Key, what: &str, summary: &str) {
    let host = draft.repository.host().to_owned();
    let actor = push.pusher(&host).called();
    draft.event(key, None, what, actor, &by(summary, actor));
}
