//! The ledger's arithmetic: what a leaf is, how leaves form a tree, and how a tree is signed and checked.
//!
//! Read it in the order in which bytes travel:
//!
//! 1. [`entry`] names what is written down and who vouches for it; [`leaf`] puts that into 132 bytes.
//! 2. [`commitment`] ties a leaf to contents that it does not contain, so that they can be erased later.
//! 3. [`merkle`] hashes leaves into one root and makes and checks the proofs about it (RFC 6962).
//! 4. [`tile`] cuts the tree into files that never change once they are full (C2SP tlog-tiles).
//! 5. [`checkpoint`] signs a root for a size (C2SP tlog-checkpoint, signed-note).
//! 6. [`verify`] takes a whole stored ledger apart again and names the first entry that does not fit.
//!
//! Nothing here reads a clock, a file, a table or a source of random numbers: salts, seeds and moments are handed in.
//! docs/LEDGER.md gives the byte layout for somebody who has to check it without this code; the files in `golden/`
//! were worked out by `golden/make.py` and tie both to each other.

pub mod checkpoint;
pub mod commitment;
pub mod entry;
pub mod leaf;
pub mod merkle;
pub mod tile;
pub mod verify;

#[cfg(test)]
mod golden_files;

pub use checkpoint::{Checkpoint, CheckpointError, KeyError, NoteError, Origin, SigningKey, VerifierKey, open};
pub use commitment::{Commitment, Commitments, EntryKeys, Field, FieldKey, FieldKeys, Salt};
pub use entry::{EntryKind, EvidenceClass};
pub use leaf::{LEAF_SIZE, Leaf, LeafError, StreamId};
pub use merkle::{
    Frontier, Hash, ProofError, ProofRefused, TreeHead, complete_subtrees, consistency_proof, empty_root,
    inclusion_proof, leaf_hash, node_hash, root_of, verify_consistency, verify_inclusion,
};
pub use tile::{FullTile, TILE_BYTES, TILE_WIDTH, TileError, TileFrontier, TileId, TileReader};
pub use verify::{AuditError, AuditReport, Auditor, Fault, StoredEntry};
