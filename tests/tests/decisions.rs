//! What people decide about links: by REST, by the forms of the pages and by the command line; it outranks the rules, can
//! be taken back by a newer decision, and survives a rebuild, on both databases.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as the tests do")]

use reqwest::Method;
use serde_json::{Value, json};
use throughline_tests::database::TestDatabase;
use throughline_tests::http::{Answer, send};
use throughline_tests::ledger::graph;
use throughline_tests::markup;
use throughline_tests::server::{Setup, TestServer};
use throughline_tests::signing::headers;

const CHANGE: &str = "cdevents:v0:github:github.com:acme:checkout:change:42";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

#[test]
fn people_have_the_last_word_on_sqlite() {
    decide(Setup::new());
}

#[test]
fn people_have_the_last_word_on_postgres() {
    let Some(database) = TestDatabase::postgres() else { return };
    decide(Setup::new().on(database));
}

fn decide(setup: Setup) {
    let server = told(setup);
    let ticket = guessed(&server);
    refusing_takes_the_link_away(&server, &ticket);
    confirming_brings_it_back_as_a_statement(&server, &ticket);
    what_cannot_be_is_refused_with_what_can(&server);
    a_decision_is_an_entry_like_any_other(&server);
    a_form_decides_in_the_name_of_the_session(&server, &ticket);
    the_command_line_adds_a_link(&server);
    a_rebuild_keeps_every_decision(server);
}

/// A server that knows a change which compares itself with a ticket.
fn told(setup: Setup) -> TestServer {
    let server = setup.source("facts").start();
    let facts = json!({
        "version": 1,
        "at": "2026-03-14T09:26:00Z",
        "facts": [
            {
                "kind": "change", "id": "42", "provider": "github", "repository": "https://github.com/acme/checkout",
                "title": "Retry card payments", "text": "It behaves unlike PAY-12, which is another matter."
            },
            {
                "kind": "commit", "commit": COMMIT, "repository": "https://github.com/acme/checkout", "title": "Retry"
            },
            {
                "kind": "ticket", "id": "PAY-12", "provider": "jira", "host": "acme.atlassian.net",
                "title": "Retry card authorisation"
            }
        ]
    });
    let json = headers(&[("content-type", "application/json")]);
    server.deliver_well("facts", &json, facts.to_string().as_bytes());
    server.wait_projected();
    server
}

/// The key of the ticket that is linked by nothing but a guess.
fn guessed(server: &TestServer) -> String {
    let step = mention(server).expect("the text names the ticket");
    assert_eq!(step.get("class").and_then(Value::as_str), Some("L0"), "{step:#}");
    let ticket = text(&step, "/to");
    let command = finding(server, "guess").map(|found| text(&found, "/command")).unwrap_or_default();
    assert!(command.starts_with(&format!("throughline link confirm {CHANGE} mentions {ticket} --reason")), "{command}");
    ticket
}

fn refusing_takes_the_link_away(server: &TestServer, ticket: &str) {
    let answer = post(
        server,
        &json!({
            "from": CHANGE, "kind": "mentions", "to": "PAY-12", "verdict": "refused", "reason": "it was only compared"
        }),
    );
    assert_eq!(answer.status, 201, "{}", answer.text());
    let kept = answer.json();
    assert_eq!((text(&kept, "/from"), text(&kept, "/to")), (CHANGE.to_owned(), ticket.to_owned()));
    assert_eq!(text(&kept, "/by"), "tests");
    server.wait_projected();
    assert_eq!(mention(server), None);
    let nodes = server.ask("/api/v1/trace", &[("of", CHANGE)]);
    assert!(!nodes.to_string().contains(ticket), "a refused link is still walked\n{nodes:#}");
    let found = finding(server, "refused").expect("the doctor says who refused it");
    assert!(text(&found, "/why").ends_with("was refused by tests: it was only compared"), "{found:#}");
    assert_eq!(found.pointer("/entry"), kept.pointer("/entry"));
    assert_eq!(finding(server, "guess"), None);
}

