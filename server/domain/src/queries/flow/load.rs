//! Work in progress, batch sizes and rework.

use std::collections::{BTreeSet, HashMap};

use crate::graph::NodeId;
use crate::link::LinkKind;
use crate::node::Outcome;
use crate::queries::ancestry;
use crate::queries::board::board;
use crate::queries::flow::figure::{Tally, weeks};
use crate::queries::flow::survey::{Arrival, Sort};
use crate::queries::flow::{Figure, Ground, Number, Piece, Sum, Week, Why};
use crate::queries::rollouts::changes_of_commit;
use crate::queries::running::targets;
use crate::time::Timestamp;

/// The most merged changes that are held against what runs; the newest count.
const MAX_COMPARED_CHANGES: usize = 2_000;

/// The figures of work in progress, batch size and rework.
pub(super) fn figures(ground: &Ground<'_>) -> Vec<Figure> {
    let mut figures = vec![open_changes(ground), merged_waiting(ground)];
    let way = &ground.survey.way;
    for (index, (from, environment)) in way.iter().zip(way.iter().skip(1)).enumerate() {
        let number = Number::Waiting { from: *from, environment: *environment, place: index + 2 };
        figures.push(waiting(ground, number, *from, *environment));
    }
    figures.push(batch(ground, Number::BatchChanges, |arrival| arrival.changes.len()));
    figures.push(batch(ground, Number::BatchCommits, |arrival| arrival.commits.len()));
    figures.push(rework(ground));
    figures.push(mending(ground, Number::Reverts, LinkKind::Reverts));
    figures.push(mending(ground, Number::Fixes, LinkKind::Fixes));
    figures
}

/// The changes that are open at the end of the period; week by week, those that were open at the end of the week.
fn open_changes(ground: &Ground<'_>) -> Figure {
    let (from, to) = (ground.survey.from, ground.survey.to);
    let known_from = ground.survey.first_change;
    let mut tally = Tally::new(ground, Number::OpenChanges, known_from);
    tally.miss_many(Why::TooMany, ground.survey.changes_left_out);
    let mut spans: Vec<(Timestamp, Option<Timestamp>)> = Vec::new();
    for change in &ground.survey.changes {
        match span(ground, *change) {
            Ok((opened, ended)) if opened < to && ended.is_none_or(|ended| ended > from) => {
                spans.push((opened, ended));
                if ended.is_none_or(|ended| ended >= to) {
                    let value = Some(to.seconds() - opened.seconds());
                    let (beside, says) = (Vec::new(), String::new());
                    tally.add(Piece { node: *change, at: opened, value, beside, says });
                }
            }
            Ok(_) => {}
            Err(why) => tally.miss(why, *change),
        }
    }
    let mut figure = tally.finish();
    figure.weeks = weeks((from, to))
        .into_iter()
        .map(|(start, end)| {
            let open = spans.iter().filter(|(opened, ended)| *opened < end && ended.is_none_or(|ended| ended >= end));
            let sum = Sum { count: open.count(), ..Sum::default() };
            Week { start, end, sum, is_known: known_from.is_some_and(|known| known < end) }
        })
        .collect();
    figure
}

/// When a change was opened, and when it ended, if it has.
///
/// # Errors
/// Why that is not known.
fn span(ground: &Ground<'_>, change: NodeId) -> Result<(Timestamp, Option<Timestamp>), Why> {
    let outcome = ground.graph.node(change).and_then(|record| record.outcome);
    let told = ground.times.ended.get(&change).copied();
    let ended = match outcome {
        Some(Outcome::Running | Outcome::Pending) => None,
        Some(Outcome::Success) => Some(ground.merged(change).ok_or(Why::NoEnd)?),
        Some(Outcome::Failure | Outcome::Abandoned) => Some(told.ok_or(Why::NoEnd)?),
        None => Some(told.ok_or(Why::NoState)?),
    };
    // What ended before the period is of no interest to it, however little is known of its beginning.
    match (ground.opened(change), ended) {
        (Some(opened), ended) => Ok((opened, ended)),
        (None, Some(ended)) if ended <= ground.survey.from => Ok((ended, Some(ended))),
        (None, _) => Err(Why::NoBeginning),
    }
}

/// The changes that were merged in the period and that no commit of is live at its end, in repositories of which something
/// runs in the environment.
fn merged_waiting(ground: &Ground<'_>) -> Figure {
    let (from, to) = (ground.survey.from, ground.survey.to);
    let mut tally = Tally::new(ground, Number::MergedWaiting, ground.survey.first_deployment);
    let running = running_heads(ground);
    let merged = ground.survey.changes.iter().filter_map(|change| Some((ground.merged(*change)?, *change)));
    let mut merged: Vec<(Timestamp, NodeId)> = merged.filter(|(at, _)| (from..to).contains(at)).collect();
    merged.sort_by(|left, right| right.cmp(left));
    let mut compared = 0;
    for (at, change) in merged {
        let places = targets(ground.graph, change, LinkKind::In);
        let Some(heads) = places.iter().find_map(|place| running.get(place)) else { continue };
        compared += 1;
        if compared > MAX_COMPARED_CHANGES {
            tally.miss_many(Why::TooMany, 1);
            continue;
        }
        match is_live(ground, change, heads) {
            Ok(true) => {}
            Ok(false) => {
                let value = Some(to.seconds() - at.seconds());
                tally.add(Piece { node: change, at, value, beside: Vec::new(), says: String::new() });
            }
            Err(why) => tally.miss(why, change),
        }
    }
    tally.finish()
}

