//! TRX, the test results of Visual Studio, `dotnet test` and the Microsoft Testing Platform.

use throughline_domain::time::Timestamp;

use super::{Dialect, Results, Tally};
use crate::evidence::moment;
use crate::xml::{Element, Visitor};

/// How deep a result lies: within `Results` within the root. Deeper ones are the rows of a test with data.
const RESULT_DEPTH: usize = 2;

/// Words of a whole run that did not end well, whatever its tests say.
const BAD: &[&str] = &["failed", "error", "timeout", "aborted", "disconnected"];

/// A report while it is read.
#[derive(Default)]
pub(super) struct Trx {
    depth: usize,
    title: Option<String>,
    state: Option<String>,
    declared: Tally,
    tally: Tally,
    started: Option<Timestamp>,
    finished: Option<Timestamp>,
}

impl Visitor for Trx {
    fn open(&mut self, element: &Element) -> Result<(), String> {
        match (self.depth, element.name()) {
            (0, _) => self.title = element.attribute("name").map(str::to_owned),
            (1, "Times") => {
                self.started = element.attribute("start").and_then(moment::read);
                self.finished = element.attribute("finish").and_then(moment::read);
            }
            (1, "ResultSummary") => self.state = element.attribute("outcome").map(str::to_owned),
            (2, "Counters") => self.declared = counters(element),
            (RESULT_DEPTH, name) if name.ends_with("TestResult") => self.result(element),
            (_, _) => {}
        }
        self.depth += 1;
        Ok(())
    }

    fn text(&mut self, _text: &str) {}

    fn close(&mut self, _name: &str) {
        self.depth = self.depth.saturating_sub(1);
    }
}

impl Dialect for Trx {
    fn finish(self: Box<Self>) -> Result<Results, String> {
        let report = *self;
        let state = report.state.as_deref().map(str::to_ascii_lowercase);
        Ok(Results {
            is_failure: state.is_some_and(|state| BAD.contains(&state.as_str())),
            title: report.title,
            state: report.state,
            tally: report.tally.completed(&report.declared),
            started: report.started,
            finished: report.finished,
        })
    }
}

impl Trx {
    fn result(&mut self, element: &Element) {
        let outcome = element.attribute("outcome").map(str::to_ascii_lowercase);
        match outcome.as_deref() {
            Some("passed" | "passedbutrunaborted" | "warning" | "completed") => self.tally.pass(),
            // The outcome that is not written is the first one of the format, an error.
            Some("failed" | "error" | "timeout" | "aborted" | "disconnected") | None => {
                self.tally.fail(None, element.attribute("testName"));
            }
            Some(_) => self.tally.skip(),
        }
    }
}

/// The counts of the whole run. Many runners count a skipped test in nothing but the total.
fn counters(element: &Element) -> Tally {
    let number = |name: &str| element.attribute(name).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    let sum = |names: &[&str]| names.iter().fold(0_u64, |sum, name| sum.saturating_add(number(name)));
    let passed = sum(&["passed", "passedButRunAborted", "warning", "completed"]);
    let failed = sum(&["failed", "error", "timeout", "aborted", "disconnected"]);
    Tally::of(passed, failed, number("total").saturating_sub(passed).saturating_sub(failed))
}

#[cfg(test)]
mod tests {
    use super::super::tests::summary;

    #[test]
    fn reads_a_run() {
        let document = r#"<TestRun id="1" name="ada@build 2026-03-14" xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010">
            <Times creation="2026-03-14T10:26:05.0000000+01:00" start="2026-03-14T10:26:06.1234567+01:00" finish="2026-03-14T10:26:08+01:00"/>
            <Results>
              <UnitTestResult testName="Acme.Cart.Adds" outcome="Passed"><InnerResults>
                <UnitTestResult testName="Acme.Cart.Adds (1)" outcome="Failed"/></InnerResults></UnitTestResult>
              <UnitTestResult testName="Acme.Cart.Pays" outcome="Failed"/>
              <UnitTestResult testName="Acme.Cart.Breaks"/>
              <UnitTestResult testName="Acme.Cart.Ships" outcome="NotExecuted"/>
            </Results>
            <ResultSummary outcome="Failed"><Counters total="4" executed="3" passed="1" failed="2"/></ResultSummary></TestRun>"#;
        let expected = "ada@build 2026-03-14 | Failed | 1 passed, 2 failed, 1 skipped | 2026-03-14T09:26:06.123456Z | \
                        2026-03-14T09:26:08Z";
        assert_eq!(summary(document), expected);
    }

    #[test]
    fn counters_stand_for_results_that_are_not_listed() {
        let document = r#"<TestRun name="a"><ResultSummary outcome="Completed">
            <Counters total="79" executed="67" passed="67" failed="0"/></ResultSummary></TestRun>"#;
        assert_eq!(summary(document), "a | Completed | 67 passed, 12 skipped | - | -");
    }
}
