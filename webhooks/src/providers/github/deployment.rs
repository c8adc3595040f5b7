//! `deployment`, `deployment_status`, `deployment_protection_rule`: what was brought where, and whether it got there.

use serde_json::{Map, Value};
use throughline_domain::fact::{Attribute, Facts, NodeFact};
use throughline_domain::key::Key;
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};

use super::delivery::Delivery;
use super::draft::Draft;
use super::payload::{Deployment, DeploymentEvent, DeploymentStatus};
use super::people::by;
use crate::draft::Image;
use crate::stop::Stop;

/// The members of a deployment's payload in which its maker may name what is deployed.
const ARTIFACT_MEMBERS: [&str; 3] = ["artifact", "digest", "image"];

/// Reads a deployment that was asked for.
pub(super) fn facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: DeploymentEvent = delivery.read("a GitHub deployment event")?;
    let (deployment, id) = deployment_of(&event)?;
    let mut draft = Draft::open(delivery, event.repository.as_ref(), deployment.created_at)?;
    let key = draft.key(NodeKind::Deployment, id)?;
    let target = Target::of(&draft, deployment, None);
    // Until an end is told it counts from when it was asked for; what never ends is not lost from the timeline then.
    let fact = target.fact(&key, id, deployment, &draft).moment(Attribute::OccurredAt, deployment.created_at);
    draft.place_with_outcome(fact, None, Some(Outcome::Pending))?;
    relate(&mut draft, &key, deployment, &target)?;
    let creator = deployment.creator.as_ref();
    draft.event(&key, deployment.created_at, "requested", creator, by("Deployment requested", creator));
    draft.finish()
}

/// Reads how far a deployment has come.
pub(super) fn status_facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: DeploymentEvent = delivery.read("a GitHub deployment_status event")?;
    let (deployment, id) = deployment_of(&event)?;
    let status =
        event.deployment_status.as_ref().ok_or_else(|| Stop::nothing("the body holds no deployment status"))?;
    let mut draft = Draft::open(delivery, event.repository.as_ref(), status.created_at.or(deployment.created_at))?;
    let key = draft.key(NodeKind::Deployment, id)?;
    let target = Target::of(&draft, deployment, Some(status));
    let outcome = outcome(status.state.as_deref());
    let fact = with_status(target.fact(&key, id, deployment, &draft), status, outcome);
    draft.place_with_outcome(fact, status.state.as_deref(), outcome)?;
    relate(&mut draft, &key, deployment, &target)?;
    happened(&mut draft, &key, status);
    draft.finish()
}

/// Reads that a deployment waits for a rule of its environment.
pub(super) fn protection_facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: DeploymentEvent = delivery.read("a GitHub deployment_protection_rule event")?;
    let (deployment, id) = deployment_of(&event)?;
    let mut draft = Draft::open(delivery, event.repository.as_ref(), deployment.created_at)?;
    let key = draft.key(NodeKind::Deployment, id)?;
    let target = Target::of(&draft, deployment, None);
    let fact = target.fact(&key, id, deployment, &draft);
    draft.place_with_outcome(fact, Some("waiting"), Some(Outcome::Pending))?;
    relate(&mut draft, &key, deployment, &target)?;
    draft.event(&key, None, "held", None, "Deployment held by a protection rule");
    draft.finish()
}

fn deployment_of(event: &DeploymentEvent) -> Result<(&Deployment, u64), Stop> {
    let deployment = event.deployment.as_ref().ok_or_else(|| Stop::nothing("the body holds no deployment"))?;
    let id = deployment.id.ok_or_else(|| Stop::nothing("the deployment has no id"))?;
    Ok((deployment, id))
}

/// What an `inactive` deployment had come to stays so: something newer has only taken its place.
fn outcome(state: Option<&str>) -> Option<Outcome> {
    match state? {
        "success" => Some(Outcome::Success),
        "failure" | "error" => Some(Outcome::Failure),
        "in_progress" => Some(Outcome::Running),
        "queued" | "pending" | "waiting" => Some(Outcome::Pending),
        _ => None,
    }
}

fn with_status(fact: NodeFact, status: &DeploymentStatus, outcome: Option<Outcome>) -> NodeFact {
    let is_ended = matches!(outcome, Some(Outcome::Success | Outcome::Failure));
    // The log is the page of a workflow run as often as not, hence an address but no name of the deployment's.
    let pages = [status.log_url.as_deref(), status.target_url.as_deref()];
    let page = pages.into_iter().flatten().find(|page| Name::url(page).is_some());
    let counts = matches!(outcome, Some(Outcome::Success | Outcome::Running | Outcome::Failure));
    fact.with_some(Attribute::Url, page)
        .moment(Attribute::OccurredAt, status.created_at.filter(|_| counts))
        .moment(Attribute::FinishedAt, status.created_at.filter(|_| is_ended))
}

