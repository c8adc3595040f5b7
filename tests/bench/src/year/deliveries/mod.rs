//! What the tools of the company say of the year, as webhooks in the shapes that they document.
//!
//! A delivery is only a reference into the history; its body is written when it is sent, because all bodies of a year
//! do not fit into memory.

use serde_json::Value;
use throughline_domain::time::Timestamp;

use super::chance::fingerprint;
use super::history::{Alert, Build, Change, Deployment, Environment, History, Push, Run, Setting, SettingSort, Ticket};
use super::table::Id;

mod github;
mod github_changes;
mod github_deployments;
mod github_runs;
mod jira;
mod observing;
mod settings;

pub use observing::fingerprint_of;

/// The tools, by the names of their providers, which are the names of their sources, too.
pub const SOURCES: [&str; 6] = ["github", "jira", "alertmanager", "pagerduty", "launchdarkly", "terraform"];

/// After how many seconds Alertmanager tells again of an alert that still fires.
const REPEAT_SECONDS: i64 = 4 * 3_600;

/// How far a ticket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TicketState {
    /// Opened.
    Opened,
    /// Begun.
    Begun,
    /// Done.
    Done,
}

/// What happened to a pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChangeEvent {
    /// It was opened.
    Opened,
    /// Its so-manyth head was pushed.
    Synchronized(usize),
    /// The so-manyth review.
    Reviewed(usize),
    /// It was merged.
    Merged,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RunState {
    /// It was asked for.
    Requested,
    /// It has ended.
    Completed,
}

/// How far a deployment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeploymentState {
    /// It was asked for.
    Created,
    /// It waits.
    Queued,
    /// It is under way.
    InProgress,
    /// It has ended.
    Ended,
}

/// What happened to a run of Terraform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SettingState {
    /// It was asked for.
    Created,
    /// It is under way.
    Applying,
    /// It has taken effect.
    Done,
}

/// What happened to an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IncidentState {
    /// It was opened.
    Triggered,
    /// Somebody looks at it.
    Acknowledged,
    /// It is over.
    Resolved,
}

/// What a delivery tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// Jira, of a ticket.
    Ticket(Id<Ticket>, TicketState),
    /// GitHub, of a push.
    Push(Id<Push>),
    /// GitHub, of a pull request.
    Change(Id<Change>, ChangeEvent),
    /// GitHub, of a workflow run.
    Run(Id<Run>, RunState),
    /// GitHub, of an image.
    Build(Id<Build>),
    /// GitHub, of a deployment.
    Deployment(Id<Deployment>, DeploymentState),
    /// LaunchDarkly or Terraform, of a setting.
    Setting(Id<Setting>, SettingState),
    /// Alertmanager, for the so-manyth time, of an alert that fires.
    Firing(Id<Alert>, i64),
    /// Alertmanager, of an alert that has stopped.
    Resolved(Id<Alert>),
    /// PagerDuty, of the incident that was made of an alert.
    Incident(Id<Alert>, IncidentState),
}

/// A delivery.
#[derive(Clone, Copy, Debug)]
pub struct Delivery {
    /// When its tool sends it.
    pub at: Timestamp,
    /// What it tells.
    pub what: What,
}

