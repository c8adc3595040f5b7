//! The ledger's tables: appending a batch, and reading entries, tiles and checkpoints back.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::prelude::*;
use throughline_domain::ledger::{
    Commitments, EntryKind, EvidenceClass, FullTile, Hash, Leaf, Salt, SigningKey, StreamId, TileFrontier, TileId,
    TileReader, TreeHead, leaf_hash, tile,
};
use throughline_domain::time::Timestamp;

use crate::connection::{Connection, Store};
use crate::dialect::{VALUES_PER_LIST, first_for_update, insert_rows, on, upsert_rows};
use crate::error::StoreError;
use crate::schema::{body, checkpoint, entry, head, stream_end, tile as tile_table};

const HEAD: i16 = 1;
const RAW: i16 = 0;
const ZSTD: i16 = 1;

/// Bodies shorter than this are kept as they are; compressing them saves nothing.
const SMALLEST_COMPRESSED: usize = 256;

/// The largest body that is ever unpacked, in bytes: what the border lets in, and room for a later, wider border.
const LARGEST_BODY: usize = 64 * 1024 * 1024;

/// An entry that is ready to be appended: everything that needs no order has been computed.
#[derive(Debug)]
pub struct Draft {
    kind: EntryKind,
    evidence: EvidenceClass,
    received: Timestamp,
    stream: StreamId,
    source: String,
    delivery_id: String,
    headers: Vec<u8>,
    body_bytes: i64,
    packed: (i16, Vec<u8>),
    fingerprint: [u8; 32],
    salt: Salt,
    commitments: Commitments,
}

/// What a draft is made of.
#[derive(Debug)]
pub struct DraftContent<'a> {
    /// What it is.
    pub kind: EntryKind,
    /// Who vouches for it.
    pub evidence: EvidenceClass,
    /// When it was received.
    pub received: Timestamp,
    /// The stream that it belongs to.
    pub stream: StreamId,
    /// The name of the source, or of the part of the server that speaks.
    pub source: &'a str,
    /// The sender's id of the delivery, or one given on receipt.
    pub delivery_id: &'a str,
    /// The kept headers, encoded.
    pub headers: &'a [u8],
    /// The exact bytes.
    pub body: &'a [u8],
    /// A keyed digest of the body, by which a second copy is recognised.
    pub fingerprint: [u8; 32],
    /// 32 fresh random bytes.
    pub salt: [u8; 32],
}

impl Draft {
    /// Commits to the contents and packs the body. Costs time in the size of the body; call it outside the writer.
    ///
    /// # Errors
    /// [`StoreError::Query`] where the body cannot be compressed, which only a lack of memory explains.
    pub fn new(content: &DraftContent<'_>) -> Result<Self, StoreError> {
        let salt = Salt::from_bytes(content.salt);
        let commitments = Commitments::new(&salt, content.delivery_id.as_bytes(), content.headers, content.body);
        Ok(Self {
            kind: content.kind,
            evidence: content.evidence,
            received: content.received,
            stream: content.stream,
            source: content.source.to_owned(),
            delivery_id: content.delivery_id.to_owned(),
            headers: content.headers.to_vec(),
            body_bytes: i64::try_from(content.body.len()).unwrap_or(i64::MAX),
            packed: pack(content.body)?,
            fingerprint: content.fingerprint,
            salt,
            commitments,
        })
    }
}

/// What became of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The entry's index; for a delivery that was already there, that one's.
    pub position: u64,
    /// False where the same id with the same body was already there and nothing was appended.
    pub appended: bool,
    /// The earlier entry of the source with the same body: this one has no second effect.
    pub duplicate_of: Option<u64>,
    /// Whether the same id had come before with another body.
    pub conflicting: bool,
}

/// The writing end of the ledger: the one way by which anything gets into it.
pub struct Appender {
    key: SigningKey,
    frontier: TileFrontier,
}

impl Appender {
    /// Takes up the ledger where it ends, starting it where there is none.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] where the stored root is not the one that follows from the tiles and entries, or where the
    /// last checkpoint is not of this key.
    pub fn open(store: &Store, key: SigningKey) -> Result<Self, StoreError> {
        let frontier = store.write(|connection| {
            let head = match read_head(connection)? {
                Some(head) => head,
                None => start(connection)?,
            };
            check_key(connection, &key, head.size)?;
            restore(connection, head)
        })?;
        Ok(Self { key, frontier })
    }

