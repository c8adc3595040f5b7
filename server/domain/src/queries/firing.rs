//! What surrounds an alert or incident beside its suspects: its rule and pages, who answers for it, earlier occurrences and
//! what came after them, the incident, its postmortem, and whether what was promised there is deployed.

use std::collections::BTreeSet;

use crate::graph::{Graph, NodeId};
use crate::link::LinkKind;
use crate::node::NodeKind;
use crate::queries::rollouts::Rollout;
use crate::queries::running::{Subject, Timeline, targets};
use crate::queries::whereabouts::{Presence, whereabouts};
use crate::time::Timestamp;

/// The most earlier occurrences that are told, the last first.
pub const MAX_OCCURRENCES: usize = 20;

/// The most action items of one incident whose whereabouts are looked at.
pub const MAX_ACTIONS: usize = 20;

/// The most deployments that are looked at after an earlier occurrence.
pub const MAX_NEXT: usize = 20;

/// An earlier firing of the same rule on the same service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// The alert.
    pub alert: NodeId,
    /// When it fired.
    pub at: Timestamp,
    /// The deployments that came next in its places, in order of time, at most [`MAX_NEXT`]; whether one of them mended it is
    /// for the reader to judge by the times.
    pub next: Vec<Rollout>,
    /// What somebody found to be its cause.
    pub causes: Vec<NodeId>,
}

/// Something that was promised after an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// The ticket.
    pub ticket: NodeId,
    /// The changes that resolve it or work on it.
    pub changes: Vec<NodeId>,
    /// Where these are.
    pub places: Vec<Presence>,
}

/// An incident of the alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentStory {
    /// The incident.
    pub incident: NodeId,
    /// The documents that examine it.
    pub postmortems: Vec<NodeId>,
    /// What was promised in these.
    pub actions: Vec<Action>,
}

/// The surroundings of an alert or incident.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Firing {
    /// The services that it is about.
    pub services: Vec<NodeId>,
    /// The rules that raised it.
    pub rules: Vec<NodeId>,
    /// The commits by which these were written last.
    pub defined_in: Vec<NodeId>,
    /// The documents and dashboards of the rules, of the alert and of the services.
    pub pages: Vec<NodeId>,
    /// The teams and people that answer for the services today.
    pub owners: Vec<NodeId>,
    /// Earlier occurrences, the last first.
    pub occurrences: Vec<Occurrence>,
    /// How many earlier ones there are in all.
    pub occurred_before: usize,
    /// Its incidents; for an incident, itself.
    pub incidents: Vec<IncidentStory>,
}

/// The surroundings of an alert or incident; empty for any other node. With `at`, as they were by then: what is known to have
/// occurred later is left out. Who answers for the services is told as of today.
///
/// The cost grows with what fired on its services and by its rules.
pub fn firing(graph: &Graph, start: NodeId, at: Option<Timestamp>) -> Firing {
    let Some(subject) = Subject::around(graph, start) else { return Firing::default() };
    let mut alerts = vec![start];
    alerts.extend(targets(graph, start, LinkKind::Groups));
    let rules = by_key(graph, alerts.iter().flat_map(|alert| targets(graph, *alert, LinkKind::InstanceOf)).collect());
    let explained = rules.iter().chain(&alerts).chain(&subject.services);
    let pages = explained.flat_map(|node| targets(graph, *node, LinkKind::DocumentedBy)).collect();
    let owners = subject.services.iter().flat_map(|service| targets(graph, *service, LinkKind::OwnedBy)).collect();
    let defined_in = rules.iter().flat_map(|rule| targets(graph, *rule, LinkKind::DefinedIn)).collect();
    // What fired after the alert itself is no earlier occurrence, whatever moment is asked for.
    let before = [at, subject.occurred].into_iter().flatten().min();
    let mut earlier = earlier(graph, &rules, &subject, before, &alerts);
    let occurred_before = earlier.len();
    earlier.truncate(MAX_OCCURRENCES);
    let mut timeline = Timeline::new(graph);
    let occurrences = earlier.into_iter().map(|one| occurrence(graph, &mut timeline, one, at)).collect();
    Firing {
        pages: by(graph, by_key(graph, pages), at),
        owners: by_key(graph, owners),
        defined_in: by(graph, by_key(graph, defined_in), at),
        incidents: incidents(graph, start, at),
        services: subject.services,
        rules,
        occurrences,
        occurred_before,
    }
}

