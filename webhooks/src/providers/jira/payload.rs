//! The fields of Jira's bodies that are read; everything else is passed over.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::members::text;

/// As much of any body as tells its event.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// The event's name; an automation rule sends none.
    pub webhook_event: Option<String>,
    /// Whether there is an issue.
    pub issue: Option<IgnoredAny>,
    /// Whether the body is an issue.
    pub fields: Option<IgnoredAny>,
}

/// The body of an event that is read.
#[derive(Debug, Deserialize)]
pub struct Body {
    /// What kind of update an `issue_updated` is; Jira Data Center tells comments by it.
    #[serde(rename = "issue_event_type_name")]
    pub issue_event: Option<String>,
    /// When the event was sent, in milliseconds since 1970.
    #[serde(default, deserialize_with = "text")]
    pub timestamp: Option<String>,
    /// Who did it; comment events of Jira Cloud lack it.
    pub user: Option<User>,
    /// The issue as it is now.
    pub issue: Option<Issue>,
    /// What was changed.
    pub changelog: Option<Changelog>,
    /// The comment that the event is about.
    pub comment: Option<Comment>,
    /// The version that the event is about.
    pub version: Option<Version>,
    /// The version that took over the tickets of a deleted one.
    #[serde(rename = "mergedTo")]
    pub merged_to: Option<Version>,
    /// The project that the event is about.
    pub project: Option<Project>,
    /// Set where the body is an issue: its address in the REST interface.
    #[serde(rename = "self")]
    pub address: Option<String>,
    /// Set where the body is an issue: its key.
    pub key: Option<String>,
    /// Set where the body is an issue: its fields.
    pub fields: Option<Fields>,
}

impl Body {
    /// Makes a body that is itself an issue look like one that holds it.
    pub fn adopt_bare_issue(&mut self) {
        if self.issue.is_none() && self.fields.is_some() {
            self.issue = Some(Issue { address: self.address.take(), key: self.key.take(), fields: self.fields.take() });
        }
    }
}

/// A person.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The address in the REST interface.
    #[serde(rename = "self")]
    pub address: Option<String>,
    /// The id in Jira Cloud.
    pub account_id: Option<String>,
    /// The login in Jira Data Center.
    pub name: Option<String>,
    /// The older id in Jira Data Center.
    pub key: Option<String>,
    /// The name for people.
    pub display_name: Option<String>,
    /// The e-mail address; hidden by many.
    pub email_address: Option<String>,
}

/// An issue, or as much of one as a reference to it carries.
#[derive(Debug, Deserialize)]
pub struct Issue {
    /// The address in the REST interface; the only place that names the site.
    #[serde(rename = "self")]
    pub address: Option<String>,
    /// The key: `PAY-12`.
    pub key: Option<String>,
    /// What it holds.
    pub fields: Option<Fields>,
}

/// The fields of an issue.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fields {
    /// The title.
    pub summary: Option<String>,
    /// A text, or a document in Atlassian Document Format.
    pub description: Option<Value>,
    /// Where it stands in its workflow.
    pub status: Option<Status>,
    /// What sort of issue it is.
    pub issuetype: Option<Named>,
    /// How urgent.
    pub priority: Option<Named>,
    /// How it was resolved.
    pub resolution: Option<Named>,
    /// Who works on it.
    pub assignee: Option<User>,
    /// Who asked for it.
    pub reporter: Option<User>,
    /// Who typed it in.
    pub creator: Option<User>,
    /// Texts.
    pub labels: Option<Vec<Value>>,
    /// The releases it is meant for.
    pub fix_versions: Option<Vec<Version>>,
    /// The issue above it.
    pub parent: Option<Box<Issue>>,
    /// The epic above it, where the agile fields are sent.
    pub epic: Option<Value>,
    /// The custom field that Jira Cloud makes for the epic's key.
    #[serde(rename = "customfield_10014")]
    pub epic_link: Option<Value>,
    /// When it was made.
    pub created: Option<String>,
    /// When it was last changed.
    pub updated: Option<String>,
    /// When it was resolved.
    pub resolutiondate: Option<String>,
}

/// A workflow status.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Its name.
    pub name: Option<String>,
    /// What it counts as.
    pub status_category: Option<StatusCategory>,
}

/// One of Jira's three sorts of statuses.
#[derive(Debug, Deserialize)]
pub struct StatusCategory {
    /// `new`, `indeterminate` or `done`; `undefined` where nobody chose.
    pub key: Option<String>,
}

/// Anything of which only the name is read.
#[derive(Debug, Deserialize)]
pub struct Named {
    /// Its name.
    pub name: Option<String>,
}

/// A version of a project.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Version {
    /// The address in the REST interface.
    #[serde(rename = "self")]
    pub address: Option<String>,
    /// The id, one in the whole site.
    #[serde(default, deserialize_with = "text")]
    pub id: Option<String>,
    /// The name, one in its project.
    pub name: Option<String>,
    /// A few sentences.
    pub description: Option<String>,
    /// Whether it is put away.
    pub archived: Option<bool>,
    /// Whether it is given out.
    pub released: Option<bool>,
    /// The day on which work begins: `2026-03-02`.
    pub start_date: Option<String>,
    /// The day on which it is, or is to be, given out.
    pub release_date: Option<String>,
}

/// A project.
#[derive(Debug, Deserialize)]
pub struct Project {
    /// The address in the REST interface.
    #[serde(rename = "self")]
    pub address: Option<String>,
    /// What its issues' keys begin with: `PAY`.
    pub key: Option<String>,
}

/// A comment.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Comment {
    /// The address in the REST interface.
    #[serde(rename = "self")]
    pub address: Option<String>,
    /// Who wrote it.
    pub author: Option<User>,
    /// Who changed it last.
    pub update_author: Option<User>,
    /// A text, or a document in Atlassian Document Format.
    pub body: Option<Value>,
    /// When it was written.
    pub created: Option<String>,
    /// When it was last changed.
    pub updated: Option<String>,
    /// Set where only a role or group may read it.
    pub visibility: Option<IgnoredAny>,
    /// False where the customers of a service desk may not read it.
    pub jsd_public: Option<bool>,
}

/// What one update changed.
#[derive(Debug, Deserialize)]
pub struct Changelog {
    /// One for each field.
    pub items: Option<Vec<Change>>,
}

/// The change of one field.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The field's name: `status`, `Fix Version`.
    pub field: Option<String>,
    /// The field's id, in Jira Cloud: `status`, `fixVersions`.
    pub field_id: Option<String>,
    /// `jira` or `custom`.
    pub fieldtype: Option<String>,
    /// The words that stood there before.
    pub from_string: Option<String>,
    /// The words that stand there now.
    #[serde(rename = "toString")]
    pub to_text: Option<String>,
}
