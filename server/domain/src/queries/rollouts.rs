//! Deployments in order of time, and what each of them brought: the commits, and through them the changes, that it has and
//! that the one before it in the same place had not.
//!
//! Nothing of this is stored. A deployment or a push that arrives late corrects every answer by itself.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::dossier::Cut;
use crate::graph::{Graph, NodeId};
use crate::link::{LinkClass, LinkKind};
use crate::node::{NodeKind, Outcome};
use crate::queries::ancestry::{self, Difference};
use crate::queries::running::{Timeline, name_of, targets};
use crate::time::Timestamp;

/// The most commits that are listed of what one deployment brought; the newest come first.
pub const MAX_BROUGHT_COMMITS: usize = 2_000;

/// How many earlier deployments to a place are looked at for one that can be compared.
const MAX_LOOKED_BACK: usize = 20;

/// The most commits of one deployment that are named because nobody told of their parents.
const MAX_HOLES: usize = 10;

/// What a cut is called before which nothing is known of a place.
pub(super) const NOTHING_BEFORE: &str = "deployment before";

/// One deployment of one service to one environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rollout {
    /// When it counts from.
    pub at: Timestamp,
    /// The deployment.
    pub deployment: NodeId,
    /// What it is of, if that is known.
    pub service: Option<NodeId>,
    /// Where it went, if that is known.
    pub environment: Option<NodeId>,
}

/// Which deployments are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first moment.
    pub from: Timestamp,
    /// The first moment after it.
    pub to: Timestamp,
    /// Only those to this environment.
    pub environment: Option<NodeId>,
    /// Only those of this service.
    pub service: Option<NodeId>,
}

/// What a deployment changed in its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Brought {
    /// The commits that it was made from. By key.
    pub heads: Vec<NodeId>,
    /// The commits that it has and that what it replaced had not, the newest first; at most [`MAX_BROUGHT_COMMITS`].
    pub commits: Vec<NodeId>,
    /// The changes that these are part of, the newest first.
    pub changes: Vec<NodeId>,
    /// The commits that what it replaced had and that it has not any more: what a rollback takes back. The newest first.
    pub taken_back: Vec<NodeId>,
    /// Whether it goes back: it takes commits back and brings none, or it says itself that it puts back what was there.
    pub is_rollback: bool,
    /// Where the chain cannot be followed.
    pub cuts: Vec<Cut>,
}

impl Rollout {
    /// A deployment of which only one service and environment, or none, are known; of several the first by key is taken.
    pub fn of(graph: &Graph, deployment: NodeId) -> Option<Self> {
        let record = graph.node(deployment).filter(|record| record.kind == NodeKind::Deployment)?;
        let first = |kind| {
            let mut ends = targets(graph, deployment, kind);
            ends.sort_by_key(|end| graph.node(*end).map(|record| record.key.clone()));
            ends.first().copied()
        };
        Some(Self {
            at: record.occurred?,
            deployment,
            service: first(LinkKind::Of),
            environment: first(LinkKind::DeployedTo),
        })
    }
}

/// The deployments of a period that succeeded, one for each service and environment of each, in order of (time, key).
///
/// Costs time in the number of all deployments, unless a service is given.
pub fn rollouts(graph: &Graph, period: &Period) -> Vec<Rollout> {
    let mut found: Vec<Rollout> = match period.service {
        Some(service) => graph
            .downstream(service)
            .filter(|(_, link)| link.kind == LinkKind::Of)
            .flat_map(|(_, link)| places(graph, link.from))
            .collect(),
        None => graph.of_kind(NodeKind::Deployment).flat_map(|node| places(graph, node)).collect(),
    };
    found.retain(|rollout| {
        let fits = |wanted: Option<NodeId>, own: Option<NodeId>| wanted.is_none() || wanted == own;
        (period.from..period.to).contains(&rollout.at)
            && fits(period.environment, rollout.environment)
            && fits(period.service, rollout.service)
    });
    let key = |node: NodeId| graph.node(node).map(|record| &record.key);
    let order = |one: &Rollout| (one.at, key(one.deployment), one.service.and_then(key), one.environment.and_then(key));
    found.sort_by(|left, right| order(left).cmp(&order(right)));
    found.dedup();
    found
}

