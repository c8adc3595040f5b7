//! The one way into the ledger: a batch in one transaction.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use throughline_domain::ledger::{FullTile, Leaf, SigningKey, TileFrontier, TreeHead, leaf_hash};
use throughline_domain::time::Timestamp;

use super::draft::Draft;
use super::earlier::Earlier;
use super::head::{check_key, lock_head, read_head, start, write_head};
use super::rows::{BodyRow, EntryRow, StreamRow, TileRow};
use super::tree::{begins_with, restore};
use crate::connection::{Connection, Store};
use crate::dialect::{insert_rows, on, upsert_rows};
use crate::error::StoreError;
use crate::numbers::{to_signed, to_unsigned};
use crate::schema::{body, entry, stream_end, tile as tile_table};

/// What became of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The entry's index; for a delivery that was already there, that one's.
    pub position: u64,
    /// False where the same id with the same body was already there and nothing was appended.
    pub appended: bool,
    /// The earlier entry of the source with the same body: this one has no second effect.
    pub duplicate_of: Option<u64>,
    /// Whether the same id had come before with another body.
    pub conflicting: bool,
}

/// The writing end of the ledger: the one way by which anything gets into it.
pub struct Appender {
    key: SigningKey,
    frontier: TileFrontier,
}

impl Appender {
    /// Takes up the ledger where it ends, starting it where there is none.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] where the stored root is not the one that follows from the tiles and entries, or where the
    /// last checkpoint is not of this key.
    pub fn open(store: &Store, key: SigningKey) -> Result<Self, StoreError> {
        let frontier = store.write(|connection| {
            let head = match read_head(connection)? {
                Some(head) => head,
                None => start(connection)?,
            };
            check_key(connection, &key, head.size)?;
            restore(connection, head)
        })?;
        Ok(Self { key, frontier })
    }

    /// The tree as this appender last knew it.
    pub fn head(&self) -> TreeHead {
        self.frontier.head()
    }

    /// Appends a batch in one transaction: entries, bodies, tiles, stream counters, signed checkpoint and head.
    ///
    /// When it answers, all of that is on disk. The receipts are in the order of the drafts.
    ///
    /// # Errors
    /// A [`StoreError`]; nothing has been appended then. [`StoreError::Fatal`] where the ledger's head has moved backwards.
    pub fn append(&mut self, store: &Store, drafts: &[Draft]) -> Result<Vec<Receipt>, StoreError> {
        if drafts.is_empty() {
            return Ok(Vec::new());
        }
        let (frontier, receipts) = store.write(|connection| append(connection, &self.key, &self.frontier, drafts))?;
        self.frontier = frontier;
        Ok(receipts)
    }
}

impl std::fmt::Debug for Appender {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Appender").field("size", &self.frontier.size()).finish_non_exhaustive()
    }
}

fn append(
    connection: &mut Connection,
    key: &SigningKey,
    known: &TileFrontier,
    drafts: &[Draft],
) -> Result<(TileFrontier, Vec<Receipt>), StoreError> {
    let (head, last_received) = lock_head(connection)?;
    if head.size < known.size() {
        return Err(StoreError::Fatal(format!(
            "the ledger has {} entries where this server has seen {}: an older copy was put in its place",
            head.size,
            known.size()
        )));
    }
    let mut frontier = if head.size == known.size() {
        known.clone()
    } else {
        // Another server has appended since: with our key, and upon what we know.
        check_key(connection, key, head.size)?;
        if !begins_with(connection, known.head())? {
            return Err(StoreError::Damaged(format!(
                "the ledger does not begin with the {} entries that this server knows: it has another history",
                known.size()
            )));
        }
        restore(connection, head)?
    };
    if frontier.root() != head.root {
        return Err(StoreError::Damaged(format!("the root at size {} is not the one that was seen before", head.size)));
    }
    let earlier = Earlier::load(connection, drafts)?;
    let counters = load_counters(connection, drafts)?;
    let mut batch = Batch { received: last_received, earlier, counters, ..Batch::default() };
    let mut receipts = Vec::with_capacity(drafts.len());
    for draft in drafts {
        receipts.push(batch.take(draft, &mut frontier)?);
    }
    batch.write(connection)?;
    if frontier.size() > head.size {
        write_head(connection, key, head.size, &frontier, batch.received)?;
    }
    Ok((frontier, receipts))
}

