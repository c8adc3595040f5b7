//! The dossier of a change to an environment: everything that is known of it, in one document.
//!
//! Readiness gates, the change history of an audit and change logs all read this and nothing else, so that they can never
//! disagree about what happened. It is also the `input` of gates that somebody writes in Rego; its JSON form is therefore
//! documented, and only ever grows. Whoever assembles it has the graph and the tables; here it is a value.

use serde::{Deserialize, Serialize};

use crate::link::LinkClass;
use crate::node::{NodeKind, Outcome};
use crate::time::Timestamp;

/// A node, with what is needed to name it to people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// The node's key.
    pub key: String,
    /// Its kind.
    pub kind: NodeKind,
    /// Its title, or its reference, or the tool's own id of it: never empty.
    pub title: String,
    /// The short form by which people refer to it: `acme/checkout#42`.
    pub reference: Option<String>,
    /// The address of its page in its tool.
    pub url: Option<String>,
    /// The tool's own word for its state.
    pub state: Option<String>,
    /// How it ended, if that is known.
    pub outcome: Option<Outcome>,
    /// When it counts from.
    pub occurred: Option<Timestamp>,
    /// Whether a delivery has spoken of it; otherwise it is known only because something points at it.
    pub stated: bool,
}

impl Piece {
    /// What people call it in a sentence: the reference, or else the title.
    pub fn name(&self) -> &str {
        self.reference.as_deref().unwrap_or(&self.title)
    }
}

/// Somebody, as a tool names them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Who {
    /// The key of the person's node, which is the same in every tool where the catalog maps their logins.
    pub key: Option<String>,
    /// The name for people: a login, a name or an e-mail address.
    pub name: String,
}

impl Who {
    /// Whether both are known to be one person: by key where both have one, else by the name without regard to case.
    pub fn is(&self, other: &Self) -> bool {
        match (&self.key, &other.key) {
            (Some(own), Some(others)) if own == others => true,
            _ => self.name.eq_ignore_ascii_case(&other.name),
        }
    }
}

/// A link from the piece that holds it, as far as a reader of the dossier needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tie {
    /// Key of the node at the other end.
    pub to: String,
    /// The link kind's word: `resolves`.
    pub says: String,
    /// How sure it is.
    pub class: LinkClass,
}

/// A commit that is brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitLine {
    /// The commit.
    pub piece: Piece,
    /// Who wrote it.
    pub authors: Vec<Who>,
    /// The changes that it is part of.
    pub changes: Vec<Tie>,
    /// The tickets that it names itself.
    pub tickets: Vec<Tie>,
    /// Whether it is the newest commit of what is brought: what was built and is deployed.
    pub is_head: bool,
    /// The ledger entries that this rests on.
    pub entries: Vec<u64>,
}

/// One approval of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who approved.
    pub by: Who,
    /// When, where the tool said it.
    pub at: Option<Timestamp>,
}

/// A pull or merge request that is brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeLine {
    /// The change.
    pub piece: Piece,
    /// Who opened it and who wrote its commits.
    pub authors: Vec<Who>,
    /// Approvals that were not taken back, the newest first.
    pub approvals: Vec<Approval>,
    /// When somebody last pushed to it before it was merged; none where nothing told of a push.
    pub last_push: Option<Timestamp>,
    /// When it was merged.
    pub merged: Option<Timestamp>,
    /// Who merged it.
    pub merged_by: Option<Who>,
    /// Its labels.
    pub labels: Vec<String>,
    /// The tickets that it, or one of its commits, names.
    pub tickets: Vec<Tie>,
    /// The ledger entries that this rests on.
    pub entries: Vec<u64>,
}

/// A ticket behind a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketLine {
    /// The ticket.
    pub piece: Piece,
    /// What sort of ticket it is, in the tracker's own word: `Bug`.
    pub category: Option<String>,
    /// Its labels.
    pub labels: Vec<String>,
    /// The documents that belong to it.
    pub documents: Vec<Piece>,
    /// The ledger entries that this rests on.
    pub entries: Vec<u64>,
}

