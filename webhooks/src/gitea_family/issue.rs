//! `issues`: tickets that are kept beside the code.

use throughline_domain::fact::{Attribute, Field};
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};

use crate::code_host::nothing;
use crate::draft::by;
use crate::provider::{Content, ParseError};

use super::payload::Issue;
use super::reading::{Reading, assigned, called, labelled};

/// Reads an issue.
pub(super) fn read(mut reading: Reading<'_>) -> Result<Content, ParseError> {
    let Some(issue) = &reading.body.issue else { return nothing("the body holds no issue") };
    if issue.pull_request.is_some() {
        return nothing("the issue is one side of a pull request, which has events of its own");
    }
    let Some(key) = state_issue(&mut reading, issue)? else { return nothing("the issue has no number") };
    let action = reading.body.action.as_deref().unwrap_or_default();
    if action == "closed"
        && let Some(commit) = reading.commit_by_id(reading.body.commit_id.as_deref())?
    {
        reading.draft.link(&commit, LinkKind::Resolves, &key, "the tool closed the issue because of this commit");
    }
    let (what, at) = match action {
        "opened" => ("opened", issue.created_at),
        "closed" => ("closed", issue.closed_at),
        "reopened" => ("reopened", None),
        "edited" => ("edited", None),
        // Labels, milestones and assignees: the attributes tell it.
        _ => return reading.finish(),
    };
    let actor = called(reading.body.sender.as_ref());
    reading.draft.event(&key, at, what, actor, &by(&format!("Issue {what}"), actor));
    reading.finish()
}

/// States an issue that is no pull request; `None` where it has no number.
pub(super) fn state_issue(reading: &mut Reading<'_>, issue: &Issue) -> Result<Option<Key>, ParseError> {
    let Some(number) = issue.number.or(reading.body.number) else { return Ok(None) };
    reading.draft.at = issue.updated_at.or(issue.closed_at).or(issue.created_at);
    let key = reading.key(NodeKind::Ticket, number)?;
    let outcome = match issue.state.as_deref() {
        Some("open") => Some(Outcome::Running),
        Some("closed") => Some(Outcome::Success),
        _ => None,
    };
    let fact = reading
        .draft
        .fact(&key)
        .with_some(Attribute::Title, issue.title.as_deref())
        .with(Attribute::Reference, format!("{}#{number}", reading.repository.path()))
        .with_some(Attribute::State, issue.state.as_deref())
        .with_some(Attribute::Outcome, outcome.map(Outcome::word))
        .moment(Attribute::OccurredAt, issue.created_at)
        .moment(Attribute::StartedAt, issue.created_at)
        .moment(Attribute::FinishedAt, issue.closed_at)
        .with(Attribute::Labels, labelled(issue.labels.as_deref()))
        .with(Attribute::Assignee, assigned(issue.assignees.as_deref(), issue.assignee.as_ref()))
        .named(Name::number(&reading.repository, number))
        .page(issue.html_url.as_deref());
    reading.place(fact)?;
    reading.person(&key, LinkKind::AuthoredBy, issue.user.as_ref(), "opened the issue")?;
    reading.mention(&key, Field::Title, issue.title.as_deref());
    reading.description(&key, issue.body.as_deref());
    Ok(Some(key))
}
