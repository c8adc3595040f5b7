//! The fields of an audit log entry that are read. Webhooks and the integration framework write some of them differently.

use std::collections::BTreeMap;

use serde::Deserialize;

/// An entry of the audit log.
#[derive(Debug, Deserialize)]
pub(super) struct AuditEntry {
    /// Its id.
    #[serde(rename = "_id")]
    pub(super) id: Option<String>,
    /// Addresses, by what they are of.
    #[serde(rename = "_links")]
    pub(super) links: Option<Links>,
    /// LaunchDarkly's address.
    #[serde(rename = "baseURL")]
    pub(super) base_url: Option<String>,
    /// When, in milliseconds since 1970; in webhooks.
    pub(super) date: Option<i64>,
    /// When; in the integration framework.
    pub(super) timestamp: Option<Moment>,
    /// What sort of thing was changed: `flag`.
    pub(super) kind: Option<String>,
    /// Its name.
    pub(super) name: Option<String>,
    /// Its key; in the integration framework.
    pub(super) key: Option<String>,
    /// What was changed, in Markdown; in webhooks.
    pub(super) description: Option<String>,
    /// What was changed; in the integration framework.
    pub(super) details: Option<Details>,
    /// What the person wrote about it.
    pub(super) comment: Option<String>,
    /// What the person did: `updated the flag`.
    #[serde(rename = "titleVerb")]
    pub(super) title_verb: Option<String>,
    /// Tags of the thing.
    pub(super) tags: Option<Vec<String>>,
    /// Where it lies; in the integration framework.
    pub(super) project: Option<Project>,
    /// What was changed.
    pub(super) target: Option<Target>,
    /// Who did it.
    pub(super) member: Option<Member>,
    /// The token that did it.
    pub(super) token: Option<Token>,
    /// What integrations keep with the flag, by their key.
    #[serde(rename = "customProperties")]
    pub(super) custom_properties: Option<BTreeMap<String, CustomProperty>>,
}

/// A moment.
#[derive(Debug, Deserialize)]
pub(super) struct Moment {
    /// Milliseconds since 1970.
    pub(super) milliseconds: Option<i64>,
}

/// Addresses.
#[derive(Debug, Deserialize)]
pub(super) struct Links {
    /// The page of this entry.
    pub(super) details: Option<Link>,
}

/// An address.
#[derive(Debug, Deserialize)]
pub(super) struct Link {
    /// The address itself.
    pub(super) href: Option<String>,
}

/// What was changed.
#[derive(Debug, Deserialize)]
pub(super) struct Details {
    /// Without marks.
    #[serde(rename = "plainText")]
    pub(super) plain_text: Option<String>,
}

/// A project.
#[derive(Debug, Deserialize)]
pub(super) struct Project {
    /// Its key.
    pub(super) key: Option<String>,
    /// The environment in which the change holds; `~` for all.
    pub(super) environment: Option<Environment>,
}

/// An environment.
#[derive(Debug, Deserialize)]
pub(super) struct Environment {
    /// Its key.
    pub(super) key: Option<String>,
}

/// What was changed.
#[derive(Debug, Deserialize)]
pub(super) struct Target {
    /// Resource specifiers: `proj/shop:env/production:flag/retry`.
    pub(super) resources: Option<Vec<String>>,
}

/// A person.
#[derive(Debug, Deserialize)]
pub(super) struct Member {
    /// The id.
    #[serde(rename = "_id")]
    pub(super) id: Option<String>,
    /// The e-mail address.
    pub(super) email: Option<String>,
    /// The first name.
    #[serde(rename = "firstName")]
    pub(super) first_name: Option<String>,
    /// The last name.
    #[serde(rename = "lastName")]
    pub(super) last_name: Option<String>,
}

/// A token of a program.
#[derive(Debug, Deserialize)]
pub(super) struct Token {
    /// The id.
    #[serde(rename = "_id")]
    pub(super) id: Option<String>,
    /// The name.
    pub(super) name: Option<String>,
}

/// What an integration keeps with a flag.
#[derive(Debug, Deserialize)]
pub(super) struct CustomProperty {
    /// The integration's name.
    pub(super) name: Option<String>,
    /// What it keeps.
    pub(super) values: Option<Vec<String>>,
}
