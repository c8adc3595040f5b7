//! Loading the part of the graph that a fold works on.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use throughline_domain::fact::{Attribute, Event, Field};
use throughline_domain::graph::NodeId;
use throughline_domain::graph::fold::{EventId, EventRow, LinkRow, Needs, Register, Slice};
use throughline_domain::key::Key;
use throughline_domain::name::Name;
use throughline_domain::rules::Reference;
use throughline_domain::time::Timestamp;

use super::ProjectionState;
use super::rows::{StoredAssertion, StoredAttribute, StoredEvent, StoredLink, StoredNode, StoredReference, StoredText};
use super::words::{damaged, to_field, to_id, to_key, to_word};
use crate::connection::Connection;
use crate::dialect::{VALUES_PER_LIST, on};
use crate::error::StoreError;
use crate::numbers::to_unsigned;
use crate::schema::{link, link_assertion, node, node_attribute, node_event, node_name, node_reference, node_text};

/// Loads what is needed to fold some deliveries.
///
/// # Errors
/// [`StoreError::Damaged`] where a stored word is unknown.
pub fn load_slice(connection: &mut Connection, state: &ProjectionState, needs: &Needs) -> Result<Slice, StoreError> {
    let mut slice = Slice::new(state.next_node, state.next_link);
    load_names(
        connection,
        &mut slice,
        needs.announced.iter().map(|(name, _)| name).chain(needs.references.iter().map(|reference| &reference.awaits)),
    )?;
    let fresh: BTreeSet<&Name> = needs
        .announced
        .iter()
        .filter(|(name, key)| slice.names.get(name).is_none_or(|keys| !keys.contains(key)))
        .map(|(name, _)| name)
        .collect();
    let mut texts = waiting_texts(connection, &fresh)?;
    load_nodes_by_key(connection, &mut slice, needs.keys.iter().map(Key::as_str))?;
    for (key, field) in &needs.texts {
        if let Some(row) = slice.nodes.get(key) {
            texts.insert((row.id, *field));
        }
    }
    load_nodes_by_id(connection, &mut slice, texts.iter().map(|(node, _)| *node).collect())?;
    load_texts(connection, &mut slice, &texts)?;
    load_targets(connection, &mut slice, needs)?;
    load_attributes(connection, &mut slice, &needs.keys)?;
    load_links(connection, &mut slice, &texts, &needs.keys)?;
    load_events(connection, &mut slice, &needs.events)?;
    Ok(slice)
}

fn load_names<'a>(
    connection: &mut Connection,
    slice: &mut Slice,
    names: impl Iterator<Item = &'a Name>,
) -> Result<(), StoreError> {
    let names: BTreeSet<&str> = names.map(Name::as_str).collect();
    let names: Vec<&str> = names.into_iter().collect();
    for chunk in names.chunks(VALUES_PER_LIST) {
        let rows: Vec<(String, String)> = on!(connection, |inner| node_name::table
            .filter(node_name::name.eq_any(chunk))
            .select((node_name::name, node_name::key))
            .load(inner))?;
        for (name, key) in rows {
            slice.names.entry(Name::from_stored(name)).or_default().insert(to_key(&key)?);
        }
    }
    Ok(())
}

/// The texts that wait for names which are about to stand for something new.
fn waiting_texts(
    connection: &mut Connection,
    names: &BTreeSet<&Name>,
) -> Result<BTreeSet<(NodeId, Field)>, StoreError> {
    let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
    let mut texts = BTreeSet::new();
    for chunk in names.chunks(VALUES_PER_LIST) {
        let rows: Vec<(i64, String)> = on!(connection, |inner| node_reference::table
            .filter(node_reference::awaits.eq_any(chunk))
            .select((node_reference::node, node_reference::field))
            .distinct()
            .load(inner))?;
        for (node, field) in rows {
            texts.insert((NodeId(to_id(node)?), to_field(&field)?));
        }
    }
    Ok(texts)
}

