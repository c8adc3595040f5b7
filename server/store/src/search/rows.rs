//! The rows that a search looks in: what stands in them, and when they are written.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use diesel::prelude::*;
use diesel::upsert::excluded;
use throughline_domain::fact::Attribute;
use throughline_domain::key::Key;

use super::words::words;
use crate::connection::Connection;
use crate::dialect::{first_for_update, on, upsert_rows};
use crate::error::StoreError;
use crate::schema::{node, node_attribute, node_name, node_search, projection};

/// What a node is called.
const HEAD: [Attribute; 2] = [Attribute::Title, Attribute::Reference];

/// What else is said of it. Its state is left out: it changes often, and nobody looks for it by a word.
const BODY: [Attribute; 8] = [
    Attribute::Description,
    Attribute::Version,
    Attribute::Labels,
    Attribute::Category,
    Attribute::Severity,
    Attribute::Package,
    Attribute::Path,
    Attribute::Email,
];

/// The schemes of names that people use; those of the others stand in the body.
const SPOKEN: [&str; 4] = ["fingerprint", "image", "name", "ticket"];

/// The schemes of names that stand for more than one node, or repeat another name.
const UNSPOKEN: [&str; 4] = ["commit-prefix", "key", "ticket-project", "tracker"];

/// The most that is kept of a head, in bytes.
const MAX_HEAD_BYTES: usize = 4_096;

/// The most that is kept of a body, in bytes.
const MAX_BODY_BYTES: usize = 16_384;

/// The most names of a node that are kept, the first in order.
const MAX_NAMES: usize = 40;

/// How many rows are put together at once; it bounds the memory.
const ROWS_AT_ONCE: usize = 500;

#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable)]
#[diesel(table_name = node_search)]
struct StoredSearch {
    node: i64,
    kind: String,
    head: String,
    body: String,
}

/// The nodes that a fold has touched, by number, with their keys.
#[derive(Debug, Default)]
pub(crate) struct Touched<'a> {
    /// Those that are called or described otherwise now.
    pub(crate) changed: BTreeMap<u32, &'a Key>,
    /// Those that may have been spoken of for the first time.
    pub(crate) perhaps_new: BTreeMap<u32, &'a Key>,
}

/// Whether a search looks in the attribute.
pub(crate) fn is_searched(attribute: Attribute) -> bool {
    HEAD.contains(&attribute) || BODY.contains(&attribute)
}

/// Writes the rows of the nodes that a fold has touched, from what the other tables say by now.
///
/// # Errors
/// As every query.
pub(crate) fn write(connection: &mut Connection, touched: &Touched<'_>) -> Result<(), StoreError> {
    let mut nodes: Vec<(i64, &Key)> = touched.changed.iter().map(|(id, key)| (i64::from(*id), *key)).collect();
    let perhaps_new: Vec<(i64, &Key)> = touched
        .perhaps_new
        .iter()
        .filter(|(id, _)| !touched.changed.contains_key(*id))
        .map(|(id, key)| (i64::from(*id), *key))
        .collect();
    for chunk in perhaps_new.chunks(ROWS_AT_ONCE) {
        let ids: Vec<i64> = chunk.iter().map(|(id, _)| *id).collect();
        let known: BTreeSet<i64> = on!(connection, |inner| node_search::table
            .filter(node_search::node.eq_any(&ids))
            .select(node_search::node)
            .load::<i64>(inner))?
        .into_iter()
        .collect();
        nodes.extend(chunk.iter().filter(|(id, _)| !known.contains(id)));
    }
    for chunk in nodes.chunks(ROWS_AT_ONCE) {
        write_some(connection, chunk)?;
    }
    Ok(())
}

/// Whether the graph was folded by a program that knew no search: there are nodes and no rows.
///
/// # Errors
/// As every query.
pub fn is_unfilled(connection: &mut Connection) -> Result<bool, StoreError> {
    let row: Option<i64> =
        on!(connection, |inner| node_search::table.select(node_search::node).first(inner).optional())?;
    if row.is_some() {
        return Ok(false);
    }
    let stated: Option<i64> =
        on!(connection, |inner| node::table.filter(node::stated.eq(true)).select(node::id).first(inner).optional())?;
    Ok(stated.is_some())
}

