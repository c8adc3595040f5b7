//! Datadog: monitor alerts, in the body that our page recommends and in Datadog's own.

use std::sync::LazyLock;

use crate::mapping::Mapping;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

const NAME: &str = "datadog";

/// The table entry.
pub static PROVIDER: Provider = Provider {
    name: NAME,
    title: "Datadog",
    // A webhook of Datadog carries fixed headers, or user and password in its address.
    schemes: &[Scheme::Authorization, Scheme::Token],
    kept_headers: &[],
    meaning_headers: &["content-type"],
    events: &["alert"],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

static MAPPING: LazyLock<Mapping> = LazyLock::new(|| Mapping::built_in(NAME, include_str!("mapping.toml")));

/// Datadog tells no id of a delivery; a repeated one is told by its body.
fn delivery_id(_request: &Request<'_>) -> Option<String> {
    None
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    MAPPING.apply(NAME, request)
}