fn confirming_brings_it_back_as_a_statement(server: &TestServer, ticket: &str) {
    let answer = post(
        server,
        &json!({
            "from": CHANGE, "kind": "mentions", "to": ticket, "verdict": "confirmed", "reason": "it does the same"
        }),
    );
    assert_eq!(answer.status, 201, "{}", answer.text());
    server.wait_projected();
    let step = mention(server).expect("the newest decision counts");
    assert_eq!(text(&step, "/class"), "L1");
    let evidence = step.get("evidence").and_then(Value::as_array).cloned().unwrap_or_default();
    let said = evidence.iter().find(|one| text(one, "/rule") == "person").expect("the decision is evidence");
    assert_eq!(text(said, "/reason"), "confirmed by tests: it does the same");
    assert_eq!((text(said, "/source"), text(said, "/vouched")), ("people".to_owned(), "statement".to_owned()));
}

fn what_cannot_be_is_refused_with_what_can(server: &TestServer) {
    let before = server.status().get("ledger_size").cloned();
    for (from, kind, to, reason, status, said) in [
        (CHANGE, "deploys", "PAY-12", "why not", 400, "these do: resolves, relates_to, mentions"),
        ("PAY-12", "resolves", CHANGE, "why not", 400, "exchange the ends"),
        (CHANGE, "flies", "PAY-12", "why not", 400, "choose one of resolves"),
        (CHANGE, "mentions", "PAY-12", " ", 400, "say why"),
        (CHANGE, "relates_to", CHANGE, "why not", 400, "both ends are the same"),
        (CHANGE, "mentions", "PAY-99999", "why not", 404, "nothing is known"),
    ] {
        let body = json!({ "from": from, "kind": kind, "to": to, "verdict": "confirmed", "reason": reason });
        let answer = post(server, &body);
        assert_eq!(answer.status, status, "{body}\n{}", answer.text());
        let detail = text(&answer.json(), "/detail");
        assert!(detail.contains(said), "{body}\n{detail}");
    }
    for body in [json!({}), json!([]), json!({ "from": CHANGE, "verdict": "maybe" })] {
        assert_eq!(post(server, &body).status, 400, "{body}");
    }
    assert_eq!(server.status().get("ledger_size").cloned(), before, "what is refused leaves no trace");
}

fn a_decision_is_an_entry_like_any_other(server: &TestServer) {
    let listed = server.deliveries("source=people");
    assert_eq!(listed.len(), 2, "{listed:#?}");
    let newest = listed.first().unwrap();
    assert_eq!((text(newest, "/event"), text(newest, "/status")), ("link.decided".to_owned(), "parsed".to_owned()));
    let entry = newest.get("entry").and_then(Value::as_u64).unwrap();
    let shown = server.get_json(&format!("/api/v1/deliveries/{entry}"));
    assert_eq!(shown.get("replayable"), Some(&Value::Bool(false)));
    assert_eq!(shown.pointer("/facts/decisions/0/holds"), Some(&Value::Bool(true)), "{shown:#}");
    assert!(shown.pointer("/proof/hashes").is_some());
    let replay = format!("/api/v1/deliveries/{entry}/replay");
    assert_eq!(send(server.request(Method::POST, &replay).bearer_auth(server.token())).status, 400);
    assert_eq!(server.get(&format!("/deliveries/{entry}")).status, 200);
}

