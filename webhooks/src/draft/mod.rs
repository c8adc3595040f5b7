//! The facts of one delivery while they are collected: each kind of statement is made in one way, and each node once.

use std::collections::BTreeSet;

use throughline_domain::fact::{Announcement, Attribute, Event, Facts, Field, LinkFact, MAX_FACTS, Mention, NodeFact};
use throughline_domain::key::Key;
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::name::Name;
use throughline_domain::node::Outcome;
use throughline_domain::repository::Repository;
use throughline_domain::rules::{self, Stated};
use throughline_domain::time::Timestamp;

use crate::provider::ParseError;

mod code;
mod people;
mod places;

pub use code::{CommitFact, Pushed, object_id, short};
pub use people::{Person, by};
pub use places::Image;

/// What a delivery states, so far.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The time of the statements that follow, by the tool's clock.
    pub at: Option<Timestamp>,
    facts: Facts,
    rule: String,
    stated: BTreeSet<Key>,
    linked: BTreeSet<(Key, LinkKind, Key)>,
}

impl Draft {
    /// Begins with nothing.
    ///
    /// `rule` is `<provider>/<event>` and is stored with every link that the delivery asserts; what two events say alike
    /// should be said by one rule.
    pub fn new(rule: impl Into<String>, at: Option<Timestamp>) -> Self {
        Self { at, facts: Facts::default(), rule: rule.into(), stated: BTreeSet::new(), linked: BTreeSet::new() }
    }

    /// A statement about a node as of [`Draft::at`], to be filled and handed to [`Draft::state`].
    pub fn fact(&self, key: &Key) -> NodeFact {
        NodeFact::new(key.clone(), self.at)
    }

    /// States a node.
    pub fn state(&mut self, fact: NodeFact) {
        self.stated.insert(fact.key.clone());
        self.facts.nodes.push(fact);
    }

    /// States a node, unless it has been stated before; answers whether it was not.
    pub fn state_once(&mut self, fact: NodeFact) -> bool {
        let new = !self.stated.contains(&fact.key);
        if new {
            self.state(fact);
        }
        new
    }

    /// Whether a node has been stated.
    pub fn has_stated(&self, key: &Key) -> bool {
        self.stated.contains(key)
    }

    /// States a node with the tool's word for how far it has come, and what that word means.
    ///
    /// That it waits is stated without a time, because it is what holds until anything else is told. Many tools tell
    /// whole seconds: something queued and ended within one of them would else be queued or ended by chance.
    pub fn state_with_outcome(&mut self, fact: NodeFact, state: Option<&str>, outcome: Option<Outcome>) {
        let key = fact.key.clone();
        let told = |fact: NodeFact| {
            fact.with_some(Attribute::State, state).with_some(Attribute::Outcome, outcome.map(Outcome::word))
        };
        if outcome == Some(Outcome::Pending) {
            self.state(fact);
            self.state(told(NodeFact::new(key, None)));
        } else {
            self.state(told(fact));
        }
    }

    /// As [`Draft::state_with_outcome`], but that a state which is no end is left out while no time is known: of two such
    /// states the greater word would win, and not the later one.
    pub fn state_known(&mut self, fact: NodeFact, state: Option<&str>, outcome: Option<Outcome>) {
        let is_end = matches!(outcome, Some(Outcome::Success | Outcome::Failure | Outcome::Abandoned));
        if is_end || self.at.is_some() {
            self.state_with_outcome(fact, state, outcome);
        } else {
            self.state(fact);
        }
    }

    /// States a link that a field of the tool's says (L2); one that has been stated before, or has no allowed ends, is
    /// passed over.
    pub fn link(&mut self, from: &Key, kind: LinkKind, to: &Key, reason: &str) {
        self.link_as(LinkClass::Asserted, from, kind, to, reason);
    }

    /// States a link, and how sure it is; as [`Draft::link`].
    pub fn link_as(&mut self, class: LinkClass, from: &Key, kind: LinkKind, to: &Key, reason: &str) {
        if from == to || !kind.allows(from.kind(), to.kind()) || !self.linked.insert((from.clone(), kind, to.clone())) {
            return;
        }
        self.facts.links.push(LinkFact {
            from: from.clone(),
            kind,
            to: to.clone(),
            class,
            rule: self.rule.clone(),
            reason: reason.to_owned(),
            at: self.at,
        });
    }

