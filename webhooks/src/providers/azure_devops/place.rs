//! Where things of Azure DevOps lie: one organisation and one repository for all the spellings of their addresses.

use throughline_domain::key::{Key, KeyError, KeyParts};
use throughline_domain::node::NodeKind;
use throughline_domain::repository::Repository;
use url::Url;

use super::NAME;
use super::payload;

/// The host of all organisations of Azure DevOps Services.
const SERVICES: &str = "dev.azure.com";

/// The hosts from which repositories of the Services are cloned by SSH; elsewhere the same path is another repository.
const CLONED_BY_SSH: [&str; 2] = ["ssh.dev.azure.com", "vs-ssh.visualstudio.com"];

/// The collection that old addresses of the Services name, and that every organisation has.
const DEFAULT_COLLECTION: &str = "defaultcollection";

/// An organisation of the Services, or a collection of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// `dev.azure.com`, or the server's host; empty where it is not known.
    pub(super) host: String,
    /// The organisation, or the path of the collection: `acme`, `tfs/defaultcollection`.
    pub(super) organisation: String,
}

impl Place {
    /// The organisation that an address lies in; `None` where the text is no web address.
    pub(super) fn of(address: &str) -> Option<Self> {
        let url = Url::parse(address).ok()?;
        let host = url.host_str()?.to_lowercase();
        let segments: Vec<&str> = url.path_segments()?.filter(|segment| !segment.is_empty()).collect();
        if let Some(organisation) = organisation(&host, &segments) {
            return Some(Self { host: SERVICES.to_owned(), organisation: organisation.to_lowercase() });
        }
        let end = segments.iter().position(|segment| segment.starts_with('_')).unwrap_or(segments.len());
        let is_repository = segments.get(end) == Some(&"_git");
        let before = segments.get(..end).unwrap_or_default();
        // A project stands before what lies in it; of a repository by its name, elsewhere mostly by its id.
        let collection = match before.split_last() {
            Some((project, rest)) if is_repository || is_id(project) => rest,
            _ => before,
        };
        Some(Self { host, organisation: collection.join("/").to_lowercase() })
    }

    /// The key of something that is numbered in the organisation.
    pub(super) fn key(&self, kind: NodeKind, resource: &str) -> Result<Key, KeyError> {
        let parts = KeyParts {
            provider: NAME.to_owned(),
            provider_id: self.host.clone(),
            namespace: self.organisation.clone(),
            groups: String::new(),
            resource: resource.to_owned(),
        };
        Key::new(kind, &parts)
    }

    /// A repository of a project of the organisation, by the names of both.
    pub(super) fn repository(&self, project: &str, name: &str) -> Option<Repository> {
        let path = [self.organisation.as_str(), project, "_git", name].map(encoded).join("/");
        Repository::new(&self.host, &path)
    }

    /// The address of a page in a project of the organisation.
    pub(super) fn page(&self, project: &str, rest: &str) -> Option<String> {
        let is_known = !self.host.is_empty() && !project.is_empty();
        is_known.then(|| format!("https://{}/{}/{project}/{rest}", self.host, self.organisation))
    }
}

/// The one repository of what a payload tells of it.
pub(super) fn repository(told: &payload::Repository) -> Option<Repository> {
    let project = told.project.as_ref().and_then(|project| project.name.as_deref());
    let addresses = [&told.web_url, &told.remote_url, &told.ssh_url, &told.url];
    let found = addresses.into_iter().flatten().find_map(|address| at(address, project));
    found.or_else(|| {
        // The address of the interface for programs has the repository's id, but tells the organisation.
        Place::of(told.url.as_deref()?)?.repository(project?, told.name.as_deref()?)
    })
}

/// The one repository of an address: `dev.azure.com`, `acme/pay/_git/checkout`.
///
/// `project` is the project's name, which some addresses leave out.
pub(super) fn at(address: &str, project: Option<&str>) -> Option<Repository> {
    let (host, path) = split(address)?;
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    if host == "api.github.com" {
        return Repository::new("github.com", &segments.strip_prefix(&["repos"])?.join("/"));
    }
    if let ["v3", organisation, project, name] = segments.as_slice()
        && CLONED_BY_SSH.contains(&host.as_str())
    {
        return Repository::new(SERVICES, &format!("{organisation}/{project}/_git/{name}"));
    }
    let Some(position) = segments.iter().position(|segment| *segment == "_git") else {
        // A repository of another host, or an address of the interface for programs.
        let is_foreign = organisation(&host, &segments).is_none() && !segments.contains(&"_apis");
        return if is_foreign { Repository::from_address(address) } else { None };
    };
    let before = segments.get(..position)?;
    let name = segments.get(position + 1)?;
    let Some(organisation) = organisation(&host, &segments) else {
        let left_out = project.map(encoded).filter(|told| before.last().is_none_or(|last| !same(last, told)));
        let path: Vec<String> = before.iter().map(|segment| (*segment).to_owned()).chain(left_out).collect();
        return Repository::new(&host, &format!("{}/_git/{name}", path.join("/")));
    };
    let is_first = host.ends_with(SERVICES);
    let inner = if is_first { before.get(1..).unwrap_or_default() } else { before };
    let named = inner.iter().rev().find(|segment| !same(segment, DEFAULT_COLLECTION));
    let project = named.map(|segment| (*segment).to_owned()).or(project.map(encoded));
    let project = project.unwrap_or_else(|| (*name).to_owned());
    Repository::new(SERVICES, &format!("{organisation}/{project}/_git/{name}"))
}

