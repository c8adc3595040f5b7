//! `build.complete` and `ms.vss-pipelines.…`: runs of pipelines, their stages and jobs. A build is a run, by the same number.

use throughline_domain::fact::Attribute;
use throughline_domain::key::{Key, KeyError};
use throughline_domain::link::LinkKind;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::repository::Repository;
use throughline_domain::time::Timestamp;

use crate::code_host::nothing;
use crate::draft::{object_id, ran};
use crate::json;
use crate::members::filled;
use crate::provider::{Content, ParseError};

use super::payload::{Build, Hook, Identity, Pipeline, Run, SourceRepository, Step};
use super::place;
use super::reading::{Reading, branch, href, is_ended, outcome, titled};

/// The most repositories that one run is read to have worked on.
const MAX_REPOSITORIES: usize = 100;

/// Reads a build that has ended.
pub(super) fn read_build(body: &[u8], _: &str) -> Result<Content, ParseError> {
    let hook: Hook<Build> = json::read(body, "a build of Azure DevOps")?;
    let Some(build) = &hook.resource else { return nothing("the body holds no build") };
    let Some(id) = filled(build.id.as_deref()) else { return nothing("the build has no id") };
    let web = href(build.links.as_ref().and_then(|links| links.web.as_ref()));
    let mut reading = Reading::open(&hook, "pipelines", &[web, build.url.as_deref()]);
    // `LG:refs/heads/main:600c52d…` is how old builds write branch and commit.
    let source = build.source_get_version.as_deref().and_then(|source| source.strip_prefix("LG:"));
    let (old_branch, old_version) = source.and_then(|source| source.rsplit_once(':')).unzip();
    let told = RunFact {
        id,
        pipeline: build.definition.as_ref().and_then(|definition| definition.name.as_deref()),
        number: filled(build.build_number.as_deref()),
        state: filled(build.result.as_deref()).or(filled(build.status.as_deref())),
        started: build.start_time,
        ended: build.finish_time,
        branch: branch(build.source_branch.as_deref().or(old_branch)),
        commit: object_id(build.source_version.as_deref().or(old_version)),
        page: web,
    };
    let key = state_run(&mut reading, &told)?;
    let repository = build.repository.as_ref().and_then(place::repository);
    if let Some(repository) = &repository {
        link_commit(&mut reading, &key, repository, told.commit)?;
    }
    link_requester(&mut reading, &key, build.requested_for.as_ref())?;
    reading.finish()
}

/// Reads that a run began, is being canceled, or has ended.
pub(super) fn read_run(body: &[u8], _: &str) -> Result<Content, ParseError> {
    let hook: Hook<Pipeline> = json::read(body, "a run of Azure DevOps")?;
    let Some((pipeline, run)) = of_run(&hook) else { return nothing("the body holds no run") };
    let Some(id) = run_id(run) else { return nothing("the run has no id") };
    let web = href(run.links.as_ref().and_then(|links| links.web.as_ref()));
    let mut reading = Reading::open(&hook, "pipelines", &[web, run.url.as_deref()]);
    let named = run.pipeline.as_ref().or(pipeline.pipeline.as_ref());
    let own = run.resources.as_ref().and_then(|resources| resources.repositories.as_ref());
    let own = own.and_then(|repositories| repositories.own.as_ref());
    let told = RunFact {
        id,
        pipeline: named.and_then(|pipeline| pipeline.name.as_deref()),
        number: filled(run.name.as_deref()),
        state: filled(run.result.as_deref()).or(filled(run.state.as_deref())),
        started: run.created_date,
        ended: run.finished_date,
        branch: own.and_then(|own| branch(own.ref_name.as_deref())),
        commit: own.and_then(|own| object_id(own.version.as_deref())),
        page: web,
    };
    let key = state_run(&mut reading, &told)?;
    link_sources(&mut reading, &key, pipeline.repositories.as_deref(), told.commit)?;
    reading.finish()
}

/// Reads how far a stage has come.
pub(super) fn read_stage(body: &[u8], _: &str) -> Result<Content, ParseError> {
    let hook: Hook<Pipeline> = json::read(body, "a stage of Azure DevOps")?;
    let step = hook.resource.as_ref().and_then(|pipeline| pipeline.stage.as_ref());
    read_step(&hook, step, "stage")
}

/// Reads how far a job has come.
pub(super) fn read_job(body: &[u8], _: &str) -> Result<Content, ParseError> {
    let hook: Hook<Pipeline> = json::read(body, "a job of Azure DevOps")?;
    let step = hook.resource.as_ref().and_then(|pipeline| pipeline.job.as_ref());
    read_step(&hook, step, "job")
}

/// What both forms tell of a run.
struct RunFact<'a> {
    id: &'a str,
    pipeline: Option<&'a str>,
    number: Option<&'a str>,
    state: Option<&'a str>,
    started: Option<Timestamp>,
    ended: Option<Timestamp>,
    branch: Option<&'a str>,
    commit: Option<&'a str>,
    page: Option<&'a str>,
}

