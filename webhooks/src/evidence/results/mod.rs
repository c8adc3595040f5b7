//! Results of tests, whichever tool wrote them: JUnit XML, NUnit XML or TRX. The root element says which it is.
//!
//! One file is one test run. What counts is how many tests passed, failed and were skipped, which ones failed, and when.

use throughline_domain::fact::{Attribute, Facts};
use throughline_domain::key::of_tool;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::time::Timestamp;

use super::context::{self, Context};
use crate::draft::{Draft, shortened};
use crate::provider::{ParseError, Parsed, Request};
use crate::xml::{self, Element, Visitor};

mod jenkins;
mod junit;
mod nunit;
mod tally;
mod trx;

pub use tally::Tally;

/// The name of the one event that results are.
pub const EVENT: &str = "results";

/// What sort of test run a report tells of.
const CATEGORY: &str = "unit";

/// The longest title of a test run, in characters.
const MAX_TITLE_CHARS: usize = 200;

/// What a report says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Results {
    /// What the whole run is called.
    pub title: Option<String>,
    /// The tool's own word for how it ended.
    pub state: Option<String>,
    /// Whether the tool calls the whole run failed, whatever its tests say: its set-up may have failed.
    pub is_failure: bool,
    /// How many tests ended how.
    pub tally: Tally,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub finished: Option<Timestamp>,
}

impl Results {
    /// Failed if anything failed; without a single test that passed, nothing was shown.
    pub fn outcome(&self) -> Outcome {
        if self.is_failure || self.tally.failed > 0 {
            Outcome::Failure
        } else if self.tally.passed > 0 {
            Outcome::Success
        } else {
            Outcome::Abandoned
        }
    }
}

/// Reads a report and states its test run. `provider` is the name of the provider that was posted to.
///
/// # Errors
/// As [`read`]; [`ParseError::Key`] where a header cannot be part of a key.
pub fn parse(request: &Request<'_>, provider: &str, expected: &'static str) -> Result<Parsed, ParseError> {
    let results = read(request.body, expected)?;
    Ok(Parsed::facts(EVENT, facts(request, provider, &results)?))
}

/// Reads a report.
///
/// # Errors
/// As [`xml::read`]; [`ParseError::Body`] also where the root element is that of no report.
pub fn read(body: &[u8], expected: &'static str) -> Result<Results, ParseError> {
    let mut reader = Reader::default();
    xml::read(body, expected, &mut reader)?;
    let results = reader.dialect.map_or(Err("it holds no element".to_owned()), |dialect| dialect.finish());
    results.map_err(|cause| ParseError::Body { expected, cause })
}

fn facts(request: &Request<'_>, provider: &str, results: &Results) -> Result<Facts, ParseError> {
    let context = Context::of(request);
    let at = context.at.or(results.finished).or(results.started);
    let mut draft = Draft::new(format!("{provider}/{EVENT}"), at);
    let key = of_tool(NodeKind::TestRun, provider, "", &context.identity(request.body))?;
    let title = shortened(context.name.or(results.title.as_deref()).unwrap_or("Tests"), MAX_TITLE_CHARS);
    let fact = context::fact(&draft, &key, &title, &context)
        .with(Attribute::Category, CATEGORY)
        .with_some(Attribute::State, results.state.as_deref())
        .outcome(results.outcome())
        .with(Attribute::Result, results.tally.summary())
        .with_some(Attribute::Description, results.tally.failures())
        .moment(Attribute::OccurredAt, results.finished.or(results.started).or(context.at))
        .moment(Attribute::StartedAt, results.started)
        .moment(Attribute::FinishedAt, results.finished);
    draft.state(fact);
    context.checked(&mut draft, &key)?;
    let summary = format!("{title}: {}", results.tally.summary());
    draft.event(&key, results.finished, word(results.outcome()), None, &summary);
    context.happened(&mut draft, results.finished, "tested", &summary);
    draft.finish()
}

/// What a timeline says of a run that ended so.
fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Success => "passed",
        Outcome::Failure => "failed",
        Outcome::Pending | Outcome::Running | Outcome::Abandoned => "skipped",
    }
}

/// One of the formats, while a report in it is being read.
trait Dialect: Visitor {
    /// What the report said.
    ///
    /// # Errors
    /// In words, where the document turned out to be no report.
    fn finish(self: Box<Self>) -> Result<Results, String>;
}

/// Waits for the root element and then passes everything on to its dialect.
#[derive(Default)]
struct Reader {
    dialect: Option<Box<dyn Dialect>>,
}

impl Visitor for Reader {
    fn open(&mut self, element: &Element) -> Result<(), String> {
        match &mut self.dialect {
            Some(dialect) => dialect.open(element),
            None => self.dialect.insert(dialect(element.name())?).open(element),
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(dialect) = &mut self.dialect {
            dialect.text(text);
        }
    }

    fn close(&mut self, name: &str) {
        if let Some(dialect) = &mut self.dialect {
            dialect.close(name);
        }
    }
}

fn dialect(root: &str) -> Result<Box<dyn Dialect>, String> {
    match root {
        "testsuites" | "testsuite" => Ok(Box::new(junit::Junit::default())),
        "result" => Ok(Box::new(jenkins::Jenkins::default())),
        "test-run" | "test-results" => Ok(Box::new(nunit::Nunit::default())),
        "TestRun" => Ok(Box::new(trx::Trx::default())),
        other => Err(format!("the root element <{}> is that of no test report", shortened(other, MAX_TITLE_CHARS))),
    }
}

#[cfg(test)]
mod tests {
    use super::{Results, read};
    use crate::provider::ParseError;

    /// What a report says, in one line.
    pub(super) fn summary(document: &str) -> String {
        let Results { title, state, is_failure: _, tally, started, finished } =
            read(document.as_bytes(), "a test report").unwrap_or_else(|error| panic!("{document}: {error}"));
        let time =
            |time: Option<throughline_domain::time::Timestamp>| time.map_or("-".to_owned(), |time| time.to_string());
        let title = title.unwrap_or_else(|| "-".to_owned());
        let state = state.unwrap_or_else(|| "-".to_owned());
        format!("{title} | {state} | {} | {} | {}", tally.summary(), time(started), time(finished))
    }

    #[test]
    fn the_root_element_says_which_format_it_is() {
        assert_eq!(summary("<testsuites name='a'/>"), "a | - | no tests | - | -");
        assert_eq!(summary("<test-run name='a' result='Passed'/>"), "a | Passed | no tests | - | -");
        assert_eq!(summary("<TestRun name='a'/>"), "a | - | no tests | - | -");
        for document in ["<html/>", "<result/>", "<coverage><testsuite/></coverage>", "", "{}"] {
            assert!(matches!(read(document.as_bytes(), "a report"), Err(ParseError::Body { .. })), "{document}");
        }
    }
}
