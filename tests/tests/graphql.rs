//! The questions by GraphQL: the same answers as by REST, walks along the graph, and queries that ask for too much.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as the tests do")]

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Map, Value, json};
use throughline_tests::database::TestDatabase;
use throughline_tests::http::{Answer, send};
use throughline_tests::repository::{root, text as file};
use throughline_tests::server::TestServer;
use throughline_tests::story::{ToldServer, tell};

const NODE: &str = "key kind kindLabel stage title reference url state outcome occurred stated";

const STEP: &str =
    "from to kind phrase class reason evidence { class rule version score reason entry source vouched received }";

const MISSING: &str = "node what why fix";

#[test]
fn the_story_can_be_asked_by_graphql_on_sqlite() {
    ask_everything(&tell(None));
}

#[test]
fn the_story_can_be_asked_by_graphql_on_postgres() {
    let Some(database) = TestDatabase::postgres() else { return };
    ask_everything(&tell(Some(database)));
}

fn ask_everything(told: &ToldServer) {
    answers_are_those_of_rest(told);
    lists_are_those_of_rest(told);
    a_walk_meets_what_rest_lists(told);
    a_walk_is_bounded(told);
    one_question_may_fail_and_the_others_not(told);
    a_request_asks_only_so_many_questions(told);
}

/// Sends a request with the token.
fn post(server: &TestServer, body: &Value) -> Answer {
    send(server.request(Method::POST, "/api/v1/graphql").bearer_auth(server.token()).json(body))
}

/// Asks something that has an answer without errors.
fn ask(server: &TestServer, query: &str, variables: &Value) -> Value {
    let answer = post(server, &json!({ "query": query, "variables": variables }));
    assert_eq!(answer.status, 200, "{query}\n{}", answer.text());
    let answer = answer.json();
    assert_eq!(answer.get("errors"), None, "{query}\n{answer:#}");
    answer.get("data").cloned().unwrap()
}

/// The codes of the errors of a request that is answered with 200.
fn codes(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer = answer.json();
    let errors = answer.get("errors").and_then(Value::as_array).cloned().unwrap_or_default();
    let code = |error: &Value| {
        assert!(!text(error, "/message").is_empty(), "{error}");
        text(error, "/extensions/code")
    };
    errors.iter().map(code).collect()
}

/// An answer with the names of its members written as REST writes them.
fn as_rest(value: &Value) -> Value {
    let name = |name: &str| {
        let mut written = String::new();
        for letter in name.chars() {
            if letter.is_ascii_uppercase() {
                written.push('_');
            }
            written.push(letter.to_ascii_lowercase());
        }
        written
    };
    match value {
        Value::Array(list) => list.iter().map(as_rest).collect(),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(key, value)| (name(key), as_rest(value))).collect::<Map<_, _>>())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// Whether the answer to a field is the answer of a REST route, member for member.
fn check_same(told: &ToldServer, query: &str, variables: &Value, route: &str, parameters: &[(&str, &str)]) {
    let data = ask(&told.server, query, variables);
    let answer = data.as_object().and_then(|data| data.values().next()).unwrap();
    assert_eq!(as_rest(answer), told.server.ask(route, parameters), "{query}");
}

fn answers_are_those_of_rest(told: &ToldServer) {
    let landmarks = &told.landmarks;
    let walked = format!(
        "start nodes {{ {NODE} }} chain steps {{ {STEP} }} context {{ {STEP} }} missing {{ {MISSING} }} cut ledgerSize"
    );
    let (alert, ticket) = (landmarks.alert.as_str(), landmarks.ticket.as_str());
    let trace = format!("query($of: String!) {{ trace(of: $of) {{ {walked} }} }}");
    check_same(told, &trace, &json!({ "of": alert }), "/api/v1/trace", &[("of", alert)]);
    let at = "2026-11-01T00:00:00Z";
    let past = format!("query($of: String!, $at: String) {{ trace(of: $of, at: $at) {{ {walked} }} }}");
    check_same(told, &past, &json!({ "of": alert, "at": at }), "/api/v1/trace", &[("of", alert), ("at", at)]);
    let impact = format!("query($of: String!) {{ impact(of: $of) {{ {walked} }} }}");
    check_same(told, &impact, &json!({ "of": ticket }), "/api/v1/impact", &[("of", ticket)]);
    let path = format!(
        "query($from: String!, $to: String!) {{ path(from: $from, to: $to) \
         {{ from to found nodes {{ {NODE} }} steps {{ {STEP} }} ledgerSize }} }}"
    );
    let from = landmarks.deployment.as_str();
    let ends = json!({ "from": from, "to": ticket });
    check_same(told, &path, &ends, "/api/v1/path", &[("from", from), ("to", ticket)]);
    let resolve = format!("query($q: String!) {{ resolve(text: $q) {{ input result candidates {{ {NODE} }} hint }} }}");
    check_same(told, &resolve, &json!({ "q": alert }), "/api/v1/resolve", &[("q", alert)]);
    let details = format!(
        "query($of: String!) {{ node(of: $of) {{ details {{ node {{ {NODE} }} attributes {{ name value at entry }} \
         names timeline {{ at what actor summary entry }} links {{ {STEP} }} neighbours {{ {NODE} }} \
         missing {{ {MISSING} }} }} }} }}"
    );
    let change = landmarks.pull_request.as_str();
    let data = ask(&told.server, &details, &json!({ "of": change }));
    let rest = told.server.ask("/api/v1/node", &[("of", change)]);
    assert_eq!(data.pointer("/node/details").map(as_rest), Some(rest));
}

