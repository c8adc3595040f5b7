//! The rows of the ledger's tables.

use diesel::prelude::*;
use throughline_domain::ledger::FullTile;

use crate::error::StoreError;
use crate::numbers::to_signed;
use crate::schema::{body, entry, stream_end, tile as tile_table};

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = entry)]
pub(super) struct EntryRow {
    pub(super) position: i64,
    pub(super) leaf: Vec<u8>,
    pub(super) salt: Vec<u8>,
    pub(super) kind: i16,
    pub(super) evidence: i16,
    pub(super) received: i64,
    pub(super) stream: Vec<u8>,
    pub(super) counter: i64,
    pub(super) source: String,
    pub(super) delivery_id: String,
    pub(super) headers: Vec<u8>,
    pub(super) body_bytes: i64,
    pub(super) fingerprint: Vec<u8>,
    pub(super) duplicate_of: Option<i64>,
    pub(super) conflicting: bool,
}

#[derive(Insertable, Queryable)]
#[diesel(table_name = body)]
pub(super) struct BodyRow {
    pub(super) position: i64,
    pub(super) encoding: i16,
    pub(super) bytes: Vec<u8>,
}

#[derive(Insertable)]
#[diesel(table_name = tile_table)]
pub(super) struct TileRow {
    pub(super) level: i16,
    pub(super) number: i64,
    pub(super) hashes: Vec<u8>,
}

impl TileRow {
    pub(super) fn of(full: &FullTile) -> Result<Self, StoreError> {
        Ok(Self { level: i16::from(full.id.level), number: to_signed(full.id.index)?, hashes: full.bytes() })
    }
}

#[derive(Insertable)]
#[diesel(table_name = stream_end)]
pub(super) struct StreamRow {
    pub(super) stream: Vec<u8>,
    pub(super) counter: i64,
}
