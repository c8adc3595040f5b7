//! Slash commands: signed as Slack and Mattermost do, kept in the ledger, and answered for whoever asked.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as the tests do")]

use reqwest::Method;
use serde_json::Value;
use throughline::clock;
use throughline_tests::fixtures::named;
use throughline_tests::http::{Answer, send};
use throughline_tests::server::{Setup, TestServer};
use throughline_tests::signing::{self, headers};
use throughline_webhooks::signature::sign;

/// The longest answer that Slack takes.
const MAX_CHARS: usize = 3_000;

fn form(command: &str, text: &str, id: &str) -> Vec<u8> {
    let address = "https://chat.acme.example/answers/1";
    let fields =
        [("user_name", "ada"), ("command", command), ("text", text), ("trigger_id", id), ("response_url", address)];
    let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    fields.map(|(name, value)| format!("{name}={}", encoded(value))).join("&").into_bytes()
}

fn post(server: &TestServer, source: &str, headers: &[(String, String)], body: &[u8]) -> Answer {
    let request = server.request(Method::POST, &format!("/chat/{source}")).body(body.to_vec());
    send(headers.iter().fold(request, |request, (name, value)| request.header(name, value)))
}

/// Asks as the tool does, signed with the source's secret.
fn ask(server: &TestServer, source: &str, command: &str, text: &str, id: &str) -> String {
    let body = form(command, text, id);
    let known = server.source(source);
    let form = headers(&[("content-type", "application/x-www-form-urlencoded")]);
    let signed = signing::sign(known.provider, &known.secret, id, &form, &body);
    let answer = post(server, source, &signed, &body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let message = answer.json();
    assert_eq!(message.get("response_type").and_then(Value::as_str), Some("ephemeral"), "{message}");
    let text = message.get("text").and_then(Value::as_str).unwrap().to_owned();
    assert!(text.chars().count() <= MAX_CHARS, "{}", text.chars().count());
    assert!(text.contains(server.url()), "the answer leads to a page: {text}");
    text
}

fn told() -> TestServer {
    let server = Setup::new().source("slack").source("mattermost").source("github").start();
    let issue = named("github/issues/opened");
    server.deliver_well("github", &issue.headers, &issue.body);
    server.wait_projected();
    server
}

/// The reference and the title of the ticket that was delivered.
fn ticket(server: &TestServer) -> (String, String) {
    let fixture: Value = serde_json::from_slice(&named("github/issues/opened").body).unwrap();
    let text = |place: &str| fixture.pointer(place).and_then(Value::as_str).unwrap().to_owned();
    let number = fixture.pointer("/issue/number").and_then(Value::as_u64).unwrap();
    let reference = format!("{}#{number}", text("/repository/full_name"));
    assert_eq!(server.ask("/api/v1/resolve", &[("q", &reference)]).pointer("/result").unwrap(), "one");
    (reference, text("/issue/title"))
}

#[test]
fn a_question_is_kept_and_answered() {
    let server = told();
    let (reference, title) = ticket(&server);
    let shown: String = title.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    for (number, source) in ["slack", "mattermost"].into_iter().enumerate() {
        for command in ["/trace", "/impact", "/where", "/ready"] {
            let text = ask(&server, source, command, &reference, &format!("{number}.{command}"));
            assert!(text.contains(&reference), "{command}: {text}");
            assert!(text.contains("/node/"), "{command}: {text}");
            assert!(command != "/ready" || text.contains(&shown), "{text}");
        }
        let nowhere = ask(&server, source, "/where", &reference, &format!("{number}.nowhere"));
        assert!(nowhere.contains("No deployment of it is known"), "{nowhere}");
        let unknown = ask(&server, source, "/trace", "PAY-99999", &format!("{number}.unknown"));
        assert!(unknown.contains("Nothing is known") && unknown.contains("/find?q=PAY-99999"), "{unknown}");
        for (command, text) in [("/help", ""), ("/trace", ""), ("/fly", "home")] {
            let help = ask(&server, source, command, text, &format!("{number}.{command}.help"));
            assert!(help.contains("/impact X"), "{help}");
        }
    }
    server.wait_projected();
    let asked = server.deliveries("source=slack&limit=100");
    assert_eq!(asked.len(), 9);
    let details: Vec<&str> = asked.iter().filter_map(|one| one.get("detail").and_then(Value::as_str)).collect();
    assert!(details.contains(&format!("a question was asked: /trace {reference} by ada").as_str()), "{details:?}");
    for one in &asked {
        assert_eq!(one.get("vouched").and_then(Value::as_str), Some("e3"), "{one}");
    }
}

#[test]
fn what_is_not_signed_is_not_answered() {
    let server = told();
    let before = server.status();
    let body = form("/trace", "PAY-12", "1");
    let known = server.source("slack");
    let signed = signing::sign(known.provider, &known.secret, "1", &[], &body);
    let scheme = known.provider.schemes.first().copied().unwrap();
    let old = sign(scheme, &known.secret, clock::now().plus_seconds(-3_600), &body);
    let guessed = sign(scheme, "whsec_00000000000000000000", clock::now(), &body);
    let other = form("/trace", "PAY-13", "1");
    for (why, source, headers, body) in [
        ("no signature", "slack", Vec::new(), &body),
        ("another secret", "slack", guessed, &body),
        ("another body", "slack", signed, &other),
        ("an old signature", "slack", old, &body),
        ("no token", "mattermost", Vec::new(), &body),
        ("a wrong token", "mattermost", headers(&[("authorization", "Token wrong")]), &body),
    ] {
        let answer = post(&server, source, &headers, body);
        assert_eq!((answer.status, answer.problem().as_str()), (401, "bad-signature"), "{why}");
    }
    assert_eq!(post(&server, "nobody", &[], &body).problem(), "unknown-source");
    assert_eq!(post(&server, "github", &[], &body).problem(), "not-found");
    let session = send(server.request(Method::GET, "/chat/slack").bearer_auth(server.token()));
    assert_eq!(session.status, 405, "{}", session.text());
    assert_eq!(server.status(), before, "nothing of it was kept");
}

#[test]
fn slack_gets_its_challenge_back_and_nothing_else() {
    let server = told();
    let known = server.source("slack");
    let deliver = |body: &[u8]| {
        let json = headers(&[("content-type", "application/json")]);
        post(&server, "slack", &signing::sign(known.provider, &known.secret, "x", &json, body), body)
    };
    let challenge = deliver(br#"{"type":"url_verification","challenge":"3eZbrw1a<b>"}"#);
    assert_eq!((challenge.status, challenge.text().as_str()), (200, "3eZbrw1a<b>"));
    assert!(challenge.header("content-type").unwrap().starts_with("text/plain"));
    for body in [&br#"{"type":"event_callback","event_id":"Ev1","event":{"type":"app_mention"}}"#[..], b"ssl_check=1"] {
        let answer = deliver(body);
        assert_eq!((answer.status, answer.body.len()), (200, 0), "{}", answer.text());
    }
}

#[test]
fn the_address_of_a_command_is_printed() {
    let server = told();
    let listed = server.command(&["source", "list"]).good();
    for address in ["/chat/slack", "/chat/mattermost", "/webhooks/github"] {
        assert!(listed.contains(address), "{listed}");
    }
}
