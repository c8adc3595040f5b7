//! From the ledger to the graph: reads entries in order, parses them, folds their facts, writes what changed.

use std::panic::{AssertUnwindSafe, catch_unwind};

use throughline_domain::graph::fold::{self, Input};
use throughline_domain::ledger::EntryKind;
use throughline_store::{DeliveryOutcome, DeliveryStatus, ProjectionState, Store, StoreError, StoredEntry};
use throughline_store::{graph, ledger, release};
use throughline_webhooks::provider::{Content, Parsed, Request};
use throughline_webhooks::{providers, reading};

use crate::actions;
use crate::clock;
use crate::configuration::InForce;
use crate::release::ReleaseRows;

/// The most entries that are folded in one transaction: small, so that the ledger's writer is not kept waiting.
const BATCH: u32 = 256;

/// The name under which a parser finds the public keys that are believed. No header can have it.
const TRUSTED_KEYS_HEADER: &str = ":trusted-keys";

/// The most bytes of bodies that are folded in one transaction, for the same reason.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// The longest cause or reason that is kept of a delivery, in characters.
const MAX_DETAIL: usize = 600;

/// How long the lease lasts without being renewed.
const LEASE_SECONDS: i64 = 30;

/// Folds the ledger into the graph. One server does so at a time; the lease says which.
#[derive(Debug)]
pub struct Projector {
    holder: String,
    in_force: InForce,
    ready: bool,
}

/// What one step has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Entries were folded; there may be more.
    Folded(u64),
    /// There is nothing to fold.
    Idle,
    /// Another server folds.
    Elsewhere,
}

impl Projector {
    /// A projector that holds the lease under this name, which no other process may use.
    pub fn new(holder: String) -> Self {
        Self { holder, in_force: InForce::default(), ready: false }
    }

    /// Folds the next batch, if this server has the lease and there is one.
    ///
    /// # Errors
    /// As every query; nothing has been folded then.
    pub fn step(&mut self, store: &Store) -> Result<Step, StoreError> {
        let now = clock::now();
        let leased = store.read(graph::projection_state)?;
        let half_way = now.plus_seconds(LEASE_SECONDS / 2);
        if leased.holder != self.holder || leased.held_until < half_way {
            let until = now.plus_seconds(LEASE_SECONDS);
            if !store.write(|connection| graph::take_lease(connection, &self.holder, now, until))? {
                self.ready = false;
                return Ok(Step::Elsewhere);
            }
        }
        let (state, entries) = store.read(|connection| {
            let state = graph::projection_state(connection)?;
            let entries = ledger::entries_from(connection, state.cursor, BATCH)?;
            Ok((state, entries))
        })?;
        if entries.is_empty() {
            return Ok(Step::Idle);
        }
        let entries = bounded(entries);
        self.prepare(store)?;
        let cursor = entries.last().map_or(state.cursor, |last| last.position + 1);
        let folded = entries.len();
        self.fold(store, &state, cursor, &entries)?;
        Ok(Step::Folded(u64::try_from(folded).unwrap_or(u64::MAX)))
    }

    /// Gives the lease back, so that the next server need not wait until it ends.
    ///
    /// # Errors
    /// As every query.
    pub fn release(&mut self, store: &Store) -> Result<(), StoreError> {
        self.ready = false;
        store.write(|connection| graph::release_lease(connection, &self.holder))
    }

    /// Reads and folds one entry again, after its parser has been mended.
    ///
    /// # Errors
    /// [`StoreError::Refused`] where there is no such delivery, [`StoreError::Unavailable`] where another server folds.
    pub fn replay(&mut self, store: &Store, position: u64) -> Result<DeliveryOutcome, StoreError> {
        let now = clock::now();
        let until = now.plus_seconds(LEASE_SECONDS);
        if !store.write(|connection| graph::take_lease(connection, &self.holder, now, until))? {
            return Err(StoreError::Unavailable("another server folds the ledger; ask that one".to_owned()));
        }
        let (state, entry) = store
            .read(|connection| Ok((graph::projection_state(connection)?, ledger::entry_at(connection, position)?)))?;
        self.prepare(store)?;
        let entry = entry
            .filter(|entry| entry.position < state.cursor && is_delivery(entry))
            .ok_or_else(|| StoreError::Refused(format!("entry {position} is no delivery that has been read")))?;
        self.fold(store, &state, state.cursor, std::slice::from_ref(&entry))?;
        store
            .read(|connection| throughline_store::deliveries::outcome(connection, position))?
            .ok_or_else(|| StoreError::Damaged(format!("entry {position} has no outcome after a replay")))
    }

