//! What was read from a tool, on its way into the ledger: each thing once, whatever is read again.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::join_all;
use serde_json::Value;
use sha2::{Digest, Sha256};
use throughline_domain::ledger::{EntryKind, EvidenceClass, StreamId};
use throughline_store::backfill::{self, Reading};
use throughline_store::{Draft, DraftContent, Store, StoreError, ledger};
use throughline_webhooks::provider::Request;

use super::BackfillError;
use crate::clock;
use crate::journal::{Journal, JournalError};
use crate::keys::{Keys, hex, random};
use crate::sources::Source;

/// The most entries that are handed to the ledger's writer at once.
pub const BATCH: usize = 128;

/// How many ids of one run are remembered; the ledger knows the others.
const MAX_MET: usize = 500_000;

/// The largest body, in bytes: as much as GitHub sends.
const MAX_BODY_BYTES: usize = 26_214_400;

/// The longest id of an entry, in bytes, as for deliveries.
const MAX_ID_BYTES: usize = 256;

/// One thing as its webhook would have told it.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// The id of the delivery: the same whenever the same state of the same thing is read.
    pub(super) id: String,
    /// The headers that say what the body is.
    pub(super) headers: Vec<(String, String)>,
    /// The body that the webhook would have had.
    pub(super) body: Value,
}

/// The way into the ledger for one source.
#[derive(Clone)]
pub struct Intake {
    store: Arc<Store>,
    journal: Journal,
    keys: Arc<Keys>,
    source: Source,
    is_trial: bool,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    added: AtomicU64,
    known: AtomicU64,
    /// What was met in this run: the same commit stands in several lists.
    met: Mutex<BTreeSet<String>>,
}

impl Intake {
    /// For a source. A trial counts what would be added, and adds nothing.
    pub fn new(store: Arc<Store>, journal: Journal, keys: Arc<Keys>, source: Source, is_trial: bool) -> Self {
        Self { store, journal, keys, source, is_trial, counts: Arc::default() }
    }

    /// The source.
    pub(super) fn source(&self) -> &Source {
        &self.source
    }

    /// The keys of the ledger.
    pub(super) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// How many entries were added, and how many were there before.
    pub fn counts(&self) -> (u64, u64) {
        (self.counts.added.load(Ordering::Relaxed), self.counts.known.load(Ordering::Relaxed))
    }

    /// Whether nothing is to be kept.
    pub(super) fn is_trial(&self) -> bool {
        self.is_trial
    }

    /// Those of these ids that the ledger has of the source.
    ///
    /// # Errors
    /// As every query.
    pub(super) async fn known(&self, ids: Vec<String>) -> Result<BTreeSet<String>, BackfillError> {
        let source = self.source.row.name.clone();
        self.blocking(move |store| store.read(|connection| ledger::known_ids(connection, &source, &ids))).await
    }

    /// Appends what the ledger does not have yet.
    ///
    /// # Errors
    /// A [`BackfillError`]; what was appended before stays, and is recognised the next time.
    pub(super) async fn take(&self, items: Vec<Item>) -> Result<(), BackfillError> {
        let mut items: Vec<Item> = items.into_iter().map(|item| Item { id: cut(&item.id), ..item }).collect();
        {
            let mut met = self.counts.met.lock().unwrap_or_else(PoisonError::into_inner);
            if met.len() >= MAX_MET {
                met.clear();
            }
            items.retain(|item| met.insert(item.id.clone()));
        }
        while !items.is_empty() {
            let rest = items.split_off(items.len().min(BATCH));
            self.take_batch(std::mem::replace(&mut items, rest)).await?;
        }
        Ok(())
    }

    async fn take_batch(&self, items: Vec<Item>) -> Result<(), BackfillError> {
        let known = self.known(items.iter().map(|item| item.id.clone()).collect()).await?;
        self.counts.known.fetch_add(u64::try_from(known.len()).unwrap_or(0), Ordering::Relaxed);
        let new: Vec<Item> = items.into_iter().filter(|item| !known.contains(&item.id)).collect();
        let count = u64::try_from(new.len()).unwrap_or(0);
        if !self.is_trial && !new.is_empty() {
            let this = self.clone();
            let drafts = self.blocking(move |_| new.iter().map(|item| this.draft(item)).collect::<Result<Vec<_>, _>>());
            let drafts = drafts.await?;
            let appended = drafts.into_iter().map(|(draft, size)| self.journal.append(draft, size));
            for receipt in join_all(appended).await {
                receipt?;
            }
        }
        self.counts.added.fetch_add(count, Ordering::Relaxed);
        Ok(())
    }

