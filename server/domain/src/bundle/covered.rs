//! The covered entries, one after the other: no gap, no way back in time, each commitment open that must be.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::contents;
use super::fault::BundleFault;
use super::format::{EntryLine, MAX_ENTRIES, MAX_STREAMS, RangeLine, from_hex, from_texts};
use super::set::EntrySet;
use crate::ledger::{EntryKind, EvidenceClass, Frontier, Leaf, StreamId, leaf_hash};
use crate::time::Timestamp;

/// How many gaps are named; the others are counted.
const MAX_NAMED_GAPS: usize = 10;

/// What is known of the covered entries so far.
#[derive(Clone, Debug)]
pub(super) struct Covered {
    pub(super) first: u64,
    pub(super) end: u64,
    /// The tree up to the last entry that was read; its size is the index of the next one.
    pub(super) tree: Frontier,
    /// The first and the last counter of each stream.
    pub(super) streams: BTreeMap<StreamId, (u64, u64)>,
    /// When the first and the last entry were received.
    pub(super) received: Option<(Timestamp, Timestamp)>,
    /// How many opened entries each class vouches for.
    pub(super) classes: BTreeMap<EvidenceClass, u64>,
    pub(super) opened: u64,
    pub(super) erased: u64,
    pub(super) gaps: u64,
    pub(super) named_gaps: Vec<u64>,
}

impl Covered {
    /// Begins with the edge before the range, which must hold every entry that a row rests on.
    pub(super) fn begin(line: &RangeLine, rests_on: &EntrySet) -> Result<Self, BundleFault> {
        let RangeLine { first, end, left } = line;
        let (first, end) = (*first, *end);
        // Only an empty ledger has nothing to cover.
        if end > MAX_ENTRIES || first > end || (first == end && end > 0) {
            return Err(BundleFault::Range { first, end });
        }
        let mut tree = Frontier::default();
        let mut left = from_texts(left).ok_or(BundleFault::Hash)?.into_iter();
        if !tree.fill(first, &mut left) || left.next().is_some() {
            return Err(BundleFault::Edge);
        }
        let outside = rests_on.lowest().filter(|lowest| *lowest < first);
        if let Some(outside) = outside.or(rests_on.highest().filter(|highest| *highest >= end)) {
            return Err(BundleFault::Outside(outside));
        }
        Ok(Self {
            first,
            end,
            tree,
            streams: BTreeMap::new(),
            received: None,
            classes: BTreeMap::new(),
            opened: 0,
            erased: 0,
            gaps: 0,
            named_gaps: Vec::new(),
        })
    }

    /// Takes the next entry. `from` is the beginning of the period.
    pub(super) fn entry(
        &mut self,
        line: &EntryLine<'_>,
        rests_on: &EntrySet,
        from: Timestamp,
    ) -> Result<(), BundleFault> {
        let expected = self.tree.size();
        if expected >= self.end {
            return Err(BundleFault::Expected { expected: "the entry that records the export" });
        }
        if line.entry != expected {
            return Err(BundleFault::Place { expected, found: line.entry });
        }
        let bytes = from_hex(&line.leaf).ok_or(BundleFault::LeafForm)?;
        let leaf = Leaf::decode(&bytes)?;
        self.in_time(expected, &leaf, from)?;
        self.in_stream(expected, &leaf)?;
        self.opening(line, &leaf, rests_on)?;
        self.tree.append(leaf_hash(&bytes));
        Ok(())
    }

    fn in_time(&mut self, entry: u64, leaf: &Leaf, from: Timestamp) -> Result<(), BundleFault> {
        let found = leaf.received;
        match self.received {
            // The first entry lies before the period, or is the first of all: so nothing of the period is left out.
            None if entry > 0 && found >= from => {
                return Err(BundleFault::Beginning { first: entry, received: found });
            }
            None => self.received = Some((found, found)),
            Some((_, previous)) if found < previous => {
                return Err(BundleFault::Backwards { entry, previous, found });
            }
            Some((first, _)) => self.received = Some((first, found)),
        }
        Ok(())
    }

    fn in_stream(&mut self, entry: u64, leaf: &Leaf) -> Result<(), BundleFault> {
        let Leaf { stream, counter, .. } = leaf;
        let known = self.streams.len();
        let wrong = |expected| BundleFault::Counter { entry, stream: *stream, expected, found: *counter };
        match self.streams.entry(*stream) {
            Entry::Occupied(mut occupied) => {
                let (_, last) = occupied.get_mut();
                let expected = last.saturating_add(1);
                if *counter != expected {
                    return Err(wrong(expected));
                }
                *last = expected;
            }
            Entry::Vacant(_) if known >= MAX_STREAMS => return Err(BundleFault::Streams),
            // Where the range is the whole ledger, each stream begins in it.
            Entry::Vacant(_) if self.first == 0 && *counter != 1 => return Err(wrong(1)),
            Entry::Vacant(vacant) => {
                vacant.insert((*counter, *counter));
            }
        }
        Ok(())
    }

    fn opening(&mut self, line: &EntryLine<'_>, leaf: &Leaf, rests_on: &EntrySet) -> Result<(), BundleFault> {
        let is_gap = leaf.kind == EntryKind::Gap;
        let is_needed = is_gap || rests_on.contains(line.entry);
        let opened = contents::open(line, &leaf.commitments)?;
        if is_gap {
            self.gaps += 1;
            if self.named_gaps.len() < MAX_NAMED_GAPS {
                self.named_gaps.push(line.entry);
            }
        }
        match opened {
            None if is_needed => Err(BundleFault::NotOpened(line.entry)),
            None => Ok(()),
            Some(_) if !is_needed => Err(BundleFault::OpenedInVain(line.entry)),
            Some(opened) => {
                self.opened += 1;
                self.erased += u64::from(!opened.has_body);
                *self.classes.entry(leaf.evidence).or_default() += 1;
                Ok(())
            }
        }
    }
}
