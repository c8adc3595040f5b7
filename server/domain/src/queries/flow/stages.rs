//! The way of each change that went live, stage by stage.

use crate::graph::NodeId;
use crate::link::LinkKind;
use crate::node::NodeKind;
use crate::queries::board::tickets_of;
use crate::queries::flow::survey::Arrival;
use crate::queries::flow::{Figure, Ground, Milestone, Number, Why, seconds_between};
use crate::queries::rollouts::changes_of_commit;
use crate::queries::running::targets;
use crate::time::Timestamp;

/// How long the changes that went live took from milestone to milestone, and the whole way.
///
/// Each stage counts the changes of which both its ends are known, so that the stages need not add up to the whole.
pub(super) fn figures(ground: &Ground<'_>) -> Vec<Figure> {
    let milestones = milestones(ground);
    let journeys: Vec<Journey<'_>> = ground
        .live_changes()
        .into_iter()
        .map(|(change, arrival)| {
            let moments = milestones.iter().map(|milestone| moment(ground, *milestone, change, arrival)).collect();
            Journey { change, arrival, moments }
        })
        .collect();
    let last = milestones.len().saturating_sub(1);
    let mut figures = vec![between(ground, Number::WholeWay, &journeys, (0, last))];
    for (place, (start, end)) in milestones.iter().zip(milestones.iter().skip(1)).enumerate() {
        figures.push(between(ground, Number::Stage(*start, *end), &journeys, (place, place + 1)));
    }
    figures
}

/// The way of one change.
struct Journey<'g> {
    change: NodeId,
    arrival: &'g Arrival,
    /// When it passed each milestone, as far as that is known.
    moments: Vec<Option<Timestamp>>,
}

fn milestones(ground: &Ground<'_>) -> Vec<Milestone> {
    let mut milestones = vec![
        Milestone::TicketOpened,
        Milestone::FirstCommit,
        Milestone::ChangeOpened,
        Milestone::Merged,
        Milestone::Built,
    ];
    let before = ground.survey.way.split_last().map(|(_, before)| before).unwrap_or_default();
    let reached = before.iter().enumerate();
    milestones
        .extend(reached.map(|(index, environment)| Milestone::Reached { environment: *environment, place: index + 1 }));
    milestones.push(Milestone::Live);
    milestones
}

fn between(ground: &Ground<'_>, number: Number, journeys: &[Journey<'_>], (start, end): (usize, usize)) -> Figure {
    let mut tally = ground.of_deployments(number);
    ground.note_holes(&mut tally);
    ground.note_commits_without_change(&mut tally);
    for journey in journeys {
        let at = |place: usize| journey.moments.get(place).copied().flatten();
        let began = at(start).ok_or(Why::NoBeginning);
        let took = began.and_then(|began| seconds_between(began, at(end).ok_or(Why::NoEnd)?));
        let rollout = journey.arrival.rollout;
        tally.took(journey.change, rollout.at, took, vec![rollout.deployment]);
    }
    tally.finish()
}

fn moment(ground: &Ground<'_>, milestone: Milestone, change: NodeId, arrival: &Arrival) -> Option<Timestamp> {
    match milestone {
        Milestone::TicketOpened => {
            let tickets = tickets_of(ground.graph, &[change], &[]);
            let opened = |ticket: &NodeId| ground.occurred(*ticket).or_else(|| ground.times.began.get(ticket).copied());
            tickets.iter().filter_map(opened).min()
        }
        Milestone::FirstCommit => first_commit(ground, change),
        Milestone::ChangeOpened => ground.opened(change),
        Milestone::Merged => ground.merged(change),
        Milestone::Built => built(ground, arrival),
        Milestone::Reached { environment, .. } => reached(ground, environment, change, arrival),
        Milestone::Live => Some(arrival.rollout.at),
    }
}

/// The earliest of the commits that the change is known to consist of, those of its branch among them.
fn first_commit(ground: &Ground<'_>, change: NodeId) -> Option<Timestamp> {
    let links = ground.graph.downstream(change).filter(|(_, link)| link.kind == LinkKind::PartOf);
    let commits = links.map(|(_, link)| link.from).filter(|node| ground.is(*node, NodeKind::Commit));
    let own = commits.filter(|commit| changes_of_commit(ground.graph, *commit).contains(&change));
    own.filter_map(|commit| ground.occurred(commit)).min()
}

/// When what was deployed was ready: its artifacts, or where these have no time what made them; of several the last.
fn built(ground: &Ground<'_>, arrival: &Arrival) -> Option<Timestamp> {
    let artifacts = targets(ground.graph, arrival.rollout.deployment, LinkKind::Deploys);
    let artifacts = artifacts.into_iter().filter(|node| ground.is(*node, NodeKind::Artifact));
    let ready = artifacts.filter_map(|artifact| {
        ground.occurred(artifact).or_else(|| {
            let makers = targets(ground.graph, artifact, LinkKind::ProducedBy);
            let ended = makers
                .into_iter()
                .filter_map(|maker| ground.times.ended.get(&maker).copied().or_else(|| ground.occurred(maker)));
            ended.min()
        })
    });
    ready.max()
}

/// When the last of the commits of a change that went live came to an environment before; none where one is not known to
/// have been there.
fn reached(ground: &Ground<'_>, environment: NodeId, change: NodeId, arrival: &Arrival) -> Option<Timestamp> {
    let service = arrival.rollout.service?;
    let own = arrival.commits.iter().filter(|commit| changes_of_commit(ground.graph, **commit).contains(&change));
    let moments: Option<Vec<Timestamp>> =
        own.map(|commit| ground.survey.staged.get(&(service, environment, *commit)).copied()).collect();
    moments?.into_iter().max()
}
