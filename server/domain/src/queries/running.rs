//! What was running when: the successful deployments of a service in order of time, and what fired while each was the
//! latest.
//!
//! Nothing of this is stored. A deployment that arrives late corrects every answer by itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::graph::{Graph, NodeId};
use crate::key::Key;
use crate::link::LinkKind;
use crate::node::{NodeKind, Outcome};
use crate::time::Timestamp;

/// A deployment that was the latest to succeed in its place at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Running {
    /// The alert or incident.
    pub(super) later: NodeId,
    /// What was running.
    pub(super) deployment: NodeId,
    /// What both are about.
    pub(super) service: NodeId,
    /// Where, if the deployment says it.
    pub(super) environment: Option<NodeId>,
    /// When.
    pub(super) moment: Timestamp,
}

impl Running {
    /// Why we think so, in words.
    pub(super) fn reason(&self, graph: &Graph) -> String {
        let Self { later, deployment, service, environment, moment } = *self;
        let place = match environment {
            Some(environment) => name_of(graph, environment),
            None => "an unnamed environment".to_owned(),
        };
        let succeeded = graph.node(deployment).and_then(|node| node.occurred).unwrap_or(moment);
        format!(
            "deployment {} of {} to {place} succeeded at {}; no later one had succeeded there {}",
            name_of(graph, deployment),
            name_of(graph, service),
            succeeded.to_minute(),
            when(graph, later, moment)
        )
    }
}

/// What an alert or incident is about.
pub(super) struct Subject {
    /// The services.
    pub(super) services: Vec<NodeId>,
    /// The environments; empty means that none is named, and every one counts.
    pub(super) environments: Vec<NodeId>,
    /// When it fired or began.
    pub(super) occurred: Option<Timestamp>,
}

impl Subject {
    /// What the node is about; `None` for anything but an alert or incident.
    pub(super) fn of(graph: &Graph, node: NodeId) -> Option<Self> {
        let record = graph.node(node)?;
        if !matches!(record.kind, NodeKind::Alert | NodeKind::Incident) {
            return None;
        }
        let mut subject = Self { services: Vec::new(), environments: Vec::new(), occurred: record.occurred };
        for (_, link) in graph.upstream(node).filter(|(_, link)| is_about(link.kind)) {
            let kind = graph.node(link.to).map(|target| target.kind);
            if kind == Some(NodeKind::Service) && !subject.services.contains(&link.to) {
                subject.services.push(link.to);
            } else if kind == Some(NodeKind::Environment) {
                subject.environments.push(link.to);
            }
        }
        Some(subject)
    }

    /// As [`Subject::of`]; what names no service itself is about those of the alerts that it groups, or of the incidents that
    /// it belongs to. The services and environments in order of key.
    pub(super) fn around(graph: &Graph, node: NodeId) -> Option<Self> {
        let mut subject = Self::of(graph, node)?;
        if subject.services.is_empty() {
            let grouped = graph.upstream(node).filter(|(_, link)| link.kind == LinkKind::Groups);
            let grouping = graph.downstream(node).filter(|(_, link)| link.kind == LinkKind::Groups);
            let others = grouped.map(|(_, link)| link.to).chain(grouping.map(|(_, link)| link.from));
            let others: Vec<Self> = others.filter_map(|other| Self::of(graph, other)).collect();
            subject.services = others.iter().flat_map(|other| other.services.iter().copied()).collect();
            if subject.environments.is_empty() {
                subject.environments = others.into_iter().flat_map(|other| other.environments).collect();
            }
        }
        for list in [&mut subject.services, &mut subject.environments] {
            list.sort_by_key(|node| key_of(graph, *node));
            list.dedup();
        }
        Some(subject)
    }

    pub(super) fn covers(&self, environment: Option<NodeId>) -> bool {
        self.environments.is_empty() || environment.is_some_and(|place| self.environments.contains(&place))
    }
}

/// The deployment timelines of the services that a question meets, each read once.
///
/// Reading a service costs time in the number of links that point to it.
#[derive(Debug)]
pub struct Timeline<'g> {
    graph: &'g Graph,
    services: HashMap<NodeId, History>,
}