    fn fold(
        &mut self,
        store: &Store,
        state: &ProjectionState,
        cursor: u64,
        entries: &[StoredEntry],
    ) -> Result<(), StoreError> {
        let mut outcomes = Vec::new();
        let mut inputs = Vec::new();
        let mut releases = ReleaseRows::default();
        for entry in entries {
            let (outcome, input) = self.read(entry);
            outcomes.extend(outcome);
            inputs.extend(input);
            releases.note(entry, &self.in_force.aliases);
        }
        // Only the holder of the lease writes these tables, so what is loaded here still holds when it is written; the
        // compare-and-swap of the cursor makes sure of it.
        let mut slice = store.read(|connection| graph::load_slice(connection, state, &fold::needs(&inputs)))?;
        fold::fold(&mut slice, &inputs);
        let changes = slice.take_changes();
        let written = store.write(|connection| {
            let written = graph::write_changes(connection, state, cursor, &slice, &changes, &outcomes)?;
            if written {
                release::write(connection, &releases.decisions, &releases.verdicts)?;
            }
            Ok(written)
        })?;
        if written {
            Ok(())
        } else {
            self.ready = false;
            Err(StoreError::Unavailable("another server took over folding the ledger".to_owned()))
        }
    }

    /// Learns what is in force. A rebuild reads everything with the mappings and the catalog of today.
    fn prepare(&mut self, store: &Store) -> Result<(), StoreError> {
        if !self.ready {
            self.in_force = store.read(InForce::load)?;
            self.ready = true;
        }
        Ok(())
    }

    fn read(&mut self, entry: &StoredEntry) -> (Option<DeliveryOutcome>, Option<Input>) {
        let input = |facts| Input::aliased(entry.position, entry.content(), facts, &self.in_force.aliases);
        match entry.entry_kind() {
            Some(EntryKind::Delivery | EntryKind::Backfill | EntryKind::PushedEvidence) => {
                let (outcome, input) = self.read_delivery(entry);
                (Some(outcome), input)
            }
            Some(EntryKind::UserAction) => (Some(actions::outcome(entry)), actions::facts(entry).map(input)),
            Some(EntryKind::Configuration) => {
                let facts = self.in_force.note(entry);
                let aliases = &self.in_force.aliases;
                (None, facts.map(|facts| Input::aliased(entry.position, entry.content(), facts, aliases)))
            }
            Some(
                EntryKind::Redaction
                | EntryKind::Heads
                | EntryKind::Verdict
                | EntryKind::Export
                | EntryKind::Gap
                | EntryKind::Outbox,
            )
            | None => (None, None),
        }
    }

    fn read_delivery(&self, entry: &StoredEntry) -> (DeliveryOutcome, Option<Input>) {
        let provider = self.in_force.provider_of(entry).to_owned();
        let short = |text: String| text.chars().take(MAX_DETAIL).collect::<String>();
        let outcome = |status, event: Option<String>, detail: Option<String>| DeliveryOutcome {
            entry: entry.position,
            source: entry.source.clone(),
            provider: provider.clone(),
            status,
            event: event.map(short),
            detail: detail.map(short),
        };
        if let Some(first) = entry.duplicate_of {
            let detail = format!("the same body as entry {first}, under another id; it has no second effect");
            return (outcome(DeliveryStatus::Duplicate, None, Some(detail)), None);
        }
        match parse(&self.in_force, entry) {
            Ok(Parsed { event, content: Content::Facts(facts) }) => {
                let input = Input::aliased(entry.position, entry.content(), *facts, &self.in_force.aliases);
                (outcome(DeliveryStatus::Parsed, Some(event), None), Some(input))
            }
            Ok(Parsed { event, content: Content::Ignored(reason) }) => {
                (outcome(DeliveryStatus::Ignored, Some(event), Some(reason)), None)
            }
            Err(cause) => {
                // The cause may quote the body, which does not belong into the log.
                tracing::warn!(entry = entry.position, source = entry.source, "a delivery could not be read");
                (outcome(DeliveryStatus::Failed, None, Some(cause)), None)
            }
        }
    }
}

