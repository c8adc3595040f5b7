//! Small graphs written as text, and answers written back as text, for the tests of questions.
//!
//! One statement to a line or between semicolons: a node, then what is said of it, in any order.
//! `deployment:d1 @100 ok of service:checkout deploys artifact:v1 artifact:v2` states a deployment that succeeded 100
//! seconds after 1970, with three links. `L0` to `L3` sets the class of the links behind it (else `L2`); `gone` takes
//! the node back. A node that no statement begins with is only known as the end of a link. `commit:web!a` lies in the
//! repository `web`; answers call it `commit:a`.

use std::collections::HashMap;

use crate::graph::{Graph, LinkId, LinkRecord, NodeId, NodeRecord};
use crate::key;
use crate::link::{LinkClass, LinkKind};
use crate::node::{NodeKind, Outcome};
use crate::queries::trace::Step;
use crate::time::Timestamp;

/// A graph with the words by which its text calls the nodes.
pub(crate) struct World {
    pub(crate) graph: Graph,
    ids: HashMap<String, NodeId>,
    link_count: u32,
}

impl World {
    /// Reads the text; panics at anything that is not of the form.
    pub(crate) fn read(text: &str) -> Self {
        let mut world = Self { graph: Graph::new(), ids: HashMap::new(), link_count: 0 };
        for statement in text.split(['\n', ';']) {
            world.state(statement);
        }
        world
    }

    /// The node that the text calls so.
    pub(crate) fn id(&self, word: &str) -> NodeId {
        *self.ids.get(word).unwrap_or_else(|| panic!("the text has no '{word}'"))
    }

    /// The nodes' words, separated by spaces.
    pub(crate) fn words(&self, ids: &[NodeId]) -> String {
        ids.iter().map(|id| self.word(*id)).collect::<Vec<_>>().join(" ")
    }

    /// What the text calls the node.
    pub(crate) fn word(&self, id: NodeId) -> String {
        let node = self.graph.node(id).expect("a live node");
        format!("{}:{}", node.kind, node.key.parts().resource)
    }

    /// The steps, one to a line: `alert:a running_at deployment:d1`.
    pub(crate) fn steps(&self, steps: &[Step]) -> String {
        let lines = steps.iter().map(|step| {
            let says = step.kind.map_or("running_at", LinkKind::word);
            format!("{} {says} {}", self.word(step.from), self.word(step.to))
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    fn state(&mut self, statement: &str) {
        let mut tokens = statement.split_whitespace();
        let Some(subject) = tokens.next() else { return };
        let from = self.node(subject);
        let mut record = self.graph.node(from).expect("just made").clone();
        record.stated = true;
        let mut class = LinkClass::Asserted;
        let mut kind = None;
        for token in tokens {
            if let Some(seconds) = token.strip_prefix('@') {
                record.occurred = Some(Timestamp::from_seconds(seconds.parse().expect("seconds")));
            } else if let Some(word) = outcome(token) {
                record.outcome = Some(word);
            } else if token == "gone" {
                record.live = false;
            } else if let Some(word) = LinkClass::from_word(token) {
                class = word;
            } else if let Some(word) = LinkKind::from_word(token) {
                kind = Some(word);
            } else {
                let to = self.node(token);
                self.link(from, kind.expect("a link word before the first target"), to, class);
            }
        }
        self.graph.put_node(from, record);
    }

    fn node(&mut self, word: &str) -> NodeId {
        if let Some(id) = self.ids.get(word) {
            return *id;
        }
        let (kind, name) = word.split_once(':').unwrap_or_else(|| panic!("'{word}' is no kind:name"));
        let kind = NodeKind::from_word(kind).unwrap_or_else(|| panic!("'{kind}' is no node kind"));
        let id = NodeId(u32::try_from(self.ids.len()).unwrap());
        let key = match name.split_once('!') {
            Some((repository, name)) => key::of_tool(kind, "git", repository, name).unwrap(),
            None => key::named(kind, name).unwrap(),
        };
        self.graph.put_node(id, NodeRecord { key, kind, stated: false, occurred: None, outcome: None, live: true });
        self.ids.insert(word.to_owned(), id);
        id
    }

    fn link(&mut self, from: NodeId, kind: LinkKind, to: NodeId, class: LinkClass) {
        let ends = [from, to].map(|id| self.graph.node(id).expect("just made").kind);
        assert!(kind.allows(ends[0], ends[1]), "{kind} does not join {} and {}", ends[0], ends[1]);
        self.graph.put_link(LinkId(self.link_count), LinkRecord { from, kind, to, class, live: true });
        self.link_count += 1;
    }
}

fn outcome(token: &str) -> Option<Outcome> {
    match token {
        "ok" => Some(Outcome::Success),
        "failed" => Some(Outcome::Failure),
        other => Outcome::from_word(other),
    }
}
