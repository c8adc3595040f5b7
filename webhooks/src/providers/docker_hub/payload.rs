//! The fields of Docker Hub's push notice that are read.

use serde::Deserialize;
use serde_json::Number;

/// A push notice.
#[derive(Debug, Deserialize)]
pub(super) struct Notice {
    /// What was pushed.
    pub(super) push_data: Option<PushData>,
    /// Where to.
    pub(super) repository: Option<Repository>,
}

/// What was pushed.
#[derive(Debug, Deserialize)]
pub(super) struct PushData {
    /// When, in seconds since 1970.
    pub(super) pushed_at: Option<Number>,
    /// By which account.
    pub(super) pusher: Option<String>,
    /// The tag.
    pub(super) tag: Option<String>,
}

/// A repository of the registry.
#[derive(Debug, Deserialize)]
pub(super) struct Repository {
    /// Namespace and name.
    pub(super) repo_name: Option<String>,
    /// Its page.
    pub(super) repo_url: Option<String>,
    /// A sentence about it.
    pub(super) description: Option<String>,
}
