//! GitHub's accounts: people by their login, bots like everybody else, nobody where GitHub has forgotten the account.

use throughline_domain::key::{Key, KeyError};

use super::PROVIDER;
use super::payload::{Author, User};
use crate::draft::{self, Draft, Person};
use crate::members::filled;

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
    /// The author of a commit: by account, or else by e-mail address.
    pub(super) fn person<'a>(&'a self, host: &'a str) -> Person<'a> {
        Person {
            provider: PROVIDER.name,
            host,
            login: filled(self.username.as_deref()),
            name: filled(self.name.as_deref()),
            email: filled(self.email.as_deref()),
            ..Person::default()
        }
    }
}

/// States a person's account to which nothing is linked, and gives its node.
pub(super) fn state_account(facts: &mut Draft, host: &str, user: Option<&User>) -> Result<Option<Key>, KeyError> {
    match user.filter(|user| user.kind.as_deref() != Some("Organization") && login(Some(user)).is_some()) {
        Some(user) => facts.state_person(&user.person(host)),
        None => Ok(None),
    }
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
