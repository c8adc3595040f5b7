//! `ms.vss-release.…`: releases of release pipelines, their deployments and the approvals of these.

use serde_json::{Map, Value};
use throughline_domain::fact::{Attribute, Field, NodeFact};
use throughline_domain::key::{Key, KeyError};
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::time::Timestamp;

use crate::code_host::nothing;
use crate::draft::by;
use crate::json;
use crate::members::filled;
use crate::provider::{Content, ParseError};

use super::payload::{self, Definition, Environment, Hook, Release, ReleaseArtifact, ReleaseEvent};
use super::reading::{Reading, called, href, is_ended, outcome, titled};

/// The most artifacts that one release is read to give out.
const MAX_ARTIFACTS: usize = 1_000;

/// Reads that a release was made or given up.
pub(super) fn read(body: &[u8], event: &str) -> Result<Content, ParseError> {
    let hook: Hook<ReleaseEvent> = json::read(body, "a release of Azure DevOps")?;
    let Some(release) = hook.resource.as_ref().and_then(|resource| resource.release.as_ref()) else {
        return nothing("the body holds no release");
    };
    let mut reading = Reading::open(&hook, "release", &addresses(Some(release), None));
    reading.draft.at = release.modified_on.or(hook.created_date);
    let at = reading.draft.at;
    let Some(key) = state_release(&mut reading, release, at)? else { return nothing("the release has no id") };
    reading.person(&key, LinkKind::AuthoredBy, release.created_by.as_ref(), "made the release")?;
    reading.mention(&key, Field::Title, release.name.as_deref(), None);
    reading.mention(&key, Field::Body, release.description.as_deref(), None);
    let artifacts = release.artifacts.as_deref().unwrap_or_default();
    if artifacts.len() > MAX_ARTIFACTS {
        return Err(ParseError::TooMany { what: "artifacts", count: artifacts.len(), limit: MAX_ARTIFACTS });
    }
    for artifact in artifacts {
        link_artifact(&mut reading, &key, artifact)?;
    }
    let actor = called(release.created_by.as_ref());
    let (what, at, actor) = match event {
        "ms.vss-release.release-abandoned-event" => ("abandoned", release.modified_on, None),
        _ => ("created", release.created_on, actor),
    };
    reading.draft.event(&key, at, what, actor, &by(&format!("Release {what}"), actor));
    reading.finish()
}

/// Reads that a deployment began or ended.
pub(super) fn read_deployment(body: &[u8], event: &str) -> Result<Content, ParseError> {
    let hook: Hook<ReleaseEvent> = json::read(body, "a deployment of Azure DevOps")?;
    let Some(resource) = &hook.resource else { return nothing("the body holds no deployment") };
    let Some(environment) = &resource.environment else { return nothing("the body holds no environment") };
    let deployment = resource.deployment.as_ref();
    let release = environment.release.as_ref().or(deployment.and_then(|deployment| deployment.release.as_ref()));
    let definition = environment.release_definition.as_ref();
    let definition = definition.or(deployment.and_then(|deployment| deployment.release_definition.as_ref()));
    let mut reading = Reading::open(&hook, "deployment", &addresses(release, definition));
    let attempt = deployment.and_then(|deployment| deployment.attempt).or(resource.attempt_id);
    let Some(key) = deployment_key(&reading, environment, attempt)? else { return nothing(NO_ID) };
    let has_begun = event == "ms.vss-release.deployment-started-event";
    let state = filled(environment.status.as_deref());
    // The delivery says that it began, even where the stage still says that it waits.
    let told = if has_begun { Some(Outcome::Running) } else { state.and_then(outcome) };
    let began = deployment.and_then(|deployment| deployment.started_on).or(hook.created_date.filter(|_| has_begun));
    let ended = deployment.and_then(|deployment| deployment.completed_on).or(hook.created_date);
    let ended = ended.filter(|_| is_ended(told));
    reading.draft.at = if has_begun { began } else { ended.or(hook.created_date) };
    let fact = named_deployment(&reading, &key, environment, release)
        .moment(Attribute::OccurredAt, ended.filter(|_| told == Some(Outcome::Success)))
        .moment(Attribute::StartedAt, began)
        .moment(Attribute::FinishedAt, ended);
    reading.draft.state_with_outcome(fact, if has_begun { Some("inProgress") } else { state }, told);
    link_deployment(&mut reading, &key, (environment, release))?;
    link_service(&mut reading, &key, (definition, resource.project.as_ref()));
    let requester = deployment.and_then(|deployment| deployment.requested_for.as_ref());
    reading.person(&key, LinkKind::TriggeredBy, requester, "the deployment was requested for this person")?;
    let name = environment.name.as_deref().unwrap_or_default();
    let (what, at, summary) = match told {
        Some(Outcome::Success) => ("deployed", ended, format!("Deployed to {name}")),
        Some(Outcome::Failure) => ("failed", ended, format!("Deployment to {name} failed")),
        Some(Outcome::Abandoned) => ("canceled", ended, format!("Deployment to {name} canceled")),
        Some(Outcome::Running) => ("started", began, format!("Deployment to {name} started")),
        Some(Outcome::Pending) | None => return reading.finish(),
    };
    reading.draft.event(&key, at, what, None, &summary);
    reading.finish()
}

