//! The members of a report that are read; everything else is passed over. The names are those of Woodpecker's interface,
//! of its webhook plugin, and of its environment variables; a step writes numbers as texts.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use throughline_domain::time::Timestamp;

use crate::members::{filled, meant, whole};
use crate::pipeline::Times;

/// A report.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Body {
    pub(super) repo: Option<Repo>,
    pipeline: Option<Pipeline>,
    build: Option<Pipeline>,
}

impl Body {
    /// The pipeline, which the webhook plugin calls a build, as Woodpecker did before its version 1.
    pub(super) fn pipeline(&self) -> Option<&Pipeline> {
        self.pipeline.as_ref().or(self.build.as_ref())
    }
}

/// A repository.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Repo {
    full_name: Option<String>,
    owner: Option<String>,
    name: Option<String>,
    url: Option<String>,
    forge_url: Option<String>,
    clone_url: Option<String>,
}

impl Repo {
    /// Owner and name: `acme/checkout`.
    pub(super) fn full_name(&self) -> Option<String> {
        let joined = || Some(format!("{}/{}", plain(&self.owner)?, plain(&self.name)?));
        plain(&self.full_name).map(str::to_owned).or_else(joined)
    }

    /// The addresses at which it may be found, the surest first.
    pub(super) fn addresses(&self) -> impl Iterator<Item = &str> {
        [&self.forge_url, &self.url, &self.clone_url].into_iter().filter_map(plain)
    }
}

/// A run of a pipeline.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Pipeline {
    #[serde(deserialize_with = "whole")]
    pub(super) number: Option<u64>,
    pub(super) status: Option<String>,
    pub(super) event: Option<String>,
    /// What a deployment is to.
    pub(super) deploy_to: Option<String>,
    pub(super) commit: Option<String>,
    pub(super) branch: Option<String>,
    #[serde(rename = "ref")]
    pub(super) reference: Option<String>,
    pub(super) title: Option<String>,
    pub(super) message: Option<String>,
    pub(super) author: Option<String>,
    pub(super) author_email: Option<String>,
    pub(super) sender: Option<String>,
    url: Option<String>,
    link: Option<String>,
    #[serde(deserialize_with = "moment")]
    created: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    started: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    finished: Option<Timestamp>,
    pub(super) workflows: Option<Vec<Workflow>>,
}

impl Pipeline {
    /// The page of the run in Woodpecker.
    pub(super) fn page(&self) -> Option<&str> {
        plain(&self.url).or_else(|| plain(&self.link))
    }

    /// The moments that have come.
    pub(super) fn times(&self) -> Times {
        Times { created: self.created, started: self.started, finished: self.finished }
    }
}

/// A workflow of a run, where the report is of the whole run.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Workflow {
    #[serde(deserialize_with = "whole")]
    pub(super) pid: Option<u64>,
    pub(super) name: Option<String>,
    pub(super) state: Option<String>,
    #[serde(deserialize_with = "moment")]
    started: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    finished: Option<Timestamp>,
}

impl Workflow {
    /// The moments that have come; a workflow does not tell when it was made.
    pub(super) fn times(&self) -> Times {
        Times { created: None, started: self.started, finished: self.finished }
    }
}

/// The text, where it says something.
pub(super) fn plain(text: &Option<String>) -> Option<&str> {
    filled(text.as_deref())
}

/// A time in seconds since 1970; 0 where it has not come.
fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let seconds = match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    Ok(seconds.map(Timestamp::from_seconds).and_then(meant))
}
