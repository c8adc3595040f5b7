//! What is known to be missing: deliveries that were lost and cannot be fetched any more. Each gap is an entry.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use throughline_domain::ledger::{EntryKind, EvidenceClass, StreamId};
use throughline_domain::time::Timestamp;
use throughline_store::{Connection, Draft, DraftContent, StoreError, ledger};
use utoipa::ToSchema;

use crate::clock;
use crate::keys::{Keys, hex, random};

/// The stream of gaps.
pub const GAP_STREAM: StreamId = StreamId::from_bytes(*b"gaps\0\0\0\0\0\0\0\0\0\0\0\0");

/// The source that such entries name.
pub const GAPS: &str = "gaps";

/// The most deliveries that one gap names; it counts the others.
pub const MAX_NAMED: usize = 1_000;

/// A gap, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Gap {
    /// The source whose deliveries are missing.
    pub source: String,
    /// Where they were to come from: the webhook of an App or of a repository.
    pub hook: String,
    /// The first moment from which something may be missing.
    #[schema(value_type = String)]
    pub first: Timestamp,
    /// The last.
    #[schema(value_type = String)]
    pub last: Timestamp,
    /// How many deliveries; null where nobody can say any more.
    pub count: Option<u64>,
    /// Why they cannot be had.
    pub reason: String,
    /// The ids of the deliveries, as far as they are known.
    #[serde(default)]
    pub deliveries: Vec<String>,
}

/// A gap with its place in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeptGap {
    /// The index of its entry.
    pub entry: u64,
    /// When it was found.
    pub found: String,
    /// The gap.
    #[serde(flatten)]
    pub gap: Gap,
}

/// A page of gaps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GapList {
    /// Every gap, the newest first.
    pub gaps: Vec<KeptGap>,
}

/// Every gap of the ledger, the newest first.
///
/// # Errors
/// As every query.
pub fn all(connection: &mut Connection) -> Result<GapList, StoreError> {
    let entries = ledger::entries_of_stream(connection, GAP_STREAM)?;
    let gap = |entry: &throughline_store::StoredEntry| {
        let gap: Gap = serde_json::from_slice(entry.body.as_deref()?).ok()?;
        Some(KeptGap { entry: entry.position, found: entry.received.to_string(), gap })
    };
    Ok(GapList { gaps: entries.iter().rev().filter_map(gap).collect() })
}

/// The ids of the deliveries that are known to be gone, of a source.
pub(super) fn named(list: &GapList, source: &str) -> BTreeSet<String> {
    let gaps = list.gaps.iter().filter(|kept| kept.gap.source == source);
    gaps.flat_map(|kept| kept.gap.deliveries.iter().cloned()).collect()
}

/// The entry of a gap, with the size of its body.
///
/// # Errors
/// [`StoreError::Query`] without randomness.
pub(super) fn draft(keys: &Keys, gap: &Gap) -> Result<(Draft, usize), StoreError> {
    let body = serde_json::to_vec(gap).map_err(|cause| StoreError::Query(cause.to_string()))?;
    // The same gap, found by two servers at once, is one entry.
    let fingerprint = keys.fingerprint(b"", &body);
    let id = hex(fingerprint.get(..16).unwrap_or(&fingerprint));
    let draft = Draft::new(&DraftContent {
        kind: EntryKind::Gap,
        evidence: EvidenceClass::System,
        received: clock::now(),
        stream: GAP_STREAM,
        source: GAPS,
        delivery_id: &id,
        headers: b"[]",
        body: &body,
        fingerprint,
        salt: random().map_err(|cause| StoreError::Query(cause.to_string()))?,
    })?;
    Ok((draft, body.len()))
}

#[cfg(test)]
mod tests {
    use throughline_domain::time::Timestamp;

    use super::{Gap, GapList, KeptGap, named};

    #[test]
    fn a_gap_keeps_its_form_and_names_its_deliveries() {
        let gap = Gap {
            source: "github".to_owned(),
            hook: "acme/checkout".to_owned(),
            first: Timestamp::from_seconds(1_773_480_366),
            last: Timestamp::from_seconds(1_773_480_426),
            count: Some(1),
            reason: "the payload is no longer kept".to_owned(),
            deliveries: vec!["7f1c".to_owned()],
        };
        let text = serde_json::to_string(&gap).unwrap();
        assert_eq!(
            text,
            "{\"source\":\"github\",\"hook\":\"acme/checkout\",\"first\":\"2026-03-14T09:26:06Z\",\
             \"last\":\"2026-03-14T09:27:06Z\",\"count\":1,\"reason\":\"the payload is no longer kept\",\
             \"deliveries\":[\"7f1c\"]}"
        );
        assert_eq!(serde_json::from_str::<Gap>(&text).unwrap(), gap);
        let list = GapList { gaps: vec![KeptGap { entry: 3, found: "2026-03-15T00:00:00Z".to_owned(), gap }] };
        assert_eq!(named(&list, "github").len(), 1);
        assert!(named(&list, "other").is_empty());
    }
}
