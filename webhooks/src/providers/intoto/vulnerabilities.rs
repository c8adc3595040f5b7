//! Statements of vulnerability scanners.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use throughline_domain::fact::Attribute;
use throughline_domain::key::of_tool;
use throughline_domain::link::LinkKind;
use throughline_domain::node::{NodeKind, Outcome};

use super::envelope::Said;
use crate::draft::{Draft, shortened};
use crate::evidence::context::{self, Context};
use crate::evidence::moment;
use crate::evidence::text::{Text, lenient, shaped};
use crate::provider::ParseError;

/// The most findings of one scan.
const MAX_FINDINGS: usize = 50_000;

/// The score (CVSS) from which on a vulnerability is grave.
const GRAVE: f64 = 7.0;

/// The longest title, in characters.
const MAX_TITLE_CHARS: usize = 200;

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Scan {
    #[serde(deserialize_with = "shaped")]
    scanner: Scanner,
    #[serde(deserialize_with = "shaped")]
    metadata: Metadata,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Scanner {
    uri: Text,
    version: Text,
    /// Findings of the documented form; some scanners put a report of their own here, which is not read.
    #[serde(deserialize_with = "findings")]
    result: Option<Vec<Finding>>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Finding {
    id: Text,
    #[serde(deserialize_with = "lenient")]
    severity: Vec<Severity>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Severity {
    score: Text,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
struct Metadata {
    scan_started_on: Text,
    scan_finished_on: Text,
}

/// States the scan, which verifies what the statement is about.
pub(super) fn state(draft: &mut Draft, said: &Said, context: &Context<'_>) -> Result<(), ParseError> {
    let scan: Scan = said.predicate()?;
    let count = scan.scanner.result.as_ref().map_or(0, Vec::len);
    if count > MAX_FINDINGS {
        return Err(ParseError::TooMany { what: "findings", count, limit: MAX_FINDINGS });
    }
    let started = scan.metadata.scan_started_on.get().and_then(moment::read);
    let finished = scan.metadata.scan_finished_on.get().and_then(moment::read);
    draft.at = context.at.or(finished).or(started);
    let key = of_tool(NodeKind::Scan, super::PROVIDER.name, "", &said.identity(&scan))?;
    let title = shortened(&said.title(context, "Vulnerability scan"), MAX_TITLE_CHARS);
    let fact = context::fact(draft, &key, &title, context)
        .with(Attribute::Category, "vulnerabilities")
        .with_some(Attribute::Version, scan.scanner.version.get())
        .with_some(Attribute::Description, scan.scanner.uri.get().map(|uri| format!("Scanned by {uri}")))
        .with_some(Attribute::Result, scan.summary())
        .outcome(scan.outcome())
        .moment(Attribute::OccurredAt, finished.or(started))
        .moment(Attribute::StartedAt, started)
        .moment(Attribute::FinishedAt, finished);
    draft.state(fact);
    let subjects = said.subjects(draft, context)?;
    said.link_all(draft, &key, LinkKind::Verifies, &subjects, "the statement is about it");
    context.checked(draft, &key)?;
    let summary = scan.summary().unwrap_or_else(|| "scanned".to_owned());
    draft.event(&key, finished, "scanned", None, &format!("{title}: {summary}"));
    Ok(())
}

impl Scan {
    /// How many findings, and how many of them are grave; `None` where they are not told in the documented form.
    fn summary(&self) -> Option<String> {
        let findings = self.scanner.result.as_ref()?;
        let grave = findings.iter().filter(|finding| finding.is_grave()).count();
        Some(match (findings.len(), grave) {
            (0, _) => "no vulnerabilities".to_owned(),
            (1, 0) => "1 vulnerability".to_owned(),
            (count, 0) => format!("{count} vulnerabilities"),
            (1, _) => "1 vulnerability, grave".to_owned(),
            (count, grave) => format!("{count} vulnerabilities, {grave} of them grave"),
        })
    }

    /// A scan fails by a grave finding. Where the findings cannot be read, nothing is known but that it ran.
    fn outcome(&self) -> Outcome {
        match &self.scanner.result {
            Some(findings) if findings.iter().any(Finding::is_grave) => Outcome::Failure,
            Some(_) => Outcome::Success,
            None => Outcome::Abandoned,
        }
    }
}

impl Finding {
    fn is_grave(&self) -> bool {
        self.severity.iter().filter_map(|severity| severity.score.get()).any(|score| {
            let by_number = score.parse::<f64>().is_ok_and(|score| score >= GRAVE);
            by_number || score.eq_ignore_ascii_case("high") || score.eq_ignore_ascii_case("critical")
        })
    }
}

/// A list of findings, or `None` for anything that is no list.
fn findings<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Finding>>, D::Error> {
    let Value::Array(values) = Value::deserialize(deserializer)? else { return Ok(None) };
    Ok(Some(values.into_iter().filter_map(|value| serde_json::from_value(value).ok()).collect()))
}