    /// The tree as this appender last knew it.
    pub fn head(&self) -> TreeHead {
        self.frontier.head()
    }

    /// Appends a batch in one transaction: entries, bodies, tiles, stream counters, signed checkpoint and head.
    ///
    /// When it answers, all of that is on disk. The receipts are in the order of the drafts.
    ///
    /// # Errors
    /// A [`StoreError`]; nothing has been appended then. [`StoreError::Fatal`] where the ledger's head has moved backwards.
    pub fn append(&mut self, store: &Store, drafts: &[Draft]) -> Result<Vec<Receipt>, StoreError> {
        if drafts.is_empty() {
            return Ok(Vec::new());
        }
        let (frontier, receipts) = store.write(|connection| append(connection, &self.key, &self.frontier, drafts))?;
        self.frontier = frontier;
        Ok(receipts)
    }
}

impl std::fmt::Debug for Appender {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Appender").field("size", &self.frontier.size()).finish_non_exhaustive()
    }
}

fn append(
    connection: &mut Connection,
    key: &SigningKey,
    known: &TileFrontier,
    drafts: &[Draft],
) -> Result<(TileFrontier, Vec<Receipt>), StoreError> {
    let (head, last_received) = lock_head(connection)?;
    if head.size < known.size() {
        return Err(StoreError::Fatal(format!(
            "the ledger has {} entries where this server has seen {}: an older copy was put in its place",
            head.size,
            known.size()
        )));
    }
    // Another server may have appended since; its entries come first.
    let mut frontier = if head.size == known.size() { known.clone() } else { restore(connection, head)? };
    if frontier.root() != head.root {
        return Err(StoreError::Damaged(format!("the root at size {} is not the one that was seen before", head.size)));
    }
    let earlier = Earlier::load(connection, drafts)?;
    let counters = load_counters(connection, drafts)?;
    let mut batch = Batch { received: last_received, earlier, counters, ..Batch::default() };
    let mut receipts = Vec::with_capacity(drafts.len());
    for draft in drafts {
        receipts.push(batch.take(draft, &mut frontier)?);
    }
    batch.write(connection)?;
    if frontier.size() > head.size {
        write_head(connection, key, head.size, &frontier, batch.received)?;
    }
    Ok((frontier, receipts))
}

/// The rows of one batch, as they accumulate.
#[derive(Default)]
struct Batch {
    received: i64,
    earlier: Earlier,
    counters: BTreeMap<Vec<u8>, i64>,
    entries: Vec<EntryRow>,
    bodies: Vec<BodyRow>,
    tiles: Vec<FullTile>,
    grown: BTreeSet<Vec<u8>>,
}

impl Batch {
    fn take(&mut self, draft: &Draft, frontier: &mut TileFrontier) -> Result<Receipt, StoreError> {
        let verdict = self.earlier.judge(draft);
        if let Some(position) = verdict.repeated {
            let position = to_unsigned(position)?;
            return Ok(Receipt { position, appended: false, duplicate_of: Some(position), conflicting: false });
        }
        let position = to_signed(frontier.size())?;
        let stream = draft.stream.as_bytes().to_vec();
        let counter = self.counters.entry(stream.clone()).or_default();
        *counter += 1;
        self.received = self.received.max(draft.received.micros());
        let leaf = Leaf {
            kind: draft.kind,
            evidence: draft.evidence,
            received: Timestamp::from_micros(self.received),
            stream: draft.stream,
            counter: to_unsigned(*counter)?,
            commitments: draft.commitments,
        }
        .encode();
        self.tiles.extend(frontier.append(leaf_hash(&leaf)));
        self.entries.push(EntryRow {
            position,
            leaf: leaf.to_vec(),
            salt: draft.salt.as_bytes().to_vec(),
            kind: i16::from(draft.kind.code()),
            evidence: i16::from(draft.evidence.code()),
            received: self.received,
            stream: stream.clone(),
            counter: *counter,
            source: draft.source.clone(),
            delivery_id: draft.delivery_id.clone(),
            headers: draft.headers.clone(),
            body_bytes: draft.body_bytes,
            fingerprint: draft.fingerprint.to_vec(),
            duplicate_of: verdict.duplicate_of,
            conflicting: verdict.conflicting,
        });
        let (encoding, bytes) = draft.packed.clone();
        self.bodies.push(BodyRow { position, encoding, bytes });
        self.grown.insert(stream);
        self.earlier.add(draft, position);
        Ok(Receipt {
            position: to_unsigned(position)?,
            appended: true,
            duplicate_of: verdict.duplicate_of.map(to_unsigned).transpose()?,
            conflicting: verdict.conflicting,
        })
    }

