//! Writing what a fold has changed.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::upsert::excluded;
use throughline_domain::graph::fold::{Changes, Slice};
use throughline_domain::key::Key;
use throughline_domain::time::Timestamp;

use super::rows::{
    StoredAssertion, StoredAttribute, StoredEvent, StoredLink, StoredName, StoredNode, StoredReference, StoredText,
};
use super::words::{origin_word, without_nul};
use super::{PROJECTION, ProjectionState};
use crate::connection::Connection;
use crate::deliveries::{DeliveryOutcome, OutcomeRow};
use crate::dialect::{insert_rows, on, upsert_rows};
use crate::error::StoreError;
use crate::numbers::to_signed;
use crate::schema::{
    delivery_outcome, link, link_assertion, node, node_attribute, node_event, node_name, node_reference, node_text,
    projection,
};
use crate::search::{self, Touched};

/// Writes what a fold changed and moves the cursor, in the transaction of the caller.
///
/// Answers false, having written nothing, where the cursor is no longer where `state` says.
///
/// # Errors
/// As every query.
pub fn write_changes(
    connection: &mut Connection,
    state: &ProjectionState,
    cursor: u64,
    slice: &Slice,
    changes: &Changes,
    outcomes: &[DeliveryOutcome],
) -> Result<bool, StoreError> {
    let revision = to_signed(state.revision + 1)?;
    let moved = on!(connection, |inner| diesel::update(
        projection::table.filter(
            projection::id
                .eq(PROJECTION)
                .and(projection::cursor.eq(to_signed(state.cursor)?))
                .and(projection::revision.eq(to_signed(state.revision)?))
                .and(projection::holder.eq(&state.holder))
        )
    )
    .set((
        projection::cursor.eq(to_signed(cursor)?),
        projection::revision.eq(revision),
        projection::next_node.eq(i64::from(slice.next_node)),
        projection::next_link.eq(i64::from(slice.next_link)),
    ))
    .execute(inner))?;
    if moved == 0 {
        return Ok(false);
    }
    write_nodes(connection, revision, slice, changes)?;
    write_attributes(connection, slice, changes)?;
    write_texts(connection, slice, changes)?;
    write_names(connection, changes)?;
    write_search(connection, slice, changes)?;
    write_links(connection, revision, slice, changes)?;
    write_assertions(connection, slice, changes)?;
    write_events(connection, slice, changes)?;
    write_outcomes(connection, outcomes)?;
    Ok(true)
}

fn write_nodes(connection: &mut Connection, revision: i64, slice: &Slice, changes: &Changes) -> Result<(), StoreError> {
    let rows: Vec<StoredNode> = changes
        .nodes
        .iter()
        .filter_map(|key| Some((key, slice.nodes.get(key)?)))
        .map(|(key, row)| StoredNode {
            id: i64::from(row.id.0),
            key: key.as_str().to_owned(),
            stated: row.stated,
            live: row.live,
            degree: i64::from(row.degree),
            occurred: row.occurred.map(Timestamp::micros),
            outcome: row.outcome.map(|outcome| outcome.word().to_owned()),
            revision,
        })
        .collect();
    upsert_rows!(
        connection,
        node::table,
        &rows,
        node::id,
        (
            node::stated.eq(excluded(node::stated)),
            node::live.eq(excluded(node::live)),
            node::degree.eq(excluded(node::degree)),
            node::occurred.eq(excluded(node::occurred)),
            node::outcome.eq(excluded(node::outcome)),
            node::revision.eq(excluded(node::revision)),
        )
    );
    Ok(())
}

fn write_attributes(connection: &mut Connection, slice: &Slice, changes: &Changes) -> Result<(), StoreError> {
    let rows: Vec<StoredAttribute> = changes
        .attributes
        .iter()
        .filter_map(|place| Some((place, slice.attributes.get(place)?)))
        .map(|((node, attribute), register)| {
            Ok(StoredAttribute {
                node: i64::from(node.0),
                attribute: attribute.word().to_owned(),
                value: without_nul(&register.value),
                at: register.at.map(Timestamp::micros),
                entry: to_signed(register.entry)?,
                content: register.content,
            })
        })
        .collect::<Result<_, StoreError>>()?;
    upsert_rows!(
        connection,
        node_attribute::table,
        &rows,
        (node_attribute::node, node_attribute::attribute),
        (
            node_attribute::value.eq(excluded(node_attribute::value)),
            node_attribute::at.eq(excluded(node_attribute::at)),
            node_attribute::entry.eq(excluded(node_attribute::entry)),
            node_attribute::content.eq(excluded(node_attribute::content)),
        )
    );
    Ok(())
}

fn write_texts(connection: &mut Connection, slice: &Slice, changes: &Changes) -> Result<(), StoreError> {
    let mut texts = Vec::new();
    let mut references = Vec::new();
    for (node, field) in &changes.texts {
        let Some(row) = slice.mentions.get(&(*node, *field)) else { continue };
        texts.push(StoredText {
            node: i64::from(node.0),
            field: field.word().to_owned(),
            at: row.at.map(Timestamp::micros),
            rank: row.rank,
            entry: to_signed(row.entry)?,
            content: row.content,
        });
        let list = slice.references.get(&(*node, *field)).into_iter().flatten();
        references.extend(
            (0i64..).zip(list).map(|(ordinal, reference)| StoredReference::of(*node, *field, ordinal, reference)),
        );
        on!(connection, |inner| diesel::delete(
            node_reference::table
                .filter(node_reference::node.eq(i64::from(node.0)).and(node_reference::field.eq(field.word())))
        )
        .execute(inner))?;
    }
    upsert_rows!(
        connection,
        node_text::table,
        &texts,
        (node_text::node, node_text::field),
        (
            node_text::at.eq(excluded(node_text::at)),
            node_text::rank.eq(excluded(node_text::rank)),
            node_text::entry.eq(excluded(node_text::entry)),
            node_text::content.eq(excluded(node_text::content)),
        )
    );
    insert_rows!(connection, node_reference::table, &references);
    Ok(())
}

