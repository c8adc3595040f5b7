//! Bodies that nobody should have sent: kept to the byte, acknowledged, and reported as what could not be read. And the
//! proof that whatever was taken is in the ledger, checked as somebody outside would.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as the tests do")]

use reqwest::Method;
use serde_json::Value;
use throughline_domain::ledger::{Hash, VerifierKey, leaf_hash, open, verify_inclusion};
use throughline_tests::fixtures::named;
use throughline_tests::http::{RawConnection, send};
use throughline_tests::random::Random;
use throughline_tests::server::TestServer;
use throughline_tests::signing::headers;

const PROVIDERS: [&str; 6] = ["github", "jira", "argocd", "alertmanager", "cdevents", "facts"];

#[test]
fn what_cannot_be_read_is_kept_and_said() {
    let server = TestServer::with_sources(&PROVIDERS);
    let mut sent: Vec<(u64, &str, Vec<u8>)> = Vec::new();
    for provider in PROVIDERS {
        for body in hostile(&mut Random::new(1)) {
            let entry = server.deliver_well(provider, &headers(&[("x-github-event", "push")]), &body);
            sent.push((entry, provider, body));
        }
    }
    server.wait_projected();
    for (entry, provider, body) in &sent {
        let delivery = server.delivery(*entry);
        let status = delivery.get("status").and_then(Value::as_str).unwrap_or_default();
        let detail = delivery.get("detail").and_then(Value::as_str).unwrap_or_default();
        let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        assert!(matches!(status, "failed" | "ignored"), "{provider} reads '{shown}': {delivery}");
        assert!(!detail.is_empty(), "{provider} does not say why it cannot read '{shown}'");
        assert_eq!(server.entry(*entry).body.as_deref(), Some(body.as_slice()), "{provider} '{shown}' was changed");
    }
    let log = server.log();
    assert!(!log.contains("panicked"), "a parser panicked\n{log}");
}

fn hostile(random: &mut Random) -> Vec<Vec<u8>> {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let deep_member = format!("{{\"repository\":{}1{}}}", "{\"a\":".repeat(5_000), "}".repeat(5_000));
    vec![
        Vec::new(),
        b"\0".to_vec(),
        b"{".to_vec(),
        b"{\"action\": \"opened\", \"issue\": {\"nu".to_vec(),
        b"null".to_vec(),
        b"\xff\xfe\xfd".to_vec(),
        b"{\"title\": \"\xc3\x28\"}".to_vec(),
        b"{\"n\": 1e999999999}".to_vec(),
        b"<xml>&lol;</xml>".to_vec(),
        b"payload=%7B".to_vec(),
        deep.into_bytes(),
        deep_member.into_bytes(),
        random.bytes(5_000),
    ]
}

#[test]
fn the_largest_body_is_kept_to_the_byte() {
    let server = TestServer::with_sources(&["alertmanager"]);
    let limit = 26_214_400;
    let mut random = Random::new(2);
    for body in [vec![b'a'; limit], random.bytes(limit)] {
        let entry = server.deliver_well("alertmanager", &[], &body);
        assert!(server.entry(entry).body.is_some_and(|kept| kept == body), "the body was changed");
    }
    let mut larger = RawConnection::to(server.url());
    let announced = format!(
        "POST /webhooks/alertmanager HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        limit + 1
    );
    larger.write(announced.as_bytes());
    let answer = larger.read_to_end();
    assert!(answer.starts_with("HTTP/1.1 413"), "refused before a byte of it has come: {answer}");
    let shown = server
        .get_json(&format!("/api/v1/deliveries/{}", server.wait_projected()["ledger_size"].as_u64().unwrap() - 1));
    assert_eq!(shown.get("body_cut"), Some(&Value::Bool(true)), "a page does not show 25 MiB");
}

#[test]
fn a_delivery_can_be_read_again() {
    let server = TestServer::with_sources(&["github"]);
    let good = named("github/issues/opened");
    let read = server.deliver_well("github", &good.headers, &good.body);
    let dead = server.deliver_well("github", &headers(&[("x-github-event", "issues")]), b"{\"issue\":7}");
    let before = server.wait_projected();
    for (entry, status) in [(read, "parsed"), (dead, "failed")] {
        let path = format!("/api/v1/deliveries/{entry}/replay");
        let answer = send(server.request(Method::POST, &path).bearer_auth(server.token()));
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json().pointer("/delivery/status").and_then(Value::as_str), Some(status));
    }
    assert_eq!(server.wait_projected(), before, "reading again changes nothing");
    for (entry, status) in [(0, 400), (9_999, 400)] {
        let path = format!("/api/v1/deliveries/{entry}/replay");
        let answer = send(server.request(Method::POST, &path).bearer_auth(server.token()));
        assert_eq!(answer.status, status, "{}", answer.text());
        answer.problem();
    }
    for path in ["/api/v1/deliveries/0", "/api/v1/deliveries/9999"] {
        let answer = server.get(path);
        assert_eq!((answer.status, answer.problem().as_str()), (404, "not-found"), "{path}");
    }
    let answer = server.get("/api/v1/deliveries/seven");
    assert_eq!((answer.status, answer.problem().as_str()), (400, "bad-request"));
}

#[test]
fn somebody_outside_can_check_that_a_delivery_is_in_the_ledger() {
    let server = TestServer::with_sources(&["alertmanager"]);
    for number in 0..300 {
        server.deliver_well("alertmanager", &[], format!("{{\"n\":{number}}}").as_bytes());
    }
    server.wait_projected();
    let said = server.command(&["verify"]).good();
    let key = said.lines().find_map(|line| line.strip_prefix("Checking the ledger against the key "));
    let key: VerifierKey = key.expect("the key is printed").trim().parse().unwrap();
    let note = server.get("/api/v1/checkpoint");
    let signed = open(&note.text(), &key).expect("the head is signed by that key").head();
    for entry in [1, 2, 128, 255, 256, 257, signed.size - 1] {
        let proof = server.get_json(&format!("/api/v1/deliveries/{entry}")).get("proof").cloned().unwrap();
        let text = |member: &str| proof.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
        let leaf = unhex(&text("leaf"));
        let hashes = proof.get("hashes").and_then(Value::as_array).unwrap();
        let hashes: Vec<Hash> = hashes.iter().map(|hash| Hash::from_base64(hash.as_str().unwrap()).unwrap()).collect();
        let root = Hash::from_base64(&text("root")).unwrap();
        assert_eq!((proof.get("size").and_then(Value::as_u64), root), (Some(signed.size), signed.root));
        verify_inclusion(&leaf_hash(&leaf), entry, signed.size, &hashes, &root).unwrap();
        assert!(verify_inclusion(&leaf_hash(&leaf), entry - 1, signed.size, &hashes, &root).is_err());
    }
    // The same with the key given from outside, and with one that is not the ledger's.
    server.command(&["verify", "--key", &key.to_string()]).good();
    let other = throughline_tests::ledger::fixed_key().verifier().to_string();
    let refused = server.command(&["verify", "--key", &other]);
    assert_eq!(refused.code, 1, "{}", refused.all());
}

fn unhex(digits: &str) -> Vec<u8> {
    let pairs: Vec<char> = digits.chars().collect();
    pairs.chunks(2).map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap()).collect()
}
