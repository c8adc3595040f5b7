//! The deployment that a revision of a Kustomization or Helm release is: what it brings, where, and how far it is.

use throughline_domain::fact::{Attribute, Facts};
use throughline_domain::key::{self, Key, KeyError};
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::repository::Repository;
use throughline_domain::time::Timestamp;

use super::payload::{Event, InvolvedObject};
use super::revision::Revision;
use crate::draft::{Draft, Image};
use crate::members::{filled, time};
use crate::provider::ParseError;

/// Where Flux itself lies, and mostly its resources, too, whatever they deploy and whereto.
const OWN_NAMESPACE: &str = "flux-system";

/// How far a deployment is, by the reason of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// It waits for another one.
    Waiting,
    /// It has begun.
    Begun,
    /// It is there.
    Deployed,
    /// It is there again, after a newer one failed.
    RolledBack,
    /// It failed.
    Failed,
}

impl Stage {
    /// What a reason says; `None` where it says nothing of a deployment, such as that a release was removed or tested.
    pub(super) fn of(reason: &str) -> Option<Self> {
        match reason {
            "DependencyNotReady" => Some(Self::Waiting),
            "Progressing" | "ProgressingWithRetry" => Some(Self::Begun),
            "ReconciliationSucceeded" | "InstallSucceeded" | "UpgradeSucceeded" => Some(Self::Deployed),
            "RollbackSucceeded" => Some(Self::RolledBack),
            "TestFailed" | "UninstallFailed" | "RollbackFailed" | "PruneFailed" => None,
            _ => reason.ends_with("Failed").then_some(Self::Failed),
        }
    }

    fn outcome(self) -> Outcome {
        match self {
            Self::Waiting => Outcome::Pending,
            Self::Begun => Outcome::Running,
            Self::Deployed | Self::RolledBack => Outcome::Success,
            Self::Failed => Outcome::Failure,
        }
    }

    fn has_ended(self) -> bool {
        matches!(self, Self::Deployed | Self::RolledBack | Self::Failed)
    }

    fn event(self) -> Option<&'static str> {
        match self {
            Self::Waiting => None,
            Self::Begun => Some("started"),
            Self::Deployed => Some("deployed"),
            Self::RolledBack => Some("restored"),
            Self::Failed => Some("failed"),
        }
    }
}

/// What an event says of a deployment; `None` where neither a revision nor a time tells it from others.
///
/// # Errors
/// [`ParseError::Key`] where a name is too long.
pub(super) fn facts(
    event: &Event,
    object: &InvolvedObject,
    name: &str,
    stage: Stage,
) -> Result<Option<Facts>, ParseError> {
    let at = time(event.timestamp.as_deref());
    let revision = event.metadata(&["revision"]).map(|(_, text)| Revision::read(text));
    let Some(id) = identity(event, object, name, revision, at.filter(|_| stage.has_ended())) else { return Ok(None) };
    let key = key::of_tool(NodeKind::Deployment, "flux", "", &id)?;
    let environment = environment(event, object);
    let to = environment.as_ref().map(|(_, name, _)| format!(" to {name}")).unwrap_or_default();
    let deployment = Deployment { event, name, stage, at, revision, key, to };
    let mut draft = Draft::new("flux/deployment", at);
    deployment.state(&mut draft);
    if let Some((id, _)) = deployment.commit() {
        link_commit(&mut draft, event, &deployment.key, id)?;
    }
    link_artifact(&mut draft, event, &deployment.key, revision);
    link_place(&mut draft, &deployment.key, NodeKind::Environment, LinkKind::DeployedTo, environment);
    link_place(&mut draft, &deployment.key, NodeKind::Service, LinkKind::Of, Some(service(event, name)));
    draft.finish().map(Some)
}

/// One revision of one object, as far as it is.
struct Deployment<'a> {
    event: &'a Event,
    name: &'a str,
    stage: Stage,
    at: Option<Timestamp>,
    revision: Option<Revision<'a>>,
    key: Key,
    /// ` to production`; empty where the environment is not known.
    to: String,
}