fn lists_are_those_of_rest(told: &ToldServer) {
    let change = told.landmarks.pull_request.as_str();
    let islands = format!(
        "{{ islands(kind: \"change\", limit: 3) {{ kinds {{ kind label total whole percent }} \
         islands {{ node {{ {NODE} }} missing {{ {MISSING} }} }} total next ledgerSize }} }}"
    );
    check_same(told, &islands, &json!({}), "/api/v1/islands", &[("kind", "change"), ("limit", "3")]);
    let doctor = format!(
        "query($of: String!) {{ doctor(of: $of) {{ input node {{ {NODE} }} candidates {{ {NODE} }} \
         findings {{ what node why fix command entry }} ledgerSize }} }}"
    );
    for of in [change, "PAY-99999"] {
        check_same(told, &doctor, &json!({ "of": of }), "/api/v1/doctor", &[("of", of)]);
    }
    let built = format!(
        "query($of: String!) {{ buildAndTest(of: $of) {{ name change {{ {NODE} }} tickets {{ {NODE} }} \
         authors {{ {NODE} }} approvers {{ {NODE} }} commits {{ commit {{ {NODE} }} head \
         checks {{ node {{ {NODE} }} result }} }} artifacts {{ {NODE} }} tested verdict \
         missing {{ {MISSING} }} ledgerSize }} }}"
    );
    check_same(told, &built, &json!({ "of": change }), "/api/v1/build-and-test", &[("of", change)]);
    let ops = format!(
        "query($of: String!) {{ opsTicket(of: $of) {{ name candidate {{ {NODE} }} brings {{ {NODE} }} \
         changes {{ change {{ {NODE} }} buildAndTest tested }} tickets {{ {NODE} }} services {{ {NODE} }} \
         documents {{ {NODE} }} dashboards {{ {NODE} }} alertRules {{ {NODE} }} \
         way {{ deployment {{ {NODE} }} environments {{ {NODE} }} fired {{ {NODE} }} }} \
         verdict missing {{ {MISSING} }} cut ledgerSize }} }}"
    );
    let artifact = told.landmarks.artifact.as_str();
    check_same(told, &ops, &json!({ "of": artifact }), "/api/v1/ops-ticket", &[("of", artifact)]);
    let deliveries = "query($before: Int) { deliveries(status: \"parsed\", before: $before, limit: 5) { \
        next deliveries { entry received source provider deliveryId event status detail vouched \
        sizeBytes conflicting } } }";
    let parameters = [("status", "parsed"), ("before", "90"), ("limit", "5")];
    check_same(told, deliveries, &json!({ "before": 90 }), "/api/v1/deliveries", &parameters);
}

/// The keys at the other ends of a node's links, by REST: those that it points to, or those that point to it.
fn ends(told: &ToldServer, key: &str, own: &str, other: &str) -> BTreeSet<String> {
    let node = told.server.ask("/api/v1/node", &[("of", key)]);
    let links = list(&node, "/links");
    links
        .iter()
        .filter(|link| text(link, &format!("/{own}")) == key)
        .map(|link| text(link, &format!("/{other}")))
        .collect()
}

fn keys(value: &Value, pointer: &str) -> BTreeSet<String> {
    list(value, pointer).iter().map(|node| text(node, "/key")).collect()
}

