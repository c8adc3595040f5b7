//! Bad input through the real endpoints: texts that want to be taken for others, tools that contradict each other or
//! change their minds about types, clocks that are off by centuries. Nothing of it may bring the server down or make a
//! link that no tool has asserted, and all of it stays to be seen.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests fail as the tests do")]

use std::collections::BTreeSet;

use serde_json::{Value, json};
use throughline::plain::node_href;
use throughline_tests::fixtures::named;
use throughline_tests::ledger::graph;
use throughline_tests::server::TestServer;
use throughline_tests::signing::headers;

const TICKET: &str = "cdevents:v0:jira:acme.atlassian.net:PAY::ticket:PAY-12";

fn change(number: u64) -> String {
    format!("cdevents:v0:github:github.com:acme:checkout:change:{number}")
}

/// A pull request with texts of one's own, which names no ticket elsewhere.
fn pull_request(number: u64, title: &str, body: &str) -> Value {
    let mut pull: Value = serde_json::from_slice(&named("github/pull_request/opened").body).unwrap();
    pull["number"] = json!(number);
    pull["pull_request"]["number"] = json!(number);
    pull["pull_request"]["html_url"] = json!(format!("https://github.com/acme/checkout/pull/{number}"));
    pull["pull_request"]["title"] = json!(title);
    pull["pull_request"]["body"] = json!(body);
    pull["pull_request"]["head"]["ref"] = json!("topic");
    pull["pull_request"]["head"]["label"] = json!("acme:topic");
    pull
}

fn deliver_pull(server: &TestServer, pull: &Value) -> u64 {
    let headers = headers(&[("content-type", "application/json"), ("x-github-event", "pull_request")]);
    server.deliver_well("github", &headers, pull.to_string().as_bytes())
}

/// A server that knows the project PAY and its ticket PAY-12.
fn with_tickets() -> TestServer {
    let server = TestServer::with_sources(&["github", "jira"]);
    let story = named("jira/issue_created/story");
    server.deliver_well("jira", &story.headers, &story.body);
    server.wait_projected();
    server
}

fn status_of(server: &TestServer, entry: u64) -> (String, String) {
    let delivery = server.delivery(entry);
    let text = |member: &str| delivery.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    (text("status"), text("detail"))
}

/// The links of the whole graph, `from kind to class`, of one class or surer.
fn sure_links(server: &TestServer) -> BTreeSet<String> {
    let lines = graph(&server.store());
    let links = lines.iter().filter_map(|line| line.strip_prefix("link "));
    links.filter(|link| link.ends_with(" L2") || link.ends_with(" L3")).map(str::to_owned).collect()
}

/// The links between a change and tickets, `kind ticket class`.
fn tickets_of(server: &TestServer, key: &str) -> Vec<String> {
    let lines = graph(&server.store());
    let own = lines.iter().filter_map(|line| line.strip_prefix(&format!("link {key} ")));
    own.filter(|link| link.contains(":ticket:")).map(str::to_owned).collect()
}

/// Everything that is still answered, whatever was sent: questions, lists and pages.
fn still_answers(server: &TestServer, key: &str) {
    for path in ["trace", "impact", "node", "doctor"] {
        server.ask(&format!("/api/v1/{path}"), &[("of", key)]);
    }
    for path in ["/api/v1/islands", "/api/v1/deliveries", "/api/v1/cdevents", "/api/v1/catalog"] {
        server.get_json(path);
    }
    for path in [node_href(key), "/".to_owned(), "/deliveries".to_owned(), "/islands".to_owned(), "/catalog".to_owned()]
    {
        let page = server.get(&path);
        assert_eq!(page.status, 200, "{path}\n{}", page.text());
    }
    let log = server.log();
    assert!(!log.contains("panicked"), "{log}");
}

#[test]
fn what_only_looks_like_a_ticket_is_none() {
    let server = with_tickets();
    let look_alikes = [
        "\u{3a1}AY-12: a Greek rho",
        "\u{420}\u{410}Y-12: two Cyrillic letters",
        "\u{ff30}\u{ff21}\u{ff39}-12: full width",
        "PA\u{200b}Y-12: a blank without width",
        "PAY\u{2010}12: another hyphen",
        "PAY-\u{661}\u{662}: Arabic digits",
        "\u{202e}21-YAP: turned around",
        "XPAY-12a and PAY-12.3 are parts of words",
    ];
    for (number, title) in (100..).zip(look_alikes) {
        let entry = deliver_pull(&server, &pull_request(number, title, "Nothing more."));
        server.wait_projected();
        assert_eq!(status_of(&server, entry).0, "parsed", "{title}");
        assert_eq!(tickets_of(&server, &change(number)), Vec::<String>::new(), "{title}");
    }
    let islands = server.get_json("/api/v1/islands?kind=change").to_string();
    for number in 100..100 + look_alikes.len() as u64 {
        assert!(islands.contains(&change(number)), "change {number} has no ticket, and that is not shown");
    }
    let tree = server.command(&["trace", &change(106)]).good();
    assert!(!tree.contains('\u{202e}'), "the terminal would show it turned around");
    still_answers(&server, &change(100));
    // The same with the right letters is one, and no more than a person's word.
    deliver_pull(&server, &pull_request(99, "PAY-12: retry", ""));
    server.wait_projected();
    assert_eq!(tickets_of(&server, &change(99)), [format!("resolves {TICKET} L1")]);
}

