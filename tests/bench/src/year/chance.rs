//! Chance: whatever a year draws follows from its seed.

use throughline_tests::random::Random;

/// A source of draws. Each part of the simulation has its own, so that one more draw in one part moves no other.
#[derive(Debug)]
pub struct Chance(Random);

impl Chance {
    /// The draws of one part of a year.
    pub fn new(seed: u64, part: &str) -> Self {
        Self(Random::new(seed ^ fingerprint(part.as_bytes())))
    }

    /// A number below `limit`, which is at least 1.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0.below(limit)
    }

    /// Whether something happens that happens so many times in a thousand.
    pub fn permille(&mut self, times: usize) -> bool {
        self.below(1_000) < times
    }

    /// Whether something happens that happens so many times in a hundred.
    pub fn percent(&mut self, times: usize) -> bool {
        self.below(100) < times
    }

    /// A number from `least` to `most`, both among them.
    pub fn between(&mut self, least: i64, most: i64) -> i64 {
        let span = usize::try_from((most - least).max(0)).unwrap_or(usize::MAX - 1);
        least + i64::try_from(self.below(span + 1)).unwrap_or_default()
    }

    /// One of a list, which is not empty.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let place = self.below(list.len());
        list.get(place).expect("the place is below the length")
    }

    /// One of a table, each as often as its weight says; the weights are not all 0.
    pub fn weighted<T: Copy>(&mut self, table: &[(usize, T)]) -> T {
        let mut left = self.below(table.iter().map(|(weight, _)| weight).sum());
        for (weight, value) in table {
            if left < *weight {
                return *value;
            }
            left -= weight;
        }
        let (_, last) = table.last().expect("a table of weights is not empty");
        *last
    }

    /// So many hexadecimal digits.
    pub fn hex(&mut self, digits: usize) -> String {
        let mut text = String::with_capacity(digits + 16);
        while text.len() < digits {
            text.push_str(&format!("{:016x}", self.0.number()));
        }
        text.truncate(digits);
        text
    }
}

/// FNV-1a of 64 bits, by which Alertmanager makes its fingerprints, too.
pub fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
