//! The head of the tree: the row that a writer locks, and the checkpoints that sign it.

use diesel::prelude::*;
use throughline_domain::ledger::{Hash, SigningKey, TileFrontier, TreeHead};

use super::read::checkpoint_at;
use crate::connection::Connection;
use crate::dialect::{first_for_update, on};
use crate::error::StoreError;
use crate::numbers::{to_signed, to_unsigned};
use crate::schema::{checkpoint, head};

pub(super) const HEAD: i16 = 1;

pub(super) fn start(connection: &mut Connection) -> Result<TreeHead, StoreError> {
    let empty = TreeHead { size: 0, root: throughline_domain::ledger::empty_root() };
    let row =
        (head::id.eq(HEAD), head::size.eq(0), head::root.eq(empty.root.as_bytes().to_vec()), head::received.eq(0));
    on!(connection, |inner| diesel::insert_into(head::table).values(row).on_conflict_do_nothing().execute(inner))?;
    // Another server may have started it at this moment.
    read_head(connection)?.ok_or_else(|| StoreError::Damaged("the ledger's head is missing".to_owned()))
}

/// The stored head, without locking it; `None` before the first server has started the ledger.
///
/// # Errors
/// As every query.
pub fn read_head(connection: &mut Connection) -> Result<Option<TreeHead>, StoreError> {
    let row: Option<(i64, Vec<u8>)> =
        on!(connection, |inner| head::table.find(HEAD).select((head::size, head::root)).first(inner).optional())?;
    row.map(|(size, root)| to_head(size, &root)).transpose()
}

pub(super) fn lock_head(connection: &mut Connection) -> Result<(TreeHead, i64), StoreError> {
    let columns = (head::size, head::root, head::received);
    let row: (i64, Vec<u8>, i64) = first_for_update!(connection, head::table.find(HEAD).select(columns))?;
    Ok((to_head(row.0, &row.1)?, row.2))
}

pub(super) fn write_head(
    connection: &mut Connection,
    key: &SigningKey,
    former: u64,
    frontier: &TileFrontier,
    received: i64,
) -> Result<(), StoreError> {
    let note = key.sign(&frontier.head());
    let size = to_signed(frontier.size())?;
    let row = (checkpoint::size.eq(size), checkpoint::note.eq(note));
    on!(connection, |inner| diesel::insert_into(checkpoint::table).values(row).execute(inner))?;
    let moved = on!(connection, |inner| diesel::update(
        head::table.filter(head::id.eq(HEAD).and(head::size.eq(to_signed(former)?)))
    )
    .set((head::size.eq(size), head::root.eq(frontier.root().as_bytes().to_vec()), head::received.eq(received)))
    .execute(inner))?;
    if moved == 1 {
        Ok(())
    } else {
        Err(StoreError::Unavailable("another server moved the ledger's head meanwhile".to_owned()))
    }
}

pub(super) fn check_key(connection: &mut Connection, key: &SigningKey, size: u64) -> Result<(), StoreError> {
    let Some(note) = checkpoint_at(connection, size)? else {
        return if size == 0 {
            Ok(())
        } else {
            Err(StoreError::Damaged(format!("there is no checkpoint for the head at size {size}")))
        };
    };
    throughline_domain::ledger::open(&note, &key.verifier()).map_err(|cause| {
        StoreError::Refused(format!(
            "the ledger was signed with another key ({cause}); put back the key file that belongs to this database"
        ))
    })?;
    Ok(())
}

pub(super) fn to_head(size: i64, root: &[u8]) -> Result<TreeHead, StoreError> {
    let root = Hash::from_slice(root).ok_or_else(|| StoreError::Damaged("the head's root is no hash".to_owned()))?;
    Ok(TreeHead { size: to_unsigned(size)?, root })
}
