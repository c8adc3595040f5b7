//! One job: a configuration change, or a deployment where its variables name images by digest.

use serde_json::Value;
use throughline_domain::fact::{Attribute, Facts, Field};
use throughline_domain::key::{self, Key};
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::time::Timestamp;
use url::Url;

use super::payload::Notification;
use crate::draft::{Draft, Person, by};
use crate::members::{filled, time};
use crate::parameters::Parameters;
use crate::provider::ParseError;

/// What AWX writes where a job has no variables.
const NO_VARIABLES: &str = "{}";

/// The most hosts of one job that are counted.
const MAX_HOSTS: usize = 10_000;

/// What a job states.
///
/// # Errors
/// [`ParseError::TooMany`] over [`MAX_HOSTS`], [`ParseError::Key`] where an id or login is too long.
pub(super) fn facts(job: &Notification, id: &str, status: &str) -> Result<Facts, ParseError> {
    let page = filled(job.url.as_deref()).filter(|address| Name::url(address).is_some());
    let url = page.and_then(|address| Url::parse(address).ok());
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    let variables = filled(job.extra_vars.as_deref()).map(Parameters::read_text).unwrap_or_default();
    let kind = if variables.images.is_empty() { NodeKind::ConfigChange } else { NodeKind::Deployment };
    let key = key::of_tool(kind, "ansible", host, id)?;
    let (started, finished) = (moment(&job.started), moment(&job.finished));
    let mut draft = Draft::new("ansible/job", finished.or(started));
    let outcome = outcome(status);
    let occurred = finished.or(started).filter(|_| outcome == Some(Outcome::Success));
    let name = filled(job.name.as_deref()).unwrap_or("A job");
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, title(name, job, &variables))
        .with(Attribute::Reference, format!("{name} #{id}"))
        .with(Attribute::Category, "job")
        .with(Attribute::Description, description(job))
        .with_some(Attribute::Version, variables.version.as_deref())
        .with_some(Attribute::Result, result(job)?)
        .moment(Attribute::StartedAt, started)
        .moment(Attribute::FinishedAt, finished)
        .moment(Attribute::OccurredAt, occurred);
    // Pages of older versions differ only behind the '#', which no name keeps.
    let is_name = url.as_ref().is_some_and(|url| url.fragment().is_none());
    let fact = if is_name { fact.page(page) } else { fact.with_some(Attribute::Url, page) };
    draft.state_with_outcome(fact, Some(status), outcome);
    link(&mut draft, &key, job, &variables);
    let login = filled(job.created_by.as_deref());
    let person = Person { provider: "ansible", host, login, ..Person::default() };
    draft.person(&key, LinkKind::TriggeredBy, &person, "AWX names who launched the job")?;
    if let Some(what) = what(outcome, kind) {
        draft.event(&key, None, what, login, &by(&format!("{name} {what}"), login));
    }
    draft.mention(&key, Field::Body, filled(job.extra_vars.as_deref()).filter(|text| *text != NO_VARIABLES), None);
    draft.finish()
}

fn link(draft: &mut Draft, key: &Key, job: &Notification, variables: &Parameters) {
    for image in &variables.images {
        if let Some(artifact) = image.state(draft) {
            draft.link(key, LinkKind::Deploys, &artifact, "a variable of the job names this digest");
        }
    }
    let (class, environment, reason) = match (&variables.environment, filled(job.inventory.as_deref())) {
        (Some((name, environment)), _) => {
            (LinkClass::Asserted, Some(environment.as_str()), format!("the job's variable '{name}'"))
        }
        (None, inventory) => (LinkClass::Guessed, inventory, "the name of the job's inventory".to_owned()),
    };
    if let Some(node) = draft.named(NodeKind::Environment, environment) {
        draft.link_as(class, key, LinkKind::DeployedTo, &node, &reason);
    }
    if let Some(node) = draft.named(NodeKind::Service, variables.service.as_deref()) {
        draft.link(key, LinkKind::Of, &node, "the job's variable 'service'");
    }
}

fn outcome(status: &str) -> Option<Outcome> {
    match status {
        "new" | "pending" | "waiting" => Some(Outcome::Pending),
        "running" => Some(Outcome::Running),
        "successful" => Some(Outcome::Success),
        "failed" | "error" => Some(Outcome::Failure),
        "canceled" => Some(Outcome::Abandoned),
        _ => None,
    }
}

fn what(outcome: Option<Outcome>, kind: NodeKind) -> Option<&'static str> {
    match outcome? {
        Outcome::Pending => Some("queued"),
        Outcome::Running => Some("started"),
        Outcome::Success if kind == NodeKind::Deployment => Some("deployed"),
        Outcome::Success => Some("succeeded"),
        Outcome::Failure => Some("failed"),
        Outcome::Abandoned => Some("canceled"),
    }
}

fn title(name: &str, job: &Notification, variables: &Parameters) -> String {
    let said = variables.environment.as_ref().map(|(_, environment)| environment.as_str());
    match said.or(filled(job.inventory.as_deref())) {
        Some(place) => format!("{name} on {place}"),
        None => name.to_owned(),
    }
}

/// `restart.yml of the project Ops, limited to web*`.
fn description(job: &Notification) -> String {
    let playbook = filled(job.playbook.as_deref()).map(|playbook| match filled(job.project.as_deref()) {
        Some(project) => format!("{playbook} of the project {project}"),
        None => playbook.to_owned(),
    });
    let limit = filled(job.limit.as_deref()).map(|limit| format!("limited to {limit}"));
    [playbook, limit].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// `3 hosts, 3 changes, 2 hosts failed`; `None` before the job has ended.
fn result(job: &Notification) -> Result<Option<String>, ParseError> {
    let count = job.hosts.as_ref().map(|hosts| hosts.len()).unwrap_or_default();
    if count > MAX_HOSTS {
        return Err(ParseError::TooMany { what: "hosts", count, limit: MAX_HOSTS });
    }
    let (mut hosts, mut changes, mut failed) = (0_u64, 0_u64, 0_u64);
    for host in job.hosts.iter().flatten().map(|(_, host)| host).filter(|host| host.ok.is_some()) {
        hosts += 1;
        changes = changes.saturating_add(host.changed.unwrap_or_default());
        failed += u64::from(host.failures.unwrap_or_default() > 0 || host.dark.unwrap_or_default() > 0);
    }
    Ok((hosts > 0).then(|| format!("{hosts} hosts, {changes} changes, {failed} hosts failed")))
}

fn moment(value: &Option<Value>) -> Option<Timestamp> {
    time(value.as_ref().and_then(Value::as_str))
}
