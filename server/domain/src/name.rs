//! Names: what people and texts call a node, when they do not use its key.
//!
//! A name is `scheme:value`. Facts announce the names of their nodes; references wait for a name; the resolver looks
//! names up. One node may have many names. A name that several nodes claim resolves to none of them by itself: the
//! resolver lists the candidates, and no link is made.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::key::Key;
use crate::repository::Repository;

/// The longest name that is kept, in bytes; longer ones are cut at a character, on both sides of every comparison.
pub const MAX_NAME_BYTES: usize = 512;

/// How many digits Notion's ids have in addresses.
const NOTION_DIGITS: usize = 32;

/// The fewest digits by which a commit is referred to; git never writes fewer.
pub const SHORT_COMMIT_DIGITS: usize = 7;

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
        let path = page_path(url.host_str()?, url.path().trim_end_matches('/'));
        Some(Self::cut("url", &format!("{}{port}{path}{query}", url.host_str()?)))
    }

    /// A numbered thing of a repository, as people write it: `acme/checkout#42`.
    ///
    /// Where changes and tickets share the numbers of a repository (GitHub, Gitea), both have this name. Where they are
    /// numbered apart (GitLab, Bitbucket Cloud, Azure DevOps), only tickets have it.
    pub fn number(repository: &Repository, number: u64) -> Self {
        Self::cut("number", &format!("{}/{}#{number}", repository.host(), repository.path()))
    }

    /// A change of a repository, as a merge names it: `acme/checkout!42`. Every change has this name, on every host.
    pub fn change_number(repository: &Repository, number: u64) -> Self {
        Self::cut("change", &format!("{}/{}!{number}", repository.host(), repository.path()))
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

    /// A tracker's project on one installation, as the address of a ticket's page names it: `issues.acme.example/PAY`.
    pub fn ticket_project_at(host: &str, project: &str) -> Self {
        Self::cut("ticket-project", &format!("{}/{}", host.to_lowercase(), project.trim().to_uppercase()))
    }

    /// A tracker whose tickets are plain numbers, by its host (`bugs.acme.example`) or by a word that people write before
    /// the number: `lp` for `lp:12`, `closes-bug` for `Closes-Bug: #12`. Announced with the key of any of its tickets.
    pub fn tracker(word: &str) -> Self {
        Self::cut("tracker", &word.trim().to_lowercase())
    }

    /// The tracker whose tickets the bare numbers of a repository are, where that is not the repository's own host: `#42`
    /// in `acme/checkout` is issue 42 of a Redmine, say.
    pub fn numbers(repository: &Repository) -> Self {
        Self::cut("tracker", &format!("{}/{}#", repository.host(), repository.path()))
    }

    /// All commits that begin with the same digits as this id, of which at least [`SHORT_COMMIT_DIGITS`] are given;
    /// `None` for shorter ones. Known of every commit that has the name [`Name::commit`].
    pub fn commit_prefix(id: &str) -> Option<Self> {
        let digits = id.get(..SHORT_COMMIT_DIGITS)?;
        Some(Self::cut("commit-prefix", &digits.to_ascii_lowercase()))
    }

    /// The node of that key, whether it is known or not.
    pub fn key(key: &Key) -> Self {
        Self(format!("key:{key}"))
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

    /// The part before the value: `commit`, `ticket-project`.
    pub fn scheme(&self) -> &str {
        self.0.split_once(':').map_or("", |(scheme, _)| scheme)
    }

    /// The further names that follow from a name of a node, so that they need not be announced one by one.
    pub fn implied(&self, of: &Key) -> Option<Self> {
        match self.scheme() {
            "commit" => Self::commit_prefix(self.value()),
            "ticket-project" if !self.value().contains('/') => {
                let host = of.parts().provider_id;
                (!host.is_empty()).then(|| Self::ticket_project_at(&host, self.value()))
            }
            _ => None,
        }
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

/// The path of a page without the title that some wikis write into it: a page that is renamed is the same page.
///
/// Confluence: `/pages/42/A+title` is `/pages/42`. Notion: `/A-title-<32 digits>` is `/<32 digits>`.
fn page_path<'a>(host: &str, path: &'a str) -> Cow<'a, str> {
    if let Some((space, page)) = path.split_once("/pages/")
        && space.rsplit('/').nth(1) == Some("spaces")
        && let Some((id, _)) = page.split_once('/')
        && !id.is_empty()
        && id.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Cow::Owned(format!("{space}/pages/{id}"));
    }
    let is_notion = ["notion.so", "notion.site", "notion.com"].iter().any(|suffix| host.ends_with(suffix));
    let last = path.rsplit('/').next().unwrap_or_default();
    let id = last.get(last.len().saturating_sub(NOTION_DIGITS)..).unwrap_or_default();
    if is_notion && id.len() == NOTION_DIGITS && id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Cow::Owned(format!("/{}", id.to_ascii_lowercase()));
    }
    Cow::Borrowed(path)
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
        for (address, page) in [
            (
                "https://acme.atlassian.net/wiki/spaces/PAY/pages/42/A+title",
                "acme.atlassian.net/wiki/spaces/PAY/pages/42",
            ),
            (
                "https://www.notion.so/acme/Retry-0123456789abcdef0123456789ABCDEF",
                "www.notion.so/0123456789abcdef0123456789abcdef",
            ),
            ("https://acme.example/pages/about/us", "acme.example/pages/about/us"),
            ("https://acme.example/book/pages/42/edit", "acme.example/book/pages/42/edit"),
        ] {
            assert_eq!(Name::url(address).unwrap().value(), page);
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
