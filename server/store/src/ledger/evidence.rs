//! Reading stretches of the ledger for a bundle: all leaves of a range, and some entries of it with their bodies.

use diesel::prelude::*;
use throughline_domain::time::Timestamp;

use super::read::{MAX_READ_BYTES, PackedBody, StoredEntry, to_entry};
use super::rows::EntryRow;
use crate::connection::Connection;
use crate::dialect::{VALUES_PER_LIST, on};
use crate::error::StoreError;
use crate::numbers::{to_signed, to_unsigned};
use crate::schema::{body, entry};

/// The leaves from an index on, up to before another one, in order, each with its index; at most `limit`.
///
/// # Errors
/// As every query.
pub fn leaves_between(
    connection: &mut Connection,
    start: u64,
    end: u64,
    limit: u32,
) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
    let (start, end) = (to_signed(start)?, to_signed(end)?);
    let rows: Vec<(i64, Vec<u8>)> = on!(connection, |inner| entry::table
        .filter(entry::position.ge(start).and(entry::position.lt(end)))
        .order(entry::position)
        .limit(i64::from(limit))
        .select((entry::position, entry::leaf))
        .load(inner))?;
    rows.into_iter().map(|(position, leaf)| Ok((to_unsigned(position)?, leaf))).collect()
}

/// The entries at these indexes, in ascending order, with their bodies: as many of the first as have at most
/// [`MAX_READ_BYTES`] of bodies together, and at least one, if there is one.
///
/// # Errors
/// [`StoreError::Damaged`] where a body cannot be unpacked.
pub fn entries_at(connection: &mut Connection, positions: &[u64]) -> Result<Vec<StoredEntry>, StoreError> {
    let wanted: Vec<i64> =
        positions.iter().take(VALUES_PER_LIST).map(|position| to_signed(*position)).collect::<Result<_, _>>()?;
    let sizes: Vec<(i64, i64)> = on!(connection, |inner| entry::table
        .filter(entry::position.eq_any(&wanted))
        .order(entry::position)
        .select((entry::position, entry::body_bytes))
        .load(inner))?;
    let mut bytes: i64 = 0;
    let within: Vec<i64> = sizes
        .iter()
        .take_while(|(_, size)| {
            let first = bytes == 0;
            bytes = bytes.saturating_add(*size.max(&1));
            first || bytes <= MAX_READ_BYTES
        })
        .map(|(position, _)| *position)
        .collect();
    let rows: Vec<(EntryRow, Option<PackedBody>)> = on!(connection, |inner| entry::table
        .left_join(body::table.on(body::position.eq(entry::position)))
        .filter(entry::position.eq_any(&within))
        .order(entry::position)
        .select((EntryRow::as_select(), (body::encoding, body::bytes).nullable()))
        .load(inner))?;
    rows.into_iter().map(|(row, body)| to_entry(row, body)).collect()
}

/// The last of the first `size` entries that was received before a moment; `None` where there is none.
///
/// # Errors
/// [`StoreError::Damaged`] where an entry is missing.
pub fn last_before(connection: &mut Connection, moment: Timestamp, size: u64) -> Result<Option<u64>, StoreError> {
    // Times of receipt never go backwards along the ledger: it is searched by halves.
    let (mut low, mut high) = (0, size);
    while low < high {
        let middle = low + (high - low) / 2;
        if received_at(connection, middle)? < moment {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low.checked_sub(1))
}

fn received_at(connection: &mut Connection, position: u64) -> Result<Timestamp, StoreError> {
    let received: Option<i64> = on!(connection, |inner| entry::table
        .find(to_signed(position)?)
        .select(entry::received)
        .first(inner)
        .optional())?;
    let received = received.ok_or_else(|| StoreError::Damaged(format!("entry {position} is missing")))?;
    Ok(Timestamp::from_micros(received))
}
