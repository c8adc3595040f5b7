//! in-toto: signed statements about artifacts, of which SLSA provenance is the best known.
//!
//! Whoever posts a statement asserts it; only a signature by a key that the operator trusts proves it. The keys come
//! with the request ([`crate::evidence::dsse::TRUSTED_KEYS`]), so that reading stays a function of what is handed in.

use crate::draft::Draft;
use crate::evidence;
use crate::evidence::context::Context;
use crate::evidence::dsse::{self, PublicKey};
use crate::provider::{ParseError, Parsed, Provider, Request};

mod attested;
mod check;
mod envelope;
mod provenance;
mod release;
mod slsa;
mod statement;
mod vulnerabilities;

use envelope::Loaded;
use statement::Predicate;

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: "intoto",
    title: "in-toto and SLSA",
    schemes: evidence::SCHEMES,
    kept_headers: evidence::KEPT_HEADERS,
    meaning_headers: evidence::MEANING_HEADERS,
    events: &[EVENT],
    documentation: include_str!("doc.md"),
    delivery_id: evidence::delivery_id,
    parse,
};

const EVENT: &str = "statement";
const EXPECTED: &str = "in-toto statements";

/// The rule that all links are made by, whatever the predicate: a statement is one word of one author.
const RULE: &str = "intoto/statement";

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    statements(request, &dsse::trusted_keys(request))
}

/// Reads all statements of a body. Links of those that one of the keys signed are proved, all others asserted.
///
/// # Errors
/// [`ParseError::Body`] where the body holds something else, [`ParseError::TooMany`] over the bounds.
pub fn statements(request: &Request<'_>, trusted: &[PublicKey]) -> Result<Parsed, ParseError> {
    let Loaded { statements, passed_over } = envelope::load(request.body, trusted)?;
    if statements.is_empty() {
        let reason = passed_over.unwrap_or_else(|| "the body holds no statement".to_owned());
        return Ok(Parsed::ignored(EVENT, reason));
    }
    let context = Context::of(request);
    let mut draft = Draft::new(RULE, context.at);
    for said in &statements {
        match Predicate::of(said.statement.predicate_type.get().unwrap_or_default()) {
            Predicate::Provenance | Predicate::Link => provenance::state(&mut draft, said, &context)?,
            Predicate::VerificationSummary | Predicate::SimpleVerification | Predicate::TestResult => {
                check::state(&mut draft, said, &context)?;
            }
            Predicate::Vulnerabilities => vulnerabilities::state(&mut draft, said, &context)?,
            Predicate::Release | Predicate::NpmPublish => release::state(&mut draft, said, &context)?,
            Predicate::Sbom | Predicate::Characteristics | Predicate::Other => {
                attested::state(&mut draft, said, &context)?;
            }
        }
        draft.at = context.at;
    }
    Ok(Parsed::facts(EVENT, draft.finish()?))
}

fn broken(cause: impl Into<String>) -> ParseError {
    ParseError::Body { expected: EXPECTED, cause: cause.into() }
}

#[cfg(test)]
mod tests;
