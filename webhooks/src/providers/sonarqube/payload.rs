//! The members of SonarQube's body that are read; everything else is passed over. Any may be missing or null.

use serde::Deserialize;
use serde_json::Value;
use throughline_domain::time::Timestamp;

use crate::members::{filled, moment, text};

/// An analysis of a project, with the quality gate as it is now.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Analysis {
    pub(super) server_url: Option<String>,
    /// Missing where the gate was judged again because somebody changed an issue.
    pub(super) task_id: Option<String>,
    /// Of the task: `SUCCESS`, `FAILED` or `CANCELED`.
    pub(super) status: Option<String>,
    /// When the analysis was made; missing where the task failed.
    #[serde(deserialize_with = "moment")]
    pub(super) analysed_at: Option<Timestamp>,
    /// When the gate was judged.
    #[serde(deserialize_with = "moment")]
    pub(super) changed_at: Option<Timestamp>,
    pub(super) revision: Option<String>,
    pub(super) project: Option<Project>,
    pub(super) branch: Option<Branch>,
    pub(super) quality_gate: Option<QualityGate>,
    properties: Option<Value>,
}

impl Analysis {
    /// What the scanner was given as `-Dsonar.analysis.<name>=…`.
    pub(super) fn property(&self, name: &str) -> Option<&str> {
        let value = self.properties.as_ref()?.get(format!("sonar.analysis.{name}"))?;
        filled(value.as_str())
    }
}

/// A project.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Project {
    pub(super) key: Option<String>,
    pub(super) name: Option<String>,
    pub(super) url: Option<String>,
}

/// A branch or pull request of a project.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Branch {
    /// The branch, or the pull request's number.
    pub(super) name: Option<String>,
    /// `BRANCH`, in old versions `LONG` or `SHORT`, or `PULL_REQUEST`.
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) url: Option<String>,
}

/// The quality gate.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct QualityGate {
    pub(super) name: Option<String>,
    /// `OK`, `WARN` or `ERROR`.
    pub(super) status: Option<String>,
    pub(super) conditions: Option<Vec<Condition>>,
}

/// A condition of a quality gate.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Condition {
    pub(super) metric: Option<String>,
    /// What the value must not be: `LESS_THAN` or `GREATER_THAN` the threshold.
    pub(super) operator: Option<String>,
    #[serde(deserialize_with = "text")]
    pub(super) value: Option<String>,
    /// `OK`, `WARN`, `ERROR` or `NO_VALUE`.
    pub(super) status: Option<String>,
    #[serde(deserialize_with = "text")]
    pub(super) error_threshold: Option<String>,
}
