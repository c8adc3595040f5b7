//! The audit against ledgers in which one thing is wrong.

use proptest::prelude::*;

use super::super::checkpoint::{NoteError, Origin, SigningKey};
use super::super::commitment::{Commitments, FieldKeys, Salt};
use super::super::leaf::LeafError;
use super::super::merkle::{Hash, empty_root};
use super::*;

/// One row of a store.
#[derive(Clone)]
struct Row {
    index: u64,
    leaf: Vec<u8>,
    kind: EntryKind,
    evidence: EvidenceClass,
    received: Timestamp,
    stream: StreamId,
    counter: u64,
    keys: EntryKeys,
    delivery_id: Option<Vec<u8>>,
    headers: Option<Vec<u8>>,
    body: Option<Vec<u8>>,
}

/// A whole store, as the ledger leaves it.
#[derive(Clone)]
struct Store {
    rows: Vec<Row>,
    checkpoints: Vec<(u64, String)>,
    tiles: HashMap<TileId, Vec<u8>>,
    head: TreeHead,
}

const FIRST: StreamId = StreamId::from_bytes([1; 16]);
const SECOND: StreamId = StreamId::from_bytes([2; 16]);

fn key() -> SigningKey {
    SigningKey::from_seed(Origin::new("ledger.acme.example").unwrap(), &[7; 32])
}

fn salt(index: u64) -> Salt {
    Salt::from_bytes([index as u8; 32])
}

/// A row whose every part fits; two of three entries are in the first stream.
fn row(index: u64) -> Row {
    let (stream, counter) = if index % 3 == 2 { (SECOND, index / 3 + 1) } else { (FIRST, index - index / 3 + 1) };
    let kind = if index % 3 == 2 { EntryKind::UserAction } else { EntryKind::Delivery };
    let mut row = Row {
        index,
        leaf: Vec::new(),
        kind,
        evidence: EvidenceClass::HmacTimed,
        received: Timestamp::from_seconds(1_773_480_366 + index as i64 / 2),
        stream,
        counter,
        keys: EntryKeys::Salt(salt(index)),
        delivery_id: Some(format!("delivery {index}").into_bytes()),
        headers: Some(b"content-type: application/json\n".to_vec()),
        body: Some(format!("{{\"number\":{index}}}").into_bytes()),
    };
    row.write_leaf();
    row
}

impl Row {
    /// Writes the leaf anew from the columns and contents, as somebody with the database in hand could.
    fn write_leaf(&mut self) {
        let content = |content: &Option<Vec<u8>>| content.clone().unwrap_or_default();
        self.leaf = Leaf {
            kind: self.kind,
            evidence: self.evidence,
            received: self.received,
            stream: self.stream,
            counter: self.counter,
            commitments: Commitments::new(
                &salt(self.index),
                &content(&self.delivery_id),
                &content(&self.headers),
                &content(&self.body),
            ),
        }
        .encode()
        .to_vec();
    }

    fn view(&self) -> StoredEntry<'_> {
        StoredEntry {
            index: self.index,
            leaf: &self.leaf,
            kind: self.kind,
            evidence: self.evidence,
            received: self.received,
            stream: self.stream,
            counter: self.counter,
            keys: self.keys,
            delivery_id: self.delivery_id.as_deref(),
            headers: self.headers.as_deref(),
            body: self.body.as_deref(),
        }
    }
}

impl Store {
    /// A sound ledger with a checkpoint after each four entries and after the last.
    fn with(entries: u64) -> Self {
        let mut store = Self {
            rows: (0..entries).map(row).collect(),
            checkpoints: Vec::new(),
            tiles: HashMap::new(),
            head: no_head(),
        };
        store.rewrite();
        store
    }

    /// Tree, tiles and checkpoints anew from the rows, as only the ledger with its key can.
    fn rewrite(&mut self) {
        let mut tree = TileFrontier::default();
        self.checkpoints.clear();
        self.tiles.clear();
        for row in &self.rows {
            for tile in tree.append(leaf_hash(&row.leaf)) {
                self.tiles.insert(tile.id, tile.bytes());
            }
            if tree.size().is_multiple_of(4) || tree.size() == self.rows.len() as u64 {
                self.checkpoints.push((tree.size(), key().sign(&tree.head())));
            }
        }
        self.head = tree.head();
    }

