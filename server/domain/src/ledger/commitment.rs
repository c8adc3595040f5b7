//! Salted commitments: how a leaf is tied to contents that it does not contain.
//!
//! Each field has a key of its own, derived from the entry's salt. So one field can be shown to somebody, or made
//! unrecoverable, while the others keep their secrets and their proofs.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::hex;

/// What every derived key's label begins with; a new layout gets a new label, so that no key serves two.
const LABEL: &str = "throughline/v1/";

/// A part of an entry that its leaf commits to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The id under which the sender sent it; empty where there is none.
    DeliveryId,
    /// The headers that were kept, exactly as they are stored.
    Headers,
    /// The body, exactly as it was received.
    Body,
}

impl Field {
    /// The field's name in the label of its key.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DeliveryId => "delivery-id",
            Self::Headers => "headers",
            Self::Body => "body",
        }
    }

    /// The field's name for people.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::DeliveryId => "delivery id",
            Self::Headers => "headers",
            Self::Body => "body",
        }
    }
}

/// The 32 random bytes that are drawn for one entry and used for no other.
///
/// Secret as long as a content is: with the salt, a short or guessable content can be found by trying.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt([u8; 32]);

impl Salt {
    /// The salt with these bytes; they must come from a cryptographic source of random numbers.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The salt with these bytes; `None` unless there are exactly 32.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes of the salt, for the store only.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Salt {
    /// Never the bytes: a salt in a log would undo an erasure.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Salt(..)")
    }
}

/// The key of one field of one entry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FieldKey([u8; 32]);

impl FieldKey {
    /// The key of a field: HMAC-SHA256 under the salt over `throughline/v1/` and the field's name.
    pub fn derive(salt: &Salt, field: Field) -> Self {
        Self(authenticate(&salt.0, &[LABEL.as_bytes(), field.name().as_bytes()]))
    }

    /// The key with these bytes, as it was kept or disclosed after the salt was destroyed.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key with these bytes; `None` unless there are exactly 32.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes of the key, to keep or to disclose.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The commitment to this content: HMAC-SHA256 under the key.
    pub fn commit(&self, content: &[u8]) -> Commitment {
        Commitment(authenticate(&self.0, &[content]))
    }

    /// Whether the commitment is to this content; takes the same time whatever the answer.
    pub fn opens(&self, content: &[u8], commitment: &Commitment) -> bool {
        self.commit(content).0.as_slice().ct_eq(commitment.0.as_slice()).into()
    }
}

impl fmt::Debug for FieldKey {
    /// Never the bytes, for the same reason as the salt's.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("FieldKey(..)")
    }
}

/// The keys of one entry that are still there, after the salt was destroyed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FieldKeys {
    /// The key of the delivery id.
    pub delivery_id: Option<FieldKey>,
    /// The key of the headers.
    pub headers: Option<FieldKey>,
    /// The key of the body.
    pub body: Option<FieldKey>,
}

impl FieldKeys {
    /// All three keys of an entry.
    pub fn derive(salt: &Salt) -> Self {
        Self {
            delivery_id: Some(FieldKey::derive(salt, Field::DeliveryId)),
            headers: Some(FieldKey::derive(salt, Field::Headers)),
            body: Some(FieldKey::derive(salt, Field::Body)),
        }
    }
}

/// What an entry's commitments are opened with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKeys {
    /// The salt: nothing was erased.
    Salt(Salt),
    /// Single keys: the salt was destroyed to erase the fields whose keys are missing here.
    Fields(FieldKeys),
}

impl EntryKeys {
    /// The key of a field; `None` where it was destroyed.
    pub fn key(&self, field: Field) -> Option<FieldKey> {
        match self {
            Self::Salt(salt) => Some(FieldKey::derive(salt, field)),
            Self::Fields(keys) => match field {
                Field::DeliveryId => keys.delivery_id,
                Field::Headers => keys.headers,
                Field::Body => keys.body,
            },
        }
    }
}

/// 32 bytes that fix a content without telling anything about it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Commitment([u8; 32]);

impl Commitment {
    /// The commitment with these bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The commitment's bytes, as they stand in a leaf.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Commitment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Commitment({})", hex::encode(&self.0))
    }
}

/// What one leaf commits to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commitments {
    /// To the delivery id.
    pub delivery_id: Commitment,
    /// To the kept headers.
    pub headers: Commitment,
    /// To the body.
    pub body: Commitment,
}

impl Commitments {
    /// Commits to an entry's contents under its salt; what an entry does not have is the empty content.
    pub fn new(salt: &Salt, delivery_id: &[u8], headers: &[u8], body: &[u8]) -> Self {
        Self {
            delivery_id: FieldKey::derive(salt, Field::DeliveryId).commit(delivery_id),
            headers: FieldKey::derive(salt, Field::Headers).commit(headers),
            body: FieldKey::derive(salt, Field::Body).commit(body),
        }
    }

    /// The commitment to a field.
    pub const fn of(&self, field: Field) -> &Commitment {
        match field {
            Field::DeliveryId => &self.delivery_id,
            Field::Headers => &self.headers,
            Field::Body => &self.body,
        }
    }
}

/// HMAC-SHA256 over the parts in a row.
fn authenticate(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: [Field; 3] = [Field::DeliveryId, Field::Headers, Field::Body];

    #[test]
    fn opens_only_with_the_same_salt_field_and_content() {
        let salt = Salt::from_bytes([1; 32]);
        let commitments = Commitments::new(&salt, b"same", b"same", b"same");
        for field in FIELDS {
            let key = FieldKey::derive(&salt, field);
            for other in FIELDS {
                assert_eq!(key.opens(b"same", commitments.of(other)), field == other, "{field:?} opens {other:?}");
            }
            assert!(!key.opens(b"sane", commitments.of(field)));
            assert!(!key.opens(b"", commitments.of(field)));
            let foreign = FieldKey::derive(&Salt::from_bytes([2; 32]), field);
            assert!(!foreign.opens(b"same", commitments.of(field)));
        }
    }

    #[test]
    fn single_keys_stand_in_for_the_salt() {
        let salt = Salt::from_bytes([3; 32]);
        let whole = EntryKeys::Salt(salt);
        let erased = EntryKeys::Fields(FieldKeys { body: None, ..FieldKeys::derive(&salt) });
        assert_eq!(erased.key(Field::DeliveryId), whole.key(Field::DeliveryId));
        assert_eq!(erased.key(Field::Headers), whole.key(Field::Headers));
        assert_eq!(erased.key(Field::Body), None);
    }

    #[test]
    fn secrets_are_not_printed() {
        let salt = Salt::from_bytes([0xab; 32]);
        let shown = format!("{salt:?} {:?} {:?}", FieldKey::derive(&salt, Field::Body), EntryKeys::Salt(salt));
        assert_eq!(shown, "Salt(..) FieldKey(..) Salt(Salt(..))");
    }
}
