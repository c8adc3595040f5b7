//! The parts of GitHub's payloads that are read. Fields bear GitHub's names; all of them may be absent or null, since
//! accounts, forks and texts are deleted, older servers send less, and other tools replay shortened payloads.

use serde::Deserialize;
use serde_json::Value;
use throughline_domain::time::Timestamp;

use crate::members::moment_or_seconds;

/// A `push` to a branch or tag.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PushEvent {
    #[serde(rename = "ref")]
    pub(super) reference: Option<String>,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
    pub(super) created: Option<bool>,
    pub(super) deleted: Option<bool>,
    pub(super) forced: Option<bool>,
    pub(super) compare: Option<String>,
    pub(super) commits: Option<Vec<Commit>>,
    pub(super) head_commit: Option<Commit>,
    pub(super) repository: Option<Repository>,
    pub(super) sender: Option<User>,
}

/// A `pull_request` event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PullRequestEvent {
    pub(super) action: Option<String>,
    pub(super) pull_request: Option<PullRequest>,
    pub(super) repository: Option<Repository>,
    pub(super) sender: Option<User>,
}

/// A `pull_request_review` event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ReviewEvent {
    pub(super) action: Option<String>,
    pub(super) review: Option<Review>,
    pub(super) pull_request: Option<PullRequest>,
    pub(super) repository: Option<Repository>,
    pub(super) sender: Option<User>,
}

/// A `check_run` event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CheckRunEvent {
    pub(super) action: Option<String>,
    pub(super) check_run: Option<CheckRun>,
    pub(super) repository: Option<Repository>,
}

/// A `check_suite` event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CheckSuiteEvent {
    pub(super) action: Option<String>,
    pub(super) check_suite: Option<CheckSuite>,
    pub(super) repository: Option<Repository>,
}

/// A `workflow_run` event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WorkflowRunEvent {
    pub(super) action: Option<String>,
    pub(super) workflow_run: Option<WorkflowRun>,
    pub(super) workflow: Option<Named>,
    pub(super) repository: Option<Repository>,
}

/// A `workflow_job` event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WorkflowJobEvent {
    pub(super) action: Option<String>,
    pub(super) workflow_job: Option<WorkflowJob>,
    pub(super) repository: Option<Repository>,
}

/// A `deployment` or `deployment_status` event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DeploymentEvent {
    pub(super) deployment: Option<Deployment>,
    pub(super) deployment_status: Option<DeploymentStatus>,
    pub(super) repository: Option<Repository>,
}

/// A `release` event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ReleaseEvent {
    pub(super) action: Option<String>,
    pub(super) release: Option<Release>,
    pub(super) repository: Option<Repository>,
    pub(super) sender: Option<User>,
}

/// An `issues` event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct IssuesEvent {
    pub(super) action: Option<String>,
    pub(super) issue: Option<Issue>,
    pub(super) repository: Option<Repository>,
    pub(super) sender: Option<User>,
}

/// A `registry_package` or `package` event; the two differ in the name of one member.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PackageEvent {
    pub(super) action: Option<String>,
    pub(super) registry_package: Option<Package>,
    pub(super) package: Option<Package>,
    pub(super) repository: Option<Repository>,
    pub(super) sender: Option<User>,
}

/// A repository.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Repository {
    pub(super) name: Option<String>,
    pub(super) full_name: Option<String>,
    pub(super) html_url: Option<String>,
    pub(super) clone_url: Option<String>,
    pub(super) owner: Option<User>,
    pub(super) description: Option<String>,
    pub(super) archived: Option<bool>,
    pub(super) private: Option<bool>,
    pub(super) visibility: Option<String>,
    pub(super) topics: Option<Vec<String>>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) created_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) updated_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) pushed_at: Option<Timestamp>,
}

/// An account: a person's, a bot's or an organisation's.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct User {
    pub(super) login: Option<String>,
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) html_url: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
}

/// Who wrote a commit, as git says it; `username` where GitHub knows whose e-mail address it is.
#[derive(Clone, Debug, Default, Deserialize)]
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
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) timestamp: Option<Timestamp>,
    pub(super) url: Option<String>,
    pub(super) author: Option<Author>,
    pub(super) added: Option<Vec<String>>,
    pub(super) removed: Option<Vec<String>>,
    pub(super) modified: Option<Vec<String>>,
}

/// Whatever is only known by its name: a label, a workflow, an issue type, an application.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Named {
    pub(super) name: Option<String>,
}

/// A pull request. In review events `merged` and `merged_by` are missing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PullRequest {
    pub(super) number: Option<u64>,
    pub(super) html_url: Option<String>,
    pub(super) state: Option<String>,
    pub(super) draft: Option<bool>,
    pub(super) merged: Option<bool>,
    pub(super) title: Option<String>,
    pub(super) body: Option<String>,
    pub(super) user: Option<User>,
    pub(super) merged_by: Option<User>,
    pub(super) assignees: Option<Vec<User>>,
    pub(super) labels: Option<Vec<Named>>,
    pub(super) head: Option<Head>,
    pub(super) merge_commit_sha: Option<String>,
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

