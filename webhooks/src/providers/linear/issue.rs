//! An issue as a ticket: what is said of it, what it belongs to, and what was changed.

use throughline_domain::fact::{Attribute, Field, NodeFact};
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::Outcome;

use super::payload::{Body, Cycle, Data, moment};
use super::workspace::{IssueName, outcome, person, project};
use super::{NAME, refuse};
use crate::draft::{Draft, joined};
use crate::provider::{Content, ParseError};

/// The word by which Linear says that nobody chose a priority.
const NO_PRIORITY: &str = "No priority";

/// Everything that a delivery says of its issue.
pub(super) fn read(body: &Body, data: &Data) -> Result<Content, ParseError> {
    let page = body.url.as_deref().or(data.url.as_deref());
    let issue = IssueName::find(data.identifier.as_deref(), data, page)
        .ok_or_else(|| refuse("the issue has neither an identifier nor a team and a number"))??;
    let mut draft = Draft::new(format!("{NAME}/issue"), body.at());
    let fact = described(issue.fact(&mut draft, page)?, data, page);
    draft.state(with_state(with_assignee(fact, body, data), body, data));
    add_parents(&mut draft, &issue, data)?;
    let author = if body.action() == "create" { body.actor.as_ref() } else { None };
    if let Some(author) = data.creator.as_ref().or(author) {
        draft.person(&issue.key, LinkKind::AuthoredBy, &person(author), "Linear names who created it")?;
    }
    draft.mention(&issue.key, Field::Title, data.title.as_deref(), None);
    match data.description.as_deref().filter(|text| !text.trim().is_empty()) {
        None if body.replaced("description") => draft.emptied(&issue.key, Field::Body, None),
        description => draft.mention(&issue.key, Field::Body, description, None),
    }
    add_events(&mut draft, &issue, body, data);
    Ok(Content::Facts(Box::new(draft.finish()?)))
}

/// What an issue says of itself, except where it stands.
fn described(fact: NodeFact, data: &Data, page: Option<&str>) -> NodeFact {
    let labels = data.labels.iter().flatten().filter_map(|label| label.name.as_deref());
    let priority = data.priority_label.as_deref().filter(|priority| *priority != NO_PRIORITY);
    let fact = fact
        .with_some(Attribute::Title, data.title.as_deref())
        .with_some(Attribute::Severity, priority)
        .with(Attribute::Labels, joined(labels))
        .with_some(Attribute::Description, data.description.as_deref())
        .moment(Attribute::OccurredAt, moment(data.created_at.as_deref()))
        .moment(Attribute::StartedAt, moment(data.started_at.as_deref()))
        .moment(Attribute::FinishedAt, data.ended_at())
        .page(page);
    data.previous_identifiers().fold(fact, |fact, former| fact.named(Name::ticket(former)))
}

fn with_assignee(fact: NodeFact, body: &Body, data: &Data) -> NodeFact {
    match data.assignee.as_ref().and_then(|assignee| assignee.called()) {
        Some(name) => fact.with(Attribute::Assignee, name),
        None if body.replaced("assigneeId") => fact.with(Attribute::Assignee, "Unassigned"),
        None => fact,
    }
}

fn with_state(fact: NodeFact, body: &Body, data: &Data) -> NodeFact {
    if body.action() == "remove" {
        return fact.with(Attribute::State, "Deleted").outcome(Outcome::Abandoned);
    }
    let (name, kind) = data.state();
    fact.with_some(Attribute::State, name).with_some(Attribute::Outcome, kind.and_then(outcome).map(Outcome::word))
}

/// The issue above it, and its project, which is the larger piece of work.
fn add_parents(draft: &mut Draft, issue: &IssueName, data: &Data) -> Result<(), ParseError> {
    if let Some(parent) = &data.parent
        && let Some(named) = parent.identifier.as_deref().and_then(IssueName::of)
    {
        let named = named?;
        let fact = named.fact(draft, None)?.with_some(Attribute::Title, parent.title.as_deref());
        if named.key != issue.key {
            draft.state_once(fact);
        }
        draft.link(&issue.key, LinkKind::ChildOf, &named.key, "Linear names it as the parent");
    }
    let Some(id) = data.project_id() else { return Ok(()) };
    let key = project(id)?;
    if let Some(named) = data.project.as_ref().filter(|named| named.name.is_some()) {
        let fact = draft
            .fact(&key)
            .with_some(Attribute::Title, named.name.as_deref())
            .with_some(Attribute::Reference, named.name.as_deref())
            .with(Attribute::Category, "project")
            .page(named.url.as_deref());
        draft.state_once(fact);
    }
    draft.link(&issue.key, LinkKind::ChildOf, &key, "Linear names it as the project");
    Ok(())
}

fn add_events(draft: &mut Draft, issue: &IssueName, body: &Body, data: &Data) {
    let actor = body.actor_name();
    let events = match body.action() {
        "create" => vec![("created", created(data))],
        "remove" => vec![("deleted", "Deleted".to_owned())],
        "restore" => vec![("restored", "Restored".to_owned())],
        _ => changes(body, data),
    };
    for (what, summary) in events {
        draft.event(&issue.key, None, what, actor, &summary);
    }
}

fn created(data: &Data) -> String {
    match data.team.as_ref().and_then(|team| team.name.as_deref()) {
        Some(team) => format!("Created in {team}"),
        None => "Created".to_owned(),
    }
}

/// What an update changed, as far as it stands in a timeline.
fn changes(body: &Body, data: &Data) -> Vec<(&'static str, String)> {
    let mut changes = Vec::new();
    if body.replaced("stateId") {
        let state = data.state().0.unwrap_or("another state");
        changes.push(("moved", format!("Moved to {state}")));
    }
    if body.replaced("teamId") {
        let team = data.team.as_ref().and_then(|team| team.name.as_deref()).unwrap_or("another team");
        changes.push(("moved", format!("Moved to the team {team}")));
    }
    if body.replaced("assigneeId") {
        changes.push(match data.assignee.as_ref().and_then(|assignee| assignee.called()) {
            Some(name) => ("assigned", format!("Assigned to {name}")),
            None => ("unassigned", "No longer assigned to anybody".to_owned()),
        });
    }
    if body.replaced("projectId") {
        changes.push(match data.project.as_ref().and_then(|project| project.name.as_deref()) {
            Some(name) => ("planned", format!("Planned for {name}")),
            None if data.project_id().is_some() => ("planned", "Planned for a project".to_owned()),
            None => ("unplanned", "Taken out of its project".to_owned()),
        });
    }
    if body.replaced("cycleId") {
        changes.push(match data.cycle.as_ref() {
            Some(cycle) => ("planned", format!("Planned for {}", called(cycle))),
            None => ("unplanned", "Taken out of its cycle".to_owned()),
        });
    }
    if let Some(title) = body.former("title") {
        changes.push(("renamed", format!("Renamed from {title}")));
    }
    if body.replaced("archivedAt") {
        changes.push(match data.archived_at {
            Some(_) => ("archived", "Archived".to_owned()),
            None => ("restored", "Restored".to_owned()),
        });
    }
    changes
}

fn called(cycle: &Cycle) -> String {
    match (cycle.name.as_deref().filter(|name| !name.is_empty()), cycle.number) {
        (Some(name), _) => name.to_owned(),
        (None, Some(number)) => format!("cycle {number}"),
        (None, None) => "a cycle".to_owned(),
    }
}
