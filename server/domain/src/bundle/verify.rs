//! The check of a bundle, line by line.

use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::contents;
use super::covered::Covered;
use super::fault::{BundleError, BundleFault};
use super::format::{
    EntryLine, ExportLine, HeaderLine, LineKind, MAX_LINE_BYTES, Manifest, ProofLine, RangeLine, RowLine, VERSION,
    from_hex, from_texts, line_of,
};
use super::report::BundleReport;
use super::set::EntrySet;
use crate::hex;
use crate::ledger::{EntryKeys, EntryKind, Field, Hash, Leaf, VerifierKey, leaf_hash, open};
use crate::time::Timestamp;

/// Checks a bundle line by line. After its first error it has nothing more to say and must be dropped.
#[derive(Debug)]
pub struct BundleVerifier {
    expected: Option<VerifierKey>,
    lines: u64,
    stage: Stage,
}

/// What comes next, with what is known so far.
#[derive(Debug)]
enum Stage {
    Header,
    Rows(Box<Claim>),
    Entries(Box<Claim>, Box<Covered>),
    Proof(Box<Recorded>),
    Done(Box<BundleReport>),
    Refused,
}

/// What the bundle claims to answer, and its rows so far.
#[derive(Debug)]
struct Claim {
    key: VerifierKey,
    from: Timestamp,
    to: Timestamp,
    question: Value,
    digest: Sha256,
    lines: u64,
    rows: u64,
    bare_rows: u64,
    rests_on: EntrySet,
}

/// An export that fits its lines, and that has to be found in the signed tree yet.
#[derive(Debug)]
struct Recorded {
    claim: Box<Claim>,
    covered: Box<Covered>,
    export: u64,
    recorded: Timestamp,
    leaf: Hash,
}

impl BundleVerifier {
    /// Begins the check. Without a key, the one in the bundle is believed, and the report says so.
    pub const fn new(expected: Option<VerifierKey>) -> Self {
        Self { expected, lines: 0, stage: Stage::Header }
    }

    /// How many lines were taken.
    pub const fn lines(&self) -> u64 {
        self.lines
    }

    /// Takes the next line, with its line end. Whoever reads the file need not read more than [`MAX_LINE_BYTES`] of one.
    ///
    /// # Errors
    /// The [`BundleError`] of this line.
    pub fn line(&mut self, line: &[u8]) -> Result<(), BundleError> {
        self.lines += 1;
        let stage = std::mem::replace(&mut self.stage, Stage::Refused);
        self.stage = self.next(stage, line).map_err(|fault| BundleError { line: self.lines, fault })?;
        Ok(())
    }

    /// Ends the check.
    ///
    /// # Errors
    /// [`BundleFault::CutOff`] where the last line has not come.
    pub fn finish(self) -> Result<BundleReport, BundleError> {
        match self.stage {
            Stage::Done(report) => Ok(*report),
            Stage::Header | Stage::Rows(_) | Stage::Entries(..) | Stage::Proof(_) | Stage::Refused => {
                Err(BundleError { line: self.lines + 1, fault: BundleFault::CutOff })
            }
        }
    }

    fn next(&self, stage: Stage, line: &[u8]) -> Result<Stage, BundleFault> {
        if line.len() > MAX_LINE_BYTES {
            return Err(BundleFault::TooLong);
        }
        if !line.ends_with(b"\n") {
            return Err(BundleFault::LineEnd);
        }
        let kind = LineKind::of(line);
        match (stage, kind) {
            (Stage::Header, Some(LineKind::Header)) => {
                Ok(Stage::Rows(Box::new(Claim::read(line, self.expected.as_ref())?)))
            }
            (Stage::Rows(mut claim), Some(LineKind::Row)) => {
                claim.row(line)?;
                Ok(Stage::Rows(claim))
            }
            (Stage::Rows(mut claim), Some(LineKind::Range)) => {
                let covered = Covered::begin(&read::<RangeLine>(line)?, &claim.rests_on)?;
                claim.count(line);
                Ok(Stage::Entries(claim, Box::new(covered)))
            }
            (Stage::Entries(mut claim, mut covered), Some(LineKind::Entry)) => {
                covered.entry(&read::<EntryLine<'_>>(line)?, &claim.rests_on, claim.from)?;
                claim.count(line);
                Ok(Stage::Entries(claim, covered))
            }
            (Stage::Entries(claim, covered), Some(LineKind::Export)) => {
                Ok(Stage::Proof(Box::new(record(claim, covered, line)?)))
            }
            (Stage::Proof(recorded), Some(LineKind::Proof)) => {
                Ok(Stage::Done(Box::new(recorded.prove(line, self.expected.is_some())?)))
            }
            (stage, _) => Err(stage.misses()),
        }
    }
}

impl Stage {
    /// The fault of a line that does not belong here.
    fn misses(&self) -> BundleFault {
        let expected = match self {
            Self::Header => "the first line of a bundle",
            Self::Rows(_) => "a row of the export, or the range of the covered entries,",
            Self::Entries(_, covered) if covered.tree.size() < covered.end => "the next covered entry",
            Self::Entries(..) => "the entry that records the export",
            Self::Proof(_) => "the checkpoint with its proofs",
            Self::Done(_) | Self::Refused => return BundleFault::Beyond,
        };
        BundleFault::Expected { expected }
    }
}

impl Claim {
    fn read(line: &[u8], expected: Option<&VerifierKey>) -> Result<Self, BundleFault> {
        let HeaderLine { throughline_bundle, key, from, to, question } = read(line)?;
        if throughline_bundle != VERSION {
            return Err(BundleFault::Version(throughline_bundle));
        }
        let key: VerifierKey = key.parse().map_err(BundleFault::Key)?;
        if let Some(expected) = expected.filter(|expected| **expected != key) {
            return Err(BundleFault::OtherKey { expected: expected.to_string(), found: key.to_string() });
        }
        if to < from {
            return Err(BundleFault::Period);
        }
        let mut claim = Self {
            key,
            from,
            to,
            question,
            digest: Sha256::new(),
            lines: 0,
            rows: 0,
            bare_rows: 0,
            rests_on: EntrySet::default(),
        };
        claim.count(line);
        Ok(claim)
    }

