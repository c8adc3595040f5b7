//! `pull_request` and its reviews: changes, who wrote them and who approved them.

use throughline_domain::fact::{Attribute, Field, NodeFact};
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::repository::Repository;

use crate::code_host::{approval, nothing};
use crate::draft::{by, object_id};
use crate::members::filled;
use crate::provider::{Content, ParseError};

use super::payload::PullRequest;
use super::reading::{Reading, assigned, called, labelled};

/// Reads a pull request.
pub(super) fn read(mut reading: Reading<'_>) -> Result<Content, ParseError> {
    let Some(change) = &reading.body.pull_request else { return nothing(NO_CHANGE) };
    let Some(key) = state_change(&mut reading, change)? else { return nothing(NO_NUMBER) };
    happened(&mut reading, &key, change);
    reading.finish()
}

/// Reads a review of a pull request.
pub(super) fn read_review(mut reading: Reading<'_>) -> Result<Content, ParseError> {
    let Some(change) = &reading.body.pull_request else { return nothing(NO_CHANGE) };
    let Some(key) = state_change(&mut reading, change)? else { return nothing(NO_NUMBER) };
    let kind = reading.body.review.as_ref().and_then(|review| review.kind.as_deref()).unwrap_or_default();
    let reviewer = reading.body.sender.as_ref();
    let (what, summary) = if kind.ends_with("approved") {
        ("approved", "Approved")
    } else if kind.ends_with("rejected") {
        ("changes_requested", "Changes requested")
    } else {
        ("commented", "Reviewed with comments")
    };
    if what == "approved" {
        let reason = approval("pull request", reading.body.commit_id.as_deref());
        reading.person(&key, LinkKind::ApprovedBy, reviewer, &reason)?;
    }
    let actor = called(reviewer);
    reading.draft.event(&key, None, what, actor, &by(summary, actor));
    reading.finish()
}

/// A pull request with its numbered names: all three tools number pull requests and issues together.
pub(super) fn numbered(fact: NodeFact, repository: &Repository, number: u64) -> NodeFact {
    fact.with(Attribute::Reference, format!("{}#{number}", repository.path()))
        .named(Name::number(repository, number))
        .named(Name::change_number(repository, number))
}

/// The tool's state of a pull request with what it calls a flag, and what that means.
pub(super) fn status(state: Option<&str>, is_merged: bool, is_draft: bool) -> Option<(&'static str, Outcome)> {
    match state {
        _ if is_merged => Some(("merged", Outcome::Success)),
        Some("open") if is_draft => Some(("draft", Outcome::Running)),
        Some("open") => Some(("open", Outcome::Running)),
        Some("closed") => Some(("closed", Outcome::Abandoned)),
        _ => None,
    }
}

const NO_CHANGE: &str = "the body holds no pull request";
const NO_NUMBER: &str = "the pull request has no number";

fn state_change(reading: &mut Reading<'_>, change: &PullRequest) -> Result<Option<Key>, ParseError> {
    let Some(number) = change.number.or(reading.body.number) else { return Ok(None) };
    reading.draft.at = change.updated_at.or(change.merged_at).or(change.closed_at).or(change.created_at);
    let key = reading.key(NodeKind::Change, number)?;
    let status = status(change.state.as_deref(), is_merged(change), change.draft == Some(true));
    let head = change.head.as_ref();
    let fact = reading
        .draft
        .fact(&key)
        .with_some(Attribute::Title, change.title.as_deref())
        .with_some(Attribute::State, status.map(|(word, _)| word))
        .with_some(Attribute::Outcome, status.map(|(_, outcome)| outcome.word()))
        .moment(Attribute::OccurredAt, change.merged_at.or(change.created_at))
        .moment(Attribute::StartedAt, change.created_at)
        .moment(Attribute::FinishedAt, change.merged_at.or(change.closed_at))
        .with_some(Attribute::Branch, branch(change))
        .with_some(Attribute::Commit, object_id(head.and_then(|head| head.sha.as_deref())))
        .with(Attribute::Labels, labelled(change.labels.as_deref()))
        .with(Attribute::Assignee, assigned(change.assignees.as_deref(), change.assignee.as_ref()))
        .page(filled(change.html_url.as_deref()).or(filled(change.url.as_deref())));
    reading.place(numbered(fact, &reading.repository, number))?;
    reading.person(&key, LinkKind::AuthoredBy, change.user.as_ref(), "opened the pull request")?;
    link_commits(reading, &key, change)?;
    reading.mention(&key, Field::Title, change.title.as_deref());
    reading.description(&key, change.body.as_deref());
    reading.mention(&key, Field::Branch, branch(change));
    Ok(Some(key))
}

fn link_commits(reading: &mut Reading<'_>, key: &Key, change: &PullRequest) -> Result<(), ParseError> {
    let head = change.head.as_ref().and_then(|head| head.sha.as_deref());
    if let Some(commit) = reading.commit_by_id(head)? {
        reading.draft.link(&commit, LinkKind::PartOf, key, "it is or was the head of the pull request");
    }
    let merge = change.merge_commit_sha.as_deref().filter(|_| is_merged(change));
    if let Some(commit) = reading.commit_by_id(merge)? {
        reading.draft.link(&commit, LinkKind::PartOf, key, "the pull request was merged as this commit");
    }
    Ok(())
}

fn happened(reading: &mut Reading<'_>, key: &Key, change: &PullRequest) {
    let sender = reading.body.sender.as_ref();
    let (what, at, summary) = match reading.body.action.as_deref().unwrap_or_default() {
        "opened" => ("opened", change.created_at, "Pull request opened"),
        "closed" if is_merged(change) => ("merged", change.merged_at, "Pull request merged"),
        "closed" => ("closed", change.closed_at, "Pull request closed without a merge"),
        "reopened" => ("reopened", None, "Pull request reopened"),
        "edited" => ("edited", None, "Title, text or target edited"),
        "synchronized" => ("pushed", None, "New commits pushed"),
        // Labels, milestones, assignees, reviewers asked for: the attributes tell it.
        _ => return,
    };
    let actor = called(if what == "merged" { change.merged_by.as_ref().or(sender) } else { sender });
    reading.draft.event(key, at, what, actor, &by(summary, actor));
}

fn is_merged(change: &PullRequest) -> bool {
    change.merged == Some(true) || change.merged_at.is_some()
}

/// The source branch, which Gogs names beside the pull request.
fn branch(change: &PullRequest) -> Option<&str> {
    let head = change.head.as_ref().and_then(|head| head.branch.as_deref());
    filled(head).or(filled(change.head_branch.as_deref()))
}
