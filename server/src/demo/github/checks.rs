//! Workflow runs, their jobs, and checks by other applications.

use serde_json::json;

use super::{delivery, organization, repository, user};
use crate::demo::calendar::{Calendar, Moment};
use crate::demo::changes::Change;
use crate::demo::company::repository_address;
use crate::demo::{Delivery, ids};

/// How a run of the workflow on a commit ended.
#[derive(Debug)]
pub struct Run {
    /// The commit.
    pub head: String,
    /// When it was pushed.
    pub pushed: Moment,
    /// What the tests said: `212 passed`.
    pub result: String,
    /// Whether everything passed.
    pub passed: bool,
}

/// The job that runs the tests has ended.
pub fn job_completed(calendar: &Calendar, change: &Change, run: &Run) -> Delivery {
    let at = calendar.time(run.pushed.plus(12));
    let name = format!("job {}", run.head);
    let (id, run_id) = (ids::number(&name, 48_000_000_000, 900_000_000), run_id(run));
    let body = json!({
        "action": "completed",
        "workflow_job": {
            "id": id,
            "run_id": run_id,
            "run_attempt": 1,
            "workflow_name": "CI",
            "name": "tests",
            "head_branch": change.branch,
            "head_sha": run.head,
            "status": "completed",
            "conclusion": conclusion(run),
            "created_at": calendar.time(run.pushed.plus(1)),
            "started_at": calendar.time(run.pushed.plus(2)),
            "completed_at": at,
            "html_url": format!("{}/actions/runs/{run_id}/job/{id}", repository_address(change.repository)),
            "labels": ["ubuntu-24.04"],
            "runner_name": "acme-runner-3",
        },
        "repository": repository(change.repository, at),
        "organization": organization(),
        "sender": user(change.author),
    });
    delivery("workflow_job", &name, at, &body)
}

/// The whole run has ended.
pub fn run_completed(calendar: &Calendar, change: &Change, run: &Run) -> Delivery {
    let at = calendar.time(run.pushed.plus(13));
    let (name, id) = (format!("run {}", run.head), run_id(run));
    let began = calendar.time(run.pushed.plus(1));
    let body = json!({
        "action": "completed",
        "workflow_run": {
            "id": id,
            "name": "CI",
            "display_title": change.title,
            "path": ".github/workflows/ci.yml",
            "run_number": ids::number(&name, 300, 600),
            "run_attempt": 1,
            "event": "pull_request",
            "head_branch": change.branch,
            "head_sha": run.head,
            "status": "completed",
            "conclusion": conclusion(run),
            "actor": user(change.author),
            "triggering_actor": user(change.author),
            "created_at": began,
            "run_started_at": began,
            "updated_at": at,
            "html_url": format!("{}/actions/runs/{id}", repository_address(change.repository)),
            "pull_requests": [{"number": change.number, "head": {"ref": change.branch, "sha": run.head}}],
        },
        "workflow": {"name": "CI", "path": ".github/workflows/ci.yml", "state": "active"},
        "repository": repository(change.repository, at),
        "organization": organization(),
        "sender": user(change.author),
    });
    delivery("workflow_run", &name, at, &body)
}

/// A check by another application has ended: the contract tests between checkout and its neighbours.
pub fn check_completed(calendar: &Calendar, change: &Change, run: &Run) -> Delivery {
    let at = calendar.time(run.pushed.plus(10));
    let name = format!("check {}", run.head);
    let id = ids::number(&name, 47_000_000_000, 900_000_000);
    let body = json!({
        "action": "completed",
        "check_run": {
            "id": id,
            "name": "contract tests",
            "head_sha": run.head,
            "status": "completed",
            "conclusion": conclusion(run),
            "started_at": calendar.time(run.pushed.plus(3)),
            "completed_at": at,
            "html_url": format!("{}/runs/{id}", repository_address(change.repository)),
            "output": {"title": run.result, "summary": "", "annotations_count": 0},
            "check_suite": {"head_branch": change.branch, "head_sha": run.head},
            "app": {"slug": "acme-contracts", "name": "Acme contracts"},
            "pull_requests": [{"number": change.number}],
        },
        "repository": repository(change.repository, at),
        "organization": organization(),
        "sender": user(change.author),
    });
    delivery("check_run", &name, at, &body)
}

fn conclusion(run: &Run) -> &'static str {
    if run.passed { "success" } else { "failure" }
}

fn run_id(run: &Run) -> u64 {
    ids::number(&format!("run {}", run.head), 17_400_000_000, 500_000_000)
}
