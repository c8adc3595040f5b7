//! The ledger's tables: appending a batch, and reading entries, tiles and checkpoints back.

mod append;
mod draft;
mod earlier;
mod evidence;
mod head;
mod packing;
mod read;
mod rows;
mod tree;

pub use append::{Appender, Receipt};
pub use draft::{Draft, DraftContent};
pub use evidence::{entries_at, last_before, leaves_between};
pub use head::read_head;
pub use read::{
    StoredEntry, checkpoint_at, checkpoints_after, counts, entries_from, entries_of_stream, entry_at, first_of_body,
    known_ids, newest_checkpoint, newest_id, tile_bytes,
};
pub use tree::{Reader, begins_with, from_tile};
