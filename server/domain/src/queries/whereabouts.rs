//! `where X`: in which places a commit, change, ticket or artifact has been, since when, and by which deployment.
//!
//! A commit is in a place while what runs there was made from it or from a commit that was made on it. What repeats it on
//! another branch counts, too; what reverts it ends it. A rollback ends it as well, because what runs then lacks it.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::dossier::Cut;
use crate::graph::{Graph, NodeId};
use crate::link::LinkKind;
use crate::node::NodeKind;
use crate::queries::ancestry;
use crate::queries::rollouts::short;
use crate::queries::running::{Timeline, targets};
use crate::time::Timestamp;

/// The most services whose deployments are looked at.
pub const MAX_SERVICES: usize = 1_000;

/// The most spans that are listed for one place, the newest first.
pub const MAX_SPANS: usize = 100;

/// One place, and when it held what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// The service.
    pub service: NodeId,
    /// The environment, where the deployments name one.
    pub environment: Option<NodeId>,
    /// Whether it is there at the moment of the question.
    pub is_there: bool,
    /// When it was there, the newest first.
    pub spans: Vec<Span>,
    /// In words: "in production since …, by deployment …".
    pub says: String,
}

/// A stretch of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The deployment that brought it.
    pub by: NodeId,
    /// Since when.
    pub since: Timestamp,
    /// The deployment that ended it, and when; none where it is there still.
    pub until: Option<(NodeId, Timestamp)>,
    /// The commit that took it back, where the deployment that ended it brought a revert.
    pub reverted_by: Option<NodeId>,
}

/// Where something is and was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whereabouts {
    /// What was asked for.
    pub start: NodeId,
    /// The commits that stand for it, with those that repeat them elsewhere.
    pub commits: Vec<NodeId>,
    /// The artifacts that stand for it, where it is one, or a release of some.
    pub artifacts: Vec<NodeId>,
    /// The places, the last to be reached first.
    pub places: Vec<Presence>,
    /// Where the chain cannot be followed.
    pub cuts: Vec<Cut>,
}

/// Where a commit, change, ticket, artifact, release, tag or build is at a moment, or now.
///
/// The cost grows with the commits that were made after it and with the deployments of the services that it reached.
pub fn whereabouts(graph: &Graph, start: NodeId, at: Option<Timestamp>) -> Whereabouts {
    let artifacts = artifacts_of(graph, start);
    let commits = if artifacts.is_empty() { with_picks(graph, commits_of(graph, start)) } else { Vec::new() };
    let mut found = Whereabouts { start, commits, artifacts, places: Vec::new(), cuts: Vec::new() };
    if found.commits.is_empty() && found.artifacts.is_empty() {
        let at = graph.node(start).map(|record| record.key.as_str().to_owned()).unwrap_or_default();
        let why = "no commit is known that stands for it, so no deployment can be told to hold it".to_owned();
        let fix = "link it to a pull request or commit: write its key into the pull request's title or description"
            .to_owned();
        found.cuts.push(Cut { at, what: "commit".to_owned(), why, fix });
        return found;
    }
    let holders = Holders::of(graph, &found.commits, &found.artifacts);
    let mut timeline = Timeline::new(graph);
    let mut places: BTreeMap<(NodeId, Option<NodeId>), Presence> = BTreeMap::new();
    for service in holders.services(graph) {
        for environment in timeline.environments(service) {
            let rollouts = timeline.deployments(service, environment);
            let until = at.map_or(rollouts.len(), |at| rollouts.partition_point(|(moment, _)| *moment <= at));
            let spans = holders.spans(graph, rollouts.get(..until).unwrap_or_default());
            if let Some(presence) = presence(graph, service, environment, spans) {
                places.insert((service, environment), presence);
            }
        }
    }
    found.places = places.into_values().collect();
    found.places.sort_by(|left, right| {
        let last = |place: &Presence| place.spans.first().map(|span| span.since);
        let name = |place: &Presence| {
            let key = |node: NodeId| graph.node(node).map(|record| record.key.clone());
            (key(place.service), place.environment.and_then(key))
        };
        last(right).cmp(&last(left)).then_with(|| name(left).cmp(&name(right)))
    });
    found
}

