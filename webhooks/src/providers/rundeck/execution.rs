//! One execution of a job: a configuration change, or a deployment where its options name images by digest.

use throughline_domain::fact::{Attribute, Facts, Field};
use throughline_domain::key::{self, Key, KeyError};
use throughline_domain::link::LinkKind;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::time::Timestamp;

use super::payload::{Execution, Moment};
use crate::draft::{Draft, Person, by};
use crate::members::{filled, host, meant, time};
use crate::parameters::Parameters;
use crate::provider::ParseError;

/// What an execution states.
///
/// # Errors
/// [`ParseError::Key`] where an id or name is too long.
pub(super) fn facts(execution: &Execution, id: &str, status: &str) -> Result<Facts, ParseError> {
    let page = filled(execution.permalink.as_deref()).or(filled(execution.href.as_deref()));
    let host = &host(page);
    let options = execution.job.as_ref().and_then(|job| job.options.as_ref());
    let options = options.map(Parameters::read).unwrap_or_default();
    let kind = if options.images.is_empty() { NodeKind::ConfigChange } else { NodeKind::Deployment };
    let project = filled(execution.project.as_deref()).unwrap_or_default();
    let key = key::of_tool(kind, "rundeck", host, &format!("{project}/{id}"))?;
    let (started, ended) = (moment(execution.started.as_ref()), moment(execution.ended.as_ref()));
    let mut draft = Draft::new("rundeck/execution", ended.or(started));
    let outcome = outcome(status);
    let is_done = outcome == Some(Outcome::Success);
    let name = job_name(execution);
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, title(&name, &options))
        .with(Attribute::Reference, format!("{project} #{id}"))
        .with(Attribute::Category, "job")
        .with_some(Attribute::Description, filled(execution.description.as_deref()))
        .with_some(Attribute::Version, options.version.as_deref())
        .moment(Attribute::StartedAt, started)
        .moment(Attribute::FinishedAt, ended)
        // Older versions leave the end out; an execution that succeeded counts from its start then.
        .moment(Attribute::OccurredAt, ended.or(started).filter(|_| is_done))
        .page(page);
    draft.state_with_outcome(fact, Some(status), outcome);
    link(&mut draft, &key, &options);
    state_user(&mut draft, &key, host, execution)?;
    let user = filled(execution.user.as_deref());
    if let Some(what) = what(outcome, kind) {
        draft.event(&key, None, what, user, &by(&format!("{name} {what}"), user));
    }
    draft.mention(&key, Field::Body, filled(execution.argstring.as_deref()), None);
    draft.finish()
}

fn link(draft: &mut Draft, key: &Key, options: &Parameters) {
    for image in &options.images {
        if let Some(artifact) = image.state(draft) {
            draft.link(key, LinkKind::Deploys, &artifact, "an option of the job names this digest");
        }
    }
    if let Some((name, environment)) = &options.environment
        && let Some(node) = draft.named(NodeKind::Environment, Some(environment.as_str()))
    {
        draft.link(key, LinkKind::DeployedTo, &node, &format!("the job's option '{name}'"));
    }
    if let Some(node) = draft.named(NodeKind::Service, options.service.as_deref()) {
        draft.link(key, LinkKind::Of, &node, "the job's option 'service'");
    }
}

fn state_user(draft: &mut Draft, key: &Key, host: &str, execution: &Execution) -> Result<(), KeyError> {
    let person = Person { provider: "rundeck", host, login: filled(execution.user.as_deref()), ..Person::default() };
    draft.person(key, LinkKind::TriggeredBy, &person, "Rundeck names who started the execution")
}

fn outcome(status: &str) -> Option<Outcome> {
    match status {
        "scheduled" | "queued" => Some(Outcome::Pending),
        "running" => Some(Outcome::Running),
        "succeeded" => Some(Outcome::Success),
        "failed" | "failed-with-retry" | "timedout" => Some(Outcome::Failure),
        "aborted" => Some(Outcome::Abandoned),
        _ => None,
    }
}

fn what(outcome: Option<Outcome>, kind: NodeKind) -> Option<&'static str> {
    match outcome? {
        Outcome::Pending => Some("scheduled"),
        Outcome::Running => Some("started"),
        Outcome::Success if kind == NodeKind::Deployment => Some("deployed"),
        Outcome::Success => Some("succeeded"),
        Outcome::Failure => Some("failed"),
        Outcome::Abandoned => Some("aborted"),
    }
}

fn job_name(execution: &Execution) -> String {
    let job = execution.job.as_ref();
    let parts = [job.and_then(|job| filled(job.group.as_deref())), job.and_then(|job| filled(job.name.as_deref()))];
    let name = parts.into_iter().flatten().collect::<Vec<_>>().join("/");
    if name.is_empty() { "A command".to_owned() } else { name }
}

fn title(name: &str, options: &Parameters) -> String {
    match &options.environment {
        Some((_, environment)) => format!("{name} in {environment}"),
        None => name.to_owned(),
    }
}

/// A moment as number or text.
fn moment(moment: Option<&Moment>) -> Option<Timestamp> {
    let moment = moment?;
    let number = moment.unixtime.map(Timestamp::from_millis).and_then(meant);
    number.or_else(|| time(moment.date.as_deref()))
}
