//! The questions about what ran when, over a whole story: what an alert may come from, where a change is, what runs where,
//! how environments differ and what waits for one; by REST and by command line, on both databases.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as the tests do")]

use serde_json::Value;
use throughline_tests::database::TestDatabase;
use throughline_tests::story::{ToldServer, tell};

#[test]
fn what_ran_can_be_asked_on_sqlite() {
    ask_everything(&tell(None));
}

#[test]
fn what_ran_can_be_asked_on_postgres() {
    let Some(database) = TestDatabase::postgres() else { return };
    ask_everything(&tell(Some(database)));
}

fn ask_everything(told: &ToldServer) {
    the_change_behind_the_alert_is_the_first_suspect(told);
    the_story_of_the_alert_says_whom_to_ask(told);
    a_ticket_is_where_its_change_runs(told);
    environments_differ_by_what_waits(told);
    bad_questions_are_refused(told);
    the_command_line_says_the_same(told);
}

fn the_change_behind_the_alert_is_the_first_suspect(told: &ToldServer) {
    let landmarks = &told.landmarks;
    let answer = told.server.ask("/api/v1/suspects", &[("of", &landmarks.alert)]);
    let suspects = list(&answer, "/suspects");
    let first = suspects.first().expect("there is a suspect");
    assert_eq!(text(first, "/node"), landmarks.pull_request.as_str(), "{answer:#}");
    assert_eq!(text(first, "/deployment"), landmarks.deployment.as_str());
    assert!(keys(first, "/tickets").contains(&landmarks.ticket.as_str().to_owned()), "{first:#}");
    assert!(keys(first, "/commits").contains(&landmarks.commit.as_str().to_owned()), "{first:#}");
    let scores: Vec<u64> = suspects.iter().map(|one| one.get("score").and_then(Value::as_u64).unwrap()).collect();
    assert!(scores.is_sorted_by(|one, next| one >= next), "{scores:?}");
    assert!(suspects.iter().all(|one| !list(one, "/reasons").is_empty()));
    let named = keys(&answer, "/nodes");
    for suspect in &suspects {
        for pointer in ["/node", "/deployment"] {
            let key = text(suspect, pointer);
            assert!(key.is_empty() || named.contains(&key), "{key} is not described");
        }
    }
    let few = told.server.ask("/api/v1/suspects", &[("of", &landmarks.alert), ("limit", "1")]);
    assert_eq!(list(&few, "/suspects").len(), 1);
    assert_eq!(few.get("found"), answer.get("found"), "how many there are does not depend on how many are listed");
    let before = told.server.ask("/api/v1/suspects", &[("of", &landmarks.alert), ("at", "2020-01-01T00:00:00Z")]);
    assert!(list(&before, "/suspects").is_empty() && !list(&before, "/cut").is_empty(), "{before:#}");
}

fn the_story_of_the_alert_says_whom_to_ask(told: &ToldServer) {
    let story = told.server.ask("/api/v1/firing", &[("of", &told.landmarks.alert)]);
    assert!(list(&story, "/story").len() >= 3, "{story:#}");
    assert!(!list(&story, "/ask").is_empty() && !list(&story, "/pages").is_empty(), "{story:#}");
    assert!(!list(&story, "/incidents").is_empty(), "{story:#}");
    let named = keys(&story, "/nodes");
    for one in list(&story, "/ask") {
        assert!(named.contains(&text(&one, "/node")), "{one}");
    }
    let page = told.server.get(&format!("/api/v1/firing?of={}", told.landmarks.ticket.parts().resource));
    assert_eq!(page.status, 200, "a ticket has no such story, which is no error: {}", page.text());
}

