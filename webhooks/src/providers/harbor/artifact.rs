//! Artifacts by digest: what was pushed, pulled or deleted.

use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;

use super::payload::{EventData, Resource};
use crate::draft::{Draft, Image, Person, by};
use crate::evidence::artifact;
use crate::members::filled;
use crate::provider::ParseError;

/// The most artifacts of one notification.
pub(super) const MAX_RESOURCES: usize = 1_000;

/// Words that stand where a person or robot would, and name none.
const NOBODY: &[&str] = &["auto", "manual", "scheduled", "event_based", "harbor-jobservice", "anonymous"];

/// How the names of robot accounts begin, unless the administrator chose otherwise.
const ROBOT_PREFIX: &str = "robot$";

/// States the artifacts of a notification and what happened to them.
///
/// # Errors
/// [`ParseError::TooMany`] over [`MAX_RESOURCES`], [`ParseError::Key`] where a name is too long.
pub(super) fn state(draft: &mut Draft, data: &EventData, operator: Option<&str>, what: &str) -> Result<(), ParseError> {
    let is_push = what == "pushed";
    for resource in resources(data)? {
        let Some(key) = state_artifact(draft, resource, is_push) else { continue };
        let name = filled(resource.resource_url.as_deref()).or(filled(resource.digest.as_deref())).unwrap_or_default();
        draft.event(&key, None, what, operator, &by(&format!("{name} {what}"), operator));
        if let Some(login) = operator.filter(|login| is_push && !is_nobody(login)) {
            let person = Person {
                provider: "harbor",
                host: filled(resource.resource_url.as_deref()).and_then(host).unwrap_or_default(),
                login: Some(login),
                is_bot: login.starts_with(ROBOT_PREFIX),
                ..Person::default()
            };
            draft.person(&key, LinkKind::TriggeredBy, &person, "Harbor names who pushed it")?;
        }
    }
    Ok(())
}

/// States an artifact; `None` where it has no digest.
///
/// Only the push of a tag is stated as of its time: whatever else is told later, of an older tag perhaps or of none, must not
/// hide the tag that was pushed last.
pub(super) fn state_artifact(draft: &mut Draft, resource: &Resource, is_push: bool) -> Option<Key> {
    let version = filled(resource.tag.as_deref()).filter(|tag| !tag.contains(':'));
    let image = Image {
        digest: filled(resource.digest.as_deref()),
        package: filled(resource.resource_url.as_deref()).map(package),
        version,
        page: None,
    };
    if is_push && version.is_some() { draft.artifact(&image) } else { artifact::state(draft, &image) }
}

/// The artifacts of a notification.
///
/// # Errors
/// [`ParseError::TooMany`] over [`MAX_RESOURCES`].
pub(super) fn resources(data: &EventData) -> Result<&[Resource], ParseError> {
    let resources = data.resources.as_deref().unwrap_or_default();
    let count = resources.len();
    if count > MAX_RESOURCES {
        return Err(ParseError::TooMany { what: "artifacts", count, limit: MAX_RESOURCES });
    }
    Ok(resources)
}

/// Registry and repository of a reference, without tag and digest.
pub(super) fn package(reference: &str) -> &str {
    let name = reference.split_once('@').map_or(reference, |(name, _)| name);
    // A colon before the last slash belongs to the registry's port.
    match name.rsplit_once(':') {
        Some((package, tag)) if !tag.contains('/') => package,
        _ => name,
    }
}

/// The registry's host, without its port.
pub(super) fn host(reference: &str) -> Option<&str> {
    let (registry, _) = reference.split_once('/')?;
    registry.split(':').next()
}

fn is_nobody(login: &str) -> bool {
    NOBODY.iter().any(|word| word.eq_ignore_ascii_case(login))
}

#[cfg(test)]
mod tests {
    use super::{host, package};

    #[test]
    fn a_reference_is_cut_where_its_name_ends() {
        for (reference, name, registry) in [
            ("harbor.acme.example/pay/checkout:1.4.0", "harbor.acme.example/pay/checkout", Some("harbor.acme.example")),
            (
                "harbor.acme.example:8443/pay/checkout@sha256:ab",
                "harbor.acme.example:8443/pay/checkout",
                Some("harbor.acme.example"),
            ),
            ("checkout", "checkout", None),
        ] {
            assert_eq!(package(reference), name);
            assert_eq!(host(reference), registry);
        }
    }
}
