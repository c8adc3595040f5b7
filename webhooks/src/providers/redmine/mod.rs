//! Redmine: issues, as the plugin redmine_webhook posts them.

use std::sync::LazyLock;

use crate::mapping::Mapping;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

const NAME: &str = "redmine";

/// The table entry.
pub static PROVIDER: Provider = Provider {
    name: NAME,
    title: "Redmine",
    // The plugin can send nothing but the body to an address.
    schemes: &[Scheme::Authorization, Scheme::Token],
    kept_headers: &[],
    meaning_headers: &["content-type"],
    events: &["issue"],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

static MAPPING: LazyLock<Mapping> = LazyLock::new(|| Mapping::built_in(NAME, include_str!("mapping.toml")));

/// The plugin tells no id of a delivery; a repeated one is told by its body.
fn delivery_id(_request: &Request<'_>) -> Option<String> {
    None
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    MAPPING.apply(NAME, request)
}
