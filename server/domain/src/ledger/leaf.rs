//! The leaf of an entry: 132 bytes of fixed layout, the only thing about an entry that the tree hashes.

use std::fmt;

use super::commitment::{Commitment, Commitments};
use super::entry::{EntryKind, EvidenceClass};
use crate::hex;
use crate::time::Timestamp;

/// The length of every leaf in bytes.
pub const LEAF_SIZE: usize = 132;

/// The version of the layout, the first byte of a leaf.
const LEAF_VERSION: u8 = 1;

/// The stream that an entry belongs to: 16 random bytes that mean nothing outside the ledger.
///
/// Opaque, because a leaf outlives a redaction: a source's name in it could never be erased.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId([u8; 16]);

impl StreamId {
    /// The stream with this id.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The stream with this id; `None` unless there are exactly 16 bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes of the id, as they stand in a leaf.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for StreamId {
    /// 32 lower-case hexadecimal digits.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(&self.0))
    }
}

impl fmt::Debug for StreamId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "StreamId({self})")
    }
}

/// What the tree says about one entry. It holds no content, no name and no unsalted hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// What the entry records.
    pub kind: EntryKind,
    /// Who vouches for it.
    pub evidence: EvidenceClass,
    /// When we received it; never earlier than the entry before it.
    pub received: Timestamp,
    /// The stream that it belongs to.
    pub stream: StreamId,
    /// Its place in the stream: 1 for the first entry, then each number once.
    pub counter: u64,
    /// What it commits to.
    pub commitments: Commitments,
}

/// Why some bytes are no leaf.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// Not 132 bytes.
    #[error("a leaf has {LEAF_SIZE} bytes, this has {found}")]
    Length {
        /// How many bytes there are.
        found: usize,
    },
    /// The first byte names a layout that this program does not know.
    #[error("the leaf's layout has version {0}, only version {LEAF_VERSION} is known")]
    Version(u8),
    /// The second byte is the code of no kind.
    #[error("the leaf's kind has code {0}, which no kind has")]
    Kind(u8),
    /// The third byte is the code of no evidence class.
    #[error("the leaf's evidence class has code {0}, which no class has")]
    Evidence(u8),
    /// The fourth byte is not zero.
    #[error("the leaf's reserved byte is {0}, it must be 0")]
    Reserved(u8),
    /// The counter is zero.
    #[error("the leaf's counter is 0, the first entry of a stream has 1")]
    Counter,
}

impl Leaf {
    /// The leaf's bytes, the same for the same leaf everywhere and always.
    ///
    /// A counter of 0 is written as it is, and refused by [`Leaf::decode`].
    pub fn encode(&self) -> [u8; LEAF_SIZE] {
        let head = [LEAF_VERSION, self.kind.code(), self.evidence.code(), 0];
        let received = self.received.micros().to_be_bytes();
        let counter = self.counter.to_be_bytes();
        let parts: [&[u8]; 7] = [
            &head,
            &received,
            self.stream.as_bytes(),
            &counter,
            self.commitments.delivery_id.as_bytes(),
            self.commitments.headers.as_bytes(),
            self.commitments.body.as_bytes(),
        ];
        let mut bytes = [0; LEAF_SIZE];
        for (place, byte) in bytes.iter_mut().zip(parts.into_iter().flatten()) {
            *place = *byte;
        }
        bytes
    }

    /// Reads a leaf; refuses whatever [`Leaf::encode`] would not have written, so that each leaf has one form.
    pub fn decode(bytes: &[u8]) -> Result<Self, LeafError> {
        if bytes.len() != LEAF_SIZE {
            return Err(LeafError::Length { found: bytes.len() });
        }
        let mut rest = bytes;
        let [version, kind, evidence, reserved] = take::<4>(&mut rest)?;
        if version != LEAF_VERSION {
            return Err(LeafError::Version(version));
        }
        if reserved != 0 {
            return Err(LeafError::Reserved(reserved));
        }
        let leaf = Self {
            kind: EntryKind::from_code(kind).ok_or(LeafError::Kind(kind))?,
            evidence: EvidenceClass::from_code(evidence).ok_or(LeafError::Evidence(evidence))?,
            received: Timestamp::from_micros(i64::from_be_bytes(take(&mut rest)?)),
            stream: StreamId::from_bytes(take(&mut rest)?),
            counter: u64::from_be_bytes(take(&mut rest)?),
            commitments: Commitments {
                delivery_id: Commitment::from_bytes(take(&mut rest)?),
                headers: Commitment::from_bytes(take(&mut rest)?),
                body: Commitment::from_bytes(take(&mut rest)?),
            },
        };
        if leaf.counter == 0 {
            return Err(LeafError::Counter);
        }
        Ok(leaf)
    }
}

