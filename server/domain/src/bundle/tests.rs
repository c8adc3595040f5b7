//! Bundles of a small ledger: the untouched one is accepted, and every other one is refused.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::ledger::{
    Commitments, EntryKind, EvidenceClass, Field, Frontier, Hash, Leaf, NoteError, Origin, Salt, SigningKey, StreamId,
    complete_subtrees, leaf_hash, root_of,
};
use crate::time::Timestamp;

const TOOL: StreamId = StreamId::from_bytes([7; 16]);
const PEOPLE: StreamId = StreamId::from_bytes(*b"people\0\0\0\0\0\0\0\0\0\0");
const GAPS: StreamId = StreamId::from_bytes(*b"gaps\0\0\0\0\0\0\0\0\0\0\0\0");
const EXPORTS: StreamId = StreamId::from_bytes(*b"exports\0\0\0\0\0\0\0\0\0");

/// When entry 0 was received; each further one comes a second later.
const BEGIN: i64 = 1_773_480_366;

fn key() -> SigningKey {
    SigningKey::from_seed(Origin::new("ledger.acme.example").unwrap(), &[7; 32])
}

#[derive(Clone)]
struct Entry {
    leaf: Vec<u8>,
    salt: Salt,
    id: String,
    body: Vec<u8>,
}

/// A ledger in memory. `seed` sets its salts apart from those of another one.
#[derive(Clone, Default)]
struct Ledger {
    seed: u8,
    entries: Vec<Entry>,
    counters: BTreeMap<StreamId, u64>,
}

impl Ledger {
    /// Deliveries, decisions, a body that is no text, and one gap (entry 5).
    fn with(entries: u64, seed: u8) -> Self {
        let mut ledger = Self { seed, ..Self::default() };
        for index in 0..entries {
            let body = format!("{{\"number\":{index},\"text\":\"größer als \\\"{seed}\\\"\"}}").into_bytes();
            match index {
                5 => ledger.add(EntryKind::Gap, EvidenceClass::System, GAPS, body),
                8 => ledger.add(EntryKind::Delivery, EvidenceClass::HmacBody, TOOL, vec![0, 0xff, seed]),
                _ if index % 3 == 2 => ledger.add(EntryKind::UserAction, EvidenceClass::Statement, PEOPLE, body),
                _ => ledger.add(EntryKind::Delivery, EvidenceClass::HmacTimed, TOOL, body),
            }
        }
        ledger
    }

    fn add(&mut self, kind: EntryKind, evidence: EvidenceClass, stream: StreamId, body: Vec<u8>) {
        let index = self.entries.len();
        let counter = self.counters.entry(stream).or_default();
        *counter += 1;
        let salt = Salt::from_bytes([index as u8 ^ self.seed.rotate_left(3); 32]);
        let id = format!("delivery {index}");
        let leaf = Leaf {
            kind,
            evidence,
            received: Timestamp::from_seconds(BEGIN + index as i64),
            stream,
            counter: *counter,
            commitments: Commitments::new(&salt, id.as_bytes(), b"[]", &body),
        };
        self.entries.push(Entry { leaf: leaf.encode().to_vec(), salt, id, body });
    }

    fn hashes(&self) -> Vec<Hash> {
        self.entries.iter().map(|entry| leaf_hash(&entry.leaf)).collect()
    }

    fn note(&self) -> String {
        let mut tree = Frontier::default();
        self.hashes().into_iter().for_each(|hash| tree.append(hash));
        key().sign(&tree.head())
    }
}

impl Entry {
    fn evidence(&self) -> Evidence<'_> {
        Evidence { salt: self.salt, delivery_id: &self.id, headers: "[]", body: Some(&self.body) }
    }
}

fn subtree(hashes: &[Hash], level: u8, index: u64) -> Hash {
    let width = 1_usize << level;
    let start = index as usize * width;
    root_of(&hashes[start..start + width])
}

/// How a bundle is made.
#[derive(Clone)]
struct Plan {
    entries: u64,
    seed: u8,
    first: u64,
    /// Which entries each row rests on.
    rows: Vec<Vec<u64>>,
    erased: Option<u64>,
    /// How many entries come between the rows and the record of the export.
    meanwhile: u64,
    /// The beginning of the period, in seconds after entry 0.
    from: i64,
}

