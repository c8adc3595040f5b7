//! What a delivery tells to have happened, in the words of CDEvents: subject, predicate and moment.

use std::collections::BTreeSet;

use throughline_domain::fact::{Attribute, Event};
use throughline_domain::key::Key;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::time::Timestamp;

use super::view::View;

/// The words for the beginning of trouble.
const BEGINNINGS: &[&str] = &["created", "declared", "detected", "fired", "opened", "reported", "started", "triggered"];

/// The words for the end of trouble.
const ENDS: &[&str] = &["closed", "ended", "recovered", "resolved"];

/// The words for the end of a ticket.
const CLOSED: &[&str] =
    &["canceled", "cancelled", "closed", "completed", "declined", "done", "rejected", "resolved", "unplanned"];

/// The words for a review of a change.
const REVIEWED: &[&str] = &["approved", "changes_requested", "dismissed", "rejected", "reviewed"];

/// The words for the success of a deployment. A later message about one that has succeeded is no other deployment.
const DEPLOYED: &[&str] =
    &["completed", "deployed", "finished", "released", "rolled_back", "rolledback", "succeeded", "synced", "upgraded"];

/// The subjects of CDEvents that are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Artifact,
    Build,
    Change,
    Incident,
    PipelineRun,
    Service,
    TaskRun,
    TestSuiteRun,
    Ticket,
}

impl Kind {
    /// The word in the type of an event.
    const fn word(self) -> &'static str {
        match self {
            Self::Artifact => "artifact",
            Self::Build => "build",
            Self::Change => "change",
            Self::Incident => "incident",
            Self::PipelineRun => "pipelinerun",
            Self::Service => "service",
            Self::TaskRun => "taskrun",
            Self::TestSuiteRun => "testsuiterun",
            Self::Ticket => "ticket",
        }
    }
}

/// One thing that happened.
#[derive(Clone, Copy, Debug)]
pub(super) struct Happening<'f> {
    /// The node that it happened to.
    pub(super) node: &'f Key,
    /// What that is to CDEvents.
    pub(super) kind: Kind,
    /// What happened: `finished`.
    pub(super) predicate: &'static str,
    /// When, by the tool's clock.
    pub(super) at: Timestamp,
    /// Who did it.
    pub(super) actor: Option<&'f str>,
}

impl Happening<'_> {
    /// `dev.cdevents.change.merged.0.3.0`: each type has a version of its own.
    pub(super) fn event_type(&self) -> String {
        let version = match (self.kind, self.predicate) {
            (Kind::Change, "created") => "0.4.0",
            (Kind::Ticket, _) => "0.2.0",
            _ => "0.3.0",
        };
        format!("dev.cdevents.{}.{}.{version}", self.kind.word(), self.predicate)
    }
}

/// Everything that happened, node by node in the order of the delivery.
pub(super) fn all<'f>(view: &View<'f>) -> Vec<Happening<'f>> {
    let mut found = Vec::new();
    for node in view.keys().iter().copied() {
        match node.kind() {
            NodeKind::Change => by_events(view, node, Kind::Change, change, &mut found),
            NodeKind::Ticket => by_events(view, node, Kind::Ticket, ticket, &mut found),
            NodeKind::Artifact => by_events(view, node, Kind::Artifact, artifact, &mut found),
            // CDEvents knows one word for trouble, whether a monitor or a person has seen it.
            NodeKind::Alert | NodeKind::Incident => by_events(view, node, Kind::Incident, incident, &mut found),
            NodeKind::PipelineRun => found.extend(run(view, node, Kind::PipelineRun)),
            NodeKind::Job => found.extend(run(view, node, Kind::TaskRun)),
            NodeKind::Build => found.extend(run(view, node, Kind::Build)),
            NodeKind::TestRun => found.extend(run(view, node, Kind::TestSuiteRun)),
            NodeKind::Deployment => found.extend(deployment(view, node)),
            NodeKind::Document
            | NodeKind::Commit
            | NodeKind::Tag
            | NodeKind::Branch
            | NodeKind::Scan
            | NodeKind::Release
            | NodeKind::Environment
            | NodeKind::Service
            | NodeKind::ConfigChange
            | NodeKind::AlertRule
            | NodeKind::Dashboard
            | NodeKind::Person
            | NodeKind::Team
            | NodeKind::Repository
            | NodeKind::Component => {}
        }
    }
    // A clock that is off by millennia gives times that nobody can write.
    found.retain(|happening| Timestamp::parse(&happening.at.to_string()).is_some());
    found
}

