//! What a picture shows: which cards in which columns, and which arrows between them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use throughline_domain::node::{NodeKind, Stage};

use super::fold::{self, Piece};
use crate::answer::{Missing, NodeSummary, Step, TraceAnswer};
use crate::plain;

/// The most arrows of one picture; more could not be told apart.
pub(super) const MAX_ARROWS: usize = 600;

/// The most cards for missing pieces, which come on top of those for nodes.
pub(super) const MAX_LACKING: usize = 12;

/// The most cards of one column; a stage with more has several columns under one heading.
pub(super) const MAX_ROWS: usize = 24;

/// The most characters of what an arrow says.
const MAX_WORDS: usize = 400;

/// The kinds that are drawn although they only stand beside the chain. People, services and repositories are not:
/// they touch everything, and their arrows would hide the chain.
const BESIDE: [&str; 5] = ["document", "test_run", "scan", "alert_rule", "dashboard"];

/// How a node belongs to the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// Several nodes of one stage and kind that are joined with the same pieces: at least two.
    Folded(Vec<&'a NodeSummary>),
    /// A piece that should be there and is not.
    Lacking(&'a Missing),
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
    /// The stage of each column, upstream first. A stage with many cards has several columns, next to each other.
    pub columns: Vec<Stage>,
    /// The cards, column by column.
    pub cards: Vec<Card<'a>>,
    /// The arrows, by card.
    pub arrows: Vec<Arrow>,
    /// How many arrows are left out.
    pub undrawn: usize,
    /// How many missing pieces have no card.
    pub unshown: usize,
    /// Whether the answer itself was cut.
    pub cut: bool,
    /// The year of the start, which dates within it need not repeat; empty where the start has no date.
    pub year: String,
}

/// Decides what is drawn of an answer.
pub(super) fn of(answer: &TraceAnswer) -> Scene<'_> {
    let chosen = choose(answer);
    let numbers: BTreeMap<&str, usize> =
        chosen.iter().enumerate().map(|(number, (node, _))| (node.key.as_str(), number)).collect();
    let (lacking, unshown) = lacking(answer, &chosen, &numbers);
    let kept: BTreeSet<usize> =
        lacking.iter().filter_map(|(missing, _)| numbers.get(missing.node.as_str()).copied()).collect();
    let pieces = fold::fold(&chosen, &joined(answer, &numbers), &kept);
    let (columns, cards, places) = arrange(pieces, &lacking);
    let mut arrows = arrows(answer, &places);
    for (index, card) in cards.iter().enumerate() {
        if let Content::Lacking(missing) = &card.content
            && let Some(from) = places.get(missing.node.as_str())
        {
            let words = plain::clip(&format!("lacks this: {}", plain::line(&missing.why)), MAX_WORDS);
            arrows.push(Arrow { from: *from, to: index, line: Line::Lacking, beside: false, words });
        }
    }
    let (arrows, undrawn) = thin(arrows, cards.len());
    Scene { columns, cards, arrows, undrawn, unshown, cut: answer.cut, year: year(&chosen) }
}

/// The column that a node stands in: that of its kind.
fn stage(node: &NodeSummary) -> Stage {
    let named = || Stage::ALL.into_iter().find(|stage| stage.title().eq_ignore_ascii_case(&node.stage));
    NodeKind::from_word(&node.kind).map(NodeKind::stage).or_else(named).unwrap_or(Stage::Place)
}

/// The place of a node's kind within its stage, and of its stage among all: the same number for the same kind.
pub(super) fn kind_rank(node: &NodeSummary) -> (Stage, usize) {
    let known = NodeKind::ALL.iter().position(|kind| kind.word() == node.kind);
    (stage(node), known.unwrap_or(NodeKind::ALL.len()))
}

