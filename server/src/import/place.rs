//! Where a repository is on the web, and how its host addresses pages.

use throughline_domain::repository::Repository;
use url::Url;

/// How a host addresses the pages of commits and files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pages {
    /// GitHub.
    GitHub,
    /// GitLab.
    GitLab,
    /// Gitea.
    Gitea,
    /// Forgejo.
    Forgejo,
    /// Bitbucket Cloud.
    Bitbucket,
    /// None that is known.
    Unknown,
}

impl Pages {
    /// Every word of the command line.
    pub const WORDS: [&'static str; 6] = ["github", "gitlab", "gitea", "forgejo", "bitbucket", "none"];

    /// The way of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "github" => Self::GitHub,
            "gitlab" => Self::GitLab,
            "gitea" => Self::Gitea,
            "forgejo" => Self::Forgejo,
            "bitbucket" => Self::Bitbucket,
            "none" => Self::Unknown,
            _ => return None,
        })
    }

    /// The way that a host's name tells.
    pub fn of_host(host: &str) -> Self {
        let has = |word: &str| host.split('.').any(|label| label == word);
        if has("github") {
            Self::GitHub
        } else if has("gitlab") {
            Self::GitLab
        } else if has("gitea") {
            Self::Gitea
        } else if has("forgejo") || has("codeberg") {
            Self::Forgejo
        } else if host == "bitbucket.org" {
            Self::Bitbucket
        } else {
            Self::Unknown
        }
    }

    /// The provider whose logins the files of a repository there hold.
    pub(super) const fn provider(self) -> Option<&'static str> {
        match self {
            Self::GitHub => Some("github"),
            Self::GitLab => Some("gitlab"),
            Self::Gitea => Some("gitea"),
            Self::Forgejo => Some("forgejo"),
            Self::Bitbucket => Some("bitbucket-cloud"),
            Self::Unknown => None,
        }
    }

    /// What stands before a commit's id.
    pub(super) fn commit(self, address: &str) -> Option<String> {
        match self {
            Self::GitHub | Self::Gitea | Self::Forgejo => Some(format!("{address}/commit/")),
            Self::GitLab => Some(format!("{address}/-/commit/")),
            Self::Bitbucket => Some(format!("{address}/commits/")),
            Self::Unknown => None,
        }
    }

    /// What stands before a file's path, on a branch.
    pub(super) fn file(self, address: &str, branch: &str) -> Option<String> {
        match self {
            Self::GitHub => Some(format!("{address}/blob/{branch}/")),
            Self::GitLab => Some(format!("{address}/-/blob/{branch}/")),
            Self::Gitea | Self::Forgejo => Some(format!("{address}/src/branch/{branch}/")),
            Self::Bitbucket => Some(format!("{address}/src/{branch}/")),
            Self::Unknown => None,
        }
    }
}

/// A repository and the address of its page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// The repository.
    pub repository: Repository,
    /// Its page: `https://github.com/Acme/checkout`, written as the clone writes it.
    pub address: String,
}

impl Home {
    /// The repository that an address for cloning leads to; user names and passwords are left out. `None` for a path of
    /// this machine.
    pub fn of(address: &str) -> Option<Self> {
        let address = address.trim();
        let repository = Repository::from_address(address)?;
        let (scheme, host, path) = match Url::parse(address) {
            Ok(url) => {
                let is_web = matches!(url.scheme(), "http" | "https");
                let port = url.port().filter(|_| is_web).map(|port| format!(":{port}")).unwrap_or_default();
                let scheme = if url.scheme() == "http" { "http" } else { "https" };
                (scheme, format!("{}{port}", url.host_str()?), url.path().to_owned())
            }
            Err(_) => {
                let (_, path) = address.split_once(':')?;
                ("https", repository.host().to_owned(), path.to_owned())
            }
        };
        let path = path.trim_matches('/').trim_end_matches(".git").trim_end_matches('/');
        Some(Self { repository, address: format!("{scheme}://{host}/{path}") })
    }

    /// The name of a source for the repository.
    pub fn source_name(&self) -> String {
        let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
        let name = format!("git-{}", self.repository.path().chars().map(plain).collect::<String>());
        name.chars().take(crate::sources::MAX_NAME).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Home, Pages};

    #[test]
    fn every_address_for_cloning_leads_home() {
        for (address, expected) in [
            ("https://ada:secret@github.com/Acme/Checkout.git", "https://github.com/Acme/Checkout"),
            ("git@github.com:Acme/Checkout.git", "https://github.com/Acme/Checkout"),
            ("ssh://git@git.acme.example:2222/acme/checkout", "https://git.acme.example/acme/checkout"),
            ("http://git.acme.example:3000/acme/checkout/", "http://git.acme.example:3000/acme/checkout"),
        ] {
            let home = Home::of(address).unwrap();
            assert_eq!(home.address, expected);
            assert_eq!(home.source_name(), "git-acme-checkout");
        }
        assert_eq!(Home::of("/srv/git/checkout.git"), None);
    }

    #[test]
    fn pages_are_as_the_host_has_them() {
        let base = "https://h/a/b";
        for (word, host, commit, file) in [
            ("github", "github.acme.example", "https://h/a/b/commit/", "https://h/a/b/blob/main/"),
            ("gitlab", "gitlab.com", "https://h/a/b/-/commit/", "https://h/a/b/-/blob/main/"),
            ("forgejo", "codeberg.org", "https://h/a/b/commit/", "https://h/a/b/src/branch/main/"),
            ("bitbucket", "bitbucket.org", "https://h/a/b/commits/", "https://h/a/b/src/main/"),
        ] {
            let pages = Pages::of_host(host);
            assert_eq!(Pages::from_word(word), Some(pages));
            assert_eq!(pages.commit(base).as_deref(), Some(commit));
            assert_eq!(pages.file(base, "main").as_deref(), Some(file));
        }
        assert_eq!(Pages::of_host("git.acme.example"), Pages::Unknown);
        assert!(Pages::WORDS.iter().all(|word| Pages::from_word(word).is_some()));
    }
}
