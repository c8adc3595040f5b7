//! The fields of Alertmanager's notification that are read; everything else is passed over.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A notification about a group of alerts, format version 4; version 3 differs in nothing that is read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    /// `firing` while at least one alert of the group fires, else `resolved`.
    pub status: Option<String>,
    /// The address of Alertmanager's own page.
    #[serde(rename = "externalURL")]
    pub external_url: Option<String>,
    /// The alerts of the group.
    pub alerts: Vec<Alert>,
}

/// One alert.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Alert {
    /// `firing` or `resolved`; some relays leave it out.
    pub status: Option<String>,
    /// What the alert is: its name and where it fires.
    #[serde(default, deserialize_with = "texts")]
    pub labels: BTreeMap<String, String>,
    /// What is said about it.
    #[serde(default, deserialize_with = "texts")]
    pub annotations: BTreeMap<String, String>,
    /// When it began to fire.
    pub starts_at: Option<String>,
    /// When it stopped; the year 1 where it has not.
    pub ends_at: Option<String>,
    /// The address of the expression in Prometheus.
    #[serde(rename = "generatorURL")]
    pub generator_url: Option<String>,
    /// The hash of the labels.
    pub fingerprint: Option<String>,
}

impl Alert {
    /// The first of these labels that says something, with its name.
    pub fn label(&self, names: &[&'static str]) -> Option<(&'static str, &str)> {
        first(&self.labels, names)
    }

    /// The first of these annotations that says something.
    pub fn annotation(&self, names: &[&'static str]) -> Option<&str> {
        first(&self.annotations, names).map(|(_, value)| value)
    }
}

fn first<'a>(texts: &'a BTreeMap<String, String>, names: &[&'static str]) -> Option<(&'static str, &'a str)> {
    names.iter().find_map(|name| {
        let value = texts.get(*name).map(|value| value.trim()).filter(|value| !value.is_empty())?;
        Some((*name, value))
    })
}

/// Labels are texts; relays have been seen to write numbers and null.
fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    let values: Option<BTreeMap<String, Value>> = Option::deserialize(deserializer)?;
    let text = |value: Value| match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    Ok(values.unwrap_or_default().into_iter().filter_map(|(name, value)| Some((name, text(value)?))).collect())
}
