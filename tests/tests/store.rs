//! The ledger's tables, on both databases: what is appended is what is read, whoever else appends, and nothing that
//! was acknowledged is lost.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::type_complexity,
    clippy::unwrap_used,
    reason = "helpers of tests fail as the tests do"
)]

use std::collections::{BTreeMap, BTreeSet};

use throughline::verification::verify;
use throughline_domain::ledger::{
    Commitments, EntryKind, EvidenceClass, Hash, Leaf, Salt, StreamId, TreeHead, leaf_hash, root_of,
};
use throughline_domain::time::Timestamp;
use throughline_store::release::DecisionRow;
use throughline_store::{Appender, Backend, Draft, DraftContent, Receipt, Store, StoreError, StoreOptions, release};
use throughline_tests::database::{TestDatabase, databases};
use throughline_tests::ledger::{entries, fixed_key};
use throughline_tests::random::Random;

/// A delivery as a test makes it.
#[derive(Clone, Debug)]
struct Sent {
    source: &'static str,
    id: String,
    received: i64,
    headers: Vec<u8>,
    body: Vec<u8>,
    salt: [u8; 32],
}

impl Sent {
    fn new(source: &'static str, id: &str, body: &[u8], random: &mut Random) -> Self {
        Self {
            source,
            id: id.to_owned(),
            received: 1_773_480_366_000_000,
            headers: b"[]".to_vec(),
            body: body.to_vec(),
            salt: random.key(),
        }
    }

    fn draft(&self) -> Draft {
        Draft::new(&DraftContent {
            kind: EntryKind::Delivery,
            evidence: EvidenceClass::HmacBody,
            received: Timestamp::from_micros(self.received),
            stream: self.stream(),
            source: self.source,
            delivery_id: &self.id,
            headers: &self.headers,
            body: &self.body,
            fingerprint: fingerprint(&self.body),
            salt: self.salt,
        })
        .unwrap()
    }

    fn stream(&self) -> StreamId {
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(self.source.bytes()).for_each(|(place, byte)| *place = byte);
        StreamId::from_bytes(bytes)
    }
}

/// Any digest serves to recognise a second copy.
fn fingerprint(body: &[u8]) -> [u8; 32] {
    *leaf_hash(body).as_bytes()
}

fn append(store: &Store, appender: &mut Appender, sent: &[Sent]) -> Result<Vec<Receipt>, StoreError> {
    let drafts: Vec<Draft> = sent.iter().map(Sent::draft).collect();
    appender.append(store, &drafts)
}

fn open(database: &TestDatabase) -> (Store, Appender) {
    let store = database.open();
    let appender = Appender::open(&store, fixed_key()).unwrap();
    (store, appender)
}

