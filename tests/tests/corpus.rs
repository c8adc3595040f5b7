//! What others have published of the tools' bodies, posted through the real endpoint. Runs where the folder with the
//! payloads is present; they are no part of this repository.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as the tests do")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use throughline_tests::corpus::payloads;
use throughline_tests::repository::shared;
use throughline_tests::server::TestServer;
use throughline_webhooks::providers;

/// Of a hundred files, so many must state something; each of the others has its reason.
const MUST_STATE_PERCENT: usize = 95;

/// What came of a provider's payloads.
#[derive(Default)]
struct Counts {
    stored: usize,
    by_status: BTreeMap<String, usize>,
}

#[test]
fn every_published_payload_is_stored_and_yields_facts_or_a_reason() {
    let Some(shared) = shared() else {
        println!("there is no folder of published payloads: the test did not run");
        return;
    };
    let payloads = payloads(&shared);
    let tools: BTreeSet<&str> = payloads.iter().map(|payload| payload.provider.as_str()).collect();
    let tools: Vec<&str> = tools.into_iter().collect();
    let server = TestServer::with_sources(&tools);
    let mut entries: BTreeMap<u64, usize> = BTreeMap::new();
    for (index, payload) in payloads.iter().enumerate() {
        let stored = server.deliver(&payload.provider, &payload.headers, &payload.body);
        assert_eq!(stored.status, 202, "{}: {}", payload.name, stored.text());
        entries.insert(stored.json().get("entry").and_then(Value::as_u64).unwrap(), index);
        refuse_forged(&server, &payload.provider, &payload.headers, &payload.body);
    }
    let status = server.wait_projected();
    let size = status.get("ledger_size").and_then(Value::as_u64).unwrap();
    assert_eq!(size, u64::try_from(entries.len() + tools.len()).unwrap(), "what was refused was not kept");

    let mut counts: BTreeMap<&str, Counts> = BTreeMap::new();
    let (mut unexplained, mut stated) = (Vec::new(), 0);
    for (entry, index) in &entries {
        let payload = payloads.get(*index).unwrap();
        let delivery = server.delivery(*entry);
        let text = |member: &str| delivery.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (outcome, detail) = (text("status"), text("detail"));
        // A repetition of another file's body states what that one states.
        stated += usize::from(matches!(outcome.as_str(), "parsed" | "duplicate"));
        if outcome != "parsed" {
            println!("{outcome:9} {}: {detail}", payload.name);
            if detail.is_empty() || !matches!(outcome.as_str(), "ignored" | "failed" | "duplicate") {
                unexplained.push(format!("{}: {delivery}", payload.name));
            }
        }
        let count = counts.entry(payload.provider.as_str()).or_default();
        count.stored += 1;
        *count.by_status.entry(outcome).or_default() += 1;
    }
    print_table(&counts);
    println!("{stated} of {} state something; {} nodes, {} links", entries.len(), status["nodes"], status["links"]);
    assert!(unexplained.is_empty(), "\n{}", unexplained.join("\n"));
    assert!(stated * 100 >= entries.len() * MUST_STATE_PERCENT, "only {stated} of {} state something", entries.len());
    let log = server.log();
    assert!(!log.contains("panicked"), "a parser panicked\n{log}");
}

/// Posts the body with another byte and the signature of this one; where the secret itself is shown, with another secret.
fn refuse_forged(server: &TestServer, source: &str, headers: &[(String, String)], body: &[u8]) {
    let scheme = providers::find(source).unwrap().schemes.first().unwrap();
    let mut forged = body.to_vec();
    forged.push(b' ');
    let mut signed = server.signed(source, headers, body);
    if scheme.shows_secret() {
        signed.last_mut().unwrap().1.push('x');
    }
    let refused = server.post(source, &signed, &forged);
    assert_eq!(refused.status, 401, "{source}: {}", refused.text());
}

fn print_table(counts: &BTreeMap<&str, Counts>) {
    println!("{:18} {:>6} {:>7} {:>8} {:>7} {:>10}", "provider", "stored", "facts", "ignored", "failed", "duplicate");
    for (provider, count) in counts {
        let of = |status: &str| count.by_status.get(status).copied().unwrap_or_default();
        println!(
            "{provider:18} {:>6} {:>7} {:>8} {:>7} {:>10}",
            count.stored,
            of("parsed"),
            of("ignored"),
            of("failed"),
            of("duplicate")
        );
    }
}
