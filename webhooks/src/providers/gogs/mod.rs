//! Gogs: the webhooks of repositories and organisations.

use crate::gitea_family::Family;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

/// Gogs's entry in the table of providers.
pub const PROVIDER: Provider = Provider {
    name: FAMILY.name,
    title: FAMILY.title,
    schemes: &[Scheme::sha256("x-gogs-signature", "")],
    kept_headers: &["x-gogs-event", DELIVERY_HEADER],
    meaning_headers: &["x-gogs-event"],
    events: &["create", "delete", "fork", "push", "issues", "issue_comment", "pull_request", "release"],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const FAMILY: Family = Family { name: "gogs", title: "Gogs", event_header: "x-gogs-event", older_event_headers: &[] };

/// Gogs's id of the delivery; the same when somebody presses "Redelivery".
const DELIVERY_HEADER: &str = "x-gogs-delivery";

fn delivery_id(request: &Request<'_>) -> Option<String> {
    request.header(DELIVERY_HEADER).map(str::to_owned)
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    FAMILY.parse(request)
}
