//! `POST /webhooks/{source}`: what is taken, what is refused and how, and what a second copy does.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as the tests do")]

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;
use throughline_domain::time::Timestamp;
use throughline_tests::fixtures::named;
use throughline_tests::http::{RawConnection, send};
use throughline_tests::server::{Setup, TestServer};
use throughline_tests::signing::headers;
use throughline_tests::waiting::until;
use throughline_webhooks::signature::{sign_hmac_hex, sign_standard_webhooks};

/// How long something that the server does by itself may take.
const LIMIT: Duration = Duration::from_secs(20);

#[test]
fn what_cannot_be_taken_is_refused_by_its_code_and_not_kept() {
    let server = Setup::new().source("github").with("LIMITS_BODY_BYTES", "1000").start();
    let before = size(&server);
    let body = vec![b' '; 1_000];
    let fitting = sign_hmac_hex("sha256=", &server.source("github").secret, &body);
    let event = ("x-github-event", "push");
    let other_body = sign_hmac_hex("sha256=", &server.source("github").secret, b"{}");
    for (given, status, code) in [
        (vec![event], 401, "bad-signature"),
        (vec![event, ("x-hub-signature-256", "sha256=00")], 401, "bad-signature"),
        (vec![event, ("x-hub-signature-256", other_body.as_str())], 401, "bad-signature"),
        (vec![event, ("x-hub-signature-256", &fitting[7..])], 401, "bad-signature"),
        (vec![event, ("x-hub-signature-256", fitting.as_str()), ("content-encoding", "gzip")], 415, "encoded-body"),
    ] {
        let answer = server.post("github", &headers(&given), &body);
        assert_eq!((answer.status, answer.problem().as_str()), (status, code), "{given:?}");
    }
    let too_large = vec![b' '; 1_001];
    let answer = server.deliver("github", &headers(&[event]), &too_large);
    assert_eq!((answer.status, answer.problem().as_str()), (413, "body-too-large"));
    assert!(answer.text().contains("limits.body_bytes"), "the answer says what to do: {}", answer.text());
    let answer = server.post("gitlab", &[], b"{}");
    assert_eq!((answer.status, answer.problem().as_str()), (404, "unknown-source"));
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let answer = send(server.request(method, "/webhooks/github").bearer_auth(server.token()));
        assert_eq!((answer.status, answer.problem().as_str()), (405, "method-not-allowed"));
    }
    assert_eq!(size(&server), before, "what was refused is no entry");
    assert_eq!(server.deliver("github", &headers(&[event]), &body).status, 202, "the bound itself is allowed");
    assert_eq!(size(&server), before + 1);

    let metrics = server.get("/metrics").text();
    for (code, count) in [("bad-signature", 4), ("encoded-body", 1), ("body-too-large", 1)] {
        let line = format!("throughline_deliveries_rejected_total{{code=\"{code}\",source=\"github\"}} {count}");
        assert!(metrics.lines().any(|found| found == line), "{line}\n{metrics}");
    }
    assert!(
        metrics.contains("throughline_deliveries_rejected_total{code=\"unknown-source\",source=\"unknown\"} 1"),
        "{metrics}"
    );
    assert!(metrics.contains("throughline_deliveries_accepted_total{source=\"github\"} 1"), "{metrics}");
    let log = server.log();
    assert!(!log.contains(&server.source("github").secret), "the log holds a secret");
}

#[test]
fn a_body_of_unknown_length_is_bounded_too() {
    let server = Setup::new().source("alertmanager").with("LIMITS_BODY_BYTES", "1000").start();
    let secret = &server.source("alertmanager").secret;
    let mut connection = RawConnection::to(server.url());
    let head = format!(
        "POST /webhooks/alertmanager HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\n\
         Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    );
    connection.write(head.as_bytes());
    for _ in 0..3 {
        connection.write(format!("190\r\n{}\r\n", " ".repeat(400)).as_bytes());
    }
    let answer = connection.read_to_end();
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(answer.contains("body-too-large"), "{answer}");
}

#[test]
fn a_body_that_comes_too_slowly_is_refused_and_one_that_breaks_off_is_not_kept() {
    let server = Setup::new().source("alertmanager").with("LIMITS_BODY_SECONDS", "1").start();
    let before = size(&server);
    let secret = &server.source("alertmanager").secret;
    let head = format!(
        "POST /webhooks/alertmanager HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\nContent-Length: 100\r\n\
         Connection: close\r\n\r\n"
    );
    let mut slow = RawConnection::to(server.url());
    slow.write(format!("{head}{{\"status\":").as_bytes());
    let answer = slow.read_to_end();
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("too-slow"), "{answer}");
    let mut broken = RawConnection::to(server.url());
    broken.write(format!("{head}{{\"status\":").as_bytes());
    broken.hang_up();
    assert_eq!(server.deliver("alertmanager", &[], b"{}").status, 202);
    assert_eq!(size(&server), before + 1);
}

