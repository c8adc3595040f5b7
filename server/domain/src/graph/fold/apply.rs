//! The fold itself.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::{Assertion, AssertionKey, EventId, EventRow, Input, LinkRow, MentionRow, NodeRow, Register, Slice};
use crate::fact::{Attribute, Decision, Event, Field, LinkFact, MAX_TEXT_BYTES, Mention, NodeFact};
use crate::graph::{LinkId, NodeId};
use crate::key::Key;
use crate::link::{LinkClass, LinkKind};
use crate::name::Name;
use crate::node::Outcome;
use crate::rules::{self, Reference};
use crate::time::Timestamp;

/// The rule under which what people decide is evidence.
pub const DECISION_RULE: &str = "person";

/// The longest name of a rule that is kept, in bytes; it is a part of an index.
const MAX_RULE_BYTES: usize = 256;

/// The score of a decision that the link does not hold.
const REFUSED: u8 = 0;

/// Folds deliveries into a slice, in their order; what changed is recorded in the slice.
///
/// Links whose ends are not allowed for their kind are passed over: a provider that states one is at fault, and its
/// tests say so.
pub fn fold(slice: &mut Slice, inputs: &[Input]) {
    for input in inputs {
        let mut touched = BTreeSet::new();
        for node in &input.facts.nodes {
            slice.state_node(node, input, &mut touched);
        }
        for announcement in &input.facts.announcements {
            if let Ok(target) = announcement.target() {
                slice.add_name(&announcement.name, &target, &mut touched);
            }
        }
        for link in &input.facts.links {
            slice.assert_link(link, input);
        }
        for decision in &input.facts.decisions {
            slice.decide(decision, input);
        }
        for event in &input.facts.events {
            slice.add_event(event, input);
        }
        for (mention, references) in input.facts.mentions.iter().zip(&input.references) {
            slice.state_text(mention, references, input, &mut touched);
        }
        for (node, field) in touched {
            slice.relink(node, field);
        }
    }
}

impl Slice {
    fn state_node(&mut self, fact: &NodeFact, input: &Input, touched: &mut BTreeSet<(NodeId, Field)>) {
        let id = self.ensure_node(&fact.key, true);
        for (attribute, value) in &fact.attributes {
            let value = cut(value, MAX_TEXT_BYTES);
            let register = Register { value, at: fact.at, entry: input.entry, content: input.content };
            self.set_attribute(&fact.key, id, *attribute, register);
        }
        for name in &fact.names {
            self.add_name(name, &fact.key, touched);
        }
    }

    fn set_attribute(&mut self, key: &Key, id: NodeId, attribute: Attribute, register: Register) {
        let known = self.attributes.get(&(id, attribute));
        if known.is_some_and(|known| register.compare(known) != Ordering::Greater) {
            return;
        }
        let occurred = Timestamp::parse(&register.value);
        let outcome = Outcome::from_word(&register.value);
        self.attributes.insert((id, attribute), register);
        self.changes.attributes.insert((id, attribute));
        let Some(row) = self.nodes.get_mut(key) else { return };
        let before = (row.occurred, row.outcome);
        match attribute {
            Attribute::OccurredAt => row.occurred = occurred,
            Attribute::Outcome => row.outcome = outcome,
            Attribute::Title
            | Attribute::Reference
            | Attribute::Url
            | Attribute::State
            | Attribute::StartedAt
            | Attribute::FinishedAt
            | Attribute::Description
            | Attribute::Category
            | Attribute::Severity
            | Attribute::Version
            | Attribute::Branch
            | Attribute::Commit
            | Attribute::Digest
            | Attribute::Package
            | Attribute::Labels
            | Attribute::Result
            | Attribute::Path
            | Attribute::Email
            | Attribute::Assignee
            | Attribute::ErrorBudget => {}
        }
        if (row.occurred, row.outcome) != before {
            self.changes.nodes.insert(key.clone());
        }
    }

    /// Notes a name and what it implies; where one is new, every text that waits for it must be linked anew.
    fn add_name(&mut self, name: &Name, key: &Key, touched: &mut BTreeSet<(NodeId, Field)>) {
        if let Some(implied) = name.implied(key) {
            self.add_name(&implied, key, touched);
        }
        if self.names.entry(name.clone()).or_default().insert(key.clone()) {
            self.changes.names.insert((name.clone(), key.clone()));
            touched.extend(self.awaiting.get(name).into_iter().flatten().copied());
        }
    }

