//! What becomes of deliveries on their way: some are lost, some come twice, and many come late.

use super::chance::Chance;
use super::deliveries::Delivery;

/// How many of a hundred deliveries that arrive are sent again.
const TWICE_PERCENT: usize = 3;

/// By how many seconds deliveries come late, by their weights: most at once, some after a retry, some much later.
const LATE: [(usize, (i64, i64)); 4] = [(70, (0, 5)), (20, (5, 300)), (7, (300, 3_600)), (3, (3_600, 6 * 3_600))];

/// What arrives.
pub struct Arrived {
    /// The deliveries in order of arrival, with repetitions.
    pub deliveries: Vec<Delivery>,
    /// How many were lost.
    pub lost: usize,
    /// How many came twice.
    pub twice: usize,
}

/// Loses a share of the deliveries, repeats some of the others, and brings all out of order.
pub fn lose(seed: u64, sent: &[Delivery], share: f64) -> Arrived {
    let mut chance = Chance::new(seed, "loss");
    let permille = permille(share);
    let (mut lost, mut twice) = (0, 0);
    let mut arrived = Vec::new();
    for (place, delivery) in sent.iter().enumerate() {
        if chance.permille(permille) {
            lost += 1;
            continue;
        }
        let is_twice = chance.percent(TWICE_PERCENT);
        twice += usize::from(is_twice);
        for _ in 0..=usize::from(is_twice) {
            let (least, most) = chance.weighted(&LATE);
            let at = delivery.at.plus_seconds(chance.between(least, most));
            arrived.push((at, place, *delivery));
        }
    }
    arrived.sort_by_key(|(at, place, _)| (*at, *place));
    Arrived { deliveries: arrived.into_iter().map(|(_, _, delivery)| delivery).collect(), lost, twice }
}

/// A share between 0 and 1 in thousandths.
fn permille(share: f64) -> usize {
    (0..1_000_u32).take_while(|part| f64::from(*part) / 1_000.0 < share).count()
}

#[cfg(test)]
mod tests {
    use throughline_domain::time::Timestamp;

    use super::{lose, permille};
    use crate::year::deliveries::all;
    use crate::year::history::{History, Period};

    #[test]
    fn a_share_is_lost_and_the_rest_comes_late() {
        let sent = all(&History::of(2, 10, Period::of_days(60)));
        let arrived = lose(2, &sent, 0.05);
        assert_eq!(arrived.deliveries.len() + arrived.lost, sent.len() + arrived.twice);
        assert!(arrived.lost * 100 > sent.len() * 4 && arrived.lost * 100 < sent.len() * 6);
        let times: Vec<Timestamp> = arrived.deliveries.iter().map(|delivery| delivery.at).collect();
        assert!(!times.is_sorted());
    }

    #[test]
    fn shares_are_counted_in_thousandths() {
        assert_eq!([0.0, 0.05, 1.0].map(permille), [0, 50, 1_000]);
    }
}