    /// Tells that something happened to a node: at that time or else at [`Draft::at`], and not at all where neither is
    /// known. `what` is one word in the past tense; of the summary the first line counts.
    pub fn event(&mut self, node: &Key, at: Option<Timestamp>, what: &str, actor: Option<&str>, summary: &str) {
        let Some(at) = at.or(self.at) else { return };
        let actor = actor.map(str::trim).filter(|actor| !actor.is_empty()).map(str::to_owned);
        let summary = summary.lines().next().unwrap_or_default().trim();
        let summary = if summary.is_empty() { what } else { summary }.to_owned();
        self.facts.events.push(Event { node: node.clone(), at, what: what.to_owned(), actor, summary });
    }

    /// Hands over a text in which people may refer to other nodes, as of [`Draft::at`]; a blank one is passed over.
    ///
    /// `repository` is the one that a bare `#42` belongs to.
    pub fn mention(&mut self, from: &Key, field: Field, text: Option<&str>, repository: Option<&Repository>) {
        let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return };
        self.text(from, field, text, self.at, repository);
    }

    /// Tells that a text was emptied, so that what it referred to before no longer counts.
    pub fn emptied(&mut self, from: &Key, field: Field, repository: Option<&Repository>) {
        self.text(from, field, "", self.at, repository);
    }

    /// States what a node has as a whole, as of [`Draft::at`]: what was stated in that field before and is not in the list
    /// any more is taken back.
    pub fn state_list(&mut self, from: &Key, field: Field, relations: &[Stated]) {
        self.facts.mentions.push(rules::state(from, field, relations, self.at));
    }

    /// Announces a tracker's project (or numbered tracker) by the key of any of its tickets.
    pub fn announce(&mut self, name: Name, pattern: &Key) {
        let announcement = Announcement { name, pattern: pattern.clone() };
        if !self.facts.announcements.contains(&announcement) {
            self.facts.announcements.push(announcement);
        }
    }

    /// Whether nothing has been stated.
    pub fn is_empty(&self) -> bool {
        let Facts { nodes, links, events, mentions, announcements, decisions: _ } = &self.facts;
        nodes.is_empty() && links.is_empty() && events.is_empty() && mentions.is_empty() && announcements.is_empty()
    }

    /// Ends the collection.
    ///
    /// # Errors
    /// [`ParseError::TooMany`] where there is more of something than [`MAX_FACTS`].
    pub fn finish(self) -> Result<Facts, ParseError> {
        let Facts { nodes, links, events, mentions, announcements, decisions: _ } = &self.facts;
        let counts = [
            ("nodes", nodes.len()),
            ("links", links.len()),
            ("events", events.len()),
            ("mentions", mentions.len()),
            ("announcements", announcements.len()),
        ];
        match counts.into_iter().find(|(_, count)| *count > MAX_FACTS) {
            Some((what, count)) => Err(ParseError::TooMany { what, count, limit: MAX_FACTS }),
            None => Ok(self.facts),
        }
    }

    fn text(&mut self, from: &Key, field: Field, text: &str, at: Option<Timestamp>, repository: Option<&Repository>) {
        self.facts.mentions.push(Mention {
            from: from.clone(),
            field,
            text: text.to_owned(),
            at,
            repository: repository.cloned(),
        });
    }
}

/// When a run began and ended; it counts from its beginning.
pub fn ran(fact: NodeFact, started: Option<Timestamp>, finished: Option<Timestamp>) -> NodeFact {
    fact.moment(Attribute::OccurredAt, started)
        .moment(Attribute::StartedAt, started)
        .moment(Attribute::FinishedAt, finished)
}

/// Names or labels as one attribute: sorted, each once, separated by commas.
pub fn joined<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: BTreeSet<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
    names.into_iter().collect::<Vec<_>>().join(",")
}

/// The first `limit` characters of a text.
pub fn shortened(text: &str, limit: usize) -> String {
    text.chars().take(limit).collect()
}
