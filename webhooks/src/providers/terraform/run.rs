//! A run: a configuration change of its workspace, which counts once it was applied.

use throughline_domain::fact::{Attribute, Facts, Field};
use throughline_domain::key;
use throughline_domain::link::LinkKind;
use throughline_domain::node::{NodeKind, Outcome};

use super::payload::{Note, Notification};
use super::workspace::{link_environment, name};
use crate::draft::{Draft, Person, by};
use crate::members::{filled, host, time};
use crate::provider::ParseError;

/// The most notes about a run in one notification.
const MAX_NOTES: usize = 100;

/// What a notification of version 1 states of a run; `None` where it names none.
///
/// # Errors
/// [`ParseError::TooMany`] over [`MAX_NOTES`], [`ParseError::Key`] where an id or login is too long.
pub(super) fn facts(notification: &Notification) -> Result<Option<Facts>, ParseError> {
    let Some(id) = filled(notification.run_id.as_deref()) else { return Ok(None) };
    let notes = notification.notifications.as_deref().unwrap_or_default();
    if notes.len() > MAX_NOTES {
        return Err(ParseError::TooMany { what: "notes about a run", count: notes.len(), limit: MAX_NOTES });
    }
    let page = filled(notification.run_url.as_deref());
    let host = host(page);
    let key = key::of_tool(NodeKind::ConfigChange, "terraform", &host, id)?;
    let queued = time(notification.run_created_at.as_deref());
    let mut draft = Draft::new("terraform/run", queued);
    let workspace = filled(notification.workspace_name.as_deref());
    let place = name(filled(notification.organization_name.as_deref()), workspace);
    let title = filled(notification.run_message.as_deref()).and_then(|message| message.lines().next());
    for note in notes {
        draft.at = time(note.run_updated_at.as_deref()).or(queued);
        let status = filled(note.run_status.as_deref()).or(filled(note.trigger.as_deref())).unwrap_or_default();
        let outcome = outcome(note);
        let fact = draft
            .fact(&key)
            .with(Attribute::Title, title.map_or_else(|| format!("Run of {place}"), str::to_owned))
            .with(Attribute::Reference, format!("{place} {id}"))
            .with(Attribute::Category, "terraform")
            .moment(Attribute::StartedAt, draft.at.filter(|_| is_of(note, "run:planning")))
            .moment(Attribute::FinishedAt, draft.at.filter(|_| has_ended(outcome)))
            .moment(Attribute::OccurredAt, draft.at.filter(|_| outcome == Some(Outcome::Success)))
            .page(page);
        draft.state_with_outcome(fact, Some(status), outcome);
        let who = filled(note.run_updated_by.as_deref());
        if let Some(what) = what(note, outcome) {
            draft.event(&key, None, what, who, &by(&format!("Run of {place} {}", what.replace('_', " ")), who));
        }
    }
    link_environment(&mut draft, &key, LinkKind::DeployedTo, workspace);
    let login = filled(notification.run_created_by.as_deref());
    let person = Person { provider: "terraform", host: &host, login, ..Person::default() };
    draft.person(&key, LinkKind::TriggeredBy, &person, "Terraform names who queued the run")?;
    draft.mention(&key, Field::Title, filled(notification.run_message.as_deref()), None);
    draft.finish().map(Some)
}

/// What a notification of version 2 states of the run that destroyed a workspace; `None` where there was none.
///
/// # Errors
/// [`ParseError::Key`] where an id is too long.
pub(super) fn destroy_facts(notification: &Notification) -> Result<Option<Facts>, ParseError> {
    let Some(details) = &notification.details else { return Ok(None) };
    let Some(id) = filled(details.run_external_id.as_deref()) else { return Ok(None) };
    let host = host(filled(notification.notification_configuration_url.as_deref()));
    let key = key::of_tool(NodeKind::ConfigChange, "terraform", &host, id)?;
    let queued = time(details.run_created_at.as_deref());
    let mut draft = Draft::new("terraform/run", queued);
    let workspace = filled(details.workspace_name.as_deref());
    let place = name(filled(details.organization_name.as_deref()), workspace);
    let status = filled(details.run_status.as_deref());
    let outcome = status.and_then(outcome_of_status);
    let title = format!("Automatic destruction of {place}");
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, title.as_str())
        .with(Attribute::Reference, format!("{place} {id}"))
        .with(Attribute::Category, "terraform")
        // The end is not told; the notes about the run itself, if they are sent too, are newer and outrank this.
        .moment(Attribute::OccurredAt, queued.filter(|_| outcome == Some(Outcome::Success)));
    draft.state_with_outcome(fact, status, outcome);
    link_environment(&mut draft, &key, LinkKind::DeployedTo, workspace);
    if outcome == Some(Outcome::Success) {
        draft.event(&key, None, "destroyed", None, &title);
    }
    draft.finish().map(Some)
}

fn is_of(note: &Note, trigger: &str) -> bool {
    filled(note.trigger.as_deref()) == Some(trigger)
}

fn outcome(note: &Note) -> Option<Outcome> {
    if is_of(note, "run:created") {
        return Some(Outcome::Pending);
    }
    let status = filled(note.run_status.as_deref()).and_then(outcome_of_status);
    status.or_else(|| match filled(note.trigger.as_deref())? {
        "run:planning" | "run:needs_attention" | "run:applying" => Some(Outcome::Running),
        "run:errored" => Some(Outcome::Failure),
        _ => None,
    })
}

/// Only the ends; every other status is some stage of planning or applying. A plan without changes ends without a result.
fn outcome_of_status(status: &str) -> Option<Outcome> {
    match status {
        "applied" => Some(Outcome::Success),
        "errored" => Some(Outcome::Failure),
        "canceled" | "force_canceled" | "discarded" | "planned_and_finished" => Some(Outcome::Abandoned),
        _ => None,
    }
}

fn has_ended(outcome: Option<Outcome>) -> bool {
    match outcome {
        Some(Outcome::Success | Outcome::Failure | Outcome::Abandoned) => true,
        Some(Outcome::Pending | Outcome::Running) | None => false,
    }
}

fn what(note: &Note, outcome: Option<Outcome>) -> Option<&'static str> {
    match (outcome?, filled(note.trigger.as_deref())?) {
        (Outcome::Pending, _) => Some("queued"),
        (Outcome::Running, "run:planning") => Some("started"),
        (Outcome::Running, "run:needs_attention") => Some("planned"),
        (Outcome::Running, "run:applying") => Some("confirmed"),
        (Outcome::Running, _) => None,
        (Outcome::Success, _) => Some("applied"),
        (Outcome::Failure, _) => Some("failed"),
        (Outcome::Abandoned, _) => Some("ended"),
    }
}
