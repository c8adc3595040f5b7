//! Deliveries as people and programs look at them: lists, one with its proof, what came of reading it.

use async_graphql::SimpleObject;
use serde::{Deserialize, Serialize};
use throughline_domain::ledger::{EntryKind, Hash, ProofError, inclusion_proof, leaf_hash, tile};
use throughline_store::ledger::{Reader, from_tile};
use throughline_store::{DeliveryFilter, DeliveryRow, DeliveryStatus, StoreError, StoredEntry, deliveries, ledger};
use throughline_webhooks::provider::Content;
use utoipa::{IntoParams, ToSchema};

use crate::actions;
use crate::answer::DeliverySummary;
use crate::ask::{Desk, vouched};
use crate::configuration::{EVIDENCE_PREFIX, InForce};
use crate::http::problem::{Code, Problem};
use crate::project;
use crate::sources::Sources;

/// How many deliveries a page of a list has, unless asked otherwise.
const PAGE: u32 = 50;

/// The most deliveries that one page of a list may have.
const MAX_PAGE: u32 = 500;

/// The most bytes of a body that are shown.
const MAX_SHOWN: usize = 204_800;

/// The most bytes of a body that are read as JSON to be shown indented.
const MAX_INDENTED: usize = 1_048_576;

/// Which deliveries to list.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
pub struct ListQuery {
    /// Only those with this outcome: `parsed`, `ignored`, `duplicate` or `failed`.
    pub status: Option<String>,
    /// Only those of this source.
    pub source: Option<String>,
    /// Only those before this entry.
    pub before: Option<u64>,
    /// How many at most: 1 to 500, 50 unless given.
    pub limit: Option<u32>,
}

impl ListQuery {
    /// The address of the page that continues a list.
    pub fn address(&self, before: u64) -> String {
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("status", &self.status), ("source", &self.source)] {
            if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
                pairs.append_pair(name, value);
            }
        }
        pairs.append_pair("before", &before.to_string());
        format!("/deliveries?{}", pairs.finish())
    }
}

/// A page of a list.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct DeliveryList {
    /// The deliveries, the newest first.
    pub deliveries: Vec<DeliverySummary>,
    /// What to give as `before` for the next page; null at the end.
    pub next: Option<u64>,
}

/// One delivery with everything that is kept of it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DeliveryDetail {
    /// The delivery.
    pub delivery: DeliverySummary,
    /// Whether it can be read again; false of what a person has done, which is kept as it is read.
    pub replayable: bool,
    /// The kept headers.
    pub headers: Vec<(String, String)>,
    /// The body as text, indented where it is JSON; null where it was erased.
    pub body: Option<String>,
    /// True where only the beginning is shown.
    pub body_cut: bool,
    /// What the delivery states, read again with the parser of today; null where it states nothing.
    #[schema(value_type = Option<Object>)]
    pub facts: Option<serde_json::Value>,
    /// The proof that the entry is in the ledger.
    pub proof: InclusionProof,
}

/// The proof that an entry is in the tree of a size (RFC 6962); hashes in base64.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct InclusionProof {
    /// The entry's index.
    pub index: u64,
    /// The committed bytes of the entry, in hexadecimal digits.
    pub leaf: String,
    /// The hash of the leaf.
    pub leaf_hash: String,
    /// The size of the tree.
    pub size: u64,
    /// The root over it.
    pub root: String,
    /// The hashes from the leaf to the root.
    pub hashes: Vec<String>,
}

/// Lists deliveries, the newest first.
///
/// # Errors
/// 400 for an outcome that does not exist.
pub fn list(desk: &Desk, sources: &Sources, query: &ListQuery) -> Result<DeliveryList, Problem> {
    let status = match query.status.as_deref().filter(|word| !word.is_empty()) {
        None => None,
        Some(word) => Some(DeliveryStatus::from_word(word).ok_or_else(|| {
            Problem::new(Code::BadRequest, "status must be one of parsed, ignored, duplicate, failed")
        })?),
    };
    let limit = query.limit.unwrap_or(PAGE).clamp(1, MAX_PAGE);
    let source = query.source.clone().filter(|source| !source.is_empty() && !source.contains('\0'));
    let filter = DeliveryFilter { status, source, before: query.before, limit };
    let rows = desk.store.read(|connection| deliveries::list(connection, &filter))?;
    let full = rows.len() == usize::try_from(limit).unwrap_or(usize::MAX);
    let next = rows.last().filter(|_| full).map(|last| last.entry);
    Ok(DeliveryList { deliveries: rows.into_iter().map(|row| summary(row, sources)).collect(), next })
}