    fn write(&self, connection: &mut Connection) -> Result<(), StoreError> {
        insert_rows!(connection, entry::table, &self.entries);
        insert_rows!(connection, body::table, &self.bodies);
        let tiles = self.tiles.iter().map(TileRow::of).collect::<Result<Vec<_>, _>>()?;
        insert_rows!(connection, tile_table::table, &tiles);
        let streams: Vec<StreamRow> = self
            .grown
            .iter()
            .filter_map(|stream| Some(StreamRow { stream: stream.clone(), counter: *self.counters.get(stream)? }))
            .collect();
        upsert_rows!(
            connection,
            stream_end::table,
            &streams,
            stream_end::stream,
            stream_end::counter.eq(diesel::upsert::excluded(stream_end::counter))
        );
        Ok(())
    }
}

/// What the ledger already has of the ids and bodies in a batch.
#[derive(Default)]
struct Earlier {
    by_id: HashMap<(String, String), Vec<(Vec<u8>, i64)>>,
    by_body: HashMap<(String, Vec<u8>), i64>,
}

struct Verdict {
    repeated: Option<i64>,
    duplicate_of: Option<i64>,
    conflicting: bool,
}

impl Earlier {
    fn load(connection: &mut Connection, drafts: &[Draft]) -> Result<Self, StoreError> {
        let sources: BTreeSet<&str> = drafts.iter().map(|draft| draft.source.as_str()).collect();
        let sources: Vec<&str> = sources.into_iter().collect();
        let mut earlier = Self::default();
        for chunk in drafts.chunks(VALUES_PER_LIST / 4) {
            let ids: Vec<&str> = chunk.iter().map(|draft| draft.delivery_id.as_str()).collect();
            let bodies: Vec<&[u8]> = chunk.iter().map(|draft| draft.fingerprint.as_slice()).collect();
            let rows: Vec<(String, String, Vec<u8>, i64)> = on!(connection, |inner| entry::table
                .filter(entry::source.eq_any(&sources).and(entry::delivery_id.eq_any(&ids)))
                .order(entry::position)
                .select((entry::source, entry::delivery_id, entry::fingerprint, entry::position))
                .load(inner))?;
            for (source, id, fingerprint, position) in rows {
                earlier.by_id.entry((source, id)).or_default().push((fingerprint, position));
            }
            let rows: Vec<(String, Vec<u8>, i64)> = on!(connection, |inner| entry::table
                .filter(entry::source.eq_any(&sources).and(entry::fingerprint.eq_any(&bodies)))
                .order(entry::position)
                .select((entry::source, entry::fingerprint, entry::position))
                .load(inner))?;
            for (source, fingerprint, position) in rows {
                earlier.by_body.entry((source, fingerprint)).or_insert(position);
            }
        }
        Ok(earlier)
    }

    fn judge(&self, draft: &Draft) -> Verdict {
        let id = (draft.source.clone(), draft.delivery_id.clone());
        let same_id = self.by_id.get(&id).map(Vec::as_slice).unwrap_or_default();
        let repeated =
            same_id.iter().find(|(body, _)| body.as_slice() == draft.fingerprint).map(|(_, position)| *position);
        let body = (draft.source.clone(), draft.fingerprint.to_vec());
        Verdict { repeated, duplicate_of: self.by_body.get(&body).copied(), conflicting: !same_id.is_empty() }
    }

    fn add(&mut self, draft: &Draft, position: i64) {
        let fingerprint = draft.fingerprint.to_vec();
        self.by_id
            .entry((draft.source.clone(), draft.delivery_id.clone()))
            .or_default()
            .push((fingerprint.clone(), position));
        self.by_body.entry((draft.source.clone(), fingerprint)).or_insert(position);
    }
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = entry)]
struct EntryRow {
    position: i64,
    leaf: Vec<u8>,
    salt: Vec<u8>,
    kind: i16,
    evidence: i16,
    received: i64,
    stream: Vec<u8>,
    counter: i64,
    source: String,
    delivery_id: String,
    headers: Vec<u8>,
    body_bytes: i64,
    fingerprint: Vec<u8>,
    duplicate_of: Option<i64>,
    conflicting: bool,
}

