//! How an artifact is written: as a package URL, as an image reference with a digest, or as a bare digest.

use percent_encoding::percent_decode_str;
use throughline_domain::key;

/// What the writing says of the artifact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ArtifactId {
    /// `sha256:…` or `sha512:…`, checked, in lower case.
    pub(super) digest: Option<String>,
    /// The last segment of its name: `checkout`.
    pub(super) name: Option<String>,
    /// The image's repository (`ghcr.io/acme/checkout`) or the package URL without its version.
    pub(super) package: Option<String>,
    /// The tag of an image, the version of a package.
    pub(super) version: Option<String>,
    /// The image reference with its tag: `ghcr.io/acme/checkout:1.4.0`.
    pub(super) image: Option<String>,
}

impl ArtifactId {
    /// Reads any of the forms; what is none of them is taken as the name of a package.
    pub(super) fn parse(text: &str) -> Self {
        let text = text.trim();
        match text.strip_prefix("pkg:") {
            Some(purl) => Self::from_purl(purl.trim_start_matches('/')),
            None => Self::from_reference(text),
        }
    }

    /// What people call it: `checkout:1.4.0`, else the name.
    pub(super) fn title(&self) -> Option<String> {
        let name = self.name.as_deref()?;
        Some(match self.version.as_deref() {
            Some(version) => format!("{name}:{version}"),
            None => name.to_owned(),
        })
    }

    fn from_purl(purl: &str) -> Self {
        let purl = purl.split_once('#').map_or(purl, |(purl, _)| purl);
        let (path, qualifiers) = purl.split_once('?').unwrap_or((purl, ""));
        let (path, version) = match path.rsplit_once('@') {
            Some((path, version)) if !version.contains('/') => (path, Some(decode(version))),
            _ => (path, None),
        };
        let qualifier = |name: &str| {
            let mut pairs = qualifiers.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(key, _)| *key == name).map(|(_, value)| decode(value)).filter(|value| !value.is_empty())
        };
        let checksum = qualifier("checksum").and_then(|sums| sums.split(',').find_map(digest));
        let digest = version.as_deref().and_then(digest).or(checksum);
        let tag = qualifier("tag").or_else(|| version.filter(|version| !version.contains(':')));
        let (kind, full_name) = path.split_once('/').unwrap_or(("", path));
        let full_name = decode(full_name);
        let repository = qualifier("repository_url").map(|url| image_repository(&url, &full_name));
        let is_image = matches!(kind, "oci" | "docker");
        let image = match (&repository, &tag) {
            (Some(repository), Some(tag)) if is_image => Some(format!("{repository}:{tag}")),
            _ => None,
        };
        Self {
            digest,
            name: last_segment(&full_name),
            package: repository.or_else(|| Some(format!("pkg:{path}"))),
            version: tag,
            image,
        }
    }

    fn from_reference(text: &str) -> Self {
        if let Some(digest) = digest(text) {
            return Self { digest: Some(digest), ..Self::default() };
        }
        let (image, digest) = match text.rsplit_once('@') {
            Some((image, written)) => (image, digest(written)),
            None => (text, None),
        };
        let (package, tag) = match image.rsplit_once(':') {
            Some((package, tag)) if !tag.contains('/') => (package, Some(tag.to_owned())),
            _ => (image, None),
        };
        Self {
            image: if digest.is_some() && tag.is_some() { Some(image.to_owned()) } else { None },
            digest,
            name: last_segment(package),
            package: Some(package.to_owned()).filter(|package| !package.is_empty()),
            version: tag,
        }
    }
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// A digest that can be an artifact's key, in lower case.
fn digest(text: &str) -> Option<String> {
    key::artifact(text).ok().map(|key| key.parts().resource)
}

fn last_segment(name: &str) -> Option<String> {
    name.rsplit('/').next().filter(|segment| !segment.is_empty()).map(str::to_owned)
}

/// The repository of an image; some senders give the registry alone, and the name in the path.
fn image_repository(url: &str, full_name: &str) -> String {
    let url = url.split_once("://").map_or(url, |(_, rest)| rest).trim_end_matches('/');
    let ends_in_name = last_segment(full_name).is_some_and(|name| url.ends_with(&format!("/{name}")));
    if ends_in_name { url.to_owned() } else { format!("{url}/{full_name}") }
}

#[cfg(test)]
mod tests {
    use super::ArtifactId;

    const HEX: &str = "0b31b1c02ff458ad9b7b81cbdf8f028bd54699fa151f221d1e8de6817db93427";

    #[test]
    fn reads_every_form() {
        let full = ArtifactId {
            digest: Some(format!("sha256:{HEX}")),
            name: Some("checkout".into()),
            package: Some("ghcr.io/acme/checkout".into()),
            version: Some("1.4.0".into()),
            image: Some("ghcr.io/acme/checkout:1.4.0".into()),
        };
        for text in [
            format!("pkg:oci/checkout@sha256%3A{HEX}?repository_url=ghcr.io/acme/checkout&tag=1.4.0"),
            format!("pkg:oci/checkout@sha256:{HEX}?tag=1.4.0&repository_url=https%3A%2F%2Fghcr.io/acme/checkout"),
            format!("pkg:docker/acme/checkout@sha256%3A{}?repository_url=ghcr.io&tag=1.4.0", HEX.to_uppercase()),
            format!("ghcr.io/acme/checkout:1.4.0@sha256:{HEX}"),
        ] {
            assert_eq!(ArtifactId::parse(&text), full, "{text}");
        }
        assert_eq!(full.title().as_deref(), Some("checkout:1.4.0"));
        let bare = ArtifactId::parse(&format!("sha256:{HEX}"));
        assert_eq!(bare, ArtifactId { digest: Some(format!("sha256:{HEX}")), ..ArtifactId::default() });
    }

    #[test]
    fn a_package_is_known_by_a_checksum_or_not_at_all() {
        let module = ArtifactId::parse("pkg:golang/git.acme.example/acme/checkout@v1.4.0");
        assert_eq!(module.digest, None);
        assert_eq!(module.package.as_deref(), Some("pkg:golang/git.acme.example/acme/checkout"));
        assert_eq!(module.title().as_deref(), Some("checkout:v1.4.0"));
        let archive = ArtifactId::parse(&format!("pkg:generic/checkout@1.4.0?checksum=md5:1,sha256:{HEX}"));
        assert_eq!(archive.digest, Some(format!("sha256:{HEX}")));
        assert_eq!(archive.version.as_deref(), Some("1.4.0"));
        assert_eq!(ArtifactId::parse("pkg:oci/checkout@sha256%3Aabc").digest, None);
        assert_eq!(ArtifactId::parse("").title(), None);
    }
}
