//! `flow`: how work flows to production, and each number with the pieces that it rests on.
//!
//! The question is asked in two steps. [`survey`] finds what was deployed in the period, what each deployment brought, what
//! went wrong after it, and which changes and incidents there are: it needs only the graph. [`measure`] counts, with the
//! times that only the tables know ([`Times`]). What cannot be counted is never guessed: each figure says how many pieces it
//! leaves out, and why, and since when anything is known.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::graph::{Graph, NodeId};
use crate::node::{NodeKind, Outcome};
use crate::time::Timestamp;

mod dora;
mod fault;
mod figure;
mod load;
mod stages;
mod survey;

pub use fault::{FAILURE_WINDOW_HOURS, REMEDY_WINDOW_HOURS};
pub use survey::{Survey, last_environment, survey, way_to};

/// The most deployments of a period that are looked at; the newest count.
pub const MAX_DEPLOYMENTS: usize = 20_000;

/// The most changes that are looked at for work in progress; the newest count.
pub const MAX_CHANGES: usize = 20_000;

/// The most pieces that a figure lists; the newest come first.
pub const MAX_PIECES: usize = 500;

/// The most pieces that a figure lists for each reason why they could not be counted.
pub const MAX_UNKNOWN: usize = 20;

/// The most things that a piece names beside itself.
pub const MAX_BESIDE: usize = 20;

/// The most weeks that a figure is drawn over: ten years.
pub const MAX_WEEKS: usize = 523;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// The first moment of the period.
    pub from: Timestamp,
    /// The first moment after it.
    pub to: Timestamp,
    /// Only this service.
    pub service: Option<NodeId>,
    /// Only the services that this team answers for.
    pub team: Option<NodeId>,
    /// Where "live" is; unless given, [`last_environment`].
    pub environment: Option<NodeId>,
}

/// Times that the graph in memory does not hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// When a change was opened, an incident began, a build began.
    pub began: HashMap<NodeId, Timestamp>,
    /// When a change was merged or closed, an incident was resolved, a build ended.
    pub ended: HashMap<NodeId, Timestamp>,
}

/// What the way of a change passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Milestone {
    /// The first of its tickets was opened.
    TicketOpened,
    /// The first of its commits was made.
    FirstCommit,
    /// It was opened.
    ChangeOpened,
    /// It was merged.
    Merged,
    /// The artifact that was deployed was ready.
    Built,
    /// It reached an environment before the last one.
    Reached {
        /// The environment.
        environment: NodeId,
        /// Its place on the way, from 1.
        place: usize,
    },
    /// It reached the environment that is asked about.
    Live,
}

/// Which figure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Number {
    /// Deployments that brought something.
    Deployments,
    /// Deployments that went back.
    Rollbacks,
    /// Deployments that changed nothing.
    Redeployments,
    /// From each commit until it was live.
    LeadTime,
    /// From the merge of each change until it was live.
    MergeToLive,
    /// Deployments that failed, of those that brought something.
    FailureRate,
    /// From the beginning of each incident until it was resolved.
    TimeToRestore,
    /// From the opening of a change's ticket until the change was live.
    WholeWay,
    /// From one milestone of each change to the next.
    Stage(Milestone, Milestone),
    /// Changes that are open at the end of the period.
    OpenChanges,
    /// Changes that were merged in the period and are not live at its end.
    MergedWaiting,
    /// What is in one environment and not yet in the next, at the end of the period.
    Waiting {
        /// The environment that it is in.
        from: NodeId,
        /// The environment that it waits for.
        environment: NodeId,
        /// The place of that one on the way, from 1.
        place: usize,
    },
    /// How many changes each deployment brought.
    BatchChanges,
    /// How many commits each deployment brought.
    BatchCommits,
    /// Deployments that take something back or mend it.
    Rework,
    /// Changes and commits that revert others, and went live.
    Reverts,
    /// Changes and commits that fix what others broke, and went live.
    Fixes,
}

/// How the pieces of a figure are summed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// How many there are.
    Count,
    /// How long each took, in seconds.
    Time,
    /// How many there are of a larger number.
    Share,
    /// How large each is.
    Size,
}

