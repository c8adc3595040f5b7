//! What questions need beside the graph in memory: names, titles, evidence and events, for a handful of nodes.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use throughline_domain::fact::Attribute;
use throughline_domain::time::Timestamp;

use crate::connection::Connection;
use crate::dialect::{VALUES_PER_LIST, on};
use crate::error::StoreError;
use crate::numbers::{to_signed, to_unsigned};
use crate::schema::{entry, link_assertion, node_attribute, node_event, node_name};

/// An attribute's value with what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeValue {
    /// The value.
    pub value: String,
    /// When it was so, by the provider's clock.
    pub at: Option<Timestamp>,
    /// The entry that states it.
    pub entry: u64,
}

/// Why a link is believed, with the entry that says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceRow {
    /// The link's number.
    pub link: u32,
    /// The class's word.
    pub class: String,
    /// The rule or provider event.
    pub rule: String,
    /// The rule's version.
    pub version: u16,
    /// How sure within the class, 0 to 100.
    pub score: u8,
    /// Why, in words.
    pub reason: String,
    /// The index of the entry.
    pub entry: u64,
    /// The source of the entry.
    pub source: String,
    /// The evidence class's code.
    pub evidence: i16,
    /// When the entry was received.
    pub received: Timestamp,
}

/// A line of a timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventLine {
    /// When, by the provider's clock.
    pub at: Timestamp,
    /// What happened.
    pub what: String,
    /// Who did it.
    pub actor: Option<String>,
    /// One line for people.
    pub summary: String,
    /// The entry that states it.
    pub entry: u64,
}

/// An event with the key of its node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecentEvent {
    /// The node's number.
    pub node: u32,
    /// The event.
    pub line: EventLine,
}

/// The keys that have one of the names; each name with its keys, the last in order first.
///
/// # Errors
/// As every query.
pub fn keys_of_names(
    connection: &mut Connection,
    names: &[String],
    limit: i64,
) -> Result<Vec<(String, String)>, StoreError> {
    Ok(on!(connection, |inner| node_name::table
        .filter(node_name::name.eq_any(names))
        .order((node_name::name, node_name::key.desc()))
        .limit(limit)
        .load(inner))?)
}

/// Names that begin with a text, with their keys, in order.
///
/// # Errors
/// As every query.
pub fn names_with_prefix(
    connection: &mut Connection,
    prefix: &str,
    limit: i64,
) -> Result<Vec<(String, String)>, StoreError> {
    // A range and no LIKE: it needs no escaping, and means the same on both databases.
    let end = format!("{prefix}\u{10ffff}");
    Ok(on!(connection, |inner| node_name::table
        .filter(node_name::name.ge(prefix).and(node_name::name.lt(&end)))
        .order((node_name::name, node_name::key))
        .limit(limit)
        .load(inner))?)
}

/// The keys of a numbered thing of a repository (`acme/checkout#42`), whichever host it is on.
///
/// Jumps from host to host along the index instead of reading every number.
///
/// # Errors
/// As every query.
pub fn numbers_on_any_host(
    connection: &mut Connection,
    number: &str,
    limit: i64,
) -> Result<Vec<(String, String)>, StoreError> {
    let mut found = Vec::new();
    let mut from = "number:".to_owned();
    for _ in 0..MAX_HOSTS {
        let next: Option<String> = on!(connection, |inner| node_name::table
            .filter(node_name::name.gt(&from).and(node_name::name.lt("number;")))
            .order(node_name::name)
            .select(node_name::name)
            .first(inner)
            .optional())?;
        let Some(host) = next.as_deref().and_then(|name| Some(name.split_once('/')?.0.to_owned())) else { break };
        found.extend(keys_of_names(connection, &[format!("{host}/{number}")], limit)?);
        // The slash is followed by the zero digit in every collation that both databases use here: by byte.
        from = format!("{host}0");
    }
    Ok(found)
}

/// The most hosts of repositories that a number is looked for on.
const MAX_HOSTS: usize = 100;

/// Numbers of nodes whose title contains a text, whatever its case; the newest nodes first.
///
/// # Errors
/// As every query.
pub fn nodes_with_title(connection: &mut Connection, text: &str, limit: i64) -> Result<Vec<u32>, StoreError> {
    let escaped: String = text
        .to_lowercase()
        .chars()
        .flat_map(|letter| if matches!(letter, '%' | '_' | '\\') { vec!['\\', letter] } else { vec![letter] })
        .collect();
    let pattern = format!("%{escaped}%");
    let rows: Vec<i64> = on!(connection, |inner| node_attribute::table
        .filter(node_attribute::attribute.eq(Attribute::Title.word()))
        .filter(lower(node_attribute::value).like(&pattern).escape('\\'))
        .order(node_attribute::node.desc())
        .limit(limit)
        .select(node_attribute::node)
        .load(inner))?;
    rows.into_iter().map(to_node).collect()
}

