//! `pipeline` and `build`: what ran on a commit, and how that ended.

use serde::Deserialize;
use throughline_domain::fact::{Attribute, Facts, MAX_FACTS};
use throughline_domain::key::Key;
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::time::Timestamp;

use super::delivery::Delivery;
use super::draft::Draft;
use super::merge_request::state_change;
use super::payload::{Author, Commit, MergeRequest, Project, User};
use super::time::moment;
use crate::draft::{by, object_id, ran};
use crate::provider::ParseError;
use crate::stop::Stop;

/// The most jobs of one pipeline; none of them states more than two nodes and three links.
const MAX_JOBS: usize = MAX_FACTS / 4;

/// A `pipeline` event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PipelineEvent {
    object_attributes: Option<Pipeline>,
    merge_request: Option<MergeRequest>,
    user: Option<User>,
    project: Option<Project>,
    commit: Option<Commit>,
    builds: Option<Vec<Job>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Pipeline {
    id: Option<u64>,
    name: Option<String>,
    #[serde(rename = "ref")]
    branch: Option<String>,
    sha: Option<String>,
    source: Option<String>,
    status: Option<String>,
    url: Option<String>,
    #[serde(deserialize_with = "moment")]
    created_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    finished_at: Option<Timestamp>,
}

/// A job, as pipelines list it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Job {
    id: Option<u64>,
    stage: Option<String>,
    name: Option<String>,
    status: Option<String>,
    failure_reason: Option<String>,
    #[serde(deserialize_with = "moment")]
    created_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    started_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    finished_at: Option<Timestamp>,
}

/// A `build` event: a job by itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct BuildEvent {
    build_id: Option<u64>,
    build_name: Option<String>,
    build_stage: Option<String>,
    build_status: Option<String>,
    build_failure_reason: Option<String>,
    #[serde(deserialize_with = "moment")]
    build_created_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    build_started_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    build_finished_at: Option<Timestamp>,
    pipeline_id: Option<u64>,
    sha: Option<String>,
    commit: Option<BuildCommit>,
    user: Option<User>,
    project: Option<Project>,
    repository: Option<Project>,
}

/// The commit of a job, whose `id` is the pipeline's.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct BuildCommit {
    sha: Option<String>,
    message: Option<String>,
    author_name: Option<String>,
    author_email: Option<String>,
}

/// What a job belongs to.
struct Place<'a> {
    pipeline: Option<u64>,
    sha: Option<&'a str>,
}

/// Reads a pipeline with its jobs.
pub(super) fn facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: PipelineEvent = delivery.read("a GitLab pipeline event")?;
    let pipeline = event.object_attributes.as_ref().ok_or_else(|| Stop::nothing("the body holds no pipeline"))?;
    let id = pipeline.id.ok_or_else(|| Stop::nothing("the pipeline has no id"))?;
    let jobs = event.builds.as_deref().unwrap_or_default();
    if jobs.len() > MAX_JOBS {
        return Err(ParseError::TooMany { what: "jobs", count: jobs.len(), limit: MAX_JOBS }.into());
    }
    let mut draft = Draft::open(delivery, event.project.as_ref(), None, newest(pipeline, jobs))?;
    let key = state_pipeline(&mut draft, id, &event, pipeline)?;
    if let Some(commit) = &event.commit {
        draft.commit(commit)?;
    }
    if let Some(commit) = draft.commit_by_id(pipeline.sha.as_deref())? {
        draft.link(&key, LinkKind::BuiltFrom, &commit, "the pipeline ran on this commit");
        state_merge_request(&mut draft, &commit, &event)?;
    }
    draft.user(&key, LinkKind::TriggeredBy, event.user.as_ref(), "set off the pipeline")?;
    let at = draft.at;
    for job in jobs {
        state_job(&mut draft, job, &Place { pipeline: Some(id), sha: pipeline.sha.as_deref() })?;
    }
    draft.at = at;
    pipeline_happened(&mut draft, &key, &event, pipeline);
    draft.finish()
}

