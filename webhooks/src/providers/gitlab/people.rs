//! GitLab's people: by user name, or by e-mail address where that is all that is told.

use super::PROVIDER;
use super::payload::{Author, User};
use crate::draft::Person;
use crate::members::filled;

impl User {
    /// The user as the shared collector takes them.
    pub(super) fn person<'a>(&'a self, host: &'a str) -> Person<'a> {
        person(host, self.username.as_deref(), self.name.as_deref(), self.email.as_deref())
    }

    /// What the user is called in a line of text.
    pub(super) fn called(&self) -> Option<&str> {
        filled(self.username.as_deref()).or(filled(self.name.as_deref()))
    }
}

impl Author {
    /// The author of a commit, of whom git knows no user name.
    pub(super) fn person<'a>(&'a self, host: &'a str) -> Person<'a> {
        person(host, None, self.name.as_deref(), self.email.as_deref())
    }
}

/// A person by what an event tells of them.
pub(super) fn person<'a>(
    host: &'a str,
    login: Option<&'a str>,
    name: Option<&'a str>,
    email: Option<&'a str>,
) -> Person<'a> {
    let login = filled(login);
    Person {
        provider: PROVIDER.name,
        host,
        login,
        name: filled(name),
        // An address that its owner hides is sent as a word in brackets.
        email: filled(email).filter(|email| email.contains('@')),
        page: None,
        is_bot: login.is_some_and(is_bot),
    }
}

/// The users that GitLab makes for access tokens: `project_7_bot`, `group_7_bot_2f1c`.
fn is_bot(login: &str) -> bool {
    let rest = login.strip_prefix("project_").or(login.strip_prefix("group_"));
    rest.and_then(|rest| rest.split_once("_bot")).is_some_and(|(id, _)| id.bytes().all(|byte| byte.is_ascii_digit()))
}
