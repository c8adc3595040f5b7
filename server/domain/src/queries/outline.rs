//! The outline of a dossier: the nodes that belong into it, before they are dressed with what only the tables know.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::graph::{Graph, NodeId};
use crate::link::LinkKind;
use crate::node::{NodeKind, Outcome};
use crate::queries::ancestry;
use crate::queries::board::tickets_of;
use crate::queries::places::declared;
use crate::queries::rollouts::{self, Brought, Rollout};
use crate::queries::running::{Subject, Timeline, targets};
use crate::queries::tickets::{is_check, ran_on};
use crate::queries::whereabouts::deployments_of;
use crate::time::Timestamp;

/// The most commits of one change that are looked at for authors and checks.
pub const MAX_COMMITS_PER_CHANGE: usize = 250;

/// The most checks that a dossier holds; those on what is deployed come first.
pub const MAX_RUNS: usize = 1_000;

/// The most deployments of one candidate that a dossier holds, the newest first.
pub const MAX_ROLLOUTS: usize = 200;

/// One check, and what it ran on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The pipeline run, job, build, test run or scan.
    pub node: NodeId,
    /// The commits and artifacts that it ran on, by key.
    pub on: Vec<NodeId>,
    /// Whether one of these is a head commit or is deployed.
    pub on_head: bool,
}

/// One deployment of the candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// The deployment.
    pub rollout: Rollout,
    /// What fired while it was the latest in its place.
    pub fired: Vec<NodeId>,
    /// When the next one took its place.
    pub replaced: Option<Timestamp>,
}

/// A change that is brought, with the commits that it is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The change.
    pub node: NodeId,
    /// Its commits, those of its branch among them, the newest first; at most [`MAX_COMMITS_PER_CHANGE`].
    pub commits: Vec<NodeId>,
    /// The tickets that it or one of its commits names, by key.
    pub tickets: Vec<NodeId>,
}

/// The nodes of a dossier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// What goes out.
    pub candidate: NodeId,
    /// What it is of.
    pub service: Option<NodeId>,
    /// Where it goes; none where a deployment does not say it.
    pub environment: Option<NodeId>,
    /// The deployment, where it has happened.
    pub deployment: Option<Visit>,
    /// What it replaces.
    pub replaces: Option<Visit>,
    /// What it brings.
    pub brought: Brought,
    /// The changes that it brings.
    pub changes: Vec<Change>,
    /// The tickets behind these, by key.
    pub tickets: Vec<NodeId>,
    /// What ran on commits and artifacts.
    pub runs: Vec<Run>,
    /// What is deployed.
    pub artifacts: Vec<NodeId>,
    /// Every deployment of the candidate, the newest first.
    pub visits: Vec<Visit>,
    /// The alert rules of the service, and of what fired on it.
    pub alert_rules: Vec<NodeId>,
    /// Dashboards and documents of the service and of its alert rules.
    pub pages: Vec<NodeId>,
    /// The teams and people that own the service.
    pub owners: Vec<NodeId>,
    /// Incidents that are not over.
    pub open_incidents: Vec<NodeId>,
}

/// The outline of a deployment that has happened. What is known to have occurred after `at` is left out.
pub fn of_rollout(graph: &Graph, timeline: &mut Timeline<'_>, rollout: &Rollout, at: Timestamp) -> Outline {
    let before = rollouts::before(timeline, rollout);
    let brought = rollouts::brought(graph, timeline, rollout);
    let place = (rollout.service, rollout.environment);
    let happened = Some(visit(timeline, *rollout, at));
    assemble(graph, timeline, (rollout.deployment, happened), place, before, brought, at)
}

/// The outline of a candidate that somebody wants to bring into an environment: an artifact, release, commit, or a
/// deployment to another environment, which stands for what it deployed. What is known to have occurred after `at` is left
/// out.
pub fn of_candidate(
    graph: &Graph,
    timeline: &mut Timeline<'_>,
    candidate: NodeId,
    (service, environment): (Option<NodeId>, NodeId),
    at: Timestamp,
) -> Outline {
    let running = service.and_then(|service| declared(graph, timeline, service, Some(environment), Some(at)));
    let before = running.and_then(|place| {
        let (at, deployment) = (place.since?, place.deployment?);
        Some(Rollout { at, deployment, service, environment: Some(environment) })
    });
    let brought = rollouts::would_bring(graph, timeline, candidate, before.as_ref());
    assemble(graph, timeline, (candidate, None), (service, Some(environment)), before, brought, at)
}

