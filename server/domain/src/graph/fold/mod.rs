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

pub use apply::fold;
pub use changes::Changes;
pub use slice::{Assertion, AssertionKey, EventId, EventRow, LinkRow, MentionRow, NodeRow, Register, Slice};

use std::collections::BTreeSet;

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
        let references = facts.mentions.iter().map(rules::references).collect();
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
    /// Names that references wait for, with the resource id where the name is a tracker's project.
    pub awaited: BTreeSet<(Name, Option<String>)>,
    /// Texts that are stated.
    pub texts: BTreeSet<(Key, Field)>,
    /// Events that are stated.
    pub events: BTreeSet<EventId>,
}

/// Lists what must be loaded before `inputs` can be folded.
pub fn needs(inputs: &[Input]) -> Needs {
    let mut needs = Needs::default();
    for input in inputs {
        let Facts { nodes, links, events, mentions, announcements } = &input.facts;
        for node in nodes {
            needs.keys.insert(node.key.clone());
            needs.announced.extend(node.names.iter().map(|name| (name.clone(), node.key.clone())));
        }
        for link in links {
            needs.keys.extend([link.from.clone(), link.to.clone()]);
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
            needs.announced.extend(announcement.target().map(|target| (announcement.name.clone(), target)));
        }
        let references = input.references.iter().flatten();
        needs.awaited.extend(references.map(|reference| (reference.awaits.clone(), reference.resource.clone())));
    }
    needs
}

#[cfg(test)]
mod tests;
