//! The population of a period: every change to an environment that the graph knows in it, and why some have no row.
//!
//! The changes are counted apart from being listed. Where both counts agree with what was left out, nothing was lost on the
//! way; where they do not, the report says so.

use std::collections::BTreeMap;

use crate::graph::{Graph, NodeId, NodeRecord};
use crate::link::LinkKind;
use crate::node::{NodeKind, Outcome};
use crate::queries::rollouts::{self, Period, Rollout};

/// Why a change that the graph knows in the period has no row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftOut {
    /// The deployment failed.
    Failed,
    /// The deployment has not ended, or nobody has told how.
    NotEnded,
    /// The deployment was given up.
    Abandoned,
    /// It went to another environment than the one that was asked for.
    OtherEnvironment,
    /// It was of another service than the one that was asked for.
    OtherService,
    /// Nothing is out of the ordinary about it, and only exceptions were asked for.
    WithoutException,
    /// It was taken back while the report was made.
    Gone,
    /// There are more than are shown at once.
    BeyondBound,
}

impl LeftOut {
    /// Every reason.
    pub const ALL: [LeftOut; 8] = [
        LeftOut::Failed,
        LeftOut::NotEnded,
        LeftOut::Abandoned,
        LeftOut::OtherEnvironment,
        LeftOut::OtherService,
        LeftOut::WithoutException,
        LeftOut::Gone,
        LeftOut::BeyondBound,
    ];

    /// The word that stands for it in files.
    pub const fn word(self) -> &'static str {
        match self {
            LeftOut::Failed => "failed",
            LeftOut::NotEnded => "not_ended",
            LeftOut::Abandoned => "abandoned",
            LeftOut::OtherEnvironment => "other_environment",
            LeftOut::OtherService => "other_service",
            LeftOut::WithoutException => "without_exception",
            LeftOut::Gone => "gone",
            LeftOut::BeyondBound => "beyond_bound",
        }
    }

    /// What it means, in words.
    pub const fn meaning(self) -> &'static str {
        match self {
            LeftOut::Failed => "The deployment failed, so the environment was not changed.",
            LeftOut::NotEnded => "The deployment has not ended, or no tool has told how it ended.",
            LeftOut::Abandoned => "The deployment was given up.",
            LeftOut::OtherEnvironment => "It went to another environment than the one that was asked for.",
            LeftOut::OtherService => "It was of another service than the one that was asked for.",
            LeftOut::WithoutException => "Nothing is out of the ordinary about it, and only exceptions were asked for.",
            LeftOut::Gone => "It was taken back, or told of anew, while the report was made.",
            LeftOut::BeyondBound => "There are more than a page adds up; an export has all of them.",
        }
    }
}

/// The changes to environments of a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Population {
    /// Those that a row is written for, in order of time, then by key.
    pub rollouts: Vec<Rollout>,
    /// How many the graph has in the period: one for each service and environment of each deployment and configuration
    /// change.
    pub in_graph: u64,
    /// How many of these have no row, by reason.
    pub left_out: BTreeMap<LeftOut, u64>,
    /// Deployments and configuration changes without a time, which belong to no period and are not counted above.
    pub undated: u64,
}

/// The population of a period. Costs time in the size of the graph.
pub fn population(graph: &Graph, period: &Period) -> Population {
    let mut population = Population { rollouts: rollouts::rollouts(graph, period), ..Population::default() };
    for (node, record) in graph.nodes().filter(|(_, record)| is_change(record.kind)) {
        let Some(at) = record.occurred else {
            population.undated = population.undated.saturating_add(1);
            continue;
        };
        if !(period.from..period.to).contains(&at) {
            continue;
        }
        for (service, environment) in places(graph, node) {
            population.in_graph = population.in_graph.saturating_add(1);
            let rollout = Rollout { at, deployment: node, service, environment };
            match reason(record, &rollout, period) {
                Some(reason) => {
                    let count = population.left_out.entry(reason).or_default();
                    *count = count.saturating_add(1);
                }
                // Deployments are listed already; this counts them once more, by another way.
                None if record.kind == NodeKind::ConfigChange => population.rollouts.push(rollout),
                None => {}
            }
        }
    }
    let key = |node: NodeId| graph.node(node).map(|record| &record.key);
    population.rollouts.sort_by(|left, right| {
        let order =
            |one: &Rollout| (one.at, key(one.deployment), one.service.and_then(key), one.environment.and_then(key));
        order(left).cmp(&order(right))
    });
    population
}

