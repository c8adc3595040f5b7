//! The verdict: all findings together with what people have decided, and whether it may go out.
//!
//! It is a function of the dossier, the policies and the findings of own gates, and of nothing else: judged again by the
//! same, it comes out the same.

use serde::{Deserialize, Serialize};

use super::finding::short;
use super::{Finding, GATES, Judgement};
use crate::dossier::{DecisionLine, Dossier, Piece, ReleaseDecision};
use crate::policy::{OwnGate, Place, PolicySet, Weight};
use crate::time::Timestamp;

/// Whether something may go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Readiness {
    /// It may.
    Ready,
    /// The evidence, or a person, says no.
    NotReady,
    /// Nothing says no, and something that is needed is not known.
    Unknown,
}

impl Readiness {
    /// Every verdict.
    pub const ALL: [Readiness; 3] = [Readiness::Ready, Readiness::NotReady, Readiness::Unknown];

    /// The word that stands for it in tables and answers.
    pub const fn word(self) -> &'static str {
        match self {
            Readiness::Ready => "ready",
            Readiness::NotReady => "not_ready",
            Readiness::Unknown => "unknown",
        }
    }

    /// The verdict of that word, if there is one.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|readiness| readiness.word() == word)
    }

    /// What `throughline ready` ends with: 0 ready, 1 not ready, 2 unknown.
    pub const fn exit_code(self) -> u8 {
        match self {
            Readiness::Ready => 0,
            Readiness::NotReady => 1,
            Readiness::Unknown => 2,
        }
    }
}

/// What a finding does to the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Nothing: the gate passes or is not needed.
    Clear,
    /// It holds it up: the evidence says no.
    Against,
    /// It holds it up: what is needed is not known.
    Open,
    /// Nothing: it is not known, and the policy lets that pass.
    Noted,
    /// It would hold it up, and somebody answers for that.
    Waived,
    /// It would hold it up, and it goes out as an emergency.
    Excepted,
}

/// A finding, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// What the gate found, whatever was decided about it.
    #[serde(flatten)]
    pub finding: Finding,
    /// What the gate says, for people.
    pub title: String,
    /// The version of the gate; 0 for one of the policy file.
    pub version: u16,
    /// How much it counts, by the policy.
    pub weight: Weight,
    /// What it does to the verdict.
    pub standing: Standing,
    /// The waiver, where it is waived.
    pub waiver: Option<DecisionLine>,
}

/// Whether a person has said go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignOff {
    /// Nobody has to, and nobody has.
    NotAsked,
    /// Somebody has to, and nobody has.
    Missing,
    /// Somebody has said go.
    Given,
    /// Somebody has said no.
    Refused,
}

/// By what policy was judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyName {
    /// The policy's name.
    pub name: String,
    /// SHA-256 over the text of its file, in hexadecimal digits.
    pub sha256: String,
}

/// Whether something may go out, with everything that this rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Whether it may.
    pub outcome: Readiness,
    /// The same in words.
    pub summary: String,
    /// Whether it goes out as an emergency, with exceptions that are to be made good.
    pub is_emergency: bool,
    /// Whether a person has said go.
    pub sign_off: SignOff,
    /// What each gate found, in the order of the gates; own gates last.
    pub findings: Vec<Judged>,
    /// The decisions that count, the newest first.
    pub decisions: Vec<DecisionLine>,
    /// By what was judged.
    pub policy: PolicyName,
    /// The size of the ledger at that moment.
    pub ledger_size: u64,
    /// The moment as of which was judged.
    pub evaluated: Timestamp,
    /// What was judged.
    pub candidate: Piece,
    /// What it is of.
    pub service: Option<Piece>,
    /// Where it goes.
    pub environment: Piece,
}

/// Judges a dossier by the policy that fits it.
///
/// `own` evaluates a gate of the policy file over the same dossier; it is asked for those that fit, in their order. A
/// waiver or an emergency without an expiry counts nothing.
pub fn judge(dossier: &Dossier, policies: &PolicySet, own: &mut dyn FnMut(&OwnGate) -> Finding) -> Verdict {
    let place = Place::of(dossier);
    let policy = policies.choose(&place);
    let decisions = standing_decisions(dossier);
    let ruling = Ruling::of(&decisions);
    let limits = policies.limits(policy, &place);
    let mut findings = Vec::new();
    for gate in GATES {
        let weight = (gate.weight)(&limits.gates);
        if weight != Weight::Off {
            let finding = (gate.judge)(dossier, &limits);
            findings.push(ruling.judged(finding, gate.title, gate.version, weight));
        }
    }
    for gate in policies.own_gates(&place) {
        let finding = Finding { gate: gate.name.clone(), ..own(gate) };
        findings.push(ruling.judged(finding, &gate.title, 0, gate.weight));
    }
    let sign_off = ruling.sign_off(policy.sign_off);
    let outcome = outcome(&findings, sign_off, ruling.emergency.is_some());
    Verdict {
        outcome,
        summary: summary(outcome, &findings, sign_off, &ruling, went_out(dossier)),
        is_emergency: ruling.emergency.is_some(),
        sign_off,
        findings,
        policy: PolicyName { name: policy.name.clone(), sha256: policies.sha256.clone() },
        ledger_size: dossier.ledger_size,
        evaluated: dossier.evaluated,
        candidate: dossier.candidate.clone(),
        service: dossier.service.clone(),
        environment: dossier.environment.clone(),
        decisions,
    }
}