fn a_walk_meets_what_rest_lists(told: &ToldServer) {
    let change = told.landmarks.pull_request.as_str();
    let query = format!(
        "query($of: String!, $kinds: [String!]) {{ node(of: $of) {{ key step {{ from }} \
         ...around later: downstream(kinds: $kinds, limit: 1) {{ key kind }} }} }} \
         fragment around on Node {{ upstream {{ key step {{ {STEP} }} downstream(limit: 5) {{ key step {{ to }} }} }} \
         downstream {{ key kind }} }}"
    );
    let data = ask(&told.server, &query, &json!({ "of": change, "kinds": ["commit"] }));
    assert_eq!(text(&data, "/node/key"), change);
    assert_eq!(data.pointer("/node/step"), Some(&Value::Null), "the walk begins here");
    let (up, down) = (ends(told, change, "from", "to"), ends(told, change, "to", "from"));
    assert!(!up.is_empty() && !down.is_empty(), "the pull request stands alone");
    assert_eq!(keys(&data, "/node/upstream"), up);
    assert_eq!(keys(&data, "/node/downstream"), down);
    let commits = list(&data, "/node/downstream").into_iter().filter(|node| text(node, "/kind") == "commit").count();
    assert_eq!(list(&data, "/node/later").len(), commits.min(1));
    let rest = told.server.ask("/api/v1/node", &[("of", change)]);
    let links = list(&rest, "/links");
    for node in list(&data, "/node/upstream") {
        let step = node.get("step").map(as_rest).unwrap();
        assert!(links.contains(&step), "{step:#} is not among the links that REST shows");
        let key = text(&node, "/key");
        let back = keys(&node, "/downstream");
        assert!(!back.is_empty() && list(&node, "/downstream").len() <= 5, "{key}: {back:?}");
        assert!(back.is_subset(&ends(told, &key, "to", "from")), "{key}: {back:?}");
        assert!(list(&node, "/downstream").iter().all(|node| text(node, "/step/to") == key), "{key}");
    }
}

fn a_walk_is_bounded(told: &ToldServer) {
    let circle = "key upstream { downstream { upstream { downstream { key } } } }";
    let query = format!("query($of: String!) {{ node(of: $of) {{ {circle} }} resolve(text: $of) {{ result }} }}");
    let body = json!({ "query": query, "variables": { "of": told.landmarks.pull_request.as_str() } });
    let answer = post(&told.server, &body);
    assert_eq!(codes(&answer), ["bad-request"], "{}", answer.text());
    let answer = answer.json();
    assert_eq!(answer.pointer("/data/node"), Some(&Value::Null));
    assert_eq!(text(&answer, "/data/resolve/result"), "one", "the other question has its answer");
    let kind = "query($of: String!) { node(of: $of) { upstream(kinds: [\"tiket\"]) { key } } }";
    let body = json!({ "query": kind, "variables": { "of": told.landmarks.pull_request.as_str() } });
    assert_eq!(codes(&post(&told.server, &body)), ["bad-request"]);
}

fn one_question_may_fail_and_the_others_not(told: &ToldServer) {
    let query = "query($of: String!) { good: trace(of: $of) { start } unknown: trace(of: \"PAY-99999\") { start } \
        never: trace(of: $of, at: \"yesterday\") { start } ticket: buildAndTest(of: $of) { name } }";
    let answer = post(&told.server, &json!({ "query": query, "variables": { "of": told.landmarks.ticket.as_str() } }));
    let mut found = codes(&answer);
    found.sort();
    assert_eq!(found, ["bad-request", "bad-request", "not-found"], "{}", answer.text());
    let answer = answer.json();
    assert_eq!(text(&answer, "/data/good/start"), told.landmarks.ticket.as_str());
    for nothing in ["unknown", "never", "ticket"] {
        assert_eq!(answer.pointer(&format!("/data/{nothing}")), Some(&Value::Null), "{nothing}");
    }
    for error in list(&answer, "/errors") {
        assert!(["unknown", "never", "ticket"].contains(&text(&error, "/path/0").as_str()), "{error}");
    }
}

fn a_request_asks_only_so_many_questions(told: &ToldServer) {
    let of = told.landmarks.ticket.as_str();
    let fields: String = (0..20).map(|number| format!("q{number}: resolve(text: $of) {{ result }} ")).collect();
    let query = format!("query($of: String!) {{ {fields} }}");
    let answer = post(&told.server, &json!({ "query": query, "variables": { "of": of } }));
    assert_eq!(codes(&answer), vec!["bad-request"; 4], "{}", answer.text());
    let data = answer.json().get("data").and_then(Value::as_object).cloned().unwrap();
    assert_eq!(data.values().filter(|one| text(one, "/result") == "one").count(), 16);
}

#[test]
fn the_schema_is_served_as_it_is_stored() {
    let server = TestServer::with_sources(&[]);
    let answer = server.get("/api/v1/graphql/schema");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(answer.text(), file(&root().join("docs/schema.graphql")));
    let introspection = "query { __schema { queryType { name } types { ...full } directives { name \
        args { ...input } } } } \
        fragment full on __Type { kind name description fields(includeDeprecated: true) { name args { ...input } \
        type { ...ref } } inputFields { ...input } interfaces { ...ref } enumValues(includeDeprecated: true) { name } \
        possibleTypes { ...ref } } \
        fragment input on __InputValue { name description type { ...ref } defaultValue } \
        fragment ref on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name \
        ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name \
        } } } } } } } } } }";
    let described = ask(&server, introspection, &json!({}));
    assert_eq!(text(&described, "/__schema/queryType/name"), "Query");
}

