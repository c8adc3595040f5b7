//! An issue as a ticket: what is said of it, what it belongs to, who asked for it.

use serde_json::Value;
use throughline_domain::fact::{Announcement, Attribute, Facts, Field, LinkFact, Mention, NodeFact};
use throughline_domain::key::Key;
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::name::Name;
use throughline_domain::node::Outcome;
use throughline_domain::time::Timestamp;

use super::context::{Context, asserted, broken, called, moment};
use super::document::plain;
use super::payload::{Fields, Issue, Named, User};
use super::site::project_of;
use super::{events, release};
use crate::draft::joined;
use crate::members::filled;
use crate::provider::ParseError;

/// The most fix versions that an issue may have; more than anybody can plan with.
const MAX_FIX_VERSIONS: usize = 1_000;

/// Resolutions that mean that the work was not done, in lower case. Sites add their own; these are the common ones.
const NOT_DONE: &[&str] = &[
    "won't do",
    "won't fix",
    "wont do",
    "wont fix",
    "duplicate",
    "declined",
    "cancelled",
    "canceled",
    "cannot reproduce",
    "rejected",
    "invalid",
    "obsolete",
    "withdrawn",
    "abandoned",
];

/// Everything that a delivery says of its issue.
///
/// # Errors
/// [`ParseError::Body`] where the issue has no key, [`ParseError::Key`] where it is too long,
/// [`ParseError::TooMany`] over the bounds.
pub fn read(context: &Context<'_>, issue: &Issue) -> Result<Facts, ParseError> {
    let reference = issue.key.as_deref().unwrap_or_default().trim().to_uppercase();
    let project = project_of(&reference).ok_or_else(|| broken("issue.key is not of the form PAY-12"))?;
    let key = context.site.ticket(&reference).ok_or_else(|| broken("issue.key is not of the form PAY-12"))??;
    let nothing = Fields::default();
    let fields = issue.fields.as_ref().unwrap_or(&nothing);
    let deleted = context.event == "issue_deleted";
    let at = stated_at(context, fields, deleted);

    let mut facts = Facts::default();
    let fact = with_former_names(describe(context, &key, &reference, fields, at), context);
    let fact = with_assignee(fact, context, fields);
    facts.nodes.push(if deleted { gone(fact) } else { with_state(fact, fields) });
    add_parents(&mut facts, context, &key, fields, at);
    add_releases(&mut facts, context, &key, project, fields, at)?;
    add_people(&mut facts, context, &key, fields, at);
    facts.events = events::of(context, &key, fields)?;
    facts.mentions.extend(texts(context, &key, fields, at));
    facts
        .announcements
        .push(Announcement { name: Name::ticket_project(project), pattern: key.with_resource(project)? });
    Ok(facts)
}

/// The texts in which documents may be named. A description that the update has emptied names none any more.
fn texts(context: &Context<'_>, key: &Key, fields: &Fields, at: Option<Timestamp>) -> Vec<Mention> {
    let emptied = events::was_undescribed(context.body).then(String::new);
    let texts = [
        (Field::Title, filled(fields.summary.as_deref()).map(str::to_owned)),
        (Field::Body, fields.description.as_ref().map(plain).or(emptied)),
    ];
    let mention = |(field, text): (Field, Option<String>)| {
        text.map(|text| Mention { from: key.clone(), field, text, at, repository: None })
    };
    texts.into_iter().filter_map(mention).collect()
}

/// The issue's own time of change; a comment's body carries none, and a deletion does not move it.
fn stated_at(context: &Context<'_>, fields: &Fields, deleted: bool) -> Option<Timestamp> {
    let updated = moment(fields.updated.as_deref());
    if deleted { context.at.or(updated) } else { updated.or(context.at) }
}

