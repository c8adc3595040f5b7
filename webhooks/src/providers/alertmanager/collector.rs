//! Gathers the facts of a group, in which the alerts share their rule, service and runbook.

use std::collections::BTreeSet;

use throughline_domain::fact::{Event, Facts, LinkFact, NodeFact};
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;

/// Facts so far; what was stated already is not stated again.
#[derive(Debug, Default)]
pub struct Collector {
    facts: Facts,
    nodes: BTreeSet<Key>,
    links: BTreeSet<(Key, LinkKind, Key)>,
}

impl Collector {
    /// Adds a node, unless there is one of that key.
    pub fn node(&mut self, fact: NodeFact) {
        if self.nodes.insert(fact.key.clone()) {
            self.facts.nodes.push(fact);
        }
    }

    /// Adds a link, unless there is one of that kind between the two.
    pub fn link(&mut self, link: LinkFact) {
        if self.links.insert((link.from.clone(), link.kind, link.to.clone())) {
            self.facts.links.push(link);
        }
    }

    /// Adds an event.
    pub fn event(&mut self, event: Event) {
        self.facts.events.push(event);
    }

    /// Everything that was added.
    pub fn finish(self) -> Facts {
        self.facts
    }
}
