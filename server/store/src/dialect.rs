//! What the two databases write differently, apart from connecting: running a query on either, starting a write
//! transaction, and writing many rows at once.

use diesel::sql_types::{Array, BigInt, Text};
use diesel::{QueryResult, QueryableByName, RunQueryDsl};

use crate::connection::{Backend, Connection};
use crate::search::Term;

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

/// The newest nodes that fit are ranked, and the best of them answered. Nothing is ranked that the bound leaves out.
const SQLITE_SEARCH: &str = "SELECT ranked.node AS node FROM (SELECT rowid AS node, \
     bm25(node_search_index, 0.0, 4.0, 1.0) AS score FROM node_search_index WHERE node_search_index MATCH ?1 \
     ORDER BY rowid DESC LIMIT ?2) ranked JOIN node ON node.id = ranked.node \
     ORDER BY ranked.score, node.occurred DESC, ranked.node DESC LIMIT ?3";

/// The same. Ordering by the negative keeps PostgreSQL from reading the whole table backwards along its key.
const POSTGRES_SEARCH: &str = "SELECT found.node AS node FROM (SELECT node FROM node_search \
     WHERE document @@ to_tsquery('simple', $1) AND (cardinality($2) = 0 OR kind = ANY($2)) \
     ORDER BY -node LIMIT $3) newest \
     JOIN node_search found ON found.node = newest.node JOIN node ON node.id = newest.node \
     ORDER BY ts_rank_cd(found.document, to_tsquery('simple', $1)) DESC, node.occurred DESC NULLS LAST, \
     found.node DESC LIMIT $4";

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    node: i64,
}

/// Numbers of the nodes of these kinds that hold every term, the best first; of equals the newest first.
///
/// Of all that fit, the newest `ranked` are looked at. Terms hold letters and digits only, and there is at least one.
pub(crate) fn matching_nodes(
    connection: &mut Connection,
    terms: &[Term],
    kinds: &[&str],
    ranked: i64,
    limit: i64,
) -> QueryResult<Vec<i64>> {
    let found: Vec<Found> = match connection {
        Connection::Sqlite(inner) => diesel::sql_query(SQLITE_SEARCH)
            .bind::<Text, _>(match_expression(terms, kinds))
            .bind::<BigInt, _>(ranked)
            .bind::<BigInt, _>(limit)
            .load(inner)?,
        Connection::Postgres(inner) => diesel::sql_query(POSTGRES_SEARCH)
            .bind::<Text, _>(text_query(terms))
            .bind::<Array<Text>, _>(kinds)
            .bind::<BigInt, _>(ranked)
            .bind::<BigInt, _>(limit)
            .load(inner)?,
    };
    Ok(found.into_iter().map(|found| found.node).collect())
}

/// What SQLite's index is asked: phrases in quotes, an asterisk behind what may be the beginning of a word.
fn match_expression(terms: &[Term], kinds: &[&str]) -> String {
    let phrase = |words: &str, last: &str| format!("\"{words}\"{}", if Term::is_beginning(last) { "*" } else { "" });
    let any_of = |term: &Term| match term.parts.last() {
        None => phrase(&term.whole, &term.whole),
        Some(last) => {
            format!("({} OR {})", phrase(&term.whole, &term.whole), phrase(&term.parts.join(" "), last))
        }
    };
    let words: Vec<String> = terms.iter().map(any_of).collect();
    let words = format!("({{head body}} : ({}))", words.join(" AND "));
    if kinds.is_empty() {
        return words;
    }
    let kinds: Vec<String> = kinds.iter().map(|kind| format!("\"{kind}\"")).collect();
    format!("(kind : ({})) AND {words}", kinds.join(" OR "))
}

/// The same for PostgreSQL. Each word has the letter before it that stands before those of the index, see its migration.
fn text_query(terms: &[Term]) -> String {
    let word = |word: &str, may_go_on: bool| format!("'x{word}'{}", if may_go_on { ":*" } else { "" });
    let any_of = |term: &Term| {
        let whole = word(&term.whole, Term::is_beginning(&term.whole));
        match term.parts.split_last() {
            None => whole,
            Some((last, first)) => {
                let first: String = first.iter().map(|part| format!("{} <-> ", word(part, false))).collect();
                format!("({whole} | ({first}{}))", word(last, Term::is_beginning(last)))
            }
        }
    };
    terms.iter().map(any_of).collect::<Vec<_>>().join(" & ")
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

#[cfg(test)]
mod tests {
    use super::{match_expression, text_query};
    use crate::search::Term;

    #[test]
    fn both_databases_are_asked_the_same() {
        let term = |whole: &str, parts: &[&str]| Term {
            whole: whole.to_owned(),
            parts: parts.iter().map(|part| (*part).to_owned()).collect(),
        };
        let terms = [term("retry", &[]), term("pay12", &["pay", "12"]), term("a", &[]), term("b2", &["b", "2"])];
        assert_eq!(
            match_expression(&terms, &["alert", "incident"]),
            "(kind : (\"alert\" OR \"incident\")) AND ({head body} : (\"retry\"* AND (\"pay12\"* OR \"pay 12\"*) \
             AND \"a\" AND (\"b2\"* OR \"b 2\")))"
        );
        assert_eq!(
            text_query(&terms),
            "'xretry':* & ('xpay12':* | ('xpay' <-> 'x12':*)) & 'xa' & ('xb2':* | ('xb' <-> 'x2'))"
        );
    }
}
