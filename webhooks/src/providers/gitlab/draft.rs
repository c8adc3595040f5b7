//! What a delivery states about one project: the shared collector, with the repository and GitLab's people filled in.

use std::ops::{Deref, DerefMut};

use throughline_domain::fact::{Attribute, Facts, Field, NodeFact};
use throughline_domain::key::{Key, KeyError};
use throughline_domain::link::LinkKind;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::repository::Repository;
use throughline_domain::time::Timestamp;

use super::PROVIDER;
use super::delivery::Delivery;
use super::payload::{Commit, Project, User};
use crate::draft::{self, CommitFact, Pushed};
use crate::stop::Stop;

/// What a delivery states, so far.
pub(super) struct Draft {
    /// The repository of the project that the delivery is about.
    pub(super) repository: Repository,
    page: Option<String>,
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
    /// Begins with the project that the body names; events of jobs from older servers name only its `repository`.
    pub(super) fn open(
        delivery: &Delivery<'_>,
        project: Option<&Project>,
        repository: Option<&Project>,
        at: Option<Timestamp>,
    ) -> Result<Self, Stop> {
        let payload = project.or(repository).ok_or_else(|| Stop::nothing("the body names no project"))?;
        let place = address(payload).ok_or_else(|| Stop::nothing("the body names a project without an address"))?;
        let page = payload.web_url.as_deref().or(payload.homepage.as_deref());
        let mut draft = Self::of_repository(delivery, place, page, at);
        draft.facts.repository(&draft.repository, payload.path_with_namespace.as_deref(), page)?;
        Ok(draft)
    }

    /// Begins with a repository that is known otherwise.
    pub(super) fn of_repository(
        delivery: &Delivery<'_>,
        repository: Repository,
        page: Option<&str>,
        at: Option<Timestamp>,
    ) -> Self {
        Self { repository, page: page.map(str::to_owned), facts: bare(delivery, at) }
    }

    /// The key of something that GitLab keeps beside the repository.
    pub(super) fn key(&self, kind: NodeKind, resource: impl ToString) -> Result<Key, KeyError> {
        self.repository.resource(PROVIDER.name, kind, &resource.to_string())
    }

    /// The address of a page of the project.
    pub(super) fn page(&self, path: &str) -> Option<String> {
        self.page.as_deref().map(|page| format!("{}/-/{path}", page.trim_end_matches('/')))
    }

    /// States a node that lies in the repository.
    pub(super) fn place(&mut self, fact: NodeFact) -> Result<(), KeyError> {
        self.facts.place(&fact.key, &self.repository)?;
        self.facts.state(fact);
        Ok(())
    }

    /// States a node of the repository with GitLab's word for how far it has come, and what that word means.
    pub(super) fn place_with_outcome(
        &mut self,
        fact: NodeFact,
        state: Option<&str>,
        outcome: Option<Outcome>,
    ) -> Result<(), KeyError> {
        self.facts.place(&fact.key, &self.repository)?;
        if matches!(state, Some("manual" | "blocked")) {
            // What ran already may come to wait for a person, so that this has its time like any other state.
            let outcome = outcome.map(Outcome::word);
            self.facts.state(fact.with_some(Attribute::State, state).with_some(Attribute::Outcome, outcome));
        } else {
            self.facts.state_with_outcome(fact, state, outcome);
        }
        Ok(())
    }

    /// States what the commits of a push were made on.
    pub(super) fn pushed_onto(&mut self, pushed: &Pushed<'_>) -> Result<(), KeyError> {
        self.facts.pushed_onto(&self.repository, pushed)
    }

    /// States a commit that the payload names by id alone; `None` where that is no full object id.
    pub(super) fn commit_by_id(&mut self, id: Option<&str>) -> Result<Option<Key>, KeyError> {
        self.facts.commit_by_id(&self.repository, id)
    }

    /// States a commit with all that the payload tells of it; `None` where its id is no full object id.
    pub(super) fn commit(&mut self, commit: &Commit) -> Result<Option<Key>, KeyError> {
        let author = commit.author.as_ref().map(|author| author.person(self.repository.host()));
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

    /// States a person and that a node is linked to them.
    pub(super) fn user(
        &mut self,
        node: &Key,
        kind: LinkKind,
        user: Option<&User>,
        reason: &str,
    ) -> Result<(), KeyError> {
        let Some(user) = user else { return Ok(()) };
        self.facts.person(node, kind, &user.person(self.repository.host()), reason)
    }

    /// Hands over a text in which people may refer to other nodes.
    pub(super) fn text(&mut self, from: &Key, field: Field, text: Option<&str>) {
        self.facts.mention(from, field, text, Some(&self.repository));
    }

    /// Tells that a text was emptied, so that what it referred to before no longer counts.
    pub(super) fn no_text(&mut self, from: &Key, field: Field) {
        self.facts.emptied(from, field, Some(&self.repository));
    }

    /// Ends the collection.
    pub(super) fn finish(self) -> Result<Facts, Stop> {
        Ok(self.facts.finish()?)
    }
}

/// Begins with nothing, for what belongs to no project.
pub(super) fn bare(delivery: &Delivery<'_>, at: Option<Timestamp>) -> draft::Draft {
    draft::Draft::new(format!("{}/{}", PROVIDER.name, delivery.kind), at)
}

/// The repository whose page this is: what stands before `/-/`.
pub(super) fn repository_of(page: &str) -> Option<Repository> {
    Repository::from_address(page.split_once("/-/")?.0)
}

fn address(project: &Project) -> Option<Repository> {
    let addresses = [&project.web_url, &project.homepage, &project.git_http_url, &project.url];
    addresses.into_iter().filter_map(|address| address.as_deref()).find_map(Repository::from_address)
}
