//! A deployment or a runbook run: what it brings, where, and how far it is.

use throughline_domain::fact::{Attribute, Field, NodeFact};
use throughline_domain::key::{self, Key, KeyError};
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};

use super::message::{Document, document};
use super::payload::{Event, Payload};
use crate::draft::{Draft, Person};
use crate::members::{self, filled, time};

/// The server itself, in whose name tasks run.
const SYSTEM: &[&str] = &["system", "users-system"];

/// What an event is about, by the words that its category begins with: the node's kind and its document.
const SUBJECTS: &[(&str, NodeKind, &str, &str)] = &[
    ("Deployment", NodeKind::Deployment, "Deployments", "deployments"),
    ("RunbookRun", NodeKind::ConfigChange, "RunbookRuns", "runbooks/runs"),
];

/// One run as one event tells of it.
struct Run<'a> {
    payload: &'a Payload,
    event: &'a Event,
    host: &'a str,
    key: Key,
    page: Option<String>,
    outcome: Outcome,
    project: Option<String>,
    release: Option<Document>,
    runbook: Option<String>,
    environment: Option<String>,
}

/// States the run that an event tells of; nothing where it tells of none.
///
/// # Errors
/// [`KeyError`] where an id or name is too long.
pub(super) fn state(draft: &mut Draft, payload: &Payload, event: &Event) -> Result<(), KeyError> {
    let host = members::host(payload.server_uri.as_deref());
    let Some(run) = Run::of(payload, event, &host)? else { return Ok(()) };
    draft.at = time(event.occurred.as_deref());
    run.state(draft);
    run.link(draft)?;
    let who = filled(event.username.as_deref());
    if let Some(what) = run.what() {
        let message = filled(event.message.as_deref()).map_or_else(|| run.title(), str::to_owned);
        draft.event(&run.key, None, what, who, &message);
    }
    draft.mention(&run.key, Field::Body, filled(event.comments.as_deref()), None);
    Ok(())
}

impl<'a> Run<'a> {
    fn of(payload: &'a Payload, event: &'a Event, host: &'a str) -> Result<Option<Self>, KeyError> {
        let category = filled(event.category.as_deref()).unwrap_or_default();
        let found = SUBJECTS.iter().find_map(|subject| Some((subject, outcome(category.strip_prefix(subject.0)?)?)));
        let Some(((_, kind, sort, page), outcome)) = found else { return Ok(None) };
        let Some(run) = document(event, sort) else { return Ok(None) };
        let name = |sort: &str| document(event, sort).and_then(|document| document.name);
        Ok(Some(Self {
            payload,
            event,
            host,
            key: key::of_tool(*kind, "octopus", host, &run.id)?,
            page: address(payload, page, &run.id),
            outcome,
            project: name("Projects"),
            release: document(event, "Releases"),
            runbook: name("Runbooks"),
            environment: name("Environments"),
        }))
    }

    fn state(&self, draft: &mut Draft) {
        let at = draft.at;
        let ended = matches!(self.outcome, Outcome::Success | Outcome::Failure | Outcome::Abandoned);
        let version = self.release.as_ref().and_then(|release| release.name.as_deref());
        // What the message does not name, another event's may.
        let is_named = self.project.is_some();
        if !is_named {
            draft.state(NodeFact::new(self.key.clone(), None).with(Attribute::Title, self.title()));
        }
        // Octopus's pages differ only behind the '#', which no name keeps: this one is for people alone.
        let fact = draft
            .fact(&self.key)
            .with_some(Attribute::Title, is_named.then(|| self.title()))
            .with(Attribute::Reference, self.key.parts().resource)
            .with_some(Attribute::Url, self.page.as_deref())
            .with_some(Attribute::Category, self.is_runbook().then_some("runbook"))
            .with_some(Attribute::Version, version)
            .moment(Attribute::StartedAt, at.filter(|_| self.outcome == Outcome::Running))
            .moment(Attribute::FinishedAt, at.filter(|_| ended))
            .moment(Attribute::OccurredAt, at.filter(|_| ended || self.outcome == Outcome::Running));
        draft.state_with_outcome(fact, filled(self.event.category.as_deref()), Some(self.outcome));
    }

