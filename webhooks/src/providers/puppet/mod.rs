//! Puppet: reports of runs that changed something, as a report processor posts them.

use std::sync::LazyLock;

use crate::mapping::Mapping;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

const NAME: &str = "puppet";

/// The table entry.
pub static PROVIDER: Provider = Provider {
    name: NAME,
    title: "Puppet",
    schemes: &[Scheme::Authorization, Scheme::Token],
    kept_headers: &[],
    meaning_headers: &[],
    events: &["report"],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

static MAPPING: LazyLock<Mapping> = LazyLock::new(|| Mapping::built_in(NAME, include_str!("mapping.toml")));

/// A report is sent once; a repeated one is told by its body.
fn delivery_id(_request: &Request<'_>) -> Option<String> {
    None
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    MAPPING.apply(NAME, request)
}
