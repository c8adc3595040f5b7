//! When a deployment counts as failed.

use std::collections::HashSet;

use crate::graph::{Graph, NodeId};
use crate::link::{LinkClass, LinkKind};
use crate::queries::flow::survey::{Arrival, Sort};
use crate::queries::rollouts::{self, Brought, Rollout, short};
use crate::queries::running::{Subject, Timeline};
use crate::time::Timestamp;

/// How long after a deployment an alert or incident may fire to be held against it, in hours.
pub const FAILURE_WINDOW_HOURS: i64 = 24;

/// How long after that its remedy may come, in hours.
pub const REMEDY_WINDOW_HOURS: i64 = 72;

/// The most later deployments that are looked at for a remedy.
const MAX_REMEDIES: usize = 50;

/// Why a deployment counts as failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The alert or incident.
    pub(super) fired: NodeId,
    /// The deployment that took it back or mended it; none where the cause was stated.
    pub(super) remedy: Option<NodeId>,
    /// The same in words.
    pub(super) says: String,
}

/// Whether a deployment failed. Only one that brought something can.
///
/// It failed where either
/// - an alert or incident is `caused_by` it, or by a change or commit that it was the last to bring before that, and this is
///   more than a guess, and is not said of another environment; or
/// - an alert or incident about the service fired in the environment within [`FAILURE_WINDOW_HOURS`] after it, while it was
///   the latest deployment there; and within [`REMEDY_WINDOW_HOURS`] after that, a later deployment there rolled it back, took
///   back one of its commits, brought a revert of one of its commits or changes, brought a commit that fixes one of its
///   commits, or brought a commit or change that names that alert or incident.
///
/// An alert after which nothing was taken back or mended is not held against a deployment, and neither is a rollback
/// before which nothing fired.
pub(super) fn fault(
    graph: &Graph,
    timeline: &mut Timeline<'_>,
    arrivals: &[Arrival],
    arrival: &Arrival,
) -> Option<Fault> {
    if arrival.sort != Sort::Brings {
        return None;
    }
    if let Some(fired) = caused(graph, arrivals, arrival) {
        let says = format!("{} is stated to be caused by it, or by what it brought", called(graph, fired));
        return Some(Fault { fired, remedy: None, says });
    }
    let Rollout { at, deployment, service, environment } = arrival.rollout;
    let service = service?;
    let until = at.plus_seconds(FAILURE_WINDOW_HOURS * 3_600);
    let next = timeline.neighbours((service, environment), at, deployment).1.map(|(next, _)| next);
    // A deployment may be of several services and environments: only what fired in this place is held against it here.
    let is_here = |node: NodeId| {
        let subject = Subject::of(graph, node);
        subject.is_some_and(|subject| subject.services.contains(&service) && subject.covers(environment))
    };
    let mut fired: Vec<(Timestamp, NodeId)> = timeline
        .during(deployment, Some(until))
        .into_iter()
        .filter(|running| next.is_none_or(|next| running.moment < next) && is_here(running.later))
        .map(|running| (running.moment, running.later))
        .collect();
    fired.sort_by_key(|(moment, node)| (*moment, graph.node(*node).map(|record| record.key.clone())));
    fired.into_iter().find_map(|(moment, fired)| {
        let (remedy, how) = remedy(graph, timeline, arrival, fired, moment)?;
        let says = format!(
            "{} fired at {}; deployment {} {how}",
            called(graph, fired),
            moment.to_minute(),
            short(graph, remedy)
        );
        Some(Fault { fired, remedy: Some(remedy), says })
    })
}

