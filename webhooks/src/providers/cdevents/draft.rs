//! The facts of one event while they are being put together.

use percent_encoding::percent_decode_str;
use throughline_domain::fact::{Announcement, Attribute, Event, Facts, Field, LinkFact, Mention, NodeFact};
use throughline_domain::key::{self, Key, KeyError};
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::name::Name;
use throughline_domain::node::NodeKind;
use throughline_domain::repository::Repository;
use throughline_domain::rules;
use throughline_domain::time::Timestamp;

use super::artifact_id::ArtifactId;
use super::custom::Custom;
use super::payload::{CdEvent, Reference};
use super::{NAME, keys};
use crate::provider::{Content, ParseError};

/// How many digits of a digest people read.
const SHORT_DIGEST_CHARS: usize = "sha256:".len() + 12;

/// The links from the event's node that `customData.throughline` can mean; the first that the ends allow counts.
const FROM_NODE: [LinkKind; 7] = [
    LinkKind::BuiltFrom,
    LinkKind::Verifies,
    LinkKind::Deploys,
    LinkKind::ProducedBy,
    LinkKind::PartOf,
    LinkKind::RelatesTo,
    LinkKind::Includes,
];

/// The links towards the event's node that it can mean, where none from it is allowed.
const TO_NODE: [LinkKind; 2] = [LinkKind::ProducedBy, LinkKind::PartOf];

/// An event and what has been stated from it so far.
pub(super) struct Draft<'a> {
    /// The event.
    pub(super) event: &'a CdEvent,
    /// `service` of `service.deployed`.
    pub(super) subject: &'a str,
    /// `deployed` of `service.deployed`.
    pub(super) predicate: &'a str,
    /// What the sender adds for Throughline.
    pub(super) custom: Custom,
    facts: Facts,
}

impl<'a> Draft<'a> {
    pub(super) fn new(event: &'a CdEvent, subject: &'a str, predicate: &'a str) -> Result<Self, ParseError> {
        let custom = Custom::read(event.custom_data.as_ref())?;
        Ok(Self { event, subject, predicate, custom, facts: Facts::default() })
    }

    /// When it happened.
    pub(super) fn at(&self) -> Timestamp {
        self.event.context.timestamp
    }

