//! What a fold has changed: identities only; the rows stand in the slice.

use std::collections::BTreeSet;

use super::{AssertionKey, EventId};
use crate::fact::{Attribute, Field};
use crate::graph::NodeId;
use crate::key::Key;
use crate::link::LinkKind;
use crate::name::Name;

/// The identities of all rows that must be written, and of those that must be deleted.
///
/// An assertion that is listed and no longer in the slice was taken back; a text's references are replaced as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Nodes that are new or changed.
    pub nodes: BTreeSet<Key>,
    /// Attributes that have a new value.
    pub attributes: BTreeSet<(NodeId, Attribute)>,
    /// Texts that were replaced, with their references.
    pub texts: BTreeSet<(NodeId, Field)>,
    /// Names that stand for something new.
    pub names: BTreeSet<(Name, Key)>,
    /// Links that are new or changed.
    pub links: BTreeSet<(NodeId, LinkKind, NodeId)>,
    /// Evidence that is new, changed or taken back.
    pub assertions: BTreeSet<AssertionKey>,
    /// Events that are new, or known from another entry.
    pub events: BTreeSet<EventId>,
}

impl Changes {
    /// Whether nothing has changed.
    pub fn is_empty(&self) -> bool {
        let Self { nodes, attributes, texts, names, links, assertions, events } = self;
        nodes.is_empty()
            && attributes.is_empty()
            && texts.is_empty()
            && names.is_empty()
            && links.is_empty()
            && assertions.is_empty()
            && events.is_empty()
    }
}
