//! The board of candidates: what has reached one environment, and not yet the one after it.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::graph::{Graph, NodeId};
use crate::link::LinkKind;
use crate::node::NodeKind;
use crate::queries::places::{Place, declared};
use crate::queries::rollouts::{Rollout, brought, would_bring};
use crate::queries::running::{Timeline, targets};
use crate::time::Timestamp;

/// Something that waits before an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The service.
    pub service: NodeId,
    /// The environment that it has not reached.
    pub environment: NodeId,
    /// The one before, where it runs.
    pub from: NodeId,
    /// The deployment that brought it there.
    pub deployment: NodeId,
    /// What that deployed.
    pub deploys: Vec<NodeId>,
    /// The deployment that runs in the environment that it waits for.
    pub running: Option<NodeId>,
    /// What it would bring, the newest first.
    pub commits: Vec<NodeId>,
    /// The changes among these.
    pub changes: Vec<NodeId>,
    /// The tickets behind these, by key.
    pub tickets: Vec<NodeId>,
    /// Since when something of it waits: when the first of these commits reached the environment before.
    pub waiting_since: Option<Timestamp>,
    /// Whether it cannot be told what it would bring.
    pub is_unknown: bool,
}

/// What waits before each environment, given with the one before it; by service, then environment.
///
/// The cost grows with the deployments of the services.
pub fn board(graph: &Graph, stages: &[(NodeId, NodeId)], at: Option<Timestamp>) -> Vec<Candidate> {
    let mut timeline = Timeline::new(graph);
    let mut candidates = Vec::new();
    for service in graph.of_kind(NodeKind::Service) {
        for (environment, from) in stages {
            let Some(waiting) = declared(graph, &mut timeline, service, Some(*from), at) else { continue };
            let running = declared(graph, &mut timeline, service, Some(*environment), at);
            candidates.extend(candidate(
                graph,
                &mut timeline,
                (service, *environment, *from),
                waiting,
                running.as_ref(),
            ));
        }
    }
    let key = |node: NodeId| graph.node(node).map(|record| &record.key);
    candidates.sort_by(|left, right| {
        (key(left.service), key(left.environment)).cmp(&(key(right.service), key(right.environment)))
    });
    candidates
}

fn candidate(
    graph: &Graph,
    timeline: &mut Timeline<'_>,
    (service, environment, from): (NodeId, NodeId, NodeId),
    waiting: Place,
    running: Option<&Place>,
) -> Option<Candidate> {
    let deployment = waiting.deployment?;
    let is_same = running.is_some_and(|running| !running.declared.is_empty() && running.declared == waiting.declared);
    if is_same {
        return None;
    }
    let last = running.and_then(|running| {
        let (at, deployment) = (running.since?, running.deployment?);
        Some(Rollout { at, deployment, service: Some(service), environment: Some(environment) })
    });
    let new = would_bring(graph, timeline, deployment, last.as_ref());
    let is_unknown = new.heads.is_empty() || running.is_none() || !new.cuts.is_empty();
    if new.commits.is_empty() && !is_unknown {
        return None;
    }
    let waiting_since = first_arrival(graph, timeline, (service, from), &new.commits).or(waiting.since);
    Some(Candidate {
        service,
        environment,
        from,
        deployment,
        deploys: waiting.declared,
        running: running.and_then(|running| running.deployment),
        tickets: tickets_of(graph, &new.changes, &new.commits),
        commits: new.commits,
        changes: new.changes,
        waiting_since,
        is_unknown,
    })
}

/// When the first deployment to the environment before that brought any of the commits went live.
fn first_arrival(
    graph: &Graph,
    timeline: &mut Timeline<'_>,
    (service, from): (NodeId, NodeId),
    commits: &[NodeId],
) -> Option<Timestamp> {
    /// Deployments to the environment before that are looked at, the last first.
    const LOOKED_AT: usize = 50;
    let rollouts = timeline.deployments(service, Some(from));
    let waiting: HashSet<NodeId> = commits.iter().copied().collect();
    let mut first = None;
    for (at, deployment) in rollouts.iter().rev().take(LOOKED_AT) {
        let rollout = Rollout { at: *at, deployment: *deployment, service: Some(service), environment: Some(from) };
        let new = brought(graph, timeline, &rollout);
        if new.commits.iter().any(|commit| waiting.contains(commit)) {
            first = Some(*at);
        } else if !new.commits.is_empty() {
            // Deployed again, or taken back in between, says nothing; something else that was brought came before.
            break;
        }
    }
    first
}

