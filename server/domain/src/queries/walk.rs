//! The bounded walk that `trace` and `impact` share: breadth first, by a white list of link kinds for each way.
//!
//! Its order is that of (distance, stage, key) and so does not depend on the order of arrival. Cycles end by
//! themselves: a node is walked on from once.

use std::collections::HashSet;

use petgraph::visit::{EdgeFiltered, EdgeRef, IntoEdges, Reversed, VisitMap, Visitable};

use crate::graph::{Graph, LinkId, LinkRecord, NodeId};
use crate::key::Key;
use crate::link::{LinkClass, LinkKind};
use crate::node::{NodeKind, Stage};
use crate::queries::running::Running;
use crate::queries::trace::{Heading, Step, StepBasis};
use crate::time::Timestamp;

/// The most links that one walk reads; at this bound, which ones were read depends on the order of arrival.
pub(super) const MAX_WALK_LINKS: usize = 100_000;

/// What a walk does with a link of a kind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Passage {
    /// Goes on beyond it.
    Through,
    /// Takes in the node behind it and stops there, because another story begins.
    Ends,
}

/// The white list: what is done upstream, and what downstream. A kind that is not here is not walked.
///
/// A commit that takes back or mends another one is no carrier of what the other one did, so an impact stops at it. A
/// rollback brings back what ran before; what it replaced is another chain. A ticket that follows up on a postmortem
/// would lead through the incident into everything that ran then.
const PASSAGES: &[(LinkKind, Passage, Passage)] = &[
    (LinkKind::Resolves, Passage::Through, Passage::Through),
    (LinkKind::RelatesTo, Passage::Through, Passage::Through),
    (LinkKind::Mentions, Passage::Through, Passage::Through),
    (LinkKind::PartOf, Passage::Through, Passage::Through),
    (LinkKind::Reverts, Passage::Through, Passage::Ends),
    (LinkKind::CherryPickedFrom, Passage::Through, Passage::Through),
    (LinkKind::Fixes, Passage::Through, Passage::Ends),
    (LinkKind::BuiltFrom, Passage::Through, Passage::Through),
    (LinkKind::Verifies, Passage::Through, Passage::Through),
    (LinkKind::ProducedBy, Passage::Through, Passage::Through),
    (LinkKind::DerivedFrom, Passage::Through, Passage::Through),
    (LinkKind::Includes, Passage::Through, Passage::Through),
    (LinkKind::Deploys, Passage::Through, Passage::Through),
    (LinkKind::RollsBack, Passage::Ends, Passage::Ends),
    (LinkKind::Groups, Passage::Through, Passage::Through),
    (LinkKind::Analyses, Passage::Through, Passage::Through),
    (LinkKind::FollowsUp, Passage::Ends, Passage::Ends),
    (LinkKind::ChildOf, Passage::Through, Passage::Through),
    (LinkKind::CausedBy, Passage::Through, Passage::Through),
];

/// An arrow before it is put in words.
#[derive(Clone, Copy, Debug)]
pub(super) enum Arrow {
    /// A link of the graph.
    Link(LinkId, LinkRecord),
    /// Computed: what was running.
    Running(Running),
}

impl Arrow {
    /// The later end.
    pub(super) fn later(&self) -> NodeId {
        match self {
            Arrow::Link(_, link) => link.from,
            Arrow::Running(running) => running.later,
        }
    }

    /// The earlier end.
    pub(super) fn earlier(&self) -> NodeId {
        match self {
            Arrow::Link(_, link) => link.to,
            Arrow::Running(running) => running.deployment,
        }
    }

    /// The end that one comes to when going that way.
    pub(super) fn ahead(&self, heading: Heading) -> NodeId {
        match heading {
            Heading::Upstream => self.earlier(),
            Heading::Downstream => self.later(),
        }
    }

    /// The link's id; a computed arrow has none.
    pub(super) fn link(&self) -> Option<LinkId> {
        match self {
            Arrow::Link(id, _) => Some(*id),
            Arrow::Running(_) => None,
        }
    }

    /// What the link says; a computed arrow says nothing.
    pub(super) fn kind(&self) -> Option<LinkKind> {
        match self {
            Arrow::Link(_, link) => Some(link.kind),
            Arrow::Running(_) => None,
        }
    }

    /// How sure it is.
    pub(super) fn class(&self) -> LinkClass {
        match self {
            Arrow::Link(_, link) => link.class,
            Arrow::Running(_) => LinkClass::Guessed,
        }
    }

    /// The arrow as an answer shows it.
    pub(super) fn step(&self, graph: &Graph) -> Step {
        let (basis, reason) = match self {
            Arrow::Link(id, _) => (StepBasis::Link(*id), None),
            Arrow::Running(running) => (StepBasis::RunningAt, Some(running.reason(graph))),
        };
        Step { from: self.later(), to: self.earlier(), kind: self.kind(), class: self.class(), basis, reason }
    }