/// The rows of one batch, as they accumulate.
#[derive(Default)]
struct Batch {
    received: i64,
    earlier: Earlier,
    counters: BTreeMap<Vec<u8>, i64>,
    entries: Vec<EntryRow>,
    bodies: Vec<BodyRow>,
    tiles: Vec<FullTile>,
    grown: BTreeSet<Vec<u8>>,
}

impl Batch {
    fn take(&mut self, draft: &Draft, frontier: &mut TileFrontier) -> Result<Receipt, StoreError> {
        let verdict = self.earlier.judge(draft);
        if let Some(position) = verdict.repeated {
            let position = to_unsigned(position)?;
            return Ok(Receipt { position, appended: false, duplicate_of: Some(position), conflicting: false });
        }
        let position = to_signed(frontier.size())?;
        let stream = draft.stream.as_bytes().to_vec();
        let counter = self.counters.entry(stream.clone()).or_default();
        *counter += 1;
        self.received = self.received.max(draft.received.micros());
        let leaf = Leaf {
            kind: draft.kind,
            evidence: draft.evidence,
            received: Timestamp::from_micros(self.received),
            stream: draft.stream,
            counter: to_unsigned(*counter)?,
            commitments: draft.commitments,
        }
        .encode();
        self.tiles.extend(frontier.append(leaf_hash(&leaf)));
        self.entries.push(EntryRow {
            position,
            leaf: leaf.to_vec(),
            salt: draft.salt.as_bytes().to_vec(),
            kind: i16::from(draft.kind.code()),
            evidence: i16::from(draft.evidence.code()),
            received: self.received,
            stream: stream.clone(),
            counter: *counter,
            source: draft.source.clone(),
            delivery_id: draft.delivery_id.clone(),
            headers: draft.headers.clone(),
            body_bytes: draft.body_bytes,
            fingerprint: draft.fingerprint.to_vec(),
            duplicate_of: verdict.duplicate_of,
            conflicting: verdict.conflicting,
        });
        let (encoding, bytes) = draft.packed.clone();
        self.bodies.push(BodyRow { position, encoding, bytes });
        self.grown.insert(stream);
        self.earlier.add(draft, position);
        Ok(Receipt {
            position: to_unsigned(position)?,
            appended: true,
            duplicate_of: verdict.duplicate_of.map(to_unsigned).transpose()?,
            conflicting: verdict.conflicting,
        })
    }

    fn write(&self, connection: &mut Connection) -> Result<(), StoreError> {
        insert_rows!(connection, entry::table, &self.entries);
        insert_rows!(connection, body::table, &self.bodies);
        let tiles = self.tiles.iter().map(TileRow::of).collect::<Result<Vec<_>, _>>()?;
        insert_rows!(connection, tile_table::table, &tiles);
        let streams: Vec<StreamRow> = self
            .grown
            .iter()
            .filter_map(|stream| Some(StreamRow { stream: stream.clone(), counter: *self.counters.get(stream)? }))
            .collect();
        upsert_rows!(
            connection,
            stream_end::table,
            &streams,
            stream_end::stream,
            stream_end::counter.eq(diesel::upsert::excluded(stream_end::counter))
        );
        Ok(())
    }
}

fn load_counters(connection: &mut Connection, drafts: &[Draft]) -> Result<BTreeMap<Vec<u8>, i64>, StoreError> {
    let streams: BTreeSet<Vec<u8>> = drafts.iter().map(|draft| draft.stream.as_bytes().to_vec()).collect();
    let streams: Vec<Vec<u8>> = streams.into_iter().collect();
    let rows: Vec<(Vec<u8>, i64)> = on!(connection, |inner| stream_end::table
        .filter(stream_end::stream.eq_any(&streams))
        .select((stream_end::stream, stream_end::counter))
        .load(inner))?;
    Ok(rows.into_iter().collect())
}
