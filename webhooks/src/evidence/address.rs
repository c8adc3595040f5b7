//! Addresses in evidence: of the run that made it, and of the repository that it is about.

use percent_encoding::percent_decode_str;
use throughline_domain::fact::{Attribute, NodeFact};
use throughline_domain::key::{Key, of_tool};
use throughline_domain::name::Name;
use throughline_domain::node::NodeKind;
use throughline_domain::repository::Repository;
use throughline_domain::rules::web_key;
use url::Url;

use crate::draft::Draft;

/// The repository at an address, with or without a scheme: `github.com/acme/checkout`.
pub fn repository(address: &str) -> Option<Repository> {
    let address = address.trim();
    if let Some(found) = Repository::from_address(address) {
        return Some(found);
    }
    let host = address.split('/').next().filter(|host| host.contains('.') && !host.contains('@'))?;
    let is_host = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':'));
    if is_host { Repository::from_address(&format!("https://{address}")) } else { None }
}

/// The repository that a package manager's or builder's address means, such as `git+https://github.com/acme/checkout@refs/heads/main`
/// or `git+ssh://git@github.com/acme/checkout.git#main`; `None` where the address is none of git.
pub fn git_repository(uri: &str) -> Option<Repository> {
    let uri = uri.trim();
    let (address, is_git) = match uri.strip_prefix("git+") {
        Some(address) => (address, true),
        None => (uri, uri.starts_with("git://") || uri.starts_with("ssh://git@")),
    };
    let address = address.split(['#', '?']).next().unwrap_or_default();
    let (scheme, rest) = address.split_once("://")?;
    // What stands behind an `@` in the path is a reference; before the host it is a login.
    let (host, path) = rest.split_once('/')?;
    let path = path.split_once('@').map_or(path, |(path, _)| path);
    if !is_git && !path.trim_end_matches('/').ends_with(".git") {
        return None;
    }
    Repository::from_address(&format!("{scheme}://{host}/{path}"))
}

/// The node of the run at an address, stated where nothing else will: a pipeline run of a host whose addresses are known,
/// else a build that is known by its address alone. A key of a run or build stands for itself.
pub fn run(draft: &mut Draft, address: &str) -> Option<Key> {
    if let Ok(key) = Key::parse(address) {
        return Some(key).filter(|key| matches!(key.kind(), NodeKind::Build | NodeKind::PipelineRun | NodeKind::Job));
    }
    if let Some(key) = hosted(address) {
        return Some(key);
    }
    let key = web_key(NodeKind::Build, address)?;
    let shown = Name::url(address).map(|name| name.value().to_owned()).unwrap_or_default();
    // The address is not announced as a name: the page may be that of a node which the build tool itself states.
    let fact = NodeFact::new(key.clone(), None)
        .with(Attribute::Title, shown.as_str())
        .with(Attribute::Reference, shown)
        .with(Attribute::Url, address);
    draft.state_once(fact);
    Some(key)
}

/// The key that a code host's own provider gives to the run or job at an address; `None` where the address does not show
/// which host's it is.
///
/// The addresses of GitHub's runs look like those of Gitea, so only GitHub's own hosts count.
fn hosted(address: &str) -> Option<Key> {
    let url = Url::parse(address.trim()).ok()?;
    let host = url.host_str()?.to_lowercase();
    let segments: Vec<&str> = url.path_segments()?.filter(|segment| !segment.is_empty()).collect();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if let [owner, name, "actions", "runs", run, ..] = segments.as_slice() {
        let is_github = host == "github.com" || host.ends_with(".ghe.com");
        let repository = Repository::new(&host, &format!("{owner}/{name}")).filter(|_| is_github && is_number(run))?;
        return repository.resource("github", NodeKind::PipelineRun, run).ok();
    }
    if let Some(key) = jenkins(&host, &segments) {
        return Some(key);
    }
    let dash = segments.iter().position(|segment| *segment == "-")?;
    let (path, rest) = segments.split_at_checked(dash)?;
    let (kind, number) = match rest {
        ["-", "pipelines", number, ..] => (NodeKind::PipelineRun, number),
        ["-", "jobs", number, ..] => (NodeKind::Job, number),
        _ => return None,
    };
    let repository = Repository::new(&host, &path.join("/")).filter(|_| is_number(number))?;
    repository.resource("gitlab", kind, number).ok()
}