    fn goes_on(&self, graph: &Graph, heading: Heading) -> bool {
        match self {
            Arrow::Link(_, link) => passage(graph, link, heading) == Some(Passage::Through),
            Arrow::Running(_) => true,
        }
    }
}

/// Where a walk came.
#[derive(Debug)]
pub(super) struct Walk {
    /// The nodes, the start first.
    pub(super) nodes: Vec<NodeId>,
    /// The arrows that were walked, each with both ends among the nodes.
    pub(super) arrows: Vec<Arrow>,
    /// The nodes that the walk took in and did not go on from.
    pub(super) resting: HashSet<NodeId>,
    /// Whether a bound kept something out.
    pub(super) cut: bool,
}

/// Walks to earlier nodes, at most `limit` of them; `computed` adds to each node the arrows that no link is kept for.
pub(super) fn upstream(graph: &Graph, start: NodeId, limit: usize, computed: impl FnMut(NodeId) -> Vec<Arrow>) -> Walk {
    let view = EdgeFiltered::from_fn(graph, |link| passage(graph, link.weight(), Heading::Upstream).is_some());
    breadth_first(graph, &view, Heading::Upstream, start, limit, computed)
}

/// Walks to later nodes, at most `limit` of them and none that is known to have occurred after `until`.
pub(super) fn downstream(
    graph: &Graph,
    start: NodeId,
    until: Option<Timestamp>,
    limit: usize,
    computed: impl FnMut(NodeId) -> Vec<Arrow>,
) -> Walk {
    let view = EdgeFiltered::from_fn(graph, |link| {
        let occurred = graph.node(link.source()).and_then(|node| node.occurred);
        let in_time = until.is_none_or(|until| occurred.is_none_or(|occurred| occurred <= until));
        in_time && passage(graph, link.weight(), Heading::Downstream).is_some()
    });
    breadth_first(graph, Reversed(&view), Heading::Downstream, start, limit, computed)
}

/// The live links of a node that way, to live nodes, whatever their kind.
pub(super) fn arrows(graph: &Graph, node: NodeId, heading: Heading) -> Vec<Arrow> {
    let mut arrows: Vec<Arrow> = match heading {
        Heading::Upstream => graph.upstream(node).map(|(id, link)| Arrow::Link(id, *link)).collect(),
        Heading::Downstream => graph.downstream(node).map(|(id, link)| Arrow::Link(id, *link)).collect(),
    };
    arrows.retain(|arrow| graph.node(arrow.ahead(heading)).is_some());
    arrows
}

/// Puts arrows into the order in which answers list them: by kind, then by what they lead to.
pub(super) fn sort(graph: &Graph, heading: Heading, arrows: &mut [Arrow]) {
    arrows.sort_by_key(|arrow| (arrow.kind(), rank(graph, arrow.ahead(heading))));
}

/// What nodes are ordered by wherever distance does not tell them apart.
pub(super) fn rank(graph: &Graph, id: NodeId) -> Option<(Stage, &Key)> {
    graph.node(id).map(|node| (node.kind.stage(), &node.key))
}

fn breadth_first<G>(
    graph: &Graph,
    view: G,
    heading: Heading,
    start: NodeId,
    limit: usize,
    mut computed: impl FnMut(NodeId) -> Vec<Arrow>,
) -> Walk
where
    G: IntoEdges<NodeId = NodeId, EdgeId = LinkId, EdgeWeight = LinkRecord> + Visitable,
{
    let mut walk = Walk { nodes: vec![start], arrows: Vec::new(), resting: HashSet::new(), cut: false };
    let mut met = view.visit_map();
    met.visit(start);
    let mut links_left = MAX_WALK_LINKS;
    let mut level = vec![start];
    while !level.is_empty() {
        let mut found = Vec::new();
        let mut paused = HashSet::new();
        let mut resumed = Vec::new();
        for node in level {
            let links = view.edges(node).take(links_left).map(|edge| Arrow::Link(edge.id(), *edge.weight()));
            let mut arrows: Vec<Arrow> = links.collect();
            links_left -= arrows.len();
            arrows.extend(computed(node));
            sort(graph, heading, &mut arrows);
            for arrow in arrows {
                let ahead = arrow.ahead(heading);
                let goes_on = arrow.goes_on(graph, heading);
                if met.visit(ahead) {
                    found.push(ahead);
                    if !goes_on {
                        paused.insert(ahead);
                    }
                } else if goes_on && !paused.remove(&ahead) && walk.resting.remove(&ahead) {
                    resumed.push(ahead);
                }
                walk.arrows.push(arrow);
            }
        }
        level = resumed;
        level.extend(walk.take_in(graph, found, &paused, limit));
        walk.cut |= links_left == 0;
    }
    walk.drop_loose_arrows();
    walk
}