/// The services and environments of a deployment that succeeded; empty for other nodes.
fn places(graph: &Graph, deployment: NodeId) -> Vec<Rollout> {
    let record = graph
        .node(deployment)
        .filter(|record| record.kind == NodeKind::Deployment && record.outcome == Some(Outcome::Success));
    let Some(at) = record.and_then(|record| record.occurred) else { return Vec::new() };
    let or_none = |nodes: Vec<NodeId>| match nodes.is_empty() {
        true => vec![None],
        false => nodes.into_iter().map(Some).collect(),
    };
    let environments = or_none(targets(graph, deployment, LinkKind::DeployedTo));
    let services = or_none(targets(graph, deployment, LinkKind::Of));
    let pairs = services.iter().flat_map(|service| environments.iter().map(move |place| (*service, *place)));
    pairs.map(|(service, environment)| Rollout { at, deployment, service, environment }).collect()
}

/// The deployment before one in its place; none where it is the first that is known, or its service is not known.
pub fn before(timeline: &mut Timeline<'_>, rollout: &Rollout) -> Option<Rollout> {
    let service = rollout.service?;
    let place = (service, rollout.environment);
    let (at, deployment) = timeline.neighbours(place, rollout.at, rollout.deployment).0?;
    Some(Rollout { at, deployment, ..*rollout })
}

/// What a deployment brought to its place, beside the last one before it there that was made from the same repository.
///
/// Several tools may report one deployment, each with a commit of its own (the code, the configuration), so every repository
/// is compared by itself. Of the first deployment that is known of a place only the commits that it was made from are told:
/// what was there before is not known, and that is a cut. The cost grows with what was brought, and with the deployments of
/// the service.
pub fn brought(graph: &Graph, timeline: &mut Timeline<'_>, rollout: &Rollout) -> Brought {
    let last = before(timeline, rollout);
    let mut brought = would_bring(graph, timeline, rollout.deployment, last.as_ref());
    if brought.heads.is_empty() {
        brought.is_rollback |= puts_back(graph, timeline, rollout);
    }
    if rollout.service.is_none() {
        brought.cuts.retain(|cut| cut.what != NOTHING_BEFORE);
        brought.cuts.push(without_service(graph, rollout.deployment));
    }
    brought
}

/// What is new in one deployed thing beside what another one is made from; either may be a deployment, artifact, release
/// or commit.
pub fn between(graph: &Graph, newer: NodeId, older: Option<NodeId>) -> Brought {
    let former = older.map(|older| (older, ancestry::heads(graph, older)));
    compare(graph, newer, |commit| {
        let (older, heads) = former.as_ref()?;
        Some((*older, of_repository(graph, commit, heads)))
    })
}

/// What something would bring to a place beside what runs there: beside the last deployment there that was made from the same
/// repository, as in [`brought`].
pub fn would_bring(
    graph: &Graph,
    timeline: &mut Timeline<'_>,
    candidate: NodeId,
    running: Option<&Rollout>,
) -> Brought {
    compare(graph, candidate, |commit| Some(last_like(graph, timeline, running?, commit)))
}

/// The last deployment to a place, from one on backwards, that was made from the repository of a commit, with its commits
/// there; where none of [`MAX_LOOKED_BACK`] was, the one that it began with, without any.
fn last_like(graph: &Graph, timeline: &mut Timeline<'_>, last: &Rollout, commit: NodeId) -> (NodeId, Vec<NodeId>) {
    let mut earlier = Some(*last);
    for _ in 0..MAX_LOOKED_BACK {
        let Some(one) = earlier else { break };
        let heads = of_repository(graph, commit, &ancestry::heads(graph, one.deployment));
        if !heads.is_empty() {
            return (one.deployment, heads);
        }
        earlier = before(timeline, &one);
    }
    (last.deployment, Vec::new())
}

/// Those of some commits that lie in the repository of a commit.
fn of_repository(graph: &Graph, commit: NodeId, heads: &[NodeId]) -> Vec<NodeId> {
    heads.iter().copied().filter(|head| ancestry::are_of_one_repository(graph, commit, *head)).collect()
}

