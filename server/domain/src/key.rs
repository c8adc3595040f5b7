//! Node keys: the CDEvents `domainId` form, `cdevents:v0:<provider>:<provider-id>:<namespace>:<groups>:<type>:<id>`.
//!
//! Every part is percent-encoded where it holds a colon, a percent sign, a space, a control character or anything
//! outside ASCII, so that splitting at colons is always right and writing a parsed key gives the same text again.
//! `groups` is a path whose segments are separated by `/`. The types that CDEvents lacks (deployment, document, …)
//! are written in the same form with the words of [`NodeKind`].

use std::fmt;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use crate::node::NodeKind;

/// The longest key that is accepted, in bytes. PostgreSQL refuses index entries of more than about 2,700.
pub const MAX_KEY_BYTES: usize = 1_024;

const PREFIX: &str = "cdevents:v0:";
const RESERVED: &AsciiSet = &CONTROLS.add(b':').add(b'%').add(b' ');

/// A node's identity, the same in every database and on every day.
///
/// Equal text means equal node. Build one with [`Key::new`] or with the constructors of [`crate::repository`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Key(String);

/// The parts of a key, decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyParts {
    /// The tool that names the resource: `github`, `jira`, `git`, `oci`, `throughline`.
    pub provider: String,
    /// Which installation of that tool, usually its host; empty where there is one in the world.
    pub provider_id: String,
    /// The organisation or project space; may be empty.
    pub namespace: String,
    /// The path below the namespace, segments separated by `/`; may be empty.
    pub groups: String,
    /// The tool's own id of the resource; never empty.
    pub resource: String,
}

/// Why a text is not a key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// The text does not have the eight parts.
    #[error("'{0}' is not of the form cdevents:v0:<provider>:<provider-id>:<namespace>:<groups>:<type>:<id>")]
    Form(String),
    /// The type is no node kind.
    #[error("'{0}' is not a node kind")]
    Kind(String),
    /// The provider or the resource id is empty.
    #[error("a key needs a provider and a resource id")]
    Empty,
    /// The key is over [`MAX_KEY_BYTES`].
    #[error("the key has {0} bytes; the longest that is accepted has {MAX_KEY_BYTES}")]
    TooLong(usize),
    /// The text is not written in the one canonical encoding.
    #[error("'{0}' is not canonically encoded")]
    Encoding(String),
}

impl Key {
    /// Writes a key from its decoded parts.
    ///
    /// # Errors
    /// [`KeyError::Empty`] without provider or resource, [`KeyError::TooLong`] over [`MAX_KEY_BYTES`].
    pub fn new(kind: NodeKind, parts: &KeyParts) -> Result<Self, KeyError> {
        let KeyParts { provider, provider_id, namespace, groups, resource } = parts;
        if provider.is_empty() || resource.is_empty() {
            return Err(KeyError::Empty);
        }
        let text = format!(
            "{PREFIX}{}:{}:{}:{}:{}:{}",
            encode(provider),
            encode(provider_id),
            encode(namespace),
            encode(groups),
            kind.word(),
            encode(resource)
        );
        if text.len() > MAX_KEY_BYTES {
            return Err(KeyError::TooLong(text.len()));
        }
        Ok(Self(text))
    }

    /// Reads a key, which must be in canonical encoding.
    ///
    /// # Errors
    /// A [`KeyError`] that says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let (kind, parts) = split(text)?;
        let key = Self::new(kind, &parts)?;
        if key.0 == text { Ok(key) } else { Err(KeyError::Encoding(text.to_owned())) }
    }

    /// What kind of node the key names.
    pub fn kind(&self) -> NodeKind {
        split(&self.0).expect("a key is checked when it is made").0
    }

    /// The decoded parts.
    pub fn parts(&self) -> KeyParts {
        split(&self.0).expect("a key is checked when it is made").1
    }

    /// The same key with another resource id: how a ticket's key follows from its project's.
    ///
    /// # Errors
    /// As [`Key::new`].
    pub fn with_resource(&self, resource: &str) -> Result<Self, KeyError> {
        Self::new(self.kind(), &KeyParts { resource: resource.to_owned(), ..self.parts() })
    }

    /// Whether both lie in the same place: host, namespace and groups. Two things of one repository do.
    pub fn shares_place(&self, other: &Self) -> bool {
        let (one, other) = (self.parts(), other.parts());
        (one.provider_id, one.namespace, one.groups) == (other.provider_id, other.namespace, other.groups)
    }

    /// The key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The key of an artifact: by its digest alone, so that a copy in another registry is the same artifact.
