//! Dossiers for the tests of gates: one with which everything is as it should be, and what spoils it.
//!
//! Moments are minutes after 2026-11-10 00:00 UTC; the evaluation is at minute 2,000.

use super::Gate;
use crate::dossier::{
    Approval, ArtifactLine, Budget, ChangeLine, CommitLine, Cut, DecisionLine, Dossier, OnCall, Piece, ReleaseDecision,
    RolloutLine, RunLine, TicketLine, Tie, Watch, Who,
};
use crate::key;
use crate::link::LinkClass;
use crate::node::{NodeKind, Outcome};
use crate::policy::{GateSettings, Limits};
use crate::time::Timestamp;

/// 2026-11-10T00:00:00Z.
const BEGIN: i64 = 1_794_268_800;

/// What a case is, what it changes, and how the gate then comes out.
pub(crate) type Case<'a> = (&'a str, fn(&mut Dossier, &mut Limits), &'a str);

/// Judges the good dossier with each change: `pass`, or the outcome with all its reasons: `fail: one | another`.
pub(crate) fn check(gate: &Gate, cases: &[Case<'_>]) {
    for (name, change, expected) in cases {
        let (mut dossier, mut limits) = (good(), limits());
        change(&mut dossier, &mut limits);
        let finding = (gate.judge)(&dossier, &limits);
        assert_eq!(finding.gate, gate.name);
        let reasons: Vec<&str> = finding.reasons.iter().map(|reason| reason.text.as_str()).collect();
        let found = match reasons.as_slice() {
            [] => finding.outcome.word().to_owned(),
            reasons => format!("{}: {}", finding.outcome.word(), reasons.join(" | ")),
        };
        assert_eq!(found, *expected, "{}: {name}", gate.name);
    }
}

/// The limits that hold by themselves.
pub(crate) fn limits() -> Limits {
    Limits { least_class: LinkClass::Declared, gates: GateSettings::default(), freezes: Vec::new() }
}

/// The moment so many minutes after the beginning.
pub(crate) fn at(minutes: i64) -> Timestamp {
    Timestamp::from_seconds(BEGIN + minutes * 60)
}

/// A dossier with which every gate passes.
pub(crate) fn good() -> Dossier {
    let candidate = Piece { key: artifact_key("a1"), ..piece(NodeKind::Artifact, "", "checkout:1.8.0") };
    Dossier {
        ledger_size: 900,
        service: Some(named(NodeKind::Service, "checkout", "checkout")),
        previous_environment: Some("staging".to_owned()),
        replaces: Some(rollout("r9", "production", -5_000)),
        commits: vec![commit("c1")],
        changes: vec![change()],
        tickets: vec![ticket("PAY-31", "Done")],
        runs: vec![
            run(NodeKind::Build, "b1", "checkout-1.8.0", Outcome::Success, at(110)),
            RunLine {
                on: vec!["commit:c1".to_owned(), candidate.key.clone()],
                result: Some("128 passed".to_owned()),
                ..run(NodeKind::TestRun, "t1", "unit", Outcome::Success, at(120))
            },
        ],
        artifacts: vec![ArtifactLine {
            piece: candidate.clone(),
            digest: Some(format!("sha256:{}", "a1".repeat(32))),
            version: Some("1.8.0".to_owned()),
            commits: vec!["commit:c1".to_owned()],
            produced_by: vec![tie("build:b1", "produced_by", LinkClass::Asserted)],
            provenance: Some(LinkClass::Asserted),
            entries: vec![8],
        }],
        rollouts: vec![rollout("r1", "staging", 200)],
        watch: watch(),
        on_call: vec![OnCall { team: "payments".to_owned(), who: "grace".to_owned(), until: at(3_000) }],
        candidate,
        ..empty()
    }
}

/// A dossier of something of which nothing is known.
pub(crate) fn empty() -> Dossier {
    Dossier {
        evaluated: at(2_000),
        ledger_size: 0,
        candidate: piece(NodeKind::Commit, "commit:c1", "c1"),
        service: None,
        environment: named(NodeKind::Environment, "production", "production"),
        previous_environment: None,
        deployment: None,
        replaces: None,
        is_rollback: false,
        commits: Vec::new(),
        changes: Vec::new(),
        tickets: Vec::new(),
        runs: Vec::new(),
        artifacts: Vec::new(),
        rollouts: Vec::new(),
        watch: Watch::default(),
        open_incidents: Vec::new(),
        on_call: Vec::new(),
        decisions: Vec::new(),
        cuts: Vec::new(),
    }
}

/// A piece that a delivery has spoken of, at the beginning.
pub(crate) fn piece(kind: NodeKind, key: &str, title: &str) -> Piece {
    Piece {
        key: key.to_owned(),
        kind,
        title: title.to_owned(),
        reference: None,
        url: None,
        state: None,
        outcome: None,
        occurred: Some(at(0)),
        stated: true,
    }
}

/// A piece with the key that Throughline gives to names.
pub(crate) fn named(kind: NodeKind, name: &str, title: &str) -> Piece {
    piece(kind, key::named(kind, name).unwrap().as_str(), title)
}

/// The key of an artifact with a digest of these two digits.
pub(crate) fn artifact_key(digits: &str) -> String {
    key::artifact(&format!("sha256:{}", digits.repeat(32))).unwrap().as_str().to_owned()
}

pub(crate) fn tie(to: &str, says: &str, class: LinkClass) -> Tie {
    Tie { to: to.to_owned(), says: says.to_owned(), class }
}

pub(crate) fn who(name: &str) -> Who {
    Who { key: None, name: name.to_owned() }
}

pub(crate) fn approval(name: &str, minutes: i64) -> Approval {
    Approval { by: who(name), at: Some(at(minutes)) }
}

/// A commit of the one pull request, by ada, at minute 50.
pub(crate) fn commit(name: &str) -> CommitLine {
    CommitLine {
        piece: Piece { occurred: Some(at(50)), ..piece(NodeKind::Commit, &format!("commit:{name}"), name) },
        authors: vec![who("ada")],
        changes: vec![tie("change:42", "part_of", LinkClass::Asserted)],
        tickets: Vec::new(),
        is_head: true,
        entries: vec![3],
    }
}

/// The pull request: by ada, pushed at minute 55, approved by grace at 60, merged at 100.
fn change() -> ChangeLine {
    ChangeLine {
        piece: Piece {
            reference: Some("acme/checkout#42".to_owned()),
            outcome: Some(Outcome::Success),
            ..piece(NodeKind::Change, "change:42", "Retry card authorisation")
        },
        authors: vec![who("ada")],
        approvals: vec![approval("grace", 60)],
        last_push: Some(at(55)),
        merged: Some(at(100)),
        merged_by: Some(who("grace")),
        labels: vec!["payments".to_owned()],
        tickets: vec![tie("ticket:PAY-31", "resolves", LinkClass::Declared)],
        entries: vec![4, 5],
    }
}

pub(crate) fn ticket(name: &str, state: &str) -> TicketLine {
    TicketLine {
        piece: Piece { state: Some(state.to_owned()), ..piece(NodeKind::Ticket, &format!("ticket:{name}"), name) },
        category: Some("Bug".to_owned()),
        labels: vec!["card".to_owned()],
        documents: Vec::new(),
        entries: vec![6],
    }
}

/// A run on what goes out.
pub(crate) fn run(kind: NodeKind, name: &str, title: &str, outcome: Outcome, finished: Timestamp) -> RunLine {
    RunLine {
        piece: Piece { outcome: Some(outcome), ..piece(kind, &format!("{}:{name}", kind.word()), title) },
        on: vec!["commit:c1".to_owned()],
        on_head: true,
        finished: Some(finished),
        result: None,
        entries: vec![7],
    }
}

/// A deployment of the artifact that goes out, which succeeded.
pub(crate) fn rollout(name: &str, environment: &str, minutes: i64) -> RolloutLine {
    RolloutLine {
        piece: Piece {
            outcome: Some(Outcome::Success),
            occurred: Some(at(minutes)),
            ..piece(NodeKind::Deployment, &format!("deployment:{name}"), name)
        },
        environment: Some(environment.to_owned()),
        triggered_by: vec![who("grace")],
        approved_by: vec![who("edsger")],
        deploys: vec![artifact_key("a1")],
        fired: Vec::new(),
        replaced: None,
        entries: vec![9],
    }
}

pub(crate) fn cut(why: &str) -> Cut {
    let fix = "Import the repository.".to_owned();
    Cut { at: "commit:c1".to_owned(), what: "parent".to_owned(), why: why.to_owned(), fix }
}

/// A decision of grace's.
pub(crate) fn decision(what: ReleaseDecision, minutes: i64, expires: Option<i64>) -> DecisionLine {
    DecisionLine {
        what,
        by: who("grace"),
        reason: "it is known".to_owned(),
        at: at(minutes),
        expires: expires.map(at),
        entry: u64::try_from(minutes).unwrap(),
    }
}

fn watch() -> Watch {
    Watch {
        owners: vec![named(NodeKind::Team, "payments", "Payments")],
        runbooks: vec![piece(NodeKind::Document, "document:runbook", "Runbook: checkout")],
        dashboards: vec![piece(NodeKind::Dashboard, "dashboard:1", "checkout: overview")],
        alert_rules: vec![piece(NodeKind::AlertRule, "alert_rule:1", "CheckoutErrorRateHigh")],
        documents: vec![piece(NodeKind::Document, "document:design", "Retries towards the payment gateway")],
        error_budget: Some(Budget { percent: "40".to_owned(), at: Some(at(1_900)), entry: 10 }),
    }
}
