//! One delivery while it is read: where it comes from, and the facts so far.

use throughline_domain::fact::{Attribute, Field, NodeFact};
use throughline_domain::key::{Key, KeyError};
use throughline_domain::link::LinkKind;
use throughline_domain::node::Outcome;
use throughline_domain::repository::Repository;

use crate::draft::{CommitFact, Draft, Person};
use crate::members::filled;
use crate::provider::{Content, ParseError};

use super::NAME;
use super::payload::{self, Author, Containers, Hook, Identity, Link, Reviewer};
use super::place::{self, Place};

/// Where a delivery comes from, and what it states so far.
pub(super) struct Reading {
    /// The organisation or collection.
    pub(super) place: Place,
    /// The facts so far.
    pub(super) draft: Draft,
}

impl Reading {
    /// Begins with the organisation that the containers of the delivery, or the addresses of its resource, lie in.
    pub(super) fn open<T>(hook: &Hook<T>, rule: &str, addresses: &[Option<&str>]) -> Self {
        let container = |containers: &Containers| {
            let told = [&containers.collection, &containers.account].into_iter().flatten();
            told.filter_map(|container| container.base_url.as_deref()).find_map(Place::of)
        };
        let place = hook.resource_containers.as_ref().and_then(container);
        let place = place.or_else(|| addresses.iter().copied().flatten().find_map(Place::of));
        Self { place: place.unwrap_or_default(), draft: Draft::new(format!("{NAME}/{rule}"), hook.created_date) }
    }

    /// States the repository of what a payload tells of it, and gives it; `None` where it has no address.
    pub(super) fn repository(&mut self, told: Option<&payload::Repository>) -> Result<Option<Repository>, KeyError> {
        let Some(told) = told else { return Ok(None) };
        let Some(repository) = place::repository(told) else { return Ok(None) };
        self.draft.repository(&repository, told.name.as_deref(), page_of(told).as_deref())?;
        Ok(Some(repository))
    }

    /// States a node that lies in a repository.
    pub(super) fn place_in(&mut self, fact: NodeFact, repository: &Repository) -> Result<(), KeyError> {
        let key = fact.key.clone();
        self.draft.state(fact);
        self.draft.place(&key, repository)
    }

    /// States a person, and that a node is linked to them.
    pub(super) fn person(
        &mut self,
        node: &Key,
        kind: LinkKind,
        identity: Option<&Identity>,
        reason: &str,
    ) -> Result<(), KeyError> {
        match identity {
            Some(identity) => self.draft.person(node, kind, &person(identity, &self.place.host), reason),
            None => Ok(()),
        }
    }

    /// States a commit by what git says of it.
    pub(super) fn commit(
        &mut self,
        repository: &Repository,
        id: Option<&str>,
        message: Option<&str>,
        (author, committer): (Option<&Author>, Option<&Author>),
        page: Option<&str>,
    ) -> Result<Option<Key>, KeyError> {
        let written = |author: &Author| author.date;
        let fact = CommitFact {
            id,
            message,
            at: committer.and_then(written).or(author.and_then(written)),
            page: page.filter(|page| page.contains("/_git/")),
            author: Person {
                name: author.and_then(|author| filled(author.name.as_deref())),
                email: author.and_then(|author| filled(author.email.as_deref())),
                ..Person::default()
            },
            ..CommitFact::default()
        };
        self.draft.commit(repository, &fact)
    }

    /// Hands over a text in which people may refer to other nodes.
    pub(super) fn mention(&mut self, from: &Key, field: Field, text: Option<&str>, repository: Option<&Repository>) {
        self.draft.mention(from, field, text, repository);
    }

    /// Ends the reading.
    pub(super) fn finish(self) -> Result<Content, ParseError> {
        Ok(Content::Facts(Box::new(self.draft.finish()?)))
    }
}

/// The addresses that tell where a repository lies.
pub(super) fn addresses(told: Option<&payload::Repository>) -> [Option<&str>; 3] {
    match told {
        Some(told) => [told.web_url.as_deref(), told.remote_url.as_deref(), told.url.as_deref()],
        None => [None; 3],
    }
}

/// A fact with its title and the short form by which people refer to it.
pub(super) fn titled(fact: NodeFact, title: &str, reference: &str) -> NodeFact {
    fact.with(Attribute::Title, title).with(Attribute::Reference, reference)
}

/// What a word for the state of a build, run, stage, job or deployment means; the result counts once there is one.
pub(super) fn outcome(word: &str) -> Option<Outcome> {
    match word.to_ascii_lowercase().as_str() {
        "notstarted" | "postponed" | "queued" | "scheduled" | "waiting" | "pending" => Some(Outcome::Pending),
        "inprogress" | "running" | "canceling" | "cancelling" => Some(Outcome::Running),
        "succeeded" => Some(Outcome::Success),
        "failed" | "partiallysucceeded" | "rejected" => Some(Outcome::Failure),
        "canceled" | "cancelled" | "stopped" | "skipped" | "abandoned" => Some(Outcome::Abandoned),
        _ => None,
    }
}

/// Whether an outcome is an end.
pub(super) fn is_ended(outcome: Option<Outcome>) -> bool {
    matches!(outcome, Some(Outcome::Success | Outcome::Failure | Outcome::Abandoned))
}

/// What a person is called in a line of text.
pub(super) fn called(identity: Option<&Identity>) -> Option<&str> {
    let identity = identity?;
    filled(identity.display_name.as_deref()).or(filled(identity.unique_name.as_deref()))
}

/// The address of a link.
pub(super) fn href(link: Option<&Link>) -> Option<&str> {
    link.and_then(|link| filled(link.href.as_deref()))
}

/// A branch's short name.
pub(super) fn branch(name: Option<&str>) -> Option<&str> {
    filled(name).and_then(|name| name.strip_prefix("refs/heads/"))
}

/// The page of a repository, without the user name that some addresses carry.
pub(super) fn page_of(told: &payload::Repository) -> Option<String> {
    let address = filled(told.web_url.as_deref()).or(filled(told.remote_url.as_deref()))?;
    let mut url = url::Url::parse(address).ok()?;
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    Some(url.into())
}

impl Reviewer {
    /// The person whose vote it is; `None` for a group, whose vote repeats those of its members.
    pub(super) fn identity(&self) -> Option<Identity> {
        let Self { vote: _, is_container, id, display_name, unique_name } = self;
        let is_person = *is_container != Some(true);
        is_person.then(|| Identity {
            id: id.clone(),
            display_name: display_name.clone(),
            unique_name: unique_name.clone(),
        })
    }
}

fn person<'a>(identity: &'a Identity, host: &'a str) -> Person<'a> {
    let unique = filled(identity.unique_name.as_deref()).filter(|name| !name.starts_with("vstfs:"));
    // Before an e-mail address may stand where it is kept: `Windows Live ID\ada@acme.example`.
    let last = unique.and_then(|name| name.rsplit('\\').next());
    Person {
        provider: NAME,
        host,
        login: unique.or(filled(identity.id.as_deref())),
        name: filled(identity.display_name.as_deref()),
        email: last.filter(|name| name.contains('@')),
        ..Person::default()
    }
}
