//! What the commits of a deployment are told as: changes, and commits of which no change is known.

use std::collections::{HashMap, HashSet};

use super::cut;
use crate::dossier::Cut;
use crate::graph::{Graph, NodeId};
use crate::link::{LinkClass, LinkKind};
use crate::queries::rollouts::{self, changes_of_commit};
use crate::queries::running::targets;

/// The most commits of one change that are looked through for what it takes back.
const MAX_PARTS: usize = 250;

/// The commits that were brought, by the change that they are part of, in the order of the commits; a commit of which no
/// change is known stands for itself.
pub(super) fn units(graph: &Graph, commits: &[NodeId]) -> Vec<(NodeId, Vec<NodeId>)> {
    let merged = rollouts::merged_with(graph, commits);
    let mut places: HashMap<NodeId, usize> = HashMap::new();
    let mut units: Vec<(NodeId, Vec<NodeId>)> = Vec::new();
    for commit in commits {
        let mut own = changes_of_commit(graph, *commit);
        if own.is_empty() {
            own.push(merged.get(commit).copied().unwrap_or(*commit));
        }
        for unit in own {
            let place = *places.entry(unit).or_insert(units.len());
            match units.get_mut(place) {
                Some((_, known)) => known.push(*commit),
                None => units.push((unit, vec![*commit])),
            }
        }
    }
    units
}

/// Adds what some commits, the newest first, take back: commits, and whole changes. What was itself taken back later takes
/// nothing back any more.
///
/// What a squashed change takes back may be said by a commit of its branch alone.
pub(super) fn take_back(graph: &Graph, commits: &[NodeId], gone: &mut HashSet<NodeId>) {
    for commit in commits {
        let changes = changes_of_commit(graph, *commit);
        if gone.contains(commit) || changes.iter().any(|change| gone.contains(change)) {
            continue;
        }
        gone.extend(targets(graph, *commit, LinkKind::Reverts));
        for change in changes {
            gone.extend(targets(graph, change, LinkKind::Reverts));
            let links = graph.downstream(change).filter(|(_, link)| link.kind == LinkKind::PartOf);
            let parts: Vec<NodeId> = links.map(|(_, link)| link.from).take(MAX_PARTS).collect();
            let taken = parts.iter().flat_map(|part| targets(graph, *part, LinkKind::Reverts));
            gone.extend(taken.filter(|target| !parts.contains(target)));
        }
    }
}

/// How sure it is what a deployment deployed.
pub(super) fn deploys_class(graph: &Graph, deployment: NodeId) -> LinkClass {
    let links = graph.upstream(deployment).filter(|(_, link)| link.kind == LinkKind::Deploys);
    links.map(|(_, link)| link.class).max().unwrap_or(LinkClass::Guessed)
}

/// How sure it is that commits are part of a change; a commit for itself is as sure as can be.
pub(super) fn part_class(graph: &Graph, node: NodeId, commits: &[NodeId]) -> LinkClass {
    let parts = graph
        .downstream(node)
        .filter(|(_, link)| link.kind == LinkKind::PartOf && commits.contains(&link.from))
        .map(|(_, link)| link.class);
    parts.max().unwrap_or(LinkClass::Cryptographic)
}

/// Says that no change is known that brought a commit in.
pub(super) fn without_change(graph: &Graph, commit: NodeId) -> Cut {
    let why = format!(
        "no pull request is known that brought commit {} in; it was pushed directly, or the word of its merge was lost",
        rollouts::short(graph, commit)
    );
    let fix = "send the pull request events of its repository here; fetch lost ones with `throughline backfill`";
    cut(graph, commit, "change", why, fix)
}
