//! How an artifact is written: an image reference, a package URL, or a bare digest.

use percent_encoding::percent_decode_str;
use throughline_domain::key::{self, Key};

use crate::draft::{Draft, Image};

/// The schemes that some tools write before an image's reference.
const SCHEMES: &[&str] = &["docker-pullable://", "docker://", "oci://", "containerd://", "https://"];

/// What a writing says of an artifact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reference {
    /// `sha256:…` or `sha512:…`, checked, in lower case.
    pub digest: Option<String>,
    /// Registry and repository of an image, or the package URL without version and qualifiers.
    pub package: Option<String>,
    /// The tag or version.
    pub version: Option<String>,
    /// Whether it is written as an image: by a reference, or by a package URL of a container's type.
    pub is_image: bool,
}

impl Reference {
    /// Reads any of the forms; what is none of them is taken as the name of a package.
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        match text.strip_prefix("pkg:") {
            Some(purl) => Self::of_purl(purl.trim_start_matches('/')),
            None => Self::of_image(text),
        }
    }

    /// States the artifact, and gives its node; `None` without a digest.
    pub fn state(&self, draft: &mut Draft) -> Option<Key> {
        state(
            draft,
            &Image {
                digest: self.digest.as_deref(),
                package: self.package.as_deref(),
                version: self.version.as_deref(),
                page: None,
            },
        )
    }

    fn of_image(text: &str) -> Self {
        if let Some(digest) = digest(text) {
            return Self { digest: Some(digest), ..Self::default() };
        }
        let text = SCHEMES.iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or(text);
        let (name, written) = text.split_once('@').map_or((text, None), |(name, written)| (name, Some(written)));
        // A colon before the last slash belongs to the registry's port.
        let (package, version) = match name.rsplit_once(':') {
            Some((package, tag)) if !tag.contains('/') && !tag.is_empty() => (package, Some(tag.to_owned())),
            Some(_) | None => (name, None),
        };
        Self {
            digest: written.and_then(digest),
            package: Some(package.to_owned()).filter(|package| !package.is_empty()),
            version,
            is_image: true,
        }
    }

    fn of_purl(purl: &str) -> Self {
        let purl = purl.split_once('#').map_or(purl, |(purl, _)| purl);
        let (path, qualifiers) = purl.split_once('?').unwrap_or((purl, ""));
        // A scope that is not encoded (`@acme/checkout`) stands before a slash, a version never does.
        let (path, version) = match path.rsplit_once('@') {
            Some((path, version)) if !version.contains('/') => (path, Some(decode(version))),
            Some(_) | None => (path, None),
        };
        let (kind, name) = path.split_once('/').unwrap_or(("", path));
        let is_image = matches!(kind, "oci" | "docker");
        let checksum = qualifier(qualifiers, "checksum").and_then(|sums| sums.split(',').find_map(digest));
        let of_version = version.as_deref().and_then(digest);
        let of_qualifier = qualifier(qualifiers, "digest").and_then(|written| digest(&written));
        let tag = qualifier(qualifiers, "tag").or(version.filter(|version| !version.contains(':')));
        let package = match qualifier(qualifiers, "repository_url").filter(|_| is_image) {
            Some(registry) => image_repository(&registry, &decode(name)),
            None => format!("pkg:{path}"),
        };
        Self { digest: of_version.or(of_qualifier).or(checksum), package: Some(package), version: tag, is_image }
    }
}

/// States an artifact that a piece of evidence speaks of, and gives its node; `None` without a digest.
///
/// What it is called is stated without a time, so that it gives way to whatever the artifact's registry says.
pub fn state(draft: &mut Draft, image: &Image<'_>) -> Option<Key> {
    let at = draft.at.take();
    let key = draft.artifact(image);
    draft.at = at;
    key
}

/// A digest that can be an artifact's key, in lower case.
pub fn digest(text: &str) -> Option<String> {
    key::artifact(text).ok().map(|key| key.parts().resource)
}