fn write_names(connection: &mut Connection, changes: &Changes) -> Result<(), StoreError> {
    let rows: Vec<StoredName> = changes
        .names
        .iter()
        .map(|(name, key)| StoredName { name: without_nul(name.as_str()), key: key.as_str().to_owned() })
        .collect();
    insert_rows!(connection, node_name::table, &rows);
    Ok(())
}

/// Writes what a search looks in, for the nodes that are called or described otherwise now. Comes after their attributes
/// and names, which it reads back: a slice does not hold all names of a node.
fn write_search(connection: &mut Connection, slice: &Slice, changes: &Changes) -> Result<(), StoreError> {
    let numbered =
        |key: &Key| slice.nodes.get_key_value(key).filter(|(_, row)| row.stated).map(|(key, row)| (row.id.0, key));
    let said = changes.attributes.iter().filter(|(_, attribute)| search::is_searched(*attribute));
    let said = said.filter_map(|(node, _)| numbered(slice.keys.get(node)?));
    let named = changes.names.iter().filter_map(|(_, key)| numbered(key));
    let changed: BTreeMap<u32, &Key> = said.chain(named).collect();
    let perhaps_new = changes.nodes.iter().filter_map(numbered).collect();
    search::write(connection, &Touched { changed, perhaps_new })
}

fn write_links(connection: &mut Connection, revision: i64, slice: &Slice, changes: &Changes) -> Result<(), StoreError> {
    let rows: Vec<StoredLink> = changes
        .links
        .iter()
        .filter_map(|place| Some((place, slice.links.get(place)?)))
        .map(|((from, kind, to), row)| StoredLink {
            id: i64::from(row.id.0),
            origin: i64::from(from.0),
            kind: kind.word().to_owned(),
            target: i64::from(to.0),
            class: row.class.word().to_owned(),
            live: row.live,
            revision,
        })
        .collect();
    upsert_rows!(
        connection,
        link::table,
        &rows,
        link::id,
        (
            link::class.eq(excluded(link::class)),
            link::live.eq(excluded(link::live)),
            link::revision.eq(excluded(link::revision)),
        )
    );
    Ok(())
}

fn write_assertions(connection: &mut Connection, slice: &Slice, changes: &Changes) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    for key in &changes.assertions {
        match slice.assertions.get(key) {
            Some(assertion) => rows.push(StoredAssertion::of(key, assertion)?),
            None => {
                on!(connection, |inner| diesel::delete(link_assertion::table.find((
                    i64::from(key.link.0),
                    key.rule.as_str(),
                    origin_word(key.origin)
                )))
                .execute(inner))?;
            }
        }
    }
    upsert_rows!(
        connection,
        link_assertion::table,
        &rows,
        (link_assertion::link, link_assertion::rule, link_assertion::field),
        (
            link_assertion::class.eq(excluded(link_assertion::class)),
            link_assertion::score.eq(excluded(link_assertion::score)),
            link_assertion::version.eq(excluded(link_assertion::version)),
            link_assertion::reason.eq(excluded(link_assertion::reason)),
            link_assertion::at.eq(excluded(link_assertion::at)),
            link_assertion::entry.eq(excluded(link_assertion::entry)),
            link_assertion::content.eq(excluded(link_assertion::content)),
        )
    );
    Ok(())
}

fn write_events(connection: &mut Connection, slice: &Slice, changes: &Changes) -> Result<(), StoreError> {
    let rows: Vec<StoredEvent> = changes
        .events
        .iter()
        .filter_map(|id| Some((id, slice.events.get(id)?)))
        .map(|(id, row)| {
            Ok(StoredEvent {
                id: id.0.to_vec(),
                node: i64::from(row.node.0),
                at: row.event.at.micros(),
                what: without_nul(&row.event.what),
                actor: row.event.actor.as_deref().map(without_nul),
                summary: without_nul(&row.event.summary),
                entry: to_signed(row.entry)?,
                content: row.content,
            })
        })
        .collect::<Result<_, StoreError>>()?;
    upsert_rows!(
        connection,
        node_event::table,
        &rows,
        node_event::id,
        (node_event::entry.eq(excluded(node_event::entry)), node_event::content.eq(excluded(node_event::content)))
    );
    Ok(())
}

fn write_outcomes(connection: &mut Connection, outcomes: &[DeliveryOutcome]) -> Result<(), StoreError> {
    let rows: Vec<OutcomeRow> = outcomes.iter().map(OutcomeRow::of).collect::<Result<_, _>>()?;
    upsert_rows!(
        connection,
        delivery_outcome::table,
        &rows,
        delivery_outcome::entry,
        (
            delivery_outcome::status.eq(excluded(delivery_outcome::status)),
            delivery_outcome::event.eq(excluded(delivery_outcome::event)),
            delivery_outcome::detail.eq(excluded(delivery_outcome::detail)),
        )
    );
    Ok(())
}
