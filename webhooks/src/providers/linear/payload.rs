//! The members of Linear's bodies that are read; everything else is passed over.
//!
//! Members of one name mean the same in every type of data, so the data has one struct.

use serde::Deserialize;
use serde_json::{Map, Value};
use throughline_domain::time::Timestamp;

/// The most identifiers that an issue had before and that it keeps as names.
const MAX_IDENTIFIERS: usize = 20;

/// A delivery.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Body {
    /// `create`, `update`, `remove`; see [`Body::action`].
    action: Option<String>,
    /// What was changed: `Issue`, `Comment`.
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    /// Who did it.
    pub(super) actor: Option<Actor>,
    /// When it was done.
    created_at: Option<String>,
    /// When it was sent, in milliseconds since 1970.
    webhook_timestamp: Option<i64>,
    /// The page of what was changed.
    pub(super) url: Option<String>,
    /// What was changed, as it is now.
    pub(super) data: Option<Data>,
    /// The values that an update replaced, by the names of the members.
    updated_from: Option<Map<String, Value>>,
}

impl Body {
    /// What was done with it.
    pub(super) fn action(&self) -> &str {
        self.action.as_deref().unwrap_or("unnamed")
    }

    /// When it was done, by Linear's clock.
    pub(super) fn at(&self) -> Option<Timestamp> {
        moment(self.created_at.as_deref())
            .or_else(|| self.webhook_timestamp.map(Timestamp::from_millis))
            .or_else(|| moment(self.data.as_ref()?.updated_at.as_deref()))
    }

    /// Whether the update replaced this member.
    pub(super) fn replaced(&self, member: &str) -> bool {
        self.updated_from.as_ref().is_some_and(|former| former.contains_key(member))
    }

    /// The text that the update replaced.
    pub(super) fn former(&self, member: &str) -> Option<&str> {
        self.updated_from.as_ref()?.get(member)?.as_str()
    }

    /// What the one who did it is called.
    pub(super) fn actor_name(&self) -> Option<&str> {
        let user = self.data.as_ref().and_then(|data| data.user.as_ref());
        [self.actor.as_ref(), user].into_iter().flatten().find_map(Actor::called)
    }
}

/// What was changed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Data {
    pub(super) id: Option<String>,
    pub(super) identifier: Option<String>,
    pub(super) number: Option<u64>,
    pub(super) title: Option<String>,
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) body: Option<String>,
    pub(super) content: Option<String>,
    pub(super) url: Option<String>,
    pub(super) priority_label: Option<String>,
    pub(super) health: Option<String>,
    pub(super) created_at: Option<String>,
    pub(super) updated_at: Option<String>,
    pub(super) started_at: Option<String>,
    pub(super) completed_at: Option<String>,
    pub(super) canceled_at: Option<String>,
    pub(super) archived_at: Option<String>,
    /// Of an issue an object; of a project, until it had a `status`, a word.
    state: Option<Value>,
    status: Option<Value>,
    pub(super) team: Option<Team>,
    pub(super) labels: Option<Vec<Named>>,
    pub(super) assignee: Option<Actor>,
    pub(super) creator: Option<Actor>,
    pub(super) lead: Option<Actor>,
    pub(super) user: Option<Actor>,
    pub(super) project: Option<Named>,
    pub(super) project_id: Option<String>,
    pub(super) cycle: Option<Cycle>,
    pub(super) parent: Option<IssueReference>,
    pub(super) issue: Option<IssueReference>,
    previous_identifiers: Option<Vec<Value>>,
}

impl Data {
    /// The name of the state, and its type, by which all teams' states compare.
    pub(super) fn state(&self) -> (Option<&str>, Option<&str>) {
        match self.status.as_ref().or(self.state.as_ref()) {
            Some(Value::String(word)) => (Some(word), Some(word)),
            Some(Value::Object(members)) => {
                let member = |name: &str| members.get(name).and_then(Value::as_str);
                (member("name"), member("type"))
            }
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_)) | None => (None, None),
        }
    }

    /// What the issue was called in the teams that it was in before.
    pub(super) fn previous_identifiers(&self) -> impl Iterator<Item = &str> {
        self.previous_identifiers.iter().flatten().filter_map(Value::as_str).take(MAX_IDENTIFIERS)
    }

    /// The project that it belongs to, by id.
    pub(super) fn project_id(&self) -> Option<&str> {
        let named = self.project.as_ref().and_then(|project| project.id.as_deref());
        named.or(self.project_id.as_deref()).filter(|id| !id.is_empty())
    }

    /// When it ended, one way or the other.
    pub(super) fn ended_at(&self) -> Option<Timestamp> {
        moment(self.completed_at.as_deref()).or_else(|| moment(self.canceled_at.as_deref()))
    }
}

/// A person or an integration.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Actor {
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) url: Option<String>,
    /// `user`, or what sort of program it is.
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
}

impl Actor {
    /// What the person is called in a line of text.
    pub(super) fn called(&self) -> Option<&str> {
        [self.name.as_deref(), self.email.as_deref()].into_iter().flatten().find(|text| !text.trim().is_empty())
    }
}

/// A team.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Team {
    /// What its issues' identifiers begin with: `PAY`.
    pub(super) key: Option<String>,
    pub(super) name: Option<String>,
}

/// A label or a project, as an issue refers to it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Named {
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) url: Option<String>,
}

/// A cycle, as an issue refers to it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Cycle {
    pub(super) name: Option<String>,
    pub(super) number: Option<u64>,
}

/// An issue, as a comment or a sub-issue refers to it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct IssueReference {
    pub(super) identifier: Option<String>,
    pub(super) title: Option<String>,
}

/// A moment as Linear writes it.
pub(super) fn moment(text: Option<&str>) -> Option<Timestamp> {
    text.and_then(Timestamp::parse)
}
