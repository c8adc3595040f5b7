//! `package`: container images, known by their digest.

use throughline_domain::link::LinkKind;

use crate::code_host::nothing;
use crate::draft::{Image, by};
use crate::members::filled;
use crate::provider::{Content, ParseError};

use super::reading::{Reading, called};

/// Reads a version of a package. Only containers that were pushed without a tag bear their digest as version.
pub(super) fn read(mut reading: Reading<'_>) -> Result<Content, ParseError> {
    let Some(package) = &reading.body.package else { return nothing("the body holds no package") };
    if reading.body.action.as_deref() == Some("deleted") {
        return nothing("the package was deleted; what was known of it stays");
    }
    let digest = package.version.as_deref().filter(|version| version.starts_with("sha256:"));
    let Some(digest) = digest else {
        return nothing("the package is known by name and version only, and an artifact by its content's digest");
    };
    reading.draft.at = package.created_at;
    let owner = called(package.owner.as_ref());
    let name = filled(package.name.as_deref()).zip(owner);
    let name = name.map(|(name, owner)| format!("{}/{owner}/{name}", reading.repository.host()).to_lowercase());
    let image = Image {
        digest: Some(digest),
        package: name.as_deref().filter(|_| package.kind.as_deref() == Some("container")),
        version: None,
        page: package.html_url.as_deref(),
    };
    let Some(key) = reading.draft.artifact(&image) else { return nothing("the package's digest cannot be read") };
    reading.draft.place(&key, &reading.repository)?;
    let pusher = package.creator.as_ref().or(reading.body.sender.as_ref());
    reading.person(&key, LinkKind::TriggeredBy, pusher, "pushed the package")?;
    let actor = called(pusher);
    reading.draft.event(&key, package.created_at, "published", actor, &by("Package published", actor));
    reading.finish()
}
