//! The members of both senders' bodies that are read; everything else is passed over. Any may be missing or null: an
//! operator chooses the members of a built-in webhook.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use throughline_domain::time::Timestamp;

use crate::members::{meant, text, whole};

/// A body of either sender.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Body {
    #[serde(rename = "eventType")]
    pub(super) event_type: Option<String>,
    pub(super) payload: Option<Payload>,
    pub(super) build: Option<PluginBuild>,
}

/// A build as TeamCity's REST interface gives it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Payload {
    #[serde(deserialize_with = "text")]
    pub(super) id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub(super) number: Option<String>,
    /// `SUCCESS`, `FAILURE` or `UNKNOWN`; of a running build so far.
    pub(super) status: Option<String>,
    pub(super) status_text: Option<String>,
    pub(super) branch_name: Option<String>,
    pub(super) web_url: Option<String>,
    pub(super) build_type_id: Option<String>,
    pub(super) build_type: Option<BuildType>,
    #[serde(deserialize_with = "moment")]
    pub(super) queued_date: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) start_date: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) finish_date: Option<Timestamp>,
    pub(super) triggered: Option<Trigger>,
    pub(super) canceled_info: Option<Cancellation>,
    pub(super) revisions: Option<Revisions>,
    pub(super) test_occurrences: Option<TestOccurrences>,
    pub(super) properties: Option<Value>,
}

/// What a build is a run of.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct BuildType {
    pub(super) name: Option<String>,
    pub(super) project_name: Option<String>,
}

/// What set off a build.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Trigger {
    pub(super) user: Option<User>,
}

/// Who cancelled a build, and when.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Cancellation {
    #[serde(deserialize_with = "moment")]
    pub(super) timestamp: Option<Timestamp>,
    pub(super) user: Option<User>,
}

/// A user of TeamCity.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct User {
    pub(super) username: Option<String>,
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
}

/// What a build checked out.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Revisions {
    pub(super) revision: Option<Vec<Revision>>,
}

/// The revision of one repository.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Revision {
    pub(super) version: Option<String>,
    #[serde(rename = "vcsBranchName")]
    pub(super) branch: Option<String>,
    #[serde(rename = "vcs-root-instance")]
    pub(super) root: Option<Root>,
}

/// A repository as TeamCity has it configured; its properties only where the operator asks for them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Root {
    pub(super) name: Option<String>,
    pub(super) properties: Option<Value>,
}

/// The results of the tests of a build.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TestOccurrences {
    #[serde(deserialize_with = "whole")]
    pub(super) passed: Option<u64>,
    #[serde(deserialize_with = "whole")]
    pub(super) failed: Option<u64>,
    #[serde(deserialize_with = "whole")]
    pub(super) ignored: Option<u64>,
    #[serde(deserialize_with = "whole")]
    pub(super) muted: Option<u64>,
}

/// A build as the plugin tcWebHooks tells it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PluginBuild {
    pub(super) notify_type: Option<String>,
    #[serde(deserialize_with = "text")]
    pub(super) build_id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub(super) build_number: Option<String>,
    /// `success`, `failure`, `running`, `unknown`.
    pub(super) build_result: Option<String>,
    /// A sentence: `Tests passed: 27`.
    pub(super) build_status: Option<String>,
    pub(super) build_full_name: Option<String>,
    pub(super) build_name: Option<String>,
    pub(super) build_status_url: Option<String>,
    pub(super) root_url: Option<String>,
    pub(super) branch_name: Option<String>,
    /// Times are in the server's own spelling, unless the operator chose one.
    #[serde(deserialize_with = "moment")]
    pub(super) build_start_time: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) build_finish_time: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) current_time: Option<Timestamp>,
    pub(super) teamcity_properties: Option<Value>,
}

/// A time as RFC 3339 or as TeamCity writes it (`20260314T092606+0000`); anything else says nothing about a time.
fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let at = match Value::deserialize(deserializer)? {
        Value::String(text) => Timestamp::parse(&text).or_else(|| Timestamp::parse(&spelled_out(&text)?)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    };
    Ok(at.and_then(meant))
}

/// The basic form of ISO 8601 in its extended form.
fn spelled_out(text: &str) -> Option<String> {
    let (date, time) = text.split_once('T')?;
    let (year, month, day) = (date.get(..4)?, date.get(4..6)?, date.get(6..)?);
    let (hour, minute, rest) = (time.get(..2)?, time.get(2..4)?, time.get(4..)?);
    Some(format!("{year}-{month}-{day}T{hour}:{minute}:{rest}"))
}