fn load_nodes_by_key<'a>(
    connection: &mut Connection,
    slice: &mut Slice,
    keys: impl Iterator<Item = &'a str>,
) -> Result<(), StoreError> {
    let keys: Vec<&str> = keys.collect();
    for chunk in keys.chunks(VALUES_PER_LIST) {
        let rows: Vec<StoredNode> = on!(connection, |inner| node::table
            .filter(node::key.eq_any(chunk))
            .select(StoredNode::as_select())
            .load(inner))?;
        for row in rows {
            row.load_into(slice)?;
        }
    }
    Ok(())
}

fn load_nodes_by_id(connection: &mut Connection, slice: &mut Slice, ids: BTreeSet<NodeId>) -> Result<(), StoreError> {
    let ids: Vec<i64> = ids.iter().filter(|id| !slice.keys.contains_key(id)).map(|id| i64::from(id.0)).collect();
    for chunk in ids.chunks(VALUES_PER_LIST) {
        let rows: Vec<StoredNode> = on!(connection, |inner| node::table
            .filter(node::id.eq_any(chunk))
            .select(StoredNode::as_select())
            .load(inner))?;
        for row in rows {
            row.load_into(slice)?;
        }
    }
    Ok(())
}

fn load_texts(
    connection: &mut Connection,
    slice: &mut Slice,
    texts: &BTreeSet<(NodeId, Field)>,
) -> Result<(), StoreError> {
    let nodes: BTreeSet<i64> = texts.iter().map(|(node, _)| i64::from(node.0)).collect();
    let nodes: Vec<i64> = nodes.into_iter().collect();
    let mut references: BTreeMap<(NodeId, Field), Vec<Reference>> = BTreeMap::new();
    for chunk in nodes.chunks(VALUES_PER_LIST) {
        let rows: Vec<StoredText> = on!(connection, |inner| node_text::table
            .filter(node_text::node.eq_any(chunk))
            .select(StoredText::as_select())
            .load(inner))?;
        for row in rows {
            let place = (NodeId(to_id(row.node)?), to_field(&row.field)?);
            slice.mentions.insert(place, row.into_mention()?);
        }
        let rows: Vec<StoredReference> = on!(connection, |inner| node_reference::table
            .filter(node_reference::node.eq_any(chunk))
            .order((node_reference::node, node_reference::field, node_reference::ordinal))
            .select(StoredReference::as_select())
            .load(inner))?;
        for row in rows {
            let place = (NodeId(to_id(row.node)?), to_field(&row.field)?);
            references.entry(place).or_default().push(row.into_reference()?);
        }
    }
    let awaited: BTreeSet<Name> = references.values().flatten().map(|reference| reference.awaits.clone()).collect();
    load_names(connection, slice, awaited.iter())?;
    for ((node, field), list) in references {
        slice.load_references(node, field, list);
    }
    Ok(())
}

/// Every node that a reference may come to point at: what its name stands for already, or will after these deliveries.
fn load_targets(connection: &mut Connection, slice: &mut Slice, needs: &Needs) -> Result<(), StoreError> {
    let mut names: BTreeMap<&Name, BTreeSet<&Key>> = BTreeMap::new();
    for (name, keys) in &slice.names {
        names.entry(name).or_default().extend(keys);
    }
    for (name, key) in &needs.announced {
        names.entry(name).or_default().insert(key);
    }
    let known: BTreeMap<&Name, BTreeSet<Key>> =
        names.into_iter().map(|(name, keys)| (name, keys.into_iter().cloned().collect())).collect();
    let references = slice.references.values().flatten().chain(&needs.references);
    let mut targets: BTreeSet<Key> =
        references.flat_map(|reference| reference.candidates(known.get(&reference.awaits))).collect();
    targets.retain(|key| !slice.nodes.contains_key(key));
    load_nodes_by_key(connection, slice, targets.iter().map(Key::as_str))
}