fn assemble(
    graph: &Graph,
    timeline: &mut Timeline<'_>,
    (start, deployment): (NodeId, Option<Visit>),
    (service, environment): (Option<NodeId>, Option<NodeId>),
    before: Option<Rollout>,
    brought: Brought,
    at: Timestamp,
) -> Outline {
    let deployed = deployed(graph, start);
    let candidate = candidate(graph, start, &deployed);
    let artifacts = of_kind(graph, &deployed, NodeKind::Artifact);
    let changes: Vec<Change> = brought.changes.iter().map(|change| of_change(graph, *change, at)).collect();
    let mut tickets = tickets_of(graph, &brought.changes, &brought.commits);
    tickets.extend(changes.iter().flat_map(|change| change.tickets.iter().copied()));
    let visits = visits(graph, timeline, &deployed, at);
    let watched = Watched::of(graph, timeline, service, environment, at);
    Outline {
        candidate,
        service,
        environment,
        deployment,
        replaces: before.map(|before| visit(timeline, before, at)),
        tickets: by_key(graph, tickets),
        runs: runs(graph, &brought, &changes, &artifacts, at),
        changes,
        brought,
        artifacts,
        visits,
        alert_rules: watched.alert_rules,
        pages: watched.pages,
        owners: watched.owners,
        open_incidents: watched.open_incidents,
    }
}

/// What a deployment deploys, what a release includes; anything else is deployed itself.
fn deployed(graph: &Graph, start: NodeId) -> Vec<NodeId> {
    let ends = match graph.node(start).map(|record| record.kind) {
        Some(NodeKind::Deployment) => targets(graph, start, LinkKind::Deploys),
        Some(NodeKind::Release) => {
            let mut ends = targets(graph, start, LinkKind::Includes);
            ends.retain(|end| graph.node(*end).is_some_and(|record| record.kind == NodeKind::Artifact));
            ends.push(start);
            ends
        }
        _ => vec![start],
    };
    by_key(graph, ends)
}

/// The artifact, or else the release, or else the commit that stands for what is deployed; or else the start.
fn candidate(graph: &Graph, start: NodeId, deployed: &[NodeId]) -> NodeId {
    if graph.node(start).is_some_and(|record| record.kind != NodeKind::Deployment) {
        return start;
    }
    let order = [NodeKind::Artifact, NodeKind::Release, NodeKind::Commit];
    let first = order.into_iter().find_map(|kind| of_kind(graph, deployed, kind).first().copied());
    first.unwrap_or(start)
}

fn of_change(graph: &Graph, node: NodeId, at: Timestamp) -> Change {
    let parts = graph.downstream(node).filter(|(_, link)| link.kind == LinkKind::PartOf).map(|(_, link)| link.from);
    let parts = parts.filter(|part| is_by(graph, *part, at));
    let mut commits = of_kind(graph, &parts.collect::<Vec<_>>(), NodeKind::Commit);
    commits.sort_by_cached_key(|commit| {
        let record = graph.node(*commit);
        (std::cmp::Reverse(record.and_then(|record| record.occurred)), record.map(|record| record.key.clone()))
    });
    commits.dedup();
    commits.truncate(MAX_COMMITS_PER_CHANGE);
    Change { node, tickets: tickets_of(graph, &[node], &commits), commits }
}

/// What ran on the commits and artifacts: on what is deployed first, then the newest.
fn runs(graph: &Graph, brought: &Brought, changes: &[Change], artifacts: &[NodeId], at: Timestamp) -> Vec<Run> {
    let heads: HashSet<NodeId> = brought.heads.iter().chain(artifacts).copied().collect();
    let mut subjects: Vec<NodeId> = brought.heads.iter().chain(artifacts).copied().collect();
    subjects.extend(&brought.commits);
    subjects.extend(changes.iter().flat_map(|change| &change.commits));
    let mut met = HashSet::new();
    let mut ran: BTreeMap<NodeId, BTreeSet<NodeId>> = BTreeMap::new();
    for subject in subjects.into_iter().filter(|subject| met.insert(*subject)) {
        for node in ran_on(graph, subject).into_iter().filter(|node| is_check(graph, *node) && is_by(graph, *node, at))
        {
            ran.entry(node).or_default().insert(subject);
        }
    }
    let mut runs: Vec<Run> = ran
        .into_iter()
        .map(|(node, on)| Run {
            node,
            on_head: on.iter().any(|subject| heads.contains(subject)),
            on: by_key(graph, on.into_iter().collect()),
        })
        .collect();
    runs.sort_by_cached_key(|run| {
        let record = graph.node(run.node);
        let newest = std::cmp::Reverse(record.and_then(|record| record.occurred));
        (!run.on_head, newest, record.map(|record| record.key.clone()))
    });
    runs.truncate(MAX_RUNS);
    runs
}

