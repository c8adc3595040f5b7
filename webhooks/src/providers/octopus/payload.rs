//! The fields of a subscription's payload that are read.

use serde::Deserialize;

/// What a subscription sends.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Subscription {
    /// What happened, and where.
    pub(super) payload: Option<Payload>,
}

/// What happened, and where.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Payload {
    /// The server's address, where it is configured.
    pub(super) server_uri: Option<String>,
    /// The page of the audit log with these events.
    pub(super) server_audit_uri: Option<String>,
    /// The batch that the events were collected in.
    pub(super) batch_id: Option<String>,
    /// The event, where each is sent by itself.
    pub(super) event: Option<Event>,
    /// The events, where they are sent as a digest.
    pub(super) events: Option<Vec<Event>>,
}

/// An event.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Event {
    /// Its id.
    pub(super) id: Option<String>,
    /// What sort of event: `DeploymentSucceeded`.
    pub(super) category: Option<String>,
    /// When.
    pub(super) occurred: Option<String>,
    /// Who did it.
    pub(super) username: Option<String>,
    /// The id of who did it; `users-system` for the server itself.
    pub(super) user_id: Option<String>,
    /// What happened, in a sentence that names documents.
    pub(super) message: Option<String>,
    /// Where in the message which document is named.
    pub(super) message_references: Option<Vec<MessageReference>>,
    /// The ids of everything that it is about.
    pub(super) related_document_ids: Option<Vec<String>>,
    /// What a person wrote about it.
    pub(super) comments: Option<String>,
}

/// A name in a message.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MessageReference {
    /// The id of what is named.
    pub(super) referenced_document_id: Option<String>,
    /// Where the name begins, in UTF-16 units.
    pub(super) start_index: Option<usize>,
    /// How long it is, in UTF-16 units.
    pub(super) length: Option<usize>,
}
