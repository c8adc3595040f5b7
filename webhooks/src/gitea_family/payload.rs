//! The parts of the family's payloads that are read. Fields bear the tools' names; all of them may be absent or null,
//! since the three tools and their versions send more or less of each.

use serde::Deserialize;
use throughline_domain::time::Timestamp;

use crate::members::moment_or_seconds;

/// The body of any event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Body {
    pub(super) action: Option<String>,
    pub(super) number: Option<u64>,
    pub(super) repository: Option<Repository>,
    pub(super) sender: Option<User>,
    pub(super) pusher: Option<User>,
    #[serde(rename = "ref")]
    pub(super) reference: Option<String>,
    pub(super) ref_type: Option<String>,
    pub(super) pusher_type: Option<String>,
    pub(super) sha: Option<String>,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
    pub(super) compare_url: Option<String>,
    pub(super) commits: Option<Vec<Commit>>,
    pub(super) total_commits: Option<u64>,
    pub(super) head_commit: Option<Commit>,
    pub(super) forkee: Option<Repository>,
    pub(super) issue: Option<Issue>,
    pub(super) comment: Option<Comment>,
    pub(super) is_pull: Option<bool>,
    pub(super) pull_request: Option<PullRequest>,
    pub(super) review: Option<Review>,
    pub(super) commit_id: Option<String>,
    pub(super) release: Option<Release>,
    pub(super) package: Option<Package>,
    pub(super) workflow: Option<Workflow>,
    pub(super) workflow_run: Option<WorkflowRun>,
    pub(super) workflow_job: Option<WorkflowJob>,
    pub(super) run: Option<ActionRun>,
    pub(super) context: Option<String>,
    pub(super) state: Option<String>,
    pub(super) description: Option<String>,
    pub(super) target_url: Option<String>,
    pub(super) commit: Option<Commit>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) created_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) updated_at: Option<Timestamp>,
}

/// A repository.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Repository {
    pub(super) full_name: Option<String>,
    pub(super) html_url: Option<String>,
    pub(super) clone_url: Option<String>,
    pub(super) fork: Option<bool>,
    pub(super) default_branch: Option<String>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) created_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) updated_at: Option<Timestamp>,
}

/// An account. Gogs and old versions of Gitea repeat the login as `username`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct User {
    pub(super) login: Option<String>,
    pub(super) username: Option<String>,
    pub(super) full_name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) html_url: Option<String>,
}

/// Who wrote a commit, as git says it; `username` where the tool knows whose e-mail address it is.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Author {
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) username: Option<String>,
}

/// A commit.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Commit {
    pub(super) id: Option<String>,
    pub(super) message: Option<String>,
    pub(super) url: Option<String>,
    pub(super) author: Option<Author>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) timestamp: Option<Timestamp>,
    pub(super) added: Option<Vec<String>>,
    pub(super) removed: Option<Vec<String>>,
    pub(super) modified: Option<Vec<String>>,
}

/// Whatever is only known by its name.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Named {
    pub(super) name: Option<String>,
}

/// An issue, or the issue's side of a pull request, which then says how far that has come.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Issue {
    pub(super) number: Option<u64>,
    pub(super) html_url: Option<String>,
    pub(super) title: Option<String>,
    pub(super) body: Option<String>,
    pub(super) state: Option<String>,
    pub(super) user: Option<User>,
    pub(super) assignee: Option<User>,
    pub(super) assignees: Option<Vec<User>>,
    pub(super) labels: Option<Vec<Named>>,
    pub(super) pull_request: Option<PullState>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) created_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) updated_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) closed_at: Option<Timestamp>,
}

/// How far a pull request has come, as its issue tells it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PullState {
    pub(super) merged: Option<bool>,
    pub(super) html_url: Option<String>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) merged_at: Option<Timestamp>,
}

/// A comment.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Comment {
    pub(super) user: Option<User>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) created_at: Option<Timestamp>,
}

/// A pull request. Gogs names the branches beside it and sends no times but that of the merge.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PullRequest {
    pub(super) number: Option<u64>,
    pub(super) html_url: Option<String>,
    pub(super) url: Option<String>,
    pub(super) title: Option<String>,
    pub(super) body: Option<String>,
    pub(super) state: Option<String>,
    pub(super) draft: Option<bool>,
    pub(super) merged: Option<bool>,
    pub(super) merged_by: Option<User>,
    pub(super) merge_commit_sha: Option<String>,
    pub(super) user: Option<User>,
    pub(super) assignee: Option<User>,
    pub(super) assignees: Option<Vec<User>>,
    pub(super) labels: Option<Vec<Named>>,
    pub(super) head: Option<Head>,
    pub(super) head_branch: Option<String>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) created_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) updated_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) closed_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) merged_at: Option<Timestamp>,
}

/// The source branch of a pull request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Head {
    #[serde(rename = "ref")]
    pub(super) branch: Option<String>,
    pub(super) sha: Option<String>,
}

/// A review; the sender gave it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Review {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
}

/// A release.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Release {
    pub(super) tag_name: Option<String>,
    pub(super) target_commitish: Option<String>,
    pub(super) name: Option<String>,
    pub(super) body: Option<String>,
    pub(super) html_url: Option<String>,
    pub(super) draft: Option<bool>,
    pub(super) prerelease: Option<bool>,
    pub(super) author: Option<User>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) created_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) published_at: Option<Timestamp>,
}

/// A version of a package. Of containers pushed without a tag, the version is the digest.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Package {
    pub(super) owner: Option<User>,
    pub(super) creator: Option<User>,
    pub(super) repository: Option<Repository>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    pub(super) html_url: Option<String>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) created_at: Option<Timestamp>,
}

/// A workflow file.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Workflow {
    pub(super) name: Option<String>,
}

/// A run of a workflow, as Gitea tells it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WorkflowRun {
    pub(super) id: Option<u64>,
    pub(super) display_title: Option<String>,
    pub(super) path: Option<String>,
    pub(super) run_number: Option<u64>,
    pub(super) head_sha: Option<String>,
    pub(super) head_branch: Option<String>,
    pub(super) html_url: Option<String>,
    pub(super) status: Option<String>,
    pub(super) conclusion: Option<String>,
    pub(super) actor: Option<User>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) started_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) completed_at: Option<Timestamp>,
}

/// A job of a run.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WorkflowJob {
    pub(super) id: Option<u64>,
    pub(super) run_id: Option<u64>,
    pub(super) name: Option<String>,
    pub(super) labels: Option<Vec<String>>,
    pub(super) head_sha: Option<String>,
    pub(super) head_branch: Option<String>,
    pub(super) html_url: Option<String>,
    pub(super) status: Option<String>,
    pub(super) conclusion: Option<String>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) created_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) started_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) completed_at: Option<Timestamp>,
}

/// A run that has ended, as Forgejo tells it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ActionRun {
    pub(super) id: Option<u64>,
    pub(super) title: Option<String>,
    pub(super) repository: Option<Repository>,
    pub(super) workflow_id: Option<String>,
    pub(super) index_in_repo: Option<u64>,
    pub(super) trigger_user: Option<User>,
    pub(super) prettyref: Option<String>,
    pub(super) commit_sha: Option<String>,
    pub(super) status: Option<String>,
    pub(super) html_url: Option<String>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) started: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) stopped: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) updated: Option<Timestamp>,
}
