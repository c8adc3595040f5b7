//! What the format says, as facts.

use throughline_domain::fact::{Announcement, Attribute, Event, Facts, Field, LinkFact, MAX_FACTS, Mention, NodeFact};
use throughline_domain::key::Key;
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::name::Name;
use throughline_domain::node::NodeKind;
use throughline_domain::time::Timestamp;

use super::payload::{Fact, Happening, Link, Sent};
use super::reference::Role;
use super::{NAME, refuse};
use crate::provider::ParseError;

/// How many digits of a commit's id people read.
const SHORT_COMMIT_CHARS: usize = 7;

/// The facts of a delivery, and the kinds of the nodes that they are about.
pub(super) struct Stated {
    /// The facts.
    pub(super) facts: Facts,
    /// One kind for each fact, in order.
    pub(super) subjects: Vec<NodeKind>,
}

/// States everything that was sent.
pub(super) fn facts(sent: Sent) -> Result<Stated, ParseError> {
    let mut stated = Stated { facts: Facts::default(), subjects: Vec::new() };
    for fact in sent.facts {
        let key = fact.subject.resolve(Role::Subject)?;
        stated.subjects.push(key.kind());
        state(&mut stated.facts, &key, fact)?;
    }
    let Facts { nodes, links, events, mentions, announcements } = &stated.facts;
    let counts = [
        ("nodes", nodes.len()),
        ("links", links.len()),
        ("events", events.len()),
        ("texts", mentions.len()),
        ("projects", announcements.len()),
    ];
    match counts.into_iter().find(|(_, count)| *count > MAX_FACTS) {
        Some((what, count)) => Err(ParseError::TooMany { what, count, limit: MAX_FACTS }),
        None => Ok(stated),
    }
}

fn state(facts: &mut Facts, key: &Key, fact: Fact) -> Result<(), ParseError> {
    let node = node_fact(key, &fact)?;
    let reference = value(&node, Attribute::Reference).unwrap_or_default().to_owned();
    facts.nodes.push(node);
    if let Some(name) = ticket_project(key) {
        facts.announcements.push(Announcement { name, pattern: key.clone() });
    }
    if let Some(text) = fact.text {
        let field = if key.kind() == NodeKind::Commit { Field::Message } else { Field::Body };
        let repository = fact.subject.repository.clone();
        facts.mentions.push(Mention { from: key.clone(), field, text, at: Some(fact.at), repository });
    }
    if let Some(repository) = fact.subject.repository.as_ref().filter(|_| key.kind() != NodeKind::Repository) {
        let repository = repository.key()?;
        facts.links.push(link_fact(key, LinkKind::In, repository, "the fact names the repository", fact.at));
    }
    for link in fact.links {
        facts.links.push(checked_link(key, link)?);
    }
    facts.events.extend(fact.events.into_iter().map(|event| happened(key, &reference, event)));
    Ok(())
}

/// What is said of the node: what was sent, and what follows from it where nothing was sent.
fn node_fact(key: &Key, fact: &Fact) -> Result<NodeFact, ParseError> {
    let mut node = NodeFact::new(key.clone(), Some(fact.at));
    if let Some(url) = fact.subject.url.as_deref() {
        if Name::url(url).is_none() {
            return Err(refuse(format!("{}.url: '{url}' is no web address", fact.path)));
        }
        node = node.page(Some(url));
    }
    for (attribute, value) in &fact.attributes {
        node = node.with(*attribute, value.as_str());
    }
    let implied = [
        (Attribute::Reference, reference(key, fact)),
        (Attribute::OccurredAt, occurred_at(key.kind(), &node, fact.at)),
    ];
    for (attribute, implied) in implied {
        if value(&node, attribute).is_none() {
            node = node.with_some(attribute, implied);
        }
    }
    Ok(names(key, fact, &node).into_iter().fold(node, NodeFact::named))
}

/// The short form by which people refer to the node.
fn reference(key: &Key, fact: &Fact) -> Option<String> {
    if key.kind() == NodeKind::Commit {
        return Some(key.parts().resource.chars().take(SHORT_COMMIT_CHARS).collect());
    }
    let id = fact.subject.id.as_deref()?;
    Some(match fact.subject.repository.as_ref().filter(|_| key.kind() == NodeKind::Change) {
        Some(repository) => format!("{}#{id}", repository.path()),
        None => id.to_owned(),
    })
}

/// When a thing that happens counts from, if the sender does not say so: trouble from its start, work from its end.
fn occurred_at(kind: NodeKind, node: &NodeFact, at: Timestamp) -> Option<String> {
    let said = match kind {
        NodeKind::Alert | NodeKind::Incident => value(node, Attribute::StartedAt),
        NodeKind::PipelineRun
        | NodeKind::Job
        | NodeKind::Build
        | NodeKind::TestRun
        | NodeKind::Scan
        | NodeKind::Release
        | NodeKind::Deployment
        | NodeKind::ConfigChange => value(node, Attribute::FinishedAt).or(value(node, Attribute::StartedAt)),
        NodeKind::Ticket
        | NodeKind::Document
        | NodeKind::Change
        | NodeKind::Commit
        | NodeKind::Tag
        | NodeKind::Branch
        | NodeKind::Artifact
        | NodeKind::Environment
        | NodeKind::Service
        | NodeKind::AlertRule
        | NodeKind::Dashboard
        | NodeKind::Person
        | NodeKind::Team
        | NodeKind::Repository
        | NodeKind::Component => return None,
    };
    Some(said.map_or_else(|| at.to_string(), str::to_owned))
}

