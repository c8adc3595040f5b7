//! petgraph's visit traits for [`Graph`], so that petgraph's algorithms and adaptors run on it.
//!
//! An edge is a live link with two live ends; its source is the later end, so petgraph's "outgoing" is upstream. The
//! visit map is a set of the nodes that were met: its cost grows with the walk and not with the graph. Which links
//! count is said with petgraph's `EdgeFiltered`, and the way with its `Reversed`.

use std::collections::HashSet;

use petgraph::visit::{
    Data, EdgeRef, GraphBase, GraphProp, IntoEdgeReferences, IntoEdges, IntoEdgesDirected, IntoNeighbors,
    IntoNeighborsDirected, IntoNodeIdentifiers, NodeIndexable, Visitable,
};
use petgraph::{Directed, Direction};

use super::compact::{Graph, LinkId, LinkRecord, NodeId, NodeRecord};

/// A link as petgraph sees it: an edge from the later node to the earlier one.
#[derive(Clone, Copy, Debug)]
pub struct LinkRef<'a> {
    id: LinkId,
    link: &'a LinkRecord,
}

/// The traits want their iterators named, and those of [`Graph`] have no name.
type Boxed<'a, T> = Box<dyn Iterator<Item = T> + 'a>;

impl EdgeRef for LinkRef<'_> {
    type NodeId = NodeId;
    type EdgeId = LinkId;
    type Weight = LinkRecord;

    fn source(&self) -> NodeId {
        self.link.from
    }

    fn target(&self) -> NodeId {
        self.link.to
    }

    fn weight(&self) -> &LinkRecord {
        self.link
    }

    fn id(&self) -> LinkId {
        self.id
    }
}

impl GraphBase for Graph {
    type NodeId = NodeId;
    type EdgeId = LinkId;
}

impl Data for Graph {
    type NodeWeight = NodeRecord;
    type EdgeWeight = LinkRecord;
}

impl GraphProp for Graph {
    type EdgeType = Directed;
}

impl Visitable for Graph {
    type Map = HashSet<NodeId>;

    fn visit_map(&self) -> Self::Map {
        HashSet::new()
    }

    fn reset_map(&self, map: &mut Self::Map) {
        map.clear();
    }
}

impl NodeIndexable for Graph {
    fn node_bound(&self) -> usize {
        Graph::node_bound(self)
    }

    fn to_index(&self, id: NodeId) -> usize {
        usize::try_from(id.0).expect("a pointer has at least 32 bits on every platform that this runs on")
    }

    fn from_index(&self, index: usize) -> NodeId {
        NodeId(u32::try_from(index).expect("petgraph gives back only what to_index gave, which is 32 bits wide"))
    }
}

impl<'a> IntoNodeIdentifiers for &'a Graph {
    type NodeIdentifiers = Boxed<'a, NodeId>;

    fn node_identifiers(self) -> Self::NodeIdentifiers {
        Box::new(self.nodes().map(|(id, _)| id))
    }
}

impl<'a> IntoEdgeReferences for &'a Graph {
    type EdgeRef = LinkRef<'a>;
    type EdgeReferences = Boxed<'a, LinkRef<'a>>;

    fn edge_references(self) -> Self::EdgeReferences {
        Box::new(self.links().filter_map(move |(id, link)| edge(self, id, link)))
    }
}

impl<'a> IntoEdges for &'a Graph {
    type Edges = Boxed<'a, LinkRef<'a>>;

    fn edges(self, node: NodeId) -> Self::Edges {
        self.edges_directed(node, Direction::Outgoing)
    }
}

impl<'a> IntoEdgesDirected for &'a Graph {
    type EdgesDirected = Boxed<'a, LinkRef<'a>>;

    fn edges_directed(self, node: NodeId, direction: Direction) -> Self::EdgesDirected {
        match direction {
            Direction::Outgoing => Box::new(self.upstream(node).filter_map(move |(id, link)| edge(self, id, link))),
            Direction::Incoming => Box::new(self.downstream(node).filter_map(move |(id, link)| edge(self, id, link))),
        }
    }
}

