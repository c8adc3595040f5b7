//! What can be wrong with a stored ledger, in words.

use std::fmt;

use super::super::checkpoint::NoteError;
use super::super::commitment::Field;
use super::super::leaf::{LeafError, StreamId};
use super::super::merkle::Hash;
use super::super::tile::{TILE_BYTES, TileId};
use crate::time::Timestamp;

/// The first thing that is wrong with a ledger, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditError {
    /// The first bad entry, counted from 0; where a range is in doubt, the first entry of that range.
    pub entry: u64,
    /// What is wrong with it.
    pub fault: Fault,
}

impl AuditError {
    /// The fault of a row that the store could not even turn into a [`super::StoredEntry`].
    pub fn unreadable(entry: u64, reason: impl Into<String>) -> Self {
        Self { entry, fault: Fault::Unreadable { reason: reason.into() } }
    }
}

impl fmt::Display for AuditError {
    /// `entry 17: what is wrong. What that means.`
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "entry {}: {}. {}", self.entry, self.fault, self.fault.meaning())
    }
}

impl std::error::Error for AuditError {}

/// What is wrong with a ledger.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The rows are not numbered one by one.
    #[error("the next stored entry has the number {found}")]
    Place {
        /// The number in the row.
        found: u64,
    },
    /// The row cannot be read.
    #[error("the stored row cannot be read: {reason}")]
    Unreadable {
        /// What the store says about it.
        reason: String,
    },
    /// The leaf is no leaf.
    #[error("the stored leaf cannot be read: {0}")]
    Leaf(#[from] LeafError),
    /// Leaf and column disagree.
    #[error("the {column} is {leaf} in the leaf and {stored} in its column")]
    Column {
        /// What the column is called.
        column: &'static str,
        /// What the leaf says.
        leaf: String,
        /// What the column says.
        stored: String,
    },
    /// The time of receipt is earlier than that of the entry before.
    #[error("it was received at {found}, the entry before it at {previous}")]
    Backwards {
        /// When the entry before was received.
        previous: Timestamp,
        /// When this one was.
        found: Timestamp,
    },
    /// The counter of the stream jumps or repeats.
    #[error("it is number {found} of stream {stream}, where number {expected} comes next")]
    Counter {
        /// The stream.
        stream: StreamId,
        /// The counter that comes next.
        expected: u64,
        /// The counter that is there.
        found: u64,
    },
    /// A content is stored without the key that would open its commitment.
    #[error("its {} is stored, but not the key of the commitment to it", .field.describe())]
    NoKey {
        /// The content.
        field: Field,
    },
    /// A content does not fit its commitment.
    #[error("its stored {} does not match the commitment in the leaf", .field.describe())]
    Opening {
        /// The content.
        field: Field,
    },
    /// A full tile was not handed in.
    #[error("{id}, which begins here, is full and not stored")]
    TileMissing {
        /// The tile.
        id: TileId,
    },
    /// A tile was handed in that the last entry did not complete.
    #[error("{id}, which begins here, is stored as full and is not")]
    TileUnexpected {
        /// The tile.
        id: TileId,
    },
    /// A stored tile has a wrong length.
    #[error("{id}, which begins here, has {bytes} bytes instead of {TILE_BYTES}")]
    TileLength {
        /// The tile.
        id: TileId,
        /// Its stored length in bytes.
        bytes: usize,
    },
    /// A stored tile holds other hashes than the entries give.
    #[error("its hash is not the one in {id}")]
    TileDiffers {
        /// The tile.
        id: TileId,
    },
    /// A checkpoint covers more entries than there are.
    #[error("it is missing, and a checkpoint covers {size} entries")]
    CheckpointAhead {
        /// The size of the checkpoint.
        size: u64,
    },
    /// A checkpoint was handed in after more entries than it covers.
    #[error("the checkpoint of size {size} comes after {entries} entries")]
    CheckpointLate {
        /// The size of the checkpoint.
        size: u64,
        /// The number of entries before it.
        entries: u64,
    },
    /// A checkpoint is not signed by the ledger's key, or is no checkpoint.
    #[error("from here on only the checkpoint of size {size} vouches for the entries, and it is not believed: {error}")]
    Note {
        /// The size that it is stored for.
        size: u64,
        /// Why it is not believed.
        error: NoteError,
    },
    /// A checkpoint is signed for another size than it is stored for.
    #[error("the checkpoint stored for size {stored} is signed for size {signed}")]
    CheckpointSize {
        /// The size that it is stored for.
        stored: u64,
        /// The size that is signed.
        signed: u64,
    },
    /// The entries give another root than the signed one.
    #[error("from here to the size {size} the entries lead to the root {derived}, and {signed} is signed")]
    CheckpointRoot {
        /// The size of the checkpoint.
        size: u64,
        /// The root that is signed.
        signed: Hash,
        /// The root that the entries give.
        derived: Hash,
    },
    /// Two roots are signed for one size.
    #[error("two roots are signed for the size {size}: {first} and {second}")]
    TwoRoots {
        /// The size.
        size: u64,
        /// The root that was checked first.
        first: Hash,
        /// The other one.
        second: Hash,
    },
    /// There is no checkpoint at all.
    #[error("no checkpoint covers any of the {entries} entries")]
    NoCheckpoint {
        /// The number of entries.
        entries: u64,
    },
    /// The last checkpoint does not cover the last entries.
    #[error("the last checkpoint covers {size} of {entries} entries, and not this one")]
    CheckpointBehind {
        /// The size of the last checkpoint.
        size: u64,
        /// The number of entries.
        entries: u64,
    },
    /// The stored head has another size than the ledger.
    #[error("the stored head counts {head} entries, and there are {entries}")]
    HeadSize {
        /// The size in the head.
        head: u64,
        /// The number of entries.
        entries: u64,
    },
    /// The stored head has another root than the ledger.
    #[error("the stored head has the root {stored}, and the entries lead to {derived}")]
    HeadRoot {
        /// The root in the head.
        stored: Hash,
        /// The root that the entries give.
        derived: Hash,
    },
}

