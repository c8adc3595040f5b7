//! One delivery while it is read: its body, the repository that it is about, and the facts so far.

use throughline_domain::fact::{Field, NodeFact};
use throughline_domain::key::{Key, KeyError};
use throughline_domain::link::LinkKind;
use throughline_domain::node::NodeKind;
use throughline_domain::repository::Repository;

use crate::draft::{CommitFact, Draft, Person};
use crate::members::filled;
use crate::provider::{Content, ParseError};

use super::payload::{self, Body, Commit, Links, User};
use super::{HOST, NAME};

/// A delivery, its repository and what it states so far.
pub(super) struct Reading<'a> {
    /// Bitbucket's name of the event.
    pub(super) event: &'a str,
    /// What was sent.
    pub(super) body: &'a Body,
    /// The repository that the delivery is about.
    pub(super) repository: Repository,
    /// The facts so far.
    pub(super) draft: Draft,
}

impl<'a> Reading<'a> {
    /// Begins with the repository that the body names; `None` where it names none.
    pub(super) fn open(event: &'a str, body: &'a Body) -> Result<Option<Self>, KeyError> {
        let Some(told) = &body.repository else { return Ok(None) };
        let Some(repository) = address(told) else { return Ok(None) };
        // What two events of one object say alike is said by one rule.
        let rule = event.split(':').next().unwrap_or(event);
        let rule = if rule == "repo" { event.split(':').nth(1).unwrap_or(rule) } else { rule };
        let mut draft = Draft::new(format!("{NAME}/{rule}"), None);
        draft.repository(&repository, told.full_name.as_deref(), page(told.links.as_ref()))?;
        Ok(Some(Self { event, body, repository, draft }))
    }

    /// The key of something that Bitbucket keeps beside the repository.
    pub(super) fn key(&self, kind: NodeKind, resource: impl ToString) -> Result<Key, KeyError> {
        self.repository.resource(NAME, kind, &resource.to_string())
    }

    /// States a node, and that it lies in the repository.
    pub(super) fn place(&mut self, fact: NodeFact) -> Result<(), KeyError> {
        let key = fact.key.clone();
        self.draft.state(fact);
        self.draft.place(&key, &self.repository)
    }

    /// States a person, and that a node is linked to them, where the payload knows an id of theirs.
    pub(super) fn person(
        &mut self,
        node: &Key,
        kind: LinkKind,
        user: Option<&User>,
        reason: &str,
    ) -> Result<(), KeyError> {
        match user {
            Some(user) => self.draft.person(node, kind, &person(user), reason),
            None => Ok(()),
        }
    }

    /// States a commit with all that the payload tells of it; `None` where its hash is cut short.
    pub(super) fn commit(&mut self, commit: &Commit) -> Result<Option<Key>, KeyError> {
        let author = commit.author.as_ref();
        let (name, email) = author.and_then(|author| author.raw.as_deref()).map_or((None, None), written);
        let known = author.and_then(|author| author.user.as_ref()).map(person).unwrap_or_default();
        let fact = CommitFact {
            id: commit.hash.as_deref(),
            message: commit.message.as_deref(),
            at: commit.date,
            page: page(commit.links.as_ref()),
            author: Person { name: known.name.or(name), email, ..known },
            ..CommitFact::default()
        };
        self.draft.commit(&self.repository, &fact)
    }

    /// Hands over a text in which people may refer to other nodes.
    pub(super) fn mention(&mut self, from: &Key, field: Field, text: Option<&str>) {
        self.draft.mention(from, field, text, Some(&self.repository));
    }

    /// Ends the reading.
    pub(super) fn finish(self) -> Result<Content, ParseError> {
        Ok(Content::Facts(Box::new(self.draft.finish()?)))
    }
}

/// The repository of that full name.
pub(super) fn address(told: &payload::Repository) -> Option<Repository> {
    let named =
        told.full_name.as_deref().filter(|name| name.contains('/')).and_then(|name| Repository::new(HOST, name));
    named.or_else(|| page(told.links.as_ref()).and_then(Repository::from_address))
}

/// The page for people.
pub(super) fn page(links: Option<&Links>) -> Option<&str> {
    links.and_then(|links| links.html.as_ref()).and_then(|link| link.href.as_deref())
}

/// What a person is called in a line of text.
pub(super) fn called(user: Option<&User>) -> Option<&str> {
    let user = user?;
    [&user.display_name, &user.nickname, &user.username].into_iter().find_map(|name| filled(name.as_deref()))
}

fn person(user: &User) -> Person<'_> {
    let ids = [&user.account_id, &user.uuid, &user.username, &user.nickname];
    Person {
        provider: NAME,
        host: HOST,
        login: ids.into_iter().find_map(|id| filled(id.as_deref())),
        name: called(Some(user)),
        page: page(user.links.as_ref()),
        ..Person::default()
    }
}

/// Name and e-mail address of `Ada <ada@acme.example>`.
fn written(raw: &str) -> (Option<&str>, Option<&str>) {
    match raw.split_once('<') {
        Some((name, email)) => (filled(Some(name)), filled(Some(email.trim_end().trim_end_matches('>')))),
        None => (filled(Some(raw)), None),
    }
}

#[cfg(test)]
mod tests {
    use super::written;

    #[test]
    fn an_author_is_read_as_git_writes_it() {
        assert_eq!(written("Ada <ada@acme.example>"), (Some("Ada"), Some("ada@acme.example")));
        assert_eq!(written("ada"), (Some("ada"), None));
        assert_eq!(written("<ada@acme.example>"), (None, Some("ada@acme.example")));
        assert_eq!(written(""), (None, None));
    }
}
