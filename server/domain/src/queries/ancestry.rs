//! The commits behind what is deployed, and what one set of commits has that another has not.
//!
//! The history of a repository is known as far as pushes and imports told of parents. Where a push was lost there is a hole;
//! whoever compares two points across it is told where it is, and never gets a guess in its place.

use std::cmp::Ordering;
use std::collections::{BTreeSet, BinaryHeap, HashMap, HashSet};

use crate::graph::{Graph, NodeId};
use crate::key::Key;
use crate::link::LinkKind;
use crate::node::NodeKind;
use crate::time::Timestamp;

/// The most commits that one comparison reads.
pub const MAX_COMPARED_COMMITS: usize = 50_000;

/// The most commits after one commit that are looked at to find what contains it.
pub const MAX_LATER_COMMITS: usize = 200_000;

/// How many commits of the older side are read after nothing new is left to read: clocks of commits are not always in order,
/// and what was taken for new may yet be reached.
const OLDER_READ_ON: usize = 64;

/// How far from what is deployed its commits may be: an artifact of an artifact, made by a job of a run.
const MAX_HEAD_STEPS: usize = 6;

/// The links that lead from what is deployed to the commit it was made from.
const TO_COMMIT: [LinkKind; 6] = [
    LinkKind::Deploys,
    LinkKind::Includes,
    LinkKind::ProducedBy,
    LinkKind::BuiltFrom,
    LinkKind::PartOf,
    LinkKind::DerivedFrom,
];

/// What one set of commits has and another has not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// The commits, the newest first, then by key.
    pub commits: Vec<NodeId>,
    /// The commits among them whose parents nobody told of: something may be missing before these. By key.
    pub holes: Vec<NodeId>,
    /// Whether the two sets were seen to meet; where they were not, nobody knows which of them came first.
    pub is_joined: bool,
    /// Whether [`MAX_COMPARED_COMMITS`] ended the comparison.
    pub cut: bool,
}

/// The commits that a deployment, artifact, release, build or tag was made from; a commit is its own. By key.
///
/// Builds are left for their commits; a job or build is looked at through the run that it is part of only where it does not
/// say itself what it was built from. A deployment that names a commit is of that one; what else it deploys counts where it
/// comes from another repository, as images do beside the configuration that names them.
pub fn heads(graph: &Graph, node: NodeId) -> Vec<NodeId> {
    let found = made_from(graph, node);
    if !is(graph, node, NodeKind::Deployment) {
        return found;
    }
    let deploys = graph.upstream(node).filter(|(_, link)| link.kind == LinkKind::Deploys).map(|(_, link)| link.to);
    let is_other = |end: &NodeId| graph.node(*end).is_some_and(|record| record.kind != NodeKind::Commit);
    let beside = deploys.filter(is_other).flat_map(|end| made_from(graph, end));
    let others = beside.filter(|commit| !found.iter().any(|own| are_of_one_repository(graph, *own, *commit)));
    let all: BTreeSet<_> = others.chain(found.iter().copied()).map(|commit| (key_of(graph, commit), commit)).collect();
    all.into_iter().map(|(_, commit)| commit).collect()
}

/// Whether two commits lie in the same repository.
pub fn are_of_one_repository(graph: &Graph, one: NodeId, other: NodeId) -> bool {
    one == other || key_of(graph, one).zip(key_of(graph, other)).is_some_and(|(one, other)| one.shares_place(other))
}

/// The commits that a node leads to, without those of nodes that name one themselves. By key.
fn made_from(graph: &Graph, node: NodeId) -> Vec<NodeId> {
    let mut found = BTreeSet::new();
    let mut level = vec![node];
    let mut met: HashSet<NodeId> = level.iter().copied().collect();
    for _ in 0..=MAX_HEAD_STEPS {
        let mut next = Vec::new();
        for node in level {
            if is(graph, node, NodeKind::Commit) {
                found.insert((key_of(graph, node), node));
                continue;
            }
            next.extend(towards_commits(graph, node).into_iter().filter(|ahead| met.insert(*ahead)));
        }
        level = next;
    }
    found.into_iter().map(|(_, node)| node).collect()
}

