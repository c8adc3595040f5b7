//! The members that are read: of our own form of a snapshot, and of the lists that `kubectl` prints.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::evidence::text::{Text, lenient, shaped};

/// A body of either form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Body {
    /// The version of our own form.
    pub(super) version: Text,
    pub(super) at: Text,
    pub(super) cluster: Text,
    pub(super) environment: Text,
    /// Set in our own form.
    pub(super) workloads: Option<Vec<Row>>,
    /// Set in a list.
    #[serde(deserialize_with = "shaped")]
    pub(super) items: Option<Items>,
}

/// A workload in our own form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Row {
    pub(super) kind: Text,
    pub(super) namespace: Text,
    pub(super) name: Text,
    pub(super) service: Text,
    #[serde(deserialize_with = "lenient")]
    pub(super) images: Vec<RowImage>,
    pub(super) ready: Text,
}

/// An image of a workload.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RowImage {
    pub(super) image: Text,
    pub(super) digest: Text,
}

/// The things of a list; those that are none are passed over.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Items(#[serde(deserialize_with = "lenient")] pub(super) Vec<Item>);

/// One thing of a list: a pod, or what makes pods.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Item {
    pub(super) kind: Text,
    #[serde(deserialize_with = "shaped")]
    pub(super) metadata: Metadata,
    #[serde(deserialize_with = "shaped")]
    pub(super) spec: Spec,
    #[serde(deserialize_with = "shaped")]
    pub(super) status: Status,
}

/// What a thing is called and belongs to.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Metadata {
    pub(super) namespace: Text,
    pub(super) name: Text,
    #[serde(deserialize_with = "shaped")]
    pub(super) labels: BTreeMap<String, Text>,
    #[serde(deserialize_with = "lenient")]
    pub(super) owner_references: Vec<Owner>,
}

/// What made a thing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Owner {
    pub(super) kind: Text,
    pub(super) name: Text,
}

/// What is wanted.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Spec {
    pub(super) replicas: Text,
    #[serde(deserialize_with = "lenient")]
    pub(super) containers: Vec<Container>,
    #[serde(deserialize_with = "shaped")]
    pub(super) template: Template,
}

/// The pods that are wanted.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Template {
    #[serde(deserialize_with = "shaped")]
    pub(super) metadata: TemplateMetadata,
    #[serde(deserialize_with = "shaped")]
    pub(super) spec: TemplateSpec,
}

/// How the pods are marked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TemplateMetadata {
    #[serde(deserialize_with = "shaped")]
    pub(super) labels: BTreeMap<String, Text>,
}

/// What the pods hold.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TemplateSpec {
    #[serde(deserialize_with = "lenient")]
    pub(super) containers: Vec<Container>,
}

/// A container that is wanted.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Container {
    pub(super) name: Text,
    pub(super) image: Text,
}

/// What is so.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Status {
    pub(super) phase: Text,
    pub(super) ready_replicas: Text,
    pub(super) number_ready: Text,
    pub(super) desired_number_scheduled: Text,
    #[serde(deserialize_with = "lenient")]
    pub(super) container_statuses: Vec<ContainerStatus>,
}

/// A container as it is.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ContainerStatus {
    pub(super) name: Text,
    pub(super) image: Text,
    #[serde(rename = "imageID")]
    pub(super) image_id: Text,
}