#[derive(Insertable, Queryable)]
#[diesel(table_name = body)]
struct BodyRow {
    position: i64,
    encoding: i16,
    bytes: Vec<u8>,
}

#[derive(Insertable)]
#[diesel(table_name = tile_table)]
struct TileRow {
    level: i16,
    number: i64,
    hashes: Vec<u8>,
}

impl TileRow {
    fn of(full: &FullTile) -> Result<Self, StoreError> {
        Ok(Self { level: i16::from(full.id.level), number: to_signed(full.id.index)?, hashes: full.bytes() })
    }
}

#[derive(Insertable)]
#[diesel(table_name = stream_end)]
struct StreamRow {
    stream: Vec<u8>,
    counter: i64,
}

fn start(connection: &mut Connection) -> Result<TreeHead, StoreError> {
    let empty = TreeHead { size: 0, root: throughline_domain::ledger::empty_root() };
    let row =
        (head::id.eq(HEAD), head::size.eq(0), head::root.eq(empty.root.as_bytes().to_vec()), head::received.eq(0));
    on!(connection, |inner| diesel::insert_into(head::table).values(row).execute(inner))?;
    Ok(empty)
}

/// The stored head, without locking it; `None` before the first server has started the ledger.
///
/// # Errors
/// As every query.
pub fn read_head(connection: &mut Connection) -> Result<Option<TreeHead>, StoreError> {
    let row: Option<(i64, Vec<u8>)> =
        on!(connection, |inner| head::table.find(HEAD).select((head::size, head::root)).first(inner).optional())?;
    row.map(|(size, root)| to_head(size, &root)).transpose()
}

fn lock_head(connection: &mut Connection) -> Result<(TreeHead, i64), StoreError> {
    let columns = (head::size, head::root, head::received);
    let row: (i64, Vec<u8>, i64) = first_for_update!(connection, head::table.find(HEAD).select(columns))?;
    Ok((to_head(row.0, &row.1)?, row.2))
}

fn write_head(
    connection: &mut Connection,
    key: &SigningKey,
    former: u64,
    frontier: &TileFrontier,
    received: i64,
) -> Result<(), StoreError> {
    let note = key.sign(&frontier.head());
    let size = to_signed(frontier.size())?;
    let row = (checkpoint::size.eq(size), checkpoint::note.eq(note));
    on!(connection, |inner| diesel::insert_into(checkpoint::table).values(row).execute(inner))?;
    let moved = on!(connection, |inner| diesel::update(
        head::table.filter(head::id.eq(HEAD).and(head::size.eq(to_signed(former)?)))
    )
    .set((head::size.eq(size), head::root.eq(frontier.root().as_bytes().to_vec()), head::received.eq(received)))
    .execute(inner))?;
    if moved == 1 {
        Ok(())
    } else {
        Err(StoreError::Unavailable("another server moved the ledger's head meanwhile".to_owned()))
    }
}

fn check_key(connection: &mut Connection, key: &SigningKey, size: u64) -> Result<(), StoreError> {
    let Some(note) = checkpoint_at(connection, size)? else {
        return if size == 0 {
            Ok(())
        } else {
            Err(StoreError::Damaged(format!("there is no checkpoint for the head at size {size}")))
        };
    };
    throughline_domain::ledger::open(&note, &key.verifier()).map_err(|cause| {
        StoreError::Refused(format!(
            "the ledger was signed with another key ({cause}); put back the key file that belongs to this database"
        ))
    })?;
    Ok(())
}

fn load_counters(connection: &mut Connection, drafts: &[Draft]) -> Result<BTreeMap<Vec<u8>, i64>, StoreError> {
    let streams: BTreeSet<Vec<u8>> = drafts.iter().map(|draft| draft.stream.as_bytes().to_vec()).collect();
    let streams: Vec<Vec<u8>> = streams.into_iter().collect();
    let rows: Vec<(Vec<u8>, i64)> = on!(connection, |inner| stream_end::table
        .filter(stream_end::stream.eq_any(&streams))
        .select((stream_end::stream, stream_end::counter))
        .load(inner))?;
    Ok(rows.into_iter().collect())
}