/// Whether a deployment puts back artifacts that ran in its place before those that it replaces. Where no commit is known,
/// a rollback can be told by this alone.
fn puts_back(graph: &Graph, timeline: &mut Timeline<'_>, rollout: &Rollout) -> bool {
    let deploys = |deployment: NodeId| -> BTreeSet<NodeId> {
        targets(graph, deployment, LinkKind::Deploys).into_iter().collect()
    };
    let own = deploys(rollout.deployment);
    let mut later = before(timeline, rollout).filter(|last| !own.is_empty() && deploys(last.deployment) != own);
    for _ in 0..MAX_LOOKED_BACK {
        let Some(earlier) = later.and_then(|later| before(timeline, &later)) else { return false };
        if deploys(earlier.deployment) == own {
            return true;
        }
        later = Some(earlier);
    }
    false
}

/// What is new in a deployed thing, repository by repository; `former` answers for a commit what ran before, and the commits
/// of its repository that this was made from.
fn compare(graph: &Graph, newer: NodeId, mut former: impl FnMut(NodeId) -> Option<(NodeId, Vec<NodeId>)>) -> Brought {
    let mut waiting = ancestry::heads(graph, newer);
    let says_so = graph.upstream(newer).any(|(_, link)| link.kind == LinkKind::RollsBack);
    let mut brought = Brought { heads: waiting.clone(), is_rollback: says_so, ..Brought::default() };
    if waiting.is_empty() {
        brought.cuts.push(without_commit(graph, newer));
    }
    let mut repositories = 0;
    while let Some(first) = waiting.first().copied() {
        let own = of_repository(graph, first, &waiting);
        waiting.retain(|head| !own.contains(head));
        repositories += 1;
        match former(first) {
            None => {
                brought.commits.extend(own);
                brought.cuts.push(first_known(graph, newer));
            }
            Some((older, theirs)) if theirs.is_empty() => {
                brought.commits.extend(own);
                brought.cuts.push(unlike(graph, first, older));
            }
            Some((older, theirs)) => brought.take_in(graph, &own, (older, theirs.as_slice())),
        }
    }
    if repositories > 1 {
        newest_first(graph, &mut brought.commits);
        newest_first(graph, &mut brought.taken_back);
    }
    brought.is_rollback |= brought.commits.is_empty() && !brought.taken_back.is_empty();
    if brought.commits.len() > MAX_BROUGHT_COMMITS {
        brought.commits.truncate(MAX_BROUGHT_COMMITS);
        brought.cuts.push(too_many(graph, newer));
    }
    brought.cuts.sort_by(|left, right| (&left.at, &left.what, &left.why).cmp(&(&right.at, &right.what, &right.why)));
    brought.cuts.dedup();
    brought.changes = changes_of(graph, &brought.commits);
    brought
}

impl Brought {
    /// Adds what some commits of a repository have beside others of it.
    fn take_in(&mut self, graph: &Graph, own: &[NodeId], (older, theirs): (NodeId, &[NodeId])) {
        let Difference { mut commits, holes, is_joined, cut } = ancestry::difference(graph, own, theirs);
        let back = ancestry::difference(graph, theirs, own);
        // Where the two never meet, going back and going on look alike from here: the side that is older by its commits'
        // times is the one that was gone back to.
        if !is_joined && is_older(graph, own, theirs) {
            self.taken_back.extend(back.commits);
            commits.clear();
        } else if back.is_joined {
            self.taken_back.extend(back.commits);
        }
        if cut {
            self.cuts.extend(own.first().map(|head| too_many(graph, *head)));
        }
        self.cuts.extend(holes.into_iter().take(MAX_HOLES).map(|hole| without_parent(graph, hole, older)));
        self.commits.extend(commits);
    }
}

/// Commits of several repositories in one order: the newest first, those without a time last, then by key.
fn newest_first(graph: &Graph, commits: &mut [NodeId]) {
    commits.sort_by_cached_key(|commit| {
        let record = graph.node(*commit);
        (std::cmp::Reverse(record.and_then(|record| record.occurred)), record.map(|record| record.key.clone()))
    });
}