/// Earlier alerts of the same rules that are about one of the same services, the last first.
fn earlier(
    graph: &Graph,
    rules: &[NodeId],
    subject: &Subject,
    before: Option<Timestamp>,
    own: &[NodeId],
) -> Vec<(Timestamp, NodeId)> {
    let Some(before) = before else { return Vec::new() };
    let firings = rules.iter().flat_map(|rule| graph.downstream(*rule));
    let firings = firings.filter(|(_, link)| link.kind == LinkKind::InstanceOf).map(|(_, link)| link.from);
    let mut found: Vec<(Timestamp, NodeId)> = firings
        .filter(|alert| !own.contains(alert))
        .filter_map(|alert| Some((graph.node(alert)?.occurred.filter(|at| *at < before)?, alert)))
        .filter(|(_, alert)| {
            let services = targets(graph, *alert, LinkKind::FiresOn);
            subject.services.is_empty() || services.iter().any(|service| subject.services.contains(service))
        })
        .collect();
    found.sort_by_cached_key(|(at, alert)| {
        (std::cmp::Reverse(*at), graph.node(*alert).map(|record| record.key.clone()))
    });
    found.dedup();
    found
}

fn occurrence(
    graph: &Graph,
    timeline: &mut Timeline<'_>,
    (began, alert): (Timestamp, NodeId),
    at: Option<Timestamp>,
) -> Occurrence {
    let mut next: Vec<Rollout> = Vec::new();
    if let Some(subject) = Subject::around(graph, alert) {
        for service in subject.services.iter().copied() {
            for environment in timeline.environments(service) {
                if !subject.covers(environment) {
                    continue;
                }
                let rollouts = timeline.deployments(service, environment);
                let after = rollouts.get(rollouts.partition_point(|(moment, _)| *moment <= began)..);
                let known = after.unwrap_or_default().iter().filter(|(moment, _)| at.is_none_or(|at| *moment <= at));
                next.extend(known.take(MAX_NEXT).map(|(at, deployment)| Rollout {
                    at: *at,
                    deployment: *deployment,
                    service: Some(service),
                    environment,
                }));
            }
        }
    }
    next.sort_by_cached_key(|rollout| (rollout.at, graph.node(rollout.deployment).map(|record| record.key.clone())));
    next.truncate(MAX_NEXT);
    let causes = by(graph, by_key(graph, targets(graph, alert, LinkKind::CausedBy)), at);
    Occurrence { alert, at: began, next, causes }
}

fn incidents(graph: &Graph, start: NodeId, at: Option<Timestamp>) -> Vec<IncidentStory> {
    let mut incidents = sources(graph, start, LinkKind::Groups);
    if graph.node(start).is_some_and(|record| record.kind == NodeKind::Incident) {
        incidents.push(start);
    }
    let incidents = by(graph, by_key(graph, incidents), at);
    incidents
        .into_iter()
        .map(|incident| {
            let postmortems = by(graph, by_key(graph, sources(graph, incident, LinkKind::Analyses)), at);
            let tickets = postmortems.iter().flat_map(|document| sources(graph, *document, LinkKind::FollowsUp));
            let tickets = by(graph, by_key(graph, tickets.collect()), at);
            let actions = tickets.into_iter().take(MAX_ACTIONS).map(|ticket| action(graph, ticket, at)).collect();
            IncidentStory { incident, postmortems, actions }
        })
        .collect()
}

fn action(graph: &Graph, ticket: NodeId, at: Option<Timestamp>) -> Action {
    let mut changes = sources(graph, ticket, LinkKind::Resolves);
    changes.extend(sources(graph, ticket, LinkKind::RelatesTo));
    changes.retain(|node| graph.node(*node).is_some_and(|record| record.kind == NodeKind::Change));
    let changes = by(graph, by_key(graph, changes), at);
    Action { ticket, changes, places: whereabouts(graph, ticket, at).places }
}

/// The nodes that point to a node by links of one kind.
fn sources(graph: &Graph, node: NodeId, kind: LinkKind) -> Vec<NodeId> {
    let links = graph.downstream(node).filter(|(_, link)| link.kind == kind);
    links.map(|(_, link)| link.from).filter(|from| graph.node(*from).is_some()).collect()
}

/// Those of some nodes that are not known to have occurred after a moment.
fn by(graph: &Graph, mut nodes: Vec<NodeId>, at: Option<Timestamp>) -> Vec<NodeId> {
    let occurred = |node: NodeId| graph.node(node).and_then(|record| record.occurred);
    nodes.retain(|node| occurred(*node).zip(at).is_none_or(|(occurred, at)| occurred <= at));
    nodes
}

fn by_key(graph: &Graph, nodes: Vec<NodeId>) -> Vec<NodeId> {
    let mut nodes: Vec<NodeId> = nodes.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    nodes.sort_by_cached_key(|node| graph.node(*node).map(|record| record.key.clone()));
    nodes
}

