//! What a dossier needs beside the graph in memory and the attributes: events of many nodes, and the entries of links.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use throughline_domain::time::Timestamp;

use crate::connection::Connection;
use crate::dialect::{VALUES_PER_LIST, on};
use crate::error::StoreError;
use crate::numbers::to_unsigned;
use crate::questions::EventLine;
use crate::schema::{link_assertion, node_event};

/// What happened to some nodes, by node, the newest first.
///
/// # Errors
/// As every query.
pub fn events(connection: &mut Connection, nodes: &BTreeSet<u32>) -> Result<BTreeMap<u32, Vec<EventLine>>, StoreError> {
    type Row = (i64, i64, String, Option<String>, String, i64);
    let ids: Vec<i64> = nodes.iter().map(|id| i64::from(*id)).collect();
    let mut found: BTreeMap<u32, Vec<EventLine>> = BTreeMap::new();
    for chunk in ids.chunks(VALUES_PER_LIST) {
        let rows: Vec<Row> = on!(connection, |inner| node_event::table
            .filter(node_event::node.eq_any(chunk))
            .order((node_event::node, node_event::at.desc(), node_event::id))
            .select((
                node_event::node,
                node_event::at,
                node_event::what,
                node_event::actor,
                node_event::summary,
                node_event::entry
            ))
            .load(inner))?;
        for (node, at, what, actor, summary, entry) in rows {
            let line = EventLine { at: Timestamp::from_micros(at), what, actor, summary, entry: to_unsigned(entry)? };
            found.entry(to_node(node)?).or_default().push(line);
        }
    }
    Ok(found)
}

/// The entries that state some links, by link, each once.
///
/// # Errors
/// As every query.
pub fn link_entries(
    connection: &mut Connection,
    links: &BTreeSet<u32>,
) -> Result<BTreeMap<u32, BTreeSet<u64>>, StoreError> {
    let ids: Vec<i64> = links.iter().map(|id| i64::from(*id)).collect();
    let mut found: BTreeMap<u32, BTreeSet<u64>> = BTreeMap::new();
    for chunk in ids.chunks(VALUES_PER_LIST) {
        let rows: Vec<(i64, i64)> = on!(connection, |inner| link_assertion::table
            .filter(link_assertion::link.eq_any(chunk))
            .select((link_assertion::link, link_assertion::entry))
            .order((link_assertion::link, link_assertion::rule, link_assertion::field))
            .load(inner))?;
        for (link, entry) in rows {
            found.entry(to_node(link)?).or_default().insert(to_unsigned(entry)?);
        }
    }
    Ok(found)
}

fn to_node(id: i64) -> Result<u32, StoreError> {
    u32::try_from(id).map_err(|_| StoreError::Damaged(format!("the number {id} is out of range")))
}