/// Whether the newest of some commits is older than the newest of others.
fn is_older(graph: &Graph, heads: &[NodeId], others: &[NodeId]) -> bool {
    let newest = |commits: &[NodeId]| commits.iter().filter_map(|commit| graph.node(*commit)?.occurred).max();
    newest(heads).zip(newest(others)).is_some_and(|(own, others)| own < others)
}

/// The changes that commits are part of, in the order of the commits, each once.
pub fn changes_of(graph: &Graph, commits: &[NodeId]) -> Vec<NodeId> {
    let merged = merged_with(graph, commits);
    let mut met = BTreeSet::new();
    let mut changes = Vec::new();
    for commit in commits {
        let own = changes_of_commit(graph, *commit);
        let own = if own.is_empty() { merged.get(commit).copied().into_iter().collect() } else { own };
        changes.extend(own.into_iter().filter(|change| met.insert(*change)));
    }
    changes
}

/// The change by whose merge each commit came of which no tool says what it is part of.
///
/// Tools name the head of a pull request and what it was merged as; the other commits of its branch, or those that a merge
/// put on top one by one, come in the same push. A push moves its branch on from one commit (asserted) and lists what came
/// with it (next to each other); if its head is what a change was merged as, all that it brought came by merging that change.
pub fn merged_with(graph: &Graph, commits: &[NodeId]) -> BTreeMap<NodeId, NodeId> {
    let among: HashSet<NodeId> = commits.iter().copied().collect();
    let mut found = BTreeMap::new();
    for &head in commits {
        let (told, listed): (Vec<_>, Vec<_>) = graph
            .upstream(head)
            .filter(|(_, link)| link.kind == LinkKind::Parent)
            .map(|(_, link)| (link.class, link.to))
            .partition(|(class, _)| *class > LinkClass::Guessed);
        let [change] = changes_of_commit(graph, head)[..] else { continue };
        if told.is_empty() || listed.is_empty() {
            continue;
        }
        let reached = |from: Vec<(LinkClass, NodeId)>| {
            let mut met: HashSet<NodeId> = HashSet::new();
            let mut waiting: Vec<NodeId> = from.into_iter().map(|(_, commit)| commit).collect();
            while let Some(commit) = waiting.pop().filter(|_| met.len() <= MAX_BROUGHT_COMMITS) {
                if among.contains(&commit) && met.insert(commit) {
                    waiting.extend(ancestry::parents(graph, commit));
                }
            }
            met
        };
        let before = reached(told);
        for commit in reached(listed).difference(&before) {
            if changes_of_commit(graph, *commit).is_empty() {
                found.entry(*commit).or_insert(change);
            }
        }
    }
    found
}

/// The changes that one commit is part of, the surest class only, by key.
pub fn changes_of_commit(graph: &Graph, commit: NodeId) -> Vec<NodeId> {
    let links = graph.upstream(commit).filter(|(_, link)| {
        link.kind == LinkKind::PartOf && graph.node(link.to).is_some_and(|record| record.kind == NodeKind::Change)
    });
    let found: Vec<_> = links.map(|(_, link)| (link.class, link.to)).collect();
    let surest = found.iter().map(|(class, _)| *class).max();
    let mut changes: Vec<NodeId> =
        found.into_iter().filter(|(class, _)| Some(*class) == surest).map(|(_, change)| change).collect();
    changes.sort_by_key(|change| graph.node(*change).map(|record| record.key.clone()));
    changes.dedup();
    changes
}

fn cut(graph: &Graph, node: NodeId, what: &str, why: String, fix: &str) -> Cut {
    let at = graph.node(node).map(|record| record.key.as_str().to_owned()).unwrap_or_default();
    Cut { at, what: what.to_owned(), why, fix: fix.to_owned() }
}

fn without_commit(graph: &Graph, node: NodeId) -> Cut {
    let why =
        format!("it is not known which commit {} was made from, so no change can be told from it", called(graph, node));
    let fix = "let the deployment name the full commit id, or let the build report the commit and the digest of what it pushes";
    cut(graph, node, "commit", why, fix)
}

