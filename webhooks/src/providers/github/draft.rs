//! What a delivery states about one repository: the shared collector, with that and GitHub's accounts filled in.

use std::ops::{Deref, DerefMut};

use throughline_domain::fact::{Facts, Field, NodeFact};
use throughline_domain::key::{Key, KeyError};
use throughline_domain::link::LinkKind;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::repository::Repository;
use throughline_domain::time::Timestamp;
use url::Url;

use super::PROVIDER;
use super::delivery::Delivery;
use super::payload::{self, Commit, User};
use super::people::login;
use crate::draft::{self, CommitFact, Pushed};
use crate::stop::Stop;

const PUBLIC_HOST: &str = "github.com";

/// What a delivery states, so far.
pub(super) struct Draft {
    /// The repository that the delivery is about.
    pub(super) repository: Repository,
    facts: draft::Draft,
}

impl Deref for Draft {
    type Target = draft::Draft;

    fn deref(&self) -> &Self::Target {
        &self.facts
    }
}

impl DerefMut for Draft {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.facts
    }
}

impl Draft {
    /// Begins with the repository that the body names.
    pub(super) fn open(
        delivery: &Delivery<'_>,
        payload: Option<&payload::Repository>,
        at: Option<Timestamp>,
    ) -> Result<Self, Stop> {
        let payload = payload.ok_or_else(|| Stop::nothing("the body names no repository"))?;
        let repository = address(payload, delivery.enterprise_host)
            .ok_or_else(|| Stop::nothing("the body names a repository without an address or a full name"))?;
        let mut draft = Self::of_repository(delivery, repository, at);
        draft.facts.repository(&draft.repository, payload.full_name.as_deref(), payload.html_url.as_deref())?;
        Ok(draft)
    }

    /// Begins with a repository that is known otherwise.
    pub(super) fn of_repository(delivery: &Delivery<'_>, repository: Repository, at: Option<Timestamp>) -> Self {
        Self { repository, facts: bare(delivery, at) }
    }

    /// The key of something that GitHub keeps beside the repository.
    pub(super) fn key(&self, kind: NodeKind, resource: impl ToString) -> Result<Key, KeyError> {
        self.repository.resource(PROVIDER.name, kind, &resource.to_string())
    }

    /// States a node that lies in the repository.
    pub(super) fn place(&mut self, fact: NodeFact) -> Result<(), KeyError> {
        self.facts.place(&fact.key, &self.repository)?;
        self.facts.state(fact);
        Ok(())
    }

    /// States a node of the repository with GitHub's word for how far it has come, and what that word means.
    pub(super) fn place_with_outcome(
        &mut self,
        fact: NodeFact,
        state: Option<&str>,
        outcome: Option<Outcome>,
    ) -> Result<(), KeyError> {
        self.facts.place(&fact.key, &self.repository)?;
        self.facts.state_with_outcome(fact, state, outcome);
        Ok(())
    }

    /// States a commit that the payload names by id alone; `None` where that is no full object id.
    pub(super) fn commit_by_id(&mut self, id: Option<&str>) -> Result<Option<Key>, KeyError> {
        self.facts.commit_by_id(&self.repository, id)
    }

    /// States a commit with all that the payload tells of it; `None` where its id is no full object id.
    ///
    /// Of the author only an account counts: beside runs and checks GitHub leaves out even one that it knows.
    pub(super) fn commit(&mut self, commit: &Commit) -> Result<Option<Key>, KeyError> {
        self.commit_of(commit, false)
    }

    /// As [`Draft::commit`], of a push, which names every account: an author without one is known by e-mail address.
    pub(super) fn pushed_commit(&mut self, commit: &Commit) -> Result<Option<Key>, KeyError> {
        self.commit_of(commit, true)
    }

    /// States what the commits of a push were made on.
    pub(super) fn pushed_onto(&mut self, pushed: &Pushed<'_>) -> Result<(), KeyError> {
        self.facts.pushed_onto(&self.repository, pushed)
    }

    fn commit_of(&mut self, commit: &Commit, is_pushed: bool) -> Result<Option<Key>, KeyError> {
        let author = commit.author.as_ref().map(|author| author.person(self.repository.host()));
        let author = author.filter(|author| is_pushed || author.login.is_some());
        let fact = CommitFact {
            id: commit.id.as_deref(),
            message: commit.message.as_deref(),
            at: commit.timestamp,
            page: commit.url.as_deref(),
            author: author.unwrap_or_default(),
            files: [&commit.added, &commit.removed, &commit.modified].map(|files| files.as_deref().unwrap_or_default()),
        };
        self.facts.commit(&self.repository, &fact)
    }

    /// States a person and that a node is linked to them, where the payload knows their login.
    pub(super) fn person(
        &mut self,
        node: &Key,
        kind: LinkKind,
        user: Option<&User>,
        reason: &str,
    ) -> Result<(), KeyError> {
        let Some(user) = user.filter(|user| login(Some(user)).is_some()) else { return Ok(()) };
        self.facts.person(node, kind, &user.person(self.repository.host()), reason)
    }

    /// Tells that something happened to a node: at that time or else at that of the statements, and not at all where
    /// GitHub says neither.
    pub(super) fn event(
        &mut self,
        node: &Key,
        at: Option<Timestamp>,
        what: &str,
        actor: Option<&User>,
        summary: impl AsRef<str>,
    ) {
        self.facts.event(node, at, what, login(actor), summary.as_ref());
    }

    /// Hands over a text in which people may refer to other nodes.
    pub(super) fn mention(&mut self, from: &Key, field: Field, text: Option<&str>) {
        self.facts.mention(from, field, text, Some(&self.repository));
    }

    /// Tells that a text was emptied, so that what it referred to before no longer counts.
    pub(super) fn emptied(&mut self, from: &Key, field: Field) {
        self.facts.emptied(from, field, Some(&self.repository));
    }

    /// Ends the collection.
    pub(super) fn finish(self) -> Result<Facts, Stop> {
        Ok(self.facts.finish()?)
    }
}

/// Begins with nothing, for what belongs to no repository.
pub(super) fn bare(delivery: &Delivery<'_>, at: Option<Timestamp>) -> draft::Draft {
    draft::Draft::new(format!("{}/{}", PROVIDER.name, delivery.event), at)
}

/// Whether there is nothing to read in a text.
pub(super) fn is_blank(text: Option<&str>) -> bool {
    text.is_none_or(|text| text.trim().is_empty())
}

/// Where a repository is: by its address, or else by its name on the installation's host.
pub(super) fn address(payload: &payload::Repository, host: Option<&str>) -> Option<Repository> {
    let addresses = [payload.html_url.as_deref(), payload.clone_url.as_deref()];
    addresses.into_iter().flatten().find_map(Repository::from_address).or_else(|| {
        let owner = login(payload.owner.as_ref());
        let parts = owner.zip(payload.name.as_deref()).map(|(owner, name)| format!("{owner}/{name}"));
        let path = payload.full_name.clone().or(parts).filter(|path| path.contains('/'))?;
        Repository::new(host.unwrap_or(PUBLIC_HOST), &path)
    })
}

/// The installation's host, where no repository tells it: by the first page, by the header, or else the public one.
pub(super) fn host<'a>(delivery: &Delivery<'_>, pages: impl IntoIterator<Item = Option<&'a str>>) -> String {
    let of_page = |page: &str| Some(Url::parse(page).ok()?.host_str()?.to_owned());
    let known = pages.into_iter().flatten().find_map(of_page);
    known.unwrap_or_else(|| delivery.enterprise_host.unwrap_or(PUBLIC_HOST).to_owned())
}