/// Takes the next bytes off the front.
fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], LeafError> {
    let (head, tail) = rest.split_first_chunk().ok_or(LeafError::Length { found: rest.len() })?;
    *rest = tail;
    Ok(*head)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_leaf() -> impl Strategy<Value = Leaf> {
        (0..EntryKind::ALL.len(), 0..EvidenceClass::ALL.len(), any::<i64>(), any::<[u8; 16]>(), 1..=u64::MAX)
            .prop_flat_map(|(kind, evidence, received, stream, counter)| {
                (any::<[u8; 32]>(), any::<[u8; 32]>(), any::<[u8; 32]>()).prop_map(
                    move |(delivery_id, headers, body)| Leaf {
                        kind: EntryKind::ALL[kind],
                        evidence: EvidenceClass::ALL[evidence],
                        received: Timestamp::from_micros(received),
                        stream: StreamId::from_bytes(stream),
                        counter,
                        commitments: Commitments {
                            delivery_id: Commitment::from_bytes(delivery_id),
                            headers: Commitment::from_bytes(headers),
                            body: Commitment::from_bytes(body),
                        },
                    },
                )
            })
    }

    fn sample() -> [u8; LEAF_SIZE] {
        Leaf {
            kind: EntryKind::Delivery,
            evidence: EvidenceClass::HmacBody,
            received: Timestamp::from_seconds(1_773_480_366),
            stream: StreamId::from_bytes([7; 16]),
            counter: 1,
            commitments: Commitments {
                delivery_id: Commitment::from_bytes([1; 32]),
                headers: Commitment::from_bytes([2; 32]),
                body: Commitment::from_bytes([3; 32]),
            },
        }
        .encode()
    }

    proptest! {
        #[test]
        fn reads_back_what_it_wrote(leaf in any_leaf()) {
            prop_assert_eq!(Leaf::decode(&leaf.encode()), Ok(leaf));
        }

        #[test]
        fn every_byte_counts(place in 0..LEAF_SIZE, change in 1..=u8::MAX) {
            let mut bytes = sample();
            bytes[place] ^= change;
            if let Ok(leaf) = Leaf::decode(&bytes) {
                prop_assert_ne!(Leaf::decode(&sample()), Ok(leaf.clone()));
                prop_assert_eq!(leaf.encode(), bytes);
            }
        }

        #[test]
        fn any_bytes_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(leaf) = Leaf::decode(&bytes) {
                prop_assert_eq!(leaf.encode().to_vec(), bytes);
            }
        }
    }

    #[test]
    fn refuses_every_other_form() {
        let changed = |place: usize, value: u8| {
            let mut bytes = sample();
            bytes[place] = value;
            Leaf::decode(&bytes)
        };
        assert_eq!(changed(0, 2), Err(LeafError::Version(2)));
        assert_eq!(changed(1, 0), Err(LeafError::Kind(0)));
        assert_eq!(changed(1, 12), Err(LeafError::Kind(12)));
        assert_eq!(changed(2, 9), Err(LeafError::Evidence(9)));
        assert_eq!(changed(3, 1), Err(LeafError::Reserved(1)));
        assert_eq!(changed(35, 0), Err(LeafError::Counter));
        assert_eq!(Leaf::decode(&sample()[1..]), Err(LeafError::Length { found: 131 }));
        assert_eq!(Leaf::decode(&[]), Err(LeafError::Length { found: 0 }));
        let long = [sample().as_slice(), &[0]].concat();
        assert_eq!(Leaf::decode(&long), Err(LeafError::Length { found: 133 }));
    }
}
