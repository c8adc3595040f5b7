//! The questions: pure functions over the graph. One file each.
//!
//! An answer speaks of nodes and links by their ids; whoever shows it fetches titles and evidence for just those.

pub mod ancestry;
pub mod board;
mod context;
pub mod doctor;
pub mod firing;
pub mod flow;
pub mod impact;
pub mod islands;
pub mod missing;
pub mod outline;
pub mod path;
pub mod places;
pub mod resolve;
pub mod rollouts;
mod running;
pub mod suspects;
#[cfg(test)]
pub(crate) mod testing;
pub mod tickets;
pub mod trace;
mod walk;
pub mod whereabouts;

pub use running::{Histories, Timeline};
