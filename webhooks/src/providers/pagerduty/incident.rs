//! An incident: what is known of it, what happened to it, and what it is about.

use throughline_domain::fact::{Attribute, Field, MAX_FACTS, NodeFact};
use throughline_domain::key::{Key, of_tool};
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::time::Timestamp;

use super::payload::{Incident, Reference};
use super::{NAME, broken};
use crate::alert::{Around, Said, host};
use crate::draft::{Draft, Person, by, joined};
use crate::provider::ParseError;

/// What a delivery tells of an incident.
#[derive(Debug)]
pub(super) struct Told<'a> {
    /// The word for it.
    pub(super) what: &'static str,
    /// When it happened.
    pub(super) at: Option<Timestamp>,
    /// Who or what did it.
    pub(super) agent: Option<&'a Reference>,
    /// Who was asked to help.
    pub(super) asked: Option<&'a str>,
    /// What was written on the occasion.
    pub(super) text: Option<&'a str>,
    /// What the one who was asked answered: `joined`. What was written is in the request.
    pub(super) answer: Option<&'a str>,
}

/// The word for an event of either version, without its prefix; `None` for those that are not read.
pub(super) fn what(event: &str) -> Option<&'static str> {
    Some(match event {
        "triggered" | "trigger" => "triggered",
        "acknowledged" | "acknowledge" => "acknowledged",
        "unacknowledged" | "unacknowledge" => "unacknowledged",
        "resolved" | "resolve" => "resolved",
        "reopened" => "reopened",
        "reassigned" | "assign" => "reassigned",
        "escalated" | "escalate" => "escalated",
        "delegated" | "delegate" => "delegated",
        "priority_updated" => "prioritised",
        "service_updated" => "moved",
        "annotated" | "annotate" => "annotated",
        "status_update_published" => "reported",
        "responder.added" => "called",
        "responder.replied" => "answered",
        _ => return None,
    })
}

/// States an incident as of [`Draft::at`].
pub(super) fn state(draft: &mut Draft, incident: &Incident, told: &Told<'_>) -> Result<(), ParseError> {
    let id = incident.id.get().ok_or_else(|| broken("the incident has no id"))?;
    let host = host(incident.html_url.get());
    let key = of_tool(NodeKind::Incident, NAME, &host, id)?;
    let fact = fact(draft, &key, incident, id, told);
    draft.state_known(fact, incident.status.get(), outcome(incident));
    happened(draft, &key, incident, id, told);
    let agent = told.agent.filter(|agent| agent.kind.get() == Some("user_reference"));
    if let Some(agent) = agent.filter(|_| told.what == "triggered") {
        let person = Person {
            provider: NAME,
            host: &host,
            login: agent.id.get(),
            name: agent.summary.get(),
            page: agent.html_url.get(),
            ..Person::default()
        };
        draft.person(&key, LinkKind::TriggeredBy, &person, "this person triggered the incident")?;
    }
    let service = incident.service.as_ref().and_then(|service| service.summary.get());
    let around = Around { service: Said::asserted(service, "the incident's service"), ..Around::default() };
    around.state(draft, &key);
    alerts(draft, &key, incident, &host)?;
    draft.mention(&key, Field::Title, incident.title.get(), None);
    draft.mention(&key, Field::Body, told.text, None);
    Ok(())
}

fn outcome(incident: &Incident) -> Option<Outcome> {
    match incident.status.get() {
        Some("triggered" | "acknowledged") => Some(Outcome::Running),
        Some("resolved") => Some(Outcome::Success),
        _ => None,
    }
}

fn fact(draft: &Draft, key: &Key, incident: &Incident, id: &str, told: &Told<'_>) -> NodeFact {
    let started = incident.created_at.time().or(told.at.filter(|_| told.what == "triggered"));
    let severity = incident.priority.as_ref().and_then(|priority| priority.summary.get());
    let fact = draft
        .fact(key)
        .with(Attribute::Title, incident.title.get().unwrap_or(id))
        .with(Attribute::Reference, id)
        .moment(Attribute::OccurredAt, started)
        .moment(Attribute::StartedAt, started)
        .moment(Attribute::FinishedAt, told.at.filter(|_| told.what == "resolved"))
        .with_some(Attribute::Severity, severity.or(incident.urgency.get()))
        .with(Attribute::Assignee, assignees(incident))
        .named(Name::plain(id))
        .page(incident.html_url.get());
    match incident.number.get().or(incident.incident_number.get()) {
        Some(number) => fact.named(Name::plain(&format!("incident {number}"))),
        None => fact,
    }
}

fn assignees(incident: &Incident) -> String {
    let now = incident.assignees.iter().flatten();
    let then = incident.assignments.iter().flatten().filter_map(|assignment| assignment.assignee.as_ref());
    joined(now.chain(then).filter_map(|person| person.summary.get()))
}

fn happened(draft: &mut Draft, key: &Key, incident: &Incident, id: &str, told: &Told<'_>) {
    let actor = told.agent.and_then(|agent| agent.summary.get());
    let written = told.answer.or(told.text.filter(|_| told.what != "triggered"));
    let what = match told.asked {
        Some(asked) => format!("{} {asked}", told.what),
        None => told.what.to_owned(),
    };
    let summary = match written {
        Some(text) => format!("{what}: {text}"),
        None if told.asked.is_some() => by(&what, actor),
        None => by(&format!("{} {}", incident.title.get().unwrap_or(id), told.what), actor),
    };
    draft.event(key, told.at, told.what, actor, &summary);
}

/// The keys under which the alerts were reported are the reporting tool's, and so no fingerprints to be relied on.
fn alerts(draft: &mut Draft, key: &Key, incident: &Incident, host: &str) -> Result<(), ParseError> {
    let alerts = incident.alerts.as_deref().unwrap_or_default();
    if alerts.len() > MAX_FACTS {
        return Err(ParseError::TooMany { what: "alerts", count: alerts.len(), limit: MAX_FACTS });
    }
    for id in alerts.iter().filter_map(|alert| alert.alert_key.get()) {
        let alert = of_tool(NodeKind::Alert, NAME, host, id)?;
        let fact = draft
            .fact(&alert)
            .with(Attribute::Title, incident.title.get().unwrap_or(id))
            .with(Attribute::Reference, id)
            .named(Name::plain(id));
        draft.state_once(fact);
        draft.link(key, LinkKind::Groups, &alert, "the incident lists this alert");
    }
    Ok(())
}
