//! The members of CircleCI's bodies that are read; everything else is passed over. Any may be missing or null.

use serde::Deserialize;
use throughline_domain::time::Timestamp;

use crate::members::{moment, whole};

/// The body of any event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Event {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    #[serde(deserialize_with = "moment")]
    pub(super) happened_at: Option<Timestamp>,
    pub(super) project: Option<Project>,
    pub(super) pipeline: Option<Pipeline>,
    pub(super) workflow: Option<Workflow>,
    pub(super) job: Option<Job>,
}

/// The project that a pipeline is of.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Project {
    pub(super) name: Option<String>,
}

/// A run of a workflow.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Workflow {
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    /// Missing in what is told of a job.
    pub(super) status: Option<String>,
    pub(super) url: Option<String>,
    #[serde(deserialize_with = "moment")]
    pub(super) created_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) stopped_at: Option<Timestamp>,
}

/// A run of a job.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Job {
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) status: Option<String>,
    #[serde(deserialize_with = "moment")]
    pub(super) started_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) stopped_at: Option<Timestamp>,
}

/// What set off one or more workflows. GitHub's OAuth app and Bitbucket Cloud have `vcs`, all others the parameters.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Pipeline {
    #[serde(deserialize_with = "whole")]
    pub(super) number: Option<u64>,
    pub(super) vcs: Option<Vcs>,
    pub(super) trigger_parameters: Option<TriggerParameters>,
}

/// The commit of a pipeline.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Vcs {
    /// Where it is built.
    pub(super) target_repository_url: Option<String>,
    /// Where it was made; another one only for a pull request from a fork.
    pub(super) origin_repository_url: Option<String>,
    pub(super) revision: Option<String>,
    pub(super) branch: Option<String>,
    pub(super) commit: Option<Commit>,
}

/// What is told of a commit; its texts may be cut off.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Commit {
    pub(super) subject: Option<String>,
    pub(super) body: Option<String>,
    pub(super) author: Option<Author>,
    #[serde(deserialize_with = "moment")]
    pub(super) committed_at: Option<Timestamp>,
}

/// Who wrote a commit.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Author {
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
}

/// How a pipeline was set off.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TriggerParameters {
    pub(super) git: Option<Checkout>,
    pub(super) gitlab: Option<Push>,
    pub(super) github_app: Option<Push>,
}

/// What is checked out.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Checkout {
    pub(super) checkout_url: Option<String>,
    pub(super) checkout_sha: Option<String>,
    pub(super) branch: Option<String>,
}

/// The event of the code host.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Push {
    pub(super) web_url: Option<String>,
    pub(super) repo_url: Option<String>,
    pub(super) commit_sha: Option<String>,
    pub(super) commit_title: Option<String>,
    pub(super) commit_message: Option<String>,
    pub(super) commit_author_name: Option<String>,
    pub(super) commit_author_email: Option<String>,
    #[serde(deserialize_with = "moment")]
    pub(super) commit_timestamp: Option<Timestamp>,
    pub(super) user_username: Option<String>,
    pub(super) user_name: Option<String>,
    pub(super) branch: Option<String>,
}
