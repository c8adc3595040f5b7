//! How the company's own records tell of it, in the documented format of facts.

use serde_json::{Map, Value, json};

use super::alertmanager::{Alert, THE_ALERT};
use super::calendar::{Calendar, Moment, at};
use super::changes::{self, Change};
use super::company::{
    ALERTMANAGER_ADDRESS, CHECKOUT, CODE_HOST, INCIDENTS_ADDRESS, PLATFORM_TEAM, PRODUCTION, Person, SERVICES, Service,
    TRACKER_HOST, Team, dashboard_page, repository_address, runbook_page,
};
use super::records::{
    ADJUSTMENTS, APPROVALS, Adjustment, Approval, DOCUMENTS, Document, FOLLOW_UPS, INCIDENT, INCIDENT_TITLE,
    POSTMORTEM, REPORTS, Report, incident_alerts,
};
use super::rollouts::{self, ROLLOUTS, Rollout, TROUBLE};
use super::{Delivery, RECORDS, argocd, ids};

/// Everything that is written down.
pub fn told(calendar: &Calendar) -> Vec<Delivery> {
    let mut told: Vec<Delivery> = SERVICES.iter().map(|service| catalogued(calendar, service)).collect();
    told.extend(DOCUMENTS.iter().map(|document| saved(calendar, document)));
    told.extend(ADJUSTMENTS.iter().map(|adjustment| adjusted(calendar, adjustment)));
    told.extend(changes::of_ticket("OPS-14").map(|change| rule_defined(calendar, change)));
    told.extend(APPROVALS.iter().filter_map(|approval| approved(calendar, approval)));
    told.extend(REPORTS.iter().map(|report| reported(calendar, report)));
    told.extend(ROLLOUTS.iter().filter_map(|rollout| rolled_back(calendar, rollout)));
    told.push(followed_up(calendar));
    told
}

/// A service of the catalogue: who answers for it, and where it is explained.
fn catalogued(calendar: &Calendar, service: &Service) -> Delivery {
    let (runbook, dashboard) = (runbook_page(service), dashboard_page(service));
    let owner =
        service.team.map(|team| link("owned_by", &team_reference(team), "the service catalogue names the team"));
    let explained = [
        link("documented_by", &json!({"url": runbook}), "the service catalogue names the runbook"),
        link(
            "documented_by",
            &json!({"kind": "dashboard", "url": dashboard}),
            "the service catalogue names the dashboard",
        ),
    ];
    let links: Vec<Value> = owner.into_iter().chain(explained).collect();
    let mut facts = vec![
        json!({
            "kind": "service",
            "id": service.name,
            "title": service.name,
            "repository": repository_address(service.name),
            "attributes": {"description": service.title},
            "links": links,
        }),
        json!({
            "kind": "document",
            "url": runbook,
            "title": format!("Runbook: {}", service.name),
            "category": "runbook",
        }),
        json!({"kind": "dashboard", "url": dashboard, "title": format!("{}: overview", service.name)}),
    ];
    facts.extend(
        service.team.map(|team| json!({"kind": "team", "id": team.name, "title": team.name, "names": [team.title]})),
    );
    delivery(calendar, at(0, 8, 45), facts)
}

/// A page of the wiki was saved.
fn saved(calendar: &Calendar, document: &Document) -> Delivery {
    let mut links = vec![link("authored_by", &person(document.author), "the wiki names who saved the page")];
    if document.analyses_incident {
        links.push(link("analyses", &incident(), "the postmortem's head names the incident"));
    }
    let mut facts = vec![json!({
        "kind": "document",
        "url": document.url,
        "title": document.title,
        "category": document.category,
        "attributes": {"state": document.state, "description": document.text},
        "links": links,
        "events": [event(document.what, document.author, &format!("{} {}", document.title, document.what))],
        "text": document.text,
    })];
    facts.extend(document.tickets.iter().map(|key| {
        let to = json!({"url": document.url});
        ticket_fact(key, link("documented_by", &to, "the page is listed at the ticket"))
    }));
    delivery(calendar, document.at, facts)
}

/// A flag, a setting or a machine was changed.
fn adjusted(calendar: &Calendar, adjustment: &Adjustment) -> Delivery {
    let place = json!({"kind": "environment", "id": adjustment.environment});
    let mut links = vec![
        link("deployed_to", &place, "the record names the environment"),
        link("triggered_by", &person(adjustment.by), "the record names who did it"),
    ];
    links.extend(
        adjustment.service.map(|service| link("of", &service_reference(service), "the record names the service")),
    );
    links.extend(adjustment.ticket.map(|key| link("relates_to", &ticket(key), "the record names the ticket")));
    let fact = json!({
        "kind": "config_change",
        "id": adjustment.id,
        "title": adjustment.title,
        "category": adjustment.category,
        "attributes": {"outcome": "success", "finished_at": calendar.time(adjustment.at)},
        "links": links,
        "events": [event("changed", adjustment.by, adjustment.title)],
    });
    delivery(calendar, adjustment.at, vec![fact])
}

/// The rule of the story's alert was written.
fn rule_defined(calendar: &Calendar, change: &Change) -> Delivery {
    let commit = json!({"commit": change.merge_commit(), "repository": repository_address(change.repository)});
    let links = [
        link("defined_in", &commit, "the commit that last wrote the rule"),
        link("of", &service_reference(&CHECKOUT), "the rule's label names the service"),
        link("owned_by", &team_reference(&PLATFORM_TEAM), "the file's head names the team"),
    ];
    let fact = json!({
        "kind": "alert_rule",
        "id": THE_ALERT.rule,
        "title": THE_ALERT.rule,
        "attributes": {"severity": THE_ALERT.severity, "path": "alerts/checkout.yaml"},
        "links": links,
    });
    let team = json!({
        "kind": "team",
        "id": PLATFORM_TEAM.name,
        "title": PLATFORM_TEAM.name,
        "names": [PLATFORM_TEAM.title],
    });
    delivery(calendar, change.merged().plus(24), vec![fact, team])
}