/// Reads that somebody is asked, or has answered, whether a deployment may go on.
pub(super) fn read_approval(body: &[u8], _: &str) -> Result<Content, ParseError> {
    let hook: Hook<ReleaseEvent> = json::read(body, "an approval of Azure DevOps")?;
    let resource = hook.resource.as_ref();
    let Some(approval) = resource.and_then(|resource| resource.approval.as_ref()) else {
        return nothing("the body holds no approval");
    };
    let Some(environment) = &approval.release_environment else { return nothing("the approval names no stage") };
    let release = resource.and_then(|resource| resource.release.as_ref()).or(approval.release.as_ref());
    let definition = approval.release_definition.as_ref();
    let mut reading = Reading::open(&hook, "deployment", &addresses(release, definition));
    reading.draft.at = approval.modified_on.or(hook.created_date);
    let Some(key) = deployment_key(&reading, environment, approval.attempt)? else { return nothing(NO_ID) };
    let fact = named_deployment(&reading, &key, environment, release);
    reading.draft.state(fact);
    link_deployment(&mut reading, &key, (environment, release))?;
    let person = approval.approved_by.as_ref().filter(|_| approval.is_automated != Some(true));
    let kind = if approval.approval_type.as_deref() == Some("postDeploy") { "after" } else { "before" };
    let name = environment.name.as_deref().unwrap_or_default();
    let (what, summary) = match approval.status.as_deref() {
        Some("approved") => ("approved", format!("Approved {kind} the deployment to {name}")),
        Some("rejected") => ("rejected", format!("Rejected {kind} the deployment to {name}")),
        Some("pending") => ("held", format!("Waits for an approval {kind} the deployment to {name}")),
        _ => return reading.finish(),
    };
    if what == "approved" {
        reading.person(&key, LinkKind::ApprovedBy, person, &format!("approved {kind} the deployment"))?;
    }
    let actor = called(person);
    reading.draft.event(&key, None, what, actor, &by(&summary, actor));
    reading.finish()
}

const NO_ID: &str = "the stage of the release has no id";

fn addresses<'a>(release: Option<&'a Release>, definition: Option<&'a Definition>) -> [Option<&'a str>; 4] {
    let of_stage = release.and_then(|release| release.environments.as_deref()).and_then(|stages| stages.first());
    let of_stage = of_stage.and_then(|stage| stage.release.as_ref()).and_then(|release| release.url.as_deref());
    let of_release = release.and_then(|release| release.release_definition.as_ref());
    [
        release.and_then(|release| release.url.as_deref()),
        definition.and_then(|definition| definition.url.as_deref()),
        of_release.and_then(|definition| definition.url.as_deref()),
        of_stage,
    ]
}