fn load_attributes(connection: &mut Connection, slice: &mut Slice, keys: &BTreeSet<Key>) -> Result<(), StoreError> {
    let nodes: Vec<i64> = ids_of(slice, keys).into_iter().map(|id| i64::from(id.0)).collect();
    for chunk in nodes.chunks(VALUES_PER_LIST) {
        let rows: Vec<StoredAttribute> = on!(connection, |inner| node_attribute::table
            .filter(node_attribute::node.eq_any(chunk))
            .select(StoredAttribute::as_select())
            .load(inner))?;
        for row in rows {
            let attribute = to_word(Attribute::from_word(&row.attribute), &row.attribute)?;
            let register = Register {
                value: row.value,
                at: row.at.map(Timestamp::from_micros),
                entry: to_unsigned(row.entry)?,
                content: row.content,
            };
            slice.attributes.insert((NodeId(to_id(row.node)?), attribute), register);
        }
    }
    Ok(())
}

/// All links that begin at the nodes whose texts or relations are restated, with their evidence and their other ends.
fn load_links(
    connection: &mut Connection,
    slice: &mut Slice,
    texts: &BTreeSet<(NodeId, Field)>,
    keys: &BTreeSet<Key>,
) -> Result<(), StoreError> {
    let mut origins = ids_of(slice, keys);
    origins.extend(texts.iter().map(|(node, _)| *node));
    let origins: Vec<i64> = origins.iter().map(|id| i64::from(id.0)).collect();
    let mut ends = BTreeSet::new();
    let mut ids = Vec::new();
    for chunk in origins.chunks(VALUES_PER_LIST) {
        let rows: Vec<StoredLink> = on!(connection, |inner| link::table
            .filter(link::origin.eq_any(chunk))
            .select(StoredLink::as_select())
            .load(inner))?;
        for row in rows {
            ids.push(row.id);
            let (id, record) = row.into_record()?;
            ends.insert(record.to);
            let row = LinkRow { id, class: record.class, live: record.live };
            slice.links.insert((record.from, record.kind, record.to), row);
        }
    }
    load_nodes_by_id(connection, slice, ends)?;
    for chunk in ids.chunks(VALUES_PER_LIST) {
        let rows: Vec<StoredAssertion> = on!(connection, |inner| link_assertion::table
            .filter(link_assertion::link.eq_any(chunk))
            .select(StoredAssertion::as_select())
            .load(inner))?;
        for row in rows {
            let (key, assertion) = row.into_assertion()?;
            slice.assertions.insert(key, assertion);
        }
    }
    Ok(())
}

fn load_events(connection: &mut Connection, slice: &mut Slice, events: &BTreeSet<EventId>) -> Result<(), StoreError> {
    let ids: Vec<Vec<u8>> = events.iter().map(|id| id.0.to_vec()).collect();
    for chunk in ids.chunks(VALUES_PER_LIST) {
        let rows: Vec<StoredEvent> = on!(connection, |inner| node_event::table
            .filter(node_event::id.eq_any(chunk))
            .select(StoredEvent::as_select())
            .load(inner))?;
        for row in rows {
            let node = NodeId(to_id(row.node)?);
            let id = EventId(row.id.as_slice().try_into().map_err(|_| damaged("an event's id"))?);
            let key = slice.keys.get(&node).cloned().ok_or_else(|| damaged("an event's node"))?;
            let event = Event {
                node: key,
                at: Timestamp::from_micros(row.at),
                what: row.what,
                actor: row.actor,
                summary: row.summary,
            };
            slice.events.insert(id, EventRow { node, event, entry: to_unsigned(row.entry)?, content: row.content });
        }
    }
    Ok(())
}

fn ids_of(slice: &Slice, keys: &BTreeSet<Key>) -> BTreeSet<NodeId> {
    keys.iter().filter_map(|key| slice.nodes.get(key)).map(|row| row.id).collect()
}
