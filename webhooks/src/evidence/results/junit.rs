//! JUnit XML, which has no standard: what Ant and Maven wrote, and what dozens of tools made of it.
//!
//! Suites may be nested and may lack every attribute. A test case fails by an element within it; its attributes count
//! only where they say that it was not run. A test that is listed several times counts several times: whether that was
//! another attempt or another parameter cannot be told, and a failure must not be hidden.

use throughline_domain::time::Timestamp;

use super::{Dialect, Results, Tally};
use crate::evidence::moment;
use crate::xml::{Element, Visitor};

/// Words by which the attributes `status` and `result` say that a test was not run.
const NOT_RUN: &[&str] = &["disabled", "notrun", "skipped", "suppressed", "ignored", "notexecuted"];

/// The elements of further attempts of a test: of one that passed in the end, and of one that did not.
const ATTEMPTS: &[&str] = &["flakyFailure", "flakyError", "rerunFailure", "rerunError"];

/// A report while it is read.
#[derive(Default)]
pub(super) struct Junit {
    depth: usize,
    suites: Vec<Suite>,
    case: Option<Case>,
    tally: Tally,
    declared: Tally,
    /// How many further attempts are listed within test cases; some tools count each of them as a test.
    attempts: u64,
    title: Option<String>,
    /// The name of the first suite below the root, and how many there are.
    first: Option<String>,
    suite_count: usize,
    started: Option<Timestamp>,
    finished: Option<Timestamp>,
}

/// A suite that is open.
struct Suite {
    depth: usize,
    name: Option<String>,
    /// What its attributes say; `None` where they do not count its tests.
    declared: Option<Tally>,
    /// What those of the suites within it say.
    inner: Tally,
}

/// A test case that is open.
struct Case {
    depth: usize,
    class: Option<String>,
    name: Option<String>,
    not_run: bool,
    failed: bool,
    skipped: bool,
    failed_before: bool,
}

impl Visitor for Junit {
    fn open(&mut self, element: &Element) -> Result<(), String> {
        let depth = self.depth;
        self.depth += 1;
        if let Some(case) = &mut self.case {
            if depth == case.depth + 1 {
                case.hold(element.name());
                self.attempts += u64::from(ATTEMPTS.contains(&element.name()));
            }
            return Ok(());
        }
        match element.name() {
            "testsuite" | "testsuites" => self.open_suite(element, depth),
            "testcase" => self.case = Some(Case::of(element, depth)),
            // A suite that broke before its first test holds the error itself.
            "error" | "failure" => match self.suites.last() {
                Some(suite) if suite.depth + 1 == depth => self.tally.fail(suite.name.as_deref(), None),
                Some(_) | None => {}
            },
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, _text: &str) {}

    fn close(&mut self, _name: &str) {
        self.depth = self.depth.saturating_sub(1);
        let depth = self.depth;
        if let Some(case) = self.case.take_if(|case| case.depth == depth) {
            case.count(&mut self.tally);
        } else if let Some(suite) = self.suites.pop_if(|suite| suite.depth == depth) {
            self.close_suite(suite);
        }
    }
}

impl Dialect for Junit {
    fn finish(self: Box<Self>) -> Result<Results, String> {
        let report = *self;
        let more = match report.suite_count {
            0 | 1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        let is_whole = report.declared.total() <= report.tally.total().saturating_add(report.attempts);
        Ok(Results {
            title: report.title.or(report.first.map(|first| format!("{first}{more}"))),
            state: None,
            is_failure: false,
            tally: if is_whole { report.tally } else { report.tally.completed(&report.declared) },
            started: report.started,
            finished: report.finished,
        })
    }
}

impl Junit {
    fn open_suite(&mut self, element: &Element, depth: usize) {
        let name = element.attribute("name").map(str::to_owned);
        match depth {
            0 => self.title.clone_from(&name),
            1 => {
                self.suite_count += 1;
                self.first = self.first.take().or_else(|| name.clone());
            }
            _ => {}
        }
        if let Some(started) = element.attribute("timestamp").and_then(moment::read) {
            let ended =
                element.attribute("time").and_then(moment::seconds).map(|seconds| moment::later(started, seconds));
            self.started = Some(self.started.map_or(started, |earliest| earliest.min(started)));
            self.finished = self.finished.max(ended);
        }
        self.suites.push(Suite { depth, name, declared: declared(element), inner: Tally::default() });
    }

    fn close_suite(&mut self, suite: Suite) {
        let told = suite.declared.unwrap_or(suite.inner);
        match self.suites.last_mut() {
            Some(outer) => {
                let Tally { passed, failed, skipped, .. } = &outer.inner;
                outer.inner = Tally::of(
                    passed.saturating_add(told.passed),
                    failed.saturating_add(told.failed),
                    skipped.saturating_add(told.skipped),
                );
            }
            None => self.declared = told,
        }
    }
}

impl Case {
    fn of(element: &Element, depth: usize) -> Self {
        let says_not_run = |name: &str| {
            element.attribute(name).is_some_and(|word| NOT_RUN.contains(&word.to_ascii_lowercase().as_str()))
        };
        Self {
            depth,
            class: element.attribute("classname").map(str::to_owned),
            name: element.attribute("name").map(str::to_owned),
            not_run: says_not_run("status") || says_not_run("result"),
            failed: false,
            skipped: false,
            failed_before: false,
        }
    }

