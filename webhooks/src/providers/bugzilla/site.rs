//! One installation of Bugzilla: the keys and addresses of what is in it.

use throughline_domain::key::{self, Key, KeyError};
use throughline_domain::node::NodeKind;
use url::Url;

use super::NAME;
use crate::draft::Person;

/// An installation. Bugzilla's bodies do not name it, so the name of the webhook must.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Site {
    /// The host; empty where the name of the webhook has no address.
    pub(super) host: String,
    home: Option<String>,
}

impl Site {
    /// The site whose address stands in the name of the webhook: `Throughline https://bugzilla.acme.example`.
    pub(super) fn of(webhook_name: Option<&str>) -> Self {
        webhook_name.unwrap_or_default().split_whitespace().find_map(Self::at).unwrap_or_default()
    }

    /// The node of a bug.
    pub(super) fn bug(&self, id: &str) -> Result<Key, KeyError> {
        key::of_tool(NodeKind::Ticket, NAME, &self.host, id)
    }

    /// The address of a bug's page, where the site is known.
    pub(super) fn page(&self, id: &str) -> Option<String> {
        Some(format!("{}/show_bug.cgi?id={id}", self.home.as_deref()?))
    }

    /// A person of the site; logins are e-mail addresses where the site does not hide them.
    pub(super) fn person<'a>(&'a self, login: &'a str, name: Option<&'a str>) -> Person<'a> {
        Person {
            provider: NAME,
            host: &self.host,
            login: Some(login),
            name,
            email: Some(login).filter(|login| login.contains('@')),
            ..Person::default()
        }
    }

    fn at(word: &str) -> Option<Self> {
        let url = Url::parse(word).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        let home = format!("{}{}", url.origin().ascii_serialization(), url.path().trim_end_matches('/'));
        Some(Self { host: url.host_str()?.to_owned(), home: Some(home) })
    }
}
