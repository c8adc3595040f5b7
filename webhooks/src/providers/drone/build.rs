//! `build`: a build and its stages.

use throughline_domain::fact::{Attribute, Facts, MAX_FACTS, NodeFact};
use throughline_domain::key::{Key, of_tool};
use throughline_domain::link::LinkKind;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::time::Timestamp;
use url::Url;

use super::payload::{Build, Event, Stage, System, plain};
use super::source;
use crate::draft::{Draft, object_id};
use crate::provider::ParseError;

/// The rule that all links are made by; the same for every action, so that a link is one link.
const RULE: &str = "drone/build";

/// The most stages of one build; none of them states more than eight nodes or links.
const MAX_STAGES: usize = MAX_FACTS / 8;

/// Everything that an event says of a build; `None` where it does not name repository and number.
pub(super) fn facts(event: &Event) -> Result<Option<Facts>, ParseError> {
    let (Some(build), Some(repo)) = (&event.build, &event.repo) else { return Ok(None) };
    let (Some(slug), Some(number)) = (plain(&repo.slug), build.number) else { return Ok(None) };
    let stages = build.stages.as_deref().unwrap_or_default();
    if stages.len() > MAX_STAGES {
        return Err(ParseError::TooMany { what: "stages", count: stages.len(), limit: MAX_STAGES });
    }
    let host = event.system.as_ref().and_then(host).unwrap_or_default();
    let id = format!("{slug}/{number}");
    let key = of_tool(NodeKind::PipelineRun, "drone", &host, &id)?;
    let outcome = build.status.as_deref().and_then(outcome);
    let mut draft = Draft::new(RULE, at(outcome, build.created, build.started, build.finished));
    let page = event.system.as_ref().and_then(|system| plain(&system.link));
    let page = page.map(|link| format!("{}/{id}", link.trim_end_matches('/')));
    state_run(&mut draft, &key, build, outcome, &format!("{slug} #{number}"), page.as_deref());
    let commit = match source::repository(repo) {
        Some(repository) => source::link(&mut draft, &key, &host, &repository, build)?,
        None => None,
    };
    for stage in stages {
        let Some(stage_number) = stage.number else { continue };
        let stage_key = of_tool(NodeKind::Job, "drone", &host, &format!("{id}/{stage_number}"))?;
        state_stage(&mut draft, &stage_key, stage, &format!("{slug} #{number}"));
        draft.link(&stage_key, LinkKind::PartOf, &key, "it is a stage of this build");
        if let Some(commit) = &commit {
            draft.link(&stage_key, LinkKind::BuiltFrom, commit, "the build of this stage is of this commit");
        }
    }
    Ok(Some(draft.finish()?))
}

fn state_run(
    draft: &mut Draft,
    key: &Key,
    build: &Build,
    outcome: Option<Outcome>,
    reference: &str,
    page: Option<&str>,
) {
    let subject = plain(&build.message).and_then(|message| message.lines().next());
    let fact = draft
        .fact(key)
        .with(Attribute::Title, plain(&build.title).or(subject).unwrap_or(reference))
        .with(Attribute::Reference, reference)
        .with_some(Attribute::Category, plain(&build.event))
        .with_some(Attribute::Description, plain(&build.error))
        .with_some(Attribute::Branch, plain(&build.source))
        .with_some(Attribute::Commit, object_id(plain(&build.after)))
        .page(page);
    let fact = moments(fact, build.started, build.finished);
    let state = plain(&build.status);
    state_known(draft, fact, state, outcome);
    let (what, at) = match outcome {
        Some(Outcome::Pending) => ("queued", build.created),
        Some(Outcome::Running) => ("started", build.started),
        Some(Outcome::Success | Outcome::Failure | Outcome::Abandoned) => ("completed", build.finished),
        None => return,
    };
    let ending = state.filter(|_| what == "completed").map(|state| format!(": {state}")).unwrap_or_default();
    draft.event(key, at, what, None, &format!("{reference} {what}{ending}"));
}

fn state_stage(draft: &mut Draft, key: &Key, stage: &Stage, build: &str) {
    let outcome = stage.status.as_deref().and_then(outcome);
    draft.at = at(outcome, stage.created, stage.started, stage.stopped);
    let name = plain(&stage.name).unwrap_or("stage");
    let fact = draft.fact(key).with(Attribute::Title, name).with(Attribute::Reference, format!("{build} / {name}"));
    state_known(draft, moments(fact, stage.started, stage.stopped), plain(&stage.status), outcome);
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
        "pending" | "blocked" | "waiting_on_dependencies" => Some(Outcome::Pending),
        "running" => Some(Outcome::Running),
        "success" => Some(Outcome::Success),
        "failure" | "error" => Some(Outcome::Failure),
        "killed" | "declined" | "skipped" => Some(Outcome::Abandoned),
        _ => None,
    }
}

fn host(system: &System) -> Option<String> {
    let of_link = plain(&system.link).and_then(|link| Url::parse(link).ok());
    of_link.and_then(|link| link.host_str().map(str::to_owned)).or_else(|| plain(&system.host).map(str::to_owned))
}
