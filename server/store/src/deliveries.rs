//! Deliveries in lists: what was received, and what came of reading it.

use std::collections::{BTreeMap, BTreeSet};

use diesel::dsl::{count_star, max};
use diesel::prelude::*;
use throughline_domain::ledger::EntryKind;
use throughline_domain::time::Timestamp;

use crate::connection::Connection;
use crate::dialect::{VALUES_PER_LIST, on};
use crate::error::StoreError;
use crate::numbers::{to_signed, to_unsigned};
use crate::schema::{delivery_outcome, entry};

/// What came of reading a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeliveryStatus {
    /// It stated something.
    Parsed,
    /// It was understood and states nothing, or its kind is not read.
    Ignored,
    /// Its body had come before; it has no second effect.
    Duplicate,
    /// It could not be read: a dead letter.
    Failed,
}

impl DeliveryStatus {
    /// Every status.
    pub const ALL: [DeliveryStatus; 4] =
        [DeliveryStatus::Parsed, DeliveryStatus::Ignored, DeliveryStatus::Duplicate, DeliveryStatus::Failed];

    /// The word in the table and in answers.
    pub const fn word(self) -> &'static str {
        match self {
            DeliveryStatus::Parsed => "parsed",
            DeliveryStatus::Ignored => "ignored",
            DeliveryStatus::Duplicate => "duplicate",
            DeliveryStatus::Failed => "failed",
        }
    }

    /// The status of that word, if there is one.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.word() == word)
    }
}

/// The outcome of one delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryOutcome {
    /// The index of the entry.
    pub entry: u64,
    /// The source's name.
    pub source: String,
    /// The provider's name.
    pub provider: String,
    /// What came of it.
    pub status: DeliveryStatus,
    /// The tool's own name of the event.
    pub event: Option<String>,
    /// Why it was ignored or could not be read.
    pub detail: Option<String>,
}

#[derive(Insertable)]
#[diesel(table_name = delivery_outcome)]
pub(crate) struct OutcomeRow {
    entry: i64,
    source: String,
    provider: String,
    status: &'static str,
    event: Option<String>,
    detail: Option<String>,
}

impl OutcomeRow {
    pub(crate) fn of(outcome: &DeliveryOutcome) -> Result<Self, StoreError> {
        let clean = |text: &Option<String>| text.as_ref().map(|text| text.replace('\0', "\u{fffd}"));
        Ok(Self {
            entry: to_signed(outcome.entry)?,
            source: outcome.source.clone(),
            provider: outcome.provider.clone(),
            status: outcome.status.word(),
            event: clean(&outcome.event),
            detail: clean(&outcome.detail),
        })
    }
}

/// Which deliveries to list.
#[derive(Clone, Debug, Default)]
pub struct DeliveryFilter {
    /// Only those with this outcome.
    pub status: Option<DeliveryStatus>,
    /// Only those of this source.
    pub source: Option<String>,
    /// Only those before this entry.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: u32,
}

/// A delivery in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRow {
    /// The index of its entry.
    pub entry: u64,
    /// When it was received.
    pub received: Timestamp,
    /// The source's name.
    pub source: String,
    /// The sender's id.
    pub delivery_id: String,
    /// The evidence class's code.
    pub evidence: i16,
    /// The size of the body in bytes.
    pub body_bytes: u64,
    /// Whether the same id had come before with another body.
    pub conflicting: bool,
    /// What came of it; `None` until it has been read.
    pub outcome: Option<DeliveryOutcome>,
}

type EntryColumns = (i64, i64, String, String, i16, i64, bool);
type OutcomeColumns = (i64, String, String, String, Option<String>, Option<String>);

/// What a tool, a program or a person has said, however it came.
const KINDS: [EntryKind; 4] =
    [EntryKind::Delivery, EntryKind::Backfill, EntryKind::PushedEvidence, EntryKind::UserAction];

/// Deliveries, the newest first.
///
/// # Errors
/// As every query.
pub fn list(connection: &mut Connection, filter: &DeliveryFilter) -> Result<Vec<DeliveryRow>, StoreError> {
    let before = filter.before.map_or(Ok(i64::MAX), to_signed)?;
    let limit = i64::from(filter.limit);
    let columns = (
        entry::position,
        entry::received,
        entry::source,
        entry::delivery_id,
        entry::evidence,
        entry::body_bytes,
        entry::conflicting,
    );
    let kinds: Vec<i16> = KINDS.iter().map(|kind| i16::from(kind.code())).collect();
    let rows: Vec<(EntryColumns, Option<OutcomeColumns>)> = match filter.status {
        Some(status) => on!(connection, |inner| {
            let mut query = entry::table
                .left_join(delivery_outcome::table.on(delivery_outcome::entry.eq(entry::position)))
                .filter(delivery_outcome::status.eq(status.word()).and(delivery_outcome::entry.lt(before)))
                .order(delivery_outcome::entry.desc())
                .limit(limit)
                .select((columns, delivery_outcome::all_columns.nullable()))
                .into_boxed();
            if let Some(source) = &filter.source {
                query = query.filter(entry::source.eq(source));
            }
            query.load(inner)
        })?,
        None => on!(connection, |inner| {
            let mut query = entry::table
                .left_join(delivery_outcome::table.on(delivery_outcome::entry.eq(entry::position)))
                .filter(entry::position.lt(before).and(entry::kind.eq_any(&kinds)))
                .order(entry::position.desc())
                .limit(limit)
                .select((columns, delivery_outcome::all_columns.nullable()))
                .into_boxed();
            if let Some(source) = &filter.source {
                query = query.filter(entry::source.eq(source));
            }
            query.load(inner)
        })?,
    };
    rows.into_iter().map(|(entry, outcome)| to_delivery(entry, outcome)).collect()
}

