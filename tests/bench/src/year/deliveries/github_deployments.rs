//! GitHub's `deployment` and `deployment_status`.

use serde_json::json;

use super::github::{delivery, robot, user};
use super::{DeploymentState, Written};
use crate::year::company::ORGANISATION;
use crate::year::history::{Deployment, Environment, History};
use crate::year::table::Id;

/// A deployment was asked for, or has come further.
pub(super) fn deployment(history: &History, id: Id<Deployment>, state: DeploymentState) -> Written {
    let deployment = history.deployments.at(id);
    let build = history.builds.at(deployment.build);
    let service = history.company.services.at(deployment.service);
    let commit = history.commits.at(build.commit);
    let codebase = history.company.codebases.at(commit.codebase);
    let (environment, is_production) = match deployment.environment {
        Environment::Staging => ("staging", false),
        Environment::Production => ("production", true),
    };
    let image = format!("ghcr.io/{ORGANISATION}/{}:{}@{}", service.name, build.version, build.digest);
    let (event, word, at) = match state {
        DeploymentState::Created => ("deployment", "created", deployment.requested),
        DeploymentState::Queued => ("deployment_status", "queued", deployment.requested),
        DeploymentState::InProgress => ("deployment_status", "in_progress", deployment.started),
        DeploymentState::Ended if deployment.succeeded => ("deployment_status", "success", deployment.ended),
        DeploymentState::Ended => ("deployment_status", "failure", deployment.ended),
    };
    let mut members = json!({
        "action": "created",
        "deployment": {
            "id": deployment.id,
            "task": "deploy",
            "environment": environment,
            "original_environment": environment,
            "description": deployment.description,
            "created_at": deployment.requested,
            "updated_at": at,
            "creator": user(history.person(deployment.by)),
            "sha": commit.sha,
            "ref": commit.sha,
            "payload": {"service": service.name, "image": image},
            "transient_environment": false,
            "production_environment": is_production,
        },
    });
    if let Some(members) = members.as_object_mut().filter(|_| event == "deployment_status") {
        let log = format!("{}/actions/runs/{}", codebase.address(), history.runs.at(build.run).id);
        let status = json!({
            "id": deployment.id * 10 + step(state),
            "state": word,
            "creator": robot(),
            "description": "",
            "environment": environment,
            "target_url": log,
            "log_url": log,
            "created_at": at,
            "updated_at": at,
        });
        members.insert("deployment_status".to_owned(), status);
    }
    delivery(event, &format!("{} {word}", deployment.id), codebase, (at, robot()), members)
}

const fn step(state: DeploymentState) -> u64 {
    match state {
        DeploymentState::Created => 0,
        DeploymentState::Queued => 1,
        DeploymentState::InProgress => 2,
        DeploymentState::Ended => 3,
    }
}
