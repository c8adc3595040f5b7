//! `deployment`: what was brought where, and whether it got there.

use serde::Deserialize;
use throughline_domain::fact::{Attribute, Facts};
use throughline_domain::key::Key;
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::time::Timestamp;

use super::delivery::Delivery;
use super::draft::Draft;
use super::payload::{Project, User};
use super::pipeline::{is_ended, outcome};
use super::time::moment;
use crate::draft::{by, object_id};
use crate::stop::Stop;

/// A `deployment` event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct DeploymentEvent {
    deployment_id: Option<u64>,
    status: Option<String>,
    deployable_url: Option<String>,
    environment: Option<String>,
    commit_url: Option<String>,
    user: Option<User>,
    project: Option<Project>,
    #[serde(deserialize_with = "moment")]
    status_changed_at: Option<Timestamp>,
}

impl DeploymentEvent {
    /// The commit is told in short; its page has the whole id.
    fn commit(&self) -> Option<&str> {
        let page = self.commit_url.as_deref()?;
        object_id(page.split(['?', '#']).next()?.rsplit('/').next())
    }
}

/// Reads how far a deployment has come.
pub(super) fn facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: DeploymentEvent = delivery.read("a GitLab deployment event")?;
    let id = event
        .deployment_id
        .ok_or_else(|| Stop::nothing("the deployment has no id, as those of older servers have none"))?;
    let mut draft = Draft::open(delivery, event.project.as_ref(), None, event.status_changed_at)?;
    let key = draft.key(NodeKind::Deployment, id)?;
    state_deployment(&mut draft, &key, id, &event)?;
    relate(&mut draft, &key, &event)?;
    happened(&mut draft, &key, &event);
    draft.finish()
}

fn state_deployment(draft: &mut Draft, key: &Key, id: u64, event: &DeploymentEvent) -> Result<(), Stop> {
    let outcome = outcome(event.status.as_deref());
    let at = event.status_changed_at;
    let service = draft.repository.short_name();
    let title = match event.environment.as_deref() {
        Some(environment) => format!("{service} to {environment}"),
        None => service.to_owned(),
    };
    // The page is that of the job, hence an address but no name of the deployment's.
    let page = event.deployable_url.as_deref().filter(|page| Name::url(page).is_some());
    let fact = draft
        .fact(key)
        .with(Attribute::Title, title)
        .with(Attribute::Reference, format!("deployment {id}"))
        .with_some(Attribute::Url, page)
        .moment(Attribute::OccurredAt, at.filter(|_| is_ended(outcome) || outcome == Some(Outcome::Running)))
        .moment(Attribute::StartedAt, at.filter(|_| outcome == Some(Outcome::Running)))
        .moment(Attribute::FinishedAt, at.filter(|_| is_ended(outcome)));
    draft.place_with_outcome(fact, event.status.as_deref(), outcome)?;
    Ok(())
}

fn relate(draft: &mut Draft, key: &Key, event: &DeploymentEvent) -> Result<(), Stop> {
    if let Some(commit) = draft.commit_by_id(event.commit())? {
        draft.link(key, LinkKind::Deploys, &commit, "the deployment is of this commit");
    }
    if let Some(environment) = draft.named(NodeKind::Environment, event.environment.as_deref()) {
        draft.link(key, LinkKind::DeployedTo, &environment, "the deployment names this environment");
    }
    let service = draft.repository.short_name().to_owned();
    if let Some(service) = draft.named(NodeKind::Service, Some(&service)) {
        let reason = "GitLab names no service; the project's name was taken for it";
        draft.link_as(LinkClass::Guessed, key, LinkKind::Of, &service, reason);
    }
    draft.user(key, LinkKind::TriggeredBy, event.user.as_ref(), "set off the deployment")?;
    Ok(())
}

fn happened(draft: &mut Draft, key: &Key, event: &DeploymentEvent) {
    let (what, summary) = match event.status.as_deref().unwrap_or_default() {
        "created" => ("queued", "Deployment queued"),
        "blocked" => ("held", "Deployment waits for an approval"),
        "running" => ("started", "Deployment started"),
        "success" => ("deployed", "Deployment succeeded"),
        "failed" => ("failed", "Deployment failed"),
        "canceled" => ("canceled", "Deployment canceled"),
        _ => return,
    };
    let actor = event.user.as_ref().and_then(User::called);
    draft.event(key, None, what, actor, &by(summary, actor));
}
