//! A random sample that anybody can draw again: it follows from the seed, the size and the order of the rows.
//!
//! The rows are numbered 1, 2, 3 … in the order of the report. The first `size` rows are taken. For each later row `n` the
//! next number of the generator is divided by `n`; where the remainder `r` is less than `size`, row `n` takes the place of
//! what stood at place `r` (from 0). The sample is then put in the order of the rows. The generator is SplitMix64, begun
//! with the seed. (The remainder favours small numbers by less than one part in a thousand million as long as there are
//! fewer than ten thousand million rows.)

use crate::time::Timestamp;

/// How many rows are drawn unless asked otherwise.
pub const DEFAULT_SIZE: usize = 25;

/// The most rows that can be drawn: they are kept in memory until the end.
pub const MAX_SIZE: usize = 10_000;

/// The generator: each number follows from a counter that grows by a fixed step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    /// Begins with a seed.
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next number.
    pub const fn next_number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// The seed that is used unless one is given: it follows from the period, so that the same question draws the same rows.
pub fn default_seed(from: Timestamp, to: Timestamp) -> u64 {
    let bits = |at: Timestamp| u64::from_ne_bytes(at.micros().to_ne_bytes());
    SplitMix64::new(bits(from) ^ bits(to).rotate_left(32)).next_number()
}

/// Draws a sample of a stream whose length nobody knows yet.
#[derive(Clone, Debug)]
pub struct Reservoir<T> {
    size: usize,
    seed: u64,
    generator: SplitMix64,
    seen: u64,
    kept: Vec<(u64, T)>,
}

/// What was drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample<T> {
    /// How many were asked for.
    pub size: usize,
    /// The seed.
    pub seed: u64,
    /// How many there were to draw from.
    pub population: u64,
    /// What was drawn, in the order of the stream.
    pub drawn: Vec<T>,
}

impl<T> Reservoir<T> {
    /// An empty sample of at most that size, [`MAX_SIZE`] at most.
    pub fn new(size: usize, seed: u64) -> Self {
        let size = size.min(MAX_SIZE);
        Self { size, seed, generator: SplitMix64::new(seed), seen: 0, kept: Vec::new() }
    }

    /// Shows it the next one; it is made only if it is kept.
    pub fn offer(&mut self, make: impl FnOnce() -> T) {
        self.seen = self.seen.saturating_add(1);
        if self.kept.len() < self.size {
            self.kept.push((self.seen, make()));
            return;
        }
        if self.size == 0 {
            return;
        }
        let remainder = self.generator.next_number().checked_rem(self.seen).unwrap_or_default();
        let place = usize::try_from(remainder).ok().and_then(|place| self.kept.get_mut(place));
        if let Some(place) = place {
            *place = (self.seen, make());
        }
    }

    /// Ends the drawing.
    pub fn finish(mut self) -> Sample<T> {
        self.kept.sort_by_key(|(number, _)| *number);
        let drawn = self.kept.into_iter().map(|(_, one)| one).collect();
        Sample { size: self.size, seed: self.seed, population: self.seen, drawn }
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_SIZE, Reservoir, SplitMix64, default_seed};
    use crate::time::Timestamp;

    fn draw(size: usize, seed: u64, count: u64) -> Vec<u64> {
        let mut reservoir = Reservoir::new(size, seed);
        for number in 1..=count {
            reservoir.offer(|| number);
        }
        reservoir.finish().drawn
    }

    #[test]
    fn the_generator_gives_the_published_numbers() {
        let mut generator = SplitMix64::new(1_234_567);
        let numbers: Vec<u64> = (0..5).map(|_| generator.next_number()).collect();
        let published = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!(numbers, published);
    }

    #[test]
    fn the_same_seed_draws_the_same() {
        assert_eq!(draw(5, 42, 1_000), STORED);
        assert_eq!(draw(5, 42, 1_000), draw(5, 42, 1_000));
        assert_ne!(draw(5, 42, 1_000), draw(5, 43, 1_000));
        assert_eq!(draw(5, 42, 3), [1, 2, 3]);
        assert!(draw(0, 42, 3).is_empty());
    }

    /// Worked out from the description alone, by another program.
    const STORED: [u64; 5] = [443, 608, 671, 903, 911];

    #[test]
    fn every_row_has_the_same_chance() {
        let (rounds, size, count) = (4_000_u64, 10_usize, 100_u64);
        let mut often = vec![0_u64; 100];
        for seed in 0..rounds {
            for number in draw(size, seed, count) {
                often[usize::try_from(number - 1).unwrap()] += 1;
            }
        }
        // 400 of each are expected; a fair draw leaves 300 to 500 less than once in a million rounds.
        assert!(often.iter().all(|drawn| (300..500).contains(drawn)), "{often:?}");
    }

    #[test]
    fn a_sample_has_a_bound_and_a_seed_of_its_own_period() {
        assert_eq!(Reservoir::<u8>::new(usize::MAX, 1).finish().size, MAX_SIZE);
        let at = Timestamp::from_seconds;
        assert_eq!(default_seed(at(1), at(2)), default_seed(at(1), at(2)));
        assert_ne!(default_seed(at(1), at(2)), default_seed(at(2), at(1)));
    }
}
