//! The answer to whether something can go out, as every surface gives it.

use serde::{Deserialize, Serialize};
use throughline_domain::dossier::{DecisionLine, Piece, ReleaseDecision};
use throughline_domain::gates::verdict::{Readiness, SignOff};
use throughline_domain::time::Timestamp;
use utoipa::ToSchema;

use crate::answer::NodeSummary;

/// Whether something can go out, as a heading.
pub const fn title(readiness: Readiness) -> &'static str {
    match readiness {
        Readiness::Ready => "Ready",
        Readiness::NotReady => "Not ready",
        Readiness::Unknown => "Not known",
    }
}

/// Whether a person has said go, in words.
pub const fn sign_off(sign_off: SignOff) -> &'static str {
    match sign_off {
        SignOff::NotAsked => "not asked",
        SignOff::Missing => "missing",
        SignOff::Given => "given",
        SignOff::Refused => "refused",
    }
}

/// How a gate counts in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GateState {
    /// The evidence says yes.
    Pass,
    /// The evidence says no.
    Fail,
    /// The evidence to judge by is missing.
    Unknown,
    /// The question does not arise.
    NotNeeded,
    /// It does not pass, and somebody has said that it need not.
    Waived,
    /// It does not pass, and it goes out as an emergency.
    Excepted,
}

impl GateState {
    /// In a word, for people.
    pub const fn title(self) -> &'static str {
        match self {
            GateState::Pass => "yes",
            GateState::Fail => "no",
            GateState::Unknown => "not known",
            GateState::NotNeeded => "not needed",
            GateState::Waived => "waived",
            GateState::Excepted => "left out, as an emergency",
        }
    }

    /// A shape beside the word, for those who look down a list.
    pub const fn mark(self) -> &'static str {
        match self {
            GateState::Pass => "✓",
            GateState::Fail => "✗",
            GateState::Unknown => "?",
            GateState::NotNeeded => "–",
            GateState::Waived | GateState::Excepted => "~",
        }
    }
}

/// Why a gate came out as it did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReasonAnswer {
    /// The sentence.
    pub text: String,
    /// Key of the piece that it speaks of.
    pub about: Option<String>,
    /// What to do about it.
    pub fix: Option<String>,
}

/// Something that a gate's finding rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GateEvidence {
    /// Key of the piece.
    pub key: String,
    /// What it says, in words.
    pub text: String,
    /// When it was so, RFC 3339.
    pub at: Option<String>,
    /// How old it was at the evaluation, in words: `3 hours`.
    pub age: Option<String>,
    /// The same in seconds.
    pub age_seconds: Option<i64>,
    /// The ledger entries that it rests on.
    pub entries: Vec<u64>,
}

/// One gate with what it found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GateAnswer {
    /// The gate's name: `four-eyes`.
    pub gate: String,
    /// What it asks, for people.
    pub title: String,
    /// `required` where it has to pass, `on` where only a no holds the release up.
    pub weight: String,
    /// How it counts in the end.
    pub state: GateState,
    /// Whether it holds the release up.
    pub holds_up: bool,
    /// Why: what says no before what is not known.
    pub reasons: Vec<ReasonAnswer>,
    /// What it rests on.
    pub evidence: Vec<GateEvidence>,
    /// Who said that it need not pass, and until when; of a waived gate only.
    pub waived_by: Option<String>,
}

/// A decision about the release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DecisionAnswer {
    /// `go`, `no_go`, `waive` or `emergency`.
    pub decision: String,
    /// The gate of a waiver.
    pub gate: Option<String>,
    /// Who decided.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When, RFC 3339.
    pub at: String,
    /// When it ceases to count, RFC 3339.
    pub expires: Option<String>,
    /// Whether it had ceased to count at the evaluation.
    pub expired: bool,
    /// The ledger entry that it is.
    pub entry: u64,
}

/// By which policy something was judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PolicyName {
    /// The policy's name within its file.
    pub name: String,
    /// SHA-256 over the file.
    pub sha256: String,
    /// The ledger entry that applied the file; null for the built-in policies.
    pub entry: Option<u64>,
}