/// A hash with the name of its algorithm beside it (`SHA-256`, `sha256`) as a digest.
pub fn hash(algorithm: &str, value: &str) -> Option<String> {
    let algorithm = algorithm.replace(['-', '_'], "").to_ascii_lowercase();
    digest(&format!("{algorithm}:{}", value.trim()))
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn qualifier(qualifiers: &str, name: &str) -> Option<String> {
    let mut pairs = qualifiers.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| decode(value)).filter(|value| !value.is_empty())
}

/// The repository of an image; some senders give the registry alone, and the name in the path.
fn image_repository(registry: &str, name: &str) -> String {
    let registry = registry.split_once("://").map_or(registry, |(_, rest)| rest).trim_end_matches('/');
    let last = name.rsplit('/').next().unwrap_or(name);
    if registry.ends_with(&format!("/{last}")) { registry.to_owned() } else { format!("{registry}/{name}") }
}

#[cfg(test)]
mod tests {
    use super::{Reference, hash};

    const HEX: &str = "0b31b1c02ff458ad9b7b81cbdf8f028bd54699fa151f221d1e8de6817db93427";

    fn summary(text: &str) -> String {
        let Reference { digest, package, version, is_image } = Reference::parse(text);
        let shown = |value: Option<String>| value.map_or("-".to_owned(), |value| value.replace(HEX, "HEX"));
        format!("{} {} {} {is_image}", shown(package), shown(version), shown(digest))
    }

    #[test]
    fn reads_every_form() {
        for (text, expected) in [
            (format!("sha256:{HEX}"), "- - sha256:HEX false"),
            (format!("SHA256:{}", HEX.to_uppercase()), "- - sha256:HEX false"),
            (format!("ghcr.io/acme/checkout:1.4.0@sha256:{HEX}"), "ghcr.io/acme/checkout 1.4.0 sha256:HEX true"),
            (
                format!("docker-pullable://ghcr.io/acme/checkout@sha256:{HEX}"),
                "ghcr.io/acme/checkout - sha256:HEX true",
            ),
            ("registry.acme.example:5000/checkout".to_owned(), "registry.acme.example:5000/checkout - - true"),
            ("registry.acme.example:5000/checkout:1".to_owned(), "registry.acme.example:5000/checkout 1 - true"),
            ("checkout@sha256:12".to_owned(), "checkout - - true"),
            (
                format!("pkg:oci/checkout@sha256%3A{HEX}?repository_url=ghcr.io/acme/checkout&tag=1.4.0"),
                "ghcr.io/acme/checkout 1.4.0 sha256:HEX true",
            ),
            (
                format!("pkg:docker/acme/checkout@1.4.0?digest=sha256:{HEX}&repository_url=https://ghcr.io"),
                "ghcr.io/acme/checkout 1.4.0 sha256:HEX true",
            ),
            ("pkg:npm/%40acme/checkout@1.4.0".to_owned(), "pkg:npm/%40acme/checkout 1.4.0 - false"),
            ("pkg:npm/@acme/checkout".to_owned(), "pkg:npm/@acme/checkout - - false"),
            (
                format!("pkg:generic/checkout@1.4.0?checksum=md5:1,sha256:{HEX}"),
                "pkg:generic/checkout 1.4.0 sha256:HEX false",
            ),
            (String::new(), "- - - true"),
            ("@".to_owned(), "- - - true"),
        ] {
            assert_eq!(summary(&text), expected, "{text}");
        }
    }

    #[test]
    fn hashes_carry_their_algorithm_beside_them() {
        let expected = Some(format!("sha256:{HEX}"));
        assert_eq!(hash("SHA-256", HEX), expected);
        assert_eq!(hash("sha256", &format!(" {HEX} ")), expected);
        assert_eq!(hash("MD5", HEX), None);
        assert_eq!(hash("SHA-256", "4faeb1b2..."), None);
    }
}
