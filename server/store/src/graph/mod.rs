//! The graph's tables: loading the slice that a fold needs, writing what it changed, and following the changes.

mod load;
mod rows;
mod texts;
mod words;
mod write;

use diesel::prelude::*;
use throughline_domain::graph::{LinkId, LinkRecord, NodeId, NodeRecord};
use throughline_domain::time::Timestamp;

pub use load::load_slice;
pub use texts::{TextRow, known_by, texts_of};
pub use write::write_changes;

use crate::connection::Connection;
use crate::dialect::on;
use crate::error::StoreError;
use crate::numbers::{to_signed, to_unsigned};
use crate::schema::{
    delivery_outcome, link, link_assertion, node, node_attribute, node_event, node_name, node_reference, node_text,
    projection, release_decision, release_verdict,
};
use rows::{StoredLink, StoredNode};
use words::to_id;

const PROJECTION: i16 = 1;

/// How far the ledger has been folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectionState {
    /// The index of the next entry to fold.
    pub cursor: u64,
    /// How many batches have been written; the rows carry the one that changed them last.
    pub revision: u64,
    /// How many times everything has been derived anew.
    pub epoch: u64,
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
    /// How many times everything has been derived anew. Where it differs from the known one, this is the whole graph.
    pub epoch: u64,
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
    let row: Option<(i64, i64, i64, i64, i64, String, i64)> = on!(connection, |inner| projection::table
        .find(PROJECTION)
        .select((
            projection::cursor,
            projection::revision,
            projection::epoch,
            projection::next_node,
            projection::next_link,
            projection::holder,
            projection::held_until
        ))
        .first(inner)
        .optional())?;
    let (cursor, revision, epoch, next_node, next_link, holder, held_until) =
        row.unwrap_or((0, 0, 0, 0, 0, String::new(), i64::MIN));
    Ok(ProjectionState {
        cursor: to_unsigned(cursor)?,
        revision: to_unsigned(revision)?,
        epoch: to_unsigned(epoch)?,
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
        projection::epoch.eq(0),
        projection::next_node.eq(0),
        projection::next_link.eq(0),
        projection::holder.eq(""),
        projection::held_until.eq(i64::MIN),
    );
    on!(connection, |inner| diesel::insert_into(projection::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(inner))?;
    // A lease that ends later than any could was taken by a clock that was ahead.
    let free = projection::holder
        .eq(holder)
        .or(projection::held_until.lt(now.micros()))
        .or(projection::held_until.gt(until.plus_seconds(60).micros()));
    let taken =
        on!(connection, |inner| diesel::update(projection::table.filter(projection::id.eq(PROJECTION).and(free)))
            .set((projection::holder.eq(holder), projection::held_until.eq(until.micros())))
            .execute(inner))?;
    Ok(taken == 1)
}

/// Gives the lease back, so that the next server need not wait until it ends.
///
/// # Errors
/// As every query.
pub fn release_lease(connection: &mut Connection, holder: &str) -> Result<(), StoreError> {
    on!(connection, |inner| diesel::update(projection::table.filter(projection::holder.eq(holder)))
        .set((projection::holder.eq(""), projection::held_until.eq(i64::MIN)))
        .execute(inner))?;
    Ok(())
}

/// Everything that has changed after a revision of an epoch; after 0, or in another epoch, the whole graph.
///
/// # Errors
/// [`StoreError::Damaged`] where a stored word is unknown.
pub fn changes_after(connection: &mut Connection, epoch: u64, revision: u64) -> Result<GraphDelta, StoreError> {
    // The state is read first: a batch that is written meanwhile is seen in part now and as a whole by the next call.
    let state = projection_state(connection)?;
    if (state.epoch, state.revision) == (epoch, revision) {
        return Ok(GraphDelta { revision, epoch, cursor: state.cursor, ..GraphDelta::default() });
    }
    let after = if state.epoch == epoch { to_signed(revision)? } else { 0 };
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
        epoch: state.epoch,
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
        diesel::delete(release_verdict::table).execute(inner)?;
        diesel::delete(release_decision::table).execute(inner)?;
        diesel::delete(delivery_outcome::table).execute(inner)?;
        diesel::delete(node_event::table).execute(inner)?;
        diesel::delete(link_assertion::table).execute(inner)?;
        diesel::delete(link::table).execute(inner)?;
        diesel::delete(crate::schema::node_search::table).execute(inner)?;
        diesel::delete(node_name::table).execute(inner)?;
        diesel::delete(node_reference::table).execute(inner)?;
        diesel::delete(node_text::table).execute(inner)?;
        diesel::delete(node_attribute::table).execute(inner)?;
        diesel::delete(node::table).execute(inner)?;
        diesel::update(projection::table)
            .set((
                projection::cursor.eq(0),
                projection::epoch.eq(projection::epoch + 1),
                projection::next_node.eq(0),
                projection::next_link.eq(0),
            ))
            .execute(inner)?;
    });
    Ok(())
}