/// How much goes out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Brings {
    /// Commits that what runs there does not have.
    pub commits: usize,
    /// The pull requests among them.
    pub changes: usize,
    /// The tickets behind these.
    pub tickets: usize,
}

/// A verdict that was recorded before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecordedAnswer {
    /// The ledger entry that it is.
    pub entry: u64,
    /// `ready`, `not_ready` or `unknown`.
    pub outcome: String,
    /// SHA-256 over the policies that it was judged by.
    pub policy: String,
    /// Who asked.
    pub by: String,
    /// When, RFC 3339.
    pub at: String,
}

/// Whether something can go out, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReadyAnswer {
    /// Whether it can: `ready`, `not_ready`, or `unknown` where nothing says no and something that is needed is not known.
    #[schema(value_type = String)]
    pub outcome: Readiness,
    /// Why, in a sentence.
    pub headline: String,
    /// What goes out.
    pub candidate: NodeSummary,
    /// What it is of.
    pub service: Option<NodeSummary>,
    /// Where it goes.
    pub environment: NodeSummary,
    /// The deployment that runs there now.
    pub replaces: Option<NodeSummary>,
    /// How much it brings.
    pub brings: Brings,
    /// The moment of the evaluation, RFC 3339.
    pub evaluated: String,
    /// The size of the ledger that it was computed over.
    pub ledger_size: u64,
    /// What it was judged by.
    pub policy: PolicyName,
    /// Whether it goes out as an emergency: what is missing has to be made good afterwards.
    pub emergency: bool,
    /// Whether a person has said go: `not_asked`, `missing`, `given` or `refused`.
    #[schema(value_type = String)]
    pub sign_off: SignOff,
    /// The gates, those that hold it up first.
    pub gates: Vec<GateAnswer>,
    /// What people have decided about it, the newest first.
    pub decisions: Vec<DecisionAnswer>,
    /// Who is on call: `payments: ada until …`.
    pub on_call: Vec<String>,
    /// The ledger entry of this verdict; null where it was not recorded.
    pub entry: Option<u64>,
    /// The verdicts that were recorded before, the newest first, at most 20.
    pub recorded: Vec<RecordedAnswer>,
}

/// A recorded verdict, judged again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AgainAnswer {
    /// The verdict as it was recorded.
    pub recorded: ReadyAnswer,
    /// Whether judging the recorded dossier by the recorded policies gives the same verdict.
    pub same: bool,
    /// What differs, in words.
    pub differences: Vec<String>,
    /// What the verdict would be now; null where the candidate or the environment is not known any more.
    pub now: Option<ReadyAnswer>,
    /// What has changed between the recorded verdict and now, in words.
    pub changed: Vec<String>,
}

/// A piece of a dossier, as answers show it.
pub fn summary(piece: &Piece) -> NodeSummary {
    let Piece { key, kind, title, reference, url, state, outcome, occurred, stated } = piece;
    NodeSummary {
        key: key.clone(),
        kind: kind.word().to_owned(),
        kind_label: kind.label().to_owned(),
        stage: kind.stage().title().to_lowercase(),
        title: title.clone(),
        reference: reference.clone(),
        url: url.clone(),
        state: state.clone(),
        outcome: outcome.map(|outcome| outcome.word().to_owned()),
        occurred: occurred.map(|at| at.to_string()),
        stated: *stated,
    }
}

/// A decision of a dossier, as answers show it.
pub fn decision(line: &DecisionLine, evaluated: Timestamp) -> DecisionAnswer {
    let DecisionLine { what, by, reason, at, expires, entry } = line;
    let (word, gate) = match what {
        ReleaseDecision::Go => ("go", None),
        ReleaseDecision::NoGo => ("no_go", None),
        ReleaseDecision::Waive(gate) => ("waive", Some(gate.clone())),
        ReleaseDecision::Emergency => ("emergency", None),
    };
    DecisionAnswer {
        decision: word.to_owned(),
        gate,
        by: by.name.clone(),
        reason: reason.clone(),
        at: at.to_string(),
        expires: expires.map(|expires| expires.to_string()),
        expired: expires.is_some_and(|expires| expires <= evaluated),
        entry: *entry,
    }
}

