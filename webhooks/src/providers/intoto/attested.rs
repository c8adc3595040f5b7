//! Statements that document an artifact: bills of materials, attributes of how it was made, and whatever else is said.

use serde::{Deserialize, Serialize};
use throughline_domain::fact::Attribute;
use throughline_domain::key::of_tool;
use throughline_domain::link::LinkKind;
use throughline_domain::node::NodeKind;

use super::envelope::Said;
use super::statement::Predicate;
use crate::draft::{Draft, shortened};
use crate::evidence::context::{self, Context};
use crate::evidence::sbom::{self, Sbom, cyclonedx, spdx};
use crate::evidence::text::{Text, lenient, shaped};
use crate::provider::ParseError;

/// The most attributes of one statement.
const MAX_ATTRIBUTES: usize = 1_000;

/// The longest title, and the longest list of attributes that is shown, in characters.
const MAX_TITLE_CHARS: usize = 200;
const MAX_LIST_CHARS: usize = 1_000;

/// SCAI: what is asserted of how something was made.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Report {
    #[serde(deserialize_with = "lenient")]
    attributes: Vec<Assertion>,
    #[serde(deserialize_with = "shaped")]
    producer: Producer,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Assertion {
    attribute: Text,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Producer {
    name: Text,
}

/// States the document that a statement is, and that it documents what the statement is about.
pub(super) fn state(draft: &mut Draft, said: &Said, context: &Context<'_>) -> Result<(), ParseError> {
    match Predicate::of(said.statement.predicate_type.get().unwrap_or_default()) {
        Predicate::Sbom => match read_sbom(said) {
            Some(sbom) => state_sbom(draft, said, context, &sbom),
            None => state_document(draft, said, context, &said.statement.predicate, None),
        },
        Predicate::Characteristics => state_report(draft, said, context),
        Predicate::Provenance
        | Predicate::Link
        | Predicate::VerificationSummary
        | Predicate::SimpleVerification
        | Predicate::TestResult
        | Predicate::Vulnerabilities
        | Predicate::Release
        | Predicate::NpmPublish
        | Predicate::Other => state_document(draft, said, context, &said.statement.predicate, None),
    }
}

/// The bill of materials that is the predicate; `None` where it is wrapped in some other way.
fn read_sbom(said: &Said) -> Option<Sbom> {
    let of_cyclonedx = said.predicate::<cyclonedx::Bom>().ok().and_then(|bom| cyclonedx::read(&bom).ok());
    of_cyclonedx.or_else(|| said.predicate::<spdx::Document>().ok().and_then(|document| spdx::read(&document).ok()))
}

fn state_sbom(draft: &mut Draft, said: &Said, context: &Context<'_>, sbom: &Sbom) -> Result<(), ParseError> {
    draft.at = context.at.or(sbom.created);
    let subjects = said.subjects(draft, context)?;
    sbom::state(draft, sbom, subjects.artifacts, context, &subjects.verified)
}

fn state_report(draft: &mut Draft, said: &Said, context: &Context<'_>) -> Result<(), ParseError> {
    let report: Report = said.predicate()?;
    let count = report.attributes.len();
    if count > MAX_ATTRIBUTES {
        return Err(ParseError::TooMany { what: "attributes", count, limit: MAX_ATTRIBUTES });
    }
    let names: Vec<&str> = report.attributes.iter().filter_map(|assertion| assertion.attribute.get()).collect();
    let mut description = shortened(&names.join(", "), MAX_LIST_CHARS);
    if let Some(producer) = report.producer.name.get() {
        description.push_str(&format!("; asserted of {producer}"));
    }
    state_document(draft, said, context, &report, Some(description))
}

fn state_document(
    draft: &mut Draft,
    said: &Said,
    context: &Context<'_>,
    read: &impl Serialize,
    description: Option<String>,
) -> Result<(), ParseError> {
    let key = of_tool(NodeKind::Document, super::PROVIDER.name, "", &said.identity(read))?;
    let kind = said.statement.predicate_type.get().unwrap_or_default();
    let title = shortened(&said.title(context, &format!("Attestation {}", short(kind))), MAX_TITLE_CHARS);
    let description = description.unwrap_or_else(|| format!("A statement of the type {kind}"));
    let fact = context::fact(draft, &key, &title, context)
        .with(Attribute::Category, "attestation")
        .with(Attribute::Description, description)
        .moment(Attribute::OccurredAt, context.at);
    draft.state(fact);
    let subjects = said.subjects(draft, context)?;
    for subject in subjects.all() {
        let reason = subjects.verified.reason("the statement is about it");
        draft.link_as(subjects.verified.class(), subject, LinkKind::DocumentedBy, &key, &reason);
    }
    Ok(())
}

/// The word of a predicate type that people use: `scai` of `https://in-toto.io/attestation/scai/v0.3`.
fn short(predicate_type: &str) -> &str {
    let is_version = |segment: &&str| {
        let digits = segment.trim_start_matches('v');
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    };
    predicate_type
        .rsplit('/')
        .filter(|segment| !segment.is_empty())
        .find(|segment| !is_version(segment))
        .unwrap_or_default()
}
