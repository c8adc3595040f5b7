//! Searching the words of all nodes: what they are called, and what is said of them.
//!
//! The table `node_search` has a row for each node that a delivery has spoken of, with its words as [`words`] cuts them.
//! Each database has its own index over it; what is found is the same, and only the order may differ.

mod rows;
mod words;

use throughline_domain::node::NodeKind;

pub(crate) use rows::{Touched, is_searched, write};
pub use rows::{fill, is_unfilled, lines};
pub(crate) use words::Term;

use crate::connection::Connection;
use crate::dialect::matching_nodes;
use crate::error::StoreError;

/// The most words of one search; further ones are passed over.
pub const MAX_WORDS: usize = 16;

/// How many of the nodes that fit are ranked, the newest: what a search may cost must not grow with the graph.
pub const MAX_RANKED: u16 = 10_000;

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Words that a node must hold, each as a whole or as the beginning of one. At most [`MAX_WORDS`] are read.
    pub words: &'a [String],
    /// The kinds that it may be of; empty for all.
    pub kinds: &'a [NodeKind],
    /// How many to answer at most; never more than [`MAX_RANKED`].
    pub limit: u16,
}

/// Whether a word holds anything that can be looked for: a letter or a digit.
pub fn can_be_found(word: &str) -> bool {
    words::term(word).is_some()
}

/// Numbers of the nodes that hold every word, the best first; of equals the newest first. Without a word, none.
///
/// A word of a single letter must be a word of the node; a longer one may be the beginning of one. Words with marks in
/// them (`PAY-12`, `acme/checkout#42`) are found as they are written and with spaces in place of the marks. Case and
/// accents make no difference. Any text is safe: only its letters and digits reach the database.
///
/// # Errors
/// As every query.
pub fn search(connection: &mut Connection, wanted: &Wanted<'_>) -> Result<Vec<u32>, StoreError> {
    let terms: Vec<Term> = wanted.words.iter().filter_map(|word| words::term(word)).take(MAX_WORDS).collect();
    if terms.is_empty() || wanted.limit == 0 {
        return Ok(Vec::new());
    }
    let kinds: Vec<&str> = wanted.kinds.iter().map(|kind| kind.word()).collect();
    let found = matching_nodes(connection, &terms, &kinds, i64::from(MAX_RANKED), i64::from(wanted.limit))?;
    let number = |node: i64| u32::try_from(node).map_err(|_| StoreError::Damaged(format!("the number {node}")));
    found.into_iter().map(number).collect()
}
