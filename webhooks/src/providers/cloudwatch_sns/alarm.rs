//! A CloudWatch alarm: while it is in the state ALARM, that is one alert.

use throughline_domain::fact::{Attribute, Field, NodeFact};
use throughline_domain::key::{Key, of_tool};
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::time::Timestamp;

use super::EXPECTED;
use super::payload::{Alarm, AlarmDetail, Bus, State};
use crate::alert::{Around, Labels, Said};
use crate::draft::{Draft, shortened};
use crate::provider::{ParseError, Parsed};

/// The most metrics of one alarm.
const MAX_METRICS: usize = 1_000;

/// The longest reason for stating nothing, in characters: it holds words of the sender.
const MAX_REASON_CHARS: usize = 200;

/// Dimensions of Amazon's metrics that often hold the service's name, the more telling ones first.
const LIKELY_SERVICE: &[&str] = &["ServiceName", "FunctionName", "ApiName"];

/// A change of an alarm's state.
#[derive(Debug)]
struct Change<'a> {
    name: &'a str,
    /// What tells this firing from others, as far as that can be told.
    id: String,
    arn: String,
    description: Option<&'a str>,
    old: &'a str,
    new: &'a str,
    reason: Option<&'a str>,
    at: Option<Timestamp>,
    /// When it went into ALARM, where that is known.
    started: Option<Timestamp>,
    /// When it left ALARM, where that belongs to a firing of its own.
    ended: Option<Timestamp>,
    dimensions: Labels,
    tags: &'a Labels,
}

/// Reads what CloudWatch publishes in a topic. When it is over, it does not say since when it lasted: all firings of
/// an alarm are one alert.
pub(super) fn of_notification(alarm: &Alarm, topic: Option<&str>) -> Result<Parsed, ParseError> {
    let name = alarm.alarm_name.get().unwrap_or_default();
    let arn = alarm.alarm_arn.get().map_or_else(|| arn(alarm, name, topic), str::to_owned);
    let at = alarm.state_change_time.time();
    let new = alarm.new_state_value.get().unwrap_or_default();
    facts(
        "alarm".to_owned(),
        &Change {
            name,
            id: arn.clone(),
            arn,
            description: alarm.alarm_description.get(),
            old: alarm.old_state_value.get().unwrap_or_default(),
            new,
            reason: alarm.new_state_reason.get(),
            at,
            started: at.filter(|_| new == "ALARM"),
            ended: None,
            dimensions: alarm.trigger.as_ref().map(|trigger| trigger.dimensions.clone()).unwrap_or_default(),
            tags: &alarm.alarm_tags,
        },
    )
}

/// Reads what EventBridge tells. It says since when the state before lasted, and so which firing is over.
pub(super) fn of_event(event: String, bus: &Bus) -> Result<Parsed, ParseError> {
    let detail: AlarmDetail = bus.detail()?;
    let name = detail.alarm_name.get().unwrap_or_default();
    let word = |state: Option<&State>| state.and_then(|state| state.value.get()).unwrap_or_default().to_owned();
    let (old, new) = (word(detail.previous_state.as_ref()), word(detail.state.as_ref()));
    let since = |state: Option<&State>| state.and_then(|state| state.timestamp.time());
    let at = since(detail.state.as_ref()).or(bus.time.time());
    let started = if new == "ALARM" { at } else { since(detail.previous_state.as_ref()).filter(|_| old == "ALARM") };
    let arn = bus.resources.as_deref().and_then(|resources| resources.first()?.get()).unwrap_or(name);
    let configuration = detail.configuration.as_ref();
    facts(
        event,
        &Change {
            name,
            id: started.map_or_else(|| arn.to_owned(), |started| format!("{arn}/{}", started.seconds())),
            arn: arn.to_owned(),
            description: configuration.and_then(|configuration| configuration.description.get()),
            old: &old,
            new: &new,
            reason: detail.state.as_ref().and_then(|state| state.reason.get()),
            at,
            started,
            ended: at.filter(|_| new != "ALARM"),
            dimensions: dimensions(&detail)?,
            tags: &detail.alarm_tags,
        },
    )
}

fn facts(event: String, change: &Change<'_>) -> Result<Parsed, ParseError> {
    if change.name.is_empty() {
        return Err(ParseError::Body { expected: EXPECTED, cause: "the alarm has no name".to_owned() });
    }
    let (outcome, what) = match (change.old, change.new) {
        (_, "ALARM") => (Outcome::Running, "fired"),
        ("ALARM", "OK") => (Outcome::Success, "resolved"),
        ("ALARM", new) if !new.is_empty() => (Outcome::Abandoned, "ended"),
        (old, new) => {
            let reason = format!("the alarm went from '{old}' to '{new}': no alert began or ended");
            return Ok(Parsed::ignored(event, shortened(&reason, MAX_REASON_CHARS)));
        }
    };
    let key = of_tool(NodeKind::Alert, "cloudwatch", "", &change.id)?;
    let mut draft = Draft::new("cloudwatch-sns/alarm", change.at);
    let fact = fact(&draft, &key, change);
    draft.state_known(fact, Some(change.new), Some(outcome));
    let summary = match change.reason {
        Some(reason) => format!("{} {what}: {reason}", change.name),
        None => format!("{} {what}", change.name),
    };
    draft.event(&key, None, what, None, &summary);
    let mut around = Around::labelled(change.tags);
    around.rule = Said::asserted(Some(change.name), "the alarm's name");
    if let Some((name, value)) = change.dimensions.first(LIKELY_SERVICE)
        && around.service.is_none()
    {
        around.service = Said::guessed(Some(value), &format!("the dimension {name}, which often is the service"));
    }
    around.state(&mut draft, &key);
    draft.mention(&key, Field::Body, change.description, None);
    Ok(Parsed::facts(event, draft.finish()?))
}

fn fact(draft: &Draft, key: &Key, change: &Change<'_>) -> NodeFact {
    draft
        .fact(key)
        .with(Attribute::Title, change.name)
        .with(Attribute::Reference, change.name)
        .moment(Attribute::OccurredAt, change.started)
        .moment(Attribute::StartedAt, change.started)
        .moment(Attribute::FinishedAt, change.ended)
        .with_some(Attribute::Description, change.description)
        .with(Attribute::Labels, change.dimensions.clone().and(change.tags).written())
        .named(Name::plain(&change.arn))
}

/// The alarm's name in all of Amazon, put together where the message lacks it: a topic lies in its alarms' region.
fn arn(alarm: &Alarm, name: &str, topic: Option<&str>) -> String {
    let account = alarm.account.get().unwrap_or_default();
    let mut parts = topic.unwrap_or_default().split(':').skip(1);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(partition), Some("sns"), Some(region)) => {
            format!("arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}")
        }
        _ => format!("{account}/{}/{name}", alarm.region.get().unwrap_or_default()),
    }
}

fn dimensions(detail: &AlarmDetail) -> Result<Labels, ParseError> {
    let metrics = detail.configuration.as_ref().and_then(|configuration| configuration.metrics.as_deref());
    let metrics = metrics.unwrap_or_default();
    if metrics.len() > MAX_METRICS {
        return Err(ParseError::TooMany { what: "metrics", count: metrics.len(), limit: MAX_METRICS });
    }
    let metrics = metrics.iter().filter_map(|query| query.metric_stat.as_ref()?.metric.as_ref());
    Ok(metrics.fold(Labels::default(), |labels, metric| labels.and(&metric.dimensions)))
}
