//! The fields of Opsgenie's webhook that are read; everything else is passed over.

use serde::Deserialize;

use crate::alert::{Labels, Text};

/// A delivery.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Delivery {
    /// `Create`, `Close`; a custom action goes by the name that its maker gave it.
    pub(super) action: Text,
    pub(super) alert: Option<Alert>,
    /// Whom an escalation calls.
    pub(super) escalation_notify: Option<Named>,
}

/// The alert, as it is after the action; an escalation sends no more than the id.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Alert {
    pub(super) alert_id: Text,
    /// The number that people use for it.
    pub(super) tiny_id: Text,
    /// The key by which its sender knows it; two alerts after one another may have the same.
    pub(super) alias: Text,
    pub(super) message: Text,
    pub(super) description: Text,
    pub(super) note: Text,
    pub(super) priority: Text,
    pub(super) entity: Text,
    pub(super) tags: Labels,
    pub(super) details: Labels,
    pub(super) owner: Text,
    /// Who did it.
    pub(super) username: Text,
    /// The team that was added.
    pub(super) team: Text,
    /// Who was added.
    pub(super) recipient: Text,
    pub(super) created_at: Text,
    pub(super) updated_at: Text,
}

/// Anything of which only the name is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Named {
    pub(super) name: Text,
}
