//! What Harbor's policies do: a quota that runs out, images that are copied elsewhere, tags that are cleared away.

use throughline_domain::fact::Attribute;
use throughline_domain::key;
use throughline_domain::link::LinkKind;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::time::Timestamp;

use super::payload::{EventData, Handled, Place, Replication};
use crate::draft::{Draft, joined};
use crate::members::{filled, host, meant};
use crate::provider::ParseError;

/// The most artifacts that a policy's run may list.
const MAX_HANDLED: usize = 10_000;

/// States that a project's quota is used up, or soon will be: an alert of the moment.
///
/// The digest that such an event carries may be that of a layer, so it is no artifact.
///
/// # Errors
/// [`ParseError::Key`] where the repository's name is too long.
pub(super) fn state_quota(draft: &mut Draft, data: &EventData, what: &str) -> Result<(), ParseError> {
    let repository = data.repository.as_ref().and_then(|repository| filled(repository.repo_full_name.as_deref()));
    let (Some(repository), Some(at)) = (repository, draft.at) else { return Ok(()) };
    let resource = format!("quota/{repository}/{what}/{}", at.seconds());
    let key = key::of_tool(NodeKind::Alert, "harbor", "", &resource)?;
    let title = match what {
        "exceeded" => format!("Harbor's storage quota is exceeded by {repository}"),
        _ => format!("Harbor's storage quota is nearly used up by {repository}"),
    };
    let details = data.custom_attributes.as_ref().and_then(|custom| filled(custom.details.as_deref()));
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, title.as_str())
        .with(Attribute::Reference, repository)
        .with(Attribute::State, what)
        .with(Attribute::Category, "quota")
        .with_some(Attribute::Description, details)
        .moment(Attribute::OccurredAt, Some(at))
        .moment(Attribute::StartedAt, Some(at));
    draft.state(fact);
    if let Some(rule) = draft.named(NodeKind::AlertRule, Some("Harbor storage quota")) {
        draft.link(&key, LinkKind::InstanceOf, &rule, "the type of the event");
    }
    draft.event(&key, None, "fired", None, &title);
    Ok(())
}

/// States a replication: it changes what a registry holds.
///
/// # Errors
/// [`ParseError::TooMany`] over [`MAX_HANDLED`], [`ParseError::Key`] where the host is too long.
pub(super) fn state_replication(draft: &mut Draft, data: &EventData) -> Result<(), ParseError> {
    let Some(replication) = &data.replication else { return Ok(()) };
    let Some(execution) = replication.execution_timestamp else { return Ok(()) };
    let host = filled(replication.harbor_hostname.as_deref()).unwrap_or_default();
    let key = key::of_tool(NodeKind::ConfigChange, "harbor", host, &identity(replication, execution))?;
    let (copied, failed) = (names(&replication.successful_artifact)?, names(&replication.failed_artifact)?);
    let from = replication.src_resource.as_ref().map(place).unwrap_or_default();
    let to = replication.dest_resource.as_ref().map(place).unwrap_or_default();
    let title = format!("Replication from {from} to {to}");
    let told = filled(replication.description.as_deref());
    let lists = [("copied", joined(copied.iter().copied())), ("not copied", joined(failed.iter().copied()))];
    let lists =
        lists.into_iter().filter(|(_, names)| !names.is_empty()).map(|(word, names)| format!("{word}: {names}"));
    let description: Vec<String> = told.map(str::to_owned).into_iter().chain(lists).collect();
    let status = filled(replication.job_status.as_deref());
    let outcome = status.and_then(outcome);
    let is_done = outcome == Some(Outcome::Success);
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, title.as_str())
        .with(Attribute::Reference, format!("replication {execution}"))
        .with(Attribute::Category, "replication")
        .with(Attribute::Description, description.join("\n"))
        .with(Attribute::Result, format!("{} copied, {} failed", copied.len(), failed.len()))
        .moment(Attribute::StartedAt, meant(Timestamp::from_seconds(execution)))
        .moment(Attribute::OccurredAt, draft.at.filter(|_| is_done));
    draft.state_with_outcome(fact, status, outcome);
    match outcome {
        Some(Outcome::Success) => draft.event(&key, None, "replicated", None, &format!("{title} succeeded")),
        Some(Outcome::Failure) => draft.event(&key, None, "failed", None, &format!("{title} failed")),
        Some(Outcome::Pending | Outcome::Running | Outcome::Abandoned) | None => {}
    }
    Ok(())
}