/// The decisions that count, the newest first.
fn standing_decisions(dossier: &Dossier) -> Vec<DecisionLine> {
    let moment = dossier.moment();
    let counts = |decision: &&DecisionLine| {
        let holds = decision.expires.is_none_or(|expires| expires > moment);
        match &decision.what {
            ReleaseDecision::Go | ReleaseDecision::NoGo => holds && decision.at <= moment,
            // Whoever answers for an exception may write it down once there is time for that.
            ReleaseDecision::Waive(_) | ReleaseDecision::Emergency => {
                holds && decision.expires.is_some() && decision.at <= dossier.evaluated
            }
        }
    };
    let mut standing: Vec<DecisionLine> = dossier.decisions.iter().filter(counts).cloned().collect();
    standing.sort_by_key(|decision| std::cmp::Reverse((decision.at, decision.entry)));
    standing
}

/// What the decisions come to.
struct Ruling<'a> {
    /// The newest go or no-go, if there is one.
    word: Option<&'a DecisionLine>,
    /// The emergency, unless somebody has said no since.
    emergency: Option<&'a DecisionLine>,
    /// Whether somebody has said no, and neither go nor emergency since.
    is_refused: bool,
    decisions: &'a [DecisionLine],
}

impl<'a> Ruling<'a> {
    fn of(decisions: &'a [DecisionLine]) -> Self {
        let newest = |wanted: fn(&ReleaseDecision) -> bool| decisions.iter().find(|decision| wanted(&decision.what));
        let word = newest(|what| matches!(what, ReleaseDecision::Go | ReleaseDecision::NoGo));
        let emergency = newest(|what| matches!(what, ReleaseDecision::Emergency));
        let refused = word.filter(|word| word.what == ReleaseDecision::NoGo);
        let order = |decision: &DecisionLine| (decision.at, decision.entry);
        // A no-go ends an emergency for good: a go that comes after it does not declare the emergency anew.
        let overrules = match (newest(|what| matches!(what, ReleaseDecision::NoGo)), emergency) {
            (Some(no), Some(emergency)) => order(emergency) > order(no),
            (_, _) => true,
        };
        Self {
            word,
            emergency: emergency.filter(|_| overrules),
            is_refused: refused.is_some() && !(overrules && emergency.is_some()),
            decisions,
        }
    }

    fn sign_off(&self, is_asked: bool) -> SignOff {
        match (self.is_refused, self.word.map(|word| &word.what)) {
            (true, _) => SignOff::Refused,
            (false, Some(ReleaseDecision::Go)) => SignOff::Given,
            (false, _) if is_asked => SignOff::Missing,
            (false, _) => SignOff::NotAsked,
        }
    }

    fn judged(&self, finding: Finding, title: &str, version: u16, weight: Weight) -> Judged {
        let holds_up = match (finding.outcome, weight) {
            (Judgement::Pass | Judgement::NotNeeded, _) => Standing::Clear,
            (Judgement::Fail, _) => Standing::Against,
            (Judgement::Unknown, Weight::Required) => Standing::Open,
            (Judgement::Unknown, Weight::On | Weight::Off) => Standing::Noted,
        };
        let is_held_up = matches!(holds_up, Standing::Against | Standing::Open);
        let waives = |decision: &&DecisionLine| match &decision.what {
            ReleaseDecision::Waive(gate) => *gate == finding.gate,
            ReleaseDecision::Go | ReleaseDecision::NoGo | ReleaseDecision::Emergency => false,
        };
        let waiver = self.decisions.iter().find(waives).filter(|_| is_held_up).cloned();
        let standing = match (&waiver, self.emergency) {
            (Some(_), _) => Standing::Waived,
            (None, Some(_)) if is_held_up => Standing::Excepted,
            (None, _) => holds_up,
        };
        Judged { finding, title: title.to_owned(), version, weight, standing, waiver }
    }
}

