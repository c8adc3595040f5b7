//! A slow tree for tests, written straight from the definition in RFC 6962, section 2.1.

use std::convert::Infallible;

use super::{Hash, empty_root, leaf_hash, node_hash};

/// Some different leaves.
pub(in crate::ledger) fn leaves(count: u64) -> Vec<Vec<u8>> {
    (0..count).map(|number| format!("leaf {number}").into_bytes()).collect()
}

/// The hashes of [`leaves`].
pub(in crate::ledger) fn leaf_hashes(count: u64) -> Vec<Hash> {
    leaves(count).iter().map(|leaf| leaf_hash(leaf)).collect()
}

/// MTH: the root over leaf hashes, by the recursion of the RFC.
pub(in crate::ledger) fn defined_root(hashes: &[Hash]) -> Hash {
    match hashes {
        [] => empty_root(),
        [only] => *only,
        _ => {
            let (left, right) = hashes.split_at(hashes.len().next_power_of_two() / 2);
            node_hash(&defined_root(left), &defined_root(right))
        }
    }
}

/// Where proofs get their hashes from.
pub(in crate::ledger) fn source(hashes: &[Hash]) -> impl Fn(u8, u64) -> Result<Hash, Infallible> {
    move |level, index| {
        let width = 1_usize << level;
        let start = index as usize * width;
        Ok(defined_root(&hashes[start..start + width]))
    }
}
