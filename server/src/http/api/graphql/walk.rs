//! Walking the graph as a query wants it: the nodes and links of all its levels, met in one look at the graph and
//! dressed together.

use std::collections::{BTreeMap, BTreeSet};

use throughline_domain::graph::{Graph, LinkId, LinkRecord, NodeId};
use throughline_store::{StoreError, questions};

use super::node::{Around, Node};
use super::turn::Room;
use super::wish::{Choice, Way, Wish};
use crate::answer::{Evidence, NodeSummary, Step};
use crate::ask::{Desk, MAX_EVIDENCE, to_evidence};
use crate::http::problem::Problem;

impl Desk {
    /// The node that a text stands for, with what is wanted around it.
    ///
    /// # Errors
    /// 404 and 409 as for every question; 400 where the walk meets more nodes than there is room for.
    pub(super) fn walk(&self, of: &str, wishes: &[Wish], room: &Room) -> Result<Node, Problem> {
        let start = self.one(of)?;
        let (met, nodes, links) = {
            let state = self.live.read();
            let mut walk = Walk { graph: &state.graph, room, nodes: BTreeSet::new(), links: BTreeSet::new() };
            (walk.meet(start, None, wishes)?, walk.nodes, walk.links)
        };
        let nodes: Vec<NodeId> = nodes.into_iter().collect();
        let summaries = self.summaries(&nodes)?;
        let mut evidence: BTreeMap<u32, Vec<Evidence>> = BTreeMap::new();
        for row in self.store.read(|connection| questions::evidence(connection, &links))? {
            let list = evidence.entry(row.link).or_default();
            if list.len() < MAX_EVIDENCE {
                list.push(to_evidence(row));
            }
        }
        let wardrobe = Wardrobe { summaries, evidence };
        let gone = || StoreError::Unavailable("the graph has just been derived anew; ask again".to_owned());
        Ok(wardrobe.dress(met).ok_or_else(gone)?)
    }
}

/// A node that the walk has met, by number.
struct Met {
    node: NodeId,
    by: Option<(LinkId, LinkRecord)>,
    around: Vec<(String, Vec<Met>)>,
}

struct Walk<'a> {
    graph: &'a Graph,
    room: &'a Room,
    nodes: BTreeSet<NodeId>,
    links: BTreeSet<u32>,
}

impl Walk<'_> {
    /// As deep as the query is nested, which is bounded.
    fn meet(&mut self, node: NodeId, by: Option<(LinkId, LinkRecord)>, wishes: &[Wish]) -> Result<Met, Problem> {
        self.room.take()?;
        self.nodes.insert(node);
        self.links.extend(by.iter().map(|(id, _)| id.0));
        let mut around = Vec::with_capacity(wishes.len());
        for wish in wishes {
            let mut found = Vec::new();
            for (other, id, link) in chosen(self.graph, node, &wish.choice) {
                found.push(self.meet(other, Some((id, link)), &wish.further)?);
            }
            around.push((wish.name.clone(), found));
        }
        Ok(Met { node, by, around })
    }
}

/// The nodes around a node that a choice is of, each with the link to it.
fn chosen(graph: &Graph, node: NodeId, choice: &Choice) -> Vec<(NodeId, LinkId, LinkRecord)> {
    let Choice { way, kinds, limit } = choice;
    let fits = |other: NodeId| {
        graph.node(other).is_some_and(|record| kinds.is_empty() || kinds.contains(&record.kind)).then_some(other)
    };
    let mut found: Vec<_> = match way {
        Way::Upstream => graph.upstream(node).filter_map(|(id, link)| Some((fits(link.to)?, id, *link))).collect(),
        Way::Downstream => {
            graph.downstream(node).filter_map(|(id, link)| Some((fits(link.from)?, id, *link))).collect()
        }
    };
    if *way == Way::Downstream {
        // Of a service or an environment, everything ever deployed there points at it: the last ones are wanted.
        found.reverse();
    }
    found.truncate(limit.unwrap_or(usize::MAX));
    found
}

/// What the tables know of the nodes and links of a walk.
struct Wardrobe {
    summaries: BTreeMap<u32, NodeSummary>,
    evidence: BTreeMap<u32, Vec<Evidence>>,
}

impl Wardrobe {
    /// `None` where a node has gone since it was met.
    fn dress(&self, met: Met) -> Option<Node> {
        let Met { node, by, around } = met;
        let summary = self.summaries.get(&node.0)?.clone();
        let step = match by {
            Some((id, link)) => Some(self.step(id, &link)?),
            None => None,
        };
        let dressed = |(name, nodes): (String, Vec<Met>)| {
            let nodes = nodes.into_iter().map(|one| self.dress(one)).collect::<Option<Vec<_>>>()?;
            Some(Around { name, nodes })
        };
        Some(Node { summary, step, around: around.into_iter().map(dressed).collect::<Option<Vec<_>>>()? })
    }

    fn step(&self, id: LinkId, link: &LinkRecord) -> Option<Step> {
        let LinkRecord { from, kind, to, class, live: _ } = link;
        Some(Step {
            from: self.summaries.get(&from.0)?.key.clone(),
            to: self.summaries.get(&to.0)?.key.clone(),
            kind: kind.word().to_owned(),
            phrase: kind.phrase(),
            class: class.word().to_owned(),
            reason: None,
            evidence: self.evidence.get(&id.0).cloned().unwrap_or_default(),
        })
    }
}
