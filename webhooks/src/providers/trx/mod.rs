//! TRX: the test results of Visual Studio and `dotnet test`.

use crate::evidence::{self, results};
use crate::provider::{ParseError, Parsed, Provider, Request};

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: NAME,
    title: "Visual Studio TRX",
    schemes: evidence::SCHEMES,
    kept_headers: evidence::KEPT_HEADERS,
    meaning_headers: evidence::MEANING_HEADERS,
    events: &[results::EVENT],
    documentation: include_str!("doc.md"),
    delivery_id: evidence::delivery_id,
    parse,
};

const NAME: &str = "trx";

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    results::parse(request, NAME, "a TRX report")
}