/// Reads a job.
pub(super) fn job_facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let mut event: BuildEvent = delivery.read("a GitLab job event")?;
    let job = Job {
        id: event.build_id,
        stage: event.build_stage.take(),
        name: event.build_name.take(),
        status: event.build_status.take(),
        failure_reason: event.build_failure_reason.take(),
        created_at: event.build_created_at,
        started_at: event.build_started_at,
        finished_at: event.build_finished_at,
    };
    let mut draft = Draft::open(delivery, event.project.as_ref(), event.repository.as_ref(), told_at(&job))?;
    if let Some(BuildCommit { sha, message, author_name, author_email }) = event.commit.take() {
        let author = Some(Author { name: author_name, email: author_email });
        draft.commit(&Commit { id: sha, message, author, ..Commit::default() })?;
    }
    let place = Place { pipeline: event.pipeline_id, sha: event.sha.as_deref() };
    let key = state_job(&mut draft, &job, &place)?.ok_or_else(|| Stop::nothing("the job has no id"))?;
    draft.user(&key, LinkKind::TriggeredBy, event.user.as_ref(), "set off the job")?;
    let (what, at) = match outcome(job.status.as_deref()) {
        Some(Outcome::Pending) => ("queued", job.created_at),
        Some(Outcome::Running) => ("started", job.started_at),
        Some(Outcome::Success | Outcome::Failure | Outcome::Abandoned) => ("completed", job.finished_at),
        None => return draft.finish(),
    };
    let state = job.status.filter(|_| what == "completed").map(|state| format!(": {state}")).unwrap_or_default();
    draft.event(&key, at, what, None, &format!("Job {what}{state}"));
    draft.finish()
}

/// What GitLab's words for the state of a pipeline, job or deployment mean.
pub(super) fn outcome(status: Option<&str>) -> Option<Outcome> {
    match status? {
        "created" | "waiting_for_resource" | "waiting_for_callback" | "preparing" | "pending" | "scheduled" => {
            Some(Outcome::Pending)
        }
        // It waits for a person.
        "manual" | "blocked" => Some(Outcome::Pending),
        "running" | "canceling" => Some(Outcome::Running),
        "success" => Some(Outcome::Success),
        "failed" => Some(Outcome::Failure),
        "canceled" | "skipped" => Some(Outcome::Abandoned),
        _ => None,
    }
}

/// Whether an outcome is an end.
pub(super) fn is_ended(outcome: Option<Outcome>) -> bool {
    matches!(outcome, Some(Outcome::Success | Outcome::Failure | Outcome::Abandoned))
}

/// No field says when the pipeline came to its state: the newest time that it tells comes next to it.
fn newest(pipeline: &Pipeline, jobs: &[Job]) -> Option<Timestamp> {
    let of_jobs = jobs.iter().flat_map(|job| [job.created_at, job.started_at, job.finished_at]);
    of_jobs.chain([pipeline.created_at, pipeline.finished_at]).flatten().max()
}

fn told_at(job: &Job) -> Option<Timestamp> {
    job.finished_at.or(job.started_at).or(job.created_at)
}

fn state_pipeline(draft: &mut Draft, id: u64, event: &PipelineEvent, pipeline: &Pipeline) -> Result<Key, Stop> {
    let key = draft.key(NodeKind::PipelineRun, id)?;
    let outcome = outcome(pipeline.status.as_deref());
    let message = event.commit.as_ref().and_then(|commit| commit.message.as_deref());
    let titles = [pipeline.name.as_deref(), message.and_then(|message| message.lines().next())];
    let title = titles.into_iter().flatten().map(str::trim).find(|title| !title.is_empty());
    let began = event.builds.iter().flatten().filter_map(|job| job.started_at).min();
    let page = pipeline.url.clone().or_else(|| draft.page(&format!("pipelines/{id}")));
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, title.unwrap_or("pipeline"))
        .with(Attribute::Reference, format!("pipeline #{id}"))
        .moment(Attribute::OccurredAt, pipeline.created_at)
        .moment(Attribute::StartedAt, began)
        .moment(Attribute::FinishedAt, pipeline.finished_at.filter(|_| is_ended(outcome)))
        .with_some(Attribute::Category, pipeline.source.as_deref())
        .with_some(Attribute::Branch, pipeline.branch.as_deref())
        .with_some(Attribute::Commit, object_id(pipeline.sha.as_deref()))
        .page(page.as_deref());
    draft.place_with_outcome(fact, pipeline.status.as_deref(), outcome)?;
    Ok(key)
}