fn restore(connection: &mut Connection, head: TreeHead) -> Result<TileFrontier, StoreError> {
    let mut reader = Reader(connection);
    let frontier = TileFrontier::restore(head.size, &mut reader).map_err(from_tile)?;
    if frontier.root() == head.root {
        Ok(frontier)
    } else {
        Err(StoreError::Damaged(format!("the stored root at size {} does not follow from the entries", head.size)))
    }
}

/// Reads tiles and leaf hashes through one connection.
pub struct Reader<'a>(pub &'a mut Connection);

impl TileReader for Reader<'_> {
    type Error = StoreError;

    fn leaf_hashes(&mut self, start: u64, count: u16) -> Result<Vec<Hash>, StoreError> {
        let start = to_signed(start)?;
        let end = start.saturating_add(i64::from(count));
        let leaves: Vec<Vec<u8>> = on!(&mut *self.0, |inner| entry::table
            .filter(entry::position.ge(start).and(entry::position.lt(end)))
            .order(entry::position)
            .select(entry::leaf)
            .load(inner))?;
        Ok(leaves.iter().map(|leaf| leaf_hash(leaf)).collect())
    }

    fn full_tile(&mut self, id: TileId) -> Result<Vec<Hash>, StoreError> {
        let bytes: Option<Vec<u8>> = on!(&mut *self.0, |inner| tile_table::table
            .find((i16::from(id.level), to_signed(id.index)?))
            .select(tile_table::hashes)
            .first(inner)
            .optional())?;
        let bytes = bytes.ok_or_else(|| StoreError::Damaged(format!("{id} is missing")))?;
        tile::decode_tile(&bytes).ok_or_else(|| StoreError::Damaged(format!("{id} is not 256 hashes")))
    }
}

/// The error of a [`Reader`], whichever part failed.
pub fn from_tile(error: throughline_domain::ledger::TileError<StoreError>) -> StoreError {
    use throughline_domain::ledger::TileError;
    match error {
        TileError::Unreadable { error, .. } => error,
        width @ TileError::Width { .. } => StoreError::Damaged(width.to_string()),
    }
}

/// An entry with its opening, as it is stored.
#[derive(Clone, Debug)]
pub struct StoredEntry {
    /// Its index.
    pub position: u64,
    /// The committed bytes.
    pub leaf: Vec<u8>,
    /// The salt of its commitments.
    pub salt: Vec<u8>,
    /// The kind's code.
    pub kind: i16,
    /// The evidence class's code.
    pub evidence: i16,
    /// When it was received.
    pub received: Timestamp,
    /// Its stream.
    pub stream: Vec<u8>,
    /// Its place in the stream, from 1.
    pub counter: i64,
    /// The source's name.
    pub source: String,
    /// The sender's id of the delivery.
    pub delivery_id: String,
    /// The kept headers, encoded.
    pub headers: Vec<u8>,
    /// A keyed digest of the body.
    pub fingerprint: Vec<u8>,
    /// The earlier entry with the same body.
    pub duplicate_of: Option<u64>,
    /// The exact bytes of the body; `None` where they were erased.
    pub body: Option<Vec<u8>>,
}

impl StoredEntry {
    /// The body's short digest, by which the fold tells deliveries apart.
    pub fn content(&self) -> i64 {
        self.fingerprint.first_chunk().map_or(0, |bytes| i64::from_be_bytes(*bytes))
    }
}

/// Entries from an index on, in order, with their bodies; at most `limit`.
///
/// # Errors
/// [`StoreError::Damaged`] where a body cannot be unpacked.
pub fn entries_from(connection: &mut Connection, start: u64, limit: u32) -> Result<Vec<StoredEntry>, StoreError> {
    let start = to_signed(start)?;
    let rows: Vec<(EntryRow, Option<(i64, i16, Vec<u8>)>)> = on!(connection, |inner| entry::table
        .left_join(body::table.on(body::position.eq(entry::position)))
        .filter(entry::position.ge(start))
        .order(entry::position)
        .limit(i64::from(limit))
        .select((EntryRow::as_select(), (body::position, body::encoding, body::bytes).nullable()))
        .load(inner))?;
    rows.into_iter().map(|(row, body)| to_entry(row, body.map(|(_, encoding, bytes)| (encoding, bytes)))).collect()
}

/// One entry with its body.
///
/// # Errors
/// As [`entries_from`].
pub fn entry_at(connection: &mut Connection, position: u64) -> Result<Option<StoredEntry>, StoreError> {
    Ok(entries_from(connection, position, 1)?.into_iter().find(|entry| entry.position == position))
}

