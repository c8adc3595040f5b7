//! Forgejo, and Codeberg that runs it: the webhooks of repositories, organisations and whole installations.

use crate::gitea_family::Family;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

/// Forgejo's entry in the table of providers.
pub const PROVIDER: Provider = Provider {
    name: FAMILY.name,
    title: FAMILY.title,
    schemes: &[
        Scheme::sha256("x-forgejo-signature", ""),
        Scheme::sha256("x-gitea-signature", ""),
        Scheme::sha256("x-hub-signature-256", "sha256="),
    ],
    kept_headers: &["x-forgejo-event", "x-forgejo-event-type", "x-forgejo-delivery", "x-gitea-event"],
    meaning_headers: &["x-forgejo-event", "x-gitea-event"],
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
        "action_run_success",
        "action_run_failure",
        "action_run_recover",
        "workflow_run",
        "workflow_job",
    ],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const FAMILY: Family = Family {
    name: "forgejo",
    title: "Forgejo",
    event_header: "x-forgejo-event",
    older_event_headers: &["x-gitea-event"],
};

/// Forgejo makes a new id when a delivery is sent again.
fn delivery_id(_: &Request<'_>) -> Option<String> {
    None
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    FAMILY.parse(request)
}
