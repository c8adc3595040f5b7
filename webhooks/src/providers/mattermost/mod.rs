//! Mattermost: slash commands, so that every question that was asked is in the ledger.

use crate::chat::{self, SLASH_COMMAND};
use crate::provider::Provider;
use crate::signature::Scheme;

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: "mattermost",
    title: "Mattermost",
    schemes: &[Scheme::Authorization],
    kept_headers: &[],
    meaning_headers: &[],
    events: &[SLASH_COMMAND],
    documentation: include_str!("doc.md"),
    delivery_id: chat::delivery_id,
    parse: chat::read,
};
