//! `merge_request`: changes, who wrote and approved them, and the commits that they came to.

use serde::Deserialize;
use serde_json::{Map, Value};
use throughline_domain::fact::{Attribute, Facts, Field};
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};

use super::delivery::Delivery;
use super::draft::Draft;
use super::payload::{Label, MergeRequest, Project, User};
use crate::code_host::approval;
use crate::draft::{by, joined, object_id};
use crate::members::filled;
use crate::stop::Stop;

/// A `merge_request` event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct MergeRequestEvent {
    object_attributes: Option<MergeRequest>,
    user: Option<User>,
    assignees: Option<Vec<User>>,
    reviewers: Option<Vec<User>>,
    labels: Option<Vec<Label>>,
    changes: Option<Map<String, Value>>,
    project: Option<Project>,
    repository: Option<Project>,
}

impl MergeRequestEvent {
    fn has_changed(&self, member: &str) -> bool {
        self.changes.as_ref().is_some_and(|changes| changes.contains_key(member))
    }
}

/// Reads a merge request.
pub(super) fn facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let mut event: MergeRequestEvent = delivery.read("a GitLab merge_request event")?;
    let mut change = event.object_attributes.take().ok_or_else(|| Stop::nothing("the body holds no merge request"))?;
    change.labels = change.labels.or(event.labels.take());
    change.assignees = change.assignees.or(event.assignees.take());
    let at = change.updated_at.or(change.created_at);
    let mut draft = Draft::open(delivery, event.project.as_ref(), event.repository.as_ref(), at)?;
    let key = state_change(&mut draft, &change)?;
    // Of the author only the number is told; whoever else is named may be the same.
    let mut people = event.user.iter().chain(change.assignees.iter().flatten()).chain(event.reviewers.iter().flatten());
    let author = people.find(|person| change.author_id.is_some() && person.id == change.author_id);
    draft.user(&key, LinkKind::AuthoredBy, author, "opened the merge request")?;
    if event.has_changed("description") && filled(change.description.as_deref()).is_none() {
        draft.no_text(&key, Field::Body);
    }
    approved(&mut draft, &key, &event, &change)?;
    happened(&mut draft, &key, &event, &change);
    draft.finish()
}

/// States a merge request with its head, its merge and its texts.
pub(super) fn state_change(draft: &mut Draft, change: &MergeRequest) -> Result<Key, Stop> {
    let number = change.iid.ok_or_else(|| Stop::nothing("the merge request has no number"))?;
    let key = draft.key(NodeKind::Change, number)?;
    let status = status(change);
    let merged_at = change.merged_at.or(change.updated_at.filter(|_| change.action.as_deref() == Some("merge")));
    let closed_at = change.closed_at.or(change.updated_at.filter(|_| change.action.as_deref() == Some("close")));
    // Of a merge that happened some time ago only newer servers say when.
    let occurred_at = if is_merged(change) { merged_at } else { change.created_at };
    let fact = draft
        .fact(&key)
        .with_some(Attribute::Title, change.title.as_deref())
        .with(Attribute::Reference, format!("{}!{number}", draft.repository.path()))
        .with_some(Attribute::State, status.and_then(|(word, _)| word))
        .with_some(Attribute::Outcome, status.map(|(_, outcome)| outcome.word()))
        .moment(Attribute::OccurredAt, occurred_at)
        .moment(Attribute::StartedAt, change.created_at)
        .moment(Attribute::FinishedAt, if is_merged(change) { merged_at } else { closed_at })
        .with_some(Attribute::Branch, change.source_branch.as_deref())
        .with_some(Attribute::Commit, object_id(change.last_commit.as_ref().and_then(|head| head.id.as_deref())))
        .with_some(Attribute::Result, change.detailed_merge_status.as_deref())
        .with(Attribute::Labels, joined(change.labels.iter().flatten().filter_map(|label| label.title.as_deref())))
        .with(Attribute::Assignee, joined(change.assignees.iter().flatten().filter_map(User::called)))
        .named(Name::change_number(&draft.repository, number))
        .page(change.url.as_deref());
    draft.place(fact)?;
    link_commits(draft, &key, change)?;
    let branch = change.source_branch.as_deref();
    let texts = [
        (Field::Title, change.title.as_deref()),
        (Field::Body, change.description.as_deref()),
        (Field::Branch, branch),
    ];
    for (field, text) in texts {
        draft.text(&key, field, text);
    }
    Ok(key)
}

