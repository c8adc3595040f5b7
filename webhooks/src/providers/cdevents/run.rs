//! Continuous deployment: services and environments.

use throughline_domain::fact::Attribute;
use throughline_domain::key::{Key, KeyError};
use throughline_domain::link::LinkKind;
use throughline_domain::node::{NodeKind, Outcome};

use super::artifact_id::ArtifactId;
use super::draft::Draft;
use super::keys;
use crate::provider::{Content, ParseError};

/// `service.deployed`, `.upgraded`, `.rolledback`, `.removed`, `.published`.
pub(super) fn service(draft: Draft<'_>) -> Result<Content, ParseError> {
    match draft.predicate {
        "deployed" => deployment(draft, "deployed"),
        "upgraded" => deployment(draft, "upgraded"),
        "rolledback" => deployment(draft, "rolled_back"),
        "removed" => removal(draft),
        "published" => publication(draft),
        _ => Ok(draft.unread()),
    }
}

/// `environment.created`, `.modified`, `.deleted`.
pub(super) fn environment(mut draft: Draft<'_>) -> Result<Content, ParseError> {
    if !matches!(draft.predicate, "created" | "modified" | "deleted") {
        return Ok(draft.unread());
    }
    let (subject, predicate) = (&draft.event.subject, draft.predicate);
    let title = subject.content.name.as_deref().unwrap_or(&subject.id);
    let key = draft.state_named(NodeKind::Environment, &subject.id, Some(title))?;
    let fact = draft.fact(&key).with(Attribute::State, predicate).page(subject.content.address());
    draft.state(fact);
    draft.happened(&key, predicate, None, format!("environment {title} {predicate}"));
    draft.add_custom(&key)?;
    Ok(draft.done())
}

/// A deployment has no id of its own in CDEvents; the event's is the same however often it is sent.
fn deployment(mut draft: Draft<'_>, what: &str) -> Result<Content, ParseError> {
    let context = &draft.event.context;
    let content = &draft.event.subject.content;
    let key = match draft.custom.node(NodeKind::Deployment) {
        Some(key) => key,
        None => keys::subject(NodeKind::Deployment, &context.id, &context.source)?,
    };
    let place = Place::state(&mut draft)?;
    let artifact = content.artifact_id.as_deref().or(draft.custom.artifact.as_deref()).map(ArtifactId::parse);
    let version = artifact.as_ref().and_then(|artifact| artifact.version.as_deref());
    let subject = match version {
        Some(version) => format!("{} {version}", place.service_title),
        None => place.service_title.clone(),
    };
    let at = Some(draft.at());
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, place.sentence(&subject, " to "))
        .with(Attribute::Reference, place.sentence(&place.service_title, "/"))
        .with(Attribute::State, draft.predicate)
        .outcome(Outcome::Success)
        .with_some(Attribute::Category, Some("rollback").filter(|_| what == "rolled_back"))
        .with_some(Attribute::Version, version)
        .with_some(Attribute::Package, artifact.as_ref().and_then(|artifact| artifact.package.as_deref()))
        .with_some(Attribute::Digest, artifact.as_ref().and_then(|artifact| artifact.digest.as_deref()))
        .moment(Attribute::OccurredAt, at)
        .moment(Attribute::FinishedAt, at);
    draft.state(fact);
    let summary = place.sentence(&format!("{subject} {}", what.replace('_', " ")), " in ");
    draft.happened(&key, what, None, summary);
    place.link(&mut draft, &key);
    if let Some(artifact) = artifact.and_then(|artifact| draft.state_deployed(&artifact)) {
        draft.link(&key, LinkKind::Deploys, &artifact, "the event names the artifact that the service now runs");
    }
    draft.add_custom(&key)?;
    Ok(draft.done())
}

/// Nothing is brought anywhere when a service is removed; it is a change of what runs, and one to be suspected.
fn removal(mut draft: Draft<'_>) -> Result<Content, ParseError> {
    let context = &draft.event.context;
    let key = keys::subject(NodeKind::ConfigChange, &context.id, &context.source)?;
    let place = Place::state(&mut draft)?;
    let at = Some(draft.at());
    let title = place.sentence(&format!("{} removed", place.service_title), " from ");
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, title.as_str())
        .with(Attribute::Reference, place.sentence(&place.service_title, "/"))
        .with(Attribute::State, draft.predicate)
        .with(Attribute::Category, "removal")
        .outcome(Outcome::Success)
        .moment(Attribute::OccurredAt, at)
        .moment(Attribute::FinishedAt, at);
    draft.state(fact);
    draft.happened(&key, "removed", None, title);
    place.link(&mut draft, &key);
    draft.add_custom(&key)?;
    Ok(draft.done())
}

/// A service that can now be reached: said of the service itself.
fn publication(mut draft: Draft<'_>) -> Result<Content, ParseError> {
    let place = Place::state(&mut draft)?;
    let fact =
        draft.fact(&place.service).with(Attribute::State, draft.predicate).page(draft.event.subject.content.address());
    draft.state(fact);
    let summary = place.sentence(&format!("{} published", place.service_title), " in ");
    draft.happened(&place.service, "published", None, summary);
    draft.add_custom(&place.service)?;
    Ok(draft.done())
}

/// The service that the event is about, and where it runs.
struct Place {
    service: Key,
    service_title: String,
    environment: Option<(Key, String)>,
}

impl Place {
    /// States both and remembers their keys.
    fn state(draft: &mut Draft<'_>) -> Result<Self, KeyError> {
        let subject = &draft.event.subject;
        let name = keys::service_name(&subject.id);
        let title = subject.content.name.as_deref().unwrap_or(name);
        let service = draft.state_named(NodeKind::Service, name, Some(title))?;
        let environment = match &subject.content.environment {
            Some(environment) => {
                let title = environment.name.as_deref().unwrap_or(&environment.id);
                let name = environment.name.as_deref();
                Some((draft.state_named(NodeKind::Environment, &environment.id, name)?, title.to_owned()))
            }
            None => None,
        };
        Ok(Self { service, service_title: title.to_owned(), environment })
    }

    /// Says that the service and the environment are the node's.
    fn link(&self, draft: &mut Draft<'_>, node: &Key) {
        draft.link(node, LinkKind::Of, &self.service, "the service is the event's subject");
        if let Some((environment, _)) = &self.environment {
            draft.link(node, LinkKind::DeployedTo, environment, "the event names the environment");
        }
    }

    /// What was said, and of which environment.
    fn sentence(&self, said: &str, preposition: &str) -> String {
        match &self.environment {
            Some((_, title)) => format!("{said}{preposition}{title}"),
            None => said.to_owned(),
        }
    }
}