/// What a [`Timeline`] has read, without the graph: whoever asks again and again need not read it again.
#[derive(Debug, Default)]
pub struct Histories {
    services: HashMap<NodeId, History>,
}

/// What watches over a service, and what is wrong with it.
#[derive(Debug, Default)]
pub(super) struct Watchers {
    /// Its alert rules, and those of which something fired on it.
    pub(super) rules: BTreeSet<NodeId>,
    /// Its dashboards.
    pub(super) dashboards: BTreeSet<NodeId>,
    /// The incidents about it that are not over, with their beginnings, in order of (time, key).
    pub(super) open: Vec<(Timestamp, NodeId)>,
}

/// One service's timeline.
#[derive(Debug, Default)]
struct History {
    /// The deployments that succeeded, by environment, in order of (time, key).
    deployments: BTreeMap<Option<NodeId>, Vec<Moment>>,
    /// The alerts and incidents about the service, in order of (time, key).
    fired: Vec<Moment>,
    watchers: Watchers,
}

/// A deployment with when it counts from.
pub type Dated = (Timestamp, NodeId);

#[derive(Clone, Copy, Debug, PartialEq)]
struct Moment {
    at: Timestamp,
    node: NodeId,
}

impl<'g> Timeline<'g> {
    /// A timeline that has read nothing yet.
    pub fn new(graph: &'g Graph) -> Self {
        Self::resume(graph, Histories::default())
    }

    /// A timeline that goes on with what was read of the same graph before; of another graph it would tell what is not so.
    pub fn resume(graph: &'g Graph, histories: Histories) -> Self {
        Self { graph, services: histories.services }
    }

    /// What was read, for [`Timeline::resume`].
    pub fn into_histories(self) -> Histories {
        Histories { services: self.services }
    }

    /// What was running when the alert or incident fired, or at the given moment instead; empty for other nodes.
    ///
    /// The latest successful deployment for each service and environment that it is about; where it names no
    /// environment, for each environment of the service. In order of the deployments' keys.
    pub(super) fn running(&mut self, node: NodeId, at: Option<Timestamp>) -> Vec<Running> {
        let Some(subject) = Subject::of(self.graph, node) else { return Vec::new() };
        let Some(moment) = at.or(subject.occurred) else { return Vec::new() };
        let mut running = Vec::new();
        for &service in &subject.services {
            for (&environment, deployments) in &self.history(service).deployments {
                if let Some(latest) = latest(deployments, moment).filter(|_| subject.covers(environment)) {
                    running.push(Running { later: node, deployment: latest.node, service, environment, moment });
                }
            }
        }
        self.sorted(running)
    }

    /// The alerts and incidents that fired while the deployment was the latest in its place, none after `until`.
    ///
    /// The exact converse of [`Timeline::running`]; empty for other nodes. In order of the keys of what fired.
    pub(super) fn during(&mut self, deployment: NodeId, until: Option<Timestamp>) -> Vec<Running> {
        let graph = self.graph;
        let record = graph.node(deployment).filter(|node| node.kind == NodeKind::Deployment);
        let Some(at) = record.and_then(|node| node.occurred) else { return Vec::new() };
        let mut running = Vec::new();
        for service in targets(graph, deployment, LinkKind::Of) {
            let history = self.history(service);
            for (&environment, deployments) in &history.deployments {
                let Some(place) = place_of(deployments, at, deployment) else { continue };
                let mut rest = deployments.iter().skip(place);
                let Some(begin) = rest.next() else { continue };
                let end = rest.next().map(|next| next.at);
                let before = history.fired.partition_point(|entry| entry.at < begin.at);
                let fired = history.fired.iter().skip(before).take_while(|entry| {
                    end.is_none_or(|end| entry.at < end) && until.is_none_or(|until| entry.at <= until)
                });
                for entry in fired {
                    if Subject::of(graph, entry.node).is_some_and(|subject| subject.covers(environment)) {
                        let moment = entry.at;
                        running.push(Running { later: entry.node, deployment, service, environment, moment });
                    }
                }
            }
        }
        self.sorted(running)
    }

    /// The deployments of a service to an environment that succeeded, in order of (time, key).
    pub fn deployments(&mut self, service: NodeId, environment: Option<NodeId>) -> Vec<(Timestamp, NodeId)> {
        let moments = self.history(service).deployments.get(&environment);
        moments.into_iter().flatten().map(|moment| (moment.at, moment.node)).collect()
    }