    fn audit(&self) -> Result<AuditReport, AuditError> {
        let mut auditor = Auditor::new(key().verifier());
        let mut checkpoints = self.checkpoints.iter().peekable();
        for row in &self.rows {
            auditor.entry(&row.view())?;
            for id in auditor.completed_tiles() {
                if let Some(bytes) = self.tiles.get(&id) {
                    auditor.tile(id, bytes)?;
                }
            }
            while let Some((size, note)) = checkpoints.next_if(|(size, _)| *size <= auditor.size()) {
                auditor.checkpoint(*size, note)?;
            }
        }
        for (size, note) in checkpoints {
            auditor.checkpoint(*size, note)?;
        }
        auditor.finish(self.head)
    }

    /// The first bad entry and what is wrong with it, after a change to a sound ledger of this many entries.
    fn broken(entries: u64, change: impl FnOnce(&mut Self)) -> (u64, Fault) {
        let mut store = Self::with(entries);
        change(&mut store);
        let error = store.audit().unwrap_err();
        (error.entry, error.fault)
    }
}

fn no_head() -> TreeHead {
    TreeHead { size: 0, root: empty_root() }
}

#[test]
fn a_sound_ledger_is_reported_in_words() {
    let report = Store::with(9).audit().unwrap();
    assert_eq!(
        report.describe(),
        [
            "9 entries from 2026-03-14T09:26:06Z to 2026-03-14T09:26:10Z: every leaf reads back and says what its \
             columns say, none is missing, and no time of receipt goes backwards.",
            "By kind: delivery 6, user-action 3.",
            "2 streams: each is counted from 1 without a gap.",
            "Opened and equal to what was received: 9 delivery ids, 9 sets of headers and 9 bodies.",
            "The tree was built again from the leaves; it is too small for a full tile.",
            &format!(
                "3 checkpoints were checked with the key {}: signed, and for the root that the entries have at that \
                 size. The last one covers everything: size 9, root {}.",
                key().verifier(),
                report.head.root
            ),
        ]
    );
    assert_eq!(Store::with(300).audit().unwrap().tiles, Some(1));
}

#[test]
fn an_empty_ledger_is_sound() {
    let report = Store::with(0).audit().unwrap();
    assert_eq!(report.head, no_head());
    assert_eq!(report.describe().len(), 2);
    let mut signed = Store::with(0);
    signed.checkpoints.push((0, key().sign(&no_head())));
    assert_eq!(signed.audit().unwrap().checkpoints, 1);
}

#[test]
fn erased_contents_are_counted_and_the_rest_still_opens() {
    let mut store = Store::with(9);
    let keys = FieldKeys { body: None, ..FieldKeys::derive(&salt(4)) };
    store.rows[4].keys = EntryKeys::Fields(keys);
    store.rows[4].body = None;
    let report = store.audit().unwrap();
    assert_eq!((report.bodies_opened, report.bodies_missing, report.first_body_missing), (8, 1, Some(4)));
    assert_eq!((report.delivery_ids_opened, report.headers_opened), (9, 9));
    assert!(report.describe().iter().any(|sentence| sentence.contains("entry 4")));

    store.rows[4].headers = Some(b"other: header\n".to_vec());
    assert_eq!(store.audit().unwrap_err().fault, Fault::Opening { field: Field::Headers });
    store.rows[4].body = Some(Vec::new());
    store.rows[4].headers = None;
    assert_eq!(store.audit().unwrap_err().fault, Fault::NoKey { field: Field::Body });
}

#[test]
fn a_changed_row_is_named() {
    let opening = |field| Fault::Opening { field };
    assert_eq!(Store::broken(9, |store| store.rows[5].body = Some(b"{}".to_vec())), (5, opening(Field::Body)));
    assert_eq!(Store::broken(9, |store| store.rows[5].headers = Some(Vec::new())), (5, opening(Field::Headers)));
    assert_eq!(Store::broken(9, |store| store.rows[0].delivery_id = Some(Vec::new())), (0, opening(Field::DeliveryId)));
    assert_eq!(
        Store::broken(9, |store| store.rows[6].keys = EntryKeys::Salt(salt(99))),
        (6, opening(Field::DeliveryId))
    );
    assert_eq!(Store::broken(9, |store| store.rows[3].leaf[0] = 9), (3, Fault::Leaf(LeafError::Version(9))));
    let column = |column, leaf: &str, stored: &str| Fault::Column { column, leaf: leaf.into(), stored: stored.into() };
    assert_eq!(Store::broken(9, |store| store.rows[3].kind = EntryKind::Gap), (3, column("kind", "delivery", "gap")));
    assert_eq!(
        Store::broken(9, |store| store.rows[3].evidence = EvidenceClass::System),
        (3, column("evidence class", "e3", "system"))
    );
    assert_eq!(Store::broken(9, |store| store.rows[3].counter = 8), (3, column("counter", "3", "8")));
    assert!(matches!(
        Store::broken(9, |store| store.rows[3].stream = SECOND),
        (3, Fault::Column { column: "stream", .. })
    ));
}

