//! What holds the thing that was asked for, and what each deployment of a place says of it.

use std::collections::HashSet;

use super::{MAX_SPANS, Span, deployments_of_all, is, merged_as, parts_of, sort, with_picks};
use crate::graph::{Graph, NodeId};
use crate::link::LinkKind;
use crate::node::NodeKind;
use crate::queries::ancestry;
use crate::queries::rollouts::changes_of_commit;
use crate::queries::running::targets;
use crate::time::Timestamp;

/// The most reverts of one piece of work that are looked at.
const MAX_REVERTS: usize = 20;

/// How many times over a revert that was reverted is followed.
const MAX_REVERTS_OF_REVERTS: usize = 8;

/// The most artifacts that one deployment is looked through for.
const MAX_CARRIED: usize = 1_000;

/// What holds the thing that was asked for.
pub(super) struct Holders {
    /// Each piece of work that stands for it; it is there while one of them is.
    works: Vec<Work>,
    artifacts: HashSet<NodeId>,
    /// A commit of each repository that it is of.
    repositories: Vec<NodeId>,
}

/// Commits that came together, and what took them back.
struct Work {
    /// Commits that have it, by themselves or below them.
    after: HashSet<NodeId>,
    reverts: Vec<Revert>,
}

/// A commit that took something back.
struct Revert {
    commit: NodeId,
    /// What was made on it, or on what repeats it, these among it.
    after: HashSet<NodeId>,
    /// What took the taking back back.
    undone: Vec<Revert>,
}

/// What the deployments of one place say.
pub(super) struct History {
    /// When it was there, the newest first.
    pub(super) spans: Vec<Span>,
    /// The last deployment, where nobody knows what it was made from.
    pub(super) unknown: Option<NodeId>,
}

impl Holders {
    pub(super) fn of(graph: &Graph, works: &[Vec<NodeId>], artifacts: &[NodeId]) -> Self {
        let mut repositories: Vec<NodeId> = Vec::new();
        for commit in works.iter().flatten() {
            if !repositories.iter().any(|known| ancestry::are_of_one_repository(graph, *known, *commit)) {
                repositories.push(*commit);
            }
        }
        let mut held = Vec::new();
        // What nobody took back is looked at together: much was made on all of it.
        let mut never_reverted: Vec<NodeId> = Vec::new();
        for commits in works {
            let mut met: HashSet<NodeId> = commits.iter().copied().collect();
            let reverts = Revert::all(graph, commits, &mut met, MAX_REVERTS_OF_REVERTS);
            if reverts.is_empty() {
                never_reverted.extend(commits);
            } else {
                held.push(Work { after: ancestry::descendants(graph, commits), reverts });
            }
        }
        held.push(Work { after: ancestry::descendants(graph, &never_reverted), reverts: Vec::new() });
        Self { works: held, artifacts: artifacts.iter().copied().collect(), repositories }
    }

    /// Whether not all that was made on it was read.
    pub(super) fn is_cut(&self) -> bool {
        self.works.iter().any(|work| work.after.len() >= ancestry::MAX_LATER_COMMITS)
    }

    /// The services that anything which holds it was ever deployed of, by key.
    pub(super) fn services(&self, graph: &Graph) -> Vec<NodeId> {
        let held = self.works.iter().flat_map(|work| &work.after).chain(&self.artifacts).copied();
        let deployments = deployments_of_all(graph, held);
        let mut services: Vec<NodeId> =
            deployments.into_iter().flat_map(|node| targets(graph, node, LinkKind::Of)).collect();
        sort(graph, &mut services);
        services
    }

