//! What can be wrong with a bundle, in words.

use std::fmt;

use super::format::{MAX_ENTRIES, MAX_LINE_BYTES, MAX_STREAMS, VERSION};
use crate::ledger::{Field, Hash, KeyError, LeafError, NoteError, StreamId};
use crate::time::Timestamp;

/// The first thing that is wrong with a bundle, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleError {
    /// The line, counted from 1.
    pub line: u64,
    /// What is wrong with it.
    pub fault: BundleFault,
}

impl fmt::Display for BundleError {
    /// `line 17: what is wrong. What that means.`
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}: {}. {}", self.line, self.fault, self.fault.meaning())
    }
}

impl std::error::Error for BundleError {}

/// What is wrong with a bundle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleFault {
    /// No line feed at the end.
    #[error("the line does not end with a line feed")]
    LineEnd,
    /// More bytes than a line may have.
    #[error("the line has more than {MAX_LINE_BYTES} bytes")]
    TooLong,
    /// A line that does not belong here.
    #[error("{expected} belongs here")]
    Expected {
        /// What should stand there.
        expected: &'static str,
    },
    /// The members of the line are not those that it must have.
    #[error("the line cannot be read: {0}")]
    Form(String),
    /// Another version of the format.
    #[error("the bundle has version {0} of the format, only version {VERSION} is known")]
    Version(u64),
    /// The public key is none.
    #[error("the public key cannot be used: {0}")]
    Key(KeyError),
    /// The public key is another one than that which was given.
    #[error("the bundle is of the ledger with the key {found}, and the key {expected} was given")]
    OtherKey {
        /// The key that was given.
        expected: String,
        /// The key in the bundle.
        found: String,
    },
    /// The period ends before it begins.
    #[error("the period ends before it begins")]
    Period,
    /// The entries of a row are not in order.
    #[error("the entries that the row rests on are not in ascending order")]
    RowOrder,
    /// A row rests on an entry that no bundle can hold.
    #[error("the row rests on entry {0}; a bundle covers entries below {MAX_ENTRIES} only")]
    TooFar(u64),
    /// The range is none.
    #[error("entries {first} to {end} are no range that a bundle can cover")]
    Range {
        /// The first entry.
        first: u64,
        /// The one behind the last.
        end: u64,
    },
    /// Too few or too many hashes beside the entries.
    #[error("there are too few or too many hashes beside the entries")]
    Edge,
    /// A row rests on an entry outside of the range.
    #[error("a row rests on entry {0}, which is not covered")]
    Outside(u64),
    /// The range begins too late.
    #[error("the covered entries begin with entry {first}, received at {received}: the period began before that")]
    Beginning {
        /// The first entry.
        first: u64,
        /// When it was received.
        received: Timestamp,
    },
    /// An entry is missing or stands elsewhere.
    #[error("entry {found} stands where entry {expected} belongs")]
    Place {
        /// The entry that comes next.
        expected: u64,
        /// The entry that is there.
        found: u64,
    },
    /// The leaf is no leaf.
    #[error("the leaf cannot be read: {0}")]
    Leaf(#[from] LeafError),
    /// The leaf is not written in its one form.
    #[error("the leaf is not written in lower-case hexadecimal digits")]
    LeafForm,
    /// Received earlier than the entry before.
    #[error("entry {entry} was received at {found}, the entry before it at {previous}")]
    Backwards {
        /// The entry.
        entry: u64,
        /// When the entry before was received.
        previous: Timestamp,
        /// When this one was.
        found: Timestamp,
    },
    /// The counter of a stream jumps or repeats.
    #[error("entry {entry} is number {found} of stream {stream}, where number {expected} comes next")]
    Counter {
        /// The entry.
        entry: u64,
        /// Its stream.
        stream: StreamId,
        /// The counter that comes next.
        expected: u64,
        /// The counter that is there.
        found: u64,
    },
    /// More streams than are counted.
    #[error("there are more than {MAX_STREAMS} streams")]
    Streams,
    /// An entry is not opened although the export rests on it.
    #[error("entry {0} is not opened, and the export rests on it or it tells of a gap")]
    NotOpened(u64),
    /// An entry is opened that nothing rests on.
    #[error("entry {0} is opened, and nothing rests on it")]
    OpenedInVain(u64),
    /// The opening does not have the members that it must have.
    #[error("the opening of entry {entry} is not whole")]
    OpeningForm {
        /// The entry.
        entry: u64,
    },
    /// A content does not fit its commitment.
    #[error("the {} of entry {entry} does not match the commitment in its leaf", .field.describe())]
    Opening {
        /// The entry.
        entry: u64,
        /// Which content.
        field: Field,
    },
    /// The entries end too early.
    #[error("the covered entries end before entry {0}")]
    Short(u64),
    /// The recorded export is not what it must be.
    #[error("entry {0} does not record an export, or lies before the end of the covered entries")]
    NotAnExport(u64),
    /// The digest is another one.
    #[error("the lines before do not have the digest that the ledger has recorded")]
    Digest,
    /// The recorded export speaks of something else.
    #[error("what the ledger has recorded of the export differs from what the bundle holds")]
    Manifest,
    /// The line could be written in another way.
    #[error("the line is not in its one written form")]
    Written,
    /// The checkpoint is not believed.
    #[error("the checkpoint does not hold: {0}")]
    Checkpoint(#[from] NoteError),
    /// The checkpoint carries other signatures beside.
    #[error("the checkpoint must carry one signature, that of the ledger")]
    Signatures,
    /// Something is no hash.
    #[error("something that is not the base64 of 32 bytes stands in place of a hash")]
    Hash,
    /// The checkpoint is older than the export.
    #[error("the checkpoint covers {size} entries, and the export is entry {export}")]
    Uncovered {
        /// How many entries the checkpoint covers.
        size: u64,
        /// The entry that records the export.
        export: u64,
    },
    /// The entries are not those that the ledger has signed.
    #[error("the entries lead to the root {computed}, and the ledger has signed {signed}")]
    Root {
        /// The root that the entries give.
        computed: Hash,
        /// The root in the checkpoint.
        signed: Hash,
    },
    /// Lines behind the last one.
    #[error("nothing may follow the checkpoint")]
    Beyond,
    /// The end is missing.
    #[error("the bundle ends here without its checkpoint")]
    CutOff,
}

impl BundleFault {
    /// What the fault means, one sentence for people.
    pub const fn meaning(&self) -> &'static str {
        match self {
            Self::LineEnd | Self::CutOff | Self::Beyond | Self::Short(_) => {
                "The file was cut off or added to; ask for the bundle again."
            }
            Self::TooLong
            | Self::Expected { .. }
            | Self::Form(_)
            | Self::Version(_)
            | Self::Period
            | Self::RowOrder
            | Self::TooFar(_)
            | Self::Range { .. }
            | Self::Streams
            | Self::Leaf(_)
            | Self::LeafForm
            | Self::OpeningForm { .. }
            | Self::Written
            | Self::Hash => "This is no bundle, or it was edited or put in another order.",
            Self::Key(_) | Self::OtherKey { .. } => {
                "Whose ledger this is cannot be told; compare the key with the one that the owner has published."
            }
            Self::Beginning { .. } | Self::Outside(_) | Self::Place { .. } | Self::NotOpened(_) => {
                "Entries that the export needs were left out."
            }
            Self::Backwards { .. } | Self::Counter { .. } | Self::Edge | Self::Root { .. } => {
                "Entries were left out, changed or put in another order."
            }
            Self::Opening { .. } => "The content was changed after the ledger had received it.",
            Self::OpenedInVain(_) | Self::Digest | Self::Manifest => {
                "The bundle was changed after it was made: something was left out, edited or moved."
            }
            Self::NotAnExport(_) | Self::Uncovered { .. } => "The ledger did not record this export.",
            Self::Checkpoint(_) | Self::Signatures => {
                "The ledger did not sign this; the checkpoint was changed, or is of another ledger."
            }
        }
    }
}