/// One step from a node towards the commits that it was made from.
fn towards_commits(graph: &Graph, node: NodeId) -> Vec<NodeId> {
    let links: Vec<_> = graph
        .upstream(node)
        .filter(|(_, link)| TO_COMMIT.contains(&link.kind) && graph.node(link.to).is_some())
        .map(|(_, link)| (link.kind, link.to))
        .collect();
    let direct: Vec<NodeId> =
        links.iter().filter(|(_, to)| is(graph, *to, NodeKind::Commit)).map(|(_, to)| *to).collect();
    if direct.is_empty() {
        // A commit is also part of a change, but nothing that is deployed is; tickets and changes of a release lead nowhere.
        let ahead = links.into_iter().map(|(_, to)| to);
        ahead.filter(|to| !is(graph, *to, NodeKind::Change) && !is(graph, *to, NodeKind::Ticket)).collect()
    } else {
        direct
    }
}

/// The parents of a commit, as far as they were told.
pub fn parents(graph: &Graph, commit: NodeId) -> impl Iterator<Item = NodeId> + '_ {
    graph
        .upstream(commit)
        .filter(|(_, link)| link.kind == LinkKind::Parent && graph.node(link.to).is_some())
        .map(|(_, link)| link.to)
}

/// The commits that `newer` reaches and `older` does not.
///
/// Both are walked together, the latest commit first, as long as something is left that only `newer` reaches, so that the
/// cost grows with the difference and not with the history. A commit without a time counts as old as the commit that was
/// made on it. Where the clocks of commits disagree with their order, what was taken for new is taken back once the older
/// side reaches it.
pub fn difference(graph: &Graph, newer: &[NodeId], older: &[NodeId]) -> Difference {
    let mut walk = Comparison { graph, sides: HashMap::new(), queue: BinaryHeap::new(), new_waiting: 0, read: 0 };
    for &commit in newer {
        walk.reach(commit, Side::New, Timestamp::from_micros(i64::MAX));
    }
    for &commit in older {
        walk.reach(commit, Side::Old, Timestamp::from_micros(i64::MAX));
    }
    walk.run();
    walk.finish(newer, older)
}

/// The commits that were made on one of these, and these themselves; at most [`MAX_LATER_COMMITS`].
pub fn descendants(graph: &Graph, commits: &[NodeId]) -> HashSet<NodeId> {
    let mut met: HashSet<NodeId> = commits.iter().copied().collect();
    let mut waiting: Vec<NodeId> = commits.to_vec();
    while let Some(commit) = waiting.pop() {
        if met.len() >= MAX_LATER_COMMITS {
            break;
        }
        for (_, link) in graph.downstream(commit).filter(|(_, link)| link.kind == LinkKind::Parent) {
            if graph.node(link.from).is_some() && met.insert(link.from) {
                waiting.push(link.from);
            }
        }
    }
    met
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    New,
    Old,
}

struct Reached {
    side: Side,
    is_done: bool,
    at: Timestamp,
}

struct Comparison<'g> {
    graph: &'g Graph,
    sides: HashMap<NodeId, Reached>,
    queue: BinaryHeap<Waiting<'g>>,
    new_waiting: usize,
    read: usize,
}

/// A commit in the queue: the latest first, then the smaller key.
struct Waiting<'g> {
    at: Timestamp,
    key: Option<&'g Key>,
    commit: NodeId,
    side: Side,
}

impl Ord for Waiting<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.at.cmp(&other.at).then_with(|| other.key.cmp(&self.key))
    }
}

impl PartialOrd for Waiting<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Waiting<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Waiting<'_> {}

