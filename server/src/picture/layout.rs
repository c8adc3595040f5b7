//! Where everything stands: columns across, cards down, and lanes for arrows that pass a column.
//!
//! The order within a column follows the barycentre rule (a card moves towards the mean height of its neighbours); of
//! the orders that were tried the one with the fewest crossings is taken. Arrows of one sort to one card share their
//! lanes. Everything is whole numbers, so the same scene is placed the same way everywhere.

use std::collections::BTreeMap;

use super::scene::{Line, Scene};

/// The width of a card, in pixels.
pub(super) const CARD_WIDTH: i64 = 160;
/// The height of a card, in pixels.
pub(super) const CARD_HEIGHT: i64 = 96;
/// The way between two columns, in pixels.
pub(super) const GAP_ACROSS: i64 = 48;
/// Room at the left edge, for the focus ring.
pub(super) const MARGIN_LEFT: i64 = 4;
/// Room at the right edge, for arrows within the last column.
pub(super) const MARGIN_RIGHT: i64 = 28;
/// Room above the cards, for the headings.
pub(super) const HEAD: i64 = 40;

/// The way between two cards of a column.
const GAP_DOWN: i64 = 24;
/// The height of a lane.
const LANE_HEIGHT: i64 = 4;
/// The way between two lanes.
const GAP_LANES: i64 = 6;
/// The most lanes; further arrows pass behind the cards of the columns that they cross.
const MAX_LANES: usize = 400;
/// How often the columns are ordered and placed anew.
const SWEEPS: usize = 8;

/// The places of a scene's cards and arrows.
pub(super) struct Plan {
    /// The middle height of each card, by index, counted from the top of the picture.
    pub middles: Vec<i64>,
    /// For each arrow the columns that it passes, in its direction, with the height of its lane there.
    pub lanes: Vec<Vec<(usize, i64)>>,
    /// For each arrow whether its ends are next to each other in one column.
    pub adjacent: Vec<bool>,
    /// The height of the part that holds cards.
    pub height: i64,
}

/// A card or a lane while its place is sought.
struct Item {
    column: usize,
    height: i64,
    middle: i64,
    neighbours: Vec<usize>,
}

/// Finds a place for every card and every arrow.
pub(super) fn place(scene: &Scene<'_>) -> Plan {
    let (mut items, lanes) = items(scene);
    let mut columns: Vec<Vec<usize>> = vec![Vec::new(); scene.columns.len()];
    for (index, item) in items.iter().enumerate() {
        if let Some(column) = columns.get_mut(item.column) {
            column.push(index);
        }
    }
    for column in &columns {
        stack(column, &mut items);
    }
    let mut columns = order(columns, &mut items);
    for sweep in 0..SWEEPS {
        in_turn(&mut columns, sweep, |column| settle(column, &mut items));
    }
    finish(scene, &columns, &items, &lanes)
}

/// Orders every column, so that few arrows cross.
fn order(mut columns: Vec<Vec<usize>>, items: &mut [Item]) -> Vec<Vec<usize>> {
    let mut best = columns.clone();
    let mut least = tangle(items);
    for sweep in 0..SWEEPS {
        if least == 0 {
            break;
        }
        in_turn(&mut columns, sweep, |column| {
            column.sort_by_key(|index| wanted(*index, items));
            stack(column, items);
        });
        let found = tangle(items);
        if found < least {
            least = found;
            best.clone_from(&columns);
        }
    }
    for column in &best {
        stack(column, items);
    }
    best
}

/// How tangled the picture is: pairs of lines between neighbouring columns that cross, and cards that stand between the
/// ends of an arrow of their own column.
fn tangle(items: &[Item]) -> usize {
    let mut gaps: BTreeMap<usize, Vec<(i64, i64)>> = BTreeMap::new();
    let mut between = 0;
    for item in items {
        for neighbour in &item.neighbours {
            let (column, middle) = (column_of(*neighbour, items), middle_of(*neighbour, items));
            if column == item.column + 1 {
                gaps.entry(item.column).or_default().push((item.middle, middle));
            } else if column == item.column && middle > item.middle {
                between += (middle - item.middle - 1) / (CARD_HEIGHT + GAP_DOWN);
            }
        }
    }
    gaps.values().map(|lines| crossings(lines)).sum::<usize>() + usize::try_from(between).unwrap_or(0)
}

/// How many pairs of lines cross, each given by its heights at both ends.
fn crossings(lines: &[(i64, i64)]) -> usize {
    let mut crossed = 0;
    for (place, one) in lines.iter().enumerate() {
        let others = lines.iter().skip(place + 1);
        crossed += others.filter(|two| (one.0 - two.0).signum() * (one.1 - two.1).signum() < 0).count();
    }
    crossed
}

/// The cards of the scene followed by lanes for the columns that arrows pass; and the lanes of each arrow.
fn items(scene: &Scene<'_>) -> (Vec<Item>, Vec<Vec<usize>>) {
    let card = |column| Item { column, height: CARD_HEIGHT, middle: 0, neighbours: Vec::new() };
    let mut items: Vec<Item> = scene.cards.iter().map(|found| card(found.column)).collect();
    let mut lanes = Vec::with_capacity(scene.arrows.len());
    // What leads to one card in one line style is one bundle: it needs one lane in each column that it passes.
    let mut bundles: BTreeMap<(usize, Line, bool, usize), usize> = BTreeMap::new();
    for arrow in &scene.arrows {
        let (from, to) = (column_of(arrow.from, &items), column_of(arrow.to, &items));
        let leftwards = to < from;
        let passed: Vec<usize> = if bundles.len() >= MAX_LANES {
            Vec::new()
        } else if leftwards {
            (to + 1..from).rev().collect()
        } else {
            (from + 1..to).collect()
        };
        let mut path = Vec::with_capacity(passed.len());
        let mut before = arrow.from;
        for column in passed {
            let lane = *bundles.entry((arrow.to, arrow.line, leftwards, column)).or_insert_with(|| {
                items.push(Item { column, height: LANE_HEIGHT, middle: 0, neighbours: Vec::new() });
                items.len() - 1
            });
            join(before, lane, &mut items);
            path.push(lane);
            before = lane;
        }
        join(before, arrow.to, &mut items);
        lanes.push(path);
    }
    (items, lanes)
}

