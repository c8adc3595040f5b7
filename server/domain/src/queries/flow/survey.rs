//! What there is to count: the deployments of the period with what each brought, the changes, the incidents.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::graph::{Graph, NodeId, NodeRecord};
use crate::key;
use crate::link::LinkKind;
use crate::node::{NodeKind, Outcome};
use crate::queries::board::tickets_of;
use crate::queries::flow::fault::{Fault, fault};
use crate::queries::flow::{MAX_CHANGES, MAX_DEPLOYMENTS, Question, Why};
use crate::queries::rollouts::{self, Brought, Period, Rollout};
use crate::queries::running::{Subject, Timeline, targets};
use crate::time::Timestamp;

/// How long before the period deployments to the environments before the last one are read, in days.
const LOOK_BACK_DAYS: i64 = 90;

/// How long before the period a change that was given up may have been opened to be looked at, in days: the graph holds only
/// its opening, and nothing longer open than that is looked for.
const GIVEN_UP_DAYS: i64 = 365;

/// The most environments on one way.
const MAX_WAY: usize = 16;

/// What a survey found.
#[derive(Clone, Debug)]
pub struct Survey {
    /// The first moment of the period.
    pub from: Timestamp,
    /// The first moment after it.
    pub to: Timestamp,
    /// Where "live" is; none where no environment is known, and deployments to any place count.
    pub environment: Option<NodeId>,
    /// The environments through which a change comes there, in order, that one last.
    pub way: Vec<NodeId>,
    /// The services that are asked about, by key; none for all.
    pub services: Option<Vec<NodeId>>,
    /// When the first deployment happened that is known of the place.
    pub(super) first_deployment: Option<Timestamp>,
    /// When the first change counts from that is known.
    pub(super) first_change: Option<Timestamp>,
    /// The deployments of the period, in order of time.
    pub(super) arrivals: Vec<Arrival>,
    /// How many more there are.
    pub(super) arrivals_left_out: usize,
    /// The last deployment to each place before the end of the period.
    pub(super) latest: Vec<Rollout>,
    /// When a commit first came to an environment before the last one: by service, environment, commit.
    pub(super) staged: HashMap<(NodeId, NodeId, NodeId), Timestamp>,
    /// The incidents that may be of the period.
    pub(super) incidents: Vec<NodeId>,
    /// The changes that may have been open in the period.
    pub(super) changes: Vec<NodeId>,
    /// How many more there are.
    pub(super) changes_left_out: usize,
}

/// A deployment of the period.
#[derive(Clone, Debug)]
pub(super) struct Arrival {
    /// Which one, where and when.
    pub(super) rollout: Rollout,
    /// What sort it is.
    pub(super) sort: Sort,
    /// The commits that it brought.
    pub(super) commits: Vec<NodeId>,
    /// The changes that these are part of.
    pub(super) changes: Vec<NodeId>,
    /// The commits that it took back.
    pub(super) taken_back: Vec<NodeId>,
    /// Whether commits may be missing.
    pub(super) has_hole: bool,
    /// Why it counts as failed.
    pub(super) fault: Option<Fault>,
}

/// What a deployment did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// It brought something.
    Brings,
    /// It went back.
    GoesBack,
    /// It changed nothing.
    Again,
    /// Nobody can tell.
    Unknown(Why),
}

impl Survey {
    /// The nodes whose times [`super::Times`] should hold.
    pub fn needs(&self, graph: &Graph) -> BTreeSet<NodeId> {
        let brought: BTreeSet<NodeId> =
            self.arrivals.iter().flat_map(|arrival| arrival.changes.iter().copied()).collect();
        let changes: Vec<NodeId> = brought.iter().copied().collect();
        let mut needed: BTreeSet<NodeId> = tickets_of(graph, &changes, &[]).into_iter().collect();
        needed.extend(brought);
        needed.extend(&self.changes);
        needed.extend(&self.incidents);
        for arrival in &self.arrivals {
            for artifact in targets(graph, arrival.rollout.deployment, LinkKind::Deploys) {
                needed.extend(targets(graph, artifact, LinkKind::ProducedBy));
            }
        }
        needed
    }
}

/// Finds what there is to count. Costs time in the size of the graph, and in what the deployments of the period brought.
pub fn survey(graph: &Graph, question: &Question) -> Survey {
    let Question { from, to, .. } = *question;
    let environment = question.environment.or_else(|| last_environment(graph));
    let way = environment.map(|environment| way_to(graph, environment)).unwrap_or_default();
    let services = services_of(graph, question);
    let all = all_rollouts(graph, services.as_deref(), environment);
    let mut timeline = Timeline::new(graph);
    let mut of_period: Vec<Rollout> = all.iter().filter(|one| (from..to).contains(&one.at)).copied().collect();
    let arrivals_left_out = of_period.len().saturating_sub(MAX_DEPLOYMENTS);
    of_period.drain(..arrivals_left_out);
    let mut arrivals: Vec<Arrival> = of_period.iter().map(|rollout| arrival(graph, &mut timeline, rollout)).collect();
    let faults: Vec<Option<Fault>> =
        arrivals.iter().map(|arrival| fault(graph, &mut timeline, &arrivals, arrival)).collect();
    for (arrival, fault) in arrivals.iter_mut().zip(faults) {
        arrival.fault = fault;
    }
    let mut survey = Survey {
        from,
        to,
        environment,
        staged: staged(graph, &mut timeline, &way, &arrivals, from),
        way,
        first_deployment: all.first().map(|rollout| rollout.at),
        first_change: None,
        latest: latest(&all, to),
        arrivals,
        arrivals_left_out,
        incidents: Vec::new(),
        changes: Vec::new(),
        changes_left_out: 0,
        services,
    };
    look_around(graph, &mut survey);
    survey
}