fn is_change(kind: NodeKind) -> bool {
    matches!(kind, NodeKind::Deployment | NodeKind::ConfigChange)
}

/// Each service with each environment of a change; none stands for one that it does not name.
fn places(graph: &Graph, node: NodeId) -> Vec<(Option<NodeId>, Option<NodeId>)> {
    let ends = |kind: LinkKind| -> Vec<Option<NodeId>> {
        let links = graph.upstream(node).filter(|(_, link)| link.kind == kind);
        let live: Vec<_> = links.map(|(_, link)| link.to).filter(|end| graph.node(*end).is_some()).map(Some).collect();
        if live.is_empty() { vec![None] } else { live }
    };
    let environments = ends(LinkKind::DeployedTo);
    let services = ends(LinkKind::Of);
    services.iter().flat_map(|service| environments.iter().map(move |place| (*service, *place))).collect()
}

/// Why a change has no row; `None` where it has one.
fn reason(record: &NodeRecord, rollout: &Rollout, period: &Period) -> Option<LeftOut> {
    let is_configuration = record.kind == NodeKind::ConfigChange;
    match record.outcome {
        Some(Outcome::Failure) => return Some(LeftOut::Failed),
        Some(Outcome::Abandoned) => return Some(LeftOut::Abandoned),
        Some(Outcome::Pending | Outcome::Running) => return Some(LeftOut::NotEnded),
        // A flag is switched and does not run: that it was told of is that it happened.
        None if !is_configuration => return Some(LeftOut::NotEnded),
        None | Some(Outcome::Success) => {}
    }
    let is_other = |wanted: Option<NodeId>, own: Option<NodeId>| wanted.is_some() && wanted != own;
    if is_other(period.environment, rollout.environment) {
        return Some(LeftOut::OtherEnvironment);
    }
    is_other(period.service, rollout.service).then_some(LeftOut::OtherService)
}

#[cfg(test)]
mod tests {
    use super::{LeftOut, population};
    use crate::queries::rollouts::Period;
    use crate::queries::testing::World;
    use crate::time::Timestamp;

    const WORLD: &str = "
        deployment:d1 @100 ok of service:shop deployed_to environment:production
        deployment:d2 @150 ok of service:shop deployed_to environment:staging
        deployment:d3 @160 failed of service:shop deployed_to environment:production
        deployment:d4 @170 of service:shop deployed_to environment:production
        deployment:d5 @180 ok of service:web service:api deployed_to environment:production
        deployment:d6 @190 abandoned of service:shop deployed_to environment:production
        deployment:d7 @900 ok of service:shop deployed_to environment:production
        deployment:d8 ok of service:shop deployed_to environment:production
        deployment:d9 @195 ok deployed_to environment:production
        config_change:c1 @120 of service:shop deployed_to environment:production";

    fn told(environment: Option<&str>, service: Option<&str>) -> String {
        let world = World::read(WORLD);
        let period = Period {
            from: Timestamp::from_seconds(100),
            to: Timestamp::from_seconds(900),
            environment: environment.map(|word| world.id(word)),
            service: service.map(|word| world.id(word)),
        };
        let found = population(&world.graph, &period);
        let rows: Vec<_> = found.rollouts.iter().map(|rollout| rollout.deployment).collect();
        let left_out: u64 = found.left_out.values().sum();
        assert_eq!(found.in_graph, u64::try_from(rows.len()).unwrap() + left_out, "it does not reconcile");
        assert_eq!(found.undated, 1);
        let reasons: Vec<String> =
            found.left_out.iter().map(|(reason, count)| format!("{} {count}", reason.word())).collect();
        format!("{} | {}", world.words(&rows), reasons.join(", "))
    }

    #[test]
    fn every_change_has_a_row_or_a_reason() {
        assert_eq!(
            told(None, None),
            "deployment:d1 config_change:c1 deployment:d2 deployment:d5 deployment:d5 deployment:d9 | failed 1, not_ended 1, abandoned 1"
        );
        assert_eq!(
            told(Some("environment:production"), None),
            "deployment:d1 config_change:c1 deployment:d5 deployment:d5 deployment:d9 | failed 1, not_ended 1, abandoned 1, other_environment 1"
        );
        assert_eq!(
            told(Some("environment:production"), Some("service:web")),
            "deployment:d5 | failed 1, not_ended 1, abandoned 1, other_environment 1, other_service 4"
        );
    }

    #[test]
    fn words_and_meanings_are_there() {
        for reason in LeftOut::ALL {
            assert!(!reason.word().is_empty() && reason.meaning().ends_with('.'));
        }
    }
}