#[test]
fn bodies_share_a_bounded_memory() {
    let setup = Setup::new().source("alertmanager").with("LIMITS_BODY_BYTES_IN_FLIGHT", "102400");
    let server = setup.start();
    let secret = &server.source("alertmanager").secret;
    let mut slow = RawConnection::to(server.url());
    let head = format!(
        "POST /webhooks/alertmanager HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\n\
         Content-Length: 70000\r\nConnection: close\r\n\r\n"
    );
    slow.write(head.as_bytes());
    slow.write(&[b' '; 69_999]);
    let refused = until("the memory is taken", LIMIT, || {
        let answer = server.deliver("alertmanager", &[], &[b' '; 60_000]);
        (answer.status != 202).then_some(answer)
    });
    assert_eq!((refused.status, refused.problem().as_str()), (503, "unavailable"));
    assert!(refused.header("retry-after").is_some_and(|seconds| seconds.parse::<u32>().is_ok()));
    slow.write(b" ");
    assert!(slow.read_to_end().starts_with("HTTP/1.1 202"));
    assert_eq!(server.deliver("alertmanager", &[], &[b' '; 60_001]).status, 202, "the memory is given back");
}

#[test]
fn a_second_copy_has_no_second_effect() {
    let server = TestServer::with_sources(&["github"]);
    let fixture = named("github/issues/opened");
    let with_id = |id: &str| [fixture.headers.clone(), headers(&[("x-github-delivery", id)])].concat();
    let answer = |id: &str, body: &[u8]| {
        let answer = server.deliver("github", &with_id(id), body);
        assert_eq!(answer.status, 202, "{}", answer.text());
        answer.json()
    };
    let first = answer("one", &fixture.body);
    assert_eq!((flag(&first, "appended"), number(&first, "duplicate_of")), (Some(true), None));
    let entry = number(&first, "entry").unwrap();
    let once = server.wait_projected();

    let again = answer("one", &fixture.body);
    assert_eq!((flag(&again, "appended"), number(&again, "entry")), (Some(false), Some(entry)));
    assert_eq!(size(&server), entry + 1, "the same delivery is not a second entry");

    let other_id = answer("two", &fixture.body);
    assert_eq!((flag(&other_id, "appended"), number(&other_id, "duplicate_of")), (Some(true), Some(entry)));

    let twice = server.wait_projected();
    assert_eq!(
        (twice.get("nodes"), twice.get("links")),
        (once.get("nodes"), once.get("links")),
        "nothing has come twice"
    );

    let mut changed: Value = serde_json::from_slice(&fixture.body).unwrap();
    changed["issue"]["title"] = Value::from("Another title");
    let other_body = answer("one", changed.to_string().as_bytes());
    assert_eq!((flag(&other_body, "appended"), number(&other_body, "duplicate_of")), (Some(true), None));
    server.wait_projected();
    let duplicate = server.delivery(number(&other_id, "entry").unwrap());
    assert_eq!(text(&duplicate, "status"), "duplicate");
    assert!(text(&duplicate, "detail").contains(&entry.to_string()), "{duplicate}");
    assert_eq!(flag(&duplicate, "conflicting"), Some(false));
    let conflicting = server.delivery(number(&other_body, "entry").unwrap());
    assert_eq!((text(&conflicting, "status"), flag(&conflicting, "conflicting")), ("parsed".to_owned(), Some(true)));
}

#[test]
fn every_provider_vouches_in_its_own_way() {
    let providers = ["github", "jira", "argocd", "alertmanager", "cdevents", "facts"];
    let server = TestServer::with_sources(&providers);
    for (provider, vouched) in providers.into_iter().zip(["e2", "e2", "e1", "e1", "e3", "e3"]) {
        let entry = server.deliver_well(provider, &[], format!("{{\"of\":\"{provider}\"}}").as_bytes());
        server.wait_projected();
        let delivery = server.delivery(entry);
        assert_eq!(
            (text(&delivery, "vouched"), text(&delivery, "provider")),
            (vouched.to_owned(), provider.to_owned())
        );
    }
    let long_ago = Timestamp::from_seconds(1_700_000_000);
    let signature = sign_standard_webhooks(&server.source("facts").secret, "old", long_ago, b"{}");
    let signed =
        [("webhook-id", "old"), ("webhook-timestamp", "1700000000"), ("webhook-signature", signature.as_str())];
    let refused = server.post("facts", &headers(&signed), b"{}");
    assert_eq!(refused.problem(), "bad-signature");
    assert!(refused.text().contains("clocks"), "{}", refused.text());
}

