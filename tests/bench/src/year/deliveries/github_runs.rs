//! GitHub's `workflow_run` and `registry_package`.

use serde_json::{Value, json};

use super::github::{author, delivery, robot, user};
use super::{RunState, Written, number};
use crate::year::company::ORGANISATION;
use crate::year::history::{Branch, Build, History, Run};
use crate::year::table::Id;

/// A run of the workflow was asked for, or has ended.
pub(super) fn run(history: &History, id: Id<Run>, state: RunState) -> Written {
    let run = history.runs.at(id);
    let commit = history.commits.at(run.commit);
    let codebase = history.company.codebases.at(commit.codebase);
    let message = history.message(run.commit);
    let (actor, branch) = (user(history.person(run.by)), history.branch_name(&run.branch));
    let (action, status, conclusion, at) = match state {
        RunState::Requested => ("requested", "queued", Value::Null, run.started),
        RunState::Completed => {
            ("completed", "completed", json!(if run.passed { "success" } else { "failure" }), run.ended)
        }
    };
    let changes: Vec<Value> = match &run.branch {
        Branch::Of(change) => {
            let head = json!({"ref": branch, "sha": commit.sha});
            vec![json!({"number": history.changes.at(*change).number, "head": head})]
        }
        Branch::Main | Branch::Release(_) => Vec::new(),
    };
    let written_by = author(history.person(commit.author));
    let members = json!({
        "action": action,
        "workflow_run": {
            "id": run.id,
            "name": "CI",
            "display_title": message.lines().next().unwrap_or_default(),
            "path": ".github/workflows/ci.yml",
            "run_number": id.number() + 1,
            "run_attempt": 1,
            "event": if changes.is_empty() { "push" } else { "pull_request" },
            "head_branch": branch,
            "head_sha": commit.sha,
            "head_commit": {
                "id": commit.sha,
                "message": message,
                "timestamp": commit.at,
                "author": {"name": written_by.get("name"), "email": written_by.get("email")},
            },
            "status": status,
            "conclusion": conclusion,
            "actor": actor,
            "triggering_actor": actor,
            "created_at": run.started,
            "run_started_at": run.started,
            "updated_at": at,
            "html_url": format!("{}/actions/runs/{}", codebase.address(), run.id),
            "pull_requests": changes,
        },
        "workflow": {"name": "CI", "path": ".github/workflows/ci.yml", "state": "active"},
    });
    delivery("workflow_run", &format!("{} {state:?}", run.id), codebase, (at, actor), members)
}

/// An image was pushed to the registry.
pub(super) fn image(history: &History, id: Id<Build>) -> Written {
    let build = history.builds.at(id);
    let service = history.company.services.at(build.service);
    let commit = history.commits.at(build.commit);
    let codebase = history.company.codebases.at(commit.codebase);
    let number = number(&build.digest, 367_000_000, 90_000_000);
    let package = format!("https://github.com/orgs/{ORGANISATION}/packages/container/{}", service.name);
    let labels = json!({
        "org.opencontainers.image.revision": commit.sha,
        "org.opencontainers.image.source": codebase.address(),
        "org.opencontainers.image.version": build.version,
    });
    let members = json!({
        "action": "published",
        "registry_package": {
            "id": number / 40,
            "name": service.name,
            "namespace": ORGANISATION,
            "ecosystem": "CONTAINER",
            "package_type": "CONTAINER",
            "html_url": package,
            "updated_at": build.at,
            "package_version": {
                "id": number,
                "version": build.digest,
                "name": build.digest,
                "html_url": format!("{package}/{number}"),
                "target_commitish": history.branch_name(&history.runs.at(build.run).branch),
                "target_oid": commit.sha,
                "created_at": build.at,
                "updated_at": build.at,
                "author": robot(),
                "container_metadata": {
                    "tag": {"name": build.version, "digest": build.digest},
                    "labels": {
                        "source": codebase.address(),
                        "revision": commit.sha,
                        "all_labels": labels,
                    },
                    "manifest": {"digest": build.digest},
                },
                "package_url": format!("ghcr.io/{ORGANISATION}/{}:{}", service.name, build.version),
            },
        },
    });
    delivery("registry_package", &build.digest, codebase, (build.at, robot()), members)
}