/// Writes the rows of the whole graph where [`is_unfilled`] says so, in the transaction of the caller.
///
/// Nobody folds meanwhile, and of two servers that start at once the second finds the work done.
///
/// # Errors
/// As every query; [`StoreError::Damaged`] where a stored key cannot be read.
pub fn fill(connection: &mut Connection) -> Result<(), StoreError> {
    const PROJECTION: i16 = 1;
    let locked: Option<i16> =
        first_for_update!(connection, projection::table.find(PROJECTION).select(projection::id)).optional()?;
    if locked.is_none() || !is_unfilled(connection)? {
        return Ok(());
    }
    let at_once = i64::try_from(ROWS_AT_ONCE).unwrap_or(i64::MAX);
    let mut last = -1;
    loop {
        let rows: Vec<(i64, String)> = on!(connection, |inner| node::table
            .filter(node::stated.eq(true).and(node::id.gt(last)))
            .order(node::id)
            .limit(at_once)
            .select((node::id, node::key))
            .load(inner))?;
        let Some((end, _)) = rows.last() else { return Ok(()) };
        last = *end;
        let keys: Vec<(i64, Key)> =
            rows.into_iter().map(|(id, key)| Ok((id, read_key(&key)?))).collect::<Result<_, StoreError>>()?;
        let nodes: Vec<(i64, &Key)> = keys.iter().map(|(id, key)| (*id, key)).collect();
        write_some(connection, &nodes)?;
    }
}

/// Every row as text, by the key of its node and in no order: what a rebuild must give again.
///
/// # Errors
/// As every query.
pub fn lines(connection: &mut Connection) -> Result<Vec<String>, StoreError> {
    let keys: BTreeMap<i64, String> =
        on!(connection, |inner| node::table.select((node::id, node::key)).load::<(i64, String)>(inner))?
            .into_iter()
            .collect();
    let rows: Vec<StoredSearch> = on!(connection, |inner| node_search::table.load(inner))?;
    let line = |row: &StoredSearch| {
        let key = keys.get(&row.node).map_or("a missing node", String::as_str);
        format!("search {key} {} {:?} {:?}", row.kind, row.head, row.body)
    };
    Ok(rows.iter().map(line).collect())
}

/// Writes the rows of some nodes, at most [`ROWS_AT_ONCE`], as far as they differ from what is there.
fn write_some(connection: &mut Connection, nodes: &[(i64, &Key)]) -> Result<(), StoreError> {
    let ids: Vec<i64> = nodes.iter().map(|(id, _)| *id).collect();
    let known: BTreeMap<i64, StoredSearch> =
        on!(connection, |inner| node_search::table.filter(node_search::node.eq_any(&ids)).load::<StoredSearch>(inner))?
            .into_iter()
            .map(|row| (row.node, row))
            .collect();
    let mut said = attributes_of(connection, &ids)?;
    let mut names = names_of(connection, nodes)?;
    let rows: Vec<StoredSearch> = nodes
        .iter()
        .map(|(id, key)| {
            row_of(*id, key, &said.remove(id).unwrap_or_default(), &names.remove(key.as_str()).unwrap_or_default())
        })
        .filter(|row| known.get(&row.node) != Some(row))
        .collect();
    upsert_rows!(
        connection,
        node_search::table,
        &rows,
        node_search::node,
        (
            node_search::kind.eq(excluded(node_search::kind)),
            node_search::head.eq(excluded(node_search::head)),
            node_search::body.eq(excluded(node_search::body)),
        )
    );
    Ok(())
}

fn attributes_of(
    connection: &mut Connection,
    ids: &[i64],
) -> Result<BTreeMap<i64, BTreeMap<String, String>>, StoreError> {
    let searched: Vec<&str> = HEAD.iter().chain(&BODY).map(|attribute| attribute.word()).collect();
    let rows: Vec<(i64, String, String)> = on!(connection, |inner| node_attribute::table
        .filter(node_attribute::node.eq_any(ids).and(node_attribute::attribute.eq_any(&searched)))
        .select((node_attribute::node, node_attribute::attribute, node_attribute::value))
        .load(inner))?;
    let mut said: BTreeMap<i64, BTreeMap<String, String>> = BTreeMap::new();
    for (node, attribute, value) in rows {
        said.entry(node).or_default().insert(attribute, value);
    }
    Ok(said)
}

fn names_of(
    connection: &mut Connection,
    nodes: &[(i64, &Key)],
) -> Result<BTreeMap<String, BTreeSet<String>>, StoreError> {
    let keys: Vec<&str> = nodes.iter().map(|(_, key)| key.as_str()).collect();
    let rows: Vec<(String, String)> = on!(connection, |inner| node_name::table
        .filter(node_name::key.eq_any(&keys))
        .select((node_name::key, node_name::name))
        .load(inner))?;
    let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (key, name) in rows {
        names.entry(key).or_default().insert(name);
    }
    Ok(names)
}

