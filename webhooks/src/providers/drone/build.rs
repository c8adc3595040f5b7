//! `build`: a build and its stages.

use throughline_domain::fact::{Attribute, Facts, MAX_FACTS};
use throughline_domain::key::{Key, of_tool};
use throughline_domain::link::LinkKind;
use throughline_domain::node::{NodeKind, Outcome};

use super::payload::{Build, Event, Stage, System, plain};
use super::source;
use crate::draft::{Draft, object_id};
use crate::members;
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
    let mut draft = Draft::new(RULE, build.times().at(outcome));
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
        .with(Attribute::Description, description(build))
        .with_some(Attribute::Branch, plain(&build.source))
        .with_some(Attribute::Commit, object_id(plain(&build.after)))
        .page(page);
    let (times, state) = (build.times(), plain(&build.status));
    draft.state_known(times.of(fact), state, outcome);
    times.tell(draft, key, reference, state, outcome);
}

/// What it was promoted or rolled back to, and what went wrong.
fn description(build: &Build) -> String {
    let target = plain(&build.event).zip(plain(&build.deploy_to)).map(|(event, target)| format!("{event} to {target}"));
    let error = plain(&build.error).map(str::to_owned);
    target.into_iter().chain(error).collect::<Vec<_>>().join("\n")
}

fn state_stage(draft: &mut Draft, key: &Key, stage: &Stage, build: &str) {
    let outcome = stage.status.as_deref().and_then(outcome);
    let times = stage.times();
    draft.at = times.at(outcome);
    let name = plain(&stage.name).unwrap_or("stage");
    let fact = draft.fact(key).with(Attribute::Title, name).with(Attribute::Reference, format!("{build} / {name}"));
    draft.state_known(times.of(fact), plain(&stage.status), outcome);
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
    let of_link = Some(members::host(system.link.as_deref())).filter(|host| !host.is_empty());
    of_link.or_else(|| plain(&system.host).map(str::to_owned))
}
