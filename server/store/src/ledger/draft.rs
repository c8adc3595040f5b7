//! Entries that are ready to be appended: everything that needs no order has been computed.

use throughline_domain::ledger::{Commitments, EntryKind, EvidenceClass, Salt, StreamId};
use throughline_domain::time::Timestamp;

use super::packing::pack;
use crate::error::StoreError;

/// An entry that is ready to be appended: everything that needs no order has been computed.
#[derive(Debug)]
pub struct Draft {
    pub(super) kind: EntryKind,
    pub(super) evidence: EvidenceClass,
    pub(super) received: Timestamp,
    pub(super) stream: StreamId,
    pub(super) source: String,
    pub(super) delivery_id: String,
    pub(super) headers: Vec<u8>,
    pub(super) body_bytes: i64,
    pub(super) packed: (i16, Vec<u8>),
    pub(super) fingerprint: [u8; 32],
    pub(super) salt: Salt,
    pub(super) commitments: Commitments,
}

/// What a draft is made of.
#[derive(Debug)]
pub struct DraftContent<'a> {
    /// What it is.
    pub kind: EntryKind,
    /// Who vouches for it.
    pub evidence: EvidenceClass,
    /// When it was received.
    pub received: Timestamp,
    /// The stream that it belongs to.
    pub stream: StreamId,
    /// The name of the source, or of the part of the server that speaks.
    pub source: &'a str,
    /// The sender's id of the delivery, or one given on receipt.
    pub delivery_id: &'a str,
    /// The kept headers, encoded.
    pub headers: &'a [u8],
    /// The exact bytes.
    pub body: &'a [u8],
    /// A keyed digest of the body and of the headers that say what it means, by which a second copy is recognised.
    pub fingerprint: [u8; 32],
    /// 32 fresh random bytes.
    pub salt: [u8; 32],
}

impl Draft {
    /// Commits to the contents and packs the body. Costs time in the size of the body; call it outside the writer.
    ///
    /// # Errors
    /// [`StoreError::Query`] where the body cannot be compressed, which only a lack of memory explains.
    pub fn new(content: &DraftContent<'_>) -> Result<Self, StoreError> {
        let salt = Salt::from_bytes(content.salt);
        let commitments = Commitments::new(&salt, content.delivery_id.as_bytes(), content.headers, content.body);
        Ok(Self {
            kind: content.kind,
            evidence: content.evidence,
            received: content.received,
            stream: content.stream,
            source: content.source.to_owned(),
            delivery_id: content.delivery_id.to_owned(),
            headers: content.headers.to_vec(),
            body_bytes: i64::try_from(content.body.len()).unwrap_or(i64::MAX),
            packed: pack(content.body)?,
            fingerprint: content.fingerprint,
            salt,
            commitments,
        })
    }
}
