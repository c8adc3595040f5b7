//! What is drawn together where there are too many nodes for a picture: those that are alike share a card.
//!
//! Never folded are the start, what something is missing from, and the ways from the start to the tickets, alerts and
//! incidents that the chain leads to, the nearest first and as many as there is room for. The rest is folded by stage,
//! kind and neighbourhood: first where the neighbours are the very same, the largest groups first, and only as many as
//! must be; where that is not enough, neighbourhoods count as the same that are less and less alike.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use throughline_domain::node::Stage;

use super::scene::{Role, kind_rank};
use crate::answer::NodeSummary;

/// The most cards for nodes; up to so many nodes, each has its own.
pub(super) const MAX_CARDS: usize = 200;

/// The most nodes that are never folded. It leaves room for a card for each kind, on the chain and beside it.
const MAX_KEPT: usize = 120;

/// The kinds that a chain leads to.
const ENDS: [&str; 3] = ["ticket", "alert", "incident"];

/// What one card shows: a node, and those that are folded with it.
pub(super) struct Piece<'a> {
    /// The node, or the first of several.
    pub first: &'a NodeSummary,
    /// How it belongs to the answer; the same for all.
    pub role: Role,
    /// The others; empty where the node stands alone.
    pub alike: Vec<&'a NodeSummary>,
}

/// How alike two neighbourhoods must be to count as the same.
#[derive(Clone, Copy)]
enum Likeness {
    /// The same neighbours.
    Neighbours,
    /// The same neighbours among those that are never folded, and others of the same kinds.
    Kinds,
    /// The same nearest node that is never folded, on the way to the start.
    Way,
    /// Any.
    Nothing,
}

impl Likeness {
    /// The strictest first.
    const ALL: [Likeness; 4] = [Likeness::Neighbours, Likeness::Kinds, Likeness::Way, Likeness::Nothing];
}

/// Two nodes with the same value share a card.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    kind: (Stage, usize),
    beside: bool,
    neighbourhood: BTreeSet<usize>,
}

/// Folds nodes that are alike, where there are more than [`MAX_CARDS`]. The pieces are in the order of their first
/// nodes.
///
/// `joined` are pairs of numbers of nodes; `lacking` are the nodes that something is missing from.
pub(super) fn fold<'a>(
    chosen: &[(&'a NodeSummary, Role)],
    joined: &[(usize, usize)],
    lacking: &BTreeSet<usize>,
) -> Vec<Piece<'a>> {
    let mut folded: Vec<Vec<usize>> = Vec::new();
    if chosen.len() > MAX_CARDS {
        let web = Web::new(chosen, joined, lacking);
        for likeness in Likeness::ALL {
            let (cards, groups) = largest(web.groups(likeness), chosen.len());
            folded = groups;
            if cards <= MAX_CARDS {
                break;
            }
        }
    }
    let hidden: BTreeSet<usize> = folded.iter().flat_map(|group| group.iter().skip(1).copied()).collect();
    let groups: BTreeMap<usize, &Vec<usize>> =
        folded.iter().filter_map(|group| Some((*group.first()?, group))).collect();
    let shown = chosen.iter().enumerate().filter(|(number, _)| !hidden.contains(number));
    shown
        .map(|(number, &(first, role))| {
            let others = groups.get(&number).into_iter().flat_map(|group| group.iter().skip(1));
            let alike = others.filter_map(|other| chosen.get(*other)).map(|(node, _)| *node).collect();
            Piece { first, role, alike }
        })
        .collect()
}

/// Of the groups as many as are needed to come down to [`MAX_CARDS`], the largest first, and how many cards there then
/// are.
fn largest(mut groups: Vec<Vec<usize>>, nodes: usize) -> (usize, Vec<Vec<usize>>) {
    groups.retain(|group| group.len() > 1);
    groups.sort_by_key(|group| (Reverse(group.len()), group.first().copied()));
    let mut cards = nodes;
    let mut folded = Vec::new();
    for group in groups {
        if cards <= MAX_CARDS {
            break;
        }
        cards -= group.len() - 1;
        folded.push(group);
    }
    (cards, folded)
}

