//! The facts of one delivery while they are collected: each kind of statement is made in one way, and each node once.

use std::collections::BTreeSet;

use throughline_domain::fact::{Attribute, Event, Facts, Field, LinkFact, MAX_FACTS, Mention, NodeFact};
use throughline_domain::key::{Key, KeyError};
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::repository::Repository;
use throughline_domain::time::Timestamp;

use super::delivery::{Delivery, Stop};
use super::payload;
use super::people::login;
use crate::provider::ParseError;

const PUBLIC_HOST: &str = "github.com";

/// What a delivery states, so far.
pub(super) struct Draft {
    /// The repository that the delivery is about.
    pub(super) repository: Repository,
    /// The time of the statements that follow, by GitHub's clock.
    pub(super) at: Option<Timestamp>,
    facts: Facts,
    repository_key: Key,
    rule: String,
    stated: BTreeSet<Key>,
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
        let mut draft = Self::of_repository(delivery, repository, at)?;
        let title = payload.full_name.clone().unwrap_or_else(|| draft.repository.path().to_owned());
        let fact = NodeFact::new(draft.repository_key.clone(), None)
            .with(Attribute::Title, title)
            .with(Attribute::Reference, draft.repository.path())
            .page(payload.html_url.as_deref());
        draft.state(fact);
        Ok(draft)
    }

    /// Begins with a repository that is known otherwise.
    pub(super) fn of_repository(
        delivery: &Delivery<'_>,
        repository: Repository,
        at: Option<Timestamp>,
    ) -> Result<Self, Stop> {
        Ok(Self {
            repository_key: repository.key()?,
            rule: format!("github/{}", delivery.event),
            repository,
            at,
            facts: Facts::default(),
            stated: BTreeSet::new(),
        })
    }

    /// The key of something that GitHub keeps beside the repository.
    pub(super) fn key(&self, kind: NodeKind, resource: impl ToString) -> Result<Key, KeyError> {
        self.repository.resource("github", kind, &resource.to_string())
    }

    /// Marks a node as stated; answers whether it was not before.
    pub(super) fn mark(&mut self, key: &Key) -> bool {
        self.stated.insert(key.clone())
    }

    /// States a node.
    pub(super) fn state(&mut self, fact: NodeFact) {
        self.facts.nodes.push(fact);
    }

    /// States a node that lies in the repository.
    pub(super) fn place(&mut self, fact: NodeFact) {
        let repository = self.repository_key.clone();
        self.link(&fact.key, LinkKind::In, &repository, "GitHub keeps it in this repository");
        self.state(fact);
    }

    /// States a node of the repository with GitHub's word for how far it has come, and what that word means.
    ///
    /// That it waits is stated without a time, because it is what holds until anything else is told. GitHub's times are
    /// whole seconds: something queued and ended within one of them would else be queued or ended by chance.
    pub(super) fn place_with_outcome(&mut self, fact: NodeFact, state: Option<&str>, outcome: Option<Outcome>) {
        let key = fact.key.clone();
        let told = |fact: NodeFact| {
            fact.with_some(Attribute::State, state).with_some(Attribute::Outcome, outcome.map(Outcome::word))
        };
        if outcome == Some(Outcome::Pending) {
            self.place(fact);
            self.state(told(NodeFact::new(key, None)));
        } else {
            self.place(told(fact));
        }
    }

    /// States a link that a field of GitHub's says.
    pub(super) fn link(&mut self, from: &Key, kind: LinkKind, to: &Key, reason: &str) {
        self.link_as(LinkClass::Asserted, from, kind, to, reason);
    }

    /// States a link, and how sure it is.
    pub(super) fn link_as(&mut self, class: LinkClass, from: &Key, kind: LinkKind, to: &Key, reason: &str) {
        self.facts.links.push(LinkFact {
            from: from.clone(),
            kind,
            to: to.clone(),
            class,
            rule: self.rule.clone(),
            reason: reason.to_owned(),
            at: self.at,
        });
    }

    /// Tells that something happened to a node: at that time or else at that of the statements, and not at all where
    /// GitHub says neither.
    pub(super) fn event(
        &mut self,
        node: &Key,
        at: Option<Timestamp>,
        what: &str,
        actor: Option<&payload::User>,
        summary: String,
    ) {
        let Some(at) = at.or(self.at) else { return };
        self.facts.events.push(Event {
            node: node.clone(),
            at,
            what: what.to_owned(),
            actor: login(actor).map(str::to_owned),
            summary,
        });
    }

    /// Hands over a text in which people may refer to other nodes.
    pub(super) fn mention(&mut self, from: &Key, field: Field, text: Option<&str>, at: Option<Timestamp>) {
        let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return };
        self.facts.mentions.push(Mention {
            from: from.clone(),
            field,
            text: text.to_owned(),
            at,
            repository: Some(self.repository.clone()),
        });
    }

    /// Tells that a text was emptied, so that what it referred to before no longer counts.
    pub(super) fn emptied(&mut self, from: &Key, field: Field) {
        let (at, repository) = (self.at, Some(self.repository.clone()));
        self.facts.mentions.push(Mention { from: from.clone(), field, text: String::new(), at, repository });
    }

    /// Ends the collection.
    pub(super) fn finish(self) -> Result<Facts, Stop> {
        let Facts { nodes, links, events, mentions, announcements } = &self.facts;
        let counts = [
            ("nodes", nodes.len()),
            ("links", links.len()),
            ("events", events.len()),
            ("mentions", mentions.len()),
            ("announcements", announcements.len()),
        ];
        match counts.into_iter().find(|(_, count)| *count > MAX_FACTS) {
            Some((what, count)) => Err(ParseError::TooMany { what, count, limit: MAX_FACTS }.into()),
            None => Ok(self.facts),
        }
    }
}

/// Whether there is nothing to read in a text.
pub(super) fn is_blank(text: Option<&str>) -> bool {
    text.is_none_or(|text| text.trim().is_empty())
}

/// Names or labels as one attribute: sorted, each once, separated by commas.
pub(super) fn joined<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: BTreeSet<&str> = names.filter(|name| !name.is_empty()).collect();
    names.into_iter().collect::<Vec<_>>().join(",")
}

/// Where a repository is: by its address, or else by its name on the installation's host.
fn address(payload: &payload::Repository, enterprise_host: Option<&str>) -> Option<Repository> {
    let addresses = [payload.html_url.as_deref(), payload.clone_url.as_deref()];
    addresses.into_iter().flatten().find_map(Repository::from_address).or_else(|| {
        let owner = login(payload.owner.as_ref());
        let parts = owner.zip(payload.name.as_deref()).map(|(owner, name)| format!("{owner}/{name}"));
        let path = payload.full_name.clone().or(parts).filter(|path| path.contains('/'))?;
        Repository::new(enterprise_host.unwrap_or(PUBLIC_HOST), &path)
    })
}