    fn row(&mut self, line: &[u8]) -> Result<(), BundleFault> {
        let row: RowLine<'_> = read(line)?;
        if !row.entries.is_sorted_by(|one, next| one < next) {
            return Err(BundleFault::RowOrder);
        }
        for entry in row.entries.iter() {
            if !self.rests_on.insert(*entry) {
                return Err(BundleFault::TooFar(*entry));
            }
        }
        self.rows += 1;
        self.bare_rows += u64::from(row.entries.is_empty());
        self.count(line);
        Ok(())
    }

    /// Takes a line into the digest that the ledger has recorded.
    fn count(&mut self, line: &[u8]) {
        self.digest.update(line);
        self.lines += 1;
    }
}

/// Reads the entry that records the export, and holds what it says against the lines before.
fn record(claim: Box<Claim>, covered: Box<Covered>, line: &[u8]) -> Result<Recorded, BundleFault> {
    if covered.tree.size() < covered.end {
        return Err(BundleFault::Short(covered.end));
    }
    let ExportLine { export, leaf, salt, delivery_id, headers, body } = read_exactly(line)?;
    let bytes = from_hex(&leaf).ok_or(BundleFault::LeafForm)?;
    let leaf = Leaf::decode(&bytes)?;
    if leaf.kind != EntryKind::Export || export < covered.end {
        return Err(BundleFault::NotAnExport(export));
    }
    if let Some((_, previous)) = covered.received.filter(|(_, last)| leaf.received < *last) {
        return Err(BundleFault::Backwards { entry: export, previous, found: leaf.received });
    }
    let keys = EntryKeys::Salt(contents::read_salt(&salt).ok_or(BundleFault::OpeningForm { entry: export })?);
    for (field, content) in [(Field::DeliveryId, &delivery_id), (Field::Headers, &headers), (Field::Body, &body)] {
        contents::check(export, &keys, &leaf.commitments, field, content.as_bytes())?;
    }
    let manifest: Manifest = serde_json::from_str(&body).map_err(|_| BundleFault::NotAnExport(export))?;
    let digest: [u8; 32] = claim.digest.clone().finalize().into();
    if manifest.sha256 != hex::encode(&digest) {
        return Err(BundleFault::Digest);
    }
    let found = Manifest {
        throughline_bundle: VERSION,
        from: claim.from,
        to: claim.to,
        question: claim.question.clone(),
        first: covered.first,
        end: covered.end,
        rows: claim.rows,
        opened: covered.opened,
        lines: claim.lines,
        sha256: manifest.sha256.clone(),
    };
    if manifest != found {
        return Err(BundleFault::Manifest);
    }
    Ok(Recorded { claim, covered, export, recorded: leaf.received, leaf: leaf_hash(&bytes) })
}

impl Recorded {
    /// Finds the recorded export and the covered entries in the tree that the ledger has signed.
    fn prove(self, line: &[u8], is_expected: bool) -> Result<BundleReport, BundleFault> {
        let Self { claim, mut covered, export, recorded, leaf } = self;
        let ProofLine { checkpoint, right } = read_exactly(line)?;
        let signed = open(&checkpoint, &claim.key)?;
        // Three lines of text, an empty one, and one signature: whatever else stood there would not be checked.
        if checkpoint.split_inclusive('\n').count() != 5 {
            return Err(BundleFault::Signatures);
        }
        if signed.size <= export {
            return Err(BundleFault::Uncovered { size: signed.size, export });
        }
        let mut right = from_texts(&right).ok_or(BundleFault::Hash)?.into_iter();
        let tree = &mut covered.tree;
        let is_whole = tree.fill(export, &mut right) && {
            tree.append(leaf);
            tree.fill(signed.size, &mut right)
        };
        if !is_whole || right.next().is_some() {
            return Err(BundleFault::Edge);
        }
        let computed = tree.root();
        if computed != signed.root {
            return Err(BundleFault::Root { computed, signed: signed.root });
        }
        Ok(BundleReport {
            key: claim.key,
            is_expected,
            from: claim.from,
            to: claim.to,
            size: signed.size,
            export,
            recorded,
            first: covered.first,
            end: covered.end,
            received: covered.received,
            streams: covered.streams,
            gaps: covered.gaps,
            named_gaps: covered.named_gaps,
            rows: claim.rows,
            bare_rows: claim.bare_rows,
            opened: covered.opened,
            erased: covered.erased,
            classes: covered.classes,
        })
    }
}

fn read<'a, T: Deserialize<'a>>(line: &'a [u8]) -> Result<T, BundleFault> {
    serde_json::from_slice(line).map_err(|error| BundleFault::Form(error.to_string()))
}

/// Reads a line that no recorded digest covers: it must be in the one form in which it is written.
fn read_exactly<'a, T: Deserialize<'a> + serde::Serialize>(line: &'a [u8]) -> Result<T, BundleFault> {
    let value = read::<T>(line)?;
    if line_of(&value) == line { Ok(value) } else { Err(BundleFault::Written) }
}