#[test]
fn a_row_gone_or_moved_is_named() {
    assert_eq!(Store::broken(9, |store| drop(store.rows.remove(4))), (4, Fault::Place { found: 5 }));
    assert_eq!(Store::broken(9, |store| store.rows.swap(4, 6)), (4, Fault::Place { found: 6 }));
    assert_eq!(Store::broken(9, |store| store.rows.truncate(8)), (8, Fault::CheckpointAhead { size: 9 }));
    let cut_off_with_its_checkpoint = |store: &mut Store| {
        store.rows.truncate(8);
        store.checkpoints.truncate(2);
    };
    assert_eq!(Store::broken(9, cut_off_with_its_checkpoint), (8, Fault::HeadSize { head: 9, entries: 8 }));
}

#[test]
fn order_is_checked_even_where_the_ledger_itself_signed_it() {
    let earlier = Timestamp::from_seconds(1);
    let backwards = Store::broken(9, |store| {
        store.rows[5].received = earlier;
        store.rows[5].write_leaf();
        store.rewrite();
    });
    assert_eq!(backwards, (5, Fault::Backwards { previous: row(4).received, found: earlier }));
    let gap = Store::broken(9, |store| {
        store.rows[5].counter = 4;
        store.rows[5].write_leaf();
        store.rewrite();
    });
    assert_eq!(gap, (5, Fault::Counter { stream: SECOND, expected: 2, found: 4 }));
}

#[test]
fn a_row_rewritten_with_its_leaf_fails_at_the_next_checkpoint() {
    let (entry, fault) = Store::broken(9, |store| {
        store.rows[6].body = Some(b"forged".to_vec());
        store.rows[6].write_leaf();
    });
    assert_eq!(entry, 4, "the checkpoint of size 4 still vouches for the entries before");
    assert!(matches!(fault, Fault::CheckpointRoot { size: 8, .. }), "{fault}");
}

#[test]
fn a_row_added_without_the_key_is_named() {
    let (entry, fault) = Store::broken(9, |store| {
        store.rows.push(row(9));
        let mut tree = TileFrontier::default();
        for row in &store.rows {
            tree.append(leaf_hash(&row.leaf));
        }
        store.head = tree.head();
    });
    assert_eq!((entry, fault), (9, Fault::CheckpointBehind { size: 9, entries: 10 }));
    assert_eq!(Store::broken(9, |store| store.checkpoints.clear()), (0, Fault::NoCheckpoint { entries: 9 }));
}

#[test]
fn checkpoints_are_held_against_the_entries() {
    let other_root = Hash::from_bytes([1; 32]);
    let forged = TreeHead { size: 8, root: other_root };
    let two = Store::broken(9, |store| store.checkpoints.insert(2, (8, key().sign(&forged))));
    assert!(matches!(two, (8, Fault::TwoRoots { size: 8, second, .. }) if second == other_root));
    let wrong = Store::broken(9, |store| store.checkpoints[1].1 = key().sign(&forged));
    assert!(matches!(wrong, (4, Fault::CheckpointRoot { size: 8, signed, .. }) if signed == other_root));
    let moved = Store::broken(9, |store| store.checkpoints[1].1 = store.checkpoints[0].1.clone());
    assert_eq!(moved, (4, Fault::CheckpointSize { stored: 8, signed: 4 }));
    let late = Store::broken(9, |store| store.checkpoints.swap(0, 1));
    assert_eq!(late, (4, Fault::CheckpointLate { size: 4, entries: 8 }));
    let stranger = SigningKey::from_seed(key().origin().clone(), &[8; 32]);
    let unsigned = Store::broken(9, |store| store.checkpoints[1].1 = stranger.sign(&store.head));
    assert_eq!(unsigned, (4, Fault::Note { size: 8, error: NoteError::NotSigned(key().origin().clone()) }));
}

#[test]
fn the_stored_head_is_held_against_the_entries() {
    assert_eq!(Store::broken(9, |store| store.head.size = 10), (9, Fault::HeadSize { head: 10, entries: 9 }));
    let root = Hash::from_bytes([1; 32]);
    let changed = Store::broken(9, |store| store.head.root = root);
    assert!(matches!(changed, (8, Fault::HeadRoot { stored, .. }) if stored == root));
}

