//! RFC 6962 Merkle trees over SHA-256: hashes, the growing edge of a tree, and proofs.

mod proof;
mod range;
#[cfg(test)]
pub(super) mod test_tree;
#[cfg(test)]
mod vectors;

use std::fmt;

use base64::Engine;
use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::hex;
pub use proof::{ProofError, ProofRefused, consistency_proof, inclusion_proof, verify_consistency, verify_inclusion};
pub use range::complete_subtrees;

/// The length of a hash in bytes.
pub const HASH_SIZE: usize = 32;

/// Goes before a leaf, so that no leaf can pass for an inner node.
const LEAF_PREFIX: [u8; 1] = [0x00];

/// Goes before the two hashes of an inner node.
const NODE_PREFIX: [u8; 1] = [0x01];

/// A SHA-256 hash in a tree: of a leaf, of an inner node or of a root.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; HASH_SIZE]);

impl Hash {
    /// The hash with these bytes.
    pub const fn from_bytes(bytes: [u8; HASH_SIZE]) -> Self {
        Self(bytes)
    }

    /// The hash with these bytes; `None` unless there are exactly 32.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Reads standard base64 with its padding, the form of [`fmt::Display`]; `None` for any other form.
    pub fn from_base64(text: &str) -> Option<Self> {
        // 32 bytes are 44 characters; a longer text is refused before it is decoded.
        if text.len() != 44 {
            return None;
        }
        STANDARD.decode(text).ok().and_then(|bytes| Self::from_slice(&bytes))
    }

    /// The bytes of the hash.
    pub const fn as_bytes(&self) -> &[u8; HASH_SIZE] {
        &self.0
    }

    /// 64 lower-case hexadecimal digits, as `sha256sum` prints them.
    pub fn to_hex(&self) -> String {
        hex::encode(&self.0)
    }
}

impl fmt::Display for Hash {
    /// Standard base64 with padding, as it stands in a checkpoint.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Base64Display::new(&self.0, &STANDARD), formatter)
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Hash({self})")
    }
}

/// The state of a whole tree: how many leaves it has, and its root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeHead {
    /// The number of leaves.
    pub size: u64,
    /// The root over all of them.
    pub root: Hash,
}

/// The hash of a leaf: SHA-256 over a zero byte and the leaf.
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Hash(Sha256::new().chain_update(LEAF_PREFIX).chain_update(leaf).finalize().into())
}

/// The hash of an inner node: SHA-256 over a one byte and its two children.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Hash(Sha256::new().chain_update(NODE_PREFIX).chain_update(left.0).chain_update(right.0).finalize().into())
}

/// The root of the tree without leaves: SHA-256 over nothing.
pub fn empty_root() -> Hash {
    Hash(Sha256::new().finalize().into())
}

/// The root of the tree over these leaf hashes.
pub fn root_of(leaf_hashes: &[Hash]) -> Hash {
    let mut frontier = Frontier::default();
    for hash in leaf_hashes {
        frontier.append(*hash);
    }
    frontier.root()
}

/// The growing edge of a tree: the roots of its largest complete subtrees, from left to right.
///
/// There are as many as the size has one-bits, so a tree of any size fits in a few hundred bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    subtrees: Vec<Hash>,
}

impl Frontier {
    /// The frontier of a tree of this size; `subtrees` must hold one root for each one-bit, the largest first.
    pub(super) fn from_subtrees(size: u64, subtrees: Vec<Hash>) -> Self {
        debug_assert_eq!(u32::try_from(subtrees.len()), Ok(size.count_ones()), "one subtree for each one-bit");
        Self { size, subtrees }
    }

    /// Adds a leaf by its hash.
    pub fn append(&mut self, leaf_hash: Hash) {
        self.append_and_tell(leaf_hash, |_, _| {});
    }

    /// Adds a leaf and tells each subtree that it completes, with its level: the leaf itself (0), then upwards.
    pub(super) fn append_and_tell(&mut self, leaf_hash: Hash, mut tell: impl FnMut(u8, Hash)) {
        let mut node = leaf_hash;
        let mut level = 0;
        tell(level, node);
        // Adding one is a carry: each trailing one-bit of the size is a subtree that now has its right sibling.
        let mut rest = self.size;
        while rest & 1 == 1
            && let Some(left) = self.subtrees.pop()
        {
            node = node_hash(&left, &node);
            level += 1;
            rest >>= 1;
            tell(level, node);
        }
        self.subtrees.push(node);
        self.size += 1;
    }

    /// The number of leaves.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root over all leaves so far; the empty tree has [`empty_root`].
    pub fn root(&self) -> Hash {
        self.subtrees.iter().rev().copied().reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(empty_root)
    }

    /// Size and root together.
    pub fn head(&self) -> TreeHead {
        TreeHead { size: self.size, root: self.root() }
    }
}

#[cfg(test)]
mod tests {
    use ct_merkle::mem_backed_tree::MemoryBackedTree;

    use super::test_tree::{defined_root, leaves};
    use super::*;

    #[test]
    fn every_size_has_the_root_that_the_rfc_defines() {
        let leaves = leaves(140);
        let mut frontier = Frontier::default();
        assert_eq!(frontier.root(), empty_root());
        for size in 1..=leaves.len() {
            frontier.append(leaf_hash(&leaves[size - 1]));
            let hashes: Vec<Hash> = leaves[..size].iter().map(|leaf| leaf_hash(leaf)).collect();
            assert_eq!(frontier.root(), defined_root(&hashes), "size {size}");
            assert_eq!(root_of(&hashes), frontier.root(), "size {size}");
            assert_eq!(frontier.size(), size as u64);
        }
    }

    #[test]
    fn another_implementation_agrees() {
        let mut other = MemoryBackedTree::<Sha256, Vec<u8>>::new();
        let mut frontier = Frontier::default();
        for leaf in leaves(300) {
            frontier.append(leaf_hash(&leaf));
            other.push(leaf);
            let root = other.root();
            assert_eq!(Hash::from_slice(root.as_bytes().as_slice()), Some(frontier.root()));
        }
    }

    #[test]
    fn hashes_have_one_written_form() {
        let hash = empty_root();
        assert_eq!(hash.to_string(), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        assert_eq!(hash.to_hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(Hash::from_base64(&hash.to_string()), Some(hash));
        for wrong in [
            "",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=",
            "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=",
            " 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuF=",
        ] {
            assert_eq!(Hash::from_base64(wrong), None, "{wrong}");
        }
        assert_eq!(Hash::from_slice(&[0; 31]), None);
    }
}
