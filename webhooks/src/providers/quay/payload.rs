//! The fields of Quay's notifications that are read; which of them are there tells the event.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

/// A notification.
#[derive(Debug, Deserialize)]
pub(super) struct Notification {
    /// Namespace and name of the registry's repository.
    pub(super) repository: Option<String>,
    /// Registry, namespace and name.
    pub(super) docker_url: Option<String>,
    /// The page of the repository or build.
    pub(super) homepage: Option<String>,
    /// The tags that were pushed: a list, or in older registries an object of tags and layers.
    pub(super) updated_tags: Option<Value>,
    /// The build's id.
    pub(super) build_id: Option<String>,
    /// The build's short name, often the first digits of the commit.
    pub(super) build_name: Option<String>,
    /// The tags that the build sets.
    pub(super) docker_tags: Option<Vec<String>>,
    /// What set it off: `github`, `gitlab`, `custom-git`.
    pub(super) trigger_kind: Option<String>,
    /// What it is built from.
    pub(super) trigger_metadata: Option<TriggerMetadata>,
    /// Whether a person asked for it; only said when it is queued.
    pub(super) is_manual: Option<IgnoredAny>,
    /// Who asked for it.
    pub(super) manual_user: Option<String>,
    /// What it made; only said of a success.
    pub(super) image_id: Option<String>,
    /// What it made, by digest; only said of a success.
    pub(super) manifest_digests: Option<Vec<String>>,
    /// What went wrong; only said of a failure.
    pub(super) error_message: Option<String>,
    /// A vulnerability that was found.
    pub(super) vulnerability: Option<IgnoredAny>,
    /// Vulnerabilities that were found.
    pub(super) vulnerabilities: Option<IgnoredAny>,
}

/// What a build is made from.
#[derive(Debug, Deserialize)]
pub(super) struct TriggerMetadata {
    /// The full id of the commit.
    pub(super) commit: Option<String>,
    /// The branch or tag: `refs/heads/main`.
    #[serde(rename = "ref")]
    pub(super) reference: Option<String>,
    /// The address of the repository of source code.
    pub(super) git_url: Option<String>,
    /// What the code host says of the commit.
    pub(super) commit_info: Option<CommitInfo>,
}

/// A commit.
#[derive(Debug, Deserialize)]
pub(super) struct CommitInfo {
    /// Its page.
    pub(super) url: Option<String>,
    /// Its message.
    pub(super) message: Option<String>,
    /// When it was made; a text from code hosts, a number in Quay's test notification.
    pub(super) date: Option<Value>,
    /// Who wrote it.
    pub(super) author: Option<Author>,
}

/// An account of a code host.
#[derive(Debug, Deserialize)]
pub(super) struct Author {
    /// The login.
    pub(super) username: Option<String>,
    /// Its page.
    pub(super) url: Option<String>,
}
