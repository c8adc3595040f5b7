//! Gitea: the webhooks of repositories, organisations and whole installations.

use crate::gitea_family::Family;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

/// Gitea's entry in the table of providers.
pub const PROVIDER: Provider = Provider {
    name: FAMILY.name,
    title: FAMILY.title,
    schemes: &[Scheme::sha256("x-gitea-signature", ""), Scheme::sha256("x-hub-signature-256", "sha256=")],
    kept_headers: &["x-gitea-event", "x-gitea-event-type", "x-gitea-delivery"],
    meaning_headers: &["x-gitea-event"],
    events: &[
        "create",
        "delete",
        "fork",
        "push",
        "issues",
        "issue_comment",
        "pull_request",
        "pull_request_approved",
        "pull_request_rejected",
        "pull_request_comment",
        "repository",
        "release",
        "package",
        "status",
        "workflow_run",
        "workflow_job",
    ],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const FAMILY: Family =
    Family { name: "gitea", title: "Gitea", event_header: "x-gitea-event", older_event_headers: &[] };

/// Gitea makes a new id when a delivery is sent again.
fn delivery_id(_: &Request<'_>) -> Option<String> {
    None
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    FAMILY.parse(request)
}
