//! The fields of Sentry's bodies that are read; everything else is passed over.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::alert::{Labels, Text};

/// What an integration is sent.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Hook {
    /// What happened to the resource: `created`, `resolved`.
    pub(super) action: Text,
    pub(super) data: Data,
    actor: Option<Actor>,
}

impl Hook {
    /// The person who did it; `None` where Sentry did.
    pub(super) fn person(&self) -> Option<&str> {
        let actor = self.actor.as_ref().filter(|actor| actor.kind.get() == Some("user"));
        actor.and_then(|actor| actor.name.get())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Actor {
    #[serde(rename = "type")]
    kind: Text,
    name: Text,
}

/// The resource, of whichever kind, and what is said beside it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Data {
    pub(super) issue: Option<Issue>,
    /// Of an issue alert.
    pub(super) event: Option<Event>,
    pub(super) error: Option<Event>,
    pub(super) metric_alert: Option<MetricAlert>,
    pub(super) installation: Option<IgnoredAny>,
    /// Of an issue alert: the rule's name.
    pub(super) triggered_rule: Text,
    /// Of a metric alert.
    pub(super) description_text: Text,
    /// Of a metric alert: its page.
    pub(super) web_url: Text,
    /// The text of a comment.
    pub(super) comment: Text,
    pub(super) comment_id: Text,
    /// Of a comment.
    pub(super) issue_id: Text,
    /// Of a comment.
    pub(super) timestamp: Text,
}

/// An issue: all errors that Sentry takes for one.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Issue {
    pub(super) id: Text,
    /// `CHECKOUT-1A`.
    pub(super) short_id: Text,
    pub(super) title: Text,
    pub(super) culprit: Text,
    pub(super) level: Text,
    /// `unresolved`, `resolved` or `ignored`.
    pub(super) status: Text,
    /// `regressed`, `escalating`, `new` and others.
    pub(super) substatus: Text,
    pub(super) first_seen: Text,
    pub(super) last_seen: Text,
    pub(super) permalink: Text,
    #[serde(rename = "web_url")]
    pub(super) web_url: Text,
    /// The address in the API.
    pub(super) url: Text,
    pub(super) assigned_to: Option<Assignee>,
    pub(super) project: Option<Project>,
    pub(super) first_release: Option<Release>,
}

/// A person or team.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Assignee {
    pub(super) name: Text,
    pub(super) email: Text,
}

/// A project.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Project {
    pub(super) slug: Text,
}

/// A release.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Release {
    pub(super) version: Text,
    pub(super) last_commit: Option<Commit>,
}

/// A commit of a release.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Commit {
    pub(super) id: Text,
    pub(super) repository: Option<Repository>,
}

/// The repository of a commit.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Repository {
    pub(super) url: Text,
}

/// One error.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Event {
    pub(super) title: Text,
    pub(super) message: Text,
    pub(super) culprit: Text,
    pub(super) level: Text,
    pub(super) release: Text,
    pub(super) environment: Text,
    pub(super) tags: Labels,
    /// When it happened.
    pub(super) datetime: Text,
    pub(super) timestamp: Text,
    pub(super) received: Text,
    pub(super) issue_id: Text,
    /// The addresses in the API.
    pub(super) issue_url: Text,
    pub(super) url: Text,
    /// The event's page.
    pub(super) web_url: Text,
}

/// One firing of a metric alert.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MetricAlert {
    pub(super) id: Text,
    /// The number that people see.
    pub(super) identifier: Text,
    pub(super) title: Text,
    pub(super) date_started: Text,
    pub(super) date_detected: Text,
    pub(super) date_closed: Text,
    pub(super) projects: Option<Vec<Text>>,
    pub(super) alert_rule: Option<AlertRule>,
}

/// The rule of a metric alert.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AlertRule {
    pub(super) name: Text,
    pub(super) environment: Text,
}

/// What the WebHooks plugin sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Plugin {
    /// The issue's id.
    pub(super) id: Text,
    pub(super) project: Text,
    pub(super) project_slug: Text,
    pub(super) level: Text,
    pub(super) culprit: Text,
    pub(super) message: Text,
    /// The issue's page.
    pub(super) url: Text,
    pub(super) triggering_rules: Option<Vec<Text>>,
    pub(super) event: Event,
}
