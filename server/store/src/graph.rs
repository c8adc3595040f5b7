//! The graph's tables: loading the slice that a fold needs, writing what it changed, and following the changes.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel::upsert::excluded;
use throughline_domain::fact::{Attribute, Field};
use throughline_domain::graph::fold::{
    Assertion, AssertionKey, Changes, EventId, EventRow, LinkRow, MentionRow, Needs, NodeRow, Register, Slice,
};
use throughline_domain::graph::{LinkId, LinkRecord, NodeId, NodeRecord};
use throughline_domain::key::Key;
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::rules::Reference;
use throughline_domain::time::Timestamp;

use crate::connection::Connection;
use crate::deliveries::{DeliveryOutcome, OutcomeRow};
use crate::dialect::{VALUES_PER_LIST, insert_rows, on, upsert_rows};
use crate::error::StoreError;
use crate::ledger::{to_signed, to_unsigned};
use crate::schema::{
    delivery_outcome, link, link_assertion, node, node_attribute, node_event, node_name, node_reference, node_text,
    projection,
};

const PROJECTION: i16 = 1;

/// How far the ledger has been folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectionState {
    /// The index of the next entry to fold.
    pub cursor: u64,
    /// How many batches have been written; the rows carry the one that changed them last.
    pub revision: u64,
    /// The number of the next new node.
    pub next_node: u32,
    /// The number of the next new link.
    pub next_link: u32,
    /// Which server folds.
    pub holder: String,
    /// Until when it does, unless it says so again.
    pub held_until: Timestamp,
}

/// Everything that changed between two revisions.
#[derive(Clone, Debug, Default)]
pub struct GraphDelta {
    /// The revision that this leads to.
    pub revision: u64,
    /// How much of the ledger that revision covers.
    pub cursor: u64,
    /// Nodes that are new or changed, in order of id.
    pub nodes: Vec<(NodeId, NodeRecord)>,
    /// Links that are new or changed, in order of id.
    pub links: Vec<(LinkId, LinkRecord)>,
}

/// The state of the projection; a fresh one where nothing has been folded.
///
/// # Errors
/// As every query.
pub fn projection_state(connection: &mut Connection) -> Result<ProjectionState, StoreError> {
    let row: Option<(i64, i64, i64, i64, String, i64)> = on!(connection, |inner| projection::table
        .find(PROJECTION)
        .select((
            projection::cursor,
            projection::revision,
            projection::next_node,
            projection::next_link,
            projection::holder,
            projection::held_until
        ))
        .first(inner)
        .optional())?;
    let (cursor, revision, next_node, next_link, holder, held_until) =
        row.unwrap_or((0, 0, 0, 0, String::new(), i64::MIN));
    Ok(ProjectionState {
        cursor: to_unsigned(cursor)?,
        revision: to_unsigned(revision)?,
        next_node: to_id(next_node)?,
        next_link: to_id(next_link)?,
        holder,
        held_until: Timestamp::from_micros(held_until),
    })
}