/// What an issue says of itself, except where it stands.
fn describe(context: &Context<'_>, key: &Key, reference: &str, fields: &Fields, at: Option<Timestamp>) -> NodeFact {
    NodeFact::new(key.clone(), at)
        .with_some(Attribute::Title, fields.summary.as_deref())
        .with(Attribute::Reference, reference)
        .page(Some(&context.site.ticket_page(reference)))
        .with_some(Attribute::Category, name(&fields.issuetype).map(str::to_lowercase))
        .with_some(Attribute::Severity, name(&fields.priority))
        .with(Attribute::Labels, labels(fields))
        .with_some(Attribute::Description, fields.description.as_ref().map(plain))
        .moment(Attribute::OccurredAt, moment(fields.created.as_deref()))
        .moment(Attribute::FinishedAt, moment(fields.resolutiondate.as_deref()))
        .named(Name::ticket(reference))
}

/// An issue that was moved keeps the key and the page that it had: texts go on to name it by them.
fn with_former_names(fact: NodeFact, context: &Context<'_>) -> NodeFact {
    events::former_keys(context.body).fold(fact, |fact, former| {
        let page = Name::url(&context.site.ticket_page(&former.to_uppercase()));
        page.into_iter().fold(fact.named(Name::ticket(former)), NodeFact::named)
    })
}

fn with_state(fact: NodeFact, fields: &Fields) -> NodeFact {
    let fact = fact.with_some(Attribute::State, fields.status.as_ref().and_then(|status| status.name.as_deref()));
    match outcome(fields) {
        Some(outcome) => fact.outcome(outcome),
        None => fact,
    }
}

fn gone(fact: NodeFact) -> NodeFact {
    fact.with(Attribute::State, "Deleted").outcome(Outcome::Abandoned)
}

/// The assignee. That there is none any more is said only where the changelog says so, since many bodies are partial.
fn with_assignee(fact: NodeFact, context: &Context<'_>, fields: &Fields) -> NodeFact {
    match fields.assignee.as_ref().and_then(called) {
        Some(name) => fact.with(Attribute::Assignee, name),
        None if events::was_unassigned(context.body) => fact.with(Attribute::Assignee, "Unassigned"),
        None => fact,
    }
}

fn outcome(fields: &Fields) -> Option<Outcome> {
    let category = fields.status.as_ref().and_then(|status| status.status_category.as_ref()?.key.as_deref());
    let resolution = name(&fields.resolution);
    match category {
        Some("new") => Some(Outcome::Pending),
        Some("indeterminate") => Some(Outcome::Running),
        Some("done") => Some(resolution.map_or(Outcome::Success, ended)),
        Some(_) => None,
        // Before Jira had categories, only the resolution told that an issue was finished.
        None => resolution.map(ended),
    }
}

fn ended(resolution: &str) -> Outcome {
    let plain = resolution.trim().to_lowercase().replace('\u{2019}', "'");
    if NOT_DONE.contains(&plain.as_str()) { Outcome::Abandoned } else { Outcome::Success }
}

fn labels(fields: &Fields) -> String {
    joined(fields.labels.iter().flatten().filter_map(Value::as_str))
}

/// The parent or epic: from the field that holds the whole issue, or from one that holds only its key.
fn add_parents(facts: &mut Facts, context: &Context<'_>, ticket: &Key, fields: &Fields, at: Option<Timestamp>) {
    for (issue_key, class, reason) in parent_keys(context, fields) {
        let reference = issue_key.trim().to_uppercase();
        let Some(Ok(parent)) = context.site.ticket(&reference) else { continue };
        if parent == *ticket || facts.links.iter().any(|link| link.to == parent) {
            continue;
        }
        let link = asserted(ticket, LinkKind::ChildOf, &parent, at, reason);
        facts.links.push(LinkFact { class, ..link });
        if let Some(known) = parent_fields(fields, &issue_key) {
            facts.nodes.push(with_state(describe(context, &parent, &reference, known, at), known));
        }
    }
}

