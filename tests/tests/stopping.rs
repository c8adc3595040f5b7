//! Stopping, starting again, a full disk, an older copy of the database: nothing that was acknowledged is lost.

use std::fs;
use std::path::Path;

use throughline_tests::database::TestDatabase;
use throughline_tests::database::copy_database;
use throughline_tests::http::{RawConnection, send};
use throughline_tests::ledger::entries;
use throughline_tests::program::Program;
use throughline_tests::random::Random;
use throughline_tests::server::{Setup, TestServer};

#[test]
fn a_delivery_under_way_is_finished_when_the_server_is_asked_to_stop() {
    let mut server = TestServer::with_sources(&["alertmanager"]);
    let secret = server.source("alertmanager").secret.clone();
    let mut sender = RawConnection::to(server.url());
    let head = format!(
        "POST /webhooks/alertmanager HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\n\
         Content-Length: 6\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
    );
    sender.write(head.as_bytes());
    // The server asks for the body: from here on the delivery is under way.
    assert!(sender.read_some().starts_with("HTTP/1.1 100"));
    server.ask_to_stop();
    sender.write(b"\"late\"");
    let answer = sender.read_to_end();
    assert!(answer.contains("HTTP/1.1 202"), "{answer}");
    server.wait_stopped();
    let kept = entries(&server.store());
    assert_eq!(kept.last().and_then(|entry| entry.body.as_deref()), Some(b"\"late\"".as_slice()));
}

#[test]
fn a_restart_keeps_everything_on_sqlite() {
    restart(Setup::new());
}

#[test]
fn a_restart_keeps_everything_on_postgres() {
    let Some(database) = TestDatabase::postgres() else { return };
    restart(Setup::new().on(database));
}

fn restart(setup: Setup) {
    let mut server = setup.source("alertmanager").start();
    let entry = server.deliver_well("alertmanager", &[], b"\"before\"");
    let token = server.token().to_owned();
    let before = server.wait_projected();
    server.stop();
    server.start_again();
    let after = server.wait_projected();
    assert_eq!(after, before);
    assert_eq!(server.token(), token, "the token is still good");
    assert_eq!(server.entry(entry).body.as_deref(), Some(b"\"before\"".as_slice()));
    assert_eq!(server.deliver_well("alertmanager", &[], b"\"after\""), entry + 1);
}

#[test]
fn a_killed_server_goes_on_where_it_was() {
    let mut server = TestServer::with_sources(&["alertmanager"]);
    for number in 0..50 {
        server.deliver_well("alertmanager", &[], format!("{{\"n\":{number}}}").as_bytes());
    }
    server.kill();
    server.start_again();
    let status = server.wait_projected();
    assert_eq!(status.get("ledger_size").and_then(serde_json::Value::as_u64), Some(51));
    assert_eq!(server.deliveries("limit=500").len(), 50);
}

#[test]
fn a_full_disk_is_answered_503_and_loses_nothing() {
    let mut server = Setup::new().source("alertmanager").with("DATABASE_MAX_PAGES", "500").start();
    server.token();
    let mut random = Random::new(1);
    let mut acknowledged: Vec<(u64, Vec<u8>)> = Vec::new();
    let refused = loop {
        let body = random.bytes(30_000);
        let answer = server.deliver("alertmanager", &[], &body);
        if answer.status != 202 {
            break answer;
        }
        acknowledged.push((answer.json()["entry"].as_u64().unwrap(), body));
        assert!(acknowledged.len() < 500, "the bound on pages has no effect");
    };
    assert_eq!((refused.status, refused.problem().as_str()), (503, "unavailable"));
    assert!(refused.header("retry-after").is_some());
    assert!(acknowledged.len() > 5, "only {} were taken", acknowledged.len());
    for path in ["/health/live", "/health/ready"] {
        assert_eq!(send(server.request(reqwest::Method::GET, path)).status, 200, "{path}: reading goes on");
    }
    assert_eq!(server.deliver("alertmanager", &[], &random.bytes(30_000)).status, 503, "and again");
    server.stop();
    server.change(|program: Program| program.without("DATABASE_MAX_PAGES"));
    server.start_again();
    for (entry, body) in &acknowledged {
        assert_eq!(server.entry(*entry).body.as_ref(), Some(body));
    }
    assert_eq!(server.deliver("alertmanager", &[], &random.bytes(30_000)).status, 202);
    server.wait_projected();
}

#[test]
fn an_older_copy_of_the_database_is_not_taken_for_the_ledger() {
    let mut server = TestServer::with_sources(&["alertmanager"]);
    server.deliver_well("alertmanager", &[], b"1");
    server.stop();
    let copy = server.data_folder().join("older.db");
    let file = server.database_file();
    copy_database(&file, &copy);
    server.start_again();
    server.deliver_well("alertmanager", &[], b"2");
    server.stop();
    let newer = server.data_folder().join("newer.db");
    move_database(&file, &newer);
    move_database(&copy, &file);
    let refused = server.command(&["serve"]);
    assert_eq!(refused.code, 3, "{}", refused.all());
    assert!(refused.stderr.contains("older copy"), "{}", refused.stderr);
    assert!(!refused.stdout.contains("listening"), "it must not take deliveries: {}", refused.stdout);
    move_database(&file, &copy);
    move_database(&newer, &file);
    server.start_again();
    assert_eq!(server.deliver_well("alertmanager", &[], b"3"), 3);
}

fn move_database(from: &Path, to: &Path) {
    copy_database(from, to);
    for ending in ["", "-wal", "-shm"] {
        let mut name = from.as_os_str().to_owned();
        name.push(ending);
        let _ = fs::remove_file(name);
    }
}
