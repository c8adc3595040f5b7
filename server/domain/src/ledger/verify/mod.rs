//! The check of a whole ledger: everything that is stored is derived again, and the first difference is named.
//!
//! An [`Auditor`] is fed what is stored, in ledger order: each entry; right after it the full tiles that it completed
//! ([`Auditor::completed_tiles`]) and the checkpoints of exactly that size. At the end [`Auditor::finish`] compares
//! the stored head. What it needs of memory does not grow with the ledger, except by one counter for each stream.
//!
//! A checkpoint that somebody kept outside the database is fed like a stored one. It is what shows that the end was
//! not cut off together with its checkpoints.

mod fault;
mod report;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;

use super::checkpoint::{VerifierKey, open};
use super::commitment::{EntryKeys, Field};
use super::entry::{EntryKind, EvidenceClass};
use super::leaf::{Leaf, StreamId};
use super::merkle::{TreeHead, leaf_hash};
use super::tile::{FullTile, TILE_BYTES, TileFrontier, TileId, decode_tile};
use crate::time::Timestamp;
pub use fault::{AuditError, Fault};
pub use report::AuditReport;

/// One entry as it is stored: the leaf, what the columns beside it claim, and the contents that are still there.
///
/// It cannot be printed: contents do not belong into logs.
#[derive(Clone, Copy)]
pub struct StoredEntry<'a> {
    /// The place in the ledger, counted from 0.
    pub index: u64,
    /// The bytes of the leaf.
    pub leaf: &'a [u8],
    /// The kind, as the column says.
    pub kind: EntryKind,
    /// The evidence class, as the column says.
    pub evidence: EvidenceClass,
    /// The time of receipt, as the column says.
    pub received: Timestamp,
    /// The stream, as the column says.
    pub stream: StreamId,
    /// The counter in the stream, as the column says.
    pub counter: u64,
    /// What the commitments are opened with.
    pub keys: EntryKeys,
    /// The delivery id; `None` where it was erased or is held back.
    pub delivery_id: Option<&'a [u8]>,
    /// The kept headers in their stored form; `None` where they were erased or are held back.
    pub headers: Option<&'a [u8]>,
    /// The body; `None` where it was erased or is held back.
    pub body: Option<&'a [u8]>,
}

/// Checks a ledger piece by piece. After its first error it has nothing more to say and must be dropped.
#[derive(Debug)]
pub struct Auditor {
    tree: TileFrontier,
    /// The last counter of each stream.
    streams: HashMap<StreamId, u64>,
    /// The tiles that the last entry completed and that have not been compared yet.
    uncompared: Vec<FullTile>,
    /// The last checkpoint that held.
    checkpoint: Option<TreeHead>,
    report: AuditReport,
}

impl Auditor {
    /// Begins the audit of a ledger whose checkpoints this key must have signed.
    ///
    /// The key must come from outside the ledger: one that lies beside it proves nothing.
    pub fn new(key: VerifierKey) -> Self {
        Self {
            tree: TileFrontier::default(),
            streams: HashMap::new(),
            uncompared: Vec::new(),
            checkpoint: None,
            report: AuditReport::new(key),
        }
    }

    /// Does not ask for stored tiles, for a ledger that comes without them (an export).
    #[must_use]
    pub fn without_tiles(mut self) -> Self {
        self.report.tiles = None;
        self
    }

    /// The number of entries so far; checkpoints of this size are due now.
    pub const fn size(&self) -> u64 {
        self.tree.size()
    }

    /// Checks the next entry.
    pub fn entry(&mut self, entry: &StoredEntry<'_>) -> Result<(), AuditError> {
        self.all_tiles_compared()?;
        let index = self.tree.size();
        let leaf = self.inspect(index, entry).map_err(|fault| AuditError { entry: index, fault })?;
        self.count(&leaf, entry);
        let completed = self.tree.append(leaf_hash(entry.leaf));
        if self.report.tiles.is_some() {
            self.uncompared = completed;
        }
        Ok(())
    }

    /// The full tiles that the last entry completed: hand each of them to [`Auditor::tile`] before the next entry.
    pub fn completed_tiles(&self) -> Vec<TileId> {
        self.uncompared.iter().map(|tile| tile.id).collect()
    }

    /// Compares a stored full tile with the one that the entries give.
    pub fn tile(&mut self, id: TileId, bytes: &[u8]) -> Result<(), AuditError> {
        let fail = |place: u16, fault| Err(AuditError { entry: id.first_entry(place), fault });
        let Some(position) = self.uncompared.iter().position(|tile| tile.id == id) else {
            return fail(0, Fault::TileUnexpected { id });
        };
        let derived = self.uncompared.swap_remove(position);
        let Some(stored) = decode_tile(bytes).filter(|_| bytes.len() == TILE_BYTES) else {
            return fail(0, Fault::TileLength { id, bytes: bytes.len() });
        };
        for (place, (derived, stored)) in (0_u16..).zip(derived.hashes.iter().zip(&stored)) {
            if derived != stored {
                return fail(place, Fault::TileDiffers { id });
            }
        }
        self.report.tiles = self.report.tiles.map(|tiles| tiles + 1);
        Ok(())
    }