fn visits(graph: &Graph, timeline: &mut Timeline<'_>, deployed: &[NodeId], at: Timestamp) -> Vec<Visit> {
    let mut found: Vec<NodeId> = Vec::new();
    for node in deployed {
        found.extend(deployments_of(graph, *node));
    }
    let mut rollouts: Vec<Rollout> = by_key(graph, found)
        .into_iter()
        .filter(|node| graph.node(*node).is_some_and(|record| record.outcome == Some(Outcome::Success)))
        .filter_map(|node| Rollout::of(graph, node))
        .filter(|rollout| rollout.at <= at)
        .collect();
    rollouts.sort_by_cached_key(|rollout| {
        (std::cmp::Reverse(rollout.at), graph.node(rollout.deployment).map(|record| record.key.clone()))
    });
    rollouts.truncate(MAX_ROLLOUTS);
    rollouts.into_iter().map(|rollout| visit(timeline, rollout, at)).collect()
}

fn visit(timeline: &mut Timeline<'_>, rollout: Rollout, at: Timestamp) -> Visit {
    let fired = timeline.during(rollout.deployment, Some(at)).into_iter().map(|running| running.later).collect();
    let next = rollout
        .service
        .and_then(|service| timeline.neighbours((service, rollout.environment), rollout.at, rollout.deployment).1);
    Visit { rollout, fired, replaced: next.map(|(next, _)| next).filter(|next| *next <= at) }
}

#[derive(Default)]
struct Watched {
    alert_rules: Vec<NodeId>,
    pages: Vec<NodeId>,
    owners: Vec<NodeId>,
    open_incidents: Vec<NodeId>,
}

impl Watched {
    fn of(
        graph: &Graph,
        timeline: &mut Timeline<'_>,
        service: Option<NodeId>,
        environment: Option<NodeId>,
        at: Timestamp,
    ) -> Self {
        let Some(service) = service else { return Self::default() };
        let watchers = timeline.watchers(service);
        let alert_rules = by_key(graph, watchers.rules.iter().copied().collect());
        let mut pages: Vec<NodeId> = watchers.dashboards.iter().copied().collect();
        for node in alert_rules.iter().chain([&service]) {
            pages.extend(targets(graph, *node, LinkKind::DocumentedBy));
        }
        let open = watchers.open.iter().filter(|(began, node)| {
            let covers = |subject: Subject| subject.covers(environment);
            *began <= at && Subject::of(graph, *node).is_some_and(covers)
        });
        let open_incidents = by_key(graph, open.map(|(_, node)| *node).collect());
        let owners = by_key(graph, targets(graph, service, LinkKind::OwnedBy));
        Self { alert_rules, pages: by_key(graph, pages), owners, open_incidents }
    }
}

/// The commits that an artifact is known to be built from.
pub fn commits_of_artifact(graph: &Graph, artifact: NodeId) -> Vec<NodeId> {
    ancestry::heads(graph, artifact)
}

fn of_kind(graph: &Graph, nodes: &[NodeId], kind: NodeKind) -> Vec<NodeId> {
    nodes.iter().copied().filter(|node| graph.node(*node).is_some_and(|record| record.kind == kind)).collect()
}

/// Whether a node is not known to have occurred after a moment.
fn is_by(graph: &Graph, node: NodeId, at: Timestamp) -> bool {
    graph.node(node).and_then(|record| record.occurred).is_none_or(|occurred| occurred <= at)
}

/// Each once, in order of key; what is not live is left out.
fn by_key(graph: &Graph, mut nodes: Vec<NodeId>) -> Vec<NodeId> {
    nodes.retain(|node| graph.node(*node).is_some());
    nodes.sort_by_cached_key(|node| graph.node(*node).map(|record| record.key.clone()));
    nodes.dedup();
    nodes
}

#[cfg(test)]
mod tests {
    use super::{of_candidate, of_rollout};
    use crate::queries::rollouts::Rollout;
    use crate::queries::running::Timeline;
    use crate::queries::testing::World;
    use crate::time::Timestamp;

