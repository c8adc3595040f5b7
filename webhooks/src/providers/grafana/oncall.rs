//! The outgoing webhooks of Grafana OnCall and IRM: an alert group is an incident.

use serde::Deserialize;
use serde_json::Value;
use throughline_domain::fact::{Attribute, Field, NodeFact};
use throughline_domain::key::{Key, of_tool};
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};

use super::{EXPECTED, NAME, SENDER, broken};
use crate::alert::{Alert, Around, MAX_EVENT_CHARS, Notification, Sender, Text, host};
use crate::draft::{Draft, by, shortened};
use crate::json;
use crate::provider::{ParseError, Parsed};

/// What Alertmanager's alerts are called in keys.
const ALERTMANAGER: Sender = Sender { provider: "alertmanager", expected: EXPECTED };

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Notice {
    event: Option<Happening>,
    user: Option<User>,
    alert_group: Option<AlertGroup>,
    alert_payload: Value,
    integration: Option<Integration>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Happening {
    #[serde(rename = "type")]
    kind: Text,
    time: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct User {
    username: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AlertGroup {
    id: Text,
    title: Text,
    state: Text,
    created_at: Text,
    resolved_at: Text,
    permalinks: Option<Permalinks>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Permalinks {
    web: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Integration {
    #[serde(rename = "type")]
    kind: Text,
}

pub(super) fn read(body: &[u8]) -> Result<Parsed, ParseError> {
    let notice: Notice = json::read(body, EXPECTED)?;
    let happening = notice.event.as_ref();
    let kind = happening.and_then(|event| event.kind.get()).unwrap_or("unnamed").to_lowercase();
    let kind = kind.trim_start_matches("alert group ").replace(' ', "_");
    let event = shortened(&format!("oncall.{kind}"), MAX_EVENT_CHARS);
    let Some(what) = what(&kind) else {
        return Ok(Parsed::ignored(event, "nothing is read from OnCall's events of this kind"));
    };
    let group = notice.alert_group.as_ref().ok_or_else(|| broken("alert_group is missing"))?;
    let id = group.id.get().ok_or_else(|| broken("alert_group.id is missing"))?;
    let page = group.permalinks.as_ref().and_then(|links| links.web.get());
    let key = of_tool(NodeKind::Incident, NAME, &host(page), id)?;
    let mut draft = Draft::new("grafana/oncall", happening.and_then(|event| event.time.time()));
    let outcome = outcome(group);
    let fact = fact(&draft, &key, group, id, page, outcome);
    draft.state_known(fact, group.state.get(), outcome);
    let user = notice.user.as_ref().and_then(|user| user.username.get());
    let summary = by(&format!("{} {what}", group.title.get().unwrap_or(id)), user);
    draft.event(&key, None, what, user, &summary);
    draft.mention(&key, Field::Title, group.title.get(), None);
    state_alerts(&mut draft, &key, &notice);
    Ok(Parsed::facts(event, draft.finish()?))
}

/// The word for what OnCall tells.
fn what(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "created" => "created",
        "acknowledge" => "acknowledged",
        "unacknowledge" => "unacknowledged",
        "resolve" => "resolved",
        "unresolve" => "reopened",
        "silence" => "silenced",
        "unsilence" => "unsilenced",
        "escalation" => "escalated",
        "status_change" => "changed",
        _ => return None,
    })
}

fn outcome(group: &AlertGroup) -> Option<Outcome> {
    match group.state.get() {
        Some("resolved") => Some(Outcome::Success),
        Some("new" | "firing" | "acknowledged" | "silenced") => Some(Outcome::Running),
        _ => None,
    }
}

fn fact(
    draft: &Draft,
    key: &Key,
    group: &AlertGroup,
    id: &str,
    page: Option<&str>,
    outcome: Option<Outcome>,
) -> NodeFact {
    let started = group.created_at.time();
    draft
        .fact(key)
        .with(Attribute::Title, group.title.get().unwrap_or(id))
        .with(Attribute::Reference, id)
        .moment(Attribute::OccurredAt, started)
        .moment(Attribute::StartedAt, started)
        .moment(Attribute::FinishedAt, group.resolved_at.time().filter(|_| outcome == Some(Outcome::Success)))
        .named(Name::plain(id))
        .page(page)
}

/// The payload is the first alert of the group, as the tool behind OnCall sent it: often a notification of several.
fn state_alerts(draft: &mut Draft, group: &Key, notice: &Notice) {
    let Ok(notification) = Notification::deserialize(&notice.alert_payload) else {
        if let Ok(alert) = Alert::deserialize(&notice.alert_payload) {
            Around::labelled(&alert.labels).annotated(&alert.annotations, "annotation").state(draft, group);
        }
        return;
    };
    let kind = notice.integration.as_ref().and_then(|integration| integration.kind.get()).unwrap_or_default();
    let keys = match kind.trim_start_matches("legacy_") {
        // What cannot be named is another tool's, and no reason to refuse the group.
        "alertmanager" => ALERTMANAGER.keys(&notification).unwrap_or_default(),
        "grafana_alerting" => SENDER.keys(&notification).unwrap_or_default(),
        _ => Vec::new(),
    };
    for alert in &keys {
        draft.link(group, LinkKind::Groups, alert, "the alert group was made of this alert");
    }
    if let Some(alert) = notification.alerts.first() {
        Around::labelled(&alert.labels).annotated(&alert.annotations, "annotation").state(draft, group);
    }
}