    /// The deployment to a place before one that is known there, and the one after it.
    ///
    /// `at` is when that one counts from. The cost grows with the deployments of one moment, not with all.
    pub fn neighbours(
        &mut self,
        (service, environment): (NodeId, Option<NodeId>),
        at: Timestamp,
        deployment: NodeId,
    ) -> (Option<Dated>, Option<Dated>) {
        let Some(moments) = self.history(service).deployments.get(&environment) else { return (None, None) };
        let Some(place) = place_of(moments, at, deployment) else { return (None, None) };
        let pair = |moment: &Moment| (moment.at, moment.node);
        let earlier = place.checked_sub(1).and_then(|earlier| moments.get(earlier)).map(pair);
        (earlier, moments.get(place + 1).map(pair))
    }

    /// The environments that a service was deployed to, in no order that means anything; `None` stands for deployments that
    /// name none.
    pub fn environments(&mut self, service: NodeId) -> Vec<Option<NodeId>> {
        self.history(service).deployments.keys().copied().collect()
    }

    /// What watches over a service, and what is wrong with it.
    pub(super) fn watchers(&mut self, service: NodeId) -> &Watchers {
        &self.history(service).watchers
    }

    /// One arrow for a pair of nodes, though they may have several services and environments in common.
    fn sorted(&self, mut running: Vec<Running>) -> Vec<Running> {
        let key = |id: NodeId| key_of(self.graph, id);
        let order = |entry: &Running| {
            (key(entry.later), key(entry.deployment), key(entry.service), entry.environment.and_then(key))
        };
        running.sort_by(|left, right| order(left).cmp(&order(right)));
        running.dedup_by_key(|entry| (entry.later, entry.deployment));
        running
    }

    fn history(&mut self, service: NodeId) -> &History {
        let graph = self.graph;
        self.services.entry(service).or_insert_with(|| History::read(graph, service))
    }
}

impl History {
    fn read(graph: &Graph, service: NodeId) -> Self {
        let mut history = Self::default();
        for (_, link) in graph.downstream(service).filter(|(_, link)| is_about(link.kind)) {
            let Some(node) = graph.node(link.from) else { continue };
            history.watchers.note(link.from, node.kind, link.kind);
            let Some(at) = node.occurred else { continue };
            let moment = Moment { at, node: link.from };
            if matches!(node.kind, NodeKind::Alert | NodeKind::Incident) {
                history.watchers.rules.extend(targets(graph, link.from, LinkKind::InstanceOf));
                history.fired.push(moment);
            } else if node.kind == NodeKind::Deployment && node.outcome == Some(Outcome::Success) {
                for environment in environments(graph, link.from) {
                    history.deployments.entry(environment).or_default().push(moment);
                }
            }
        }
        for list in history.deployments.values_mut() {
            sort(graph, list);
        }
        sort(graph, &mut history.fired);
        let open = history.fired.iter().filter(|moment| is_open(graph, moment.node));
        history.watchers.open = open.map(|moment| (moment.at, moment.node)).collect();
        history
    }
}

impl Watchers {
    /// Notes what points at the service, where it watches over it.
    fn note(&mut self, node: NodeId, kind: NodeKind, link: LinkKind) {
        if link == LinkKind::Of && kind == NodeKind::AlertRule {
            self.rules.insert(node);
        } else if link == LinkKind::Of && kind == NodeKind::Dashboard {
            self.dashboards.insert(node);
        }
    }
}

/// The node's name for people, as far as its key tells: the tool's own id of it.
pub(super) fn name_of(graph: &Graph, id: NodeId) -> String {
    graph.node(id).map(|node| node.key.parts().resource).unwrap_or_default()
}

fn is_about(kind: LinkKind) -> bool {
    matches!(kind, LinkKind::Of | LinkKind::FiresOn)
}

/// Whether it is an incident that is not over.
fn is_open(graph: &Graph, node: NodeId) -> bool {
    graph.node(node).is_some_and(|record| {
        let over = matches!(record.outcome, Some(Outcome::Success | Outcome::Failure | Outcome::Abandoned));
        record.kind == NodeKind::Incident && !over
    })
}

