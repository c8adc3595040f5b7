//! The sources: who may deliver, and the secrets that prove it.

use diesel::prelude::*;
use throughline_domain::time::Timestamp;

use crate::connection::Connection;
use crate::dialect::on;
use crate::error::StoreError;
use crate::schema::source;

/// A source as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct SourceRow {
    /// Its name, the last part of its address.
    pub name: String,
    /// The provider's name.
    pub provider: String,
    /// Its stream in the ledger.
    pub stream: [u8; 16],
    /// The secrets that are accepted, the newest first.
    pub secrets: Vec<String>,
    /// When it was made.
    pub created: Timestamp,
}

impl std::fmt::Debug for SourceRow {
    /// Leaves the secrets out: this text ends in logs.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("SourceRow")
            .field("name", &self.name)
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = source)]
struct Row {
    name: String,
    provider: String,
    stream: Vec<u8>,
    secrets: String,
    created: i64,
}

/// Every source, in order of name.
///
/// # Errors
/// [`StoreError::Damaged`] where a row cannot be read.
pub fn all(connection: &mut Connection) -> Result<Vec<SourceRow>, StoreError> {
    let rows: Vec<Row> =
        on!(connection, |inner| source::table.order(source::name).select(Row::as_select()).load(inner))?;
    rows.into_iter().map(to_source).collect()
}

/// Adds a source.
///
/// # Errors
/// [`StoreError::Refused`] where the name is taken.
pub fn add(connection: &mut Connection, new: &SourceRow) -> Result<(), StoreError> {
    let taken: i64 =
        on!(connection, |inner| source::table.filter(source::name.eq(&new.name)).count().get_result(inner))?;
    if taken > 0 {
        return Err(StoreError::Refused(format!("there is a source '{}' already; choose another name", new.name)));
    }
    let row = Row {
        name: new.name.clone(),
        provider: new.provider.clone(),
        stream: new.stream.to_vec(),
        secrets: encode(&new.secrets),
        created: new.created.micros(),
    };
    on!(connection, |inner| diesel::insert_into(source::table).values(&row).execute(inner))?;
    Ok(())
}

/// Replaces a source's secrets; false where there is no such source.
///
/// # Errors
/// As every query.
pub fn set_secrets(connection: &mut Connection, name: &str, secrets: &[String]) -> Result<bool, StoreError> {
    let changed = on!(connection, |inner| diesel::update(source::table.find(name))
        .set(source::secrets.eq(encode(secrets)))
        .execute(inner))?;
    Ok(changed == 1)
}

fn encode(secrets: &[String]) -> String {
    serde_json::Value::from(secrets.to_vec()).to_string()
}

fn to_source(row: Row) -> Result<SourceRow, StoreError> {
    let damaged = || StoreError::Damaged(format!("the source '{}' cannot be read", row.name));
    Ok(SourceRow {
        stream: row.stream.as_slice().try_into().map_err(|_| damaged())?,
        secrets: serde_json::from_str(&row.secrets).map_err(|_| damaged())?,
        created: Timestamp::from_micros(row.created),
        name: row.name.clone(),
        provider: row.provider.clone(),
    })
}
