//! A verdict as Markdown, for a comment on a pull request: one table, and the details folded.

use crate::plain;
use crate::readiness::answer::{GateAnswer, GateState, ReadyAnswer, title};

/// The most lines of details that one gate gets.
const MAX_LINES: usize = 10;

/// The most ledger entries that are named behind one piece of evidence.
const MAX_ENTRIES: usize = 3;

/// The longest sentence, in characters.
const MAX_SENTENCE: usize = 300;

/// A character without width that keeps a code host from making a mention, a reference or a link of what follows a sign.
const JOINER: char = '\u{2060}';

/// The verdict as a comment; `page` is the address of its page, where there is one.
pub fn comment(answer: &ReadyAnswer, page: Option<&str>) -> String {
    let kind = plain::line(&answer.candidate.kind_label).to_lowercase();
    let name = answer.candidate.reference.as_deref().unwrap_or(&answer.candidate.title);
    let mut out = format!(
        "**{}** for {}: {kind} {}\n\n{}\n\n",
        title(answer.outcome),
        inert(&answer.environment.title),
        inert(name),
        inert(&answer.headline)
    );
    if !answer.gates.is_empty() {
        out.push_str("| | Gate | Outcome | Why |\n|---|---|---|---|\n");
    }
    for gate in &answer.gates {
        out.push_str(&row(gate));
    }
    out.push_str(&details(answer));
    out.push_str(&basis(answer));
    if let Some(page) = page {
        let address: String =
            page.chars().filter(|letter| letter.is_ascii_graphic() && !"()<>\"".contains(*letter)).collect();
        out.push_str(&format!("\n[Open in Throughline]({address})\n"));
    }
    out
}

fn row(gate: &GateAnswer) -> String {
    let state = match gate.state {
        GateState::Fail | GateState::Unknown if !gate.holds_up => format!("{} (only noted)", gate.state.title()),
        GateState::Waived => format!("waived by {}", inert(gate.waived_by.as_deref().unwrap_or("somebody"))),
        GateState::Pass | GateState::Fail | GateState::Unknown | GateState::NotNeeded | GateState::Excepted => {
            gate.state.title().to_owned()
        }
    };
    let more = match gate.reasons.len().saturating_sub(1) {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    let why = gate.reasons.first().map(|reason| inert(&reason.text) + &more).unwrap_or_default();
    format!("| {} | {} | {state} | {why} |\n", gate.state.mark(), inert(&gate.gate))
}

/// What each gate found and rests on, behind a fold.
fn details(answer: &ReadyAnswer) -> String {
    let mut out = String::from("\n<details><summary>Reasons and evidence</summary>\n\n");
    for gate in &answer.gates {
        let mut lines: Vec<String> = Vec::new();
        for reason in &gate.reasons {
            let fix = reason.fix.as_deref().map(|fix| format!(" → {}", inert(fix))).unwrap_or_default();
            lines.push(inert(&reason.text) + &fix);
        }
        for evidence in &gate.evidence {
            let age = evidence.age.as_deref().map(|age| format!("{} before", inert(age)));
            let entries: Vec<String> = evidence.entries.iter().take(MAX_ENTRIES).map(u64::to_string).collect();
            let entries = (!entries.is_empty()).then(|| format!("entry {}", entries.join(", ")));
            let basis: Vec<String> = age.into_iter().chain(entries).collect();
            let basis = if basis.is_empty() { String::new() } else { format!(" ({})", basis.join("; ")) };
            lines.push(inert(&evidence.text) + &basis);
        }
        let more = lines.len().saturating_sub(MAX_LINES);
        lines.truncate(MAX_LINES);
        if more > 0 {
            lines.push(format!("and {more} more"));
        }
        out.push_str(&format!("- {} {}: {}\n", gate.state.mark(), inert(&gate.gate), inert(&gate.title)));
        for line in lines {
            out.push_str(&format!("  - {line}\n"));
        }
    }
    out.push_str("\n</details>\n");
    out
}

/// What the verdict rests on.
fn basis(answer: &ReadyAnswer) -> String {
    let sha256: String = answer.policy.sha256.chars().take(12).collect();
    let recorded = answer.entry.map(|entry| format!(", recorded as entry {entry}")).unwrap_or_default();
    format!(
        "\nJudged by the policy {} (`{}`) over {} ledger entries, {}{recorded}.\n",
        inert(&answer.policy.name),
        inert(&sha256),
        answer.ledger_size,
        inert(&plain::moment(&answer.evaluated))
    )
}

/// Text from outside as nothing but text: no markup, no mention, no reference, no link.
fn inert(text: &str) -> String {
    let line = plain::clip(&plain::line(text), MAX_SENTENCE);
    let mut out = String::with_capacity(line.len());
    for letter in line.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' => out.extend(['\\', letter]),
            '@' | '#' | '!' | '~' | '%' | '$' => out.extend([letter, JOINER]),
            letter => out.push(letter),
        }
    }
    out.replace("://", ":\u{2060}//").replace("www.", "www\u{2060}.").replace("GH-", "GH\u{2060}-")
}

