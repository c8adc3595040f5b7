//! One alert of a notification: the node of this firing, what happened to it, and what stands around it.

use throughline_domain::fact::{Attribute, NodeFact};
use throughline_domain::key::{Key, of_tool};
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::time::Timestamp;

use super::notification::{Alert, Sender};
use super::{Around, Said, fingerprint};
use crate::draft::Draft;
use crate::provider::ParseError;

/// One firing of an alert.
#[derive(Debug)]
pub(super) struct Firing<'a> {
    /// The node.
    pub(super) key: Key,
    alert: &'a Alert,
    fingerprint: String,
    status: &'a str,
    started: Option<Timestamp>,
    ended: Option<Timestamp>,
}

impl<'a> Firing<'a> {
    /// `group_status` stands in where the alert has none of its own.
    pub(super) fn new(sender: Sender, host: &str, group_status: &'a str, alert: &'a Alert) -> Result<Self, ParseError> {
        let fingerprint = fingerprint::of(alert).ok_or_else(|| ParseError::Body {
            expected: sender.expected,
            cause: "an alert has neither a fingerprint nor labels".to_owned(),
        })?;
        let started = alert.starts_at.time();
        let resource = match started {
            Some(started) => format!("{fingerprint}/{}", started.seconds()),
            None => fingerprint.clone(),
        };
        let status = alert.status.get().unwrap_or(group_status);
        let ended = alert.ends_at.time().filter(|_| status == "resolved");
        let key = of_tool(NodeKind::Alert, sender.provider, host, &resource)?;
        Ok(Self { key, alert, fingerprint, status, started, ended })
    }

    /// States the firing. What stands around it is true of the whole firing, and so dated by its start.
    pub(super) fn state(&self, draft: &mut Draft) {
        draft.state_once(self.node());
        draft.at = self.started;
        let happened = match self.status {
            "firing" => self.started.map(|at| ("fired", at)),
            "resolved" => self.ended.map(|at| ("resolved", at)),
            _ => None,
        };
        if let Some((what, at)) = happened {
            // Without the annotation: its values change from one repetition to the next, and the firing is one event.
            draft.event(&self.key, Some(at), what, None, &format!("{} {what}", self.name()));
        }
        let mut around = Around::labelled(&self.alert.labels).annotated(&self.alert.annotations, "annotation");
        let dashboard = Said::asserted(self.alert.dashboard_url.get(), "the alert's dashboardURL");
        let panel = || Said::asserted(self.alert.panel_url.get(), "the alert's panelURL");
        around.dashboard = around.dashboard.or(dashboard).or_else(panel);
        around.state(draft, &self.key);
    }

    fn node(&self) -> NodeFact {
        let alert = self.alert;
        let fact = NodeFact::new(self.key.clone(), self.ended.or(self.started))
            .with(Attribute::Title, alert.annotations.value(&["summary"]).unwrap_or(self.name()))
            .with(Attribute::Reference, self.name())
            .page(alert.generator_url.get())
            .with(Attribute::State, self.status)
            .moment(Attribute::OccurredAt, self.started)
            .moment(Attribute::StartedAt, self.started)
            .moment(Attribute::FinishedAt, self.ended)
            .with_some(Attribute::Description, alert.annotations.value(&["description", "message"]))
            .with_some(Attribute::Severity, alert.labels.value(&["severity"]))
            .with(Attribute::Labels, alert.labels.written())
            .named(Name::fingerprint(&self.fingerprint));
        match self.status {
            "firing" => fact.outcome(Outcome::Running),
            "resolved" => fact.outcome(Outcome::Success),
            _ => fact,
        }
    }

    /// The rule's name, or else the fingerprint.
    fn name(&self) -> &str {
        self.alert.labels.value(&["alertname"]).unwrap_or(&self.fingerprint)
    }
}