/// The run at an address of Jenkins: `/job/<folder>/job/<job>/<number>/`, behind whatever path Jenkins lies under.
fn jenkins(host: &str, segments: &[&str]) -> Option<Key> {
    let mut rest = segments.iter().skip_while(|segment| **segment != "job");
    let mut names: Vec<String> = Vec::new();
    loop {
        let segment = rest.next()?;
        if *segment == "job" {
            names.push(percent_decode_str(rest.next()?).decode_utf8_lossy().into_owned());
            continue;
        }
        let is_number = segment.bytes().all(|byte| byte.is_ascii_digit());
        names.push((*segment).to_owned());
        return of_tool(NodeKind::PipelineRun, "jenkins", host, &names.join("/")).ok().filter(|_| is_number);
    }
}

#[cfg(test)]
mod tests {
    use super::{git_repository, hosted, repository, run};
    use crate::draft::Draft;

    #[test]
    fn reads_every_spelling_of_a_repository() {
        for address in [
            "https://github.com/acme/checkout",
            "github.com/acme/checkout.git",
            "git@github.com:acme/checkout.git",
            " ssh://git@github.com/Acme/Checkout ",
        ] {
            assert_eq!(
                repository(address).map(|found| found.path().to_owned()),
                Some("acme/checkout".into()),
                "{address}"
            );
        }
        for address in ["acme/checkout", "checkout", "", "https://", "éé.é/a/b"] {
            assert_eq!(repository(address), None, "{address}");
        }
    }

    #[test]
    fn only_an_address_of_git_is_a_source() {
        for uri in [
            "git+https://github.com/acme/checkout@refs/tags/v1.4.0",
            "git+https://github.com/acme/checkout.git",
            "git+ssh://git@github.com/acme/checkout.git@main",
            "git://github.com/acme/checkout#main",
            "https://github.com/acme/checkout.git#refs/heads/main:app",
        ] {
            assert_eq!(git_repository(uri).map(|found| found.path().to_owned()), Some("acme/checkout".into()), "{uri}");
        }
        for uri in ["https://github.com/acme/checkout", "pkg:oci/checkout", "git+https://github.com", "git+", ""] {
            assert_eq!(git_repository(uri), None, "{uri}");
        }
    }

    #[test]
    fn a_run_has_the_key_of_its_own_provider() {
        for (address, expected) in [
            (
                "https://github.com/acme/checkout/actions/runs/42/attempts/2",
                Some("cdevents:v0:github:github.com:acme:checkout:pipeline_run:42"),
            ),
            (
                "https://git.acme.example/group/sub/checkout/-/pipelines/7",
                Some("cdevents:v0:gitlab:git.acme.example:group:sub/checkout:pipeline_run:7"),
            ),
            (
                "https://git.acme.example/acme/checkout/-/jobs/9",
                Some("cdevents:v0:gitlab:git.acme.example:acme:checkout:job:9"),
            ),
            ("https://git.acme.example/acme/checkout/actions/runs/42", None),
            (
                "https://ci.acme.example/jenkins/job/acme/job/check%20out/42/testReport",
                Some("cdevents:v0:jenkins:ci.acme.example:::pipeline_run:acme/check%20out/42"),
            ),
            ("https://ci.acme.example/job/checkout/lastBuild/", None),
            ("https://ci.acme.example/job/", None),
            ("https://ci.acme.example/builds/42", None),
            ("https://github.com/acme/checkout/actions/runs/latest", None),
        ] {
            assert_eq!(hosted(address).map(|key| key.to_string()).as_deref(), expected, "{address}");
        }
        let mut draft = Draft::new("test/results", None);
        let key = run(&mut draft, "https://ci.acme.example/builds/42/").unwrap();
        assert_eq!(key.as_str(), "cdevents:v0:web:ci.acme.example:::build:/builds/42");
        assert_eq!(run(&mut draft, key.as_str()), Some(key));
        assert_eq!(run(&mut draft, "cdevents:v0:throughline::::service:checkout"), None);
        assert_eq!(run(&mut draft, "build 42"), None);
    }
}