impl<'a> IntoNeighbors for &'a Graph {
    type Neighbors = Boxed<'a, NodeId>;

    fn neighbors(self, node: NodeId) -> Self::Neighbors {
        self.neighbors_directed(node, Direction::Outgoing)
    }
}

impl<'a> IntoNeighborsDirected for &'a Graph {
    type NeighborsDirected = Boxed<'a, NodeId>;

    fn neighbors_directed(self, node: NodeId, direction: Direction) -> Self::NeighborsDirected {
        Box::new(self.edges_directed(node, direction).map(move |link| match direction {
            Direction::Outgoing => link.target(),
            Direction::Incoming => link.source(),
        }))
    }
}

/// The link as an edge, unless one of its ends is not part of the graph.
fn edge<'a>(graph: &'a Graph, id: LinkId, link: &'a LinkRecord) -> Option<LinkRef<'a>> {
    let ends_are_live = graph.node(link.from).is_some() && graph.node(link.to).is_some();
    ends_are_live.then_some(LinkRef { id, link })
}

#[cfg(test)]
mod tests {
    use petgraph::algo::{astar, dijkstra, has_path_connecting, is_cyclic_directed, tarjan_scc};
    use petgraph::visit::{Bfs, Dfs, EdgeFiltered, EdgeRef, Reversed, Walker};

    use crate::link::{LinkClass, Role};
    use crate::queries::testing::World;

    fn world() -> World {
        World::read(
            "artifact:v1 produced_by build:b1 L0 built_from commit:c1
             build:b1 built_from commit:c1
             commit:c1 part_of change:42 in repository:checkout
             change:42 resolves ticket:pay-12
             commit:gone part_of change:42
             commit:gone gone
             ticket:a child_of ticket:b
             ticket:b child_of ticket:a",
        )
    }

    #[test]
    fn walkers_run_and_pass_over_what_is_gone() {
        let world = world();
        let graph = &world.graph;
        let start = world.id("artifact:v1");
        let met: Vec<_> = Bfs::new(graph, start).iter(graph).collect();
        assert_eq!(world.words(&met), "artifact:v1 build:b1 commit:c1 change:42 repository:checkout ticket:pay-12");
        assert_eq!(Dfs::new(graph, world.id("ticket:a")).iter(graph).count(), 2, "a cycle ends");

        let back = Reversed(graph);
        let met: Vec<_> = Bfs::new(back, world.id("ticket:pay-12")).iter(back).collect();
        assert_eq!(world.words(&met), "ticket:pay-12 change:42 commit:c1 artifact:v1 build:b1");
    }

    #[test]
    fn algorithms_run() {
        let world = world();
        let graph = &world.graph;
        let (start, goal) = (world.id("artifact:v1"), world.id("ticket:pay-12"));
        let lineage = EdgeFiltered::from_fn(graph, |link| link.weight().kind.role() == Role::Lineage);
        let steps = dijkstra(&lineage, start, None, |_| 1u32);
        assert_eq!(steps.get(&goal), Some(&3));
        assert_eq!(steps.get(&world.id("repository:checkout")), None, "context links are left out");

        let doubt = |class: LinkClass| if class == LinkClass::Guessed { 10u32 } else { 1 };
        let found = astar(graph, start, |node| node == goal, |link| doubt(link.weight().class), |_| 0);
        let (cost, path) = found.unwrap();
        assert_eq!(cost, 4);
        assert_eq!(world.words(&path), "artifact:v1 build:b1 commit:c1 change:42 ticket:pay-12");

        assert!(has_path_connecting(graph, start, goal, None));
        assert!(!has_path_connecting(graph, goal, start, None));
        assert!(has_path_connecting(Reversed(graph), goal, start, None));
        assert!(is_cyclic_directed(graph));
        assert!(tarjan_scc(graph).iter().any(|group| group.len() == 2));
    }
}
