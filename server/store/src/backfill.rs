//! How far the history of each tool has been read.

use diesel::prelude::*;
use throughline_domain::time::Timestamp;

use crate::connection::Connection;
use crate::dialect::on;
use crate::error::StoreError;
use crate::schema::backfill_cursor;

/// Where the reading of one list of a tool stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The name of the source.
    pub source: String,
    /// The name of the list: `acme/checkout/pulls`.
    pub list: String,
    /// The page that was being read; `None` where all were read.
    pub page: Option<String>,
    /// How far back that reading went, or goes.
    pub since: Timestamp,
    /// When it began.
    pub began: Timestamp,
    /// What was read completely before: from the first moment to the second.
    pub complete: Option<(Timestamp, Timestamp)>,
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = backfill_cursor)]
struct Row {
    source: String,
    list: String,
    page: Option<String>,
    since: i64,
    began: i64,
    complete_from: Option<i64>,
    complete_to: Option<i64>,
}

/// Where the reading of a list stands; `None` where it was never begun.
///
/// # Errors
/// As every query.
pub fn reading(connection: &mut Connection, source: &str, list: &str) -> Result<Option<Reading>, StoreError> {
    let row: Option<Row> = on!(connection, |inner| backfill_cursor::table
        .filter(backfill_cursor::source.eq(source).and(backfill_cursor::list.eq(list)))
        .select(Row::as_select())
        .first(inner)
        .optional())?;
    Ok(row.map(|row| Reading {
        complete: row
            .complete_from
            .zip(row.complete_to)
            .map(|(from, to)| (Timestamp::from_micros(from), Timestamp::from_micros(to))),
        source: row.source,
        list: row.list,
        page: row.page,
        since: Timestamp::from_micros(row.since),
        began: Timestamp::from_micros(row.began),
    }))
}

/// Keeps where the reading of a list stands, in place of what was kept of it before.
///
/// # Errors
/// As every query.
pub fn keep(connection: &mut Connection, reading: &Reading) -> Result<(), StoreError> {
    let row = Row {
        source: reading.source.clone(),
        list: reading.list.clone(),
        page: reading.page.clone(),
        since: reading.since.micros(),
        began: reading.began.micros(),
        complete_from: reading.complete.map(|(from, _)| from.micros()),
        complete_to: reading.complete.map(|(_, to)| to.micros()),
    };
    on!(connection, |inner| diesel::delete(
        backfill_cursor::table.filter(backfill_cursor::source.eq(&row.source).and(backfill_cursor::list.eq(&row.list)))
    )
    .execute(inner))?;
    on!(connection, |inner| diesel::insert_into(backfill_cursor::table).values(&row).execute(inner))?;
    Ok(())
}
