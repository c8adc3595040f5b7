//! `push`, `create` and `delete`: commits, and where a branch or tag points now.

use serde::Deserialize;
use throughline_domain::fact::{Facts, MAX_FACTS};
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;

use super::delivery::Delivery;
use super::draft::Draft;
use super::payload::{PushEvent, Repository, User};
use super::people::by;
use crate::code_host::{self, commits};
use crate::draft::{Pushed, object_id};
use crate::provider::ParseError;
use crate::stop::Stop;

/// The most commits that GitHub lists of one push.
const MAX_LISTED_COMMITS: usize = 2_048;

/// A `create` or `delete` event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ReferenceEvent {
    #[serde(rename = "ref")]
    name: Option<String>,
    #[serde(rename = "ref_type")]
    kind: Option<String>,
    repository: Option<Repository>,
    sender: Option<User>,
}

/// Reads a push.
pub(super) fn facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let push: PushEvent = delivery.read("a GitHub push event")?;
    // No field of a push says when it was; the repository says when it was last pushed to.
    let pushed_at = push.repository.as_ref().and_then(|repository| repository.pushed_at);
    let at = pushed_at.or(push.head_commit.as_ref().and_then(|commit| commit.timestamp));
    let mut draft = Draft::open(delivery, push.repository.as_ref(), at)?;
    state_commits(&mut draft, &push)?;
    let reference = push.reference.as_deref().unwrap_or_default();
    if let Some(branch) = reference.strip_prefix("refs/heads/") {
        state_branch(&mut draft, &push, branch)?;
    } else if let Some(tag) = reference.strip_prefix("refs/tags/") {
        state_tag(&mut draft, &push, tag)?;
    }
    draft.finish()
}

/// Reads that a branch or tag was made or deleted.
///
/// The push that comes beside it tells the timeline; here is only that the name exists, or no longer does.
pub(super) fn reference_facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let is_deleted = delivery.event == "delete";
    let event: ReferenceEvent = delivery.read("a GitHub create or delete event")?;
    let pushed_at = event.repository.as_ref().and_then(|repository| repository.pushed_at);
    let mut draft = Draft::open(delivery, event.repository.as_ref(), pushed_at)?;
    let name = event.name.as_deref().filter(|name| !name.is_empty());
    match name.zip(event.kind.as_deref()) {
        Some((name, "branch")) => {
            let key = draft.repository.branch(name)?;
            let fact = code_host::reference(&draft, &key, name, (is_deleted, None));
            draft.place(fact)?;
        }
        Some((name, "tag")) => {
            let key = draft.repository.tag(name)?;
            let fact = code_host::reference(&draft, &key, name, (is_deleted, None));
            draft.place(fact)?;
            if !is_deleted {
                let sender = event.sender.as_ref();
                draft.person(&key, LinkKind::TriggeredBy, sender, "the tag was pushed by this account")?;
            }
        }
        _ => {}
    }
    draft.finish()
}

fn state_commits(draft: &mut Draft, push: &PushEvent) -> Result<(), Stop> {
    let commits = push.commits.as_deref().unwrap_or_default();
    if commits.len() > MAX_FACTS {
        return Err(ParseError::TooMany { what: "commits", count: commits.len(), limit: MAX_FACTS }.into());
    }
    // The head stands in the list, too, unless the push only moved a name to a commit that was there before.
    for commit in commits.iter().chain(&push.head_commit) {
        draft.pushed_commit(commit)?;
    }
    Ok(())
}

fn state_branch(draft: &mut Draft, push: &PushEvent, name: &str) -> Result<(), Stop> {
    let key = draft.repository.branch(name)?;
    let is_deleted = push.deleted == Some(true);
    let fact = code_host::reference(draft, &key, name, (is_deleted, object_id(push.after.as_deref())));
    draft.place(fact)?;
    let listed = push.commits.as_deref().unwrap_or_default();
    let ids: Vec<Option<&str>> = listed.iter().map(|commit| commit.id.as_deref()).collect();
    if push.forced != Some(true) {
        draft.pushed_onto(&Pushed {
            before: push.before.as_deref(),
            commits: &ids,
            after: push.after.as_deref(),
            is_complete: ids.len() < MAX_LISTED_COMMITS,
            is_told: push.forced == Some(false),
        })?;
    }
    let what = match (is_deleted, push.created == Some(true)) {
        (true, _) => "deleted",
        (false, true) => "created",
        (false, false) => "pushed",
    };
    happened(draft, push, &key, what, &branch_summary(push, name, what));
    Ok(())
}

fn branch_summary(push: &PushEvent, name: &str, what: &str) -> String {
    let commits = commits(push.commits.as_deref().unwrap_or_default().len());
    match what {
        "deleted" => format!("Branch {name} deleted"),
        "created" => format!("Branch {name} created with {commits}"),
        _ if push.forced == Some(true) => format!("{commits} force-pushed to {name}"),
        _ => format!("{commits} pushed to {name}"),
    }
}

fn state_tag(draft: &mut Draft, push: &PushEvent, name: &str) -> Result<(), Stop> {
    let key = draft.repository.tag(name)?;
    let is_deleted = push.deleted == Some(true);
    // `after` of an annotated tag is the tag's own object; the head is the commit that it stands on.
    let head = push.head_commit.as_ref().and_then(|commit| commit.id.as_deref());
    let target = object_id(head).or(object_id(push.after.as_deref())).filter(|_| !is_deleted);
    let fact = code_host::reference(draft, &key, name, (is_deleted, target));
    draft.place(fact)?;
    if let Some(commit) = draft.commit_by_id(target)? {
        draft.link(&key, LinkKind::BuiltFrom, &commit, "the tag stands on this commit");
        draft.person(&key, LinkKind::TriggeredBy, push.sender.as_ref(), "the tag was pushed by this account")?;
    }
    let (what, summary) = if is_deleted { ("deleted", "deleted") } else { ("tagged", "pushed") };
    happened(draft, push, &key, what, &format!("Tag {name} {summary}"));
    Ok(())
}

fn happened(draft: &mut Draft, push: &PushEvent, key: &Key, what: &str, summary: &str) {
    let sender = push.sender.as_ref();
    let summary = match push.compare.as_deref().filter(|address| Name::url(address).is_some()) {
        Some(address) => format!("{}: {address}", by(summary, sender)),
        None => by(summary, sender),
    };
    draft.event(key, None, what, sender, summary);
}
