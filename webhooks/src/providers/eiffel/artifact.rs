//! Artifacts, what they are composed of, and where they are deployed.

use throughline_domain::fact::Attribute;
use throughline_domain::key::Key;
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};

use super::Unread;
use super::flow::{Flow, by_id};
use super::payload::{Event, File};
use super::purl::Purl;
use crate::draft::{Image, shortened};
use crate::evidence::artifact::{Reference, state};
use crate::provider::ParseError;

/// How many characters of an event's id people see.
const SHORT_ID_CHARS: usize = 8;

/// An artifact was made. It is known by the event's id, by which later events refer to it; its files by their digests.
pub(super) fn created(flow: &mut Flow<'_>, event: &Event) -> Result<Unread, ParseError> {
    let key = by_id(NodeKind::Artifact, event.id()?)?;
    let identity = event.data.identity.as_deref().unwrap_or_default();
    let purl = Purl::parse(identity);
    let title = event.data.name.clone().unwrap_or_else(|| purl.title());
    let fact = flow
        .draft
        .fact(&key)
        .with(Attribute::Title, title.as_str())
        .with(Attribute::Reference, purl.title())
        .with(Attribute::Package, purl.package.as_str())
        .with_some(Attribute::Version, purl.version.as_deref())
        .with_some(Attribute::Digest, purl.digest.as_deref())
        .with(Attribute::State, "created")
        .moment(Attribute::OccurredAt, event.at());
    flow.draft.state(if identity.is_empty() { fact } else { fact.named(Name::plain(identity)) });
    flow.draft.event(&key, None, "created", None, &format!("{title} created"));
    add_files(flow, event, &key, identity);
    if let Some(composition) = flow.target(event, "COMPOSITION")? {
        let reason = "the event names the composition from which the artifact was built";
        flow.draft.link(&key, LinkKind::DerivedFrom, &composition, reason);
    }
    add_maker(flow, event, &key)?;
    Ok(None)
}

/// An artifact can be had somewhere.
pub(super) fn published(flow: &mut Flow<'_>, event: &Event) -> Result<Unread, ParseError> {
    let Some(key) = flow.target(event, "ARTIFACT")? else {
        return Ok(Some("the event has no link ARTIFACT, so the artifact is not known".to_owned()));
    };
    let mut places = event.data.locations.iter().filter_map(|location| location.uri.as_deref());
    let fact = flow.draft.fact(&key).with(Attribute::State, "published");
    flow.draft.state(fact.page(places.clone().find(|uri| Name::url(uri).is_some())));
    let summary = places.next().map_or("artifact published".to_owned(), |uri| format!("published at {uri}"));
    flow.draft.event(&key, None, "published", None, &summary);
    Ok(None)
}

/// An artifact was taken instead of building it once more.
pub(super) fn reused(flow: &mut Flow<'_>, event: &Event) -> Result<Unread, ParseError> {
    let Some(key) = flow.target(event, "REUSED_ARTIFACT")? else {
        return Ok(Some("the event has no link REUSED_ARTIFACT, so the artifact is not known".to_owned()));
    };
    flow.draft.state(flow.draft.fact(&key));
    flow.draft.event(&key, None, "reused", None, "artifact reused");
    Ok(None)
}

/// What an artifact is made from: a set of sources and artifacts under one name.
pub(super) fn composition(flow: &mut Flow<'_>, event: &Event) -> Result<Unread, ParseError> {
    let key = by_id(NodeKind::Artifact, event.id()?)?;
    let version = event.data.version.as_deref();
    let name = event.data.name.as_deref().unwrap_or("composition");
    let title = version.map_or(name.to_owned(), |version| format!("{name} {version}"));
    let fact = flow
        .draft
        .fact(&key)
        .with(Attribute::Title, title.as_str())
        .with(Attribute::Reference, title.as_str())
        .with(Attribute::Category, "composition")
        .with_some(Attribute::Version, version)
        .moment(Attribute::OccurredAt, event.at())
        .named(Name::plain(&title));
    flow.draft.state(fact);
    flow.draft.event(&key, None, "defined", None, &format!("{title} defined"));
    for element in flow.targets(event, "ELEMENT")? {
        let kind = if element.kind() == NodeKind::Commit { LinkKind::BuiltFrom } else { LinkKind::DerivedFrom };
        flow.draft.link(&key, kind, &element, "the composition names it as an element");
    }
    Ok(None)
}

/// An artifact runs in an environment.
pub(super) fn deployed(flow: &mut Flow<'_>, event: &Event) -> Result<Unread, ParseError> {
    let key = by_id(NodeKind::Deployment, event.id()?)?;
    let description = event.data.description.as_deref();
    let title = description.and_then(|text| text.lines().next()).unwrap_or("Deployment").trim();
    let fact = flow
        .draft
        .fact(&key)
        .with(Attribute::Title, title)
        .with(Attribute::Reference, shortened(event.id()?, SHORT_ID_CHARS))
        .with(Attribute::State, "deployed")
        .outcome(Outcome::Success)
        .with_some(Attribute::Description, description)
        .moment(Attribute::OccurredAt, event.at())
        .moment(Attribute::FinishedAt, event.at())
        .page(event.data.uri.as_deref());
    flow.draft.state(fact);
    flow.draft.event(&key, None, "deployed", None, title);
    if let Some(artifact) = flow.target(event, "ARTIFACT")? {
        flow.draft.link(&key, LinkKind::Deploys, &artifact, "the event names the artifact");
    }
    if let Some(environment) = flow.target(event, "ENVIRONMENT")? {
        flow.draft.link(&key, LinkKind::DeployedTo, &environment, "the event names the environment");
    }
    Ok(None)
}

/// What lies in registries has a digest: the image itself, or the files of the artifact.
///
/// What they are called gives way to what the registry says.
fn add_files(flow: &mut Flow<'_>, event: &Event, artifact: &Key, identity: &str) {
    if let Some(image) = Reference::parse(identity).state(&mut flow.draft) {
        flow.draft.link(&image, LinkKind::DerivedFrom, artifact, "the identity of the artifact holds the digest");
    }
    for file in &event.data.file_information {
        let digest = digest_of(file);
        let image = Image { digest: digest.as_deref(), package: file.name.as_deref(), version: None, page: None };
        if let Some(known) = state(&mut flow.draft, &image) {
            flow.draft.link(&known, LinkKind::DerivedFrom, artifact, "the event lists it as a file of the artifact");
        }
    }
}

/// The digest of a file as registries write it; Eiffel writes the algorithm as `SHA-256`.
fn digest_of(file: &File) -> Option<String> {
    let integrity = file.integrity_protection.as_ref()?;
    let algorithm = integrity.alg.as_deref()?.to_lowercase().replace(['-', '_'], "");
    Some(format!("{algorithm}:{}", integrity.digest.as_deref()?))
}

/// The activity in which the artifact was made. The link may also point at a test suite, which only the events of the
/// same delivery can tell.
fn add_maker(flow: &mut Flow<'_>, event: &Event, artifact: &Key) -> Result<(), ParseError> {
    let Some(context) = event.target("CONTEXT") else { return Ok(()) };
    match flow.known(context).cloned() {
        Some(maker) => {
            let reason = "the event names the activity in which the artifact was made";
            flow.draft.link(artifact, LinkKind::ProducedBy, &maker, reason);
        }
        None => {
            let maker = by_id(NodeKind::PipelineRun, context)?;
            let reason = "the event names the context in which the artifact was made, which is usually an activity";
            flow.draft.link_as(LinkClass::Guessed, artifact, LinkKind::ProducedBy, &maker, reason);
        }
    }
    Ok(())
}
