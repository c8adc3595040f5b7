//! Workflow runs with their jobs, and deployments with their statuses, as their webhooks would have told them.

use serde_json::{Value, json};

use super::Repository;
use crate::backfill::BackfillError;
use crate::backfill::intake::Item;
use crate::backfill::parts::{at, number, pick, state, text};

/// What a run says of repositories and pull requests that it belongs to is told by themselves, and large.
const DROPPED: [&str; 3] = ["repository", "head_repository", "pull_requests"];

impl Repository<'_> {
    /// A workflow run: that it was asked for, how far it has come, and its jobs of every attempt.
    pub(super) async fn run(&self, row: &Value) -> Result<Vec<Item>, BackfillError> {
        let Some(id) = number(row, "/id") else { return Ok(Vec::new()) };
        let mut run = row.clone();
        if let Some(members) = run.as_object_mut() {
            members.retain(|name, _| !DROPPED.contains(&name.as_str()));
        }
        let state = state(&run, &["/updated_at", "/created_at"]);
        let mut actions = vec!["requested"];
        actions.extend(progress(&run).filter(|action| *action != "requested"));
        let sender = at(&run, "/triggering_actor");
        let item = |action: &str| {
            let members = [("action", json!(action)), ("workflow_run", run.clone()), ("sender", sender.clone())];
            self.item("workflow_run", &id.to_string(), &state, &members)
        };
        let mut items: Vec<Item> = actions.into_iter().map(item).collect();
        let path = format!("{}/actions/runs/{id}/jobs?filter=all&per_page=100", self.path);
        for job in self.api.all(&path, Some("jobs")).await? {
            items.extend(self.job(&job));
        }
        Ok(items)
    }

    fn job(&self, job: &Value) -> Option<Item> {
        let id = number(job, "/id")?;
        let action = progress(job).map_or("queued", |action| if action == "requested" { "queued" } else { action });
        let state = state(job, &["/completed_at", "/started_at", "/created_at"]);
        let members = [("action", json!(action)), ("workflow_job", job.clone())];
        Some(self.item("workflow_job", &id.to_string(), &state, &members))
    }

    /// A deployment that was asked for, and every status that it had.
    pub(super) async fn deployment(&self, row: &Value) -> Result<Vec<Item>, BackfillError> {
        let Some(id) = number(row, "/id") else { return Ok(Vec::new()) };
        let created = [("action", json!("created")), ("deployment", row.clone()), ("sender", at(row, "/creator"))];
        let mut items = vec![self.item("deployment", &id.to_string(), &state(row, &["/created_at"]), &created)];
        let path = format!("{}/deployments/{id}/statuses?per_page=100", self.path);
        for status in self.api.all(&path, None).await? {
            items.extend(self.deployment_status(row, &status));
        }
        Ok(items)
    }

    fn deployment_status(&self, deployment: &Value, status: &Value) -> Option<Item> {
        let id = number(status, "/id")?;
        let members = [
            ("action", json!("created")),
            ("deployment_status", status.clone()),
            ("deployment", pick(deployment, &DEPLOYMENT_MEMBERS)),
            ("sender", at(status, "/creator")),
        ];
        let state = state(status, &["/updated_at", "/created_at"]);
        Some(self.item("deployment_status", &id.to_string(), &state, &members))
    }
}

/// What a status repeats of its deployment.
const DEPLOYMENT_MEMBERS: [&str; 10] =
    ["id", "url", "sha", "ref", "task", "environment", "description", "payload", "creator", "created_at"];

/// The action by which a webhook tells how far a run or job has come.
fn progress(run: &Value) -> Option<&'static str> {
    match text(run, "/status")? {
        "completed" => Some("completed"),
        "in_progress" => Some("in_progress"),
        "queued" | "requested" | "waiting" | "pending" => Some("requested"),
        _ => None,
    }
}
