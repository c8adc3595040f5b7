//! Bundles of evidence: an export written with everything that proves it, and such a file checked again.

use std::collections::VecDeque;
use std::io::{self, BufRead, Read, Write};

use serde_json::Value;
use thiserror::Error;
use throughline_domain::bundle::{
    BundleError, BundleReport, BundleVerifier, BundleWriter, Evidence, MAX_LINE_BYTES, Question, WriteError,
};
use throughline_domain::ledger::{
    EntryKind, EvidenceClass, Hash, Salt, StreamId, VerifierKey, complete_subtrees, tile,
};
use throughline_store::ledger::{Reader, from_tile};
use throughline_store::{Appender, Connection, Draft, DraftContent, Store, StoreError, StoredEntry, ledger};

use crate::clock;
use crate::keys::{Keys, hex, random};

/// The stream of recorded exports.
pub const EXPORT_STREAM: StreamId = StreamId::from_bytes(*b"exports\0\0\0\0\0\0\0\0\0");

/// The source that such entries name.
pub const EXPORTS: &str = "exports";

/// How many leaves are read at once.
const PAGE: u32 = 500;

/// Which export a bundle is of.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The key of the ledger.
    pub key: VerifierKey,
    /// Period and question.
    pub question: Question,
    /// How many entries of the ledger the rows were derived from: the bundle covers all of them from the period on.
    pub entries: u64,
}

