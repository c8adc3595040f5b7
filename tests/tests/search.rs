//! Searching everything: what is found and in which order, on both databases; filters, by REST and command line.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as the tests do")]

use std::collections::BTreeMap;

use serde_json::{Value, json};
use throughline_domain::node::NodeKind;
use throughline_store::search::{Wanted, lines, search};
use throughline_store::{Store, graph};
use throughline_tests::database::{TestDatabase, databases};
use throughline_tests::ledger::TestLedger;
use throughline_tests::server::{Setup, TestServer};
use throughline_tests::signing::headers;

const COMMIT: &str = "1e5abc0123456789abcdef0123456789abcdef01";

/// A small company. The second firing of the alert comes before the first one, so that order of arrival is not order of time.
fn company() -> Value {
    let firing = |id: &str, hour: u32| {
        json!({
            "kind": "alert", "id": id, "title": "HighErrorRate",
            "attributes": { "started_at": format!("2026-03-14T{hour:02}:00:00Z") },
            "links": [{ "kind": "fires_on", "to": { "kind": "service", "id": "checkout" } }]
        })
    };
    json!([
        {
            "kind": "ticket", "id": "PAY-12", "provider": "jira", "host": "acme.atlassian.net",
            "title": "Retry card payments", "attributes": { "description": "The gateway times out." }
        },
        { "kind": "ticket", "id": "PAY-120", "provider": "jira", "host": "acme.atlassian.net", "title": "Refund form" },
        {
            "kind": "change", "id": "42", "provider": "github", "repository": "https://github.com/acme/checkout",
            "title": "Größere Zeitlimits"
        },
        { "kind": "commit", "commit": COMMIT, "repository": "https://github.com/acme/checkout", "title": "Wait longer" },
        firing("a2", 10),
        firing("a1", 9),
        {
            "kind": "service", "id": "checkout", "title": "Checkout", "repository": "https://github.com/acme/checkout",
            "links": [{ "kind": "owned_by", "to": { "kind": "team", "id": "payments" } }]
        },
        {
            "kind": "deployment", "id": "d-7", "title": "checkout 1.4.2 to production",
            "attributes": { "outcome": "success" },
            "links": [
                { "kind": "of", "to": { "kind": "service", "id": "checkout" } },
                { "kind": "deployed_to", "to": { "kind": "environment", "id": "production" } }
            ]
        },
        {
            "kind": "document", "url": "https://wiki.acme.example/runbooks/storms", "title": "Runbook",
            "attributes": { "description": "What to do about storms of retries" }
        },
        { "kind": "team", "id": "payments", "title": "Payments", "names": ["Card People"] }
    ])
}

fn body(at: &str, facts: &Value) -> Vec<u8> {
    json!({ "version": 1, "at": at, "facts": facts }).to_string().into_bytes()
}

/// A ledger with the company, folded.
fn told(database: &TestDatabase) -> TestLedger {
    let mut ledger = TestLedger::begin(database, 21);
    ledger.add_source("facts");
    tell(&mut ledger, "1", "2026-03-14T12:00:00Z", &company());
    ledger
}

fn tell(ledger: &mut TestLedger, id: &str, at: &str, facts: &Value) {
    let json = headers(&[("content-type", "application/json")]);
    let draft = ledger.draft("facts", id, &json, &body(at, facts));
    ledger.append(&[draft]).unwrap();
    ledger.fold(&mut TestLedger::projector());
}

/// What is found, by kind and the last part of the key, the best first.
fn found_of(store: &Store, words: &[&str], kinds: &[NodeKind], limit: u16) -> Vec<String> {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let wanted = Wanted { words: &words, kinds, limit };
    let everything = store.read(|connection| graph::changes_after(connection, u64::MAX, 0)).unwrap();
    let keys: BTreeMap<u32, _> = everything.nodes.iter().map(|(id, record)| (id.0, &record.key)).collect();
    let nodes = store.read(|connection| search(connection, &wanted)).unwrap();
    let found = nodes.iter().map(|node| keys.get(node).unwrap());
    found.map(|key| format!("{}:{}", key.kind(), key.parts().resource)).collect()
}

fn found(store: &Store, words: &[&str]) -> Vec<String> {
    found_of(store, words, &[], 50)
}

fn rows(store: &Store) -> Vec<String> {
    let mut rows = store.read(lines).unwrap();
    rows.sort();
    rows
}

