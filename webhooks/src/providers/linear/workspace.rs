//! The keys and addresses of what is in a workspace.

use throughline_domain::fact::{Attribute, NodeFact};
use throughline_domain::key::{self, Key, KeyError, KeyParts};
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};
use url::Url;

use super::NAME;
use super::payload::{Actor, Data};
use crate::draft::{Draft, Person};

/// Linear has one installation.
const HOST: &str = "linear.app";

/// An issue, as everything refers to it.
#[derive(Debug)]
pub(super) struct IssueName {
    /// `PAY-12`, in upper case.
    pub(super) identifier: String,
    /// `PAY`.
    pub(super) team: String,
    /// The node.
    pub(super) key: Key,
}

impl IssueName {
    /// The issue of an identifier; `None` where the text is not of the form `PAY-12`.
    pub(super) fn of(identifier: &str) -> Option<Result<Self, KeyError>> {
        let identifier = identifier.trim().to_uppercase();
        let (team, number) = identifier.split_once('-')?;
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let is_team = !team.is_empty() && team.chars().all(char::is_alphanumeric);
        if !is_number || !is_team {
            return None;
        }
        let team = team.to_owned();
        let parts = KeyParts {
            provider: NAME.to_owned(),
            provider_id: HOST.to_owned(),
            namespace: team.clone(),
            groups: String::new(),
            resource: identifier.clone(),
        };
        Some(Key::new(NodeKind::Ticket, &parts).map(|key| Self { identifier, team, key }))
    }

    /// The issue that a body is about: by its identifier, by team and number, or by its page.
    pub(super) fn find(identifier: Option<&str>, data: &Data, page: Option<&str>) -> Option<Result<Self, KeyError>> {
        let team = data.team.as_ref().and_then(|team| team.key.as_deref());
        let numbered = team.zip(data.number).map(|(team, number)| format!("{team}-{number}"));
        let candidates = [identifier.map(str::to_owned), numbered, page.and_then(in_address)];
        candidates.into_iter().flatten().find_map(|candidate| Self::of(&candidate))
    }

    /// What every mention of the issue says of it: its names, and that its team's keys are tickets.
    pub(super) fn fact(&self, draft: &mut Draft, page: Option<&str>) -> Result<NodeFact, KeyError> {
        draft.announce(Name::ticket_project(&self.team), &self.key.with_resource(&self.team)?);
        let mut fact = draft
            .fact(&self.key)
            .with(Attribute::Reference, self.identifier.as_str())
            .named(Name::ticket(&self.identifier));
        if let Some(name) = page.and_then(short_address).as_deref().and_then(Name::url) {
            fact = fact.named(name);
        }
        Ok(fact)
    }
}

/// The node of a project, by its id.
pub(super) fn project(id: &str) -> Result<Key, KeyError> {
    key::of_tool(NodeKind::Ticket, NAME, HOST, id)
}

/// A person or an integration of the workspace.
pub(super) fn person(actor: &Actor) -> Person<'_> {
    Person {
        provider: NAME,
        host: HOST,
        login: actor.id.as_deref(),
        name: actor.name.as_deref(),
        email: actor.email.as_deref(),
        page: actor.url.as_deref(),
        is_bot: actor.kind.as_deref().is_some_and(|kind| kind != "user"),
    }
}

/// What the type of an issue's or project's state means.
pub(super) fn outcome(kind: &str) -> Option<Outcome> {
    match kind {
        "triage" | "backlog" | "unstarted" | "planned" => Some(Outcome::Pending),
        "started" | "paused" => Some(Outcome::Running),
        "completed" => Some(Outcome::Success),
        "canceled" | "duplicate" => Some(Outcome::Abandoned),
        _ => None,
    }
}

/// The identifier in the address of an issue's page: `https://linear.app/acme/issue/PAY-12/retry#comment-1`.
///
/// Of another host nothing counts: an attachment may have any address.
fn in_address(page: &str) -> Option<String> {
    let url = own(page)?;
    let mut segments = url.path_segments()?.skip(1);
    if segments.next() != Some("issue") {
        return None;
    }
    segments.next().map(str::to_owned)
}

/// The address of an issue's page without the words of its title, which people leave out.
fn short_address(page: &str) -> Option<String> {
    let url = own(page)?;
    let segments: Vec<&str> = url.path_segments()?.take(3).collect();
    match segments.as_slice() {
        [workspace, "issue", identifier] => Some(format!("https://{HOST}/{workspace}/issue/{identifier}")),
        _ => None,
    }
}

/// An address of Linear's.
fn own(page: &str) -> Option<Url> {
    Url::parse(page).ok().filter(|url| url.host_str() == Some(HOST))
}

#[cfg(test)]
mod tests {
    use super::{IssueName, in_address, short_address};

    #[test]
    fn an_address_names_the_issue() {
        for (page, expected) in [
            ("https://linear.app/acme/issue/PAY-12/retry-declined-cards", Some("PAY-12")),
            ("https://linear.app/acme/issue/PAY-12#comment-77", Some("PAY-12")),
            ("https://linear.app/acme/project/retries-1f", None),
            ("https://linear.app.evil.example/acme/issue/PAY-12", None),
            ("PAY-12", None),
        ] {
            assert_eq!(in_address(page).as_deref(), expected, "{page}");
        }
        assert_eq!(
            short_address("https://linear.app/acme/issue/PAY-12/retry#comment-1").as_deref(),
            Some("https://linear.app/acme/issue/PAY-12")
        );
        assert_eq!(short_address("https://linear.app/acme"), None);
    }

    #[test]
    fn an_identifier_has_a_team_and_a_number() {
        let name = IssueName::of(" pay-12 ").unwrap().unwrap();
        assert_eq!((name.identifier.as_str(), name.team.as_str()), ("PAY-12", "PAY"));
        for text in ["PAY", "PAY-", "-12", "PAY-12a", "a word-1", ""] {
            assert!(IssueName::of(text).is_none(), "{text}");
        }
    }
}