/// Why there is no bundle.
#[derive(Debug, Error)]
pub enum WriteBundleError {
    /// The ledger cannot be read, or did not take the record of the export.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It cannot be written where it was to go.
    #[error("the bundle cannot be written: {0}")]
    Output(#[from] io::Error),
    /// The rows do not fit the ledger.
    #[error("the bundle cannot be made: {0}")]
    Rows(#[from] WriteError),
    /// What was written does not prove what it must: the ledger itself is damaged.
    #[error("the ledger does not pass: {0}; run `throughline verify`")]
    Unsound(#[from] BundleError),
}

/// Why a file is not believed.
#[derive(Debug, Error)]
pub enum ReadBundleError {
    /// Something is wrong with it.
    #[error(transparent)]
    Refused(#[from] BundleError),
    /// It cannot be read to its end.
    #[error(transparent)]
    Input(#[from] io::Error),
}

/// The bundle of an export while it is written: rows first, then [`Bundle::finish`].
///
/// The memory that this takes grows neither with the rows nor with their evidence, but by one bit for each entry of the
/// ledger. Each line is checked as whoever gets the bundle will check it. After an error the file is of no use.
pub struct Bundle<'a, W> {
    store: &'a Store,
    subject: Subject,
    sheet: Sheet<W>,
}

impl<'a, W: Write> Bundle<'a, W> {
    /// Begins a bundle.
    ///
    /// # Errors
    /// [`WriteBundleError::Unsound`] where the period ends before it begins, [`WriteBundleError::Output`].
    pub fn begin(store: &'a Store, output: W, subject: Subject) -> Result<Self, WriteBundleError> {
        let (writer, header) = BundleWriter::begin(&subject.key, subject.question.clone());
        let verifier = BundleVerifier::new(Some(subject.key.clone()));
        let mut sheet = Sheet { output, writer, verifier };
        sheet.put(&header)?;
        Ok(Self { store, subject, sheet })
    }

    /// Adds a row, which must be an object, with the indexes of the entries that it rests on, in any order.
    ///
    /// # Errors
    /// [`WriteBundleError::Rows`], [`WriteBundleError::Output`].
    pub fn row(&mut self, row: &Value, entries: &[u64]) -> Result<(), WriteBundleError> {
        let line = self.sheet.writer.row(row, entries)?;
        self.sheet.put(&line)
    }

    /// Writes everything else; answers what the bundle proves.
    ///
    /// `append` gets the body of the entry that records the export, and answers the index of that entry once it is in the
    /// ledger: [`append`] does it beside a running server, [`draft`] makes the entry for a server's own writer. `progress`
    /// is told the index of each covered entry.
    ///
    /// # Errors
    /// A [`WriteBundleError`]; the ledger may hold the record of the export nevertheless.
    pub fn finish(
        mut self,
        append: impl FnOnce(&[u8]) -> Result<u64, StoreError>,
        mut progress: impl FnMut(u64),
    ) -> Result<BundleReport, WriteBundleError> {
        let (store, end) = (self.store, self.subject.entries);
        let sheet = &mut self.sheet;
        let first = first_entry(store, &sheet.writer, &self.subject.question, end)?;
        let left = store.read(|connection| roots(connection, end, complete_subtrees(0, first)))?;
        let line = sheet.writer.range(first, end, &left);
        sheet.put(&line)?;
        put_entries(store, sheet, first, end, &mut progress)?;
        let index = append(&sheet.writer.manifest())?;
        put_end(store, sheet, end, index)?;
        sheet.output.flush()?;
        Ok(self.sheet.verifier.finish()?)
    }
}

/// Checks a bundle; answers what it proves. The memory that it takes does not grow with the file.
///
/// Without a key the one in the bundle is taken, and the report says so. `progress` is told the number of each line.
///
/// # Errors
/// A [`ReadBundleError`]: the line that is wrong, or that the file cannot be read.
pub fn verify(
    mut input: impl BufRead,
    key: Option<VerifierKey>,
    mut progress: impl FnMut(u64),
) -> Result<BundleReport, ReadBundleError> {
    let longest = u64::try_from(MAX_LINE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut verifier = BundleVerifier::new(key);
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.by_ref().take(longest).read_until(b'\n', &mut line)? == 0 {
            return Ok(verifier.finish()?);
        }
        verifier.line(&line)?;
        progress(verifier.lines());
    }
}

/// The entry that records an export, ready to be appended, with the size of its body in bytes.
///
/// # Errors
/// [`StoreError::Query`] without randomness.
pub fn draft(keys: &Keys, body: &[u8]) -> Result<(Draft, usize), StoreError> {
    let chance = |cause: crate::keys::KeysError| StoreError::Query(cause.to_string());
    let id = hex(&random::<16>().map_err(chance)?);
    let draft = Draft::new(&DraftContent {
        kind: EntryKind::Export,
        evidence: EvidenceClass::System,
        received: clock::now(),
        stream: EXPORT_STREAM,
        source: EXPORTS,
        delivery_id: &id,
        headers: b"[]",
        body,
        fingerprint: keys.fingerprint(b"", body),
        salt: random().map_err(chance)?,
    })?;
    Ok((draft, body.len()))
}

/// Records an export in the ledger, from beside a running server; answers the index of its entry.
///
/// # Errors
/// As [`draft`], and as [`Appender::append`].
pub fn append(store: &Store, appender: &mut Appender, keys: &Keys, body: &[u8]) -> Result<u64, StoreError> {
    let (draft, _) = draft(keys, body)?;
    let receipts = appender.append(store, &[draft])?;
    let index = receipts.first().map(|receipt| receipt.position);
    index.ok_or_else(|| StoreError::Query("an appended entry has no place".to_owned()))
}

/// A bundle that is being written, checked as it grows.
struct Sheet<W> {
    output: W,
    writer: BundleWriter,
    verifier: BundleVerifier,
}

impl<W: Write> Sheet<W> {
    fn put(&mut self, line: &[u8]) -> Result<(), WriteBundleError> {
        self.verifier.line(line)?;
        Ok(self.output.write_all(line)?)
    }
}

/// The first entry that the bundle covers: the last one before the period, or an earlier one that a row rests on.
fn first_entry(store: &Store, writer: &BundleWriter, question: &Question, end: u64) -> Result<u64, StoreError> {
    let size = store.read(ledger::read_head)?.map_or(0, |head| head.size);
    if end > size || writer.highest().is_some_and(|highest| highest >= end) {
        return Err(StoreError::Query(format!(
            "the export rests on more entries than the {end} that it was derived from, of {size} in the ledger"
        )));
    }
    let before = store.read(|connection| ledger::last_before(connection, question.from, end))?.unwrap_or(0);
    Ok(writer.lowest().map_or(before, |lowest| lowest.min(before)))
}

/// Writes the covered entries, page by page.
fn put_entries<W: Write>(
    store: &Store,
    sheet: &mut Sheet<W>,
    first: u64,
    end: u64,
    progress: &mut impl FnMut(u64),
) -> Result<(), WriteBundleError> {
    let mut next = first;
    while next < end {
        let leaves = store.read(|connection| ledger::leaves_between(connection, next, end, PAGE))?;
        let mut opened = Opened::of(&sheet.writer, &leaves);
        for (index, leaf) in &leaves {
            let entry = opened.take(store, *index)?;
            let evidence = entry.as_ref().map(evidence).transpose()?;
            let line = sheet.writer.entry(*index, leaf, evidence.as_ref());
            sheet.put(&line)?;
            progress(*index);
        }
        let last = leaves.last().ok_or_else(|| StoreError::Damaged(format!("entry {next} is missing")))?;
        next = last.0 + 1;
    }
    Ok(())
}

/// The entries of a page that have to be opened, read as many at once as their bodies allow.
struct Opened {
    wanted: VecDeque<u64>,
    ready: VecDeque<StoredEntry>,
}

impl Opened {
    fn of(writer: &BundleWriter, leaves: &[(u64, Vec<u8>)]) -> Self {
        let wanted = leaves.iter().filter(|(index, leaf)| writer.opens(*index, leaf)).map(|(index, _)| *index);
        Self { wanted: wanted.collect(), ready: VecDeque::new() }
    }

    /// The entry at this index where it has to be opened; it is asked for each index in order.
    fn take(&mut self, store: &Store, index: u64) -> Result<Option<StoredEntry>, StoreError> {
        if self.wanted.front() != Some(&index) {
            return Ok(None);
        }
        if self.ready.is_empty() {
            let positions = self.wanted.make_contiguous();
            self.ready = store.read(|connection| ledger::entries_at(connection, positions))?.into();
        }
        self.wanted.pop_front();
        let entry = self.ready.pop_front().filter(|entry| entry.position == index);
        entry.map(Some).ok_or_else(|| StoreError::Damaged(format!("entry {index} is missing")))
    }
}

/// Writes the recorded export, and the checkpoint that covers it.
fn put_end<W: Write>(store: &Store, sheet: &mut Sheet<W>, end: u64, index: u64) -> Result<(), WriteBundleError> {
    let missing = |what: &str| StoreError::Damaged(format!("entry {index}, the record of the export, {what}"));
    let (entry, checkpoint) = store.read(|connection| {
        let entry = ledger::entry_at(connection, index)?.ok_or_else(|| missing("is missing"))?;
        let checkpoints = ledger::checkpoints_after(connection, index, 1)?;
        let checkpoint = checkpoints.into_iter().next().ok_or_else(|| missing("is in no signed head"))?;
        Ok((entry, checkpoint))
    })?;
    let line = sheet.writer.export(index, &entry.leaf, &evidence(&entry)?)?;
    sheet.put(&line)?;
    let (size, note) = checkpoint;
    let beside = complete_subtrees(end, index).chain(complete_subtrees(index + 1, size));
    let right = store.read(|connection| roots(connection, size, beside))?;
    sheet.put(&BundleWriter::proof(&note, &right))
}

/// The roots of complete subtrees of the ledger's tree when it had `size` entries.
fn roots(
    connection: &mut Connection,
    size: u64,
    subtrees: impl Iterator<Item = (u8, u64)>,
) -> Result<Vec<Hash>, StoreError> {
    let mut reader = Reader(connection);
    subtrees.map(|(level, index)| tile::subtree_hash(&mut reader, size, level, index).map_err(from_tile)).collect()
}

/// What opens a stored entry.
fn evidence(entry: &StoredEntry) -> Result<Evidence<'_>, StoreError> {
    let damaged = |what: &str| StoreError::Damaged(format!("{what} of entry {} cannot be used", entry.position));
    Ok(Evidence {
        salt: Salt::from_slice(&entry.salt).ok_or_else(|| damaged("the salt"))?,
        delivery_id: &entry.delivery_id,
        headers: std::str::from_utf8(&entry.headers).map_err(|_| damaged("the headers"))?,
        body: entry.body.as_deref(),
    })
}
