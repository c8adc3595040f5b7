//! The fields of Rundeck's notifications that are read.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// A notification.
#[derive(Debug, Deserialize)]
pub(super) struct Notification {
    /// What set it off: `start`, `success`, `failure`.
    pub(super) trigger: Option<String>,
    /// How far the execution is.
    pub(super) status: Option<String>,
    /// The execution's id: a number, a text in some versions.
    #[serde(rename = "executionId")]
    pub(super) execution_id: Option<Value>,
    /// The execution.
    pub(super) execution: Option<Execution>,
}

/// One execution of a job.
#[derive(Debug, Deserialize)]
pub(super) struct Execution {
    /// Its id: a number, a text in some versions.
    pub(super) id: Option<Value>,
    /// Its page; in some versions its address in the interface for programs.
    pub(super) permalink: Option<String>,
    /// Its page or its address in the interface for programs.
    pub(super) href: Option<String>,
    /// How far it is.
    pub(super) status: Option<String>,
    /// The project.
    pub(super) project: Option<String>,
    /// Who started it.
    pub(super) user: Option<String>,
    /// When it began.
    #[serde(rename = "date-started")]
    pub(super) started: Option<Moment>,
    /// When it ended.
    #[serde(rename = "date-ended")]
    pub(super) ended: Option<Moment>,
    /// The job.
    pub(super) job: Option<Job>,
    /// What it does.
    pub(super) description: Option<String>,
    /// The options as one line.
    pub(super) argstring: Option<String>,
}

/// A moment.
#[derive(Debug, Deserialize)]
pub(super) struct Moment {
    /// Milliseconds since 1970.
    pub(super) unixtime: Option<i64>,
    /// The same as text.
    pub(super) date: Option<String>,
}

/// A job.
#[derive(Debug, Deserialize)]
pub(super) struct Job {
    /// Its name.
    pub(super) name: Option<String>,
    /// The group that it is in.
    pub(super) group: Option<String>,
    /// Its options, by their names.
    pub(super) options: Option<BTreeMap<String, Value>>,
}
