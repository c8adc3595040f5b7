//! `deployment_review`: workflow runs that wait for a person before they deploy, and what that person said.

use serde::Deserialize;
use throughline_domain::fact::Facts;
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::node::NodeKind;
use throughline_domain::time::Timestamp;

use crate::members::moment_or_seconds;
use crate::stop::Stop;

use super::checks::{state_workflow_job, state_workflow_run};
use super::delivery::Delivery;
use super::draft::Draft;
use super::payload::{Named, Repository, User, WorkflowJob, WorkflowRun};
use super::people::by;

/// A `deployment_review` event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct DeploymentReviewEvent {
    environment: Option<String>,
    workflow: Option<Named>,
    workflow_run: Option<WorkflowRun>,
    workflow_job_run: Option<WorkflowJob>,
    approver: Option<User>,
    repository: Option<Repository>,
    sender: Option<User>,
    #[serde(deserialize_with = "moment_or_seconds")]
    since: Option<Timestamp>,
}

/// Reads the review of a deployment that a workflow run wants to make.
pub(super) fn facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let mut event: DeploymentReviewEvent = delivery.read("a GitHub deployment_review event")?;
    let run = event.workflow_run.take().ok_or_else(|| Stop::nothing("the body holds no workflow run"))?;
    let mut draft = Draft::open(delivery, event.repository.as_ref(), event.since.or(run.updated_at))?;
    let workflow = event.workflow.as_ref().and_then(|workflow| workflow.name.as_deref());
    let (key, _) = state_workflow_run(&mut draft, &run, workflow)?;
    if let Some(mut job) = event.workflow_job_run.take() {
        job.run_id = job.run_id.or(run.id);
        state_workflow_job(&mut draft, &job)?;
    }
    draft.named(NodeKind::Environment, event.environment.as_deref());
    reviewed(&mut draft, &key, delivery.action(), &event)?;
    draft.finish()
}

fn reviewed(draft: &mut Draft, key: &Key, action: &str, event: &DeploymentReviewEvent) -> Result<(), Stop> {
    let place = event.environment.as_deref().map(|name| format!(" to {name}")).unwrap_or_default();
    let reviewer = event.approver.as_ref().or(event.sender.as_ref());
    match action {
        "requested" => draft.event(key, None, "held", None, format!("Deployment{place} waits for a review")),
        "approved" => {
            draft.person(key, LinkKind::ApprovedBy, reviewer, &format!("approved the deployment{place}"))?;
            draft.event(key, None, "approved", reviewer, by(&format!("Deployment{place} approved"), reviewer));
        }
        "rejected" => {
            draft.event(key, None, "rejected", reviewer, by(&format!("Deployment{place} rejected"), reviewer));
        }
        _ => {}
    }
    Ok(())
}
