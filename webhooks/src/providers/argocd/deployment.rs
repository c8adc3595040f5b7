//! The deployment that a sync operation is: its node, what it deploys, where, and what happened.

use throughline_domain::fact::{Attribute, Facts};
use throughline_domain::key::{self, Key, KeyError};
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::time::Timestamp;
use url::Url;

use super::broken;
use super::image::{self, Brought};
use super::payload::{Application, Notification, OperationState};
use super::place::{self, Place};
use super::revision::{self, Revision};
use crate::draft::{Draft, Image, Person};
use crate::evidence::artifact;
use crate::members::{filled, time};
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
        let home = context.and_then(|context| Url::parse(filled(context.argocd_url.as_deref())?).ok());
        let revisions = revision::of(application);
        let started = time(operation.started_at.as_deref());
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
            finished: time(operation.finished_at.as_deref()),
            name,
            home,
        })
    }

    /// Everything that the notification says.
    ///
    /// # Errors
    /// [`ParseError::TooMany`] over the bounds, [`ParseError::Key`] where a name is too long.
    pub fn facts(&self) -> Result<Facts, ParseError> {
        bounded("revisions", self.revisions.len())?;
        let images = self.images()?;
        let mut draft = Draft::new(RULE, self.finished.or(self.started));
        self.state(&mut draft, &images);
        self.link_commits(&mut draft)?;
        if self.succeeded() {
            self.link_artifacts(&mut draft, &images);
        }
        self.link_place(&mut draft, NodeKind::Environment, LinkKind::DeployedTo, self.environment.as_ref());
        self.link_place(&mut draft, NodeKind::Service, LinkKind::Of, self.service.as_ref());
        self.link_initiator(&mut draft)?;
        self.tell(&mut draft);
        self.tell_degraded(&mut draft);
        draft.finish()
    }

    fn phase(&self) -> &str {
        filled(self.operation.phase.as_deref()).unwrap_or_default()
    }

    fn succeeded(&self) -> bool {
        self.phase() == "Succeeded"
    }

    fn outcome(&self) -> Option<Outcome> {
        match self.phase() {
            "Succeeded" => Some(Outcome::Success),
            "Failed" | "Error" => Some(Outcome::Failure),
            "Running" | "Terminating" => Some(Outcome::Running),
            _ => None,
        }
    }

    fn state(&self, draft: &mut Draft, images: &[Brought<'_>]) {
        let title = match &self.environment {
            Some(environment) => format!("Sync of {} to {}", self.name, environment.name),
            None => format!("Sync of {}", self.name),
        };
        let commit = self.revisions.iter().find_map(Revision::commit);
        let fact = draft
            .fact(&self.key)
            .with(Attribute::Title, title)
            .with(Attribute::Reference, self.reference())
            .with_some(Attribute::Url, self.page())
            .moment(Attribute::OccurredAt, self.finished.or(self.started))
            .moment(Attribute::StartedAt, self.started)
            .moment(Attribute::FinishedAt, self.finished)
            .with_some(Attribute::Description, filled(self.operation.message.as_deref()))
            .with_some(Attribute::Version, self.revisions.iter().find_map(Revision::version))
            .with_some(Attribute::Commit, commit.map(|(_, commit)| commit.parts().resource))
            .with(Attribute::Package, self.untraceable(images));
        draft.state_with_outcome(fact, Some(self.phase()), self.outcome());
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

    fn link_commits(&self, draft: &mut Draft) -> Result<(), KeyError> {
        for revision in &self.revisions {
            let Some((repository, _)) = revision.commit() else { continue };
            let Some(commit) = draft.commit_by_id(&repository, Some(revision.text))? else { continue };
            let reason = match revision.class {
                LinkClass::Guessed => "the application is compared with this revision",
                LinkClass::Declared | LinkClass::Asserted | LinkClass::Cryptographic => {
                    "the revision of the sync operation"
                }
            };
            draft.link_as(revision.class, &self.key, LinkKind::Deploys, &commit, reason);
        }
        Ok(())
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

    fn link_artifacts(&self, draft: &mut Draft, images: &[Brought<'_>]) {
        for brought in images {
            let image::Image { package, tag, digest } = brought.image;
            let image = Image { digest, package: Some(package), version: tag, page: None };
            let Some(artifact) = artifact::state(draft, &image) else { continue };
            draft.link_as(brought.class, &self.key, LinkKind::Deploys, &artifact, brought.reason);
        }
    }

    fn link_place(&self, draft: &mut Draft, kind: NodeKind, link: LinkKind, place: Option<&Place>) {
        let Some(place) = place else { return };
        if let Some(node) = draft.named(kind, Some(place.name.as_str())) {
            draft.link_as(place.class, &self.key, link, &node, &place.reason);
        }
    }

    fn initiator(&self) -> Option<&str> {
        filled(self.operation.operation.as_ref()?.initiated_by.as_ref()?.username.as_deref())
    }

    fn link_initiator(&self, draft: &mut Draft) -> Result<(), KeyError> {
        let host = self.home.as_ref().and_then(Url::host_str).unwrap_or_default();
        let person = Person { provider: "argocd", host, login: self.initiator(), ..Person::default() };
        draft.person(&self.key, LinkKind::TriggeredBy, &person, "Argo CD names who started the sync operation")
    }

    fn tell(&self, draft: &mut Draft) {
        let (what, at) = match self.phase() {
            "Succeeded" => ("deployed", self.finished),
            "Failed" | "Error" => ("failed", self.finished.or(self.started)),
            "Running" => ("started", self.started),
            _ => return,
        };
        let to = self.environment.as_ref().map(|place| format!(" to {}", place.name)).unwrap_or_default();
        let summary = match filled(self.operation.message.as_deref()).filter(|_| what == "failed") {
            Some(message) => format!("Sync of {}{to} {what}: {message}", self.reference()),
            None => format!("Sync of {}{to} {what}", self.reference()),
        };
        if at.is_some() {
            draft.event(&self.key, at, what, self.initiator(), &summary);
        }
    }

    /// The application may fall ill after its operation succeeded; that is no failure of the operation.
    fn tell_degraded(&self, draft: &mut Draft) {
        let health = self.application.status.as_ref().and_then(|status| status.health.as_ref());
        let since = health.and_then(|health| time(health.last_transition_time.as_deref()));
        let is_after = since.zip(self.finished).is_some_and(|(since, finished)| since >= finished);
        if self.succeeded() && is_after && self.application.health() == Some("Degraded") {
            draft.event(&self.key, since, "degraded", None, &format!("{} became degraded", self.name));
        }
    }
}

fn bounded(what: &'static str, count: usize) -> Result<(), ParseError> {
    if count > MAX_REFERENCES { Err(ParseError::TooMany { what, count, limit: MAX_REFERENCES }) } else { Ok(()) }
}