fn outcome(findings: &[Judged], sign_off: SignOff, is_emergency: bool) -> Readiness {
    let any = |standing: Standing| findings.iter().any(|judged| judged.standing == standing);
    let is_refused = match sign_off {
        SignOff::Refused => true,
        SignOff::Missing => !is_emergency,
        SignOff::NotAsked | SignOff::Given => false,
    };
    match (is_refused || any(Standing::Against), any(Standing::Open)) {
        (true, _) => Readiness::NotReady,
        (false, true) => Readiness::Unknown,
        (false, false) => Readiness::Ready,
    }
}

/// When it was deployed, where it has happened.
fn went_out(dossier: &Dossier) -> Option<Timestamp> {
    dossier.deployment.as_ref().and_then(|deployment| deployment.piece.occurred)
}

fn summary(
    outcome: Readiness,
    findings: &[Judged],
    sign_off: SignOff,
    ruling: &Ruling<'_>,
    went_out: Option<Timestamp>,
) -> String {
    let mut clauses = Vec::new();
    let said = |decision: &DecisionLine, what: &str| {
        format!("{} {what}: {}", short(&decision.by.name), short(&decision.reason))
    };
    match (sign_off, ruling.word) {
        (SignOff::Refused, Some(word)) => clauses.push(said(word, "said no")),
        (SignOff::Given, Some(word)) => clauses.push(said(word, "said go")),
        (SignOff::Missing, _) => clauses.push("nobody has said go".to_owned()),
        (SignOff::Refused | SignOff::Given | SignOff::NotAsked, _) => {}
    }
    clauses.extend(ruling.emergency.map(|emergency| said(emergency, "declared an emergency")));
    for (standing, words) in [
        (Standing::Against, "says no|say no"),
        (Standing::Open, "is not known|are not known"),
        (Standing::Excepted, "is left out as an exception|are left out as exceptions"),
        (Standing::Waived, "is waived|are waived"),
        (Standing::Noted, "is not known and may be so|are not known and may be so"),
    ] {
        let names: Vec<&str> = findings
            .iter()
            .filter(|judged| judged.standing == standing)
            .map(|judged| judged.finding.gate.as_str())
            .collect();
        clauses.extend(counted(&names, words));
    }
    let clear = findings.iter().filter(|judged| judged.standing == Standing::Clear).count();
    clauses.push(format!("{clear} of {} gates have nothing against it", findings.len()));
    clauses.extend(went_out.map(|at| format!("judged as of its deployment, {}", at.to_minute())));
    let begin = match (outcome, ruling.emergency) {
        (Readiness::Ready, Some(_)) => "Ready as an emergency",
        (Readiness::Ready, None) => "Ready",
        (Readiness::NotReady, _) => "Not ready",
        (Readiness::Unknown, _) => "Unknown whether it is ready",
    };
    format!("{begin}: {}.", clauses.join("; "))
}

