//! One delivery while it is read: its body, the repository that it is about, and the facts so far.

use throughline_domain::fact::{Field, NodeFact};
use throughline_domain::key::{Key, KeyError};
use throughline_domain::link::LinkKind;
use throughline_domain::node::NodeKind;
use throughline_domain::repository::Repository;

use crate::draft::{CommitFact, Draft, Person, joined};
use crate::members::filled;
use crate::provider::{Content, ParseError};

use super::Family;
use super::payload::{self, Body, Commit, Named, User};

/// A delivery, its repository and what it states so far.
pub(super) struct Reading<'a> {
    /// What was sent.
    pub(super) body: &'a Body,
    /// The repository that the delivery is about.
    pub(super) repository: Repository,
    /// The facts so far.
    pub(super) draft: Draft,
    family: &'a Family,
}

impl<'a> Reading<'a> {
    /// Begins with the repository that the body names; `None` where it names none by an address.
    pub(super) fn open(family: &'a Family, rule: &str, body: &'a Body) -> Result<Option<Self>, KeyError> {
        let run = body.run.as_ref().and_then(|run| run.repository.as_ref());
        let package = body.package.as_ref().and_then(|package| package.repository.as_ref());
        let told = body.repository.as_ref().or(run).or(package);
        let Some((told, repository)) = told.and_then(|told| Some((told, address(told)?))) else { return Ok(None) };
        let mut draft = Draft::new(format!("{}/{rule}", family.name), None);
        draft.repository(&repository, full_name(told), told.html_url.as_deref())?;
        Ok(Some(Self { body, repository, draft, family }))
    }

    /// The key of something that the tool keeps beside the repository.
    pub(super) fn key(&self, kind: NodeKind, resource: impl ToString) -> Result<Key, KeyError> {
        self.repository.resource(self.family.name, kind, &resource.to_string())
    }

    /// States another repository that the body names by an address.
    pub(super) fn other_repository(&mut self, told: &payload::Repository) -> Result<Option<Key>, KeyError> {
        let Some(repository) = address(told) else { return Ok(None) };
        self.draft.repository(&repository, full_name(told), told.html_url.as_deref()).map(Some)
    }

    /// States a node, and that it lies in the repository.
    pub(super) fn place(&mut self, fact: NodeFact) -> Result<(), KeyError> {
        let key = fact.key.clone();
        self.draft.state(fact);
        self.draft.place(&key, &self.repository)
    }

    /// States a person, and that a node is linked to them, where the payload knows their login.
    pub(super) fn person(
        &mut self,
        node: &Key,
        kind: LinkKind,
        user: Option<&User>,
        reason: &str,
    ) -> Result<(), KeyError> {
        let Some(user) = user.filter(|user| login(user).is_some()) else { return Ok(()) };
        let person = Person {
            provider: self.family.name,
            host: self.repository.host(),
            login: login(user),
            name: filled(user.full_name.as_deref()),
            email: filled(user.email.as_deref()),
            page: user.html_url.as_deref(),
            is_bot: false,
        };
        self.draft.person(node, kind, &person, reason)
    }

    /// States a commit with all that the payload tells of it; `None` where its id is no full object id.
    pub(super) fn commit(&mut self, commit: &Commit) -> Result<Option<Key>, KeyError> {
        let author = commit.author.as_ref();
        let author = Person {
            provider: self.family.name,
            host: self.repository.host(),
            login: filled(author.and_then(|author| author.username.as_deref())),
            name: filled(author.and_then(|author| author.name.as_deref())),
            email: filled(author.and_then(|author| author.email.as_deref())),
            ..Person::default()
        };
        let fact = CommitFact {
            id: commit.id.as_deref(),
            message: commit.message.as_deref(),
            at: commit.timestamp,
            page: commit.url.as_deref(),
            author,
            files: [&commit.added, &commit.removed, &commit.modified].map(|files| files.as_deref().unwrap_or_default()),
        };
        self.draft.commit(&self.repository, &fact)
    }

    /// States a commit that the payload names by id alone.
    pub(super) fn commit_by_id(&mut self, id: Option<&str>) -> Result<Option<Key>, KeyError> {
        self.draft.commit_by_id(&self.repository, id)
    }

    /// Hands over a text in which people may refer to other nodes.
    pub(super) fn mention(&mut self, from: &Key, field: Field, text: Option<&str>) {
        self.draft.mention(from, field, text, Some(&self.repository));
    }

    /// Hands over a description. One that an edit has emptied refers to nothing any more.
    pub(super) fn description(&mut self, from: &Key, text: Option<&str>) {
        let is_emptied = text.is_some_and(|text| text.trim().is_empty());
        if is_emptied && self.body.action.as_deref() == Some("edited") {
            self.draft.emptied(from, Field::Body, Some(&self.repository));
        } else {
            self.mention(from, Field::Body, text);
        }
    }

    /// Ends the reading.
    pub(super) fn finish(self) -> Result<Content, ParseError> {
        Ok(Content::Facts(Box::new(self.draft.finish()?)))
    }
}

/// The login of an account.
pub(super) fn login(user: &User) -> Option<&str> {
    filled(user.login.as_deref()).or(filled(user.username.as_deref()))
}

/// The login of an account that may be missing.
pub(super) fn called(user: Option<&User>) -> Option<&str> {
    user.and_then(login)
}

/// The logins of those who work on something, as one attribute.
pub(super) fn assigned(several: Option<&[User]>, one: Option<&User>) -> String {
    joined(several.into_iter().flatten().chain(one).filter_map(login))
}

/// The names of labels, as one attribute.
pub(super) fn labelled(labels: Option<&[Named]>) -> String {
    joined(labels.into_iter().flatten().filter_map(|label| label.name.as_deref()))
}

fn full_name(told: &payload::Repository) -> Option<&str> {
    filled(told.full_name.as_deref())
}

fn address(told: &payload::Repository) -> Option<Repository> {
    [told.html_url.as_deref(), told.clone_url.as_deref()].into_iter().flatten().find_map(Repository::from_address)
}
