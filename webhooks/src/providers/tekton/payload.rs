//! The members of Tekton's resources that are read; everything else is passed over. Any may be missing or null.

use serde::Deserialize;
use serde_json::Value;
use throughline_domain::time::Timestamp;

use crate::members::{filled, moment};

/// The data of an event: one resource.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Body {
    pipeline_run: Option<Resource>,
    task_run: Option<Resource>,
    custom_run: Option<Resource>,
    /// What custom runs were called before.
    run: Option<Resource>,
}

impl Body {
    /// The resource, and what it is.
    pub(super) fn resource(&self) -> Option<(Kind, &Resource)> {
        let all = [
            (Kind::Pipeline, &self.pipeline_run),
            (Kind::Task, &self.task_run),
            (Kind::Custom, &self.custom_run),
            (Kind::Custom, &self.run),
        ];
        all.into_iter().find_map(|(kind, resource)| Some((kind, resource.as_ref()?)))
    }
}

/// What a resource is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A run of a pipeline.
    Pipeline,
    /// A run of a task.
    Task,
    /// A run of something that another controller carries out.
    Custom,
}

impl Kind {
    /// The word in the types of events.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Pipeline => "pipelinerun",
            Self::Task => "taskrun",
            Self::Custom => "customrun",
        }
    }
}

/// A run.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Resource {
    pub(super) metadata: Metadata,
    pub(super) spec: Spec,
    pub(super) status: Status,
}

/// What Kubernetes keeps of every resource.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Metadata {
    pub(super) name: Option<String>,
    pub(super) namespace: Option<String>,
    /// One in all clusters.
    pub(super) uid: Option<String>,
    #[serde(deserialize_with = "moment")]
    pub(super) creation_timestamp: Option<Timestamp>,
    labels: Option<Value>,
    annotations: Option<Value>,
    owner_references: Option<Vec<Owner>>,
}

impl Metadata {
    /// The value of a label.
    pub(super) fn label(&self, name: &str) -> Option<&str> {
        said(self.labels.as_ref()?.get(name))
    }

    /// The value of an annotation, or of a label of that name.
    pub(super) fn note(&self, name: &str) -> Option<&str> {
        let annotation = self.annotations.as_ref().and_then(|annotations| said(annotations.get(name)));
        annotation.or_else(|| self.label(name))
    }

    /// The uid of the pipeline run that this run belongs to. Its name is told more often, but is not one in all clusters.
    pub(super) fn owner(&self) -> Option<&str> {
        let mut owners = self.owner_references.iter().flatten();
        let owner = owners.find(|owner| owner.kind.as_deref() == Some("PipelineRun"));
        let uid = owner.and_then(|owner| owner.uid.as_deref()).or_else(|| self.label("tekton.dev/pipelineRunUID"));
        uid.filter(|uid| !uid.is_empty())
    }
}

/// A resource that owns another one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Owner {
    kind: Option<String>,
    uid: Option<String>,
}

/// What is to be run.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Spec {
    pub(super) params: Option<Vec<Named>>,
    pipeline_ref: Option<Reference>,
    task_ref: Option<Reference>,
    custom_ref: Option<Reference>,
}

impl Spec {
    /// The name of the pipeline or task that is run.
    pub(super) fn name(&self) -> Option<&str> {
        let references = [&self.pipeline_ref, &self.task_ref, &self.custom_ref];
        references.into_iter().flatten().find_map(|reference| reference.name.as_deref())
    }
}

/// A pipeline or task by name.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reference {
    name: Option<String>,
}

/// How far a run has come.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Status {
    conditions: Option<Vec<Condition>>,
    #[serde(deserialize_with = "moment")]
    pub(super) start_time: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) completion_time: Option<Timestamp>,
    results: Option<Vec<Named>>,
    task_results: Option<Vec<Named>>,
    pipeline_results: Option<Vec<Named>>,
}

impl Status {
    /// The condition that says whether the run succeeded.
    pub(super) fn condition(&self) -> Option<&Condition> {
        self.conditions.iter().flatten().find(|condition| condition.kind.as_deref() == Some("Succeeded"))
    }

    /// The results, under the name that each version of Tekton has for them.
    pub(super) fn results(&self) -> impl Iterator<Item = &Named> {
        [&self.results, &self.pipeline_results, &self.task_results].into_iter().flatten().flatten()
    }
}

/// A condition of a run.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Condition {
    #[serde(rename = "type")]
    kind: Option<String>,
    /// `True`, `False` or `Unknown`.
    pub(super) status: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) message: Option<String>,
    #[serde(deserialize_with = "moment")]
    pub(super) last_transition_time: Option<Timestamp>,
}

/// A result or parameter.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Named {
    pub(super) name: Option<String>,
    /// A text, a list of texts, or an object of texts.
    pub(super) value: Option<Value>,
}

/// The text of a value, without the line break that a shell puts at its end.
pub(super) fn said(value: Option<&Value>) -> Option<&str> {
    filled(value?.as_str())
}
