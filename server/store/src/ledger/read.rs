//! Reading the ledger back: entries with their bodies, checkpoints, tiles.

use std::collections::BTreeSet;

use diesel::prelude::*;
use throughline_domain::ledger::{EntryKind, StreamId, TileId};
use throughline_domain::time::Timestamp;

use super::packing::unpack;
use super::rows::EntryRow;
use crate::connection::Connection;
use crate::dialect::{VALUES_PER_LIST, on};
use crate::error::StoreError;
use crate::numbers::{to_signed, to_unsigned};
use crate::schema::{body, checkpoint, entry, tile as tile_table};

/// The most bytes of bodies that one reading unpacks, where it is more than one entry.
pub const MAX_READ_BYTES: i64 = 64 * 1024 * 1024;

/// How a body is packed, and the packed bytes.
pub(super) type PackedBody = (i16, Vec<u8>);

/// An entry with its opening, as it is stored.
#[derive(Clone, Debug)]
pub struct StoredEntry {
    /// Its index.
    pub position: u64,
    /// The committed bytes.
    pub leaf: Vec<u8>,
    /// The salt of its commitments.
    pub salt: Vec<u8>,
    /// The kind's code.
    pub kind: i16,
    /// The evidence class's code.
    pub evidence: i16,
    /// When it was received.
    pub received: Timestamp,
    /// Its stream.
    pub stream: Vec<u8>,
    /// Its place in the stream, from 1.
    pub counter: i64,
    /// The source's name.
    pub source: String,
    /// The sender's id of the delivery.
    pub delivery_id: String,
    /// The kept headers, encoded.
    pub headers: Vec<u8>,
    /// A keyed digest of the body.
    pub fingerprint: Vec<u8>,
    /// The earlier entry with the same body.
    pub duplicate_of: Option<u64>,
    /// The exact bytes of the body; `None` where they were erased.
    pub body: Option<Vec<u8>>,
}

impl StoredEntry {
    /// What it is; `None` where the stored code is of no kind that is known.
    pub fn entry_kind(&self) -> Option<EntryKind> {
        EntryKind::from_code(u8::try_from(self.kind).ok()?)
    }

    /// The body's short digest, by which the fold tells deliveries apart.
    pub fn content(&self) -> i64 {
        self.fingerprint.first_chunk().map_or(0, |bytes| i64::from_be_bytes(*bytes))
    }
}

/// Entries from an index on, in order, with their bodies; at most `limit`, and fewer where their bodies are large: at
/// least one, if there is one, and otherwise at most [`MAX_READ_BYTES`] together.
///
/// # Errors
/// [`StoreError::Damaged`] where a body cannot be unpacked.
pub fn entries_from(connection: &mut Connection, start: u64, limit: u32) -> Result<Vec<StoredEntry>, StoreError> {
    let start = to_signed(start)?;
    let sizes: Vec<(i64, i64)> = on!(connection, |inner| entry::table
        .filter(entry::position.ge(start))
        .order(entry::position)
        .limit(i64::from(limit))
        .select((entry::position, entry::body_bytes))
        .load(inner))?;
    let mut bytes = 0;
    let within = sizes.iter().take_while(|(_, size)| {
        let first = bytes == 0;
        bytes += size.max(&1);
        first || bytes <= MAX_READ_BYTES
    });
    let Some((last, _)) = within.last().copied() else { return Ok(Vec::new()) };
    let rows: Vec<(EntryRow, Option<PackedBody>)> = on!(connection, |inner| entry::table
        .left_join(body::table.on(body::position.eq(entry::position)))
        .filter(entry::position.ge(start).and(entry::position.le(last)))
        .order(entry::position)
        .select((EntryRow::as_select(), (body::encoding, body::bytes).nullable()))
        .load(inner))?;
    rows.into_iter().map(|(row, body)| to_entry(row, body)).collect()
}

/// Every entry of a stream, in order, with their bodies. Only for streams that are short: the server's own.
///
/// # Errors
/// As [`entries_from`].
pub fn entries_of_stream(connection: &mut Connection, stream: StreamId) -> Result<Vec<StoredEntry>, StoreError> {
    let stream = stream.as_bytes().to_vec();
    let rows: Vec<(EntryRow, Option<PackedBody>)> = on!(connection, |inner| entry::table
        .left_join(body::table.on(body::position.eq(entry::position)))
        .filter(entry::stream.eq(&stream))
        .order(entry::counter)
        .select((EntryRow::as_select(), (body::encoding, body::bytes).nullable()))
        .load(inner))?;
    rows.into_iter().map(|(row, body)| to_entry(row, body)).collect()
}

/// One entry with its body.
///
/// # Errors
/// As [`entries_from`].
pub fn entry_at(connection: &mut Connection, position: u64) -> Result<Option<StoredEntry>, StoreError> {
    Ok(entries_from(connection, position, 1)?.into_iter().find(|entry| entry.position == position))
}