/// What people call the node: its id where it counts everywhere, and whatever else the sender knows.
fn names(key: &Key, fact: &Fact, node: &NodeFact) -> Vec<Name> {
    let id = fact.subject.id.as_deref();
    let number = || Some(Name::number(fact.subject.repository.as_ref()?, id?.parse().ok()?));
    let own = match key.kind() {
        NodeKind::Commit => Some(Name::commit(&key.parts().resource)),
        NodeKind::Artifact => Some(Name::digest(&key.parts().resource)),
        NodeKind::Change => number(),
        NodeKind::Ticket => number().or_else(|| id.map(Name::ticket)),
        NodeKind::Document
        | NodeKind::Environment
        | NodeKind::Service
        | NodeKind::ConfigChange
        | NodeKind::AlertRule
        | NodeKind::Dashboard
        | NodeKind::Alert
        | NodeKind::Incident
        | NodeKind::Person
        | NodeKind::Team
        | NodeKind::Component => id.map(Name::plain),
        NodeKind::Tag
        | NodeKind::Branch
        | NodeKind::PipelineRun
        | NodeKind::Job
        | NodeKind::Build
        | NodeKind::TestRun
        | NodeKind::Scan
        | NodeKind::Release
        | NodeKind::Deployment
        | NodeKind::Repository => None,
    };
    let image = match (value(node, Attribute::Package), value(node, Attribute::Version)) {
        (Some(package), Some(version)) if key.kind() == NodeKind::Artifact => {
            Some(Name::image(&format!("{package}:{version}")))
        }
        _ => None,
    };
    let others = fact.names.iter().map(|name| Name::plain(name));
    own.into_iter().chain(image).chain(others).collect()
}

/// A ticket of the form `PAY-12` shows that there is a project `PAY`.
fn ticket_project(key: &Key) -> Option<Name> {
    if key.kind() != NodeKind::Ticket {
        return None;
    }
    let resource = key.parts().resource;
    let (project, number) = resource.rsplit_once('-')?;
    let starts = project.starts_with(|first: char| first.is_ascii_alphabetic());
    let named = starts && project.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let numbered = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if named && numbered { Some(Name::ticket_project(project)) } else { None }
}

fn checked_link(from: &Key, link: Link) -> Result<LinkFact, ParseError> {
    let to = link.to.resolve(Role::Target)?;
    if *from == to {
        return Err(refuse(format!("{}: the link joins the node with itself", link.path)));
    }
    if !link.kind.allows(from.kind(), to.kind()) {
        return Err(refuse(format!("{}: {}", link.path, not_allowed(link.kind, from.kind(), to.kind()))));
    }
    let reason = link.reason.as_deref().unwrap_or("stated by the sender");
    Ok(link_fact(from, link.kind, to, reason, link.at))
}

/// Which ends the link may have, and which links these ends may have.
fn not_allowed(kind: LinkKind, from: NodeKind, to: NodeKind) -> String {
    let words = |kinds: &[NodeKind]| {
        let words: Vec<&str> = kinds.iter().map(|kind| kind.word()).collect();
        if words.is_empty() { "anything".to_owned() } else { words.join(", ") }
    };
    let fitting: Vec<&str> =
        LinkKind::ALL.iter().filter(|kind| kind.allows(from, to)).map(|kind| kind.word()).collect();
    let fitting = if fitting.is_empty() { "none".to_owned() } else { fitting.join(", ") };
    format!(
        "'{kind}' goes from {} to {}; from {from} to {to} there is: {fitting}",
        words(kind.from_kinds()),
        words(kind.to_kinds())
    )
}

fn link_fact(from: &Key, kind: LinkKind, to: Key, reason: &str, at: Timestamp) -> LinkFact {
    LinkFact {
        from: from.clone(),
        kind,
        to,
        class: class(from.kind()),
        rule: format!("{NAME}/{}", from.kind()),
        reason: reason.to_owned(),
        at: Some(at),
    }
}

/// What a machine says of its own work is asserted; anything else, somebody declares.
const fn class(subject: NodeKind) -> LinkClass {
    match subject {
        NodeKind::Build
        | NodeKind::TestRun
        | NodeKind::Scan
        | NodeKind::Deployment
        | NodeKind::Artifact
        | NodeKind::PipelineRun => LinkClass::Asserted,
        NodeKind::Ticket
        | NodeKind::Document
        | NodeKind::Change
        | NodeKind::Commit
        | NodeKind::Tag
        | NodeKind::Branch
        | NodeKind::Job
        | NodeKind::Release
        | NodeKind::Environment
        | NodeKind::Service
        | NodeKind::ConfigChange
        | NodeKind::AlertRule
        | NodeKind::Dashboard
        | NodeKind::Alert
        | NodeKind::Incident
        | NodeKind::Person
        | NodeKind::Team
        | NodeKind::Repository
        | NodeKind::Component => LinkClass::Declared,
    }
}

fn happened(node: &Key, reference: &str, event: Happening) -> Event {
    let Happening { what, at, actor, summary } = event;
    let summary = summary.unwrap_or_else(|| {
        let said = format!("{reference} {}", what.replace('_', " "));
        match &actor {
            Some(actor) => format!("{} by {actor}", said.trim()),
            None => said.trim().to_owned(),
        }
    });
    Event { node: node.clone(), at, what, actor, summary }
}

fn value(node: &NodeFact, attribute: Attribute) -> Option<&str> {
    node.attributes.iter().find(|(known, _)| *known == attribute).map(|(_, value)| value.as_str())
}