#[test]
fn what_is_appended_is_what_is_read() {
    for database in databases() {
        let mut random = Random::new(1);
        let bodies: Vec<Vec<u8>> = vec![
            Vec::new(),
            b"{".to_vec(),
            vec![0; 255],
            vec![0xff; 256],
            vec![b'a'; 100_000],
            random.bytes(255),
            random.bytes(257),
            random.bytes(70_000),
            random.bytes(3_000_000),
            "grüße 漢字 \u{0}".as_bytes().to_vec(),
        ];
        let mut sent: Vec<Sent> = Vec::new();
        for (number, body) in bodies.iter().enumerate() {
            let mut one = Sent::new("github", &format!("id-ü-{number}"), body, &mut random);
            one.headers = format!(r#"[["x-github-event","push {number}"]]"#).into_bytes();
            sent.push(one);
        }
        let (store, mut appender) = open(&database);
        let receipts = append(&store, &mut appender, &sent).unwrap();
        for (number, receipt) in receipts.iter().enumerate() {
            let position = u64::try_from(number).unwrap();
            assert_eq!(*receipt, Receipt { position, appended: true, duplicate_of: None, conflicting: false });
        }
        drop(store);
        let store = database.open();
        let read = entries(&store);
        assert_eq!(read.len(), sent.len());
        for (entry, sent) in read.iter().zip(&sent) {
            assert_eq!(entry.body.as_deref(), Some(sent.body.as_slice()), "{}", sent.id);
            assert_eq!((&entry.delivery_id, entry.source.as_str()), (&sent.id, sent.source));
            assert_eq!((&entry.headers, entry.received.micros()), (&sent.headers, sent.received));
            assert_eq!(entry.salt, sent.salt);
        }
        let beyond = store.read(|connection| throughline_store::ledger::entry_at(connection, 10)).unwrap();
        assert!(beyond.is_none());
        verify(&store, fixed_key().verifier(), |_| {}).unwrap();
    }
}

#[test]
fn opening_again_changes_nothing() {
    for database in databases() {
        let (store, mut appender) = open(&database);
        let sent = Sent::new("jira", "1", b"{}", &mut Random::new(2));
        append(&store, &mut appender, &[sent]).unwrap();
        let head = appender.head();
        for _ in 0..3 {
            let (_, again) = open(&database);
            assert_eq!(again.head(), head);
        }
        assert!(append(&store, &mut appender, &[]).unwrap().is_empty());
        assert_eq!(appender.head(), head);
    }
}

#[test]
fn another_key_does_not_go_on_with_a_ledger() {
    use throughline_domain::ledger::{Origin, SigningKey};
    for database in databases() {
        let (store, mut appender) = open(&database);
        append(&store, &mut appender, &[Sent::new("jira", "1", b"{}", &mut Random::new(3))]).unwrap();
        let other = SigningKey::from_seed(Origin::new("ledger.acme.example/other").unwrap(), &[7; 32]);
        let refused = Appender::open(&store, other).unwrap_err();
        assert!(matches!(&refused, StoreError::Refused(reason) if reason.contains("another key")), "{refused}");
    }
}

/// What the ledger must come to, worked out without a database.
#[derive(Default)]
struct Model {
    entries: Vec<(String, String, Vec<u8>)>,
    leaves: Vec<Hash>,
    counters: BTreeMap<&'static str, u64>,
    received: i64,
}

impl Model {
    fn take(&mut self, sent: &Sent) -> Receipt {
        let of_source = |entry: &&(String, String, Vec<u8>)| entry.0 == sent.source;
        let place = |wanted: &dyn Fn(&(String, String, Vec<u8>)) -> bool| {
            let found = self.entries.iter().position(|entry| of_source(&entry) && wanted(entry));
            found.map(|place| u64::try_from(place).unwrap())
        };
        let repeated = place(&|entry| entry.1 == sent.id && entry.2 == sent.body);
        let duplicate_of = place(&|entry| entry.2 == sent.body);
        let conflicting = place(&|entry| entry.1 == sent.id).is_some();
        if let Some(position) = repeated {
            return Receipt { position, appended: false, duplicate_of: Some(position), conflicting: false };
        }
        let counter = self.counters.entry(sent.source).or_default();
        *counter += 1;
        self.received = self.received.max(sent.received);
        let leaf = Leaf {
            kind: EntryKind::Delivery,
            evidence: EvidenceClass::HmacBody,
            received: Timestamp::from_micros(self.received),
            stream: sent.stream(),
            counter: *counter,
            commitments: Commitments::new(&Salt::from_bytes(sent.salt), sent.id.as_bytes(), &sent.headers, &sent.body),
        };
        let position = u64::try_from(self.entries.len()).unwrap();
        self.entries.push((sent.source.to_owned(), sent.id.clone(), sent.body.clone()));
        self.leaves.push(leaf_hash(&leaf.encode()));
        Receipt { position, appended: true, duplicate_of, conflicting }
    }

    fn head(&self) -> TreeHead {
        TreeHead { size: u64::try_from(self.leaves.len()).unwrap(), root: root_of(&self.leaves) }
    }
}

/// A history with repeated ids, repeated bodies, ids with other bodies, clocks that go back, and batches of any size.
fn history(seed: u64) -> Vec<Vec<Sent>> {
    let mut random = Random::new(seed);
    let sources = ["github", "jira", "ci"];
    let mut batches = Vec::new();
    for _ in 0..60 {
        let mut batch = Vec::new();
        for _ in 0..random.below(40) {
            let number = random.below(300);
            let id = format!("d-{number}");
            let content = if random.once_in(4) { random.below(400) } else { number };
            let body = format!("{{\"n\":{content}}}");
            let mut one = Sent::new(sources[random.below(3)], &id, body.as_bytes(), &mut random);
            one.received += i64::try_from(random.below(2_000_000)).unwrap() - 1_000_000;
            batch.push(one);
        }
        batches.push(batch);
    }
    batches
}

#[test]
fn a_random_history_comes_to_the_same_on_every_database() {
    for seed in [11, 12, 13] {
        for database in databases() {
            let mut random = Random::new(seed + 1_000);
            let mut model = Model::default();
            let (mut store, mut appender) = open(&database);
            for batch in history(seed) {
                let receipts = append(&store, &mut appender, &batch).unwrap();
                let expected: Vec<Receipt> = batch.iter().map(|sent| model.take(sent)).collect();
                assert_eq!(receipts, expected, "seed {seed} on {:?}", database.backend());
                assert_eq!(appender.head(), model.head(), "seed {seed} on {:?}", database.backend());
                // A restart between two batches must not be noticed.
                if random.once_in(5) {
                    drop(appender);
                    drop(store);
                    (store, appender) = open(&database);
                }
            }
            assert!(model.leaves.len() > 512, "the history fills only {} leaves", model.leaves.len());
            let report = verify(&store, fixed_key().verifier(), |_| {}).unwrap();
            assert_eq!(report.head, model.head());
            assert_eq!(report.tiles, Some(model.head().size / 256));
        }
    }
}

#[test]
fn two_writers_of_one_ledger_never_break_it() {
    const EACH: usize = 60;
    for database in databases() {
        let (first, _) = open(&database);
        let placed: Vec<Vec<u64>> = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..2_u64)
                .map(|writer| {
                    let database = &database;
                    scope.spawn(move || write_patiently(database, writer, EACH))
                })
                .collect();
            writers.into_iter().map(|writer| writer.join().unwrap()).collect()
        });
        let positions: BTreeSet<u64> = placed.iter().flatten().copied().collect();
        assert_eq!(positions.len(), 2 * EACH, "each delivery has a place of its own");
        let changes = placed[0].windows(2).filter(|pair| pair[1] != pair[0] + 1).count();
        println!("{:?}: the writers took turns {changes} times", database.backend());
        let report = verify(&first, fixed_key().verifier(), |_| {}).unwrap();
        assert_eq!(report.head.size, u64::try_from(2 * EACH).unwrap());
    }
}