    fn draft(&self, item: &Item) -> Result<(Draft, usize), StoreError> {
        let unsound = StoreError::Query;
        let body = serde_json::to_vec(&item.body).map_err(|cause| unsound(cause.to_string()))?;
        if body.len() > MAX_BODY_BYTES {
            return Err(unsound(format!("{} has more than {MAX_BODY_BYTES} bytes", item.id)));
        }
        let provider = self.source.provider;
        let kept = |name: &str| name == "content-type" || provider.kept_headers.contains(&name);
        let headers: Vec<&(String, String)> = item.headers.iter().filter(|(name, _)| kept(name)).collect();
        let kept: Vec<(String, String)> = headers.into_iter().cloned().collect();
        let headers = serde_json::to_vec(&kept).map_err(|cause| unsound(cause.to_string()))?;
        let meaning = provider.meaning(&Request { headers: &kept, body: &body });
        let draft = Draft::new(&DraftContent {
            kind: EntryKind::Backfill,
            evidence: EvidenceClass::ApiRead,
            received: clock::now(),
            stream: StreamId::from_bytes(self.source.row.stream),
            source: &self.source.row.name,
            delivery_id: &item.id,
            headers: &headers,
            body: &body,
            fingerprint: self.keys.fingerprint(&meaning, &body),
            salt: random().map_err(|cause| unsound(cause.to_string()))?,
        })?;
        Ok((draft, body.len()))
    }

    /// Appends an entry that is the server's own word, and no delivery of the source.
    ///
    /// # Errors
    /// As [`Intake::take`].
    pub(super) async fn append(&self, draft: Draft, size: usize) -> Result<(), BackfillError> {
        self.journal.append(draft, size).await?;
        Ok(())
    }

    /// Where the reading of a list stands.
    ///
    /// # Errors
    /// As every query.
    pub(super) async fn reading(&self, list: &str) -> Result<Option<Reading>, BackfillError> {
        let (source, list) = (self.source.row.name.clone(), list.to_owned());
        self.blocking(move |store| store.read(|connection| backfill::reading(connection, &source, &list))).await
    }

    /// Keeps where the reading of a list stands; not in a trial.
    ///
    /// # Errors
    /// As every query.
    pub(super) async fn keep(&self, reading: Reading) -> Result<(), BackfillError> {
        if self.is_trial {
            return Ok(());
        }
        self.blocking(move |store| store.write(|connection| backfill::keep(connection, &reading))).await
    }

    /// Runs what blocks on a thread that may.
    pub(super) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, BackfillError> {
        let store = Arc::clone(&self.store);
        let done = tokio::task::spawn_blocking(move || work(&store)).await;
        Ok(done.map_err(|cause| StoreError::Query(cause.to_string()))??)
    }
}

impl From<JournalError> for BackfillError {
    fn from(error: JournalError) -> Self {
        Self::Store(StoreError::Unavailable(error.to_string()))
    }
}

/// An id that the ledger takes. What says which state of which thing it is stands at the end: instead of the end of one
/// that is too long stands its digest.
fn cut(id: &str) -> String {
    let id = id.replace('\0', "");
    if id.len() <= MAX_ID_BYTES {
        return id;
    }
    let digest = hex(&Sha256::digest(&id));
    let begin = id.get(..id.floor_char_boundary(MAX_ID_BYTES - digest.len() - 1)).unwrap_or_default();
    format!("{begin}/{digest}")
}

#[cfg(test)]
mod tests {
    use super::{MAX_ID_BYTES, cut};

    #[test]
    fn ids_that_are_too_long_stay_apart() {
        assert_eq!(cut("backfill/\0push/1"), "backfill/push/1");
        let long = |number: u32| cut(&format!("backfill/completed/{}/{number}/5", "é".repeat(MAX_ID_BYTES)));
        assert_ne!(long(148), long(149));
        assert!(long(148).len() <= MAX_ID_BYTES && long(148).starts_with("backfill/completed/é"));
    }
}
