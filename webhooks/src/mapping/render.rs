//! The statements of one fact, link or event as our format writes them; what cannot be said in it is left out here.

use serde_json::{Map, Value};
use throughline_domain::fact::{Attribute, MAX_MENTION_BYTES, MAX_TEXT_BYTES};
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};

use super::moment;
use super::rules::{EventRule, FactRule, LinkRule, Slot};
use super::scope::{Scope, cut};
use super::template::Template;
use super::trial::shown;
use crate::draft::joined;
use crate::fact_format::{Form, form};

/// The longest word that an event may be called by, in bytes.
const MAX_WHAT_BYTES: usize = 40;

/// A statement, and what was left out of it and why.
pub(super) struct Rendered {
    /// As our format writes it.
    pub(super) value: Map<String, Value>,
    /// The members that were left out, each with the reason.
    pub(super) left_out: Vec<String>,
}

/// A fact without its links; `Err` says what identifies the node and is missing.
pub(super) fn fact(rule: &FactRule, scope: &Scope<'_>) -> Result<Rendered, String> {
    let mut left_out = Vec::new();
    let mut value = naming(&rule.naming, scope, &mut left_out)?;
    for (name, template) in &rule.members {
        let text = text(name, template, scope, &mut left_out);
        let text = match *name {
            "at" => text.and_then(|text| time(name, &text, &mut left_out)),
            "text" => text,
            _ => text.map(|text| cut(&text, MAX_TEXT_BYTES).to_owned()),
        };
        put(&mut value, name, text);
    }
    let mut attributes = Map::new();
    for (known, template) in &rule.attributes {
        let text = text(known.word(), template, scope, &mut left_out);
        put(&mut attributes, known.word(), text.and_then(|text| attribute(*known, &text, &mut left_out)));
    }
    value.insert("attributes".to_owned(), Value::Object(attributes));
    let names = rule.names.iter().filter_map(|name| text("names", name, scope, &mut left_out));
    let names: Vec<Value> = names.map(|name| Value::String(cut(&name, MAX_TEXT_BYTES).to_owned())).collect();
    value.insert("names".to_owned(), Value::Array(names));
    let has_time = value.contains_key("at");
    let events = rule.events.iter().filter_map(|rule| event(rule, scope, has_time, &mut left_out));
    let events: Vec<Value> = events.map(Value::Object).collect();
    value.insert("events".to_owned(), Value::Array(events));
    Ok(Rendered { value, left_out })
}

/// A link; `Err` says what identifies its other end and is missing.
pub(super) fn link(rule: &LinkRule, scope: &Scope<'_>) -> Result<Rendered, String> {
    let mut left_out = Vec::new();
    let mut value = Map::new();
    for (name, template) in &rule.members {
        let text = text(name, template, scope, &mut left_out);
        let text = match *name {
            "at" => text.and_then(|text| time(name, &text, &mut left_out)),
            _ => text.map(|text| cut(&text, MAX_TEXT_BYTES).to_owned()),
        };
        put(&mut value, name, text);
    }
    if !value.contains_key("kind") {
        return Err(left_out.join(", "));
    }
    let to = naming(&rule.to, scope, &mut left_out)?;
    value.insert("to".to_owned(), Value::Object(to));
    Ok(Rendered { value, left_out })
}

/// What happened; nothing where the word for it or its time is missing.
fn event(
    rule: &EventRule,
    scope: &Scope<'_>,
    has_time: bool,
    left_out: &mut Vec<String>,
) -> Option<Map<String, Value>> {
    if !rule.when.holds(scope) {
        return None;
    }
    let mut value = Map::new();
    for (name, template) in &rule.members {
        let text = text(name, template, scope, left_out);
        let text = match *name {
            "at" => text.and_then(|text| time(name, &text, left_out)),
            "what" => text.and_then(|text| word(&text)),
            "summary" => text.and_then(|text| Some(cut(text.trim().lines().next()?, MAX_TEXT_BYTES).to_owned())),
            _ => text.map(|text| cut(&text, MAX_TEXT_BYTES).to_owned()),
        };
        put(&mut value, name, text);
    }
    let lacks = [("what", !value.contains_key("what")), ("at", !has_time && !value.contains_key("at"))];
    match lacks.into_iter().find(|(_, is_missing)| *is_missing) {
        Some((name, _)) => {
            left_out.push(format!("{} (it has no '{name}')", rule.place));
            None
        }
        None => Some(value),
    }
}