/// The place of a deployment in a list, found by its time: the cost grows with the deployments of one moment.
fn place_of(deployments: &[Moment], at: Timestamp, deployment: NodeId) -> Option<usize> {
    let begin = deployments.partition_point(|entry| entry.at < at);
    let mut same = deployments.iter().skip(begin).take_while(|entry| entry.at == at);
    same.position(|entry| entry.node == deployment).map(|place| begin + place)
}

fn latest(deployments: &[Moment], moment: Timestamp) -> Option<Moment> {
    let end = deployments.partition_point(|entry| entry.at <= moment);
    deployments.get(..end)?.last().copied()
}

fn environments(graph: &Graph, deployment: NodeId) -> Vec<Option<NodeId>> {
    let named: Vec<_> = targets(graph, deployment, LinkKind::DeployedTo).into_iter().map(Some).collect();
    if named.is_empty() { vec![None] } else { named }
}

/// The live ends of a node's links of one kind.
pub(super) fn targets(graph: &Graph, node: NodeId, kind: LinkKind) -> Vec<NodeId> {
    let links = graph.upstream(node).filter(|(_, link)| link.kind == kind);
    links.map(|(_, link)| link.to).filter(|target| graph.node(*target).is_some()).collect()
}

fn sort(graph: &Graph, list: &mut Vec<Moment>) {
    list.sort_by_key(|moment| (moment.at, key_of(graph, moment.node)));
    list.dedup();
}

fn key_of(graph: &Graph, id: NodeId) -> Option<&Key> {
    graph.node(id).map(|node| &node.key)
}

