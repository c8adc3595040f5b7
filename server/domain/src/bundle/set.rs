//! A set of entries: one bit for each, so that a bundle of any length is checked in little memory.

use super::format::MAX_ENTRIES;

/// Entries by their index. It takes one bit for each entry up to the highest.
#[derive(Clone, Debug, Default)]
pub(super) struct EntrySet {
    words: Vec<u64>,
    lowest: Option<u64>,
    highest: Option<u64>,
}

impl EntrySet {
    /// Adds an entry; false, and nothing is added, from [`MAX_ENTRIES`] on.
    pub(super) fn insert(&mut self, index: u64) -> bool {
        let Some((place, bit)) = place_of(index) else { return false };
        if self.words.len() <= place {
            self.words.resize(place + 1, 0);
        }
        if let Some(word) = self.words.get_mut(place) {
            *word |= bit;
        }
        self.lowest = Some(self.lowest.map_or(index, |lowest| lowest.min(index)));
        self.highest = self.highest.max(Some(index));
        true
    }

    pub(super) fn contains(&self, index: u64) -> bool {
        place_of(index).is_some_and(|(place, bit)| self.words.get(place).is_some_and(|word| word & bit != 0))
    }

    pub(super) const fn lowest(&self) -> Option<u64> {
        self.lowest
    }

    pub(super) const fn highest(&self) -> Option<u64> {
        self.highest
    }
}

fn place_of(index: u64) -> Option<(usize, u64)> {
    if index >= MAX_ENTRIES {
        return None;
    }
    Some((usize::try_from(index / 64).ok()?, 1 << (index % 64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_was_put_in_and_nothing_else() {
        let mut set = EntrySet::default();
        assert_eq!((set.lowest(), set.highest()), (None, None));
        let members = [700, 3, 64, 63, 3];
        assert!(members.iter().all(|index| set.insert(*index)));
        let found: Vec<u64> = (0..1_000).filter(|index| set.contains(*index)).collect();
        assert_eq!(found, [3, 63, 64, 700]);
        assert_eq!((set.lowest(), set.highest()), (Some(3), Some(700)));
        assert!(!set.insert(MAX_ENTRIES) && !set.contains(MAX_ENTRIES) && !set.contains(u64::MAX));
        assert_eq!(set.highest(), Some(700));
    }
}
