//! `trace X`: the upstream chain of X, in stages, with what stands beside it and what is missing.

use serde::{Deserialize, Serialize};

use crate::graph::{Graph, LinkId, NodeId};
use crate::link::{LinkClass, LinkKind};
use crate::queries::context::Beside;
use crate::queries::missing::{self, Missing};
use crate::queries::running::Timeline;
use crate::queries::walk::{self, Arrow};
use crate::time::Timestamp;

/// The most nodes that one answer walks through.
pub const MAX_TRACE_NODES: usize = 2_000;

/// Which way along the arrows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Heading {
    /// From the later node to the earlier one, with the arrow.
    Upstream,
    /// From the earlier node to the later one, against the arrow.
    Downstream,
}

/// How a step of an answer is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type", content = "id")]
pub enum StepBasis {
    /// A link of the graph, with its evidence.
    Link(LinkId),
    /// Computed from the deployment timeline: what was running when the alert fired.
    RunningAt,
}

/// One arrow of an answer, from the later node to the earlier one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The later end.
    pub from: NodeId,
    /// The earlier end.
    pub to: NodeId,
    /// What the link says; for a computed step [`LinkKind::CausedBy`] is never claimed, the basis says what it is.
    pub kind: Option<LinkKind>,
    /// How sure; computed steps are guesses.
    pub class: LinkClass,
    /// How it is known.
    pub basis: StepBasis,
    /// Why, in words, for a computed step.
    pub reason: Option<String>,
}

/// The chain of a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// Where the walk began.
    pub start: NodeId,
    /// The nodes of the chain, the start first, then in the order in which the walk met them.
    pub chain: Vec<NodeId>,
    /// The arrows between them.
    pub steps: Vec<Step>,
    /// What stands beside the chain: context links of its nodes, the tests, jobs and runs of what is on it, what groups
    /// or examines the start, and the owners and documents of the services and rules among these. An arrow whose later
    /// end is not on the chain points at the chain; at most 40 for each node and way.
    pub context: Vec<Step>,
    /// What the chain lacks, by node.
    pub missing: Vec<Missing>,
    /// Whether the walk was cut at [`MAX_TRACE_NODES`], or the context of a node at its bound.
    pub cut: bool,
}

