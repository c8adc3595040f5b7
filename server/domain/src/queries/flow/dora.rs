//! Deployments, lead times, failures and restoring.

use std::collections::HashSet;

use crate::graph::NodeId;
use crate::node::Outcome;
use crate::queries::flow::figure::Tally;
use crate::queries::flow::survey::{Arrival, Sort};
use crate::queries::flow::{Figure, Ground, Number, Piece, Why, seconds_between};
use crate::queries::rollouts::changes_of_commit;
use crate::time::Timestamp;

/// The figures of delivery performance.
pub(super) fn figures(ground: &Ground<'_>) -> Vec<Figure> {
    vec![
        deployments(ground, Number::Deployments, Sort::Brings),
        lead_time(ground),
        merge_to_live(ground),
        failure_rate(ground),
        time_to_restore(ground),
        deployments(ground, Number::Rollbacks, Sort::GoesBack),
        deployments(ground, Number::Redeployments, Sort::Again),
    ]
}

impl<'g> Ground<'g> {
    /// A figure that is counted from deployments; what of these cannot be told is noted already.
    pub(super) fn of_deployments(&self, number: Number) -> Tally<'g> {
        let mut tally = Tally::new(self, number, self.survey.first_deployment);
        for arrival in &self.survey.arrivals {
            if let Sort::Unknown(why) = arrival.sort {
                tally.miss(why, arrival.rollout.deployment);
            }
        }
        tally.miss_many(Why::TooMany, self.survey.arrivals_left_out);
        tally
    }

    /// The deployments that brought something, in order of time.
    pub(super) fn brought(&self) -> impl Iterator<Item = &'g Arrival> + use<'g> {
        self.survey.arrivals.iter().filter(|arrival| arrival.sort == Sort::Brings)
    }

    /// Each change of the period with the deployment that first made it live, once for each service.
    pub(super) fn live_changes(&self) -> Vec<(NodeId, &'g Arrival)> {
        let mut met: HashSet<(NodeId, Option<NodeId>)> = HashSet::new();
        let mut found = Vec::new();
        for arrival in self.brought() {
            let new = arrival.changes.iter().filter(|change| met.insert((**change, arrival.rollout.service)));
            found.extend(new.map(|change| (*change, arrival)));
        }
        found
    }

    /// Each commit of the period with the deployment that first made it live, once for each service.
    pub(super) fn live_commits(&self) -> Vec<(NodeId, &'g Arrival)> {
        let mut met: HashSet<(NodeId, Option<NodeId>)> = HashSet::new();
        let mut found = Vec::new();
        for arrival in self.brought() {
            let new = arrival.commits.iter().filter(|commit| met.insert((**commit, arrival.rollout.service)));
            found.extend(new.map(|commit| (*commit, arrival)));
        }
        found
    }

    /// Notes the deployments of which commits may be missing.
    pub(super) fn note_holes(&self, tally: &mut Tally<'_>) {
        for arrival in self.brought().filter(|arrival| arrival.has_hole) {
            tally.miss(Why::Hole, arrival.rollout.deployment);
        }
    }

    /// Notes the commits of which no change is known.
    pub(super) fn note_commits_without_change(&self, tally: &mut Tally<'_>) {
        for (commit, _) in self.live_commits() {
            if changes_of_commit(self.graph, commit).is_empty() {
                tally.miss(Why::NoChange, commit);
            }
        }
    }
}

fn deployments(ground: &Ground<'_>, number: Number, sort: Sort) -> Figure {
    let mut tally = ground.of_deployments(number);
    for arrival in ground.survey.arrivals.iter().filter(|arrival| arrival.sort == sort) {
        tally.add(Piece {
            node: arrival.rollout.deployment,
            at: arrival.rollout.at,
            value: None,
            beside: arrival.changes.clone(),
            says: String::new(),
        });
    }
    tally.finish()
}

/// From the commit to the first deployment of the period that brought it. Merge commits count like others.
fn lead_time(ground: &Ground<'_>) -> Figure {
    let mut tally = ground.of_deployments(Number::LeadTime);
    ground.note_holes(&mut tally);
    for (commit, arrival) in ground.live_commits() {
        let live = arrival.rollout.at;
        let began = ground.occurred(commit).ok_or(Why::NoBeginning);
        let took = began.and_then(|began| seconds_between(began, live));
        tally.took(commit, live, took, vec![arrival.rollout.deployment]);
    }
    tally.finish()
}

fn merge_to_live(ground: &Ground<'_>) -> Figure {
    let mut tally = ground.of_deployments(Number::MergeToLive);
    ground.note_holes(&mut tally);
    ground.note_commits_without_change(&mut tally);
    for (change, arrival) in ground.live_changes() {
        let live = arrival.rollout.at;
        let merged = ground.merged(change).ok_or(Why::NoBeginning);
        let took = merged.and_then(|merged| seconds_between(merged, live));
        tally.took(change, live, took, vec![arrival.rollout.deployment]);
    }
    tally.finish()
}

fn failure_rate(ground: &Ground<'_>) -> Figure {
    let mut tally = ground.of_deployments(Number::FailureRate);
    for arrival in ground.brought() {
        tally.one_of_all(arrival.rollout.at);
        if let Some(fault) = &arrival.fault {
            let beside = [fault.fired].into_iter().chain(fault.remedy).collect();
            let says = fault.says.clone();
            let at = arrival.rollout.at;
            tally.add(Piece { node: arrival.rollout.deployment, at, value: None, beside, says });
        }
    }
    tally.finish()
}

/// From the moment at which an incident began to the one at which it ended. An incident belongs to the period in which it
/// began. An end counts only while the incident is not open again.
fn time_to_restore(ground: &Ground<'_>) -> Figure {
    let incidents: Vec<(NodeId, Option<Timestamp>)> = ground
        .survey
        .incidents
        .iter()
        .map(|incident| {
            let began = ground.times.began.get(incident).copied();
            (*incident, ground.occurred(*incident).or(began))
        })
        .collect();
    let known_from = incidents.iter().filter_map(|(_, began)| *began).min();
    let mut tally = Tally::new(ground, Number::TimeToRestore, known_from);
    for (incident, began) in incidents {
        let Some(began) = began else {
            tally.miss(Why::NoBeginning, incident);
            continue;
        };
        if !(ground.survey.from..ground.survey.to).contains(&began) {
            continue;
        }
        let outcome = ground.graph.node(incident).and_then(|record| record.outcome);
        let ended = ground.times.ended.get(&incident).copied();
        let took = match outcome {
            Some(Outcome::Running | Outcome::Pending) => Err(Why::StillOpen),
            Some(Outcome::Success | Outcome::Failure | Outcome::Abandoned) => ended.ok_or(Why::NoEnd),
            None => ended.ok_or(Why::StillOpen),
        };
        let took = took.and_then(|ended| seconds_between(began, ended));
        tally.took(incident, began, took, Vec::new());
    }
    tally.finish()
}