    /// When the deployments of one place, in order of time, held it; the newest first.
    pub(super) fn history(&self, graph: &Graph, rollouts: &[(Timestamp, NodeId)]) -> History {
        let mut spans: Vec<Span> = Vec::new();
        let mut is_open = false;
        let mut unknown = None;
        for (at, deployment) in rollouts {
            let (holds, reverted_by) = match self.holds(graph, *deployment) {
                Holding::Held => (true, None),
                Holding::Lacking(reverted_by) => (false, reverted_by),
                Holding::Elsewhere => continue,
                Holding::Unknown => {
                    unknown = Some(*deployment);
                    continue;
                }
            };
            unknown = None;
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
        History { spans, unknown }
    }

    /// What a deployment says of it.
    fn holds(&self, graph: &Graph, deployment: NodeId) -> Holding {
        let heads = ancestry::heads(graph, deployment);
        if !self.artifacts.is_empty() {
            let carried = carried(graph, deployment);
            if carried.iter().any(|node| self.artifacts.contains(node)) {
                return Holding::Held;
            }
            if self.repositories.is_empty() {
                return if carried.is_empty() && heads.is_empty() { Holding::Unknown } else { Holding::Lacking(None) };
            }
        }
        if heads.is_empty() {
            return Holding::Unknown;
        }
        let is_own = |head: &NodeId| {
            self.repositories.iter().any(|commit| ancestry::are_of_one_repository(graph, *commit, *head))
        };
        if !heads.iter().any(is_own) {
            return Holding::Elsewhere;
        }
        let mut reverted_by = None;
        for work in self.works.iter().filter(|work| heads.iter().any(|head| work.after.contains(head))) {
            match work.reverts.iter().find(|revert| revert.takes(&heads)) {
                Some(revert) => reverted_by = reverted_by.or(Some(revert.commit)),
                None => return Holding::Held,
            }
        }
        Holding::Lacking(reverted_by)
    }
}

/// What a deployment says of what was asked for.
enum Holding {
    Held,
    /// It lacks it; because a commit took it back, where one did.
    Lacking(Option<NodeId>),
    /// It is of another repository, and says nothing.
    Elsewhere,
    /// Nobody knows what it was made from.
    Unknown,
}

impl Revert {
    /// The reverts of some commits, each with what reverts it in turn, so many times over. What takes back a part of its own
    /// change before that is merged takes nothing back.
    fn all(graph: &Graph, commits: &[NodeId], met: &mut HashSet<NodeId>, depth: usize) -> Vec<Self> {
        if depth == 0 {
            return Vec::new();
        }
        let mut reverts = reverts_of(graph, commits);
        reverts.retain(|revert| met.insert(*revert));
        reverts.truncate(MAX_REVERTS);
        let of = |commit: NodeId| {
            let carriers = with_picks(graph, merged_as(graph, commit));
            let undone = Self::all(graph, &carriers, met, depth - 1);
            Self { commit, after: ancestry::descendants(graph, &carriers), undone }
        };
        reverts.into_iter().map(of).collect()
    }

    /// Whether what was made from these has the revert, and nothing in it undoes that.
    fn takes(&self, heads: &[NodeId]) -> bool {
        heads.iter().any(|head| self.after.contains(head)) && !self.undone.iter().any(|undone| undone.takes(heads))
    }
}

/// The commits that revert one of these, or the change that it is part of, and are of no such change themselves. By key.
pub(super) fn reverts_of(graph: &Graph, commits: &[NodeId]) -> Vec<NodeId> {
    let reverting = |node: NodeId| {
        let links = graph.downstream(node).filter(|(_, link)| link.kind == LinkKind::Reverts);
        links.map(|(_, link)| link.from).filter(|from| graph.node(*from).is_some()).collect::<Vec<_>>()
    };
    let changes: HashSet<NodeId> = commits.iter().flat_map(|commit| changes_of_commit(graph, *commit)).collect();
    let mut reverts: Vec<NodeId> = commits.iter().chain(&changes).flat_map(|node| reverting(*node)).collect();
    let whole: Vec<NodeId> = reverts.iter().copied().filter(|node| is(graph, *node, NodeKind::Change)).collect();
    reverts.extend(whole.into_iter().filter(|change| !changes.contains(change)).flat_map(|node| parts_of(graph, node)));
    reverts.retain(|node| {
        is(graph, *node, NodeKind::Commit)
            && !changes_of_commit(graph, *node).iter().any(|change| changes.contains(change))
    });
    sort(graph, &mut reverts);
    reverts
}

/// What a deployment deploys, with what its releases give out and what its artifacts are made of.
fn carried(graph: &Graph, deployment: NodeId) -> HashSet<NodeId> {
    let mut waiting = targets(graph, deployment, LinkKind::Deploys);
    let mut met: HashSet<NodeId> = waiting.iter().copied().collect();
    while let Some(node) = waiting.pop().filter(|_| met.len() <= MAX_CARRIED) {
        let links = graph.upstream(node);
        let ends = links.filter(|(_, link)| matches!(link.kind, LinkKind::Includes | LinkKind::DerivedFrom));
        let ends: Vec<NodeId> = ends.map(|(_, link)| link.to).collect();
        waiting.extend(ends.into_iter().filter(|end| is(graph, *end, NodeKind::Artifact) && met.insert(*end)));
    }
    met
}
