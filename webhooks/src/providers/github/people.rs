//! GitHub's accounts: people by their login, bots like everybody else, nobody where GitHub has forgotten the account.

use throughline_domain::key::{Key, KeyError, of_tool};
use throughline_domain::link::LinkKind;
use throughline_domain::node::NodeKind;

use super::PROVIDER;
use super::payload::{Author, User};
use crate::draft::{self, Draft, Person};

impl User {
    /// The account as the shared collector takes it.
    pub(super) fn person<'a>(&'a self, host: &'a str) -> Person<'a> {
        Person {
            provider: PROVIDER.name,
            host,
            login: login(Some(self)),
            name: filled(self.name.as_deref()),
            email: filled(self.email.as_deref()),
            page: self.html_url.as_deref(),
            is_bot: self.kind.as_deref() == Some("Bot"),
        }
    }
}

impl Author {
    /// The author of a commit as an account; `None` where GitHub knows nobody of that e-mail address.
    pub(super) fn person<'a>(&'a self, host: &'a str) -> Option<Person<'a>> {
        Some(Person {
            provider: PROVIDER.name,
            host,
            login: Some(filled(self.username.as_deref())?),
            name: filled(self.name.as_deref()),
            email: filled(self.email.as_deref()),
            ..Person::default()
        })
    }
}

/// States a person's account to which nothing is linked, and gives its node.
pub(super) fn state_account(facts: &mut Draft, host: &str, user: Option<&User>) -> Result<Option<Key>, KeyError> {
    let user = user.filter(|user| user.kind.as_deref() != Some("Organization"));
    let Some((user, login)) = user.zip(login(user)) else { return Ok(None) };
    let key = of_tool(NodeKind::Person, PROVIDER.name, host, login)?;
    // The collector passes over a link from a node to itself, so that only the person is stated.
    facts.person(&key, LinkKind::AuthoredBy, &user.person(host), "the account itself")?;
    Ok(Some(key))
}

/// The login of an account that still exists.
pub(super) fn login(user: Option<&User>) -> Option<&str> {
    filled(user.and_then(|user| user.login.as_deref()))
}

/// The logins of several accounts.
pub(super) fn logins(users: Option<&[User]>) -> impl Iterator<Item = &str> {
    users.into_iter().flatten().filter_map(|user| login(Some(user)))
}

/// A sentence with the one who did it: `Merged by ada`.
pub(super) fn by(summary: &str, actor: Option<&User>) -> String {
    draft::by(summary, login(actor))
}

fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}
