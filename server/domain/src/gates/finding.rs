//! What a gate finds: how it came out, why, and what that rests on.

use serde::{Deserialize, Serialize};

use super::brought::ROLLBACK;
use crate::dossier::{Dossier, Piece};
use crate::time::Timestamp;

/// The most reasons, and the most pieces of evidence, that one finding lists; the rest is counted.
pub const MAX_LISTED: usize = 100;

/// The most characters of a name from outside that stand in a sentence.
const MAX_NAME_CHARS: usize = 80;

/// How a gate came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// The evidence says yes.
    Pass,
    /// The evidence says no.
    Fail,
    /// The evidence to judge by is missing.
    Unknown,
    /// The question does not arise.
    NotNeeded,
}

impl Judgement {
    /// Every judgement.
    pub const ALL: [Judgement; 4] = [Judgement::Pass, Judgement::Fail, Judgement::Unknown, Judgement::NotNeeded];

    /// The word that stands for it in tables and answers.
    pub const fn word(self) -> &'static str {
        match self {
            Judgement::Pass => "pass",
            Judgement::Fail => "fail",
            Judgement::Unknown => "unknown",
            Judgement::NotNeeded => "not_needed",
        }
    }
}

/// Why a gate came out as it did: one sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The sentence, which names the piece.
    pub text: String,
    /// Key of the piece that it speaks of.
    pub about: Option<String>,
    /// What to do about it.
    pub fix: Option<String>,
}

/// Something that a finding rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Key of the piece.
    pub key: String,
    /// What it says, in words.
    pub text: String,
    /// When it was so.
    pub at: Option<Timestamp>,
    /// How long before the evaluation that was, in seconds.
    pub age_seconds: Option<i64>,
    /// The ledger entries that it rests on.
    pub entries: Vec<u64>,
}

/// What a gate finds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The gate's name.
    pub gate: String,
    /// How it came out.
    pub outcome: Judgement,
    /// Why: what says no before what is not known. Empty where it passes.
    pub reasons: Vec<Reason>,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
}

impl Finding {
    /// A finding of one sentence.
    pub fn of(gate: &str, outcome: Judgement, text: impl Into<String>) -> Self {
        let reasons = vec![Reason { text: text.into(), about: None, fix: None }];
        Self { gate: gate.to_owned(), outcome, reasons, evidence: Vec::new() }
    }
}

/// A finding while it is made: what says no, what is not known, and what is there.
#[derive(Debug)]
pub(super) struct Weighing<'a> {
    gate: &'static str,
    dossier: &'a Dossier,
    against: Vec<Reason>,
    unknown: Vec<Reason>,
    evidence: Vec<Evidence>,
}

impl<'a> Weighing<'a> {
    pub(super) fn new(gate: &'static str, dossier: &'a Dossier) -> Self {
        Self { gate, dossier, against: Vec::new(), unknown: Vec::new(), evidence: Vec::new() }
    }

    /// Something says no.
    pub(super) fn fail(&mut self, about: &str, text: impl Into<String>, fix: &str) {
        self.against.push(reason(about, text, fix));
    }

    /// Something that is needed is not known.
    pub(super) fn unknown(&mut self, about: &str, text: impl Into<String>, fix: &str) {
        self.unknown.push(reason(about, text, fix));
    }

    /// Something that the finding rests on.
    pub(super) fn evidence(&mut self, piece: &Piece, text: impl Into<String>, at: Option<Timestamp>, entries: &[u64]) {
        self.add(piece.key.clone(), text.into(), at, entries.to_vec());
    }

    /// As [`Weighing::evidence`], for something that is known only by its key.
    pub(super) fn add(&mut self, key: String, text: String, at: Option<Timestamp>, entries: Vec<u64>) {
        let age_seconds = at.map(|at| self.dossier.evaluated.seconds().saturating_sub(at.seconds()));
        self.evidence.push(Evidence { key, text, at, age_seconds, entries });
    }

    /// Whether nothing speaks against it and nothing is unknown so far.
    pub(super) fn is_clear(&self) -> bool {
        self.against.is_empty() && self.unknown.is_empty()
    }

