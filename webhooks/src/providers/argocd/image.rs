//! Image references, and which of them a sync operation brought.

use std::collections::BTreeSet;

use throughline_domain::key::{self, Key};
use throughline_domain::link::LinkClass;

/// An image reference in its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image<'a> {
    /// Registry and path: `ghcr.io/acme/checkout`.
    pub package: &'a str,
    /// The tag.
    pub tag: Option<&'a str>,
    /// The digest.
    pub digest: Option<&'a str>,
}

impl<'a> Image<'a> {
    /// Reads `package[:tag][@digest]`; `None` where there is no package.
    pub fn parse(reference: &'a str) -> Option<Self> {
        let (name, digest) = match reference.trim().split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (reference.trim(), None),
        };
        // A colon before the last slash belongs to the registry's port.
        let (package, tag) = match name.rsplit_once(':') {
            Some((package, tag)) if !tag.contains('/') => (package, Some(tag)),
            _ => (name, None),
        };
        if package.is_empty() { None } else { Some(Self { package, tag, digest }) }
    }

    /// The artifact's node; `None` without a digest, since a tag may move.
    pub fn artifact(&self) -> Option<Key> {
        key::artifact(self.digest?).ok()
    }

    /// The reference without the digest.
    pub fn tagged(&self) -> String {
        match self.tag {
            Some(tag) => format!("{}:{tag}", self.package),
            None => self.package.to_owned(),
        }
    }
}

/// An image with how sure it is that the operation brought it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Brought<'a> {
    /// The image.
    pub image: Image<'a>,
    /// How sure.
    pub class: LinkClass,
    /// Why.
    pub reason: &'static str,
}

/// The images that an operation brought.
///
/// `applied` are those of the applied resources, which only newer versions of Argo CD list; `running` those of all live
/// resources. A rollout keeps the outgoing image among the latter for a while, so what runs counts only where nothing
/// was applied in its place, and is a guess where the application is not healthy or lists the package twice.
pub fn brought<'a>(applied: &[&'a str], running: &[&'a str], healthy: bool) -> Vec<Brought<'a>> {
    let applied = images(applied);
    let others: Vec<Image<'a>> = images(running)
        .into_iter()
        .filter(|image| !applied.iter().any(|applied| applied.package == image.package))
        .collect();
    let guess = |image: &Image<'a>| -> Option<&'static str> {
        if others.iter().filter(|other| other.package == image.package).count() > 1 {
            return Some("it is one of several versions of this image that run");
        }
        (!healthy).then_some("it runs, though the application is not healthy yet and may still run what was before")
    };
    let sure = applied.iter().map(|image| Brought {
        image: *image,
        class: LinkClass::Asserted,
        reason: "Argo CD applied a resource of this image",
    });
    let live = others.iter().map(|image| match guess(image) {
        Some(reason) => Brought { image: *image, class: LinkClass::Guessed, reason },
        None => Brought { image: *image, class: LinkClass::Asserted, reason: "Argo CD lists the image as running" },
    });
    sure.chain(live).collect()
}

/// The distinct images of some references, in order of text.
fn images<'a>(references: &[&'a str]) -> Vec<Image<'a>> {
    let distinct: BTreeSet<&'a str> = references.iter().copied().collect();
    distinct.into_iter().filter_map(Image::parse).collect()
}

#[cfg(test)]
mod tests {
    use throughline_domain::link::LinkClass;

    use super::{Image, brought};

    #[test]
    fn a_reference_has_three_parts() {
        let digest = "sha256:7f1c1c2b3d4e5f60718293a4b5c6d7e8f90123456789abcdef0123456789abcd";
        let whole = format!("ghcr.io/acme/checkout:1.4.0@{digest}");
        let cases = [
            (whole.as_str(), Some(("ghcr.io/acme/checkout", Some("1.4.0"), Some(digest)))),
            ("ghcr.io/acme/checkout", Some(("ghcr.io/acme/checkout", None, None))),
            ("registry.acme.example:5000/checkout", Some(("registry.acme.example:5000/checkout", None, None))),
            ("registry.acme.example:5000/checkout:2", Some(("registry.acme.example:5000/checkout", Some("2"), None))),
            ("redis:7", Some(("redis", Some("7"), None))),
            ("checkout@sha256:12", Some(("checkout", None, Some("sha256:12")))),
            ("", None),
            (":1@", None),
        ];
        for (reference, expected) in cases {
            let found = Image::parse(reference).map(|image| (image.package, image.tag, image.digest));
            assert_eq!(found, expected, "{reference}");
        }
        assert!(Image::parse(&whole).unwrap().artifact().is_some());
        assert_eq!(Image::parse("checkout@sha256:12").unwrap().artifact(), None);
    }

    #[test]
    fn what_was_applied_outranks_what_still_runs() {
        let classes = |applied: &[&str], running: &[&str], healthy| -> Vec<(String, LinkClass)> {
            brought(applied, running, healthy).into_iter().map(|one| (one.image.tagged(), one.class)).collect()
        };
        let sure = |name: &str| (name.to_owned(), LinkClass::Asserted);
        let guess = |name: &str| (name.to_owned(), LinkClass::Guessed);
        assert_eq!(classes(&["a:2"], &["a:1", "a:2", "b:1"], true), [sure("a:2"), sure("b:1")]);
        assert_eq!(classes(&[], &["a:1", "a:2", "b:1"], true), [guess("a:1"), guess("a:2"), sure("b:1")]);
        assert_eq!(classes(&["a:2", "a:2"], &["b:1"], false), [sure("a:2"), guess("b:1")]);
    }
}
