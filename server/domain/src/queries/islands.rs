//! `islands`: what stands alone. Every node that lacks a link which its kind should have, and how complete each kind is.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::graph::{Graph, NodeId, NodeRecord};
use crate::key::Key;
use crate::link::LinkKind;
use crate::node::NodeKind;
use crate::queries::missing::{self, Missing};
use crate::queries::running::Timeline;

/// The most islands of one answer.
pub const MAX_ISLANDS: usize = 1_000;

/// Which islands to list.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Only nodes of this kind.
    pub kind: Option<NodeKind>,
    /// Only nodes that lack this: `ticket`, `owner`.
    pub what: Option<String>,
    /// Only what belongs to this service, team, repository or any other node: what points to it, what lies in it, and for
    /// a team what belongs to anything that it owns.
    pub of: Option<NodeId>,
    /// How many to pass over, for the pages behind the first.
    pub skip: usize,
    /// How many at most; never more than [`MAX_ISLANDS`].
    pub limit: usize,
}

/// How complete the nodes of a kind are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completeness {
    /// How many there are.
    pub total: usize,
    /// How many of them lack nothing.
    pub whole: usize,
}

/// A node that lacks something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Island {
    /// The node.
    pub node: NodeId,
    /// What it lacks, why that matters, and how to mend it.
    pub missing: Vec<Missing>,
}

/// All islands, as far as they were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Islands {
    /// By kind, only kinds of which something is expected.
    pub kinds: BTreeMap<NodeKind, Completeness>,
    /// The islands, the newest first, what has no time last.
    pub islands: Vec<Island>,
    /// How many there are in all that were asked for.
    pub total: usize,
}

/// Looks at every node. The cost grows with the size of the graph.
pub fn islands(graph: &Graph, wanted: &Wanted) -> Islands {
    let mut timeline = Timeline::new(graph);
    let mut kinds: BTreeMap<NodeKind, Completeness> = BTreeMap::new();
    let mut found: Vec<Island> = Vec::new();
    let place = wanted.of.map(|node| Place::of(graph, node));
    let looked_at = graph.nodes().filter(|(_, record)| missing::is_examined(record.kind));
    for (node, record) in looked_at {
        if place.as_ref().is_some_and(|place| !place.holds(graph, node, record)) {
            continue;
        }
        let missing = missing::thorough(graph, node, &mut timeline);
        let completeness = kinds.entry(record.kind).or_default();
        completeness.total += 1;
        completeness.whole += usize::from(missing.is_empty());
        let fits = wanted.kind.is_none_or(|kind| kind == record.kind)
            && wanted.what.as_ref().is_none_or(|what| missing.iter().any(|one| one.what == *what));
        if fits && !missing.is_empty() {
            found.push(Island { node, missing });
        }
    }
    let total = found.len();
    found.sort_by_cached_key(|island| {
        let record = graph.node(island.node);
        (std::cmp::Reverse(record.and_then(|record| record.occurred)), record.map(|record| record.key.clone()))
    });
    let islands = found.into_iter().skip(wanted.skip).take(wanted.limit.min(MAX_ISLANDS)).collect();
    Islands { kinds, islands, total }
}

/// What the islands of a node are looked for in.
struct Place {
    nodes: BTreeSet<NodeId>,
    repositories: BTreeSet<(String, String)>,
}

impl Place {
    fn of(graph: &Graph, node: NodeId) -> Self {
        let owned =
            graph.downstream(node).filter(|(_, link)| link.kind == LinkKind::OwnedBy).map(|(_, link)| link.from);
        let nodes: BTreeSet<NodeId> = owned.chain([node]).collect();
        let keys = nodes.iter().filter_map(|node| graph.node(*node)).map(|record| &record.key);
        let repositories = keys.filter(|key| key.kind() == NodeKind::Repository).map(repository).collect();
        Self { nodes, repositories }
    }

    fn holds(&self, graph: &Graph, node: NodeId, record: &NodeRecord) -> bool {
        self.nodes.contains(&node)
            || graph.upstream(node).any(|(_, link)| self.nodes.contains(&link.to))
            || (!self.repositories.is_empty() && self.repositories.contains(&lies_in(&record.key)))
    }
}

/// Host and path of a repository, from its own key.
fn repository(key: &Key) -> (String, String) {
    let parts = key.parts();
    (parts.provider_id, joined(&parts.namespace, &parts.resource))
}

/// Host and path of the repository that a key lies in, as far as it lies in one.
fn lies_in(key: &Key) -> (String, String) {
    let parts = key.parts();
    (parts.provider_id, joined(&parts.namespace, &parts.groups))
}

fn joined(start: &str, end: &str) -> String {
    if start.is_empty() { end.to_owned() } else { format!("{start}/{end}") }
}

#[cfg(test)]
mod tests {
    use super::{Wanted, islands};
    use crate::node::NodeKind;
    use crate::queries::testing::World;

    const WORLD: &str = "
        change:1 @10 resolves ticket:t
        change:2 @20 authored_by person:ada
        change:3 @30 authored_by person:ada
        ticket:t child_of ticket:u; ticket:u child_of ticket:v; ticket:v child_of ticket:w; ticket:w child_of ticket:t
        service:checkout owned_by team:payments
        service:cart runs document:list; document:list authored_by person:ada";

    fn listed(world: &World, wanted: &Wanted) -> String {
        let answer = islands(&world.graph, wanted);
        world.words(&answer.islands.iter().map(|island| island.node).collect::<Vec<_>>())
    }

    #[test]
    fn every_node_that_lacks_something_is_listed_the_newest_first() {
        let world = World::read(WORLD);
        let all = Wanted { limit: 10, ..Wanted::default() };
        assert_eq!(listed(&world, &all), "change:3 change:2 service:cart");
        assert_eq!(listed(&world, &Wanted { kind: Some(NodeKind::Service), ..all.clone() }), "service:cart");
        assert_eq!(listed(&world, &Wanted { what: Some("ticket".into()), skip: 1, ..all.clone() }), "change:2");
        let answer = islands(&world.graph, &Wanted { limit: 1, ..all });
        assert_eq!((answer.total, answer.islands.len()), (3, 1));
        let changes = answer.kinds[&NodeKind::Change];
        assert_eq!((changes.total, changes.whole), (3, 1));
    }

    #[test]
    fn islands_of_a_service_a_team_and_a_repository() {
        let world = World::read(
            "service:checkout owned_by team:payments
             deployment:d @10 ok of service:checkout
             deployment:other @20 ok of service:cart
             service:cart
             document:lost @5
             document:found; ticket:t child_of ticket:u documented_by document:found; ticket:u child_of ticket:t",
        );
        let of = |word: &str| Wanted { of: Some(world.id(word)), limit: 10, ..Wanted::default() };
        assert_eq!(listed(&world, &of("service:checkout")), "deployment:d");
        assert_eq!(listed(&world, &of("team:payments")), "deployment:d");
        assert_eq!(listed(&world, &of("service:cart")), "deployment:other service:cart");
        let documents = Wanted { kind: Some(NodeKind::Document), limit: 10, ..Wanted::default() };
        assert_eq!(listed(&world, &documents), "document:lost");
    }
}
