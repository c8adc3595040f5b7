//! What runs where: by the last deployment to each place, and by what somebody has looked and seen there.
//!
//! A place is *tainted* where the two differ, or where what runs has no chain: nobody can say then what it is.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::graph::{Graph, NodeId};
use crate::link::LinkKind;
use crate::node::NodeKind;
use crate::queries::ancestry;
use crate::queries::rollouts::{Brought, NOTHING_BEFORE, between, short};
use crate::queries::running::{Timeline, targets};
use crate::time::Timestamp;

/// One service in one environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The service; none for what a snapshot saw of which no service is known.
    pub service: Option<NodeId>,
    /// The environment, where it is named.
    pub environment: Option<NodeId>,
    /// The last deployment that succeeded there.
    pub deployment: Option<NodeId>,
    /// Since when.
    pub since: Option<Timestamp>,
    /// What it deployed.
    pub declared: Vec<NodeId>,
    /// What a snapshot saw.
    pub observed: Vec<NodeId>,
    /// The commits behind what was deployed.
    pub commits: Vec<NodeId>,
    /// Why nobody can say what runs there; empty where all is well.
    pub taints: Vec<Taint>,
}

/// Something that is wrong with what runs in a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taint {
    /// The piece that it is about.
    pub node: NodeId,
    /// What sort it is.
    pub what: TaintKind,
    /// What it means.
    pub why: String,
    /// What to do about it.
    pub fix: String,
}

/// The sorts of taint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaintKind {
    /// Something runs that no deployment declared.
    Undeclared,
    /// Something was declared that was not seen.
    NotSeen,
    /// An artifact of which no build and no commit is known.
    NoChain,
    /// A deployment that does not say what it deployed.
    NoArtifact,
}

/// Every place that something was deployed to or seen in, by service and environment, as of a moment.
///
/// What a snapshot saw is known for now only, and is left out where a moment is given. Costs time in the number of
/// deployments.
pub fn places(graph: &Graph, at: Option<Timestamp>) -> Vec<Place> {
    let mut timeline = Timeline::new(graph);
    let mut found: BTreeMap<(Option<NodeId>, Option<NodeId>), Place> = BTreeMap::new();
    for service in graph.of_kind(NodeKind::Service) {
        for environment in timeline.environments(service) {
            if let Some(place) = declared(graph, &mut timeline, service, environment, at) {
                found.insert((Some(service), environment), place);
            }
        }
    }
    if at.is_none() {
        for (service, environment, artifact) in observed(graph) {
            let place = found.entry((service, environment)).or_insert_with(|| Place {
                service,
                environment,
                deployment: None,
                since: None,
                declared: Vec::new(),
                observed: Vec::new(),
                commits: Vec::new(),
                taints: Vec::new(),
            });
            place.observed.push(artifact);
        }
    }
    let mut places: Vec<Place> = found.into_values().collect();
    for place in &mut places {
        place.taints = taints(graph, place);
    }
    let key = |node: Option<NodeId>| node.and_then(|node| graph.node(node)).map(|record| &record.key);
    places.sort_by(|left, right| {
        (key(left.service), key(left.environment)).cmp(&(key(right.service), key(right.environment)))
    });
    places
}

/// What the last deployment to one place before a moment says of it.
pub fn declared(
    graph: &Graph,
    timeline: &mut Timeline<'_>,
    service: NodeId,
    environment: Option<NodeId>,
    at: Option<Timestamp>,
) -> Option<Place> {
    let rollouts = timeline.deployments(service, environment);
    let end = at.map_or(rollouts.len(), |at| rollouts.partition_point(|(moment, _)| *moment <= at));
    let (since, deployment) = rollouts.get(..end)?.last().copied()?;
    let mut deploys = targets(graph, deployment, LinkKind::Deploys);
    deploys.sort_by_key(|node| graph.node(*node).map(|record| record.key.clone()));
    deploys.dedup();
    Some(Place {
        service: Some(service),
        environment,
        deployment: Some(deployment),
        since: Some(since),
        declared: deploys,
        observed: Vec::new(),
        commits: ancestry::heads(graph, deployment),
        taints: Vec::new(),
    })
}

/// What snapshots saw: service, environment, artifact, each once.
fn observed(graph: &Graph) -> BTreeSet<(Option<NodeId>, Option<NodeId>, NodeId)> {
    let mut seen = BTreeSet::new();
    for environment in graph.of_kind(NodeKind::Environment) {
        for artifact in targets(graph, environment, LinkKind::Runs) {
            if graph.node(artifact).is_none_or(|record| record.kind != NodeKind::Artifact) {
                continue;
            }
            let services = services_of(graph, artifact, environment);
            let services = if services.is_empty() { vec![None] } else { services.into_iter().map(Some).collect() };
            seen.extend(services.into_iter().map(|service| (service, Some(environment), artifact)));
        }
    }
    seen
}

