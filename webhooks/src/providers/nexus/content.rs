//! What lies in a repository: a component is a version that is given out; only image manifests name a digest.

use throughline_domain::fact::Attribute;
use throughline_domain::key::{self, Key, KeyError};
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::NodeKind;

use super::payload::{Asset, Component, Notification};
use crate::draft::{Draft, Image, Person, by};
use crate::evidence::artifact;
use crate::members::filled;

/// The names that Nexus has for what nobody asked for begin so.
const PROGRAM_PREFIX: char = '*';

/// States the release that a component is.
///
/// # Errors
/// [`KeyError`] where its coordinates are too long.
pub(super) fn state_component(
    draft: &mut Draft,
    notification: &Notification,
    component: &Component,
) -> Result<(), KeyError> {
    let Some(package) = package(component) else { return Ok(()) };
    let version = filled(component.version.as_deref());
    let reference = match version {
        Some(version) => format!("{package}:{version}"),
        None => package.clone(),
    };
    let repository = filled(notification.repository_name.as_deref()).unwrap_or_default();
    let key = key::of_tool(NodeKind::Release, "nexus", "", &format!("{repository}/{reference}"))?;
    let action = action(notification);
    let occurred = draft.at.filter(|_| action.as_deref() == Some("created"));
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, reference.as_str())
        .with(Attribute::Reference, reference.as_str())
        .with_some(Attribute::State, action.as_deref())
        .with_some(Attribute::Category, filled(component.format.as_deref()))
        .with(Attribute::Package, package)
        .with_some(Attribute::Version, version)
        .moment(Attribute::OccurredAt, occurred)
        .named(Name::plain(&reference));
    draft.state(fact);
    state_initiator(draft, notification, &key)?;
    if let Some(action) = &action {
        let who = initiator(notification);
        draft.event(&key, None, action, who, &by(&format!("{reference} {action} in {repository}"), who));
    }
    Ok(())
}

/// States the image whose manifest an asset is; nothing of any other file, since the event does not tell its digest.
///
/// # Errors
/// [`KeyError`] where a login is too long.
pub(super) fn state_asset(draft: &mut Draft, notification: &Notification, asset: &Asset) -> Result<(), KeyError> {
    let Some((image, digest)) = filled(asset.name.as_deref()).filter(|_| is_docker(asset)).and_then(manifest) else {
        return Ok(());
    };
    let told = Image { digest: Some(digest), package: Some(image), version: None, page: None };
    let Some(artifact) = artifact::state(draft, &told) else { return Ok(()) };
    state_initiator(draft, notification, &artifact)?;
    if let Some(action) = action(notification) {
        let who = initiator(notification);
        let repository = filled(notification.repository_name.as_deref()).unwrap_or("Nexus");
        draft.event(&artifact, None, &action, who, &by(&format!("{image} {action} in {repository}"), who));
    }
    Ok(())
}

/// The login of who did it, without the address that it was done from.
pub(super) fn initiator(notification: &Notification) -> Option<&str> {
    let (login, _) = filled(notification.initiator.as_deref()).map(|who| who.split_once('/').unwrap_or((who, "")))?;
    Some(login).filter(|login| !login.is_empty())
}

/// States who did it, unless that was Nexus itself. Whoever deletes something has not set it off.
///
/// # Errors
/// [`KeyError`] where the login is too long.
pub(super) fn state_initiator(draft: &mut Draft, notification: &Notification, node: &Key) -> Result<(), KeyError> {
    let is_person = |login: &&str| !login.starts_with(PROGRAM_PREFIX) && *login != "anonymous";
    let is_deletion = action(notification).as_deref() == Some("deleted");
    let login = initiator(notification).filter(is_person).filter(|_| !is_deletion || is_change(node));
    let person = Person { provider: "nexus", host: "", login, ..Person::default() };
    draft.person(node, LinkKind::TriggeredBy, &person, "Nexus names who did it")
}

/// Whether the node is the very change, which a deletion is, too.
fn is_change(node: &Key) -> bool {
    node.kind() == NodeKind::ConfigChange
}

/// `created`, `updated` or `deleted`; no word that is none.
pub(super) fn action(notification: &Notification) -> Option<String> {
    let action = filled(notification.action.as_deref())?.to_lowercase();
    (!action.contains(char::is_whitespace)).then_some(action)
}

/// The package's name as people write it in its format.
fn package(component: &Component) -> Option<String> {
    let name = filled(component.name.as_deref())?;
    let group = filled(component.group.as_deref());
    Some(match (filled(component.format.as_deref()), group) {
        (Some("maven2"), Some(group)) => format!("{group}:{name}"),
        (Some("npm"), Some(scope)) => format!("@{}/{name}", scope.trim_start_matches('@')),
        (_, _) => name.to_owned(),
    })
}

fn is_docker(asset: &Asset) -> bool {
    filled(asset.format.as_deref()).is_none_or(|format| format == "docker")
}

/// Image and digest of `v2/acme/checkout/manifests/sha256:…`.
fn manifest(path: &str) -> Option<(&str, &str)> {
    let (image, digest) = path.trim_start_matches('/').strip_prefix("v2/")?.rsplit_once("/manifests/")?;
    key::artifact(digest).is_ok().then_some((image, digest))
}
