//! One event while it is read: the repository that it is about, and the facts so far.

use throughline_domain::fact::{Attribute, Field, NodeFact};
use throughline_domain::key::{Key, KeyError, of_tool};
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::repository::Repository;
use throughline_domain::time::Timestamp;
use url::Url;

use crate::draft::{CommitFact, Draft, Person, joined};
use crate::members::filled;
use crate::provider::{Content, ParseError};

use super::NAME;
use super::payload::{Account, Change, Event, PatchSet};

/// A repository, and what an event states so far.
pub(super) struct Reading {
    /// The repository that the event is about.
    pub(super) repository: Repository,
    /// The facts so far.
    pub(super) draft: Draft,
}

impl Reading {
    /// Begins with a repository; `None` where host or project is empty.
    pub(super) fn open(rule: &str, host: &str, project: &str, at: Option<Timestamp>) -> Result<Option<Self>, KeyError> {
        let Some(repository) = Repository::new(host, project) else { return Ok(None) };
        let mut draft = Draft::new(format!("{NAME}/{rule}"), at);
        draft.repository(&repository, Some(project), None)?;
        Ok(Some(Self { repository, draft }))
    }

    /// Begins with the change of an event and states it; `None` where it has no number, project or address.
    pub(super) fn of_change(kind: &str, event: &Event) -> Result<Option<(Self, Key)>, KeyError> {
        let Some(change) = &event.change else { return Ok(None) };
        let Some(number) = change.number.as_deref().and_then(|number| number.trim().parse().ok()) else {
            return Ok(None);
        };
        let Some(url) = change.url.as_deref().and_then(|url| Url::parse(url).ok()) else { return Ok(None) };
        let (host, project) = (url.host_str().unwrap_or_default(), change.project.as_deref().unwrap_or_default());
        let Some(mut reading) = Self::open("change", host, project, event.event_created_on)? else { return Ok(None) };
        let key = reading.state_change(kind, change, (number, &url))?;
        Ok(Some((reading, key)))
    }

    /// States a node that lies in the repository.
    pub(super) fn place(&mut self, fact: NodeFact) -> Result<(), KeyError> {
        let key = fact.key.clone();
        self.draft.state(fact);
        self.draft.place(&key, &self.repository)
    }

    /// States a person, and that a node is linked to them.
    pub(super) fn person(
        &mut self,
        node: &Key,
        kind: LinkKind,
        account: Option<&Account>,
        reason: &str,
    ) -> Result<(), KeyError> {
        let Some(account) = account else { return Ok(()) };
        let person = person(account, self.repository.host());
        self.draft.person(node, kind, &person, reason)
    }

    /// States the commit of a patch set, with the message where that is known to be its own.
    pub(super) fn revision(&mut self, patch_set: &PatchSet, message: Option<&str>) -> Result<Option<Key>, KeyError> {
        let author = patch_set.author.as_ref().map(|author| person(author, self.repository.host()));
        let fact = CommitFact {
            id: patch_set.revision.as_deref(),
            message,
            // Gerrit tells when the patch set was sent, and not when the commit was made.
            at: None,
            page: None,
            author: author.unwrap_or_default(),
            ..CommitFact::default()
        };
        match message {
            Some(_) => self.draft.commit(&self.repository, &fact),
            None => self.draft.commit_by_id(&self.repository, fact.id),
        }
    }

    /// Ends the reading.
    pub(super) fn finish(self) -> Result<Content, ParseError> {
        Ok(Content::Facts(Box::new(self.draft.finish()?)))
    }

    fn state_change(&mut self, kind: &str, change: &Change, (number, url): (u64, &Url)) -> Result<Key, KeyError> {
        let key = of_tool(NodeKind::Change, NAME, self.repository.host(), &number.to_string())?;
        let (state, outcome) = status(change);
        let is_merged = outcome == Some(Outcome::Success);
        // When a change was merged or abandoned is told by that event alone.
        let ended = self.draft.at.filter(|_| matches!(kind, "change-merged" | "change-abandoned"));
        let topic = filled(change.topic.as_deref());
        let tags = change.hashtags.iter().flatten().map(String::as_str).chain(topic);
        let fact = self
            .draft
            .fact(&key)
            .with_some(Attribute::Title, change.subject.as_deref())
            .with(Attribute::Reference, format!("{}!{number}", self.repository.path()))
            .with_some(Attribute::State, state)
            .with_some(Attribute::Outcome, outcome.map(Outcome::word))
            .moment(Attribute::OccurredAt, if is_merged { ended } else { change.created_on })
            .moment(Attribute::StartedAt, change.created_on)
            .moment(Attribute::FinishedAt, ended)
            .with_some(Attribute::Branch, filled(change.branch.as_deref()))
            .with(Attribute::Labels, joined(tags))
            .named(Name::change_number(&self.repository, number))
            .page(Some(url.as_str()));
        let fact = named(fact, change.id.as_deref(), (number, url));
        self.place(fact)?;
        self.draft.announce(Name::tracker(self.repository.host()), &key);
        self.person(&key, LinkKind::AuthoredBy, change.owner.as_ref(), "owns the change")?;
        self.draft.mention(&key, Field::Title, change.subject.as_deref(), Some(&self.repository));
        self.draft.mention(&key, Field::Body, change.commit_message.as_deref(), Some(&self.repository));
        // What people call their branch becomes the topic.
        match topic {
            None if kind == "topic-changed" => self.draft.emptied(&key, Field::Branch, Some(&self.repository)),
            topic => self.draft.mention(&key, Field::Branch, topic, Some(&self.repository)),
        }
        Ok(key)
    }
}

/// Gerrit's state with what it calls a flag, and what that means.
fn status(change: &Change) -> (Option<&str>, Option<Outcome>) {
    match change.status.as_deref() {
        Some("NEW") if change.wip == Some(true) => (Some("WIP"), Some(Outcome::Running)),
        Some(open @ ("NEW" | "DRAFT" | "SUBMITTED")) => (Some(open), Some(Outcome::Running)),
        Some("MERGED") => (Some("MERGED"), Some(Outcome::Success)),
        Some("ABANDONED") => (Some("ABANDONED"), Some(Outcome::Abandoned)),
        other => (other, None),
    }
}

/// The Change-Id, and the short addresses of the change's page.
fn named(fact: NodeFact, change_id: Option<&str>, (number, url): (u64, &Url)) -> NodeFact {
    let fact = match filled(change_id) {
        Some(id) => fact.named(Name::plain(id)),
        None => fact,
    };
    let text = url.as_str();
    let base = text.split_once("/c/").map_or_else(|| text.trim_end_matches('/'), |(base, _)| base);
    let base = base.trim_end_matches('#').trim_end_matches('/').trim_end_matches(&format!("/{number}"));
    let short = [format!("{base}/{number}"), format!("{base}/c/{number}")];
    short.iter().filter_map(|address| Name::url(address)).fold(fact, NodeFact::named)
}

/// What a person is called in a line of text.
pub(super) fn called(account: Option<&Account>) -> Option<&str> {
    let account = account?;
    [&account.username, &account.name, &account.email].into_iter().find_map(|name| filled(name.as_deref()))
}

fn person<'a>(account: &'a Account, host: &'a str) -> Person<'a> {
    Person {
        provider: NAME,
        host,
        login: filled(account.username.as_deref()),
        name: filled(account.name.as_deref()),
        email: filled(account.email.as_deref()),
        ..Person::default()
    }
}
