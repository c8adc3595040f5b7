//! Sources with a mapping of their own: written, tried out, changed, and faced with bodies that they were not written for.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as the tests do")]

use reqwest::Method;
use serde_json::{Value, json};
use throughline_tests::http::send;
use throughline_tests::server::TestServer;

const ROLLOUTS: &str = r#"
event = "rollout.{/state}"

[words.outcome]
running = "running"
done = "success"
failed = "failure"

[[ignore]]
when = { "/stage" = ["laptop"] }
reason = "{/by} tries something out"

[[fact]]
when = { "/kind" = ["rollout"], "/id" = ["*"] }
kind = "deployment"
provider = "rollouts"
host = "rollouts.acme.example"
id = "{/id}"
at = "{/ended|time ?? /began|time}"
title = "{/service} to {/stage}"
text = "{/note}"

[fact.attributes]
state = "{/state}"
outcome = "{/state|words:outcome}"

[[fact.links]]
kind = "deployed_to"
to = { kind = "environment", id = "{/stage}" }

[[fact.links]]
kind = "of"
to = { kind = "service", id = "{/service}" }

[[fact.events]]
when = { "/state" = ["done"] }
what = "deployed"
actor = "{/by}"
summary = "{/service} to {/stage}"
"#;

const DEPLOYMENT: &str = "cdevents:v0:rollouts:rollouts.acme.example:::deployment:4711";

fn rollout() -> Value {
    json!({
        "kind": "rollout",
        "id": 4711,
        "service": "checkout",
        "stage": "production",
        "state": "done",
        "began": 1_773_480_000,
        "ended": "2026-03-14T09:26:06Z",
        "by": "ada",
        "note": "Brings PAY-12."
    })
}