/// Takes or renews the lease to fold; false where another server has it.
///
/// # Errors
/// As every query.
pub fn take_lease(
    connection: &mut Connection,
    holder: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool, StoreError> {
    let row = (
        projection::id.eq(PROJECTION),
        projection::cursor.eq(0),
        projection::revision.eq(0),
        projection::next_node.eq(0),
        projection::next_link.eq(0),
        projection::holder.eq(""),
        projection::held_until.eq(i64::MIN),
    );
    on!(connection, |inner| diesel::insert_into(projection::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(inner))?;
    let free = projection::holder.eq(holder).or(projection::held_until.lt(now.micros()));
    let taken =
        on!(connection, |inner| diesel::update(projection::table.filter(projection::id.eq(PROJECTION).and(free)))
            .set((projection::holder.eq(holder), projection::held_until.eq(until.micros())))
            .execute(inner))?;
    Ok(taken == 1)
}

/// Loads what is needed to fold some deliveries.
///
/// # Errors
/// [`StoreError::Damaged`] where a stored word is unknown.
pub fn load_slice(connection: &mut Connection, state: &ProjectionState, needs: &Needs) -> Result<Slice, StoreError> {
    let mut slice = Slice::new(state.next_node, state.next_link);
    load_names(
        connection,
        &mut slice,
        needs.announced.iter().map(|(name, _)| name).chain(needs.awaited.iter().map(|(name, _)| name)),
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
    write_links(connection, revision, slice, changes)?;
    write_assertions(connection, slice, changes)?;
    write_events(connection, slice, changes)?;
    write_outcomes(connection, outcomes)?;
    Ok(true)
}

/// Everything that has changed after a revision; after 0, the whole graph.
///
/// # Errors
/// [`StoreError::Damaged`] where a stored word is unknown.
pub fn changes_after(connection: &mut Connection, revision: u64) -> Result<GraphDelta, StoreError> {
    // The state is read first: a batch that is written meanwhile is seen in part now and as a whole by the next call.
    let state = projection_state(connection)?;
    if state.revision == revision {
        return Ok(GraphDelta { revision, cursor: state.cursor, ..GraphDelta::default() });
    }
    let after = to_signed(revision)?;
    let nodes: Vec<StoredNode> = on!(connection, |inner| node::table
        .filter(node::revision.gt(after))
        .order(node::id)
        .select(StoredNode::as_select())
        .load(inner))?;
    let links: Vec<StoredLink> = on!(connection, |inner| link::table
        .filter(link::revision.gt(after))
        .order(link::id)
        .select(StoredLink::as_select())
        .load(inner))?;
    Ok(GraphDelta {
        revision: state.revision,
        cursor: state.cursor,
        nodes: nodes.into_iter().map(StoredNode::into_record).collect::<Result<_, _>>()?,
        links: links.into_iter().map(StoredLink::into_record).collect::<Result<_, _>>()?,
    })
}

/// Deletes everything that is derived, so that it can be derived again. The lease stays with its holder.
///
/// The revision goes on counting, so that a server that follows notices.
///
/// # Errors
/// As every query.
pub fn clear(connection: &mut Connection) -> Result<(), StoreError> {
    on!(connection, |inner| {
        diesel::delete(delivery_outcome::table).execute(inner)?;
        diesel::delete(node_event::table).execute(inner)?;
        diesel::delete(link_assertion::table).execute(inner)?;
        diesel::delete(link::table).execute(inner)?;
        diesel::delete(node_name::table).execute(inner)?;
        diesel::delete(node_reference::table).execute(inner)?;
        diesel::delete(node_text::table).execute(inner)?;
        diesel::delete(node_attribute::table).execute(inner)?;
        diesel::delete(node::table).execute(inner)?;
        diesel::update(projection::table)
            .set((projection::cursor.eq(0), projection::next_node.eq(0), projection::next_link.eq(0)))
            .execute(inner)?;
    });
    Ok(())
}

// ── loading ──────────────────────────────────────────────────────────────────────────────────────────────────────────

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
    let stored = slice.references.values().flatten().map(|reference| (&reference.awaits, &reference.resource));
    let stated = needs.awaited.iter().map(|(name, resource)| (name, resource));
    let mut targets = BTreeSet::new();
    for (name, resource) in stored.chain(stated) {
        for key in names.get(name).into_iter().flatten() {
            match resource {
                // A name that can be no key makes no link either.
                Some(resource) => targets.extend(key.with_resource(resource)),
                None => {
                    targets.insert((*key).clone());
                }
            }
        }
    }
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
            let event = throughline_domain::fact::Event {
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

// ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────

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

// ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = node)]
struct StoredNode {
    id: i64,
    key: String,
    stated: bool,
    live: bool,
    degree: i64,
    occurred: Option<i64>,
    outcome: Option<String>,
    revision: i64,
}

impl StoredNode {
    fn load_into(self, slice: &mut Slice) -> Result<(), StoreError> {
        let row = NodeRow {
            id: NodeId(to_id(self.id)?),
            stated: self.stated,
            live: self.live,
            degree: to_id(self.degree)?,
            occurred: self.occurred.map(Timestamp::from_micros),
            outcome: to_outcome(self.outcome.as_deref())?,
        };
        slice.load_node(to_key(&self.key)?, row);
        Ok(())
    }

    fn into_record(self) -> Result<(NodeId, NodeRecord), StoreError> {
        let key = to_key(&self.key)?;
        let kind: NodeKind = key.kind();
        let record = NodeRecord {
            key,
            kind,
            stated: self.stated,
            occurred: self.occurred.map(Timestamp::from_micros),
            outcome: to_outcome(self.outcome.as_deref())?,
            live: self.live,
        };
        Ok((NodeId(to_id(self.id)?), record))
    }
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = link)]
struct StoredLink {
    id: i64,
    origin: i64,
    kind: String,
    target: i64,
    class: String,
    live: bool,
    revision: i64,
}

impl StoredLink {
    fn into_record(self) -> Result<(LinkId, LinkRecord), StoreError> {
        let record = LinkRecord {
            from: NodeId(to_id(self.origin)?),
            kind: to_word(LinkKind::from_word(&self.kind), &self.kind)?,
            to: NodeId(to_id(self.target)?),
            class: to_word(LinkClass::from_word(&self.class), &self.class)?,
            live: self.live,
        };
        Ok((LinkId(to_id(self.id)?), record))
    }
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = node_attribute)]
struct StoredAttribute {
    node: i64,
    attribute: String,
    value: String,
    at: Option<i64>,
    entry: i64,
    content: i64,
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = node_text)]
struct StoredText {
    node: i64,
    field: String,
    at: Option<i64>,
    rank: i64,
    entry: i64,
    content: i64,
}

impl StoredText {
    fn into_mention(self) -> Result<MentionRow, StoreError> {
        Ok(MentionRow {
            at: self.at.map(Timestamp::from_micros),
            rank: self.rank,
            entry: to_unsigned(self.entry)?,
            content: self.content,
        })
    }
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = node_reference)]
struct StoredReference {
    node: i64,
    field: String,
    ordinal: i64,
    awaits: String,
    resource: Option<String>,
    intent: String,
    class: String,
    score: i16,
    rule: String,
    version: i32,
    reason: String,
}

