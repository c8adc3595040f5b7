//! `path A B`: the shortest chain of links between two pieces, whichever way the arrows point.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde::{Deserialize, Serialize};

use crate::graph::{Graph, NodeId};
use crate::key::Key;
use crate::link::{LinkClass, LinkKind, Role};
use crate::queries::running::Timeline;
use crate::queries::trace::{Heading, Step};
use crate::queries::walk::{self, Arrow};
use crate::time::Timestamp;

/// The most nodes that one search looks at, from both ends together.
pub const MAX_PATH_NODES: usize = 100_000;

/// A chain of links between two nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Path {
    /// Where it begins.
    pub from: NodeId,
    /// Where it ends.
    pub to: NodeId,
    /// The arrows on the way, in order; none where both ends are one node.
    pub steps: Vec<PathStep>,
}

/// One arrow of a path, with the way in which the path goes along it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathStep {
    /// Upstream where the path goes with the arrow, downstream where it goes against it.
    pub heading: Heading,
    /// The arrow.
    pub step: Step,
}

impl Path {
    /// The nodes of the path in order, both ends included.
    pub fn nodes(&self) -> Vec<NodeId> {
        let behind = self.steps.iter().map(|PathStep { heading, step }| match heading {
            Heading::Upstream => step.to,
            Heading::Downstream => step.from,
        });
        std::iter::once(self.from).chain(behind).collect()
    }
}

/// The shortest chain between two nodes over the links of work, what was running when something fired, and the links to
/// rules and documents.
///
/// Among chains of one length, the one with the surest links counts (each class below the highest is one doubt, and
/// doubts add up), then the order of keys. `None` where either node is not known, or no chain joins them within the
/// [`MAX_PATH_NODES`] nodes nearest to them.
///
/// With `at`, nodes that are known to have occurred later are left out, the two ends among them.
pub fn path(graph: &Graph, from: NodeId, to: NodeId, at: Option<Timestamp>) -> Option<Path> {
    within(graph, (from, to), at, MAX_PATH_NODES)
}

fn within(graph: &Graph, (from, to): (NodeId, NodeId), at: Option<Timestamp>, limit: usize) -> Option<Path> {
    if ![from, to].into_iter().all(|end| was_there(graph, end, at)) {
        return None;
    }
    let mut timeline = Timeline::new(graph);
    let mut near = Side::at(from);
    let mut far = Side::at(to);
    let meeting = loop {
        if let Some(meeting) = near.meeting(graph, &far) {
            break meeting;
        }
        let room = limit.saturating_sub(near.met.len() + far.met.len());
        let smaller = if near.size() <= far.size() { &mut near } else { &mut far };
        if smaller.frontier.is_empty() || !smaller.grow(graph, &mut timeline, at, room) {
            return None;
        }
    };
    let mut steps = near.way_to(graph, meeting);
    steps.reverse();
    // The far side was walked towards the meeting; from there on, the path goes the other way along its arrows.
    steps.extend(far.way_to(graph, meeting).into_iter().map(turned));
    Some(Path { from, to, steps })
}

/// What was met from one end, level by level.
struct Side {
    met: HashMap<NodeId, Arrival>,
    /// The nodes of the last level.
    frontier: Vec<NodeId>,
}

/// The best way by which a node was met.
#[derive(Clone, Copy)]
struct Arrival {
    distance: u32,
    doubts: u32,
    /// The node before it and the arrow between; none at the end itself.
    by: Option<(NodeId, Arrow)>,
}

impl Side {
    fn at(end: NodeId) -> Self {
        let arrival = Arrival { distance: 0, doubts: 0, by: None };
        Self { met: HashMap::from([(end, arrival)]), frontier: vec![end] }
    }

    /// What the next level will cost at about, and what has been taken in.
    fn size(&self) -> (usize, usize) {
        (self.frontier.len(), self.met.len())
    }

    /// Goes one level further; false where that would take in more than `room` nodes.
    fn grow(&mut self, graph: &Graph, timeline: &mut Timeline<'_>, at: Option<Timestamp>, room: usize) -> bool {
        let limit = self.met.len() + room;
        for before in std::mem::take(&mut self.frontier) {
            let Some(&Arrival { distance, doubts, .. }) = self.met.get(&before) else { continue };
            for arrow in around(graph, timeline, before, at) {
                let next = if arrow.later() == before { arrow.earlier() } else { arrow.later() };
                let doubts = doubts + doubt(arrow.class());
                let arrival = Arrival { distance: distance + 1, doubts, by: Some((before, arrow)) };
                match self.met.entry(next) {
                    Entry::Vacant(place) => {
                        place.insert(arrival);
                        self.frontier.push(next);
                    }
                    Entry::Occupied(mut place) => {
                        if arrival.betters(place.get(), graph) {
                            place.insert(arrival);
                        }
                    }
                }
            }
            if self.met.len() > limit {
                return false;
            }
        }
        true
    }

