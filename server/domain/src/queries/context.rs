//! What stands beside a chain: the links of its nodes that a walk does not go through.

use std::collections::HashSet;

use crate::graph::{Graph, LinkId, LinkRecord, NodeId};
use crate::link::{LinkKind, Role};
use crate::node::NodeKind;
use crate::queries::trace::{Heading, Step};
use crate::queries::walk::{self, Arrow, Walk};

/// The most arrows that an answer shows beside one node, each way.
pub(super) const MAX_CONTEXT_PER_NODE: usize = 40;

/// What is explained itself where it stands beside a chain: who owns it, and where it is described.
const EXPLAINED: [NodeKind; 3] = [NodeKind::Service, NodeKind::AlertRule, NodeKind::Component];

/// What stands beside the nodes of a walk.
pub(super) struct Beside {
    arrows: Vec<Arrow>,
    known: HashSet<LinkId>,
    /// The services, rules and components among it, in the order in which they were met.
    pub(super) explained: Vec<NodeId>,
    /// Whether [`MAX_CONTEXT_PER_NODE`] kept something out.
    pub(super) cut: bool,
}

impl Beside {
    /// What stands beside the chain of a trace: its context links, the checks and runs of what is on it, what examines
    /// the start, and one step further the owners and documents of services, rules and components.
    pub(super) fn chain(graph: &Graph, start: NodeId, walk: &Walk) -> Self {
        let mut beside = Self::nothing(walk);
        for &node in &walk.nodes {
            let rests = walk.resting.contains(&node);
            beside.add(graph, node, Heading::Upstream, |link| {
                link.kind.role() == Role::Context
                    || matches!(link.kind, LinkKind::Mentions | LinkKind::RelatesTo)
                    || rests
            });
            beside.add(graph, node, Heading::Downstream, |link| {
                checks(graph, link) || (node == start && matches!(link.kind, LinkKind::Groups | LinkKind::Analyses))
            });
        }
        beside.explain(graph, walk);
        beside
    }

    /// What stands beside an impact: where things run, what they are of, and who owns them.
    pub(super) fn impact(graph: &Graph, walk: &Walk) -> Self {
        let mut beside = Self::nothing(walk);
        for &node in &walk.nodes {
            beside.add(graph, node, Heading::Upstream, |link| {
                matches!(link.kind, LinkKind::DeployedTo | LinkKind::Of | LinkKind::FiresOn | LinkKind::OwnedBy)
            });
        }
        beside
    }

    /// The arrows as an answer shows them.
    pub(super) fn steps(&self, graph: &Graph) -> Vec<Step> {
        self.arrows.iter().map(|arrow| arrow.step(graph)).collect()
    }

    fn nothing(walk: &Walk) -> Self {
        let known = walk.arrows.iter().filter_map(Arrow::link).collect();
        Self { arrows: Vec::new(), known, explained: Vec::new(), cut: false }
    }

    fn add(&mut self, graph: &Graph, node: NodeId, heading: Heading, shown: impl Fn(&LinkRecord) -> bool) {
        let mut arrows = walk::arrows(graph, node, heading);
        arrows.retain(|arrow| match arrow {
            Arrow::Link(id, link) => shown(link) && self.known.insert(*id),
            Arrow::Running(_) => false,
        });
        walk::sort(graph, heading, &mut arrows);
        self.cut |= arrows.len() > MAX_CONTEXT_PER_NODE;
        arrows.truncate(MAX_CONTEXT_PER_NODE);
        self.arrows.extend(arrows);
    }

    fn explain(&mut self, graph: &Graph, walk: &Walk) {
        let mut seen: HashSet<NodeId> = walk.nodes.iter().copied().collect();
        let explained: Vec<NodeId> = self
            .arrows
            .iter()
            .map(Arrow::earlier)
            .filter(|id| graph.node(*id).is_some_and(|node| EXPLAINED.contains(&node.kind)))
            .filter(|id| seen.insert(*id))
            .collect();
        for &node in &explained {
            self.add(graph, node, Heading::Upstream, |link| {
                matches!(link.kind, LinkKind::DocumentedBy | LinkKind::OwnedBy | LinkKind::DefinedIn)
            });
        }
        self.explained = explained;
    }
}

/// Whether the link comes from something that was done with the node: tests, scans, jobs, pipeline runs and builds.
fn checks(graph: &Graph, link: &LinkRecord) -> bool {
    let is_run = graph.node(link.from).is_some_and(|node| {
        matches!(node.kind, NodeKind::PipelineRun | NodeKind::Build | NodeKind::Job | NodeKind::TestRun)
    });
    link.kind == LinkKind::Verifies || (is_run && matches!(link.kind, LinkKind::PartOf | LinkKind::BuiltFrom))
}