impl StoredReference {
    fn of(node: NodeId, field: Field, ordinal: i64, reference: &Reference) -> Self {
        Self {
            node: i64::from(node.0),
            field: field.word().to_owned(),
            ordinal,
            awaits: without_nul(reference.awaits.as_str()),
            resource: reference.resource.as_deref().map(without_nul),
            intent: reference.intent.word().to_owned(),
            class: reference.class.word().to_owned(),
            score: i16::from(reference.score),
            rule: reference.rule.clone(),
            version: i32::from(reference.version),
            reason: without_nul(&reference.reason),
        }
    }

    fn into_reference(self) -> Result<Reference, StoreError> {
        Ok(Reference {
            awaits: Name::from_stored(self.awaits),
            resource: self.resource,
            intent: to_word(LinkKind::from_word(&self.intent), &self.intent)?,
            class: to_word(LinkClass::from_word(&self.class), &self.class)?,
            score: u8::try_from(self.score).map_err(|_| damaged("a score"))?,
            rule: self.rule,
            version: u16::try_from(self.version).map_err(|_| damaged("a rule's version"))?,
            reason: self.reason,
        })
    }
}

#[derive(Insertable)]
#[diesel(table_name = node_name)]
struct StoredName {
    name: String,
    key: String,
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = link_assertion)]
struct StoredAssertion {
    link: i64,
    rule: String,
    field: String,
    class: String,
    score: i16,
    version: i32,
    reason: String,
    at: Option<i64>,
    entry: i64,
    content: i64,
}

impl StoredAssertion {
    fn of(key: &AssertionKey, assertion: &Assertion) -> Result<Self, StoreError> {
        Ok(Self {
            link: i64::from(key.link.0),
            rule: key.rule.clone(),
            field: origin_word(key.origin).to_owned(),
            class: assertion.class.word().to_owned(),
            score: i16::from(assertion.score),
            version: i32::from(assertion.version),
            reason: without_nul(&assertion.reason),
            at: assertion.at.map(Timestamp::micros),
            entry: to_signed(assertion.entry)?,
            content: assertion.content,
        })
    }

    fn into_assertion(self) -> Result<(AssertionKey, Assertion), StoreError> {
        let origin = if self.field.is_empty() { None } else { Some(to_field(&self.field)?) };
        let key = AssertionKey { link: LinkId(to_id(self.link)?), rule: self.rule, origin };
        let assertion = Assertion {
            class: to_word(LinkClass::from_word(&self.class), &self.class)?,
            score: u8::try_from(self.score).map_err(|_| damaged("a score"))?,
            version: u16::try_from(self.version).map_err(|_| damaged("a rule's version"))?,
            reason: self.reason,
            at: self.at.map(Timestamp::from_micros),
            entry: to_unsigned(self.entry)?,
            content: self.content,
        };
        Ok((key, assertion))
    }
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = node_event)]
struct StoredEvent {
    id: Vec<u8>,
    node: i64,
    at: i64,
    what: String,
    actor: Option<String>,
    summary: String,
    entry: i64,
    content: i64,
}

fn origin_word(origin: Option<Field>) -> &'static str {
    origin.map_or("", Field::word)
}

/// PostgreSQL cannot hold a NUL in a text, and nobody can read one.
fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

fn to_key(text: &str) -> Result<Key, StoreError> {
    Key::parse(text).map_err(|cause| StoreError::Damaged(format!("a stored key: {cause}")))
}

fn to_field(word: &str) -> Result<Field, StoreError> {
    to_word(Field::from_word(word), word)
}

fn to_outcome(word: Option<&str>) -> Result<Option<Outcome>, StoreError> {
    word.map(|word| to_word(Outcome::from_word(word), word)).transpose()
}

fn to_word<T>(value: Option<T>, word: &str) -> Result<T, StoreError> {
    value.ok_or_else(|| damaged(word))
}

fn to_id(value: i64) -> Result<u32, StoreError> {
    u32::try_from(value).map_err(|_| damaged("an id"))
}

fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(format!("'{what}' is not what the graph's tables may hold; run `throughline rebuild`"))
}
