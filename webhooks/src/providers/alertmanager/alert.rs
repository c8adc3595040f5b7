//! One alert of a group: the node of this firing, and what happened to it.

use std::collections::BTreeMap;

use throughline_domain::fact::{Attribute, Event, NodeFact};
use throughline_domain::key::{self, Key};
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::time::Timestamp;

use super::collector::Collector;
use super::payload::Alert;
use super::{broken, context, fingerprint};
use crate::provider::ParseError;

/// One firing of an alert.
#[derive(Debug)]
pub struct Firing<'a> {
    /// What was sent.
    pub alert: &'a Alert,
    /// The node.
    pub key: Key,
    /// The name of the rule.
    pub rule: Option<&'a str>,
    /// When it began; it dates everything that is true of the whole firing.
    pub started: Option<Timestamp>,
    fingerprint: String,
    status: &'a str,
    ended: Option<Timestamp>,
}

/// Adds everything that a notification says of one alert.
///
/// `host` is Alertmanager's, `group_status` stands in where the alert has none of its own.
///
/// # Errors
/// [`ParseError::Body`] where the alert has neither fingerprint nor labels,
/// [`ParseError::Key`] where its key is too long.
pub fn read(collector: &mut Collector, host: &str, group_status: &str, alert: &Alert) -> Result<(), ParseError> {
    let firing = Firing::new(host, group_status, alert)?;
    collector.node(firing.node());
    if let Some(event) = firing.event() {
        collector.event(event);
    }
    context::add(collector, &firing);
    Ok(())
}

impl<'a> Firing<'a> {
    fn new(host: &str, group_status: &'a str, alert: &'a Alert) -> Result<Self, ParseError> {
        let fingerprint =
            fingerprint::of(alert).ok_or_else(|| broken("an alert has neither a fingerprint nor labels"))?;
        let started = moment(alert.starts_at.as_deref());
        let resource = match started {
            Some(started) => format!("{fingerprint}/{}", started.seconds()),
            None => fingerprint.clone(),
        };
        let status = alert.status.as_deref().filter(|status| !status.is_empty()).unwrap_or(group_status);
        let ended = moment(alert.ends_at.as_deref()).filter(|_| status == "resolved");
        Ok(Self {
            alert,
            key: key::of_tool(NodeKind::Alert, "alertmanager", host, &resource)?,
            rule: alert.label(&["alertname"]).map(|(_, name)| name),
            started,
            fingerprint,
            status,
            ended,
        })
    }

    fn node(&self) -> NodeFact {
        let alert = self.alert;
        let reference = self.rule.unwrap_or(&self.fingerprint);
        let fact = NodeFact::new(self.key.clone(), self.ended.or(self.started))
            .with(Attribute::Title, alert.annotation(&["summary"]).unwrap_or(reference))
            .with(Attribute::Reference, reference)
            .page(alert.generator_url.as_deref())
            .with(Attribute::State, self.status)
            .moment(Attribute::OccurredAt, self.started)
            .moment(Attribute::StartedAt, self.started)
            .moment(Attribute::FinishedAt, self.ended)
            .with_some(Attribute::Description, alert.annotation(&["description", "message"]))
            .with_some(Attribute::Severity, alert.label(&["severity"]).map(|(_, severity)| severity))
            .with(Attribute::Labels, written(&alert.labels))
            .named(Name::fingerprint(&self.fingerprint));
        match self.status {
            "firing" => fact.outcome(Outcome::Running),
            "resolved" => fact.outcome(Outcome::Success),
            _ => fact,
        }
    }

    fn event(&self) -> Option<Event> {
        let (what, at) = match self.status {
            "firing" => ("fired", self.started?),
            "resolved" => ("resolved", self.ended?),
            _ => return None,
        };
        let name = self.rule.unwrap_or(&self.fingerprint);
        // Without the annotation: its values change from one repetition to the next, and the firing is one event.
        let summary = format!("{name} {what}");
        Some(Event { node: self.key.clone(), at, what: what.to_owned(), actor: None, summary })
    }
}

/// A moment, unless it is the year 1 by which Go writes "none".
fn moment(text: Option<&str>) -> Option<Timestamp> {
    text.and_then(Timestamp::parse).filter(|at| at.micros() > 0)
}

fn written(labels: &BTreeMap<String, String>) -> String {
    let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    labels.join(",")
}