#[test]
fn long_texts_are_bounded() {
    let server = with_tickets();
    let long = "x".repeat(1_000_000);
    let entry = deliver_pull(&server, &pull_request(200, &long, &long));
    let references: String = (1..=10_000).map(|number| format!("see PAY-{number}\n")).collect();
    let many = deliver_pull(&server, &pull_request(201, "Many", &references));
    server.wait_projected();
    for entry in [entry, many] {
        assert_eq!(status_of(&server, entry).0, "parsed");
    }
    let node = server.ask("/api/v1/node", &[("of", &change(200))]);
    let title = node.pointer("/node/title").and_then(Value::as_str).unwrap();
    assert!(title.len() <= 8_192, "{} bytes of title", title.len());
    let tickets = tickets_of(&server, &change(201));
    assert!(tickets.len() <= 500, "{} links of one text", tickets.len());
    assert!(tickets.iter().all(|link| link.ends_with(" L0") || link.ends_with(" L1")), "a text asserts nothing");
    for number in [200, 201] {
        still_answers(&server, &change(number));
    }
}

#[test]
fn tickets_in_a_circle_can_be_asked() {
    let server = TestServer::with_sources(&["facts"]);
    let ticket = |id: &str| json!({ "kind": "ticket", "id": id, "provider": "jira", "host": "acme.atlassian.net" });
    let facts: Vec<Value> = [("PAY-1", "PAY-2"), ("PAY-2", "PAY-3"), ("PAY-3", "PAY-1")]
        .into_iter()
        .map(|(from, to)| {
            let mut fact = ticket(from);
            fact["title"] = json!(format!("{from} is a part of {to}"));
            fact["links"] = json!([{ "kind": "child_of", "to": ticket(to) }]);
            fact
        })
        .collect();
    let body = json!({ "version": 1, "at": "2026-03-14T09:26:06Z", "facts": facts });
    let entry = server.deliver_well("facts", &[], body.to_string().as_bytes());
    server.wait_projected();
    assert_eq!(status_of(&server, entry), ("parsed".to_owned(), String::new()));
    let lines = graph(&server.store());
    let tickets: Vec<&str> = lines
        .iter()
        .filter_map(|line| line.strip_prefix("node ")?.split(' ').next().filter(|key| key.contains(":ticket:")))
        .collect();
    assert_eq!(tickets.len(), 3, "{tickets:?}");
    for key in &tickets {
        let trace = server.ask("/api/v1/trace", &[("of", key)]);
        let chain = trace.get("chain").and_then(Value::as_array).unwrap();
        assert!(chain.len() <= 3, "{trace}");
        still_answers(&server, key);
    }
    server.ask("/api/v1/path", &[("from", tickets[0]), ("to", tickets[2])]);
}

#[test]
fn tools_that_contradict_each_other_are_both_heard() {
    let server = TestServer::with_sources(&["facts"]);
    let sha = |digit: &str| digit.repeat(40);
    let digest = format!("sha256:{}", "ab".repeat(32));
    let built = |at: &str, commit: String, state: &str| {
        json!({ "version": 1, "at": at, "facts": [{
            "kind": "artifact",
            "digest": digest,
            "attributes": { "state": state },
            "links": [{ "kind": "built_from", "to": { "commit": commit, "repository": "https://github.com/acme/checkout" } }]
        }] })
    };
    // The later statement arrives first.
    for body in
        [built("2026-03-14T10:00:00Z", sha("b"), "rejected"), built("2026-03-14T09:00:00Z", sha("a"), "approved")]
    {
        server.deliver_well("facts", &[], body.to_string().as_bytes());
    }
    server.wait_projected();
    let artifact = format!("cdevents:v0:oci::::artifact:sha256%3A{}", "ab".repeat(32));
    let sure = sure_links(&server);
    for commit in [sha("a"), sha("b")] {
        let link = format!("{artifact} built_from cdevents:v0:git:github.com:acme:checkout:commit:{commit} L2");
        assert!(sure.contains(&link), "one of the two is not shown: {sure:#?}");
    }
    let node = server.ask("/api/v1/node", &[("of", &artifact)]);
    assert_eq!(node.pointer("/node/state").and_then(Value::as_str), Some("rejected"), "the newest statement counts");
    still_answers(&server, &artifact);
}

