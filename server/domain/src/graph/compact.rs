//! The graph as each server holds it in memory: ids, keys, kinds, links and times; no titles, bodies or evidence.
//!
//! Ids are given in order of arrival by the fold and index the vectors directly. A node or link that is taken back stays
//! in its slot and is not live; walks pass over it. The cost of a walk grows with the chain and not with the graph.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::key::Key;
use crate::link::{LinkClass, LinkKind};
use crate::node::{NodeKind, Outcome};
use crate::time::Timestamp;

/// A node's number: dense, from 0, in order of arrival. Of use within one database only; the key is the identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(pub u32);

/// A link's number: dense, from 0, in order of arrival. Of use within one database only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LinkId(pub u32);

/// A node as questions see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRecord {
    /// The identity.
    pub key: Key,
    /// The kind, which the key says too; kept here because every step of a walk asks for it.
    pub kind: NodeKind,
    /// Whether a delivery has spoken of the node itself; otherwise it is only known as the end of a link.
    pub stated: bool,
    /// When the node counts from; see [`crate::fact::Attribute::OccurredAt`].
    pub occurred: Option<Timestamp>,
    /// How it ended, if that is known.
    pub outcome: Option<Outcome>,
    /// Whether the node is part of the graph.
    pub live: bool,
}

/// A link as questions see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkRecord {
    /// The later end.
    pub from: NodeId,
    /// What the link says.
    pub kind: LinkKind,
    /// The earlier end.
    pub to: NodeId,
    /// The surest class of its evidence.
    pub class: LinkClass,
    /// Whether the link is part of the graph.
    pub live: bool,
}

/// The whole graph, compactly.
#[derive(Debug, Default)]
pub struct Graph {
    nodes: Vec<Option<NodeRecord>>,
    links: Vec<Option<LinkRecord>>,
    outgoing: Vec<Vec<LinkId>>,
    incoming: Vec<Vec<LinkId>>,
    by_key: HashMap<Key, NodeId>,
    /// The nodes of each kind, live or not, in order of arrival.
    by_kind: HashMap<NodeKind, Vec<NodeId>>,
}

impl Graph {
    /// An empty graph.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a node, or replaces what was known under that id.
    pub fn put_node(&mut self, id: NodeId, node: NodeRecord) {
        self.make_room(id);
        if node.live {
            self.by_key.insert(node.key.clone(), id);
        } else if self.by_key.get(&node.key) == Some(&id) {
            self.by_key.remove(&node.key);
        }
        if let Some(place) = self.nodes.get_mut(index(id.0)) {
            if place.as_ref().is_none_or(|known| known.kind != node.kind) {
                self.by_kind.entry(node.kind).or_default().push(id);
            }
            *place = Some(node);
        }
    }

    /// Adds a link, or replaces what was known under that id. Its ends never change, and may come after it.
    pub fn put_link(&mut self, id: LinkId, link: LinkRecord) {
        self.make_room(link.from);
        self.make_room(link.to);
        let slot = index(id.0);
        if self.links.len() <= slot {
            self.links.resize_with(slot + 1, || None);
        }
        if let Some(place) = self.links.get_mut(slot) {
            let is_new = place.is_none();
            *place = Some(link);
            if is_new {
                if let Some(list) = self.outgoing.get_mut(index(link.from.0)) {
                    list.push(id);
                }
                if let Some(list) = self.incoming.get_mut(index(link.to.0)) {
                    list.push(id);
                }
            }
        }
    }

    /// A live node.
    pub fn node(&self, id: NodeId) -> Option<&NodeRecord> {
        self.nodes.get(index(id.0))?.as_ref().filter(|node| node.live)
    }

    /// A live link.
    pub fn link(&self, id: LinkId) -> Option<&LinkRecord> {
        self.links.get(index(id.0))?.as_ref().filter(|link| link.live)
    }

    /// The live node of a key.
    pub fn find(&self, key: &Key) -> Option<NodeId> {
        self.by_key.get(key).copied()
    }