/// The environment that nothing comes after: the one at the end of the longest way, by the order that the catalog states;
/// where none is stated, the one that is called `production`.
pub fn last_environment(graph: &Graph) -> Option<NodeId> {
    let links = graph.links().filter(|(_, link)| link.kind == LinkKind::ComesAfter);
    let (later, earlier): (BTreeSet<NodeId>, BTreeSet<NodeId>) = links.map(|(_, link)| (link.from, link.to)).unzip();
    let ends = later.difference(&earlier).copied();
    let key = |node: NodeId| graph.node(node).map(|record| record.key.clone());
    let last = ends.filter(|node| graph.node(*node).is_some()).min_by_key(|node| {
        let length = way_to(graph, *node).len();
        (std::cmp::Reverse(length), key(*node))
    });
    last.or_else(|| named(graph, "production"))
}

/// The environments through which a change comes to one, in order, that one last; at most 16.
///
/// Where no order is stated at all, `staging` comes before `production`.
pub fn way_to(graph: &Graph, environment: NodeId) -> Vec<NodeId> {
    let mut way = vec![environment];
    let mut at = environment;
    while way.len() < MAX_WAY {
        let before = targets(graph, at, LinkKind::ComesAfter).into_iter().filter(|node| !way.contains(node));
        let Some(before) = before.min_by_key(|node| graph.node(*node).map(|record| record.key.clone())) else { break };
        way.push(before);
        at = before;
    }
    let is_stated = way.len() > 1 || graph.links().any(|(_, link)| link.kind == LinkKind::ComesAfter);
    if !is_stated && named(graph, "production") == Some(environment) {
        way.extend(named(graph, "staging"));
    }
    way.reverse();
    way
}

fn named(graph: &Graph, name: &str) -> Option<NodeId> {
    graph.find(&key::named(NodeKind::Environment, name).ok()?)
}

/// The services that are asked about, by key; none for all.
fn services_of(graph: &Graph, question: &Question) -> Option<Vec<NodeId>> {
    let owned = question.team.map(|team| {
        let links = graph.downstream(team).filter(|(_, link)| link.kind == LinkKind::OwnedBy);
        let owned = links.map(|(_, link)| link.from);
        owned
            .filter(|node| graph.node(*node).is_some_and(|record| record.kind == NodeKind::Service))
            .collect::<Vec<_>>()
    });
    let mut services = match (question.service, owned) {
        (None, None) => return None,
        (Some(service), None) => vec![service],
        (None, Some(owned)) => owned,
        (Some(service), Some(owned)) => owned.into_iter().filter(|one| *one == service).collect(),
    };
    services.sort_by_key(|service| graph.node(*service).map(|record| record.key.clone()));
    services.dedup();
    Some(services)
}

/// Every deployment to the environment that succeeded, in order of time.
fn all_rollouts(graph: &Graph, services: Option<&[NodeId]>, environment: Option<NodeId>) -> Vec<Rollout> {
    let always = |service| Period {
        from: Timestamp::from_micros(i64::MIN),
        to: Timestamp::from_micros(i64::MAX),
        environment,
        service,
    };
    let Some(services) = services else { return rollouts::rollouts(graph, &always(None)) };
    let mut all: Vec<Rollout> =
        services.iter().flat_map(|service| rollouts::rollouts(graph, &always(Some(*service)))).collect();
    all.sort_by_cached_key(|one| (one.at, graph.node(one.deployment).map(|record| record.key.clone())));
    all
}

fn arrival(graph: &Graph, timeline: &mut Timeline<'_>, rollout: &Rollout) -> Arrival {
    let brought = rollouts::brought(graph, timeline, rollout);
    let sort = sort(graph, rollout, &brought);
    let has_hole = brought.cuts.iter().any(|cut| matches!(cut.what.as_str(), "parent" | "bound"));
    let Brought { commits, changes, taken_back, .. } = brought;
    Arrival { rollout: *rollout, sort, commits, changes, taken_back, has_hole, fault: None }
}