fn is_merged(change: &MergeRequest) -> bool {
    change.state.as_deref() == Some("merged")
}

/// GitLab's state with what it calls a flag, and what that means. Pipelines do not tell the flag: then no word is told,
/// since it may be a draft.
fn status(change: &MergeRequest) -> Option<(Option<&'static str>, Outcome)> {
    match change.state.as_deref()? {
        "opened" => {
            let word = change.draft.or(change.work_in_progress).map(|draft| if draft { "draft" } else { "opened" });
            Some((word, Outcome::Running))
        }
        // It is being merged at this moment.
        "locked" => Some((Some("locked"), Outcome::Running)),
        "merged" => Some((Some("merged"), Outcome::Success)),
        "closed" => Some((Some("closed"), Outcome::Abandoned)),
        _ => None,
    }
}

fn link_commits(draft: &mut Draft, key: &Key, change: &MergeRequest) -> Result<(), Stop> {
    if let Some(head) = &change.last_commit
        && let Some(commit) = draft.commit(head)?
    {
        draft.link(&commit, LinkKind::PartOf, key, "it is or was the head of the merge request");
    }
    let made = [
        (change.merge_commit_sha.as_deref(), "the merge request was merged as this commit"),
        (change.squash_commit_sha.as_deref(), "the commits of the merge request were squashed into this one"),
    ];
    // Before the merge these may be of an attempt that came to nothing.
    for (id, reason) in made.into_iter().filter(|_| is_merged(change)) {
        if let Some(commit) = draft.commit_by_id(id)? {
            draft.link(&commit, LinkKind::PartOf, key, reason);
        }
    }
    Ok(())
}

/// `approval` is one person's; `approved` is the one that made the last of the approvals that were needed.
fn approved(draft: &mut Draft, key: &Key, event: &MergeRequestEvent, change: &MergeRequest) -> Result<(), Stop> {
    if !matches!(change.action.as_deref(), Some("approved" | "approval")) {
        return Ok(());
    }
    let head = change.last_commit.as_ref().and_then(|head| head.id.as_deref());
    let reason = approval("merge request", head);
    draft.user(key, LinkKind::ApprovedBy, event.user.as_ref(), &reason)?;
    Ok(())
}

fn happened(draft: &mut Draft, key: &Key, event: &MergeRequestEvent, change: &MergeRequest) {
    let is_draft = change.draft.or(change.work_in_progress) == Some(true);
    let (what, at, summary) = match change.action.as_deref().unwrap_or_default() {
        "open" => ("opened", change.created_at, "Merge request opened"),
        "close" => ("closed", change.closed_at, "Merge request closed without a merge"),
        "reopen" => ("reopened", None, "Merge request reopened"),
        "merge" => ("merged", change.merged_at, "Merge request merged"),
        "approved" | "approval" => ("approved", None, "Approved"),
        "unapproved" | "unapproval" => ("unapproved", None, "Approval taken back"),
        "update" if change.oldrev.is_some() => ("pushed", None, "New commits pushed"),
        "update" if event.has_changed("draft") && is_draft => ("drafted", None, "Turned back into a draft"),
        "update" if event.has_changed("draft") => ("readied", None, "Marked as ready"),
        "update" if ["title", "description", "target_branch"].iter().any(|member| event.has_changed(member)) => {
            ("edited", None, "Title, text or target edited")
        }
        // Labels, assignees, reviewers and the like: the attributes tell it.
        _ => return,
    };
    let actor = event.user.as_ref().and_then(User::called);
    draft.event(key, at, what, actor, &by(summary, actor));
}
