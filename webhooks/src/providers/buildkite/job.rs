//! `job.*`: a job of a build.

use throughline_domain::fact::{Attribute, Facts};
use throughline_domain::key::{Key, KeyError, of_tool};
use throughline_domain::link::LinkKind;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::time::Timestamp;

use super::build::{self, HOST, RULE};
use super::payload::{Event, Job};
use crate::draft::Draft;
use crate::pipeline::summary;
use crate::provider::ParseError;

/// Everything that an event says of a job; `None` where the job has no id.
pub(super) fn facts(event: &Event, name: &str) -> Result<Option<Facts>, ParseError> {
    let Some(job) = &event.job else { return Ok(None) };
    let Some(id) = job.id() else { return Ok(None) };
    let key = of_tool(NodeKind::Job, "buildkite", HOST, id)?;
    let pipeline = event.pipeline.as_ref();
    let title = title(job);
    let reference = build::name(pipeline).map_or_else(|| title.to_owned(), |name| format!("{name} / {title}"));
    let mut draft = Draft::new(RULE, at(job, name));
    let result = job.exit_status.map(|status| format!("exit status {status}"));
    let promised = job.promised_exit_status.map(|status| format!("promises exit status {status}"));
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, title)
        .with(Attribute::Reference, reference.as_str())
        .with_some(Attribute::Category, job.kind.as_deref())
        .with_some(Attribute::Result, result.or(promised))
        .moment(Attribute::OccurredAt, job.started_at)
        .moment(Attribute::StartedAt, job.started_at)
        .moment(Attribute::FinishedAt, job.finished_at)
        .page(job.web_url.as_deref());
    let state = job.state.as_deref();
    draft.state_known(fact, state, state.and_then(outcome));
    link_build(&mut draft, &key, event)?;
    if let Some(unblocked_by) = &job.unblocked_by {
        let reason = "Buildkite names who unblocked the step";
        draft.person(&key, LinkKind::TriggeredBy, &unblocked_by.person(), reason)?;
    }
    if let Some(what) = happened(name) {
        let actor = job.unblocked_by.as_ref().and_then(|by| by.name.as_deref()).filter(|_| what == "unblocked");
        draft.event(&key, None, what, actor, &summary(&reference, what, state));
    }
    Ok(Some(draft.finish()?))
}

/// The build that a job is of, and its commit.
fn link_build(draft: &mut Draft, key: &Key, event: &Event) -> Result<(), KeyError> {
    let Some(build) = &event.build else { return Ok(()) };
    let Some(run) = build::key(build)? else { return Ok(()) };
    let fact = build::fact(draft, &run, build, event.pipeline.as_ref());
    draft.state(fact);
    draft.link(key, LinkKind::PartOf, &run, "it is a job of this build");
    if let Some(commit) = build::link_source(draft, &run, build, event.pipeline.as_ref())? {
        draft.link(key, LinkKind::BuiltFrom, &commit, "the build of this job is of this commit");
    }
    Ok(())
}

fn title(job: &Job) -> &str {
    let names = [&job.name, &job.label, &job.step_key, &job.kind];
    names.into_iter().flatten().map(|name| name.trim()).find(|name| !name.is_empty()).unwrap_or("job")
}

fn happened(event: &str) -> Option<&'static str> {
    match event {
        "job.scheduled" => Some("queued"),
        "job.started" => Some("started"),
        "job.finished" => Some("completed"),
        "job.activated" => Some("unblocked"),
        _ => None,
    }
}

fn at(job: &Job, event: &str) -> Option<Timestamp> {
    let scheduled = job.scheduled_at.or(job.created_at);
    match event {
        "job.scheduled" => scheduled,
        "job.started" => job.started_at.or(scheduled),
        "job.promised_exit_status" => job.promised_exit_status_at.or(job.started_at),
        _ => job.finished_at.or(job.unblocked_at).or(job.started_at).or(scheduled),
    }
}

/// What a state of Buildkite means. A broken job is one that could not run because of another one.
fn outcome(state: &str) -> Option<Outcome> {
    match state {
        "pending" | "waiting" | "blocked" | "limiting" | "limited" | "scheduled" | "assigned" | "accepted" => {
            Some(Outcome::Pending)
        }
        "running" | "canceling" | "timing_out" => Some(Outcome::Running),
        "passed" | "unblocked" => Some(Outcome::Success),
        "failed" | "timed_out" | "waiting_failed" | "blocked_failed" | "unblocked_failed" => Some(Outcome::Failure),
        "canceled" | "skipped" | "broken" | "expired" => Some(Outcome::Abandoned),
        _ => None,
    }
}