#[test]
fn stored_tiles_are_held_against_the_entries() {
    let id = TileId { level: 0, index: 0 };
    let tile = |store: &mut Store, change: fn(&mut Vec<u8>)| change(store.tiles.get_mut(&id).unwrap());
    assert_eq!(
        Store::broken(300, |store| tile(store, |bytes| bytes[100 * 32 + 5] ^= 1)),
        (100, Fault::TileDiffers { id })
    );
    assert_eq!(
        Store::broken(300, |store| tile(store, |bytes| bytes.truncate(bytes.len() - 1))),
        (0, Fault::TileLength { id, bytes: TILE_BYTES - 1 })
    );
    assert_eq!(
        Store::broken(300, |store| tile(store, |bytes| bytes.truncate(TILE_BYTES - 32))),
        (0, Fault::TileLength { id, bytes: TILE_BYTES - 32 })
    );
    assert_eq!(Store::broken(300, |store| drop(store.tiles.remove(&id))), (0, Fault::TileMissing { id }));
    assert_eq!(Store::broken(256, |store| drop(store.tiles.remove(&id))), (0, Fault::TileMissing { id }));
    let second = TileId { level: 0, index: 1 };
    let error = Auditor::new(key().verifier()).tile(second, &[]).unwrap_err();
    assert_eq!((error.entry, error.fault), (256, Fault::TileUnexpected { id: second }));
}

#[test]
fn an_export_needs_no_tiles() {
    let store = Store::with(257);
    let mut auditor = Auditor::new(key().verifier()).without_tiles();
    for row in &store.rows {
        auditor.entry(&row.view()).unwrap();
        assert!(auditor.completed_tiles().is_empty());
    }
    let (size, note) = store.checkpoints.last().unwrap();
    auditor.checkpoint(*size, note).unwrap();
    assert_eq!(auditor.finish(store.head).unwrap().tiles, None);
}

#[test]
fn an_error_says_where_what_and_what_it_means() {
    let mut store = Store::with(9);
    store.rows[5].body = Some(b"{}".to_vec());
    assert_eq!(
        store.audit().unwrap_err().to_string(),
        "entry 5: its stored body does not match the commitment in the leaf. The content or its salt was changed \
         after the entry was written."
    );
    assert_eq!(
        AuditError::unreadable(3, "the salt has 31 bytes").to_string(),
        "entry 3: the stored row cannot be read: the salt has 31 bytes. The database was damaged or edited."
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_flipped_bit_of_a_stored_record_is_caught(
        entry in 0..9_usize, part in 0..8_u8, place in any::<usize>(), bit in 0..8_u32,
    ) {
        let mut store = Store::with(9);
        let row = &mut store.rows[entry];
        let flip = |bytes: &mut [u8]| bytes[place % bytes.len()] ^= 1 << bit;
        match part {
            0 => flip(&mut row.leaf),
            1 => flip(row.delivery_id.as_mut().unwrap()),
            2 => flip(row.headers.as_mut().unwrap()),
            3 => flip(row.body.as_mut().unwrap()),
            4 => {
                let mut bytes = *salt(row.index).as_bytes();
                flip(&mut bytes);
                row.keys = EntryKeys::Salt(Salt::from_bytes(bytes));
            }
            5 => {
                let mut bytes = row.received.micros().to_be_bytes();
                flip(&mut bytes);
                row.received = Timestamp::from_micros(i64::from_be_bytes(bytes));
            }
            6 => {
                let mut bytes = *row.stream.as_bytes();
                flip(&mut bytes);
                row.stream = StreamId::from_bytes(bytes);
            }
            _ => {
                let mut bytes = row.counter.to_be_bytes();
                flip(&mut bytes);
                row.counter = u64::from_be_bytes(bytes);
            }
        }
        let error = store.audit().unwrap_err();
        prop_assert_eq!(error.entry, entry as u64, "{}", error);
    }

    #[test]
    fn any_flipped_bit_of_a_stored_checkpoint_is_caught(
        which in 0..3_usize, place in any::<usize>(), bit in 0..8_u32,
    ) {
        let mut store = Store::with(9);
        let mut note = store.checkpoints[which].1.clone().into_bytes();
        let place = place % note.len();
        note[place] ^= 1 << bit;
        // A note that is no text any more does not come out of a text column.
        if let Ok(note) = String::from_utf8(note) {
            store.checkpoints[which].1 = note;
            prop_assert_eq!(store.audit().unwrap_err().entry, which as u64 * 4);
        }
    }
}
