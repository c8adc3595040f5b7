//! The bodies of an import, as the page of the provider `git` documents them.

use serde::Serialize;
use throughline_domain::time::Timestamp;

/// The form of the bodies.
const VERSION: u64 = 1;

/// What all bodies of an import have.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Place {
    pub(super) version: u64,
    pub(super) repository: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) host: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) commit_page: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file_page: Option<String>,
}

impl Place {
    pub(super) fn new(repository: String) -> Self {
        Self { version: VERSION, repository, host: None, commit_page: None, file_page: None }
    }
}

/// A body: what it is about, and its lists.
#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    pub(super) event: &'static str,
    #[serde(flatten)]
    pub(super) place: &'a Place,
    #[serde(flatten)]
    pub(super) content: Content<'a>,
}

/// What a body holds.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Content<'a> {
    Commits { commits: &'a [Commit], merges: &'a [Merge] },
    Tags { tags: &'a [Tag] },
    Owners { owners: &'a [Owned] },
    Files { files: &'a [File] },
    Imported { branch: &'a str, head: &'a str, at: Option<Timestamp> },
}

#[derive(Debug, Serialize)]
pub(super) struct Commit {
    pub(super) id: String,
    pub(super) parents: Vec<String>,
    pub(super) author: Someone,
    pub(super) authored_at: Option<Timestamp>,
    pub(super) committer: Someone,
    pub(super) committed_at: Option<Timestamp>,
    pub(super) message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) merged_by: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) touches: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Someone {
    pub(super) name: String,
    pub(super) email: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Merge {
    pub(super) id: String,
    pub(super) message: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Tag {
    pub(super) name: String,
    pub(super) commit: String,
    pub(super) at: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
pub(super) struct Owned {
    pub(super) component: String,
    pub(super) owners: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) commit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
pub(super) struct File {
    pub(super) path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) commit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) owners: Vec<String>,
}
