//! The members of Confluence's bodies that are read; everything else is passed over.

use serde::Deserialize;
use serde_json::Value;
use throughline_domain::time::Timestamp;

use super::NAME;
use crate::draft::Person;
use crate::members::{self, filled};

/// A delivery.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Body {
    /// The event's name, as Confluence Cloud sends it.
    event_type: Option<String>,
    /// The event's name, as Confluence Data Center sends it.
    event: Option<String>,
    /// When it was sent, in milliseconds since 1970.
    #[serde(deserialize_with = "members::moment_or_millis")]
    timestamp: Option<Timestamp>,
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
        self.timestamp
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
    #[serde(deserialize_with = "members::moment_or_millis")]
    creation_date: Option<Timestamp>,
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
        self.creation_date
    }

    /// Who made it; `host` is where the ids of Data Center count.
    pub(super) fn creator<'a>(&'a self, host: &'a str) -> Option<Person<'a>> {
        let name = self.creator_display_name.as_deref().filter(|name| !name.is_empty());
        let person = |provider, host, login| Person { provider, host, login: Some(login), name, ..Person::default() };
        match (filled(self.creator_account_id.as_deref()), filled(self.creator_key.as_deref())) {
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
    full_name: Option<String>,
    user_display_name: Option<String>,
    email: Option<String>,
}

impl UserProfile {
    /// The person; `None` where nothing says who that is. Ids of Data Center count on its host, which these events do not
    /// name: there the e-mail address counts.
    pub(super) fn person(&self) -> Option<Person<'_>> {
        let login = filled(self.user_account_id.as_deref());
        let email = filled(self.email.as_deref()).filter(|email| email.contains('@'));
        let name = filled(self.full_name.as_deref()).or(filled(self.user_display_name.as_deref()));
        let person = Person { provider: ACCOUNTS, login, name, email, ..Person::default() };
        login.or(email).map(|_| person)
    }
}

/// Account ids are Atlassian's own and the same in all of its products and sites.
const ACCOUNTS: &str = "atlassian";
