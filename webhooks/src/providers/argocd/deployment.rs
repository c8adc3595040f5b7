//! The deployment that a sync operation is: its node, what it deploys, where, and what happened.

use throughline_domain::fact::{Attribute, Event, Facts, LinkFact, NodeFact};
use throughline_domain::key::{self, Key};
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::time::Timestamp;
use url::Url;

use super::broken;
use super::image::{self, Brought, Image};
use super::payload::{Application, Notification, OperationState, filled};
use super::place::{self, Place};
use super::revision::{self, Revision};
use crate::provider::ParseError;

/// The rule that all links are made by; the same for every phase, so that a link is one link.
const RULE: &str = "argocd/sync";

/// The most image references, and the most revisions, of one notification.
const MAX_REFERENCES: usize = 1_000;

/// One sync operation of one application.
#[derive(Debug)]
pub struct SyncOperation<'a> {
    application: &'a Application,
    operation: &'a OperationState,
    name: String,
    home: Option<Url>,
    key: Key,
    revisions: Vec<Revision<'a>>,
    environment: Option<Place>,
    service: Option<Place>,
    started: Option<Timestamp>,
    finished: Option<Timestamp>,
}

impl<'a> SyncOperation<'a> {
    /// Reads the operation of an application.
    ///
    /// # Errors
    /// [`ParseError::Body`] where neither a start nor a revision tells this operation from the next,
    /// [`ParseError::Key`] where the application's name is too long.
    pub fn new(notification: &Notification, application: &'a Application, name: String) -> Result<Self, ParseError> {
        let operation = application.operation().ok_or_else(|| broken("app.status.operationState is missing"))?;
        let context = notification.context.as_ref();
        let home = context.and_then(|context| Url::parse(filled(&context.argocd_url)?).ok());
        let revisions = revision::of(application);
        let started = moment(&operation.started_at);
        let which = match (started, revisions.first()) {
            (Some(started), _) => started.to_string(),
            (None, Some(revision)) => revision.text.to_owned(),
            (None, None) => return Err(broken("the operation has neither startedAt nor a revision")),
        };
        let host = home.as_ref().and_then(Url::host_str).unwrap_or_default();
        let key = key::of_tool(NodeKind::Deployment, "argocd", host, &format!("{name}/{which}"))?;
        Ok(Self {
            application,
            operation,
            key,
            revisions,
            environment: place::environment(notification, application),
            service: place::service(notification, application),
            started,
            finished: moment(&operation.finished_at),
            name,
            home,
        })
    }

    /// Everything that the notification says.
    ///
    /// # Errors
    /// [`ParseError::TooMany`] over the bounds.
    pub fn facts(&self) -> Result<Facts, ParseError> {
        bounded("revisions", self.revisions.len())?;
        let images = self.images()?;
        let mut facts = Facts::default();
        facts.nodes.push(self.node(&images));
        self.add_commits(&mut facts);
        if self.succeeded() {
            self.add_artifacts(&mut facts, &images);
        }
        self.add_place(&mut facts, NodeKind::Environment, LinkKind::DeployedTo, self.environment.as_ref());
        self.add_place(&mut facts, NodeKind::Service, LinkKind::Of, self.service.as_ref());
        self.add_initiator(&mut facts);
        facts.events = [self.event(), self.degraded()].into_iter().flatten().collect();
        Ok(facts)
    }

    fn phase(&self) -> &str {
        filled(&self.operation.phase).unwrap_or_default()
    }

    fn succeeded(&self) -> bool {
        self.phase() == "Succeeded"
    }

    fn at(&self) -> Option<Timestamp> {
        self.finished.or(self.started)
    }

