//! From what was read to entries of the ledger: in chunks, each a body of its own, appended in small batches.

use serde::Serialize;
use sha2::{Digest, Sha256};
use throughline_domain::ledger::{EntryKind, EvidenceClass, StreamId};
use throughline_store::{Appender, Draft, DraftContent, SourceRow, Store};
use throughline_webhooks::provider::{Provider, Request};

use super::ImportError;
use super::body::{Body, Content, Place};
use crate::clock;
use crate::keys::{Keys, hex, random};

/// The headers that stand with every entry, encoded.
const HEADERS: &[u8] = br#"[["content-type","application/json"]]"#;

/// How many bytes of bodies are committed together.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// How many entries are committed together.
const BATCH_ENTRIES: usize = 16;

/// Writes the entries of one import.
pub(super) struct Entries<'a> {
    pub(super) store: &'a Store,
    pub(super) appender: &'a mut Appender,
    pub(super) keys: &'a Keys,
    pub(super) source: &'a SourceRow,
    pub(super) provider: &'static Provider,
    /// What all bodies have.
    pub(super) place: &'a Place,
    /// Host and path of the repository.
    pub(super) name: String,
    pub(super) waiting: Vec<Draft>,
    pub(super) waiting_bytes: usize,
    /// How many entries are new.
    pub(super) appended: u64,
}

impl Entries<'_> {
    /// Writes a body, known by what it says: an import that is repeated appends nothing.
    pub(super) fn put(&mut self, event: &'static str, content: Content<'_>) -> Result<(), ImportError> {
        let body = encoded(&Body { event, place: self.place, content })?;
        let id = format!("{event}/{}/{}", self.name, hex(&Sha256::digest(&body)));
        self.put_as(&id, &body)
    }

    /// Notes that everything up to a commit has been imported.
    pub(super) fn put_head(&mut self, id: &str, content: Content<'_>) -> Result<(), ImportError> {
        let body = encoded(&Body { event: "imported", place: self.place, content })?;
        self.put_as(id, &body)?;
        self.flush()
    }

    /// Commits what is waiting.
    pub(super) fn flush(&mut self) -> Result<(), ImportError> {
        let receipts = self.appender.append(self.store, &self.waiting)?;
        self.appended += receipts.iter().map(|receipt| u64::from(receipt.appended)).sum::<u64>();
        self.waiting.clear();
        self.waiting_bytes = 0;
        Ok(())
    }

    fn put_as(&mut self, id: &str, body: &[u8]) -> Result<(), ImportError> {
        let meaning = self.provider.meaning(&Request { headers: &[], body });
        let draft = Draft::new(&DraftContent {
            kind: EntryKind::Backfill,
            evidence: EvidenceClass::ApiRead,
            received: clock::now(),
            stream: StreamId::from_bytes(self.source.stream),
            source: &self.source.name,
            delivery_id: id,
            headers: HEADERS,
            body,
            fingerprint: self.keys.fingerprint(&meaning, body),
            salt: random()?,
        })?;
        self.waiting.push(draft);
        self.waiting_bytes += body.len();
        if self.waiting.len() >= BATCH_ENTRIES || self.waiting_bytes >= BATCH_BYTES {
            self.flush()?;
        }
        Ok(())
    }
}

fn encoded(body: &impl Serialize) -> Result<Vec<u8>, ImportError> {
    serde_json::to_vec(body).map_err(|cause| ImportError::Git(format!("a body cannot be written: {cause}")))
}