    /// Checks a checkpoint that is stored for `size`, which must be the number of entries so far.
    ///
    /// There may be several for one size; they must agree.
    pub fn checkpoint(&mut self, size: u64, note: &str) -> Result<(), AuditError> {
        let entries = self.tree.size();
        if size > entries {
            return Err(AuditError { entry: entries, fault: Fault::CheckpointAhead { size } });
        }
        let fail = |entry, fault| Err(AuditError { entry, fault });
        // What the checkpoint before this one has not vouched for is in doubt when this one fails.
        let vouched = self.checkpoint.map_or(0, |last| last.size);
        if size < entries {
            return fail(vouched.min(size), Fault::CheckpointLate { size, entries });
        }
        let signed = match open(note, &self.report.key) {
            Ok(checkpoint) => checkpoint.head(),
            Err(error) => return fail(vouched, Fault::Note { size, error }),
        };
        if signed.size != size {
            return fail(vouched, Fault::CheckpointSize { stored: size, signed: signed.size });
        }
        if let Some(first) = self.checkpoint
            && first.size == size
            && first.root != signed.root
        {
            return fail(vouched, Fault::TwoRoots { size, first: first.root, second: signed.root });
        }
        let derived = self.tree.root();
        if signed.root != derived {
            return fail(vouched, Fault::CheckpointRoot { size, signed: signed.root, derived });
        }
        self.checkpoint = Some(signed);
        self.report.checkpoints += 1;
        Ok(())
    }

    /// Ends the audit: the last checkpoint must cover every entry, and the stored head must be the derived one.
    pub fn finish(self, head: TreeHead) -> Result<AuditReport, AuditError> {
        self.all_tiles_compared()?;
        let derived = self.tree.head();
        let entries = derived.size;
        let fail = |entry, fault| Err(AuditError { entry, fault });
        match self.checkpoint {
            None if entries > 0 => return fail(0, Fault::NoCheckpoint { entries }),
            Some(TreeHead { size, .. }) if size < entries => {
                return fail(size, Fault::CheckpointBehind { size, entries });
            }
            Some(_) | None => {}
        }
        if head.size != entries {
            return fail(head.size.min(entries), Fault::HeadSize { head: head.size, entries });
        }
        if head.root != derived.root {
            return fail(entries.saturating_sub(1), Fault::HeadRoot { stored: head.root, derived: derived.root });
        }
        Ok(AuditReport { head: derived, streams: self.streams.len(), ..self.report })
    }

    /// Everything about one entry that can be said before it is in the tree.
    fn inspect(&self, index: u64, entry: &StoredEntry<'_>) -> Result<Leaf, Fault> {
        if entry.index != index {
            return Err(Fault::Place { found: entry.index });
        }
        let leaf = Leaf::decode(entry.leaf)?;
        same("kind", leaf.kind, entry.kind)?;
        same("evidence class", leaf.evidence, entry.evidence)?;
        same("time of receipt", leaf.received, entry.received)?;
        same("stream", leaf.stream, entry.stream)?;
        same("counter", leaf.counter, entry.counter)?;
        if let Some((_, previous)) = self.report.received
            && leaf.received < previous
        {
            return Err(Fault::Backwards { previous, found: leaf.received });
        }
        let expected = self.streams.get(&leaf.stream).map_or(1, |last| last.saturating_add(1));
        if leaf.counter != expected {
            return Err(Fault::Counter { stream: leaf.stream, expected, found: leaf.counter });
        }
        for (field, content) in
            [(Field::DeliveryId, entry.delivery_id), (Field::Headers, entry.headers), (Field::Body, entry.body)]
        {
            let Some(content) = content else { continue };
            let key = entry.keys.key(field).ok_or(Fault::NoKey { field })?;
            if !key.opens(content, leaf.commitments.of(field)) {
                return Err(Fault::Opening { field });
            }
        }
        Ok(leaf)
    }

    fn count(&mut self, leaf: &Leaf, entry: &StoredEntry<'_>) {
        self.streams.insert(leaf.stream, leaf.counter);
        let report = &mut self.report;
        let first = report.received.map_or(leaf.received, |(first, _)| first);
        report.received = Some((first, leaf.received));
        *report.kinds.entry(leaf.kind).or_default() += 1;
        report.delivery_ids_opened += u64::from(entry.delivery_id.is_some());
        report.headers_opened += u64::from(entry.headers.is_some());
        if entry.body.is_some() {
            report.bodies_opened += 1;
        } else {
            report.bodies_missing += 1;
            report.first_body_missing.get_or_insert(entry.index);
        }
    }

    fn all_tiles_compared(&self) -> Result<(), AuditError> {
        match self.uncompared.first() {
            Some(FullTile { id, .. }) => {
                Err(AuditError { entry: id.first_entry(0), fault: Fault::TileMissing { id: *id } })
            }
            None => Ok(()),
        }
    }
}

/// What the leaf and a column say must be the same.
fn same<T: PartialEq + fmt::Display>(column: &'static str, leaf: T, stored: T) -> Result<(), Fault> {
    if leaf == stored {
        return Ok(());
    }
    Err(Fault::Column { column, leaf: leaf.to_string(), stored: stored.to_string() })
}
