//! The fields of Echo's events that are read.

use serde::Deserialize;
use serde_json::Value;
use throughline_domain::time::Timestamp;

use crate::members::{self, meant};

/// An event.
#[derive(Debug, Deserialize)]
pub(super) struct Event {
    /// Its id; newer versions send one.
    #[serde(rename = "eventId")]
    pub(super) id: Option<String>,
    /// What sort of event.
    pub(super) details: Option<Details>,
    /// What it is about.
    pub(super) content: Option<Content>,
    /// The event, where Echo is told to wrap it.
    payload: Option<Box<Event>>,
}

impl Event {
    /// The event itself, whether it is wrapped or not.
    pub(super) fn unwrapped(self) -> Self {
        match self.payload {
            Some(payload) if self.details.is_none() => *payload,
            payload => Self { payload, ..self },
        }
    }
}

/// What sort of event.
#[derive(Debug, Deserialize)]
pub(super) struct Details {
    /// The type: `orca:pipeline:complete`.
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    /// When, in milliseconds since 1970, as text or number.
    created: Option<Value>,
}

impl Details {
    /// When the event was made.
    pub(super) fn created(&self) -> Option<Timestamp> {
        let created = self.created.as_ref()?;
        moment(created.as_i64().or_else(|| created.as_str()?.parse().ok()))
    }
}

/// What an event is about.
#[derive(Debug, Deserialize)]
pub(super) struct Content {
    /// The whole execution, as it is at this moment.
    pub(super) execution: Option<Execution>,
}

/// One execution of a pipeline, or of a task outside of one.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Execution {
    /// Its id.
    pub(super) id: Option<String>,
    /// The application.
    pub(super) application: Option<String>,
    /// The pipeline's name.
    pub(super) name: Option<String>,
    /// What a task outside of a pipeline does.
    pub(super) description: Option<String>,
    /// How far it is.
    pub(super) status: Option<String>,
    /// When it began, in milliseconds since 1970.
    pub(super) start_time: Option<i64>,
    /// When it ended, in milliseconds since 1970.
    pub(super) end_time: Option<i64>,
    /// What set it off.
    pub(super) trigger: Option<Trigger>,
    /// In whose name it runs.
    pub(super) authentication: Option<Authentication>,
    /// Its stages, each a [`Stage`]; some events list only their ids.
    pub(super) stages: Option<Vec<Value>>,
}

/// What set an execution off.
#[derive(Debug, Deserialize)]
pub(super) struct Trigger {
    /// Which sort of code host a push came from.
    pub(super) source: Option<String>,
    /// The owner of the repository that was pushed to.
    pub(super) project: Option<String>,
    /// The repository's name.
    pub(super) slug: Option<String>,
    /// The branch.
    pub(super) branch: Option<String>,
    /// The commit.
    pub(super) hash: Option<String>,
    /// Who set it off.
    pub(super) user: Option<String>,
}

/// In whose name an execution runs.
#[derive(Debug, Deserialize)]
pub(super) struct Authentication {
    /// The login.
    pub(super) user: Option<String>,
}

/// A stage.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Stage {
    /// Its id.
    pub(super) id: Option<String>,
    /// What it does: `deployManifest`.
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    /// Its name.
    pub(super) name: Option<String>,
    /// How far it is.
    pub(super) status: Option<String>,
    /// When it began, in milliseconds since 1970.
    pub(super) start_time: Option<i64>,
    /// When it ended, in milliseconds since 1970.
    pub(super) end_time: Option<i64>,
    /// The stage that made this one to do a part of its work.
    pub(super) parent_stage_id: Option<String>,
    /// What it works on.
    pub(super) context: Option<Context>,
}

/// What a stage works on.
#[derive(Debug, Deserialize)]
pub(super) struct Context {
    /// The account of a cloud or cluster that it deploys to.
    pub(super) account: Option<String>,
    /// The same, once the stage has run.
    #[serde(rename = "deploy.account.name")]
    pub(super) deployed_account: Option<String>,
    /// The manifests that it applies.
    pub(super) manifests: Option<Value>,
    /// The manifests that it applied.
    #[serde(rename = "outputs.manifests")]
    pub(super) applied_manifests: Option<Value>,
    /// What it put into the manifests.
    #[serde(rename = "outputs.boundArtifacts")]
    pub(super) bound_artifacts: Option<Vec<BoundArtifact>>,
}

/// Something that was put into a manifest.
#[derive(Debug, Deserialize)]
pub(super) struct BoundArtifact {
    /// What it is: `docker/image`.
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    /// Its reference.
    pub(super) reference: Option<String>,
}

/// A number of milliseconds since 1970.
pub(super) fn moment(millis: Option<i64>) -> Option<Timestamp> {
    meant(Timestamp::from_millis(millis?))
}

/// The text, unless it is empty or an expression that was not evaluated.
pub(super) fn filled(text: &Option<String>) -> Option<&str> {
    members::filled(text.as_deref()).filter(|text| !text.contains("${"))
}
