//! The fields of Azure Container Registry's notifications that are read.

use serde::Deserialize;

/// A notification.
#[derive(Debug, Deserialize)]
pub(super) struct Notification {
    /// Its id.
    pub(super) id: Option<String>,
    /// When it happened.
    pub(super) timestamp: Option<String>,
    /// What happened: `push`, `delete`, `ping`.
    pub(super) action: Option<String>,
    /// To what.
    pub(super) target: Option<Target>,
    /// The request that did it.
    pub(super) request: Option<RegistryRequest>,
}

/// An image or chart.
#[derive(Debug, Deserialize)]
pub(super) struct Target {
    /// Its content digest.
    pub(super) digest: Option<String>,
    /// The repository in the registry.
    pub(super) repository: Option<String>,
    /// The tag.
    pub(super) tag: Option<String>,
    /// A chart's version.
    pub(super) version: Option<String>,
}

/// A request to the registry.
#[derive(Debug, Deserialize)]
pub(super) struct RegistryRequest {
    /// The registry's host.
    pub(super) host: Option<String>,
}
