//! What others have published of the tools' webhooks, posted through the real endpoint. Runs where the folder with the
//! payloads is present; they are no part of this repository.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as the tests do")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;
use throughline_tests::repository::{listed, shared};
use throughline_tests::server::TestServer;
use throughline_tests::signing::headers;

/// The folders of payloads that have a provider of the same name.
const PROVIDERS: [&str; 5] = ["github", "jira", "argocd", "alertmanager", "cdevents"];

/// A payload as it is sent.
struct Payload {
    name: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// What came of a provider's payloads.
#[derive(Default)]
struct Counts {
    stored: usize,
    refused: usize,
    by_status: BTreeMap<String, usize>,
}

#[test]
fn every_published_payload_is_stored_and_yields_facts_or_a_reason() {
    let Some(shared) = shared() else {
        println!("there is no folder of published payloads: the test did not run");
        return;
    };
    let server = TestServer::with_sources(&PROVIDERS);
    let mut entries: BTreeMap<u64, (&str, String)> = BTreeMap::new();
    let mut counts: BTreeMap<&str, Counts> = BTreeMap::new();
    for provider in PROVIDERS {
        let count = counts.entry(provider).or_default();
        for payload in payloads(&shared, provider) {
            let stored = server.deliver(provider, &payload.headers, &payload.body);
            assert_eq!(stored.status, 202, "{}: {}", payload.name, stored.text());
            let entry = stored.json().get("entry").and_then(Value::as_u64).unwrap();
            count.stored += 1;
            entries.insert(entry, (provider, payload.name.clone()));

            let mut wrong = payload.body.clone();
            wrong.push(b' ');
            let mut signed = server.signed(provider, &payload.headers, &payload.body);
            signed.iter_mut().filter(|(name, _)| name == "authorization").for_each(|(_, value)| value.push('x'));
            let refused = server.post(provider, &signed, &wrong);
            assert_eq!(refused.status, 401, "{}: {}", payload.name, refused.text());
            count.refused += 1;
        }
        assert!(count.stored > 0, "there are no payloads of {provider}");
    }
    let status = server.wait_projected();
    let size = status.get("ledger_size").and_then(Value::as_u64).unwrap();
    assert_eq!(size, u64::try_from(entries.len() + PROVIDERS.len()).unwrap(), "what was refused was not kept");

    let mut unexplained = Vec::new();
    for (entry, (provider, name)) in &entries {
        let delivery = server.delivery(*entry);
        let text = |member: &str| delivery.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (outcome, detail) = (text("status"), text("detail"));
        if outcome != "parsed" {
            println!("{provider:13} {outcome:9} {name}: {detail}");
            if detail.is_empty() || !matches!(outcome.as_str(), "ignored" | "failed" | "duplicate") {
                unexplained.push(format!("{provider}/{name}: {delivery}"));
            }
        }
        *counts.entry(*provider).or_default().by_status.entry(outcome).or_default() += 1;
    }
    print_table(&counts);
    println!("{} nodes, {} links", status["nodes"], status["links"]);
    assert!(unexplained.is_empty(), "\n{}", unexplained.join("\n"));
    let log = server.log();
    assert!(!log.contains("panicked"), "a parser panicked\n{log}");
}

fn print_table(counts: &BTreeMap<&str, Counts>) {
    println!(
        "{:13} {:>6} {:>7} {:>7} {:>8} {:>7} {:>10}",
        "provider", "stored", "refused", "parsed", "ignored", "failed", "duplicate"
    );
    for (provider, count) in counts {
        let of = |status: &str| count.by_status.get(status).copied().unwrap_or_default();
        println!(
            "{provider:13} {:>6} {:>7} {:>7} {:>8} {:>7} {:>10}",
            count.stored,
            count.refused,
            of("parsed"),
            of("ignored"),
            of("failed"),
            of("duplicate")
        );
    }
}

fn payloads(shared: &Path, provider: &str) -> Vec<Payload> {
    let files = listed(&shared.join("payloads").join(provider));
    let mut found = Vec::new();
    for path in files.iter().filter(|path| path.extension().is_some_and(|ending| ending == "json")) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap().to_owned();
        let body = fs::read(path).unwrap();
        let json = headers(&[("content-type", "application/json")]);
        if provider != "github" {
            found.push(Payload { name, headers: json, body });
            continue;
        }
        // Some are recordings of a tool around the delivery; what is inside is sent besides.
        for (place, (event, payload)) in wrapped(&body).into_iter().enumerate() {
            let headers = [json.clone(), headers(&[("x-github-event", event.as_str())])].concat();
            found.push(Payload {
                name: format!("{name}, inner {place}"),
                headers,
                body: payload.to_string().into_bytes(),
            });
        }
        let event = github_event(&name, &body);
        let headers = [json, headers(&[("x-github-event", event.as_str())])].concat();
        found.push(Payload { name, headers, body });
    }
    found
}

/// The deliveries within `{"name": …, "payload": …}`, or within a list of such.
fn wrapped(body: &[u8]) -> Vec<(String, Value)> {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let all = match value {
        Value::Array(list) => list,
        one => vec![one],
    };
    let inner = |one: &Value| {
        let payload = one.get("payload").filter(|payload| payload.is_object())?;
        Some((one.get("name")?.as_str()?.to_owned(), payload.clone()))
    };
    all.iter().filter_map(inner).collect()
}

/// The event that GitHub would have named in its header.
fn github_event(name: &str, body: &[u8]) -> String {
    if let Some((event, _)) = name.strip_prefix("octokit__").and_then(|rest| rest.split_once("__")) {
        return event.to_owned();
    }
    if let Some((event, _)) = wrapped(body).into_iter().next() {
        return event;
    }
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let has = |member: &str| value.get(member).is_some();
    let event = [
        ("pull_request", "pull_request"),
        ("deployment_status", "deployment_status"),
        ("deployment", "deployment"),
        ("release", "release"),
        ("workflow_run", "workflow_run"),
        ("issue", "issues"),
        ("commits", "push"),
    ];
    event.into_iter().find(|(member, _)| has(member)).map_or("unknown", |(_, event)| event).to_owned()
}
