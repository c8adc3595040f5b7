//! A run of a pipeline and, where the report tells of them, its workflows.

use throughline_domain::fact::{Attribute, Facts, MAX_FACTS};
use throughline_domain::key::{Key, of_tool};
use throughline_domain::link::LinkKind;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::repository::Repository;

use super::payload::{Body, Pipeline, Workflow, plain};
use super::source;
use crate::draft::{Draft, object_id};
use crate::members;
use crate::provider::ParseError;

/// The rule that all links are made by.
const RULE: &str = "woodpecker/pipeline";

/// The most workflows of one run; none of them states more than eight nodes or links.
const MAX_WORKFLOWS: usize = MAX_FACTS / 8;

/// Everything that a report says; `None` where it does not name repository and number.
pub(super) fn facts(body: &Body, pipeline: &Pipeline) -> Result<Option<Facts>, ParseError> {
    let Some(repo) = &body.repo else { return Ok(None) };
    let (Some(name), Some(number)) = (repo.full_name(), pipeline.number) else { return Ok(None) };
    let workflows = pipeline.workflows.as_deref().unwrap_or_default();
    if workflows.len() > MAX_WORKFLOWS {
        return Err(ParseError::TooMany { what: "workflows", count: workflows.len(), limit: MAX_WORKFLOWS });
    }
    let host = members::host(pipeline.page());
    let id = format!("{name}/{number}");
    let reference = format!("{name} #{number}");
    let key = of_tool(NodeKind::PipelineRun, "woodpecker", &host, &id)?;
    let outcome = plain(&pipeline.status).and_then(outcome);
    let mut draft = Draft::new(RULE, pipeline.times().at(outcome));
    state_run(&mut draft, &key, pipeline, outcome, &reference);
    let commit = match repo.addresses().find_map(Repository::from_address) {
        Some(repository) => source::link(&mut draft, &key, &host, &repository, pipeline)?,
        None => None,
    };
    for workflow in workflows {
        let Some(pid) = workflow.pid else { continue };
        let job = of_tool(NodeKind::Job, "woodpecker", &host, &format!("{id}/{pid}"))?;
        state_workflow(&mut draft, &job, workflow, &reference);
        draft.link(&job, LinkKind::PartOf, &key, "it is a workflow of this pipeline");
        if let Some(commit) = &commit {
            draft.link(&job, LinkKind::BuiltFrom, commit, "the pipeline of this workflow is of this commit");
        }
    }
    Ok(Some(draft.finish()?))
}

fn state_run(draft: &mut Draft, key: &Key, pipeline: &Pipeline, outcome: Option<Outcome>, reference: &str) {
    let subject = plain(&pipeline.message).and_then(|message| message.lines().next());
    let fact = draft
        .fact(key)
        .with(Attribute::Title, plain(&pipeline.title).or(subject).unwrap_or(reference))
        .with(Attribute::Reference, reference)
        .with_some(Attribute::Category, plain(&pipeline.event))
        .with_some(Attribute::Description, plain(&pipeline.deploy_to).map(|target| format!("to {target}")))
        .with_some(Attribute::Branch, plain(&pipeline.branch))
        .with_some(Attribute::Commit, object_id(plain(&pipeline.commit)))
        .page(pipeline.page());
    let (times, state) = (pipeline.times(), plain(&pipeline.status));
    draft.state_known(times.of(fact), state, outcome);
    times.tell(draft, key, reference, state, outcome);
}

fn state_workflow(draft: &mut Draft, key: &Key, workflow: &Workflow, reference: &str) {
    let outcome = plain(&workflow.state).and_then(outcome);
    let times = workflow.times();
    draft.at = times.at(outcome);
    let name = plain(&workflow.name).unwrap_or("workflow");
    let fact = draft.fact(key).with(Attribute::Title, name).with(Attribute::Reference, format!("{reference} / {name}"));
    draft.state_known(times.of(fact), plain(&workflow.state), outcome);
}

fn outcome(status: &str) -> Option<Outcome> {
    match status {
        "created" | "pending" | "blocked" => Some(Outcome::Pending),
        "running" => Some(Outcome::Running),
        "success" => Some(Outcome::Success),
        "failure" | "error" => Some(Outcome::Failure),
        "killed" | "canceled" | "declined" | "skipped" => Some(Outcome::Abandoned),
        _ => None,
    }
}
