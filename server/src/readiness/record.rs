//! Verdicts in the ledger: kept with the dossier that they rest on, and judged again to the same result.

use serde::{Deserialize, Serialize};
use throughline_domain::alias::Aliases;
use throughline_domain::dossier::Dossier;
use throughline_domain::gates::verdict::Verdict;
use throughline_domain::key::Key;
use throughline_domain::ledger::{EntryKind, EvidenceClass, StreamId};
use throughline_domain::time::Timestamp;
use throughline_store::release::VerdictRow;
use throughline_store::{Draft, DraftContent, StoreError, StoredEntry, ledger};

use crate::ask::{AskError, Desk};
use crate::clock;
use crate::keys::{Keys, hex, random};
use crate::plain;
use crate::policies::{self, Which};
use crate::readiness::answer::{AgainAnswer, ReadyAnswer, sign_off};
use crate::readiness::{Judged, ReadyRequest, answer_of, evaluate, judge};
use crate::release::ReleaseError;

/// The stream of verdicts.
pub const VERDICT_STREAM: StreamId = StreamId::from_bytes(*b"verdicts\0\0\0\0\0\0\0\0");

/// The source that such entries name.
pub const VERDICTS: &str = "verdicts";

/// The longest name of whoever asked, in characters.
const MAX_NAME: usize = 80;

/// A verdict as it is kept: everything that is needed to judge again, but the text of the policies, which is an entry of
/// its own and found by its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerdictRecord {
    /// Who asked.
    pub by: String,
    /// The size of the ledger that it was computed over.
    pub ledger_size: u64,
    /// The entry of the policies that it was judged by; none for the built-in ones.
    pub policy_entry: Option<u64>,
    /// What came of it, with the hash of the policies and the moment of the evaluation.
    pub verdict: Verdict,
    /// What was judged.
    pub dossier: Dossier,
}

/// What a row says of a verdict; the rest of its body is passed over.
#[derive(Deserialize)]
struct Head {
    by: String,
    verdict: VerdictHead,
}

#[derive(Deserialize)]
struct VerdictHead {
    outcome: String,
    policy: PolicyHead,
    evaluated: Timestamp,
    candidate: PieceHead,
    environment: PieceHead,
}

#[derive(Deserialize)]
struct PolicyHead {
    sha256: String,
}

#[derive(Deserialize)]
struct PieceHead {
    key: Key,
}

impl VerdictRecord {
    /// The row of a verdict; `None` where this version cannot read it.
    pub fn row(entry: &StoredEntry, aliases: &Aliases) -> Option<VerdictRow> {
        let Head { by, verdict } = serde_json::from_slice(entry.body.as_deref()?).ok()?;
        Some(VerdictRow {
            entry: entry.position,
            candidate: aliases.key(verdict.candidate.key).as_str().to_owned(),
            environment: aliases.key(verdict.environment.key).as_str().to_owned(),
            outcome: verdict.outcome,
            policy: verdict.policy.sha256,
            person: by,
            at: verdict.evaluated,
        })
    }
}

/// The entry of a verdict, ready to be appended, with the size of its body in bytes.
///
/// # Errors
/// [`ReleaseError::Refused`] where nobody asks, [`ReleaseError::Keys`] without randomness, [`ReleaseError::Store`] where the
/// body cannot be packed.
pub fn draft(keys: &Keys, judged: &Judged, by: &str) -> Result<(Draft, usize), ReleaseError> {
    let by = plain::line(by);
    if by.is_empty() {
        return Err(ReleaseError::Refused("say who asks, by --by: a verdict that is kept names them".to_owned()));
    }
    let record = VerdictRecord {
        by: plain::clip(&by, MAX_NAME),
        ledger_size: judged.verdict.ledger_size,
        policy_entry: judged.policy_entry,
        verdict: judged.verdict.clone(),
        dossier: judged.dossier.clone(),
    };
    let body = serde_json::to_vec(&record).map_err(|cause| StoreError::Query(cause.to_string()))?;
    let id = hex(&random::<16>()?);
    let draft = Draft::new(&DraftContent {
        kind: EntryKind::Verdict,
        evidence: EvidenceClass::System,
        received: clock::now(),
        stream: VERDICT_STREAM,
        source: VERDICTS,
        delivery_id: &id,
        headers: b"[]",
        body: &body,
        fingerprint: keys.fingerprint(b"", &body),
        salt: random()?,
    })?;
    Ok((draft, body.len()))
}

/// Judges a recorded verdict again: its dossier by its policies, and beside it the candidate as things are now.
///
/// # Errors
/// [`ReleaseError::Missing`] where the entry is no verdict that can be read, or its policies are not in the ledger.
pub fn again(desk: &Desk, entry: u64, now: Timestamp) -> Result<AgainAnswer, ReleaseError> {
    let record = read(desk, entry)?;
    let policies = policies::find(desk, &Which::OfHash(record.verdict.policy.sha256.clone()))?;
    let verdict = evaluate(&record.dossier, &policies.set);
    let mut recorded = answer_of(&record.dossier, &record.verdict, record.policy_entry);
    recorded.entry = Some(entry);
    let repeated = answer_of(&record.dossier, &verdict, record.policy_entry);
    let same = verdict == record.verdict;
    let mut differs = differences(&recorded, &repeated);
    if !same && differs.is_empty() {
        differs.push("the words of a reason or the evidence beside it".to_owned());
    }
    let current = current(desk, &record, now)?;
    let changed = current.as_ref().map(|current| changes(&recorded, current)).unwrap_or_default();
    Ok(AgainAnswer { recorded, same, differences: differs, now: current, changed })
}

