//! Chef: runs that changed something, from the data collector of its clients, and notifications of Chef Automate.

use std::sync::LazyLock;

use crate::mapping::Mapping;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

const NAME: &str = "chef";

/// The table entry.
pub static PROVIDER: Provider = Provider {
    name: NAME,
    title: "Chef",
    schemes: &[Scheme::Header { header: "x-data-collector-token" }, Scheme::Authorization, Scheme::Token],
    kept_headers: &[],
    meaning_headers: &[],
    events: &["run_start", "run_converge", "converge_failure", "compliance_failure"],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

static MAPPING: LazyLock<Mapping> = LazyLock::new(|| Mapping::built_in(NAME, include_str!("mapping.toml")));

/// The id of a message is in its body and the same when it is sent again, and so is the body.
fn delivery_id(_request: &Request<'_>) -> Option<String> {
    None
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    MAPPING.apply(NAME, request)
}
