//! The members of a SARIF log that are read; everything else is passed over.

use serde::{Deserialize, Serialize};
use throughline_domain::time::Timestamp;

use crate::evidence::moment;
use crate::evidence::text::{Text, lenient, shaped};

/// A log.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Log {
    /// The version of the format.
    pub(super) version: Text,
    /// The runs; missing where the body is something else.
    pub(super) runs: Option<Vec<Run>>,
}

/// One run of a tool. It is also written, to tell one run from another by what is read of them.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Run {
    #[serde(deserialize_with = "shaped")]
    pub(super) tool: Tool,
    /// The findings; a tool that did not look leaves them out.
    pub(super) results: Option<Vec<Finding>>,
    #[serde(deserialize_with = "lenient")]
    pub(super) invocations: Vec<Invocation>,
    #[serde(deserialize_with = "lenient")]
    pub(super) version_control_provenance: Vec<Source>,
    #[serde(deserialize_with = "shaped")]
    pub(super) automation_details: AutomationDetails,
}

/// The tool.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Tool {
    #[serde(deserialize_with = "shaped")]
    pub(super) driver: Driver,
}

/// The tool's main component.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Driver {
    pub(super) name: Text,
    pub(super) version: Text,
    pub(super) semantic_version: Text,
    #[serde(deserialize_with = "lenient")]
    pub(super) rules: Vec<Rule>,
}

/// A rule, by which a finding's level follows where it has none.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Rule {
    pub(super) id: Text,
    #[serde(deserialize_with = "shaped")]
    pub(super) default_configuration: Configuration,
}

/// How a rule is set.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Configuration {
    pub(super) level: Text,
}

/// One finding; the format calls it a result.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Finding {
    pub(super) rule_id: Text,
    #[serde(deserialize_with = "shaped")]
    pub(super) rule_index: Option<i64>,
    #[serde(deserialize_with = "shaped")]
    pub(super) rule: RuleReference,
    pub(super) level: Text,
    pub(super) kind: Text,
    pub(super) baseline_state: Text,
    #[serde(deserialize_with = "lenient")]
    pub(super) suppressions: Vec<Suppression>,
    /// What was found, in the tool's words: two scans differ by it.
    #[serde(deserialize_with = "shaped")]
    pub(super) message: Message,
}

/// The rule of a finding, in the newer form.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct RuleReference {
    pub(super) id: Text,
    #[serde(deserialize_with = "shaped")]
    pub(super) index: Option<i64>,
}

/// Why a finding does not count.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Suppression {
    pub(super) status: Text,
}

/// A text of the tool's.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Message {
    pub(super) text: Text,
}

/// How the tool was called, and how that ended.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Invocation {
    #[serde(deserialize_with = "shaped")]
    pub(super) execution_successful: Option<bool>,
    pub(super) start_time_utc: Text,
    pub(super) end_time_utc: Text,
}

/// A repository that was scanned.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Source {
    pub(super) repository_uri: Text,
    pub(super) revision_id: Text,
}

/// What the run is called among others of its kind.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct AutomationDetails {
    pub(super) id: Text,
    pub(super) guid: Text,
}

impl Run {
    /// When the first call began.
    pub(super) fn started(&self) -> Option<Timestamp> {
        self.invocations.iter().filter_map(|call| call.start_time_utc.get().and_then(moment::read)).min()
    }

    /// When the last call ended.
    pub(super) fn finished(&self) -> Option<Timestamp> {
        self.invocations.iter().filter_map(|call| call.end_time_utc.get().and_then(moment::read)).max()
    }
}
