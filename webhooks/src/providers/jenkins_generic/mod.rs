//! Jenkins without the Notification plugin: a body that a step of the pipeline writes itself.

use std::sync::LazyLock;

use crate::mapping::Mapping;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

const NAME: &str = "jenkins-generic";

/// The table entry.
pub static PROVIDER: Provider = Provider {
    name: NAME,
    title: "Jenkins, own body",
    schemes: &[Scheme::sha256("x-hub-signature-256", "sha256="), Scheme::Authorization, Scheme::Token],
    kept_headers: &[],
    meaning_headers: &["content-type"],
    events: &["run"],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

static MAPPING: LazyLock<Mapping> = LazyLock::new(|| Mapping::built_in(NAME, include_str!("mapping.toml")));

/// A step tells no id of a delivery; a repeated one is told by its body.
fn delivery_id(_request: &Request<'_>) -> Option<String> {
    None
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    MAPPING.apply(NAME, request)
}