/// Somebody agreed to a rollout.
fn approved(calendar: &Calendar, approval: &Approval) -> Option<Delivery> {
    let rollout = rollouts::to_production(&CHECKOUT, approval.version)?;
    let summary = format!("{} agreed to {} {} in production", approval.by.name, CHECKOUT.name, approval.version);
    let mut fact =
        deployment_fact(calendar, rollout, link("approved_by", &person(approval.by), "agreed in the release channel"));
    fact.insert("events".to_owned(), json!([event("approved", approval.by, &summary)]));
    Some(delivery(calendar, approval.at, vec![Value::Object(fact)]))
}

/// Where the incident stands.
fn reported(calendar: &Calendar, report: &Report) -> Delivery {
    let mut links: Vec<Value> = incident_alerts()
        .map(|alert| link("groups", &alert_reference(calendar, alert), "attached to the incident"))
        .collect();
    links.push(link("fires_on", &service_reference(&CHECKOUT), "the incident names the service"));
    links.push(link(
        "fires_on",
        &json!({"kind": "environment", "id": PRODUCTION}),
        "the incident names the environment",
    ));
    if report.cause_known {
        let deployment = json!({"key": argocd::deployment_key(calendar, &TROUBLE)});
        links.push(link("caused_by", &deployment, "the errors ended when it was taken back"));
    }
    let mut attributes = texts(&[("state", report.what), ("severity", "SEV-2"), ("outcome", report.outcome)]);
    attributes.insert("started_at".to_owned(), json!(calendar.time(THE_ALERT.from)));
    if report.outcome == "success" {
        attributes.insert("finished_at".to_owned(), json!(calendar.time(report.at)));
    }
    let fact = json!({
        "kind": "incident",
        "id": INCIDENT,
        "url": format!("{INCIDENTS_ADDRESS}/{INCIDENT}"),
        "title": INCIDENT_TITLE,
        "attributes": attributes,
        "links": links,
        "events": [event(report.what, report.by, report.summary)],
    });
    delivery(calendar, report.at, vec![fact])
}

/// A rollout that put back what ran before another one.
fn rolled_back(calendar: &Calendar, rollout: &Rollout) -> Option<Delivery> {
    let bad = rollouts::to_production(rollout.service, rollout.takes_back?)?;
    let to = json!({"key": argocd::deployment_key(calendar, bad)});
    let reason = format!("went back to {} because of {INCIDENT}", rollout.version);
    let fact = deployment_fact(calendar, rollout, link("rolls_back", &to, &reason));
    Some(delivery(calendar, rollout.at.plus(3), vec![Value::Object(fact)]))
}

/// The tickets that came out of the postmortem.
fn followed_up(calendar: &Calendar) -> Delivery {
    let (tickets, moment) = FOLLOW_UPS;
    let to = json!({"url": POSTMORTEM});
    let facts =
        tickets.iter().map(|key| ticket_fact(key, link("follows_up", &to, "listed in the postmortem"))).collect();
    delivery(calendar, moment, facts)
}

fn ticket_fact(key: &str, link: Value) -> Value {
    let mut fact = ticket(key);
    if let Some(members) = fact.as_object_mut() {
        members.insert("links".to_owned(), json!([link]));
    }
    fact
}

/// A statement about a deployment that Argo CD states itself; the time it counts from stays Argo CD's.
fn deployment_fact(calendar: &Calendar, rollout: &Rollout, link: Value) -> Map<String, Value> {
    let mut fact = Map::new();
    fact.insert("kind".to_owned(), json!("deployment"));
    fact.insert("key".to_owned(), json!(argocd::deployment_key(calendar, rollout)));
    fact.insert("attributes".to_owned(), json!({"occurred_at": calendar.time(rollout.at)}));
    fact.insert("links".to_owned(), json!([link]));
    fact
}

fn link(kind: &str, to: &Value, reason: &str) -> Value {
    json!({"kind": kind, "to": to, "reason": reason})
}

fn event(what: &str, actor: &Person, summary: &str) -> Value {
    json!({"what": what, "actor": actor.login, "summary": summary})
}

fn person(person: &Person) -> Value {
    json!({"kind": "person", "id": person.login, "provider": "github", "host": CODE_HOST})
}

fn ticket(key: &str) -> Value {
    json!({"kind": "ticket", "id": key, "provider": "jira", "host": TRACKER_HOST})
}

fn service_reference(service: &Service) -> Value {
    json!({"kind": "service", "id": service.name})
}

fn team_reference(team: &Team) -> Value {
    json!({"kind": "team", "id": team.name})
}

fn incident() -> Value {
    json!({"kind": "incident", "id": INCIDENT})
}

fn alert_reference(calendar: &Calendar, alert: &Alert) -> Value {
    let id = format!("{}/{}", alert.fingerprint(), calendar.time(alert.from).seconds());
    let host = ALERTMANAGER_ADDRESS.trim_start_matches("https://");
    json!({"kind": "alert", "id": id, "provider": "alertmanager", "host": host})
}

fn texts(pairs: &[(&str, &str)]) -> Map<String, Value> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect()
}

fn delivery(calendar: &Calendar, moment: Moment, facts: Vec<Value>) -> Delivery {
    let at = calendar.time(moment);
    let body = json!({"version": 1, "at": at, "facts": facts});
    let id = format!("msg_{}", ids::uuid(&body.to_string()));
    Delivery::new(RECORDS, at, &[("content-type", "application/json"), ("webhook-id", id.as_str())], &body)
}
