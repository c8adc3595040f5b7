//! `issue_comment`: that somebody said something about an issue or a pull request, and the state of that.

use throughline_domain::fact::{Attribute, Field};
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::node::NodeKind;

use crate::code_host::nothing;
use crate::draft::by;
use crate::provider::{Content, ParseError};

use super::change::{numbered, status};
use super::issue::state_issue;
use super::payload::Issue;
use super::reading::{Reading, assigned, called, labelled};

/// Reads a comment. Its text is left alone: it is no part of what the issue or pull request says of itself.
pub(super) fn read(mut reading: Reading<'_>) -> Result<Content, ParseError> {
    let Some(issue) = &reading.body.issue else { return nothing("the body holds no issue") };
    let is_change = reading.body.is_pull == Some(true) || issue.pull_request.is_some();
    let key = if is_change { state_change(&mut reading, issue)? } else { state_issue(&mut reading, issue)? };
    let Some(key) = key else { return nothing("what was commented on has no number") };
    let comment = reading.body.comment.as_ref();
    if reading.body.action.as_deref() == Some("created") {
        let author = comment.and_then(|comment| comment.user.as_ref()).or(reading.body.sender.as_ref());
        let at = comment.and_then(|comment| comment.created_at);
        let actor = called(author);
        reading.draft.event(&key, at, "commented", actor, &by("Commented", actor));
    }
    reading.finish()
}

/// States a pull request as far as its issue tells of it.
fn state_change(reading: &mut Reading<'_>, issue: &Issue) -> Result<Option<Key>, ParseError> {
    let Some(number) = issue.number else { return Ok(None) };
    reading.draft.at = issue.updated_at.or(issue.closed_at).or(issue.created_at);
    let key = reading.key(NodeKind::Change, number)?;
    let side = issue.pull_request.as_ref();
    let merged_at = side.and_then(|side| side.merged_at);
    let is_merged = merged_at.is_some() || side.and_then(|side| side.merged) == Some(true);
    // Closed without a word on the merge may be either: then only what is open is told.
    let is_told = is_merged || issue.state.as_deref() == Some("open") || side.is_some_and(|side| side.merged.is_some());
    let status = status(issue.state.as_deref(), is_merged, false).filter(|_| is_told);
    let fact = reading
        .draft
        .fact(&key)
        .with_some(Attribute::Title, issue.title.as_deref())
        .with_some(Attribute::State, status.map(|(word, _)| word))
        .with_some(Attribute::Outcome, status.map(|(_, outcome)| outcome.word()))
        .moment(Attribute::OccurredAt, merged_at.or(issue.created_at))
        .moment(Attribute::StartedAt, issue.created_at)
        .moment(Attribute::FinishedAt, merged_at.or(issue.closed_at))
        .with(Attribute::Labels, labelled(issue.labels.as_deref()))
        .with(Attribute::Assignee, assigned(issue.assignees.as_deref(), issue.assignee.as_ref()))
        .page(side.and_then(|side| side.html_url.as_deref()).or(issue.html_url.as_deref()));
    reading.place(numbered(fact, &reading.repository, number))?;
    reading.person(&key, LinkKind::AuthoredBy, issue.user.as_ref(), "opened the pull request")?;
    reading.mention(&key, Field::Title, issue.title.as_deref());
    reading.mention(&key, Field::Body, issue.body.as_deref());
    Ok(Some(key))
}