/// The tickets that changes, or the commits themselves, name, by key.
pub fn tickets_of(graph: &Graph, changes: &[NodeId], commits: &[NodeId]) -> Vec<NodeId> {
    let work = [LinkKind::Resolves, LinkKind::RelatesTo];
    let ends = changes.iter().chain(commits).flat_map(|node| {
        let links = graph.upstream(*node).filter(|(_, link)| work.contains(&link.kind));
        links.map(|(_, link)| link.to).collect::<Vec<_>>()
    });
    let mut tickets: Vec<NodeId> =
        ends.filter(|end| graph.node(*end).is_some_and(|record| record.kind == NodeKind::Ticket)).collect();
    tickets.sort_by_key(|ticket| graph.node(*ticket).map(|record| record.key.clone()));
    tickets.dedup();
    tickets
}

/// The services of a deployment or artifact, by key.
pub fn services_of(graph: &Graph, node: NodeId) -> Vec<NodeId> {
    let mut services = targets(graph, node, LinkKind::Of);
    if services.is_empty() {
        let deployments = graph.downstream(node).filter(|(_, link)| link.kind == LinkKind::Deploys);
        services = deployments.flat_map(|(_, link)| targets(graph, link.from, LinkKind::Of)).collect();
    }
    services.sort_by_key(|service| graph.node(*service).map(|record| record.key.clone()));
    services.dedup();
    services
}

#[cfg(test)]
mod tests {
    use super::board;
    use crate::queries::testing::World;

    #[test]
    fn what_is_in_staging_and_not_in_production_waits() {
        let world = World::read(
            "change:2 resolves ticket:t
             commit:a @1 part_of change:1; commit:b @2 parent commit:a part_of change:2; commit:c @3 parent commit:b
             deployment:p @10 ok of service:shop deployed_to environment:production deploys commit:a
             deployment:s1 @20 ok of service:shop deployed_to environment:staging deploys commit:b
             deployment:s2 @30 ok of service:shop deployed_to environment:staging deploys commit:c
             deployment:e1 @20 ok of service:even deployed_to environment:staging deploys commit:c
             deployment:e2 @30 ok of service:even deployed_to environment:production deploys commit:c
             deployment:h @30 ok of service:ahead deployed_to environment:production deploys commit:c
             deployment:g @20 ok of service:ahead deployed_to environment:staging deploys commit:b
             deployment:n @20 ok of service:new deployed_to environment:staging deploys commit:b
             deployment:t0 @10 ok of service:twin deployed_to environment:production deploys commit:a
             deployment:t1 @11 ok of service:twin deployed_to environment:production deploys commit:conf!k
             deployment:t2 @20 ok of service:twin deployed_to environment:staging deploys commit:b
             deployment:a0 @10 ok of service:again deployed_to environment:production deploys commit:a
             deployment:a1 @20 ok of service:again deployed_to environment:staging deploys commit:a
             deployment:a2 @30 ok of service:again deployed_to environment:staging deploys commit:b
             deployment:a3 @40 ok of service:again deployed_to environment:staging deploys commit:b",
        );
        let stages = [(world.id("environment:production"), world.id("environment:staging"))];
        let told: Vec<String> = board(&world.graph, &stages, None)
            .iter()
            .map(|one| {
                format!(
                    "{} {} [{}] [{}] {} {}",
                    world.word(one.service),
                    world.word(one.deployment),
                    world.words(&one.changes),
                    world.words(&one.tickets),
                    one.waiting_since.unwrap().seconds(),
                    one.is_unknown
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                "service:again deployment:a3 [change:2] [ticket:t] 30 false",
                "service:new deployment:n [change:2] [ticket:t] 20 true",
                "service:shop deployment:s2 [change:2] [ticket:t] 20 false",
                "service:twin deployment:t2 [change:2] [ticket:t] 20 false"
            ]
        );
    }
}
