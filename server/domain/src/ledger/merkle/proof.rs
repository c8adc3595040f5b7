//! Proofs that a leaf is in a tree, and that one tree is the beginning of another.

use super::{Hash, node_hash};

/// Why a proof could not be made.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError<E> {
    /// The tree has no leaf at this index.
    #[error("the tree has {size} leaves, there is none at index {index}")]
    NoSuchLeaf {
        /// The index asked for, counted from 0.
        index: u64,
        /// The size of the tree.
        size: u64,
    },
    /// The tree was never smaller in this way: the old size is 0, or larger than the new one.
    #[error("no proof leads from a tree of {old_size} leaves to one of {new_size}")]
    NoSuchGrowth {
        /// The smaller size asked for.
        old_size: u64,
        /// The larger size asked for.
        new_size: u64,
    },
    /// A hash of the tree could not be read.
    #[error("a hash of the tree could not be read: {0}")]
    Unreadable(E),
}

/// Why a proof is no proof.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofRefused {
    /// The index lies outside the tree.
    #[error("a tree of {size} leaves has none at index {index}")]
    NoSuchLeaf {
        /// The index claimed, counted from 0.
        index: u64,
        /// The size claimed.
        size: u64,
    },
    /// The empty tree is the beginning of every tree: a proof about it would say nothing.
    #[error("nothing can be proved about a tree without leaves")]
    EmptyTree,
    /// The tree is claimed to have become smaller.
    #[error("a tree of {old_size} leaves cannot have become one of {new_size}")]
    Shrunk {
        /// The size that came first.
        old_size: u64,
        /// The size that came after it.
        new_size: u64,
    },
    /// There are fewer hashes than a tree of this size needs.
    #[error("the proof has too few hashes")]
    TooShort,
    /// There are more hashes than a tree of this size needs.
    #[error("the proof has too many hashes")]
    TooLong,
    /// The hashes do not lead to the root; for growth, not to both roots.
    #[error("the proof leads to the root {computed}, not to {claimed}")]
    WrongRoot {
        /// The root that the proof leads to.
        computed: Hash,
        /// The root that it should lead to.
        claimed: Hash,
    },
}

