//! What the format says, as facts.

use std::collections::BTreeSet;

use serde_json::Value;
use throughline_domain::fact::{Announcement, Attribute, Event, Facts, Field, LinkFact, MAX_FACTS, Mention, NodeFact};
use throughline_domain::key::Key;
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::name::Name;
use throughline_domain::node::NodeKind;
use throughline_domain::repository::Repository;
use throughline_domain::time::Timestamp;

use super::implied::value;
use super::payload::{Fact, Happening, Link};
use super::reference::{Reference, Role};
use super::{Author, EXPECTED, implied, refuse};
use crate::draft::{Draft, Image};
use crate::provider::ParseError;

/// Everything that was stated.
#[derive(Clone, Debug)]
pub(crate) struct Stated {
    /// The facts.
    pub(crate) facts: Facts,
    /// The kinds of the nodes that the facts are about: one for each, in order.
    pub(crate) subjects: Vec<NodeKind>,
}

/// The node of a fact, from which its links go.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    /// The node.
    pub(crate) key: Key,
    at: Option<Timestamp>,
}

/// Facts in our format, stated one after the other.
#[derive(Debug)]
pub(crate) struct Statements {
    author: Author,
    stated: Stated,
    linked: BTreeSet<(Key, LinkKind, Key)>,
    /// What follows from the ends of links alone; only where a mapping is the author.
    ends: Draft,
}

impl Statements {
    /// Begins with nothing.
    pub(crate) fn new(author: Author) -> Self {
        let stated = Stated { facts: Facts::default(), subjects: Vec::new() };
        let rule = match &author {
            Author::Sender => EXPECTED,
            Author::Mapping { rule } => rule.as_str(),
        };
        let ends = Draft::new(rule, None);
        Self { author, stated, linked: BTreeSet::new(), ends }
    }

    /// Reads a fact that stands at `path`, and states it with its links.
    ///
    /// # Errors
    /// A [`ParseError`] that names the mistake and its place; then nothing was stated.
    pub(crate) fn state(&mut self, path: &str, fact: Value) -> Result<Subject, ParseError> {
        let fact = Fact::read(path.to_owned(), fact, None, &self.author)?;
        self.state_whole(fact)
    }

    /// Reads a link that stands at `path`, and states it.
    ///
    /// # Errors
    /// A [`ParseError`] that names the mistake and its place; then nothing was stated.
    pub(crate) fn link(&mut self, from: &Subject, path: &str, link: Value) -> Result<(), ParseError> {
        let link = Link::read(path.to_owned(), link, from.at, &self.author)?;
        self.state_link(&from.key, link)?;
        self.check_limits()
    }

    /// States a fact with its links.
    pub(super) fn state_whole(&mut self, fact: Fact) -> Result<Subject, ParseError> {
        let key = fact.subject.resolve(Role::Subject)?;
        let node = node_fact(&key, &fact, &self.author)?;
        let at = fact.at;
        let repository = fact.subject.repository.as_ref().filter(|_| key.kind() != NodeKind::Repository);
        let repository = repository.map(Repository::key).transpose()?;
        self.stated.subjects.push(key.kind());
        self.state_node(&key, node, &fact);
        if let Some(repository) = repository {
            self.add_link(&key, (LinkKind::In, repository), None, "the fact names the repository", at);
        }
        if let Some(repository) = fact.subject.repository.as_ref().filter(|_| self.author.is_mapping()) {
            self.ends.repository(repository, None, None)?;
        }
        for link in fact.links {
            self.state_link(&key, link)?;
        }
        self.check_limits()?;
        Ok(Subject { key, at })
    }

    /// Everything that was stated.
    pub(crate) fn finish(self) -> Stated {
        let Self { author: _, mut stated, linked, ends } = self;
        let facts = &mut stated.facts;
        let implied = ends.finish().unwrap_or_default();
        let known: BTreeSet<Key> = facts.nodes.iter().map(|node| node.key.clone()).collect();
        // What a fact says of a node is more than that a link points at it.
        let room = MAX_FACTS.saturating_sub(facts.nodes.len());
        facts.nodes.extend(implied.nodes.into_iter().filter(|node| !known.contains(&node.key)).take(room));
        let is_new = |link: &LinkFact| !linked.contains(&(link.from.clone(), link.kind, link.to.clone()));
        let room = MAX_FACTS.saturating_sub(facts.links.len());
        facts.links.extend(implied.links.into_iter().filter(is_new).take(room));
        stated
    }

    fn state_node(&mut self, key: &Key, node: NodeFact, fact: &Fact) {
        let facts = &mut self.stated.facts;
        let reference = value(&node, Attribute::Reference).unwrap_or_default().to_owned();
        let title = value(&node, Attribute::Title).map(str::to_owned);
        facts.nodes.push(node);
        facts.announcements.extend(implied::tracker(key).map(|name| Announcement { name, pattern: key.clone() }));
        let repository = fact.subject.repository.as_ref();
        let mention = |field: Field, text: &str| Mention {
            from: key.clone(),
            field,
            text: text.to_owned(),
            at: fact.at,
            repository: repository.cloned(),
        };
        if self.author.is_mapping() && people_refer_in_title(key.kind()) {
            facts.mentions.extend(title.map(|title| mention(Field::Title, &title)));
        }
        if let Some(text) = fact.text.as_deref() {
            let field = if key.kind() == NodeKind::Commit { Field::Message } else { Field::Body };
            facts.mentions.push(mention(field, text));
        }
        facts.events.extend(fact.events.iter().map(|event| happened(key, &reference, event)));
    }