fn write_patiently(database: &TestDatabase, writer: u64, count: usize) -> Vec<u64> {
    let (store, mut appender) = open(database);
    let mut random = Random::new(100 + writer);
    let mut placed = Vec::new();
    for number in 0..count {
        let sent = [Sent::new("github", &format!("{writer}-{number}"), &random.bytes(300), &mut random)];
        let mut tries = 0;
        let receipts = loop {
            match append(&store, &mut appender, &sent) {
                Ok(receipts) => break receipts,
                // What a server answers 503 to, and its sender tries again.
                Err(StoreError::Unavailable(_)) if tries < 100 => tries += 1,
                Err(error) => panic!("writer {writer}: {error}"),
            }
        };
        assert!(receipts[0].appended);
        placed.push(receipts[0].position);
    }
    placed
}

#[test]
fn a_head_that_moves_backwards_stops_the_writer() {
    let older = TestDatabase::sqlite();
    let newer = TestDatabase::sqlite();
    let mut random = Random::new(5);
    let mut sent = |id: &str| [Sent::new("github", id, id.as_bytes(), &mut random)];
    let (store, mut appender) = open(&older);
    append(&store, &mut appender, &sent("1")).unwrap();
    drop(store);
    throughline_tests::database::settle_file(&older.file());
    std::fs::copy(older.file(), newer.file()).unwrap();
    let store = newer.open();
    append(&store, &mut appender, &sent("2")).unwrap();
    // The older copy is put in the place of the newer one.
    let store = older.open();
    let refused = append(&store, &mut appender, &sent("3")).unwrap_err();
    assert!(matches!(&refused, StoreError::Fatal(reason) if reason.contains("older copy")), "{refused}");
    assert_eq!(entries(&store).len(), 1);
}

#[test]
fn a_head_that_is_set_back_in_postgres_stops_the_writer() {
    let Some(database) = TestDatabase::postgres() else { return };
    let mut random = Random::new(6);
    let mut sent = |id: &str| [Sent::new("github", id, id.as_bytes(), &mut random)];
    let (store, mut appender) = open(&database);
    append(&store, &mut appender, &sent("1")).unwrap();
    database.execute("CREATE TABLE kept AS SELECT size, root FROM head");
    append(&store, &mut appender, &sent("2")).unwrap();
    database.execute("UPDATE head SET size = kept.size, root = kept.root FROM kept");
    let refused = append(&store, &mut appender, &sent("3")).unwrap_err();
    assert!(matches!(refused, StoreError::Fatal(_)), "{refused}");
}