/// The chosen nodes by number: what each is, what it is joined with, and whether it may be folded.
struct Web {
    nodes: Vec<((Stage, usize), bool)>,
    neighbours: Vec<BTreeSet<usize>>,
    /// The next node on the shortest way to the start; `None` for the start and what is not joined with it.
    towards: Vec<Option<usize>>,
    kept: BTreeSet<usize>,
}

impl Web {
    fn new(chosen: &[(&NodeSummary, Role)], joined: &[(usize, usize)], lacking: &BTreeSet<usize>) -> Self {
        let mut neighbours = vec![BTreeSet::new(); chosen.len()];
        for (one, other) in joined.iter().flat_map(|&(one, other)| [(one, other), (other, one)]) {
            if let Some(near) = neighbours.get_mut(one).filter(|_| one != other) {
                near.insert(other);
            }
        }
        let nodes = chosen.iter().map(|(node, role)| (kind_rank(node), *role == Role::Beside)).collect();
        let start = chosen.iter().position(|(_, role)| *role == Role::Start);
        let (towards, reached) = walk(&neighbours, start);
        let mut web =
            Self { nodes, neighbours, towards, kept: start.into_iter().chain(lacking.iter().copied()).collect() };
        let is_end = |number: usize| chosen.get(number).is_some_and(|(node, _)| ENDS.contains(&node.kind.as_str()));
        for number in reached.iter().filter(|number| is_end(**number)).chain(lacking) {
            web.keep(*number);
        }
        web
    }

    /// Keeps the way from the start to a node, or where it is too long the node alone, as far as there is room.
    fn keep(&mut self, number: usize) {
        let mut way = vec![number];
        let mut here = number;
        while let Some(next) = self.towards(here) {
            way.push(next);
            here = next;
        }
        way.retain(|node| !self.kept.contains(node));
        let room = MAX_KEPT.saturating_sub(self.kept.len());
        if way.len() > room {
            way.truncate(room.min(1));
        }
        self.kept.extend(way);
    }

    fn towards(&self, number: usize) -> Option<usize> {
        self.towards.get(number).copied().flatten()
    }

    /// The nodes that may be folded, by what makes them alike.
    fn groups(&self, likeness: Likeness) -> Vec<Vec<usize>> {
        let mut groups: BTreeMap<Group, Vec<usize>> = BTreeMap::new();
        for (number, &(kind, beside)) in self.nodes.iter().enumerate().filter(|(number, _)| !self.kept.contains(number))
        {
            let group = Group { kind, beside, neighbourhood: self.neighbourhood(number, likeness) };
            groups.entry(group).or_default().push(number);
        }
        groups.into_values().collect()
    }

    fn neighbourhood(&self, number: usize, likeness: Likeness) -> BTreeSet<usize> {
        let near = self.neighbours.get(number).into_iter().flatten().copied();
        match likeness {
            Likeness::Neighbours => near.collect(),
            Likeness::Kinds => near
                .map(|other| match self.nodes.get(other) {
                    // Numbers behind those of the nodes stand for kinds.
                    Some(((_, kind), _)) if !self.kept.contains(&other) => self.nodes.len() + kind,
                    _ => other,
                })
                .collect(),
            Likeness::Way => std::iter::successors(self.towards(number), |here| self.towards(*here))
                .find(|node| self.kept.contains(node))
                .into_iter()
                .collect(),
            Likeness::Nothing => BTreeSet::new(),
        }
    }
}

/// The nodes in order of their distance from the start, and for each the next one on its way there.
fn walk(neighbours: &[BTreeSet<usize>], start: Option<usize>) -> (Vec<Option<usize>>, Vec<usize>) {
    let mut towards = vec![None; neighbours.len()];
    let mut seen: BTreeSet<usize> = start.into_iter().collect();
    let mut queue: VecDeque<usize> = start.into_iter().collect();
    let mut reached = Vec::new();
    while let Some(here) = queue.pop_front() {
        reached.push(here);
        for next in neighbours.get(here).into_iter().flatten().copied() {
            if seen.insert(next) {
                queue.push_back(next);
                if let Some(way) = towards.get_mut(next) {
                    *way = Some(here);
                }
            }
        }
    }
    (towards, reached)
}
