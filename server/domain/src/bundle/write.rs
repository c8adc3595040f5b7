//! The lines of a bundle, one after the other, for whoever has the ledger at hand.

use std::borrow::Cow;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::contents::{Evidence, entry_line};
use super::format::{
    EntryLine, ExportLine, HeaderLine, MAX_ENTRIES, Manifest, ProofLine, RangeLine, RowLine, VERSION, compact, line_of,
    to_texts,
};
use super::set::EntrySet;
use crate::hex;
use crate::ledger::{EntryKind, Hash, VerifierKey};
use crate::time::Timestamp;

/// What an export answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The first moment of the period.
    pub from: Timestamp,
    /// The first moment after it, not earlier.
    pub to: Timestamp,
    /// What was asked, in words and settings: any JSON. It is kept in the ledger.
    pub asked: Value,
}

/// Why a line cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The row is no JSON object.
    #[error("a row is no JSON object")]
    Row,
    /// The row rests on an entry that no bundle can hold.
    #[error("a row rests on entry {0}; a bundle covers entries below {MAX_ENTRIES} only")]
    TooFar(u64),
    /// The body of the recorded export is not what was handed out for it.
    #[error("entry {0} does not hold the manifest that was made for it")]
    Manifest(u64),
}

/// Gives the lines of a bundle in their order: header, rows, range, entries, recorded export, proof.
///
/// It holds one bit for each entry of the ledger and nothing that grows with the export.
#[derive(Debug)]
pub struct BundleWriter {
    question: Question,
    digest: Sha256,
    lines: u64,
    rows: u64,
    rests_on: EntrySet,
    range: (u64, u64),
    opened: u64,
}

impl BundleWriter {
    /// Begins a bundle of the ledger with this key; the line is the header.
    pub fn begin(key: &VerifierKey, question: Question) -> (Self, Vec<u8>) {
        let header = HeaderLine {
            throughline_bundle: VERSION,
            key: key.to_string(),
            from: question.from,
            to: question.to,
            question: question.asked.clone(),
        };
        let mut writer = Self {
            question,
            digest: Sha256::new(),
            lines: 0,
            rows: 0,
            rests_on: EntrySet::default(),
            range: (0, 0),
            opened: 0,
        };
        let line = writer.count(line_of(&header));
        (writer, line)
    }

    /// The line of a row, an object, that rests on these entries, given in any order.
    ///
    /// # Errors
    /// [`WriteError::Row`] where it is no object, [`WriteError::TooFar`] where an entry lies beyond what a bundle can hold.
    pub fn row(&mut self, row: &Value, entries: &[u64]) -> Result<Vec<u8>, WriteError> {
        let Value::Object(row) = row else { return Err(WriteError::Row) };
        let mut entries = entries.to_vec();
        entries.sort_unstable();
        entries.dedup();
        if let Some(far) = entries.iter().find(|entry| !self.rests_on.insert(**entry)) {
            return Err(WriteError::TooFar(*far));
        }
        self.rows += 1;
        Ok(self.count(line_of(&RowLine { entries: Cow::Owned(entries), row: Cow::Borrowed(row) })))
    }

    /// The lowest entry that a row rests on: the range must not begin behind it.
    pub const fn lowest(&self) -> Option<u64> {
        self.rests_on.lowest()
    }

    /// The highest entry that a row rests on: the range must end behind it.
    pub const fn highest(&self) -> Option<u64> {
        self.rests_on.highest()
    }

    /// The line that ends the rows and says which entries follow; `left` holds the roots of the
    /// [`crate::ledger::complete_subtrees`] before `first`.
    pub fn range(&mut self, first: u64, end: u64, left: &[Hash]) -> Vec<u8> {
        self.range = (first, end);
        self.count(line_of(&RangeLine { first, end, left: to_texts(left) }))
    }

    /// Whether an entry has to be opened: a row rests on it, or it tells of lost deliveries.
    pub fn opens(&self, index: u64, leaf: &[u8]) -> bool {
        self.rests_on.contains(index) || leaf.get(1) == Some(&EntryKind::Gap.code())
    }

    /// The line of the next entry: with its contents where [`BundleWriter::opens`] says so, and without them elsewhere.
    pub fn entry(&mut self, index: u64, leaf: &[u8], evidence: Option<&Evidence<'_>>) -> Vec<u8> {
        self.opened += u64::from(evidence.is_some());
        let line: EntryLine<'_> = entry_line(index, leaf, evidence);
        self.count(line_of(&line))
    }

    /// What the ledger has to keep of the export, after the last entry: the body of an entry of the kind `export`.
    pub fn manifest(&self) -> Vec<u8> {
        let digest: [u8; 32] = self.digest.clone().finalize().into();
        let (first, end) = self.range;
        compact(&Manifest {
            throughline_bundle: VERSION,
            from: self.question.from,
            to: self.question.to,
            question: self.question.asked.clone(),
            first,
            end,
            rows: self.rows,
            opened: self.opened,
            lines: self.lines,
            sha256: hex::encode(&digest),
        })
    }

    /// The line of the entry that the ledger has made of the manifest.
    ///
    /// # Errors
    /// [`WriteError::Manifest`] where that entry holds something else.
    pub fn export(&self, index: u64, leaf: &[u8], evidence: &Evidence<'_>) -> Result<Vec<u8>, WriteError> {
        let Evidence { salt, delivery_id, headers, body } = evidence;
        let manifest = self.manifest();
        if *body != Some(manifest.as_slice()) {
            return Err(WriteError::Manifest(index));
        }
        let body = String::from_utf8(manifest).map_err(|_| WriteError::Manifest(index))?;
        Ok(line_of(&ExportLine {
            export: index,
            leaf: hex::encode(leaf),
            salt: hex::encode(salt.as_bytes()),
            delivery_id: (*delivery_id).to_owned(),
            headers: (*headers).to_owned(),
            body,
        }))
    }

    /// The last line: a checkpoint that covers the recorded export, and the roots of the [`complete_subtrees`] between the
    /// range and the recorded export, and then of those between that and the end of the tree.
    ///
    /// [`complete_subtrees`]: crate::ledger::complete_subtrees
    pub fn proof(checkpoint: &str, right: &[Hash]) -> Vec<u8> {
        line_of(&ProofLine { checkpoint: checkpoint.to_owned(), right: to_texts(right) })
    }

    /// Takes a line into the digest.
    fn count(&mut self, line: Vec<u8>) -> Vec<u8> {
        self.digest.update(&line);
        self.lines += 1;
        line
    }
}