/// Makes two items neighbours of each other, once.
fn join(one: usize, other: usize, items: &mut [Item]) {
    for (index, neighbour) in [(one, other), (other, one)] {
        if let Some(item) = items.get_mut(index).filter(|item| !item.neighbours.contains(&neighbour)) {
            item.neighbours.push(neighbour);
        }
    }
}

fn column_of(index: usize, items: &[Item]) -> usize {
    items.get(index).map_or(0, |item| item.column)
}

fn middle_of(index: usize, items: &[Item]) -> i64 {
    items.get(index).map_or(0, |item| item.middle)
}

fn height_of(index: usize, items: &[Item]) -> i64 {
    items.get(index).map_or(0, |item| item.height)
}

/// Visits the columns from left to right and, at every other sweep, from right to left.
fn in_turn(columns: &mut [Vec<usize>], sweep: usize, mut visit: impl FnMut(&mut Vec<usize>)) {
    if sweep.is_multiple_of(2) {
        columns.iter_mut().for_each(&mut visit);
    } else {
        columns.iter_mut().rev().for_each(&mut visit);
    }
}

/// The mean height of an item's neighbours; its own where it has none.
fn wanted(index: usize, items: &[Item]) -> i64 {
    let Some(item) = items.get(index) else { return 0 };
    let heights = item.neighbours.iter().map(|neighbour| middle_of(*neighbour, items));
    match i64::try_from(item.neighbours.len()) {
        Ok(count) if count > 0 => heights.sum::<i64>() / count,
        _ => item.middle,
    }
}

/// The room that must lie between the middles of two items, one above the other.
fn distance(upper: usize, lower: usize, items: &[Item]) -> i64 {
    let (above, below) = (height_of(upper, items), height_of(lower, items));
    let gap = match (above == CARD_HEIGHT, below == CARD_HEIGHT) {
        (true, true) => GAP_DOWN,
        (false, false) => GAP_LANES,
        (true, false) | (false, true) => GAP_DOWN / 2,
    };
    (above + below) / 2 + gap
}

/// Puts a column's items one below the other, its middle at height zero.
fn stack(column: &[usize], items: &mut [Item]) {
    let mut above: Option<(usize, i64)> = None;
    let mut middles = Vec::with_capacity(column.len());
    for index in column {
        let middle = above.map_or(0, |(upper, middle)| middle + distance(upper, *index, items));
        middles.push(middle);
        above = Some((*index, middle));
    }
    let centre = middles.last().map_or(0, |last| last / 2);
    for (index, middle) in column.iter().zip(middles) {
        if let Some(item) = items.get_mut(*index) {
            item.middle = middle - centre;
        }
    }
}

/// Moves a column's items, in their order, as near to their neighbours as they can stand.
fn settle(column: &[usize], items: &mut [Item]) {
    let mut above: Option<(usize, i64)> = None;
    let mut middles = Vec::with_capacity(column.len());
    let mut pushed = 0;
    for index in column {
        let wish = wanted(*index, items);
        let middle = above.map_or(wish, |(upper, middle)| wish.max(middle + distance(upper, *index, items)));
        pushed += middle - wish;
        middles.push(middle);
        above = Some((*index, middle));
    }
    let shift = i64::try_from(column.len()).ok().filter(|count| *count > 0).map_or(0, |count| pushed / count);
    for (index, middle) in column.iter().zip(middles) {
        if let Some(item) = items.get_mut(*index) {
            item.middle = middle - shift;
        }
    }
}

/// Counts heights from the top edge and hands over what the drawing needs.
fn finish(scene: &Scene<'_>, columns: &[Vec<usize>], items: &[Item], lanes: &[Vec<usize>]) -> Plan {
    let top = items.iter().map(|item| item.middle - item.height / 2).min().unwrap_or(0);
    let bottom = items.iter().map(|item| item.middle + item.height / 2).max().unwrap_or(0);
    let middle = |index: usize| middle_of(index, items) - top;
    let mut ranks = vec![0_usize; scene.cards.len()];
    for column in columns {
        for (rank, index) in column.iter().filter(|index| **index < scene.cards.len()).enumerate() {
            if let Some(place) = ranks.get_mut(*index) {
                *place = rank;
            }
        }
    }
    let rank = |index: usize| ranks.get(index).copied().unwrap_or(0);
    let adjacent = scene.arrows.iter().map(|arrow| {
        column_of(arrow.from, items) == column_of(arrow.to, items) && rank(arrow.from).abs_diff(rank(arrow.to)) == 1
    });
    Plan {
        middles: (0..scene.cards.len()).map(middle).collect(),
        lanes: lanes
            .iter()
            .map(|path| path.iter().map(|lane| (column_of(*lane, items), middle(*lane))).collect())
            .collect(),
        adjacent: adjacent.collect(),
        height: bottom - top,
    }
}
