//! The picture in words, for those who do not see it: the way through the chain, then stage by stage.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use throughline_domain::node::Stage;

use super::cards::{counted, lacks, name, named, stands_for};
use super::scene::{Card, Content, Line, Role, Scene, certainty};
use super::setting::Setting;
use crate::answer::NodeSummary;
use crate::plain;

/// The most pieces of a stage that are named, and the most of its cards of several pieces.
const MAX_NAMED: usize = 8;

/// The most pieces of one card that are named.
const MAX_FOLDED_NAMED: usize = 12;

/// The most pieces that are named between the ends of the way.
const MAX_WAY: usize = 10;

/// The most characters of a name, and of a title beside it.
const MAX_NAME: usize = 60;

/// The most characters of the whole.
const MAX_WORDS: usize = 8_000;

/// What the picture is of.
pub(super) fn title(scene: &Scene<'_>) -> String {
    match start(scene) {
        Some((_, node)) => format!("The chain of {}", short(node)),
        None => "The chain as a picture".to_owned(),
    }
}

/// What the picture shows, in sentences of bounded length.
pub(super) fn description(scene: &Scene<'_>, setting: &Setting<'_>) -> String {
    let pieces: usize = scene.cards.iter().map(stands_for).sum();
    let stages: BTreeSet<Stage> = scene.columns.iter().copied().collect();
    let mut sentences =
        vec![format!("{} in {}, the earliest on the left.", many(pieces, "piece"), many(stages.len(), "stage"))];
    sentences.extend(way(scene));
    sentences.extend(stages.iter().map(|stage| of_stage(scene, *stage)));
    sentences.extend(missing(scene));
    sentences.extend(arrows(scene));
    if scene.cut {
        sentences.push("The chain is longer than one answer can hold and was cut.".to_owned());
    }
    if !setting.by_itself() {
        sentences.push("The same pieces and arrows stand as lists below the picture.".to_owned());
    }
    plain::clip(&sentences.join(" "), MAX_WORDS)
}

/// The card of what was asked about.
fn start<'a>(scene: &Scene<'a>) -> Option<(usize, &'a NodeSummary)> {
    scene.cards.iter().enumerate().find_map(|(index, card)| match card.content {
        Content::Node(node, Role::Start) => Some((index, node)),
        Content::Node(_, Role::Chain | Role::Beside) | Content::Folded(_) | Content::Lacking(_) => None,
    })
}

/// The shortest way from the start to the piece of the chain whose stage is farthest from its own.
fn way(scene: &Scene<'_>) -> Option<String> {
    let (start, _) = start(scene)?;
    let came_from = walk(scene, start);
    let stage = |index: usize| scene.cards.get(index).and_then(|card| scene.columns.get(card.column)).copied();
    let far = |index: usize| {
        let place = |stage: Stage| Stage::ALL.iter().position(|other| *other == stage).unwrap_or(0);
        stage(start).zip(stage(index)).map(|(one, other)| place(one).abs_diff(place(other)))
    };
    // Of equally far ones the first that was met, which is the nearest.
    let end = came_from.iter().map(|(index, _)| *index).rev().max_by_key(|index| far(*index))?;
    let steps: BTreeMap<usize, usize> = came_from.into_iter().collect();
    let back = std::iter::successors(steps.get(&end).copied(), |here| steps.get(here).copied());
    let mut between: Vec<usize> = back.filter(|index| *index != start).collect();
    between.reverse();
    let called = |index: usize| scene.cards.get(index).map(|card| plain::clip(&name_of(card), MAX_NAME));
    let passed: Vec<String> = between.iter().filter_map(|index| called(*index)).collect();
    let by = if passed.is_empty() { String::new() } else { format!(", by way of {},", list(&passed, MAX_WAY, ", ")) };
    Some(format!("It leads from {}{by} to {}.", called(start)?, called(end)?))
}

/// The cards that the chain joins with the start, in order of distance, each with the one before it.
fn walk(scene: &Scene<'_>, start: usize) -> Vec<(usize, usize)> {
    let mut near: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for arrow in scene.arrows.iter().filter(|arrow| !arrow.beside && arrow.line != Line::Lacking) {
        near.entry(arrow.from).or_default().insert(arrow.to);
        near.entry(arrow.to).or_default().insert(arrow.from);
    }
    let mut seen = BTreeSet::from([start]);
    let mut queue = VecDeque::from([start]);
    let mut met = Vec::new();
    while let Some(here) = queue.pop_front() {
        for next in near.get(&here).into_iter().flatten().copied() {
            if seen.insert(next) {
                met.push((next, here));
                queue.push_back(next);
            }
        }
    }
    met
}

