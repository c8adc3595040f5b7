//! The fields of Artifactory's notifications that are read.

use serde::Deserialize;

/// A notification.
#[derive(Debug, Deserialize)]
pub(super) struct Notification {
    /// What sort of thing it is about: `docker`.
    pub(super) domain: Option<String>,
    /// The same, in old versions' notifications about release bundles.
    pub(super) destination: Option<String>,
    /// What became of it: `pushed`.
    pub(super) event_type: Option<String>,
    /// The thing.
    pub(super) data: Option<Data>,
    /// The platform's address.
    pub(super) jpd_origin: Option<String>,
    /// Who did it; newer versions say.
    #[serde(rename = "userContext")]
    pub(super) user_context: Option<UserContext>,
}

/// Who did it.
#[derive(Debug, Deserialize)]
pub(super) struct UserContext {
    /// The login.
    pub(super) id: Option<String>,
}

/// What the event is about; each domain has its own members.
#[derive(Debug, Deserialize)]
pub(super) struct Data {
    /// The repository of Artifactory.
    pub(super) repo_key: Option<String>,
    /// The file's path in it.
    pub(super) path: Option<String>,
    /// The file's name.
    pub(super) name: Option<String>,
    /// The digest of its content, in hexadecimal digits alone.
    pub(super) sha256: Option<String>,
    /// Where a moved or copied file lies now.
    pub(super) target_repo_path: Option<String>,
    /// An image's name.
    pub(super) image_name: Option<String>,
    /// An image's tag.
    pub(super) tag: Option<String>,
    /// A build's name.
    pub(super) build_name: Option<String>,
    /// A build's number.
    pub(super) build_number: Option<String>,
    /// When a build began.
    pub(super) build_started: Option<String>,
    /// A release bundle's name.
    pub(super) release_bundle_name: Option<String>,
    /// A release bundle's version.
    pub(super) release_bundle_version: Option<String>,
    /// The environment that a release bundle is promoted to.
    pub(super) environment: Option<String>,
    /// What went wrong, or how far it is.
    pub(super) status_message: Option<String>,
    /// When it happened; few events say.
    pub(super) created: Option<String>,
}
