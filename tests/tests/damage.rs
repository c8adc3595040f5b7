//! Databases that are newer than the program, broken, or were changed by somebody past the program.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as the tests do")]

use std::fs;

use throughline::verification::verify;
use throughline_domain::ledger::{EntryKind, EvidenceClass, StreamId, leaf_hash};
use throughline_domain::time::Timestamp;
use throughline_store::{Appender, Backend, Draft, DraftContent, Store, StoreError};
use throughline_tests::database::{TestDatabase, alter_file, databases, settle_file};
use throughline_tests::ledger::fixed_key;
use throughline_tests::random::Random;
use throughline_tests::repository::newest_migration;

/// The entry that is tampered with.
const VICTIM: u64 = 5;

#[test]
fn a_newer_database_is_refused() {
    let sqlite = TestDatabase::sqlite();
    drop(sqlite.open());
    let last = newest_migration();
    let newer = format!("2999{}", &last[4..]);
    alter_file(&sqlite.file(), last.as_bytes(), newer.as_bytes());
    check_newer(&sqlite, &newer);

    let Some(postgres) = TestDatabase::postgres() else { return };
    drop(postgres.open());
    postgres.execute(&format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{newer}')"));
    check_newer(&postgres, &newer);
}

fn check_newer(database: &TestDatabase, version: &str) {
    let refused = Store::open(&database.options()).unwrap_err();
    let reason = refused.to_string();
    assert!(matches!(refused, StoreError::Refused(_)), "{refused:?}");
    assert!(reason.contains("newer Throughline") && reason.contains(version), "{reason}");
}

#[test]
fn a_file_that_is_no_database_is_named_so() {
    let database = TestDatabase::sqlite();
    fs::write(database.file(), Random::new(1).bytes(10_000)).unwrap();
    let refused = Store::open(&database.options()).unwrap_err();
    assert!(matches!(refused, StoreError::Damaged(_)), "{refused:?}");
    assert!(refused.to_string().contains("restore a backup"), "{refused}");
}

#[test]
fn a_file_that_was_cut_off_is_noticed() {
    let database = TestDatabase::sqlite();
    fill(&database);
    settle_file(&database.file());
    let bytes = fs::read(database.file()).unwrap();
    fs::write(database.file(), &bytes[..bytes.len() / 2]).unwrap();
    let Ok(store) = Store::open(&database.options()) else { return };
    assert!(verify(&store, fixed_key().verifier(), |_| {}).is_err());
}

#[test]
fn whatever_was_changed_in_the_ledger_the_first_bad_entry_is_named() {
    let changes: [(&str, &str, &str, &str); 3] = [
        ("body-5", "bodY-5", "UPDATE body SET bytes = 'bodY-5' WHERE position = 5", "the body"),
        ("id-5", "iD-5", "UPDATE entry SET delivery_id = 'iD-5' WHERE position = 5", "the delivery id"),
        ("head-5", "heaD-5", "UPDATE entry SET headers = 'heaD-5' WHERE position = 5", "the headers"),
    ];
    for (from, to, statement, what) in changes {
        for database in databases() {
            fill(&database);
            match database.backend() {
                Backend::Sqlite => alter_file(&database.file(), from.as_bytes(), to.as_bytes()),
                Backend::Postgres => database.execute(statement),
            }
            let found = verify(&database.open(), fixed_key().verifier(), |_| {}).unwrap_err().to_string();
            assert!(found.contains(&format!("entry {VICTIM}")), "{what} on {:?}: {found}", database.backend());
        }
    }
}

#[test]
fn whatever_is_missing_from_the_ledger_is_noticed() {
    let Some(_) = TestDatabase::postgres() else { return };
    for (statement, expected) in [
        ("DELETE FROM entry WHERE position = 5", "5"),
        ("DELETE FROM entry WHERE position >= 9", "9"),
        ("DELETE FROM checkpoint WHERE size = (SELECT max(size) FROM checkpoint)", "checkpoint"),
        ("UPDATE checkpoint SET note = replace(note, 'acme', 'emca')", "checkpoint"),
        ("UPDATE head SET size = size - 1", "cut off"),
        ("UPDATE entry SET counter = counter + 100 WHERE position = 5", "entry 5"),
        ("UPDATE entry SET received = received + 1 WHERE position = 5", "entry 5"),
        ("INSERT INTO body (position, encoding, bytes) VALUES (7777, 0, 'x')", "beside"),
    ] {
        let database = TestDatabase::postgres().unwrap();
        fill(&database);
        database.execute(statement);
        let found = verify(&database.open(), fixed_key().verifier(), |_| {}).expect_err(statement).to_string();
        assert!(found.contains(expected), "{statement}: {found}");
    }
}

/// Ten entries in three batches, each with bytes that can be found again in the file.
fn fill(database: &TestDatabase) {
    let store = database.open();
    let mut appender = Appender::open(&store, fixed_key()).unwrap();
    let mut random = Random::new(9);
    for batch in [0..4_u64, 4..8, 8..10] {
        let drafts: Vec<Draft> = batch.map(|number| draft(number, &mut random)).collect();
        appender.append(&store, &drafts).unwrap();
    }
}

fn draft(number: u64, random: &mut Random) -> Draft {
    let body = format!("body-{number}");
    Draft::new(&DraftContent {
        kind: EntryKind::Delivery,
        evidence: EvidenceClass::HmacBody,
        received: Timestamp::from_seconds(1_773_480_366),
        stream: StreamId::from_bytes([1; 16]),
        source: "github",
        delivery_id: &format!("id-{number}"),
        headers: format!("head-{number}").as_bytes(),
        body: body.as_bytes(),
        fingerprint: *leaf_hash(body.as_bytes()).as_bytes(),
        salt: random.key(),
    })
    .unwrap()
}