/// A function of what is said of the node alone, so that any order of arrival gives the same row.
fn row_of(node: i64, key: &Key, said: &BTreeMap<String, String>, names: &BTreeSet<String>) -> StoredSearch {
    let value = |attribute: &Attribute| said.get(attribute.word()).map_or("", String::as_str);
    let names: Vec<(&str, &str)> = names
        .iter()
        .filter_map(|name| name.split_once(':'))
        .filter(|(scheme, _)| !UNSPOKEN.contains(scheme))
        .take(MAX_NAMES)
        .collect();
    let mut head = Words::new(MAX_HEAD_BYTES);
    head.add(value(&Attribute::Title));
    head.add_new(value(&Attribute::Reference));
    let mut body = Words::new(MAX_BODY_BYTES);
    for attribute in BODY {
        body.add(value(&attribute));
    }
    for (scheme, name) in names {
        if SPOKEN.contains(&scheme) { head.add_new(name) } else { body.add_new(name) }
    }
    let parts = key.parts();
    body.add_new(&parts.resource);
    StoredSearch { node, kind: key.kind().word().to_owned(), head: head.text, body: body.text }
}

fn read_key(text: &str) -> Result<Key, StoreError> {
    Key::parse(text).map_err(|cause| StoreError::Damaged(format!("a stored key: {cause}")))
}

/// Words with a space between two, up to a bound.
struct Words {
    text: String,
    seen: HashSet<String>,
    limit: usize,
}

impl Words {
    fn new(limit: usize) -> Self {
        Self { text: String::new(), seen: HashSet::new(), limit }
    }

    /// Adds a text, word for word.
    fn add(&mut self, text: &str) {
        words(text).for_each(|word| self.push(word));
    }

    /// Adds those words of a text that are not there yet: several names of a node say much the same.
    fn add_new(&mut self, text: &str) {
        for word in words(text) {
            if !self.seen.contains(&word) {
                self.push(word);
            }
        }
    }

    fn push(&mut self, word: String) {
        if self.text.len() + word.len() < self.limit {
            if !self.text.is_empty() {
                self.text.push(' ');
            }
            self.text.push_str(&word);
            self.seen.insert(word);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use throughline_domain::fact::Attribute;
    use throughline_domain::key::Key;

    use super::{MAX_BODY_BYTES, MAX_HEAD_BYTES, is_searched, row_of};

    fn row(said: &[(Attribute, &str)], names: &[&str]) -> super::StoredSearch {
        let key = Key::parse("cdevents:v0:jira:acme.atlassian.net:PAY::ticket:PAY-12").unwrap();
        let said: BTreeMap<String, String> =
            said.iter().map(|(attribute, value)| (attribute.word().to_owned(), (*value).to_owned())).collect();
        let names: BTreeSet<String> = names.iter().map(|name| (*name).to_owned()).collect();
        row_of(7, &key, &said, &names)
    }

    #[test]
    fn what_it_is_called_comes_before_what_is_said_of_it() {
        let row = row(
            &[
                (Attribute::Title, "Retry card payments"),
                (Attribute::Reference, "PAY-12"),
                (Attribute::Description, "When the gateway times out"),
                (Attribute::Labels, "bug,payments"),
                (Attribute::State, "In Review"),
            ],
            &["ticket:PAY-12", "ticket-project:PAY", "url:acme.atlassian.net/browse/PAY-12"],
        );
        assert_eq!((row.node, row.kind.as_str()), (7, "ticket"));
        assert_eq!(row.head, "retry card payments pay12 12");
        let body = "when the gateway times out bugpayments payments acmeatlassiannetbrowsepay12 atlassiannetbrowsepay12 \
                    netbrowsepay12 browsepay12 pay12 12";
        assert_eq!(row.body, body);
        assert!(!is_searched(Attribute::State) && is_searched(Attribute::Title));
    }

    #[test]
    fn a_row_has_a_bound() {
        let endless = "word ".repeat(100_000);
        let row = row(&[(Attribute::Title, &endless), (Attribute::Description, &endless)], &[]);
        assert!(row.head.len() <= MAX_HEAD_BYTES && row.body.len() <= MAX_BODY_BYTES);
        assert!(row.head.len() > MAX_HEAD_BYTES / 2);
    }
}
