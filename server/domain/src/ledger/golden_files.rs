//! The byte layout, held against files that no code of this crate has made (see `golden/make.py`).

use super::checkpoint::{Origin, SigningKey, open};
use super::commitment::{Commitments, Field, FieldKey, Salt};
use super::entry::{EntryKind, EvidenceClass};
use super::leaf::{Leaf, StreamId};
use super::merkle::{Frontier, Hash, TreeHead, leaf_hash};
use crate::hex;
use crate::time::Timestamp;

const ENTRY: &str = include_str!("golden/entry.txt");
const TREE: &str = include_str!("golden/tree.txt");
const KEY: &str = include_str!("golden/key.txt");
const CHECKPOINT: &str = include_str!("golden/checkpoint.txt");

/// The value behind a name in a golden file.
fn value<'a>(file: &'a str, name: &str) -> &'a str {
    file.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
        .unwrap_or_else(|| panic!("no line '{name}'"))
}

fn bytes(file: &str, name: &str) -> Vec<u8> {
    hex::decode(value(file, name)).unwrap()
}

#[test]
fn an_entry_is_laid_out_as_written_down() {
    let salt = Salt::from_slice(&bytes(ENTRY, "salt")).unwrap();
    let contents = [
        (Field::DeliveryId, value(ENTRY, "delivery-id text")),
        (Field::Headers, value(ENTRY, "headers text")),
        (Field::Body, value(ENTRY, "body text")),
    ];
    for (field, content) in contents {
        let key = FieldKey::derive(&salt, field);
        assert_eq!(key.as_bytes().to_vec(), bytes(ENTRY, &format!("{} key", field.name())));
        let commitment = key.commit(content.as_bytes());
        assert_eq!(commitment.as_bytes().to_vec(), bytes(ENTRY, &format!("{} commitment", field.name())));
    }
    let [delivery_id, headers, body] = contents.map(|(_, content)| content.as_bytes());
    let leaf = Leaf {
        kind: EntryKind::Delivery,
        evidence: EvidenceClass::HmacBody,
        received: Timestamp::parse("2026-03-14T09:26:06.535Z").unwrap(),
        stream: StreamId::from_slice(&(0x10..0x20).collect::<Vec<u8>>()).unwrap(),
        counter: 1,
        commitments: Commitments::new(&salt, delivery_id, headers, body),
    };
    assert_eq!(hex::encode(&leaf.encode()), value(ENTRY, "leaf"));
    assert_eq!(Leaf::decode(&bytes(ENTRY, "leaf")), Ok(leaf));
    assert_eq!(leaf_hash(&bytes(ENTRY, "leaf")).to_hex(), value(ENTRY, "leaf hash"));
}

#[test]
fn five_entries_have_the_roots_written_down() {
    let (first, second) = (StreamId::from_bytes([0xaa; 16]), StreamId::from_bytes([0xbb; 16]));
    let entries = [
        (EntryKind::Delivery, EvidenceClass::HmacBody, first, 1),
        (EntryKind::Delivery, EvidenceClass::HmacBody, first, 2),
        (EntryKind::UserAction, EvidenceClass::Statement, second, 1),
        (EntryKind::Delivery, EvidenceClass::HmacTimed, first, 3),
        (EntryKind::Redaction, EvidenceClass::Statement, second, 2),
    ];
    let mut frontier = Frontier::default();
    assert_eq!(frontier.root().to_string(), value(TREE, "root 0"));
    for (number, (kind, evidence, stream, counter)) in (0_u8..).zip(entries) {
        let leaf = Leaf {
            kind,
            evidence,
            received: Timestamp::from_seconds(1_773_480_366 + i64::from(number)),
            stream,
            counter,
            commitments: Commitments::new(
                &Salt::from_bytes([number; 32]),
                format!("delivery-{number}").as_bytes(),
                b"",
                format!("body {number}").as_bytes(),
            ),
        };
        assert_eq!(hex::encode(&leaf.encode()), value(TREE, &format!("leaf {number}")));
        frontier.append(leaf_hash(&leaf.encode()));
        assert_eq!(frontier.root().to_string(), value(TREE, &format!("root {}", number + 1)));
    }
}

#[test]
fn a_checkpoint_is_signed_as_written_down() {
    let seed: [u8; 32] = bytes(KEY, "seed").try_into().unwrap();
    let key = SigningKey::from_seed(Origin::new(value(KEY, "origin")).unwrap(), &seed);
    assert_eq!(key.verifier().to_string(), value(KEY, "verifier key"));
    let head = TreeHead { size: 5, root: Hash::from_base64(value(TREE, "root 5")).unwrap() };
    assert_eq!(key.sign(&head), CHECKPOINT);
    let verifier = value(KEY, "verifier key").parse().unwrap();
    assert_eq!(open(CHECKPOINT, &verifier).unwrap().head(), head);
}
