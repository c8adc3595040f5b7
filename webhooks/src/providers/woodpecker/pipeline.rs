//! A run of a pipeline and, where the report tells of them, its workflows.

use throughline_domain::fact::{Attribute, Facts, MAX_FACTS, NodeFact};
use throughline_domain::key::{Key, of_tool};
use throughline_domain::link::LinkKind;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::repository::Repository;
use throughline_domain::time::Timestamp;
use url::Url;

use super::payload::{Body, Pipeline, Workflow, plain};
use super::source;
use crate::draft::{Draft, object_id};
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
    let host = pipeline.page().and_then(host).unwrap_or_default();
    let id = format!("{name}/{number}");
    let reference = format!("{name} #{number}");
    let key = of_tool(NodeKind::PipelineRun, "woodpecker", &host, &id)?;
    let outcome = plain(&pipeline.status).and_then(outcome);
    let mut draft = Draft::new(RULE, at(outcome, pipeline.created, pipeline.started, pipeline.finished));
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
        .with_some(Attribute::Branch, plain(&pipeline.branch))
        .with_some(Attribute::Commit, object_id(plain(&pipeline.commit)))
        .page(pipeline.page());
    let state = plain(&pipeline.status);
    state_known(draft, moments(fact, pipeline.started, pipeline.finished), state, outcome);
    let (what, at) = match outcome {
        Some(Outcome::Pending) => ("queued", pipeline.created),
        Some(Outcome::Running) => ("started", pipeline.started),
        Some(Outcome::Success | Outcome::Failure | Outcome::Abandoned) => ("completed", pipeline.finished),
        None => return,
    };
    let ending = state.filter(|_| what == "completed").map(|state| format!(": {state}")).unwrap_or_default();
    draft.event(key, at, what, None, &format!("{reference} {what}{ending}"));
}

fn state_workflow(draft: &mut Draft, key: &Key, workflow: &Workflow, reference: &str) {
    let outcome = plain(&workflow.state).and_then(outcome);
    draft.at = at(outcome, None, workflow.started, workflow.finished);
    let name = plain(&workflow.name).unwrap_or("workflow");
    let fact = draft.fact(key).with(Attribute::Title, name).with(Attribute::Reference, format!("{reference} / {name}"));
    state_known(draft, moments(fact, workflow.started, workflow.finished), plain(&workflow.state), outcome);
}

/// Without a time only an end is stated: of two statements without one, neither is the newer.
fn state_known(draft: &mut Draft, fact: NodeFact, state: Option<&str>, outcome: Option<Outcome>) {
    let is_end = matches!(outcome, Some(Outcome::Success | Outcome::Failure | Outcome::Abandoned));
    if is_end || draft.at.is_some() {
        draft.state_with_outcome(fact, state, outcome);
    } else {
        draft.state(fact);
    }
}

fn moments(fact: NodeFact, started: Option<Timestamp>, finished: Option<Timestamp>) -> NodeFact {
    fact.moment(Attribute::OccurredAt, started)
        .moment(Attribute::StartedAt, started)
        .moment(Attribute::FinishedAt, finished)
}

/// When it came to be as it is.
fn at(
    outcome: Option<Outcome>,
    created: Option<Timestamp>,
    started: Option<Timestamp>,
    finished: Option<Timestamp>,
) -> Option<Timestamp> {
    match outcome {
        Some(Outcome::Pending) => created,
        Some(Outcome::Running) => started.or(created),
        Some(Outcome::Success | Outcome::Failure | Outcome::Abandoned) | None => finished.or(started).or(created),
    }
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

fn host(address: &str) -> Option<String> {
    Url::parse(address).ok()?.host_str().map(str::to_owned)
}
