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

/// The tables that one of the databases keeps as the index of a search, beside `node_search`, whose triggers fill them.
const INDEX_TABLES: [&str; 5] = [
    "node_search_index",
    "node_search_index_config",
    "node_search_index_data",
    "node_search_index_docsize",
    "node_search_index_idx",
];

/// The column that the other one keeps for the same, and works out by itself.
const INDEX_COLUMN: (&str, &str) = ("node_search", "document");

/// Every column of every table of this program, in order of table and place. What a database keeps only to search
/// `node_search` is left out: it differs between the databases, and only the query of a search names it.
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
    Ok(rows.into_iter().map(column).filter(|column| !is_index(column)).collect())
}

fn is_index(column: &Column) -> bool {
    INDEX_TABLES.contains(&column.table.as_str()) || (column.table.as_str(), column.name.as_str()) == INDEX_COLUMN
}
