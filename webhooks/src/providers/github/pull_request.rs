//! `pull_request` and `pull_request_review`: changes, who wrote them and who approved them.

use throughline_domain::fact::{Attribute, Facts, Field};
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};

use super::delivery::Delivery;
use super::draft::{Draft, is_blank};
use super::payload::{PullRequest, PullRequestEvent, ReviewEvent};
use super::people::{by, logins};
use crate::code_host::approval;
use crate::draft::{joined, object_id};
use crate::stop::Stop;

/// Reads a pull request.
pub(super) fn facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: PullRequestEvent = delivery.read("a GitHub pull_request event")?;
    let change = event.pull_request.as_ref().ok_or_else(|| Stop::nothing("the body holds no pull request"))?;
    let mut draft = Draft::open(delivery, event.repository.as_ref(), change.updated_at.or(change.created_at))?;
    let key = state_change(&mut draft, change)?;
    if event.action.as_deref() == Some("edited") && is_blank(change.body.as_deref()) {
        draft.emptied(&key, Field::Body);
    }
    happened(&mut draft, &key, &event, change);
    draft.finish()
}

/// Reads a review of a pull request.
pub(super) fn review_facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: ReviewEvent = delivery.read("a GitHub pull_request_review event")?;
    let change = event.pull_request.as_ref().ok_or_else(|| Stop::nothing("the body holds no pull request"))?;
    let mut draft = Draft::open(delivery, event.repository.as_ref(), change.updated_at.or(change.created_at))?;
    let key = state_change(&mut draft, change)?;
    state_review(&mut draft, &key, &event)?;
    draft.finish()
}

/// States a pull request with its head, its merge and its texts.
pub(super) fn state_change(draft: &mut Draft, change: &PullRequest) -> Result<Key, Stop> {
    let number = change.number.ok_or_else(|| Stop::nothing("the pull request has no number"))?;
    let key = draft.key(NodeKind::Change, number)?;
    let head = change.head.as_ref();
    let status = status(change);
    let fact = draft
        .fact(&key)
        .with_some(Attribute::Title, change.title.as_deref())
        .with(Attribute::Reference, format!("{}#{number}", draft.repository.path()))
        .with_some(Attribute::State, status.map(|(word, _)| word))
        .with_some(Attribute::Outcome, status.map(|(_, outcome)| outcome.word()))
        .moment(Attribute::OccurredAt, change.merged_at.or(change.created_at))
        .moment(Attribute::StartedAt, change.created_at)
        .moment(Attribute::FinishedAt, change.merged_at.or(change.closed_at))
        .with_some(Attribute::Branch, head.and_then(|head| head.branch.as_deref()))
        .with_some(Attribute::Commit, object_id(head.and_then(|head| head.sha.as_deref())))
        .with(Attribute::Labels, joined(change.labels.iter().flatten().filter_map(|label| label.name.as_deref())))
        .with(Attribute::Assignee, joined(logins(change.assignees.as_deref())))
        .named(Name::number(&draft.repository, number))
        .named(Name::change_number(&draft.repository, number))
        .page(change.html_url.as_deref());
    draft.place(fact)?;
    draft.person(&key, LinkKind::AuthoredBy, change.user.as_ref(), "opened the pull request")?;
    link_commits(draft, &key, change)?;
    hand_over_texts(draft, &key, change);
    Ok(key)
}

/// GitHub's state with what it calls a flag, and what that means.
fn status(change: &PullRequest) -> Option<(&'static str, Outcome)> {
    if is_merged(change) {
        return Some(("merged", Outcome::Success));
    }
    match change.state.as_deref()? {
        "open" if change.draft == Some(true) => Some(("draft", Outcome::Running)),
        "open" => Some(("open", Outcome::Running)),
        "closed" => Some(("closed", Outcome::Abandoned)),
        _ => None,
    }
}

fn is_merged(change: &PullRequest) -> bool {
    change.merged == Some(true) || change.merged_at.is_some()
}

fn link_commits(draft: &mut Draft, key: &Key, change: &PullRequest) -> Result<(), Stop> {
    let head = change.head.as_ref().and_then(|head| head.sha.as_deref());
    if let Some(commit) = draft.commit_by_id(head)? {
        draft.link(&commit, LinkKind::PartOf, key, "it is or was the head of the pull request");
    }
    // Before the merge this id is of a trial merge that GitHub throws away.
    let merge = change.merge_commit_sha.as_deref().filter(|_| is_merged(change));
    if let Some(commit) = draft.commit_by_id(merge)? {
        draft.link(&commit, LinkKind::PartOf, key, "the pull request was merged as this commit");
    }
    Ok(())
}

fn hand_over_texts(draft: &mut Draft, key: &Key, change: &PullRequest) {
    let branch = change.head.as_ref().and_then(|head| head.branch.as_deref());
    let texts =
        [(Field::Title, change.title.as_deref()), (Field::Body, change.body.as_deref()), (Field::Branch, branch)];
    for (field, text) in texts {
        draft.mention(key, field, text);
    }
}

fn happened(draft: &mut Draft, key: &Key, event: &PullRequestEvent, change: &PullRequest) {
    let sender = event.sender.as_ref();
    let (what, at, summary) = match event.action.as_deref().unwrap_or_default() {
        "opened" => ("opened", change.created_at, "Pull request opened"),
        "closed" if is_merged(change) => ("merged", change.merged_at, "Pull request merged"),
        "closed" => ("closed", change.closed_at, "Pull request closed without a merge"),
        "reopened" => ("reopened", None, "Pull request reopened"),
        "edited" => ("edited", None, "Title, text or target edited"),
        "synchronize" => ("pushed", None, "New commits pushed"),
        "ready_for_review" => ("readied", None, "Marked as ready for review"),
        "converted_to_draft" => ("drafted", None, "Turned back into a draft"),
        "enqueued" => ("queued", None, "Put into the merge queue"),
        "dequeued" => ("dequeued", None, "Taken out of the merge queue"),
        // Labels, assignees, reviewers asked for and the like: the attributes tell it.
        _ => return,
    };
    let actor = if what == "merged" { change.merged_by.as_ref().or(sender) } else { sender };
    draft.event(key, at, what, actor, by(summary, actor));
}

fn state_review(draft: &mut Draft, key: &Key, event: &ReviewEvent) -> Result<(), Stop> {
    let Some(review) = event.review.as_ref() else { return Ok(()) };
    let action = event.action.as_deref().unwrap_or_default();
    if action == "dismissed" {
        // `submitted_at` is when the review was given; when it was taken back stands only on the pull request.
        let actor = event.sender.as_ref();
        draft.event(key, None, "dismissed", actor, by("Review dismissed", actor));
        return Ok(());
    }
    let reviewer = review.user.as_ref();
    let state = review.state.as_deref().unwrap_or_default().to_ascii_lowercase();
    let (what, summary) = match state.as_str() {
        "approved" => ("approved", "Approved"),
        "changes_requested" => ("changes_requested", "Changes requested"),
        _ => ("commented", "Reviewed with comments"),
    };
    draft.at = review.submitted_at.or(draft.at);
    if what == "approved" {
        let reason = approval("pull request", review.commit_id.as_deref());
        draft.person(key, LinkKind::ApprovedBy, reviewer, &reason)?;
    }
    if action == "submitted" {
        draft.event(key, None, what, reviewer, by(summary, reviewer));
    }
    Ok(())
}