    /// Where the subject's id counts.
    pub(super) fn source(&self) -> &'a str {
        self.event.subject.source.as_deref().unwrap_or(&self.event.context.source)
    }

    /// The key of the subject.
    pub(super) fn key(&self, kind: NodeKind) -> Result<Key, KeyError> {
        match self.custom.node(kind) {
            Some(key) => Ok(key),
            None => keys::subject(kind, &self.event.subject.id, self.source()),
        }
    }

    /// The key of a subject that the content refers to.
    pub(super) fn key_of(&self, kind: NodeKind, reference: &Reference) -> Result<Key, KeyError> {
        keys::subject(kind, &reference.id, reference.source.as_deref().unwrap_or(self.source()))
    }

    /// The repository that the content or the sender's own member names.
    pub(super) fn repository(&self) -> Result<Option<Repository>, ParseError> {
        let named = self.event.subject.content.repository.as_ref();
        match named.and_then(|named| keys::repository(&named.id, named.source.as_deref())) {
            Some(repository) => Ok(Some(repository)),
            None => self.custom.repository(),
        }
    }

    /// An empty statement about a node, as of the event.
    pub(super) fn fact(&self, key: &Key) -> NodeFact {
        NodeFact::new(key.clone(), Some(self.at()))
    }

    /// States a node.
    pub(super) fn state(&mut self, fact: NodeFact) {
        self.facts.nodes.push(fact);
    }

    /// States a node that has one name everywhere, and gives its key.
    pub(super) fn state_named(&mut self, kind: NodeKind, id: &str, title: Option<&str>) -> Result<Key, KeyError> {
        let key = keys::named(kind, id)?;
        let title = title.filter(|title| !title.is_empty()).unwrap_or(id);
        let fact = self.fact(&key).with(Attribute::Title, title).with(Attribute::Reference, id);
        self.state(fact.named(Name::plain(id)).named(Name::plain(title)));
        Ok(key)
    }

    /// States a person of the event's source, and gives the key.
    pub(super) fn state_person(&mut self, name: &str) -> Result<Key, KeyError> {
        let key = keys::subject(NodeKind::Person, name, self.source())?;
        self.state(self.fact(&key).with(Attribute::Title, name).with(Attribute::Reference, name));
        Ok(key)
    }

    /// What the writing of an artifact says of its node; `None` where it has no digest and therefore no node.
    pub(super) fn artifact_fact(&self, id: &ArtifactId) -> Option<NodeFact> {
        let digest = id.digest.as_deref()?;
        let key = key::artifact(digest).ok()?;
        let short: String = digest.chars().take(SHORT_DIGEST_CHARS).collect();
        let mut fact = self
            .fact(&key)
            .with(Attribute::Title, id.title().unwrap_or_else(|| short.clone()))
            .with(Attribute::Reference, id.title().unwrap_or(short))
            .with(Attribute::Digest, digest)
            .with_some(Attribute::Package, id.package.as_deref())
            .with_some(Attribute::Version, id.version.as_deref())
            .named(Name::digest(digest));
        if let Some(image) = id.image.as_deref() {
            fact = fact.named(Name::image(image));
        }
        Some(fact)
    }

    /// States an artifact and gives its key, if it has one.
    pub(super) fn state_artifact(&mut self, id: &ArtifactId) -> Option<Key> {
        let fact = self.artifact_fact(id)?;
        let key = fact.key.clone();
        self.state(fact);
        Some(key)
    }

    /// What the writing of a package without a digest says of its node, the version that is given out; `None` for images,
    /// whose tags are moved about, and for packages without a version.
    pub(super) fn release_fact(&self, id: &ArtifactId) -> Option<NodeFact> {
        let version = id.version.as_deref().filter(|_| id.digest.is_none())?;
        let package = id.package.as_deref().filter(|package| package.starts_with("pkg:"))?;
        if ["pkg:oci/", "pkg:docker/"].iter().any(|image| package.starts_with(image)) {
            return None;
        }
        // In one spelling, so that a signed statement about the release speaks of the same one.
        let identity = format!("{}@{version}", percent_decode_str(package).decode_utf8_lossy());
        let title = id.title().unwrap_or_else(|| identity.clone());
        let fact = self
            .fact(&key::of_tool(NodeKind::Release, "purl", "", &identity).ok()?)
            .with(Attribute::Title, title.as_str())
            .with(Attribute::Reference, title)
            .with(Attribute::Package, package)
            .with(Attribute::Version, version)
            .named(Name::plain(&identity));
        Some(fact)
    }

    /// States what a deployment brings out, an artifact or else a version of a package, and gives its key.
    pub(super) fn state_deployed(&mut self, id: &ArtifactId) -> Option<Key> {
        let fact = self.artifact_fact(id).or_else(|| self.release_fact(id))?;
        let key = fact.key.clone();
        self.state(fact);
        Some(key)
    }

    /// States a link that the event itself asserts; a second one like it is no news.
    pub(super) fn link(&mut self, from: &Key, kind: LinkKind, to: &Key, reason: &str) {
        self.link_as(LinkClass::Asserted, from, kind, to, reason);
    }

    /// States that something happened to a node.
    pub(super) fn happened(&mut self, node: &Key, what: &str, actor: Option<&str>, summary: String) {
        self.facts.events.push(Event {
            node: node.clone(),
            at: self.at(),
            what: what.to_owned(),
            actor: actor.map(str::to_owned),
            summary,
        });
    }

    /// Hands a text to the link rules.
    pub(super) fn mention(&mut self, from: &Key, field: Field, text: &str, repository: Option<Repository>) {
        self.mention_as_of(Some(self.at()), from, field, text, repository);
    }

    /// Hands a text to the link rules that was so at that time; without one any other text counts instead of it.
    pub(super) fn mention_as_of(
        &mut self,
        at: Option<Timestamp>,
        from: &Key,
        field: Field,
        text: &str,
        repository: Option<Repository>,
    ) {
        if !text.trim().is_empty() {
            self.facts.mentions.push(Mention { from: from.clone(), field, text: text.to_owned(), at, repository });
        }
    }

    /// Names a tracker's project, where the ticket's id is of the form `PAY-12`.
    pub(super) fn announce_project(&mut self, ticket: &str, pattern: &Key) {
        if let Some(project) = keys::ticket_project(ticket) {
            let name = Name::ticket_project(project);
            self.facts.announcements.push(Announcement { name, pattern: pattern.clone() });
        }
    }

    /// States what `customData.throughline` adds to the event's node.
    pub(super) fn add_custom(&mut self, node: &Key) -> Result<(), ParseError> {
        let repository = self.repository()?;
        if let Some(repository) = &repository {
            self.link(node, LinkKind::In, &repository.key()?, "the event names the repository");
        }
        let commit = self.custom.commit(repository.as_ref())?;
        if let Some(commit) = &commit {
            self.join(node, commit, "customData.throughline names the commit");
        }
        let artifact = self.custom.artifact.as_deref().map(ArtifactId::parse);
        if let Some(fact) = artifact.and_then(|artifact| self.artifact_fact(&artifact))
            && fact.key != *node
        {
            let artifact = fact.key.clone();
            self.state(fact);
            self.join(node, &artifact, "customData.throughline names the artifact");
        }
        if let Some(run) = self.custom.pipeline_url.as_deref().and_then(keys::of_page) {
            self.join(node, &run, "customData.throughline names the pipeline's run");
        }
        self.add_custom_change(node, commit.as_ref(), repository);
        for address in self.custom.documents.clone() {
            self.document(node, &address);
        }
        Ok(())
    }

    /// What has been stated.
    pub(super) fn done(self) -> Content {
        Content::Facts(Box::new(self.facts))
    }

    /// The answer to a predicate that the subject does not have.
    pub(super) fn unread(&self) -> Content {
        Content::Ignored(format!("'{}' of the subject '{}' is not read", self.predicate, self.subject))
    }

    fn add_custom_change(&mut self, node: &Key, commit: Option<&Key>, repository: Option<Repository>) {
        let Some(page) = self.custom.change.clone() else { return };
        match keys::of_page(&page).filter(|key| key.kind() == NodeKind::Change) {
            Some(change) => {
                self.join(node, &change, "customData.throughline names the pull request");
                if let Some(commit) = commit {
                    let reason = "customData.throughline names the pull request of the commit";
                    self.link(commit, LinkKind::PartOf, &change, reason);
                }
            }
            // Another host's page: the rules find the node by its address, if any is known by it.
            None if LinkKind::RelatesTo.allows(node.kind(), NodeKind::Change) && node.kind() != NodeKind::Change => {
                self.mention(node, Field::Body, &page, repository);
            }
            None => {}
        }
    }

    /// Links the event's node with something of its making, whichever way that link points.
    fn join(&mut self, node: &Key, other: &Key, reason: &str) {
        if node == other {
            return;
        }
        let (from, to) = (node.kind(), other.kind());
        if let Some(kind) = FROM_NODE.into_iter().find(|kind| kind.allows(from, to)) {
            self.link(node, kind, other, reason);
        } else if let Some(kind) = TO_NODE.into_iter().find(|kind| kind.allows(to, from)) {
            self.link(other, kind, node, reason);
        }
    }

    fn document(&mut self, node: &Key, address: &str) {
        let Some(document) = rules::document_key(address) else { return };
        self.state(self.fact(&document).page(Some(address)));
        let reason = "customData.throughline names the document";
        self.link_as(LinkClass::Declared, node, LinkKind::DocumentedBy, &document, reason);
    }

    fn link_as(&mut self, class: LinkClass, from: &Key, kind: LinkKind, to: &Key, reason: &str) {
        let known = |link: &LinkFact| link.from == *from && link.kind == kind && link.to == *to;
        if self.facts.links.iter().any(known) {
            return;
        }
        self.facts.links.push(LinkFact {
            from: from.clone(),
            kind,
            to: to.clone(),
            class,
            rule: format!("{NAME}/{}", self.subject),
            reason: reason.to_owned(),
            at: Some(self.at()),
        });
    }
}