impl Default for Plan {
    fn default() -> Self {
        let rows = vec![vec![9, 8], vec![8, 12, 13], vec![20], vec![]];
        Self { entries: 23, seed: 1, first: 6, rows, erased: None, meanwhile: 2, from: 7 }
    }
}

impl Plan {
    fn question(&self) -> Question {
        Question {
            from: Timestamp::from_seconds(BEGIN + self.from),
            to: Timestamp::from_seconds(BEGIN + 20),
            asked: json!({"export": "changes", "to": "production"}),
        }
    }

    fn lines(&self) -> Vec<Vec<u8>> {
        let mut ledger = Ledger::with(self.entries, self.seed);
        let end = self.entries;
        let (mut writer, header) = BundleWriter::begin(&key().verifier(), self.question());
        let mut lines = vec![header];
        for (number, entries) in self.rows.iter().enumerate() {
            let row = json!({ "change": format!("acme/checkout#{number}"), "lead": 0.5 });
            lines.push(writer.row(&row, entries).unwrap());
        }
        let hashes = ledger.hashes();
        let left: Vec<Hash> =
            complete_subtrees(0, self.first).map(|(level, index)| subtree(&hashes, level, index)).collect();
        lines.push(writer.range(self.first, end, &left));
        for (index, entry) in ledger.entries.iter().enumerate().skip(self.first as usize) {
            let index = index as u64;
            let mut evidence = entry.evidence();
            if self.erased == Some(index) {
                evidence.body = None;
            }
            lines.push(writer.entry(index, &entry.leaf, writer.opens(index, &entry.leaf).then_some(evidence).as_ref()));
        }
        for _ in 0..self.meanwhile {
            ledger.add(EntryKind::Delivery, EvidenceClass::HmacBody, TOOL, b"late".to_vec());
        }
        ledger.add(EntryKind::Export, EvidenceClass::System, EXPORTS, writer.manifest());
        let export = end + self.meanwhile;
        let recorded = &ledger.entries[export as usize];
        lines.push(writer.export(export, &recorded.leaf, &recorded.evidence()).unwrap());
        ledger.add(EntryKind::Delivery, EvidenceClass::HmacBody, TOOL, b"after".to_vec());
        let (hashes, size) = (ledger.hashes(), ledger.entries.len() as u64);
        let between = complete_subtrees(end, export).chain(complete_subtrees(export + 1, size));
        let right: Vec<Hash> = between.map(|(level, index)| subtree(&hashes, level, index)).collect();
        lines.push(BundleWriter::proof(&ledger.note(), &right));
        lines
    }

    fn check(&self) -> Result<BundleReport, BundleError> {
        check(&self.lines())
    }
}

fn check(lines: &[Vec<u8>]) -> Result<BundleReport, BundleError> {
    let mut verifier = BundleVerifier::new(Some(key().verifier()));
    for line in lines {
        verifier.line(line)?;
    }
    verifier.finish()
}

fn fault(lines: &[Vec<u8>]) -> BundleFault {
    check(lines).unwrap_err().fault
}

#[test]
fn a_bundle_says_what_it_proves() {
    let report = Plan::default().check().unwrap();
    assert_eq!(
        report.describe(),
        [
            "Unchanged since 2026-03-14T09:26:31Z: entry 25 of the ledger ledger.acme.example records the digest of this \
             export, and the ledger's signed checkpoint of 27 entries covers it.",
            "Complete for 6 to 22: 17 entries, received from 2026-03-14T09:26:12Z to 2026-03-14T09:26:28Z, none left out. \
             Nothing is missing of what the ledger received since 2026-03-14T09:26:13Z.",
            "Not covered: 2 entries that came while the export was made.",
            "2 streams, each counted without a gap:",
            "  07070707070707070707070707070707: 5 to 17",
            "  people: 2 to 5",
            "The ledger tells of no delivery that was lost in this range.",
            "True only as far as the sources: 4 rows, 5 entries opened and as it was received. Vouched for by:",
            "  a signature over the body with a shared secret (E2): 1",
            "  a signature over id, time and body with a shared secret (E3): 3",
            "  the word of a logged-in person: 1",
            "1 row rests on no entry; nobody vouches for that.",
            &format!("Signed with the key that was given: {}", key().verifier()),
        ]
    );
}

