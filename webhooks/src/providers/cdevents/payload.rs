//! The members of a CDEvent that are read, over the versions 0.3 to 0.6-draft.
//!
//! One set of types serves them all: 0.6 writes `specversion` for `version` and leaves `subject.type` out, neither of
//! which is needed, and writes `uri` where earlier versions may have `url`. Members of one name mean the same in every
//! subject, so the content has one type, too.

use serde::Deserialize;
use serde_json::Value;
use throughline_domain::time::Timestamp;

/// A CDEvent.
#[derive(Debug, Deserialize)]
pub(super) struct CdEvent {
    /// What happened when, and who says so.
    pub(super) context: Context,
    /// What it happened to.
    pub(super) subject: Subject,
    /// The sender's own; only its member `throughline` is read.
    #[serde(default, rename = "customData")]
    pub(super) custom_data: Option<Value>,
}

/// The context of an event.
#[derive(Debug, Deserialize)]
pub(super) struct Context {
    /// Unique within the source; the same when the event is sent again.
    pub(super) id: String,
    /// Who sends, a URI reference.
    pub(super) source: String,
    /// When it happened.
    pub(super) timestamp: Timestamp,
}

/// The subject of an event.
#[derive(Debug, Deserialize)]
pub(super) struct Subject {
    /// Unique within its source.
    pub(super) id: String,
    /// Where the id counts, if not in the context's source.
    pub(super) source: Option<String>,
    /// What is said of it.
    #[serde(default)]
    pub(super) content: SubjectContent,
}

/// The content of any subject.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct SubjectContent {
    pub(super) approval_details_url: Option<String>,
    pub(super) artifact_id: Option<String>,
    pub(super) assignees: Option<Vec<String>>,
    pub(super) change: Option<Reference>,
    pub(super) creator: Option<String>,
    pub(super) decision: Option<String>,
    pub(super) description: Option<String>,
    pub(super) environment: Option<Reference>,
    pub(super) errors: Option<String>,
    pub(super) format: Option<String>,
    pub(super) labels: Option<Vec<String>>,
    pub(super) name: Option<String>,
    pub(super) outcome: Option<String>,
    pub(super) output_type: Option<String>,
    pub(super) pipeline_name: Option<String>,
    pub(super) pipeline_run: Option<Reference>,
    pub(super) priority: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) repository: Option<Reference>,
    pub(super) resolution: Option<String>,
    pub(super) resource_target_url: Option<String>,
    pub(super) responder: Option<String>,
    pub(super) service: Option<Reference>,
    pub(super) severity: Option<String>,
    pub(super) status: Option<String>,
    pub(super) summary: Option<String>,
    pub(super) task_name: Option<String>,
    pub(super) test_case: Option<Test>,
    pub(super) test_case_run: Option<Reference>,
    pub(super) test_suite: Option<Test>,
    pub(super) ticket_type: Option<String>,
    #[serde(rename = "ticketURI")]
    pub(super) ticket_uri: Option<String>,
    pub(super) updated_by: Option<String>,
    pub(super) uri: Option<String>,
    pub(super) url: Option<String>,
    pub(super) user: Option<String>,
    pub(super) view_url: Option<String>,
}

impl SubjectContent {
    /// The address of the subject, under its newer or its older name.
    pub(super) fn address(&self) -> Option<&str> {
        self.uri.as_deref().or(self.url.as_deref())
    }
}

/// Another subject, as a content refers to it.
#[derive(Debug, Deserialize)]
pub(super) struct Reference {
    /// Unique within its source.
    pub(super) id: String,
    /// Where the id counts, if not in the subject's source.
    pub(super) source: Option<String>,
    /// What people call it.
    pub(super) name: Option<String>,
}

/// The definition of a test case or suite.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Test {
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
}
