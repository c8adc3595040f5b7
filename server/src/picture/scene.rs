//! What a picture shows: which cards in which columns, and which arrows between them.

use std::collections::{BTreeMap, BTreeSet};

use throughline_domain::node::{NodeKind, Stage};

use crate::answer::{Missing, NodeSummary, Step, TraceAnswer};
use crate::plain;

/// The most cards of one picture; a column's surplus becomes one card that counts it.
pub(super) const MAX_CARDS: usize = 200;

/// The most arrows of one picture; more could not be told apart.
pub(super) const MAX_ARROWS: usize = 600;

/// The most cards for missing pieces.
const MAX_LACKING: usize = 12;

/// The most characters of what an arrow says.
const MAX_WORDS: usize = 400;

/// The kinds that are drawn although they only stand beside the chain. People, services and repositories are not:
/// they touch everything, and their arrows would hide the chain.
const BESIDE: [&str; 5] = ["document", "test_run", "scan", "alert_rule", "dashboard"];

/// How a node belongs to the answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// What was asked about.
    Start,
    /// A piece of the chain.
    Chain,
    /// Something that stands beside the chain.
    Beside,
}

/// What a card shows.
pub(super) enum Content<'a> {
    /// A node.
    Node(&'a NodeSummary, Role),
    /// A piece that should be there and is not.
    Lacking(&'a Missing),
    /// That many nodes, which did not fit.
    More(usize),
}

/// One card.
pub(super) struct Card<'a> {
    /// The index of its column in [`Scene::columns`].
    pub column: usize,
    /// What it shows.
    pub content: Content<'a>,
}

/// How an arrow is drawn, the least sure first: where two pieces are joined more than once, the surest is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Line {
    /// It leads to a missing piece.
    Lacking,
    /// Guessed: class L0, or a class that is not known.
    Guessed,
    /// Computed from the deployment timeline.
    Computed,
    /// Class L1.
    Declared,
    /// Class L2.
    Asserted,
    /// Class L3.
    Cryptographic,
}

/// One arrow, from the later card to the earlier one.
pub(super) struct Arrow {
    /// Index of the later card.
    pub from: usize,
    /// Index of the earlier card.
    pub to: usize,
    /// The surest way in which it is known.
    pub line: Line,
    /// Whether it only leads beside the chain.
    pub beside: bool,
    /// What it says, in words.
    pub words: String,
}

/// Everything that is drawn, not yet with places.
pub(super) struct Scene<'a> {
    /// The stages that hold at least one card, upstream first.
    pub columns: Vec<Stage>,
    /// The cards, column by column in the order of the answer.
    pub cards: Vec<Card<'a>>,
    /// The arrows, by card.
    pub arrows: Vec<Arrow>,
    /// How many arrows are left out.
    pub undrawn: usize,
    /// The year of the start, which dates within it need not repeat; empty where the start has no date.
    pub year: String,
}

/// Decides what is drawn of an answer.
pub(super) fn of(answer: &TraceAnswer) -> Scene<'_> {
    let chosen = choose(answer);
    let shown: BTreeSet<&str> = chosen.iter().map(|(node, _)| node.key.as_str()).collect();
    let lacking = lacking(answer, &shown);
    let columns: BTreeSet<Stage> =
        chosen.iter().map(|(node, _)| stage(node)).chain(lacking.iter().map(|(_, stage)| *stage)).collect();
    let columns: Vec<Stage> = columns.into_iter().collect();
    let (cards, places) = fold(&columns, &chosen, &lacking);
    let mut arrows = arrows(answer, &places);
    for (index, card) in cards.iter().enumerate() {
        if let Content::Lacking(missing) = card.content
            && let Some(from) = places.get(missing.node.as_str())
        {
            let words = plain::line(&missing.why);
            arrows.push(Arrow { from: *from, to: index, line: Line::Lacking, beside: false, words });
        }
    }
    let undrawn = arrows.len().saturating_sub(MAX_ARROWS);
    arrows.truncate(MAX_ARROWS);
    Scene { columns, cards, arrows, undrawn, year: year(&chosen) }
}

/// The column that a node stands in.
fn stage(node: &NodeSummary) -> Stage {
    Stage::ALL.into_iter().find(|stage| stage.title().eq_ignore_ascii_case(&node.stage)).unwrap_or(Stage::Place)
}

/// The nodes of the chain, the start first, then those beside it that are drawn.
fn choose(answer: &TraceAnswer) -> Vec<(&NodeSummary, Role)> {
    let by_key: BTreeMap<&str, &NodeSummary> = answer.nodes.iter().map(|node| (node.key.as_str(), node)).collect();
    let mut seen = BTreeSet::new();
    let mut chosen = Vec::new();
    for key in &answer.chain {
        if let Some(node) = by_key.get(key.as_str()).filter(|_| seen.insert(key.as_str())) {
            chosen.push((*node, if *key == answer.start { Role::Start } else { Role::Chain }));
        }
    }
    for key in answer.context.iter().flat_map(|step| [&step.from, &step.to]) {
        let drawn = by_key.get(key.as_str()).filter(|node| BESIDE.contains(&node.kind.as_str()));
        if let Some(node) = drawn.filter(|_| seen.insert(key.as_str())) {
            chosen.push((*node, Role::Beside));
        }
    }
    chosen
}