/// Why a piece could not be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It is the first deployment that is known of its place.
    FirstKnown,
    /// It is not known which service was deployed.
    NoService,
    /// It is not known which commit it, or the deployment before it, was made from.
    NoCommit,
    /// Commits between two deployments may be missing.
    Hole,
    /// No change is known that the commit is part of.
    NoChange,
    /// It is not known when it began.
    NoBeginning,
    /// It is not known when it ended.
    NoEnd,
    /// The later moment is dated before the earlier one.
    OutOfOrder,
    /// It has not ended, as far as is known.
    StillOpen,
    /// It is not known whether it is open.
    NoState,
    /// It is not known what is waiting.
    NotComparable,
    /// There are more than are looked at.
    TooMany,
}

/// One thing that was counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The deployment, commit, change or incident.
    pub node: NodeId,
    /// The moment by which it is put into a week.
    pub at: Timestamp,
    /// Seconds, or a size; none where pieces are only counted.
    pub value: Option<i64>,
    /// What it rests on beside: the deployment that brought it, the alert that fired, what took it back, the changes that
    /// it brought; at most [`MAX_BESIDE`].
    pub beside: Vec<NodeId>,
    /// Why it counts, in words; empty where that is plain.
    pub says: String,
}

/// Pieces that could not be counted, for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The reason.
    pub why: Why,
    /// How many.
    pub total: usize,
    /// The first of them; at most [`MAX_UNKNOWN`].
    pub nodes: Vec<NodeId>,
}

/// What some pieces come to. Percentiles are by nearest rank: each is the value of one of the pieces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// How many pieces.
    pub count: usize,
    /// How many they are of, where the figure is a share.
    pub of: Option<usize>,
    /// Half of the pieces are no larger than this.
    pub median: Option<i64>,
    /// Three quarters of them.
    pub p75: Option<i64>,
    /// Nine tenths of them.
    pub p90: Option<i64>,
}

/// One week of a figure, from Monday to Monday in UTC; the first and the last are cut to the period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Week {
    /// Its first moment.
    pub start: Timestamp,
    /// The first moment after it.
    pub end: Timestamp,
    /// What its pieces come to.
    pub sum: Sum,
    /// Whether anything is known of it: false before the history begins.
    pub is_known: bool,
}

/// One number, and all that it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// Which one.
    pub number: Number,
    /// What its pieces come to.
    pub sum: Sum,
    /// The pieces, the newest first; at most [`MAX_PIECES`] of `sum.count`.
    pub pieces: Vec<Piece>,
    /// What could not be counted.
    pub unknown: Vec<Unknown>,
    /// When the history begins that it is counted from; none where nothing is known.
    pub known_from: Option<Timestamp>,
    /// Week by week, in order.
    pub weeks: Vec<Week>,
}

impl Number {
    /// The word that stands for the figure in addresses and answers: `lead-time`.
    pub fn word(self) -> String {
        match self {
            Number::Deployments => "deployments".to_owned(),
            Number::Rollbacks => "rollbacks".to_owned(),
            Number::Redeployments => "redeployments".to_owned(),
            Number::LeadTime => "lead-time".to_owned(),
            Number::MergeToLive => "merge-to-live".to_owned(),
            Number::FailureRate => "failure-rate".to_owned(),
            Number::TimeToRestore => "time-to-restore".to_owned(),
            Number::WholeWay => "ticket-to-live".to_owned(),
            Number::Stage(_, end) => format!("to-{}", end.word()),
            Number::OpenChanges => "open-changes".to_owned(),
            Number::MergedWaiting => "merged-waiting".to_owned(),
            Number::Waiting { place, .. } => format!("waiting-for-environment-{place}"),
            Number::BatchChanges => "batch-changes".to_owned(),
            Number::BatchCommits => "batch-commits".to_owned(),
            Number::Rework => "rework".to_owned(),
            Number::Reverts => "reverts".to_owned(),
            Number::Fixes => "fixes".to_owned(),
        }
    }

    /// How its pieces are summed up.
    pub const fn measure(self) -> Measure {
        match self {
            Number::Deployments
            | Number::Rollbacks
            | Number::Redeployments
            | Number::OpenChanges
            | Number::MergedWaiting
            | Number::Waiting { .. }
            | Number::Reverts
            | Number::Fixes => Measure::Count,
            Number::LeadTime | Number::MergeToLive | Number::TimeToRestore | Number::WholeWay | Number::Stage(..) => {
                Measure::Time
            }
            Number::FailureRate | Number::Rework => Measure::Share,
            Number::BatchChanges | Number::BatchCommits => Measure::Size,
        }
    }
}