    /// Takes notice of an element directly within it.
    fn hold(&mut self, name: &str) {
        match name {
            "failure" | "error" => self.failed = true,
            "skipped" | "disabled" | "ignored" => self.skipped = true,
            "flakyFailure" | "flakyError" => self.failed_before = true,
            // What it holds else, among them the further attempts of a test that failed (`rerunFailure`), says no more.
            _ => {}
        }
    }

    fn count(self, tally: &mut Tally) {
        if self.not_run {
            tally.skip();
        } else if self.failed {
            tally.fail(self.class.as_deref(), self.name.as_deref());
        } else if self.skipped {
            tally.skip();
        } else if self.failed_before {
            tally.pass_at_last();
        } else {
            tally.pass();
        }
    }
}

/// What a suite's attributes count; `None` where they do not say how many tests there are, or contradict each other.
fn declared(element: &Element) -> Option<Tally> {
    let number = |name: &str| element.attribute(name).and_then(|text| text.parse::<u64>().ok());
    let total = number("tests")?;
    let failed = number("failures").unwrap_or(0).saturating_add(number("errors").unwrap_or(0));
    let not_run = ["skipped", "skip", "skips", "ignored"].iter().find_map(|name| number(name)).unwrap_or(0);
    let skipped = not_run.saturating_add(number("disabled").unwrap_or(0));
    let passed = total.checked_sub(failed)?.checked_sub(skipped)?;
    Some(Tally::of(passed, failed, skipped))
}

#[cfg(test)]
mod tests {
    use super::super::tests::summary;

    #[test]
    fn reads_the_dialects() {
        for (document, expected) in [
            ("<testsuites/>", "- | - | no tests | - | -"),
            ("<testsuite name='a'><testcase name='b'/></testsuite>", "a | - | 1 passed | - | -"),
            (
                "<testsuites><testsuite name='a'><testcase/><testcase><failure/></testcase></testsuite><testsuite/></testsuites>",
                "a and 1 more | - | 1 passed, 1 failed | - | -",
            ),
            (
                "<testsuites name='all'><testsuite><testsuite><testcase><error/><error/></testcase></testsuite>
                 <testcase><skipped/></testcase></testsuite></testsuites>",
                "all | - | 1 failed, 1 skipped | - | -",
            ),
            (
                "<testsuite><testcase status='disabled'><failure/></testcase><testcase status='run' result='suppressed'/>
                 <testcase status='run' result='completed'/></testsuite>",
                "- | - | 1 passed, 2 skipped | - | -",
            ),
            (
                "<testsuite><testcase><flakyFailure><stackTrace/></flakyFailure><flakyError/></testcase>
                 <testcase><failure/><rerunFailure/><rerunFailure/></testcase></testsuite>",
                "- | - | 1 passed, 1 failed, 1 flaky | - | -",
            ),
            (
                "<testsuite><testcase><system-out>&lt;failure/&gt;<![CDATA[<failure/>]]></system-out></testcase></testsuite>",
                "- | - | 1 passed | - | -",
            ),
            ("<testsuite name='a' tests='1' errors='1'><error/></testsuite>", "a | - | 1 failed | - | -"),
        ] {
            assert_eq!(summary(document), expected, "{document}");
        }
    }

    #[test]
    fn counts_of_suites_fill_in_what_is_not_listed() {
        for (document, expected) in [
            ("<testsuites tests='8' failures='0'><testsuite><testcase/></testsuite></testsuites>", "8 passed"),
            (
                "<testsuites><testsuite tests='5' failures='1' errors='1' skip='1'/><testsuite><testsuite tests='2' \
                 disabled='1'/></testsuite></testsuites>",
                "3 passed, 2 failed, 2 skipped",
            ),
            // An error for each assertion, not for each test.
            (
                "<testsuite tests='2' errors='3'><testcase/><testcase><error/><error/><error/></testcase></testsuite>",
                "1 passed, 1 failed",
            ),
            // Each attempt is counted, though the test passed in the end.
            (
                "<testsuite tests='3' failures='2'><testcase><flakyFailure/><flakyFailure/></testcase></testsuite>",
                "1 passed, 1 flaky",
            ),
            ("<testsuite tests='many'><testcase/></testsuite>", "1 passed"),
        ] {
            let all = summary(document);
            assert_eq!(all.split(" | ").nth(2), Some(expected), "{document}");
        }
    }

    #[test]
    fn the_run_lasts_from_the_first_suite_to_the_end_of_the_last() {
        let document = "<testsuites>
            <testsuite timestamp='2026-03-14T09:26:06' time='1,200.5'/>
            <testsuite timestamp='2026-03-14T09:26:05Z' time='2'/>
            <testsuite timestamp='soon' time='2'/></testsuites>";
        assert_eq!(summary(document), "- | - | no tests | 2026-03-14T09:26:05Z | 2026-03-14T09:46:06.500Z");
        let endless = "<testsuite timestamp='2026-03-14T09:26:06' time='1967986371'/>";
        assert_eq!(summary(endless), "- | - | no tests | 2026-03-14T09:26:06Z | -");
    }
}
