//! Names: what people and texts call a node, when they do not use its key.
//!
//! A name is `scheme:value`. Facts announce the names of their nodes; references wait for a name; the resolver looks
//! names up. One node may have many names. A name that several nodes claim resolves to none of them by itself: the
//! resolver lists the candidates, and no link is made.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::repository::Repository;

/// The longest name that is kept, in bytes; longer ones are cut at a character, on both sides of every comparison.
pub const MAX_NAME_BYTES: usize = 512;

/// What a node is called, in a normal form that compares by text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Name(String);

impl Name {
    /// The node's page in its tool. Scheme and fragment are dropped, the host is written in lower case, a slash at the end is dropped.
    ///
    /// `None` where the text is not an `http` or `https` address.
    pub fn url(address: &str) -> Option<Self> {
        let url = Url::parse(address.trim()).ok()?;
        if !matches!(url.scheme(), "http" | "https") {
            return None;
        }
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let path = url.path().trim_end_matches('/');
        Some(Self::cut("url", &format!("{}{port}{path}{query}", url.host_str()?)))
    }

    /// A numbered thing of a repository, as people write it: `acme/checkout#42`.
    ///
    /// Changes and tickets share the numbers of a repository on some hosts; the two never collide there.
    pub fn number(repository: &Repository, number: u64) -> Self {
        Self::cut("number", &format!("{}/{}#{number}", repository.host(), repository.path()))
    }

    /// A ticket by its tracker's key, in upper case: `PAY-12`.
    pub fn ticket(key: &str) -> Self {
        Self::cut("ticket", &key.trim().to_uppercase())
    }

    /// A tracker's project, in upper case: `PAY`. Announced with the key of a ticket of that project, of which only the
    /// resource id differs from ticket to ticket; see [`crate::fact::Announcement`].
    pub fn ticket_project(project: &str) -> Self {
        Self::cut("ticket-project", &project.trim().to_uppercase())
    }

    /// A commit by its full object id.
    pub fn commit(sha: &str) -> Self {
        Self::cut("commit", &sha.to_ascii_lowercase())
    }

    /// An artifact by digest (`sha256:…`).
    pub fn digest(digest: &str) -> Self {
        Self::cut("digest", &digest.to_ascii_lowercase())
    }

    /// An artifact by image reference, tag included: `ghcr.io/acme/checkout:1.4.0`.
    pub fn image(reference: &str) -> Self {
        Self::cut("image", reference.trim())
    }

    /// An alert by its fingerprint.
    pub fn fingerprint(fingerprint: &str) -> Self {
        Self::cut("fingerprint", &fingerprint.to_ascii_lowercase())
    }

    /// Whatever else people call it: a service's, environment's, rule's or document's plain name, in lower case.
    pub fn plain(name: &str) -> Self {
        Self::cut("name", &name.trim().to_lowercase())
    }

    /// Reads a stored name back; the text is taken as it is.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The name's text, scheme first.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part behind the scheme.
    pub fn value(&self) -> &str {
        self.0.split_once(':').map_or(self.0.as_str(), |(_, value)| value)
    }

    fn cut(scheme: &str, value: &str) -> Self {
        // PostgreSQL cannot hold a NUL; written here, the name is the same in memory and in every table.
        let mut text = format!("{scheme}:{}", value.replace('\0', "\u{fffd}"));
        text.truncate(text.floor_char_boundary(MAX_NAME_BYTES));
        Self(text)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_NAME_BYTES, Name};

    #[test]
    fn an_address_has_one_form() {
        let expected = Name::url("https://github.com/acme/checkout/pull/42").unwrap();
        for address in [
            "http://GitHub.com/acme/checkout/pull/42/",
            "https://github.com/acme/checkout/pull/42#issuecomment-1",
            " https://github.com:443/acme/checkout/pull/42 ",
        ] {
            assert_eq!(Name::url(address), Some(expected.clone()), "{address}");
        }
        assert_eq!(Name::url("mailto:ada@acme.example"), None);
        assert_eq!(Name::url("PAY-12"), None);
    }

    #[test]
    fn a_long_name_is_cut_at_a_character() {
        let name = Name::plain(&"é".repeat(600));
        assert!(name.as_str().len() <= MAX_NAME_BYTES);
        assert_eq!(name, Name::plain(&"É".repeat(700)));
    }
}
