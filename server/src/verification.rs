//! `throughline verify`: takes the stored ledger apart again, entry by entry, and says in words what was checked.

use std::collections::HashMap;

use thiserror::Error;
use throughline_domain::ledger::{
    AuditError, AuditReport, Auditor, EntryKeys, EntryKind, EvidenceClass, Salt, StoredEntry as Claimed, StreamId,
    VerifierKey,
};
use throughline_store::ledger;
use throughline_store::{Connection, Store, StoreError, StoredEntry};
use throughline_webhooks::provider::Request;
use throughline_webhooks::providers;

use crate::configuration::{Configuration, EVIDENCE_PREFIX, SourceStatement};
use crate::evidence;
use crate::keys::{Keys, hex};

/// How many entries are read at once.
const CHUNK: u32 = 500;

/// Why a ledger does not pass.
#[derive(Debug, Error)]
pub enum VerifyError {
    /// Something in it is not as it was committed.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Rows stand beside the ledger that belong to no entry.
    #[error("{0}")]
    Beside(String),
}

/// What a ledger is checked against.
#[derive(Debug)]
pub struct Trust<'a> {
    /// The key that must have signed every head.
    pub key: VerifierKey,
    /// The server's own keys, where they are at hand: with them the columns beside the leaf are checked too.
    pub keys: Option<&'a Keys>,
    /// A checkpoint that was kept elsewhere: its size and its note.
    pub kept: Option<(u64, &'a str)>,
}

impl From<VerifierKey> for Trust<'_> {
    /// The key alone.
    fn from(key: VerifierKey) -> Self {
        Self { key, keys: None, kept: None }
    }
}

/// Checks everything: leaves, contents, tree, tiles, checkpoints, streams, and that nothing stands beside them.
///
/// The memory that it takes does not grow with the ledger. `progress` is told how many entries have been checked.
///
/// # Errors
/// A [`VerifyError`] that names the first bad entry.
pub fn verify<'a>(
    store: &Store,
    trust: impl Into<Trust<'a>>,
    mut progress: impl FnMut(u64),
) -> Result<AuditReport, VerifyError> {
    let trust = trust.into();
    // Read before the head, so that a server that appends meanwhile cannot be mistaken for a cut.
    let newest = store.read(ledger::newest_checkpoint)?.unwrap_or(0);
    let head = store.read(ledger::read_head)?.ok_or_else(|| {
        StoreError::Refused("there is no ledger in this database yet; start the server once".to_owned())
    })?;
    if newest > head.size {
        return Err(VerifyError::Beside(format!(
            "a head of {newest} entries was signed, and the ledger has {}: entries were cut off",
            head.size
        )));
    }
    let mut auditor = Auditor::new(trust.key);
    let mut columns = trust.keys.map(Columns::new);
    let mut kept = trust.kept;
    let mut next = 0;
    let mut signed = Checkpoints::default();
    let mut bodies = 0;
    let mut tiles = 0;
    signed.feed(store, &mut auditor)?;
    // Entries that a running server appends meanwhile lie above the head that was read, and are left for the next time.
    while next < head.size {
        let entries = store.read(|connection| ledger::entries_from(connection, next, CHUNK))?;
        let within: Vec<&StoredEntry> = entries.iter().filter(|entry| entry.position < head.size).collect();
        if within.is_empty() {
            break;
        }
        for entry in within {
            auditor.entry(&claimed(entry)?)?;
            if let Some(columns) = &mut columns {
                columns.check(store, entry)?;
            }
            bodies += u64::from(entry.body.is_some());
            for id in auditor.completed_tiles() {
                if let Some(bytes) = store.read(|connection| ledger::tile_bytes(connection, id))? {
                    auditor.tile(id, &bytes)?;
                    tiles += 1;
                }
            }
            signed.feed(store, &mut auditor)?;
            if let Some((_, note)) = kept.take_if(|(size, _)| *size == auditor.size()) {
                auditor.checkpoint(auditor.size(), note)?;
            }
            next = entry.position + 1;
        }
        progress(next);
    }
    if let Some((size, _)) = kept.filter(|(size, _)| *size > 0) {
        return Err(VerifyError::Beside(format!(
            "the kept checkpoint covers {size} entries, and the ledger has {}: entries were cut off",
            head.size
        )));
    }
    let report = auditor.finish(head)?;
    let redacted = report.kinds.get(&EntryKind::Redaction).copied().unwrap_or(0);
    if report.bodies_missing > redacted {
        return Err(VerifyError::Beside(format!(
            "{} bodies are missing, and {redacted} were redacted: {} were lost or taken away",
            report.bodies_missing,
            report.bodies_missing - redacted
        )));
    }
    store.read(|connection| Ok(nothing_beside(connection, head.size, bodies, tiles)))??;
    Ok(report)
}

/// What the columns beside the leaf must say, given what is committed: a repetition has no effect on the graph and a
/// source decides how a body is read, so that neither may be changed unnoticed.
struct Columns<'a> {
    keys: &'a Keys,
    /// The source of each stream, as the committed configuration entries say.
    sources: HashMap<String, SourceStatement>,
}

impl<'a> Columns<'a> {
    fn new(keys: &'a Keys) -> Self {
        Self { keys, sources: HashMap::new() }
    }

