//! YouTrack: issues and comments, as the app Webhook Triggers or a workflow posts them.

use std::sync::LazyLock;

use crate::mapping::Mapping;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

const NAME: &str = "youtrack";

/// The table entry.
pub static PROVIDER: Provider = Provider {
    name: NAME,
    title: "YouTrack",
    schemes: &[Scheme::Header { header: "x-youtrack-token" }, Scheme::Authorization, Scheme::Token],
    kept_headers: &[],
    meaning_headers: &[],
    events: &["issueCreated", "issueUpdated", "issueDeleted", "commentAdded"],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

static MAPPING: LazyLock<Mapping> = LazyLock::new(|| Mapping::built_in(NAME, include_str!("mapping.toml")));

/// The app tells no id of a delivery; a repeated one is told by its body.
fn delivery_id(_request: &Request<'_>) -> Option<String> {
    None
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    MAPPING.apply(NAME, request)
}
