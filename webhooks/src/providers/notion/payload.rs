//! The members of Notion's bodies that are read; everything else is passed over.

use serde::Deserialize;
use serde_json::Value;

/// A delivery.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Body {
    /// Set in the first request only.
    pub(super) verification_token: Option<String>,
    /// When it happened.
    pub(super) timestamp: Option<String>,
    /// The event's name: `page.created`.
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    /// Who did it; several where Notion has collected what happened in a minute.
    pub(super) authors: Option<Vec<Author>>,
    /// What it happened to.
    pub(super) entity: Option<Reference>,
    pub(super) data: Option<Data>,
}

/// Somebody who did it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Author {
    pub(super) id: Option<String>,
    /// `person`, `bot` or `agent`.
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
}

/// A page, database, data source or comment.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reference {
    pub(super) id: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
}

/// What some events add.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Data {
    /// What it lies in.
    pub(super) parent: Option<Reference>,
    /// The page that a comment is on.
    pub(super) page_id: Option<String>,
    /// The properties that were changed: ids, or objects with a name.
    updated_properties: Option<Vec<Value>>,
}

impl Data {
    /// The names of the properties that were changed, as far as they are told.
    pub(super) fn changed(&self) -> impl Iterator<Item = &str> {
        self.updated_properties.iter().flatten().filter_map(|property| property.get("name")?.as_str())
    }
}
