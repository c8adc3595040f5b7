//! Continuous operations: incidents, tickets and approvals.

use throughline_domain::fact::{Attribute, Field, NodeFact};
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};

use super::artifact_id::ArtifactId;
use super::draft::Draft;
use super::keys;
use crate::provider::{Content, ParseError};

/// `incident.detected`, `.reported`, `.resolved`.
pub(super) fn incident(mut draft: Draft<'_>) -> Result<Content, ParseError> {
    let resolved = match draft.predicate {
        "detected" | "reported" => false,
        "resolved" => true,
        _ => return Ok(draft.unread()),
    };
    let (subject, predicate) = (&draft.event.subject, draft.predicate);
    let content = &subject.content;
    let key = draft.key(NodeKind::Incident)?;
    let artifact = content.artifact_id.as_deref().map(ArtifactId::parse);
    let (at, description) = (Some(draft.at()), content.description.as_deref());
    // The resolution is described in a field of the same name; it must not become the incident's title.
    let (attribute, outcome) =
        if resolved { (Attribute::Description, Outcome::Success) } else { (Attribute::Title, Outcome::Running) };
    let fact = draft
        .fact(&key)
        .with_some(attribute, description)
        .with(Attribute::Reference, subject.id.as_str())
        .with(Attribute::State, predicate)
        .outcome(outcome)
        .with_some(Attribute::Digest, artifact.as_ref().and_then(|artifact| artifact.digest.as_deref()))
        .with_some(Attribute::Package, artifact.as_ref().and_then(|artifact| artifact.package.as_deref()))
        .moment(Attribute::OccurredAt, at.filter(|_| !resolved))
        .moment(Attribute::StartedAt, at.filter(|_| !resolved))
        .moment(Attribute::FinishedAt, at.filter(|_| resolved))
        .named(Name::plain(&subject.id));
    draft.state(fact);
    draft.happened(&key, predicate, None, format!("{}: {}", subject.id, description.unwrap_or(predicate)));
    if !resolved {
        draft.mention(&key, Field::Title, description.unwrap_or_default(), None);
    }
    draft.mention(&key, Field::Body, content.ticket_uri.as_deref().unwrap_or_default(), None);
    if let Some(artifact) = artifact {
        draft.state_artifact(&artifact);
    }
    incident_place(&mut draft, &key)?;
    draft.add_custom(&key)?;
    Ok(draft.done())
}

/// `ticket.created`, `.updated`, `.closed`.
pub(super) fn ticket(mut draft: Draft<'_>) -> Result<Content, ParseError> {
    let (what, state, outcome) = match draft.predicate {
        "created" => ("opened", Some("open"), Some(Outcome::Running)),
        "updated" => ("updated", None, None),
        "closed" => ("closed", Some("closed"), Some(Outcome::Success)),
        _ => return Ok(draft.unread()),
    };
    let subject = &draft.event.subject;
    let content = &subject.content;
    let page = content.address();
    let known = page.and_then(keys::of_page).filter(|key| key.kind() == NodeKind::Ticket);
    let is_known = known.is_some();
    let key = match draft.custom.node(NodeKind::Ticket).or(known) {
        Some(key) => key,
        None => draft.key(NodeKind::Ticket)?,
    };
    let resolution = content.resolution.as_deref();
    let outcome = match resolution {
        Some(word) if what == "closed" => Some(resolved_as(word)),
        _ => outcome,
    };
    let at = Some(draft.at());
    let fact = draft
        .fact(&key)
        .with_some(Attribute::Title, content.summary.as_deref())
        .with(Attribute::Reference, keys::ticket_id(&subject.id))
        .with_some(Attribute::State, resolution.or(state))
        .with_some(Attribute::Outcome, outcome.map(Outcome::word))
        .with_some(Attribute::Category, content.ticket_type.as_deref())
        .with_some(Attribute::Severity, content.priority.as_deref())
        .with_some(Attribute::Labels, content.labels.as_deref().map(sorted))
        .with_some(Attribute::Assignee, content.assignees.as_deref().map(sorted))
        .moment(Attribute::OccurredAt, at.filter(|_| what == "opened"))
        .moment(Attribute::FinishedAt, at.filter(|_| what == "closed"))
        .page(page);
    draft.state(if keys::ticket_project(&subject.id).is_some() { fact.named(Name::ticket(&subject.id)) } else { fact });
    // Only a tracker's own page says that the key is the tracker's; any other would claim the project for itself.
    if is_known {
        draft.announce_project(&subject.id, &key);
    }
    let creator = content.creator.as_deref();
    let actor = if what == "opened" { creator } else { content.updated_by.as_deref() };
    draft.happened(&key, what, actor, format!("{} {what}", keys::ticket_id(&subject.id)));
    if let Some(creator) = creator {
        let person = draft.state_person(creator)?;
        draft.link(&key, LinkKind::AuthoredBy, &person, "the ticket names its creator");
    }
    draft.add_custom(&key)?;
    Ok(draft.done())
}

