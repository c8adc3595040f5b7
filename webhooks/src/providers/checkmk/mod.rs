//! Checkmk: notifications about hosts and services, read by a mapping.

use std::sync::LazyLock;

use crate::mapping::Mapping;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: NAME,
    title: "Checkmk",
    schemes: &[Scheme::Authorization],
    kept_headers: &[],
    meaning_headers: &[],
    events: &["host", "service"],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const NAME: &str = "checkmk";

static MAPPING: LazyLock<Mapping> = LazyLock::new(|| Mapping::built_in(NAME, include_str!("mapping.toml")));

/// The notification script gives no id; a repeated notification is told by its body.
fn delivery_id(_request: &Request<'_>) -> Option<String> {
    None
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    MAPPING.apply(NAME, request)
}