#[test]
fn a_full_disk_refuses_for_a_while_and_loses_nothing() {
    let database = TestDatabase::sqlite();
    let bounded = StoreOptions { max_pages: Some(400), ..database.options() };
    let mut random = Random::new(7);
    let mut acknowledged: Vec<Sent> = Vec::new();
    let store = Store::open(&bounded).unwrap();
    let mut appender = Appender::open(&store, fixed_key()).unwrap();
    let mut number = 0;
    let mut next = |size: usize| {
        number += 1;
        Sent::new("github", &format!("d-{number}"), &random.bytes(size), &mut random.clone())
    };
    let first = next(1_000);
    append(&store, &mut appender, std::slice::from_ref(&first)).unwrap();
    acknowledged.push(first);

    // One that is too large for what is left is refused, and the next small one is taken: without a restart.
    let refused = append(&store, &mut appender, &[next(4_000_000)]).unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}");
    let small = next(1_000);
    append(&store, &mut appender, std::slice::from_ref(&small)).expect("the writer goes on where there is room");
    acknowledged.push(small);

    let refused = loop {
        let sent = next(20_000);
        match append(&store, &mut appender, std::slice::from_ref(&sent)) {
            Ok(_) => acknowledged.push(sent),
            Err(error) => break error,
        }
        assert!(acknowledged.len() < 1_000, "the bound on pages has no effect");
    };
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}");
    let again = append(&store, &mut appender, &[next(20_000)]).unwrap_err();
    assert!(matches!(again, StoreError::Unavailable(_)), "{again:?}");
    assert_eq!(entries(&store).len(), acknowledged.len(), "a full disk can still be read");
    drop(store);

    let store = Store::open(&database.options()).unwrap();
    let mut appender = Appender::open(&store, fixed_key()).unwrap();
    let late = next(20_000);
    append(&store, &mut appender, std::slice::from_ref(&late)).unwrap();
    acknowledged.push(late);
    let read = entries(&store);
    let bodies: Vec<&[u8]> = read.iter().filter_map(|entry| entry.body.as_deref()).collect();
    let sent: Vec<&[u8]> = acknowledged.iter().map(|sent| sent.body.as_slice()).collect();
    assert!(bodies == sent, "{} bodies are stored, {} were acknowledged", bodies.len(), sent.len());
    verify(&store, fixed_key().verifier(), |_| {}).unwrap();
}

#[test]
fn an_address_that_is_none_is_refused_with_what_to_write() {
    for (url, expected) in [
        ("/var/lib/throughline.db", "sqlite:///path"),
        ("mysql://acme.example/ledger", "postgres://"),
        ("sqlite://", "path of a file"),
        ("sqlite://:memory:", "path of a file"),
        ("sqlite:///nowhere/at/all/throughline.db", "cannot be opened"),
    ] {
        let refused = Store::open(&StoreOptions { url: url.to_owned(), readers: 1, max_pages: None }).unwrap_err();
        assert!(matches!(&refused, StoreError::Refused(reason) if reason.contains(expected)), "{url}: {refused:?}");
    }
    let nobody = "postgres://ledger@127.0.0.1:1/ledger".to_owned();
    let refused = Store::open(&StoreOptions { url: nobody, readers: 1, max_pages: None }).unwrap_err();
    assert!(matches!(&refused, StoreError::Unavailable(reason) if reason.contains("cannot be reached")), "{refused:?}");
}

#[test]
fn a_database_that_may_lose_writes_is_refused() {
    let Some(database) = TestDatabase::postgres() else { return };
    let (_, name) = database.url().rsplit_once('/').map(|(start, name)| (start.to_owned(), name.to_owned())).unwrap();
    database.execute(&format!("ALTER DATABASE {name} SET synchronous_commit = off"));
    let refused = Store::open(&database.options()).unwrap_err();
    assert!(matches!(&refused, StoreError::Refused(reason) if reason.contains("synchronous_commit")), "{refused:?}");
    assert_eq!(database.backend(), Backend::Postgres);
}

#[test]
fn decisions_about_many_are_found_with_one_query() {
    let about = |entry: u64, candidate: &str, environment: &str| DecisionRow {
        entry,
        candidate: candidate.to_owned(),
        environment: environment.to_owned(),
        what: "go".to_owned(),
        gate: None,
        person: "ada".to_owned(),
        reason: format!("number {entry}"),
        at: Timestamp::from_seconds(1_773_480_366),
        expires: None,
    };
    for database in databases() {
        let store = database.open();
        let mut rows: Vec<DecisionRow> = (1..=4).map(|entry| about(entry, "a", "production")).collect();
        rows.extend([about(5, "a", "staging"), about(6, "b", "production"), about(7, "c", "production")]);
        store.write(|connection| release::write(connection, &rows, &[])).unwrap();
        let pairs = [("a", "production"), ("b", "production"), ("d", "production")];
        let subjects: BTreeSet<release::Subject> =
            pairs.map(|(candidate, place)| (candidate.to_owned(), place.to_owned())).into();
        let told = |limit: i64| {
            let found = store.read(|connection| release::decisions_of(connection, &subjects, limit)).unwrap();
            let entries = |rows: &Vec<DecisionRow>| rows.iter().map(|row| row.entry.to_string()).collect::<Vec<_>>();
            found.iter().map(|(subject, rows)| format!("{} {}", subject.0, entries(rows).join(" "))).collect::<Vec<_>>()
        };
        assert_eq!(told(9), ["a 4 3 2 1", "b 6"], "the newest first, and nothing of another environment");
        assert_eq!(told(2), ["a 4 3", "b 6"]);
        // So many that they do not fit into one answer: those of 'b' are older than all that does.
        let many: Vec<DecisionRow> = (10..6_010).map(|entry| about(entry, "a", "staging")).collect();
        store.write(|connection| release::write(connection, &many, &[])).unwrap();
        assert_eq!(told(2), ["a 4 3", "b 6"]);
    }
}