/// `2 gates say no (four-eyes, freeze)`; nothing where there are none.
fn counted(names: &[&str], words: &str) -> Option<String> {
    let (one, several) = words.split_once('|').unwrap_or((words, words));
    match names {
        [] => None,
        [only] => Some(format!("1 gate {one} ({only})")),
        names => Some(format!("{} gates {several} ({})", names.len(), names.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::{Readiness, SignOff, Standing, Verdict, judge};
    use crate::dossier::{Dossier, ReleaseDecision};
    use crate::gates::testing::{decision, good, rollout};
    use crate::gates::{Finding, Judgement};
    use crate::policy::{OwnGate, PolicySet};

    fn verdict(dossier: &Dossier, policy: &str) -> Verdict {
        let policies = PolicySet::read(policy).unwrap();
        judge(dossier, &policies, &mut |gate: &OwnGate| Finding::of(&gate.name, Judgement::Pass, "never asked"))
    }

    fn waive(gate: &str) -> ReleaseDecision {
        ReleaseDecision::Waive(gate.to_owned())
    }

    /// A dossier with which `ticket` fails and `provenance` is unknown.
    fn bad() -> Dossier {
        let mut dossier = good();
        dossier.changes[0].tickets.clear();
        dossier.artifacts[0].provenance = None;
        dossier
    }

    #[test]
    fn decisions_and_findings_make_a_verdict() {
        const PLAIN: &str = "[[policy]]\nname = \"x\"";
        const SIGNED: &str = "[[policy]]\nname = \"x\"\nsign_off = true";
        const MILD: &str = "[[policy]]\nname = \"x\"\n[policy.gates]\nticket.use = \"off\"\nprovenance.use = \"on\"";
        let (go, no_go, emergency) = (ReleaseDecision::Go, ReleaseDecision::NoGo, ReleaseDecision::Emergency);
        for (dossier, policy, decisions, expected) in [
            (good(), PLAIN, vec![], "ready: Ready: 14 of 14 gates have nothing against it."),
            (
                bad(),
                PLAIN,
                vec![],
                "not_ready: Not ready: 1 gate says no (ticket); 1 gate is not known (provenance); 12 of 14 gates have \
                 nothing against it.",
            ),
            (
                bad(),
                MILD,
                vec![],
                "ready: Ready: 1 gate is not known and may be so (provenance); 12 of 13 gates have nothing against it.",
            ),
            (
                bad(),
                PLAIN,
                vec![decision(waive("ticket"), 10, Some(3_000))],
                "unknown: Unknown whether it is ready: 1 gate is not known (provenance); 1 gate is waived (ticket); 12 of \
                 14 gates have nothing against it.",
            ),
            (
                bad(),
                PLAIN,
                vec![decision(waive("ticket"), 10, Some(3_000)), decision(waive("provenance"), 20, Some(3_000))],
                "ready: Ready: 2 gates are waived (ticket, provenance); 12 of 14 gates have nothing against it.",
            ),
            (
                good(),
                SIGNED,
                vec![],
                "not_ready: Not ready: nobody has said go; 14 of 14 gates have nothing against it.",
            ),
            (
                good(),
                SIGNED,
                vec![decision(go.clone(), 10, None)],
                "ready: Ready: grace said go: it is known; 14 of 14 gates have nothing against it.",
            ),
            (
                good(),
                PLAIN,
                vec![decision(no_go.clone(), 10, None)],
                "not_ready: Not ready: grace said no: it is known; 14 of 14 gates have nothing against it.",
            ),
            (
                good(),
                PLAIN,
                vec![decision(no_go.clone(), 10, None), decision(go.clone(), 20, None)],
                "ready: Ready: grace said go: it is known; 14 of 14 gates have nothing against it.",
            ),
            (
                bad(),
                SIGNED,
                vec![decision(emergency.clone(), 10, Some(3_000))],
                "ready: Ready as an emergency: nobody has said go; grace declared an emergency: it is known; 2 gates are \
                 left out as exceptions (ticket, provenance); 12 of 14 gates have nothing against it.",
            ),
            (
                good(),
                PLAIN,
                vec![decision(no_go.clone(), 10, None), decision(emergency.clone(), 20, Some(3_000))],
                "ready: Ready as an emergency: grace declared an emergency: it is known; 14 of 14 gates have nothing \
                 against it.",
            ),
            (
                bad(),
                MILD,
                vec![
                    decision(emergency.clone(), 10, Some(3_000)),
                    decision(no_go.clone(), 20, None),
                    decision(go.clone(), 30, None),
                ],
                "ready: Ready: grace said go: it is known; 1 gate is not known and may be so (provenance); 12 of 13 gates \
                 have nothing against it.",
            ),
            (
                bad(),
                PLAIN,
                vec![
                    decision(emergency.clone(), 10, Some(3_000)),
                    decision(no_go.clone(), 20, None),
                    decision(go.clone(), 30, None),
                ],
                "not_ready: Not ready: grace said go: it is known; 1 gate says no (ticket); 1 gate is not known \
                 (provenance); 12 of 14 gates have nothing against it.",
            ),
            (
                bad(),
                PLAIN,
                vec![decision(emergency.clone(), 10, Some(3_000)), decision(go, 20, None)],
                "ready: Ready as an emergency: grace said go: it is known; grace declared an emergency: it is known; 2 gates \
                 are left out as exceptions (ticket, provenance); 12 of 14 gates have nothing against it.",
            ),
            (
                good(),
                PLAIN,
                vec![decision(emergency, 10, Some(3_000)), decision(no_go, 20, None)],
                "not_ready: Not ready: grace said no: it is known; 14 of 14 gates have nothing against it.",
            ),
        ] {
            let mut dossier = dossier;
            dossier.decisions = decisions;
            let verdict = verdict(&dossier, policy);
            assert_eq!(format!("{}: {}", verdict.outcome.word(), verdict.summary), expected);
            let mut turned = dossier.clone();
            turned.decisions.reverse();
            assert_eq!(judge(&turned, &PolicySet::read(policy).unwrap(), &mut |_| unreachable!()), verdict);
        }
    }

    #[test]
    fn a_decision_counts_for_its_time_only() {
        let cases = [
            (waive("ticket"), 10, Some(3_000), true),
            (waive("ticket"), 10, Some(2_001), true),
            (waive("ticket"), 10, Some(2_000), false),
            (waive("ticket"), 10, None, false),
            (waive("ticket"), 2_001, Some(3_000), false),
            (ReleaseDecision::Emergency, 10, None, false),
            (ReleaseDecision::Go, 10, None, true),
            (ReleaseDecision::Go, 10, Some(1_999), false),
            (ReleaseDecision::NoGo, 2_001, None, false),
        ];
        for (what, minutes, expires, counts) in cases {
            let mut dossier = bad();
            dossier.decisions = vec![decision(what, minutes, expires)];
            let verdict = verdict(&dossier, "");
            assert_eq!(verdict.decisions.len(), usize::from(counts), "{:?}", dossier.decisions);
        }
    }

    #[test]
    fn of_what_went_out_the_decisions_of_then_count() {
        let mut dossier = bad();
        dossier.deployment = Some(rollout("r2", "production", 1_900));
        dossier.decisions = vec![
            decision(ReleaseDecision::Go, 1_950, None),
            decision(waive("provenance"), 1_950, Some(1_960)),
            decision(waive("ticket"), 10, Some(1_890)),
        ];
        let verdict = verdict(&dossier, "");
        let counted: Vec<&ReleaseDecision> = verdict.decisions.iter().map(|decision| &decision.what).collect();
        assert_eq!(counted, [&waive("provenance")]);
        assert_eq!((verdict.outcome, verdict.sign_off), (Readiness::NotReady, SignOff::NotAsked));
        let end = "; judged as of its deployment, 2026-11-11 07:40 UTC.";
        assert!(verdict.summary.ends_with(end), "{}", verdict.summary);
    }

    #[test]
    fn a_waived_gate_keeps_what_it_said() {
        let mut dossier = bad();
        dossier.decisions = vec![decision(waive("ticket"), 10, Some(3_000)), decision(waive("soak"), 10, Some(3_000))];
        let verdict = verdict(&dossier, "");
        let of = |gate: &str| verdict.findings.iter().find(|judged| judged.finding.gate == gate).unwrap();
        let ticket = of("ticket");
        assert_eq!((ticket.standing, ticket.finding.outcome), (Standing::Waived, Judgement::Fail));
        assert_eq!(ticket.finding.reasons[0].text, "Pull request acme/checkout#42 has no ticket.");
        assert_eq!(ticket.waiver.as_ref(), dossier.decisions.first());
        assert_eq!((of("soak").standing, of("soak").waiver.as_ref()), (Standing::Clear, None));
    }

    #[test]
    fn own_gates_are_asked_where_they_fit() {
        let own = |name: &str, rest: &str| format!("[[rego]]\nname = \"{name}\"\nmodule = \"\"\n{rest}\n");
        let text = [
            own("never", "use = \"off\""),
            own("elsewhere", "environments = [\"staging\"]"),
            own("size", ""),
            own("mild", "use = \"on\""),
        ]
        .concat();
        let policies = PolicySet::read(&text).unwrap();
        let mut asked = Vec::new();
        let verdict = judge(&good(), &policies, &mut |gate| {
            asked.push(gate.name.clone());
            Finding::of("another", Judgement::Unknown, "It cannot be said.")
        });
        assert_eq!(asked, ["size", "mild"]);
        let last: Vec<(&str, Standing)> =
            verdict.findings[14..].iter().map(|judged| (judged.finding.gate.as_str(), judged.standing)).collect();
        assert_eq!(last, [("size", Standing::Open), ("mild", Standing::Noted)]);
        assert_eq!((verdict.outcome, verdict.outcome.exit_code()), (Readiness::Unknown, 2));
        assert_eq!(verdict.policy.sha256, policies.sha256);
        assert_eq!(verdict.policy.name, "none fits: strict");
    }

    #[test]
    fn a_verdict_reads_back() {
        let mut dossier = bad();
        dossier.decisions = vec![decision(waive("ticket"), 10, Some(3_000))];
        let verdict = verdict(&dossier, "");
        let text = serde_json::to_string(&verdict).unwrap();
        assert_eq!(serde_json::from_str::<Verdict>(&text).unwrap(), verdict);
        assert_eq!((verdict.ledger_size, verdict.evaluated), (900, dossier.evaluated));
        for readiness in Readiness::ALL {
            assert_eq!(Readiness::from_word(readiness.word()), Some(readiness));
        }
        assert_eq!(Readiness::ALL.map(Readiness::exit_code), [0, 1, 2]);
    }
}
