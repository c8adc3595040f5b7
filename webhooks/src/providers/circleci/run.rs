//! `workflow-completed` and `job-completed`: a run of a workflow, and its jobs.

use throughline_domain::fact::{Attribute, Facts, NodeFact};
use throughline_domain::key::{Key, KeyError, of_tool};
use throughline_domain::link::LinkKind;
use throughline_domain::node::{NodeKind, Outcome};

use super::payload::{Event, Workflow};
use super::source::Source;
use crate::draft::{Draft, object_id, ran};
use crate::members;
use crate::pipeline::summary;
use crate::provider::ParseError;

/// Reads the end of a workflow; `None` where it has no id.
pub(super) fn workflow_facts(event: &Event) -> Result<Option<Facts>, ParseError> {
    let Some(workflow) = &event.workflow else { return Ok(None) };
    let Some(key) = workflow_key(workflow)? else { return Ok(None) };
    let source = Source::of(event.pipeline.as_ref());
    let mut draft = Draft::new("circleci/pipeline", event.happened_at.or(workflow.stopped_at));
    let status = workflow.status.as_deref();
    let fact = workflow_fact(&draft, &key, event, workflow, &source).moment(Attribute::FinishedAt, workflow.stopped_at);
    draft.state_with_outcome(fact, status, status.and_then(outcome));
    link_source(&mut draft, &source, &key, &key)?;
    let told = summary(&reference(event, workflow), "completed", status);
    draft.event(&key, workflow.stopped_at, "completed", None, &told);
    Ok(Some(draft.finish()?))
}

/// Reads the end of a job; `None` where it or its workflow has no id.
pub(super) fn job_facts(event: &Event) -> Result<Option<Facts>, ParseError> {
    let (Some(workflow), Some(job)) = (&event.workflow, &event.job) else { return Ok(None) };
    let Some(run) = workflow_key(workflow)? else { return Ok(None) };
    let Some(id) = job.id.as_deref().filter(|id| !id.is_empty()) else { return Ok(None) };
    let source = Source::of(event.pipeline.as_ref());
    let mut draft = Draft::new("circleci/pipeline", event.happened_at.or(job.stopped_at));
    let key = of_tool(NodeKind::Job, "circleci", &members::host(workflow.url.as_deref()), id)?;
    let name = job.name.as_deref().unwrap_or("job");
    let title = format!("{} / {name}", workflow.name.as_deref().unwrap_or("workflow"));
    let fact = draft.fact(&key).with(Attribute::Title, name).with(Attribute::Reference, title.as_str());
    let fact = ran(fact, job.started_at, job.stopped_at)
        .with_some(Attribute::Branch, source.branch)
        .with_some(Attribute::Commit, object_id(source.commit));
    let status = job.status.as_deref();
    draft.state_with_outcome(fact, status, status.and_then(outcome));
    let fact = workflow_fact(&draft, &run, event, workflow, &source);
    draft.state(fact);
    draft.link(&key, LinkKind::PartOf, &run, "it is a job of this workflow");
    link_source(&mut draft, &source, &run, &key)?;
    draft.event(&key, job.stopped_at, "completed", None, &summary(&title, "completed", status));
    Ok(Some(draft.finish()?))
}

/// The workflow's repository and commit, from which workflow and job were built.
fn link_source(draft: &mut Draft, source: &Source<'_>, run: &Key, built: &Key) -> Result<(), KeyError> {
    if let Some(commit) = source.state(draft, run)? {
        draft.link(run, LinkKind::BuiltFrom, &commit, "the workflow ran on this commit");
        draft.link(built, LinkKind::BuiltFrom, &commit, "the job ran on this commit");
    }
    Ok(())
}

fn workflow_fact(draft: &Draft, key: &Key, event: &Event, workflow: &Workflow, source: &Source<'_>) -> NodeFact {
    draft
        .fact(key)
        .with_some(Attribute::Title, source.subject.or(workflow.name.as_deref()))
        .with(Attribute::Reference, reference(event, workflow))
        .moment(Attribute::OccurredAt, workflow.created_at)
        .moment(Attribute::StartedAt, workflow.created_at)
        .with_some(Attribute::Branch, source.branch)
        .with_some(Attribute::Commit, object_id(source.commit))
        .page(workflow.url.as_deref())
}

/// A rerun of a workflow has an id of its own.
fn workflow_key(workflow: &Workflow) -> Result<Option<Key>, KeyError> {
    let Some(id) = workflow.id.as_deref().filter(|id| !id.is_empty()) else { return Ok(None) };
    of_tool(NodeKind::PipelineRun, "circleci", &members::host(workflow.url.as_deref()), id).map(Some)
}

/// What people call the run: `checkout / build #130`.
fn reference(event: &Event, workflow: &Workflow) -> String {
    let project = event.project.as_ref().and_then(|project| project.name.as_deref());
    let project = project.map(|name| format!("{name} / ")).unwrap_or_default();
    let number = event.pipeline.as_ref().and_then(|pipeline| pipeline.number);
    let number = number.map(|number| format!(" #{number}")).unwrap_or_default();
    format!("{project}{}{number}", workflow.name.as_deref().unwrap_or("workflow"))
}

fn outcome(status: &str) -> Option<Outcome> {
    match status {
        "success" => Some(Outcome::Success),
        "failed" | "error" | "unauthorized" | "timedout" | "infrastructure_fail" => Some(Outcome::Failure),
        "canceled" | "not_run" => Some(Outcome::Abandoned),
        _ => None,
    }
}