    fn check(&mut self, store: &Store, entry: &StoredEntry) -> Result<(), VerifyError> {
        let kind = entry.entry_kind();
        let Some(body) = entry.body.as_deref() else { return Ok(()) };
        if kind == Some(EntryKind::Configuration)
            && let Some(statement) = Configuration::read(body).as_ref().and_then(Configuration::source)
        {
            self.sources.insert(statement.stream.clone(), statement.clone());
        }
        let wrong = |what: String| Err(VerifyError::Beside(format!("entry {}: {what}", entry.position)));
        let committed = match kind {
            Some(EntryKind::Delivery | EntryKind::Backfill) => {
                let stated = self.sources.get(&hex(&entry.stream));
                stated.map(|stated| (stated.source.clone(), stated.provider.clone()))
            }
            // Evidence that was pushed has no source of its own; its headers say of which provider it is.
            Some(EntryKind::PushedEvidence) => {
                evidence::committed_provider(entry).map(|provider| (format!("{EVIDENCE_PREFIX}{provider}"), provider))
            }
            Some(
                EntryKind::UserAction
                | EntryKind::Configuration
                | EntryKind::Redaction
                | EntryKind::Heads
                | EntryKind::Verdict
                | EntryKind::Export
                | EntryKind::Gap
                | EntryKind::Outbox,
            )
            | None => return Ok(()),
        };
        let Some((source, provider)) = committed else {
            return wrong("nothing that is committed names its source".to_owned());
        };
        if source != entry.source {
            return wrong(format!(
                "its column names the source '{}', what is committed names '{source}'",
                entry.source
            ));
        }
        let meaning = recognised(&provider, entry);
        if let Some(meaning) = meaning
            && self.keys.fingerprint(&meaning, body).as_slice() != entry.fingerprint
        {
            return wrong("its fingerprint is not that of its body".to_owned());
        }
        let first = store.read(|connection| ledger::first_of_body(connection, &entry.source, &entry.fingerprint))?;
        let expected = first.filter(|first| *first < entry.position);
        if expected != entry.duplicate_of {
            return wrong(format!(
                "it is recorded as a repetition of {:?}, and the first entry with its body is {expected:?}",
                entry.duplicate_of
            ));
        }
        Ok(())
    }
}

/// The headers that take part in recognising a second copy; `None` where the provider or the headers are not readable.
fn recognised(provider: &str, entry: &StoredEntry) -> Option<Vec<u8>> {
    let provider = providers::find(provider)?;
    let headers: Vec<(String, String)> = serde_json::from_slice(&entry.headers).ok()?;
    Some(provider.meaning(&Request { headers: &headers, body: &[] }))
}

/// The stored checkpoints, read ahead in order of size.
#[derive(Default)]
struct Checkpoints {
    ahead: std::collections::VecDeque<(u64, String)>,
    last: Option<u64>,
    exhausted: bool,
}

impl Checkpoints {
    /// Hands over every checkpoint of the size that the auditor has reached.
    fn feed(&mut self, store: &Store, auditor: &mut Auditor) -> Result<(), VerifyError> {
        loop {
            if self.ahead.is_empty() && !self.exhausted {
                let after = self.last.unwrap_or(0);
                let more = store.read(|connection| ledger::checkpoints_after(connection, after, CHUNK))?;
                self.exhausted = more.is_empty();
                self.ahead.extend(more);
            }
            match self.ahead.front() {
                Some((size, note)) if *size <= auditor.size() => {
                    auditor.checkpoint(*size, note)?;
                    self.last = Some(*size);
                    self.ahead.pop_front();
                }
                Some(_) | None => return Ok(()),
            }
        }
    }
}

fn claimed(entry: &StoredEntry) -> Result<Claimed<'_>, AuditError> {
    let unreadable = |reason: &str| AuditError::unreadable(entry.position, reason);
    Ok(Claimed {
        index: entry.position,
        leaf: &entry.leaf,
        kind: entry.entry_kind().ok_or_else(|| unreadable("its kind is unknown"))?,
        evidence: u8::try_from(entry.evidence)
            .ok()
            .and_then(EvidenceClass::from_code)
            .ok_or_else(|| unreadable("its evidence class is unknown"))?,
        received: entry.received,
        stream: StreamId::from_slice(&entry.stream).ok_or_else(|| unreadable("its stream is not 16 bytes"))?,
        counter: u64::try_from(entry.counter).map_err(|_| unreadable("its counter is negative"))?,
        keys: EntryKeys::Salt(Salt::from_slice(&entry.salt).ok_or_else(|| unreadable("its salt is not 32 bytes"))?),
        delivery_id: Some(entry.delivery_id.as_bytes()),
        headers: Some(&entry.headers),
        body: entry.body.as_deref(),
    })
}

fn nothing_beside(connection: &mut Connection, size: u64, bodies: u64, tiles: u64) -> Result<(), VerifyError> {
    let (stored_entries, stored_bodies, stored_tiles) = ledger::counts(connection)?;
    let now = ledger::read_head(connection)?.map_or(0, |head| head.size);
    if stored_entries > now {
        return Err(VerifyError::Beside(format!(
            "the database holds {stored_entries} entries, and the ledger has {now}"
        )));
    }
    // A server that runs meanwhile adds to all three; only what is there without an entry is wrong.
    let grown = stored_entries.saturating_sub(size);
    for (what, stored, checked) in [("bodies", stored_bodies, bodies), ("tiles", stored_tiles, tiles)] {
        if stored > checked + grown {
            return Err(VerifyError::Beside(format!(
                "the database holds {stored} {what}, and the ledger accounts for {checked}: rows were added beside it"
            )));
        }
    }
    Ok(())
}