/// The nodes of the chain, the start first, then those beside it that are drawn.
fn choose(answer: &TraceAnswer) -> Vec<(&NodeSummary, Role)> {
    let by_key: BTreeMap<&str, &NodeSummary> = answer.nodes.iter().map(|node| (node.key.as_str(), node)).collect();
    let mut seen = BTreeSet::new();
    let mut chosen = Vec::new();
    for key in std::iter::once(&answer.start).chain(&answer.chain) {
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

/// Which of the chosen nodes are joined, by number.
fn joined(answer: &TraceAnswer, numbers: &BTreeMap<&str, usize>) -> Vec<(usize, usize)> {
    let steps = answer.steps.iter().chain(&answer.context);
    steps.filter_map(|step| Some((*numbers.get(step.from.as_str())?, *numbers.get(step.to.as_str())?))).collect()
}

/// The missing pieces that get a card, with the stage of each, and how many there are besides.
///
/// That nothing has been received of a node itself needs no card: the node's own says it.
fn lacking<'a>(
    answer: &'a TraceAnswer,
    chosen: &[(&NodeSummary, Role)],
    numbers: &BTreeMap<&str, usize>,
) -> (Vec<(&'a Missing, Stage)>, usize) {
    let wanted: Vec<&Missing> = answer.missing.iter().filter(|missing| missing.what != "record").collect();
    let drawn = wanted.iter().filter_map(|missing| {
        let (node, _) = chosen.get(*numbers.get(missing.node.as_str())?)?;
        Some((*missing, lacking_stage(&missing.what, stage(node))))
    });
    let drawn: Vec<(&Missing, Stage)> = drawn.take(MAX_LACKING).collect();
    let unshown = wanted.len() - drawn.len();
    (drawn, unshown)
}

/// The stage in which a missing piece would stand: `alert rule`, `running deployment`, `runbook`. What is no piece of
/// work itself, such as an owner, is shown where it is missed.
fn lacking_stage(what: &str, own: Stage) -> Stage {
    let what = what.trim_start_matches("running ").replace(' ', "_");
    let kind = match what.as_str() {
        "runbook" | "postmortem" => Some(NodeKind::Document),
        word => NodeKind::from_word(word),
    };
    kind.map(NodeKind::stage).filter(|stage| *stage < Stage::People).unwrap_or(own)
}

/// Deals the pieces out to columns, and says for each key which card stands for it.
fn arrange<'a>(
    pieces: Vec<Piece<'a>>,
    lacking: &[(&'a Missing, Stage)],
) -> (Vec<Stage>, Vec<Card<'a>>, BTreeMap<&'a str, usize>) {
    let mut stages: BTreeMap<Stage, Vec<(usize, Content<'a>)>> = BTreeMap::new();
    for piece in pieces {
        let (stage, kind) = kind_rank(piece.first);
        let content = match piece.alike {
            alike if alike.is_empty() => Content::Node(piece.first, piece.role),
            alike => Content::Folded(std::iter::once(piece.first).chain(alike).collect()),
        };
        stages.entry(stage).or_default().push((kind, content));
    }
    for &(missing, stage) in lacking {
        stages.entry(stage).or_default().push((usize::MAX, Content::Lacking(missing)));
    }
    let (mut columns, mut cards, mut places) = (Vec::new(), Vec::new(), BTreeMap::new());
    for (stage, mut contents) in stages {
        contents.sort_by_key(|(kind, _)| *kind);
        let rows = contents.len().div_ceil(contents.len().div_ceil(MAX_ROWS).max(1)).max(1);
        for (position, (_, content)) in contents.into_iter().enumerate() {
            if position.is_multiple_of(rows) {
                columns.push(stage);
            }
            places.extend(keys(&content).into_iter().map(|key| (key, cards.len())));
            cards.push(Card { column: columns.len().saturating_sub(1), content });
        }
    }
    (columns, cards, places)
}

/// The keys of the nodes that a card stands for.
pub(super) fn keys<'a>(content: &Content<'a>) -> Vec<&'a str> {
    match content {
        Content::Node(node, _) => vec![node.key.as_str()],
        Content::Folded(nodes) => nodes.iter().map(|node| node.key.as_str()).collect(),
        Content::Lacking(_) => Vec::new(),
    }
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
        let words = plain::clip(&format!("{} ({})", plain::line(&step.phrase), certainty(line)), MAX_WORDS);
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

/// Leaves out arrows where there are too many, and says how many. Whatever was joined stays joined, be it by a longer
/// way; of the rest, the chain's and the surest stay.
fn thin(mut arrows: Vec<Arrow>, cards: usize) -> (Vec<Arrow>, usize) {
    let undrawn = arrows.len().saturating_sub(MAX_ARROWS);
    if undrawn == 0 {
        return (arrows, 0);
    }
    arrows.sort_by_key(|arrow| (arrow.beside, Reverse(arrow.line), arrow.from, arrow.to));
    let mut groups: Vec<usize> = (0..cards).collect();
    let (mut kept, rest): (Vec<Arrow>, Vec<Arrow>) =
        arrows.into_iter().partition(|arrow| joins(&mut groups, arrow.from, arrow.to));
    let room = MAX_ARROWS.saturating_sub(kept.len());
    kept.extend(rest.into_iter().take(room));
    kept.sort_by_key(|arrow| (arrow.from, arrow.to));
    (kept, undrawn)
}

/// Whether two cards were in different groups; from now on they are in one.
fn joins(groups: &mut [usize], one: usize, other: usize) -> bool {
    let (Some(from), Some(to)) = (groups.get(one).copied(), groups.get(other).copied()) else { return false };
    groups.iter_mut().filter(|group| **group == from).for_each(|group| *group = to);
    from != to
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
