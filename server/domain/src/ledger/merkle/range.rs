//! A tree of which only some leaves are at hand: the others are stood for by the roots of complete subtrees.

use super::{Frontier, Hash, node_hash};

/// The fewest complete subtrees that cover the leaves from `start` up to before `end`, from left to right: at most 126.
///
/// Each is given by its level and its index in it, as the proofs ask for hashes: 2^level leaves from index * 2^level on.
pub fn complete_subtrees(start: u64, end: u64) -> impl Iterator<Item = (u8, u64)> {
    let mut next = start;
    std::iter::from_fn(move || {
        let level = level_at(next, end)?;
        let index = next >> level;
        next += 1_u64 << level;
        Some((level, index))
    })
}

impl Frontier {
    /// Adds the leaves before `end` by the roots of their [`complete_subtrees`]; false where there are too few hashes.
    ///
    /// Nothing says yet that the hashes are right. The root that comes out at the end does.
    pub fn fill(&mut self, end: u64, roots: &mut impl Iterator<Item = Hash>) -> bool {
        while let Some(level) = level_at(self.size, end) {
            let Some(root) = roots.next() else { return false };
            self.append_subtree(level, root);
        }
        true
    }

    /// Adds a subtree of 2^level leaves; the size must be a multiple of that.
    fn append_subtree(&mut self, level: u8, root: Hash) {
        let mut node = root;
        let mut rest = self.size >> level;
        while rest & 1 == 1
            && let Some(left) = self.subtrees.pop()
        {
            node = node_hash(&left, &node);
            rest >>= 1;
        }
        self.subtrees.push(node);
        self.size += 1_u64 << level;
    }
}

/// The level of the largest complete subtree that begins at `start` and ends before `end`; `None` where nothing is left.
fn level_at(start: u64, end: u64) -> Option<u8> {
    let width = end.checked_sub(start).filter(|width| *width > 0)?;
    u8::try_from(width.ilog2().min(start.trailing_zeros())).ok()
}

#[cfg(test)]
mod tests {
    use super::super::test_tree::{defined_root, leaf_hashes, source};
    use super::*;

    #[test]
    fn a_tree_is_whole_whatever_stands_for_its_leaves() {
        let hashes = leaf_hashes(40);
        for size in 0..=hashes.len() {
            for first in 0..=size {
                for end in first..=size {
                    let roots = |from: usize, to: usize| {
                        complete_subtrees(from as u64, to as u64)
                            .map(|(level, index)| source(&hashes)(level, index).unwrap())
                            .collect::<Vec<Hash>>()
                            .into_iter()
                    };
                    let mut tree = Frontier::default();
                    assert!(tree.fill(first as u64, &mut roots(0, first)));
                    hashes[first..end].iter().for_each(|hash| tree.append(*hash));
                    assert!(tree.fill(size as u64, &mut roots(end, size)));
                    assert_eq!(tree.head().size, size as u64);
                    assert_eq!(tree.root(), defined_root(&hashes[..size]), "{first} to {end} of {size}");
                }
            }
        }
    }

    #[test]
    fn the_subtrees_of_a_range_are_few_and_whole() {
        let of = |start, end| complete_subtrees(start, end).collect::<Vec<_>>();
        assert!(of(0, 0).is_empty());
        assert!(of(7, 3).is_empty());
        assert_eq!(of(0, 7), [(2, 0), (1, 2), (0, 6)]);
        assert_eq!(of(3, 14), [(0, 3), (2, 1), (2, 2), (1, 6)]);
        assert_eq!(of(0, 1 << 63), [(63, 0)]);
        assert_eq!(complete_subtrees(1, u64::MAX).count(), 126);
        let mut tree = Frontier::default();
        assert!(!tree.fill(3, &mut leaf_hashes(1).into_iter()), "a hash is missing");
    }
}
