//! How Argo CD tells of it: one notification at the end of each sync operation.

use serde_json::{Value, json};
use throughline_domain::key::{self, Key};
use throughline_domain::node::NodeKind;
use throughline_domain::time::Timestamp;

use super::calendar::Calendar;
use super::changes::{self, Change};
use super::company::{ARGOCD_ADDRESS, REGISTRY, WEB, repository_address};
use super::rollouts::{self, End, Rollout};
use super::{ARGOCD, Delivery};

/// How long a sync operation takes, in minutes.
const SYNC_MINUTES: i64 = 2;

/// A sync operation has ended.
pub fn synced(calendar: &Calendar, rollout: &Rollout) -> Delivery {
    let at = calendar.time(rollout.at);
    let service = rollout.service.name;
    let body = json!({
        "context": {"argocdUrl": ARGOCD_ADDRESS},
        "app": {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {
                "name": application(rollout),
                "namespace": "argocd",
                "labels": {"app.kubernetes.io/name": service, "environment": rollout.environment},
            },
            "spec": {
                "project": "shop",
                "destination": {"server": "https://kubernetes.default.svc", "namespace": rollout.environment},
                "source": source(rollout),
            },
            "status": {
                "health": {"status": health(rollout), "lastTransitionTime": at},
                "operationState": operation(rollout, started(calendar, rollout), at),
                "summary": {"images": images(rollout)},
                "sync": {"status": if rollout.end == End::Healthy { "Synced" } else { "OutOfSync" }},
            },
        },
    });
    let headers = [("content-type", "application/json"), ("user-agent", "argocd-notifications-controller")];
    Delivery::new(ARGOCD, at, &headers, &body)
}

/// The node that the operation becomes.
pub fn deployment_key(calendar: &Calendar, rollout: &Rollout) -> Key {
    let host = ARGOCD_ADDRESS.trim_start_matches("https://");
    let resource = format!("{}/{}", application(rollout), started(calendar, rollout));
    key::of_tool(NodeKind::Deployment, "argocd", host, &resource)
        .expect("the names of the story are short and not empty")
}

fn application(rollout: &Rollout) -> String {
    format!("{}-{}", rollout.service.name, rollout.environment)
}

fn started(calendar: &Calendar, rollout: &Rollout) -> Timestamp {
    calendar.time(rollout.at.plus(-SYNC_MINUTES))
}

fn operation(rollout: &Rollout, started: Timestamp, finished: Timestamp) -> Value {
    let (phase, message) = match rollout.end {
        End::Healthy => ("Succeeded", "successfully synced (all tasks run)"),
        End::Failed(message) => ("Failed", message),
    };
    let initiator = match rollout.by {
        Some(person) => json!({"username": person.login}),
        None => json!({"automated": true}),
    };
    let revision = revision(rollout);
    json!({
        "phase": phase,
        "message": message,
        "startedAt": started,
        "finishedAt": finished,
        "operation": {"initiatedBy": initiator, "sync": {"revision": revision}},
        "syncResult": {"revision": revision, "source": source(rollout), "resources": resources(rollout)},
    })
}

fn resources(rollout: &Rollout) -> Value {
    let service = rollout.service.name;
    json!([
        {
            "group": "",
            "version": "v1",
            "kind": "Service",
            "namespace": rollout.environment,
            "name": service,
            "status": "Synced",
            "syncPhase": "Sync",
        },
        {
            "group": "apps",
            "version": "v1",
            "kind": "Deployment",
            "namespace": rollout.environment,
            "name": service,
            "status": if rollout.end == End::Healthy { "Synced" } else { "SyncFailed" },
            "syncPhase": "Sync",
            "images": images(rollout),
        },
    ])
}

/// Most services come as a chart of the same version as their image; the pages come out of their own repository.
fn source(rollout: &Rollout) -> Value {
    match pages_commit(rollout) {
        Some(_) => json!({
            "repoURL": repository_address(WEB.name),
            "path": format!("deploy/{}", rollout.environment),
            "targetRevision": "main",
        }),
        None => json!({
            "repoURL": format!("{REGISTRY}/charts"),
            "chart": rollout.service.name,
            "targetRevision": rollout.version,
        }),
    }
}

fn revision(rollout: &Rollout) -> String {
    pages_commit(rollout).unwrap_or_else(|| rollout.version.to_owned())
}

fn pages_commit(rollout: &Rollout) -> Option<String> {
    let is_pages = rollout.service.name == WEB.name;
    changes::of_image(rollout.service.name, rollout.version).filter(|_| is_pages).map(Change::merge_commit)
}

fn images(rollout: &Rollout) -> Vec<String> {
    let digest = rollouts::digest(rollout.service, rollout.version);
    vec![format!("{}@{digest}", rollouts::image(rollout.service, rollout.version))]
}

fn health(rollout: &Rollout) -> &'static str {
    match rollout.end {
        End::Healthy => "Healthy",
        End::Failed(_) => "Degraded",
    }
}
