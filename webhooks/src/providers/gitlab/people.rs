//! GitLab's people: by user name, or by e-mail address where that is all that is told.

use throughline_domain::key::{Key, KeyError, of_tool};
use throughline_domain::link::LinkKind;
use throughline_domain::node::NodeKind;

use super::PROVIDER;
use super::payload::{Author, User};
use crate::draft::{Draft, Person};

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

/// States a person to whom nothing is linked, and gives their node; `None` where neither name nor address is known.
pub(super) fn state_person(draft: &mut Draft, person: &Person<'_>) -> Result<Option<Key>, KeyError> {
    let key = match (person.login, person.email) {
        (Some(login), _) => of_tool(NodeKind::Person, person.provider, person.host, login)?,
        (None, Some(email)) => of_tool(NodeKind::Person, "email", "", &email.to_lowercase())?,
        (None, None) => return Ok(None),
    };
    // The collector passes over a link from a node to itself, so that only the person is stated.
    draft.person(&key, LinkKind::AuthoredBy, person, "the person")?;
    Ok(Some(key))
}

/// The text, unless there is nothing to read in it.
pub(super) fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// The users that GitLab makes for access tokens: `project_7_bot`, `group_7_bot_2f1c`.
fn is_bot(login: &str) -> bool {
    let rest = login.strip_prefix("project_").or(login.strip_prefix("group_"));
    rest.and_then(|rest| rest.split_once("_bot")).is_some_and(|(id, _)| id.bytes().all(|byte| byte.is_ascii_digit()))
}