    fn assert_link(&mut self, fact: &LinkFact, input: &Input) {
        if fact.from == fact.to || !fact.kind.allows(fact.from.kind(), fact.to.kind()) {
            return;
        }
        let assertion = Assertion {
            class: fact.class,
            score: 100,
            version: 1,
            reason: cut(&fact.reason, MAX_TEXT_BYTES),
            at: fact.at,
            entry: input.entry,
            content: input.content,
        };
        let from = self.ensure_node(&fact.from, false);
        let to = self.ensure_node(&fact.to, false);
        let link = self.ensure_link(from, fact.kind, to);
        let key = AssertionKey { link, rule: cut(&fact.rule, MAX_RULE_BYTES), origin: None };
        if self.assertions.get(&key).is_none_or(|known| assertion.precedes(known)) {
            self.assertions.insert(key.clone(), assertion);
            self.changes.assertions.insert(key);
        }
        self.settle_link(from, fact.kind, to);
    }

    /// Notes what a person has decided: evidence like any other, but that the newest counts and that it outranks the rest.
    fn decide(&mut self, decision: &Decision, input: &Input) {
        let Decision { from, kind, to, holds, reason, at } = decision;
        if from == to || !kind.allows(from.kind(), to.kind()) {
            return;
        }
        let assertion = Assertion {
            class: LinkClass::Declared,
            score: if *holds { 100 } else { REFUSED },
            version: 1,
            reason: cut(reason, MAX_TEXT_BYTES),
            at: Some(*at),
            entry: input.entry,
            content: input.content,
        };
        let (from, to) = (self.ensure_node(from, false), self.ensure_node(to, false));
        let link = self.ensure_link(from, *kind, to);
        let key = AssertionKey { link, rule: DECISION_RULE.to_owned(), origin: None };
        let newest = |known: &Assertion| (known.at, known.content) < (assertion.at, assertion.content);
        if self.assertions.get(&key).is_none_or(newest) {
            self.assertions.insert(key.clone(), assertion);
            self.changes.assertions.insert(key);
        }
        self.settle_link(from, *kind, to);
    }

    fn add_event(&mut self, event: &Event, input: &Input) {
        let node = self.ensure_node(&event.node, true);
        let id = EventId::of(event);
        if self.events.get(&id).is_some_and(|known| known.content <= input.content) {
            return;
        }
        let event = Event { summary: cut(&event.summary, MAX_TEXT_BYTES), ..event.clone() };
        self.events.insert(id, EventRow { node, event, entry: input.entry, content: input.content });
        self.changes.events.insert(id);
    }

    fn state_text(
        &mut self,
        mention: &Mention,
        references: &[Reference],
        input: &Input,
        touched: &mut BTreeSet<(NodeId, Field)>,
    ) {
        let node = self.ensure_node(&mention.from, true);
        let place = (node, mention.field);
        let row = MentionRow { at: mention.at, rank: rank(&mention.text), entry: input.entry, content: input.content };
        if self.mentions.get(&place).is_some_and(|known| row.compare(known) != Ordering::Greater) {
            return;
        }
        self.mentions.insert(place, row);
        for former in self.references.remove(&place).into_iter().flatten() {
            if let Some(waiting) = self.awaiting.get_mut(&former.awaits) {
                waiting.remove(&place);
            }
        }
        self.load_references(node, mention.field, references.to_vec());
        self.changes.texts.insert(place);
        touched.insert(place);
    }

    /// Computes the links of one text anew from its references and from what their names stand for.
    fn relink(&mut self, node: NodeId, field: Field) {
        let wanted = self.wanted(node, field);
        let former: Vec<(LinkKind, NodeId, AssertionKey)> = self
            .links
            .range((node, LinkKind::FIRST, NodeId(0))..)
            .take_while(|((from, _, _), _)| *from == node)
            .flat_map(|((_, kind, to), row)| {
                let first = AssertionKey { link: row.id, rule: String::new(), origin: None };
                self.assertions
                    .range(first..)
                    .take_while(|(key, _)| key.link == row.id)
                    .filter(|(key, _)| key.origin == Some(field))
                    .map(|(key, _)| (*kind, *to, key.clone()))
            })
            .collect();
        let mut settle = BTreeSet::new();
        let mut kept = BTreeSet::new();
        for ((kind, target, rule), assertion) in wanted {
            let to = self.ensure_node(&target, false);
            let link = self.ensure_link(node, kind, to);
            let key = AssertionKey { link, rule, origin: Some(field) };
            if self.assertions.get(&key) != Some(&assertion) {
                self.assertions.insert(key.clone(), assertion);
                self.changes.assertions.insert(key.clone());
            }
            kept.insert(key);
            settle.insert((kind, to));
        }
        for (kind, to, key) in former {
            if !kept.contains(&key) {
                self.assertions.remove(&key);
                self.changes.assertions.insert(key);
                settle.insert((kind, to));
            }
        }
        for (kind, to) in settle {
            self.settle_link(node, kind, to);
        }
    }

