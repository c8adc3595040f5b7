//! The columns of the audit, in the order in which every report has them: one table with name, title, what stands there,
//! and how it follows from the dossier.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::audit::exceptions::Exception;
use crate::audit::row::{ChangeKind, UNKNOWN};
use crate::dossier::{Dossier, Piece, ReleaseDecision, RolloutLine, RunLine, Tie, Who};
use crate::link::LinkClass;
use crate::node::NodeKind;
use crate::time::Timestamp;

/// What stands in a cell. Times are written in RFC 3339.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing is known.
    Empty,
    /// Text as it came from a tool, or a word of ours.
    Text(String),
    /// A number.
    Number(u64),
    /// Several texts.
    List(Vec<String>),
}

impl Cell {
    /// The cell as a value of JSON.
    pub fn json(&self) -> Value {
        match self {
            Cell::Empty => Value::Null,
            Cell::Text(text) => Value::from(text.as_str()),
            Cell::Number(number) => Value::from(*number),
            Cell::List(list) => Value::from(list.clone()),
        }
    }
}

/// What a cell is worked out from.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The change.
    pub dossier: &'a Dossier,
    /// The row's place in the report.
    pub number: u64,
    /// What is out of the ordinary about it.
    pub exceptions: &'a [Exception],
    /// The ledger entries that it rests on.
    pub entries: &'a [u64],
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The name in files: `change_titles`. It never changes.
    pub name: &'static str,
    /// The heading for people.
    pub title: &'static str,
    /// What stands there.
    pub what: &'static str,
    fill: fn(&Subject<'_>) -> Cell,
}

impl Column {
    /// The column of that name, if there is one.
    pub fn named(name: &str) -> Option<&'static Column> {
        COLUMNS.iter().find(|column| column.name == name)
    }

    /// What stands in this column.
    pub fn cell(&self, subject: &Subject<'_>) -> Cell {
        (self.fill)(subject)
    }
}

/// Declares [`COLUMNS`] from one table.
macro_rules! columns {
    ($($name:literal, $title:literal, $what:literal, $fill:expr;)+) => {
        /// Every column, in order. New ones are only ever added at the end.
        pub const COLUMNS: &[Column] = &[$(Column { name: $name, title: $title, what: $what, fill: $fill },)+];
    };
}

