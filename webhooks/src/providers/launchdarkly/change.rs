//! The configuration change that an entry is: what was done, by whom, where it holds, and what people wrote about it.

use std::collections::BTreeSet;

use throughline_domain::fact::{Attribute, Facts, Field};
use throughline_domain::key::{self, Key, KeyError};
use throughline_domain::link::LinkKind;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::time::Timestamp;
use url::Url;

use super::payload::AuditEntry;
use super::resource::{level, named};
use crate::draft::{Draft, Person, joined};
use crate::members::{filled, meant};
use crate::provider::ParseError;

/// LaunchDarkly's own; an entry that names no other address comes from there.
const DEFAULT_HOST: &str = "app.launchdarkly.com";

/// The most resources of one entry.
const MAX_RESOURCES: usize = 1_000;

/// What an entry states.
///
/// # Errors
/// [`ParseError::TooMany`] over [`MAX_RESOURCES`], [`ParseError::Key`] where an id is too long.
pub(super) fn facts(entry: &AuditEntry, kind: &str, id: &str) -> Result<Facts, ParseError> {
    let base = filled(entry.base_url.as_deref()).or(page(entry)).and_then(|address| Url::parse(address).ok());
    let host = base.as_ref().and_then(Url::host_str).unwrap_or(DEFAULT_HOST);
    let mut draft = Draft::new("launchdarkly/audit", moment(entry));
    let key = key::of_tool(NodeKind::ConfigChange, "launchdarkly", host, id)?;
    let (who, verb) = (name_of_author(entry), filled(entry.title_verb.as_deref()));
    let name = filled(entry.name.as_deref()).or(filled(entry.key.as_deref())).unwrap_or(kind);
    let title = title(who.as_deref(), verb, kind, name);
    let tags = entry.tags.as_deref().unwrap_or_default();
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, title.as_str())
        .with(Attribute::Reference, reference(entry, kind).unwrap_or_else(|| name.to_owned()))
        .with(Attribute::Category, kind)
        .with(Attribute::Description, description(entry))
        .with(Attribute::Labels, joined(tags.iter().map(String::as_str)))
        .moment(Attribute::OccurredAt, draft.at)
        .page(page(entry));
    draft.state_with_outcome(fact, verb, Some(Outcome::Success));
    state_author(&mut draft, entry, host, &key)?;
    for environment in environments(entry)? {
        if let Some(node) = draft.named(NodeKind::Environment, Some(environment)) {
            draft.link(&key, LinkKind::DeployedTo, &node, "the entry names the environment in which it holds");
        }
    }
    let what = verb.and_then(|verb| verb.split_whitespace().next()).unwrap_or("changed");
    draft.event(&key, None, what, who.as_deref(), &title);
    draft.mention(&key, Field::Title, filled(entry.name.as_deref()), None);
    draft.mention(&key, Field::Body, Some(written(entry).as_str()), None);
    draft.finish()
}

/// `Ada Acme turned on the flag Retry the charge`.
fn title(who: Option<&str>, verb: Option<&str>, kind: &str, name: &str) -> String {
    let who = who.unwrap_or("Somebody");
    match verb {
        Some(verb) => format!("{who} {verb} {name}"),
        None => format!("{who} changed the {kind} {name}"),
    }
}

/// The entry's time.
fn moment(entry: &AuditEntry) -> Option<Timestamp> {
    let millis = entry.date.or(entry.timestamp.as_ref().and_then(|moment| moment.milliseconds))?;
    meant(Timestamp::from_millis(millis))
}

/// The page of this entry; that of the flag is shared by all its changes.
fn page(entry: &AuditEntry) -> Option<&str> {
    filled(entry.links.as_ref()?.details.as_ref()?.href.as_deref())
}

fn resources(entry: &AuditEntry) -> &[String] {
    entry.target.as_ref().and_then(|target| target.resources.as_deref()).unwrap_or_default()
}

/// Project and key: `shop/retry`.
fn reference(entry: &AuditEntry, kind: &str) -> Option<String> {
    let first = resources(entry).first().map(String::as_str).unwrap_or_default();
    let project = entry.project.as_ref().and_then(|project| filled(project.key.as_deref())).or(level(first, "proj"));
    let key =
        filled(entry.key.as_deref()).or(level(first, kind)).filter(|key| Some(*key) != project || kind != "project");
    let parts: Vec<&str> = [project, key].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("/"))
}

fn environments(entry: &AuditEntry) -> Result<BTreeSet<&str>, ParseError> {
    let resources = resources(entry);
    if resources.len() > MAX_RESOURCES {
        return Err(ParseError::TooMany { what: "resources", count: resources.len(), limit: MAX_RESOURCES });
    }
    let of_project = entry.project.as_ref().and_then(|project| project.environment.as_ref());
    let of_project = of_project.and_then(|environment| filled(environment.key.as_deref())).and_then(named);
    Ok(resources.iter().filter_map(|resource| level(resource, "env")).chain(of_project).collect())
}

fn description(entry: &AuditEntry) -> String {
    let details = entry.details.as_ref().and_then(|details| filled(details.plain_text.as_deref()));
    let parts = [details.or(filled(entry.description.as_deref())), filled(entry.comment.as_deref())];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

/// What people wrote: the comment, and the issues that the integration with Jira keeps with a flag.
fn written(entry: &AuditEntry) -> String {
    let properties = entry.custom_properties.iter().flatten();
    let issues = properties
        .filter(|(key, property)| is_jira(key) || filled(property.name.as_deref()).is_some_and(is_jira))
        .flat_map(|(_, property)| property.values.iter().flatten().map(String::as_str));
    filled(entry.comment.as_deref()).into_iter().chain(issues).collect::<Vec<_>>().join("\n")
}

fn is_jira(text: &str) -> bool {
    text.to_lowercase().contains("jira")
}

fn name_of_author(entry: &AuditEntry) -> Option<String> {
    if let Some(member) = &entry.member {
        let names = [filled(member.first_name.as_deref()), filled(member.last_name.as_deref())];
        let names = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
        return Some(names)
            .filter(|names| !names.is_empty())
            .or_else(|| filled(member.email.as_deref()).map(str::to_owned));
    }
    entry.token.as_ref().and_then(|token| filled(token.name.as_deref())).map(str::to_owned)
}

fn state_author(draft: &mut Draft, entry: &AuditEntry, host: &str, key: &Key) -> Result<(), KeyError> {
    let name = name_of_author(entry);
    let name = name.as_deref();
    let known = Person { provider: "launchdarkly", host, name, ..Person::default() };
    let person = match (&entry.member, &entry.token) {
        (Some(member), _) => {
            Person { login: filled(member.id.as_deref()), email: filled(member.email.as_deref()), ..known }
        }
        (None, Some(token)) => Person { login: filled(token.id.as_deref()), is_bot: true, ..known },
        (None, None) => return Ok(()),
    };
    draft.person(key, LinkKind::AuthoredBy, &person, "LaunchDarkly names who made the change")
}
