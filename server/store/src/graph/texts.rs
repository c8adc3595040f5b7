//! The texts of one node with the references in them, and what their names stand for: why a text makes a link, or none.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use throughline_domain::fact::Field;
use throughline_domain::key::Key;
use throughline_domain::name::Name;
use throughline_domain::rules::Reference;

use super::rows::{StoredReference, StoredText};
use super::words::{to_field, to_key};
use crate::connection::Connection;
use crate::dialect::{VALUES_PER_LIST, on};
use crate::error::StoreError;
use crate::numbers::to_unsigned;
use crate::schema::{node_name, node_reference, node_text};

/// The most keys of one name that are read; more than one is too many for a reference anyway.
const MAX_KEYS: i64 = 100;

/// A text of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextRow {
    /// Where it stands.
    pub field: Field,
    /// The entry that states it.
    pub entry: u64,
    /// What it refers to, in order of rule and place.
    pub references: Vec<Reference>,
}

/// The texts of a node, in order of field; the newest of each.
///
/// # Errors
/// [`StoreError::Damaged`] where a stored word is unknown.
pub fn texts_of(connection: &mut Connection, node: u32) -> Result<Vec<TextRow>, StoreError> {
    let node = i64::from(node);
    let rows: Vec<StoredText> = on!(connection, |inner| node_text::table
        .filter(node_text::node.eq(node))
        .order(node_text::field)
        .select(StoredText::as_select())
        .load(inner))?;
    let mut texts = BTreeMap::new();
    for row in rows {
        let field = to_field(&row.field)?;
        texts.insert(field, TextRow { field, entry: to_unsigned(row.entry)?, references: Vec::new() });
    }
    let rows: Vec<StoredReference> = on!(connection, |inner| node_reference::table
        .filter(node_reference::node.eq(node))
        .order((node_reference::field, node_reference::ordinal))
        .select(StoredReference::as_select())
        .load(inner))?;
    for row in rows {
        if let Some(text) = texts.get_mut(&to_field(&row.field)?) {
            text.references.push(row.into_reference()?);
        }
    }
    Ok(texts.into_values().collect())
}

/// What each of these names stands for; a name that stands for nothing is left out.
///
/// # Errors
/// [`StoreError::Damaged`] where a stored key cannot be read.
pub fn known_by(
    connection: &mut Connection,
    names: &BTreeSet<Name>,
) -> Result<BTreeMap<Name, BTreeSet<Key>>, StoreError> {
    let names: Vec<&str> = names.iter().map(Name::as_str).collect();
    let mut known: BTreeMap<Name, BTreeSet<Key>> = BTreeMap::new();
    for chunk in names.chunks(VALUES_PER_LIST) {
        let limit = MAX_KEYS.saturating_mul(i64::try_from(chunk.len()).unwrap_or(i64::MAX));
        let rows: Vec<(String, String)> = on!(connection, |inner| node_name::table
            .filter(node_name::name.eq_any(chunk))
            .order((node_name::name, node_name::key))
            .limit(limit)
            .select((node_name::name, node_name::key))
            .load(inner))?;
        for (name, key) in rows {
            known.entry(Name::from_stored(name)).or_default().insert(to_key(&key)?);
        }
    }
    Ok(known)
}
