//! A verdict for a terminal.

use throughline_domain::gates::verdict::Readiness;

use crate::plain;
use crate::readiness::answer::{AgainAnswer, DecisionAnswer, GateAnswer, GateState, ReadyAnswer, title};
use crate::tree::Style;

/// The most reasons, and the most pieces of evidence, that one gate gets.
const MAX_LISTED: usize = 5;

const RESET: &str = "\u{1b}[0m";
const STRONG: &str = "\u{1b}[1m";
const QUIET: &str = "\u{1b}[2m";
const GOOD: &str = "\u{1b}[32m";
const BAD: &str = "\u{1b}[31m";
const DOUBTFUL: &str = "\u{1b}[33m";

/// The verdict: what it comes to, then gate by gate, then the decisions and what it rests on.
pub fn verdict(answer: &ReadyAnswer, style: Style) -> String {
    let mut out = String::new();
    let colour = match answer.outcome {
        Readiness::Ready => GOOD,
        Readiness::NotReady => BAD,
        Readiness::Unknown => DOUBTFUL,
    };
    let of = answer.service.as_ref().map(|service| format!(" of {}", plain::line(&service.title))).unwrap_or_default();
    let kind = plain::line(&answer.candidate.kind_label).to_lowercase();
    let name = plain::line(answer.candidate.reference.as_deref().unwrap_or(&answer.candidate.title));
    let place = plain::line(&answer.environment.title);
    let word = paint(style, colour, title(answer.outcome));
    out.push_str(&format!("{word} for {place}: {kind} {}{of}\n", paint(style, STRONG, &name)));
    out.push_str(&format!("{}\n", plain::line(&answer.headline)));
    if answer.emergency {
        out.push_str(&paint(
            style,
            DOUBTFUL,
            "It goes out as an emergency: what is missing has to be made good afterwards.",
        ));
        out.push('\n');
    }
    out.push('\n');
    for gate in &answer.gates {
        out.push_str(&of_gate(gate, style));
    }
    out.push_str(&decisions(&answer.decisions, style));
    if !answer.on_call.is_empty() {
        let on_call: Vec<String> = answer.on_call.iter().map(|line| plain::line(line)).collect();
        out.push_str(&format!("\nOn call: {}\n", on_call.join("; ")));
    }
    out.push_str(&basis(answer, style));
    out
}

/// A recorded verdict that was judged again.
pub fn again(answer: &AgainAnswer, style: Style) -> String {
    let recorded = &answer.recorded;
    let entry = recorded.entry.map(|entry| entry.to_string()).unwrap_or_default();
    let mut out = format!("Recorded as entry {entry}, {}:\n\n", plain::moment(&recorded.evaluated));
    out.push_str(&verdict(recorded, style));
    out.push('\n');
    if answer.same {
        let words = "Judged again, over the recorded dossier by the recorded policies: the same result.";
        out.push_str(&paint(style, GOOD, words));
        out.push('\n');
    } else {
        out.push_str(&paint(style, BAD, "Judged again, it comes out differently:"));
        out.push('\n');
        for line in &answer.differences {
            out.push_str(&format!("  {}\n", plain::line(line)));
        }
    }
    match &answer.now {
        Some(now) => out.push_str(&format!("Today: {}. {}\n", title(now.outcome), plain::line(&now.headline))),
        None => out.push_str("Today it cannot be asked any more: the candidate or the environment is not known.\n"),
    }
    for line in &answer.changed {
        out.push_str(&format!("  {}\n", plain::line(line)));
    }
    out
}

fn of_gate(gate: &GateAnswer, style: Style) -> String {
    let colour = match gate.state {
        GateState::Pass => GOOD,
        GateState::Fail if gate.holds_up => BAD,
        GateState::Unknown | GateState::Waived | GateState::Excepted | GateState::Fail => DOUBTFUL,
        GateState::NotNeeded => QUIET,
    };
    let mark = paint(style, colour, gate.state.mark());
    let name = paint(style, STRONG, &plain::line(&gate.gate));
    let state = match (gate.state, gate.holds_up) {
        (GateState::Fail | GateState::Unknown, false) => format!("{}, only noted", gate.state.title()),
        (GateState::Waived, _) => {
            format!("waived by {}", plain::line(gate.waived_by.as_deref().unwrap_or("somebody")))
        }
        (GateState::Pass | GateState::Fail | GateState::Unknown | GateState::NotNeeded | GateState::Excepted, _) => {
            gate.state.title().to_owned()
        }
    };
    let asks = paint(style, QUIET, &plain::line(&gate.title));
    let mut out = format!("{mark} {name}: {state}  {asks}\n");
    for reason in gate.reasons.iter().take(MAX_LISTED) {
        out.push_str(&format!("    {}\n", plain::line(&reason.text)));
        if let Some(fix) = &reason.fix {
            out.push_str(&format!("{}\n", paint(style, QUIET, &format!("      → {}", plain::line(fix)))));
        }
    }
    for evidence in gate.evidence.iter().take(MAX_LISTED) {
        let age = evidence.age.as_deref().map(|age| format!("  {} before", plain::line(age))).unwrap_or_default();
        let entry = evidence.entries.last().map(|entry| format!("  entry {entry}")).unwrap_or_default();
        out.push_str(&paint(style, QUIET, &format!("    · {}{age}{entry}", plain::line(&evidence.text))));
        out.push('\n');
    }
    let more = gate.reasons.len().saturating_sub(MAX_LISTED) + gate.evidence.len().saturating_sub(MAX_LISTED);
    if more > 0 {
        out.push_str(&format!("{}\n", paint(style, QUIET, &format!("    and {more} more; --json lists them all"))));
    }
    out
}

