//! A tracker of the catalog: where tickets are kept, and how texts refer to them.

use serde::Deserialize;
use url::Url;

use super::facts::repository_at;
use super::{CatalogError, wrong};
use crate::fact::Announcement;
use crate::key::{Key, KeyParts, of_tool};
use crate::name::Name;
use crate::node::NodeKind;

/// A tracker. It needs one of `projects`, `words` and `repositories`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tracker {
    /// What people call it.
    pub name: String,
    /// The tool, as its provider is called here (`jira`, `bugzilla`), or any other word for a tool that sends nothing.
    /// It is part of the tickets' keys.
    pub kind: String,
    /// The address of its home page.
    pub address: String,
    /// The projects whose keys are tickets: `PAY` for `PAY-12`.
    #[serde(default)]
    pub projects: Vec<String>,
    /// The words behind which a plain number is a ticket: `lp` for `lp:12`, `closes-bug` for `Closes-Bug: #12`.
    #[serde(default)]
    pub words: Vec<String>,
    /// The repositories in which a bare `#42` is a ticket of this tracker.
    #[serde(default)]
    pub repositories: Vec<String>,
    /// The hosts of its pages, where these are not just the host of `address`; an empty list where pages tell nothing.
    pub hosts: Option<Vec<String>>,
}

impl Tracker {
    /// What the tracker announces.
    ///
    /// # Errors
    /// [`CatalogError::Value`] where something of it cannot be part of a key, or nothing would be announced.
    pub(super) fn announcements(&self) -> Result<Vec<Announcement>, CatalogError> {
        let place = format!("tracker '{}'", self.name);
        let host = Url::parse(&self.address).ok().and_then(|url| url.host_str().map(str::to_lowercase));
        let host =
            host.ok_or_else(|| wrong(&place, format!("'address' must be a web address, not '{}'", self.address)))?;
        if self.kind.trim().is_empty() {
            return Err(wrong(&place, "'kind' must not be empty; write the tool's name, like 'jira'"));
        }
        if self.projects.is_empty() && self.words.is_empty() && self.repositories.is_empty() {
            let all = "'projects' (for keys like PAY-12), 'words' (for numbers like lp:12) or 'repositories' (for #12)";
            return Err(wrong(&place, format!("give {all}")));
        }
        let mut found = Vec::new();
        for project in &self.projects {
            let project = project.trim().to_uppercase();
            let pattern = self.keyed(&host, &project).map_err(|cause| wrong(&place, cause))?;
            found.push(Announcement { name: Name::ticket_project(&project), pattern });
        }
        if !self.words.is_empty() || !self.repositories.is_empty() {
            let pattern = of_tool(NodeKind::Ticket, &self.kind, &host, "1");
            let pattern = pattern.map_err(|error| wrong(&place, error.to_string()))?;
            let own = [host];
            let hosts = self.hosts.as_deref().unwrap_or(&own);
            for word in self.words.iter().chain(hosts) {
                found.push(Announcement { name: Name::tracker(word), pattern: pattern.clone() });
            }
            for address in &self.repositories {
                found.push(Announcement { name: Name::numbers(&repository_at(address)?), pattern: pattern.clone() });
            }
        }
        Ok(found)
    }

    fn keyed(&self, host: &str, project: &str) -> Result<Key, String> {
        let letters = project.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit());
        if !letters || !project.starts_with(|first: char| first.is_ascii_uppercase()) {
            return Err(format!("the project '{project}' is no key of capital letters and digits"));
        }
        let parts = KeyParts {
            provider: self.kind.clone(),
            provider_id: host.to_owned(),
            namespace: project.to_owned(),
            groups: String::new(),
            resource: format!("{project}-1"),
        };
        Key::new(NodeKind::Ticket, &parts).map_err(|error| error.to_string())
    }
}