#[cfg(test)]
mod tests {
    use super::{comment, inert};
    use crate::readiness::answer::samples::not_ready;

    #[test]
    fn a_comment_has_one_table_and_folds_the_rest() {
        let expected = "\
**Not ready** for production: artifact checkout:1.8.0

2 gates hold it up: built-and-tested, ticket.

| | Gate | Outcome | Why |
|---|---|---|---|
| ✗ | built-and-tested | no | Test run unit failed \\| &lt;b&gt;127&lt;/b&gt; passed, @~ada #~7. |
| ? | ticket | not known | Nobody has told of ticket PAY-31. |
| ? | error-budget | not known (only noted) | Nobody has stated an error budget. |
| ~ | four-eyes | waived by ada until 2026-11-21 09:00 UTC | Nobody has approved it. |
| ✓ | soak | yes |  |
| – | freeze | not needed | It is a rollback. |

<details><summary>Reasons and evidence</summary>

- ✗ built-and-tested: what built-and-tested asks
  - Test run unit failed \\| &lt;b&gt;127&lt;/b&gt; passed, @~ada #~7. → Mend it, and let it run again.
- ? ticket: what ticket asks
  - Nobody has told of ticket PAY-31.
- ? error-budget: what error-budget asks
  - Nobody has stated an error budget.
- ~ four-eyes: what four-eyes asks
  - Nobody has approved it.
- ✓ soak: what soak asks
  - Deployment deploy-40 ran in staging. (2 days before; entry 240, 241)
- – freeze: what freeze asks
  - It is a rollback.

</details>

Judged by the policy production (`abababababab`) over 412 ledger entries, 2026-11-20 10:00 UTC, recorded as entry 413.

[Open in Throughline](https://throughline.acme.example/ready?candidate=x)
";
        let shown =
            comment(&not_ready(), Some("https://throughline.acme.example/ready?candidate=x")).replace('\u{2060}', "~");
        assert_eq!(shown, expected);
    }

    #[test]
    fn text_from_outside_is_no_markup() {
        for (given, expected) in [
            ("@ada see #7 and acme/web#8", "@~ada see #~7 and acme/web#~8"),
            ("[x](https://evil.example) ![y](z)", "\\[x\\](https:~//evil.example) !~\\[y\\](z)"),
            ("<img src=x> & `code` | *b*", "&lt;img src=x&gt; &amp; \\`code\\` \\| \\*b\\*"),
            ("two\nlines\u{202e}", "two lines"),
            ("www.evil.example GH-7", "www~.evil.example GH~-7"),
        ] {
            assert_eq!(inert(given).replace('\u{2060}', "~"), expected);
        }
        assert!(inert(&"x".repeat(9_000)).chars().count() <= 300);
    }

    #[test]
    fn a_link_holds_nothing_that_ends_it() {
        let shown = comment(&not_ready(), Some("https://a.example/x) <b>"));
        assert!(shown.ends_with("(https://a.example/xb)\n"), "{shown}");
    }
}