#[test]
fn whole_ledgers_empty_ones_gaps_and_erased_bodies_are_told() {
    let whole = Plan { first: 0, from: -5, ..Plan::default() }.check().unwrap();
    assert_eq!((whole.gaps, whole.named_gaps.clone(), whole.opened), (1, vec![5], 6));
    assert!(
        whole
            .describe()
            .contains(&"1 known gap of deliveries that were lost before they arrived: entries 5.".to_owned())
    );
    let erased = Plan { erased: Some(12), ..Plan::default() }.check().unwrap();
    assert_eq!(erased.erased, 1);
    assert!(
        erased.describe().contains(&"1 body was erased since; the ledger still fixes what stood there.".to_owned())
    );
    let empty = Plan { entries: 0, first: 0, rows: Vec::new(), meanwhile: 0, ..Plan::default() }.check().unwrap();
    assert_eq!(empty.describe()[1], "Complete: the ledger had no entry before this export.");
}

#[test]
fn every_range_of_a_small_ledger_is_proved() {
    for entries in 1..20 {
        for first in 0..entries {
            let plan = Plan { entries, first, rows: vec![vec![first]], from: first as i64 + 1, ..Plan::default() };
            let report = plan.check().unwrap_or_else(|error| panic!("{first} of {entries}: {error}"));
            assert_eq!((report.first, report.end), (first, entries));
        }
    }
}

#[test]
fn the_key_is_compared_where_one_is_given() {
    let lines = Plan::default().lines();
    let mut trusting = BundleVerifier::new(None);
    lines.iter().for_each(|line| trusting.line(line).unwrap());
    let report = trusting.finish().unwrap();
    assert!(!report.is_expected);
    assert!(report.describe().last().unwrap().starts_with("The key was taken from the bundle itself"));
    let stranger = SigningKey::from_seed(key().origin().clone(), &[8; 32]).verifier();
    let error = BundleVerifier::new(Some(stranger)).line(&lines[0]).unwrap_err();
    assert!(matches!(error, BundleError { line: 1, fault: BundleFault::OtherKey { .. } }), "{error}");
}

#[test]
fn a_bundle_that_was_made_wrong_is_refused_though_the_ledger_has_recorded_it() {
    let refused = |plan: Plan| plan.check().unwrap_err().fault;
    assert_eq!(refused(Plan { rows: vec![vec![4]], ..Plan::default() }), BundleFault::Outside(4));
    assert_eq!(refused(Plan { rows: vec![vec![23]], ..Plan::default() }), BundleFault::Outside(23));
    assert!(matches!(refused(Plan { from: 6, ..Plan::default() }), BundleFault::Beginning { first: 6, .. }));
    assert_eq!(refused(Plan { from: 21, first: 6, ..Plan::default() }), BundleFault::Period);
    let mut writer = BundleWriter::begin(&key().verifier(), Plan::default().question()).0;
    assert_eq!(writer.row(&json!([]), &[]), Err(WriteError::Row));
    let far = writer.row(&json!({}), &[MAX_ENTRIES]);
    assert_eq!(far, Err(WriteError::TooFar(MAX_ENTRIES)));
}