/// What the events of a node come to; the same of one moment counts once.
fn by_events<'f>(
    view: &View<'f>,
    node: &'f Key,
    kind: Kind,
    predicate: fn(&str, Option<Outcome>) -> Option<&'static str>,
    found: &mut Vec<Happening<'f>>,
) {
    let outcome = view.outcome(node);
    let mut told = BTreeSet::new();
    for event in view.events(node).iter().copied() {
        if let Some(predicate) = predicate(&event.what, outcome)
            && told.insert((predicate, event.at))
        {
            found.push(Happening { node, kind, predicate, at: event.at, actor: actor(event) });
        }
    }
}

fn change(what: &str, outcome: Option<Outcome>) -> Option<&'static str> {
    match what {
        "opened" | "created" => Some("created"),
        "merged" => Some("merged"),
        // Some tools tell of a merge that the change was merged, and that it was closed.
        "closed" if outcome == Some(Outcome::Success) => None,
        "abandoned" | "closed" | "declined" => Some("abandoned"),
        word if REVIEWED.contains(&word) => Some("reviewed"),
        word => updated(word),
    }
}

fn ticket(what: &str, outcome: Option<Outcome>) -> Option<&'static str> {
    let has_ended = match outcome {
        Some(Outcome::Success | Outcome::Failure | Outcome::Abandoned) => true,
        Some(Outcome::Pending | Outcome::Running) | None => false,
    };
    match what {
        "opened" | "created" | "reported" => Some("created"),
        // A tracker with states of its own says where the ticket went, and its state whether that is an end.
        "moved" if has_ended => Some("closed"),
        word if CLOSED.contains(&word) => Some("closed"),
        word => updated(word),
    }
}

/// A comment is no news of the thing that is commented.
fn updated(what: &str) -> Option<&'static str> {
    if what.contains("comment") { None } else { Some("updated") }
}

fn artifact(what: &str, _: Option<Outcome>) -> Option<&'static str> {
    match what {
        "published" | "pushed" | "uploaded" => Some("published"),
        "packaged" => Some("packaged"),
        _ => None,
    }
}

fn incident(what: &str, _: Option<Outcome>) -> Option<&'static str> {
    match what {
        word if BEGINNINGS.contains(&word) => Some("detected"),
        word if ENDS.contains(&word) => Some("resolved"),
        _ => None,
    }
}

/// How far something that runs to its end has come.
fn run<'f>(view: &View<'f>, node: &'f Key, kind: Kind) -> Option<Happening<'f>> {
    let (predicate, moment) = match view.outcome(node)? {
        // The vocabulary has no task run that waits.
        Outcome::Pending if kind == Kind::TaskRun => return None,
        Outcome::Pending => ("queued", None),
        Outcome::Running => ("started", Some(Attribute::StartedAt)),
        Outcome::Success | Outcome::Failure | Outcome::Abandoned => ("finished", Some(Attribute::FinishedAt)),
    };
    let at = moment.and_then(|moment| view.moment(node, moment)).or_else(|| view.told(node))?;
    let actor = view.events(node).iter().copied().find_map(actor);
    Some(Happening { node, kind, predicate, at, actor })
}

/// A deployment that has succeeded: to CDEvents something that happened to a service.
fn deployment<'f>(view: &View<'f>, node: &'f Key) -> Option<Happening<'f>> {
    let events = view.events(node);
    let succeeded = events.iter().copied().find(|event| DEPLOYED.contains(&event.what.as_str()));
    if view.outcome(node)? != Outcome::Success || (succeeded.is_none() && !events.is_empty()) {
        return None;
    }
    let is = |word: &str| events.iter().any(|event| event.what == word);
    let is_rollback = view.said(node, Attribute::Category) == Some("rollback") || is("rolled_back") || is("rolledback");
    let predicate = match (is_rollback, is("upgraded")) {
        (true, _) => "rolledback",
        (false, true) => "upgraded",
        (false, false) => "deployed",
    };
    let moments = [Attribute::FinishedAt, Attribute::OccurredAt].into_iter();
    let said = moments.filter_map(|moment| view.moment(node, moment)).next();
    let at = said.or_else(|| succeeded.map(|event| event.at)).or_else(|| view.told(node))?;
    let actor = succeeded.and_then(actor);
    Some(Happening { node, kind: Kind::Service, predicate, at, actor })
}

fn actor(event: &Event) -> Option<&str> {
    event.actor.as_deref().filter(|actor| !actor.trim().is_empty())
}
