//! Repositories as every tool refers to them, and the keys of what lies in them.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::key::{Key, KeyError, KeyParts};
use crate::node::NodeKind;

/// A repository of a host: `github.com`, `acme`, `checkout`.
///
/// Keys of repositories, commits, branches and tags are of the provider `git` and carry the host, so that every tool
/// that knows a repository's address arrives at the same node. Host and path are compared in lower case, as the
/// hosting services do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Repository {
    host: String,
    path: String,
}

/// The host of all organisations of Azure DevOps Services.
const AZURE_DEVOPS: &str = "dev.azure.com";

/// Whether the host is one from which Azure DevOps Services are cloned by SSH.
fn organisation_host(host: &str) -> bool {
    matches!(host, "ssh.dev.azure.com" | "vs-ssh.visualstudio.com")
}

impl Repository {
    /// A repository by host and path (`acme/checkout`, `group/sub/project`); `None` where either is empty.
    pub fn new(host: &str, path: &str) -> Option<Self> {
        let path = path.trim_matches('/').trim_end_matches(".git").to_lowercase();
        let host = host.to_lowercase();
        if host.is_empty() || path.is_empty() { None } else { Some(Self { host, path }) }
    }

    /// The repository at an address: `https://…`, `ssh://…`, `git@host:path`; `None` where there is no path.
    ///
    /// The path is taken as a whole: give the address of the repository, not of a page within it.
    pub fn from_address(address: &str) -> Option<Self> {
        if let Ok(url) = Url::parse(address) {
            return Self::spelled(url.host_str()?, url.path());
        }
        let (host, path) = address.split_once('@').map_or(address, |(_, rest)| rest).split_once(':')?;
        Self::spelled(host, path)
    }

    /// The one repository behind the spellings of hosts that have several for the same.
    fn spelled(host: &str, path: &str) -> Option<Self> {
        let host = host.to_lowercase();
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let azure = |organisation: &str, project: &str, name: &str| {
            Self::new(AZURE_DEVOPS, &format!("{organisation}/{project}/_git/{name}"))
        };
        let organisation = host.strip_suffix(".visualstudio.com");
        match (organisation, segments.as_slice()) {
            (_, ["v3", organisation, project, name]) if organisation_host(&host) => azure(organisation, project, name),
            (Some(organisation), [.., "_git", name]) => {
                let before = segments.iter().take_while(|segment| **segment != "_git");
                let project = before.filter(|segment| !segment.eq_ignore_ascii_case("defaultcollection")).last();
                azure(organisation, project.unwrap_or(name), name)
            }
            // Bitbucket Server clones from below `scm`, and shows its pages elsewhere.
            (_, ["scm", project, name]) => Self::new(&host, &format!("{project}/{name}")),
            _ => Self::new(&host, path),
        }
    }

    /// The host, in lower case.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The whole path, in lower case: `acme/checkout`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The last segment of the path: `checkout`.
    pub fn short_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// The node of the repository itself.
    ///
    /// # Errors
    /// As [`Key::new`].
    pub fn key(&self) -> Result<Key, KeyError> {
        let (namespace, groups) = self.path.rsplit_once('/').unwrap_or(("", &self.path));
        Key::new(
            NodeKind::Repository,
            &KeyParts {
                provider: "git".to_owned(),
                provider_id: self.host.clone(),
                namespace: namespace.to_owned(),
                groups: String::new(),
                resource: groups.to_owned(),
            },
        )
    }

    /// The node of a commit by its full object id (40 or 64 hexadecimal digits).
    ///
    /// # Errors
    /// [`KeyError::Form`] for anything but a full object id, or for the null id of a deleted branch.
    pub fn commit(&self, sha: &str) -> Result<Key, KeyError> {
        let full = matches!(sha.len(), 40 | 64) && sha.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !full || sha.bytes().all(|byte| byte == b'0') {
            return Err(KeyError::Form(sha.chars().take(80).collect()));
        }
        self.resource("git", NodeKind::Commit, &sha.to_ascii_lowercase())
    }

    /// The node of a branch by its short name (`main`, not `refs/heads/main`).
    ///
    /// # Errors
    /// As [`Key::new`].
    pub fn branch(&self, name: &str) -> Result<Key, KeyError> {
        self.resource("git", NodeKind::Branch, name)
    }

    /// The node of a tag by its short name.
    ///
    /// # Errors
    /// As [`Key::new`].
    pub fn tag(&self, name: &str) -> Result<Key, KeyError> {
        self.resource("git", NodeKind::Tag, name)
    }

    /// The node of something that a hosting service keeps beside the repository: a change, ticket, run, deployment.
    ///
    /// `provider` is the service's name (`github`, `gitlab`), `resource` its own number or id.
    ///
    /// # Errors
    /// As [`Key::new`].
    pub fn resource(&self, provider: &str, kind: NodeKind, resource: &str) -> Result<Key, KeyError> {
        let (namespace, groups) = self.path.split_once('/').unwrap_or(("", &self.path));
        Key::new(
            kind,
            &KeyParts {
                provider: provider.to_owned(),
                provider_id: self.host.clone(),
                namespace: namespace.to_owned(),
                groups: groups.to_owned(),
                resource: resource.to_owned(),
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Repository;

    #[test]
    fn every_address_is_one_repository() {
        let expected = Repository::new("github.com", "acme/checkout").unwrap();
        for address in [
            "https://github.com/acme/checkout",
            "https://github.com/Acme/Checkout.git",
            "https://github.com/acme/checkout/",
            "git@github.com:acme/checkout.git",
            "ssh://git@github.com/acme/checkout.git",
        ] {
            assert_eq!(Repository::from_address(address), Some(expected.clone()), "{address}");
        }
        let azure = Repository::new("dev.azure.com", "acme/pay/_git/checkout").unwrap();
        for address in [
            "https://dev.azure.com/acme/pay/_git/checkout",
            "https://acme@dev.azure.com/acme/pay/_git/checkout",
            "https://acme.visualstudio.com/DefaultCollection/pay/_git/checkout",
            "git@ssh.dev.azure.com:v3/acme/pay/checkout",
        ] {
            assert_eq!(Repository::from_address(address), Some(azure.clone()), "{address}");
        }
        let server = Repository::new("git.acme.example", "pay/checkout").unwrap();
        assert_eq!(Repository::from_address("https://git.acme.example/scm/PAY/checkout.git"), Some(server));
        assert_eq!(Repository::from_address("checkout"), None);
        assert_eq!(expected.key().unwrap().as_str(), "cdevents:v0:git:github.com:acme::repository:checkout");
        let sha = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(
            expected.commit(sha).unwrap().as_str(),
            format!("cdevents:v0:git:github.com:acme:checkout:commit:{sha}")
        );
        assert!(expected.commit("0123456").is_err());
        assert!(expected.commit(&"0".repeat(40)).is_err());
    }
}