#[test]
fn deliveries_are_listed_page_by_page() {
    let server = TestServer::with_sources(&["github", "alertmanager"]);
    for number in 0..5 {
        server.deliver_well(
            "github",
            &headers(&[("x-github-event", "ping")]),
            format!("{{\"n\":{number}}}").as_bytes(),
        );
    }
    server.deliver_well("alertmanager", &[], b"no alert");
    server.wait_projected();
    let first = server.deliveries("limit=4");
    let last = first.last().and_then(|delivery| number(delivery, "entry")).unwrap();
    let second = server.deliveries(&format!("limit=4&before={last}"));
    let entries: Vec<u64> = first.iter().chain(&second).filter_map(|delivery| number(delivery, "entry")).collect();
    assert_eq!(entries.len(), 6);
    assert!(entries.windows(2).all(|pair| pair[0] > pair[1]), "{entries:?}");
    assert_eq!(server.deliveries("source=github").len(), 5);
    assert_eq!(server.deliveries("status=failed").len(), 1);
    assert_eq!(server.deliveries("status=ignored&source=github").len(), 5);
    assert_eq!(server.deliveries("status=parsed").len(), 0);
}

#[test]
fn a_rotated_secret_leaves_time_to_change_it_in_the_tool() {
    let mut server = TestServer::with_sources(&["alertmanager"]);
    let first = server.source("alertmanager").secret.clone();
    let status = |server: &TestServer, secret: &str, body: &str| {
        let bearer = format!("Bearer {secret}");
        server.post("alertmanager", &headers(&[("authorization", bearer.as_str())]), body.as_bytes()).status
    };
    let second = rotate(&server);
    until("the second secret is known", LIMIT, || (status(&server, &second, "1") == 202).then_some(()));
    assert_eq!(status(&server, &first, "2"), 202, "the one before is still good");
    let third = rotate(&server);
    until("the first secret is forgotten", LIMIT, || (status(&server, &first, "3") == 401).then_some(()));
    assert_eq!((status(&server, &second, "4"), status(&server, &third, "5")), (202, 202));
    // The statements of the ledger speak of rotations and never of secrets.
    server.stop();
    for entry in throughline_tests::ledger::entries(&server.store()) {
        let body = String::from_utf8_lossy(&entry.body.unwrap_or_default()).into_owned();
        assert!([&first, &second, &third].iter().all(|secret| !body.contains(secret.as_str())), "{body}");
    }
}

#[test]
fn a_source_that_is_made_while_the_server_runs_can_deliver() {
    let mut server = TestServer::with_sources(&[]);
    server.add_source("github", "later");
    let entry = server.deliver_well("later", &headers(&[("x-github-event", "ping")]), b"{}");
    server.wait_projected();
    assert_eq!(text(&server.delivery(entry), "status"), "ignored");
    let again = server.command(&["source", "add", "github", "--name", "later"]);
    assert_eq!(again.code, 2);
    assert!(again.stderr.contains("already"), "{}", again.stderr);
    for (arguments, expected) in [
        (vec!["source", "add", "githob"], "choose one of"),
        (vec!["source", "add", "github", "--name", "Later!"], "a source's name"),
        (vec!["source", "rotate", "earlier"], "there is no source"),
    ] {
        let refused = server.command(&arguments);
        assert_eq!(refused.code, 2, "{arguments:?}");
        assert!(refused.stderr.contains(expected), "{arguments:?}: {}", refused.stderr);
    }
    assert!(server.command(&["source", "list"]).good().contains("later\tgithub"));
}

fn rotate(server: &TestServer) -> String {
    let printed = server.command(&["source", "rotate", "alertmanager"]).good();
    printed.lines().find_map(|line| line.strip_prefix("secret: ")).expect("the new secret is printed").to_owned()
}

fn size(server: &TestServer) -> u64 {
    number(&server.status(), "ledger_size").unwrap()
}

fn number(value: &Value, member: &str) -> Option<u64> {
    value.get(member).and_then(Value::as_u64)
}

fn flag(value: &Value, member: &str) -> Option<bool> {
    value.get(member).and_then(Value::as_bool)
}

fn text(value: &Value, member: &str) -> String {
    value.get(member).and_then(Value::as_str).unwrap_or_default().to_owned()
}
