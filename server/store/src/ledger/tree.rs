//! The tree as it is stored: full tiles, and the entries right of them.

use diesel::prelude::*;
use throughline_domain::ledger::{Hash, TileError, TileFrontier, TileId, TileReader, TreeHead, leaf_hash, tile};

use crate::connection::Connection;
use crate::dialect::on;
use crate::error::StoreError;
use crate::numbers::to_signed;
use crate::schema::{entry, tile as tile_table};

/// Reads tiles and leaf hashes through one connection.
pub struct Reader<'a>(pub &'a mut Connection);

impl TileReader for Reader<'_> {
    type Error = StoreError;

    fn leaf_hashes(&mut self, start: u64, count: u16) -> Result<Vec<Hash>, StoreError> {
        let start = to_signed(start)?;
        let end = start.saturating_add(i64::from(count));
        let leaves: Vec<Vec<u8>> = on!(&mut *self.0, |inner| entry::table
            .filter(entry::position.ge(start).and(entry::position.lt(end)))
            .order(entry::position)
            .select(entry::leaf)
            .load(inner))?;
        Ok(leaves.iter().map(|leaf| leaf_hash(leaf)).collect())
    }

    fn full_tile(&mut self, id: TileId) -> Result<Vec<Hash>, StoreError> {
        let bytes: Option<Vec<u8>> = on!(&mut *self.0, |inner| tile_table::table
            .find((i16::from(id.level), to_signed(id.index)?))
            .select(tile_table::hashes)
            .first(inner)
            .optional())?;
        let bytes = bytes.ok_or_else(|| StoreError::Damaged(format!("{id} is missing")))?;
        tile::decode_tile(&bytes).ok_or_else(|| StoreError::Damaged(format!("{id} is not 256 hashes")))
    }
}

/// The error of a [`Reader`], whichever part failed.
pub fn from_tile(error: TileError<StoreError>) -> StoreError {
    match error {
        TileError::Unreadable { error, .. } => error,
        width @ TileError::Width { .. } => StoreError::Damaged(width.to_string()),
    }
}

/// Whether the stored ledger begins with what a head covers.
///
/// # Errors
/// As every query.
pub fn begins_with(connection: &mut Connection, head: TreeHead) -> Result<bool, StoreError> {
    let frontier = TileFrontier::restore(head.size, &mut Reader(connection)).map_err(from_tile)?;
    Ok(frontier.root() == head.root)
}

pub(super) fn restore(connection: &mut Connection, head: TreeHead) -> Result<TileFrontier, StoreError> {
    let mut reader = Reader(connection);
    let frontier = TileFrontier::restore(head.size, &mut reader).map_err(from_tile)?;
    if frontier.root() == head.root {
        Ok(frontier)
    } else {
        Err(StoreError::Damaged(format!("the stored root at size {} does not follow from the entries", head.size)))
    }
}
