//! What a provider states about a delivery: facts, and mentions that rules turn into links.
//!
//! Facts carry the provider's time and never ours, so that they fold into the same graph in any order of arrival.

use serde::{Deserialize, Serialize};

use crate::key::{Key, KeyError};
use crate::link::{LinkClass, LinkKind};
use crate::name::Name;
use crate::node::Outcome;
use crate::repository::Repository;
use crate::time::Timestamp;

/// The longest attribute value, event summary or reason that is kept, in bytes; the ledger keeps the rest.
pub const MAX_TEXT_BYTES: usize = 8_192;

/// The longest text of a mention that rules read, in bytes.
pub const MAX_MENTION_BYTES: usize = 65_536;

/// The most nodes, links, events and mentions, each, that one delivery may state.
pub const MAX_FACTS: usize = 10_000;

/// Everything that one delivery states.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Nodes that the delivery speaks of, with what it says about each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<NodeFact>,
    /// Relations that the provider itself asserts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<LinkFact>,
    /// Things that happened to a node, for its timeline.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Event>,
    /// Texts in which people refer to other nodes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<Mention>,
    /// Trackers' projects that the delivery shows to exist.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub announcements: Vec<Announcement>,
    /// What people have decided about links.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<Decision>,
}

/// A node and what a delivery says about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeFact {
    /// The node.
    pub key: Key,
    /// When this was so, by the provider's clock; the newest statement about an attribute wins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// What is said of it; at most one value for each attribute.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<(Attribute, String)>,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<Name>,
}

impl NodeFact {
    /// A statement that the node exists, as of a moment.
    pub fn new(key: Key, at: Option<Timestamp>) -> Self {
        Self { key, at, attributes: Vec::new(), names: Vec::new() }
    }

    /// Adds an attribute, unless the value is empty.
    #[must_use]
    pub fn with(mut self, attribute: Attribute, value: impl Into<String>) -> Self {
        let value = value.into();
        if !value.is_empty() {
            self.attributes.push((attribute, value));
        }
        self
    }

    /// Adds an attribute, if there is a value.
    #[must_use]
    pub fn with_some(self, attribute: Attribute, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.with(attribute, value),
            None => self,
        }
    }

    /// Adds the outcome.
    #[must_use]
    pub fn outcome(self, outcome: Outcome) -> Self {
        self.with(Attribute::Outcome, outcome.word())
    }

    /// Adds a time-valued attribute, if there is one.
    #[must_use]
    pub fn moment(self, attribute: Attribute, at: Option<Timestamp>) -> Self {
        self.with_some(attribute, at.map(|at| at.to_string()))
    }

    /// Adds a name.
    #[must_use]
    pub fn named(mut self, name: Name) -> Self {
        if !self.names.contains(&name) {
            self.names.push(name);
        }
        self
    }

    /// Adds the address of the node's page as attribute and as name, if there is one.
    #[must_use]
    pub fn page(self, address: Option<&str>) -> Self {
        match address.and_then(|address| Some((address, Name::url(address)?))) {
            Some((address, name)) => self.with(Attribute::Url, address).named(name),
            None => self,
        }
    }
}

/// Declares [`Attribute`] from one table.
macro_rules! attributes {
    ($($(#[doc = $doc:literal])+ $attribute:ident, $word:literal;)+) => {
        /// What can be said of a node. Stored and written by its word.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Attribute {
            $($(#[doc = $doc])+ #[serde(rename = $word)] $attribute,)+
        }

        impl Attribute {
            /// Every attribute.
            pub const ALL: &'static [Attribute] = &[$(Attribute::$attribute,)+];

            /// The word that stands for the attribute in tables and answers.
            pub const fn word(self) -> &'static str {
                match self { $(Attribute::$attribute => $word,)+ }
            }

            /// The attribute of that word, if there is one.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Attribute::$attribute),)+ _ => None }
            }
        }
    };
}

impl Attribute {
    /// Whether the attribute is what something is called, as opposed to what is so of it.
    pub const fn is_label(self) -> bool {
        matches!(self, Attribute::Title | Attribute::Reference | Attribute::Url)
    }
}

attributes! {
    /// What people call it in a list: a subject, a headline, a name.
    Title, "title";
    /// The short form by which people refer to it: `acme/checkout#42`, `PAY-12`, `a1b2c3d`.
    Reference, "reference";
    /// The address of its page in its tool.
    Url, "url";
    /// The tool's own word for its state: `In Review`, `queued`.
    State, "state";
    /// How it ended; a word of [`Outcome`].
    Outcome, "outcome";
    /// When it counts from, RFC 3339: a commit's commit time, a deployment's end (or, before it, its
    /// beginning), an alert's start, a change's merge
    /// (or, before it, its opening). It orders timelines and says what was running when.
    OccurredAt, "occurred_at";
    /// When it began, RFC 3339.
    StartedAt, "started_at";
    /// When it ended, RFC 3339.
    FinishedAt, "finished_at";
    /// A few sentences about it.
    Description, "description";
    /// What sort of its kind it is: `bug`, `design`, `runbook`, `postmortem`, `unit`.
    Category, "category";
    /// How grave: `critical`, `P1`, `high`.
    Severity, "severity";
    /// The version that it carries.
    Version, "version";
    /// The branch that it is on or comes from.
    Branch, "branch";
    /// The commit at its head, full object id.
    Commit, "commit";
    /// The content digest.
    Digest, "digest";
    /// The image reference or package name.
    Package, "package";
    /// Labels, sorted, separated by commas.
    Labels, "labels";
    /// How many of what: `128 passed, 1 failed`.
    Result, "result";
    /// A path within a repository; of a commit, the paths of the files that it changed, one to a line.
    Path, "path";
    /// An e-mail address.
    Email, "email";
    /// Who it is assigned to, as the tool says it.
    Assignee, "assignee";
    /// What is left of a service's error budget, in percent of the whole; negative where it is overspent.
    ErrorBudget, "error_budget";
}

/// A relation that the provider itself asserts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkFact {
    /// The later end.
    pub from: Key,
    /// What the link says.
    pub kind: LinkKind,
    /// The earlier end; it need not have been heard of.
    pub to: Key,
    /// How sure.
    pub class: LinkClass,
    /// What made it: `github/pull_request`, in the form `provider/event`.
    pub rule: String,
    /// Why, in words: "the workflow ran on this commit".
    pub reason: String,
    /// When it was said, by the provider's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// Something that happened to a node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Event {
    /// The node that it happened to.
    pub node: Key,
    /// When, by the provider's clock.
    pub at: Timestamp,
    /// What happened, one word in the past tense: `opened`, `approved`, `merged`, `deployed`, `fired`.
    pub what: String,
    /// Who did it, as the tool names them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// One line for people.
    pub summary: String,
}