    /// The live links that point from a node to earlier ones, in order of arrival.
    pub fn upstream(&self, id: NodeId) -> impl Iterator<Item = (LinkId, &LinkRecord)> + '_ {
        self.adjacent(&self.outgoing, id)
    }

    /// The live links that point from later nodes to this one, in order of arrival.
    pub fn downstream(&self, id: NodeId) -> impl Iterator<Item = (LinkId, &LinkRecord)> + '_ {
        self.adjacent(&self.incoming, id)
    }

    /// The links at a node that were taken back, or never held, in both directions: a text that was edited, a guess that
    /// somebody refused. Their other ends need not be live; see [`Graph::former`].
    pub fn taken_back(&self, id: NodeId) -> impl Iterator<Item = (LinkId, &LinkRecord)> + '_ {
        let lists = [self.outgoing.get(index(id.0)), self.incoming.get(index(id.0))];
        lists.into_iter().flatten().flatten().filter_map(move |link| {
            let record = self.links.get(index(link.0))?.as_ref().filter(|record| !record.live)?;
            Some((*link, record))
        })
    }

    /// A node, live or not.
    pub fn former(&self, id: NodeId) -> Option<&NodeRecord> {
        self.nodes.get(index(id.0))?.as_ref()
    }

    /// Every live node, in order of arrival. Costs time in the size of the graph.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, &NodeRecord)> + '_ {
        (0u32..).zip(&self.nodes).filter_map(|(id, node)| {
            let node = node.as_ref().filter(|node| node.live)?;
            Some((NodeId(id), node))
        })
    }

    /// Every live node of a kind, in order of arrival. Costs time in the number of these.
    pub fn of_kind(&self, kind: NodeKind) -> impl Iterator<Item = NodeId> + '_ {
        let nodes = self.by_kind.get(&kind).into_iter().flatten().copied();
        nodes.filter(move |node| self.node(*node).is_some_and(|record| record.kind == kind))
    }

    /// Every live link, in order of arrival. Costs time in the size of the graph.
    pub fn links(&self) -> impl Iterator<Item = (LinkId, &LinkRecord)> + '_ {
        (0u32..).zip(&self.links).filter_map(|(id, link)| {
            let link = link.as_ref().filter(|link| link.live)?;
            Some((LinkId(id), link))
        })
    }

    /// How many slots there are for nodes; every [`NodeId`] is below it.
    pub fn node_bound(&self) -> usize {
        self.nodes.len()
    }

    fn make_room(&mut self, id: NodeId) {
        let slot = index(id.0);
        if self.nodes.len() <= slot {
            self.nodes.resize_with(slot + 1, || None);
            self.outgoing.resize_with(slot + 1, Vec::new);
            self.incoming.resize_with(slot + 1, Vec::new);
        }
    }

    fn adjacent<'a>(
        &'a self,
        lists: &'a [Vec<LinkId>],
        id: NodeId,
    ) -> impl Iterator<Item = (LinkId, &'a LinkRecord)> + 'a {
        lists.get(index(id.0)).into_iter().flatten().filter_map(|link| Some((*link, self.link(*link)?)))
    }
}

fn index(id: u32) -> usize {
    usize::try_from(id).expect("a pointer has at least 32 bits on every platform that this runs on")
}

#[cfg(test)]
mod tests {
    use super::NodeId;
    use crate::node::NodeKind;
    use crate::queries::testing::World;

    #[test]
    fn the_nodes_of_a_kind_are_those_that_are_there_each_once() {
        let world =
            World::read("service:a depends_on service:b; commit:c; service:gone gone; service:a depends_on service:d");
        let found: Vec<NodeId> = world.graph.of_kind(NodeKind::Service).collect();
        assert_eq!(world.words(&found), "service:a service:b service:d");
        assert_eq!(world.graph.of_kind(NodeKind::Team).count(), 0);
    }
}