#[test]
fn words_are_found_by_their_beginnings_on_every_database() {
    for database in databases() {
        let ledger = told(&database);
        for (words, expected) in [
            (vec!["card"], "team:payments ticket:PAY-12"),
            (vec!["RETRY", "card"], "ticket:PAY-12"),
            (vec!["gatew", "times"], "ticket:PAY-12"),
            (vec!["card payments"], "ticket:PAY-12"),
            (vec!["card retry"], ""),
            (vec!["pay-12"], "ticket:PAY-12 ticket:PAY-120"),
            (vec!["pay", "120"], "ticket:PAY-120"),
            (vec!["größere"], "change:42"),
            (vec!["große", "zeitl"], "change:42"),
            (vec!["error"], "alert:a1 alert:a2"),
            (vec!["errorrate"], "alert:a1 alert:a2"),
            (vec!["HighErr"], "alert:a1 alert:a2"),
            (vec!["1e5ab"], format!("commit:{COMMIT}").as_str()),
            (vec!["acme/checkout#42"], "change:42"),
            (vec!["https://wiki.acme.example/runbooks"], "document:/runbooks/storms"),
            (vec!["checkout", "1.4.2"], "deployment:d-7"),
            (vec!["r"], ""),
            (vec!["nothing"], ""),
            (vec![], ""),
        ] {
            let mut found = found(&ledger.store, &words);
            found.sort();
            assert_eq!(found.join(" "), expected, "{words:?} on {:?}", database.backend());
        }
    }
}

#[test]
fn the_best_comes_first_and_of_equals_the_newest() {
    for database in databases() {
        let ledger = told(&database);
        let store = &ledger.store;
        let retry = found(store, &["retr"]);
        assert_eq!(retry.len(), 2, "{retry:?}");
        assert_eq!(retry.first().map(String::as_str), Some("ticket:PAY-12"), "a title counts more than a description");
        assert_eq!(found(store, &["error"]), ["alert:a2", "alert:a1"]);
        assert_eq!(found_of(store, &["error"], &[], 1), ["alert:a2"]);
        assert_eq!(found_of(store, &["pay"], &[NodeKind::Team, NodeKind::Service], 9), ["team:payments"]);
        assert_eq!(found_of(store, &["error"], &[NodeKind::AlertRule], 9), Vec::<String>::new());
    }
}

#[test]
fn no_text_is_a_language_of_the_database() {
    for database in databases() {
        let ledger = told(&database);
        for text in [
            "\"",
            "*",
            "'",
            "\\",
            "()",
            ":",
            "-",
            "^",
            "{head} :",
            "NEAR(",
            "\0",
            "\u{202e}",
            "' OR 1=1 --",
            "%",
            "_",
            "|",
            "&",
            "!",
        ] {
            let alone = found(&ledger.store, &[text]);
            assert!(!alone.iter().any(|one| one.starts_with("ticket")), "{text:?}: {alone:?}");
        }
        for text in ["retry*", "\"retry", "retry'", "(retry)", "!retry", "retry:*", "retry\\", "\u{202e}retry\0"] {
            assert_eq!(found(&ledger.store, &[text]).first().map(String::as_str), Some("ticket:PAY-12"), "{text:?}");
        }
        let endless = "retry ".repeat(10_000);
        assert_eq!(found(&ledger.store, &[endless.as_str()]), Vec::<String>::new());
        let many = vec!["retry"; 1_000];
        assert_eq!(found(&ledger.store, &many).first().map(String::as_str), Some("ticket:PAY-12"));
    }
}

#[test]
fn what_is_said_newly_takes_the_place_of_what_was_said_and_a_rebuild_finds_the_same() {
    for database in databases() {
        let mut ledger = told(&database);
        let ticket = |title: &str| json!([{ "kind": "ticket", "id": "PAY-120", "provider": "jira", "host": "acme.atlassian.net", "title": title }]);
        tell(&mut ledger, "2", "2026-03-15T12:00:00Z", &ticket("Chargeback form"));
        tell(&mut ledger, "3", "2026-03-13T12:00:00Z", &ticket("Voucher form"));
        let store = &ledger.store;
        assert_eq!(found(store, &["chargeb"]), ["ticket:PAY-120"]);
        assert_eq!(found(store, &["refund"]), Vec::<String>::new(), "the index still holds the former title");
        assert_eq!(found(store, &["voucher"]), Vec::<String>::new());
        assert_eq!(found(store, &["form"]), ["ticket:PAY-120"]);

        let before = rows(store);
        let graph = ledger.graph();
        let stated = graph.iter().filter(|line| line.starts_with("node ") && line.split(' ').nth(2) == Some("true"));
        assert_eq!(before.len(), stated.count(), "a row for each node that was spoken of\n{}", before.join("\n"));
        assert!(before.len() >= 10);
        ledger.rebuild();
        assert_eq!(rows(store), before);
        assert_eq!(found(store, &["chargeb"]), ["ticket:PAY-120"]);
        assert_eq!(found(store, &["refund"]), Vec::<String>::new());
    }
}

#[test]
fn an_older_graph_is_filled_when_it_is_opened() {
    let Some(database) = TestDatabase::postgres() else { return };
    let ledger = told(&database);
    let before = rows(&ledger.store);
    database.execute("DELETE FROM node_search");
    assert_eq!(found(&ledger.store, &["retry"]), Vec::<String>::new());
    let opened = database.open();
    assert_eq!(rows(&opened), before);
    assert_eq!(found(&opened, &["refund"]), ["ticket:PAY-120"]);
    database.execute("DELETE FROM node_search WHERE kind = 'ticket'");
    let left = rows(&database.open());
    assert!(!left.is_empty() && left.len() < before.len(), "what is there already is left as it is");
}