impl Fault {
    /// What must have happened, in one sentence for people.
    pub const fn meaning(&self) -> &'static str {
        match self {
            Self::Place { .. } => "An entry was removed, doubled or moved.",
            Self::Unreadable { .. } => "The database was damaged or edited.",
            Self::Leaf(_) => "The leaf was changed after it was written, or a newer program wrote it.",
            Self::Column { .. } => "The leaf or the column was changed after the entry was written.",
            Self::Backwards { .. } => "Entries were put into another order, or a time was changed.",
            Self::Counter { .. } => "An entry of that stream was removed, doubled or moved.",
            Self::NoKey { .. } => "The content cannot be checked: its key was lost, or an erasure stopped half way.",
            Self::Opening { .. } => "The content or its salt was changed after the entry was written.",
            Self::TileMissing { .. } => "A part of the stored tree was lost.",
            Self::TileUnexpected { .. } => "The stored tree has a part that the entries do not give.",
            Self::TileLength { .. } => "The stored tree was damaged.",
            Self::TileDiffers { .. } => "The entry or the stored tree was changed after it was written.",
            Self::CheckpointAhead { .. } => {
                "Signed entries are gone: the end of the ledger was cut off, or an old backup was restored."
            }
            Self::CheckpointLate { .. } => "Checkpoints must be checked in the order of their sizes.",
            Self::Note { .. } => "The checkpoint was changed, or somebody else's key signed it.",
            Self::CheckpointSize { .. } => "The checkpoint was moved or replaced.",
            Self::CheckpointRoot { .. } => "At least one of these entries was changed, added or removed after signing.",
            Self::TwoRoots { .. } => "The ledger's key has signed two histories; the two notes are the proof of it.",
            Self::NoCheckpoint { .. } => {
                "Nothing shows that the ledger itself wrote them, or the checkpoints were lost."
            }
            Self::CheckpointBehind { .. } => {
                "Nothing shows that the ledger itself wrote the rest, or the last checkpoint was lost."
            }
            Self::HeadSize { .. } => "Entries were added or removed without the ledger, or the head was changed.",
            Self::HeadRoot { .. } => "An entry or the head was changed after it was written.",
        }
    }
}