    const SHOP: &str = "
        change:2 resolves ticket:t
        commit:a @1 part_of change:1
        commit:branch @5 part_of change:2
        commit:b @10 parent commit:a part_of change:2
        test_run:branch @6 ok verifies commit:branch
        pipeline_run:b @11 ok built_from commit:b
        artifact:va built_from commit:a; artifact:vb produced_by pipeline_run:b
        scan:vb @12 failed verifies artifact:vb
        deployment:p1 @20 ok of service:shop deployed_to environment:production deploys artifact:va
        deployment:s @30 ok of service:shop deployed_to environment:staging deploys artifact:vb
        deployment:p2 @40 ok of service:shop deployed_to environment:production deploys artifact:vb
        alert:x @35 fires_on service:shop environment:staging instance_of alert_rule:slow
        alert_rule:slow documented_by document:runbook
        incident:open @36 running fires_on service:shop environment:production
        incident:over @36 ok fires_on service:shop environment:production
        service:shop owned_by team:shop";

    #[test]
    fn a_deployment_has_all_that_it_brought_and_nothing_else() {
        let world = World::read(SHOP);
        let rollout = Rollout::of(&world.graph, world.id("deployment:p2")).unwrap();
        let mut timeline = Timeline::new(&world.graph);
        let outline = of_rollout(&world.graph, &mut timeline, &rollout, Timestamp::from_seconds(100));
        assert_eq!(world.word(outline.candidate), "artifact:vb");
        assert_eq!(world.word(outline.replaces.unwrap().rollout.deployment), "deployment:p1");
        assert_eq!(world.words(&outline.brought.commits), "commit:b");
        assert_eq!(world.words(&outline.changes[0].commits), "commit:b commit:branch");
        assert_eq!(world.words(&outline.tickets), "ticket:t");
        let runs: Vec<String> =
            outline.runs.iter().map(|run| format!("{} {}", world.word(run.node), run.on_head)).collect();
        assert_eq!(runs, ["scan:vb true", "pipeline_run:b true", "test_run:branch false"]);
        let visits: Vec<String> = outline
            .visits
            .iter()
            .map(|visit| format!("{} {}", world.word(visit.rollout.deployment), world.words(&visit.fired)))
            .collect();
        assert_eq!(visits, ["deployment:p2 ", "deployment:s alert:x"]);
        assert_eq!(world.words(&outline.alert_rules), "alert_rule:slow");
        assert_eq!(world.words(&outline.pages), "document:runbook");
        assert_eq!(world.words(&outline.open_incidents), "incident:open");
    }

    #[test]
    fn what_came_after_the_moment_is_left_out() {
        let world = World::read(&format!(
            "{SHOP}; test_run:late @45 ok verifies artifact:vb; commit:more @45 part_of change:2
             alert:late @50 fires_on service:shop; deployment:p3 @60 ok of service:shop deployed_to environment:production"
        ));
        let rollout = Rollout::of(&world.graph, world.id("deployment:p2")).unwrap();
        for (at, expected) in [
            (42, "pipeline_run:b scan:vb test_run:branch|commit:b commit:branch||-"),
            (
                70,
                "pipeline_run:b scan:vb test_run:branch test_run:late|commit:more commit:b commit:branch|alert:late|60",
            ),
        ] {
            let mut timeline = Timeline::new(&world.graph);
            let outline = of_rollout(&world.graph, &mut timeline, &rollout, Timestamp::from_seconds(at));
            let mut runs: Vec<String> = outline.runs.iter().map(|run| world.word(run.node)).collect();
            runs.sort();
            let visit = outline.deployment.unwrap();
            let commits = world.words(&outline.changes[0].commits);
            let replaced = visit.replaced.map_or("-".to_owned(), |at| at.seconds().to_string());
            let told = format!("{}|{commits}|{}|{replaced}", runs.join(" "), world.words(&visit.fired));
            assert_eq!(told, expected, "{at}");
        }
    }

    #[test]
    fn a_candidate_is_held_against_what_runs_at_the_moment() {
        let world = World::read(SHOP);
        let place = (Some(world.id("service:shop")), world.id("environment:production"));
        for (at, expected) in [(35, "commit:b"), (50, "")] {
            let at = Timestamp::from_seconds(at);
            let mut timeline = Timeline::new(&world.graph);
            let outline = of_candidate(&world.graph, &mut timeline, world.id("artifact:vb"), place, at);
            assert_eq!(world.words(&outline.brought.commits), expected);
            assert!(outline.deployment.is_none());
        }
    }
}