#[test]
fn a_tool_that_changes_a_field_s_type_asserts_nothing_new() {
    let server = TestServer::with_sources(&["github"]);
    let original = pull_request(300, "Retry declined cards", "");
    deliver_pull(&server, &original);
    server.wait_projected();
    let asserted = sure_links(&server);
    let mut entries = Vec::new();
    for place in ["", "/pull_request"] {
        let members: Vec<String> = original.pointer(place).unwrap().as_object().unwrap().keys().cloned().collect();
        for member in members {
            for value in [json!(null), json!([]), json!({}), json!([[1], {}])] {
                let mut changed = original.clone();
                changed.pointer_mut(place).unwrap()[&member] = value;
                entries.push((format!("{place}/{member}"), deliver_pull(&server, &changed)));
            }
        }
    }
    server.wait_projected();
    for (member, entry) in &entries {
        let (status, detail) = status_of(&server, *entry);
        assert!(matches!(status.as_str(), "parsed" | "ignored" | "failed" | "duplicate"), "{member}: {status}");
        assert!(status == "parsed" || !detail.is_empty(), "{member}: nobody learns why it is {status}");
    }
    let new: Vec<String> = sure_links(&server).difference(&asserted).cloned().collect();
    assert!(new.is_empty(), "nobody has asserted {new:#?}");
    still_answers(&server, &change(300));
}

#[test]
fn entities_of_xml_are_refused() {
    let server = TestServer::with_sources(&["junit"]);
    let mut laughs = String::from("<!DOCTYPE t [<!ENTITY a0 \"lol\">");
    for level in 1..20 {
        laughs.push_str(&format!("<!ENTITY a{level} \"{}\">", format!("&a{};", level - 1).repeat(10)));
    }
    let deep = format!("{}{}", "<testsuite>".repeat(100_000), "</testsuite>".repeat(100_000));
    let external = "<!DOCTYPE t [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><testsuite name=\"t\"><system-out>&x;</system-out></testsuite>";
    let remote = "<!DOCTYPE t SYSTEM \"http://127.0.0.1:1/evil.dtd\"><testsuite name=\"t\"/>";
    for body in [
        format!("{laughs}]><testsuite name=\"&a19;\"/>"),
        external.to_owned(),
        remote.to_owned(),
        deep,
        "<testsuite name=\"&undeclared;\"><testcase name=\"a\"/></testsuite".to_owned(),
    ] {
        let entry = server.deliver_well("junit", &[], body.as_bytes());
        server.wait_projected();
        let (status, detail) = status_of(&server, entry);
        let shown: String = body.chars().take(60).collect();
        assert_eq!(status, "failed", "{shown}: {detail}");
        assert!(!detail.is_empty() && !detail.contains("root:"), "{shown}: {detail}");
    }
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

#[test]
fn clocks_that_are_off_by_centuries_break_nothing() {
    let server = TestServer::with_sources(&["github", "alertmanager", "facts"]);
    let times = ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-02-30T25:61:00Z", ""];
    for (number, time) in (400..).zip(times) {
        let mut pull = pull_request(number, "Retry", "");
        for member in ["created_at", "updated_at"] {
            pull["pull_request"][member] = json!(time);
        }
        let entry = deliver_pull(&server, &pull);
        let alert = json!({
            "version": "4", "status": "firing", "externalURL": "https://alerts.acme.example",
            "alerts": [{
                "status": "firing", "fingerprint": format!("f{number}"), "startsAt": time, "endsAt": time,
                "labels": { "alertname": "Slow", "service": "checkout", "environment": "production" }, "annotations": {}
            }]
        });
        let fired = server.deliver_well("alertmanager", &[], alert.to_string().as_bytes());
        let facts = json!({ "version": 1, "at": time, "facts": [{
            "kind": "deployment", "id": number.to_string(), "provider": "rollouts", "host": "rollouts.acme.example",
            "attributes": { "outcome": "success" },
            "links": [{ "kind": "of", "to": { "kind": "service", "id": "checkout" } },
                { "kind": "deployed_to", "to": { "kind": "environment", "id": "production" } }]
        }] });
        let deployed = server.deliver_well("facts", &[], facts.to_string().as_bytes());
        server.wait_projected();
        for entry in [entry, fired, deployed] {
            let (status, detail) = status_of(&server, entry);
            assert!(status == "parsed" || !detail.is_empty(), "'{time}': {status}");
        }
    }
    still_answers(&server, "cdevents:v0:throughline::::service:checkout");
    let lines = graph(&server.store());
    let alerts = lines.iter().filter_map(|line| line.strip_prefix("node ")?.split(' ').next());
    for alert in alerts.filter(|key| key.contains(":alert:")) {
        still_answers(&server, alert);
    }
}