    fn state_link(&mut self, from: &Key, link: Link) -> Result<(), ParseError> {
        let to = link.to.resolve(Role::Target)?;
        if *from == to {
            return Err(refuse(format!("{}: the link joins the node with itself", link.path)));
        }
        if !link.kind.allows(from.kind(), to.kind()) {
            return Err(refuse(format!("{}: {}", link.path, not_allowed(link.kind, from.kind(), to.kind()))));
        }
        if self.author.is_mapping() {
            self.ends.at = link.at;
            state_end(&mut self.ends, &to, &link.to)?;
        }
        let reason = link.reason.as_deref().unwrap_or(match self.author {
            Author::Sender => "stated by the sender",
            Author::Mapping { .. } => "a field of the tool",
        });
        self.add_link(from, (link.kind, to), link.class, reason, link.at);
        Ok(())
    }

    fn add_link(
        &mut self,
        from: &Key,
        (kind, to): (LinkKind, Key),
        class: Option<LinkClass>,
        reason: &str,
        at: Option<Timestamp>,
    ) {
        // A mapping goes through lists, in which the same end may stand several times.
        if self.author.is_mapping() && !self.linked.insert((from.clone(), kind, to.clone())) {
            return;
        }
        let usual = if self.author.is_mapping() { LinkClass::Asserted } else { class_of_sender(from.kind()) };
        self.stated.facts.links.push(LinkFact {
            from: from.clone(),
            kind,
            to,
            class: class.unwrap_or(usual),
            rule: self.author.rule(from.kind()),
            reason: reason.to_owned(),
            at,
        });
    }

    fn check_limits(&self) -> Result<(), ParseError> {
        let facts = &self.stated.facts;
        let counts = [
            ("nodes", facts.nodes.len()),
            ("links", facts.links.len()),
            ("events", facts.events.len()),
            ("texts", facts.mentions.len()),
            ("projects", facts.announcements.len()),
        ];
        match counts.into_iter().find(|(_, count)| *count > MAX_FACTS) {
            Some((what, count)) => Err(ParseError::TooMany { what, count, limit: MAX_FACTS }),
            None => Ok(()),
        }
    }
}

/// States the end of a link by what the link itself says of it: nobody else may ever speak of that service.
fn state_end(ends: &mut Draft, key: &Key, named: &Reference) -> Result<(), ParseError> {
    match key.kind() {
        NodeKind::Environment | NodeKind::Service | NodeKind::AlertRule | NodeKind::Team => {
            ends.named(key.kind(), named.id.as_deref());
        }
        NodeKind::Document | NodeKind::Dashboard => {
            ends.web(key.kind(), named.url.as_deref(), None);
        }
        NodeKind::Artifact => {
            ends.artifact(&Image { digest: Some(&key.parts().resource), ..Image::default() });
        }
        NodeKind::Person => {
            if let Some(id) = named.id.as_deref() {
                let fact = ends.fact(key).with(Attribute::Title, id).with(Attribute::Reference, id);
                ends.state_once(fact.named(Name::plain(id)));
            }
        }
        NodeKind::Commit | NodeKind::Repository => {
            if let Some(repository) = &named.repository {
                ends.repository(repository, None, None)?;
                if key.kind() == NodeKind::Commit {
                    ends.commit_by_id(repository, Some(&key.parts().resource))?;
                }
            }
        }
        NodeKind::Ticket
        | NodeKind::Change
        | NodeKind::Tag
        | NodeKind::Branch
        | NodeKind::PipelineRun
        | NodeKind::Job
        | NodeKind::Build
        | NodeKind::TestRun
        | NodeKind::Scan
        | NodeKind::Release
        | NodeKind::Deployment
        | NodeKind::ConfigChange
        | NodeKind::Alert
        | NodeKind::Incident
        | NodeKind::Component => {}
    }
    Ok(())
}

/// Whether people refer to other work in the title of such a thing.
const fn people_refer_in_title(kind: NodeKind) -> bool {
    matches!(
        kind,
        NodeKind::Ticket
            | NodeKind::Document
            | NodeKind::Change
            | NodeKind::Release
            | NodeKind::Deployment
            | NodeKind::ConfigChange
            | NodeKind::Incident
    )
}

/// What is said of the node: what was sent, and what follows from it where nothing was sent.
fn node_fact(key: &Key, fact: &Fact, author: &Author) -> Result<NodeFact, ParseError> {
    let mut node = NodeFact::new(key.clone(), fact.at);
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
        (Attribute::Reference, implied::reference(key, fact)),
        (Attribute::OccurredAt, implied::occurred_at(&node, fact.at, author)),
    ];
    for (attribute, implied) in implied {
        if value(&node, attribute).is_none() {
            node = node.with_some(attribute, implied);
        }
    }
    Ok(implied::names(key, fact, &node).into_iter().fold(node, NodeFact::named))
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

/// What a machine says of its own work is asserted; anything else, somebody declares.
const fn class_of_sender(subject: NodeKind) -> LinkClass {
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

fn happened(node: &Key, reference: &str, event: &Happening) -> Event {
    let Happening { what, at, actor, summary } = event;
    let line = |text: &str| text.lines().next().unwrap_or_default().trim().to_owned();
    let told = summary.as_deref().map(line).filter(|summary| !summary.is_empty());
    let summary = told.unwrap_or_else(|| {
        let said = format!("{} {}", line(reference), what.replace('_', " "));
        match actor {
            Some(actor) => format!("{} by {actor}", said.trim()),
            None => said.trim().to_owned(),
        }
    });
    Event { node: node.clone(), at: *at, what: what.clone(), actor: actor.clone(), summary }
}