/// The members that name a node. What identifies it must be there; an address that is none is left out.
fn naming(slots: &[Slot], scope: &Scope<'_>, left_out: &mut Vec<String>) -> Result<Map<String, Value>, String> {
    let mut value = Map::new();
    let mut empty = Vec::new();
    for (name, template) in slots {
        match template.render(scope) {
            Ok(text) => put(&mut value, name, Some(text)),
            Err(hole) => empty.push((*name, hole)),
        }
    }
    let kind = value.get("kind").and_then(Value::as_str).and_then(NodeKind::from_word);
    if let Some((name, hole)) = empty.iter().find(|(name, _)| identifies(name, kind)) {
        return Err(format!("'{name}' is empty: nothing at {hole}"));
    }
    left_out.extend(empty.iter().map(|(name, hole)| nothing(name, hole)));
    let is_page = |url: &Value| url.as_str().and_then(Name::url).is_some();
    if !identifies("url", kind) && value.get("url").is_some_and(|url| !is_page(url)) {
        value.remove("url");
        left_out.push("url (no web address)".to_owned());
    }
    Ok(value)
}

/// Whether a node of that kind would be another one, or none, without this member.
fn identifies(member: &str, kind: Option<NodeKind>) -> bool {
    match member {
        "url" => matches!(kind, None | Some(NodeKind::Document | NodeKind::Dashboard)),
        "repository" => kind.is_none_or(lies_in_repository),
        "host" => false,
        _ => true,
    }
}

/// Whether the repository may be a part of what identifies such a node.
const fn lies_in_repository(kind: NodeKind) -> bool {
    match kind {
        NodeKind::Repository
        | NodeKind::Commit
        | NodeKind::Branch
        | NodeKind::Tag
        | NodeKind::Component
        | NodeKind::Change
        | NodeKind::Ticket
        | NodeKind::PipelineRun
        | NodeKind::Job
        | NodeKind::Build
        | NodeKind::TestRun
        | NodeKind::Scan
        | NodeKind::Release
        | NodeKind::Deployment => true,
        NodeKind::Document
        | NodeKind::Dashboard
        | NodeKind::Artifact
        | NodeKind::Environment
        | NodeKind::Service
        | NodeKind::ConfigChange
        | NodeKind::AlertRule
        | NodeKind::Alert
        | NodeKind::Incident
        | NodeKind::Person
        | NodeKind::Team => false,
    }
}

fn put(value: &mut Map<String, Value>, name: &str, text: Option<String>) {
    if let Some(text) = text.filter(|text| !text.trim().is_empty()) {
        value.insert(name.to_owned(), Value::String(text));
    }
}

fn text(name: &str, template: &Template, scope: &Scope<'_>, left_out: &mut Vec<String>) -> Option<String> {
    match template.render(scope) {
        Ok(text) => Some(cut(text.trim(), MAX_MENTION_BYTES).to_owned()).filter(|text| !text.is_empty()),
        Err(hole) => {
            left_out.push(nothing(name, hole));
            None
        }
    }
}

fn nothing(name: &str, hole: &str) -> String {
    format!("{name} (nothing at {hole})")
}

fn time(name: &str, text: &str, left_out: &mut Vec<String>) -> Option<String> {
    let at = moment::read(text);
    if at.is_none() {
        left_out.push(format!("{name} ('{}' is no RFC 3339 time)", shown(text)));
    }
    at.map(|at| at.to_string())
}

/// The value of an attribute, if it can be one.
fn attribute(known: Attribute, text: &str, left_out: &mut Vec<String>) -> Option<String> {
    match form(known) {
        Form::Moment => time(known.word(), text, left_out),
        Form::Outcome => {
            let outcome = Outcome::from_word(text);
            if outcome.is_none() {
                left_out.push(format!("outcome ('{}' is none)", shown(text)));
            }
            outcome.map(|outcome| outcome.word().to_owned())
        }
        Form::Labels => {
            let labels = joined(text.split(',').map(str::trim));
            Some(cut(&labels, MAX_TEXT_BYTES).to_owned())
        }
        Form::Address | Form::Text => Some(cut(text, MAX_TEXT_BYTES).to_owned()),
    }
}

/// The word for what happened, in the one form in which such words are written; `None` where nothing of it is left.
fn word(text: &str) -> Option<String> {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' };
    let word: String = text.trim().chars().map(plain).take(MAX_WHAT_BYTES).collect();
    let word = word.trim_matches('_');
    (!word.is_empty()).then(|| word.to_owned())
}