/// The organisation of the Services, in whichever of their two forms of addresses.
fn organisation(host: &str, segments: &[&str]) -> Option<String> {
    if host == SERVICES || host.ends_with(".dev.azure.com") {
        return segments.first().map(|organisation| (*organisation).to_owned());
    }
    host.strip_suffix(".visualstudio.com")?.split('.').next().map(str::to_owned)
}

/// Host and path of a web address or of `git@host:path`.
fn split(address: &str) -> Option<(String, String)> {
    if let Ok(url) = Url::parse(address) {
        return Some((url.host_str()?.to_lowercase(), url.path().to_owned()));
    }
    let (host, path) = address.split_once('@').map_or(address, |(_, rest)| rest).split_once(':')?;
    Some((host.to_lowercase(), path.to_owned()))
}

/// A name as addresses write it.
fn encoded(name: &str) -> String {
    name.replace(' ', "%20")
}

fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// Whether a segment is the id of a project and not its name: `6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c`.
fn is_id(segment: &str) -> bool {
    segment.len() == 36 && segment.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::super::payload;
    use super::{Place, at, repository};

    #[test]
    fn a_repository_is_one_in_every_spelling() {
        for address in [
            "https://dev.azure.com/acme/Pay/_git/checkout",
            "https://acme@dev.azure.com/acme/Pay/_git/checkout",
            "https://acme.visualstudio.com/Pay/_git/checkout",
            "https://acme.visualstudio.com/DefaultCollection/Pay/_git/checkout",
            "git@ssh.dev.azure.com:v3/acme/Pay/checkout",
            "acme@vs-ssh.visualstudio.com:v3/acme/Pay/checkout",
        ] {
            let repository = at(address, None).unwrap();
            assert_eq!(
                (repository.host(), repository.path()),
                ("dev.azure.com", "acme/pay/_git/checkout"),
                "{address}"
            );
        }
    }

    #[test]
    fn what_an_address_leaves_out_is_told_or_the_same() {
        for (address, project, path) in [
            ("https://dev.azure.com/acme/DefaultCollection/_git/checkout", Some("Pay"), "acme/pay/_git/checkout"),
            ("https://acme.visualstudio.com/_git/checkout", None, "acme/checkout/_git/checkout"),
            ("https://dev.azure.com/acme/Acme/_git/acme", None, "acme/acme/_git/acme"),
            ("https://tfs.acme.example/tfs/Main/Pay/_git/checkout", Some("Pay"), "tfs/main/pay/_git/checkout"),
            ("https://tfs.acme.example/tfs/Main/_git/checkout", Some("My Shop"), "tfs/main/my%20shop/_git/checkout"),
            ("https://api.github.com/repos/acme/checkout", None, "acme/checkout"),
            ("https://github.com/acme/checkout.git", None, "acme/checkout"),
            ("https://git.acme.example/v3/acme/pay/checkout", None, "v3/acme/pay/checkout"),
        ] {
            assert_eq!(at(address, project).unwrap().path(), path, "{address}");
        }
        assert_eq!(at("https://acme.visualstudio.com/_apis/git/repositories/4bc14d40", None), None);
    }

    #[test]
    fn an_address_for_programs_and_the_names_are_enough() {
        let told = payload::Repository {
            name: Some("checkout".to_owned()),
            project: Some(payload::Named { name: Some("My Shop".to_owned()) }),
            url: Some("https://acme.visualstudio.com/DefaultCollection/_apis/git/repositories/4bc14d40".to_owned()),
            ..payload::Repository::default()
        };
        assert_eq!(repository(&told).unwrap().path(), "acme/my%20shop/_git/checkout");
    }

    #[test]
    fn an_organisation_is_one_in_every_address() {
        let services = ("dev.azure.com", "acme");
        let server = ("tfs.acme.example", "tfs/main");
        for (address, (host, organisation)) in [
            ("https://dev.azure.com/acme/", services),
            ("https://vsrm.dev.azure.com/acme/Pay/_apis/Release/releases/5", services),
            ("https://acme.visualstudio.com/DefaultCollection/_apis/wit/workItems/5", services),
            ("https://acme.vssps.visualstudio.com/_apis/Identities/54d1", services),
            ("https://tfs.acme.example/tfs/Main/_apis/wit/workItems/5", server),
            ("https://tfs.acme.example/tfs/Main/6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c/_apis/build/Builds/2", server),
            ("https://tfs.acme.example/tfs/Main/Pay/_git/checkout", server),
        ] {
            let place = Place::of(address).unwrap();
            assert_eq!((place.host.as_str(), place.organisation.as_str()), (host, organisation), "{address}");
        }
        assert_eq!(Place::of("the checkout repository"), None);
    }
}
