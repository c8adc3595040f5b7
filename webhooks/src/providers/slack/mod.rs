//! Slack: slash commands, so that every question that was asked is in the ledger.

use crate::chat::{self, SLASH_COMMAND, URL_VERIFICATION};
use crate::provider::Provider;
use crate::signature::Scheme;

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: "slack",
    title: "Slack",
    schemes: &[Scheme::HmacTimed {
        header: "x-slack-signature",
        prefix: "v0=",
        time: "x-slack-request-timestamp",
        before: "v0:",
    }],
    kept_headers: &[],
    meaning_headers: &[],
    events: &[SLASH_COMMAND, URL_VERIFICATION],
    documentation: include_str!("doc.md"),
    delivery_id: chat::delivery_id,
    parse: chat::read,
};
