//! Package URLs of artifacts, and the addresses of the things that a subject refers to.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use throughline_domain::fact::Attribute;
use throughline_domain::key::Key;
use throughline_domain::node::NodeKind;

use super::view::View;

/// What is encoded within a segment or a value.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What is encoded where slashes and colons have their meaning: paths, hosts with a port, image repositories.
const PATH: &AsciiSet = &SEGMENT.remove(b'/').remove(b':');

/// What is encoded in a package URL that a tool has written.
const PURL: &AsciiSet = &PATH.remove(b'@').remove(b'%').remove(b'+');

/// What an artifact or package is called of which no name is known.
const UNNAMED: &str = "artifact";

/// The package URL of an artifact: with its digest, which is what it is known by. `None` where its key holds none.
pub(super) fn artifact<'f>(view: &View<'f>, key: &'f Key) -> Option<String> {
    let digest = key.parts().resource;
    if !digest.starts_with("sha256:") && !digest.starts_with("sha512:") {
        return None;
    }
    let digest = utf8_percent_encode(&digest, SEGMENT).to_string();
    let version = view.said(key, Attribute::Version).map(|version| utf8_percent_encode(version, SEGMENT).to_string());
    let tag = version.as_deref().map(|version| format!("&tag={version}")).unwrap_or_default();
    Some(match view.said(key, Attribute::Package) {
        Some(package) if package.starts_with("pkg:") => {
            let package = package.split(['?', '#']).next().unwrap_or(package);
            let package = utf8_percent_encode(package, PURL);
            let version = version.map(|version| format!("@{version}")).unwrap_or_default();
            format!("{package}{version}?checksum={digest}")
        }
        Some(image) => {
            let name = utf8_percent_encode(image.rsplit('/').next().unwrap_or(image), SEGMENT);
            format!("pkg:oci/{name}@{digest}?repository_url={}{tag}", utf8_percent_encode(image, PATH))
        }
        None => {
            let title = view.said(key, Attribute::Title).unwrap_or(UNNAMED);
            let name = title.split([':', '@']).next().filter(|name| !name.is_empty() && !name.starts_with("sha"));
            format!("pkg:generic/{}?checksum={digest}", utf8_percent_encode(name.unwrap_or(UNNAMED), SEGMENT))
        }
    })
}

/// The package URL of something that is known by the name of its service alone, or by the commit that it is.
pub(super) fn of_service(service: &str, commit: Option<&Key>) -> String {
    let source = commit.and_then(|commit| Some((repository(commit)?, commit.parts().resource)));
    let source = source.map(|(repository, commit)| {
        let Reference { id, source } = repository;
        let address = format!("git+{source}/{id}@{commit}");
        format!("?vcs_url={}", utf8_percent_encode(&address, SEGMENT))
    });
    format!("pkg:generic/{}{}", utf8_percent_encode(service, SEGMENT), source.unwrap_or_default())
}

/// How CDEvents refers to something: by its id, and by where that id counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    /// `acme/checkout`.
    pub(super) id: String,
    /// `https://github.com`.
    pub(super) source: String,
}

impl Reference {
    /// The whole address: `https://github.com/acme/checkout`.
    pub(super) fn address(&self) -> String {
        format!("{}/{}", self.source, self.id)
    }
}

/// The repository that a key is of, or that it lies in by its own place; `None` where it lies in none.
pub(super) fn repository(key: &Key) -> Option<Reference> {
    let parts = key.parts();
    let last = if key.kind() == NodeKind::Repository { &parts.resource } else { &parts.groups };
    if parts.provider_id.is_empty() || last.is_empty() {
        return None;
    }
    let path = if parts.namespace.is_empty() { last.clone() } else { format!("{}/{last}", parts.namespace) };
    let source = format!("https://{}", utf8_percent_encode(&parts.provider_id, PATH));
    Some(Reference { id: path, source })
}

/// Where the id of a tool's thing counts: its installation and the project there, or just the tool's name.
pub(super) fn place(key: &Key) -> String {
    let parts = key.parts();
    if parts.provider_id.is_empty() {
        return format!("/{}", utf8_percent_encode(&parts.provider, SEGMENT));
    }
    let path = [parts.namespace, parts.groups].into_iter().filter(|part| !part.is_empty());
    let path: String = path.map(|part| format!("/{}", utf8_percent_encode(&part, PATH))).collect();
    format!("https://{}{path}", utf8_percent_encode(&parts.provider_id, PATH))
}