/// The signed checkpoint of exactly that size, if one was made.
///
/// # Errors
/// As every query.
pub fn checkpoint_at(connection: &mut Connection, size: u64) -> Result<Option<String>, StoreError> {
    Ok(on!(connection, |inner| checkpoint::table
        .find(to_signed(size)?)
        .select(checkpoint::note)
        .first(inner)
        .optional())?)
}

/// Checkpoints above a size, in order of size; at most `limit`.
///
/// # Errors
/// As every query.
pub fn checkpoints_after(connection: &mut Connection, size: u64, limit: u32) -> Result<Vec<(u64, String)>, StoreError> {
    let rows: Vec<(i64, String)> = on!(connection, |inner| checkpoint::table
        .filter(checkpoint::size.gt(to_signed(size)?))
        .order(checkpoint::size)
        .limit(i64::from(limit))
        .select((checkpoint::size, checkpoint::note))
        .load(inner))?;
    rows.into_iter().map(|(size, note)| Ok((to_unsigned(size)?, note))).collect()
}

/// The bytes of a stored tile.
///
/// # Errors
/// As every query.
pub fn tile_bytes(connection: &mut Connection, id: TileId) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(on!(connection, |inner| tile_table::table
        .find((i16::from(id.level), to_signed(id.index)?))
        .select(tile_table::hashes)
        .first(inner)
        .optional())?)
}

/// How many tiles and how many bodies are stored, for a check that nothing stands beside the ledger.
///
/// # Errors
/// As every query.
pub fn counts(connection: &mut Connection) -> Result<(u64, u64, u64), StoreError> {
    let entries: i64 = on!(connection, |inner| entry::table.count().get_result(inner))?;
    let bodies: i64 = on!(connection, |inner| body::table.count().get_result(inner))?;
    let tiles: i64 = on!(connection, |inner| tile_table::table.count().get_result(inner))?;
    Ok((to_unsigned(entries)?, to_unsigned(bodies)?, to_unsigned(tiles)?))
}

fn to_entry(row: EntryRow, body: Option<(i16, Vec<u8>)>) -> Result<StoredEntry, StoreError> {
    let position = to_unsigned(row.position)?;
    let body = body
        .map(|(encoding, bytes)| unpack(encoding, bytes, row.body_bytes))
        .transpose()
        .map_err(|cause| StoreError::Damaged(format!("the body of entry {position} cannot be unpacked: {cause}")))?;
    Ok(StoredEntry {
        position,
        leaf: row.leaf,
        salt: row.salt,
        kind: row.kind,
        evidence: row.evidence,
        received: Timestamp::from_micros(row.received),
        stream: row.stream,
        counter: row.counter,
        source: row.source,
        delivery_id: row.delivery_id,
        headers: row.headers,
        fingerprint: row.fingerprint,
        duplicate_of: row.duplicate_of.map(to_unsigned).transpose()?,
        body,
    })
}

fn to_head(size: i64, root: &[u8]) -> Result<TreeHead, StoreError> {
    let root = Hash::from_slice(root).ok_or_else(|| StoreError::Damaged("the head's root is no hash".to_owned()))?;
    Ok(TreeHead { size: to_unsigned(size)?, root })
}

fn pack(body: &[u8]) -> Result<(i16, Vec<u8>), StoreError> {
    if body.len() < SMALLEST_COMPRESSED {
        return Ok((RAW, body.to_vec()));
    }
    let packed =
        zstd::bulk::compress(body, 3).map_err(|cause| StoreError::Query(format!("compressing failed: {cause}")))?;
    Ok(if packed.len() < body.len() { (ZSTD, packed) } else { (RAW, body.to_vec()) })
}

fn unpack(encoding: i16, bytes: Vec<u8>, size: i64) -> Result<Vec<u8>, String> {
    match encoding {
        RAW => Ok(bytes),
        ZSTD => {
            let size = usize::try_from(size).ok().filter(|size| *size <= LARGEST_BODY);
            let size = size.ok_or("its length is out of range")?;
            zstd::bulk::decompress(&bytes, size).map_err(|cause| cause.to_string())
        }
        other => Err(format!("encoding {other} is unknown")),
    }
}

pub(crate) fn to_signed(value: u64) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| StoreError::Query(format!("{value} is out of range")))
}

pub(crate) fn to_unsigned(value: i64) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_| StoreError::Damaged(format!("{value} is negative")))
}
