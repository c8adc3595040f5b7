//! The link rules: pure functions from a text and the field it stood in to references.
//!
//! A rule is one file: an id, a version, a doc comment that is its manual page, and examples that are its tests. A
//! reference names what it waits for; the link is made when something of that name is known, whichever comes first.
//! A new rule is its file, and here two lines.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::alias::Aliases;
use crate::fact::Mention;
use crate::key::{self, Key};
use crate::link::{LinkClass, LinkKind};
use crate::name::Name;
use crate::node::NodeKind;

mod address;
mod change_id;
mod commit_id;
mod merge_subject;
mod number;
mod stated;
mod text;
mod ticket_key;
mod tracker;

pub use stated::{MAX_STATED, Stated, state};

/// The most references that are taken from one text of a person's; the rest is passed over.
pub const MAX_REFERENCES: usize = 500;

/// A rule of the table.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The id that is stored with every link it makes: `ticket-key`.
    pub id: &'static str,
    /// Raised whenever the rule would answer differently for the same text.
    pub version: u16,
    /// Finds the references in one text.
    pub find: fn(&Mention) -> Vec<Found>,
}

/// Every rule, in the order in which they are tried.
pub static RULES: &[Rule] = &[
    ticket_key::RULE,
    tracker::RULE,
    number::RULE,
    merge_subject::RULE,
    change_id::RULE,
    commit_id::RULE,
    address::RULE,
    stated::RULE,
];

/// What a rule found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The name that the target must have.
    pub awaits: Name,
    /// Set where the name stands for many: the resource id of the ticket within the tracker or its project, or the
    /// digits with which the commit's id begins.
    pub resource: Option<String>,
    /// What the text says of it.
    pub intent: LinkKind,
    /// How sure.
    pub class: LinkClass,
    /// How sure within the class, 0 to 100.
    pub score: u8,
    /// Why, in words; quotes the place in the text: "the title says 'Fixes PAY-12'".
    pub reason: String,
}

/// What was found, with the rule that found it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// The name that the target must have.
    pub awaits: Name,
    /// Set where the name stands for many: the resource id of the ticket within the tracker or its project, or the
    /// digits with which the commit's id begins.
    pub resource: Option<String>,
    /// What the text says of it.
    pub intent: LinkKind,
    /// How sure.
    pub class: LinkClass,
    /// How sure within the class, 0 to 100.
    pub score: u8,
    /// The rule's id.
    pub rule: String,
    /// The rule's version.
    pub version: u16,
    /// Why, in words.
    pub reason: String,
}

impl Reference {
    /// What the reference, found in a text of the node `from`, stands for: of what has its name; `None` while that is
    /// nothing, or more than one thing.
    ///
    /// A fork has the same commits: of several that have the name, the one of the node's own repository is meant. The
    /// first digits of a commit's id say something within one repository only.
    pub fn target(&self, from: &Key, known: Option<&BTreeSet<Key>>) -> Option<Key> {
        let candidates = self.candidates(known);
        let is_near = |key: &&Key| key.shares_place(from);
        let only = |mut found: std::slice::Iter<'_, Key>| match (found.next(), found.next()) {
            (Some(only), None) => Some(only.clone()),
            (_, _) => None,
        };
        if self.awaits.scheme() != "commit-prefix"
            && let Some(only) = only(candidates.iter())
        {
            return Some(only);
        }
        let near: Vec<Key> = candidates.iter().filter(is_near).cloned().collect();
        only(near.iter())
    }

    /// Whether this reference, where it makes a link, takes from another one of the same text what that one seems to say.
    ///
    /// A `#42` is read as a number of the repository and as one of a tracker that the catalog may name; where it does,
    /// the number is that tracker's alone. And the `(#42)` behind the subject of a commit is the change that was merged,
    /// where there is one, and no ticket.
    pub fn outranks(&self, other: &Self) -> bool {
        let is_same = |number: &Option<String>, named: &str, mark: char, place: &str| {
            named.rsplit_once(mark).is_some_and(|(repository, digits)| {
                number.as_deref() == Some(digits)
                    && (!place.contains('.') || place.strip_suffix('#') == Some(repository))
            })
        };
        match (self.awaits.scheme(), other.awaits.scheme()) {
            ("tracker", "number") => is_same(&self.resource, other.awaits.value(), '#', self.awaits.value()),
            ("change", "tracker") => {
                self.intent == LinkKind::PartOf
                    && other.intent == LinkKind::Mentions
                    && other.awaits.value().ends_with('#')
                    && is_same(&other.resource, self.awaits.value(), '!', other.awaits.value())
            }
            (_, _) => false,
        }
    }

    /// Everything that the reference may stand for, given what is known to have its name.
    pub fn candidates(&self, known: Option<&BTreeSet<Key>>) -> Vec<Key> {
        let known = || known.into_iter().flatten();
        match (self.awaits.scheme(), &self.resource) {
            ("key", _) => Key::parse(self.awaits.value()).into_iter().collect(),
            (_, None) => known().cloned().collect(),
            ("commit-prefix", Some(digits)) => {
                known().filter(|key| key.parts().resource.starts_with(digits.as_str())).cloned().collect()
            }
            (_, Some(resource)) => known().filter_map(|key| key.with_resource(resource).ok()).collect(),
        }
    }
}

/// All references in a text, at most [`MAX_REFERENCES`], in the order of [`RULES`] and of the text.
pub fn references(mention: &Mention) -> Vec<Reference> {
    RULES
        .iter()
        .flat_map(|rule| (rule.find)(mention).into_iter().map(|found| with_rule(rule, found)))
        .take(if mention.field.is_list() { MAX_STATED } else { MAX_REFERENCES })
        .collect()
}

/// The kind of link that a reference makes between nodes of these kinds; `None` where none is allowed.
///
/// A text says what it means before anybody knows what it points at: "fixes #42" may turn out to point at a pull
/// request. The intent counts if the ends allow it, and the weaker readings after it.
pub fn link_kind(intent: LinkKind, from: NodeKind, to: NodeKind) -> Option<LinkKind> {
    [intent, LinkKind::DocumentedBy, LinkKind::Mentions, LinkKind::RelatesTo]
        .into_iter()
        .find(|kind| kind.allows(from, to))
}

/// The key of a document that is known by nothing but its address; `None` where the text is no web address.
pub fn document_key(address: &str) -> Option<Key> {
    web_key(NodeKind::Document, address)
}

/// The key of anything that is known by nothing but its address: a document, a dashboard.
pub fn web_key(kind: NodeKind, address: &str) -> Option<Key> {
    let name = Name::url(address)?;
    let (host, path) = name.value().split_once('/').unwrap_or((name.value(), ""));
    key::of_tool(kind, "web", host, &format!("/{path}")).ok()
}

/// As [`references`], with every name replaced that is an alias.
pub fn aliased_references(mention: &Mention, aliases: &Aliases) -> Vec<Reference> {
    let mut references = references(mention);
    if !aliases.is_empty() {
        for reference in &mut references {
            reference.awaits = aliases.name(reference.awaits.clone());
        }
    }
    references
}

fn with_rule(rule: &Rule, found: Found) -> Reference {
    let Found { awaits, resource, intent, class, score, reason } = found;
    Reference { awaits, resource, intent, class, score, rule: rule.id.to_owned(), version: rule.version, reason }
}
