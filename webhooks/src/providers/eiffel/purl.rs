//! What the identity of an artifact, a package URL, says of it.

use percent_encoding::percent_decode_str;
use throughline_domain::key;

/// A package URL, as far as it is read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Purl {
    /// The whole without version, qualifiers and path: `pkg:maven/com.acme/checkout`.
    pub(super) package: String,
    /// The last part of the name: `checkout`.
    pub(super) name: String,
    /// The version, where it is no digest.
    pub(super) version: Option<String>,
    /// `sha256:…` or `sha512:…`, as version or as checksum.
    pub(super) digest: Option<String>,
}

impl Purl {
    /// Reads a package URL; of any other text the whole is the name.
    pub(super) fn parse(text: &str) -> Self {
        let text = text.trim();
        let (text, _) = text.split_once('#').unwrap_or((text, ""));
        let (path, qualifiers) = text.split_once('?').unwrap_or((text, ""));
        let (package, version) = match path.rsplit_once('@') {
            Some((package, version)) if !version.contains('/') => (package, Some(decode(version))),
            _ => (path, None),
        };
        let mut pairs = qualifiers.split('&').filter_map(|pair| pair.split_once('='));
        let checksums = pairs.find(|(name, _)| *name == "checksum").map(|(_, value)| decode(value)).unwrap_or_default();
        let is_digest = |text: &&str| key::artifact(text).is_ok();
        let digest = version.as_deref().filter(is_digest).or_else(|| checksums.split(',').find(is_digest));
        let digest = digest.map(str::to_ascii_lowercase);
        Self {
            package: package.to_owned(),
            name: decode(package.rsplit('/').next().unwrap_or(package)),
            version: version.filter(|version| key::artifact(version).is_err() && !version.is_empty()),
            digest,
        }
    }

    /// What people call it: `checkout:1.4.0`.
    pub(super) fn title(&self) -> String {
        match self.version.as_deref() {
            Some(version) => format!("{}:{version}", self.name),
            None => self.name.clone(),
        }
    }
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::Purl;

    #[test]
    fn reads_name_version_and_digest() {
        let jar = Purl::parse("pkg:maven/com.acme.shop/checkout@1.4.0");
        assert_eq!(jar.package, "pkg:maven/com.acme.shop/checkout");
        assert_eq!((jar.title().as_str(), jar.digest), ("checkout:1.4.0", None));
        let hex = "ab".repeat(32);
        let digest = Some(format!("sha256:{hex}"));
        let image = Purl::parse(&format!("pkg:oci/checkout@sha256%3A{hex}?repository_url=ghcr.io/acme"));
        assert_eq!((image.title().as_str(), image.digest), ("checkout", digest.clone()));
        let archive = Purl::parse(&format!("pkg:generic/checkout@1.4.0?checksum=md5:1,sha256:{hex}#src"));
        assert_eq!((archive.version.as_deref(), archive.digest), (Some("1.4.0"), digest));
        assert_eq!(Purl::parse("checkout").title(), "checkout");
    }
}
