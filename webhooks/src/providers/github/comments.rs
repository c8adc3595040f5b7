//! `issue_comment`, `pull_request_review_comment` and `commit_comment`: what was said, and of what.

use serde::Deserialize;
use throughline_domain::fact::Facts;
use throughline_domain::key::Key;
use throughline_domain::time::Timestamp;

use super::delivery::Delivery;
use super::draft::Draft;
use super::issues::state_issue;
use super::payload::{ChangeSide, Issue, PullRequest, Repository, User};
use super::pull_request::state_change;
use crate::code_host::commented;
use crate::members::moment_or_seconds;
use crate::stop::Stop;

/// An event of a comment.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CommentEvent {
    comment: Option<Comment>,
    issue: Option<Issue>,
    pull_request: Option<PullRequest>,
    repository: Option<Repository>,
    sender: Option<User>,
}

/// A comment; `commit_id` is read of comments on commits only, since a review's may be any commit of the pull request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Comment {
    commit_id: Option<String>,
    body: Option<String>,
    user: Option<User>,
    #[serde(deserialize_with = "moment_or_seconds")]
    created_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    updated_at: Option<Timestamp>,
}

/// Reads a comment on an issue, or on a pull request as a whole.
pub(super) fn issue_comment_facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: CommentEvent = delivery.read("a GitHub issue_comment event")?;
    let CommentEvent { comment, issue, repository, sender, .. } = event;
    let mut issue = issue.ok_or_else(|| Stop::nothing("the body holds no issue"))?;
    let mut draft = Draft::open(delivery, repository.as_ref(), issue.updated_at.or(issue.created_at))?;
    let key = match issue.pull_request.take() {
        Some(side) => state_change(&mut draft, &change_of(issue, side))?,
        None => state_issue(&mut draft, &issue)?,
    };
    happened(&mut draft, &key, delivery.action(), comment.as_ref(), sender.as_ref());
    draft.finish()
}

/// Reads a comment on lines of a pull request.
pub(super) fn review_comment_facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: CommentEvent = delivery.read("a GitHub pull_request_review_comment event")?;
    let change = event.pull_request.as_ref().ok_or_else(|| Stop::nothing("the body holds no pull request"))?;
    let mut draft = Draft::open(delivery, event.repository.as_ref(), change.updated_at.or(change.created_at))?;
    let key = state_change(&mut draft, change)?;
    happened(&mut draft, &key, delivery.action(), event.comment.as_ref(), event.sender.as_ref());
    draft.finish()
}

/// Reads a comment on a commit.
pub(super) fn commit_comment_facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: CommentEvent = delivery.read("a GitHub commit_comment event")?;
    let comment = event.comment.as_ref().ok_or_else(|| Stop::nothing("the body holds no comment"))?;
    let mut draft = Draft::open(delivery, event.repository.as_ref(), comment.created_at)?;
    if let Some(key) = draft.commit_by_id(comment.commit_id.as_deref())? {
        happened(&mut draft, &key, delivery.action(), Some(comment), event.sender.as_ref());
    }
    draft.finish()
}

/// Tells in a node's timeline that it was commented on. What a comment refers to is no link of the node: its words are
/// not those of whoever answers for the node.
pub(super) fn happened(draft: &mut Draft, key: &Key, action: &str, comment: Option<&Comment>, sender: Option<&User>) {
    let Some(comment) = comment else { return };
    match action {
        "created" => {
            let author = comment.user.as_ref().or(sender);
            draft.event(
                key,
                comment.created_at,
                "commented",
                author,
                commented(comment.body.as_deref().unwrap_or_default()),
            );
        }
        "edited" => draft.event(key, comment.updated_at, "comment-edited", sender, "Edited a comment"),
        "deleted" => draft.event(key, None, "comment-deleted", sender, "Deleted a comment"),
        _ => {}
    }
}

/// The pull request, by its side as an issue.
fn change_of(issue: Issue, side: ChangeSide) -> PullRequest {
    PullRequest {
        number: issue.number,
        html_url: side.html_url.or(issue.html_url),
        state: issue.state,
        draft: issue.draft,
        merged_at: side.merged_at,
        title: issue.title,
        body: issue.body,
        user: issue.user,
        assignees: issue.assignees,
        labels: issue.labels,
        created_at: issue.created_at,
        updated_at: issue.updated_at,
        closed_at: issue.closed_at,
        ..PullRequest::default()
    }
}
