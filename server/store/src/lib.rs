//! The store: every table and every query. The only crate that knows diesel.
//!
//! [`Store`] hands out connections: [`Store::read`] for questions, [`Store::write`] for one unit of work in one
//! transaction. The modules below are the queries by group of tables. Only [`connection`] and [`dialect`] know that there
//! are two databases.
//!
//! Everything here blocks. A server calls it on threads of its own and never on an async worker.

pub mod access;
pub mod backfill;
pub mod canonical;
pub mod catalog;
mod connection;
pub mod deliveries;
mod dialect;
pub mod dossiers;
mod error;
pub mod graph;
pub mod ledger;
mod numbers;
pub mod questions;
pub mod release;
mod schema;
pub mod search;
pub mod sources;

pub use access::{Credential, CredentialKind};
pub use connection::{Backend, Connection, Store, StoreOptions};
pub use deliveries::{DeliveryFilter, DeliveryOutcome, DeliveryRow, DeliveryStatus, SourceCount};
pub use error::StoreError;
pub use graph::{GraphDelta, ProjectionState};
pub use ledger::{Appender, Draft, DraftContent, Receipt, StoredEntry};
pub use questions::{AttributeValue, EventLine, EvidenceRow, RecentEvent};
pub use sources::SourceRow;
