//! The members of Confluence's bodies that are read; everything else is passed over.

use serde::Deserialize;
use serde_json::Value;
use throughline_domain::key::{self, Key, KeyError};
use throughline_domain::node::NodeKind;
use throughline_domain::time::Timestamp;

use super::NAME;
use crate::draft::Person;

/// A delivery.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Body {
    /// The event's name, as Confluence Cloud sends it.
    event_type: Option<String>,
    /// The event's name, as Confluence Data Center sends it.
    event: Option<String>,
    /// When it was sent, in milliseconds since 1970.
    timestamp: Option<Value>,
    user_account_id: Option<String>,
    user_key: Option<String>,
    user_display_name: Option<String>,
    pub(super) page: Option<Entity>,
    pub(super) blog: Option<Entity>,
    pub(super) comment: Option<Comment>,
    /// What files were attached to.
    pub(super) attached_to: Option<Entity>,
    pub(super) attachments: Option<Vec<Attachment>>,
    pub(super) attachment: Option<Attachment>,
    /// What a label was put on.
    pub(super) labeled: Option<Entity>,
    pub(super) label: Option<Label>,
    pub(super) user_profile: Option<UserProfile>,
}

impl Body {
    /// The event's name: `page_updated`.
    pub(super) fn event(&self) -> Option<&str> {
        self.event_type.as_deref().or(self.event.as_deref()).filter(|event| !event.is_empty())
    }

    /// When it was sent, by Confluence's clock.
    pub(super) fn at(&self) -> Option<Timestamp> {
        moment(self.timestamp.as_ref())
    }

    /// What the one who did it is called, or else the id.
    pub(super) fn actor(&self) -> Option<&str> {
        let names = [&self.user_display_name, &self.user_account_id, &self.user_key];
        names.into_iter().flatten().map(String::as_str).find(|name| !name.trim().is_empty())
    }
}

/// A page or blog post.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Entity {
    /// The address of its page.
    #[serde(rename = "self")]
    pub(super) address: Option<String>,
    pub(super) title: Option<String>,
    pub(super) content_type: Option<String>,
    version: Option<Value>,
    creation_date: Option<Value>,
    creator_account_id: Option<String>,
    creator_key: Option<String>,
    creator_display_name: Option<String>,
}

impl Entity {
    /// How often it was changed.
    pub(super) fn version(&self) -> Option<u64> {
        let version = self.version.as_ref()?;
        version.as_u64().or_else(|| version.get("number")?.as_u64())
    }

    /// When it was made.
    pub(super) fn created(&self) -> Option<Timestamp> {
        moment(self.creation_date.as_ref())
    }

    /// Who made it; `host` is where the ids of Data Center count.
    pub(super) fn creator<'a>(&'a self, host: &'a str) -> Option<Person<'a>> {
        let name = self.creator_display_name.as_deref().filter(|name| !name.is_empty());
        let person = |provider, host, login| Person { provider, host, login: Some(login), name, ..Person::default() };
        match (filled(&self.creator_account_id), filled(&self.creator_key)) {
            (Some(id), _) => Some(person(ACCOUNTS, "", id)),
            (None, Some(key)) => Some(person(NAME, host, key)),
            (None, None) => None,
        }
    }
}

/// A comment.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Comment {
    /// What it is on.
    pub(super) parent: Option<Entity>,
}

/// A file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Attachment {
    pub(super) file_name: Option<String>,
    pub(super) title: Option<String>,
}

/// A label.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Label {
    pub(super) name: Option<String>,
}

/// A person, in the events about persons.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct UserProfile {
    user_account_id: Option<String>,
    user_key: Option<String>,
    pub(super) full_name: Option<String>,
    pub(super) user_display_name: Option<String>,
    pub(super) email: Option<String>,
}

impl UserProfile {
    /// The person's id and node; `None` where the payload gives no id.
    pub(super) fn key(&self) -> Option<(&str, Result<Key, KeyError>)> {
        match (filled(&self.user_account_id), filled(&self.user_key)) {
            (Some(id), _) => Some((id, key::of_tool(NodeKind::Person, ACCOUNTS, "", id))),
            (None, Some(id)) => Some((id, key::of_tool(NodeKind::Person, NAME, "", id))),
            (None, None) => None,
        }
    }
}

/// Account ids are Atlassian's own and the same in all of its products and sites.
const ACCOUNTS: &str = "atlassian";

/// A moment in milliseconds since 1970, or as a text in RFC 3339.
fn moment(value: Option<&Value>) -> Option<Timestamp> {
    match value? {
        Value::Number(millis) => millis.as_i64().map(Timestamp::from_millis),
        Value::String(text) => Timestamp::parse(text).or_else(|| text.trim().parse().ok().map(Timestamp::from_millis)),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn filled(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.trim().is_empty())
}