impl Milestone {
    /// The word that stands for it: `first-commit`.
    pub fn word(self) -> String {
        match self {
            Milestone::TicketOpened => "ticket-opened".to_owned(),
            Milestone::FirstCommit => "first-commit".to_owned(),
            Milestone::ChangeOpened => "change-opened".to_owned(),
            Milestone::Merged => "merged".to_owned(),
            Milestone::Built => "built".to_owned(),
            Milestone::Reached { place, .. } => format!("environment-{place}"),
            Milestone::Live => "live".to_owned(),
        }
    }
}

impl Why {
    /// What it means, for people.
    pub const fn says(self) -> &'static str {
        match self {
            Why::FirstKnown => {
                "the first deployment that is known of its place: what ran there before is not known, so neither is what it brought"
            }
            Why::NoService => "it is not known which service was deployed",
            Why::NoCommit => "it is not known which commit it, or the deployment before it, was made from",
            Why::Hole => "commits between it and the deployment before it may be missing",
            Why::NoChange => "no pull request is known that the commit is part of",
            Why::NoBeginning => "it is not known when this began",
            Why::NoEnd => "it is not known when this ended",
            Why::OutOfOrder => "the later moment is dated before the earlier one",
            Why::StillOpen => "it has not ended, as far as is known",
            Why::NoState => "it is not known whether it is open",
            Why::NotComparable => "it is not known how what runs in the two environments differs",
            Why::TooMany => "there are more than are looked at; ask for a shorter period",
        }
    }

    /// The word that stands for it in answers.
    pub const fn word(self) -> &'static str {
        match self {
            Why::FirstKnown => "first_known",
            Why::NoService => "no_service",
            Why::NoCommit => "no_commit",
            Why::Hole => "hole",
            Why::NoChange => "no_change",
            Why::NoBeginning => "no_beginning",
            Why::NoEnd => "no_end",
            Why::OutOfOrder => "out_of_order",
            Why::StillOpen => "still_open",
            Why::NoState => "no_state",
            Why::NotComparable => "not_comparable",
            Why::TooMany => "too_many",
        }
    }
}

/// Counts what a survey found: all figures, in the order in which they are shown.
pub fn measure(graph: &Graph, survey: &Survey, times: &Times) -> Vec<Figure> {
    let ground = Ground { graph, survey, times };
    let mut figures = dora::figures(&ground);
    figures.extend(stages::figures(&ground));
    figures.extend(load::figures(&ground));
    figures
}

/// All that figures are counted from.
struct Ground<'g> {
    graph: &'g Graph,
    survey: &'g Survey,
    times: &'g Times,
}

impl Ground<'_> {
    /// When a node counts from, as the graph knows it.
    fn occurred(&self, node: NodeId) -> Option<Timestamp> {
        self.graph.node(node)?.occurred
    }

    /// When a change was opened. What the graph holds is that moment only until the change ends.
    fn opened(&self, change: NodeId) -> Option<Timestamp> {
        let record = self.graph.node(change)?;
        let own = record.occurred.filter(|_| matches!(record.outcome, Some(Outcome::Running | Outcome::Pending)));
        self.times.began.get(&change).copied().or(own)
    }

    /// When a change was merged; none for one that was not.
    fn merged(&self, change: NodeId) -> Option<Timestamp> {
        let record = self.graph.node(change).filter(|record| record.outcome == Some(Outcome::Success))?;
        self.times.ended.get(&change).copied().or(record.occurred)
    }

    fn is(&self, node: NodeId, kind: NodeKind) -> bool {
        self.graph.node(node).is_some_and(|record| record.kind == kind)
    }
}

/// The seconds from one moment to another.
///
/// # Errors
/// [`Why::OutOfOrder`] where the later one is dated before the earlier one.
fn seconds_between(earlier: Timestamp, later: Timestamp) -> Result<i64, Why> {
    if later < earlier { Err(Why::OutOfOrder) } else { Ok(later.seconds().saturating_sub(earlier.seconds())) }
}

#[cfg(test)]
mod tests;