/// The artifacts that stand for a node: itself, or those of a release.
fn artifacts_of(graph: &Graph, node: NodeId) -> Vec<NodeId> {
    match graph.node(node).map(|record| record.kind) {
        Some(NodeKind::Artifact) => vec![node],
        Some(NodeKind::Release) => {
            let mut included = targets(graph, node, LinkKind::Includes);
            included.retain(|end| graph.node(*end).is_some_and(|record| record.kind == NodeKind::Artifact));
            included
        }
        _ => Vec::new(),
    }
}

/// The commits that stand for a node.
fn commits_of(graph: &Graph, node: NodeId) -> Vec<NodeId> {
    match graph.node(node).map(|record| record.kind) {
        Some(NodeKind::Ticket) => {
            let work = [LinkKind::Resolves, LinkKind::RelatesTo];
            let named: Vec<NodeId> = graph
                .downstream(node)
                .filter(|(_, link)| work.contains(&link.kind))
                .map(|(_, link)| link.from)
                .filter(|from| {
                    graph.node(*from).is_some_and(|record| matches!(record.kind, NodeKind::Change | NodeKind::Commit))
                })
                .collect();
            named.into_iter().flat_map(|one| commits_of(graph, one)).collect()
        }
        Some(NodeKind::Change) => graph
            .downstream(node)
            .filter(|(_, link)| link.kind == LinkKind::PartOf)
            .map(|(_, link)| link.from)
            .filter(|from| graph.node(*from).is_some_and(|record| record.kind == NodeKind::Commit))
            .collect(),
        Some(_) => ancestry::heads(graph, node),
        None => Vec::new(),
    }
}

/// The commits with those that were picked from them.
fn with_picks(graph: &Graph, commits: Vec<NodeId>) -> Vec<NodeId> {
    let mut met: HashSet<NodeId> = commits.iter().copied().collect();
    let mut all = commits;
    let mut next = 0;
    while let Some(commit) = all.get(next).copied() {
        next += 1;
        let picks = graph.downstream(commit).filter(|(_, link)| link.kind == LinkKind::CherryPickedFrom);
        let picks: Vec<NodeId> = picks.map(|(_, link)| link.from).filter(|pick| met.insert(*pick)).collect();
        all.extend(picks);
    }
    all.sort_by_key(|commit| graph.node(*commit).map(|record| record.key.clone()));
    all.dedup();
    all
}

/// What holds the thing that was asked for.
struct Holders {
    /// Commits that have it, by themselves or below them.
    commits: HashSet<NodeId>,
    artifacts: HashSet<NodeId>,
    /// The commits that took it back.
    reverts: Vec<Revert>,
}

/// A commit that took something back.
struct Revert {
    commit: NodeId,
    /// What was made on it, itself among these.
    after: HashSet<NodeId>,
    /// What was made on a commit that took the taking back back.
    undone: HashSet<NodeId>,
}

impl Holders {
    fn of(graph: &Graph, commits: &[NodeId], artifacts: &[NodeId]) -> Self {
        let reverts = reverts_of(graph, commits).into_iter().map(|commit| Revert {
            commit,
            after: ancestry::descendants(graph, &[commit]),
            undone: ancestry::descendants(graph, &reverts_of(graph, &[commit])),
        });
        Self {
            commits: ancestry::descendants(graph, commits),
            artifacts: artifacts.iter().copied().collect(),
            reverts: reverts.collect(),
        }
    }