#[test]
fn queries_that_ask_for_too_much_are_refused() {
    let server = TestServer::with_sources(&[]);
    let way = "upstream { ".repeat(40);
    let deep = format!("{{ node(of: \"x\") {{ {way} key {} }} }}", "}".repeat(40));
    let spreads = |level: usize| format!("fragment f{level} on Query {{ ...f{0} ...f{0} ...f{0} }} ", level + 1);
    let fragments: String = (0..25).map(spreads).collect();
    let exploding = format!("{{ ...f0 }} {fragments} fragment f25 on Query {{ resolve(text: \"x\") {{ result }} }}");
    let brackets = format!("{{ resolve(text: {}{}) {{ result }} }}", "[".repeat(30_000), "]".repeat(30_000));
    let aliases: String = (0..500).map(|number| format!("a{number}: result ")).collect();
    let circles = "{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }";
    for query in [
        deep,
        exploding,
        brackets,
        format!("{{ resolve(text: \"x\") {{ {aliases} }} }}"),
        format!("{{ resolve(text: \"x\") {{ result {} }} }}", "@skip(if: false) ".repeat(400)),
        "{ ...a } fragment a on Query { ...a }".to_owned(),
        circles.to_owned(),
        "mutation { decide }".to_owned(),
        "subscription { deliveries { next } }".to_owned(),
        "{ nothing }".to_owned(),
        "{ resolve { result } }".to_owned(),
        "{ resolve(text: \"x\") }".to_owned(),
        "{ resolve(text: \"x\") { result }".to_owned(),
        format!("{{ {} }}", "wrong".repeat(5_000)),
        String::new(),
    ] {
        let start: String = query.chars().take(60).collect();
        let answer = post(&server, &json!({ "query": query }));
        let codes = codes(&answer);
        assert!(!codes.is_empty() && codes.len() <= 20, "{start}: {codes:?}");
        assert!(codes.iter().all(|code| code == "bad-request"), "{start}: {codes:?}");
        assert!(answer.body.len() < 50_000, "{start}: the answer has {} bytes", answer.body.len());
        assert!(answer.json().get("data").is_none_or(Value::is_null), "{start}");
    }
    let one = "{ resolve(text: \"PAY-12\") { result } }";
    assert_eq!(text(&ask(&server, one, &json!({})), "/resolve/result"), "none", "the server answers as before");
}

#[test]
fn bodies_that_are_no_request_are_problems() {
    let server = TestServer::with_sources(&[]);
    let send_text =
        |body: String| send(server.request(Method::POST, "/api/v1/graphql").bearer_auth(server.token()).body(body));
    for body in ["", "{", "[]", "{\"query\": 7}", "{}", "{\"query\": \"{ a }\", \"variables\": [1]}", "query=%7B%7D"] {
        let answer = send_text(body.to_owned());
        assert_eq!((answer.status, answer.problem().as_str()), (400, "bad-request"), "{body}");
    }
    let large = json!({ "query": "{ __typename }", "variables": { "x": "x".repeat(65_536) } }).to_string();
    let answer = send_text(large);
    assert_eq!((answer.status, answer.problem().as_str()), (413, "body-too-large"));
    let anybody = send(server.request(Method::POST, "/api/v1/graphql").json(&json!({ "query": "{ __typename }" })));
    assert_eq!((anybody.status, anybody.problem().as_str()), (401, "login-needed"));
}

#[test]
fn a_browser_session_reads_the_schema_and_asks_nothing() {
    let server = TestServer::with_sources(&[]);
    let link = server.new_login_link();
    let token = link.split_once("token=").map(|(_, token)| token.trim().to_owned()).unwrap();
    let login = send(server.request(Method::POST, "/login").form(&[("token", token)]));
    assert_eq!(login.status, 303, "{}", login.text());
    let cookie = login.header("set-cookie").and_then(|set| set.split(';').next()).unwrap().to_owned();
    let with = |method, path: &str| server.request(method, path).header("cookie", cookie.as_str());
    assert_eq!(send(with(Method::GET, "/api/v1/graphql/schema")).status, 200);
    let body = json!({ "query": "{ __typename }" });
    let refused = send(with(Method::POST, "/api/v1/graphql").json(&body));
    assert_eq!((refused.status, refused.problem().as_str()), (403, "forbidden"));
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn list(value: &Value, pointer: &str) -> Vec<Value> {
    value.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default()
}
