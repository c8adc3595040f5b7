//! A revision as Flux writes it: a commit, the digest of an OCI artifact, or the version of a chart.

/// How many digits of a commit people use.
const SHORT_DIGITS: usize = 7;

/// What a revision names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Revision<'a> {
    /// A commit, and the branch or tag that it was found by.
    Commit {
        /// The full object id.
        id: &'a str,
        /// The branch or tag.
        name: Option<&'a str>,
    },
    /// An OCI artifact, and the tag that it was found by.
    Image {
        /// `sha256:…`.
        digest: &'a str,
        /// The tag.
        tag: &'a str,
    },
    /// The version of a chart, or anything else.
    Version(&'a str),
}

impl<'a> Revision<'a> {
    /// Reads `main@sha1:…`, `sha1:…`, `main/…` (as older versions wrote it), `1.4.0@sha256:…` and `1.4.0`.
    pub(super) fn read(text: &'a str) -> Self {
        let (name, id) = match text.rsplit_once('@') {
            Some((name, id)) => (Some(name).filter(|name| !name.is_empty()), id),
            None => (None, text),
        };
        if let Some(id) = id.strip_prefix("sha1:").filter(|id| is_hex(id, 40)) {
            return Self::Commit { id, name };
        }
        // A digest without a tag may also be the checksum of a bucket, which names nothing.
        if let Some(tag) = name.filter(|_| id.strip_prefix("sha256:").is_some_and(|hex| is_hex(hex, 64))) {
            return Self::Image { digest: id, tag };
        }
        match text.rsplit_once('/') {
            Some((name, id)) if is_hex(id, 40) => Self::Commit { id, name: Some(name) },
            _ => Self::Version(text),
        }
    }

    /// The revision's own identity, in which the branch has no part.
    pub(super) fn id(&self) -> &'a str {
        match self {
            Self::Commit { id, .. } => id,
            Self::Image { digest, .. } => digest,
            Self::Version(version) => version,
        }
    }

    /// The revision as people write it.
    pub(super) fn short(&self) -> &'a str {
        match self {
            Self::Commit { id, .. } => id.get(..SHORT_DIGITS).unwrap_or(id),
            Self::Image { tag, .. } => tag,
            Self::Version(version) => version,
        }
    }
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::Revision;

    #[test]
    fn every_way_of_writing_is_read() {
        let id = "731f7eaddfb6af01cb2173e18f0f75b0ba780ef1";
        let digest = format!("sha256:{}", "ab".repeat(32));
        let image = format!("1.4.0@{digest}");
        for (text, expected) in [
            (format!("main@sha1:{id}"), Revision::Commit { id, name: Some("main") }),
            (format!("refs/tags/v1.4.0@sha1:{id}"), Revision::Commit { id, name: Some("refs/tags/v1.4.0") }),
            (format!("sha1:{id}"), Revision::Commit { id, name: None }),
            (format!("team/main/{id}"), Revision::Commit { id, name: Some("team/main") }),
            (image.clone(), Revision::Image { digest: &digest, tag: "1.4.0" }),
            (digest.clone(), Revision::Version(&digest)),
            ("6.5.0".to_owned(), Revision::Version("6.5.0")),
            ("main@sha1:731f7ea".to_owned(), Revision::Version("main@sha1:731f7ea")),
        ] {
            assert_eq!(Revision::read(&text), expected, "{text}");
        }
        assert_eq!(Revision::read(&image).short(), "1.4.0");
        assert_eq!(Revision::read(id).short(), id);
    }
}