impl Walk {
    /// Adds the nodes of a level in their order, as far as there is room; answers those to walk on from.
    fn take_in(
        &mut self,
        graph: &Graph,
        mut found: Vec<NodeId>,
        paused: &HashSet<NodeId>,
        limit: usize,
    ) -> Vec<NodeId> {
        found.sort_by_key(|node| rank(graph, *node));
        let room = limit.saturating_sub(self.nodes.len());
        self.cut |= found.len() > room;
        found.truncate(room);
        self.nodes.extend(&found);
        let (resting, going): (Vec<_>, Vec<_>) = found.into_iter().partition(|node| paused.contains(node));
        self.resting.extend(resting);
        going
    }

    /// Where the walk was cut, some arrows lead to nodes that found no room.
    fn drop_loose_arrows(&mut self) {
        if self.cut {
            let kept: HashSet<NodeId> = self.nodes.iter().copied().collect();
            self.arrows.retain(|arrow| kept.contains(&arrow.later()) && kept.contains(&arrow.earlier()));
        }
    }
}

/// What the walk does with a link. That a pull request or commit names another pull request is shown and never walked:
/// such names join a whole repository.
fn passage(graph: &Graph, link: &LinkRecord, heading: Heading) -> Option<Passage> {
    let ends_at_a_change = graph.node(link.to).is_some_and(|node| node.kind == NodeKind::Change);
    let names_a_change = ends_at_a_change && matches!(link.kind, LinkKind::Mentions | LinkKind::RelatesTo);
    let row = PASSAGES.iter().find(|(kind, ..)| *kind == link.kind).filter(|_| !names_a_change);
    row.map(|(_, upstream, downstream)| match heading {
        Heading::Upstream => *upstream,
        Heading::Downstream => *downstream,
    })
}

#[cfg(test)]
mod tests {
    use super::{PASSAGES, Walk, downstream, upstream};
    use crate::link::{LinkKind, Role};
    use crate::queries::testing::World;
    use crate::time::Timestamp;

    fn down(world: &World, start: &str, until: Option<i64>, limit: usize) -> Walk {
        downstream(&world.graph, world.id(start), until.map(Timestamp::from_seconds), limit, |_| Vec::new())
    }

    #[test]
    fn every_lineage_kind_has_its_row_and_no_context_kind_has() {
        for kind in LinkKind::ALL {
            let rows = PASSAGES.iter().filter(|(row, ..)| row == kind).count();
            assert_eq!(rows, usize::from(kind.role() == Role::Lineage), "{kind}");
        }
    }

    #[test]
    fn the_order_is_by_distance_then_stage_then_key() {
        let text = "release:r includes commit:b commit:a ticket:z artifact:m
                    commit:a part_of change:1
                    ticket:z child_of ticket:y";
        let expected = "release:r ticket:z commit:a commit:b artifact:m ticket:y change:1";
        let turned: Vec<_> = text.lines().rev().collect();
        for text in [text, turned.join("\n").as_str()] {
            let world = World::read(text);
            let walk = upstream(&world.graph, world.id("release:r"), 100, |_| Vec::new());
            assert_eq!(world.words(&walk.nodes), expected);
            assert!(!walk.cut);
        }
    }

    #[test]
    fn a_bound_keeps_the_nearest_and_only_arrows_between_them() {
        let world = World::read("change:c resolves ticket:b ticket:a ticket:c; ticket:a child_of ticket:b");
        let walk = upstream(&world.graph, world.id("change:c"), 3, |_| Vec::new());
        assert_eq!(world.words(&walk.nodes), "change:c ticket:a ticket:b");
        assert_eq!(walk.arrows.len(), 3);
        assert!(walk.cut);
        assert!(!upstream(&world.graph, world.id("change:c"), 4, |_| Vec::new()).cut);
    }

    #[test]
    fn some_links_end_a_walk_unless_another_way_goes_on() {
        let text = "commit:fix fixes commit:a
                    build:b1 built_from commit:a
                    build:b2 built_from commit:fix";
        let world = World::read(text);
        let walk = down(&world, "commit:a", None, 100);
        assert_eq!(world.words(&walk.nodes), "commit:a commit:fix build:b1");
        assert!(walk.resting.contains(&world.id("commit:fix")));

        let picks = "commit:pick cherry_picked_from commit:a; commit:fix cherry_picked_from commit:pick";
        let world = World::read(&format!("{text}; {picks}"));
        let walk = down(&world, "commit:a", None, 100);
        assert_eq!(world.words(&walk.nodes), "commit:a commit:fix commit:pick build:b1 build:b2");
        assert!(walk.resting.is_empty());
    }

    #[test]
    fn downstream_stops_at_the_moment() {
        let world = World::read(
            "build:old @10 built_from commit:a
             build:new @20 built_from commit:a
             build:undated built_from commit:a",
        );
        assert_eq!(world.words(&down(&world, "commit:a", Some(15), 100).nodes), "commit:a build:old build:undated");
    }

    #[test]
    fn a_change_that_names_another_is_not_walked() {
        let world = World::read("change:1 mentions change:2 ticket:t; change:2 resolves ticket:u");
        let walk = upstream(&world.graph, world.id("change:1"), 100, |_| Vec::new());
        assert_eq!(world.words(&walk.nodes), "change:1 ticket:t");
    }
}