/// The commits that run in the environment at the end of the period, by repository.
fn running_heads(ground: &Ground<'_>) -> HashMap<NodeId, Vec<NodeId>> {
    let mut found: HashMap<NodeId, Vec<NodeId>> = HashMap::new();
    for rollout in &ground.survey.latest {
        for commit in ancestry::heads(ground.graph, rollout.deployment) {
            for repository in targets(ground.graph, commit, LinkKind::In) {
                found.entry(repository).or_default().push(commit);
            }
        }
    }
    found
}

/// Whether a commit of the change is in what runs.
fn is_live(ground: &Ground<'_>, change: NodeId, heads: &[NodeId]) -> Result<bool, Why> {
    let links = ground.graph.downstream(change).filter(|(_, link)| link.kind == LinkKind::PartOf);
    let commits: Vec<NodeId> = links
        .map(|(_, link)| link.from)
        .filter(|commit| changes_of_commit(ground.graph, *commit).contains(&change))
        .collect();
    if commits.is_empty() {
        return Err(Why::NoCommit);
    }
    let new = ancestry::difference(ground.graph, &commits, heads);
    if commits.iter().any(|commit| !new.commits.contains(commit)) {
        Ok(true)
    } else if new.holes.is_empty() && !new.cut {
        Ok(false)
    } else {
        Err(Why::Hole)
    }
}

/// What is in one environment and not in the next, at the end of the period.
fn waiting(ground: &Ground<'_>, number: Number, from: NodeId, environment: NodeId) -> Figure {
    let to = ground.survey.to;
    let mut tally = Tally::new(ground, number, ground.survey.first_deployment);
    // What arrives at the end itself is of the next period.
    let moment = Timestamp::from_micros(to.micros().saturating_sub(1));
    for candidate in board(ground.graph, &[(environment, from)], Some(moment)) {
        let is_asked = |services: &Vec<NodeId>| services.contains(&candidate.service);
        if ground.survey.services.as_ref().is_some_and(|services| !is_asked(services)) {
            continue;
        }
        if candidate.is_unknown {
            tally.miss(Why::NotComparable, candidate.deployment);
            continue;
        }
        let graph = ground.graph;
        let alone = candidate.commits.iter().filter(|commit| changes_of_commit(graph, **commit).is_empty());
        for node in candidate.changes.iter().chain(alone) {
            let at = candidate.waiting_since.unwrap_or(to);
            let value = candidate.waiting_since.map(|since| to.seconds() - since.seconds());
            tally.add(Piece { node: *node, at, value, beside: vec![candidate.deployment], says: String::new() });
        }
    }
    tally.finish()
}

fn batch(ground: &Ground<'_>, number: Number, size: impl Fn(&Arrival) -> usize) -> Figure {
    let mut tally = ground.of_deployments(number);
    for arrival in ground.brought() {
        let node = arrival.rollout.deployment;
        if arrival.has_hole {
            tally.miss(Why::Hole, node);
            continue;
        }
        let value = i64::try_from(size(arrival)).ok();
        let (beside, says) = (arrival.changes.clone(), String::new());
        tally.add(Piece { node, at: arrival.rollout.at, value, beside, says });
    }
    tally.finish()
}

/// The deployments that take something back or bring a revert or a fix, of all that changed something.
fn rework(ground: &Ground<'_>) -> Figure {
    let mut tally = ground.of_deployments(Number::Rework);
    let changed = ground.survey.arrivals.iter();
    for arrival in changed.filter(|arrival| matches!(arrival.sort, Sort::Brings | Sort::GoesBack)) {
        tally.one_of_all(arrival.rollout.at);
        let reverts = units(ground, arrival, LinkKind::Reverts);
        let fixes = units(ground, arrival, LinkKind::Fixes);
        let says = if arrival.sort == Sort::GoesBack {
            "it went back".to_owned()
        } else if !arrival.taken_back.is_empty() {
            format!("it took back {} of the commits that had been there", arrival.taken_back.len())
        } else if !reverts.is_empty() {
            "it brought a revert".to_owned()
        } else if !fixes.is_empty() {
            "it brought a fix of an earlier commit".to_owned()
        } else {
            continue;
        };
        let beside: BTreeSet<NodeId> = reverts.into_iter().chain(fixes).collect();
        let beside = beside.into_iter().collect();
        tally.add(Piece { node: arrival.rollout.deployment, at: arrival.rollout.at, value: None, beside, says });
    }
    tally.finish()
}

/// What a deployment brought that reverts or fixes something: changes, and commits of which no change is known.
fn units(ground: &Ground<'_>, arrival: &Arrival, kind: LinkKind) -> BTreeSet<NodeId> {
    let graph = ground.graph;
    let says_so = |node: &NodeId| graph.upstream(*node).any(|(_, link)| link.kind == kind);
    let mut units: BTreeSet<NodeId> = arrival.changes.iter().copied().filter(says_so).collect();
    for commit in arrival.commits.iter().copied().filter(says_so) {
        let changes = changes_of_commit(graph, commit);
        units.extend(if changes.is_empty() { vec![commit] } else { changes });
    }
    units
}

fn mending(ground: &Ground<'_>, number: Number, kind: LinkKind) -> Figure {
    let mut tally = ground.of_deployments(number);
    ground.note_holes(&mut tally);
    let mut met = BTreeSet::new();
    for arrival in ground.brought() {
        for node in units(ground, arrival, kind) {
            if met.insert(node) {
                let beside = vec![arrival.rollout.deployment];
                tally.add(Piece { node, at: arrival.rollout.at, value: None, beside, says: String::new() });
            }
        }
    }
    tally.finish()
}