diesel::define_sql_function! {
    /// SQL's own lower case.
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

/// The names of a node, in order.
///
/// # Errors
/// As every query.
pub fn names_of(connection: &mut Connection, key: &str, limit: i64) -> Result<Vec<String>, StoreError> {
    Ok(on!(connection, |inner| node_name::table
        .filter(node_name::key.eq(key))
        .order(node_name::name)
        .limit(limit)
        .select(node_name::name)
        .load(inner))?)
}

/// The attributes of some nodes, by node and word.
///
/// # Errors
/// As every query.
pub fn attributes(
    connection: &mut Connection,
    nodes: &BTreeSet<u32>,
) -> Result<BTreeMap<u32, BTreeMap<String, AttributeValue>>, StoreError> {
    let ids: Vec<i64> = nodes.iter().map(|id| i64::from(*id)).collect();
    let mut found: BTreeMap<u32, BTreeMap<String, AttributeValue>> = BTreeMap::new();
    for chunk in ids.chunks(VALUES_PER_LIST) {
        let rows: Vec<(i64, String, String, Option<i64>, i64)> = on!(connection, |inner| node_attribute::table
            .filter(node_attribute::node.eq_any(chunk))
            .select((
                node_attribute::node,
                node_attribute::attribute,
                node_attribute::value,
                node_attribute::at,
                node_attribute::entry
            ))
            .load(inner))?;
        for (node, attribute, value, at, entry) in rows {
            let value = AttributeValue { value, at: at.map(Timestamp::from_micros), entry: to_unsigned(entry)? };
            found.entry(to_node(node)?).or_default().insert(attribute, value);
        }
    }
    Ok(found)
}

/// The evidence of some links, the surest first.
///
/// # Errors
/// As every query.
pub fn evidence(connection: &mut Connection, links: &BTreeSet<u32>) -> Result<Vec<EvidenceRow>, StoreError> {
    type Row = (i64, String, String, i32, i16, String, i64, String, i16, i64);
    let ids: Vec<i64> = links.iter().map(|id| i64::from(*id)).collect();
    let mut found = Vec::new();
    for chunk in ids.chunks(VALUES_PER_LIST) {
        let rows: Vec<Row> = on!(connection, |inner| link_assertion::table
            .inner_join(entry::table.on(entry::position.eq(link_assertion::entry)))
            .filter(link_assertion::link.eq_any(chunk))
            .select((
                link_assertion::link,
                link_assertion::class,
                link_assertion::rule,
                link_assertion::version,
                link_assertion::score,
                link_assertion::reason,
                link_assertion::entry,
                entry::source,
                entry::evidence,
                entry::received
            ))
            .order((
                link_assertion::link,
                link_assertion::class.desc(),
                link_assertion::score.desc(),
                link_assertion::rule,
                link_assertion::field
            ))
            .load(inner))?;
        for (link, class, rule, version, score, reason, entry, source, evidence, received) in rows {
            found.push(EvidenceRow {
                link: to_node(link)?,
                class,
                rule,
                version: u16::try_from(version).unwrap_or_default(),
                score: u8::try_from(score).unwrap_or_default(),
                reason,
                entry: to_unsigned(entry)?,
                source,
                evidence,
                received: Timestamp::from_micros(received),
            });
        }
    }
    Ok(found)
}

/// What happened to a node, the newest first.
///
/// # Errors
/// As every query.
pub fn timeline(connection: &mut Connection, node: u32, limit: i64) -> Result<Vec<EventLine>, StoreError> {
    let rows: Vec<(i64, String, Option<String>, String, i64)> = on!(connection, |inner| node_event::table
        .filter(node_event::node.eq(i64::from(node)))
        .order((node_event::at.desc(), node_event::id))
        .limit(limit)
        .select((node_event::at, node_event::what, node_event::actor, node_event::summary, node_event::entry))
        .load(inner))?;
    rows.into_iter().map(|(at, what, actor, summary, entry)| to_line(at, what, actor, summary, entry)).collect()
}

/// What happened last, anywhere, the newest first.
///
/// # Errors
/// As every query.
pub fn recent(connection: &mut Connection, limit: i64) -> Result<Vec<RecentEvent>, StoreError> {
    type Row = (i64, i64, String, Option<String>, String, i64);
    let rows: Vec<Row> = on!(connection, |inner| node_event::table
        .order((node_event::at.desc(), node_event::id))
        .limit(limit)
        .select((
            node_event::node,
            node_event::at,
            node_event::what,
            node_event::actor,
            node_event::summary,
            node_event::entry
        ))
        .load(inner))?;
    rows.into_iter()
        .map(|(node, at, what, actor, summary, entry)| {
            Ok(RecentEvent { node: to_node(node)?, line: to_line(at, what, actor, summary, entry)? })
        })
        .collect()
}

fn to_line(at: i64, what: String, actor: Option<String>, summary: String, entry: i64) -> Result<EventLine, StoreError> {
    Ok(EventLine { at: Timestamp::from_micros(at), what, actor, summary, entry: to_unsigned(entry)? })
}

fn to_node(id: i64) -> Result<u32, StoreError> {
    u32::try_from(id).map_err(|_| StoreError::Damaged(format!("the number {id} is out of range")))
}

/// The time of receipt of an entry, if there is one.
///
/// # Errors
/// As every query.
pub fn received(connection: &mut Connection, position: u64) -> Result<Option<Timestamp>, StoreError> {
    let row: Option<i64> = on!(connection, |inner| entry::table
        .find(to_signed(position)?)
        .select(entry::received)
        .first(inner)
        .optional())?;
    Ok(row.map(Timestamp::from_micros))
}