/// The first entry of a source with a body, by its fingerprint: the one that is no repetition.
///
/// # Errors
/// As every query.
pub fn first_of_body(connection: &mut Connection, source: &str, fingerprint: &[u8]) -> Result<Option<u64>, StoreError> {
    let first: Option<i64> = on!(connection, |inner| entry::table
        .filter(entry::source.eq(source).and(entry::fingerprint.eq(fingerprint)))
        .filter(entry::duplicate_of.is_null())
        .select(diesel::dsl::min(entry::position))
        .first(inner))?;
    first.map(to_unsigned).transpose()
}

/// Those of these ids of deliveries that a source's entries have.
///
/// # Errors
/// As every query.
pub fn known_ids(connection: &mut Connection, source: &str, ids: &[String]) -> Result<BTreeSet<String>, StoreError> {
    let mut known = BTreeSet::new();
    for chunk in ids.chunks(VALUES_PER_LIST) {
        let found: Vec<String> = on!(connection, |inner| entry::table
            .filter(entry::source.eq(source).and(entry::delivery_id.eq_any(chunk)))
            .select(entry::delivery_id)
            .load(inner))?;
        known.extend(found);
    }
    Ok(known)
}

/// The newest delivery id of a source that begins so; the beginning must end with `/`.
///
/// # Errors
/// As every query.
pub fn newest_id(connection: &mut Connection, source: &str, beginning: &str) -> Result<Option<String>, StoreError> {
    // `0` is the character behind `/`: what lies between is what begins so.
    let end = format!("{}0", beginning.trim_end_matches('/'));
    Ok(on!(connection, |inner| entry::table
        .filter(entry::source.eq(source))
        .filter(entry::delivery_id.ge(beginning).and(entry::delivery_id.lt(&end)))
        .order(entry::position.desc())
        .select(entry::delivery_id)
        .first(inner)
        .optional())?)
}

/// The signed checkpoint of exactly that size, if one was made.
///
/// # Errors
/// As every query.
pub fn checkpoint_at(connection: &mut Connection, size: u64) -> Result<Option<String>, StoreError> {
    Ok(on!(connection, |inner| checkpoint::table
        .find(to_signed(size)?)
        .select(checkpoint::note)
        .first(inner)
        .optional())?)
}

/// Checkpoints above a size, in order of size; at most `limit`.
///
/// # Errors
/// As every query.
pub fn checkpoints_after(connection: &mut Connection, size: u64, limit: u32) -> Result<Vec<(u64, String)>, StoreError> {
    let rows: Vec<(i64, String)> = on!(connection, |inner| checkpoint::table
        .filter(checkpoint::size.gt(to_signed(size)?))
        .order(checkpoint::size)
        .limit(i64::from(limit))
        .select((checkpoint::size, checkpoint::note))
        .load(inner))?;
    rows.into_iter().map(|(size, note)| Ok((to_unsigned(size)?, note))).collect()
}

/// The size of the newest checkpoint; `None` where there is none.
///
/// # Errors
/// As every query.
pub fn newest_checkpoint(connection: &mut Connection) -> Result<Option<u64>, StoreError> {
    let size: Option<i64> =
        on!(connection, |inner| checkpoint::table.select(diesel::dsl::max(checkpoint::size)).first(inner))?;
    size.map(to_unsigned).transpose()
}

/// The bytes of a stored tile.
///
/// # Errors
/// As every query.
pub fn tile_bytes(connection: &mut Connection, id: TileId) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(on!(connection, |inner| tile_table::table
        .find((i16::from(id.level), to_signed(id.index)?))
        .select(tile_table::hashes)
        .first(inner)
        .optional())?)
}

/// How many tiles and how many bodies are stored, for a check that nothing stands beside the ledger.
///
/// # Errors
/// As every query.
pub fn counts(connection: &mut Connection) -> Result<(u64, u64, u64), StoreError> {
    let entries: i64 = on!(connection, |inner| entry::table.count().get_result(inner))?;
    let bodies: i64 = on!(connection, |inner| body::table.count().get_result(inner))?;
    let tiles: i64 = on!(connection, |inner| tile_table::table.count().get_result(inner))?;
    Ok((to_unsigned(entries)?, to_unsigned(bodies)?, to_unsigned(tiles)?))
}

pub(super) fn to_entry(row: EntryRow, body: Option<PackedBody>) -> Result<StoredEntry, StoreError> {
    let position = to_unsigned(row.position)?;
    let body = body
        .map(|(encoding, bytes)| unpack(encoding, bytes, row.body_bytes))
        .transpose()
        .map_err(|cause| StoreError::Damaged(format!("the body of entry {position} cannot be unpacked: {cause}")))?;
    Ok(StoredEntry {
        position,
        leaf: row.leaf,
        salt: row.salt,
        kind: row.kind,
        evidence: row.evidence,
        received: Timestamp::from_micros(row.received),
        stream: row.stream,
        counter: row.counter,
        source: row.source,
        delivery_id: row.delivery_id,
        headers: row.headers,
        fingerprint: row.fingerprint,
        duplicate_of: row.duplicate_of.map(to_unsigned).transpose()?,
        body,
    })
}
