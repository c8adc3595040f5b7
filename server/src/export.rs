//! What the ledger tells, written for other tools: as CDEvents.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use throughline_store::{Store, StoreError, StoredEntry, ledger};
use throughline_webhooks::cdevents_out::{self, Origin};
use throughline_webhooks::provider::Content;
use utoipa::{IntoParams, ToSchema};

use crate::ask::vouched;
use crate::configuration::InForce;
use crate::project;

/// How many events a page has, unless asked otherwise.
const PAGE: u32 = 200;

/// The most events that may be asked for at once.
const MAX_PAGE: u32 = 1_000;

/// How many entries are read at once.
const READ_ENTRIES: u32 = 64;

/// The most entries that are looked at for one page: a ledger may be long and tell little of this sort.
const MAX_SCANNED: usize = 2_000;

/// The most bytes of bodies that are read for one page, but for the last reading; a few bodies may be large.
const MAX_SCANNED_BYTES: usize = 64 * 1024 * 1024;

/// The greatest index that an entry can have.
const LAST_INDEX: u64 = i64::MAX.unsigned_abs();

/// From where on, and how many.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
pub struct CdEventQuery {
    /// Only events of entries behind this one: `next` of the page before. From the beginning unless given.
    pub after: Option<u64>,
    /// How many at most, 1 to 1,000, 200 unless given. The events of one entry are never torn apart, so there may be more.
    pub limit: Option<u32>,
}

/// Events, in the order of the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CdEventList {
    /// CDEvents 0.5, each an object with `context`, `subject` and `customData`.
    #[schema(value_type = Vec<Object>)]
    pub events: Vec<Value>,
    /// The last entry that was looked at, to be given as `after`; null where there is none yet.
    pub next: Option<u64>,
    /// True where there are entries behind that one which have not been looked at.
    pub more: bool,
}

/// The events of the entries behind one, read with the parsers, mappings and aliases of today.
///
/// `source` is the public address of this server.
///
/// # Errors
/// As every query.
pub fn cdevents(store: &Store, source: &str, query: &CdEventQuery) -> Result<CdEventList, StoreError> {
    let limit = query.limit.unwrap_or(PAGE).clamp(1, MAX_PAGE);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let in_force = store.read(InForce::load)?;
    let mut list = CdEventList { next: query.after, ..CdEventList::default() };
    let (mut scanned, mut bytes) = (0, 0);
    while scanned < MAX_SCANNED && bytes < MAX_SCANNED_BYTES {
        let start = behind(list.next);
        let entries = store.read(|connection| ledger::entries_from(connection, start, READ_ENTRIES))?;
        if entries.is_empty() {
            // Whoever asks behind the end is told where the end is: what comes next must not be passed over.
            let newest = store.read(ledger::read_head)?.and_then(|head| head.size.checked_sub(1));
            list.next = list.next.min(newest);
            return Ok(list);
        }
        scanned += entries.len();
        bytes += entries.iter().filter_map(|entry| entry.body.as_ref()).map(Vec::len).sum::<usize>();
        for entry in &entries {
            list.events.extend(of_entry(&in_force, entry, source));
            list.next = Some(entry.position);
            if list.events.len() >= limit {
                list.more = is_followed(store, list.next)?;
                return Ok(list);
            }
        }
    }
    list.more = is_followed(store, list.next)?;
    Ok(list)
}

/// The index behind an entry, or the first one.
fn behind(entry: Option<u64>) -> u64 {
    entry.map_or(0, |entry| entry.saturating_add(1)).min(LAST_INDEX)
}

/// Whether there is anything behind an entry.
fn is_followed(store: &Store, entry: Option<u64>) -> Result<bool, StoreError> {
    Ok(!store.read(|connection| ledger::entries_from(connection, behind(entry), 1))?.is_empty())
}

/// What one entry tells; nothing where it repeats another one, states nothing, or cannot be read.
fn of_entry(in_force: &InForce, entry: &StoredEntry, source: &str) -> Vec<Value> {
    if !project::is_delivery(entry) || entry.duplicate_of.is_some() {
        return Vec::new();
    }
    match project::parse(in_force, entry).map(|parsed| parsed.content) {
        Ok(Content::Facts(facts)) => {
            let facts = in_force.aliases.apply(*facts);
            let evidence = vouched(entry.evidence);
            cdevents_out::write(&facts, &Origin { source, entry: entry.position, evidence: &evidence })
        }
        Ok(Content::Ignored(_)) | Err(_) => Vec::new(),
    }
}