impl<'g> Comparison<'g> {
    fn run(&mut self) {
        let mut read_on = 0;
        while (self.new_waiting > 0 || read_on < OLDER_READ_ON) && self.read < MAX_COMPARED_COMMITS {
            read_on = if self.new_waiting > 0 { 0 } else { read_on + 1 };
            let Some(next) = self.queue.pop() else { return };
            self.new_waiting -= usize::from(next.side == Side::New);
            let Some(reached) = self.sides.get_mut(&next.commit).filter(|reached| reached.side == next.side) else {
                continue;
            };
            reached.is_done = true;
            self.read += 1;
            let graph = self.graph;
            for parent in parents(graph, next.commit) {
                self.reach(parent, next.side, next.at);
            }
        }
    }

    /// Notes that a side reaches a commit. What the older side reaches is old, whatever was thought of it.
    fn reach(&mut self, commit: NodeId, side: Side, child: Timestamp) {
        let known = self.graph.node(commit).and_then(|record| record.occurred);
        let at = known.unwrap_or(Timestamp::from_micros(child.micros().saturating_sub(1)));
        match self.sides.get_mut(&commit) {
            Some(reached) if side == Side::New || reached.side == Side::Old => return,
            Some(reached) => *reached = Reached { side, is_done: false, at: reached.at },
            None => {
                self.sides.insert(commit, Reached { side, is_done: false, at });
            }
        }
        let key = self.graph.node(commit).map(|record| &record.key);
        self.new_waiting += usize::from(side == Side::New);
        self.queue.push(Waiting { at, key, commit, side });
    }

    fn finish(self, newer: &[NodeId], older: &[NodeId]) -> Difference {
        let graph = self.graph;
        let is_new = |commit: NodeId| self.sides.get(&commit).is_some_and(|reached| reached.side == Side::New);
        let mut commits: Vec<(Timestamp, NodeId)> = self
            .sides
            .iter()
            .filter(|(_, reached)| reached.side == Side::New)
            .map(|(commit, reached)| (reached.at, *commit))
            .collect();
        let key = |commit: NodeId| key_of(graph, commit);
        commits.sort_by(|left, right| right.0.cmp(&left.0).then_with(|| key(left.1).cmp(&key(right.1))));
        let commits: Vec<NodeId> = commits.into_iter().map(|(_, commit)| commit).collect();
        let is_joined = newer.iter().all(|commit| !is_new(*commit))
            || commits.iter().any(|commit| parents(graph, *commit).any(|parent| !is_new(parent)));
        let mut holes: Vec<NodeId> = match older.is_empty() {
            true => Vec::new(),
            false => commits.iter().copied().filter(|commit| parents(graph, *commit).next().is_none()).collect(),
        };
        holes.sort_by(|left, right| key(*left).cmp(&key(*right)));
        let cut = self.new_waiting > 0;
        Difference { commits, holes, is_joined, cut }
    }
}

fn is(graph: &Graph, node: NodeId, kind: NodeKind) -> bool {
    graph.node(node).is_some_and(|record| record.kind == kind)
}

fn key_of(graph: &Graph, node: NodeId) -> Option<&Key> {
    graph.node(node).map(|record| &record.key)
}

#[cfg(test)]
mod tests {
    use super::{descendants, difference, heads};
    use crate::queries::testing::World;

    fn between(world: &World, newer: &str, older: &str) -> (String, String) {
        let ids = |words: &str| words.split_whitespace().map(|word| world.id(word)).collect::<Vec<_>>();
        let found = difference(&world.graph, &ids(newer), &ids(older));
        assert!(!found.cut);
        (world.words(&found.commits), world.words(&found.holes))
    }

    const LINE: &str = "
        commit:a @10; commit:b @20 parent commit:a; commit:c @30 parent commit:b
        commit:side @25 parent commit:a; commit:m @40 parent commit:c commit:side
        commit:lone @50 parent commit:gap";

    #[test]
    fn a_difference_is_what_only_the_newer_side_reaches() {
        let world = World::read(LINE);
        for (newer, older, expected) in [
            ("commit:c", "commit:a", "commit:c commit:b"),
            ("commit:m", "commit:c", "commit:m commit:side"),
            ("commit:c", "commit:m", ""),
            ("commit:c", "commit:c", ""),
            ("commit:side", "commit:c", "commit:side"),
        ] {
            assert_eq!(between(&world, newer, older), (expected.to_owned(), String::new()), "{newer} {older}");
        }
    }