/// States a release as of a moment; what another object tells of it in passing is of none.
fn state_release(reading: &mut Reading, release: &Release, at: Option<Timestamp>) -> Result<Option<Key>, KeyError> {
    let Some(id) = filled(release.id.as_deref()) else { return Ok(None) };
    let key = reading.place.key(NodeKind::Release, id)?;
    let name = filled(release.name.as_deref()).unwrap_or(id);
    let pipeline = release.release_definition.as_ref().and_then(|definition| filled(definition.name.as_deref()));
    let reference = pipeline.map_or_else(|| name.to_owned(), |pipeline| format!("{pipeline} / {name}"));
    let state = filled(release.status.as_deref());
    let outcome = match state {
        Some("draft") => Some(Outcome::Pending),
        Some("active") => Some(Outcome::Success),
        Some("abandoned") => Some(Outcome::Abandoned),
        _ => None,
    };
    let fact = titled(NodeFact::new(key.clone(), at), name, &reference)
        .with(Attribute::Version, name)
        .with_some(Attribute::State, state)
        .with_some(Attribute::Outcome, outcome.map(Outcome::word))
        .moment(Attribute::OccurredAt, release.created_on)
        .page(href(release.links.as_ref().and_then(|links| links.web.as_ref())));
    reading.draft.state(fact);
    Ok(Some(key))
}

/// Links a release to the commit that an artifact of it was made from, where repository and commit are told.
fn link_artifact(reading: &mut Reading, key: &Key, artifact: &ReleaseArtifact) -> Result<(), KeyError> {
    let Some(reference) = &artifact.definition_reference else { return Ok(()) };
    let (repository, commit) = match artifact.kind.as_deref() {
        Some("Git") => (told(reference, "definition", "name"), told(reference, "version", "id")),
        Some("Build") if told(reference, "repository.provider", "id") == Some("TfsGit") => {
            (told(reference, "repository", "name"), told(reference, "sourceVersion", "id"))
        }
        _ => return Ok(()),
    };
    let named = told(reference, "project", "name").zip(repository);
    let repository = named.and_then(|(project, name)| reading.place.repository(project, name));
    let Some(repository) = repository else { return Ok(()) };
    if let Some(commit) = reading.draft.commit_by_id(&repository, commit)? {
        reading.draft.link(key, LinkKind::Includes, &commit, "an artifact of the release is of this commit");
    }
    Ok(())
}

/// A member of one of the things that an artifact's definition refers to; their names are written in either case.
fn told<'a>(reference: &'a Map<String, Value>, name: &str, member: &str) -> Option<&'a str> {
    let (_, found) = reference.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    filled(found.get(member).and_then(Value::as_str))
}

/// The key of a deployment: the stage of the release has one number, and each attempt at it another.
fn deployment_key(reading: &Reading, environment: &Environment, attempt: Option<u64>) -> Result<Option<Key>, KeyError> {
    let Some(id) = filled(environment.id.as_deref()) else { return Ok(None) };
    let attempt = attempt.unwrap_or(1).max(1);
    reading.place.key(NodeKind::Deployment, &format!("{id}/{attempt}")).map(Some)
}

fn named_deployment(reading: &Reading, key: &Key, environment: &Environment, release: Option<&Release>) -> NodeFact {
    let stage = filled(environment.name.as_deref()).unwrap_or("a stage");
    let release = release.and_then(|release| filled(release.name.as_deref())).unwrap_or("release");
    let title = format!("{release} to {stage}");
    titled(reading.draft.fact(key), &title, &title)
}

fn link_deployment(
    reading: &mut Reading,
    key: &Key,
    (environment, release): (&Environment, Option<&Release>),
) -> Result<(), KeyError> {
    if let Some(release) = release
        && let Some(release) = state_release(reading, release, None)?
    {
        reading.draft.link(key, LinkKind::Deploys, &release, "it is a stage of this release");
    }
    if let Some(environment) = reading.draft.named(NodeKind::Environment, environment.name.as_deref()) {
        reading.draft.link(key, LinkKind::DeployedTo, &environment, "the stage has this name");
    }
    Ok(())
}

/// No field names a service: the release pipeline's name, or else the project's, is taken for it.
fn link_service(
    reading: &mut Reading,
    key: &Key,
    (definition, project): (Option<&Definition>, Option<&payload::Named>),
) {
    let pipeline = definition.and_then(|definition| filled(definition.name.as_deref()));
    let (name, reason) = match pipeline {
        Some(name) => (Some(name), "taken from the name of the release pipeline"),
        None => (project.and_then(|project| filled(project.name.as_deref())), "taken from the name of the project"),
    };
    if let Some(service) = reading.draft.named(NodeKind::Service, name) {
        reading.draft.link_as(LinkClass::Guessed, key, LinkKind::Of, &service, reason);
    }
}