/// How old something is, in words: `3 hours`, `2 days`.
pub fn age(seconds: i64) -> String {
    let (count, unit) = match seconds.max(0) {
        seconds if seconds < 2 * 3_600 => (seconds / 60, "minute"),
        seconds if seconds < 48 * 3_600 => (seconds / 3_600, "hour"),
        seconds => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
pub(crate) mod samples {
    use super::{
        Brings, DecisionAnswer, GateAnswer, GateEvidence, GateState, PolicyName, Readiness, ReadyAnswer, ReasonAnswer,
        SignOff,
    };
    use crate::plain::samples::{key, node};

    /// A verdict with a gate in every state.
    pub fn not_ready() -> ReadyAnswer {
        let mut candidate = node("artifact", "artifact", "checkout:1.8.0", "checkout:1.8.0");
        candidate.state = None;
        ReadyAnswer {
            outcome: Readiness::NotReady,
            headline: "2 gates hold it up: built-and-tested, ticket.".to_owned(),
            candidate,
            service: Some(node("service", "run", "checkout", "checkout")),
            environment: node("environment", "run", "production", "production"),
            replaces: Some(node("deployment", "run", "deploy-41", "checkout 1.7.0")),
            brings: Brings { commits: 3, changes: 1, tickets: 1 },
            evaluated: "2026-11-20T10:00:00Z".to_owned(),
            ledger_size: 412,
            policy: PolicyName { name: "production".to_owned(), sha256: "ab".repeat(32), entry: Some(12) },
            emergency: false,
            sign_off: SignOff::NotAsked,
            gates: vec![
                gate("built-and-tested", GateState::Fail, true, "Test run unit failed | <b>127</b> passed, @ada #7."),
                gate("ticket", GateState::Unknown, true, "Nobody has told of ticket PAY-31."),
                gate("error-budget", GateState::Unknown, false, "Nobody has stated an error budget."),
                gate("four-eyes", GateState::Waived, false, "Nobody has approved it."),
                gate("soak", GateState::Pass, false, ""),
                gate("freeze", GateState::NotNeeded, false, "It is a rollback."),
            ],
            decisions: vec![DecisionAnswer {
                decision: "waive".to_owned(),
                gate: Some("four-eyes".to_owned()),
                by: "ada".to_owned(),
                reason: "the second reviewer is ill".to_owned(),
                at: "2026-11-20T09:00:00Z".to_owned(),
                expires: Some("2026-11-21T09:00:00Z".to_owned()),
                expired: false,
                entry: 411,
            }],
            on_call: vec!["payments: grace until 2026-11-21 08:00 UTC".to_owned()],
            entry: Some(413),
            recorded: Vec::new(),
        }
    }

    fn gate(name: &str, state: GateState, holds_up: bool, reason: &str) -> GateAnswer {
        let reason = ReasonAnswer {
            text: reason.to_owned(),
            about: None,
            fix: (state == GateState::Fail).then(|| "Mend it, and let it run again.".to_owned()),
        };
        let evidence = GateEvidence {
            key: key("deployment", "deploy-40"),
            text: "Deployment deploy-40 ran in staging.".to_owned(),
            at: Some("2026-11-18T10:00:00Z".to_owned()),
            age: Some("2 days".to_owned()),
            age_seconds: Some(172_800),
            entries: vec![240, 241],
        };
        GateAnswer {
            gate: name.to_owned(),
            title: format!("what {name} asks"),
            weight: if name == "error-budget" { "on" } else { "required" }.to_owned(),
            state,
            holds_up,
            reasons: if reason.text.is_empty() { Vec::new() } else { vec![reason] },
            evidence: if state == GateState::Pass { vec![evidence] } else { Vec::new() },
            waived_by: (state == GateState::Waived).then(|| "ada until 2026-11-21 09:00 UTC".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::age;

    #[test]
    fn ages_are_told_in_one_unit() {
        for (seconds, expected) in
            [(-9, "0 minutes"), (60, "1 minute"), (7_200, "2 hours"), (172_799, "47 hours"), (172_800, "2 days")]
        {
            assert_eq!(age(seconds), expected);
        }
    }
}
