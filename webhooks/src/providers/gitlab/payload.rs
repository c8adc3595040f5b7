//! The parts of GitLab's payloads that several events share. Fields bear GitLab's names; all of them may be absent or
//! null, since older servers send less.

use serde::Deserialize;
use throughline_domain::time::Timestamp;

use super::time::moment;

/// A project, in the present form (`project`) or the older one (`repository`).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Project {
    pub(super) id: Option<u64>,
    pub(super) path_with_namespace: Option<String>,
    pub(super) web_url: Option<String>,
    pub(super) homepage: Option<String>,
    pub(super) git_http_url: Option<String>,
    pub(super) url: Option<String>,
    pub(super) default_branch: Option<String>,
}

/// A person. Who hides the e-mail address has `[REDACTED]` there.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct User {
    pub(super) id: Option<u64>,
    pub(super) name: Option<String>,
    pub(super) username: Option<String>,
    pub(super) email: Option<String>,
}

/// Who wrote a commit, as git says it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Author {
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
}

/// A commit.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Commit {
    pub(super) id: Option<String>,
    pub(super) message: Option<String>,
    #[serde(deserialize_with = "moment")]
    pub(super) timestamp: Option<Timestamp>,
    pub(super) url: Option<String>,
    pub(super) author: Option<Author>,
    pub(super) added: Option<Vec<String>>,
    pub(super) removed: Option<Vec<String>>,
    pub(super) modified: Option<Vec<String>>,
}

/// A label.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Label {
    pub(super) title: Option<String>,
}

/// A merge request. Comments and pipelines carry less of it; labels and assignees may stand beside it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MergeRequest {
    pub(super) iid: Option<u64>,
    pub(super) url: Option<String>,
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    pub(super) state: Option<String>,
    pub(super) action: Option<String>,
    pub(super) draft: Option<bool>,
    pub(super) work_in_progress: Option<bool>,
    pub(super) source_branch: Option<String>,
    pub(super) target_project_id: Option<u64>,
    pub(super) author_id: Option<u64>,
    pub(super) oldrev: Option<String>,
    pub(super) last_commit: Option<Commit>,
    pub(super) merge_commit_sha: Option<String>,
    pub(super) squash_commit_sha: Option<String>,
    pub(super) detailed_merge_status: Option<String>,
    pub(super) labels: Option<Vec<Label>>,
    pub(super) assignees: Option<Vec<User>>,
    #[serde(deserialize_with = "moment")]
    pub(super) created_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) updated_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) merged_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) closed_at: Option<Timestamp>,
}

/// An issue or other work item.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Issue {
    pub(super) iid: Option<u64>,
    pub(super) url: Option<String>,
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    pub(super) state: Option<String>,
    pub(super) action: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) severity: Option<String>,
    pub(super) author_id: Option<u64>,
    pub(super) labels: Option<Vec<Label>>,
    pub(super) assignees: Option<Vec<User>>,
    #[serde(deserialize_with = "moment")]
    pub(super) created_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) updated_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) closed_at: Option<Timestamp>,
}