fn state_run(reading: &mut Reading, told: &RunFact<'_>) -> Result<Key, KeyError> {
    let key = reading.place.key(NodeKind::PipelineRun, told.id)?;
    let outcome = told.state.and_then(outcome);
    let ended = told.ended.or(reading.draft.at).filter(|_| is_ended(outcome));
    reading.draft.at = ended.or(reading.draft.at);
    let pipeline = filled(told.pipeline).unwrap_or("pipeline");
    let reference = format!("{pipeline} #{}", told.number.unwrap_or(told.id));
    let fact = ran(titled(reading.draft.fact(&key), pipeline, &reference), told.started, ended)
        .with_some(Attribute::Branch, told.branch)
        .with_some(Attribute::Commit, told.commit)
        .page(told.page);
    reading.draft.state_with_outcome(fact, told.state, outcome);
    happened(reading, &key, &reference, told.state, (told.started, ended));
    Ok(key)
}

/// Tells how far a run, stage or job has come.
fn happened(
    reading: &mut Reading,
    key: &Key,
    name: &str,
    state: Option<&str>,
    (started, ended): (Option<Timestamp>, Option<Timestamp>),
) {
    let state = state.unwrap_or_default();
    match outcome(state) {
        Some(Outcome::Success | Outcome::Failure | Outcome::Abandoned) => {
            reading.draft.event(key, ended, "completed", None, &format!("{name} completed: {state}"));
        }
        Some(Outcome::Running) if !state.to_ascii_lowercase().starts_with("cancel") => {
            reading.draft.event(key, started, "started", None, &format!("{name} started"));
        }
        Some(Outcome::Pending) => reading.draft.event(key, None, "queued", None, &format!("{name} queued")),
        Some(Outcome::Running) | None => {}
    }
}

fn link_requester(reading: &mut Reading, key: &Key, requester: Option<&Identity>) -> Result<(), KeyError> {
    reading.person(key, LinkKind::TriggeredBy, requester, "the run was requested for this person")
}

fn link_commit(
    reading: &mut Reading,
    key: &Key,
    repository: &Repository,
    commit: Option<&str>,
) -> Result<(), KeyError> {
    if let Some(commit) = reading.draft.commit_by_id(repository, commit)? {
        reading.draft.link(key, LinkKind::BuiltFrom, &commit, "the pipeline ran on this commit");
    }
    Ok(())
}

/// Links the commits of the repositories that a run worked on, as far as their ids are told.
fn link_sources(
    reading: &mut Reading,
    key: &Key,
    sources: Option<&[SourceRepository]>,
    own: Option<&str>,
) -> Result<(), ParseError> {
    let sources = sources.unwrap_or_default();
    if sources.len() > MAX_REPOSITORIES {
        return Err(ParseError::TooMany { what: "repositories", count: sources.len(), limit: MAX_REPOSITORIES });
    }
    for source in sources {
        let repository = source.url.as_deref().and_then(|address| place::at(address, None));
        let (Some(repository), Some(change)) = (repository, &source.change) else { continue };
        // The id of the run's own commit belongs to the one repository where there is only one.
        let id = change.version.as_deref().or(own.filter(|_| sources.len() == 1));
        let people = (change.author.as_ref(), change.committer.as_ref());
        reading.commit(&repository, id, change.message.as_deref(), people, None)?;
        link_commit(reading, key, &repository, id)?;
    }
    Ok(())
}

fn of_run(hook: &Hook<Pipeline>) -> Option<(&Pipeline, &Run)> {
    let pipeline = hook.resource.as_ref()?;
    Some((pipeline, pipeline.run.as_ref()?))
}

/// A run's number, which some versions write in its address only.
fn run_id(run: &Run) -> Option<&str> {
    let is_number = |id: &&str| !id.is_empty() && id.bytes().all(|digit| digit.is_ascii_digit());
    let in_address = run.url.as_deref().and_then(|address| address.rsplit('/').next());
    filled(run.id.as_deref()).or(in_address).filter(is_number)
}

fn read_step(hook: &Hook<Pipeline>, step: Option<&Step>, kind: &str) -> Result<Content, ParseError> {
    let (Some(step), Some((pipeline, run))) = (step, of_run(hook)) else {
        return nothing("the body holds no run with a stage or job");
    };
    let (Some(run_id), Some(id)) = (run_id(run), filled(step.id.as_deref())) else {
        return nothing("the run, or its stage or job, has no id");
    };
    let web = href(step.links.as_ref().and_then(|links| links.web.as_ref()));
    let named = pipeline.pipeline.as_ref().or(run.pipeline.as_ref());
    let mut reading = Reading::open(hook, "pipelines", &[web, run.url.as_deref()]);
    // A stage or job has the same id in every run.
    let key = reading.place.key(NodeKind::Job, &format!("{run_id}/{id}"))?;
    let state = filled(step.result.as_deref()).or(filled(step.state.as_deref()));
    let outcome = state.and_then(outcome);
    let ended = step.finish_time.or(hook.created_date).filter(|_| is_ended(outcome));
    reading.draft.at = ended.or(step.start_time).or(hook.created_date);
    let name = filled(step.display_name.as_deref()).or(filled(step.name.as_deref())).unwrap_or(kind);
    let of_pipeline = named.and_then(|pipeline| filled(pipeline.name.as_deref())).unwrap_or("pipeline");
    let fact = titled(reading.draft.fact(&key), name, &format!("{of_pipeline} / {name}"));
    let fact = ran(fact, step.start_time, ended).with(Attribute::Category, kind).page(web);
    reading.draft.state_with_outcome(fact, state, outcome);
    happened(&mut reading, &key, name, state, (step.start_time, ended));
    let run_key = reading.place.key(NodeKind::PipelineRun, run_id)?;
    reading.draft.link(&key, LinkKind::PartOf, &run_key, "it is a part of this run");
    reading.finish()
}
