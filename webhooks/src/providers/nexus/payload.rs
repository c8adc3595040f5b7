//! The fields of Nexus Repository's notifications that are read.

use serde::Deserialize;

/// A notification; which of its members is there tells the event.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Notification {
    /// When it happened.
    pub(super) timestamp: Option<String>,
    /// Who did it, and from where: `ada/10.0.0.7`.
    pub(super) initiator: Option<String>,
    /// The repository of Nexus that the component or asset lies in.
    pub(super) repository_name: Option<String>,
    /// `CREATED`, `UPDATED` or `DELETED`.
    pub(super) action: Option<String>,
    /// A component.
    pub(super) component: Option<Component>,
    /// A file of a component.
    pub(super) asset: Option<Asset>,
    /// A repository of Nexus.
    pub(super) repository: Option<Repository>,
    /// An entry of the audit log.
    pub(super) audit: Option<Audit>,
}

/// A package at a version.
#[derive(Debug, Deserialize)]
pub(super) struct Component {
    /// `maven2`, `npm`, `docker`.
    pub(super) format: Option<String>,
    /// The group or scope.
    pub(super) group: Option<String>,
    /// The name.
    pub(super) name: Option<String>,
    /// The version, of an image the tag.
    pub(super) version: Option<String>,
}

/// A file.
#[derive(Debug, Deserialize)]
pub(super) struct Asset {
    /// `maven2`, `npm`, `docker`.
    pub(super) format: Option<String>,
    /// Its path in the repository.
    pub(super) name: Option<String>,
}

/// A repository of Nexus.
#[derive(Debug, Deserialize)]
pub(super) struct Repository {
    /// `maven2`, `npm`, `docker`.
    pub(super) format: Option<String>,
    /// The name.
    pub(super) name: Option<String>,
    /// `hosted`, `proxy` or `group`.
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
}

/// An entry of the audit log.
#[derive(Debug, Deserialize)]
pub(super) struct Audit {
    /// What sort of thing: `security.user`.
    pub(super) domain: Option<String>,
    /// What became of it: `created`.
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    /// Which one.
    pub(super) context: Option<String>,
}