fn a_ticket_is_where_its_change_runs(told: &ToldServer) {
    let landmarks = &told.landmarks;
    for of in [landmarks.ticket.as_str(), landmarks.pull_request.as_str(), landmarks.commit.as_str()] {
        let answer = told.server.ask("/api/v1/where", &[("of", of)]);
        let places = list(&answer, "/places");
        let spans: Vec<Value> = places.iter().flat_map(|place| list(place, "/spans")).collect();
        let by = |span: &Value| text(span, "/by") == landmarks.deployment.as_str();
        assert!(spans.iter().any(by), "{of} came with the deployment of the story\n{answer:#}");
    }
    let before = told.server.ask("/api/v1/where", &[("of", landmarks.ticket.as_str()), ("at", "2020-01-01T00:00:00Z")]);
    assert!(list(&before, "/places").is_empty(), "{before:#}");
}

fn environments_differ_by_what_waits(told: &ToldServer) {
    let places = told.server.ask("/api/v1/environments", &[]);
    assert!(list(&places, "/places").len() >= 8, "{places:#}");
    let tainted = list(&places, "/places").iter().filter(|place| !list(place, "/taints").is_empty()).count();
    assert_eq!(places.get("tainted").and_then(Value::as_u64), u64::try_from(tainted).ok());
    let diff = told.server.ask("/api/v1/diff", &[("left", "staging"), ("right", "production")]);
    let services = list(&diff, "/services");
    assert!(services.len() >= 4, "{diff:#}");
    let board = told.server.ask("/api/v1/board", &[]);
    for row in list(&board, "/rows") {
        let service = text(&row, "/service/key");
        let one = services.iter().find(|one| text(one, "/service") == service).unwrap();
        assert_eq!(one.get("is_equal"), Some(&Value::Bool(false)), "what waits differs: {row}");
    }
    let same = told.server.ask("/api/v1/diff", &[("left", "production"), ("right", "production")]);
    assert!(list(&same, "/services").iter().all(|one| list(one, "/ahead/commits").is_empty()), "{same:#}");
}

fn bad_questions_are_refused(told: &ToldServer) {
    for (path, status) in [
        ("/api/v1/suspects?of=PAY-99999", 404),
        ("/api/v1/suspects", 400),
        ("/api/v1/where?of=PAY-99999", 404),
        ("/api/v1/environments?at=yesterday", 400),
        ("/api/v1/diff?left=staging&right=nowhere", 404),
        ("/api/v1/board?at=soon", 400),
    ] {
        assert_eq!(told.server.get(path).status, status, "{path}");
    }
}

fn the_command_line_says_the_same(told: &ToldServer) {
    let (server, landmarks) = (&told.server, &told.landmarks);
    let here = |arguments: &[&str]| server.command(arguments);
    let there = |arguments: &[&str]| {
        let program = server.program().clone().with("SERVER", server.url()).with("TOKEN", server.token());
        program.run(arguments)
    };
    let ticket = landmarks.ticket.as_str();
    for arguments in [
        vec!["suspects", &landmarks.alert, "--json"],
        vec!["where", ticket, "--json"],
        vec!["environments", "--json"],
        vec!["diff", "staging", "production", "--json"],
        vec!["board", "--at", "2026-11-01T00:00:00Z", "--json"],
    ] {
        let (local, remote) = (here(&arguments), there(&arguments));
        assert_eq!(local.code, remote.code, "{arguments:?}");
        let read = |text: &str| serde_json::from_str::<Value>(text).ok();
        assert!(read(&local.stdout).is_some(), "{arguments:?}: {}", local.stdout);
        assert_eq!(read(&local.stdout), read(&remote.stdout), "{arguments:?}");
    }
    let suspects = here(&["suspects", &landmarks.alert]).good();
    assert!(suspects.contains("  1. Pull request") && suspects.contains("went live"), "{suspects}");
    let trace = here(&["trace", &landmarks.alert]).good();
    assert!(trace.contains("Look first at pull request"), "{trace}");
    assert!(here(&["where", ticket]).all().contains("production"), "it has been in production");
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn list(value: &Value, pointer: &str) -> Vec<Value> {
    value.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default()
}

/// The keys in a list of keys, or of nodes.
fn keys(value: &Value, pointer: &str) -> Vec<String> {
    let of_one = |one: &Value| one.as_str().map_or_else(|| text(one, "/key"), str::to_owned);
    list(value, pointer).iter().map(of_one).collect()
}
