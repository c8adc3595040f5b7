//! Bundles: an export with everything that proves it, in one file that is checked with no network and no server.
//!
//! [`BundleWriter`] gives the lines of a bundle, [`BundleVerifier`] takes them, one after the other: neither holds more
//! than the line at hand, one bit for each entry that is covered, and two numbers for each stream. The verifier says in
//! words what holds ([`BundleReport::describe`]) or which line is wrong ([`BundleError`]).
//!
//! A bundle is held together from its end. The ledger's signed checkpoint covers the entry that records the export;
//! that entry commits to the digest of all lines before it. So whatever is left out, changed or moved shows.
//!
//! docs/BUNDLE.md describes the file for somebody who checks it without this code, and docs/verify_bundle.py is a second
//! verifier, which shares nothing with this one.

mod contents;
mod covered;
mod fault;
mod format;
mod report;
mod set;
#[cfg(test)]
mod tests;
mod verify;
mod write;

pub use contents::Evidence;
pub use fault::{BundleError, BundleFault};
pub use format::{MAX_ENTRIES, MAX_LINE_BYTES, MAX_STREAMS};
pub use report::BundleReport;
pub use verify::BundleVerifier;
pub use write::{BundleWriter, Question, WriteError};
