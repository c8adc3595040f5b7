//! The fields of the messages of SNS, CloudWatch and EventBridge that are read; everything else is passed over.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::EXPECTED;
use crate::alert::{Labels, Text};
use crate::provider::ParseError;

/// A message of SNS, and as much of any other body as tells what it is.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Envelope {
    /// `Notification`, `SubscriptionConfirmation` or `UnsubscribeConfirmation`.
    #[serde(rename = "Type")]
    pub(super) kind: Text,
    pub(super) message_id: Text,
    pub(super) topic_arn: Text,
    pub(super) message: Text,
    #[serde(rename = "SubscribeURL")]
    pub(super) subscribe_url: Text,
    /// Of an alarm.
    pub(super) alarm_name: Text,
    /// Of an event.
    #[serde(rename = "detail-type")]
    pub(super) detail_type: Text,
    /// Of an event.
    #[serde(rename = "id")]
    pub(super) id: Text,
}

/// What CloudWatch publishes when an alarm changes its state.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Alarm {
    pub(super) alarm_name: Text,
    pub(super) alarm_description: Text,
    pub(super) alarm_arn: Text,
    #[serde(rename = "AWSAccountId")]
    pub(super) account: Text,
    /// The region's name for people: `EU (Ireland)`.
    pub(super) region: Text,
    pub(super) old_state_value: Text,
    pub(super) new_state_value: Text,
    pub(super) new_state_reason: Text,
    pub(super) state_change_time: Text,
    pub(super) trigger: Option<Trigger>,
    pub(super) alarm_tags: Labels,
}

/// What the alarm watches.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Trigger {
    pub(super) dimensions: Labels,
}

/// An event of EventBridge.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Bus {
    pub(super) id: Text,
    pub(super) account: Text,
    pub(super) region: Text,
    pub(super) time: Text,
    pub(super) resources: Option<Vec<Text>>,
    detail: Value,
}

impl Bus {
    /// What the event is about, in the form that its kind has.
    pub(super) fn detail<T: DeserializeOwned>(&self) -> Result<T, ParseError> {
        T::deserialize(&self.detail)
            .map_err(|error| ParseError::Body { expected: EXPECTED, cause: format!("detail: {error}") })
    }
}

/// The detail of an alarm's change.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct AlarmDetail {
    pub(super) alarm_name: Text,
    pub(super) alarm_tags: Labels,
    pub(super) configuration: Option<Configuration>,
    pub(super) state: Option<State>,
    pub(super) previous_state: Option<State>,
}

/// How the alarm is set up.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Configuration {
    pub(super) description: Text,
    pub(super) metrics: Option<Vec<MetricQuery>>,
}

/// A metric that the alarm watches.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct MetricQuery {
    pub(super) metric_stat: Option<MetricStat>,
}

/// A statistic of a metric.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MetricStat {
    pub(super) metric: Option<Metric>,
}

/// A metric.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Metric {
    pub(super) dimensions: Labels,
}

/// A state of an alarm, and since when.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct State {
    /// `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    pub(super) value: Text,
    pub(super) reason: Text,
    pub(super) timestamp: Text,
}

/// The detail of what happened to a container image.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct ImageDetail {
    /// `SUCCESS` or `FAILURE`.
    pub(super) result: Text,
    /// `PUSH` or `DELETE`.
    pub(super) action_type: Text,
    pub(super) repository_name: Text,
    pub(super) image_digest: Text,
    pub(super) image_tag: Text,
    pub(super) image_tags: Option<Vec<Text>>,
    /// `COMPLETE` or `FAILED`.
    pub(super) scan_status: Text,
    pub(super) finding_severity_counts: Labels,
}
