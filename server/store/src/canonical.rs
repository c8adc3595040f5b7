//! The whole graph as text, for comparing two of them.

use std::collections::BTreeMap;

use diesel::prelude::*;

use crate::connection::Connection;
use crate::dialect::on;
use crate::error::StoreError;
use crate::schema::{link, link_assertion, node, node_attribute, node_event, node_name, node_reference, node_text};

/// Everything that is derived, a line each, in order: what a rebuild must give again, and what any order of arrival must
/// give.
///
/// Numbers, revisions and indexes of entries are left out; a statement is named by its content.
///
/// # Errors
/// As every query.
pub fn lines(connection: &mut Connection) -> Result<Vec<String>, StoreError> {
    type Node = (i64, String, bool, Option<i64>, Option<String>, bool);
    let nodes: Vec<Node> = on!(connection, |inner| node::table
        .select((node::id, node::key, node::stated, node::occurred, node::outcome, node::live))
        .load(inner))?;
    // What was taken back is no line of its own, but a decision that keeps it out still speaks of it.
    let keys: BTreeMap<i64, String> = nodes.iter().map(|(id, key, ..)| (*id, key.clone())).collect();
    let name = |id: &i64| keys.get(id).cloned().unwrap_or_else(|| format!("missing node {id}"));
    let mut lines: Vec<String> = nodes
        .iter()
        .filter(|(.., live)| *live)
        .map(|(_, key, stated, occurred, outcome, _)| format!("node {key} {stated} {occurred:?} {outcome:?}"))
        .collect();
    let rows: Vec<(i64, String, String, Option<i64>, i64, i64)> =
        on!(connection, |inner| node_attribute::table.load(inner))?;
    lines.extend(rows.iter().map(|(node, attribute, value, at, _, content)| {
        format!("attribute {} {attribute} {value:?} {at:?} {content}", name(node))
    }));
    let rows: Vec<(i64, String, Option<i64>, i64, i64, i64)> = on!(connection, |inner| node_text::table.load(inner))?;
    lines.extend(
        rows.iter()
            .map(|(node, field, at, rank, _, content)| format!("text {} {field} {at:?} {rank} {content}", name(node))),
    );
    let rows: Vec<(i64, String, i64, String, String)> = on!(connection, |inner| node_reference::table
        .select((
            node_reference::node,
            node_reference::field,
            node_reference::ordinal,
            node_reference::awaits,
            node_reference::reason
        ))
        .load(inner))?;
    lines.extend(rows.iter().map(|(node, field, ordinal, awaits, reason)| {
        format!("reference {} {field} {ordinal} {awaits:?} {reason:?}", name(node))
    }));
    let rows: Vec<(String, String)> = on!(connection, |inner| node_name::table.load(inner))?;
    lines.extend(rows.iter().map(|(name, key)| format!("name {name:?} {key}")));
    let rows: Vec<(i64, i64, String, i64, String, bool)> = on!(connection, |inner| link::table
        .select((link::id, link::origin, link::kind, link::target, link::class, link::live))
        .load(inner))?;
    let mut links: BTreeMap<i64, String> = BTreeMap::new();
    for (id, origin, kind, target, class, live) in &rows {
        // The class of a link that does not hold is the one that it last had, which depends on the order of arrival.
        let class = if *live { class.as_str() } else { "not live" };
        let link = format!("{} {kind} {} {class}", name(origin), name(target));
        if *live {
            lines.push(format!("link {link}"));
        }
        links.insert(*id, link);
    }
    type Assertion = (i64, String, String, String, i16, i32, String, Option<i64>, i64, i64);
    let rows: Vec<Assertion> = on!(connection, |inner| link_assertion::table.load(inner))?;
    lines.extend(rows.iter().map(|(id, rule, field, class, score, version, reason, at, _, content)| {
        let link = links.get(id).cloned().unwrap_or_else(|| format!("missing link {id}"));
        format!("assertion {link} {rule}@{version} {field:?} {class} {score} {reason:?} {at:?} {content}")
    }));
    type Event = (Vec<u8>, i64, i64, String, Option<String>, String, i64, i64);
    let rows: Vec<Event> = on!(connection, |inner| node_event::table.load(inner))?;
    lines.extend(rows.iter().map(|(_, node, at, what, actor, summary, _, content)| {
        format!("event {} {at} {what:?} {actor:?} {summary:?} {content}", name(node))
    }));
    lines.extend(crate::release::lines(connection)?);
    lines.extend(crate::search::lines(connection)?);
    lines.sort_unstable();
    Ok(lines)
}