fn parent_keys(context: &Context<'_>, fields: &Fields) -> Vec<(String, LinkClass, &'static str)> {
    let parent = fields.parent.as_ref().and_then(|parent| parent.key.clone());
    let epic = fields.epic.as_ref().and_then(|epic| epic.get("key")?.as_str()).map(str::to_owned);
    let linked = events::epic_link(context.body).map(str::to_owned);
    let custom = fields.epic_link.as_ref().and_then(Value::as_str).map(str::to_owned);
    let candidates = [
        (parent, LinkClass::Asserted, "Jira names it as the parent"),
        (epic, LinkClass::Asserted, "Jira names it as the epic"),
        (linked, LinkClass::Asserted, "the changelog sets it as the epic"),
        (custom, LinkClass::Guessed, "customfield_10014, in which Jira Cloud usually keeps the epic, holds its key"),
    ];
    candidates.into_iter().filter_map(|(key, class, reason)| Some((key?, class, reason))).collect()
}

fn parent_fields<'a>(fields: &'a Fields, issue_key: &str) -> Option<&'a Fields> {
    let parent = fields.parent.as_ref().filter(|parent| parent.key.as_deref() == Some(issue_key))?;
    parent.fields.as_ref()
}

fn add_releases(
    facts: &mut Facts,
    context: &Context<'_>,
    ticket: &Key,
    project: &str,
    fields: &Fields,
    at: Option<Timestamp>,
) -> Result<(), ParseError> {
    let versions = fields.fix_versions.as_deref().unwrap_or_default();
    if versions.len() > MAX_FIX_VERSIONS {
        return Err(ParseError::TooMany { what: "fix versions", count: versions.len(), limit: MAX_FIX_VERSIONS });
    }
    for version in versions {
        let Some(fact) = release::describe(&context.site, Some(project), version, at) else { continue };
        facts.links.push(asserted(&fact.key, LinkKind::Includes, ticket, at, "the ticket's fix version"));
        facts.nodes.push(fact);
    }
    Ok(())
}

fn add_people(facts: &mut Facts, context: &Context<'_>, ticket: &Key, fields: &Fields, at: Option<Timestamp>) {
    let authors: [(&Option<User>, &str); 2] =
        [(&fields.reporter, "Jira names the reporter"), (&fields.creator, "Jira names the creator")];
    for (user, reason) in authors {
        let Some(person) = user.as_ref().and_then(|user| context.site.person(user, at)) else { continue };
        if facts.nodes.iter().any(|known| known.key == person.key) {
            continue;
        }
        facts.links.push(asserted(ticket, LinkKind::AuthoredBy, &person.key, at, reason));
        facts.nodes.push(person);
    }
}

fn name(named: &Option<Named>) -> Option<&str> {
    named.as_ref().and_then(|named| named.name.as_deref())
}

#[cfg(test)]
mod tests {
    use throughline_domain::node::Outcome;

    use super::outcome;
    use crate::providers::jira::payload::Fields;

    #[test]
    fn the_category_decides_and_the_resolution_takes_back() {
        let cases = [
            (r#"{"status":{"statusCategory":{"key":"new"}}}"#, Some(Outcome::Pending)),
            (r#"{"status":{"statusCategory":{"key":"indeterminate"}}}"#, Some(Outcome::Running)),
            (r#"{"status":{"statusCategory":{"key":"done"}}}"#, Some(Outcome::Success)),
            (r#"{"status":{"statusCategory":{"key":"done"}},"resolution":{"name":"Done"}}"#, Some(Outcome::Success)),
            (
                r#"{"status":{"statusCategory":{"key":"done"}},"resolution":{"name":"Won’t Do"}}"#,
                Some(Outcome::Abandoned),
            ),
            (
                r#"{"status":{"statusCategory":{"key":"done"}},"resolution":{"name":"Duplicate"}}"#,
                Some(Outcome::Abandoned),
            ),
            (r#"{"status":{"statusCategory":{"key":"undefined"}}}"#, None),
            (r#"{"status":{"name":"Closed"},"resolution":{"name":"Fixed"}}"#, Some(Outcome::Success)),
            (r#"{"status":{"name":"Open"},"resolution":null}"#, None),
            ("{}", None),
        ];
        for (fields, expected) in cases {
            let fields: Fields = serde_json::from_str(fields).unwrap();
            assert_eq!(outcome(&fields), expected, "{fields:?}");
        }
    }
}