columns! {
    "number", "No.", "The place of the row in this report, from 1.", |subject| Cell::Number(subject.number);
    "environment", "Environment", "The environment that was changed.", |subject| Cell::Text(subject.dossier.environment.name().to_owned());
    "service", "Service", "The service that was changed there.", |subject| text(subject.dossier.service.as_ref().map(Piece::name));
    "kind", "Kind", "`deployment`, `rollback` (what ran there before was put back), `redeployment` (the same once more) or `configuration` (a flag, infrastructure, something by hand).", |subject| Cell::Text(ChangeKind::of(subject.dossier).word().to_owned());
    "deployed_at", "Deployed", "When, by the tool that deployed it.", |subject| time(deployment(subject).and_then(|one| one.piece.occurred));
    "outcome", "Outcome", "How the deployment ended.", |subject| text(deployment(subject).and_then(|one| one.piece.outcome).map(|outcome| outcome.word()));
    "deployment", "Deployment", "The deployment as its tool calls it.", |subject| text(deployment(subject).map(|one| one.piece.name()));
    "deployment_key", "Deployment's key", "The key of the deployment in the graph; ask `throughline trace` for it.", |subject| text(deployment(subject).map(|one| one.piece.key.as_str()));
    "deployment_url", "Deployment's page", "Its page in that tool.", |subject| text(deployment(subject).and_then(|one| one.piece.url.as_deref()));
    "candidate", "What went out", "The artifact, release or commit.", |subject| Cell::Text(subject.dossier.candidate.name().to_owned());
    "replaces", "In place of", "The deployment that ran there before.", |subject| text(subject.dossier.replaces.as_ref().map(|one| one.piece.name()));
    "triggered_by", "Triggered by", "Who or what set the deployment off.", |subject| list(deployment(subject).into_iter().flat_map(|one| &one.triggered_by).map(name_of));
    "deployment_approved_by", "Deployment approved by", "Who approved the deployment itself.", |subject| list(deployment(subject).into_iter().flat_map(|one| &one.approved_by).map(name_of));
    "tickets", "Tickets", "The tickets behind the change.", |subject| list(subject.dossier.tickets.iter().map(|one| one.piece.name().to_owned()));
    "ticket_titles", "Why", "Their titles.", |subject| list(subject.dossier.tickets.iter().map(|one| one.piece.title.clone()));
    "ticket_urls", "Tickets' pages", "Their pages.", |subject| list(subject.dossier.tickets.iter().filter_map(|one| one.piece.url.clone()));
    "changes", "Pull requests", "The pull or merge requests that were brought, the newest first.", |subject| list(subject.dossier.changes.iter().map(|one| one.piece.name().to_owned()));
    "change_titles", "What changed", "Their titles.", |subject| list(subject.dossier.changes.iter().map(|one| one.piece.title.clone()));
    "change_urls", "Pull requests' pages", "Their pages.", |subject| list(subject.dossier.changes.iter().filter_map(|one| one.piece.url.clone()));
    "authors", "Authors", "Who opened the pull requests and wrote their commits, and who wrote the other commits.", |subject| list(authors(subject.dossier));
    "approvers", "Approvers", "Who approved a pull request.", |subject| list(subject.dossier.changes.iter().flat_map(|one| &one.approvals).map(|approval| approval.by.name.clone()));
    "approvals", "Approvals", "Each approval with its pull request, who gave it and when.", |subject| list(approvals(subject.dossier));
    "last_pushes", "Last pushes", "When somebody last pushed to each pull request before it was merged.", |subject| list(subject.dossier.changes.iter().filter_map(|one| Some(format!("{} {}", one.piece.name(), one.last_push?))));
    "merged", "Merged", "When each pull request was merged, and by whom.", |subject| list(merged(subject.dossier));
    "commit_count", "Commits", "How many commits were brought.", |subject| Cell::Number(count(subject.dossier.commits.len()));
    "head_commits", "Head commits", "The full ids of the commits that were built and deployed.", |subject| list(subject.dossier.commits.iter().filter(|one| one.is_head).map(|one| commit_id(&one.piece)));
    "commits", "All commits", "The full ids of all commits that were brought, the newest first.", |subject| list(subject.dossier.commits.iter().map(|one| commit_id(&one.piece)));
    "direct_commits", "Commits without pull request", "The full ids of the commits among them that are part of no pull request.", |subject| list(subject.dossier.commits.iter().filter(|one| one.changes.is_empty()).map(|one| commit_id(&one.piece)));
    "builds", "Builds", "Pipeline runs, jobs and builds on what was deployed, each with its outcome.", |subject| list(runs(subject.dossier, &[NodeKind::PipelineRun, NodeKind::Job, NodeKind::Build]));
    "tests", "Tests", "Test runs on what was deployed, each with its outcome and result.", |subject| list(runs(subject.dossier, &[NodeKind::TestRun]));
    "scans", "Scans", "Scans of what was deployed, each with its outcome and result.", |subject| list(runs(subject.dossier, &[NodeKind::Scan]));
    "artifacts", "Artifacts", "What was deployed.", |subject| list(subject.dossier.artifacts.iter().map(|one| one.piece.name().to_owned()));
    "digests", "Digests", "Their content digests.", |subject| list(subject.dossier.artifacts.iter().filter_map(|one| one.digest.clone()));
    "provenance", "Provenance", "How sure it is where each artifact comes from: `L0` to `L3`, or `none`.", |subject| list_as_is(subject.dossier.artifacts.iter().map(|one| one.provenance.map_or("none", LinkClass::word).to_owned()).collect());
    "fired", "Fired meanwhile", "Alerts and incidents that fired while this deployment was the latest in its place.", |subject| list(deployment(subject).into_iter().flat_map(|one| &one.fired).map(|piece| piece.name().to_owned()));
    "decisions", "Decisions", "What people decided about the release: go, no-go, waivers, emergencies; by whom, when and why.", |subject| list(decisions(subject.dossier));
    "link_classes", "Links by class", "How many links of each class the chain rests on: `L0` guessed, `L1` declared by a person, `L2` asserted by a tool, `L3` proved.", |subject| list(link_classes(subject.dossier).into_iter().map(|(class, count)| format!("{} {count}", class.word())));
    "weakest_link", "Weakest link", "The least sure class among them.", |subject| text(link_classes(subject.dossier).keys().next().map(|class| class.word()));
    "exceptions", "Exceptions", "The words of the exceptions that hold.", |subject| list(subject.exceptions.iter().map(|one| one.word().to_owned()));
    "cuts", "Where the chain ends early", "What could not be followed, and why.", |subject| list(subject.dossier.cuts.iter().map(|cut| format!("{}: {}", cut.what, cut.why)));
    "entries", "Ledger entries", "The indexes of the ledger entries that the row rests on.", |subject| list_as_is(subject.entries.iter().map(ToString::to_string).collect());
}

