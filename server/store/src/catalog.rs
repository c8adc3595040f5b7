//! The tables as the database itself knows them, for comparing with what this program declares.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::connection::Connection;
use crate::dialect::{columns_query, on};
use crate::error::StoreError;

/// A column of a live table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The table.
    pub table: String,
    /// The column.
    pub name: String,
    /// Its type, in the database's own words, in lower case.
    pub kind: String,
    /// Whether it may be null.
    pub nullable: bool,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    nullable: i64,
}

/// Every column of every table of this program, in order of table and place.
///
/// # Errors
/// As every query.
pub fn columns(connection: &mut Connection) -> Result<Vec<Column>, StoreError> {
    let query = columns_query(connection.backend());
    let rows: Vec<Row> = on!(connection, |inner| diesel::sql_query(query).load(inner))?;
    let column = |row: Row| Column {
        table: row.table_name,
        name: row.column_name,
        kind: row.kind.to_lowercase(),
        nullable: row.nullable != 0,
    };
    Ok(rows.into_iter().map(column).collect())
}
