//! Pingdom: checks that fail and recover, read by a mapping.

use std::sync::LazyLock;

use crate::mapping::Mapping;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: NAME,
    title: "Pingdom",
    schemes: &[Scheme::Token],
    kept_headers: &[],
    meaning_headers: &[],
    events: &["check"],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const NAME: &str = "pingdom";

static MAPPING: LazyLock<Mapping> = LazyLock::new(|| Mapping::built_in(NAME, include_str!("mapping.toml")));

/// Pingdom gives its messages no id; a repeated one is told by its body.
fn delivery_id(_request: &Request<'_>) -> Option<String> {
    None
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    MAPPING.apply(NAME, request)
}
