//! One installation of Jira: the keys and addresses of what is in it.

use throughline_domain::fact::{Attribute, NodeFact};
use throughline_domain::key::{self, Key, KeyError, KeyParts};
use throughline_domain::name::Name;
use throughline_domain::node::NodeKind;
use throughline_domain::time::Timestamp;
use url::Url;

use super::payload::{User, Version};
use crate::members::filled;

/// An installation, told by the addresses of what it sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    host: String,
    /// The address of the home page, without a slash at the end; it may have a path (`https://acme.example/jira`).
    home: String,
}

impl Site {
    /// The site of an address in its REST interface; `None` where the text is no web address.
    pub fn of(address: &str) -> Option<Self> {
        let url = Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        let path = url.path().split_once("/rest/").map_or("", |(path, _)| path);
        Some(Self { host: url.host_str()?.to_owned(), home: format!("{}{path}", url.origin().ascii_serialization()) })
    }

    /// The node of an issue; `None` where the text is not of the form `PAY-12`.
    ///
    /// # Errors
    /// As [`Key::new`].
    pub fn ticket(&self, issue_key: &str) -> Option<Result<Key, KeyError>> {
        let resource = issue_key.trim().to_uppercase();
        let namespace = project_of(&resource)?.to_owned();
        Some(Key::new(
            NodeKind::Ticket,
            &KeyParts {
                provider: "jira".to_owned(),
                provider_id: self.host.clone(),
                namespace,
                groups: String::new(),
                resource,
            },
        ))
    }

    /// The address of an issue's page.
    pub fn ticket_page(&self, issue_key: &str) -> String {
        format!("{}/browse/{issue_key}", self.home)
    }

    /// The node of a version; `None` where the payload says too little.
    ///
    /// The id alone is the identity, since a version's own events do not name its project. Only where the id is
    /// missing does the name stand in, within its project.
    pub fn release(&self, project: Option<&str>, version: &Version) -> Option<Key> {
        if let Some(id) = filled(version.id.as_deref()) {
            return key::of_tool(NodeKind::Release, "jira", &self.host, id).ok();
        }
        let parts = KeyParts {
            provider: "jira".to_owned(),
            provider_id: self.host.clone(),
            namespace: project?.to_owned(),
            groups: String::new(),
            resource: version.name.clone()?,
        };
        Key::new(NodeKind::Release, &parts).ok()
    }

    /// The address of a version's page; its project has to be known.
    pub fn release_page(&self, project: Option<&str>, version: &Version) -> Option<String> {
        let id = filled(version.id.as_deref())?;
        Some(format!("{}/projects/{}/versions/{id}", self.home, project?))
    }

    /// A person of the site; `None` where the payload gives no id.
    pub fn person(&self, user: &User, at: Option<Timestamp>) -> Option<NodeFact> {
        let id = [&user.account_id, &user.name, &user.key].into_iter().flatten().find(|id| !id.is_empty())?;
        let key = key::of_tool(NodeKind::Person, "jira", &self.host, id).ok()?;
        // Jira Cloud writes a question mark where the address is hidden.
        let email = filled(user.email_address.as_deref()).filter(|email| email.contains('@'));
        let login = filled(user.name.as_deref());
        let fact = NodeFact::new(key, at)
            .with_some(Attribute::Title, filled(user.display_name.as_deref()).or(login))
            .with_some(Attribute::Reference, login)
            .with_some(Attribute::Email, email);
        Some([login, email].into_iter().flatten().fold(fact, |fact, name| fact.named(Name::plain(name))))
    }
}

/// The project of an issue's key: `PAY` of `PAY-12`; `None` where the text is no such key.
pub fn project_of(issue_key: &str) -> Option<&str> {
    let (project, number) = issue_key.rsplit_once('-')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let is_project = project.starts_with(|first: char| first.is_alphabetic())
        && project.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    (is_number && is_project).then_some(project)
}

#[cfg(test)]
mod tests {
    use super::{Site, project_of};

    #[test]
    fn the_home_page_is_what_stands_before_the_rest_interface() {
        let cases = [
            ("https://acme.atlassian.net/rest/api/2/issue/10012", "https://acme.atlassian.net/browse/PAY-12"),
            ("https://acme.atlassian.net/rest/api/2/10012", "https://acme.atlassian.net/browse/PAY-12"),
            (
                "http://Jira.acme.example:8080/jira/rest/api/2/issue/1",
                "http://jira.acme.example:8080/jira/browse/PAY-12",
            ),
        ];
        for (address, expected) in cases {
            assert_eq!(Site::of(address).unwrap().ticket_page("PAY-12"), expected);
        }
        assert_eq!(Site::of("10012"), None);
        assert_eq!(Site::of("file:///rest/api"), None);
    }

    #[test]
    fn a_key_names_its_project() {
        assert_eq!(project_of("PAY-12"), Some("PAY"));
        assert_eq!(project_of("R2_D2-7"), Some("R2_D2"));
        for text in ["PAY", "PAY-", "-12", "PAY-12a", "2PAY-1", "a word-1", ""] {
            assert_eq!(project_of(text), None, "{text}");
        }
        let site = Site::of("https://acme.atlassian.net/rest/api/2/issue/1").unwrap();
        assert_eq!(
            site.ticket("pay-12").unwrap().unwrap().as_str(),
            "cdevents:v0:jira:acme.atlassian.net:PAY::ticket:PAY-12"
        );
    }
}