fn read(desk: &Desk, position: u64) -> Result<VerdictRecord, ReleaseError> {
    let missing = |what: &str| ReleaseError::Missing(format!("entry {position} {what}"));
    let entry = desk.store.read(|connection| ledger::entry_at(connection, position))?;
    let entry = entry.filter(|entry| entry.entry_kind() == Some(EntryKind::Verdict));
    let body = entry.ok_or_else(|| missing("is no verdict"))?.body.ok_or_else(|| missing("was erased"))?;
    serde_json::from_slice(&body).map_err(|cause| missing(&format!("is a verdict that cannot be read: {cause}")))
}

/// The verdict as things are now; `None` where the candidate or the environment is not known any more.
fn current(desk: &Desk, record: &VerdictRecord, now: Timestamp) -> Result<Option<ReadyAnswer>, ReleaseError> {
    let asked = ReadyRequest {
        // Of what has gone out the deployment was judged, and not what somebody may want to bring there once more.
        candidate: record.dossier.deployment.as_ref().map_or(&record.dossier.candidate, |one| &one.piece).key.clone(),
        environment: record.dossier.environment.key.clone(),
        service: record.dossier.service.as_ref().map(|service| service.key.clone()),
    };
    match judge(desk, &asked, now) {
        Ok(judged) => Ok(Some(judged.answer)),
        Err(
            ReleaseError::Ask(AskError::NotFound(_) | AskError::Ambiguous(_) | AskError::Time(_))
            | ReleaseError::Refused(_),
        ) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What differs between two verdicts, in words.
fn differences(before: &ReadyAnswer, after: &ReadyAnswer) -> Vec<String> {
    let mut lines = Vec::new();
    let mut compare = |what: &str, before: &str, after: &str| {
        if before != after {
            lines.push(format!("{what}: {before}, now {after}"));
        }
    };
    compare("verdict", before.outcome.word(), after.outcome.word());
    compare("sign-off", sign_off(before.sign_off), sign_off(after.sign_off));
    compare("emergency", yes(before.emergency), yes(after.emergency));
    for gate in &before.gates {
        let other = after.gates.iter().find(|other| other.gate == gate.gate);
        compare(&gate.gate, gate.state.title(), other.map_or("not judged", |other| other.state.title()));
    }
    for gate in after.gates.iter().filter(|gate| before.gates.iter().all(|other| other.gate != gate.gate)) {
        compare(&gate.gate, "not judged", gate.state.title());
    }
    lines
}

/// What has changed in the world since, in words.
fn changes(before: &ReadyAnswer, after: &ReadyAnswer) -> Vec<String> {
    let mut lines = differences(before, after);
    let mut compare = |what: &str, before: String, after: String| {
        if before != after {
            lines.push(format!("{what}: {before}, now {after}"));
        }
    };
    let short = |sha256: &str| sha256.chars().take(12).collect::<String>();
    compare("policies", short(&before.policy.sha256), short(&after.policy.sha256));
    compare("policy", before.policy.name.clone(), after.policy.name.clone());
    let running =
        |answer: &ReadyAnswer| answer.replaces.as_ref().map_or("nothing", |node| node.title.as_str()).to_owned();
    compare("what runs there", running(before), running(after));
    compare("commits that it brings", before.brings.commits.to_string(), after.brings.commits.to_string());
    compare("decisions", before.decisions.len().to_string(), after.decisions.len().to_string());
    compare("ledger entries", before.ledger_size.to_string(), after.ledger_size.to_string());
    lines
}

const fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

#[cfg(test)]
mod tests {
    use throughline_domain::gates::verdict::Readiness;

    use super::{changes, differences};
    use crate::readiness::answer::GateState;
    use crate::readiness::answer::samples::not_ready;

    #[test]
    fn what_differs_is_told_gate_by_gate() {
        let before = not_ready();
        assert!(differences(&before, &before).is_empty() && changes(&before, &before).is_empty());
        let mut after = not_ready();
        after.outcome = Readiness::Ready;
        after.gates[0].state = GateState::Pass;
        let added = after.gates.remove(1);
        after.gates.push(crate::readiness::answer::GateAnswer { gate: "size".to_owned(), ..added });
        after.ledger_size = 500;
        let lines = [
            "verdict: not_ready, now ready",
            "built-and-tested: no, now yes",
            "ticket: not known, now not judged",
            "size: not judged, now not known",
        ];
        assert_eq!(differences(&before, &after), lines);
        assert_eq!(changes(&before, &after).last().unwrap(), "ledger entries: 412, now 500");
    }
}
