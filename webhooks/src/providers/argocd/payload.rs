//! The fields of an Argo CD notification that are read: those of our template, which are those of an Application.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::members::filled;

/// A notification; its body is whatever the operator's template makes of an Application.
#[derive(Debug, Deserialize)]
pub struct Notification {
    /// The notifications controller's settings.
    pub context: Option<Context>,
    /// The environment, where the template knows it.
    pub environment: Option<String>,
    /// The service, where the template knows it.
    pub service: Option<String>,
    /// The application.
    pub app: Option<Application>,
    /// Set where the body is an Application.
    pub metadata: Option<Metadata>,
    /// Set where the body is an Application.
    pub spec: Option<Spec>,
    /// Set where the body is an Application.
    pub status: Option<Status>,
}

/// The part of the notifications controller's settings that templates may use.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Context {
    /// The address of Argo CD's own pages.
    pub argocd_url: Option<String>,
}

/// An Application of `argoproj.io/v1alpha1`.
#[derive(Debug, Deserialize)]
pub struct Application {
    /// What it is called.
    pub metadata: Option<Metadata>,
    /// What it should be.
    pub spec: Option<Spec>,
    /// What it is.
    pub status: Option<Status>,
}

impl Application {
    /// The application's name.
    pub fn name(&self) -> Option<&str> {
        filled(self.metadata.as_ref()?.name.as_deref())
    }

    /// The first of these labels that says something, with its name.
    pub fn label(&self, names: &[&'static str]) -> Option<(&'static str, &str)> {
        let labels = self.metadata.as_ref()?.labels.as_ref()?;
        names.iter().find_map(|name| Some((*name, filled(labels.get(*name)?.as_deref())?)))
    }

    /// The namespace of the cluster that it is deployed into.
    pub fn namespace(&self) -> Option<&str> {
        filled(self.spec.as_ref()?.destination.as_ref()?.namespace.as_deref())
    }

    /// The last or running sync operation.
    pub fn operation(&self) -> Option<&OperationState> {
        self.status.as_ref()?.operation_state.as_ref()
    }

    /// How far that operation is.
    pub fn phase(&self) -> Option<&str> {
        filled(self.operation()?.phase.as_deref())
    }

    /// How the application is, in Argo CD's word.
    pub fn health(&self) -> Option<&str> {
        filled(self.status.as_ref()?.health.as_ref()?.status.as_deref())
    }
}

/// The name and labels of an Application.
#[derive(Debug, Deserialize)]
pub struct Metadata {
    /// The name.
    pub name: Option<String>,
    /// The labels.
    pub labels: Option<BTreeMap<String, Option<String>>>,
}

/// What an Application should be.
#[derive(Debug, Deserialize)]
pub struct Spec {
    /// Where it is deployed to.
    pub destination: Option<Destination>,
    /// Where its manifests come from.
    pub source: Option<Source>,
    /// Where they come from, if from several places.
    pub sources: Option<Vec<Source>>,
}

/// Where an Application is deployed to.
#[derive(Debug, Deserialize)]
pub struct Destination {
    /// The namespace.
    pub namespace: Option<String>,
}

/// Where manifests come from.
#[derive(Debug, Deserialize)]
pub struct Source {
    /// The repository of manifests or charts.
    #[serde(rename = "repoURL")]
    pub repo_url: Option<String>,
    /// The Helm chart, where it is one.
    pub chart: Option<String>,
}

/// What an Application is.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// The last or running sync operation.
    pub operation_state: Option<OperationState>,
    /// What the live state was last compared with.
    pub sync: Option<SyncTarget>,
    /// How it is.
    pub health: Option<Health>,
    /// What runs.
    pub summary: Option<Summary>,
}

/// How an Application is.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// `Healthy`, `Progressing`, `Degraded`, `Suspended`, `Missing` or `Unknown`.
    pub status: Option<String>,
    /// Since when.
    pub last_transition_time: Option<String>,
}

/// What runs.
#[derive(Debug, Deserialize)]
pub struct Summary {
    /// The images of all live resources, the outgoing ones included.
    pub images: Option<Vec<String>>,
}

/// One sync operation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OperationState {
    /// `Running`, `Terminating`, `Succeeded`, `Failed` or `Error`.
    pub phase: Option<String>,
    /// What Argo CD says about it.
    pub message: Option<String>,
    /// When it began.
    pub started_at: Option<String>,
    /// When it ended.
    pub finished_at: Option<String>,
    /// What was asked for.
    pub operation: Option<Operation>,
    /// What was done.
    pub sync_result: Option<SyncTarget>,
}

/// What was asked for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// By whom.
    pub initiated_by: Option<Initiator>,
    /// To sync to what.
    pub sync: Option<SyncTarget>,
}

/// Who asked for an operation.
#[derive(Debug, Deserialize)]
pub struct Initiator {
    /// The login; empty where Argo CD did it by itself.
    pub username: Option<String>,
}

/// Revisions with the sources that they are of.
#[derive(Debug, Deserialize)]
pub struct SyncTarget {
    /// The revision, if there is one source.
    pub revision: Option<String>,
    /// The revisions, if there are several sources, in their order.
    pub revisions: Option<Vec<String>>,
    /// The source.
    pub source: Option<Source>,
    /// The sources.
    pub sources: Option<Vec<Source>>,
    /// What was applied.
    pub resources: Option<Vec<Resource>>,
}

/// A resource that was applied.
#[derive(Debug, Deserialize)]
pub struct Resource {
    /// The images that it names; only newer versions of Argo CD tell.
    pub images: Option<Vec<String>>,
}