/// `approval.created`, `.updated`, `.closed` (0.6-draft).
///
/// An approval is a link from what was approved to who did. CDEvents gives the approved thing by its address alone, so it
/// must be an address that names a node by itself, or `customData.throughline` must name one. Where neither does, the
/// approval is a ticket of its own, so that at least who approved what, and when, is known.
pub(super) fn approval(mut draft: Draft<'_>) -> Result<Content, ParseError> {
    if !matches!(draft.predicate, "created" | "updated" | "closed") {
        return Ok(draft.unread());
    }
    let content = &draft.event.subject.content;
    let person = content.responder.as_deref().map(|responder| responder.trim_start_matches("urn:user:"));
    let what = decided(&draft);
    let (target, fact) = match approved(&draft)? {
        Some(target) => (target.clone(), draft.fact(&target)),
        None => request(&draft, what)?,
    };
    draft.state(fact);
    let summary = match person {
        Some(person) => format!("{} by {person}", what.replace('_', " ")),
        None => what.replace('_', " "),
    };
    draft.happened(&target, what, person, summary);
    if let Some(person) = person.filter(|_| what == "approved") {
        let person = draft.state_person(person)?;
        draft.link(&target, LinkKind::ApprovedBy, &person, "the approval names its responder");
    }
    Ok(draft.done())
}

fn incident_place(draft: &mut Draft<'_>, incident: &Key) -> Result<(), ParseError> {
    let content = &draft.event.subject.content;
    if let Some(service) = &content.service {
        let name = keys::service_name(&service.id);
        let service = draft.state_named(NodeKind::Service, name, service.name.as_deref())?;
        draft.link(incident, LinkKind::FiresOn, &service, "the incident names the service");
    }
    if let Some(environment) = &content.environment {
        let environment = draft.state_named(NodeKind::Environment, &environment.id, environment.name.as_deref())?;
        draft.link(incident, LinkKind::FiresOn, &environment, "the incident names the environment");
    }
    Ok(())
}

/// What happened to an approval.
fn decided(draft: &Draft<'_>) -> &'static str {
    let decision = draft.event.subject.content.decision.as_deref().map(str::to_ascii_lowercase);
    match (decision.as_deref(), draft.predicate) {
        (Some("approved" | "approve"), _) => "approved",
        (Some("rejected" | "reject" | "denied" | "declined"), _) => "rejected",
        (_, "created") => "approval_requested",
        (_, "closed") => "approval_closed",
        _ => "approval_updated",
    }
}

/// An approval of something that no node is known for, as a ticket of its own.
fn request(draft: &Draft<'_>, what: &str) -> Result<(Key, NodeFact), ParseError> {
    let subject = &draft.event.subject;
    let content = &subject.content;
    let title = match content.resource_target_url.as_deref() {
        Some(page) => format!("Approval of {page}"),
        None => format!("Approval {}", subject.id),
    };
    let outcome = match what {
        "approved" => Some(Outcome::Success),
        "rejected" => Some(Outcome::Failure),
        "approval_requested" => Some(Outcome::Pending),
        "approval_closed" => Some(Outcome::Abandoned),
        _ => None,
    };
    let (at, asked) = (Some(draft.at()), what == "approval_requested");
    let ended = outcome.is_some_and(|outcome| outcome != Outcome::Pending);
    let key = draft.key(NodeKind::Ticket)?;
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, title)
        .with(Attribute::Reference, keys::ticket_id(&subject.id))
        .with(Attribute::Category, "approval")
        .with(Attribute::State, content.status.as_deref().or(content.decision.as_deref()).unwrap_or(draft.predicate))
        .with_some(Attribute::Outcome, outcome.map(Outcome::word))
        .moment(Attribute::OccurredAt, at.filter(|_| asked))
        .moment(Attribute::FinishedAt, at.filter(|_| ended))
        .page(content.approval_details_url.as_deref());
    Ok((key, fact))
}

/// What an approval is of: the page it points at, or what the sender's own member names.
fn approved(draft: &Draft<'_>) -> Result<Option<Key>, ParseError> {
    let pages = [draft.event.subject.content.resource_target_url.as_deref(), draft.custom.change.as_deref()];
    if let Some(key) = pages.into_iter().flatten().find_map(keys::of_page) {
        return Ok(Some(key));
    }
    let artifact = draft.custom.artifact.as_deref().map(ArtifactId::parse);
    match artifact.and_then(|artifact| draft.artifact_fact(&artifact)) {
        Some(fact) => Ok(Some(fact.key)),
        None => draft.custom.commit(draft.repository()?.as_ref()),
    }
}

fn resolved_as(resolution: &str) -> Outcome {
    match resolution.to_ascii_lowercase().as_str() {
        "completed" | "done" | "fixed" | "resolved" => Outcome::Success,
        // Every tracker has its own words for not doing it: duplicate, not planned, won't fix.
        _ => Outcome::Abandoned,
    }
}

fn sorted(words: &[String]) -> String {
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    words.sort_unstable();
    words.dedup();
    words.join(",")
}
