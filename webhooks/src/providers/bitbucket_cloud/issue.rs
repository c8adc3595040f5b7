//! `issue:…`: tickets that are kept on Bitbucket. They are numbered apart from pull requests.

use throughline_domain::fact::{Attribute, Field};
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};

use crate::code_host::nothing;
use crate::draft::by;
use crate::members::filled;
use crate::provider::{Content, ParseError};

use super::payload::{Issue, Words};
use super::reading::{Reading, called, page};

/// Reads anything that happens to an issue.
pub(super) fn read(mut reading: Reading<'_>) -> Result<Content, ParseError> {
    let Some(issue) = &reading.body.issue else { return nothing("the body holds no issue") };
    let Some(number) = issue.id else { return nothing("the issue has no number") };
    reading.draft.at = issue.updated_on.or(issue.created_on);
    let key = state_issue(&mut reading, issue, number)?;
    happened(&mut reading, &key, issue);
    reading.finish()
}

fn state_issue(reading: &mut Reading<'_>, issue: &Issue, number: u64) -> Result<Key, ParseError> {
    let key = reading.key(NodeKind::Ticket, number)?;
    let state = issue.state.as_deref();
    let outcome = state.and_then(outcome);
    // When an issue ended is told by the delivery of just that alone.
    let ended = issue.updated_on.filter(|_| is_ended(outcome) && changed_state(reading).is_some());
    let fact = reading
        .draft
        .fact(&key)
        .with_some(Attribute::Title, issue.title.as_deref())
        .with(Attribute::Reference, format!("{}#{number}", reading.repository.path()))
        .with_some(Attribute::State, state)
        .with_some(Attribute::Outcome, outcome.map(Outcome::word))
        .moment(Attribute::OccurredAt, issue.created_on)
        .moment(Attribute::StartedAt, issue.created_on)
        .moment(Attribute::FinishedAt, ended)
        .with_some(Attribute::Category, filled(issue.kind.as_deref()))
        .with_some(Attribute::Severity, filled(issue.priority.as_deref()))
        .with_some(Attribute::Assignee, called(issue.assignee.as_ref()))
        .named(Name::number(&reading.repository, number))
        .page(page(issue.links.as_ref()));
    reading.place(fact)?;
    reading.person(&key, LinkKind::AuthoredBy, issue.reporter.as_ref(), "reported the issue")?;
    reading.mention(&key, Field::Title, issue.title.as_deref());
    let text = issue.content.as_ref().and_then(|content| content.raw.as_deref());
    reading.mention(&key, Field::Body, text);
    Ok(key)
}

fn outcome(state: &str) -> Option<Outcome> {
    match state {
        "new" | "submitted" => Some(Outcome::Pending),
        "open" | "on hold" => Some(Outcome::Running),
        "resolved" | "closed" => Some(Outcome::Success),
        "invalid" | "duplicate" | "wontfix" => Some(Outcome::Abandoned),
        _ => None,
    }
}

fn is_ended(outcome: Option<Outcome>) -> bool {
    matches!(outcome, Some(Outcome::Success | Outcome::Abandoned))
}

/// The state before and after the update, where it changed the state.
fn changed_state<'a>(reading: &Reading<'a>) -> Option<&'a Words> {
    reading.body.changes.as_ref()?.status.as_ref()
}

fn happened(reading: &mut Reading<'_>, key: &Key, issue: &Issue) {
    let body = reading.body;
    let status = changed_state(reading);
    let was_ended = status.is_some_and(|words| is_ended(words.old.as_deref().and_then(outcome)));
    let (what, at) = match reading.event {
        "issue:created" => ("opened", issue.created_on),
        "issue:comment_created" => ("commented", body.comment.as_ref().and_then(|comment| comment.created_on)),
        _ if status.is_some_and(|words| is_ended(words.new.as_deref().and_then(outcome))) => ("closed", None),
        _ if was_ended => ("reopened", None),
        _ => ("edited", None),
    };
    let actor = called(body.actor.as_ref());
    reading.draft.event(key, at, what, actor, &by(&format!("Issue {what}"), actor));
}
