//! The graph in memory, following the tables.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use throughline_domain::graph::Graph;
use throughline_store::graph;
use throughline_store::{Store, StoreError};

/// The graph that questions are answered from, with how much of the ledger it covers.
#[derive(Debug, Default)]
pub struct LiveGraph {
    state: RwLock<State>,
    covered: AtomicU64,
}

/// The graph at one revision.
#[derive(Debug, Default)]
pub struct State {
    /// The graph.
    pub graph: Graph,
    /// The revision of the tables that it shows.
    pub revision: u64,
    /// How many times the tables had been derived anew.
    pub epoch: u64,
    /// How many entries of the ledger it covers.
    pub cursor: u64,
}

impl LiveGraph {
    /// Takes over what has changed in the tables since the last call; the first call loads everything.
    ///
    /// # Errors
    /// As every query; the graph stays as it was.
    pub fn follow(&self, store: &Store) -> Result<(), StoreError> {
        let (epoch, revision) = {
            let state = self.read();
            (state.epoch, state.revision)
        };
        let delta = store.read(|connection| graph::changes_after(connection, epoch, revision))?;
        if (delta.epoch, delta.revision) == (epoch, revision) {
            return Ok(());
        }
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if delta.epoch != epoch {
            // A rebuild begins again from nothing; so does the graph.
            state.graph = Graph::new();
        }
        for (id, node) in delta.nodes {
            state.graph.put_node(id, node);
        }
        for (id, link) in delta.links {
            state.graph.put_link(id, link);
        }
        state.epoch = delta.epoch;
        state.revision = delta.revision;
        state.cursor = delta.cursor;
        self.covered.store(delta.cursor, Ordering::Release);
        Ok(())
    }

    /// How many entries of the ledger the graph covers, without waiting for anybody.
    pub fn covered(&self) -> u64 {
        self.covered.load(Ordering::Acquire)
    }

    /// The graph as it is; hold it only while a question is answered.
    pub fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }
}