    /// The services that anything which holds it was ever deployed of, by key.
    fn services(&self, graph: &Graph) -> Vec<NodeId> {
        let deployments = self.commits.iter().chain(&self.artifacts).flat_map(|node| deployments_of(graph, *node));
        let mut services: Vec<NodeId> = deployments.flat_map(|node| targets(graph, node, LinkKind::Of)).collect();
        services.sort_by_key(|service| graph.node(*service).map(|record| record.key.clone()));
        services.dedup();
        services.truncate(MAX_SERVICES);
        services
    }

    /// When the deployments of one place, in order of time, held it; the newest first.
    fn spans(&self, graph: &Graph, rollouts: &[(Timestamp, NodeId)]) -> Vec<Span> {
        let mut spans: Vec<Span> = Vec::new();
        let mut is_open = false;
        for (at, deployment) in rollouts {
            let heads = ancestry::heads(graph, *deployment);
            let reverted_by = self.reverted(&heads);
            let holds = if self.artifacts.is_empty() {
                reverted_by.is_none() && heads.iter().any(|head| self.commits.contains(head))
            } else {
                targets(graph, *deployment, LinkKind::Deploys).iter().any(|node| self.artifacts.contains(node))
            };
            match (is_open, holds) {
                (false, true) => spans.push(Span { by: *deployment, since: *at, until: None, reverted_by: None }),
                (true, false) => {
                    if let Some(last) = spans.last_mut() {
                        last.until = Some((*deployment, *at));
                        last.reverted_by = reverted_by;
                    }
                }
                (true, true) | (false, false) => {}
            }
            is_open = holds;
        }
        spans.reverse();
        spans.truncate(MAX_SPANS);
        spans
    }

    /// The commit by which it was taken back in what was made from these.
    fn reverted(&self, heads: &[NodeId]) -> Option<NodeId> {
        let takes =
            |revert: &&Revert| heads.iter().any(|head| revert.after.contains(head) && !revert.undone.contains(head));
        self.reverts.iter().find(takes).map(|revert| revert.commit)
    }
}

/// The commits that revert one of these.
fn reverts_of(graph: &Graph, commits: &[NodeId]) -> Vec<NodeId> {
    let links = commits.iter().flat_map(|commit| graph.downstream(*commit));
    let reverts = links.filter(|(_, link)| link.kind == LinkKind::Reverts).map(|(_, link)| link.from);
    reverts.filter(|from| graph.node(*from).is_some_and(|record| record.kind == NodeKind::Commit)).collect()
}

/// The deployments of a commit or artifact, directly or of what was made from it.
pub(super) fn deployments_of(graph: &Graph, node: NodeId) -> Vec<NodeId> {
    const STEPS: [LinkKind; 6] = [
        LinkKind::Deploys,
        LinkKind::BuiltFrom,
        LinkKind::ProducedBy,
        LinkKind::Includes,
        LinkKind::DerivedFrom,
        LinkKind::PartOf,
    ];
    const MADE: [NodeKind; 6] = [
        NodeKind::Deployment,
        NodeKind::Artifact,
        NodeKind::Build,
        NodeKind::PipelineRun,
        NodeKind::Release,
        NodeKind::Tag,
    ];
    let mut met = HashSet::from([node]);
    let mut waiting = vec![node];
    let mut found = Vec::new();
    while let Some(node) = waiting.pop() {
        for (_, link) in graph.downstream(node).filter(|(_, link)| STEPS.contains(&link.kind)) {
            let Some(record) = graph.node(link.from).filter(|record| MADE.contains(&record.kind)) else { continue };
            if met.insert(link.from) {
                if record.kind == NodeKind::Deployment {
                    found.push(link.from);
                } else {
                    waiting.push(link.from);
                }
            }
        }
    }
    found
}

