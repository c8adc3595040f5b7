//! The parts of Gerrit's events that are read. Fields bear Gerrit's names; as its manual says, any of them may be missing.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use throughline_domain::time::Timestamp;

use crate::members::text;

/// Any event.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Event {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) change: Option<Change>,
    pub(super) patch_set: Option<PatchSet>,
    pub(super) uploader: Option<Account>,
    pub(super) submitter: Option<Account>,
    pub(super) abandoner: Option<Account>,
    pub(super) restorer: Option<Account>,
    pub(super) author: Option<Account>,
    pub(super) reviewer: Option<Account>,
    pub(super) adder: Option<Account>,
    pub(super) remover: Option<Account>,
    pub(super) changer: Option<Account>,
    pub(super) editor: Option<Account>,
    pub(super) approvals: Option<Vec<Approval>>,
    pub(super) new_rev: Option<String>,
    pub(super) ref_update: Option<ReferenceUpdate>,
    pub(super) instance_id: Option<String>,
    #[serde(deserialize_with = "moment")]
    pub(super) event_created_on: Option<Timestamp>,
}

/// A change. `id` is the Change-Id of its commits' messages.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Change {
    pub(super) project: Option<String>,
    pub(super) branch: Option<String>,
    pub(super) topic: Option<String>,
    pub(super) hashtags: Option<Vec<String>>,
    pub(super) id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub(super) number: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) owner: Option<Account>,
    pub(super) url: Option<String>,
    pub(super) commit_message: Option<String>,
    pub(super) status: Option<String>,
    pub(super) wip: Option<bool>,
    #[serde(deserialize_with = "moment")]
    pub(super) created_on: Option<Timestamp>,
}

/// One version of a change.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PatchSet {
    #[serde(deserialize_with = "text")]
    pub(super) number: Option<String>,
    pub(super) revision: Option<String>,
    pub(super) author: Option<Account>,
}

/// An account.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Account {
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) username: Option<String>,
}

/// A vote. The old value is there where the event changed the vote.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Approval {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    #[serde(deserialize_with = "text")]
    pub(super) value: Option<String>,
    #[serde(deserialize_with = "text")]
    pub(super) old_value: Option<String>,
}

/// What was done to a branch or tag.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ReferenceUpdate {
    pub(super) old_rev: Option<String>,
    pub(super) new_rev: Option<String>,
    pub(super) ref_name: Option<String>,
    pub(super) project: Option<String>,
}

/// Reads a time in seconds since 1970; anything that is none says nothing about a time.
fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let at = match Value::deserialize(deserializer)? {
        Value::Number(seconds) => seconds.as_i64().map(Timestamp::from_seconds),
        Value::String(text) => text.parse().ok().map(Timestamp::from_seconds),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    Ok(at.filter(|at| at.micros() > 0))
}