    fn node(&self, images: &[Brought<'_>]) -> NodeFact {
        let title = match &self.environment {
            Some(environment) => format!("Sync of {} to {}", self.name, environment.name),
            None => format!("Sync of {}", self.name),
        };
        let occurred = self.finished.filter(|_| self.succeeded());
        let fact = NodeFact::new(self.key.clone(), self.at())
            .with(Attribute::Title, title)
            .with(Attribute::Reference, self.reference())
            .with_some(Attribute::Url, self.page())
            .with(Attribute::State, self.phase())
            .moment(Attribute::OccurredAt, occurred)
            .moment(Attribute::StartedAt, self.started)
            .moment(Attribute::FinishedAt, self.finished)
            .with_some(Attribute::Description, filled(&self.operation.message))
            .with_some(Attribute::Version, self.revisions.iter().find_map(Revision::version))
            .with_some(Attribute::Commit, self.commits().next().map(|(_, commit, _)| commit.parts().resource))
            .with(Attribute::Package, self.untraceable(images));
        match self.phase() {
            "Succeeded" => fact.outcome(Outcome::Success),
            "Failed" | "Error" => fact.outcome(Outcome::Failure),
            "Running" | "Terminating" => fact.outcome(Outcome::Running),
            _ => fact,
        }
    }

    /// The images that no digest ties to an artifact; while the operation runs, the old ones are still listed.
    fn untraceable(&self, images: &[Brought<'_>]) -> String {
        let untied = images.iter().filter(|brought| self.succeeded() && brought.image.artifact().is_none());
        let names: Vec<String> = untied.map(|brought| brought.image.tagged()).collect();
        names.join(", ")
    }

    fn reference(&self) -> String {
        match self.revisions.first() {
            Some(revision) => format!("{}@{}", self.name, revision.short()),
            None => self.name.clone(),
        }
    }

    /// The application's page. It is no name of the deployment: all deployments of the application share it.
    fn page(&self) -> Option<String> {
        let home = self.home.as_ref().filter(|home| matches!(home.scheme(), "http" | "https"))?;
        let mut page = home.clone();
        page.path_segments_mut().ok()?.pop_if_empty().push("applications").push(&self.name);
        Some(page.into())
    }

    fn commits(&self) -> impl Iterator<Item = (Key, Key, LinkClass)> {
        self.revisions.iter().filter_map(|revision| {
            let (repository, commit) = revision.commit()?;
            Some((repository.key().ok()?, commit, revision.class))
        })
    }

    fn add_commits(&self, facts: &mut Facts) {
        for (repository, commit, class) in self.commits() {
            let reason = match class {
                LinkClass::Guessed => "the application is compared with this revision",
                LinkClass::Declared | LinkClass::Asserted | LinkClass::Cryptographic => {
                    "the revision of the sync operation"
                }
            };
            facts.links.push(self.link(&self.key, LinkKind::Deploys, &commit, class, reason));
            let reason = "the repository of the application's source";
            facts.links.push(self.link(&commit, LinkKind::In, &repository, LinkClass::Asserted, reason));
        }
    }

    fn images(&self) -> Result<Vec<Brought<'a>>, ParseError> {
        let resources = self.operation.sync_result.as_ref().and_then(|result| result.resources.as_deref());
        let applied = resources.unwrap_or_default().iter().flat_map(|resource| resource.images.iter().flatten());
        let applied: Vec<&'a str> = applied.map(String::as_str).collect();
        let summary = self.application.status.as_ref().and_then(|status| status.summary.as_ref());
        let running: Vec<&'a str> = summary
            .and_then(|summary| summary.images.as_deref())
            .unwrap_or_default()
            .iter()
            .map(String::as_str)
            .collect();
        bounded("images", applied.len().max(running.len()))?;
        let healthy = self.application.health().is_none_or(|health| health == "Healthy");
        Ok(image::brought(&applied, &running, healthy))
    }

    fn add_artifacts(&self, facts: &mut Facts, images: &[Brought<'_>]) {
        for brought in images {
            let Some(artifact) = brought.image.artifact() else { continue };
            if facts.links.iter().any(|link| link.to == artifact) {
                continue;
            }
            facts.links.push(self.link(&self.key, LinkKind::Deploys, &artifact, brought.class, brought.reason));
            facts.nodes.push(describe(&brought.image, artifact, self.at()));
        }
    }

    fn add_place(&self, facts: &mut Facts, kind: NodeKind, link: LinkKind, place: Option<&Place>) {
        let Some(place) = place else { return };
        let Ok(key) = key::named(kind, &place.name) else { return };
        facts.links.push(self.link(&self.key, link, &key, place.class, &place.reason));
        facts.nodes.push(
            NodeFact::new(key, self.at())
                .with(Attribute::Title, place.name.as_str())
                .with(Attribute::Reference, place.name.as_str())
                .named(Name::plain(&place.name)),
        );
    }

    fn add_initiator(&self, facts: &mut Facts) {
        let operation = self.operation.operation.as_ref();
        let Some(login) = operation.and_then(|asked| filled(&asked.initiated_by.as_ref()?.username)) else { return };
        let host = self.home.as_ref().and_then(Url::host_str).unwrap_or_default();
        let Ok(person) = key::of_tool(NodeKind::Person, "argocd", host, login) else { return };
        let reason = "Argo CD names who started the sync operation";
        facts.links.push(self.link(&self.key, LinkKind::TriggeredBy, &person, LinkClass::Asserted, reason));
        facts
            .nodes
            .push(NodeFact::new(person, self.at()).with(Attribute::Title, login).with(Attribute::Reference, login));
    }

    fn event(&self) -> Option<Event> {
        let (what, at) = match self.phase() {
            "Succeeded" => ("deployed", self.finished?),
            "Failed" | "Error" => ("failed", self.at()?),
            "Running" => ("started", self.started?),
            _ => return None,
        };
        let actor = self.operation.operation.as_ref().and_then(|asked| filled(&asked.initiated_by.as_ref()?.username));
        let to = self.environment.as_ref().map(|place| format!(" to {}", place.name)).unwrap_or_default();
        let summary = match filled(&self.operation.message).filter(|_| what == "failed") {
            Some(message) => format!("Sync of {}{to} {what}: {message}", self.reference()),
            None => format!("Sync of {}{to} {what}", self.reference()),
        };
        Some(Event { node: self.key.clone(), at, what: what.to_owned(), actor: actor.map(str::to_owned), summary })
    }

    /// The application may fall ill after its operation succeeded; that is no failure of the operation.
    fn degraded(&self) -> Option<Event> {
        let health = self.application.status.as_ref()?.health.as_ref()?;
        let at = moment(&health.last_transition_time)?;
        let is_after = self.finished.is_some_and(|finished| at >= finished);
        if !self.succeeded() || !is_after || self.application.health() != Some("Degraded") {
            return None;
        }
        let summary = format!("{} became degraded", self.name);
        Some(Event { node: self.key.clone(), at, what: "degraded".to_owned(), actor: None, summary })
    }

    fn link(&self, from: &Key, kind: LinkKind, to: &Key, class: LinkClass, reason: &str) -> LinkFact {
        LinkFact {
            from: from.clone(),
            kind,
            to: to.clone(),
            class,
            rule: RULE.to_owned(),
            reason: reason.to_owned(),
            at: self.at(),
        }
    }
}

fn describe(image: &Image<'_>, artifact: Key, at: Option<Timestamp>) -> NodeFact {
    let digest = artifact.parts().resource;
    let fact = NodeFact::new(artifact, at)
        .with(Attribute::Title, image.tagged())
        .with(Attribute::Reference, image.tagged())
        .with(Attribute::Package, image.package)
        .with(Attribute::Digest, digest.as_str())
        .named(Name::digest(&digest));
    if image.tag.is_some() { fact.named(Name::image(&image.tagged())) } else { fact }
}

fn bounded(what: &'static str, count: usize) -> Result<(), ParseError> {
    if count > MAX_REFERENCES { Err(ParseError::TooMany { what, count, limit: MAX_REFERENCES }) } else { Ok(()) }
}

fn moment(text: &Option<String>) -> Option<Timestamp> {
    filled(text).and_then(Timestamp::parse)
}
