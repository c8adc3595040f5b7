//! Statements that somebody checked something: verification summaries, verification results, test results.

use serde::{Deserialize, Serialize};
use throughline_domain::fact::Attribute;
use throughline_domain::key::of_tool;
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::time::Timestamp;

use super::envelope::Said;
use super::statement::Predicate;
use crate::draft::{Draft, shortened};
use crate::evidence::context::{self, Context};
use crate::evidence::moment;
use crate::evidence::results::Tally;
use crate::evidence::text::{Text, lenient, shaped};
use crate::provider::ParseError;

/// The most levels, properties or tests of one statement.
const MAX_LISTED: usize = 5_000;

/// The longest title, and the longest list of levels or properties that is shown, in characters.
const MAX_TITLE_CHARS: usize = 200;
const MAX_LIST_CHARS: usize = 500;

/// The members of all three that are read.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
struct Check {
    #[serde(deserialize_with = "shaped")]
    verifier: Verifier,
    time_verified: Text,
    time_created: Text,
    verification_result: Text,
    #[serde(deserialize_with = "lenient")]
    verified_levels: Vec<Text>,
    #[serde(rename = "policy_level", alias = "policyLevel")]
    policy_level: Text,
    #[serde(deserialize_with = "lenient")]
    properties: Vec<Text>,
    result: Text,
    url: Text,
    #[serde(deserialize_with = "lenient")]
    passed_tests: Vec<Text>,
    #[serde(deserialize_with = "lenient")]
    warned_tests: Vec<Text>,
    #[serde(deserialize_with = "lenient")]
    failed_tests: Vec<Text>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Verifier {
    id: Text,
}

/// States the check as a scan or test run that verifies what the statement is about.
pub(super) fn state(draft: &mut Draft, said: &Said, context: &Context<'_>) -> Result<(), ParseError> {
    let check: Check = said.predicate()?;
    let count = check.listed();
    if count > MAX_LISTED {
        return Err(ParseError::TooMany { what: "levels, properties and tests", count, limit: MAX_LISTED });
    }
    let at = check.at();
    draft.at = context.at.or(at);
    let is_test = Predicate::of(said.statement.predicate_type.get().unwrap_or_default()) == Predicate::TestResult;
    let (kind, what, category) =
        if is_test { (NodeKind::TestRun, "Tests", "unit") } else { (NodeKind::Scan, "Verification", "verification") };
    let key = of_tool(kind, super::PROVIDER.name, "", &said.identity(&check))?;
    let title = shortened(&said.title(context, what), MAX_TITLE_CHARS);
    let outcome = check.outcome();
    let by = check.verifier.id.get().map(|verifier| format!("Verified by {verifier}"));
    let tally = check.tally();
    let fact = context::fact(draft, &key, &title, context)
        .with(Attribute::Category, category)
        .with_some(Attribute::State, check.word())
        .outcome(outcome)
        .with(Attribute::Result, if is_test { tally.summary() } else { check.summary() })
        .with_some(Attribute::Description, by.or(tally.failures()))
        .moment(Attribute::OccurredAt, at)
        .moment(Attribute::FinishedAt, at)
        .with_some(Attribute::Url, check.url.get().filter(|url| Name::url(url).is_some()));
    // The page is no name of the check: it may be that of the run, which its own tool states.
    draft.state(fact);
    let subjects = said.subjects(draft, context)?;
    said.link_all(draft, &key, LinkKind::Verifies, &subjects, "the statement is about it");
    context.checked(draft, &key)?;
    draft.event(&key, at, word(outcome), None, &title);
    Ok(())
}

/// What a timeline says of a check that ended so.
fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Success => "passed",
        Outcome::Failure => "failed",
        Outcome::Pending | Outcome::Running | Outcome::Abandoned => "checked",
    }
}

impl Check {
    /// How much the statement lists.
    fn listed(&self) -> usize {
        let found = self.verified_levels.len() + self.properties.len();
        found + self.passed_tests.len() + self.warned_tests.len() + self.failed_tests.len()
    }

    fn at(&self) -> Option<Timestamp> {
        self.time_verified.get().or(self.time_created.get()).and_then(moment::read)
    }

    /// The word for how it ended.
    fn word(&self) -> Option<&str> {
        self.verification_result.get().or(self.result.get())
    }

    /// A result that is not told is a list of what was found to be so, which is something only where it is not empty.
    fn outcome(&self) -> Outcome {
        let word = self.word().map(str::to_ascii_lowercase);
        match word.as_deref() {
            Some("passed" | "warned") => Outcome::Success,
            Some("failed") => Outcome::Failure,
            Some(_) => Outcome::Abandoned,
            None if self.properties.is_empty() => Outcome::Abandoned,
            None => Outcome::Success,
        }
    }

    /// The levels or properties that were found.
    fn summary(&self) -> String {
        let levels = self.verified_levels.iter().chain([&self.policy_level]).chain(&self.properties);
        let levels: Vec<&str> = levels.filter_map(Text::get).collect();
        let levels = shortened(&levels.join(", "), MAX_LIST_CHARS);
        match self.word() {
            Some(word) if levels.is_empty() => word.to_owned(),
            Some(word) => format!("{word}: {levels}"),
            None => levels,
        }
    }

    fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        self.passed_tests.iter().chain(&self.warned_tests).for_each(|_| tally.pass());
        self.failed_tests.iter().for_each(|test| tally.fail(None, test.get()));
        tally
    }
}