fn year(chosen: &[(&NodeSummary, Role)]) -> String {
    let start = chosen.iter().find(|(_, role)| *role == Role::Start);
    let occurred = start.and_then(|(node, _)| node.occurred.as_deref());
    occurred.map(|occurred| plain::day(occurred).chars().take(4).collect()).unwrap_or_default()
}

/// The kind of node that is missing: `alert rule`, `running deployment`; `None` where it is none.
fn kind_of(what: &str) -> Option<NodeKind> {
    NodeKind::from_word(&what.trim_start_matches("running ").replace(' ', "_"))
}

/// The missing pieces that have a column, with that column.
fn lacking<'a>(answer: &'a TraceAnswer, shown: &BTreeSet<&str>) -> Vec<(&'a Missing, Stage)> {
    answer
        .missing
        .iter()
        .filter(|missing| shown.contains(missing.node.as_str()))
        .filter_map(|missing| Some((missing, kind_of(&missing.what)?.stage())))
        .filter(|(_, stage)| *stage < Stage::People)
        .take(MAX_LACKING)
        .collect()
}

/// Lays the nodes into cards, and says for each key which card stands for it.
fn fold<'a>(
    columns: &[Stage],
    chosen: &[(&'a NodeSummary, Role)],
    lacking: &[(&'a Missing, Stage)],
) -> (Vec<Card<'a>>, BTreeMap<&'a str, usize>) {
    let members: Vec<Vec<(&'a NodeSummary, Role)>> = columns
        .iter()
        .map(|column| chosen.iter().filter(|(node, _)| stage(node) == *column).copied().collect())
        .collect();
    let room = MAX_CARDS - lacking.len();
    let fits = |most: usize| members.iter().map(|nodes| nodes.len().min(most)).sum::<usize>() <= room;
    let most = (1..=room).rev().find(|most| fits(*most)).unwrap_or(1);
    let mut cards = Vec::new();
    let mut places = BTreeMap::new();
    for (column, nodes) in members.iter().enumerate() {
        let shown = if nodes.len() > most { most - 1 } else { nodes.len() };
        for (position, &(node, role)) in nodes.iter().enumerate() {
            places.insert(node.key.as_str(), cards.len());
            if position < shown {
                cards.push(Card { column, content: Content::Node(node, role) });
            }
        }
        if nodes.len() > shown {
            cards.push(Card { column, content: Content::More(nodes.len() - shown) });
        }
        for &(missing, _) in lacking.iter().filter(|(_, stage)| columns.get(column) == Some(stage)) {
            cards.push(Card { column, content: Content::Lacking(missing) });
        }
    }
    (cards, places)
}

/// The arrows between drawn cards, one for each pair.
fn arrows(answer: &TraceAnswer, places: &BTreeMap<&str, usize>) -> Vec<Arrow> {
    let mut pairs: BTreeMap<(usize, usize), Arrow> = BTreeMap::new();
    let chain = answer.steps.iter().map(|step| (step, false));
    for (step, beside) in chain.chain(answer.context.iter().map(|step| (step, true))) {
        let (Some(from), Some(to)) = (places.get(step.from.as_str()), places.get(step.to.as_str())) else {
            continue;
        };
        if from == to {
            continue;
        }
        let line = line(step);
        let words = format!("{} ({})", plain::line(&step.phrase), certainty(line));
        match pairs.get_mut(&(*from, *to)) {
            Some(arrow) => {
                arrow.line = arrow.line.max(line);
                arrow.beside &= beside;
                if arrow.words.len() < MAX_WORDS && !arrow.words.contains(&words) {
                    arrow.words = plain::clip(&format!("{}; {words}", arrow.words), MAX_WORDS);
                }
            }
            None => {
                pairs.insert((*from, *to), Arrow { from: *from, to: *to, line, beside, words });
            }
        }
    }
    pairs.into_values().collect()
}

/// How a step is drawn.
fn line(step: &Step) -> Line {
    if step.kind == "running_at" {
        return Line::Computed;
    }
    match step.class.as_str() {
        "L3" => Line::Cryptographic,
        "L2" => Line::Asserted,
        "L1" => Line::Declared,
        _ => Line::Guessed,
    }
}

/// How sure an arrow is, in words.
pub(super) const fn certainty(line: Line) -> &'static str {
    match line {
        Line::Lacking => "missing",
        Line::Guessed => "L0 guessed",
        Line::Computed => "computed from times",
        Line::Declared => "L1 declared by a person",
        Line::Asserted => "L2 asserted by the tool",
        Line::Cryptographic => "L3 proved by a digest",
    }
}