    /// The finding: no where anything says no, unknown where anything is, else yes.
    pub(super) fn finish(self) -> Finding {
        let outcome = match (self.against.is_empty(), self.unknown.is_empty()) {
            (false, _) => Judgement::Fail,
            (true, false) => Judgement::Unknown,
            (true, true) => Judgement::Pass,
        };
        let mut reasons = self.against;
        reasons.extend(self.unknown);
        let mut evidence = self.evidence;
        if reasons.len() > MAX_LISTED {
            let rest = reasons.len() - MAX_LISTED;
            reasons.truncate(MAX_LISTED);
            reasons.push(Reason { text: format!("{rest} more of that sort are not listed."), about: None, fix: None });
        }
        evidence.truncate(MAX_LISTED);
        Finding { gate: self.gate.to_owned(), outcome, reasons, evidence }
    }

    /// As [`Weighing::finish`]; but of a rollback to what ran there is not asked what is not known: it was judged when it
    /// first went out.
    pub(super) fn finish_or_rolled_back(self) -> Finding {
        let is_open = self.against.is_empty() && !self.unknown.is_empty();
        let is_back = self.dossier.is_rollback && self.dossier.has_run_there();
        if is_back && is_open { self.not_needed(ROLLBACK) } else { self.finish() }
    }

    /// The finding that the question does not arise, and why.
    pub(super) fn not_needed(self, text: &str) -> Finding {
        Finding { evidence: self.evidence, ..Finding::of(self.gate, Judgement::NotNeeded, text) }
    }
}

/// What a piece is called within a sentence: `pull request acme/checkout#42`.
pub(super) fn named(piece: &Piece) -> String {
    format!("{} {}", piece.kind.label().to_lowercase(), short(piece.name()))
}

/// The same at the beginning of a sentence: `Pull request acme/checkout#42`.
pub(super) fn begin(piece: &Piece) -> String {
    format!("{} {}", piece.kind.label(), short(piece.name()))
}

/// A text from outside, in one line and of a length that a sentence bears, without what would turn the rest of the sentence
/// around.
pub(super) fn short(text: &str) -> String {
    let clean = |letter: char| if letter.is_control() { ' ' } else { letter };
    let letters: Vec<char> = text.chars().filter(|letter| !turns(*letter)).map(clean).collect();
    if letters.len() <= MAX_NAME_CHARS {
        return letters.into_iter().collect();
    }
    letters.into_iter().take(MAX_NAME_CHARS - 1).chain(['…']).collect()
}

/// Whether a character changes the direction in which those behind it are read.
fn turns(letter: char) -> bool {
    matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn reason(about: &str, text: impl Into<String>, fix: &str) -> Reason {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Reason { text: text.into(), about: given(about), fix: given(fix) }
}

#[cfg(test)]
mod tests {
    use super::{Judgement, MAX_LISTED, Weighing, short};
    use crate::gates::testing::good;

    #[test]
    fn what_says_no_outweighs_what_is_unknown() {
        let dossier = good();
        for (against, unknown, expected) in
            [(0, 0, Judgement::Pass), (0, 1, Judgement::Unknown), (1, 0, Judgement::Fail), (1, 1, Judgement::Fail)]
        {
            let mut weighing = Weighing::new("x", &dossier);
            (0..unknown).for_each(|_| weighing.unknown("", "not known", ""));
            (0..against).for_each(|_| weighing.fail("", "no", "mend it"));
            assert_eq!(weighing.is_clear(), against + unknown == 0);
            let finding = weighing.finish();
            assert_eq!(finding.outcome, expected);
            assert_eq!(finding.reasons.len(), against + unknown);
            assert!(against == 0 || finding.reasons[0].text == "no");
        }
    }

    #[test]
    fn lists_are_bounded_and_say_so() {
        let dossier = good();
        let mut weighing = Weighing::new("x", &dossier);
        for _ in 0..MAX_LISTED + 7 {
            weighing.fail("", "no", "");
            weighing.add("k".to_owned(), "there".to_owned(), None, Vec::new());
        }
        let finding = weighing.finish();
        assert_eq!((finding.reasons.len(), finding.evidence.len()), (MAX_LISTED + 1, MAX_LISTED));
        assert_eq!(finding.reasons.last().unwrap().text, "7 more of that sort are not listed.");
    }

    #[test]
    fn names_from_outside_are_one_short_line() {
        assert_eq!(short("a\nb"), "a b");
        assert_eq!(short("\u{202e}sey\u{2066}"), "sey");
        assert_eq!(short(&"x".repeat(81)).chars().count(), 80);
        assert_eq!(short(&"é".repeat(80)), "é".repeat(80));
    }
}
