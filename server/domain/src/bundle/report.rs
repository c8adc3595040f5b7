//! What a bundle proves, in numbers and in sentences.

use std::collections::BTreeMap;

use crate::ledger::{EvidenceClass, StreamId, VerifierKey};
use crate::time::Timestamp;

/// How many streams are listed; the others are counted.
const MAX_LISTED_STREAMS: usize = 100;

/// What was checked in a bundle in which nothing is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleReport {
    /// The key that the checkpoint was checked with.
    pub key: VerifierKey,
    /// Whether that key was given, and not taken from the bundle.
    pub is_expected: bool,
    /// The first moment of the period.
    pub from: Timestamp,
    /// The first moment after it.
    pub to: Timestamp,
    /// How many entries the checkpoint covers.
    pub size: u64,
    /// The entry that records the export.
    pub export: u64,
    /// When it was recorded.
    pub recorded: Timestamp,
    /// The first covered entry.
    pub first: u64,
    /// The one behind the last covered entry.
    pub end: u64,
    /// When the first and the last covered entry were received; `None` where the ledger was empty.
    pub received: Option<(Timestamp, Timestamp)>,
    /// The first and the last counter of each stream.
    pub streams: BTreeMap<StreamId, (u64, u64)>,
    /// How many of the covered entries tell of lost deliveries.
    pub gaps: u64,
    /// The first of these.
    pub named_gaps: Vec<u64>,
    /// How many rows the export has.
    pub rows: u64,
    /// How many of these rest on no entry.
    pub bare_rows: u64,
    /// How many entries are opened.
    pub opened: u64,
    /// How many of these have lost their body to an erasure.
    pub erased: u64,
    /// How many opened entries each class vouches for; classes without entries are absent.
    pub classes: BTreeMap<EvidenceClass, u64>,
}

impl BundleReport {
    /// What holds, one sentence a line, for people. The second verifier says the same to the letter.
    pub fn describe(&self) -> Vec<String> {
        let mut sentences = vec![format!(
            "Unchanged since {}: entry {} of the ledger {} records the digest of this export, and the ledger's signed \
             checkpoint of {} covers it.",
            self.recorded,
            self.export,
            self.key.origin(),
            counted(self.size, "entry", "entries")
        )];
        sentences.extend(self.describe_completeness());
        sentences.extend(self.describe_sources());
        sentences.push(self.describe_key());
        sentences
    }

    fn describe_completeness(&self) -> Vec<String> {
        let Some((oldest, newest)) = self.received else {
            return vec!["Complete: the ledger had no entry before this export.".to_owned()];
        };
        let mut sentences = vec![format!(
            "Complete for {} to {}: {}, received from {oldest} to {newest}, none left out. Nothing is missing of what the \
             ledger received since {}.",
            self.first,
            self.end.saturating_sub(1),
            counted(self.end.saturating_sub(self.first), "entry", "entries"),
            self.from
        )];
        if self.export > self.end {
            sentences.push(format!(
                "Not covered: {} that came while the export was made.",
                counted(self.export - self.end, "entry", "entries")
            ));
        }
        if newest < self.to {
            sentences.push(format!("The period ends at {}, which is later than all of them.", self.to));
        }
        let streams = u64::try_from(self.streams.len()).unwrap_or(u64::MAX);
        sentences.push(format!("{}, each counted without a gap:", counted(streams, "stream", "streams")));
        for (stream, (first, last)) in self.streams.iter().take(MAX_LISTED_STREAMS) {
            sentences.push(format!("  {}: {first} to {last}", name_of(stream)));
        }
        if let Some(more) = self.streams.len().checked_sub(MAX_LISTED_STREAMS).filter(|more| *more > 0) {
            sentences.push(format!("  and {more} more"));
        }
        sentences.push(self.describe_gaps());
        sentences
    }

    fn describe_gaps(&self) -> String {
        if self.gaps == 0 {
            return "The ledger tells of no delivery that was lost in this range.".to_owned();
        }
        let named: Vec<String> = self.named_gaps.iter().map(ToString::to_string).collect();
        let more = if u64::try_from(named.len()) == Ok(self.gaps) { "" } else { " …" };
        format!(
            "{} of deliveries that were lost before they arrived: entries {}{more}.",
            counted(self.gaps, "known gap", "known gaps"),
            named.join(", ")
        )
    }

    fn describe_sources(&self) -> Vec<String> {
        let mut sentences = vec![format!(
            "True only as far as the sources: {}, {} opened and as it was received. Vouched for by:",
            counted(self.rows, "row", "rows"),
            counted(self.opened, "entry", "entries")
        )];
        for (class, count) in &self.classes {
            sentences.push(format!("  {}: {count}", class.describe()));
        }
        if self.bare_rows > 0 {
            sentences.push(format!(
                "{} on no entry; nobody vouches for that.",
                counted(self.bare_rows, "row rests", "rows rest")
            ));
        }
        if self.erased > 0 {
            sentences.push(format!(
                "{} erased since; the ledger still fixes what stood there.",
                counted(self.erased, "body was", "bodies were")
            ));
        }
        sentences
    }

    fn describe_key(&self) -> String {
        if self.is_expected {
            return format!("Signed with the key that was given: {}", self.key);
        }
        format!(
            "The key was taken from the bundle itself, which anybody could have made with a key of their own. Compare it \
             with the one that the owner of the ledger has published: {}",
            self.key
        )
    }
}

/// The word that names a stream of the ledger itself; else its hexadecimal digits.
fn name_of(stream: &StreamId) -> String {
    let bytes = stream.as_bytes();
    let length = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let (word, rest) = bytes.split_at(length);
    let is_word = !word.is_empty() && word.iter().all(u8::is_ascii_lowercase) && rest.iter().all(|byte| *byte == 0);
    if is_word { String::from_utf8_lossy(word).into_owned() } else { stream.to_string() }
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
