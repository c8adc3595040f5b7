//! `issues`: tickets that are kept on GitHub.

use throughline_domain::fact::{Attribute, Facts, Field};
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};

use super::delivery::Delivery;
use super::draft::{Draft, is_blank};
use super::payload::{Issue, IssuesEvent};
use super::people::{by, logins};
use crate::draft::joined;
use crate::stop::Stop;

/// Reads an issue.
pub(super) fn facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: IssuesEvent = delivery.read("a GitHub issues event")?;
    let issue = event.issue.as_ref().ok_or_else(|| Stop::nothing("the body holds no issue"))?;
    if issue.pull_request.is_some() {
        return Err(Stop::nothing("the issue is one side of a pull request, which has events of its own"));
    }
    if event.action.as_deref() == Some("deleted") {
        return Err(Stop::nothing("the issue was deleted; what was known of it stays"));
    }
    let mut draft = Draft::open(delivery, event.repository.as_ref(), issue.updated_at.or(issue.created_at))?;
    let key = state_issue(&mut draft, issue)?;
    if event.action.as_deref() == Some("edited") && is_blank(issue.body.as_deref()) {
        draft.emptied(&key, Field::Body);
    }
    happened(&mut draft, &key, &event, issue);
    draft.finish()
}

/// States an issue with its text.
pub(super) fn state_issue(draft: &mut Draft, issue: &Issue) -> Result<Key, Stop> {
    let number = issue.number.ok_or_else(|| Stop::nothing("the issue has no number"))?;
    let key = draft.key(NodeKind::Ticket, number)?;
    let fact = draft
        .fact(&key)
        .with_some(Attribute::Title, issue.title.as_deref())
        .with(Attribute::Reference, format!("{}#{number}", draft.repository.path()))
        .with_some(Attribute::State, issue.state.as_deref())
        .with_some(Attribute::Outcome, outcome(issue).map(Outcome::word))
        .moment(Attribute::OccurredAt, issue.created_at)
        .moment(Attribute::StartedAt, issue.created_at)
        .moment(Attribute::FinishedAt, issue.closed_at)
        .with_some(Attribute::Category, issue.kind.as_ref().and_then(|kind| kind.name.as_deref()))
        .with(Attribute::Labels, joined(issue.labels.iter().flatten().filter_map(|label| label.name.as_deref())))
        .with(Attribute::Assignee, joined(logins(issue.assignees.as_deref())))
        .named(Name::number(&draft.repository, number))
        .page(issue.html_url.as_deref());
    draft.place(fact)?;
    draft.person(&key, LinkKind::AuthoredBy, issue.user.as_ref(), "opened the issue")?;
    draft.mention(&key, Field::Title, issue.title.as_deref());
    draft.mention(&key, Field::Body, issue.body.as_deref());
    Ok(key)
}

fn outcome(issue: &Issue) -> Option<Outcome> {
    match (issue.state.as_deref()?, issue.state_reason.as_deref()) {
        ("open", _) => Some(Outcome::Running),
        ("closed", Some("not_planned" | "duplicate")) => Some(Outcome::Abandoned),
        ("closed", _) => Some(Outcome::Success),
        _ => None,
    }
}

fn happened(draft: &mut Draft, key: &Key, event: &IssuesEvent, issue: &Issue) {
    let (what, at) = match event.action.as_deref().unwrap_or_default() {
        "opened" => ("opened", issue.created_at),
        "closed" => ("closed", issue.closed_at),
        "reopened" => ("reopened", None),
        "edited" => ("edited", None),
        "transferred" => ("transferred", None),
        // Labels, assignees, milestones and the like: the attributes tell it.
        _ => return,
    };
    let reason = issue.state_reason.as_deref().filter(|_| what == "closed");
    let reason = reason.map(|reason| format!(" as {}", reason.replace('_', " "))).unwrap_or_default();
    let actor = event.sender.as_ref();
    draft.event(key, at, what, actor, by(&format!("Issue {what}{reason}"), actor));
}
