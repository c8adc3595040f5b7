//! The facts of a delivery by node, so that what is said of one is found at once.

use std::collections::{BTreeMap, BTreeSet};

use throughline_domain::fact::{Attribute, Event, Facts, LinkFact, NodeFact};
use throughline_domain::key::Key;
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::time::Timestamp;

/// What a delivery states, by node.
pub(super) struct View<'f> {
    order: Vec<&'f Key>,
    nodes: BTreeMap<&'f Key, Vec<&'f NodeFact>>,
    links: BTreeMap<&'f Key, Vec<&'f LinkFact>>,
    events: BTreeMap<&'f Key, Vec<&'f Event>>,
    products: BTreeMap<&'f Key, &'f Key>,
}

impl<'f> View<'f> {
    /// Sorts the facts of a delivery.
    pub(super) fn of(facts: &'f Facts) -> Self {
        let mut view = Self {
            order: Vec::new(),
            nodes: BTreeMap::new(),
            links: BTreeMap::new(),
            events: BTreeMap::new(),
            products: BTreeMap::new(),
        };
        for node in &facts.nodes {
            view.nodes.entry(&node.key).or_default().push(node);
        }
        // What is only guessed or read out of a text is not passed on.
        for link in facts.links.iter().filter(|link| link.class >= LinkClass::Asserted) {
            view.links.entry(&link.from).or_default().push(link);
            if link.kind == LinkKind::ProducedBy {
                view.products.entry(&link.to).or_insert(&link.from);
            }
        }
        for event in &facts.events {
            view.events.entry(&event.node).or_default().push(event);
        }
        let mut seen = BTreeSet::new();
        let stated = facts.nodes.iter().map(|node| &node.key);
        let happened = facts.events.iter().map(|event| &event.node);
        view.order = stated.chain(happened).filter(|key| seen.insert(*key)).collect();
        view
    }

    /// Every node that is stated or that something happened to, each once, in the order of the delivery.
    pub(super) fn keys(&self) -> &[&'f Key] {
        &self.order
    }

    /// What happened to a node, in the order of the delivery.
    pub(super) fn events(&self, node: &'f Key) -> &[&'f Event] {
        self.events.get(&node).map(Vec::as_slice).unwrap_or_default()
    }

    /// What the delivery says last of a node.
    pub(super) fn said(&self, node: &'f Key, attribute: Attribute) -> Option<&'f str> {
        let facts = self.nodes.get(&node)?.iter();
        let values = facts.flat_map(|fact| fact.attributes.iter().map(move |(known, value)| (fact.at, *known, value)));
        let found = values.filter(|(_, known, _)| *known == attribute).max_by_key(|(at, _, _)| *at);
        found.map(|(_, _, value)| value.as_str()).filter(|value| !value.trim().is_empty())
    }

    /// A moment that the delivery says of a node.
    pub(super) fn moment(&self, node: &'f Key, attribute: Attribute) -> Option<Timestamp> {
        self.said(node, attribute).and_then(Timestamp::parse)
    }

    /// How far a node has come, if the delivery says so.
    pub(super) fn outcome(&self, node: &'f Key) -> Option<Outcome> {
        self.said(node, Attribute::Outcome).and_then(Outcome::from_word)
    }

    /// As of when the delivery speaks of a node.
    pub(super) fn told(&self, node: &'f Key) -> Option<Timestamp> {
        let event = self.events(node).iter().map(|event| event.at).max();
        event.or_else(|| self.nodes.get(&node)?.iter().filter_map(|fact| fact.at).max())
    }

    /// The other end of a link that a tool asserts or a digest proves.
    pub(super) fn end(&self, from: &'f Key, kind: LinkKind, to: NodeKind) -> Option<&'f Key> {
        let links = self.links.get(&from)?.iter();
        links
            .map(|link| (link.kind, &link.to))
            .find(|(known, end)| *known == kind && end.kind() == to)
            .map(|(_, end)| end)
    }

    /// The artifact that a build made.
    pub(super) fn product(&self, build: &'f Key) -> Option<&'f Key> {
        self.products.get(&build).copied()
    }
}