/// A pipeline of a fork names a merge request of another project, whose address is not told.
fn state_merge_request(draft: &mut Draft, commit: &Key, event: &PipelineEvent) -> Result<(), Stop> {
    let project = event.project.as_ref().and_then(|project| project.id);
    let Some(change) = &event.merge_request else { return Ok(()) };
    if change.iid.is_none() || change.target_project_id.zip(project).is_some_and(|(target, own)| target != own) {
        return Ok(());
    }
    let key = state_change(draft, change)?;
    let reason = "the pipeline ran on this commit for the merge request; it may be a trial merge that is thrown away";
    draft.link_as(LinkClass::Guessed, commit, LinkKind::PartOf, &key, reason);
    Ok(())
}

fn state_job(draft: &mut Draft, job: &Job, place: &Place<'_>) -> Result<Option<Key>, Stop> {
    let Some(id) = job.id else { return Ok(None) };
    let key = draft.key(NodeKind::Job, id)?;
    let outcome = outcome(job.status.as_deref());
    let name = job.name.as_deref().unwrap_or("job");
    let reference = match job.stage.as_deref() {
        Some(stage) => format!("{stage} / {name}"),
        None => name.to_owned(),
    };
    draft.at = told_at(job);
    let page = draft.page(&format!("jobs/{id}"));
    let fact = draft.fact(&key).with(Attribute::Title, name).with(Attribute::Reference, reference);
    let fact = ran(fact, job.started_at, job.finished_at.filter(|_| is_ended(outcome)))
        // Before a job has ended, the reason is of the attempt before it, or GitLab's default.
        .with_some(Attribute::Result, job.failure_reason.as_deref().filter(|_| outcome == Some(Outcome::Failure)))
        .with_some(Attribute::Commit, object_id(place.sha))
        .page(page.as_deref());
    draft.place_with_outcome(fact, job.status.as_deref(), outcome)?;
    if let Some(pipeline) = place.pipeline {
        let pipeline = draft.key(NodeKind::PipelineRun, pipeline)?;
        draft.link(&key, LinkKind::PartOf, &pipeline, "it is a job of this pipeline");
    }
    if let Some(commit) = draft.commit_by_id(place.sha)? {
        draft.link(&key, LinkKind::BuiltFrom, &commit, "the job ran on this commit");
    }
    Ok(Some(key))
}

fn pipeline_happened(draft: &mut Draft, key: &Key, event: &PipelineEvent, pipeline: &Pipeline) {
    let began = event.builds.iter().flatten().filter_map(|job| job.started_at).min();
    let (what, at) = match (pipeline.status.as_deref(), outcome(pipeline.status.as_deref())) {
        (Some("manual"), _) => ("held", None),
        (_, Some(Outcome::Pending)) => ("queued", pipeline.created_at),
        (_, Some(Outcome::Running)) => ("started", began),
        (_, Some(Outcome::Success | Outcome::Failure | Outcome::Abandoned)) => ("completed", pipeline.finished_at),
        (_, None) => return,
    };
    let state = pipeline.status.as_deref().filter(|_| what == "completed");
    let state = state.map(|state| format!(": {state}")).unwrap_or_default();
    let actor = event.user.as_ref().and_then(User::called);
    draft.event(key, at, what, actor, &by(&format!("Pipeline {what}{state}"), actor));
}
