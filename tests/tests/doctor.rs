//! What is missing and why, and the ledger's own tickets: by REST, pages and command line, on both databases.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as the tests do")]

use serde_json::{Value, json};
use throughline_tests::database::TestDatabase;
use throughline_tests::server::{Setup, TestServer};
use throughline_tests::signing::headers;
use throughline_tests::story::{ToldServer, tell};

const CHANGE: &str = "cdevents:v0:github:github.com:acme:checkout:change:7";

#[test]
fn every_text_that_leads_nowhere_says_why_on_sqlite() {
    ask_the_doctor(Setup::new());
}

#[test]
fn every_text_that_leads_nowhere_says_why_on_postgres() {
    let Some(database) = TestDatabase::postgres() else { return };
    ask_the_doctor(Setup::new().on(database));
}

fn ask_the_doctor(setup: Setup) {
    let server = setup.source("facts").source("jira").start();
    send_facts(
        &server,
        &json!([
            {
                "kind": "change", "id": "7", "provider": "github", "repository": "https://github.com/acme/checkout",
                "title": "Retry", "text": "Fixes PAY-12. See https://wiki.acme.example/retries and XYZ-1."
            },
            {
                "kind": "change", "id": "8", "provider": "github", "repository": "https://github.com/acme/checkout",
                "title": "Tidy up", "text": "Nothing to see here."
            }
        ]),
    );
    let json = headers(&[("content-type", "application/json")]);
    let broken = server.deliver_well("jira", &json, b"{\"webhookEvent\":");
    server.wait_projected();

    // Nothing is known of the tracker and the wiki yet.
    let findings = findings(&server, CHANGE);
    let why = said(&findings, "unknown_name");
    for expected in ["PAY-12", "XYZ-1", "wiki.acme.example/retries", "project PAY"] {
        assert!(why.contains(expected), "{expected}\n{findings:#?}");
    }
    assert!(said(&findings, "missing").contains("no ticket is known"), "{findings:#?}");

    // The tracker is known now, the other names still are not.
    send_facts(
        &server,
        &json!([
            { "kind": "ticket", "id": "PAY-12", "provider": "jira", "host": "acme.atlassian.net", "title": "Retry" }
        ]),
    );
    server.wait_projected();
    let why = said(&self::findings(&server, CHANGE), "unknown_name");
    assert!(!why.contains("called PAY-12") && why.contains("called XYZ-1"), "{why}");

    let silent = self::findings(&server, "cdevents:v0:github:github.com:acme:checkout:change:8");
    assert!(said(&silent, "no_reference").contains("throughline link add"), "{silent:#?}");

    // A text that resolves to nothing at all has an answer too.
    for (asked, expected) in [
        ("PAY-99", "acme.atlassian.net"),
        ("NOPE-1", "connect the tracker of project NOPE"),
        ("acme/nowhere#1", "acme/nowhere"),
        ("0123456789abcdef", "push events"),
        ("https://build.acme.example/job/7", "build.acme.example"),
        ("service:nothing", "no service is called"),
        ("words that no title holds", "no title holds these words"),
    ] {
        let answer = server.ask("/api/v1/doctor", &[("of", asked)]);
        assert!(answer.get("node").is_some_and(Value::is_null), "{asked}\n{answer:#}");
        let list = answer.get("findings").and_then(Value::as_array).cloned().unwrap();
        assert!(said(&list, "unknown").contains(expected), "{asked}\n{answer:#}");
        let failed = said(&list, "failed_delivery");
        assert!(failed.contains(&format!("entry {broken} of the source jira")), "{asked}\n{answer:#}");
    }
    the_command_line_says_so_with_its_exit_code(&server);
}

fn the_command_line_says_so_with_its_exit_code(server: &TestServer) {
    let told = server.command(&["doctor", CHANGE]).good();
    assert!(told.contains("unknown name") && told.contains("→ "), "{told}");
    assert_eq!(server.command(&["doctor", CHANGE, "--strict"]).code, 1);
    assert_eq!(server.command(&["doctor", "NOPE-1"]).code, 0);
    let told = server.command(&["islands", "--kind", "change", "--json"]).good();
    let answer: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(answer.get("total").and_then(Value::as_u64), Some(1), "{answer:#}");
    assert_eq!(server.command(&["islands", "--kind", "change", "--strict"]).code, 1);
    assert_eq!(server.command(&["islands", "--kind", "team", "--strict"]).code, 0);
    assert_eq!(server.command(&["islands", "--of", "service:nothing"]).code, 1);
    assert_eq!(server.command(&["ticket", "build-and-test", "PAY-12"]).code, 2);
    let remote = server.program().clone().with("SERVER", server.url()).with("TOKEN", server.token());
    assert_eq!(remote.run(&["islands", "--kind", "change", "--json"]).good(), told);
    assert_eq!(remote.run(&["ticket", "build-and-test", "PAY-12"]).code, 2);
}

