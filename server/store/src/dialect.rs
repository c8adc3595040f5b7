//! What the two databases write differently, apart from connecting: running a query on either, starting a write
//! transaction, and writing many rows at once.

use crate::connection::Backend;

/// Runs the same diesel expression on whichever database a [`Connection`](crate::Connection) is of.
///
/// The expression is compiled once for each, so that everything both can do may be used; it reads as a closure.
macro_rules! on {
    ($connection:expr, |$inner:ident| $body:expr) => {
        match $connection {
            $crate::connection::Connection::Sqlite($inner) => $body,
            $crate::connection::Connection::Postgres($inner) => $body,
        }
    };
}

/// The query that lists the live columns: `table_name`, `column_name`, `kind`, `nullable` (1 or 0).
pub(crate) const fn columns_query(backend: Backend) -> &'static str {
    match backend {
        Backend::Sqlite => {
            "SELECT m.name AS table_name, c.name AS column_name, c.type AS kind, \
             CAST(c.\"notnull\" = 0 AS BIGINT) AS nullable FROM sqlite_master m JOIN pragma_table_info(m.name) c \
             WHERE m.type = 'table' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\' AND m.name NOT LIKE 'sqlite%' \
             ORDER BY m.name, c.cid"
        }
        Backend::Postgres => {
            "SELECT table_name::text, column_name::text, data_type::text AS kind, \
             (is_nullable = 'YES')::int::bigint AS nullable FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name NOT LIKE '\\_\\_%' ORDER BY table_name, ordinal_position"
        }
    }
}

/// How many rows go into one statement on PostgreSQL, which takes at most 65,535 parameters.
pub(crate) const ROWS_PER_STATEMENT: usize = 2_000;

/// How many values one `IN (…)` lists; SQLite takes at most 32,766 parameters.
pub(crate) const VALUES_PER_LIST: usize = 2_000;

/// Inserts rows, of which none may exist: one by one on SQLite, many in a statement on PostgreSQL.
macro_rules! insert_rows {
    ($connection:expr, $table:expr, $rows:expr) => {{
        match $connection {
            $crate::connection::Connection::Sqlite(inner) => {
                for row in $rows {
                    diesel::insert_into($table).values(row).execute(inner)?;
                }
            }
            $crate::connection::Connection::Postgres(inner) => {
                for chunk in $rows.chunks($crate::dialect::ROWS_PER_STATEMENT) {
                    diesel::insert_into($table).values(chunk).execute(inner)?;
                }
            }
        }
    }};
}

/// Inserts rows, or overwrites those that exist, as [`insert_rows`] does. No two of the rows may have the same key.
macro_rules! upsert_rows {
    ($connection:expr, $table:expr, $rows:expr, $target:expr, $set:expr) => {{
        match $connection {
            $crate::connection::Connection::Sqlite(inner) => {
                for row in $rows {
                    diesel::insert_into($table)
                        .values(row)
                        .on_conflict($target)
                        .do_update()
                        .set($set)
                        .execute(inner)?;
                }
            }
            $crate::connection::Connection::Postgres(inner) => {
                for chunk in $rows.chunks($crate::dialect::ROWS_PER_STATEMENT) {
                    diesel::insert_into($table)
                        .values(chunk)
                        .on_conflict($target)
                        .do_update()
                        .set($set)
                        .execute(inner)?;
                }
            }
        }
    }};
}

/// Reads one row and keeps everybody else from it until the transaction ends.
macro_rules! first_for_update {
    ($connection:expr, $query:expr) => {
        match $connection {
            // The transaction was opened for writing: nobody else writes anyway.
            $crate::connection::Connection::Sqlite(inner) => $query.first(inner),
            $crate::connection::Connection::Postgres(inner) => $query.for_update().first(inner),
        }
    };
}

pub(crate) use {first_for_update, insert_rows, on, upsert_rows};