    fn link(&self, draft: &mut Draft) -> Result<(), KeyError> {
        if let Some(release) = self.state_release(draft)? {
            draft.link(&self.key, LinkKind::Deploys, &release, "the event is about this release");
        }
        if let Some(node) = draft.named(NodeKind::Environment, self.environment.as_deref()) {
            draft.link(&self.key, LinkKind::DeployedTo, &node, "the event is about this environment");
        }
        if let Some(node) = draft.named(NodeKind::Service, self.project.as_deref()) {
            let reason = "the project's name, which is often the service's";
            draft.link_as(LinkClass::Guessed, &self.key, LinkKind::Of, &node, reason);
        }
        let login = filled(self.event.username.as_deref()).filter(|login| !is_system(login));
        // Whoever cancels a run has not set it off.
        let login = login.filter(|_| self.outcome != Outcome::Abandoned);
        let login = login.filter(|_| !filled(self.event.user_id.as_deref()).is_some_and(is_system));
        let person = Person { provider: "octopus", host: self.host, login, ..Person::default() };
        draft.person(&self.key, LinkKind::TriggeredBy, &person, "the event names who did it")
    }

    fn state_release(&self, draft: &mut Draft) -> Result<Option<Key>, KeyError> {
        let Some(release) = &self.release else { return Ok(None) };
        let key = key::of_tool(NodeKind::Release, "octopus", self.host, &release.id)?;
        let parts = [self.project.as_deref(), release.name.as_deref()];
        let title = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        // A release without a name is called by its id until another event names it.
        let fact = if title.is_empty() { NodeFact::new(key.clone(), None) } else { draft.fact(&key) };
        let mut fact = fact
            .with(Attribute::Title, title.as_str())
            .with(Attribute::Reference, if title.is_empty() { release.id.as_str() } else { title.as_str() })
            .with_some(Attribute::Url, address(self.payload, "releases", &release.id))
            .with_some(Attribute::Version, release.name.as_deref());
        if !title.is_empty() {
            fact = fact.named(Name::plain(&title));
        }
        draft.state_once(fact);
        Ok(Some(key))
    }

    /// `Checkout 1.4.0 to Production`, or `Rotate keys of Checkout in Production` for a runbook.
    fn title(&self) -> String {
        let project = self.project.as_deref().unwrap_or("A project");
        let environment = self.environment.as_deref();
        if self.is_runbook() {
            let runbook = self.runbook.as_deref().unwrap_or("Runbook");
            let place = environment.map(|environment| format!(" in {environment}")).unwrap_or_default();
            return format!("{runbook} of {project}{place}");
        }
        let version = self.release.as_ref().and_then(|release| release.name.as_deref());
        let version = version.map(|version| format!(" {version}")).unwrap_or_default();
        let place = environment.map(|environment| format!(" to {environment}")).unwrap_or_default();
        format!("{project}{version}{place}")
    }

    fn is_runbook(&self) -> bool {
        self.key.kind() == NodeKind::ConfigChange
    }

    fn what(&self) -> Option<&'static str> {
        match self.outcome {
            Outcome::Pending => Some("queued"),
            Outcome::Running => Some("started"),
            Outcome::Success if self.is_runbook() => Some("succeeded"),
            Outcome::Success => Some("deployed"),
            Outcome::Failure => Some("failed"),
            Outcome::Abandoned => Some("canceled"),
        }
    }
}

fn is_system(name: &str) -> bool {
    SYSTEM.iter().any(|system| system.eq_ignore_ascii_case(name))
}

fn outcome(word: &str) -> Option<Outcome> {
    match word {
        "Queued" => Some(Outcome::Pending),
        "Started" | "Resumed" => Some(Outcome::Running),
        "Succeeded" => Some(Outcome::Success),
        "Failed" => Some(Outcome::Failure),
        "Canceled" | "Cancelled" => Some(Outcome::Abandoned),
        _ => None,
    }
}

/// The page of a document. The page of the audit log tells the address of the space.
fn address(payload: &Payload, sort: &str, id: &str) -> Option<String> {
    let audit = filled(payload.server_audit_uri.as_deref())?;
    let (space, _) = audit.split_once("/configuration/audit")?;
    Name::url(space)?;
    Some(format!("{space}/{sort}/{id}"))
}
