//! The parts of Bitbucket Server's payloads that are read. Fields bear its names; all of them may be absent or null.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use throughline_domain::time::Timestamp;

/// The body of any event.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Body {
    pub(super) event_key: Option<String>,
    pub(super) test: Option<bool>,
    pub(super) actor: Option<User>,
    pub(super) repository: Option<Repository>,
    pub(super) new: Option<Repository>,
    pub(super) old: Option<Repository>,
    pub(super) changes: Option<Vec<Change>>,
    pub(super) commits: Option<Vec<Commit>>,
    pub(super) to_commit: Option<Commit>,
    pub(super) commit: Option<String>,
    pub(super) comment: Option<Comment>,
    pub(super) pull_request: Option<PullRequest>,
    pub(super) participant: Option<Participant>,
    #[serde(deserialize_with = "moment")]
    pub(super) date: Option<Timestamp>,
}

/// A repository. Versions before 5.14 send no links.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Repository {
    pub(super) slug: Option<String>,
    pub(super) name: Option<String>,
    pub(super) project: Option<Project>,
    pub(super) origin: Option<Box<Repository>>,
    pub(super) links: Option<Links>,
}

/// A project, or the personal one of somebody: `~ada`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Project {
    pub(super) key: Option<String>,
}

/// Where something is to be found.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Links {
    #[serde(rename = "self")]
    pub(super) page: Option<Vec<Link>>,
    pub(super) clone: Option<Vec<Link>>,
}

/// An address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Link {
    pub(super) href: Option<String>,
}

/// An account.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct User {
    pub(super) name: Option<String>,
    pub(super) slug: Option<String>,
    pub(super) email_address: Option<String>,
    pub(super) display_name: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) links: Option<Links>,
}

/// What a push did to one branch or tag.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Change {
    pub(super) ref_id: Option<String>,
    pub(super) from_hash: Option<String>,
    pub(super) to_hash: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
}

/// A commit; newer versions list those of a push.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Commit {
    pub(super) id: Option<String>,
    pub(super) message: Option<String>,
    pub(super) author: Option<User>,
    #[serde(deserialize_with = "moment")]
    pub(super) committer_timestamp: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) author_timestamp: Option<Timestamp>,
}

/// A comment.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Comment {
    pub(super) author: Option<User>,
    #[serde(deserialize_with = "moment")]
    pub(super) created_date: Option<Timestamp>,
}

/// A pull request.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PullRequest {
    pub(super) id: Option<u64>,
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    pub(super) state: Option<String>,
    pub(super) draft: Option<bool>,
    pub(super) author: Option<Participant>,
    pub(super) reviewers: Option<Vec<Participant>>,
    pub(super) participants: Option<Vec<Participant>>,
    pub(super) from_ref: Option<Reference>,
    pub(super) to_ref: Option<Reference>,
    pub(super) properties: Option<Properties>,
    pub(super) links: Option<Links>,
    #[serde(deserialize_with = "moment")]
    pub(super) created_date: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) updated_date: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) closed_date: Option<Timestamp>,
}

/// Where a pull request comes from or goes to.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Reference {
    pub(super) display_id: Option<String>,
    pub(super) latest_commit: Option<String>,
    pub(super) repository: Option<Repository>,
}

/// What a merge left behind.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Properties {
    pub(super) merge_commit: Option<Commit>,
}

/// Somebody who has a part in a pull request, and what they think of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Participant {
    pub(super) user: Option<User>,
    pub(super) approved: Option<bool>,
    pub(super) last_reviewed_commit: Option<String>,
}

/// Reads a time: ISO 8601 of the delivery, milliseconds since 1970 within; anything else says nothing about a time.
fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let at = match Value::deserialize(deserializer)? {
        Value::String(text) => Timestamp::parse(&text),
        Value::Number(millis) => millis.as_i64().map(Timestamp::from_millis),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    Ok(at.filter(|at| at.micros() > 0))
}
