//! The ledger's own tickets: what belongs together is kept together, and is derived whenever somebody asks.
//!
//! A change has one *build-and-test ticket*, a candidate for release one *ops ticket*. They are functions of the graph,
//! so that they are the same whatever the order of arrival, and are never out of date.

use crate::graph::{Graph, NodeId};
use crate::link::LinkKind;
use crate::node::NodeKind;

mod build_and_test;
mod ops;

pub use build_and_test::{BuildAndTest, Check, Tested, build_and_test};
pub(in crate::queries) use build_and_test::{is_check, ran_on};
pub use ops::{OpsTicket, Stop, ops_ticket};

/// Which of the two tickets somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketKind {
    /// That of a change.
    BuildAndTest,
    /// That of a candidate for release.
    Ops,
}

impl TicketKind {
    /// What stands before the reference in the ticket's own name: `BT acme/checkout#42`, `OPS checkout 1.4.2`.
    pub const fn prefix(self) -> &'static str {
        match self {
            TicketKind::BuildAndTest => "BT",
            TicketKind::Ops => "OPS",
        }
    }
}

/// Reads the name of such a ticket: `BT acme/checkout#42`, `BT-acme/checkout#42`, `bt:acme/checkout#42`, `ops:sha256:…`.
/// Answers which ticket, and the reference of what it is of.
///
/// `BT-12` and `OPS-12` are keys of a tracker's tickets, as `PAY-12` is, and no such names.
pub fn asked(input: &str) -> Option<(TicketKind, &str)> {
    let input = input.trim();
    [TicketKind::BuildAndTest, TicketKind::Ops].into_iter().find_map(|kind| {
        let prefix = kind.prefix();
        let (word, rest) = input.split_at_checked(prefix.len())?;
        let mut rest = rest.chars();
        let separator = rest.next()?;
        let reference = rest.as_str().trim();
        let is_number = reference.chars().all(|letter| letter.is_ascii_digit());
        let fits = match separator {
            ':' => word.eq_ignore_ascii_case(prefix),
            '-' => word == prefix && !is_number,
            ' ' => word == prefix && !reference.contains(' '),
            _ => false,
        };
        (fits && !reference.is_empty()).then_some((kind, reference))
    })
}

/// The nodes that a node points to by links of these kinds, each once, in order of key.
fn earlier(graph: &Graph, node: NodeId, kinds: &[LinkKind]) -> Vec<NodeId> {
    let links = graph.upstream(node).filter(|(_, link)| kinds.contains(&link.kind));
    sorted(graph, links.map(|(_, link)| link.to).collect())
}

/// The nodes that point to a node by links of these kinds, each once, in order of key.
fn later(graph: &Graph, node: NodeId, kinds: &[LinkKind]) -> Vec<NodeId> {
    let links = graph.downstream(node).filter(|(_, link)| kinds.contains(&link.kind));
    sorted(graph, links.map(|(_, link)| link.from).collect())
}

fn of_kind(graph: &Graph, nodes: &[NodeId], kind: NodeKind) -> Vec<NodeId> {
    nodes.iter().copied().filter(|node| graph.node(*node).is_some_and(|record| record.kind == kind)).collect()
}

fn sorted(graph: &Graph, mut nodes: Vec<NodeId>) -> Vec<NodeId> {
    let key = |node: &NodeId| graph.node(*node).map(|record| record.key.clone());
    nodes.retain(|node| graph.node(*node).is_some());
    nodes.sort_by_cached_key(key);
    nodes.dedup();
    nodes
}

/// In order of time, the newest first, then of key; what has no time comes last.
fn newest_first(graph: &Graph, mut nodes: Vec<NodeId>) -> Vec<NodeId> {
    nodes.sort_by_cached_key(|node| {
        let record = graph.node(*node);
        (std::cmp::Reverse(record.and_then(|record| record.occurred)), record.map(|record| record.key.clone()))
    });
    nodes.dedup();
    nodes
}

#[cfg(test)]
mod tests {
    use super::{TicketKind, asked};

    #[test]
    fn only_names_of_tickets_are_read_as_such() {
        let change = Some((TicketKind::BuildAndTest, "acme/checkout#42"));
        for (input, expected) in [
            ("BT acme/checkout#42", change),
            ("BT-acme/checkout#42", change),
            (" bt:acme/checkout#42 ", change),
            ("ops:sha256:0123456789ab", Some((TicketKind::Ops, "sha256:0123456789ab"))),
            ("OPS checkout-1.4.2", Some((TicketKind::Ops, "checkout-1.4.2"))),
            ("OPS-12", None),
            ("BT-7", None),
            ("ops on call", None),
            ("OPS on call", None),
            ("BT", None),
            ("bt:", None),
            ("opsgenie", None),
            ("ö", None),
            ("", None),
        ] {
            assert_eq!(asked(input), expected, "{input}");
        }
    }
}
