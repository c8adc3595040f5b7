//! The members of a notification that are read; everything else is passed over. All may be missing or null: older
//! versions of the plugin send less, and sites send the same shape by hand.

use serde::Deserialize;
use serde_json::Value;
use throughline_domain::time::Timestamp;

use crate::members::{moment_or_millis, whole};

/// A job, and the run of it that the notification is about.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Notification {
    pub(super) name: Option<String>,
    pub(super) display_name: Option<String>,
    /// Below the root of Jenkins: `job/acme/job/checkout/`.
    pub(super) url: Option<String>,
    pub(super) build: Option<Build>,
}

/// A run of a job.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Build {
    /// The run's page; only where Jenkins knows its own address.
    pub(super) full_url: Option<String>,
    #[serde(deserialize_with = "whole")]
    pub(super) number: Option<u64>,
    pub(super) phase: Option<String>,
    /// `SUCCESS` and so on; null until Jenkins has a result.
    pub(super) status: Option<String>,
    /// Below the root of Jenkins.
    pub(super) url: Option<String>,
    /// A text that the job's configuration gives.
    pub(super) notes: Option<String>,
    /// The moment of the phase.
    #[serde(deserialize_with = "moment_or_millis")]
    pub(super) timestamp: Option<Timestamp>,
    /// How long the run took, in milliseconds; 0 until it has ended.
    #[serde(deserialize_with = "whole")]
    pub(super) duration: Option<u64>,
    pub(super) scm: Option<Scm>,
    pub(super) test_summary: Option<TestSummary>,
    artifacts: Option<Value>,
}

impl Build {
    /// The names of the files that the run archived, each of which has an address somewhere.
    pub(super) fn archived(&self) -> Vec<&str> {
        let Some(Value::Object(files)) = &self.artifacts else { return Vec::new() };
        files.iter().filter(|(_, places)| has_address(places)).map(|(name, _)| name.as_str()).collect()
    }
}

/// What the run checked out. The plugin names one repository, even where the job has several.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Scm {
    pub(super) url: Option<String>,
    pub(super) branch: Option<String>,
    pub(super) commit: Option<String>,
}

/// The results of the tests that the run published.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TestSummary {
    #[serde(deserialize_with = "whole")]
    pub(super) total: Option<u64>,
    #[serde(deserialize_with = "whole")]
    pub(super) failed: Option<u64>,
    #[serde(deserialize_with = "whole")]
    pub(super) passed: Option<u64>,
    #[serde(deserialize_with = "whole")]
    pub(super) skipped: Option<u64>,
    pub(super) failed_tests: Option<Vec<Value>>,
}

fn has_address(places: &Value) -> bool {
    places.as_object().is_some_and(|places| places.values().any(Value::is_string))
}
