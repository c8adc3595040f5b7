//! How facts fold into the graph, in any order of arrival, with the same result.
//!
//! Every part of the state is a join that does not care for order: an attribute and a mention are registers of which
//! the greatest (time, ended, value, content) wins, names and events are sets, and of a link's evidence each rule keeps the
//! surest statement, and of equal ones the earliest. Links that come from texts are a function of the winning texts and of the names known so far,
//! and are computed anew whenever either changes.
//!
//! The caller loads the [`Slice`] of the state that the deliveries touch ([`needs`] says which), calls [`fold`], and
//! writes the [`Changes`]. A slice that holds everything is the whole model in memory; the tests use it as such.

mod apply;
mod changes;
mod slice;

pub use apply::{DECISION_RULE, fold};
pub use changes::Changes;
pub use slice::{Assertion, AssertionKey, EventId, EventRow, LinkRow, MentionRow, NodeRow, Register, Slice};

use std::collections::BTreeSet;

use crate::alias::Aliases;
use crate::fact::{Facts, Field};
use crate::key::Key;
use crate::name::Name;
use crate::rules::{self, Reference};

/// A short digest of a delivery's body, which tells deliveries apart without regard to when they arrived.
pub type ContentId = i64;

/// One delivery's facts, ready to be folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The index of the ledger entry.
    pub entry: u64,
    /// The body's short digest.
    pub content: ContentId,
    /// What the delivery states.
    pub facts: Facts,
    /// The references in each of its mentions, in the same order.
    pub references: Vec<Vec<Reference>>,
}

impl Input {
    /// Applies the link rules to the mentions. This is the costly part, and it needs no database.
    pub fn new(entry: u64, content: ContentId, facts: Facts) -> Self {
        Self::aliased(entry, content, facts, &Aliases::default())
    }

    /// As [`Input::new`], with every alias replaced before.
    pub fn aliased(entry: u64, content: ContentId, facts: Facts, aliases: &Aliases) -> Self {
        let facts = aliases.apply(facts);
        let references = facts.mentions.iter().map(|mention| rules::aliased_references(mention, aliases)).collect();
        Self { entry, content, facts, references }
    }
}

/// What must be loaded into a slice before some deliveries can be folded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Nodes that are spoken of.
    pub keys: BTreeSet<Key>,
    /// Pairs of a name and the key that it is announced for.
    pub announced: BTreeSet<(Name, Key)>,
    /// The references of the texts that are stated.
    pub references: Vec<Reference>,
    /// Texts that are stated.
    pub texts: BTreeSet<(Key, Field)>,
    /// Events that are stated.
    pub events: BTreeSet<EventId>,
}

impl Needs {
    fn announce(&mut self, name: &Name, key: &Key) {
        self.announced.extend(name.implied(key).map(|implied| (implied, key.clone())));
        self.announced.insert((name.clone(), key.clone()));
    }
}

/// Lists what must be loaded before `inputs` can be folded.
pub fn needs(inputs: &[Input]) -> Needs {
    let mut needs = Needs::default();
    for input in inputs {
        let Facts { nodes, links, events, mentions, announcements, decisions } = &input.facts;
        for node in nodes {
            needs.keys.insert(node.key.clone());
            node.names.iter().for_each(|name| needs.announce(name, &node.key));
        }
        for link in links {
            needs.keys.extend([link.from.clone(), link.to.clone()]);
        }
        for decision in decisions {
            needs.keys.extend([decision.from.clone(), decision.to.clone()]);
        }
        for event in events {
            needs.keys.insert(event.node.clone());
            needs.events.insert(EventId::of(event));
        }
        for mention in mentions {
            needs.keys.insert(mention.from.clone());
            needs.texts.insert((mention.from.clone(), mention.field));
        }
        for announcement in announcements {
            if let Ok(target) = announcement.target() {
                needs.announce(&announcement.name, &target);
            }
        }
        needs.references.extend(input.references.iter().flatten().cloned());
    }
    needs
}

#[cfg(test)]
mod tests;
