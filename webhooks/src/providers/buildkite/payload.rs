//! The members of Buildkite's bodies that are read; everything else is passed over. Any may be missing or null.

use serde::Deserialize;
use throughline_domain::time::Timestamp;

use crate::draft::Person;
use crate::members::{moment, whole};

/// The body of any event. `sender` is who made the webhook, not who made the build, and is not read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Event {
    pub(super) event: Option<String>,
    pub(super) build: Option<Build>,
    pub(super) job: Option<Job>,
    pub(super) pipeline: Option<Pipeline>,
}

/// A build.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Build {
    id: Option<String>,
    pub(super) web_url: Option<String>,
    #[serde(deserialize_with = "whole")]
    pub(super) number: Option<u64>,
    pub(super) state: Option<String>,
    /// Whether it waits for somebody to unblock it.
    pub(super) blocked: Option<bool>,
    /// The commit's message, or whatever the one wrote who made the build.
    pub(super) message: Option<String>,
    /// An object id, or `HEAD`.
    pub(super) commit: Option<String>,
    pub(super) branch: Option<String>,
    pub(super) creator: Option<Creator>,
    #[serde(deserialize_with = "moment")]
    pub(super) created_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) scheduled_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) started_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) failing_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) finished_at: Option<Timestamp>,
}

impl Build {
    pub(super) fn id(&self) -> Option<&str> {
        identity(self.id.as_deref())
    }
}

/// Who made a build or unblocked a job; null where no user of Buildkite did.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Creator {
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
}

impl Creator {
    /// The person, who is known by the e-mail address: Buildkite has no logins.
    pub(super) fn person(&self) -> Person<'_> {
        Person { name: self.name.as_deref(), email: self.email.as_deref(), ..Person::default() }
    }
}

/// A job of a build.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Job {
    id: Option<String>,
    /// `script`, `waiter`, `manual` or `trigger`.
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) name: Option<String>,
    /// What a block step has in the place of a name.
    pub(super) label: Option<String>,
    pub(super) step_key: Option<String>,
    pub(super) state: Option<String>,
    pub(super) web_url: Option<String>,
    pub(super) exit_status: Option<i64>,
    pub(super) promised_exit_status: Option<i64>,
    #[serde(deserialize_with = "moment")]
    pub(super) promised_exit_status_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) created_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) scheduled_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) started_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) unblocked_at: Option<Timestamp>,
    pub(super) unblocked_by: Option<Creator>,
    #[serde(deserialize_with = "moment")]
    pub(super) finished_at: Option<Timestamp>,
}

impl Job {
    pub(super) fn id(&self) -> Option<&str> {
        identity(self.id.as_deref())
    }
}

/// A pipeline, of which builds are made.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Pipeline {
    pub(super) name: Option<String>,
    pub(super) slug: Option<String>,
    pub(super) repository: Option<String>,
}

/// Buildkite's ids are UUIDs. The examples of its documentation have three dots in their place.
fn identity(id: Option<&str>) -> Option<&str> {
    id.filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
}
