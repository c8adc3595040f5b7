//! A build and its jobs.

use throughline_domain::fact::{Attribute, Facts, MAX_FACTS};
use throughline_domain::key::{Key, of_tool};
use throughline_domain::link::LinkKind;
use throughline_domain::node::{NodeKind, Outcome};

use super::payload::{Build, Job};
use super::source;
use crate::draft::{Draft, object_id, ran};
use crate::members;
use crate::pipeline::Times;
use crate::provider::ParseError;

/// The rule that all links are made by; the same for every type of build, so that a link is one link.
const RULE: &str = "travis/build";

/// The most jobs of one build; none of them states more than eight nodes or links.
const MAX_JOBS: usize = MAX_FACTS / 8;

/// Everything that a notification says of a build; `None` where the build has no id.
pub(super) fn facts(build: &Build) -> Result<Option<Facts>, ParseError> {
    let Some(id) = build.id else { return Ok(None) };
    let jobs = build.matrix.as_deref().unwrap_or_default();
    if jobs.len() > MAX_JOBS {
        return Err(ParseError::TooMany { what: "jobs", count: jobs.len(), limit: MAX_JOBS });
    }
    let host = members::host(build.build_url.as_deref());
    let key = of_tool(NodeKind::PipelineRun, "travis", &host, &id.to_string())?;
    let mut draft = Draft::new(RULE, build.finished_at.or(build.started_at));
    state_run(&mut draft, &key, build);
    let commit = source::link(&mut draft, &key, build)?;
    for job in jobs {
        let Some(id) = job.id else { continue };
        let job_key = of_tool(NodeKind::Job, "travis", &host, &id.to_string())?;
        draft.at = job.finished_at.or(job.started_at);
        state_job(&mut draft, &job_key, build, job);
        draft.link(&job_key, LinkKind::PartOf, &key, "it is a job of this build");
        if let Some(commit) = &commit {
            draft.link(&job_key, LinkKind::BuiltFrom, commit, "the build of this job is of this commit");
        }
    }
    Ok(Some(draft.finish()?))
}

fn state_run(draft: &mut Draft, key: &Key, build: &Build) {
    let state = build.state.as_deref().or(build.status_message.as_deref());
    let told = outcome(state, build.result);
    let subject = build.message.as_deref().and_then(|message| message.lines().next()).map(str::trim);
    let title = [build.pull_request_title.as_deref(), subject].into_iter().flatten().find(|text| !text.is_empty());
    let reference = reference(build);
    let fact = draft
        .fact(key)
        .with(Attribute::Title, title.unwrap_or(&reference))
        .with(Attribute::Reference, reference.as_str())
        .with_some(Attribute::Category, build.kind.as_deref())
        .with_some(Attribute::Branch, build.branch.as_deref())
        .with_some(Attribute::Commit, object_id(build.commit.as_deref()))
        .page(build.build_url.as_deref());
    draft.state_known(ran(fact, build.started_at, build.finished_at), state, told);
    // A build that waits does not tell since when.
    let told = told.filter(|outcome| *outcome != Outcome::Pending);
    let times = Times { created: None, started: build.started_at, finished: build.finished_at };
    times.tell(draft, key, &reference, state, told);
}

fn state_job(draft: &mut Draft, key: &Key, build: &Build, job: &Job) {
    let number = job.number.as_deref().unwrap_or("job");
    let name = build.repository.as_ref().and_then(|repository| repository.name.as_deref());
    let reference = name.map_or_else(|| number.to_owned(), |name| format!("{name} #{number}"));
    let fact = draft
        .fact(key)
        .with(Attribute::Title, format!("Job {number}"))
        .with(Attribute::Reference, reference)
        .with_some(Attribute::Category, job.allow_failure.filter(|may| *may).map(|_| "allowed to fail"));
    let state = job.state.as_deref();
    draft.state_known(ran(fact, job.started_at, job.finished_at), state, outcome(state, job.result));
}

/// What people call the build: `checkout #46`.
fn reference(build: &Build) -> String {
    let name = build.repository.as_ref().and_then(|repository| repository.name.as_deref()).unwrap_or("build");
    build.number.as_ref().map_or_else(|| name.to_owned(), |number| format!("{name} #{number}"))
}

/// What a state or, in old notifications, a message means; `finished` leaves it to the result.
fn outcome(state: Option<&str>, result: Option<i64>) -> Option<Outcome> {
    match state?.to_ascii_lowercase().as_str() {
        "created" | "received" | "queued" => Some(Outcome::Pending),
        // As a message it is what Travis CI says of a build that has begun.
        "started" | "pending" => Some(Outcome::Running),
        "passed" | "fixed" => Some(Outcome::Success),
        "failed" | "errored" | "broken" | "still failing" => Some(Outcome::Failure),
        "canceled" => Some(Outcome::Abandoned),
        "finished" => match result? {
            0 => Some(Outcome::Success),
            _ => Some(Outcome::Failure),
        },
        _ => None,
    }
}