/// The services of an artifact: as somebody says, or else those whose deployments brought it to the environment.
fn services_of(graph: &Graph, artifact: NodeId, environment: NodeId) -> Vec<NodeId> {
    let said = targets(graph, artifact, LinkKind::Of);
    if !said.is_empty() {
        return said;
    }
    let deployments = graph.downstream(artifact).filter(|(_, link)| link.kind == LinkKind::Deploys);
    let here = deployments
        .map(|(_, link)| link.from)
        .filter(|deployment| targets(graph, *deployment, LinkKind::DeployedTo).contains(&environment));
    here.flat_map(|deployment| targets(graph, deployment, LinkKind::Of)).collect()
}

fn taints(graph: &Graph, place: &Place) -> Vec<Taint> {
    let is_artifact = |node: &NodeId| graph.node(*node).is_some_and(|record| record.kind == NodeKind::Artifact);
    let declared: BTreeSet<NodeId> = place.declared.iter().copied().filter(is_artifact).collect();
    let observed: BTreeSet<NodeId> = place.observed.iter().copied().collect();
    let mut taints = Vec::new();
    let mut say =
        |node: NodeId, what, why: String, fix: &str| taints.push(Taint { node, what, why, fix: fix.to_owned() });
    if let Some(deployment) = place.deployment.filter(|_| place.declared.is_empty()) {
        let why = format!("deployment {} does not say what it deployed", short(graph, deployment));
        say(
            deployment,
            TaintKind::NoArtifact,
            why,
            "let the deployment name the artifact's digest or the full commit id",
        );
    }
    for &artifact in &observed {
        // What a release or commit stands for cannot be compared with a digest; nothing is said of it then.
        if place.deployment.is_some() && !declared.is_empty() && !declared.contains(&artifact) {
            let why = format!("{} runs there, and no deployment declared it", short(graph, artifact));
            let fix = "find out who brought it there; deploy what was declared again, or report the deployment";
            say(artifact, TaintKind::Undeclared, why, fix);
        } else if place.deployment.is_none() {
            let why = format!("{} runs there, and no deployment of it is known", short(graph, artifact));
            say(artifact, TaintKind::Undeclared, why, "send the events of the deployment tool here");
        }
    }
    if !observed.is_empty() {
        for &artifact in declared.difference(&observed) {
            let why = format!("{} was deployed there, and was not seen when somebody looked", short(graph, artifact));
            let fix = "look whether it was rolled back by hand, and report the rollback as a deployment";
            say(artifact, TaintKind::NotSeen, why, fix);
        }
    }
    for &artifact in declared.union(&observed) {
        if ancestry::heads(graph, artifact).is_empty() {
            let why = format!("no build and no commit is known that {} comes from", short(graph, artifact));
            let fix = "let the build report the commit and the digest of what it pushes, or sign its provenance";
            say(artifact, TaintKind::NoChain, why, fix);
        }
    }
    taints
}

/// How one service differs between two places or moments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceDifference {
    /// The service.
    pub service: NodeId,
    /// What runs on the first side.
    pub left: Option<Place>,
    /// What runs on the second side.
    pub right: Option<Place>,
    /// Whether both run the very same artifacts, or where no artifacts are known the same commits.
    pub is_equal: bool,
    /// What the first side has and the second has not.
    pub ahead: Brought,
    /// What the second side has and the first has not.
    pub behind: Brought,
}

/// One side of a comparison: an environment at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Side {
    /// The environment.
    pub environment: NodeId,
    /// The moment; now, where none is given.
    pub at: Option<Timestamp>,
}

/// `diff`: how two environments, or one environment at two moments, differ, service by service, by key.
///
/// Costs time in the deployments of the services that run on either side, and in the commits between what runs.
pub fn difference(graph: &Graph, left: Side, right: Side, service: Option<NodeId>) -> Vec<ServiceDifference> {
    let mut timeline = Timeline::new(graph);
    let services: Vec<NodeId> = match service {
        Some(service) => vec![service],
        None => services_in(graph, left.environment).union(&services_in(graph, right.environment)).copied().collect(),
    };
    let mut found = Vec::new();
    for service in services {
        let mut of = |side: Side| declared(graph, &mut timeline, service, Some(side.environment), side.at);
        let (left, right) = (of(left), of(right));
        if left.is_none() && right.is_none() {
            continue;
        }
        let deployment = |place: &Option<Place>| place.as_ref().and_then(|place| place.deployment);
        let ahead = beside(graph, deployment(&left), deployment(&right));
        let behind = beside(graph, deployment(&right), deployment(&left));
        let is_equal = left.as_ref().zip(right.as_ref()).is_some_and(|(left, right)| same(graph, left, right));
        found.push(ServiceDifference { service, left, right, is_equal, ahead, behind });
    }
    found.sort_by_key(|one| graph.node(one.service).map(|record| record.key.clone()));
    found
}

/// What one side has that the other has not. Where nothing runs on the other side, that is all that there is to say.
fn beside(graph: &Graph, own: Option<NodeId>, other: Option<NodeId>) -> Brought {
    let Some(own) = own else { return Brought::default() };
    let mut brought = between(graph, own, other);
    if other.is_none() {
        brought.cuts.retain(|cut| cut.what != NOTHING_BEFORE);
    }
    brought
}

