//! The fields of PagerDuty's webhooks that are read; everything else is passed over.

use serde::Deserialize;

use crate::alert::Text;

/// A delivery of either version.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Delivery {
    /// Version 3.
    pub(super) event: Option<Event>,
    /// Version 2.
    pub(super) messages: Option<Vec<Message>>,
}

/// An event of version 3.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Event {
    pub(super) id: Text,
    /// `incident.triggered`.
    pub(super) event_type: Text,
    pub(super) occurred_at: Text,
    /// Who did it: a user, a service, an integration.
    pub(super) agent: Option<Reference>,
    pub(super) data: Option<Data>,
}

/// What an event of version 3 is about: an incident or service itself, or something that belongs to an incident.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Data {
    /// The incident or service.
    #[serde(flatten)]
    pub(super) incident: Incident,
    /// The incident that a note, status update or responder belongs to.
    #[serde(rename = "incident")]
    pub(super) reference: Option<Reference>,
    content: Text,
    message: Text,
    /// How far a request to a responder has come: `pending`, `joined`, `declined`.
    pub(super) state: Text,
    /// The responder, where that is a person.
    pub(super) user: Option<Reference>,
    /// The responder, where that is a group of people who take turns.
    pub(super) escalation_policy: Option<Reference>,
}

impl Data {
    /// What somebody wrote: a note, a status update, a request to a responder.
    pub(super) fn text(&self) -> Option<&str> {
        self.content.get().or(self.message.get())
    }

    /// The name of the responder.
    pub(super) fn responder(&self) -> Option<&str> {
        [&self.user, &self.escalation_policy].into_iter().flatten().find_map(|asked| asked.summary.get())
    }
}

/// A message of version 2.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Message {
    pub(super) id: Text,
    /// `incident.trigger`.
    pub(super) event: Text,
    pub(super) created_on: Text,
    pub(super) incident: Option<Incident>,
    pub(super) log_entries: Option<Vec<LogEntry>>,
}

/// What a message of version 2 reports.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct LogEntry {
    pub(super) agent: Option<Reference>,
    pub(super) channel: Option<Channel>,
}

/// By what means something was done, and what was written there.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Channel {
    content: Text,
    details: Text,
}

impl Channel {
    /// A note, or the details of what triggered the incident, where these are a text.
    pub(super) fn text(&self) -> Option<&str> {
        self.content.get().or(self.details.get())
    }
}

/// An incident of either version; a service has the first few fields of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Incident {
    pub(super) id: Text,
    pub(super) html_url: Text,
    pub(super) summary: Text,
    pub(super) teams: Option<Vec<Reference>>,
    pub(super) title: Text,
    /// Version 3.
    pub(super) number: Text,
    /// Version 2.
    pub(super) incident_number: Text,
    /// `triggered`, `acknowledged` or `resolved`.
    pub(super) status: Text,
    pub(super) created_at: Text,
    pub(super) urgency: Text,
    pub(super) priority: Option<Reference>,
    pub(super) service: Option<Reference>,
    /// Version 3.
    pub(super) assignees: Option<Vec<Reference>>,
    /// Version 2.
    pub(super) assignments: Option<Vec<Assignment>>,
    /// Version 2: the alerts that the incident is made of.
    pub(super) alerts: Option<Vec<AlertKey>>,
}

impl From<&Reference> for Incident {
    fn from(reference: &Reference) -> Self {
        Self {
            id: reference.id.clone(),
            html_url: reference.html_url.clone(),
            title: reference.summary.clone(),
            ..Self::default()
        }
    }
}

/// A reference to anything.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reference {
    pub(super) id: Text,
    /// `user_reference`, `service_reference`.
    #[serde(rename = "type")]
    pub(super) kind: Text,
    /// The name for people.
    pub(super) summary: Text,
    pub(super) html_url: Text,
}

/// Who works on an incident, in version 2.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Assignment {
    pub(super) assignee: Option<Reference>,
}

/// An alert, by the key under which it was reported to PagerDuty.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AlertKey {
    pub(super) alert_key: Text,
}