/// Makes the proof that the leaf at `index` is in the tree of `size` leaves: the path of RFC 6962, section 2.1.1.
///
/// `hash_at(level, index)` gives the root of the complete subtree of 2^level leaves that starts at leaf
/// index * 2^level; it is only asked for subtrees that lie whole within `size`. At most 64 hashes come out.
pub fn inclusion_proof<E>(
    index: u64,
    size: u64,
    mut hash_at: impl FnMut(u8, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, ProofError<E>> {
    if index >= size {
        return Err(ProofError::NoSuchLeaf { index, size });
    }
    let mut proof = Vec::new();
    let mut level = 0_u32;
    let mut node = index;
    let mut last = size - 1;
    while last > 0 {
        let sibling = node ^ 1;
        // The last node of a level may lack a sibling; it then moves up unchanged.
        if sibling <= last {
            let start = sibling << level;
            let count = (size - start).min(1_u64 << level);
            proof.push(range_hash(start, count, &mut hash_at)?);
        }
        node >>= 1;
        last >>= 1;
        level += 1;
    }
    Ok(proof)
}

/// Makes the proof that the tree of `old_size` leaves is the beginning of that of `new_size`: RFC 6962, section 2.1.2.
///
/// Equal sizes need no hash; `hash_at` is as for [`inclusion_proof`].
pub fn consistency_proof<E>(
    old_size: u64,
    new_size: u64,
    mut hash_at: impl FnMut(u8, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, ProofError<E>> {
    if old_size == 0 || old_size > new_size {
        return Err(ProofError::NoSuchGrowth { old_size, new_size });
    }
    // From the root downwards to the end of the old tree; at each fork one side is all old or all new.
    let (mut start, mut end) = (0_u64, new_size);
    let mut aside = Vec::new();
    while end != old_size {
        let fork = start + (1_u64 << (end - start - 1).ilog2());
        if old_size <= fork {
            aside.push((fork, end - fork));
            end = fork;
        } else {
            aside.push((start, fork - start));
            start = fork;
        }
    }
    // Where the old tree is itself a node of the new one, the verifier knows that hash: it is the old root.
    if start > 0 {
        aside.push((start, end - start));
    }
    aside.into_iter().rev().map(|(start, count)| range_hash(start, count, &mut hash_at)).collect()
}

/// Checks that the leaf with this hash stands at `index` in the tree of `size` leaves with this root.
///
/// The algorithm is that of RFC 9162, section 2.1.3.2.
pub fn verify_inclusion(
    leaf_hash: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofRefused> {
    if index >= size {
        return Err(ProofRefused::NoSuchLeaf { index, size });
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf_hash;
    for sibling in proof {
        if last == 0 {
            return Err(ProofRefused::TooLong);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            skip_lone_levels(&mut node, &mut last);
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(ProofRefused::TooShort);
    }
    same_root(hash, *root)
}

/// Checks that the tree of `old_size` leaves with `old_root` is the beginning of that of `new_size` with `new_root`.
///
/// The algorithm is that of RFC 9162, section 2.1.4.2. An `old_size` of 0 is refused: it would prove nothing.
pub fn verify_consistency(
    old_size: u64,
    new_size: u64,
    proof: &[Hash],
    old_root: &Hash,
    new_root: &Hash,
) -> Result<(), ProofRefused> {
    if old_size > new_size {
        return Err(ProofRefused::Shrunk { old_size, new_size });
    }
    if old_size == 0 {
        return Err(ProofRefused::EmptyTree);
    }
    if old_size == new_size {
        return if proof.is_empty() { same_root(*new_root, *old_root) } else { Err(ProofRefused::TooLong) };
    }
    let (mut node, mut last) = (old_size - 1, new_size - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    // A complete old tree is a node of the new one, and then its root is where the path begins.
    let (first, path) = if old_size.is_power_of_two() {
        (old_root, proof)
    } else {
        proof.split_first().ok_or(ProofRefused::TooShort)?
    };
    let (mut old_hash, mut new_hash) = (*first, *first);
    for sibling in path {
        if last == 0 {
            return Err(ProofRefused::TooLong);
        }
        if node & 1 == 1 || node == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            skip_lone_levels(&mut node, &mut last);
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(ProofRefused::TooShort);
    }
    same_root(old_hash, *old_root)?;
    same_root(new_hash, *new_root)
}

/// The root over `count` leaves from `start` on, put together from complete subtrees, the largest first.
fn range_hash<E>(
    start: u64,
    count: u64,
    hash_at: &mut impl FnMut(u8, u64) -> Result<Hash, E>,
) -> Result<Hash, ProofError<E>> {
    let mut subtrees = Vec::new();
    let (mut start, mut count) = (start, count);
    while count > 0 {
        // At most 63, so nothing is cut off.
        let level = count.ilog2() as u8;
        subtrees.push(hash_at(level, start >> level).map_err(ProofError::Unreadable)?);
        let width = 1_u64 << level;
        start += width;
        count -= width;
    }
    Ok(subtrees.into_iter().rev().reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(super::empty_root))
}

/// Moves up past the levels on which the node is the last one and has no sibling.
fn skip_lone_levels(node: &mut u64, last: &mut u64) {
    while *node & 1 == 0 && *node != 0 {
        *node >>= 1;
        *last >>= 1;
    }
}

fn same_root(computed: Hash, claimed: Hash) -> Result<(), ProofRefused> {
    if computed == claimed { Ok(()) } else { Err(ProofRefused::WrongRoot { computed, claimed }) }
}

#[cfg(test)]
mod tests {
    use ct_merkle::mem_backed_tree::MemoryBackedTree;
    use proptest::prelude::*;
    use sha2::Sha256;

    use super::super::test_tree::{defined_root, leaf_hashes, leaves, source};
    use super::*;

    /// The proof with one bit of one hash turned over; `None` where there is no hash.
    fn with_flipped_bit(proof: &[Hash], place: usize, bit: usize) -> Option<Vec<Hash>> {
        let mut changed = proof.to_vec();
        let place = place.checked_rem(proof.len())?;
        changed[place] = flipped(&changed[place], bit);
        Some(changed)
    }

    fn flipped(hash: &Hash, bit: usize) -> Hash {
        let mut bytes = *hash.as_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        Hash::from_bytes(bytes)
    }

    /// The proof without each of its hashes in turn, and with a hash too many at each end.
    fn with_wrong_length(proof: &[Hash]) -> Vec<Vec<Hash>> {
        let mut wrong: Vec<Vec<Hash>> =
            (0..proof.len()).map(|place| [&proof[..place], &proof[place + 1..]].concat()).collect();
        let extra = leaf_hashes(1);
        wrong.push([proof, extra.as_slice()].concat());
        wrong.push([extra.as_slice(), proof].concat());
        wrong
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn an_inclusion_proof_holds_for_its_leaf_alone(
            size in 1..200_u64, pick in any::<u64>(), place in any::<usize>(), bit in 0..256_usize,
        ) {
            let hashes = leaf_hashes(size);
            let root = defined_root(&hashes);
            let index = pick % size;
            let leaf = hashes[index as usize];
            let proof = inclusion_proof(index, size, source(&hashes)).unwrap();
            prop_assert_eq!(verify_inclusion(&leaf, index, size, &proof, &root), Ok(()));
            prop_assert!(verify_inclusion(&flipped(&leaf, bit), index, size, &proof, &root).is_err());
            prop_assert!(verify_inclusion(&leaf, index, size, &proof, &flipped(&root, bit)).is_err());
            for other in (0..size + 2).filter(|other| *other != index) {
                prop_assert!(verify_inclusion(&leaf, other, size, &proof, &root).is_err());
            }
            if let Some(changed) = with_flipped_bit(&proof, place, bit) {
                prop_assert!(verify_inclusion(&leaf, index, size, &changed, &root).is_err());
            }
            for wrong in with_wrong_length(&proof) {
                prop_assert!(verify_inclusion(&leaf, index, size, &wrong, &root).is_err());
            }
        }

        #[test]
        fn a_consistency_proof_holds_for_its_trees_alone(
            new_size in 1..200_u64, pick in any::<u64>(), place in any::<usize>(), bit in 0..256_usize,
        ) {
            let hashes = leaf_hashes(new_size);
            let old_size = pick % new_size + 1;
            let old_root = defined_root(&hashes[..old_size as usize]);
            let new_root = defined_root(&hashes);
            let proof = consistency_proof(old_size, new_size, source(&hashes)).unwrap();
            let check = |proof: &[Hash], old_root: &Hash, new_root: &Hash| {
                verify_consistency(old_size, new_size, proof, old_root, new_root)
            };
            prop_assert_eq!(check(&proof, &old_root, &new_root), Ok(()));
            prop_assert!(check(&proof, &flipped(&old_root, bit), &new_root).is_err());
            prop_assert!(check(&proof, &old_root, &flipped(&new_root, bit)).is_err());
            if let Some(changed) = with_flipped_bit(&proof, place, bit) {
                prop_assert!(check(&changed, &old_root, &new_root).is_err());
            }
            for wrong in with_wrong_length(&proof) {
                prop_assert!(check(&wrong, &old_root, &new_root).is_err());
            }
            prop_assert!(verify_consistency(old_size + 1, new_size, &proof, &old_root, &new_root).is_err());
        }

        #[test]
        fn another_implementation_makes_the_same_proofs(size in 1..120_u64, pick in any::<u64>()) {
            let hashes = leaf_hashes(size);
            let mut other = MemoryBackedTree::<Sha256, Vec<u8>>::new();
            for leaf in leaves(size) {
                other.push(leaf);
            }
            let index = pick % size;
            let inclusion = inclusion_proof(index, size, source(&hashes)).unwrap();
            prop_assert_eq!(joined(&inclusion), other.prove_inclusion(index as usize).as_bytes().to_vec());
            let consistency = consistency_proof(size - index, size, source(&hashes)).unwrap();
            prop_assert_eq!(joined(&consistency), other.prove_consistency(index as usize).as_bytes().to_vec());
        }

        #[test]
        fn any_claim_is_answered(
            index in any::<u64>(), size in any::<u64>(), hash in any::<[u8; 32]>(), length in 0..70_usize,
        ) {
            let hash = Hash::from_bytes(hash);
            let proof = vec![hash; length];
            prop_assert!(verify_inclusion(&hash, index, size, &proof, &hash).is_err() || (size == 1 && length == 0));
            let nothing_claimed = index == size && length == 0;
            prop_assert!(verify_consistency(index, size, &proof, &hash, &hash).is_err() || nothing_claimed);
        }
    }

    fn joined(proof: &[Hash]) -> Vec<u8> {
        proof.iter().flat_map(|hash| *hash.as_bytes()).collect()
    }

    #[test]
    fn every_leaf_and_every_growth_of_small_trees_is_proved() {
        let all = leaf_hashes(34);
        for size in 1..=all.len() {
            let hashes = &all[..size];
            let root = defined_root(hashes);
            for (index, leaf) in hashes.iter().enumerate() {
                let proof = inclusion_proof(index as u64, size as u64, source(hashes)).unwrap();
                assert_eq!(
                    verify_inclusion(leaf, index as u64, size as u64, &proof, &root),
                    Ok(()),
                    "{index} of {size}"
                );
                let old_size = index + 1;
                let proof = consistency_proof(old_size as u64, size as u64, source(hashes)).unwrap();
                let old_root = defined_root(&hashes[..old_size]);
                assert_eq!(
                    verify_consistency(old_size as u64, size as u64, &proof, &old_root, &root),
                    Ok(()),
                    "{old_size} to {size}"
                );
            }
        }
    }

    #[test]
    fn what_cannot_be_proved_is_named() {
        let hashes = leaf_hashes(4);
        let root = defined_root(&hashes);
        assert_eq!(inclusion_proof(4, 4, source(&hashes)), Err(ProofError::NoSuchLeaf { index: 4, size: 4 }));
        for (old_size, new_size) in [(0, 4), (5, 4), (0, 0)] {
            assert_eq!(
                consistency_proof(old_size, new_size, source(&hashes)),
                Err(ProofError::NoSuchGrowth { old_size, new_size })
            );
        }
        assert_eq!(consistency_proof(4, 4, source(&hashes)), Ok(Vec::new()));
        assert_eq!(verify_inclusion(&root, 0, 0, &[], &root), Err(ProofRefused::NoSuchLeaf { index: 0, size: 0 }));
        assert_eq!(verify_inclusion(&root, 0, 2, &[], &root), Err(ProofRefused::TooShort));
        assert_eq!(verify_inclusion(&root, 0, 1, &[root], &root), Err(ProofRefused::TooLong));
        assert_eq!(verify_consistency(0, 4, &[], &root, &root), Err(ProofRefused::EmptyTree));
        assert_eq!(verify_consistency(4, 3, &[], &root, &root), Err(ProofRefused::Shrunk { old_size: 4, new_size: 3 }));
        assert_eq!(verify_consistency(4, 4, &[root], &root, &root), Err(ProofRefused::TooLong));
        assert_eq!(verify_consistency(3, 4, &[], &root, &root), Err(ProofRefused::TooShort));
        assert!(matches!(
            inclusion_proof(0, 2, |_, _| Err::<Hash, _>("the disk is gone")),
            Err(ProofError::Unreadable("the disk is gone"))
        ));
    }
}
