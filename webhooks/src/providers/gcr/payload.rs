//! The fields of a Pub/Sub push and of the registry's message in it that are read.

use serde::Deserialize;

/// What Pub/Sub sends.
#[derive(Debug, Deserialize)]
pub(super) struct Push {
    /// The message; missing where the subscription sends it without an envelope.
    pub(super) message: Option<Message>,
}

/// A message; older ones write their members in another way, and many both.
#[derive(Debug, Deserialize)]
pub(super) struct Message {
    /// What the registry says, in base64.
    pub(super) data: Option<String>,
    /// The id.
    #[serde(rename = "messageId")]
    pub(super) message_id: Option<String>,
    /// The id.
    #[serde(rename = "message_id")]
    pub(super) message_id_of_old: Option<String>,
    /// When the registry said it.
    #[serde(rename = "publishTime")]
    pub(super) publish_time: Option<String>,
    /// When the registry said it.
    #[serde(rename = "publish_time")]
    pub(super) publish_time_of_old: Option<String>,
}

/// What the registry says.
#[derive(Debug, Deserialize)]
pub(super) struct Change {
    /// `INSERT` or `DELETE`.
    pub(super) action: Option<String>,
    /// Package and digest.
    pub(super) digest: Option<String>,
    /// Package and tag.
    pub(super) tag: Option<String>,
}
