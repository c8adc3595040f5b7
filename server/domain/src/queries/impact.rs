//! `impact X`: everything downstream of X: what was built on it, where it went, and what fired while it ran.

use serde::{Deserialize, Serialize};

use crate::graph::{Graph, NodeId};
use crate::queries::context::Beside;
use crate::queries::running::Timeline;
use crate::queries::trace::Step;
use crate::queries::walk::{self, Arrow};
use crate::time::Timestamp;

/// The most nodes that one answer walks through.
pub const MAX_IMPACT_NODES: usize = 5_000;

/// What came of a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Impact {
    /// Where the walk began.
    pub start: NodeId,
    /// The nodes that come after it, the start first, then in the order in which the walk met them.
    pub reached: Vec<NodeId>,
    /// The arrows between them, each from the later node to the earlier one.
    pub steps: Vec<Step>,
    /// The environments, services and owners of what was reached.
    pub context: Vec<Step>,
    /// Whether the walk was cut at [`MAX_IMPACT_NODES`], or the context of a node at its bound.
    pub cut: bool,
}

/// Walks downstream from a node over the links of work, and from a deployment to what fired while it was running.
///
/// With `at`, the answer is what had come of it by then: what is known to have occurred later is left out. The cost
/// grows with what is reached, and for deployments with the number of links to their services.
pub fn impact(graph: &Graph, start: NodeId, at: Option<Timestamp>) -> Impact {
    let mut timeline = Timeline::new(graph);
    let walk = walk::downstream(graph, start, at, MAX_IMPACT_NODES, |node| {
        timeline.during(node, at).into_iter().map(Arrow::Running).collect()
    });
    let beside = Beside::impact(graph, &walk);
    Impact {
        start,
        steps: walk.arrows.iter().map(|arrow| arrow.step(graph)).collect(),
        context: beside.steps(graph),
        cut: walk.cut || beside.cut,
        reached: walk.nodes,
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_IMPACT_NODES, impact};
    use crate::queries::testing::World;
    use crate::time::Timestamp;

    const SHOP: &str = "
        change:42 resolves ticket:pay-12
        commit:c part_of change:42
        build:b @10 built_from commit:c
        artifact:v1 produced_by build:b
        deployment:d1 @100 ok deploys artifact:v1 of service:checkout deployed_to environment:production
        deployment:d2 @200 ok deploys artifact:v2 of service:checkout deployed_to environment:production
        deployment:d3 @300 ok deploys artifact:v1 of service:checkout deployed_to environment:production
        deployment:d4 @320 failed deploys artifact:v2 of service:checkout deployed_to environment:production
        alert:one @150 fires_on service:checkout
        alert:two @250 fires_on service:checkout
        alert:three @350 fires_on service:checkout
        alert:other @150 fires_on service:payments
        alert:staging @150 fires_on service:checkout environment:staging
        incident:i @155 groups alert:one
        document:pm analyses incident:i
        ticket:pay-13 follows_up document:pm
        change:43 resolves ticket:pay-13
        service:checkout owned_by team:payments";

    fn reached(world: &World, word: &str, at: Option<i64>) -> String {
        world.words(&impact(&world.graph, world.id(word), at.map(Timestamp::from_seconds)).reached)
    }

    #[test]
    fn a_ticket_leads_to_what_fired_while_its_change_was_running() {
        let world = World::read(SHOP);
        assert_eq!(
            reached(&world, "ticket:pay-12", None),
            "ticket:pay-12 change:42 commit:c build:b artifact:v1 deployment:d1 deployment:d3 \
             alert:one alert:three incident:i document:pm ticket:pay-13"
        );
        let answer = impact(&world.graph, world.id("ticket:pay-12"), None);
        let steps = world.steps(&answer.steps);
        for line in ["alert:one running_at deployment:d1", "alert:three running_at deployment:d3"] {
            assert!(steps.contains(line), "{line}");
        }
        let context = world.steps(&answer.context);
        assert!(context.contains("deployment:d1 deployed_to environment:production"));
    }

    #[test]
    fn a_moment_leaves_out_what_came_later() {
        let world = World::read(SHOP);
        for (seconds, expected) in [
            (50, "artifact:v1"),
            (120, "artifact:v1 deployment:d1"),
            (150, "artifact:v1 deployment:d1 alert:one"),
            (310, "artifact:v1 deployment:d1 deployment:d3 alert:one incident:i document:pm ticket:pay-13"),
        ] {
            assert_eq!(reached(&world, "artifact:v1", Some(seconds)), expected, "{seconds}");
        }
    }

    #[test]
    fn a_failed_deployment_was_never_running() {
        let world = World::read(SHOP);
        assert_eq!(reached(&world, "deployment:d4", None), "deployment:d4");
    }

    #[test]
    fn a_crowd_is_cut() {
        let text: Vec<_> = (0..6_000).map(|number| format!("change:{number} resolves ticket:t")).collect();
        let world = World::read(&text.join("\n"));
        let answer = impact(&world.graph, world.id("ticket:t"), None);
        assert_eq!((answer.reached.len(), answer.cut), (MAX_IMPACT_NODES, true));
    }
}
