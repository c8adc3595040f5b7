//! What people have decided about releases, and which verdicts were recorded, by candidate and environment.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel::upsert::excluded;
use throughline_domain::time::Timestamp;

use crate::connection::Connection;
use crate::dialect::{VALUES_PER_LIST, on, upsert_rows};
use crate::error::StoreError;
use crate::numbers::{to_signed, to_unsigned};
use crate::schema::{release_decision, release_verdict};

/// The most decisions that one query about several candidates reads; where there may be more, each is asked for by itself.
const DECISIONS_AT_ONCE: i64 = 5_000;

/// What a decision is about: key of what goes out, key of where it goes.
pub type Subject = (String, String);

/// A decision about a release, as its entry states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionRow {
    /// The index of its entry.
    pub entry: u64,
    /// Key of what goes out.
    pub candidate: String,
    /// Key of where it goes.
    pub environment: String,
    /// What was decided: `go`, `no_go`, `waive` or `emergency`.
    pub what: String,
    /// The gate that need not pass, of a waiver.
    pub gate: Option<String>,
    /// Who decided.
    pub person: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
    /// When it ceases to count.
    pub expires: Option<Timestamp>,
}

/// A verdict that stands in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerdictRow {
    /// The index of its entry.
    pub entry: u64,
    /// Key of what was judged.
    pub candidate: String,
    /// Key of where it was to go.
    pub environment: String,
    /// What it came to, as a word.
    pub outcome: String,
    /// The hash of the policy that it was judged by.
    pub policy: String,
    /// Who asked.
    pub person: String,
    /// The moment of the evaluation.
    pub at: Timestamp,
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = release_decision)]
struct StoredDecision {
    entry: i64,
    candidate: String,
    environment: String,
    what: String,
    gate: Option<String>,
    person: String,
    reason: String,
    at: i64,
    expires: Option<i64>,
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = release_verdict)]
struct StoredVerdict {
    entry: i64,
    candidate: String,
    environment: String,
    outcome: String,
    policy: String,
    person: String,
    at: i64,
}

/// Writes decisions and verdicts that were read from their entries, in the transaction of the caller.
///
/// # Errors
/// As every query.
pub fn write(
    connection: &mut Connection,
    decisions: &[DecisionRow],
    verdicts: &[VerdictRow],
) -> Result<(), StoreError> {
    let decisions = decisions.iter().map(stored_decision).collect::<Result<Vec<_>, StoreError>>()?;
    let verdicts = verdicts.iter().map(stored_verdict).collect::<Result<Vec<_>, StoreError>>()?;
    upsert_rows!(
        connection,
        release_decision::table,
        &decisions,
        release_decision::entry,
        (
            release_decision::candidate.eq(excluded(release_decision::candidate)),
            release_decision::environment.eq(excluded(release_decision::environment)),
        )
    );
    upsert_rows!(
        connection,
        release_verdict::table,
        &verdicts,
        release_verdict::entry,
        (
            release_verdict::candidate.eq(excluded(release_verdict::candidate)),
            release_verdict::environment.eq(excluded(release_verdict::environment)),
        )
    );
    Ok(())
}

/// The decisions about a candidate for an environment, the newest first; at most `limit`.
///
/// # Errors
/// As every query.
pub fn decisions(
    connection: &mut Connection,
    candidate: &str,
    environment: &str,
    limit: i64,
) -> Result<Vec<DecisionRow>, StoreError> {
    let rows: Vec<StoredDecision> = on!(connection, |inner| release_decision::table
        .filter(release_decision::candidate.eq(candidate).and(release_decision::environment.eq(environment)))
        .order(release_decision::entry.desc())
        .limit(limit)
        .select(StoredDecision::as_select())
        .load(inner))?;
    rows.into_iter().map(to_decision).collect()
}

