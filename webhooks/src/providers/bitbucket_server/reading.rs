//! One delivery while it is read: its body, the repository that it is about, and the facts so far.

use throughline_domain::fact::{Field, NodeFact};
use throughline_domain::key::{Key, KeyError};
use throughline_domain::link::LinkKind;
use throughline_domain::node::NodeKind;
use throughline_domain::repository::Repository;
use url::Url;

use crate::draft::{CommitFact, Draft, Person};
use crate::members::filled;
use crate::provider::{Content, ParseError};

use super::NAME;
use super::payload::{self, Body, Commit, Links, User};

/// The host of a repository whose address an old version does not send; no host can be called that (RFC 2606).
const NO_HOST: &str = "bitbucket.invalid";

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
        let target = body.pull_request.as_ref().and_then(|change| change.to_ref.as_ref());
        let target = target.and_then(|target| target.repository.as_ref());
        let Some(told) = target.or(body.repository.as_ref()).or(body.new.as_ref()) else { return Ok(None) };
        let Some(repository) = address(told) else { return Ok(None) };
        let rule = if event.starts_with("pr:") { "pr" } else { event.split(':').nth(1).unwrap_or("repo") };
        let mut draft = Draft::new(format!("{NAME}/{rule}"), body.date);
        state_repository(&mut draft, &repository, told)?;
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

    /// States a person, and that a node is linked to them.
    pub(super) fn person(
        &mut self,
        node: &Key,
        kind: LinkKind,
        user: Option<&User>,
        reason: &str,
    ) -> Result<(), KeyError> {
        let Some(user) = user else { return Ok(()) };
        let person = person(user, self.repository.host());
        self.draft.person(node, kind, &person, reason)
    }

    /// States a commit with all that the payload tells of it.
    pub(super) fn commit(&mut self, commit: &Commit) -> Result<Option<Key>, KeyError> {
        let author = commit.author.as_ref().map(|author| person(author, self.repository.host())).unwrap_or_default();
        // The author of a commit that belongs to no account has a name and no account's slug.
        let is_account = commit.author.as_ref().is_some_and(|author| author.slug.is_some());
        let fact = CommitFact {
            id: commit.id.as_deref(),
            message: commit.message.as_deref(),
            at: commit.committer_timestamp.or(commit.author_timestamp),
            page: None,
            author: Person { login: author.login.filter(|_| is_account), ..author },
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

/// The repository of a project's key and a slug, on the host of its addresses: `git.acme.example`, `pay/checkout`.
///
/// The path is that of the address for SSH; the one for HTTP has `scm/` and the installation's own path before it.
pub(super) fn address(told: &payload::Repository) -> Option<Repository> {
    let project = filled(told.project.as_ref().and_then(|project| project.key.as_deref()))?;
    let slug = filled(told.slug.as_deref())?;
    let links = told.links.as_ref();
    let clone = links.and_then(|links| links.clone.as_deref()).unwrap_or_default();
    let host = page(links).into_iter().chain(clone.iter().filter_map(|link| link.href.as_deref())).find_map(host);
    Repository::new(host.as_deref().unwrap_or(NO_HOST), &format!("{project}/{slug}"))
}

/// States a repository with its name and page.
pub(super) fn state_repository(
    draft: &mut Draft,
    repository: &Repository,
    told: &payload::Repository,
) -> Result<Key, KeyError> {
    let page = page(told.links.as_ref()).map(|page| page.trim_end_matches("/browse"));
    draft.repository(repository, filled(told.name.as_deref()), page)
}

/// The page for people.
pub(super) fn page(links: Option<&Links>) -> Option<&str> {
    links.and_then(|links| links.page.as_deref()).and_then(|pages| pages.first()).and_then(|link| link.href.as_deref())
}

/// What a person is called in a line of text.
pub(super) fn called(user: Option<&User>) -> Option<&str> {
    user.and_then(|user| filled(user.name.as_deref()).or(filled(user.display_name.as_deref())))
}

fn person<'a>(user: &'a User, host: &'a str) -> Person<'a> {
    Person {
        provider: NAME,
        host,
        login: filled(user.name.as_deref()),
        name: filled(user.display_name.as_deref()).or(filled(user.name.as_deref())),
        email: filled(user.email_address.as_deref()),
        page: page(user.links.as_ref()),
        is_bot: user.kind.as_deref() == Some("SERVICE"),
    }
}

fn host(address: &str) -> Option<String> {
    Url::parse(address).ok()?.host_str().map(str::to_owned)
}
