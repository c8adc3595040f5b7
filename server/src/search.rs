//! Searching everything: words over what every node is called and what is said of it, with filters that the graph knows.
//!
//! The tables rank what holds the words; the graph in memory says what of it fits the filters. Where there are only
//! filters, the graph alone answers, the newest first.

mod place;
mod query;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use thiserror::Error;
use throughline_domain::graph::{Graph, NodeId, NodeRecord};
use throughline_domain::key::{self, Key};
use throughline_domain::name::Name;
use throughline_domain::node::NodeKind;
use throughline_store::search::{self, MAX_RANKED, Wanted};
use throughline_store::{StoreError, questions};

pub use query::{Filter, MAX_QUERY_LETTERS, Query, QueryError};

use crate::answer::{SearchAnswer, SearchFilter};
use crate::ask::Desk;
use crate::plain;
use place::Place;

/// How many results an answer holds, unless asked otherwise.
pub const PAGE: usize = 50;

/// The most results of one answer.
pub const MAX_RESULTS: usize = 200;

/// The most nodes that are looked at for one name in a filter.
const MAX_NAMED: i64 = 100;

/// Why a search has no answer.
#[derive(Debug, Error)]
pub enum SearchError {
    /// The search cannot be read.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// A filter names nothing that is known.
    #[error("there is no {} called '{value}'", .kind.word())]
    Nothing {
        /// What was looked for.
        kind: NodeKind,
        /// Its name, as it was given.
        value: String,
    },
    /// A filter names several things.
    #[error("{count} things are a {} called '{value}'; give the key of one", .kind.word())]
    Several {
        /// What was looked for.
        kind: NodeKind,
        /// Its name, as it was given.
        value: String,
        /// How many there are.
        count: usize,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What may pass of what was found.
struct Sieve<'a> {
    query: &'a Query,
    places: Vec<Place>,
}

impl Desk {
    /// `search` as it is written in the box: see [`Query::parse`]. `limit` is cut to 1 to [`MAX_RESULTS`].
    ///
    /// # Errors
    /// A [`SearchError`]; that nothing fits is an answer.
    pub fn search(&self, text: &str, limit: usize) -> Result<SearchAnswer, SearchError> {
        self.search_for(&Query::parse(text)?, limit)
    }

    /// `search` of what has been read already.
    ///
    /// # Errors
    /// As [`Desk::search`].
    pub fn search_for(&self, query: &Query, limit: usize) -> Result<SearchAnswer, SearchError> {
        let limit = limit.clamp(1, MAX_RESULTS);
        let mut filters: Vec<SearchFilter> = query
            .filters()
            .into_iter()
            .map(|(filter, value)| SearchFilter { name: filter.word().to_owned(), value, key: None })
            .collect();
        let mut places = Vec::new();
        for (filter, kind, value) in query.places() {
            let (node, key) = self.place(kind, value)?;
            places.push(node);
            let known = filters.iter_mut().find(|known| known.name == filter.word());
            if let Some(known) = known {
                known.key = Some(key.as_str().to_owned());
            }
        }
        let words: Vec<String> = query.words.iter().filter(|word| search::can_be_found(word)).cloned().collect();
        let (nodes, more, ledger_size) = if words.is_empty() {
            self.newest(query, &places, limit)
        } else {
            self.best(query, &words, &places, limit)?
        };
        let summaries = self.summaries(&nodes)?;
        let results = nodes.iter().filter_map(|node| summaries.get(&node.0).cloned()).collect();
        Ok(SearchAnswer { input: query.text(), words, filters, results, more, ledger_size })
    }

