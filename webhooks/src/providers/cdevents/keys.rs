//! How the things that a CDEvent names become keys.

use throughline_domain::key::{self, Key, KeyError, KeyParts};
use throughline_domain::node::NodeKind;
use throughline_domain::repository::Repository;
use url::Url;

use super::NAME;

/// The workload kinds that Kubernetes tools write before a service's name: `deployment/checkout`.
const WORKLOADS: &[&str] =
    &["cronjob", "daemonset", "deployment", "job", "pod", "replicaset", "service", "statefulset"];

/// The key of a subject: its id where that is a key of this kind already, else by source and id.
pub(super) fn subject(kind: NodeKind, id: &str, source: &str) -> Result<Key, KeyError> {
    if let Some(key) = own(kind, id) {
        return Ok(key);
    }
    let (host, path) = host_and_path(source);
    let resource = if kind == NodeKind::Ticket { ticket_id(id) } else { id.to_owned() };
    Key::new(
        kind,
        &KeyParts { provider: NAME.to_owned(), provider_id: host, namespace: String::new(), groups: path, resource },
    )
}

/// The key of a thing that has one name everywhere, whoever speaks of it: a service, an environment.
pub(super) fn named(kind: NodeKind, name: &str) -> Result<Key, KeyError> {
    match own(kind, name) {
        Some(key) => Ok(key),
        None => key::named(kind, name),
    }
}

/// The name of a service without the kind of its workload: `checkout` of `deployment/checkout`.
pub(super) fn service_name(id: &str) -> &str {
    match id.split_once('/') {
        Some((kind, name)) if WORKLOADS.contains(&kind) && !name.is_empty() => name,
        _ => id,
    }
}

/// The repository that a reference means: `acme/checkout` of `https://github.com`, or an address as id.
pub(super) fn repository(id: &str, source: Option<&str>) -> Option<Repository> {
    if id.contains("://") {
        return Repository::from_address(id);
    }
    let url = address(source?)?;
    let host = url.host_str()?;
    let base = url.path().trim_matches('/').trim_end_matches(".git");
    let id = id.trim_matches('/');
    if base.is_empty() {
        Repository::new(host, id)
    } else if base == id || base.ends_with(&format!("/{id}")) {
        Repository::new(host, base)
    } else {
        Repository::new(host, &format!("{base}/{id}"))
    }
}

/// The repository at an address, with or without a scheme: `my-git.example/acme/checkout`.
pub(super) fn repository_at(text: &str) -> Option<Repository> {
    if text.contains('@') && !text.contains("://") {
        return Repository::from_address(text);
    }
    Repository::from_address(address(text)?.as_str())
}