/// Where a text stood. Its weight in a rule depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The title of a change or ticket, the name of a release.
    Title,
    /// The body or description.
    Body,
    /// The name of the source branch.
    Branch,
    /// A commit's whole message.
    Message,
    /// The message of the merge that brought a commit in; read only for the change that was merged.
    Merge,
    /// No text of a person's: the relations that the catalog states of a node, see [`crate::rules::state`].
    Catalog,
    /// No text of a person's: the owners that a file in the repository states of a path, see [`crate::rules::state`].
    Owners,
    /// No text of a person's: what a snapshot saw running in an environment, see [`crate::rules::state`].
    Observed,
}

impl Field {
    /// Every field.
    pub const ALL: [Field; 8] = [
        Field::Title,
        Field::Body,
        Field::Branch,
        Field::Message,
        Field::Merge,
        Field::Catalog,
        Field::Owners,
        Field::Observed,
    ];

    /// The word that stands for the field in tables and answers.
    pub const fn word(self) -> &'static str {
        match self {
            Field::Title => "title",
            Field::Body => "body",
            Field::Branch => "branch",
            Field::Message => "message",
            Field::Merge => "merge",
            Field::Catalog => "catalog",
            Field::Owners => "owners",
            Field::Observed => "observed",
        }
    }

    /// Whether the field holds relations that are stated as a whole, and no text of a person's.
    pub const fn is_list(self) -> bool {
        matches!(self, Field::Catalog | Field::Owners | Field::Observed)
    }

    /// The field of that word, if there is one.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.word() == word)
    }
}

/// A text in which somebody may refer to other nodes. The newest text of a node's field replaces the one before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    /// The node whose text it is.
    pub from: Key,
    /// Where it stood.
    pub field: Field,
    /// The text, as it was written.
    pub text: String,
    /// When the text was so, by the provider's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The repository that a bare `#42` belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<Repository>,
}

/// What a person has decided about a link. It outranks every rule and every tool; the newest decision counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The later end.
    pub from: Key,
    /// What the link says.
    pub kind: LinkKind,
    /// The earlier end.
    pub to: Key,
    /// Whether the link holds: confirmed or added, as opposed to refused.
    pub holds: bool,
    /// Who decided, and why, in words.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// A tracker's project that is shown to exist, so that its keys in texts are references and no accidents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// The project's name: [`Name::ticket_project`].
    pub name: Name,
    /// The key of any ticket of the project; the key of ticket `PAY-12` is this one with the resource id `PAY-12`.
    pub pattern: Key,
}

impl Announcement {
    /// What the project's name stands for: the pattern in the one form that compares, with the project as resource id.
    ///
    /// # Errors
    /// As [`Key::new`].
    pub fn target(&self) -> Result<Key, KeyError> {
        self.pattern.with_resource(self.name.value())
    }
}

#[cfg(test)]
mod tests {
    use super::{Attribute, Field, NodeFact};
    use crate::key::named;
    use crate::node::NodeKind;

    #[test]
    fn words_read_back() {
        for attribute in Attribute::ALL {
            assert_eq!(Attribute::from_word(attribute.word()), Some(*attribute));
        }
        for field in Field::ALL {
            assert_eq!(Field::from_word(field.word()), Some(field));
        }
    }

    #[test]
    fn an_empty_value_is_no_statement() {
        let fact = NodeFact::new(named(NodeKind::Service, "checkout").unwrap(), None)
            .with(Attribute::Title, "")
            .page(Some("not an address"));
        assert!(fact.attributes.is_empty() && fact.names.is_empty());
    }
}
