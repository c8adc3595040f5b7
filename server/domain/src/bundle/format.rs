//! The lines of a bundle as they stand in the file. The first member of each tells what the line is.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::hex;
use crate::ledger::Hash;
use crate::time::Timestamp;

/// The version of the format that is written and read.
pub(super) const VERSION: u64 = 1;

/// The longest line in bytes, its line end included: room for the largest body with every second character escaped.
pub const MAX_LINE_BYTES: usize = 192 * 1024 * 1024;

/// The most entries that the ledger of a bundle may have: a verifier keeps one bit for each.
pub const MAX_ENTRIES: u64 = 1 << 30;

/// The most streams that may occur in a bundle: a verifier keeps two numbers for each.
pub const MAX_STREAMS: usize = 65_536;

/// What a line is, by how it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineKind {
    Header,
    Row,
    Range,
    Entry,
    Export,
    Proof,
}

impl LineKind {
    const ALL: [Self; 6] = [Self::Header, Self::Row, Self::Range, Self::Entry, Self::Export, Self::Proof];

    const fn beginning(self) -> &'static str {
        match self {
            Self::Header => "{\"throughline_bundle\":",
            Self::Row => "{\"entries\":",
            Self::Range => "{\"first\":",
            Self::Entry => "{\"entry\":",
            Self::Export => "{\"export\":",
            Self::Proof => "{\"checkpoint\":",
        }
    }

    /// What the line is; `None` where it begins in no way that is known.
    pub(super) fn of(line: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| line.starts_with(kind.beginning().as_bytes()))
    }
}

/// The first line: whose ledger, which period, and what was asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HeaderLine {
    pub(super) throughline_bundle: u64,
    pub(super) key: String,
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    pub(super) question: Value,
}

/// A row of the export, and the entries that it rests on.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RowLine<'a> {
    pub(super) entries: Cow<'a, [u64]>,
    pub(super) row: Cow<'a, Map<String, Value>>,
}

/// Which entries are covered, and the edge of the tree before them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RangeLine {
    pub(super) first: u64,
    pub(super) end: u64,
    pub(super) left: Vec<String>,
}

/// One covered entry: its leaf, and what it says where it is opened.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EntryLine<'a> {
    pub(super) entry: u64,
    pub(super) leaf: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) salt: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) delivery_key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) headers_key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) delivery_id: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) headers: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) body_base64: Option<String>,
}

/// The entry that records the export; its body is the manifest.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExportLine {
    pub(super) export: u64,
    pub(super) leaf: String,
    pub(super) salt: String,
    pub(super) delivery_id: String,
    pub(super) headers: String,
    pub(super) body: String,
}

/// What the ledger keeps of the export: what was asked, and the digest of what was answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) throughline_bundle: u64,
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    pub(super) question: Value,
    pub(super) first: u64,
    pub(super) end: u64,
    pub(super) rows: u64,
    pub(super) opened: u64,
    pub(super) lines: u64,
    pub(super) sha256: String,
}

/// The last line: the signed head, and the edges of its tree behind the covered entries.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProofLine {
    pub(super) checkpoint: String,
    pub(super) right: Vec<String>,
}

/// A line in its one written form, with its line end.
pub(super) fn line_of(line: &impl Serialize) -> Vec<u8> {
    let mut bytes = compact(line);
    bytes.push(b'\n');
    bytes
}

/// A value as JSON without white space.
pub(super) fn compact(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("texts, whole numbers and JSON values can be written as JSON")
}

/// The bytes that lower-case hexadecimal digits stand for; `None` for every other form.
pub(super) fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let is_lower = digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    if is_lower { hex::decode(digits) } else { None }
}

/// Hashes as they are written.
pub(super) fn to_texts(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(ToString::to_string).collect()
}

/// Hashes as they were written; `None` where one is not in its one form.
pub(super) fn from_texts(texts: &[String]) -> Option<Vec<Hash>> {
    texts.iter().map(|text| Hash::from_base64(text)).collect()
}