    /// The links that a text should have: one assertion for each kind, target and rule, the strongest.
    fn wanted(&self, node: NodeId, field: Field) -> BTreeMap<(LinkKind, Key, String), Assertion> {
        let mut wanted: BTreeMap<(LinkKind, Key, String), Assertion> = BTreeMap::new();
        let (Some(from), Some(mention)) = (self.keys.get(&node), self.mentions.get(&(node, field))) else {
            return wanted;
        };
        for (reference, target) in self.resolved(node, field, from) {
            let Some(kind) = rules::link_kind(reference.intent, from.kind(), target.kind()) else { continue };
            let assertion = Assertion {
                class: reference.class,
                score: reference.score,
                version: reference.version,
                reason: cut(&reference.reason, MAX_TEXT_BYTES),
                at: mention.at,
                entry: mention.entry,
                content: mention.content,
            };
            let place = (kind, target, reference.rule.clone());
            if wanted.get(&place).is_none_or(|known| assertion.precedes(known)) {
                wanted.insert(place, assertion);
            }
        }
        // That a text names what it also resolves, or is a part of, says nothing more.
        let said: BTreeSet<Key> = wanted
            .keys()
            .filter(|(kind, _, _)| *kind != LinkKind::Mentions)
            .map(|(_, target, _)| target.clone())
            .collect();
        wanted.retain(|(kind, target, _), _| *kind != LinkKind::Mentions || !said.contains(target));
        wanted
    }

    /// The references of a text that stand for something, with what that is; none of which another one says better.
    fn resolved(&self, node: NodeId, field: Field, from: &Key) -> Vec<(&Reference, Key)> {
        let mut resolved: Vec<(&Reference, Key)> = self
            .references
            .get(&(node, field))
            .into_iter()
            .flatten()
            .filter_map(|reference| Some((reference, reference.target(from, self.names.get(&reference.awaits))?)))
            .filter(|(_, target)| target != from)
            .collect();
        let may_outrank = |reference: &&Reference| matches!(reference.awaits.scheme(), "tracker" | "change");
        let first: Vec<&Reference> = resolved.iter().map(|(reference, _)| *reference).filter(may_outrank).collect();
        resolved.retain(|(reference, _)| !first.iter().any(|other| other.outranks(reference)));
        resolved
    }

    fn ensure_node(&mut self, key: &Key, stated: bool) -> NodeId {
        if let Some(row) = self.nodes.get_mut(key) {
            if stated && !row.stated {
                row.stated = true;
                row.live = true;
                self.changes.nodes.insert(key.clone());
            }
            return row.id;
        }
        let id = NodeId(self.next_node);
        self.next_node += 1;
        let row = NodeRow { id, stated, live: stated, degree: 0, occurred: None, outcome: None };
        self.load_node(key.clone(), row);
        self.changes.nodes.insert(key.clone());
        id
    }

    fn ensure_link(&mut self, from: NodeId, kind: LinkKind, to: NodeId) -> LinkId {
        if let Some(row) = self.links.get(&(from, kind, to)) {
            return row.id;
        }
        let id = LinkId(self.next_link);
        self.next_link += 1;
        self.links.insert((from, kind, to), LinkRow { id, class: LinkClass::Guessed, live: false });
        self.changes.links.insert((from, kind, to));
        id
    }

    /// Brings a link's class and life in line with its evidence, and its ends with the link.
    fn settle_link(&mut self, from: NodeId, kind: LinkKind, to: NodeId) {
        let Some(row) = self.links.get(&(from, kind, to)).copied() else { return };
        let first = AssertionKey { link: row.id, rule: String::new(), origin: None };
        let evidence = || self.assertions.range(first.clone()..).take_while(|(key, _)| key.link == row.id);
        let refused = evidence().any(|(key, assertion)| key.rule == DECISION_RULE && assertion.score == REFUSED);
        let class = evidence().map(|(_, assertion)| assertion.class).max().filter(|_| !refused);
        let settled = LinkRow { id: row.id, class: class.unwrap_or(row.class), live: class.is_some() };
        if settled == row {
            return;
        }
        self.links.insert((from, kind, to), settled);
        self.changes.links.insert((from, kind, to));
        if settled.live != row.live {
            for end in [from, to] {
                self.count_link(end, settled.live);
            }
        }
    }

    fn count_link(&mut self, node: NodeId, more: bool) {
        let Some(key) = self.keys.get(&node).cloned() else { return };
        let Some(row) = self.nodes.get_mut(&key) else { return };
        row.degree = if more { row.degree.saturating_add(1) } else { row.degree.saturating_sub(1) };
        // A node that was only the end of a text's link goes with the link: it was never more than a guess.
        row.live = row.stated || row.degree > 0;
        self.changes.nodes.insert(key);
    }
}

fn rank(text: &str) -> i64 {
    let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    i64::from_be_bytes(*digest.first_chunk().expect("a digest has 32 bytes"))
}

/// A text as it is kept: bounded, and without NUL, which PostgreSQL cannot hold.
fn cut(text: &str, limit: usize) -> String {
    let text = text.replace('\0', "\u{fffd}");
    text.get(..text.floor_char_boundary(limit)).unwrap_or_default().to_owned()
}
