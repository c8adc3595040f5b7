//! The members of a notification that are read; everything else is passed over. Any may be missing or null.

use serde::Deserialize;
use throughline_domain::time::Timestamp;

use crate::members::{moment, text, whole};

/// A build.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Build {
    #[serde(deserialize_with = "whole")]
    pub(super) id: Option<u64>,
    #[serde(deserialize_with = "text")]
    pub(super) number: Option<String>,
    /// What set it off: `push`, `pull_request`, `cron` or `api`.
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) state: Option<String>,
    /// 0 for a success, 1 for a failure, null for anything else. Old servers write 1 while the build runs, too.
    pub(super) result: Option<i64>,
    pub(super) status_message: Option<String>,
    #[serde(deserialize_with = "moment")]
    pub(super) started_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) finished_at: Option<Timestamp>,
    pub(super) build_url: Option<String>,
    /// What was built; of a pull request the merge of its head into its base.
    pub(super) commit: Option<String>,
    /// The head of the pull request.
    pub(super) head_commit: Option<String>,
    pub(super) branch: Option<String>,
    pub(super) message: Option<String>,
    pub(super) compare_url: Option<String>,
    #[serde(deserialize_with = "moment")]
    pub(super) committed_at: Option<Timestamp>,
    pub(super) author_name: Option<String>,
    pub(super) author_email: Option<String>,
    #[serde(deserialize_with = "whole")]
    pub(super) pull_request_number: Option<u64>,
    pub(super) pull_request_title: Option<String>,
    pub(super) repository: Option<Repository>,
    pub(super) matrix: Option<Vec<Job>>,
}

/// A repository; `url` is null, but in very old notifications.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Repository {
    pub(super) name: Option<String>,
    pub(super) owner_name: Option<String>,
    pub(super) url: Option<String>,
}

/// A job of a build.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Job {
    #[serde(deserialize_with = "whole")]
    pub(super) id: Option<u64>,
    #[serde(deserialize_with = "text")]
    pub(super) number: Option<String>,
    pub(super) state: Option<String>,
    pub(super) result: Option<i64>,
    #[serde(deserialize_with = "moment")]
    pub(super) started_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) finished_at: Option<Timestamp>,
    pub(super) allow_failure: Option<bool>,
}