fn when(graph: &Graph, later: NodeId, moment: Timestamp) -> String {
    let node = graph.node(later).filter(|node| node.occurred == Some(moment));
    match node.map(|node| node.kind) {
        Some(NodeKind::Incident) => format!("when the incident began ({})", moment.to_minute()),
        Some(_) => format!("when the alert fired ({})", moment.to_minute()),
        None => format!("by {}", moment.to_minute()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Subject, Timeline};
    use crate::graph::NodeId;
    use crate::queries::testing::World;
    use crate::time::Timestamp;

    const SHOP: &str = "
        deployment:d1 @100 ok of service:checkout deployed_to environment:production
        deployment:d2 @200 ok of service:checkout deployed_to environment:production
        deployment:d3 @300 failed of service:checkout deployed_to environment:production
        deployment:d4 @400 ok of service:checkout deployed_to environment:production
        deployment:s1 @150 ok of service:checkout deployed_to environment:staging
        deployment:n1 @120 ok of service:checkout
        deployment:p1 @110 ok of service:payments deployed_to environment:production
        alert:first @100 fires_on service:checkout environment:production
        alert:second @250 fires_on service:checkout environment:production
        alert:third @350 fires_on service:checkout environment:production
        alert:anywhere @350 fires_on service:checkout
        alert:early @50 fires_on service:checkout
        alert:undated fires_on service:checkout
        alert:nothing @350 fires_on environment:production
        incident:big @450 of service:checkout service:payments fires_on environment:production";

    fn running(world: &World, word: &str, at: Option<i64>) -> String {
        let found = Timeline::new(&world.graph).running(world.id(word), at.map(Timestamp::from_seconds));
        world.words(&found.iter().map(|entry| entry.deployment).collect::<Vec<_>>())
    }

    #[test]
    fn the_latest_success_before_the_moment_was_running() {
        let world = World::read(SHOP);
        for (word, at, expected) in [
            ("alert:first", None, "deployment:d1"),
            ("alert:second", None, "deployment:d2"),
            ("alert:third", None, "deployment:d2"),
            ("alert:third", Some(400), "deployment:d4"),
            ("alert:anywhere", None, "deployment:d2 deployment:n1 deployment:s1"),
            ("alert:early", None, ""),
            ("alert:undated", None, ""),
            ("alert:undated", Some(130), "deployment:d1 deployment:n1"),
            ("alert:nothing", None, ""),
            ("incident:big", None, "deployment:d4 deployment:p1"),
            ("deployment:d1", None, ""),
        ] {
            assert_eq!(running(&world, word, at), expected, "{word} {at:?}");
        }
    }

    #[test]
    fn what_names_no_service_is_about_that_of_its_alerts() {
        let world = World::read(
            "incident:i groups alert:a alert:b alert:c; incident:own groups alert:a; incident:own of service:mail
             alert:a fires_on service:web environment:production; alert:b fires_on service:shop environment:production
             alert:c @5; incident:j groups alert:d; incident:j of service:pay; alert:d @7",
        );
        for (word, expected) in [
            ("incident:i", "service:shop service:web environment:production"),
            ("incident:own", "service:mail"),
            ("alert:d", "service:pay"),
            ("alert:a", "service:web environment:production"),
        ] {
            let subject = Subject::around(&world.graph, world.id(word)).unwrap();
            assert_eq!(world.words(&[subject.services, subject.environments].concat()), expected, "{word}");
        }
    }

    #[test]
    fn what_fired_during_a_deployment_is_the_converse() {
        let world = World::read(SHOP);
        let mut timeline = Timeline::new(&world.graph);
        let mut pairs = 0;
        let ids: Vec<NodeId> = world.graph.nodes().map(|(id, _)| id).collect();
        for &deployment in &ids {
            let during = timeline.during(deployment, None);
            for &later in &ids {
                let forth = timeline.running(later, None).into_iter().find(|entry| entry.deployment == deployment);
                let back = during.iter().copied().find(|entry| entry.later == later);
                assert_eq!(forth, back, "{} {}", world.word(later), world.word(deployment));
                pairs += usize::from(forth.is_some());
            }
        }
        assert_eq!(pairs, 8);
    }

    #[test]
    fn a_timeline_goes_on_with_what_was_read() {
        let world = World::read(SHOP);
        let service = world.id("service:checkout");
        let mut first = Timeline::new(&world.graph);
        let (_, after) = first.neighbours((service, None), Timestamp::from_seconds(120), world.id("deployment:n1"));
        assert_eq!(after, None);
        let histories = first.into_histories();
        assert_eq!(histories.services.len(), 1);
        let mut second = Timeline::resume(&world.graph, histories);
        let place = (service, Some(world.id("environment:production")));
        let (before, after) = second.neighbours(place, Timestamp::from_seconds(200), world.id("deployment:d2"));
        let words = [before, after].map(|found| world.word(found.unwrap().1));
        assert_eq!(words, ["deployment:d1", "deployment:d4"]);
        assert_eq!(second.neighbours(place, Timestamp::from_seconds(200), world.id("deployment:s1")), (None, None));
    }

    #[test]
    fn what_watches_over_a_service_is_read_with_it() {
        let world = World::read(
            "alert_rule:own of service:shop; alert_rule:other of service:web; dashboard:shop of service:shop
             deployment:d @10 ok of service:shop deployed_to environment:production
             alert:x @20 fires_on service:shop instance_of alert_rule:fired
             incident:open @30 running of service:shop; incident:over @31 ok of service:shop
             incident:new @32 fires_on service:shop",
        );
        let mut timeline = Timeline::new(&world.graph);
        let found = timeline.watchers(world.id("service:shop"));
        let words = |nodes: Vec<NodeId>| world.words(&nodes);
        assert_eq!(words(found.rules.iter().copied().collect()), "alert_rule:own alert_rule:fired");
        assert_eq!(words(found.dashboards.iter().copied().collect()), "dashboard:shop");
        assert_eq!(words(found.open.iter().map(|(_, node)| *node).collect()), "incident:open incident:new");
    }

    #[test]
    fn the_reason_names_all_that_it_rests_on() {
        let world = World::read(SHOP);
        let mut timeline = Timeline::new(&world.graph);
        let found = timeline.running(world.id("alert:second"), None);
        assert_eq!(
            found[0].reason(&world.graph),
            "deployment d2 of checkout to production succeeded at 1970-01-01 00:03 UTC; \
             no later one had succeeded there when the alert fired (1970-01-01 00:04 UTC)"
        );
        let found = timeline.running(world.id("incident:big"), Some(Timestamp::from_seconds(120)));
        assert!(found[0].reason(&world.graph).ends_with("no later one had succeeded there by 1970-01-01 00:02 UTC"));
    }
}
