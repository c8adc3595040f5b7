//! Can this go out? Puts together what is known of a candidate, judges it by the policies in force, and answers.

use serde::{Deserialize, Serialize};
use throughline_domain::dossier::Dossier;
use throughline_domain::gates::verdict::{self, Standing, Verdict};
use throughline_domain::gates::{Evidence, GATES, Judgement, Reason};
use throughline_domain::link::LinkKind;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::policy::{Place, PolicySet, Weight};
use throughline_domain::queries::rollouts::Rollout;
use throughline_domain::time::Timestamp;
use throughline_store::release::{self, VerdictRow};
use utoipa::{IntoParams, ToSchema};

use crate::ask::{AskError, Desk};
use crate::dossiers::Remembered;
use crate::policies::{self, PolicyInForce, Which};
use crate::readiness::answer::{
    Brings, GateAnswer, GateEvidence, GateState, PolicyName, ReadyAnswer, ReasonAnswer, RecordedAnswer,
};
use crate::release::{ReleaseError, Target};
use crate::{calendars, rego};

pub mod answer;
pub mod junit;
pub mod markdown;
pub mod record;
pub mod text;

/// The most recorded verdicts that are listed.
const MAX_RECORDED: i64 = 20;

/// What is asked: can this go there?
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, IntoParams)]
pub struct ReadyRequest {
    /// What goes out: an artifact, release, commit, pull request or deployment, whatever is in hand.
    pub candidate: String,
    /// The environment that it goes to: its name or key.
    #[serde(rename = "for")]
    pub environment: String,
    /// The service: its name or key. Needed only where the candidate is of several.
    #[serde(default)]
    pub service: Option<String>,
}

/// A verdict with everything that it rests on.
#[derive(Clone, Debug)]
pub struct Judged {
    /// What was judged.
    pub dossier: Dossier,
    /// What came of it.
    pub verdict: Verdict,
    /// The ledger entry of the policies; none for the built-in ones.
    pub policy_entry: Option<u64>,
    /// The same as an answer.
    pub answer: ReadyAnswer,
}

/// Judges a candidate by the policies in force, as of a moment.
///
/// # Errors
/// A [`ReleaseError`] that says what to do.
pub fn judge(desk: &Desk, asked: &ReadyRequest, at: Timestamp) -> Result<Judged, ReleaseError> {
    let target = desk.target(&asked.candidate, &asked.environment, asked.service.as_deref())?;
    judge_target(desk, target, at)
}

/// Judges what was found already.
///
/// # Errors
/// As [`judge`].
pub fn judge_target(desk: &Desk, target: Target, at: Timestamp) -> Result<Judged, ReleaseError> {
    let policies = policies::find(desk, &Which::Newest)?;
    let mut dossier = dossier_of(desk, target, at)?;
    dossier.decisions = desk.decisions_about(&dossier.candidate.key, &dossier.environment.key)?;
    dossier.on_call = calendars::on_call(&policies.calendars, &dossier.watch.owners, at);
    let PolicyInForce { set, applied, .. } = policies;
    let verdict = evaluate(&dossier, &set);
    let policy_entry = applied.map(|(entry, _)| entry);
    let mut answer = answer_of(&dossier, &verdict, policy_entry);
    let (candidate, environment) = (&dossier.candidate.key, &dossier.environment.key);
    let rows = desk.store.read(|connection| release::verdicts(connection, candidate, environment, MAX_RECORDED))?;
    answer.recorded = rows.into_iter().map(recorded).collect();
    Ok(Judged { dossier, verdict, policy_entry, answer })
}

/// The dossier of what was found: of the deployment, where it has brought something into that very environment already, and
/// else of what somebody wants to bring there.
fn dossier_of(desk: &Desk, target: Target, at: Timestamp) -> Result<Dossier, AskError> {
    let happened = match happened(desk, target) {
        Some(rollout) => desk.dossiers(&[rollout], at, &mut Remembered::default())?.pop(),
        None => None,
    };
    match happened {
        Some(dossier) => Ok(dossier),
        None => desk.dossier_of_candidate(target.candidate, target.service, target.environment, at),
    }
}

/// The deployment that is asked about, if it is one to that environment and has succeeded.
fn happened(desk: &Desk, target: Target) -> Option<Rollout> {
    let Target { candidate, environment, service } = target;
    let state = desk.live.read();
    let record = state.graph.node(candidate)?;
    let went_there =
        state.graph.upstream(candidate).any(|(_, link)| link.kind == LinkKind::DeployedTo && link.to == environment);
    let is_it = went_there && record.kind == NodeKind::Deployment && record.outcome == Some(Outcome::Success);
    let at = record.occurred.filter(|_| is_it)?;
    Some(Rollout { at, deployment: candidate, service, environment: Some(environment) })
}

/// The verdict over a dossier: a function of the dossier and the policies, and of nothing else.
pub fn evaluate(dossier: &Dossier, policies: &PolicySet) -> Verdict {
    let mut own = rego::evaluator(dossier);
    verdict::judge(dossier, policies, &mut own)
}