/// Walks upstream from a node over the links of work, and over what was running when an alert or incident began.
///
/// `at` replaces the moment for which "what was running" is asked; without it, that is when the alert fired. The cost
/// grows with the chain, and for alerts with the number of links to their services.
pub fn trace(graph: &Graph, start: NodeId, at: Option<Timestamp>) -> Trace {
    let mut timeline = Timeline::new(graph);
    let walk = walk::upstream(graph, start, MAX_TRACE_NODES, |node| {
        timeline.running(node, at).into_iter().map(Arrow::Running).collect()
    });
    let beside = Beside::chain(graph, start, &walk);
    let nodes = walk.nodes.iter().chain(&beside.explained);
    let missing = nodes.flat_map(|node| missing::lacking(graph, *node, &mut timeline, at)).collect();
    Trace {
        start,
        steps: walk.arrows.iter().map(|arrow| arrow.step(graph)).collect(),
        context: beside.steps(graph),
        missing,
        cut: walk.cut || beside.cut,
        chain: walk.nodes,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::{MAX_TRACE_NODES, StepBasis, Trace, trace};
    use crate::link::LinkClass;
    use crate::queries::testing::World;
    use crate::time::Timestamp;

    const SHOP: &str = "
        alert:a @500 fires_on service:checkout environment:production instance_of alert_rule:latency
        alert_rule:latency documented_by document:runbook
        service:checkout owned_by team:payments
        deployment:d1 @100 ok of service:checkout deployed_to environment:production deploys artifact:v1
        deployment:d2 @200 ok of service:checkout deployed_to environment:production deploys artifact:v2
        deployment:d3 @300 failed of service:checkout deployed_to environment:production deploys artifact:v3
        deployment:s9 @400 ok of service:checkout deployed_to environment:staging deploys artifact:v3
        deployment:d4 @600 ok of service:checkout deployed_to environment:production deploys artifact:v3
        artifact:v1 produced_by build:b1
        artifact:v2 L3 produced_by build:b2
        artifact:v3 produced_by build:b3
        build:b1 built_from commit:c1
        build:b2 built_from commit:c2
        pipeline_run:p2 built_from commit:c2
        test_run:t2 verifies commit:c2
        commit:c2 part_of change:42 authored_by person:ada
        change:42 resolves ticket:pay-12
        ticket:pay-12 documented_by document:design
        incident:i groups alert:a";

    fn of(world: &World, word: &str) -> Trace {
        trace(&world.graph, world.id(word), None)
    }

    fn chain(world: &World, word: &str) -> String {
        world.words(&of(world, word).chain)
    }

    fn lacks_of(world: &World, answer: &Trace) -> Vec<String> {
        answer.missing.iter().map(|missing| format!("{} {}", world.word(missing.node), missing.what)).collect()
    }

    fn lines(text: &str) -> String {
        text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn an_alert_leads_through_what_was_running_to_the_ticket() {
        let world = World::read(SHOP);
        let answer = of(&world, "alert:a");
        assert_eq!(
            world.words(&answer.chain),
            "alert:a deployment:d2 artifact:v2 build:b2 commit:c2 change:42 ticket:pay-12"
        );
        assert_eq!(
            world.steps(&answer.steps),
            lines(
                "alert:a running_at deployment:d2
                 deployment:d2 deploys artifact:v2
                 artifact:v2 produced_by build:b2
                 build:b2 built_from commit:c2
                 commit:c2 part_of change:42
                 change:42 resolves ticket:pay-12"
            )
        );
        assert_eq!(
            world.steps(&answer.context),
            lines(
                "alert:a fires_on environment:production
                 alert:a fires_on service:checkout
                 alert:a instance_of alert_rule:latency
                 incident:i groups alert:a
                 deployment:d2 deployed_to environment:production
                 deployment:d2 of service:checkout
                 commit:c2 authored_by person:ada
                 pipeline_run:p2 built_from commit:c2
                 test_run:t2 verifies commit:c2
                 ticket:pay-12 documented_by document:design
                 service:checkout owned_by team:payments
                 alert_rule:latency documented_by document:runbook"
            )
        );
        assert!(!answer.cut);
    }

    #[test]
    fn a_computed_step_is_a_guess_with_a_reason_and_a_link_is_not() {
        let world = World::read(SHOP);
        let steps = of(&world, "alert:a").steps;
        assert_eq!((steps[0].class, steps[0].basis), (LinkClass::Guessed, StepBasis::RunningAt));
        assert!(steps[0].reason.as_deref().unwrap().contains("deployment d2 of checkout to production"));
        assert_eq!((steps[2].class, &steps[2].reason), (LinkClass::Cryptographic, &None));
    }

    #[test]
    fn another_moment_finds_another_deployment() {
        let world = World::read(SHOP);
        for (seconds, expected) in [(150, "deployment:d1"), (700, "deployment:d4")] {
            let answer = trace(&world.graph, world.id("alert:a"), Some(Timestamp::from_seconds(seconds)));
            assert_eq!(world.words(&answer.chain[1..2]), expected);
        }
    }

    #[test]
    fn the_order_of_arrival_does_not_matter() {
        let turned: Vec<_> = SHOP.lines().rev().collect();
        let (world, turned) = (World::read(SHOP), World::read(&turned.join("\n")));
        let (answer, other) = (of(&world, "incident:i"), of(&turned, "incident:i"));
        assert_eq!(world.words(&answer.chain), turned.words(&other.chain));
        assert_eq!(world.steps(&answer.steps), turned.steps(&other.steps));
        assert_eq!(world.steps(&answer.context), turned.steps(&other.context));
    }

    #[test]
    fn a_rollback_is_what_runs_and_a_second_deployment_too() {
        let text = "
            deployment:d1 @100 ok of service:checkout deployed_to environment:production deploys artifact:v1
            deployment:d2 @200 ok of service:checkout deployed_to environment:production deploys artifact:v2
            deployment:back @300 ok of service:checkout deployed_to environment:production deploys artifact:v1
            deployment:back rolls_back deployment:d2
            deployment:again @400 ok of service:checkout deployed_to environment:production deploys artifact:v2
            alert:early @250 fires_on service:checkout
            alert:late @350 fires_on service:checkout
            alert:last @450 fires_on service:checkout";
        let world = World::read(text);
        assert_eq!(chain(&world, "alert:early"), "alert:early deployment:d2 artifact:v2");
        assert_eq!(chain(&world, "alert:late"), "alert:late deployment:back artifact:v1 deployment:d2");
        assert_eq!(chain(&world, "alert:last"), "alert:last deployment:again artifact:v2");
        let context = world.steps(&of(&world, "alert:late").context);
        assert!(context.contains("deployment:d2 deploys artifact:v2"), "what was rolled back is shown beside");
    }

    #[test]
    fn a_ticket_that_follows_a_postmortem_does_not_lead_into_the_old_incident() {
        let world = World::read(
            "ticket:t follows_up document:pm
             document:pm analyses incident:i
             incident:i groups alert:a",
        );
        assert_eq!(chain(&world, "ticket:t"), "ticket:t document:pm");
        assert_eq!(world.steps(&of(&world, "ticket:t").context), "document:pm analyses incident:i");
        assert_eq!(chain(&world, "document:pm"), "document:pm incident:i alert:a");
    }

    #[test]
    fn a_cycle_ends() {
        let world = World::read("ticket:a child_of ticket:b; ticket:b child_of ticket:c; ticket:c child_of ticket:a");
        let answer = of(&world, "ticket:b");
        assert_eq!(world.words(&answer.chain), "ticket:b ticket:c ticket:a");
        assert_eq!(answer.steps.len(), 3);
        assert!(!answer.cut);
    }

    #[test]
    fn a_long_chain_is_cut_at_the_bound() {
        let mut text = String::new();
        for number in 0..5_000 {
            writeln!(text, "ticket:t{number} child_of ticket:t{}", number + 1).unwrap();
        }
        let world = World::read(&text);
        let answer = of(&world, "ticket:t0");
        assert_eq!((answer.chain.len(), answer.steps.len()), (MAX_TRACE_NODES, MAX_TRACE_NODES - 1));
        assert!(answer.cut);
        assert!(!of(&world, "ticket:t4000").cut);
    }

    #[test]
    fn a_crowd_beside_a_node_is_cut_and_said_so() {
        let mut text = "commit:c part_of change:1".to_owned();
        for number in 0..50 {
            write!(text, "; test_run:t{number} verifies commit:c").unwrap();
        }
        let world = World::read(&text);
        let answer = of(&world, "commit:c");
        assert_eq!(answer.context.len(), 40);
        assert!(answer.cut);
    }

    #[test]
    fn the_chain_says_what_it_lacks_and_so_do_services_and_rules_beside_it() {
        let world = World::read(SHOP);
        let answer = trace(&world.graph, world.id("alert:a"), Some(Timestamp::from_seconds(10)));
        assert_eq!(lacks_of(&world, &answer), ["alert:a running deployment"]);

        let world = World::read("alert:b @5 fires_on service:shop instance_of alert_rule:slow");
        let lacks = lacks_of(&world, &of(&world, "alert:b"));
        assert_eq!(lacks, ["alert:b running deployment", "service:shop owner", "alert_rule:slow runbook"]);
    }
}