    /// The best node at which the two sides meet.
    ///
    /// It is enough to look at the last levels: where a level is complete and nothing was met, no shorter chain exists.
    fn meeting(&self, graph: &Graph, other: &Side) -> Option<NodeId> {
        let doubts = |id: NodeId| Some(self.met.get(&id)?.doubts + other.met.get(&id)?.doubts);
        let (smaller, larger) = if self.frontier.len() <= other.frontier.len() { (self, other) } else { (other, self) };
        let both = smaller.frontier.iter().copied().filter(|id| larger.met.contains_key(id));
        both.min_by_key(|id| (doubts(*id), key_of(graph, *id)))
    }

    /// The arrows from a node back to this side's end.
    fn way_to(&self, graph: &Graph, meeting: NodeId) -> Vec<PathStep> {
        let mut steps = Vec::new();
        let mut node = meeting;
        while let Some((before, arrow)) = self.met.get(&node).and_then(|arrival| arrival.by) {
            let heading = if arrow.later() == before { Heading::Upstream } else { Heading::Downstream };
            steps.push(PathStep { heading, step: arrow.step(graph) });
            node = before;
        }
        steps
    }
}

impl Arrival {
    /// Whether this way to the node is as short as the other and comes before it.
    fn betters(&self, other: &Self, graph: &Graph) -> bool {
        let order = |arrival: &Self| {
            let (before, arrow) = arrival.by?;
            Some((arrival.doubts, key_of(graph, before), arrow.kind(), arrow.later() == before))
        };
        self.distance == other.distance && order(self).cmp(&order(other)) == Ordering::Less
    }
}

/// Whether a node is there, and not known to have occurred after a moment.
fn was_there(graph: &Graph, node: NodeId, at: Option<Timestamp>) -> bool {
    let by = |occurred: Timestamp| at.is_none_or(|at| occurred <= at);
    graph.node(node).is_some_and(|record| record.occurred.is_none_or(by))
}

/// All arrows of a node that a path may go along, either way, to nodes that were there.
fn around(graph: &Graph, timeline: &mut Timeline<'_>, node: NodeId, at: Option<Timestamp>) -> Vec<Arrow> {
    let mut arrows = walk::arrows(graph, node, Heading::Upstream);
    arrows.extend(walk::arrows(graph, node, Heading::Downstream));
    arrows.retain(|arrow| arrow.kind().is_some_and(joins));
    let computed = timeline.running(node, None).into_iter().chain(timeline.during(node, None));
    arrows.extend(computed.map(Arrow::Running));
    arrows.retain(|arrow| was_there(graph, arrow.later(), at) && was_there(graph, arrow.earlier(), at));
    arrows
}

/// Whether a path may go along links of the kind. An environment, a team or a repository joins everything with
/// everything, which says nothing; a rule and a document join what belongs together.
fn joins(kind: LinkKind) -> bool {
    kind.role() == Role::Lineage || matches!(kind, LinkKind::DocumentedBy | LinkKind::InstanceOf | LinkKind::DefinedIn)
}

fn doubt(class: LinkClass) -> u32 {
    match class {
        LinkClass::Guessed => 3,
        LinkClass::Declared => 2,
        LinkClass::Asserted => 1,
        LinkClass::Cryptographic => 0,
    }
}

fn turned(step: PathStep) -> PathStep {
    let heading = match step.heading {
        Heading::Upstream => Heading::Downstream,
        Heading::Downstream => Heading::Upstream,
    };
    PathStep { heading, step: step.step }
}

fn key_of(graph: &Graph, id: NodeId) -> Option<&Key> {
    graph.node(id).map(|node| &node.key)
}

#[cfg(test)]
mod tests {
    use super::{Heading, Path, path, within};
    use crate::link::LinkKind;
    use crate::queries::testing::World;
    use crate::time::Timestamp;

    fn show(world: &World, found: &Path) -> String {
        let mut text = world.word(found.from);
        for (taken, node) in found.steps.iter().zip(found.nodes().into_iter().skip(1)) {
            let says = taken.step.kind.map_or("running_at", LinkKind::word);
            text += &match taken.heading {
                Heading::Upstream => format!(" -{says}-> {}", world.word(node)),
                Heading::Downstream => format!(" <-{says}- {}", world.word(node)),
            };
        }
        text
    }

    fn check(text: &str, from: &str, to: &str, expected: Option<&str>) {
        let turned: Vec<_> = text.lines().rev().collect();
        for world in [World::read(text), World::read(&turned.join("\n"))] {
            let found = path(&world.graph, world.id(from), world.id(to), None);
            assert_eq!(found.map(|found| show(&world, &found)).as_deref(), expected, "{from} {to}");
        }
    }