fn services_in(graph: &Graph, environment: NodeId) -> BTreeSet<NodeId> {
    let deployments = graph.downstream(environment).filter(|(_, link)| link.kind == LinkKind::DeployedTo);
    deployments.flat_map(|(_, link)| targets(graph, link.from, LinkKind::Of)).collect()
}

/// Bit for bit where both sides name artifacts, else commit for commit.
fn same(graph: &Graph, left: &Place, right: &Place) -> bool {
    let artifacts = |place: &Place| -> BTreeSet<NodeId> {
        let is_artifact = |node: &NodeId| graph.node(*node).is_some_and(|record| record.kind == NodeKind::Artifact);
        place.declared.iter().copied().filter(is_artifact).collect()
    };
    let (own, other) = (artifacts(left), artifacts(right));
    if own.is_empty() || other.is_empty() {
        !left.commits.is_empty() && left.commits == right.commits
    } else {
        own == other
    }
}

#[cfg(test)]
mod tests {
    use super::{Side, TaintKind, difference, places};
    use crate::queries::testing::World;
    use crate::time::Timestamp;

    const SHOP: &str = "
        commit:a @1 part_of change:1; commit:b @2 parent commit:a part_of change:2
        artifact:va built_from commit:a; artifact:vb built_from commit:b of service:shop
        deployment:s @20 ok of service:shop deployed_to environment:staging deploys artifact:vb
        deployment:p @10 ok of service:shop deployed_to environment:production deploys artifact:va
        deployment:q @10 ok of service:cart deployed_to environment:production deploys artifact:odd
        deployment:n @10 ok of service:none deployed_to environment:production
        deployment:m @10 ok of service:same deployed_to environment:production deploys artifact:va
        deployment:l @11 ok of service:same deployed_to environment:staging deploys artifact:va
        environment:production runs artifact:vb artifact:stray";

    #[test]
    fn what_was_seen_is_held_against_what_was_declared() {
        let world = World::read(SHOP);
        let told: Vec<String> = places(&world.graph, None)
            .iter()
            .flat_map(|place| {
                let name = place.service.map(|node| world.word(node)).unwrap_or_default();
                let world = &world;
                place.taints.iter().map(move |taint| format!("{name} {} {:?}", world.word(taint.node), taint.what))
            })
            .collect();
        for expected in [
            "service:cart artifact:odd NoChain",
            "service:none deployment:n NoArtifact",
            "service:shop artifact:vb Undeclared",
            "service:shop artifact:va NotSeen",
            " artifact:stray Undeclared",
            " artifact:stray NoChain",
        ] {
            assert!(told.iter().any(|line| line == expected), "{expected}: {told:?}");
        }
        assert_eq!(told.len(), 6, "{told:?}");
        let before = places(&world.graph, Some(Timestamp::from_seconds(15)));
        assert!(before.iter().all(|place| place.taints.iter().all(|taint| taint.what != TaintKind::NotSeen)));
    }

    #[test]
    fn what_was_deployed_there_is_seen_there_whether_or_not_its_service_is_said() {
        let world = World::read(
            "deployment:p @10 ok of service:shop deployed_to environment:production deploys artifact:v
             deployment:s @10 ok of service:cart deployed_to environment:staging deploys artifact:v
             artifact:v built_from commit:a; environment:production runs artifact:v",
        );
        let found = places(&world.graph, None);
        let seen: Vec<usize> = found.iter().map(|place| place.observed.len()).collect();
        assert_eq!((found.len(), seen.iter().sum::<usize>()), (2, 1));
        assert!(found.iter().all(|place| place.taints.is_empty()));
    }

    #[test]
    fn two_environments_differ_by_what_one_has_and_the_other_lacks() {
        let world = World::read(SHOP);
        let side = |word: &str| Side { environment: world.id(word), at: None };
        let found = difference(&world.graph, side("environment:staging"), side("environment:production"), None);
        let told: Vec<String> = found
            .iter()
            .map(|one| {
                let (ahead, behind) = (world.words(&one.ahead.changes), world.words(&one.behind.changes));
                format!("{} {} [{ahead}] [{behind}]", world.word(one.service), one.is_equal)
            })
            .collect();
        assert_eq!(
            told,
            [
                "service:cart false [] []",
                "service:none false [] []",
                "service:same true [] []",
                "service:shop false [change:2] []",
            ]
        );
        assert!(found.iter().all(|one| one.behind.cuts.iter().all(|cut| cut.what != "deployment before")));
        let past = Side { at: Some(Timestamp::from_seconds(15)), ..side("environment:staging") };
        let found = difference(&world.graph, past, side("environment:staging"), None);
        let told: Vec<String> = found.iter().map(|one| world.words(&one.behind.commits)).collect();
        assert_eq!(told, ["", "commit:b"], "shop was not in staging then");
    }
}
