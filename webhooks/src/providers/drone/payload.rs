//! The members of Drone's bodies that are read; everything else is passed over. Any may be missing; texts may be empty,
//! and times 0.

use serde::Deserialize;
use serde::de::IgnoredAny;
use throughline_domain::time::Timestamp;

use crate::members::{filled, moment_or_seconds, whole};
use crate::pipeline::Times;

/// The body of any event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Event {
    pub(super) event: Option<String>,
    pub(super) action: Option<String>,
    pub(super) build: Option<Build>,
    pub(super) repo: Option<Repo>,
    pub(super) user: Option<IgnoredAny>,
    pub(super) system: Option<System>,
}

/// The server.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct System {
    pub(super) host: Option<String>,
    pub(super) link: Option<String>,
}

/// A repository.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Repo {
    /// `acme/checkout`.
    pub(super) slug: Option<String>,
    pub(super) git_http_url: Option<String>,
    pub(super) link: Option<String>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) updated: Option<Timestamp>,
}

/// A build.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Build {
    #[serde(deserialize_with = "whole")]
    pub(super) number: Option<u64>,
    pub(super) status: Option<String>,
    pub(super) error: Option<String>,
    /// What set it off: `push`, `pull_request`, `tag`, `promote`, `rollback`, `cron`, `custom`.
    pub(super) event: Option<String>,
    /// What a build is promoted or rolled back to.
    pub(super) deploy_to: Option<String>,
    /// The subject of the pull request.
    pub(super) title: Option<String>,
    /// The message of the commit, or the body of the pull request.
    pub(super) message: Option<String>,
    /// The commit that is built.
    pub(super) after: Option<String>,
    #[serde(rename = "ref")]
    pub(super) reference: Option<String>,
    /// The branch that the commit is on.
    pub(super) source: Option<String>,
    pub(super) author_login: Option<String>,
    pub(super) author_name: Option<String>,
    pub(super) author_email: Option<String>,
    pub(super) sender: Option<String>,
    #[serde(deserialize_with = "moment_or_seconds")]
    created: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    started: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    finished: Option<Timestamp>,
    pub(super) stages: Option<Vec<Stage>>,
}

impl Build {
    /// The moments that have come.
    pub(super) fn times(&self) -> Times {
        Times { created: self.created, started: self.started, finished: self.finished }
    }
}

/// A pipeline of a build's configuration.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Stage {
    #[serde(deserialize_with = "whole")]
    pub(super) number: Option<u64>,
    pub(super) name: Option<String>,
    pub(super) status: Option<String>,
    #[serde(deserialize_with = "moment_or_seconds")]
    created: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    started: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    stopped: Option<Timestamp>,
}

impl Stage {
    /// The moments that have come.
    pub(super) fn times(&self) -> Times {
        Times { created: self.created, started: self.started, finished: self.stopped }
    }
}

/// The text, where it says something.
pub(super) fn plain(text: &Option<String>) -> Option<&str> {
    filled(text.as_deref())
}
