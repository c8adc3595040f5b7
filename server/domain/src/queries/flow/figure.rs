//! Counting: pieces come in, a figure with its percentiles and weeks comes out.

use std::collections::BTreeMap;

use crate::graph::{Graph, NodeId};
use crate::queries::flow::{
    Figure, Ground, MAX_BESIDE, MAX_PIECES, MAX_UNKNOWN, MAX_WEEKS, Measure, Number, Piece, Sum, Unknown, Week, Why,
};
use crate::time::Timestamp;

const WEEK_SECONDS: i64 = 7 * 86_400;

/// The first Monday after 1970 began.
const FIRST_MONDAY: i64 = 4 * 86_400;

/// A figure while it is counted.
pub(super) struct Tally<'g> {
    graph: &'g Graph,
    period: (Timestamp, Timestamp),
    number: Number,
    known_from: Option<Timestamp>,
    pieces: Vec<Piece>,
    whole: Vec<Timestamp>,
    unknown: BTreeMap<Why, (usize, Vec<NodeId>)>,
}

impl<'g> Tally<'g> {
    /// A figure of which nothing was counted yet.
    pub(super) fn new(ground: &Ground<'g>, number: Number, known_from: Option<Timestamp>) -> Self {
        Self {
            graph: ground.graph,
            period: (ground.survey.from, ground.survey.to),
            number,
            known_from,
            pieces: Vec::new(),
            whole: Vec::new(),
            unknown: BTreeMap::new(),
        }
    }

    /// Counts a piece.
    pub(super) fn add(&mut self, mut piece: Piece) {
        piece.beside.truncate(MAX_BESIDE);
        self.pieces.push(piece);
    }

    /// Counts a piece that took some time, or notes why that is not known.
    pub(super) fn took(&mut self, node: NodeId, at: Timestamp, seconds: Result<i64, Why>, beside: Vec<NodeId>) {
        match seconds {
            Ok(seconds) => self.add(Piece { node, at, value: Some(seconds), beside, says: String::new() }),
            Err(why) => self.miss(why, node),
        }
    }

    /// Counts one of those that the figure is a share of.
    pub(super) fn one_of_all(&mut self, at: Timestamp) {
        self.whole.push(at);
    }

    /// Notes a piece that cannot be counted.
    pub(super) fn miss(&mut self, why: Why, node: NodeId) {
        let (total, nodes) = self.unknown.entry(why).or_default();
        *total += 1;
        nodes.push(node);
    }

    /// Notes pieces that were not looked at.
    pub(super) fn miss_many(&mut self, why: Why, count: usize) {
        if count > 0 {
            self.unknown.entry(why).or_default().0 += count;
        }
    }

    /// The figure.
    pub(super) fn finish(self) -> Figure {
        let Self { graph, period, number, known_from, mut pieces, whole, unknown } = self;
        let is_share = number.measure() == Measure::Share;
        let sum_of = |inside: &dyn Fn(Timestamp) -> bool| {
            let own = pieces.iter().filter(|piece| inside(piece.at));
            let of = is_share.then(|| whole.iter().filter(|at| inside(**at)).count());
            sum(own, of)
        };
        let all = sum_of(&|_| true);
        let weeks = weeks(period).into_iter().map(|(start, end)| Week {
            start,
            end,
            sum: sum_of(&|at| (start..end).contains(&at)),
            is_known: known_from.is_some_and(|known| known < end),
        });
        let weeks: Vec<Week> = weeks.collect();
        let key = |node: NodeId| graph.node(node).map(|record| &record.key);
        pieces.sort_by(|left, right| right.at.cmp(&left.at).then_with(|| key(left.node).cmp(&key(right.node))));
        pieces.truncate(MAX_PIECES);
        let unknown = unknown.into_iter().map(|(why, (total, mut nodes))| {
            nodes.sort_by(|left, right| key(*left).cmp(&key(*right)));
            nodes.dedup();
            nodes.truncate(MAX_UNKNOWN);
            Unknown { why, total, nodes }
        });
        Figure { number, sum: all, unknown: unknown.collect(), pieces, known_from, weeks }
    }
}

/// What some pieces come to.
fn sum<'p>(pieces: impl Iterator<Item = &'p Piece>, of: Option<usize>) -> Sum {
    let mut count = 0;
    let mut values: Vec<i64> = Vec::new();
    for piece in pieces {
        count += 1;
        values.extend(piece.value);
    }
    values.sort_unstable();
    Sum { count, of, median: percentile(&values, 50), p75: percentile(&values, 75), p90: percentile(&values, 90) }
}

/// The smallest value that so many percent of the values do not exceed.
fn percentile(sorted: &[i64], percent: usize) -> Option<i64> {
    let rank = sorted.len().saturating_mul(percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

/// The weeks of a period, from Monday to Monday; the first and the last cut to it.
pub(super) fn weeks((from, to): (Timestamp, Timestamp)) -> Vec<(Timestamp, Timestamp)> {
    let mut start = (from.seconds() - FIRST_MONDAY).div_euclid(WEEK_SECONDS) * WEEK_SECONDS + FIRST_MONDAY;
    let mut weeks = Vec::new();
    if from >= to {
        return weeks;
    }
    while Timestamp::from_seconds(start) < to && weeks.len() < MAX_WEEKS {
        let end = start + WEEK_SECONDS;
        weeks.push((Timestamp::from_seconds(start).max(from), Timestamp::from_seconds(end).min(to)));
        start = end;
    }
    weeks
}

#[cfg(test)]
mod tests {
    use super::{percentile, weeks};
    use crate::time::Timestamp;

    #[test]
    fn percentiles_are_values_that_occurred() {
        for (values, expected) in [
            (vec![], [None, None, None]),
            (vec![7], [Some(7), Some(7), Some(7)]),
            (vec![1, 2], [Some(1), Some(2), Some(2)]),
            (vec![1, 2, 3, 4], [Some(2), Some(3), Some(4)]),
            ((1..=10).collect(), [Some(5), Some(8), Some(9)]),
        ] {
            let found = [50, 75, 90].map(|percent| percentile(&values, percent));
            assert_eq!(found, expected, "{values:?}");
        }
    }

    #[test]
    fn weeks_begin_on_mondays_and_are_cut_to_the_period() {
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let found = weeks((at("2026-03-11T12:00:00Z"), at("2026-03-24T00:00:00Z")));
        let told: Vec<String> = found.iter().map(|(start, end)| format!("{start} {end}")).collect();
        assert_eq!(
            told,
            [
                "2026-03-11T12:00:00Z 2026-03-16T00:00:00Z",
                "2026-03-16T00:00:00Z 2026-03-23T00:00:00Z",
                "2026-03-23T00:00:00Z 2026-03-24T00:00:00Z",
            ]
        );
        assert!(weeks((at("2026-03-11T12:00:00Z"), at("2026-03-11T12:00:00Z"))).is_empty());
    }
}
