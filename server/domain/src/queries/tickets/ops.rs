//! The ops ticket of a candidate: what it brings, what watches over it, and its way through the environments.

use serde::{Deserialize, Serialize};

use super::{earlier, later, newest_first, of_kind, sorted};
use crate::graph::{Graph, NodeId};
use crate::link::LinkKind;
use crate::node::{NodeKind, Outcome};
use crate::queries::missing::Missing;
use crate::queries::running::Timeline;
use crate::queries::trace::trace;
use crate::time::Timestamp;

/// One deployment of a candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// The deployment.
    pub deployment: NodeId,
    /// Where it went.
    pub environments: Vec<NodeId>,
    /// When it counts from.
    pub at: Option<Timestamp>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// The alerts and incidents that fired while it was the latest in its place.
    pub fired: Vec<NodeId>,
}

/// Everything that is known of taking a candidate to production.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpsTicket {
    /// The artifact, release or commit; for a deployment, what it deploys stands in [`OpsTicket::brings`].
    pub candidate: NodeId,
    /// What is deployed with it: artifacts, releases, commits.
    pub brings: Vec<NodeId>,
    /// The changes in it, each of which has a build-and-test ticket.
    pub changes: Vec<NodeId>,
    /// The tickets behind these.
    pub tickets: Vec<NodeId>,
    /// The services that it is of.
    pub services: Vec<NodeId>,
    /// The documents of all of these: designs, runbooks.
    pub documents: Vec<NodeId>,
    /// The dashboards of the services.
    pub dashboards: Vec<NodeId>,
    /// The alert rules of the services, and of what fired.
    pub alert_rules: Vec<NodeId>,
    /// Its way through the environments, the newest first.
    pub way: Vec<Stop>,
    /// What its chain lacks.
    pub missing: Vec<Missing>,
    /// Whether the chain was cut at its bound.
    pub cut: bool,
}

/// The ops ticket of an artifact, release, commit or deployment; `None` for any other node.
///
/// The cost grows with the chain, and with the deployments of its services.
pub fn ops_ticket(graph: &Graph, candidate: NodeId) -> Option<OpsTicket> {
    let kind = graph.node(candidate)?.kind;
    if !matches!(kind, NodeKind::Artifact | NodeKind::Release | NodeKind::Commit | NodeKind::Deployment) {
        return None;
    }
    let chain = trace(graph, candidate, None);
    let brings = match kind {
        NodeKind::Deployment => earlier(graph, candidate, &[LinkKind::Deploys]),
        NodeKind::Release => {
            let mut brings = earlier(graph, candidate, &[LinkKind::Includes]);
            brings.retain(|node| graph.node(*node).is_some_and(|record| record.kind == NodeKind::Artifact));
            brings.push(candidate);
            sorted(graph, brings)
        }
        _ => vec![candidate],
    };
    let deployments = brings.iter().flat_map(|node| later(graph, *node, &[LinkKind::Deploys])).collect();
    let mut timeline = Timeline::new(graph);
    let way: Vec<Stop> =
        newest_first(graph, deployments).into_iter().map(|node| stop(graph, &mut timeline, node)).collect();
    let services = way.iter().map(|stop| stop.deployment).chain(brings.iter().copied());
    let services = sorted(graph, services.flat_map(|node| earlier(graph, node, &[LinkKind::Of])).collect());
    let rules_of = services.iter().flat_map(|service| later(graph, *service, &[LinkKind::Of]));
    let rules_of = of_kind(graph, &sorted(graph, rules_of.collect()), NodeKind::AlertRule);
    let fired = way.iter().flat_map(|stop| &stop.fired).flat_map(|node| earlier(graph, *node, &[LinkKind::InstanceOf]));
    let alert_rules = sorted(graph, rules_of.into_iter().chain(fired).collect());
    let explained = chain.chain.iter().chain(&services).chain(&alert_rules);
    let pages = sorted(graph, explained.flat_map(|node| earlier(graph, *node, &[LinkKind::DocumentedBy])).collect());
    let boards = services.iter().flat_map(|service| later(graph, *service, &[LinkKind::Of]));
    let boards = sorted(graph, boards.chain(pages.iter().copied()).collect());
    Some(OpsTicket {
        candidate,
        changes: of_kind(graph, &chain.chain, NodeKind::Change),
        tickets: of_kind(graph, &chain.chain, NodeKind::Ticket),
        documents: of_kind(graph, &pages, NodeKind::Document),
        dashboards: of_kind(graph, &boards, NodeKind::Dashboard),
        brings,
        services,
        alert_rules,
        way,
        missing: chain.missing,
        cut: chain.cut,
    })
}

fn stop(graph: &Graph, timeline: &mut Timeline<'_>, deployment: NodeId) -> Stop {
    let record = graph.node(deployment);
    Stop {
        deployment,
        environments: earlier(graph, deployment, &[LinkKind::DeployedTo]),
        at: record.and_then(|record| record.occurred),
        outcome: record.and_then(|record| record.outcome),
        fired: timeline.during(deployment, None).into_iter().map(|running| running.later).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::ops_ticket;
    use crate::queries::testing::World;

    const WORLD: &str = "
        change:42 resolves ticket:pay-12
        ticket:pay-12 documented_by document:design
        commit:c part_of change:42
        build:b built_from commit:c
        artifact:v1 produced_by build:b
        release:1.4 includes artifact:v1
        deployment:s @100 ok deploys artifact:v1 of service:checkout deployed_to environment:staging
        deployment:p @200 ok deploys artifact:v1 of service:checkout deployed_to environment:production
        deployment:f @150 failed deploys artifact:v1 of service:checkout deployed_to environment:production
        deployment:n @300 ok deploys artifact:v2 of service:checkout deployed_to environment:production
        alert:one @250 fires_on service:checkout environment:production instance_of alert_rule:latency
        alert:two @350 fires_on service:checkout environment:production
        alert_rule:latency documented_by document:runbook
        alert_rule:errors of service:checkout
        dashboard:d of service:checkout
        service:checkout owned_by team:payments";

    #[test]
    fn a_candidate_has_its_way_and_what_watches_over_it() {
        let world = World::read(WORLD);
        let ticket = ops_ticket(&world.graph, world.id("artifact:v1")).unwrap();
        let way: Vec<String> = ticket
            .way
            .iter()
            .map(|stop| {
                format!(
                    "{} {} {}",
                    world.word(stop.deployment),
                    world.words(&stop.environments),
                    world.words(&stop.fired)
                )
            })
            .collect();
        let expected = [
            "deployment:p environment:production alert:one",
            "deployment:f environment:production ",
            "deployment:s environment:staging ",
        ];
        assert_eq!(way, expected);
        assert_eq!(world.words(&ticket.changes), "change:42");
        assert_eq!(world.words(&ticket.tickets), "ticket:pay-12");
        assert_eq!(world.words(&ticket.documents), "document:design document:runbook");
        assert_eq!(world.words(&ticket.alert_rules), "alert_rule:errors alert_rule:latency");
        assert_eq!(world.words(&ticket.dashboards), "dashboard:d");
    }

    #[test]
    fn release_and_deployment_have_the_same_way() {
        let world = World::read(WORLD);
        let of = |word: &str| ops_ticket(&world.graph, world.id(word)).unwrap();
        assert_eq!(of("release:1.4").way, of("artifact:v1").way);
        assert_eq!(of("deployment:s").way, of("artifact:v1").way);
        assert_eq!(world.words(&of("deployment:s").brings), "artifact:v1");
        assert!(ops_ticket(&world.graph, world.id("alert:one")).is_none());
    }
}
