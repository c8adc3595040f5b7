//! A verdict as JUnit XML: one test case for each gate, so that a pipeline shows it like a test.

use throughline_domain::gates::verdict::Readiness;

use crate::plain;
use crate::readiness::answer::{GateAnswer, GateState, ReadyAnswer};

/// The verdict as a report. A gate that holds the release up is a failure, or an error where only evidence is missing.
///
/// What a gate found and does not hold the release up by is a skipped test with the reason. A sign-off or another part of
/// the verdict that belongs to no gate is a test case of its own: `verdict`.
pub fn report(answer: &ReadyAnswer) -> String {
    let cases: Vec<Case> = std::iter::once(verdict(answer)).chain(answer.gates.iter().map(case)).collect();
    let count = |of: fn(&Case) -> bool| cases.iter().filter(|case| of(case)).count();
    let failures = count(|case| matches!(case.ending, Ending::Failure(_)));
    let errors = count(|case| matches!(case.ending, Ending::Error(_)));
    let skipped = count(|case| matches!(case.ending, Ending::Skipped(_)));
    let title = format!("ready: {} for {}", name(answer), plain::line(&answer.environment.title));
    let counts = format!("tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"", cases.len());
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str(&format!("<testsuites name=\"throughline\" {counts}>\n"));
    out.push_str(&format!(
        "  <testsuite name=\"{}\" {counts} timestamp=\"{}\">\n",
        attribute(&title),
        attribute(&answer.evaluated)
    ));
    let class = format!("throughline.ready.{}", plain::line(&answer.environment.title));
    for case in &cases {
        out.push_str(&case.element(&class));
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

/// A test case.
struct Case {
    name: String,
    ending: Ending,
    details: String,
}

/// How it ended.
enum Ending {
    Passed,
    Failure(String),
    Error(String),
    Skipped(String),
}

impl Case {
    fn element(&self, class: &str) -> String {
        let open = format!("    <testcase classname=\"{}\" name=\"{}\"", attribute(class), attribute(&self.name));
        let (element, message) = match &self.ending {
            Ending::Passed => return format!("{open}/>\n"),
            Ending::Skipped(message) => {
                return format!("{open}>\n      <skipped message=\"{}\"/>\n    </testcase>\n", attribute(message));
            }
            Ending::Failure(message) => ("failure", message),
            Ending::Error(message) => ("error", message),
        };
        let message = attribute(message);
        let details = text(&self.details);
        format!("{open}>\n      <{element} message=\"{message}\">{details}</{element}>\n    </testcase>\n")
    }
}

/// The verdict as a whole, which may rest on more than its gates.
fn verdict(answer: &ReadyAnswer) -> Case {
    let headline = plain::line(&answer.headline);
    let ending = match answer.outcome {
        Readiness::Ready => Ending::Passed,
        Readiness::NotReady => Ending::Failure(headline.clone()),
        Readiness::Unknown => Ending::Error(headline.clone()),
    };
    Case { name: "verdict".to_owned(), ending, details: headline }
}

fn case(gate: &GateAnswer) -> Case {
    let first = gate.reasons.first().map_or_else(|| gate.state.title().to_owned(), |reason| plain::line(&reason.text));
    let ending = match (gate.state, gate.holds_up) {
        (GateState::Fail, true) => Ending::Failure(first),
        (GateState::Unknown, true) => Ending::Error(first),
        (GateState::Pass, _) => Ending::Passed,
        (GateState::Waived, _) => {
            let by = gate.waived_by.as_deref().map(plain::line).unwrap_or_default();
            Ending::Skipped(format!("waived by {by}: {first}"))
        }
        (GateState::Fail | GateState::Unknown | GateState::NotNeeded | GateState::Excepted, _) => {
            Ending::Skipped(format!("{}: {first}", gate.state.title()))
        }
    };
    let lines = gate.reasons.iter().map(|reason| {
        let fix = reason.fix.as_deref().map(|fix| format!(" → {}", plain::line(fix))).unwrap_or_default();
        plain::line(&reason.text) + &fix
    });
    Case { name: plain::line(&gate.gate), ending, details: lines.collect::<Vec<_>>().join("\n") }
}

fn name(answer: &ReadyAnswer) -> String {
    plain::line(answer.candidate.reference.as_deref().unwrap_or(&answer.candidate.title))
}

fn attribute(text: &str) -> String {
    self::text(text).replace('"', "&quot;").replace('\n', " ")
}

fn text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::report;
    use crate::readiness::answer::samples::not_ready;

    #[test]
    fn every_gate_is_a_test_case() {
        let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="throughline" tests="7" failures="2" errors="1" skipped="3">
  <testsuite name="ready: checkout:1.8.0 for production" tests="7" failures="2" errors="1" skipped="3" timestamp="2026-11-20T10:00:00Z">
    <testcase classname="throughline.ready.production" name="verdict">
      <failure message="2 gates hold it up: built-and-tested, ticket.">2 gates hold it up: built-and-tested, ticket.</failure>
    </testcase>
    <testcase classname="throughline.ready.production" name="built-and-tested">
      <failure message="Test run unit failed | &lt;b&gt;127&lt;/b&gt; passed, @ada #7.">Test run unit failed | &lt;b&gt;127&lt;/b&gt; passed, @ada #7. → Mend it, and let it run again.</failure>
    </testcase>
    <testcase classname="throughline.ready.production" name="ticket">
      <error message="Nobody has told of ticket PAY-31.">Nobody has told of ticket PAY-31.</error>
    </testcase>
    <testcase classname="throughline.ready.production" name="error-budget">
      <skipped message="not known: Nobody has stated an error budget."/>
    </testcase>
    <testcase classname="throughline.ready.production" name="four-eyes">
      <skipped message="waived by ada until 2026-11-21 09:00 UTC: Nobody has approved it."/>
    </testcase>
    <testcase classname="throughline.ready.production" name="soak"/>
    <testcase classname="throughline.ready.production" name="freeze">
      <skipped message="not needed: It is a rollback."/>
    </testcase>
  </testsuite>
</testsuites>
"#;
        assert_eq!(report(&not_ready()), expected);
    }

    #[test]
    fn text_from_outside_stays_text() {
        let mut answer = not_ready();
        answer.candidate.reference = Some("\"/><x>\u{1b}\u{202e}]]>&".to_owned());
        answer.headline = "</failure>".to_owned();
        let report = report(&answer);
        assert!(report.contains("ready: &quot;/&gt;&lt;x&gt; ]]&gt;&amp; for"), "{report}");
        assert!(!report.contains("<x>") && report.matches("</failure>").count() == 2, "{report}");
    }
}