/// Whether a text can be the full object id of a commit.
pub(super) fn is_commit(id: &str) -> bool {
    matches!(id.len(), 40 | 64) && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The node whose page this is, where the address alone says so: pull requests, issues and workflow runs of github.com,
/// and Jira's `/browse/KEY-1`. The keys are those that the providers of these tools make.
pub(super) fn of_page(page: &str) -> Option<Key> {
    let url = Url::parse(page.trim()).ok()?;
    let host = url.host_str()?;
    let segments: Vec<&str> = url.path_segments()?.filter(|segment| !segment.is_empty()).collect();
    match segments.as_slice() {
        [.., "browse", ticket] => jira_ticket(host, ticket),
        [owner, name, rest @ ..] if host == "github.com" => {
            let (kind, number) = match rest {
                ["pull", number, ..] => (NodeKind::Change, number),
                ["issues", number, ..] => (NodeKind::Ticket, number),
                ["actions", "runs", number, ..] => (NodeKind::PipelineRun, number),
                _ => return None,
            };
            let number: u64 = number.parse().ok()?;
            let repository = Repository::new(host, &format!("{owner}/{name}"))?;
            repository.resource("github", kind, &number.to_string()).ok()
        }
        _ => None,
    }
}

/// The project of a ticket's key: `PAY` of `PAY-12`.
pub(super) fn ticket_project(ticket: &str) -> Option<&str> {
    let (project, number) = ticket.rsplit_once('-')?;
    let starts = project.starts_with(|first: char| first.is_ascii_alphabetic());
    let named = starts && project.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let numbered = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if named && numbered { Some(project) } else { None }
}

/// A ticket's id in the one form that compares: trackers take `pay-12` for `PAY-12`.
pub(super) fn ticket_id(id: &str) -> String {
    if ticket_project(id).is_some() { id.to_uppercase() } else { id.to_owned() }
}

fn own(kind: NodeKind, id: &str) -> Option<Key> {
    Key::parse(id).ok().filter(|key| key.kind() == kind)
}

fn jira_ticket(host: &str, ticket: &str) -> Option<Key> {
    let ticket = ticket.to_uppercase();
    let project = ticket_project(&ticket)?;
    Key::new(
        NodeKind::Ticket,
        &KeyParts {
            provider: "jira".to_owned(),
            provider_id: host.to_lowercase(),
            namespace: project.to_owned(),
            groups: String::new(),
            resource: ticket.clone(),
        },
    )
    .ok()
}

fn host_and_path(source: &str) -> (String, String) {
    let url = Url::parse(source).ok();
    match url.as_ref().and_then(|url| Some((url, url.host_str()?))) {
        Some((url, host)) => {
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            (format!("{}{port}", host.to_lowercase()), url.path().trim_matches('/').to_owned())
        }
        None => (String::new(), source.trim_matches('/').to_owned()),
    }
}

/// Reads an address that may lack its scheme; the first segment must then look like a host.
fn address(text: &str) -> Option<Url> {
    let text = text.trim();
    if text.contains("://") {
        return Url::parse(text).ok();
    }
    let host = text.split('/').next()?;
    if host.contains('.') { Url::parse(&format!("https://{text}")).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use throughline_domain::node::NodeKind;
    use throughline_domain::repository::Repository;

    use super::{of_page, repository, repository_at, service_name, subject, ticket_id, ticket_project};

    #[test]
    fn a_source_is_part_of_the_key() {
        for (id, source, expected) in [
            ("42", "https://CI.acme.example/tekton/", "cdevents:v0:cdevents:ci.acme.example::tekton:build:42"),
            ("42", "https://ci.acme.example:8443", "cdevents:v0:cdevents:ci.acme.example%3A8443:::build:42"),
            ("42", "/staging/tekton", "cdevents:v0:cdevents:::staging/tekton:build:42"),
            ("cdevents:v0:jenkins:ci.acme.example:::build:7", "/x", "cdevents:v0:jenkins:ci.acme.example:::build:7"),
        ] {
            assert_eq!(subject(NodeKind::Build, id, source).unwrap().as_str(), expected);
        }
    }

    #[test]
    fn every_way_to_name_a_repository() {
        let expected = Repository::new("github.com", "acme/checkout");
        assert_eq!(repository("acme/checkout", Some("https://github.com")), expected);
        assert_eq!(repository("checkout", Some("https://github.com/acme/checkout")), expected);
        assert_eq!(repository("checkout", Some("github.com/acme")), expected);
        assert_eq!(repository("https://github.com/acme/checkout.git", None), expected);
        assert_eq!(repository("acme/checkout", Some("/event/source")), None);
        assert_eq!(repository_at("github.com/acme/checkout"), expected);
        assert_eq!(repository_at("git@github.com:acme/checkout.git"), expected);
        assert_eq!(repository_at("checkout"), None);
    }

    #[test]
    fn a_page_of_a_known_tool_is_its_node() {
        for (page, expected) in [
            ("https://github.com/acme/checkout/pull/42/files", "cdevents:v0:github:github.com:acme:checkout:change:42"),
            ("https://github.com/Acme/checkout/issues/7", "cdevents:v0:github:github.com:acme:checkout:ticket:7"),
            (
                "https://github.com/acme/checkout/actions/runs/900/job/1",
                "cdevents:v0:github:github.com:acme:checkout:pipeline_run:900",
            ),
            ("https://acme.atlassian.net/browse/PAY-12", "cdevents:v0:jira:acme.atlassian.net:PAY::ticket:PAY-12"),
        ] {
            assert_eq!(of_page(page).unwrap().as_str(), expected);
        }
        for page in
            ["https://github.com/acme/checkout", "https://git.acme.example/acme/x/pull/1", "PAY-12", "mailto:a@b"]
        {
            assert_eq!(of_page(page), None, "{page}");
        }
    }

    #[test]
    fn names_are_taken_out_of_ids() {
        assert_eq!(service_name("daemonset/checkout"), "checkout");
        assert_eq!(service_name("payments/checkout"), "payments/checkout");
        assert_eq!(ticket_id("pay-12"), "PAY-12");
        assert_eq!(ticket_id("A ticket of ours"), "A ticket of ours");
        assert_eq!(ticket_project("PAY-12"), Some("PAY"));
        assert_eq!(ticket_project("PAY-"), None);
        assert_eq!(ticket_project("2-12"), None);
    }
}