#[test]
fn the_story_has_its_tickets_and_pages() {
    let told = tell(None);
    let ToldServer { server, landmarks } = &told;
    let change = landmarks.pull_request.as_str();
    let ticket = server.ask("/api/v1/build-and-test", &[("of", change)]);
    assert_eq!(text(&ticket, "/change/key"), change);
    let name = text(&ticket, "/name");
    assert!(name.starts_with("BT "), "{ticket:#}");
    assert_eq!(server.ask("/api/v1/build-and-test", &[("of", &name)]), ticket, "a ticket is found by its own name");
    assert!(keys(&ticket, "/tickets").contains(&landmarks.ticket.as_str().to_owned()), "{ticket:#}");
    assert!(!keys(&ticket, "/authors").is_empty(), "{ticket:#}");
    let commits = ticket.get("commits").and_then(Value::as_array).cloned().unwrap();
    let heads = commits.iter().filter(|commit| commit.get("head") == Some(&Value::Bool(true))).count();
    assert_eq!(heads, 1, "{ticket:#}");
    assert!(commits.iter().any(|commit| text(commit, "/commit/key") == landmarks.commit.as_str()), "{ticket:#}");
    assert!(["passed", "failed"].contains(&text(&ticket, "/tested").as_str()), "{ticket:#}");

    let ops = server.ask("/api/v1/ops-ticket", &[("of", landmarks.artifact.as_str())]);
    let way = ops.get("way").and_then(Value::as_array).cloned().unwrap();
    assert!(way.iter().any(|stop| text(stop, "/deployment/key") == landmarks.deployment.as_str()), "{ops:#}");
    let changes = ops.get("changes").and_then(Value::as_array).cloned().unwrap();
    let own = changes.iter().find(|one| text(one, "/change/key") == change).expect("it brings the change");
    assert_eq!((text(own, "/build_and_test"), text(own, "/tested")), (name.clone(), text(&ticket, "/tested")));
    let again = server.ask("/api/v1/ops-ticket", &[("of", &text(&ops, "/name"))]);
    assert_eq!(again, ops);

    let islands = server.ask("/api/v1/islands", &[("limit", "3")]);
    let total = islands.get("total").and_then(Value::as_u64).unwrap();
    let shown = islands.get("islands").and_then(Value::as_array).map_or(0, Vec::len);
    assert!(total > 3 && shown == 3, "{islands:#}");
    assert_eq!(islands.get("next").and_then(Value::as_u64), Some(3));

    for (path, words) in [
        ("/islands".to_owned(), "Islands"),
        ("/islands?kind=change&what=ticket&of=".to_owned(), "Islands"),
        ("/doctor".to_owned(), "Doctor"),
        ("/doctor?of=NOPE-1".to_owned(), "connect the tracker of project NOPE"),
        (format!("/doctor?of={change}"), "Findings"),
        (throughline::plain::build_and_test_href(change), "Build-and-test ticket"),
        (throughline::plain::ops_href(landmarks.artifact.as_str()), "Ops ticket"),
        (throughline::plain::node_href(change), "/build-and-test/"),
    ] {
        let page = server.get(&path);
        assert_eq!(page.status, 200, "{path}\n{}", page.text());
        assert!(page.text().contains(words), "{path} lacks '{words}'");
    }
    let found = server.get(&format!("/find?q=bt:{change}"));
    assert_eq!(found.status, 303);
    assert_eq!(found.header("location"), Some(throughline::plain::build_and_test_href(change).as_str()));
    let told = server.command(&["ticket", "ops", landmarks.artifact.as_str()]).good();
    assert!(told.starts_with("OPS sha256:"), "{told}");
}

fn send_facts(server: &TestServer, facts: &Value) {
    let body = json!({ "version": 1, "at": "2026-03-14T09:26:00Z", "facts": facts });
    let json = headers(&[("content-type", "application/json")]);
    server.deliver_well("facts", &json, body.to_string().as_bytes());
}

fn findings(server: &TestServer, of: &str) -> Vec<Value> {
    let answer = server.ask("/api/v1/doctor", &[("of", of)]);
    answer.get("findings").and_then(Value::as_array).cloned().unwrap()
}

/// Everything that the findings of a sort say: why, what to do, and the command.
fn said(findings: &[Value], what: &str) -> String {
    let of_sort = findings.iter().filter(|found| text(found, "/what") == what);
    let lines = of_sort.map(|found| ["/why", "/fix", "/command"].map(|member| text(found, member)).join(" | "));
    lines.collect::<Vec<_>>().join("\n")
}

fn keys(value: &Value, pointer: &str) -> Vec<String> {
    let list = value.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default();
    list.iter().map(|node| text(node, "/key")).collect()
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}