/// The first entries that are not too much for one transaction: at least one.
fn bounded(mut entries: Vec<StoredEntry>) -> Vec<StoredEntry> {
    let mut bytes = 0;
    let kept = entries.iter().take_while(|entry| {
        let is_first = bytes == 0;
        bytes += entry.body.as_ref().map_or(0, Vec::len).max(1);
        is_first || bytes <= BATCH_BYTES
    });
    let kept = kept.count();
    entries.truncate(kept);
    entries
}

/// Whether an entry is something that a tool said: a delivery, a reading of its API, evidence that was pushed.
pub fn is_delivery(entry: &StoredEntry) -> bool {
    matches!(entry.entry_kind(), Some(EntryKind::Delivery | EntryKind::Backfill | EntryKind::PushedEvidence))
}

/// Reads an entry's delivery with its source's mapping or its provider's parser.
///
/// # Errors
/// The cause in words: the body cannot be read, was erased, or the parser is at fault.
pub fn parse(in_force: &InForce, entry: &StoredEntry) -> Result<Parsed, String> {
    let provider = providers::find(in_force.provider_of(entry))
        .ok_or_else(|| format!("the ledger does not say which tool the source '{}' is", entry.source))?;
    let body = entry.body.as_deref().ok_or("the body was erased")?;
    let mut headers: Vec<(String, String)> =
        serde_json::from_slice(&entry.headers).map_err(|cause| format!("the kept headers cannot be read: {cause}"))?;
    if !in_force.trusted_keys.is_empty() {
        headers.push((TRUSTED_KEYS_HEADER.to_owned(), in_force.trusted_keys.join(",")));
    }
    let request = Request { headers: &headers, body };
    let mapping = in_force.mappings.get(&entry.source);
    // A parser must not panic, and the suite over all of them looks for it; if one does all the same, one delivery is a
    // dead letter and the server goes on.
    match catch_unwind(AssertUnwindSafe(|| reading::read(provider, mapping, &request))) {
        Ok(parsed) => parsed.map_err(|error| error.to_string()),
        Err(_) => Err(format!("the parser of {} failed on it; please report this", provider.title)),
    }
}

/// Derives everything anew from the ledger alone. Other processes must not be folding meanwhile.
///
/// `progress` is told the number of entries folded so far.
///
/// # Errors
/// As every query. Where it fails, the next start goes on from where it was.
pub fn rebuild(store: &Store, holder: &str, mut progress: impl FnMut(u64)) -> Result<u64, StoreError> {
    let now = clock::now();
    if !store.write(|connection| graph::take_lease(connection, holder, now, now.plus_seconds(LEASE_SECONDS)))? {
        return Err(StoreError::Refused(
            "a server is folding this ledger; stop it, or wait half a minute after it has stopped".to_owned(),
        ));
    }
    store.write(graph::clear)?;
    let mut projector = Projector::new(holder.to_owned());
    let mut folded = 0;
    loop {
        match projector.step(store)? {
            Step::Folded(count) => {
                folded += count;
                progress(folded);
            }
            Step::Idle => {
                projector.release(store)?;
                return Ok(folded);
            }
            Step::Elsewhere => {
                return Err(StoreError::Unavailable("another server took over folding the ledger".to_owned()));
            }
        }
    }
}
