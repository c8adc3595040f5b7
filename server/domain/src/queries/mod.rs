//! The questions: pure functions over the graph. One file each.
//!
//! An answer speaks of nodes and links by their ids; whoever shows it fetches titles and evidence for just those.

mod context;
pub mod doctor;
pub mod impact;
pub mod islands;
pub mod missing;
pub mod path;
pub mod resolve;
mod running;
#[cfg(test)]
pub(crate) mod testing;
pub mod tickets;
pub mod trace;
mod walk;