/// Which sources have said these entries, in order of name.
///
/// # Errors
/// As every query.
pub fn sources_of(connection: &mut Connection, entries: &[u64]) -> Result<Vec<String>, StoreError> {
    let positions: Vec<i64> = entries.iter().map(|entry| to_signed(*entry)).collect::<Result<_, _>>()?;
    let mut sources = BTreeSet::new();
    for chunk in positions.chunks(VALUES_PER_LIST) {
        let rows: Vec<String> = on!(connection, |inner| entry::table
            .filter(entry::position.eq_any(chunk))
            .select(entry::source)
            .distinct()
            .load(inner))?;
        sources.extend(rows);
    }
    Ok(sources.into_iter().collect())
}

/// What one source's deliveries with an outcome are, within a stretch of the ledger, the newest first.
///
/// # Errors
/// As every query.
pub fn within(
    connection: &mut Connection,
    source: &str,
    status: DeliveryStatus,
    stretch: (u64, u64),
    limit: u32,
) -> Result<Vec<DeliveryOutcome>, StoreError> {
    let (first, last) = (to_signed(stretch.0)?, to_signed(stretch.1)?);
    let rows: Vec<OutcomeColumns> = on!(connection, |inner| delivery_outcome::table
        .filter(delivery_outcome::source.eq(source).and(delivery_outcome::status.eq(status.word())))
        .filter(delivery_outcome::entry.between(first, last))
        .order(delivery_outcome::entry.desc())
        .limit(i64::from(limit))
        .load(inner))?;
    rows.into_iter().map(to_outcome).collect()
}

/// The newest deliveries with an outcome, of whatever source.
///
/// # Errors
/// As every query.
pub fn newest(
    connection: &mut Connection,
    status: DeliveryStatus,
    limit: u32,
) -> Result<Vec<DeliveryOutcome>, StoreError> {
    let rows: Vec<OutcomeColumns> = on!(connection, |inner| delivery_outcome::table
        .filter(delivery_outcome::status.eq(status.word()))
        .order(delivery_outcome::entry.desc())
        .limit(i64::from(limit))
        .load(inner))?;
    rows.into_iter().map(to_outcome).collect()
}

/// The outcome of one delivery.
///
/// # Errors
/// As every query.
pub fn outcome(connection: &mut Connection, position: u64) -> Result<Option<DeliveryOutcome>, StoreError> {
    let row: Option<OutcomeColumns> =
        on!(connection, |inner| delivery_outcome::table.find(to_signed(position)?).first(inner).optional())?;
    row.map(to_outcome).transpose()
}

/// How many deliveries there are of each outcome.
///
/// # Errors
/// As every query.
pub fn count_by_status(connection: &mut Connection) -> Result<BTreeMap<DeliveryStatus, u64>, StoreError> {
    let rows: Vec<(String, i64)> = on!(connection, |inner| delivery_outcome::table
        .group_by(delivery_outcome::status)
        .select((delivery_outcome::status, count_star()))
        .load(inner))?;
    rows.into_iter().map(|(status, count)| Ok((to_status(&status)?, to_unsigned(count)?))).collect()
}

/// What has come from a source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceCount {
    /// How many deliveries have been read.
    pub received: u64,
    /// How many of them could not be read.
    pub failed: u64,
    /// The index of the last one.
    pub last: Option<u64>,
}

/// What has come from each source.
///
/// # Errors
/// As every query.
pub fn count_by_source(connection: &mut Connection) -> Result<BTreeMap<String, SourceCount>, StoreError> {
    let rows: Vec<(String, String, i64, Option<i64>)> = on!(connection, |inner| delivery_outcome::table
        .group_by((delivery_outcome::source, delivery_outcome::status))
        .select((delivery_outcome::source, delivery_outcome::status, count_star(), max(delivery_outcome::entry)))
        .load(inner))?;
    let mut counts: BTreeMap<String, SourceCount> = BTreeMap::new();
    for (source, status, count, last) in rows {
        let entry = counts.entry(source).or_default();
        entry.received += to_unsigned(count)?;
        if to_status(&status)? == DeliveryStatus::Failed {
            entry.failed += to_unsigned(count)?;
        }
        entry.last = entry.last.max(last.map(to_unsigned).transpose()?);
    }
    Ok(counts)
}

fn to_delivery(columns: EntryColumns, outcome: Option<OutcomeColumns>) -> Result<DeliveryRow, StoreError> {
    let (position, received, source, delivery_id, evidence, body_bytes, conflicting) = columns;
    Ok(DeliveryRow {
        entry: to_unsigned(position)?,
        received: Timestamp::from_micros(received),
        source,
        delivery_id,
        evidence,
        body_bytes: to_unsigned(body_bytes)?,
        conflicting,
        outcome: outcome.map(to_outcome).transpose()?,
    })
}

fn to_outcome((entry, source, provider, status, event, detail): OutcomeColumns) -> Result<DeliveryOutcome, StoreError> {
    Ok(DeliveryOutcome { entry: to_unsigned(entry)?, source, provider, status: to_status(&status)?, event, detail })
}

fn to_status(word: &str) -> Result<DeliveryStatus, StoreError> {
    DeliveryStatus::from_word(word).ok_or_else(|| StoreError::Damaged(format!("the outcome '{word}' is unknown")))
}
