//! A project as a larger ticket, what is reported of it, and the documents of a workspace.

use throughline_domain::fact::{Attribute, Field};
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::node::{NodeKind, Outcome};

use super::payload::{Body, Data, moment};
use super::workspace::{self, outcome, person};
use super::{NAME, refuse};
use crate::code_host::excerpt;
use crate::draft::Draft;
use crate::members::filled;
use crate::provider::{Content, ParseError};

/// A project: the issues in it are parts of it.
pub(super) fn project(body: &Body, data: &Data) -> Result<Content, ParseError> {
    let id = data.id.as_deref().filter(|id| !id.is_empty()).ok_or_else(|| refuse("data.id is missing"))?;
    let key = workspace::project(id)?;
    let mut draft = Draft::new(format!("{NAME}/project"), body.at());
    let removed = body.action() == "remove";
    let (state, kind) = data.state();
    let result = if removed { Some(Outcome::Abandoned) } else { kind.and_then(outcome) };
    let fact = draft
        .fact(&key)
        .with_some(Attribute::Title, data.name.as_deref())
        .with_some(Attribute::Reference, data.name.as_deref())
        .with(Attribute::Category, "project")
        .with_some(Attribute::State, if removed { Some("Deleted") } else { state })
        .with_some(Attribute::Outcome, result.map(Outcome::word))
        .with_some(Attribute::Description, data.description.as_deref())
        .with_some(Attribute::Assignee, data.lead.as_ref().and_then(|lead| lead.called()))
        .moment(Attribute::OccurredAt, moment(data.created_at.as_deref()))
        .moment(Attribute::StartedAt, moment(data.started_at.as_deref()))
        .moment(Attribute::FinishedAt, data.ended_at())
        .page(body.url.as_deref().or(data.url.as_deref()));
    draft.state(fact);
    let author = if body.action() == "create" { body.actor.as_ref() } else { None };
    if let Some(author) = data.creator.as_ref().or(author) {
        draft.person(&key, LinkKind::AuthoredBy, &person(author), "Linear names who created it")?;
    }
    draft.mention(&key, Field::Title, data.name.as_deref(), None);
    hand_over(&mut draft, &key, body, filled(data.content.as_deref()).or(filled(data.description.as_deref())));
    let name = data.name.as_deref().unwrap_or("the project");
    match (body.action(), state) {
        ("create", _) => draft.event(&key, None, "created", body.actor_name(), &format!("Created {name}")),
        ("remove", _) => draft.event(&key, None, "deleted", body.actor_name(), &format!("Deleted {name}")),
        (_, Some(state)) if body.replaced("state") || body.replaced("statusId") => {
            draft.event(&key, None, "moved", body.actor_name(), &format!("Moved to {state}"));
        }
        (_, _) => {}
    }
    Ok(Content::Facts(Box::new(draft.finish()?)))
}

/// What somebody reports of a project.
pub(super) fn update(body: &Body, data: &Data) -> Result<Content, ParseError> {
    let Some(id) = data.project_id() else {
        return Ok(Content::Ignored("the update does not say to which project it belongs".to_owned()));
    };
    let key = workspace::project(id)?;
    let mut draft = Draft::new(format!("{NAME}/project"), body.at());
    let name = data.project.as_ref().and_then(|project| project.name.as_deref());
    let fact = draft.fact(&key).with_some(Attribute::Title, name).with_some(Attribute::Reference, name);
    draft.state(fact);
    if body.action() == "create" {
        let text = excerpt(data.body.as_deref().unwrap_or_default());
        let said = [health(data.health.as_deref()), Some(text.as_str()).filter(|text| !text.is_empty())];
        let summary = said.into_iter().flatten().collect::<Vec<_>>().join(": ");
        draft.event(&key, None, "reported", body.actor_name(), &summary);
    }
    Ok(Content::Facts(Box::new(draft.finish()?)))
}

/// A document of the workspace, known by the address of its page.
pub(super) fn document(body: &Body, data: &Data) -> Result<Content, ParseError> {
    let page = body.url.as_deref().or(data.url.as_deref());
    let mut draft = Draft::new(format!("{NAME}/document"), body.at());
    let Some(key) = draft.web(NodeKind::Document, page, None) else {
        return Ok(Content::Ignored("the document comes without the address of its page".to_owned()));
    };
    let (state, what) = match body.action() {
        "create" => ("current", "created"),
        "remove" => ("deleted", "deleted"),
        _ => ("current", "edited"),
    };
    let fact = draft
        .fact(&key)
        .with_some(Attribute::Title, data.title.as_deref())
        .with_some(Attribute::Reference, data.title.as_deref())
        .with(Attribute::State, state)
        .moment(Attribute::OccurredAt, moment(data.created_at.as_deref()));
    draft.state(fact);
    if let Some(author) = data.creator.as_ref() {
        draft.person(&key, LinkKind::AuthoredBy, &person(author), "Linear names who created it")?;
    }
    if let Some(id) = data.project_id() {
        let project = workspace::project(id)?;
        draft.link(&project, LinkKind::DocumentedBy, &key, "Linear keeps the document in this project");
    }
    draft.mention(&key, Field::Title, data.title.as_deref(), None);
    hand_over(&mut draft, &key, body, filled(data.content.as_deref()));
    let title = data.title.as_deref().unwrap_or("the document");
    draft.event(&key, None, what, body.actor_name(), &format!("{title} {what}"));
    Ok(Content::Facts(Box::new(draft.finish()?)))
}

/// Hands over a text. One that the update has emptied refers to nothing any more.
fn hand_over(draft: &mut Draft, key: &Key, body: &Body, text: Option<&str>) {
    match text {
        None if body.replaced("content") || body.replaced("description") => draft.emptied(key, Field::Body, None),
        text => draft.mention(key, Field::Body, text, None),
    }
}

fn health(word: Option<&str>) -> Option<&str> {
    match word {
        Some("onTrack") => Some("On track"),
        Some("atRisk") => Some("At risk"),
        Some("offTrack") => Some("Off track"),
        other => other.filter(|word| !word.is_empty()),
    }
}