///
/// `digest` is `algorithm:hex`, written in lower case.
///
/// # Errors
/// [`KeyError::Form`] where the digest is not `sha256:` with 64 or `sha512:` with 128 hexadecimal digits.
pub fn artifact(digest: &str) -> Result<Key, KeyError> {
    let lower = digest.trim().to_ascii_lowercase();
    let is_hex = |hex: &str, length: usize| hex.len() == length && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    let valid = match lower.split_once(':') {
        Some(("sha256", hex)) => is_hex(hex, 64),
        Some(("sha512", hex)) => is_hex(hex, 128),
        _ => false,
    };
    if !valid {
        return Err(KeyError::Form(digest.to_owned()));
    }
    Key::new(NodeKind::Artifact, &KeyParts { provider: "oci".to_owned(), resource: lower, ..KeyParts::default() })
}

/// The key of something that Throughline itself names: services, environments, teams, and whatever has no tool of its own.
///
/// The name is trimmed and written in lower case, so that `Production` and `production` are one environment.
///
/// # Errors
/// As [`Key::new`].
pub fn named(kind: NodeKind, name: &str) -> Result<Key, KeyError> {
    Key::new(
        kind,
        &KeyParts { provider: "throughline".to_owned(), resource: name.trim().to_lowercase(), ..KeyParts::default() },
    )
}

/// The key of a resource of a tool: provider, host and the tool's own id, with no namespace.
///
/// # Errors
/// As [`Key::new`].
pub fn of_tool(kind: NodeKind, provider: &str, host: &str, resource: &str) -> Result<Key, KeyError> {
    Key::new(
        kind,
        &KeyParts {
            provider: provider.to_owned(),
            provider_id: host.to_lowercase(),
            resource: resource.to_owned(),
            ..KeyParts::default()
        },
    )
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

fn split(text: &str) -> Result<(NodeKind, KeyParts), KeyError> {
    let form = || KeyError::Form(text.chars().take(200).collect());
    let rest = text.strip_prefix(PREFIX).ok_or_else(form)?;
    let parts: Vec<&str> = rest.split(':').collect();
    let [provider, provider_id, namespace, groups, kind, resource] = parts.as_slice() else {
        return Err(form());
    };
    let kind = NodeKind::from_word(kind).ok_or_else(|| KeyError::Kind((*kind).to_owned()))?;
    let decode = |part: &str| percent_decode_str(part).decode_utf8().map(|text| text.into_owned()).map_err(|_| form());
    let parts = KeyParts {
        provider: decode(provider)?,
        provider_id: decode(provider_id)?,
        namespace: decode(namespace)?,
        groups: decode(groups)?,
        resource: decode(resource)?,
    };
    Ok((kind, parts))
}

fn encode(part: &str) -> impl fmt::Display + '_ {
    utf8_percent_encode(part, RESERVED)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Key, KeyError, KeyParts, artifact, named};
    use crate::node::NodeKind;

    #[test]
    fn writes_the_documented_form() {
        let parts = KeyParts {
            provider: "jira".into(),
            provider_id: "acme.atlassian.net".into(),
            namespace: "PAY".into(),
            groups: String::new(),
            resource: "PAY-12".into(),
        };
        let key = Key::new(NodeKind::Ticket, &parts).unwrap();
        assert_eq!(key.as_str(), "cdevents:v0:jira:acme.atlassian.net:PAY::ticket:PAY-12");
        assert_eq!(key.kind(), NodeKind::Ticket);
        let digest = format!("sha256:{}", "AB".repeat(32));
        assert_eq!(
            artifact(&digest).unwrap().as_str(),
            format!("cdevents:v0:oci::::artifact:sha256%3A{}", "ab".repeat(32))
        );
        assert_eq!(named(NodeKind::Environment, " Production ").unwrap().parts().resource, "production");
    }

    #[test]
    fn refuses_what_is_not_a_key() {
        for text in
            ["", "PAY-12", "cdevents:v0:a:b:c:d:ticket", "cdevents:v0:a:b:c:d:island:1", "cdevents:v0:::::ticket:1"]
        {
            assert!(Key::parse(text).is_err(), "{text}");
        }
        let long = KeyParts { provider: "a".into(), resource: "x".repeat(2_000), ..KeyParts::default() };
        assert!(matches!(Key::new(NodeKind::Ticket, &long), Err(KeyError::TooLong(_))));
        assert_eq!(
            Key::parse("cdevents:v0:a::::ticket:%41"),
            Err(KeyError::Encoding("cdevents:v0:a::::ticket:%41".into()))
        );
    }

    proptest! {
        #[test]
        fn any_parts_read_back(provider in ".{1,20}", id in ".{0,20}", groups in ".{0,20}", resource in ".{1,40}") {
            let parts = KeyParts { provider, provider_id: id.clone(), namespace: id, groups, resource };
            let key = Key::new(NodeKind::Document, &parts).unwrap();
            prop_assert_eq!(key.parts(), parts);
            prop_assert_eq!(Key::parse(key.as_str()).unwrap(), key);
        }
    }
}