fn first_known(graph: &Graph, node: NodeId) -> Cut {
    let name = called(graph, node);
    let why =
        format!("nothing is known of what ran there before {name}, so only the commit that it was made from is told");
    let fix = "read the deployments of before, with `throughline backfill` or as facts; from the next deployment on it is known";
    cut(graph, node, NOTHING_BEFORE, why, fix)
}

fn without_service(graph: &Graph, node: NodeId) -> Cut {
    let name = called(graph, node);
    let why = format!("it is not known which service {name} is of, so it cannot be compared with the one before it");
    let fix = "let the deployment name its service, or list the service with its repository in the catalog";
    cut(graph, node, "service", why, fix)
}

/// What ran before was made from something else, or nobody knows from what.
fn unlike(graph: &Graph, commit: NodeId, older: NodeId) -> Cut {
    if ancestry::heads(graph, older).is_empty() {
        return without_commit(graph, older);
    }
    let why = format!(
        "{} was made from another repository than commit {}, so only that commit is told of what came with it",
        called(graph, older),
        short(graph, commit)
    );
    let fix = "read the deployments of before, with `throughline backfill` or as facts; from the next deployment on it is known";
    cut(graph, commit, NOTHING_BEFORE, why, fix)
}

fn without_parent(graph: &Graph, commit: NodeId, older: NodeId) -> Cut {
    let why = format!(
        "it is not known what commit {} was made on, so commits between it and what {} deployed may be missing here",
        short(graph, commit),
        called(graph, older)
    );
    let fix = "send the pushes of its repository here, read a clone with `throughline import git`, or fetch lost deliveries \
               with `throughline backfill`";
    cut(graph, commit, "parent", why, fix)
}

fn too_many(graph: &Graph, node: NodeId) -> Cut {
    let why = format!("{} brought more commits than are listed; the newest are here", called(graph, node));
    cut(graph, node, "bound", why, "ask for the difference between two points that are nearer to each other")
}

fn called(graph: &Graph, node: NodeId) -> String {
    let kind = graph.node(node).map_or("piece", |record| record.kind.label()).to_lowercase();
    format!("{kind} {}", short(graph, node))
}