/// What stands in a stage: `Work: ticket PAY-31 (Retry card authorisation).`
fn of_stage(scene: &Scene<'_>, stage: Stage) -> String {
    let own = scene.cards.iter().filter(|card| scene.columns.get(card.column) == Some(&stage));
    let (mut single, mut folded) = (Vec::new(), Vec::new());
    for card in own {
        match &card.content {
            Content::Node(node, role) => single.push(full(node, *role)),
            Content::Folded(nodes) => {
                folded.push(format!("{} in one card: {}", counted(nodes), some(nodes, MAX_FOLDED_NAMED)))
            }
            Content::Lacking(_) => {}
        }
    }
    let mut parts = Vec::new();
    if !single.is_empty() {
        parts.push(list(&single, MAX_NAMED, "; "));
    }
    if !folded.is_empty() {
        parts.push(list(&folded, MAX_NAMED, "; "));
    }
    if parts.is_empty() {
        parts.push("nothing is known".to_owned());
    }
    format!("{}: {}.", stage.title(), parts.join("; "))
}

/// The names of several nodes, at most so many: `3f2a1b9, 77c0d1e and 35 more`.
pub(super) fn some(nodes: &[&NodeSummary], most: usize) -> String {
    let names: Vec<String> = nodes.iter().take(most).map(|node| plain::clip(&named(node), MAX_NAME)).collect();
    let left = nodes.len() - names.len();
    if left == 0 { names.join(", ") } else { format!("{} and {left} more", names.join(", ")) }
}

/// What is missing, and where.
fn missing(scene: &Scene<'_>) -> Option<String> {
    let lacking = scene.arrows.iter().filter_map(|arrow| {
        let (from, to) = (scene.cards.get(arrow.from)?, scene.cards.get(arrow.to)?);
        match &to.content {
            Content::Lacking(missing) => {
                let what = plain::clip(&lacks(missing).to_lowercase(), MAX_NAME);
                Some(format!("{what} for {}", plain::clip(&name_of(from), MAX_NAME)))
            }
            Content::Node(..) | Content::Folded(_) => None,
        }
    });
    let mut parts: Vec<String> = lacking.collect();
    if scene.unshown > 0 {
        parts.push(format!("{} more that are not drawn", scene.unshown));
    }
    (!parts.is_empty()).then(|| format!("Missing: {}.", parts.join("; ")))
}

/// How many arrows there are, by how sure they are.
fn arrows(scene: &Scene<'_>) -> Option<String> {
    let mut counts: BTreeMap<Line, usize> = BTreeMap::new();
    for arrow in scene.arrows.iter().filter(|arrow| arrow.line != Line::Lacking) {
        *counts.entry(arrow.line).or_default() += 1;
    }
    let all: usize = counts.values().sum();
    let parts: Vec<String> = counts.iter().rev().map(|(line, count)| format!("{count} {}", certainty(*line))).collect();
    let undrawn = if scene.undrawn > 0 { format!(" {} more are not drawn.", scene.undrawn) } else { String::new() };
    let arrows = many(all, "arrow");
    (all > 0).then(|| format!("{arrows}, each from the later piece to the earlier one: {}.{undrawn}", parts.join(", ")))
}

/// A node with its kind: `ticket PAY-31`.
fn short(node: &NodeSummary) -> String {
    plain::clip(&format!("{} {}", kind(node), named(node)), 2 * MAX_NAME)
}

/// A node with its kind and title, and what must not be overlooked.
fn full(node: &NodeSummary, role: Role) -> String {
    let title = plain::clip(&plain::line(&node.title), MAX_NAME);
    let mut full = short(node);
    if !title.is_empty() && title != named(node) {
        full.push_str(&format!(" ({title})"));
    }
    let asked = (role == Role::Start).then_some("what was asked about");
    let failed = (node.outcome.as_deref() == Some("failure")).then_some("failed");
    let unseen = (!node.stated).then_some("not seen yet");
    for more in [asked, failed, unseen].into_iter().flatten() {
        full.push_str(", ");
        full.push_str(more);
    }
    full
}

/// What a card is called, with its kind where it is one node.
fn name_of(card: &Card<'_>) -> String {
    match &card.content {
        Content::Node(node, _) => short(node),
        Content::Folded(_) | Content::Lacking(_) => name(card),
    }
}

fn kind(node: &NodeSummary) -> String {
    plain::clip(&plain::line(&node.kind_label).to_lowercase(), MAX_NAME)
}

/// `1 piece`, `3 pieces`.
fn many(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// The first of some parts, and how many more there are.
fn list(parts: &[String], most: usize, between: &str) -> String {
    let mut shown: Vec<String> = parts.iter().take(most).cloned().collect();
    if parts.len() > most {
        shown.push(format!("{} more", parts.len() - most));
    }
    shown.join(between)
}