impl Deployment<'_> {
    fn state(&self, draft: &mut Draft) {
        let Self { event, stage, at, to, .. } = self;
        let reference = self.reference();
        let is_there = stage.outcome() == Outcome::Success;
        let fact = draft
            .fact(&self.key)
            .with(Attribute::Title, format!("{}{to}", self.name))
            .with(Attribute::Reference, reference.as_str())
            .with_some(Attribute::Version, self.version())
            .with_some(Attribute::Branch, self.commit().and_then(|(_, name)| name))
            .with_some(Attribute::Commit, self.commit().map(|(id, _)| id))
            .with_some(Attribute::Description, filled(event.message.as_deref()))
            .moment(Attribute::StartedAt, at.filter(|_| *stage == Stage::Begun))
            .moment(Attribute::FinishedAt, at.filter(|_| stage.has_ended()))
            .moment(Attribute::OccurredAt, at.filter(|_| is_there));
        draft.state_with_outcome(fact, filled(event.reason.as_deref()), Some(stage.outcome()));
        let Some(what) = stage.event() else { return };
        let message =
            filled(event.message.as_deref()).filter(|_| *stage == Stage::Failed).map(|message| format!(": {message}"));
        let summary = format!("{reference}{to} {what}{}", message.unwrap_or_default());
        draft.event(&self.key, None, what, None, &summary);
    }

    /// The commit with the branch or tag that it was found by: of the revision, or of what the revision was made from.
    fn commit(&self) -> Option<(&str, Option<&str>)> {
        let origin = self.event.metadata(&["originRevision"]).map(|(_, text)| Revision::read(text));
        [self.revision, origin].into_iter().flatten().find_map(|revision| match revision {
            Revision::Commit { id, name } => Some((id, name)),
            Revision::Image { .. } | Revision::Version(_) => None,
        })
    }

    fn version(&self) -> Option<&str> {
        match self.revision? {
            Revision::Image { tag: version, .. } | Revision::Version(version) => Some(version),
            Revision::Commit { .. } => None,
        }
    }

    fn reference(&self) -> String {
        match self.revision {
            Some(revision) => format!("{}@{}", self.name, revision.short()),
            None => self.name.to_owned(),
        }
    }
}

/// Object and revision. The values of a Helm release may change under one version of its chart; their digest is the token.
fn identity(
    event: &Event,
    object: &InvolvedObject,
    name: &str,
    revision: Option<Revision<'_>>,
    ended: Option<Timestamp>,
) -> Option<String> {
    let whose =
        match (filled(object.uid.as_deref()), filled(object.namespace.as_deref()), filled(object.kind.as_deref())) {
            (Some(uid), _, _) => uid.to_owned(),
            (None, namespace, kind) => {
                format!("{}/{}/{name}", kind.unwrap_or_default(), namespace.unwrap_or_default())
            }
        };
    let which = match revision {
        Some(revision) => revision.id().to_owned(),
        None => ended?.to_string(),
    };
    let token = event.metadata(&["token"]).map(|(_, token)| format!("/{token}")).unwrap_or_default();
    Some(format!("{whose}/{which}{token}"))
}

/// The events name no repository; the operator's Alert may.
fn link_commit(draft: &mut Draft, event: &Event, key: &Key, id: &str) -> Result<(), KeyError> {
    let Some((_, address)) = event.metadata(&["repository"]) else { return Ok(()) };
    let Some(repository) = Repository::from_address(address) else { return Ok(()) };
    if let Some(commit) = draft.commit_by_id(&repository, Some(id))? {
        draft.link(key, LinkKind::Deploys, &commit, "the revision, in the repository that the Alert names");
    }
    Ok(())
}

fn link_artifact(draft: &mut Draft, event: &Event, key: &Key, revision: Option<Revision<'_>>) {
    let named = match revision {
        Some(Revision::Image { digest, .. }) => Some((digest, "the revision is the digest of this OCI artifact")),
        Some(Revision::Commit { .. } | Revision::Version(_)) | None => None,
    };
    let chart = event.metadata(&["oci-digest"]).map(|(_, digest)| (digest, "the digest of the chart"));
    for (digest, reason) in [named, chart].into_iter().flatten() {
        let at = draft.at.take();
        let artifact = draft.artifact(&Image { digest: Some(digest), ..Image::default() });
        draft.at = at;
        if let Some(artifact) = artifact {
            draft.link(key, LinkKind::Deploys, &artifact, reason);
        }
    }
}

/// A name of a place with how sure it is and why.
type Place<'a> = (LinkClass, &'a str, String);

fn link_place(draft: &mut Draft, key: &Key, kind: NodeKind, link: LinkKind, place: Option<Place<'_>>) {
    let Some((class, name, reason)) = place else { return };
    if let Some(node) = draft.named(kind, Some(name)) {
        draft.link_as(class, key, link, &node, &reason);
    }
}

fn environment<'a>(event: &'a Event, object: &'a InvolvedObject) -> Option<Place<'a>> {
    if let Some((label, name)) = event.metadata(&["environment", "env"]) {
        return Some((LinkClass::Asserted, name, format!("the Alert's metadata '{label}'")));
    }
    if let Some((_, name)) = event.metadata(&["cluster"]) {
        return Some((LinkClass::Guessed, name, "the cluster that the Alert's metadata name".to_owned()));
    }
    let namespace = filled(object.namespace.as_deref()).filter(|namespace| *namespace != OWN_NAMESPACE)?;
    Some((LinkClass::Guessed, namespace, "the namespace of the Flux resource".to_owned()))
}

fn service<'a>(event: &'a Event, name: &'a str) -> Place<'a> {
    match event.metadata(&["service"]) {
        Some((_, service)) => (LinkClass::Asserted, service, "the Alert's metadata 'service'".to_owned()),
        None => (LinkClass::Guessed, name, "the name of the Flux resource".to_owned()),
    }
}