#[cfg(test)]
mod tests {
    use super::firing;
    use crate::queries::testing::World;
    use crate::time::Timestamp;

    #[test]
    fn an_alert_has_what_came_before_and_what_was_promised_after() {
        let world = World::read(
            "alert:now @500 fires_on service:shop environment:production instance_of alert_rule:slow
             alert:before @100 fires_on service:shop environment:production instance_of alert_rule:slow caused_by change:1
             alert:other @90 fires_on service:cart environment:production instance_of alert_rule:slow
             alert:later @600 fires_on service:shop environment:production instance_of alert_rule:slow
             alert_rule:slow documented_by document:runbook defined_in commit:r
             service:shop owned_by team:shop
             deployment:fix @120 ok of service:shop deployed_to environment:production deploys commit:c
             incident:i groups alert:now; document:pm analyses incident:i; ticket:todo follows_up document:pm
             ticket:open follows_up document:pm
             change:2 resolves ticket:todo; commit:c part_of change:2",
        );
        let found = firing(&world.graph, world.id("alert:now"), None);
        assert_eq!(world.words(&found.rules), "alert_rule:slow");
        assert_eq!(world.words(&found.pages), "document:runbook");
        assert_eq!(world.words(&found.owners), "team:shop");
        assert_eq!(world.words(&found.defined_in), "commit:r");
        let earlier: Vec<String> = found
            .occurrences
            .iter()
            .map(|one| {
                let next: Vec<_> = one.next.iter().map(|rollout| rollout.deployment).collect();
                let next = world.words(&next);
                format!("{} {next} {}", world.word(one.alert), world.words(&one.causes))
            })
            .collect();
        assert_eq!(earlier, ["alert:before deployment:fix change:1"]);
        let actions = &found.incidents[0].actions;
        assert_eq!(world.word(actions[1].ticket), "ticket:todo");
        assert!(actions[1].places[0].is_there && actions[0].places.is_empty());
        let incident = firing(&world.graph, world.id("incident:i"), None);
        assert_eq!(world.words(&incident.rules), "alert_rule:slow");
        assert_eq!(world.words(&incident.services), "service:shop", "an incident is about what its alerts are about");
        let (late, early) = (Timestamp::from_seconds(700), Timestamp::from_seconds(110));
        assert_eq!(firing(&world.graph, world.id("alert:now"), Some(late)).occurred_before, 1);
        let then = firing(&world.graph, world.id("alert:now"), Some(early));
        assert!(then.occurrences[0].next.is_empty(), "its deployment came later");
    }

    #[test]
    fn what_came_after_the_moment_is_left_out() {
        let world = World::read(
            "alert:a @100 fires_on service:shop instance_of alert_rule:r; alert_rule:r defined_in commit:new commit:old
             commit:new @300; commit:old @50; alert_rule:r documented_by document:late document:any
             document:late @400; incident:i @110 groups alert:a; document:pm @200 analyses incident:i
             ticket:todo @210 follows_up document:pm; change:1 @220 resolves ticket:todo",
        );
        let told = |at: Option<i64>| {
            let found = firing(&world.graph, world.id("alert:a"), at.map(Timestamp::from_seconds));
            let incidents = found.incidents.iter().map(|one| {
                let actions: Vec<_> = one.actions.iter().flat_map(|one| one.changes.clone()).collect();
                format!("{} {} {}", world.word(one.incident), world.words(&one.postmortems), world.words(&actions))
            });
            let incidents: Vec<String> = incidents.collect();
            format!("{}|{}|{}", world.words(&found.defined_in), world.words(&found.pages), incidents.join(","))
        };
        for (at, expected) in [
            (Some(105), "commit:old|document:any|"),
            (Some(150), "commit:old|document:any|incident:i  "),
            (Some(215), "commit:old|document:any|incident:i document:pm "),
            (None, "commit:new commit:old|document:any document:late|incident:i document:pm change:1"),
        ] {
            assert_eq!(told(at), expected, "{at:?}");
        }
    }

    #[test]
    fn every_deployment_after_an_earlier_occurrence_is_looked_at() {
        let world = World::read(
            "alert:a @100 fires_on service:shop instance_of alert_rule:r
             alert:b @200 fires_on service:shop instance_of alert_rule:r
             deployment:try @110 ok of service:shop deployed_to environment:production
             deployment:fix @120 ok of service:shop deployed_to environment:production
             deployment:again @115 ok of service:shop deployed_to environment:staging",
        );
        let found = firing(&world.graph, world.id("alert:b"), None);
        let next: Vec<_> = found.occurrences[0].next.iter().map(|rollout| rollout.deployment).collect();
        assert_eq!(world.words(&next), "deployment:try deployment:again deployment:fix");
    }
}