fn file(server: &TestServer, name: &str, text: &str) -> String {
    let path = server.data_folder().join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn mapped() -> TestServer {
    let server = TestServer::with_sources(&["custom"]);
    let mapping = file(&server, "rollouts.toml", ROLLOUTS);
    server.command(&["source", "map", "custom", mapping.as_str()]).good();
    server.wait_projected();
    server
}

/// The status of a delivery and what is said of it.
fn outcome(server: &TestServer, body: &Value) -> (String, String) {
    let entry = server.deliver_well("custom", &[], body.to_string().as_bytes());
    server.wait_projected();
    status(server, entry)
}

fn status(server: &TestServer, entry: u64) -> (String, String) {
    let delivery = server.delivery(entry);
    let text = |member: &str| delivery.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    (text("status"), text("detail"))
}

fn count(server: &TestServer, member: &str) -> u64 {
    server.status().get(member).and_then(Value::as_u64).unwrap()
}

#[test]
fn a_source_is_read_by_the_mapping_that_it_is_given() {
    let server = TestServer::with_sources(&["custom"]);
    let early = server.deliver_well("custom", &[], rollout().to_string().as_bytes());
    server.wait_projected();
    let (word, detail) = status(&server, early);
    assert_eq!(word, "ignored");
    assert!(detail.contains("throughline source map"), "{detail}");

    let mapping = file(&server, "rollouts.toml", ROLLOUTS);
    let body = file(&server, "body.json", &rollout().to_string());
    let tried = server.command(&["source", "try", "custom", body.as_str(), "--mapping", mapping.as_str()]).good();
    assert!(tried.contains("fact[0]: yes") && tried.contains(DEPLOYMENT), "{tried}");
    let before = count(&server, "ledger_size");
    server.command(&["source", "map", "custom", mapping.as_str()]).good();
    assert_eq!(count(&server, "ledger_size"), before + 1, "a mapping is an entry, and trying one is none");
    assert!(server.command(&["source", "list"]).good().contains("a mapping of its own"));
    server.wait_projected();

    let path = format!("/api/v1/deliveries/{early}/replay");
    let replayed = send(server.request(Method::POST, &path).bearer_auth(server.token()));
    assert_eq!(replayed.status, 200, "{}", replayed.text());
    assert_eq!(status(&server, early).0, "parsed", "what came before can be read by it");
    let node = server.ask("/api/v1/node", &[("of", DEPLOYMENT)]);
    assert_eq!(node.pointer("/node/title").and_then(Value::as_str), Some("checkout to production"));
    assert_eq!(node.pointer("/node/outcome").and_then(Value::as_str), Some("success"));

    let mut other = rollout();
    other["stage"] = json!("laptop");
    assert_eq!(outcome(&server, &other), ("ignored".to_owned(), "ada tries something out".to_owned()));

    server.command(&["source", "map", "custom", "--remove"]).good();
    server.wait_projected();
    other["stage"] = json!("staging");
    assert_eq!(outcome(&server, &other).0, "ignored", "its provider reads it again");
}

#[test]
fn a_mapping_that_matches_nothing_says_what_it_looked_for() {
    let server = mapped();
    let nodes = count(&server, "nodes");
    for (body, expected) in [
        (json!({ "kind": "deploy", "id": 1 }), "/kind is 'deploy' and should be 'rollout'"),
        (json!({ "kind": "rollout" }), "/id is empty"),
        (json!([]), "/kind is empty"),
        (json!({ "rollout": rollout() }), "/kind is empty"),
    ] {
        let (word, detail) = outcome(&server, &body);
        assert_eq!(word, "ignored", "{body}: {detail}");
        assert!(detail.contains(expected), "{body}: {detail}");
    }
    assert_eq!(count(&server, "nodes"), nodes);
    assert_eq!(server.deliveries("status=ignored").len(), 4, "none of them is hidden");
    let body = file(&server, "body.json", "{\"kind\":\"deploy\"}");
    let tried = server.command(&["source", "try", "custom", &body]);
    assert_eq!(tried.code, 1, "{}", tried.all());
    assert!(tried.stdout.contains("should be 'rollout'"), "{}", tried.stdout);
}

#[test]
fn a_member_of_another_type_makes_no_other_node() {
    let server = mapped();
    assert_eq!(outcome(&server, &rollout()).0, "parsed");
    let (nodes, links) = (count(&server, "nodes"), count(&server, "links"));
    // The same number written as text is the same thing.
    let mut text = rollout();
    text["id"] = json!("4711");
    text["began"] = json!("1773480000");
    assert_eq!(outcome(&server, &text).0, "parsed");
    let members: Vec<String> = rollout().as_object().unwrap().keys().cloned().collect();
    for member in &members {
        for value in [json!(null), json!([1]), json!({ "value": "x" }), json!("")] {
            let mut changed = rollout();
            changed[member] = value;
            let (word, detail) = outcome(&server, &changed);
            assert!(matches!(word.as_str(), "parsed" | "ignored" | "duplicate"), "{changed}: {word} {detail}");
        }
    }
    assert_eq!((count(&server, "nodes"), count(&server, "links")), (nodes, links), "nothing else was made of them");
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

#[test]
fn a_mapping_with_a_mistake_is_refused_with_its_place() {
    let server = TestServer::with_sources(&["custom"]);
    let before = count(&server, "ledger_size");
    for (text, expected) in [
        ("", "at least one [[fact]]".to_owned()),
        ("[[fact]\n", "line ".to_owned()),
        ("[[fact]]\nkind = \"deploymnt\"\nid = \"{/id}\"", "fact[0].kind".to_owned()),
        ("[[fact]]\nkind = \"service\"\nid = \"{id}\"", "fact[0].id".to_owned()),
        ("[[fact]]\nkind = \"service\"\nid = \"{@x-secret}\"", "'x-secret' is not kept".to_owned()),
    ] {
        let mapping = file(&server, "wrong.toml", text);
        let body = file(&server, "body.json", "{}");
        for arguments in [
            vec!["source", "map", "custom", mapping.as_str()],
            vec!["source", "try", "custom", body.as_str(), "--mapping", mapping.as_str()],
        ] {
            let refused = server.command(&arguments);
            assert_eq!(refused.code, 2, "{text}\n{}", refused.all());
            assert!(refused.stderr.contains(&expected), "{text}\n{}", refused.stderr);
        }
    }
    let good = file(&server, "rollouts.toml", ROLLOUTS);
    assert_eq!(server.command(&["source", "map", "nobody", &good]).code, 2);
    assert_eq!(server.command(&["source", "map", "custom"]).code, 2, "neither a file nor --remove");
    assert_eq!(server.command(&["source", "map", "custom", "nowhere.toml"]).code, 2);
    assert_eq!(count(&server, "ledger_size"), before);
}
