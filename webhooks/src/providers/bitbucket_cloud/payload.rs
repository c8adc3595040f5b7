//! The parts of Bitbucket Cloud's payloads that are read. Fields bear its names; all of them may be absent or null.

use serde::Deserialize;
use throughline_domain::time::Timestamp;

use crate::members::moment;

/// The body of any event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Body {
    pub(super) actor: Option<User>,
    pub(super) repository: Option<Repository>,
    pub(super) push: Option<Push>,
    pub(super) fork: Option<Repository>,
    pub(super) changes: Option<Changes>,
    pub(super) commit: Option<Commit>,
    pub(super) comment: Option<Comment>,
    pub(super) commit_status: Option<CommitStatus>,
    pub(super) issue: Option<Issue>,
    pub(super) pullrequest: Option<PullRequest>,
    pub(super) approval: Option<Verdict>,
    pub(super) changes_request: Option<Verdict>,
}

/// A repository: `acme/checkout`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Repository {
    pub(super) full_name: Option<String>,
    pub(super) links: Option<Links>,
}

/// Where something is to be found.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Links {
    pub(super) html: Option<Link>,
    pub(super) commit: Option<Link>,
}

/// An address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Link {
    pub(super) href: Option<String>,
}

/// An account. Only the ids stay the same; old deliveries and teams have a user name.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct User {
    pub(super) account_id: Option<String>,
    pub(super) uuid: Option<String>,
    pub(super) username: Option<String>,
    pub(super) nickname: Option<String>,
    pub(super) display_name: Option<String>,
    pub(super) links: Option<Links>,
}

/// Who wrote a commit: `Ada <ada@acme.example>`, and whose e-mail address that is.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Author {
    pub(super) raw: Option<String>,
    pub(super) user: Option<User>,
}

/// A commit; in pull requests its hash is cut to twelve digits.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Commit {
    pub(super) hash: Option<String>,
    pub(super) message: Option<String>,
    pub(super) author: Option<Author>,
    pub(super) links: Option<Links>,
    #[serde(deserialize_with = "moment")]
    pub(super) date: Option<Timestamp>,
}

/// A push.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Push {
    pub(super) changes: Option<Vec<Change>>,
}

/// What a push did to one branch or tag.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Change {
    pub(super) new: Option<Reference>,
    pub(super) old: Option<Reference>,
    pub(super) commits: Option<Vec<Commit>>,
    pub(super) truncated: Option<bool>,
    pub(super) forced: Option<bool>,
    pub(super) links: Option<Links>,
}

/// A branch or tag; of an annotated tag, too, the target is the commit.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reference {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) name: Option<String>,
    pub(super) target: Option<Commit>,
    #[serde(deserialize_with = "moment")]
    pub(super) date: Option<Timestamp>,
}

/// What an update changed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Changes {
    pub(super) status: Option<Words>,
    pub(super) full_name: Option<Words>,
}

/// A text before and after.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Words {
    pub(super) old: Option<String>,
    pub(super) new: Option<String>,
}

/// A comment.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Comment {
    pub(super) user: Option<User>,
    #[serde(deserialize_with = "moment")]
    pub(super) created_on: Option<Timestamp>,
}

/// What a tool says of a commit.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CommitStatus {
    pub(super) key: Option<String>,
    pub(super) name: Option<String>,
    pub(super) state: Option<String>,
    pub(super) description: Option<String>,
    pub(super) url: Option<String>,
    pub(super) refname: Option<String>,
    pub(super) commit: Option<Commit>,
    pub(super) links: Option<Links>,
    #[serde(deserialize_with = "moment")]
    pub(super) created_on: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) updated_on: Option<Timestamp>,
}

/// A text as it was written.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Text {
    pub(super) raw: Option<String>,
}

/// An issue. Its sort was `type` in older deliveries.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Issue {
    pub(super) id: Option<u64>,
    pub(super) title: Option<String>,
    pub(super) content: Option<Text>,
    pub(super) state: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) priority: Option<String>,
    pub(super) reporter: Option<User>,
    pub(super) assignee: Option<User>,
    pub(super) links: Option<Links>,
    #[serde(deserialize_with = "moment")]
    pub(super) created_on: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) updated_on: Option<Timestamp>,
}

/// A pull request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PullRequest {
    pub(super) id: Option<u64>,
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    pub(super) state: Option<String>,
    pub(super) draft: Option<bool>,
    pub(super) author: Option<User>,
    pub(super) closed_by: Option<User>,
    pub(super) source: Option<Source>,
    pub(super) merge_commit: Option<Commit>,
    pub(super) participants: Option<Vec<Participant>>,
    pub(super) links: Option<Links>,
    #[serde(deserialize_with = "moment")]
    pub(super) created_on: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) updated_on: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) closed_on: Option<Timestamp>,
}

/// Where a pull request comes from.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Source {
    pub(super) branch: Option<Named>,
    pub(super) commit: Option<Commit>,
}

/// Whatever is only known by its name.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Named {
    pub(super) name: Option<String>,
}

/// Somebody who has a part in a pull request, and whether they approve of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Participant {
    pub(super) user: Option<User>,
    pub(super) approved: Option<bool>,
}

/// That somebody approves or asks for changes.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Verdict {
    pub(super) user: Option<User>,
    #[serde(deserialize_with = "moment")]
    pub(super) date: Option<Timestamp>,
}