#[test]
fn each_change_is_named() {
    let lines = Plan::default().lines();
    let with = |change: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let mut changed = lines.clone();
        change(&mut changed);
        fault(&changed)
    };
    let replaced = |place: usize, from: &str, to: &str| {
        let mut changed = lines.clone();
        let text = String::from_utf8(changed[place].clone()).unwrap();
        assert!(text.contains(from), "{text}");
        changed[place] = text.replacen(from, to, 1).into_bytes();
        fault(&changed)
    };
    let (range, last) = (5, lines.len() - 1);
    assert_eq!(with(&|lines| drop(lines.pop())), BundleFault::CutOff);
    assert_eq!(with(&|lines| lines[last].truncate(9)), BundleFault::LineEnd);
    assert_eq!(with(&|lines| lines.push(b"\n".to_vec())), BundleFault::Beyond);
    assert_eq!(with(&|lines| drop(lines.remove(4))), BundleFault::Digest);
    assert_eq!(with(&|lines| drop(lines.remove(2))), BundleFault::OpenedInVain(12));
    assert_eq!(with(&|lines| lines.swap(1, 2)), BundleFault::Digest);
    assert_eq!(with(&|lines| drop(lines.remove(range + 1))), BundleFault::Place { expected: 6, found: 7 });
    assert_eq!(with(&|lines| lines.swap(range + 1, range + 2)), BundleFault::Place { expected: 6, found: 7 });
    assert_eq!(with(&|lines| drop(lines.remove(last - 2))), BundleFault::Short(23));
    assert_eq!(
        with(&|lines| drop(lines.drain(range + 3..last))),
        BundleFault::Expected { expected: "the next covered entry" }
    );
    assert_eq!(replaced(0, "\"throughline_bundle\":1", "\"throughline_bundle\":2"), BundleFault::Version(2));
    assert_eq!(replaced(1, "checkout#0", "checkout#7"), BundleFault::Digest);
    assert_eq!(replaced(1, "[8,9]", "[9,8]"), BundleFault::RowOrder);
    assert_eq!(replaced(1, "[8,9]", "[8]"), BundleFault::OpenedInVain(9));
    assert_eq!(replaced(1, "[8,9]", "[8,9,10]"), BundleFault::NotOpened(10));
    assert_eq!(
        replaced(range + 4, "\\\"number\\\":9", "\\\"number\\\":8"),
        BundleFault::Opening { entry: 9, field: Field::Body }
    );
    assert_eq!(replaced(last - 1, "\"export\":25", "\"export\":22"), BundleFault::NotAnExport(22));
    assert_eq!(replaced(last - 1, "\"export\":25", "\"export\": 25"), BundleFault::Written);
    assert!(matches!(
        replaced(last - 1, "\"export\":25", "\"export\":24"),
        BundleFault::Edge | BundleFault::Root { .. }
    ));
    assert!(matches!(replaced(last, "\\n27\\n", "\\n28\\n"), BundleFault::Checkpoint(NoteError::WrongSignature(_))));
}

/// One change to a bundle, as somebody might make it by accident or on purpose.
fn mutated(lines: &[Vec<u8>], other: &[Vec<u8>], kind: u8, place: usize, second: usize, bit: u32) -> Vec<Vec<u8>> {
    let mut changed = lines.to_vec();
    let (one, two) = (place % lines.len(), second % lines.len());
    match kind {
        0 => drop(changed.remove(one)),
        1 => changed.swap(one, two),
        2 => changed.insert(two, lines[one].clone()),
        3 => {
            let at = second % changed[one].len();
            changed[one][at] ^= 1 << bit;
        }
        4 => {
            // A letter or digit becomes another one: the line stays JSON.
            let is_word = |byte: &u8| byte.is_ascii_alphanumeric();
            let words: Vec<usize> = (0..changed[one].len()).filter(|at| is_word(&changed[one][*at])).collect();
            let byte = &mut changed[one][words[second % words.len()]];
            *byte = match *byte {
                b'9' => b'0',
                b'z' => b'a',
                b'Z' => b'A',
                byte => byte + 1,
            };
        }
        5 => {
            let mut bytes = changed.concat();
            bytes.truncate(second % bytes.len());
            changed = bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        }
        6 => changed[one] = other[place % other.len()].clone(),
        _ => changed = [&lines[..one], &other[one.min(other.len())..]].concat(),
    }
    changed
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn whatever_is_left_out_edited_or_moved_is_refused(
        kind in 0..8_u8, place in any::<usize>(), second in any::<usize>(), bit in 0..8_u32,
    ) {
        let lines = Plan::default().lines();
        let other = Plan { seed: 2, ..Plan::default() }.lines();
        let changed = mutated(&lines, &other, kind, place, second, bit);
        if changed.concat() != lines.concat() && changed.concat() != other.concat() {
            prop_assert!(check(&changed).is_err());
        }
    }

    #[test]
    fn any_bytes_are_answered(lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..5)) {
        prop_assert!(check(&lines).is_err());
    }
}