    const SHOP: &str = "
        alert:a @500 fires_on service:checkout instance_of alert_rule:r
        alert:b @510 fires_on service:payments instance_of alert_rule:r
        deployment:d @200 ok deploys artifact:v of service:checkout
        artifact:v built_from commit:c
        commit:c part_of change:42
        change:42 resolves ticket:t documented_by document:design
        change:43 resolves ticket:t
        alert_rule:r documented_by document:runbook
        change:99 authored_by person:ada
        change:42 authored_by person:ada";

    #[test]
    fn a_path_goes_both_ways_along_the_arrows() {
        for (from, to, expected) in [
            (
                "alert:a",
                "ticket:t",
                "alert:a -running_at-> deployment:d -deploys-> artifact:v -built_from-> commit:c \
                 -part_of-> change:42 -resolves-> ticket:t",
            ),
            (
                "ticket:t",
                "alert:a",
                "ticket:t <-resolves- change:42 <-part_of- commit:c <-built_from- artifact:v \
                 <-deploys- deployment:d <-running_at- alert:a",
            ),
            ("change:43", "commit:c", "change:43 -resolves-> ticket:t <-resolves- change:42 <-part_of- commit:c"),
            ("commit:c", "document:design", "commit:c -part_of-> change:42 -documented_by-> document:design"),
            ("alert:b", "document:runbook", "alert:b -instance_of-> alert_rule:r -documented_by-> document:runbook"),
            ("ticket:t", "ticket:t", "ticket:t"),
        ] {
            check(SHOP, from, to, Some(expected));
        }
    }

    #[test]
    fn what_only_a_person_or_service_has_in_common_is_not_joined() {
        check(SHOP, "change:99", "change:42", None);
        check(SHOP, "service:checkout", "alert:a", None);
    }

    #[test]
    fn among_equals_the_surest_wins_and_then_the_key() {
        let text = "commit:c L0 relates_to change:1 L2 part_of change:2 change:3
                    change:1 L2 resolves ticket:t
                    change:2 L1 resolves ticket:t
                    change:3 L1 resolves ticket:t";
        check(text, "commit:c", "ticket:t", Some("commit:c -part_of-> change:2 -resolves-> ticket:t"));
        check(text, "ticket:t", "commit:c", Some("ticket:t <-resolves- change:2 <-part_of- commit:c"));
        let text = "commit:c L0 mentions change:1 L2 part_of change:1";
        check(text, "commit:c", "change:1", Some("commit:c -part_of-> change:1"));
    }

    #[test]
    fn what_occurred_after_the_moment_is_left_out() {
        let world = World::read(
            "change:1 @10 resolves ticket:t; commit:c @5 part_of change:1; commit:d @30 part_of change:1
             ticket:t documented_by document:late document:early; document:late @40; document:early @1
             change:2 @20 documented_by document:late document:early; change:2 mentions change:9
             alert:a @50 fires_on service:s; deployment:d @30 ok of service:s deploys commit:c",
        );
        for (from, to, at, expected) in [
            ("commit:c", "ticket:t", Some(10), Some("commit:c -part_of-> change:1 -resolves-> ticket:t")),
            ("commit:c", "ticket:t", Some(9), None),
            ("commit:d", "ticket:t", Some(29), None),
            ("alert:a", "commit:c", Some(49), None),
            ("alert:a", "commit:c", Some(50), Some("alert:a -running_at-> deployment:d -deploys-> commit:c")),
            (
                "change:2",
                "ticket:t",
                Some(20),
                Some("change:2 -documented_by-> document:early <-documented_by- ticket:t"),
            ),
        ] {
            let found = path(&world.graph, world.id(from), world.id(to), at.map(Timestamp::from_seconds));
            assert_eq!(found.map(|found| show(&world, &found)).as_deref(), expected, "{from} {to} {at:?}");
        }
    }

    #[test]
    fn a_cycle_and_a_bound_end_the_search() {
        let text = "ticket:a child_of ticket:b
                    ticket:b child_of ticket:a
                    ticket:c child_of ticket:d
                    ticket:d child_of ticket:c";
        check(text, "ticket:a", "ticket:c", None);

        let chain: Vec<_> = (0..50).map(|number| format!("ticket:t{number} child_of ticket:t{}", number + 1)).collect();
        let world = World::read(&chain.join("\n"));
        let (from, to) = (world.id("ticket:t0"), world.id("ticket:t50"));
        assert_eq!(within(&world.graph, (from, to), None, 52).map(|found| found.steps.len()), Some(50));
        assert_eq!(within(&world.graph, (from, to), None, 20), None);
    }
}
