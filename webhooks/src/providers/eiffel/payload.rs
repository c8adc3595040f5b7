//! The members of Eiffel's events that are read, over all types and versions; everything else is passed over.
//!
//! Members of one name mean the same in every type, so the data has one struct.

use serde::Deserialize;
use serde_json::Value;
use throughline_domain::time::Timestamp;

use super::{EXPECTED, refuse};
use crate::draft::Person;
use crate::json;
use crate::members;
use crate::provider::{ParseError, Request};

/// The most links that an event may have, and the most files, locations or batches.
const MAX_MEMBERS: usize = 1_000;

/// An event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Event {
    meta: Meta,
    pub(super) data: Data,
    links: Vec<Link>,
}

impl Event {
    /// The type: `EiffelActivityTriggeredEvent`.
    pub(super) fn kind(&self) -> Result<&str, ParseError> {
        self.meta.kind.as_deref().ok_or_else(|| refuse("meta.type is missing"))
    }

    /// The event's id, by which others refer to it.
    pub(super) fn id(&self) -> Result<&str, ParseError> {
        self.meta.id.as_deref().filter(|id| !id.is_empty()).ok_or_else(|| refuse("meta.id is missing"))
    }

    /// When the event was made.
    pub(super) fn at(&self) -> Option<Timestamp> {
        self.meta.time
    }

    /// The ids that links of this type point at.
    pub(super) fn targets(&self, kind: &str) -> impl Iterator<Item = &str> {
        let of_kind = self.links.iter().filter(move |link| link.kind.as_deref() == Some(kind));
        of_kind.filter_map(|link| link.target.as_deref()).filter(|target| !target.is_empty())
    }

    /// The id that the link of this type points at.
    pub(super) fn target(&self, kind: &str) -> Option<&str> {
        self.targets(kind).next()
    }
}

/// Reads an event, and checks its bounds.
pub(super) fn read(value: Value) -> Result<Event, ParseError> {
    let event: Event = serde_json::from_value(value).map_err(|error| refuse(&error.to_string()))?;
    let counts = [
        ("links", event.links.len()),
        ("files", event.data.file_information.len()),
        ("locations", event.data.locations.len()),
        ("batches", event.data.batches.len()),
    ];
    match counts.into_iter().find(|(_, count)| *count > MAX_MEMBERS) {
        Some((what, count)) => Err(ParseError::TooMany { what, count, limit: MAX_MEMBERS }),
        None => Ok(event),
    }
}

#[derive(Deserialize)]
struct Ids {
    meta: Meta,
}

/// The event's own id, where the body is one event.
pub(super) fn event_id(request: &Request<'_>) -> Option<String> {
    let ids: Ids = json::read(request.body, EXPECTED).ok()?;
    ids.meta.id.filter(|id| !id.is_empty())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Meta {
    #[serde(rename = "type")]
    kind: Option<String>,
    id: Option<String>,
    /// Milliseconds since 1970.
    #[serde(deserialize_with = "members::moment_or_millis")]
    time: Option<Timestamp>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Link {
    #[serde(rename = "type")]
    kind: Option<String>,
    target: Option<String>,
}

/// What an event says.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Data {
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    pub(super) categories: Vec<Value>,
    pub(super) types: Vec<Value>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) id: Option<String>,
    pub(super) title: Option<String>,
    pub(super) tracker: Option<String>,
    pub(super) uri: Option<String>,
    pub(super) image: Option<String>,
    pub(super) description: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) execution_uri: Option<String>,
    pub(super) outcome: Conclusion,
    pub(super) value: Option<String>,
    pub(super) issuer: Option<Agent>,
    pub(super) author: Option<Agent>,
    pub(super) submitter: Option<Agent>,
    pub(super) change: Option<ChangeSummary>,
    pub(super) git_identifier: Option<Revision>,
    pub(super) hg_identifier: Option<Revision>,
    pub(super) svn_identifier: Option<Revision>,
    pub(super) identity: Option<String>,
    pub(super) file_information: Vec<File>,
    pub(super) locations: Vec<Location>,
    pub(super) test_case: Option<Tracked>,
    pub(super) selection_strategy: Option<Tracked>,
    pub(super) batches: Vec<Batch>,
    pub(super) heading: Option<String>,
    pub(super) body: Option<String>,
    pub(super) severity: Option<String>,
}

/// How something ended. Early versions have only a verdict.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Conclusion {
    pub(super) verdict: Option<String>,
    pub(super) conclusion: Option<String>,
    pub(super) description: Option<String>,
}

/// A person or program.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Agent {
    id: Option<String>,
    name: Option<String>,
    email: Option<String>,
}

impl Agent {
    /// The person; Eiffel does not say where the id counts.
    pub(super) fn person(&self) -> Person<'_> {
        Person {
            provider: super::NAME,
            login: self.id.as_deref(),
            name: self.name.as_deref(),
            email: self.email.as_deref(),
            ..Person::default()
        }
    }
}

/// What else is known of a source change.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ChangeSummary {
    pub(super) tracker: Option<String>,
    pub(super) id: Option<String>,
    pub(super) details: Option<String>,
}

/// A revision of a repository, in Git, Mercurial or Subversion.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Revision {
    pub(super) commit_id: Option<String>,
    pub(super) revision: Option<Value>,
    pub(super) branch: Option<String>,
    pub(super) directory: Option<String>,
    pub(super) repo_uri: Option<String>,
}

/// A file of an artifact.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct File {
    pub(super) name: Option<String>,
    pub(super) integrity_protection: Option<Integrity>,
}

/// The digest of a file.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Integrity {
    pub(super) alg: Option<String>,
    pub(super) digest: Option<String>,
}

/// Where an artifact can be had.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Location {
    pub(super) uri: Option<String>,
}

/// Something in a test management system.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Tracked {
    pub(super) id: Option<String>,
    pub(super) uri: Option<String>,
}

/// A group of tests.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Batch {
    pub(super) name: Option<String>,
}