fn sort(graph: &Graph, rollout: &Rollout, brought: &Brought) -> Sort {
    let has_cut = |what: &str| brought.cuts.iter().any(|cut| cut.what == what);
    let says_so = graph.upstream(rollout.deployment).any(|(_, link)| link.kind == LinkKind::RollsBack);
    if says_so || brought.is_rollback {
        Sort::GoesBack
    } else if rollout.service.is_none() {
        Sort::Unknown(Why::NoService)
    } else if brought.heads.is_empty() || has_cut("commit") {
        Sort::Unknown(Why::NoCommit)
    } else if has_cut("deployment before") {
        Sort::Unknown(Why::FirstKnown)
    } else if !brought.commits.is_empty() {
        Sort::Brings
    } else if brought.taken_back.is_empty() {
        Sort::Again
    } else {
        Sort::GoesBack
    }
}

/// The last deployment to each place before a moment, in order of time.
fn latest(all: &[Rollout], to: Timestamp) -> Vec<Rollout> {
    let mut found: BTreeMap<(Option<NodeId>, Option<NodeId>), Rollout> = BTreeMap::new();
    for rollout in all.iter().filter(|rollout| rollout.at < to) {
        found.insert((rollout.service, rollout.environment), *rollout);
    }
    found.into_values().collect()
}

/// When each commit first came to the environments before the last one.
fn staged(
    graph: &Graph,
    timeline: &mut Timeline<'_>,
    way: &[NodeId],
    arrivals: &[Arrival],
    from: Timestamp,
) -> HashMap<(NodeId, NodeId, NodeId), Timestamp> {
    let mut staged = HashMap::new();
    let Some((_, before)) = way.split_last() else { return staged };
    let since = from.plus_seconds(-LOOK_BACK_DAYS * 86_400);
    let services: BTreeSet<NodeId> = arrivals.iter().filter_map(|arrival| arrival.rollout.service).collect();
    for service in services {
        for environment in before {
            let all = timeline.deployments(service, Some(*environment));
            let begin = all.partition_point(|(at, _)| *at < since).max(all.len().saturating_sub(MAX_DEPLOYMENTS));
            // Of the first deployment that is known it is not known what was there before.
            for (at, deployment) in all.iter().skip(begin.max(1)) {
                let place = (Some(service), Some(*environment));
                let rollout = Rollout { at: *at, deployment: *deployment, service: place.0, environment: place.1 };
                for commit in rollouts::brought(graph, timeline, &rollout).commits {
                    staged.entry((service, *environment, commit)).or_insert(*at);
                }
            }
        }
    }
    staged
}

/// Finds the changes and incidents, in one pass over the graph.
fn look_around(graph: &Graph, survey: &mut Survey) {
    let repositories = survey.services.as_ref().map(|_| repositories(graph, survey));
    let mut changes: Vec<(Option<Timestamp>, NodeId)> = Vec::new();
    for (node, record) in graph.nodes() {
        if record.kind == NodeKind::Incident && is_in_scope(graph, survey, node) {
            survey.incidents.push(node);
        }
        // Something that only a text names may not exist.
        if record.kind != NodeKind::Change || !record.stated {
            continue;
        }
        let within = |own: &HashSet<NodeId>| targets(graph, node, LinkKind::In).iter().any(|place| own.contains(place));
        if repositories.as_ref().is_some_and(|own| !within(own)) {
            continue;
        }
        let first = [survey.first_change, record.occurred].into_iter().flatten().min();
        survey.first_change = first;
        if may_be_open(record, survey.from, survey.to) {
            changes.push((record.occurred, node));
        }
    }
    changes.sort_by(|left, right| right.cmp(left));
    survey.changes_left_out = changes.len().saturating_sub(MAX_CHANGES);
    survey.changes = changes.into_iter().take(MAX_CHANGES).map(|(_, node)| node).collect();
}

/// Whether a change may have been open within the period, by what the graph holds of it.
fn may_be_open(record: &NodeRecord, from: Timestamp, to: Timestamp) -> bool {
    let Some(at) = record.occurred else { return true };
    match record.outcome {
        Some(Outcome::Success) => at >= from,
        Some(Outcome::Running | Outcome::Pending) => at < to,
        // This is when it was opened; when it was closed the tables tell.
        Some(Outcome::Failure | Outcome::Abandoned) | None => {
            at < to && at >= from.plus_seconds(-GIVEN_UP_DAYS * 86_400)
        }
    }
}

/// The repositories of the services that are asked about: those that they name, and those of what was deployed last.
fn repositories(graph: &Graph, survey: &Survey) -> HashSet<NodeId> {
    let own = survey.services.iter().flatten().flat_map(|service| targets(graph, *service, LinkKind::In));
    let heads = survey.latest.iter().flat_map(|one| crate::queries::ancestry::heads(graph, one.deployment));
    let deployed = heads.flat_map(|commit| targets(graph, commit, LinkKind::In));
    own.chain(deployed).collect()
}

/// Whether an incident is about what is asked.
fn is_in_scope(graph: &Graph, survey: &Survey, incident: NodeId) -> bool {
    let Some(subject) = Subject::of(graph, incident) else { return false };
    let in_place = survey.environment.is_none() || subject.covers(survey.environment);
    let wanted = |services: &Vec<NodeId>| subject.services.iter().any(|service| services.contains(service));
    in_place && survey.services.as_ref().is_none_or(wanted)
}
