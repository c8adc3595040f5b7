//! What can go wrong in the store, named by what the caller can do about it.

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use thiserror::Error;

/// An error of the store.
#[derive(Debug, Error)]
pub enum StoreError {
    /// It may go well in a moment: the database is busy, full, unreachable or restarting. Answer 503.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// Writing has failed in a way after which nothing that was written may be trusted. Stop the process.
    #[error(
        "the database could not write to its disk: {0}; the process stops, and what was acknowledged before is safe"
    )]
    Fatal(String),
    /// What is stored contradicts itself. Run `throughline verify`.
    #[error("the database is damaged: {0}; run `throughline verify` and restore a backup")]
    Damaged(String),
    /// The database, its settings or its address cannot be used as they are.
    #[error("{0}")]
    Refused(String),
    /// A fault of this program.
    #[error("the query failed: {0}")]
    Query(String),
}

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::DatabaseError(kind, information) => from_database(&kind, information.message()),
            DieselError::BrokenTransactionManager => Self::Unavailable("the connection was lost".to_owned()),
            DieselError::DeserializationError(cause) => Self::Damaged(cause.to_string()),
            other => Self::Query(other.to_string()),
        }
    }
}

impl From<r2d2_error::PoolError> for StoreError {
    fn from(error: r2d2_error::PoolError) -> Self {
        Self::Unavailable(format!("no connection became free in time ({error})"))
    }
}

/// The pool's error under the name by which diesel hands it on.
pub(crate) mod r2d2_error {
    pub(crate) use diesel::r2d2::PoolError;
}

fn from_database(kind: &DatabaseErrorKind, message: &str) -> StoreError {
    const TEMPORARY: [&str; 11] = [
        "database or disk is full",
        "database is locked",
        "lock timeout",
        "idle-in-transaction",
        "database table is locked",
        "could not extend file",
        "No space left on device",
        "the database system is",
        "terminating connection",
        "too many clients",
        "connection closed",
    ];
    const DAMAGED: [&str; 2] = ["malformed", "not a database"];
    let message = message.to_owned();
    if message.contains("disk I/O error") {
        return StoreError::Fatal(message);
    }
    if DAMAGED.iter().any(|sign| message.contains(sign)) {
        return StoreError::Damaged(message);
    }
    let temporary = matches!(
        kind,
        DatabaseErrorKind::SerializationFailure
            | DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::ReadOnlyTransaction
    ) || TEMPORARY.iter().any(|sign| message.contains(sign));
    if temporary { StoreError::Unavailable(message) } else { StoreError::Query(message) }
}