/// What a deployment is of and where it goes.
struct Target {
    environment: Option<String>,
    service: String,
    service_class: LinkClass,
    digest: Option<String>,
    image: Option<String>,
}

impl Target {
    fn of(draft: &Draft, deployment: &Deployment, status: Option<&DeploymentStatus>) -> Self {
        let members = members(deployment.payload.as_ref());
        let named = text(&members, "service");
        let environments = [deployment.environment.as_deref(), status.and_then(|status| status.environment.as_deref())];
        Self {
            environment: environments.into_iter().flatten().find(|name| !name.trim().is_empty()).map(str::to_owned),
            service_class: if named.is_some() { LinkClass::Asserted } else { LinkClass::Guessed },
            service: named.unwrap_or_else(|| draft.repository.short_name()).to_owned(),
            digest: ARTIFACT_MEMBERS.into_iter().filter_map(|member| text(&members, member)).find_map(digest_in),
            image: text(&members, "image").and_then(tagged_image).map(str::to_owned),
        }
    }

    fn fact(&self, key: &Key, id: u64, deployment: &Deployment, draft: &Draft) -> NodeFact {
        let title = match &self.environment {
            Some(environment) => format!("{} to {environment}", self.service),
            None => self.service.clone(),
        };
        draft
            .fact(key)
            .with(Attribute::Title, title)
            .with(Attribute::Reference, format!("deployment {id}"))
            .with_some(Attribute::Description, deployment.description.as_deref())
            .moment(Attribute::StartedAt, deployment.created_at)
    }
}

fn relate(draft: &mut Draft, key: &Key, deployment: &Deployment, target: &Target) -> Result<(), Stop> {
    if let Some(commit) = draft.commit_by_id(deployment.sha.as_deref())? {
        draft.link(key, LinkKind::Deploys, &commit, "the deployment is of this commit");
    }
    if let Some(artifact) = draft.artifact(&image(target)) {
        draft.link(key, LinkKind::Deploys, &artifact, "the deployment's payload names this digest");
    }
    if let Some(environment) = draft.named(NodeKind::Environment, target.environment.as_deref()) {
        draft.link(key, LinkKind::DeployedTo, &environment, "the deployment names this environment");
    }
    let reason = match target.service_class {
        LinkClass::Guessed => "the deployment names no service; the repository's name was taken for it",
        LinkClass::Declared | LinkClass::Asserted | LinkClass::Cryptographic => {
            "the deployment's payload names this service"
        }
    };
    if let Some(service) = draft.named(NodeKind::Service, Some(&target.service)) {
        draft.link_as(target.service_class, key, LinkKind::Of, &service, reason);
    }
    draft.person(key, LinkKind::TriggeredBy, deployment.creator.as_ref(), "asked for the deployment")?;
    Ok(())
}

fn image(target: &Target) -> Image<'_> {
    let (package, version) = target.image.as_deref().and_then(|image| image.rsplit_once(':')).unzip();
    Image { digest: target.digest.as_deref(), package, version, page: None }
}

fn happened(draft: &mut Draft, key: &Key, status: &DeploymentStatus) {
    let (what, summary) = match status.state.as_deref().unwrap_or_default() {
        "success" => ("deployed", "Deployment succeeded"),
        "failure" | "error" => ("failed", "Deployment failed"),
        "in_progress" => ("started", "Deployment started"),
        "queued" | "pending" | "waiting" => ("queued", "Deployment queued"),
        "inactive" => ("replaced", "Deployment no longer active"),
        _ => return,
    };
    let creator = status.creator.as_ref();
    draft.event(key, status.created_at, what, creator, by(summary, creator));
}

/// The members of a deployment's payload, which GitHub hands on as given: an object, or a text that may hold one.
fn members(payload: Option<&Value>) -> Map<String, Value> {
    match payload {
        Some(Value::Object(members)) => members.clone(),
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
        _ => Map::new(),
    }
}

fn text<'a>(members: &'a Map<String, Value>, member: &str) -> Option<&'a str> {
    members.get(member).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

/// The first SHA-256 digest in a text such as `ghcr.io/acme/checkout:1.4.0@sha256:…`.
fn digest_in(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("sha256:")?;
    let end = rest.find(|digit: char| !digit.is_ascii_hexdigit()).unwrap_or(rest.len());
    let hex = rest.get(..end).filter(|hex| hex.len() == 64)?;
    Some(format!("sha256:{}", hex.to_ascii_lowercase()))
}

/// The part of an image reference before its digest, where it carries a tag.
fn tagged_image(image: &str) -> Option<&str> {
    let reference = image.split('@').next()?;
    let name = reference.rsplit('/').next()?;
    name.contains(':').then_some(reference).filter(|reference| !reference.starts_with("sha256:"))
}
