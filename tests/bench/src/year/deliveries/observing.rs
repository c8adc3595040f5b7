//! Alertmanager's notifications and PagerDuty's incidents.

use serde_json::{Map, Value, json};
use throughline_domain::time::Timestamp;

use super::{IncidentState, Written, number, uuid};
use crate::year::chance::fingerprint;
use crate::year::company::ALERTMANAGER_HOST;
use crate::year::history::{Alert, History};
use crate::year::table::Id;

/// When an alert stopped.
pub(super) fn end(alert: &Alert) -> Timestamp {
    alert.ends.unwrap_or(alert.starts)
}

/// When something happened to the incident of an alert.
pub(super) fn incident_at(alert: &Alert, state: IncidentState) -> Timestamp {
    match state {
        IncidentState::Triggered => alert.starts.plus_seconds(45),
        IncidentState::Acknowledged => alert.starts.plus_seconds(160),
        IncidentState::Resolved => end(alert).plus_seconds(240),
    }
}

/// An alert fires, or still does.
pub(super) fn firing(history: &History, id: Id<Alert>) -> Written {
    let alert = history.alerts.at(id);
    notification(history, alert, None)
}

/// An alert has stopped.
pub(super) fn resolved(history: &History, id: Id<Alert>) -> Written {
    let alert = history.alerts.at(id);
    notification(history, alert, Some(end(alert)))
}

fn notification(history: &History, alert: &Alert, ended: Option<Timestamp>) -> Written {
    let status = if ended.is_some() { "resolved" } else { "firing" };
    let labels = texts(&labels(history, alert));
    let annotations = texts(&annotations(history, alert));
    let ends = ended.map_or_else(|| "0001-01-01T00:00:00Z".to_owned(), |ended| ended.to_string());
    let body = json!({
        "version": "4",
        "groupKey": format!("{{}}/{{receiver=\"throughline\"}}:{{alertname=\"{}\"}}", alert.rule),
        "truncatedAlerts": 0,
        "status": status,
        "receiver": "throughline",
        "groupLabels": {"alertname": alert.rule},
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": format!("https://{ALERTMANAGER_HOST}"),
        "alerts": [{
            "status": status,
            "labels": labels,
            "annotations": annotations,
            "startsAt": alert.starts,
            "endsAt": ends,
            "generatorURL": format!("https://prometheus.acme.example/graph?g0.expr={}&g0.tab=1", alert.rule),
            "fingerprint": fingerprint_of(history, alert),
        }],
    });
    Written::new("alertmanager", &[("user-agent", "Alertmanager/0.28.1")], &body)
}

/// The hash of an alert's labels, made as Alertmanager does: FNV-1a over names and values in order of name.
pub fn fingerprint_of(history: &History, alert: &Alert) -> String {
    let mut labels = labels(history, alert);
    labels.sort();
    let mut bytes = Vec::new();
    for (name, value) in labels {
        bytes.extend(name.as_bytes());
        bytes.push(0xff);
        bytes.extend(value.as_bytes());
        bytes.push(0xff);
    }
    format!("{:016x}", fingerprint(&bytes))
}

fn labels(history: &History, alert: &Alert) -> Vec<(&'static str, String)> {
    let service = history.company.services.at(alert.service);
    let mut labels = vec![
        ("alertname", alert.rule.to_owned()),
        ("cluster", "acme-eu-1".to_owned()),
        ("environment", service.production.to_owned()),
        ("service", service.alerting_name.clone()),
        ("severity", alert.severity.to_owned()),
    ];
    labels.extend(alert.handler.clone().map(|handler| ("handler", handler)));
    labels
}

fn annotations(history: &History, alert: &Alert) -> Vec<(&'static str, String)> {
    let name = &history.company.services.at(alert.service).name;
    vec![
        ("summary", alert.summary.clone()),
        ("description", alert.description.clone()),
        ("runbook_url", format!("https://wiki.acme.example/runbooks/{name}")),
    ]
}

fn texts(pairs: &[(&'static str, String)]) -> Map<String, Value> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect()
}

/// Something happened to the incident that was made of an alert.
pub(super) fn incident(history: &History, id: Id<Alert>, state: IncidentState) -> Written {
    let alert = history.alerts.at(id);
    let service = history.company.services.at(alert.service);
    let incident = alert.incident.as_deref().unwrap_or_default();
    let (event, status) = match state {
        IncidentState::Triggered => ("incident.triggered", "triggered"),
        IncidentState::Acknowledged => ("incident.acknowledged", "acknowledged"),
        IncidentState::Resolved => ("incident.resolved", "resolved"),
    };
    let body = json!({
        "event": {
            "id": uuid(&format!("pagerduty {incident} {event}")),
            "event_type": event,
            "resource_type": "incident",
            "occurred_at": incident_at(alert, state),
            "agent": {"id": "PINTEG1", "summary": "Prometheus", "type": "inbound_integration_reference"},
            "client": null,
            "data": {
                "id": incident,
                "type": "incident",
                "self": format!("https://api.pagerduty.com/incidents/{incident}"),
                "html_url": format!("https://acme.pagerduty.com/incidents/{incident}"),
                "number": number(incident, 1_000, 9_000_000),
                "status": status,
                "created_at": incident_at(alert, IncidentState::Triggered),
                "title": format!("[FIRING:1] {} {}", alert.rule, alert.summary),
                "service": {
                    "id": format!("P{:06}", alert.service.number()),
                    "summary": service.alerting_name,
                    "type": "service_reference",
                },
                "assignees": [],
                "priority": null,
                "urgency": "high",
            },
        },
    });
    Written::new("pagerduty", &[("user-agent", "PagerDuty-Webhook/V3.0")], &body)
}
