//! NUnit: the test results of version 2 and version 3.

use crate::evidence::{self, results};
use crate::provider::{ParseError, Parsed, Provider, Request};

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: NAME,
    title: "NUnit",
    schemes: evidence::SCHEMES,
    kept_headers: evidence::KEPT_HEADERS,
    meaning_headers: evidence::MEANING_HEADERS,
    events: &[results::EVENT],
    documentation: include_str!("doc.md"),
    delivery_id: evidence::delivery_id,
    parse,
};

const NAME: &str = "nunit";

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    results::parse(request, NAME, "an NUnit report")
}
