//! `registry_package` and `package`: container images, known by their digest.

use serde_json::Value;
use throughline_domain::fact::{Attribute, Facts, NodeFact};
use throughline_domain::key::{self, Key};
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::name::Name;
use throughline_domain::repository::Repository;
use throughline_domain::time::Timestamp;

use super::delivery::Delivery;
use super::draft::{Draft, host};
use super::payload::{Package, PackageEvent, PackageVersion, User};
use super::people::{by, login};
use crate::draft::{self, object_id};
use crate::stop::Stop;

const REVISION_LABEL: &str = "org.opencontainers.image.revision";
const SOURCE_LABEL: &str = "org.opencontainers.image.source";

/// How many digits of a digest people use.
const SHORT_DIGEST_DIGITS: usize = 12;

/// Reads a container image that was pushed to GitHub's registry.
pub(super) fn facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: PackageEvent = delivery.read("a GitHub registry_package event")?;
    let package = event.registry_package.as_ref().or(event.package.as_ref());
    let package = package.ok_or_else(|| Stop::nothing("the body holds no package"))?;
    let version = package.package_version.as_ref();
    let version = version.ok_or_else(|| Stop::nothing("the package has no version"))?;
    let digest = digest(version).ok_or_else(|| {
        Stop::nothing("the package version carries no content digest, by which alone an artifact is known")
    })?;
    let source = label(version, SOURCE_LABEL, "source").and_then(Repository::from_address);
    let mut draft = open(delivery, &event, source.clone(), version.created_at.or(package.updated_at))?;
    let fact = artifact(&draft, package, version, digest)?;
    let key = fact.key.clone();
    let publisher = version.author.as_ref().or(event.sender.as_ref());
    if event.repository.is_some() {
        draft.place(fact)?;
    } else {
        draft.state(fact);
    }
    // Without a repository of its own, all that is known of where the package comes from is what its labels say.
    let other = source.filter(|source| event.repository.is_none() || *source != draft.repository);
    link_revision(&mut draft, &key, version, other)?;
    link_publisher(&mut draft, delivery, &key, version, publisher)?;
    if matches!(event.action.as_deref(), Some("published" | "updated")) {
        draft.event(&key, None, "published", publisher, by("Image published", publisher));
    }
    draft.finish()
}

/// A package of an organisation need not belong to a repository; then the image says where it came from.
fn open(
    delivery: &Delivery<'_>,
    event: &PackageEvent,
    source: Option<Repository>,
    at: Option<Timestamp>,
) -> Result<Draft, Stop> {
    match (&event.repository, source) {
        (None, Some(source)) => Ok(Draft::of_repository(delivery, source, at)),
        (repository, _) => Draft::open(delivery, repository.as_ref(), at),
    }
}

/// The version of a container is its digest. The metadata repeat it and are the only place on older servers.
fn digest(version: &PackageVersion) -> Option<&str> {
    let container = version.container_metadata.as_ref();
    let tag = container.and_then(|container| container.tag.as_ref()).and_then(|tag| tag.digest.as_deref());
    let manifest = container.and_then(|container| container.manifest.as_ref()?.get("digest")?.as_str());
    let places = [version.version.as_deref(), version.name.as_deref(), tag, manifest];
    places.into_iter().flatten().find(|digest| key::artifact(digest).is_ok())
}

fn artifact(draft: &Draft, package: &Package, version: &PackageVersion, digest: &str) -> Result<NodeFact, Stop> {
    let key = key::artifact(digest)?;
    let image = version.package_url.as_deref().and_then(image_name);
    let tag = version.container_metadata.as_ref().and_then(|container| container.tag.as_ref());
    let tag = tag.and_then(|tag| tag.name.as_deref()).filter(|tag| !tag.is_empty());
    let reference = image.as_ref().zip(tag).map(|(image, tag)| format!("{image}:{tag}"));
    let title = reference.as_deref().or(image.as_deref()).or(package.name.as_deref());
    let mut fact = draft
        .fact(&key)
        .with_some(Attribute::Title, title)
        .with(Attribute::Reference, shortened(digest))
        .with(Attribute::Digest, digest.trim().to_ascii_lowercase())
        .with_some(Attribute::Package, image.as_deref().or(package.name.as_deref()))
        .with_some(Attribute::Version, tag)
        .moment(Attribute::OccurredAt, draft.at)
        .named(Name::digest(digest.trim()))
        .page(version.html_url.as_deref());
    if let Some(reference) = &reference {
        fact = fact.named(Name::image(reference));
    }
    Ok(fact)
}

/// Links an image to the commit that its label names, in the package's repository or in the other one that is named.
fn link_revision(
    draft: &mut Draft,
    key: &Key,
    version: &PackageVersion,
    other: Option<Repository>,
) -> Result<(), Stop> {
    let Some(revision) = object_id(label(version, REVISION_LABEL, "revision")) else { return Ok(()) };
    if let Some(other) = other {
        let reason = "the image's labels name this repository and commit; they may come from its base image";
        let commit = other.commit(revision)?;
        draft.link_as(LinkClass::Guessed, key, LinkKind::BuiltFrom, &commit, reason);
    } else if let Some(commit) = draft.commit_by_id(Some(revision))? {
        let reason = "the image's label org.opencontainers.image.revision names this commit";
        draft.link(key, LinkKind::BuiltFrom, &commit, reason);
    }
    Ok(())
}

/// The publisher has an account where the package is, which need not be where its source is.
fn link_publisher(
    draft: &mut Draft,
    delivery: &Delivery<'_>,
    key: &Key,
    version: &PackageVersion,
    publisher: Option<&User>,
) -> Result<(), Stop> {
    let Some(publisher) = publisher.filter(|publisher| login(Some(publisher)).is_some()) else { return Ok(()) };
    let host = host(delivery, [version.html_url.as_deref(), publisher.html_url.as_deref()]);
    draft::Draft::person(draft, key, LinkKind::TriggeredBy, &publisher.person(&host), "published the package")?;
    Ok(())
}

/// A label of the image: by its full name among all labels, or by the short name under which GitHub repeats it.
fn label<'a>(version: &'a PackageVersion, name: &str, short_name: &str) -> Option<&'a str> {
    let labels = version.container_metadata.as_ref().and_then(|container| container.labels.as_ref())?;
    let all = labels.get("all_labels").and_then(|all| all.get(name));
    let values = [all, labels.get(short_name)];
    values.into_iter().flatten().filter_map(Value::as_str).find(|value| !value.is_empty())
}

/// The name of an image without tag, from an address such as `ghcr.io/Acme/checkout:1.4.0`; names are in lower case.
fn image_name(address: &str) -> Option<String> {
    let (image, _) = address.trim().split_once('@').unwrap_or((address.trim(), ""));
    let (path, name) = image.rsplit_once('/')?;
    let name = name.split(':').next()?;
    (!name.is_empty()).then(|| format!("{path}/{name}").to_lowercase())
}

fn shortened(digest: &str) -> String {
    let digest = digest.trim().to_ascii_lowercase();
    match digest.split_once(':') {
        Some((algorithm, hex)) => format!("{algorithm}:{}", hex.get(..SHORT_DIGEST_DIGITS).unwrap_or(hex)),
        None => digest,
    }
}
