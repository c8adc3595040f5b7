//! What the ledger already has of the ids and bodies in a batch.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;

use super::draft::Draft;
use crate::connection::Connection;
use crate::dialect::{VALUES_PER_LIST, on};
use crate::error::StoreError;
use crate::schema::entry;

/// The entries of one id: the fingerprint of each body, and the entry's index.
type SameId = Vec<(Vec<u8>, i64)>;

/// What the ledger already has of the ids and bodies in a batch.
#[derive(Default)]
pub(super) struct Earlier {
    by_id: HashMap<(String, String), SameId>,
    by_body: HashMap<(String, Vec<u8>), i64>,
}

pub(super) struct Verdict {
    pub(super) repeated: Option<i64>,
    pub(super) duplicate_of: Option<i64>,
    pub(super) conflicting: bool,
}

impl Earlier {
    pub(super) fn load(connection: &mut Connection, drafts: &[Draft]) -> Result<Self, StoreError> {
        let sources: BTreeSet<&str> = drafts.iter().map(|draft| draft.source.as_str()).collect();
        let sources: Vec<&str> = sources.into_iter().collect();
        let mut earlier = Self::default();
        for chunk in drafts.chunks(VALUES_PER_LIST / 4) {
            let ids: Vec<&str> = chunk.iter().map(|draft| draft.delivery_id.as_str()).collect();
            let bodies: Vec<&[u8]> = chunk.iter().map(|draft| draft.fingerprint.as_slice()).collect();
            let rows: Vec<(String, String, Vec<u8>, i64)> = on!(connection, |inner| entry::table
                .filter(entry::source.eq_any(&sources).and(entry::delivery_id.eq_any(&ids)))
                .select((entry::source, entry::delivery_id, entry::fingerprint, entry::position))
                .load(inner))?;
            for (source, id, fingerprint, position) in rows {
                earlier.by_id.entry((source, id)).or_default().push((fingerprint, position));
            }
            let rows: Vec<(String, Vec<u8>, i64)> = on!(connection, |inner| entry::table
                .filter(entry::source.eq_any(&sources).and(entry::fingerprint.eq_any(&bodies)))
                // Only the first of a body: some tools send the same one every minute for years.
                .filter(entry::duplicate_of.is_null())
                .select((entry::source, entry::fingerprint, entry::position))
                .load(inner))?;
            for (source, fingerprint, position) in rows {
                earlier.by_body.entry((source, fingerprint)).or_insert(position);
            }
        }
        Ok(earlier)
    }

    pub(super) fn judge(&self, draft: &Draft) -> Verdict {
        let id = (draft.source.clone(), draft.delivery_id.clone());
        let same_id = self.by_id.get(&id).map(Vec::as_slice).unwrap_or_default();
        let repeated = same_id
            .iter()
            .filter(|(body, _)| body.as_slice() == draft.fingerprint)
            .map(|(_, position)| *position)
            .min();
        let body = (draft.source.clone(), draft.fingerprint.to_vec());
        Verdict { repeated, duplicate_of: self.by_body.get(&body).copied(), conflicting: !same_id.is_empty() }
    }

    pub(super) fn add(&mut self, draft: &Draft, position: i64) {
        let fingerprint = draft.fingerprint.to_vec();
        self.by_id
            .entry((draft.source.clone(), draft.delivery_id.clone()))
            .or_default()
            .push((fingerprint.clone(), position));
        self.by_body.entry((draft.source.clone(), fingerprint)).or_insert(position);
    }
}
