//! `build.*`: a build, which is a pipeline run of its commit.

use throughline_domain::fact::{Attribute, Facts, NodeFact};
use throughline_domain::key::{Key, KeyError, of_tool};
use throughline_domain::link::LinkKind;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::repository::Repository;
use throughline_domain::time::Timestamp;

use super::payload::{Build, Event, Pipeline};
use crate::draft::{Draft, object_id};
use crate::pipeline::summary;
use crate::provider::ParseError;

/// The rule that all links are made by; the same for builds and jobs, so that a link is one link.
pub(super) const RULE: &str = "buildkite/build";

/// There is one Buildkite in the world.
pub(super) const HOST: &str = "buildkite.com";

/// Everything that an event says of a build; `None` where the build has no id.
pub(super) fn facts(event: &Event, name: &str) -> Result<Option<Facts>, ParseError> {
    let Some(build) = &event.build else { return Ok(None) };
    let Some(key) = key(build)? else { return Ok(None) };
    let pipeline = event.pipeline.as_ref();
    let is_held = build.blocked == Some(true);
    let at = at(build, name);
    let mut draft = Draft::new(RULE, at);
    let finished = build.finished_at.filter(|_| name == "build.finished" && !is_held);
    let fact = fact(&draft, &key, build, pipeline).moment(Attribute::FinishedAt, finished);
    let (state, outcome) = match build.state.as_deref() {
        // Buildkite calls a build finished, too, when it waits for somebody to unblock it.
        Some("passed" | "blocked") | None if is_held => (Some("blocked"), Some(Outcome::Running)),
        state => (state, state.and_then(outcome)),
    };
    draft.state_known(fact, state, outcome);
    link_source(&mut draft, &key, build, pipeline)?;
    if let Some(creator) = &build.creator {
        draft.person(&key, LinkKind::TriggeredBy, &creator.person(), "Buildkite names who made the build")?;
    }
    if let Some(what) = happened(name, is_held) {
        draft.event(&key, None, what, None, &summary(&reference(build, pipeline), what, state));
    }
    Ok(Some(draft.finish()?))
}

/// The node of a build; `None` without an id.
pub(super) fn key(build: &Build) -> Result<Option<Key>, KeyError> {
    build.id().map(|id| of_tool(NodeKind::PipelineRun, "buildkite", HOST, id)).transpose()
}

/// What is true of a build at any time.
pub(super) fn fact(draft: &Draft, key: &Key, build: &Build, pipeline: Option<&Pipeline>) -> NodeFact {
    let message = build.message.as_deref().and_then(|message| message.lines().next());
    let title = message.map(str::trim).filter(|line| !line.is_empty()).or_else(|| name(pipeline));
    draft
        .fact(key)
        .with(Attribute::Title, title.unwrap_or("build"))
        .with(Attribute::Reference, reference(build, pipeline))
        .moment(Attribute::OccurredAt, build.started_at)
        .moment(Attribute::StartedAt, build.started_at)
        .with_some(Attribute::Branch, build.branch.as_deref())
        .with_some(Attribute::Commit, object_id(build.commit.as_deref()))
        .page(build.web_url.as_deref())
}

/// Links a build to its repository and commit, and gives the commit's node.
pub(super) fn link_source(
    draft: &mut Draft,
    key: &Key,
    build: &Build,
    pipeline: Option<&Pipeline>,
) -> Result<Option<Key>, KeyError> {
    let address = pipeline.and_then(|pipeline| pipeline.repository.as_deref());
    let Some(repository) = address.map(str::trim).and_then(Repository::from_address) else { return Ok(None) };
    let place = draft.repository(&repository, None, None)?;
    draft.link(key, LinkKind::In, &place, "the pipeline builds this repository");
    let commit = draft.commit_by_id(&repository, build.commit.as_deref())?;
    if let Some(commit) = &commit {
        draft.link(key, LinkKind::BuiltFrom, commit, "the build is of this commit");
    }
    Ok(commit)
}

/// What people call a pipeline.
pub(super) fn name(pipeline: Option<&Pipeline>) -> Option<&str> {
    let pipeline = pipeline?;
    [&pipeline.name, &pipeline.slug].into_iter().flatten().map(|name| name.trim()).find(|name| !name.is_empty())
}

fn reference(build: &Build, pipeline: Option<&Pipeline>) -> String {
    let name = name(pipeline).unwrap_or("build");
    build.number.map_or_else(|| name.to_owned(), |number| format!("{name} #{number}"))
}

fn happened(event: &str, is_held: bool) -> Option<&'static str> {
    match event {
        "build.scheduled" => Some("queued"),
        "build.running" => Some("started"),
        "build.finished" if is_held => Some("held"),
        "build.finished" => Some("completed"),
        _ => None,
    }
}

fn at(build: &Build, name: &str) -> Option<Timestamp> {
    let scheduled = build.scheduled_at.or(build.created_at);
    match name {
        "build.scheduled" => scheduled,
        "build.running" => build.started_at.or(scheduled),
        "build.failing" => build.failing_at.or(build.started_at),
        _ => build.finished_at.or(build.started_at).or(scheduled),
    }
}

fn outcome(state: &str) -> Option<Outcome> {
    match state {
        "creating" | "scheduled" | "waiting" => Some(Outcome::Pending),
        "running" | "failing" | "canceling" | "blocked" => Some(Outcome::Running),
        "passed" => Some(Outcome::Success),
        "failed" | "waiting_failed" => Some(Outcome::Failure),
        "canceled" | "skipped" | "not_run" => Some(Outcome::Abandoned),
        _ => None,
    }
}
