//! Files and images by digest, and builds by name and number.

use throughline_domain::fact::Attribute;
use throughline_domain::key::{self, Key, KeyError};
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::NodeKind;

use super::payload::Data;
use crate::draft::{Draft, Image, Person};
use crate::members::{filled, time};

/// Names of files that only describe or secure others.
const SERVING_NAMES: &[&str] = &["maven-metadata.xml", "_uploads", "repository.catalog"];

/// How the names of such files end.
const SERVING_ENDS: &[&str] = &[".md5", ".sha1", ".sha256", ".sha512", ".asc", ".sig"];

/// How the name of an image's layer begins.
const LAYER_PREFIX: &str = "sha256__";

/// States the artifact that a file is.
///
/// # Errors
/// [`KeyError`] where a login is too long.
pub(super) fn state_file(draft: &mut Draft, data: &Data, host: &str, user: Option<&str>) -> Result<(), KeyError> {
    let path = filled(data.path.as_deref());
    let name = filled(data.name.as_deref()).or(path).unwrap_or_default();
    if serves_others(name) {
        return Ok(());
    }
    let (repository, target) = (filled(data.repo_key.as_deref()), filled(data.target_repo_path.as_deref()));
    // Of a file that was moved or copied the target is where it can be found; it may be a repository or a whole path.
    let place = match (target, repository, path) {
        (Some(target), _, _) if target.contains('/') => Some(target.to_owned()),
        (Some(repository), _, Some(path)) | (None, Some(repository), Some(path)) => {
            Some(format!("{repository}/{path}"))
        }
        (_, _, path) => path.map(str::to_owned),
    };
    let package = place.map(|place| on(host, &place));
    let image = Image { digest: None, package: package.as_deref(), version: None, page: None };
    state_artifact(draft, data, &image, host, user)
}

/// States the artifact that an image is, with its tag.
///
/// # Errors
/// As [`state_file`].
pub(super) fn state_image(draft: &mut Draft, data: &Data, host: &str, user: Option<&str>) -> Result<(), KeyError> {
    let parts = [filled(data.repo_key.as_deref()), filled(data.image_name.as_deref())];
    let place = parts.into_iter().flatten().collect::<Vec<_>>().join("/");
    let package = on(host, &place);
    let image = Image { digest: None, package: Some(&package), version: filled(data.tag.as_deref()), page: None };
    state_artifact(draft, data, &image, host, user)
}

/// States a build; Artifactory knows it by the name and number that the build tool gave. It has no state: of two that are
/// told without a time, as Artifactory does, neither is the newer.
///
/// # Errors
/// [`KeyError`] where the name is too long.
pub(super) fn state_build(draft: &mut Draft, data: &Data, host: &str) -> Result<(), KeyError> {
    let (Some(name), Some(number)) = (filled(data.build_name.as_deref()), filled(data.build_number.as_deref())) else {
        return Ok(());
    };
    let key = key::of_tool(NodeKind::Build, "artifactory", host, &format!("{name}/{number}"))?;
    let reference = format!("{name} #{number}");
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, reference.as_str())
        .with(Attribute::Reference, reference.as_str())
        .moment(Attribute::StartedAt, time(data.build_started.as_deref()))
        .named(Name::plain(&reference));
    draft.state(fact);
    Ok(())
}

fn state_artifact(
    draft: &mut Draft,
    data: &Data,
    image: &Image<'_>,
    host: &str,
    user: Option<&str>,
) -> Result<(), KeyError> {
    let Some(digits) = filled(data.sha256.as_deref()) else { return Ok(()) };
    let digest = format!("sha256:{digits}");
    let Some(artifact) = draft.artifact(&Image { digest: Some(&digest), ..*image }) else { return Ok(()) };
    state_user(draft, &artifact, host, user)
}

fn state_user(draft: &mut Draft, node: &Key, host: &str, user: Option<&str>) -> Result<(), KeyError> {
    let login = user.filter(|login| !matches!(*login, "anonymous" | "_internal" | "_system_"));
    let person = Person { provider: "artifactory", host, login, ..Person::default() };
    draft.person(node, LinkKind::TriggeredBy, &person, "Artifactory names who did it")
}

fn serves_others(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name);
    name.starts_with(LAYER_PREFIX)
        || SERVING_NAMES.contains(&name)
        || SERVING_ENDS.iter().any(|end| name.ends_with(end))
}

fn on(host: &str, place: &str) -> String {
    let place = place.trim_start_matches('/');
    if host.is_empty() { place.to_owned() } else { format!("{host}/{place}") }
}
