//! The form of an import's bodies.

use serde::Deserialize;
use throughline_domain::time::Timestamp;

/// A body. Which of the lists counts is told by `event`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Body {
    pub(super) version: Option<u64>,
    pub(super) event: Option<String>,
    /// The repository's address.
    pub(super) repository: Option<String>,
    /// The provider whose logins CODEOWNERS holds: `github`.
    pub(super) host: Option<String>,
    /// What stands before a commit's id in the address of its page.
    pub(super) commit_page: Option<String>,
    /// What stands before a file's path in the address of its page.
    pub(super) file_page: Option<String>,
    pub(super) branch: Option<String>,
    pub(super) head: Option<String>,
    pub(super) at: Option<Timestamp>,
    pub(super) commits: Vec<Commit>,
    pub(super) merges: Vec<Merge>,
    pub(super) tags: Vec<Tag>,
    pub(super) owners: Vec<Owned>,
    pub(super) files: Vec<File>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Commit {
    pub(super) id: Option<String>,
    pub(super) parents: Vec<String>,
    pub(super) author: Option<Someone>,
    pub(super) authored_at: Option<Timestamp>,
    pub(super) committer: Option<Someone>,
    pub(super) committed_at: Option<Timestamp>,
    pub(super) message: Option<String>,
    /// The merge that brought the commit in; its message stands among `merges`.
    pub(super) merged_by: Option<String>,
    /// The components whose files the commit changes.
    pub(super) touches: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Someone {
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Merge {
    pub(super) id: Option<String>,
    pub(super) message: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Tag {
    pub(super) name: Option<String>,
    pub(super) commit: Option<String>,
    pub(super) at: Option<Timestamp>,
}

/// Who owns a component from a commit on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Owned {
    pub(super) component: Option<String>,
    pub(super) owners: Vec<String>,
    pub(super) file: Option<String>,
    pub(super) at: Option<Timestamp>,
}

/// A file that is more than source code, as the commit that is imported has it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct File {
    pub(super) path: Option<String>,
    /// What it says; nothing where it is gone.
    pub(super) text: Option<String>,
    /// The commit that last changed it.
    pub(super) commit: Option<String>,
    pub(super) at: Option<Timestamp>,
    /// Who owns it, as CODEOWNERS writes it.
    pub(super) owners: Vec<String>,
}
