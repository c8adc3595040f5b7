//! The fields of AWX's notifications that are read, in their default form.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

/// A notification.
#[derive(Debug, Deserialize)]
pub(super) struct Notification {
    /// The job's id, one for all sorts of jobs.
    pub(super) id: Option<Value>,
    /// The template's name.
    pub(super) name: Option<String>,
    /// The job's page.
    pub(super) url: Option<String>,
    /// Who launched it.
    pub(super) created_by: Option<String>,
    /// When it began; `false` or nothing before.
    pub(super) started: Option<Value>,
    /// When it ended; `false` or nothing before.
    pub(super) finished: Option<Value>,
    /// How far it is.
    pub(super) status: Option<String>,
    /// The inventory's name.
    pub(super) inventory: Option<String>,
    /// The project's name.
    pub(super) project: Option<String>,
    /// The playbook.
    pub(super) playbook: Option<String>,
    /// To which hosts it was limited.
    pub(super) limit: Option<String>,
    /// The variables, as JSON or YAML in a text.
    pub(super) extra_vars: Option<String>,
    /// What it did to each host.
    pub(super) hosts: Option<BTreeMap<String, Host>>,
    /// A sentence; of approvals and tests nothing else is sent.
    pub(super) body: Option<IgnoredAny>,
}

/// What a job did to a host.
#[derive(Debug, Deserialize)]
pub(super) struct Host {
    /// Tasks that went well.
    pub(super) ok: Option<u64>,
    /// Tasks that changed something.
    pub(super) changed: Option<u64>,
    /// Tasks that failed.
    pub(super) failures: Option<u64>,
    /// How often it could not be reached.
    pub(super) dark: Option<u64>,
}
