//! What an audit has checked, in numbers and in sentences.

use std::collections::BTreeMap;

use super::super::checkpoint::VerifierKey;
use super::super::entry::EntryKind;
use super::super::merkle::{TreeHead, empty_root};
use crate::time::Timestamp;

/// What was checked in a ledger in which nothing is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditReport {
    /// The key that every checkpoint was checked with.
    pub key: VerifierKey,
    /// The number of entries and the root over them.
    pub head: TreeHead,
    /// How many entries there are of each kind; kinds without entries are absent.
    pub kinds: BTreeMap<EntryKind, u64>,
    /// When the first and the last entry were received; `None` for an empty ledger.
    pub received: Option<(Timestamp, Timestamp)>,
    /// How many delivery ids were opened.
    pub delivery_ids_opened: u64,
    /// How many sets of headers were opened.
    pub headers_opened: u64,
    /// How many bodies were opened.
    pub bodies_opened: u64,
    /// How many bodies were not there to be opened: erased, or held back by whoever handed the ledger over.
    pub bodies_missing: u64,
    /// The first entry whose body was not there.
    pub first_body_missing: Option<u64>,
    /// How many streams there are.
    pub streams: usize,
    /// How many full tiles were compared; `None` where no stored tiles were looked at.
    pub tiles: Option<u64>,
    /// How many checkpoints were checked.
    pub checkpoints: u64,
}

impl AuditReport {
    /// The report on nothing yet.
    pub(super) fn new(key: VerifierKey) -> Self {
        Self {
            key,
            head: TreeHead { size: 0, root: empty_root() },
            kinds: BTreeMap::new(),
            received: None,
            delivery_ids_opened: 0,
            headers_opened: 0,
            bodies_opened: 0,
            bodies_missing: 0,
            first_body_missing: None,
            streams: 0,
            tiles: Some(0),
            checkpoints: 0,
        }
    }

    /// What was checked and found in order, one sentence a line, for people.
    pub fn describe(&self) -> Vec<String> {
        let Some((first, last)) = self.received else {
            return vec!["The ledger is empty.".to_owned(), self.describe_checkpoints()];
        };
        let mut sentences = vec![format!(
            "{} from {first} to {last}: every leaf reads back and says what its columns say, none is missing, and no \
             time of receipt goes backwards.",
            counted(self.head.size, "entry", "entries")
        )];
        let kinds: Vec<String> = self.kinds.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        sentences.push(format!("By kind: {}.", kinds.join(", ")));
        sentences.push(match self.streams {
            1 => "1 stream: counted from 1 without a gap.".to_owned(),
            streams => format!("{streams} streams: each is counted from 1 without a gap."),
        });
        sentences.push(format!(
            "Opened and equal to what was received: {}, {} and {}.",
            counted(self.delivery_ids_opened, "delivery id", "delivery ids"),
            counted(self.headers_opened, "set of headers", "sets of headers"),
            counted(self.bodies_opened, "body", "bodies")
        ));
        if let Some(first) = self.first_body_missing {
            sentences.push(format!(
                "Not there to be opened: {}, the first of them that of entry {first}. The tree still fixes what they \
                 were, but they cannot be shown.",
                counted(self.bodies_missing, "body", "bodies")
            ));
        }
        sentences.push(match self.tiles {
            Some(0) => "The tree was built again from the leaves; it is too small for a full tile.".to_owned(),
            Some(tiles) => format!(
                "The tree was built again from the leaves; {} compared with it, all equal.",
                counted(tiles, "stored full tile was", "stored full tiles were")
            ),
            None => "The tree was built again from the leaves; no stored tiles were looked at.".to_owned(),
        });
        sentences.push(self.describe_checkpoints());
        sentences
    }

    fn describe_checkpoints(&self) -> String {
        if self.checkpoints == 0 {
            return "There is no checkpoint yet, and none is needed.".to_owned();
        }
        format!(
            "{} checked with the key {}: signed, and for the root that the entries have at that size. The last one \
             covers everything: size {}, root {}.",
            counted(self.checkpoints, "checkpoint was", "checkpoints were"),
            self.key,
            self.head.size,
            self.head.root
        )
    }
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