    #[test]
    fn a_hole_is_named_where_the_two_never_meet() {
        let world = World::read(LINE);
        let expected = ("commit:lone commit:gap".to_owned(), "commit:gap".to_owned());
        assert_eq!(between(&world, "commit:lone", "commit:c"), expected);
        let joined = |newer: &str| difference(&world.graph, &[world.id(newer)], &[world.id("commit:b")]).is_joined;
        assert!(joined("commit:c") && joined("commit:a") && !joined("commit:lone"));
    }

    #[test]
    fn a_hole_beside_what_meets_is_named_too() {
        // The push from a to e listed its last two commits only.
        let world = World::read("commit:a @10; commit:d @40; commit:e @50 parent commit:d commit:a");
        let expected = ("commit:e commit:d".to_owned(), "commit:d".to_owned());
        assert_eq!(between(&world, "commit:e", "commit:a"), expected);
        assert!(difference(&world.graph, &[world.id("commit:e")], &[world.id("commit:a")]).is_joined);
    }

    #[test]
    fn a_cycle_of_parents_and_a_parent_that_is_told_twice_end() {
        let world = World::read(
            "commit:a @10 parent commit:b; commit:b @20 parent commit:a commit:a; commit:x @5
             commit:s @30 parent commit:s commit:x",
        );
        assert_eq!(between(&world, "commit:b", "commit:x").0, "commit:b commit:a");
        assert_eq!(between(&world, "commit:s", "commit:x").0, "commit:s");
        assert_eq!(descendants(&world.graph, &[world.id("commit:a")]).len(), 2);
    }

    #[test]
    fn images_of_another_repository_stand_beside_the_configuration_that_names_them() {
        let world = World::read(
            "deployment:d deploys commit:config!k artifact:v artifact:own
             artifact:v built_from commit:app!a; artifact:own built_from commit:config!j
             deployment:e deploys artifact:v",
        );
        assert_eq!(world.words(&heads(&world.graph, world.id("deployment:d"))), "commit:a commit:k");
        assert_eq!(world.words(&heads(&world.graph, world.id("deployment:e"))), "commit:a");
    }

    #[test]
    fn wrong_clocks_change_nothing() {
        let world = World::read("commit:x @90; commit:c @80 parent commit:x; commit:n @100 parent commit:x");
        assert_eq!(between(&world, "commit:n", "commit:c").0, "commit:n");
        let world = World::read("commit:a @90; commit:b @10 parent commit:a; commit:c @80 parent commit:b");
        assert_eq!(between(&world, "commit:c", "commit:b").0, "commit:c");
        assert_eq!(between(&world, "commit:b", "commit:c").0, "");
        assert_eq!(between(&world, "commit:c", "commit:a").0, "commit:c commit:b");
    }

    #[test]
    fn what_is_deployed_leads_to_its_commits() {
        let world = World::read(
            "deployment:d deploys artifact:v; artifact:v produced_by build:b; build:b part_of pipeline_run:r
             pipeline_run:r built_from commit:a; commit:a part_of change:1
             release:x includes artifact:v change:1 tag:t; tag:t built_from commit:z
             artifact:w derived_from artifact:v
             artifact:direct built_from commit:y produced_by build:b",
        );
        for (word, expected) in [
            ("deployment:d", "commit:a"),
            ("release:x", "commit:a commit:z"),
            ("artifact:w", "commit:a"),
            ("artifact:direct", "commit:y"),
            ("commit:a", "commit:a"),
            ("change:1", ""),
        ] {
            assert_eq!(world.words(&heads(&world.graph, world.id(word))), expected, "{word}");
        }
        let line = World::read(LINE);
        assert_eq!(descendants(&line.graph, &[line.id("commit:b")]).len(), 3);
    }
}
