//! The part of the graph's state that a fold works on.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::{Changes, ContentId};
use crate::fact::{Attribute, Event, Field};
use crate::graph::{LinkId, NodeId};
use crate::key::Key;
use crate::link::{LinkClass, LinkKind};
use crate::name::Name;
use crate::node::Outcome;
use crate::rules::Reference;
use crate::time::Timestamp;

/// A node as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRow {
    /// Its number in this database.
    pub id: NodeId,
    /// Whether a delivery has spoken of the node itself.
    pub stated: bool,
    /// Whether it is part of the graph: stated, or the end of a live link.
    pub live: bool,
    /// How many live links end here or begin here.
    pub degree: u32,
    /// The value of [`Attribute::OccurredAt`].
    pub occurred: Option<Timestamp>,
    /// The value of [`Attribute::Outcome`].
    pub outcome: Option<Outcome>,
}

/// A link as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkRow {
    /// Its number in this database.
    pub id: LinkId,
    /// The surest class of its evidence.
    pub class: LinkClass,
    /// Whether anything still asserts it.
    pub live: bool,
}

/// The words by which tools say that something goes on.
const UNFINISHED: [&str; 11] = [
    "draft",
    "in_progress",
    "open",
    "pending",
    "progressing",
    "queued",
    "requested",
    "running",
    "started",
    "terminating",
    "waiting",
];

/// The value of an attribute, and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Register {
    /// The winning value.
    pub value: String,
    /// When it was so, by the provider's clock.
    pub at: Option<Timestamp>,
    /// The entry that states it.
    pub entry: u64,
    /// That entry's body.
    pub content: ContentId,
}

impl Register {
    /// Newest first; between statements of one moment an end before a beginning, then the greater value, so that the
    /// order of arrival has no say.
    pub fn compare(&self, other: &Self) -> Ordering {
        let rank = |one: &Self| (one.at, one.has_ended());
        rank(self)
            .cmp(&rank(other))
            .then_with(|| self.value.cmp(&other.value))
            .then_with(|| self.content.cmp(&other.content))
    }

    /// Tools tell whole seconds: of two states in one second, the end came after.
    fn has_ended(&self) -> bool {
        !UNFINISHED.iter().any(|word| word.eq_ignore_ascii_case(&self.value))
    }
}

/// Which text of a node's field holds. The text itself is in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MentionRow {
    /// When the text was so, by the provider's clock.
    pub at: Option<Timestamp>,
    /// A digest of the text, which decides between texts of one moment.
    pub rank: i64,
    /// The entry that states it.
    pub entry: u64,
    /// That entry's body.
    pub content: ContentId,
}

impl MentionRow {
    /// As [`Register::compare`].
    pub fn compare(&self, other: &Self) -> Ordering {
        (self.at, self.rank, self.content).cmp(&(other.at, other.rank, other.content))
    }
}

/// What one rule says for one link on the ground of one field: at most one statement is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AssertionKey {
    /// The link.
    pub link: LinkId,
    /// The rule or provider event.
    pub rule: String,
    /// The field whose text it was read from; `None` where the provider asserts the relation itself.
    pub origin: Option<Field>,
}

/// Why a link is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// How sure.
    pub class: LinkClass,
    /// How sure within the class, 0 to 100.
    pub score: u8,
    /// The rule's version.
    pub version: u16,
    /// Why, in words.
    pub reason: String,
    /// When it was said, by the provider's clock.
    pub at: Option<Timestamp>,
    /// The entry that says it.
    pub entry: u64,
    /// That entry's body.
    pub content: ContentId,
}

impl Assertion {
    /// The surest first, then the earliest statement, so that the order of arrival has no say.
    pub fn precedes(&self, other: &Self) -> bool {
        let rank = |one: &Self| (one.class, one.score);
        match rank(self).cmp(&rank(other)) {
            Ordering::Greater => true,
            Ordering::Less => false,
            Ordering::Equal => {
                (self.at, self.version, &self.reason, self.content)
                    < (other.at, other.version, &other.reason, other.content)
            }
        }
    }
}

/// An event's identity: the same event, told by two deliveries, is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub [u8; 16]);

impl EventId {
    /// The identity of an event.
    pub fn of(event: &Event) -> Self {
        let Event { node, at, what, actor, summary } = event;
        let mut hash = Sha256::new();
        for part in [node.as_str(), what, actor.as_deref().unwrap_or(""), summary] {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part.as_bytes());
        }
        hash.update(at.micros().to_be_bytes());
        let digest: [u8; 32] = hash.finalize().into();
        Self(*digest.first_chunk().expect("a digest has 32 bytes"))
    }
}

/// An event as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// The node that it happened to.
    pub node: NodeId,
    /// What happened.
    pub event: Event,
    /// The entry that states it; of several, the one with the least content id.
    pub entry: u64,
    /// That entry's body.
    pub content: ContentId,
}

/// The part of the state that some deliveries touch, and a record of what has changed in it.
#[derive(Clone, Debug, Default)]
pub struct Slice {
    /// Nodes by key.
    pub nodes: BTreeMap<Key, NodeRow>,
    /// Keys by number, for the nodes of the slice.
    pub keys: BTreeMap<NodeId, Key>,
    /// Attributes of the nodes that are spoken of.
    pub attributes: BTreeMap<(NodeId, Attribute), Register>,
    /// Which text of each field holds.
    pub mentions: BTreeMap<(NodeId, Field), MentionRow>,
    /// The references in those texts.
    pub references: BTreeMap<(NodeId, Field), Vec<Reference>>,
    /// The texts that wait for a name.
    pub awaiting: BTreeMap<Name, BTreeSet<(NodeId, Field)>>,
    /// What each name is known to stand for.
    pub names: BTreeMap<Name, BTreeSet<Key>>,
    /// Links by their ends.
    pub links: BTreeMap<(NodeId, LinkKind, NodeId), LinkRow>,
    /// The evidence of those links.
    pub assertions: BTreeMap<AssertionKey, Assertion>,
    /// Events by identity.
    pub events: BTreeMap<EventId, EventRow>,
    /// The number of the next new node.
    pub next_node: u32,
    /// The number of the next new link.
    pub next_link: u32,
    /// What has changed since the slice was loaded.
    pub(super) changes: Changes,
}

impl Slice {
    /// An empty slice that numbers new nodes and links from here on.
    pub fn new(next_node: u32, next_link: u32) -> Self {
        Self { next_node, next_link, ..Self::default() }
    }

    /// Puts a loaded node into the slice.
    pub fn load_node(&mut self, key: Key, row: NodeRow) {
        self.keys.insert(row.id, key.clone());
        self.nodes.insert(key, row);
    }

    /// Puts the loaded references of a text into the slice.
    pub fn load_references(&mut self, node: NodeId, field: Field, references: Vec<Reference>) {
        for reference in &references {
            self.awaiting.entry(reference.awaits.clone()).or_default().insert((node, field));
        }
        self.references.insert((node, field), references);
    }

    /// Takes out what has changed since the slice was loaded, or since the last call.
    pub fn take_changes(&mut self) -> Changes {
        std::mem::take(&mut self.changes)
    }
}
