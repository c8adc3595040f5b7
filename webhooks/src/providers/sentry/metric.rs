//! A metric alert: a number went over its threshold, or came back.

use throughline_domain::fact::{Attribute, Facts, Field, NodeFact};
use throughline_domain::key::Key;
use throughline_domain::node::Outcome;
use throughline_domain::time::Timestamp;

use super::payload::{Data, MetricAlert};
use super::{broken, issue, place};
use crate::alert::{Around, Said};
use crate::draft::Draft;
use crate::provider::ParseError;

/// The word for what happened to a metric alert; `None` for what is not read.
pub(super) fn what(action: &str) -> Option<&'static str> {
    Some(match action {
        "critical" | "warning" => "fired",
        "resolved" => "resolved",
        _ => return None,
    })
}

/// Everything that an event says of a metric alert. `action` is its level: `critical`, `warning` or `resolved`.
pub(super) fn facts(
    what: &str,
    action: &str,
    alert: &MetricAlert,
    data: &Data,
    sent: Option<Timestamp>,
) -> Result<Facts, ParseError> {
    let id = alert.id.get().ok_or_else(|| broken("the metric alert has no id"))?;
    // Issues and metric alerts are numbered apart.
    let key = place::key(data.web_url.get(), &format!("metric/{id}"))?;
    let is_over = what == "resolved";
    let (started, detected) = (alert.date_started.time(), alert.date_detected.time());
    let ended = alert.date_closed.time().or(sent).filter(|_| is_over);
    let mut draft = Draft::new("sentry/metric_alert", sent.or(ended).or(detected).or(started));
    let rule = alert.alert_rule.as_ref();
    let name = rule.and_then(|rule| rule.name.get()).or(alert.title.get()).unwrap_or(id);
    let number = alert.identifier.get().unwrap_or(id);
    let fact = fact(&draft, &key, name, data, started.or(detected))
        .with(Attribute::Reference, format!("metric alert {number}"))
        .moment(Attribute::FinishedAt, ended)
        .with_some(Attribute::Severity, (!is_over).then_some(action));
    let outcome = if is_over { Outcome::Success } else { Outcome::Running };
    draft.state_known(fact, Some(action), Some(outcome));
    draft.event(&key, None, what, None, &format!("{name}: {action}"));
    let projects = alert.projects.as_deref().unwrap_or_default();
    let only = projects.first().and_then(|project| project.get()).filter(|_| projects.len() == 1);
    let around = Around {
        rule: Said::asserted(rule.and_then(|rule| rule.name.get()), "the metric alert's rule"),
        service: issue::service(only),
        environment: Said::asserted(rule.and_then(|rule| rule.environment.get()), "the rule's environment"),
        ..Around::default()
    };
    around.state(&mut draft, &key);
    draft.mention(&key, Field::Body, data.description_text.get(), None);
    draft.finish()
}

fn fact(draft: &Draft, key: &Key, name: &str, data: &Data, started: Option<Timestamp>) -> NodeFact {
    draft
        .fact(key)
        .with(Attribute::Title, name)
        .moment(Attribute::OccurredAt, started)
        .moment(Attribute::StartedAt, started)
        .with_some(Attribute::Description, data.description_text.get())
        .page(data.web_url.get())
}