fn a_form_decides_in_the_name_of_the_session(server: &TestServer, ticket: &str) {
    let link = server.new_login_link();
    let token = link.split_once("token=").unwrap().1.trim().to_owned();
    let entered = send(server.request(Method::POST, "/login").form(&[("token", token)]));
    assert_eq!(entered.status, 303);
    let cookie = entered.header("set-cookie").and_then(|set| set.split(';').next()).unwrap_or_default().to_owned();
    let path = throughline::plain::node_href(CHANGE);
    let page = send(server.request(Method::GET, &path).header("accept", "text/html").header("cookie", &cookie));
    assert_eq!(page.status, 200, "{}", page.text());
    let csrf = markup::field(&page.text(), "csrf").expect("the page has forms");
    assert!(page.text().contains("action=\"/links/decisions\""), "the page has no form to decide");
    let submit = |csrf: &str, verdict: &str| {
        let fields = [
            ("csrf", csrf),
            ("from", CHANGE),
            ("kind", "mentions"),
            ("to", ticket),
            ("verdict", verdict),
            ("reason", "seen on the page"),
            ("back", CHANGE),
        ];
        send(server.request(Method::POST, "/links/decisions").header("cookie", &cookie).form(&fields))
    };
    assert_eq!(submit("wrong", "refused").status, 403);
    assert_eq!(submit(&csrf, "perhaps").status, 400);
    let done = submit(&csrf, "refused");
    assert_eq!(done.status, 303, "{}", done.text());
    assert_eq!(done.header("location"), Some(format!("{path}#links").as_str()));
    server.wait_projected();
    assert_eq!(mention(server), None);
    let by = finding(server, "refused").map(|found| text(&found, "/why")).unwrap_or_default();
    assert!(by.ends_with("was refused by administrator: seen on the page"), "{by}");
    let api = send(server.request(Method::POST, "/api/v1/links/decisions").header("cookie", &cookie).json(&json!({})));
    assert_eq!(api.status, 403, "a session decides by forms only");
}

fn the_command_line_adds_a_link(server: &TestServer) {
    let added = server.command(&[
        "link",
        "add",
        COMMIT,
        "part_of",
        CHANGE,
        "--reason",
        "the branch was merged by hand",
        "--by",
        "ada",
    ]);
    let said = added.good();
    assert!(said.contains("holds, as ada says"), "{said}");
    server.wait_projected();
    let node = server.ask("/api/v1/node", &[("of", COMMIT)]);
    assert!(node.to_string().contains("confirmed by ada: the branch was merged by hand"), "{node:#}");
    let wrong = server.command(&["link", "add", COMMIT, "deploys", CHANGE, "--reason", "x"]);
    assert_eq!(wrong.code, 2);
    let remote = server.program().clone().with("SERVER", server.url()).with("TOKEN", server.token());
    remote.run(&["link", "confirm", CHANGE, "mentions", "PAY-12", "--reason", "after all"]).good();
    server.wait_projected();
    assert!(mention(server).is_some());
}

fn a_rebuild_keeps_every_decision(mut server: TestServer) {
    let before = graph(&server.store());
    server.stop();
    let rebuilt = server.command(&["rebuild"]).good();
    assert!(rebuilt.contains("same as before"), "{rebuilt}");
    assert_eq!(graph(&server.store()), before);
    server.start_again();
    server.wait_projected();
    assert_eq!(text(&mention(&server).unwrap(), "/class"), "L1");
}

/// The link from the change to the ticket that its text names, if it holds.
fn mention(server: &TestServer) -> Option<Value> {
    let node = server.ask("/api/v1/node", &[("of", CHANGE)]);
    let links = node.get("links").and_then(Value::as_array).cloned().unwrap_or_default();
    links.into_iter().find(|step| text(step, "/from") == CHANGE && text(step, "/kind") == "mentions")
}

/// The first finding of a sort at the change.
fn finding(server: &TestServer, what: &str) -> Option<Value> {
    let answer = server.ask("/api/v1/doctor", &[("of", CHANGE)]);
    let findings = answer.get("findings").and_then(Value::as_array).cloned().unwrap_or_default();
    findings.into_iter().find(|found| text(found, "/what") == what)
}

fn post(server: &TestServer, body: &Value) -> Answer {
    send(server.request(Method::POST, "/api/v1/links/decisions").bearer_auth(server.token()).json(body))
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}