/// Something that ran on a commit or an artifact: a pipeline run, job, build, test run or scan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunLine {
    /// What ran.
    pub piece: Piece,
    /// Keys of the commits and artifacts that it ran on or checked.
    pub on: Vec<String>,
    /// Whether one of these is a head commit or a deployed artifact, as opposed to an earlier commit of a change.
    pub on_head: bool,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// How many of what, in the tool's words: `128 passed, 1 failed`.
    pub result: Option<String>,
    /// The ledger entries that this rests on.
    pub entries: Vec<u64>,
}

/// An artifact that is deployed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactLine {
    /// The artifact.
    pub piece: Piece,
    /// Its content digest.
    pub digest: Option<String>,
    /// The version that it carries.
    pub version: Option<String>,
    /// Keys of the commits that it is known to be built from, directly or by its build.
    pub commits: Vec<String>,
    /// Key of the build or pipeline run that made it, with how sure that is.
    pub produced_by: Vec<Tie>,
    /// The surest class of the links that say where it comes from; none where there is no such link.
    pub provenance: Option<LinkClass>,
    /// The ledger entries that this rests on.
    pub entries: Vec<u64>,
}

/// One deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolloutLine {
    /// The deployment.
    pub piece: Piece,
    /// The name of the environment that it went to.
    pub environment: Option<String>,
    /// Who or what set it off.
    pub triggered_by: Vec<Who>,
    /// Who approved it.
    pub approved_by: Vec<Who>,
    /// Keys of what it deployed: artifacts, releases, commits.
    pub deploys: Vec<String>,
    /// Alerts and incidents that fired while it was the latest in its place.
    pub fired: Vec<Piece>,
    /// When the next one took its place there.
    pub replaced: Option<Timestamp>,
    /// The ledger entries that this rests on.
    pub entries: Vec<u64>,
}

/// What watches over the service, and who answers for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// The teams and people that own the service today.
    pub owners: Vec<Piece>,
    /// Runbooks, of the service or of its alert rules.
    pub runbooks: Vec<Piece>,
    /// Its dashboards.
    pub dashboards: Vec<Piece>,
    /// Its alert rules.
    pub alert_rules: Vec<Piece>,
    /// Other documents of the service, and of the tickets that are brought.
    pub documents: Vec<Piece>,
    /// What is left of the error budget, in percent of the whole, and when that was said; none where nobody has said it.
    pub error_budget: Option<Budget>,
}

/// What is left of an error budget.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// As it was stated: `12.5`, in percent; negative where it is overspent.
    pub percent: String,
    /// When that was so.
    pub at: Option<Timestamp>,
    /// The ledger entry that states it.
    pub entry: u64,
}

/// What a person has decided about a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionLine {
    /// What was decided.
    pub what: ReleaseDecision,
    /// Who decided.
    pub by: Who,
    /// Why, in their words.
    pub reason: String,
    /// When.
    pub at: Timestamp,
    /// When it ceases to count; none for a sign-off that holds for good.
    pub expires: Option<Timestamp>,
    /// The ledger entry that it is.
    pub entry: u64,
}

/// A decision about a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type", content = "gate")]
pub enum ReleaseDecision {
    /// It may go out.
    Go,
    /// It must not go out.
    NoGo,
    /// The gate of that name need not pass.
    Waive(String),
    /// It goes out as an emergency: what is missing is made good afterwards.
    Emergency,
}

/// A place where the chain cannot be followed further.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// Key of the last node before the cut.
    pub at: String,
    /// What is missing, as a word: `parent`.
    pub what: String,
    /// What that means, in words.
    pub why: String,
    /// What to do about it.
    pub fix: String,
}