fn decisions(decisions: &[DecisionAnswer], style: Style) -> String {
    if decisions.is_empty() {
        return String::new();
    }
    let mut out = format!("\n{}\n", paint(style, STRONG, "Decisions"));
    for one in decisions {
        let what = one.decision.replace('_', "-");
        let gate = one.gate.as_deref().map(|gate| format!(" {}", plain::line(gate))).unwrap_or_default();
        let end = match (&one.expires, one.expired) {
            (Some(expires), true) => format!(" (counted until {})", plain::moment(expires)),
            (Some(expires), false) => format!(" (counts until {})", plain::moment(expires)),
            (None, _) => String::new(),
        };
        let (by, reason) = (plain::line(&one.by), plain::line(&one.reason));
        out.push_str(&format!("  {what}{gate}, {by}{end}: {reason}  entry {}\n", one.entry));
    }
    out
}

fn basis(answer: &ReadyAnswer, style: Style) -> String {
    let name = plain::line(&answer.policy.name);
    let sha256: String = answer.policy.sha256.chars().take(12).collect();
    let applied = answer.policy.entry.map_or_else(|| "built in".to_owned(), |entry| format!("entry {entry}"));
    let mut words = format!(
        "\nJudged by the policy “{name}” ({sha256}, {applied}) over {} ledger entries, {}.",
        answer.ledger_size,
        plain::moment(&answer.evaluated)
    );
    if let Some(entry) = answer.entry {
        words.push_str(&format!("\nRecorded as entry {entry}; `throughline ready --again {entry}` judges it again."));
    }
    paint(style, QUIET, &words) + "\n"
}

fn paint(style: Style, code: &str, text: &str) -> String {
    if style.colour { format!("{code}{text}{RESET}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use throughline_domain::gates::verdict::Readiness;

    use super::{again, verdict};
    use crate::readiness::answer::AgainAnswer;
    use crate::readiness::answer::samples::not_ready;
    use crate::tree::Style;

    const PLAIN: Style = Style { colour: false, width: 100 };

    #[test]
    fn a_verdict_begins_with_what_it_comes_to() {
        let expected = "\
Not ready for production: artifact checkout:1.8.0 of checkout
2 gates hold it up: built-and-tested, ticket.

✗ built-and-tested: no  what built-and-tested asks
    Test run unit failed | <b>127</b> passed, @ada #7.
      → Mend it, and let it run again.
? ticket: not known  what ticket asks
    Nobody has told of ticket PAY-31.
? error-budget: not known, only noted  what error-budget asks
    Nobody has stated an error budget.
~ four-eyes: waived by ada until 2026-11-21 09:00 UTC  what four-eyes asks
    Nobody has approved it.
✓ soak: yes  what soak asks
    · Deployment deploy-40 ran in staging.  2 days before  entry 241
– freeze: not needed  what freeze asks
    It is a rollback.

Decisions
  waive four-eyes, ada (counts until 2026-11-21 09:00 UTC): the second reviewer is ill  entry 411

On call: payments: grace until 2026-11-21 08:00 UTC

Judged by the policy “production” (abababababab, entry 12) over 412 ledger entries, 2026-11-20 10:00 UTC.
Recorded as entry 413; `throughline ready --again 413` judges it again.
";
        assert_eq!(verdict(&not_ready(), PLAIN), expected);
    }

    #[test]
    fn colours_are_for_terminals_and_nothing_else_gets_through() {
        let mut answer = not_ready();
        answer.headline = "\u{1b}[2Jx\u{202e}".to_owned();
        let plain = verdict(&answer, PLAIN);
        assert!(!plain.contains(['\u{1b}', '\u{202e}']), "{plain:?}");
        let coloured = verdict(&answer, Style { colour: true, ..PLAIN });
        assert!(coloured.starts_with("\u{1b}[31mNot ready\u{1b}[0m"), "{coloured:?}");
        answer.emergency = true;
        assert!(verdict(&answer, PLAIN).contains("as an emergency"));
    }

    #[test]
    fn judged_again_it_says_whether_it_is_the_same() {
        let mut now = not_ready();
        now.outcome = Readiness::Ready;
        "Every gate passes.".clone_into(&mut now.headline);
        let mut answer = AgainAnswer {
            recorded: not_ready(),
            same: true,
            differences: Vec::new(),
            now: Some(now),
            changed: vec!["built-and-tested: no, now yes".to_owned()],
        };
        let shown = again(&answer, PLAIN);
        for part in ["Recorded as entry 413, 2026-11-20 10:00 UTC:\n", "the same result.\n", "Today: Ready. Every gate"]
        {
            assert!(shown.contains(part), "{part}\n{shown}");
        }
        assert!(shown.ends_with("  built-and-tested: no, now yes\n"), "{shown}");
        answer.same = false;
        answer.differences.push("ticket: not known, now yes".to_owned());
        answer.now = None;
        let shown = again(&answer, PLAIN);
        assert!(shown.contains("comes out differently:\n  ticket: not known, now yes\n"), "{shown}");
        assert!(shown.contains("cannot be asked any more"), "{shown}");
    }
}