/// The names of the gates that are judged for what a dossier is of.
pub fn gates_of(policies: &PolicySet, dossier: &Dossier) -> Vec<String> {
    let place = Place::of(dossier);
    let limits = policies.limits(policies.choose(&place), &place);
    let built_in = GATES.iter().filter(|gate| (gate.weight)(&limits.gates) != Weight::Off);
    let own = policies.own_gates(&place).map(|gate| gate.name.clone());
    built_in.map(|gate| gate.name.to_owned()).chain(own).collect()
}

/// A verdict as an answer, without what was recorded before.
pub fn answer_of(dossier: &Dossier, verdict: &Verdict, policy_entry: Option<u64>) -> ReadyAnswer {
    let mut gates: Vec<GateAnswer> = verdict.findings.iter().map(gate).collect();
    gates.sort_by_key(|gate| !gate.holds_up);
    let on_call = dossier.on_call.iter();
    let on_call = on_call.map(|shift| format!("{}: {} until {}", shift.team, shift.who, shift.until.to_minute()));
    ReadyAnswer {
        outcome: verdict.outcome,
        headline: headline(&verdict.summary),
        candidate: answer::summary(&dossier.candidate),
        service: dossier.service.as_ref().map(answer::summary),
        environment: answer::summary(&dossier.environment),
        replaces: dossier.replaces.as_ref().map(|rollout| answer::summary(&rollout.piece)),
        brings: Brings {
            commits: dossier.commits.len(),
            changes: dossier.changes.len(),
            tickets: dossier.tickets.len(),
        },
        evaluated: verdict.evaluated.to_string(),
        ledger_size: verdict.ledger_size,
        policy: PolicyName {
            name: verdict.policy.name.clone(),
            sha256: verdict.policy.sha256.clone(),
            entry: policy_entry,
        },
        emergency: verdict.is_emergency,
        sign_off: verdict.sign_off,
        gates,
        decisions: dossier.decisions.iter().map(|line| answer::decision(line, verdict.evaluated)).collect(),
        on_call: on_call.collect(),
        entry: None,
        recorded: Vec::new(),
    }
}

/// What counts of a gate in the end.
fn state(judged: &verdict::Judged) -> (GateState, bool) {
    match judged.standing {
        Standing::Clear => match judged.finding.outcome {
            Judgement::NotNeeded => (GateState::NotNeeded, false),
            Judgement::Pass | Judgement::Fail | Judgement::Unknown => (GateState::Pass, false),
        },
        Standing::Against => (GateState::Fail, true),
        Standing::Open => (GateState::Unknown, true),
        Standing::Noted => (GateState::Unknown, false),
        Standing::Waived => (GateState::Waived, false),
        Standing::Excepted => (GateState::Excepted, false),
    }
}

fn gate(judged: &verdict::Judged) -> GateAnswer {
    let (state, holds_up) = state(judged);
    let waived_by = judged.waiver.as_ref().map(|waiver| match waiver.expires {
        Some(expires) => format!("{} until {}", waiver.by.name, expires.to_minute()),
        None => waiver.by.name.clone(),
    });
    GateAnswer {
        gate: judged.finding.gate.clone(),
        title: judged.title.clone(),
        weight: weight(judged.weight).to_owned(),
        state,
        holds_up,
        reasons: judged.finding.reasons.iter().map(reason).collect(),
        evidence: judged.finding.evidence.iter().map(evidence).collect(),
        waived_by,
    }
}

fn reason(reason: &Reason) -> ReasonAnswer {
    let Reason { text, about, fix } = reason;
    ReasonAnswer { text: text.clone(), about: about.clone(), fix: fix.clone() }
}

fn evidence(evidence: &Evidence) -> GateEvidence {
    let Evidence { key, text, at, age_seconds, entries } = evidence;
    GateEvidence {
        key: key.clone(),
        text: text.clone(),
        at: at.map(|at| at.to_string()),
        age: age_seconds.map(answer::age),
        age_seconds: *age_seconds,
        entries: entries.clone(),
    }
}

fn recorded(row: VerdictRow) -> RecordedAnswer {
    let VerdictRow { entry, candidate: _, environment: _, outcome, policy, person, at } = row;
    RecordedAnswer { entry, outcome, policy, by: person, at: at.to_string() }
}

const fn weight(weight: Weight) -> &'static str {
    match weight {
        Weight::Off => "off",
        Weight::On => "on",
        Weight::Required => "required",
    }
}

/// The summary without its first words, which say what stands above it already.
fn headline(summary: &str) -> String {
    let words = summary.split_once(": ").map_or(summary, |(_, words)| words);
    let mut letters = words.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::headline;

    #[test]
    fn a_headline_does_not_say_the_outcome_again() {
        for (summary, expected) in [
            ("Not ready: nobody has said go; 3 of 3 gates.", "Nobody has said go; 3 of 3 gates."),
            ("Ready: ada said go: it is fine.", "Ada said go: it is fine."),
            ("Ready", "Ready"),
        ] {
            assert_eq!(headline(summary), expected);
        }
    }
}