/// Everything that is known of one change to an environment: one that has happened, or one that somebody wants to make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dossier {
    /// The moment as of which it was assembled.
    pub evaluated: Timestamp,
    /// The size of the ledger at that moment.
    pub ledger_size: u64,
    /// What goes out: an artifact, release or commit; for a deployment that names nothing of these, itself.
    pub candidate: Piece,
    /// What it is of.
    pub service: Option<Piece>,
    /// Where it goes.
    pub environment: Piece,
    /// The name of the environment that it has to pass through before, by the catalog.
    pub previous_environment: Option<String>,
    /// The deployment, where it has happened; none for a candidate.
    pub deployment: Option<RolloutLine>,
    /// What it replaces: the deployment before it in that place, or what runs there now.
    pub replaces: Option<RolloutLine>,
    /// Whether it goes back to something that ran there before, or to an ancestor of what it replaces.
    pub is_rollback: bool,
    /// The commits that it brings and that what it replaces did not have, the newest first.
    pub commits: Vec<CommitLine>,
    /// The changes among them, the newest first.
    pub changes: Vec<ChangeLine>,
    /// The tickets behind these, by key.
    pub tickets: Vec<TicketLine>,
    /// What ran on the commits and artifacts.
    pub runs: Vec<RunLine>,
    /// What is deployed.
    pub artifacts: Vec<ArtifactLine>,
    /// Every deployment of the same candidate and service, the newest first, those to other environments among them.
    pub rollouts: Vec<RolloutLine>,
    /// What watches over the service.
    pub watch: Watch,
    /// Incidents of the service and environment that are not over.
    pub open_incidents: Vec<Piece>,
    /// Who is on call for the owning teams at the moment of evaluation.
    pub on_call: Vec<OnCall>,
    /// What people have decided about it, the newest first.
    pub decisions: Vec<DecisionLine>,
    /// Where its chain cannot be followed.
    pub cuts: Vec<Cut>,
}

/// How much older than the merge a commit has to be to have been pushed before it; a squashed commit is made by merging.
const MERGE_SECONDS: i64 = 60;

impl Dossier {
    /// The moment for which it speaks: when it was deployed, or else when it was assembled.
    pub fn moment(&self) -> Timestamp {
        self.deployment.as_ref().and_then(|deployment| deployment.piece.occurred).unwrap_or(self.evaluated)
    }

    /// Whether what goes out ran in that very environment before.
    ///
    /// Something can be older than what runs there without ever having run there: a commit in the middle of a pull request,
    /// or one whose date somebody has set.
    pub fn has_run_there(&self) -> bool {
        let (here, moment) = (self.environment.name().to_lowercase(), self.moment());
        let own = self.deployment.as_ref().map(|deployment| deployment.piece.key.as_str());
        self.rollouts.iter().any(|rollout| {
            rollout.environment.as_deref().is_some_and(|name| name.to_lowercase() == here)
                && rollout.piece.outcome == Some(Outcome::Success)
                && rollout.piece.occurred.is_some_and(|at| at <= moment)
                && own != Some(rollout.piece.key.as_str())
        })
    }

    /// The commits that are brought and belong to a change.
    pub fn commits_of<'a>(&'a self, change: &'a ChangeLine) -> impl Iterator<Item = &'a CommitLine> {
        self.commits.iter().filter(|commit| commit.changes.iter().any(|tie| tie.to == change.piece.key))
    }

    /// Whether a change got commits after a moment of whose push nothing told: whoever approved it then has not seen them.
    ///
    /// A commit that is made by merging is younger than every approval and was not pushed. Where a push is known, a queue may
    /// have made it long before the merge, and all commits may have been put on top anew. So one younger commit is not enough
    /// then, and some have to be older.
    pub fn has_untold_commit(&self, change: &ChangeLine, moment: Timestamp) -> bool {
        let is_pushed = |occurred: Timestamp| match change.merged {
            Some(merged) => occurred.plus_seconds(MERGE_SECONDS) < merged,
            None => true,
        };
        let times = self.commits_of(change).filter_map(|commit| commit.piece.occurred);
        let (younger, older): (Vec<Timestamp>, Vec<Timestamp>) = times.partition(|occurred| *occurred > moment);
        let younger = younger.into_iter().filter(|occurred| is_pushed(*occurred)).count();
        match change.last_push {
            None => younger > 0,
            Some(_) => younger > 1 && !older.is_empty(),
        }
    }
}

/// Somebody who is on call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnCall {
    /// The team's name.
    pub team: String,
    /// Who, as the calendar names them.
    pub who: String,
    /// Until when.
    pub until: Timestamp,
}