/// A review of a pull request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Review {
    pub(super) state: Option<String>,
    pub(super) user: Option<User>,
    pub(super) commit_id: Option<String>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) submitted_at: Option<Timestamp>,
}

/// A check run.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CheckRun {
    pub(super) id: Option<u64>,
    pub(super) name: Option<String>,
    pub(super) head_sha: Option<String>,
    pub(super) html_url: Option<String>,
    pub(super) status: Option<String>,
    pub(super) conclusion: Option<String>,
    pub(super) output: Option<CheckOutput>,
    pub(super) check_suite: Option<CheckSuite>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) started_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) completed_at: Option<Timestamp>,
}

/// What a check run reports.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CheckOutput {
    pub(super) title: Option<String>,
}

/// The check runs of one application on one commit.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CheckSuite {
    pub(super) id: Option<u64>,
    pub(super) head_branch: Option<String>,
    pub(super) head_sha: Option<String>,
    pub(super) head_commit: Option<Commit>,
    pub(super) status: Option<String>,
    pub(super) conclusion: Option<String>,
    pub(super) app: Option<Named>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) created_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) updated_at: Option<Timestamp>,
}

/// A run of a workflow. A second attempt keeps the id.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WorkflowRun {
    pub(super) id: Option<u64>,
    pub(super) name: Option<String>,
    pub(super) display_title: Option<String>,
    pub(super) path: Option<String>,
    pub(super) run_number: Option<u64>,
    pub(super) head_branch: Option<String>,
    pub(super) head_sha: Option<String>,
    pub(super) head_commit: Option<Commit>,
    pub(super) html_url: Option<String>,
    pub(super) status: Option<String>,
    pub(super) conclusion: Option<String>,
    pub(super) actor: Option<User>,
    pub(super) triggering_actor: Option<User>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) created_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) run_started_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) updated_at: Option<Timestamp>,
}

/// A job of a workflow run. A second attempt has another id.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WorkflowJob {
    pub(super) id: Option<u64>,
    pub(super) run_id: Option<u64>,
    pub(super) name: Option<String>,
    pub(super) workflow_name: Option<String>,
    pub(super) head_branch: Option<String>,
    pub(super) head_sha: Option<String>,
    pub(super) html_url: Option<String>,
    pub(super) status: Option<String>,
    pub(super) conclusion: Option<String>,
    pub(super) labels: Option<Vec<String>>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) created_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) started_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) completed_at: Option<Timestamp>,
}

/// A deployment. `payload` is whatever its maker put there: an object, or a text that may hold one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Deployment {
    pub(super) id: Option<u64>,
    pub(super) sha: Option<String>,
    pub(super) environment: Option<String>,
    pub(super) description: Option<String>,
    pub(super) payload: Option<Value>,
    pub(super) creator: Option<User>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) created_at: Option<Timestamp>,
}

/// How far a deployment has come.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DeploymentStatus {
    pub(super) state: Option<String>,
    pub(super) environment: Option<String>,
    pub(super) creator: Option<User>,
    pub(super) log_url: Option<String>,
    pub(super) target_url: Option<String>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) created_at: Option<Timestamp>,
}

/// A release. Its `created_at` is the time of the tagged commit and is not read.
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
    pub(super) updated_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) published_at: Option<Timestamp>,
}

/// An issue. `pull_request` and `draft` are there where the issue is one side of a pull request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Issue {
    pub(super) number: Option<u64>,
    pub(super) html_url: Option<String>,
    pub(super) title: Option<String>,
    pub(super) body: Option<String>,
    pub(super) state: Option<String>,
    pub(super) state_reason: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<Named>,
    pub(super) user: Option<User>,
    pub(super) assignees: Option<Vec<User>>,
    pub(super) labels: Option<Vec<Named>>,
    pub(super) draft: Option<bool>,
    pub(super) pull_request: Option<ChangeSide>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) created_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) updated_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) closed_at: Option<Timestamp>,
}

/// What an issue tells of the pull request that it is one side of.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ChangeSide {
    pub(super) html_url: Option<String>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) merged_at: Option<Timestamp>,
}

/// A package of GitHub's registries.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Package {
    pub(super) name: Option<String>,
    pub(super) package_version: Option<PackageVersion>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) updated_at: Option<Timestamp>,
}

/// A version of a package. For containers `version` and `name` are the digest, and the times may be of the year 1.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PackageVersion {
    pub(super) version: Option<String>,
    pub(super) name: Option<String>,
    pub(super) html_url: Option<String>,
    pub(super) package_url: Option<String>,
    pub(super) author: Option<User>,
    pub(super) container_metadata: Option<ContainerMetadata>,
    #[serde(deserialize_with = "moment_or_seconds")]
    pub(super) created_at: Option<Timestamp>,
}

/// What the registry knows of a container. GitHub documents `labels` and `manifest` as of any type.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ContainerMetadata {
    pub(super) tag: Option<ContainerTag>,
    pub(super) labels: Option<Value>,
    pub(super) manifest: Option<Value>,
}

/// The tag that was pushed; its name is empty where an image was pushed without one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ContainerTag {
    pub(super) name: Option<String>,
    pub(super) digest: Option<String>,
}