/// The name of a node, with an object id or digest cut to what people read.
pub(super) fn short(graph: &Graph, node: NodeId) -> String {
    const SHOWN: usize = 12;
    let name = name_of(graph, node);
    let is_id = name.len() >= 40
        && name.rsplit(':').next().is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let shown = name.find(':').map_or(SHOWN, |colon| colon + 1 + SHOWN);
    if is_id { name.get(..shown).unwrap_or(&name).to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::{Period, Rollout, before, brought, merged_with, rollouts};
    use crate::queries::running::Timeline;
    use crate::queries::testing::World;
    use crate::time::Timestamp;

    const SHOP: &str = "
        commit:a @10 part_of change:1
        commit:b @20 parent commit:a part_of change:2
        commit:c @30 parent commit:b L0 part_of change:9 L2 part_of change:3
        commit:z @60 parent commit:lost
        deployment:d1 @100 ok of service:shop deployed_to environment:production deploys commit:a
        deployment:s1 @150 ok of service:shop deployed_to environment:staging deploys commit:c
        deployment:d2 @200 ok of service:shop deployed_to environment:production deploys commit:c
        deployment:d3 @250 failed of service:shop deployed_to environment:production deploys commit:z
        deployment:d4 @300 ok of service:shop deployed_to environment:production deploys commit:a
        deployment:d5 @400 ok of service:shop deployed_to environment:production deploys commit:z
        deployment:d6 @500 ok of service:shop deployed_to environment:production deploys artifact:unknown";

    fn told(word: &str) -> String {
        let world = World::read(SHOP);
        let rollout = Rollout::of(&world.graph, world.id(word)).unwrap();
        let found = brought(&world.graph, &mut Timeline::new(&world.graph), &rollout);
        let cuts: Vec<&str> = found.cuts.iter().map(|cut| cut.what.as_str()).collect();
        format!(
            "{}|{}|{}|{}|{}",
            world.words(&found.commits),
            world.words(&found.changes),
            world.words(&found.taken_back),
            if found.is_rollback { "back" } else { "on" },
            cuts.join(" ")
        )
    }

    #[test]
    fn a_deployment_brings_what_the_one_before_had_not() {
        for (word, expected) in [
            ("deployment:d1", "commit:a|change:1||on|deployment before"),
            ("deployment:d2", "commit:c commit:b|change:3 change:2||on|"),
            ("deployment:d4", "||commit:c commit:b|back|"),
            ("deployment:d5", "commit:z commit:lost|||on|parent"),
            ("deployment:d6", "|||on|commit"),
        ] {
            assert_eq!(told(word), expected, "{word}");
        }
    }

    fn of(text: &str, word: &str) -> String {
        let world = World::read(text);
        let rollout = Rollout::of(&world.graph, world.id(word)).unwrap();
        let found = brought(&world.graph, &mut Timeline::new(&world.graph), &rollout);
        let cuts: Vec<&str> = found.cuts.iter().map(|cut| cut.what.as_str()).collect();
        let (commits, back) = (world.words(&found.commits), if found.is_rollback { "back" } else { "on" });
        format!("{commits}|{}|{back}|{}", world.words(&found.taken_back), cuts.join(" "))
    }

    #[test]
    fn two_tools_that_report_one_deployment_do_not_replace_each_other() {
        // A pipeline tells of the code, and the tool that applies the configuration of that, in turn.
        let text = "
            commit:app!a @1; commit:app!b @2 parent commit:app!a; commit:conf!j @1; commit:conf!k @3 parent commit:conf!j
            deployment:c1 @10 ok of service:shop deployed_to environment:production deploys commit:app!a
            deployment:g1 @11 ok of service:shop deployed_to environment:production deploys commit:conf!j
            deployment:c2 @20 ok of service:shop deployed_to environment:production deploys commit:app!b
            deployment:g2 @21 ok of service:shop deployed_to environment:production deploys commit:conf!k
            deployment:t2 @22 ok of service:shop deployed_to environment:production deploys commit:app!b
            deployment:c3 @30 ok of service:shop deployed_to environment:production deploys commit:app!a";
        for (word, expected) in [
            ("deployment:c1", "commit:a||on|deployment before"),
            ("deployment:g1", "commit:j||on|deployment before"),
            ("deployment:c2", "commit:b||on|"),
            ("deployment:g2", "commit:k||on|"),
            ("deployment:t2", "||on|"),
            ("deployment:c3", "|commit:b|back|"),
        ] {
            assert_eq!(of(text, word), expected, "{word}");
        }
    }

    #[test]
    fn a_deployment_of_which_no_commit_is_known_hides_nothing_behind_it() {
        let text = "
            commit:a @1; commit:b @2 parent commit:a; commit:c @3 parent commit:b
            deployment:1 @10 ok of service:shop deployed_to environment:production deploys commit:a
            deployment:2 @20 ok of service:shop deployed_to environment:production deploys artifact:x
            deployment:3 @30 ok of service:shop deployed_to environment:production deploys commit:c
            deployment:4 @40 ok deployed_to environment:production deploys commit:c
            deployment:5 @50 ok of service:odd deployed_to environment:production deploys artifact:x
            deployment:6 @60 ok of service:odd deployed_to environment:production deploys artifact:x
            deployment:7 @70 ok of service:odd deployed_to environment:production deploys artifact:y
            deployment:8 @80 ok of service:odd deployed_to environment:production deploys artifact:x
            deployment:9 @90 ok of service:odd deployed_to environment:production rolls_back deployment:8";
        for (word, expected) in [
            ("deployment:2", "||on|commit"),
            ("deployment:3", "commit:c commit:b||on|"),
            ("deployment:4", "commit:c||on|service"),
            ("deployment:6", "||on|commit"),
            ("deployment:7", "||on|commit"),
            ("deployment:8", "||back|commit"),
            ("deployment:9", "||back|commit"),
        ] {
            assert_eq!(of(text, word), expected, "{word}");
        }
    }

    #[test]
    fn a_hotfix_brings_its_commit_and_takes_back_what_it_was_not_made_on() {
        let text = "
            commit:a @1; commit:b @2 parent commit:a; commit:h @3 parent commit:a; commit:m @4 parent commit:b commit:h
            deployment:1 @10 ok of service:shop deployed_to environment:production deploys commit:b
            deployment:2 @20 ok of service:shop deployed_to environment:production deploys commit:h
            deployment:3 @30 ok of service:shop deployed_to environment:production deploys release:r
            release:r includes tag:v3; tag:v3 built_from commit:m
            deployment:4 @40 ok of service:shop deployed_to environment:production deploys commit:b
            deployment:5 @50 ok of service:shop deployed_to environment:production deploys commit:a
            deployment:6 @60 ok of service:shop deployed_to environment:production deploys commit:m";
        for (word, expected) in [
            ("deployment:2", "commit:h|commit:b|on|"),
            ("deployment:3", "commit:m commit:b||on|"),
            ("deployment:4", "|commit:m commit:h|back|"),
            ("deployment:5", "|commit:b|back|"),
            ("deployment:6", "commit:m commit:h commit:b||on|"),
        ] {
            assert_eq!(of(text, word), expected, "{word}");
        }
    }

    #[test]
    fn across_a_hole_the_older_side_by_its_commits_is_what_was_gone_back_to() {
        let text = "
            commit:old @5; commit:new @50
            deployment:1 @60 ok of service:shop deployed_to environment:production deploys commit:new
            deployment:2 @70 ok of service:shop deployed_to environment:production deploys commit:old
            deployment:3 @80 ok of service:shop deployed_to environment:production deploys commit:new";
        assert_eq!(of(text, "deployment:2"), "|commit:new|back|parent");
        assert_eq!(of(text, "deployment:3"), "commit:new||on|parent");
    }

    #[test]
    fn what_a_merge_brought_in_is_of_its_change() {
        // r3 is what change 1 was merged as; the same push listed r1 and r2 before it. d was pushed by itself.
        let world = World::read(
            "commit:base @1
             commit:r1 @10 L0 parent commit:base
             commit:r2 @11 L0 parent commit:r1
             commit:r3 @12 L0 parent commit:r2 L2 parent commit:base part_of change:1
             commit:d @20 parent commit:r3
             commit:s @30 parent commit:d part_of change:2
             deployment:a @5 ok of service:shop deployed_to environment:production deploys commit:base
             deployment:b @40 ok of service:shop deployed_to environment:production deploys commit:s",
        );
        let rollout = Rollout::of(&world.graph, world.id("deployment:b")).unwrap();
        let found = brought(&world.graph, &mut Timeline::new(&world.graph), &rollout);
        let merged = merged_with(&world.graph, &found.commits);
        let told: Vec<String> =
            merged.iter().map(|(commit, change)| format!("{} {}", world.word(*commit), world.word(*change))).collect();
        assert_eq!(told, ["commit:r1 change:1", "commit:r2 change:1"]);
        assert_eq!(world.words(&found.changes), "change:2 change:1");
    }

    #[test]
    fn a_period_has_its_successful_deployments_in_order() {
        let world = World::read(SHOP);
        let environment = Some(world.id("environment:production"));
        let (from, to) = (Timestamp::from_seconds(100), Timestamp::from_seconds(400));
        let words = |period: &Period| {
            let found = rollouts(&world.graph, period);
            world.words(&found.iter().map(|rollout| rollout.deployment).collect::<Vec<_>>())
        };
        let period = Period { from, to, environment, service: None };
        assert_eq!(words(&period), "deployment:d1 deployment:d2 deployment:d4");
        let all = Period { environment: None, service: Some(world.id("service:shop")), ..period };
        assert_eq!(words(&all), "deployment:d1 deployment:s1 deployment:d2 deployment:d4");
        let rollout = Rollout::of(&world.graph, world.id("deployment:d4")).unwrap();
        let earlier = before(&mut Timeline::new(&world.graph), &rollout).unwrap();
        assert_eq!(world.word(earlier.deployment), "deployment:d2");
    }
}