#[test]
fn everything_can_be_searched_on_sqlite() {
    ask_everything(Setup::new());
}

#[test]
fn everything_can_be_searched_on_postgres() {
    let Some(database) = TestDatabase::postgres() else { return };
    ask_everything(Setup::new().on(database));
}

fn ask_everything(setup: Setup) {
    let server = setup.source("facts").start();
    let json = headers(&[("content-type", "application/json")]);
    server.deliver_well("facts", &json, &body("2026-03-14T12:00:00Z", &company()));
    server.wait_projected();
    filters_narrow_what_is_found(&server);
    what_cannot_be_searched_for_is_said(&server);
    the_command_line_says_the_same(&server);
}

/// The last parts of the keys of the results.
fn results(answer: &Value) -> Vec<String> {
    let list = answer.get("results").and_then(Value::as_array).unwrap();
    list.iter().map(|node| text(node, "/key").rsplit(':').next().unwrap_or_default().to_owned()).collect()
}

fn filters_narrow_what_is_found(server: &TestServer) {
    for (asked, expected) in [
        ("kind:alert service:checkout", "a2 a1"),
        ("error before:2026-03-14T09:30:00Z", "a1"),
        ("error after:2026-03-14T10:00:00Z", "a2"),
        ("error after:2026-03-15", ""),
        ("kind:change,commit service:checkout zeit", "42"),
        ("kind:commit team:payments", COMMIT),
        ("kind:commit team:\"card people\" wait", COMMIT),
        ("environment:production", "d-7"),
        ("checkout kind:deployment env:production service:checkout", "d-7"),
        ("checkout kind:alert env:production", ""),
        ("ticket:PAY-12 card", "PAY-12"),
    ] {
        let answer = server.ask("/api/v1/search", &[("q", asked)]);
        assert_eq!(results(&answer).join(" "), expected, "{asked}\n{answer:#}");
        assert_eq!(answer.get("more"), Some(&Value::Bool(false)), "{asked}");
        assert_eq!(answer.get("ledger_size"), server.status().get("ledger_size"));
    }
    let answer = server.ask("/api/v1/search", &[("q", "error service:checkout kind:alert"), ("limit", "1")]);
    assert_eq!((results(&answer), answer.get("more")), (vec!["a2".to_owned()], Some(&Value::Bool(true))));
    assert_eq!(answer.get("words"), Some(&json!(["error"])));
    let service = "cdevents:v0:throughline::::service:checkout";
    let filters = json!([
        { "name": "kind", "value": "alert", "key": null },
        { "name": "service", "value": "checkout", "key": service }
    ]);
    assert_eq!(answer.get("filters"), Some(&filters));
    let by_key = server.ask("/api/v1/search", &[("q", &format!("error service:{service}"))]);
    assert_eq!(results(&by_key), ["a2", "a1"]);
}

fn what_cannot_be_searched_for_is_said(server: &TestServer) {
    for (query, status, code, said) in [
        ("q=status:open", 400, "bad-request", "is no filter"),
        ("q=kind:island", 400, "bad-request", "alert_rule"),
        ("q=after:yesterday", 400, "bad-request", "2026-03-01"),
        ("q=service:nothing", 404, "not-found", "no service called 'nothing'"),
        ("", 400, "bad-request", ""),
    ] {
        let answer = server.get(&format!("/api/v1/search?{query}"));
        assert_eq!((answer.status, answer.problem().as_str()), (status, code), "{query}\n{}", answer.text());
        assert!(answer.text().contains(said), "{query}\n{}", answer.text());
    }
    for asked in ["", "///", "nothing-like-it"] {
        assert_eq!(results(&server.ask("/api/v1/search", &[("q", asked)])), Vec::<String>::new(), "{asked}");
    }
}

fn the_command_line_says_the_same(server: &TestServer) {
    let expected = server.ask("/api/v1/search", &[("q", "error service:checkout")]);
    let remote = server.program().clone().with("SERVER", server.url()).with("TOKEN", server.token());
    let local = server.command(&["search", "error", "service:checkout", "--json"]).good();
    assert_eq!(serde_json::from_str::<Value>(&local).unwrap(), expected);
    assert_eq!(remote.run(&["search", "error", "service:checkout", "--json"]).good(), local);
    let lines = server.command(&["search", "card payments"]).good();
    assert!(lines.starts_with("Ticket") && lines.contains("PAY-12 Retry card payments"), "{lines}");
    let cut = server.command(&["search", "error", "--limit", "1"]).good();
    assert!(cut.contains("There is more"), "{cut}");
    for (arguments, code) in [
        (vec!["search", "nothing-like-it"], 1),
        (vec!["search", "service:nothing"], 1),
        (vec!["search", "status:open"], 2),
        (vec!["search"], 2),
    ] {
        assert_eq!(server.command(&arguments).code, code, "{arguments:?}");
        assert_eq!(remote.run(&arguments).code, code, "{arguments:?}, asked of the server");
    }
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}