/// The first alert or incident of which somebody states that the deployment caused it.
fn caused(graph: &Graph, arrivals: &[Arrival], arrival: &Arrival) -> Option<NodeId> {
    let at = arrival.rollout.at;
    let fired_at = |node: NodeId| graph.node(node).and_then(|record| record.occurred);
    let covers =
        |node: NodeId| Subject::of(graph, node).is_some_and(|subject| subject.covers(arrival.rollout.environment));
    let causes =
        [arrival.rollout.deployment].into_iter().chain(arrival.changes.iter().chain(&arrival.commits).copied());
    let stated = causes.flat_map(|cause| {
        let links = graph.downstream(cause).filter(|(_, link)| link.kind == LinkKind::CausedBy);
        links.filter(|(_, link)| link.class > LinkClass::Guessed).map(move |(_, link)| (cause, link.from))
    });
    let found = stated.filter(|(cause, fired)| {
        let moment = fired_at(*fired);
        let is_later = moment.is_none_or(|moment| moment >= at);
        let is_last = || !brought_again(arrivals, arrival, *cause, moment);
        covers(*fired) && (*cause == arrival.rollout.deployment || (is_later && is_last()))
    });
    let key = |node: NodeId| graph.node(node).map(|record| record.key.clone());
    found.map(|(_, fired)| fired).min_by_key(|fired| (fired_at(*fired), key(*fired)))
}

/// Whether a later deployment to the same place brought the same thing again before a moment.
fn brought_again(arrivals: &[Arrival], arrival: &Arrival, cause: NodeId, moment: Option<Timestamp>) -> bool {
    arrivals.iter().any(|later| {
        let (own, other) = (&arrival.rollout, &later.rollout);
        (own.service, own.environment) == (other.service, other.environment)
            && other.at > own.at
            && moment.is_some_and(|moment| other.at <= moment)
            && (later.changes.contains(&cause) || later.commits.contains(&cause))
    })
}

/// The first later deployment to the place that took the deployment back or mended it, and how.
fn remedy(
    graph: &Graph,
    timeline: &mut Timeline<'_>,
    arrival: &Arrival,
    fired: NodeId,
    moment: Timestamp,
) -> Option<(NodeId, &'static str)> {
    let Rollout { at, deployment, service, environment } = arrival.rollout;
    let until = moment.plus_seconds(REMEDY_WINDOW_HOURS * 3_600);
    let all = timeline.deployments(service?, environment);
    let later = all.iter().skip_while(|(_, node)| *node != deployment).skip(1);
    let mut later = later.take_while(|(later, _)| *later >= at && *later <= until).take(MAX_REMEDIES);
    later.find_map(|(at, node)| {
        let rollout = Rollout { at: *at, deployment: *node, service, environment };
        let brought = rollouts::brought(graph, timeline, &rollout);
        Some((*node, how(graph, arrival, *node, &brought, fired)?))
    })
}

/// How a later deployment takes back or mends an earlier one, in words; none where it does neither.
fn how(graph: &Graph, arrival: &Arrival, later: NodeId, brought: &Brought, fired: NodeId) -> Option<&'static str> {
    let own: HashSet<NodeId> = arrival.commits.iter().chain(&arrival.changes).copied().collect();
    let says = |node: NodeId, kind: LinkKind, to: &dyn Fn(NodeId) -> bool| {
        graph.upstream(node).any(|(_, link)| link.kind == kind && to(link.to))
    };
    let is_own = |node: NodeId| own.contains(&node);
    let parts = || brought.commits.iter().chain(&brought.changes).copied();
    // An incident that is about the alert is the same trouble.
    let is_trouble = |node: NodeId| node == fired || says(node, LinkKind::Groups, &|alert| alert == fired);
    if says(later, LinkKind::RollsBack, &|node| node == arrival.rollout.deployment)
        || brought.taken_back.iter().any(|commit| own.contains(commit))
    {
        Some("took it back")
    } else if parts().any(|part| says(part, LinkKind::Reverts, &is_own)) {
        Some("brought a revert of it")
    } else if parts().any(|part| says(part, LinkKind::Fixes, &is_own)) {
        Some("brought a fix of it")
    } else if parts().any(|part| says(part, LinkKind::Mentions, &is_trouble)) {
        Some("brought a fix that names it")
    } else {
        None
    }
}

fn called(graph: &Graph, node: NodeId) -> String {
    let kind = graph.node(node).map_or("piece", |record| record.kind.label()).to_lowercase();
    format!("{kind} {}", short(graph, node))
}