/// States a run of a tag retention policy: what it deletes can no longer be pulled.
///
/// # Errors
/// As [`state_replication`].
pub(super) fn state_retention(draft: &mut Draft, data: &EventData) -> Result<(), ParseError> {
    let Some(retention) = &data.retention else { return Ok(()) };
    let (Some(policy), Some(at)) = (retention.retention_policy_id, draft.at) else { return Ok(()) };
    let host = filled(retention.harbor_hostname.as_deref()).unwrap_or_default();
    let resource = format!("retention/{policy}/{}", at.seconds());
    let key = key::of_tool(NodeKind::ConfigChange, "harbor", host, &resource)?;
    let deleted = names(&retention.deleted_artifact)?;
    let project = filled(retention.project_name.as_deref()).unwrap_or("a project");
    let title = format!("Tag retention of {project}: {} deleted", deleted.len());
    let counts = retention.total.zip(retention.retained);
    let status = filled(retention.result.as_deref());
    let outcome = status.and_then(outcome);
    let is_done = outcome == Some(Outcome::Success);
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, title.as_str())
        .with(Attribute::Reference, format!("retention policy {policy}"))
        .with(Attribute::Category, "tag_retention")
        .with(Attribute::Description, joined(deleted.iter().copied()))
        .with_some(Attribute::Result, counts.map(|(total, kept)| format!("{kept} of {total} kept")))
        .moment(Attribute::FinishedAt, Some(at))
        .moment(Attribute::OccurredAt, Some(at).filter(|_| is_done));
    draft.state_with_outcome(fact, status, outcome);
    let what = if is_done { "finished" } else { "failed" };
    draft.event(&key, None, what, None, &title);
    Ok(())
}

/// The job service writes its words in one case for replications and in another for retention.
fn outcome(status: &str) -> Option<Outcome> {
    match status.to_ascii_lowercase().as_str() {
        "success" | "succeed" => Some(Outcome::Success),
        "failed" | "error" | "failure" => Some(Outcome::Failure),
        "stopped" => Some(Outcome::Abandoned),
        "running" | "inprogress" | "in_progress" => Some(Outcome::Running),
        "pending" | "scheduled" => Some(Outcome::Pending),
        _ => None,
    }
}

fn names(handled: &Option<Vec<Handled>>) -> Result<Vec<&str>, ParseError> {
    let handled = handled.as_deref().unwrap_or_default();
    if handled.len() > MAX_HANDLED {
        return Err(ParseError::TooMany { what: "artifacts", count: handled.len(), limit: MAX_HANDLED });
    }
    Ok(handled.iter().filter_map(|handled| filled(handled.name_tag.as_deref())).collect())
}

/// The second of a replication with both registries: a push sets off all policies at once.
fn identity(replication: &Replication, execution: i64) -> String {
    let places = [&replication.src_resource, &replication.dest_resource].into_iter().flatten();
    let hosts = places.map(|place| host(place.endpoint.as_deref())).filter(|host| !host.is_empty());
    let hosts: Vec<String> = hosts.collect();
    format!("replication/{execution}/{}", hosts.join("/")).trim_end_matches('/').to_owned()
}

fn place(place: &Place) -> String {
    let parts = [filled(place.endpoint.as_deref()), filled(place.namespace.as_deref())];
    parts.into_iter().flatten().map(|part| part.trim_end_matches('/')).collect::<Vec<_>>().join("/")
}