/// One delivery with its proof.
///
/// # Errors
/// 404 where the entry is no delivery.
pub fn detail(desk: &Desk, sources: &Sources, position: u64) -> Result<DeliveryDetail, Problem> {
    let missing = || Problem::new(Code::NotFound, format!("entry {position} is no delivery"));
    let (in_force, entry, row, proof) = desk
        .store
        .read(|connection| {
            let in_force = InForce::load(connection)?;
            let entry = ledger::entry_at(connection, position)?;
            let filter =
                DeliveryFilter { before: Some(position.saturating_add(1)), limit: 1, ..DeliveryFilter::default() };
            let row = deliveries::list(connection, &filter)?.into_iter().find(|row| row.entry == position);
            let proof = entry.as_ref().map(|entry| prove(connection, entry)).transpose()?;
            Ok((in_force, entry, row, proof))
        })
        .map_err(Problem::from)?;
    let (Some(entry), Some(row), Some(proof)) = (entry, row, proof) else { return Err(missing()) };
    let replayable = project::is_delivery(&entry);
    if !replayable && !is_action(&entry) {
        return Err(missing());
    }
    let delivery = summary(row, sources);
    let facts = if replayable {
        match project::parse(&in_force, &entry).map(|parsed| parsed.content) {
            Ok(Content::Facts(facts)) => serde_json::to_value(facts).ok(),
            Ok(Content::Ignored(_)) | Err(_) => None,
        }
    } else {
        actions::facts(&entry).and_then(|facts| serde_json::to_value(facts).ok())
    };
    let headers = serde_json::from_slice(&entry.headers).unwrap_or_default();
    let (body, body_cut) = match &entry.body {
        Some(body) => {
            let (text, cut) = readable(body);
            (Some(text), cut)
        }
        None => (None, false),
    };
    Ok(DeliveryDetail { delivery, replayable, headers, body, body_cut, facts, proof })
}

/// The exact bytes of a delivery's body.
///
/// # Errors
/// 404 where the entry is no delivery, or its body was erased.
pub fn body(desk: &Desk, position: u64) -> Result<Vec<u8>, Problem> {
    let entry = desk.store.read(|connection| ledger::entry_at(connection, position))?;
    entry
        .filter(|entry| project::is_delivery(entry) || is_action(entry))
        .and_then(|entry| entry.body)
        .ok_or_else(|| Problem::new(Code::NotFound, format!("entry {position} is no delivery, or its body was erased")))
}

fn is_action(entry: &StoredEntry) -> bool {
    entry.entry_kind() == Some(EntryKind::UserAction)
}

fn prove(connection: &mut throughline_store::Connection, entry: &StoredEntry) -> Result<InclusionProof, StoreError> {
    let head = ledger::read_head(connection)?
        .ok_or_else(|| StoreError::Damaged("there are entries and no head".to_owned()))?;
    let mut reader = Reader(connection);
    let hashes: Vec<Hash> = inclusion_proof(entry.position, head.size, |level, index| {
        tile::subtree_hash(&mut reader, head.size, level, index)
    })
    .map_err(|error| match error {
        ProofError::Unreadable(error) => from_tile(error),
        other @ (ProofError::NoSuchLeaf { .. } | ProofError::NoSuchGrowth { .. }) => {
            StoreError::Damaged(format!("{other:?}"))
        }
    })?;
    Ok(InclusionProof {
        index: entry.position,
        leaf: crate::keys::hex(&entry.leaf),
        leaf_hash: leaf_hash(&entry.leaf).to_string(),
        size: head.size,
        root: head.root.to_string(),
        hashes: hashes.iter().map(ToString::to_string).collect(),
    })
}

/// The delivery as lists show it. The provider of one that has not been read yet is its source's.
fn summary(row: DeliveryRow, sources: &Sources) -> DeliverySummary {
    let provider = match &row.outcome {
        Some(outcome) => outcome.provider.clone(),
        None => match row.source.strip_prefix(EVIDENCE_PREFIX) {
            Some(provider) => provider.to_owned(),
            None => sources.find(&row.source).map(|source| source.provider.name.to_owned()).unwrap_or_default(),
        },
    };
    let status = row.outcome.as_ref().map_or("waiting", |outcome| outcome.status.word());
    DeliverySummary {
        entry: row.entry,
        received: row.received.to_string(),
        source: row.source,
        provider,
        delivery_id: row.delivery_id,
        event: row.outcome.as_ref().and_then(|outcome| outcome.event.clone()),
        status: status.to_owned(),
        detail: row.outcome.and_then(|outcome| outcome.detail),
        vouched: vouched(row.evidence),
        size_bytes: row.body_bytes,
        conflicting: row.conflicting,
    }
}

fn readable(body: &[u8]) -> (String, bool) {
    if body.len() > MAX_INDENTED {
        return (String::from_utf8_lossy(body.get(..MAX_SHOWN).unwrap_or(body)).into_owned(), true);
    }
    let text = match serde_json::from_slice::<serde_json::Value>(body) {
        Ok(value) => serde_json::to_string_pretty(&value).unwrap_or_default(),
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    };
    if text.len() <= MAX_SHOWN {
        return (text, false);
    }
    (text.get(..text.floor_char_boundary(MAX_SHOWN)).unwrap_or_default().to_owned(), true)
}