fn presence(graph: &Graph, service: NodeId, environment: Option<NodeId>, spans: Vec<Span>) -> Option<Presence> {
    let newest = spans.first()?;
    let place = match environment {
        Some(environment) => format!("{} of {}", short(graph, environment), short(graph, service)),
        None => short(graph, service),
    };
    let by = short(graph, newest.by);
    let since = newest.since.to_minute();
    let says = match (newest.until, newest.reverted_by) {
        (None, _) => format!("in {place} since {since}, by deployment {by}"),
        (Some((end, until)), None) => format!(
            "was in {place} from {since}, by deployment {by}, until {}, when deployment {} replaced it with something that lacks it",
            until.to_minute(),
            short(graph, end)
        ),
        (Some((_, until)), Some(revert)) => format!(
            "was in {place} from {since}, by deployment {by}, until {}, when commit {} had taken it back",
            until.to_minute(),
            short(graph, revert)
        ),
    };
    Some(Presence { service, environment, is_there: newest.until.is_none(), says, spans })
}

#[cfg(test)]
mod tests {
    use super::whereabouts;
    use crate::queries::testing::World;
    use crate::time::Timestamp;

    const SHOP: &str = "
        change:1 resolves ticket:t
        commit:head1 @5 part_of change:1
        commit:a @10 part_of change:1
        commit:b @20 parent commit:a
        commit:r @30 parent commit:b reverts commit:a
        commit:old @2
        commit:pick @40 parent commit:old cherry_picked_from commit:a
        artifact:vb built_from commit:b
        deployment:s1 @100 ok of service:shop deployed_to environment:staging deploys artifact:vb
        deployment:p0 @90 ok of service:shop deployed_to environment:production deploys commit:old
        deployment:p1 @200 ok of service:shop deployed_to environment:production deploys artifact:vb
        deployment:p2 @300 ok of service:shop deployed_to environment:production deploys commit:old
        deployment:p3 @400 ok of service:shop deployed_to environment:production deploys commit:b
        deployment:p4 @500 ok of service:shop deployed_to environment:production deploys commit:r
        commit:rr @60 parent commit:r reverts commit:r
        deployment:p5 @600 ok of service:shop deployed_to environment:again deploys commit:rr
        deployment:h1 @150 ok of service:shop deployed_to environment:hotfix deploys commit:pick";

    fn told(word: &str, at: Option<i64>) -> String {
        let world = World::read(SHOP);
        let found = whereabouts(&world.graph, world.id(word), at.map(Timestamp::from_seconds));
        let place =
            |environment: Option<crate::graph::NodeId>| environment.map(|node| world.word(node)).unwrap_or_default();
        let lines = found.places.iter().map(|presence| {
            let spans = presence.spans.iter().map(|span| {
                let end = span.until.map(|(node, _)| world.word(node)).unwrap_or_default();
                format!("{}..{end}", world.word(span.by))
            });
            format!("{}={}", place(presence.environment), spans.collect::<Vec<_>>().join(","))
        });
        lines.collect::<Vec<_>>().join(" ").replace("deployment:", "").replace("environment:", "")
    }

    #[test]
    fn a_change_is_where_what_was_made_from_it_runs() {
        let all = "again=p5.. production=p3..p4,p1..p2 hotfix=h1.. staging=s1..";
        for (word, at, expected) in [
            ("change:1", None, all),
            ("ticket:t", None, all),
            ("commit:b", None, "again=p5.. production=p3..,p1..p2 staging=s1.."),
            ("artifact:vb", None, "production=p1..p2 staging=s1.."),
            ("change:1", Some(250), "production=p1.. hotfix=h1.. staging=s1.."),
            ("change:1", Some(120), "staging=s1.."),
            ("commit:r", None, "production=p4.."),
            ("commit:head1", None, ""),
        ] {
            assert_eq!(told(word, at), expected, "{word} {at:?}");
        }
    }

    #[test]
    fn what_no_commit_stands_for_is_a_cut() {
        let world = World::read("ticket:t child_of ticket:u");
        let found = whereabouts(&world.graph, world.id("ticket:t"), None);
        assert_eq!(found.cuts[0].what, "commit");
    }
}
