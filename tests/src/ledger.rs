//! A ledger without a server: sources, deliveries, folding and checking, on the program's own functions.

use std::collections::BTreeMap;

use tempfile::TempDir;
use throughline::keys::Keys;
use throughline::project::{self, Projector, Step};
use throughline::sources;
use throughline::verification::{self, Trust};
use throughline_domain::ledger::{AuditReport, EntryKind, EvidenceClass, Origin, SigningKey, StreamId};
use throughline_domain::time::Timestamp;
use throughline_store::{Appender, Draft, DraftContent, Receipt, Store, StoreError, StoredEntry};
use throughline_webhooks::provider::Request;
use throughline_webhooks::providers;

use crate::database::TestDatabase;
use crate::random::Random;

/// The name of every ledger that is made here.
pub const ORIGIN: &str = "ledger.acme.example/tests";

/// Under which name the graph is folded here.
const HOLDER: &str = "harness";

/// A database with a writer and the keys that belong to it.
#[derive(Debug)]
pub struct TestLedger {
    /// The database.
    pub store: Store,
    appender: Appender,
    keys: TestKeys,
    streams: BTreeMap<String, [u8; 16]>,
    random: Random,
}

struct TestKeys {
    keys: Keys,
    _folder: TempDir,
}

impl std::fmt::Debug for TestKeys {
    /// Keys are not shown, not even those of tests.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("TestKeys")
    }
}

impl TestLedger {
    /// Begins a ledger in an empty database. `seed` gives the salts.
    ///
    /// # Panics
    /// Where it cannot be begun.
    pub fn begin(database: &TestDatabase, seed: u64) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        // The same keys on every run: a statement in the graph is named by the keyed digest of the body it rests on.
        for name in ["ledger.key", "token.key"] {
            std::fs::write(folder.path().join(name), "5e".repeat(32)).expect("a key file can be written");
        }
        let keys = Keys::open(folder.path()).expect("keys can be read");
        let store = database.open();
        let signing = keys.signing(ORIGIN).expect("the name is sound");
        let appender = Appender::open(&store, signing).expect("the ledger can be begun");
        let keys = TestKeys { keys, _folder: folder };
        Self { store, appender, keys, streams: BTreeMap::new(), random: Random::new(seed) }
    }

    /// Makes a source of the provider, with the provider's name for its own.
    ///
    /// # Panics
    /// Where it cannot be made.
    pub fn add_source(&mut self, provider: &str) {
        let made = sources::add(&self.store, &mut self.appender, &self.keys.keys, provider, provider, None);
        let made = made.expect("the source can be made");
        self.streams.insert(made.row.name.clone(), made.row.stream);
    }

    /// A delivery of a source, ready to be appended.
    ///
    /// # Panics
    /// Where there is no such source.
    pub fn draft(&mut self, source: &str, id: &str, headers: &[(String, String)], body: &[u8]) -> Draft {
        let stream = self.streams.get(source).copied().expect("the source was made before");
        // A source that is named after its provider is recognised as the server would recognise it.
        let meaning = providers::find(source).map(|provider| provider.meaning(&Request { headers, body }));
        let headers = serde_json::to_vec(headers).expect("headers are texts");
        let content = DraftContent {
            kind: EntryKind::Delivery,
            evidence: EvidenceClass::HmacBody,
            received: Timestamp::from_seconds(1_773_480_366),
            stream: StreamId::from_bytes(stream),
            source,
            delivery_id: id,
            headers: &headers,
            body,
            fingerprint: self.keys.keys.fingerprint(&meaning.unwrap_or_default(), body),
            salt: self.random.key(),
        };
        Draft::new(&content).expect("the body can be packed")
    }

    /// Appends in one batch.
    ///
    /// # Errors
    /// That of the store.
    pub fn append(&mut self, drafts: &[Draft]) -> Result<Vec<Receipt>, StoreError> {
        self.appender.append(&self.store, drafts)
    }

    /// A projector of this ledger.
    pub fn projector() -> Projector {
        Projector::new(HOLDER.to_owned())
    }

    /// Folds everything that is there.
    ///
    /// # Panics
    /// Where folding fails.
    pub fn fold(&self, projector: &mut Projector) {
        loop {
            match projector.step(&self.store).expect("the ledger can be folded") {
                Step::Folded(_) => {}
                Step::Idle => return,
                Step::Elsewhere => panic!("nobody else folds this ledger"),
            }
        }
    }

    /// Derives the graph anew.
    ///
    /// # Panics
    /// Where that fails.
    pub fn rebuild(&self) {
        project::rebuild(&self.store, HOLDER, |_| {}).expect("the graph can be derived again");
    }

    /// The whole graph as lines that do not depend on the order of arrival.
    ///
    /// # Panics
    /// Where it cannot be read.
    pub fn graph(&self) -> Vec<String> {
        graph(&self.store)
    }

    /// Checks the ledger.
    ///
    /// # Panics
    /// Where it does not hold.
    pub fn verify(&self) -> AuditReport {
        let key = self.keys.keys.signing(ORIGIN).expect("the name is sound").verifier();
        let trust = Trust { key, keys: Some(&self.keys.keys), kept: None };
        verification::verify(&self.store, trust, |_| {})
            .unwrap_or_else(|error| panic!("the ledger does not hold: {error}"))
    }
}

/// The graph of a database, as [`TestLedger::graph`].
///
/// # Panics
/// Where it cannot be read.
pub fn graph(store: &Store) -> Vec<String> {
    store.read(throughline_store::canonical::lines).expect("the graph can be read")
}

/// Every entry of a ledger, in order.
///
/// # Panics
/// Where one cannot be read.
pub fn entries(store: &Store) -> Vec<StoredEntry> {
    const AT_ONCE: u32 = 500;
    let mut found: Vec<StoredEntry> = Vec::new();
    loop {
        let next = found.last().map_or(0, |last| last.position + 1);
        let more = store.read(|connection| throughline_store::ledger::entries_from(connection, next, AT_ONCE));
        let more = more.expect("the ledger can be read");
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

/// A key that signs heads, the same on every run.
///
/// # Panics
/// Never: the name is sound.
pub fn fixed_key() -> SigningKey {
    SigningKey::from_seed(Origin::new(ORIGIN).expect("the name is sound"), &[0x5e; 32])
}