/// The decisions about some candidates for their environments, by both, the newest first; at most `limit` of each.
///
/// # Errors
/// As every query.
pub fn decisions_of(
    connection: &mut Connection,
    subjects: &BTreeSet<Subject>,
    limit: i64,
) -> Result<BTreeMap<Subject, Vec<DecisionRow>>, StoreError> {
    let most = usize::try_from(limit).unwrap_or_default();
    let mut found: BTreeMap<Subject, Vec<DecisionRow>> = BTreeMap::new();
    let all: Vec<&Subject> = subjects.iter().collect();
    for chunk in all.chunks(VALUES_PER_LIST) {
        let candidates: Vec<&str> = chunk.iter().map(|(candidate, _)| candidate.as_str()).collect();
        let rows: Vec<StoredDecision> = on!(connection, |inner| release_decision::table
            .filter(release_decision::candidate.eq_any(&candidates))
            .order(release_decision::entry.desc())
            .limit(DECISIONS_AT_ONCE)
            .select(StoredDecision::as_select())
            .load(inner))?;
        if i64::try_from(rows.len()).is_ok_and(|count| count < DECISIONS_AT_ONCE) {
            for row in rows {
                let row = to_decision(row)?;
                let subject = (row.candidate.clone(), row.environment.clone());
                let own = found.entry(subject).or_default();
                if own.len() < most {
                    own.push(row);
                }
            }
        } else {
            for subject in chunk {
                let own = decisions(connection, &subject.0, &subject.1, limit)?;
                found.insert((*subject).clone(), own);
            }
        }
    }
    found.retain(|subject, own| subjects.contains(subject) && !own.is_empty());
    Ok(found)
}

/// The recorded verdicts about a candidate for an environment, the newest first; at most `limit`.
///
/// # Errors
/// As every query.
pub fn verdicts(
    connection: &mut Connection,
    candidate: &str,
    environment: &str,
    limit: i64,
) -> Result<Vec<VerdictRow>, StoreError> {
    let rows: Vec<StoredVerdict> = on!(connection, |inner| release_verdict::table
        .filter(release_verdict::candidate.eq(candidate).and(release_verdict::environment.eq(environment)))
        .order(release_verdict::entry.desc())
        .limit(limit)
        .select(StoredVerdict::as_select())
        .load(inner))?;
    rows.into_iter().map(to_verdict).collect()
}

/// Every decision and verdict as text, for comparing two databases; indexes of entries are left out.
///
/// # Errors
/// As every query.
pub(crate) fn lines(connection: &mut Connection) -> Result<Vec<String>, StoreError> {
    let decisions: Vec<StoredDecision> =
        on!(connection, |inner| release_decision::table.select(StoredDecision::as_select()).load(inner))?;
    let verdicts: Vec<StoredVerdict> =
        on!(connection, |inner| release_verdict::table.select(StoredVerdict::as_select()).load(inner))?;
    let decided = decisions.iter().map(|row| {
        let StoredDecision { entry: _, candidate, environment, what, gate, person, reason, at, expires } = row;
        format!("decision {candidate} {environment} {what} {gate:?} {person:?} {reason:?} {at} {expires:?}")
    });
    let judged = verdicts.iter().map(|row| {
        let StoredVerdict { entry: _, candidate, environment, outcome, policy, person, at } = row;
        format!("verdict {candidate} {environment} {outcome} {policy} {person:?} {at}")
    });
    Ok(decided.chain(judged).collect())
}

/// PostgreSQL cannot hold a NUL in a text, and nobody can read one.
fn clean(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

fn stored_decision(row: &DecisionRow) -> Result<StoredDecision, StoreError> {
    Ok(StoredDecision {
        entry: to_signed(row.entry)?,
        candidate: row.candidate.clone(),
        environment: row.environment.clone(),
        what: row.what.clone(),
        gate: row.gate.as_deref().map(clean),
        person: clean(&row.person),
        reason: clean(&row.reason),
        at: row.at.micros(),
        expires: row.expires.map(Timestamp::micros),
    })
}

fn stored_verdict(row: &VerdictRow) -> Result<StoredVerdict, StoreError> {
    Ok(StoredVerdict {
        entry: to_signed(row.entry)?,
        candidate: row.candidate.clone(),
        environment: row.environment.clone(),
        outcome: clean(&row.outcome),
        policy: clean(&row.policy),
        person: clean(&row.person),
        at: row.at.micros(),
    })
}

fn to_decision(row: StoredDecision) -> Result<DecisionRow, StoreError> {
    Ok(DecisionRow {
        entry: to_unsigned(row.entry)?,
        candidate: row.candidate,
        environment: row.environment,
        what: row.what,
        gate: row.gate,
        person: row.person,
        reason: row.reason,
        at: Timestamp::from_micros(row.at),
        expires: row.expires.map(Timestamp::from_micros),
    })
}

fn to_verdict(row: StoredVerdict) -> Result<VerdictRow, StoreError> {
    Ok(VerdictRow {
        entry: to_unsigned(row.entry)?,
        candidate: row.candidate,
        environment: row.environment,
        outcome: row.outcome,
        policy: row.policy,
        person: row.person,
        at: Timestamp::from_micros(row.at),
    })
}