fn deployment<'a>(subject: &Subject<'a>) -> Option<&'a RolloutLine> {
    subject.dossier.deployment.as_ref()
}

fn text(text: Option<&str>) -> Cell {
    text.map_or(Cell::Empty, |text| Cell::Text(text.to_owned()))
}

fn time(at: Option<Timestamp>) -> Cell {
    at.map_or(Cell::Empty, |at| Cell::Text(at.to_string()))
}

/// Several texts, each once, in the order in which they come first.
fn list(texts: impl IntoIterator<Item = String>) -> Cell {
    let mut met = BTreeSet::new();
    Cell::List(texts.into_iter().filter(|text| met.insert(text.clone())).collect())
}

fn list_as_is(texts: Vec<String>) -> Cell {
    Cell::List(texts)
}

fn name_of(who: &Who) -> String {
    who.name.clone()
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// The full object id, which is the last part of a commit's key.
fn commit_id(piece: &Piece) -> String {
    piece.key.rsplit(':').next().unwrap_or(&piece.key).to_owned()
}

fn authors(dossier: &Dossier) -> impl Iterator<Item = String> {
    let of_changes = dossier.changes.iter().flat_map(|one| &one.authors);
    of_changes.chain(dossier.commits.iter().flat_map(|one| &one.authors)).map(name_of)
}

fn approvals(dossier: &Dossier) -> impl Iterator<Item = String> {
    dossier.changes.iter().flat_map(|change| {
        change.approvals.iter().map(move |approval| {
            let at = approval.at.map_or_else(|| UNKNOWN.to_owned(), |at| at.to_string());
            format!("{} by {} at {at}", change.piece.name(), approval.by.name)
        })
    })
}

fn merged(dossier: &Dossier) -> impl Iterator<Item = String> {
    dossier.changes.iter().filter_map(|change| {
        let by = change.merged_by.as_ref().map_or(UNKNOWN, |who| who.name.as_str());
        Some(format!("{} by {by} at {}", change.piece.name(), change.merged?))
    })
}

/// What ran on what was deployed; what ran on earlier commits says nothing of it.
fn runs(dossier: &Dossier, kinds: &[NodeKind]) -> Vec<String> {
    let told = |run: &RunLine| {
        let outcome = run.piece.outcome.map_or(UNKNOWN, |outcome| outcome.word());
        let result = run.result.as_deref().map(|result| format!(", {result}")).unwrap_or_default();
        format!("{}: {outcome}{result}", run.piece.name())
    };
    dossier.runs.iter().filter(|run| run.on_head && kinds.contains(&run.piece.kind)).map(told).collect()
}

fn decisions(dossier: &Dossier) -> impl Iterator<Item = String> {
    dossier.decisions.iter().map(|decision| {
        let what = match &decision.what {
            ReleaseDecision::Go => "go".to_owned(),
            ReleaseDecision::NoGo => "no-go".to_owned(),
            ReleaseDecision::Waive(gate) => format!("waived {gate}"),
            ReleaseDecision::Emergency => "emergency".to_owned(),
        };
        let until = decision.expires.map(|expires| format!(", until {expires}")).unwrap_or_default();
        format!("{what} by {} at {}{until}: {}", decision.by.name, decision.at, decision.reason)
    })
}

/// The links that the chain rests on, counted by class.
fn link_classes(dossier: &Dossier) -> BTreeMap<LinkClass, u64> {
    let mut classes = BTreeMap::new();
    let of_commits = dossier.commits.iter().flat_map(|one| one.changes.iter().chain(&one.tickets));
    let of_changes = dossier.changes.iter().flat_map(|one| &one.tickets);
    let of_artifacts = dossier.artifacts.iter().flat_map(|one| &one.produced_by);
    let ties = of_commits.chain(of_changes).chain(of_artifacts).map(|tie: &Tie| tie.class);
    for class in ties.chain(dossier.artifacts.iter().filter_map(|one| one.provenance)) {
        let known: &mut u64 = classes.entry(class).or_default();
        *known = known.saturating_add(1);
    }
    classes
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{COLUMNS, Cell, Column, Subject};
    use crate::audit::samples::{decision, good};
    use crate::dossier::ReleaseDecision;

    #[test]
    fn names_are_plain_and_each_is_there_once() {
        let names: BTreeSet<&str> = COLUMNS.iter().map(|column| column.name).collect();
        assert_eq!(names.len(), COLUMNS.len());
        for column in COLUMNS {
            assert!(column.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{}", column.name);
            assert!(column.what.ends_with('.'), "{}", column.name);
        }
        assert!(Column::named("number").is_some() && Column::named("weather").is_none());
    }

    #[test]
    fn the_whole_chain_stands_in_a_row() {
        let mut dossier = good();
        dossier.decisions.push(decision(ReleaseDecision::Waive("ticket".to_owned())));
        let subject = Subject { dossier: &dossier, number: 1, exceptions: &[], entries: &[3, 4] };
        let shown: Vec<String> = COLUMNS
            .iter()
            .map(|column| match column.cell(&subject) {
                Cell::Empty => format!("{}=", column.name),
                Cell::Text(text) => format!("{}={text}", column.name),
                Cell::Number(number) => format!("{}={number}", column.name),
                Cell::List(list) => format!("{}=[{}]", column.name, list.join("; ")),
            })
            .collect();
        let shown = shown.join("\n");
        for expected in [
            "environment=production",
            "service=checkout",
            "kind=deployment",
            "deployed_at=2026-03-14T10:00:00Z",
            "replaces=deployment d1",
            "triggered_by=[deployer]",
            "tickets=[PAY-12]",
            "ticket_titles=[Payments time out at noon]",
            "authors=[ada]",
            "approvals=[acme/checkout#42 by grace at 2026-03-14T09:00:00Z]",
            "merged=[acme/checkout#42 by ada at 2026-03-14T09:10:00Z]",
            "commits=[8f3c2a1b9d4e5f60718293a4b5c6d7e8f9012345]",
            "direct_commits=[]",
            "builds=[CI #7: success]",
            "tests=[tests: success, 212 passed]",
            "provenance=[L3]",
            "decisions=[waived ticket by mina at 2026-03-14T09:00:00Z: the gateway is down]",
            "link_classes=[L0 1; L1 1; L2 2; L3 1]",
            "weakest_link=L0",
            "entries=[3; 4]",
        ] {
            assert!(shown.lines().any(|line| line == expected), "{expected}\n{shown}");
        }
    }
}