/// A delivery as it goes over the wire, but for its signature.
pub struct Written {
    /// The source.
    pub source: &'static str,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Everything that the tools say of a year, in order of time.
pub fn all(history: &History) -> Vec<Delivery> {
    let mut all = Vec::new();
    let mut add = |at: Timestamp, what: What| all.push(Delivery { at, what });
    for (id, ticket) in history.tickets.iter() {
        add(ticket.opened, What::Ticket(id, TicketState::Opened));
        add(ticket.begun, What::Ticket(id, TicketState::Begun));
        add(ticket.done, What::Ticket(id, TicketState::Done));
    }
    for (id, push) in history.pushes.iter() {
        add(push.at, What::Push(id));
    }
    for (id, change) in history.changes.iter() {
        add(change.opened, What::Change(id, ChangeEvent::Opened));
        for (place, (at, _)) in change.heads.iter().enumerate().skip(1) {
            add(*at, What::Change(id, ChangeEvent::Synchronized(place)));
        }
        for (place, review) in change.reviews.iter().enumerate() {
            add(review.at, What::Change(id, ChangeEvent::Reviewed(place)));
        }
        add(history.landings.at(change.landing).at, What::Change(id, ChangeEvent::Merged));
    }
    for (id, run) in history.runs.iter() {
        add(run.started, What::Run(id, RunState::Requested));
        add(run.ended, What::Run(id, RunState::Completed));
    }
    for (id, build) in history.builds.iter() {
        add(build.at, What::Build(id));
    }
    for (id, deployment) in history.deployments.iter() {
        add(deployment.requested, What::Deployment(id, DeploymentState::Created));
        if deployment.environment == Environment::Production {
            add(deployment.requested, What::Deployment(id, DeploymentState::Queued));
        }
        add(deployment.started, What::Deployment(id, DeploymentState::InProgress));
        add(deployment.ended, What::Deployment(id, DeploymentState::Ended));
    }
    for (id, setting) in history.settings.iter() {
        if setting.sort == SettingSort::Infrastructure {
            add(setting.at.plus_seconds(-settings::QUEUED_SECONDS), What::Setting(id, SettingState::Created));
            add(setting.at.plus_seconds(-settings::APPLYING_SECONDS), What::Setting(id, SettingState::Applying));
        }
        add(setting.at, What::Setting(id, SettingState::Done));
    }
    for (id, alert) in history.alerts.iter() {
        let ends = observing::end(alert);
        let repeats = (ends.seconds() - alert.starts.seconds()) / REPEAT_SECONDS;
        for time in 0..=repeats {
            add(alert.starts.plus_seconds(30 + time * REPEAT_SECONDS), What::Firing(id, time));
        }
        add(ends.plus_seconds(60), What::Resolved(id));
        if alert.incident.is_some() {
            for state in [IncidentState::Triggered, IncidentState::Acknowledged, IncidentState::Resolved] {
                add(observing::incident_at(alert, state), What::Incident(id, state));
            }
        }
    }
    all.sort_by_key(|delivery| delivery.at);
    all
}

/// Writes a delivery.
pub fn write(history: &History, what: What) -> Written {
    match what {
        What::Ticket(ticket, state) => jira::ticket(history, ticket, state),
        What::Push(push) => github_changes::push(history, push),
        What::Change(change, event) => github_changes::change(history, change, event),
        What::Run(run, state) => github_runs::run(history, run, state),
        What::Build(build) => github_runs::image(history, build),
        What::Deployment(deployment, state) => github_deployments::deployment(history, deployment, state),
        What::Setting(setting, state) => settings::setting(history, setting, state),
        What::Firing(alert, _) => observing::firing(history, alert),
        What::Resolved(alert) => observing::resolved(history, alert),
        What::Incident(alert, state) => observing::incident(history, alert, state),
    }
}

impl Written {
    fn new(source: &'static str, headers: &[(&str, &str)], body: &Value) -> Self {
        let common = [("content-type", "application/json")];
        let headers =
            common.iter().chain(headers).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { source, headers, body: body.to_string().into_bytes() }
    }
}

/// An id in the form of a random UUID, the same for the same delivery.
fn uuid(name: &str) -> String {
    let digits =
        format!("{:016x}{:016x}", fingerprint(name.as_bytes()), fingerprint(format!("again {name}").as_bytes()));
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    format!("{}-{}-4{}-a{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

/// Digits drawn from a name, the same on every run.
fn number(name: &str, first: u64, count: u64) -> u64 {
    first + fingerprint(name.as_bytes()) % count
}

#[cfg(test)]
mod tests {
    use throughline_webhooks::provider::{Content, Request};
    use throughline_webhooks::providers;

    use super::{SOURCES, all, write};
    use crate::year::history::{History, Period};

    #[test]
    fn every_delivery_is_read_by_its_provider() {
        let history = History::of(11, 14, Period::of_days(30));
        let mut seen = std::collections::BTreeSet::new();
        for delivery in all(&history) {
            let written = write(&history, delivery.what);
            let provider = providers::find(written.source).unwrap();
            let request = Request { headers: &written.headers, body: &written.body };
            let parsed = (provider.parse)(&request).unwrap_or_else(|error| panic!("{error}: {delivery:?}"));
            assert!(matches!(parsed.content, Content::Facts(_)), "{delivery:?}");
            let id = (provider.delivery_id)(&request);
            assert!(id.is_none_or(|id| seen.insert((written.source, id))), "{delivery:?}");
        }
        assert!(SOURCES.iter().all(|source| providers::find(source).is_some()));
    }
}