    /// What holds the words and fits the filters, the best first; whether there is more; how much of the ledger it covers.
    fn best(
        &self,
        query: &Query,
        words: &[String],
        places: &[NodeId],
        limit: usize,
    ) -> Result<(Vec<NodeId>, bool, u64), StoreError> {
        // The tables know only the kinds: of what they rank, most may fall through the other filters.
        let is_narrowed = !places.is_empty() || query.after.is_some() || query.before.is_some();
        let enough = u16::try_from(limit + 1).unwrap_or(MAX_RANKED);
        let wanted = Wanted { words, kinds: &query.kinds, limit: if is_narrowed { MAX_RANKED } else { enough } };
        let ranked = self.store.read(|connection| search::search(connection, &wanted))?;
        let is_cut = is_narrowed && ranked.len() >= usize::from(MAX_RANKED);
        let state = self.live.read();
        let sieve = Sieve::new(&state.graph, query, places);
        let fits =
            |node: &NodeId| state.graph.node(*node).is_some_and(|record| sieve.holds(&state.graph, *node, record));
        let mut nodes: Vec<NodeId> = ranked.into_iter().map(NodeId).filter(fits).take(limit + 1).collect();
        let more = nodes.len() > limit || is_cut;
        nodes.truncate(limit);
        Ok((nodes, more, state.cursor))
    }

    /// What fits the filters alone, the newest first. Looks at every node; without a filter, at none.
    fn newest(&self, query: &Query, places: &[NodeId], limit: usize) -> (Vec<NodeId>, bool, u64) {
        let state = self.live.read();
        if query.filters().is_empty() {
            return (Vec::new(), false, state.cursor);
        }
        let sieve = Sieve::new(&state.graph, query, places);
        let mut newest = BinaryHeap::new();
        for (node, record) in state.graph.nodes().filter(|(_, record)| record.stated) {
            if sieve.holds(&state.graph, node, record) {
                newest.push(Reverse((record.occurred, Reverse(&record.key), node)));
                if newest.len() > limit + 1 {
                    newest.pop();
                }
            }
        }
        let more = newest.len() > limit;
        let nodes = newest.into_sorted_vec().into_iter().take(limit).map(|Reverse((_, _, node))| node);
        (nodes.collect(), more, state.cursor)
    }

    /// The one service, environment or team that a filter names, by its name or its key.
    fn place(&self, kind: NodeKind, value: &str) -> Result<(NodeId, Key), SearchError> {
        let names = [Name::plain(value).as_str().to_owned()];
        let named = self.store.read(|connection| questions::keys_of_names(connection, &names, MAX_NAMED))?;
        let state = self.live.read();
        let found = |key: Key| Some((state.graph.find(&key).filter(|_| key.kind() == kind)?, key));
        let exact = [Key::parse(value).ok(), key::named(kind, value).ok()].into_iter().flatten().find_map(found);
        if let Some(place) = exact {
            return Ok(place);
        }
        let keys = named.into_iter().filter_map(|(_, key)| Key::parse(&key).ok());
        let mut places: Vec<(NodeId, Key)> = keys.filter_map(found).collect();
        let shown = || plain::clip(&plain::line(value), 60);
        match (places.pop(), places.len()) {
            (Some(place), 0) => Ok(place),
            (Some(_), others) => Err(SearchError::Several { kind, value: shown(), count: others + 1 }),
            (None, _) => Err(SearchError::Nothing { kind, value: shown() }),
        }
    }
}

impl<'a> Sieve<'a> {
    fn new(graph: &Graph, query: &'a Query, places: &[NodeId]) -> Self {
        Self { query, places: places.iter().map(|node| Place::of(graph, *node)).collect() }
    }

    fn holds(&self, graph: &Graph, node: NodeId, record: &NodeRecord) -> bool {
        let Query { words: _, kinds, service: _, environment: _, team: _, after, before } = self.query;
        (kinds.is_empty() || kinds.contains(&record.kind))
            && after.is_none_or(|after| record.occurred.is_some_and(|at| at >= after))
            && before.is_none_or(|before| record.occurred.is_some_and(|at| at < before))
            && self.places.iter().all(|place| place.holds(graph, node, record))
    }
}
