//! One suite over all providers: fixtures and what they yield, signatures, and bodies that nobody should have sent.
//!
//! A fixture is `src/providers/<name>/fixtures/<event>/<case>.json`, the exact body of a delivery (or `.xml`, `.txt`, `.form`
//! where the tool sends no JSON). Beside it stand `<case>.facts.json`, what it must yield, and, where headers matter,
//! `<case>.headers.json`. A folder is named as its provider, with `_` for `-`. What an event looks like that the parser
//! does not know stands in `src/providers/<name>/unknown.json`: `{"headers": {…}, "body": …}`. With `UPDATE_GOLDEN=1` in
//! the environment the yields are written instead of compared; read them before they are committed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use throughline_domain::fact::{Attribute, Facts, LinkFact, MAX_FACTS, NodeFact};
use throughline_domain::node::Outcome;
use throughline_domain::time::Timestamp;
use throughline_webhooks::provider::{Content, ParseError, Parsed, Provider, Request};
use throughline_webhooks::providers::{PROVIDERS, find};
use throughline_webhooks::signature::{SignatureError, sign, verify};

/// Two secrets in the form that all schemes take: `whsec_` and base64.
const SECRET: &str = "whsec_VGhlIHNlY3JldCBvZiB0aGUgc3VpdGUgaXMgcHVibGlj";
const OTHER_SECRET: &str = "whsec_QW5vdGhlciBzZWNyZXQsIHdoaWNoIGRvZXMgbm90IGZpdA==";

/// When the deliveries of this suite are signed and received.
const NOW: Timestamp = Timestamp::from_seconds(1_773_480_366);

/// The providers of which every delivery is of one kind.
const SINGLE_KIND: &[&str] = &[
    "alertmanager",
    "argocd",
    "cyclonedx",
    "docker-hub",
    "facts",
    "junit",
    "nunit",
    "sonarqube",
    "spdx",
    "trx",
    "woodpecker",
];

/// How the files of bodies end.
const BODIES: [&str; 4] = ["json", "xml", "txt", "form"];

/// Members whose own members are the user's words, so that one more of them is content and no unknown field.
const OPEN_MAPS: &[&str] = &["labels", "annotations", "groupLabels", "commonLabels", "commonAnnotations"];

static FIXTURES: LazyLock<Vec<Fixture>> =
    LazyLock::new(|| PROVIDERS.iter().flat_map(|provider| fixtures_of(provider)).collect());

/// A delivery that a provider understands.
struct Fixture {
    provider: &'static Provider,
    event: String,
    path: PathBuf,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Fixture {
    fn parse(&self, body: &[u8]) -> Result<Parsed, ParseError> {
        (self.provider.parse)(&Request { headers: &self.headers, body })
    }

    fn delivery_id(&self, body: &[u8]) -> Option<String> {
        (self.provider.delivery_id)(&Request { headers: &self.headers, body })
    }

    /// The body as JSON; `None` where the tool sends something else.
    fn value(&self) -> Option<Value> {
        let is_json = self.path.extension().is_some_and(|ending| ending == "json");
        is_json.then(|| serde_json::from_slice(&self.body).expect("fixtures that end in .json are JSON"))
    }

    fn facts(&self) -> Option<Facts> {
        match self.parse(&self.body).ok()?.content {
            Content::Facts(facts) => Some(*facts),
            Content::Ignored(_) => None,
        }
    }

    fn name(&self) -> String {
        self.path.strip_prefix(provider_folders()).unwrap_or(&self.path).display().to_string()
    }
}

/// What a fixture yields, as it is written beside it.
#[derive(Serialize)]
struct Golden<'a> {
    event: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    facts: Option<&'a Facts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ignored: Option<&'a str>,
}

#[test]
fn every_fixture_yields_what_stands_beside_it() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value != "0");
    let mut wrong = Vec::new();
    for fixture in FIXTURES.iter() {
        let yielded = match fixture.parse(&fixture.body) {
            Ok(parsed) => golden(&parsed),
            Err(error) => {
                wrong.push(format!("{}: {error}", fixture.name()));
                continue;
            }
        };
        let beside = fixture.path.with_extension("facts.json");
        if update {
            fs::write(&beside, yielded).unwrap();
            continue;
        }
        match fs::read_to_string(&beside) {
            Ok(expected) if expected == yielded => {}
            Ok(expected) => wrong.push(format!("{}: {}", fixture.name(), first_difference(&expected, &yielded))),
            Err(_) => wrong.push(format!("{}: {} is missing", fixture.name(), beside.display())),
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} fixtures (UPDATE_GOLDEN=1 writes what they yield now):\n{}",
        wrong.len(),
        FIXTURES.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_event_has_a_fixture_and_every_fixture_is_of_an_event() {
    for provider in PROVIDERS {
        let declared: BTreeSet<&str> = provider.events.iter().copied().collect();
        assert_eq!(declared.len(), provider.events.len(), "{} declares an event twice", provider.name);
        let cases = FIXTURES.iter().filter(|fixture| fixture.provider.name == provider.name);
        let present: BTreeSet<&str> = cases.map(|fixture| fixture.event.as_str()).collect();
        assert_eq!(declared, present, "events and fixture folders of {}", provider.name);
    }
}

#[test]
fn nothing_stands_beside_a_fixture_that_is_gone() {
    for fixture in FIXTURES.iter() {
        let folder = fixture.path.parent().unwrap();
        for file in entries(folder) {
            let name = file.file_name().unwrap().to_str().unwrap();
            let ends = [".facts.json", ".headers.json", ".json", ".xml", ".txt", ".form"];
            let case = ends.iter().find_map(|end| name.strip_suffix(*end));
            let case = case.unwrap_or_else(|| panic!("{} is no part of a fixture", file.display()));
            let is_there = BODIES.iter().any(|end| folder.join(format!("{case}.{end}")).is_file());
            assert!(is_there, "{} belongs to nothing", file.display());
        }
    }
}

#[test]
fn the_table_matches_the_folders() {
    let names: Vec<&str> = PROVIDERS.iter().map(|provider| provider.name).collect();
    let folders: Vec<String> = entries(&provider_folders())
        .into_iter()
        .filter(|path| path.is_dir())
        .filter_map(|path| Some(path.file_name()?.to_str()?.replace('_', "-")))
        .collect();
    assert_eq!(names, folders, "the table, in order of name, and the folders");
    for provider in PROVIDERS {
        assert_eq!(find(provider.name).map(|found| found.name), Some(provider.name));
        assert!(!provider.title.is_empty() && !provider.events.is_empty() && !provider.schemes.is_empty());
        for header in provider.kept_headers {
            assert_eq!(*header, header.to_lowercase(), "{}", provider.name);
            assert!(!matches!(*header, "authorization" | "cookie"), "{} keeps a secret", provider.name);
        }
    }
    assert!(find("island").is_none());
}

#[test]
fn every_provider_has_a_page_for_its_operator() {
    for provider in PROVIDERS {
        let page = provider.documentation;
        assert!(page.starts_with("# "), "the page of {} has no heading", provider.name);
        assert!(page.len() > 1_000, "the page of {} says too little", provider.name);
        for event in provider.events {
            assert!(page.contains(event), "the page of {} does not mention '{event}'", provider.name);
        }
    }
}

#[test]
fn facts_are_sane() {
    for fixture in FIXTURES.iter() {
        let Some(facts) = fixture.facts() else { continue };
        let name = fixture.name();
        let written = serde_json::to_string(&facts).unwrap();
        let read: Facts = serde_json::from_str(&written).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(read, facts, "{name} reads back differently");
        let Facts { nodes, links, events, mentions, announcements, decisions } = &facts;
        assert!(decisions.is_empty(), "{name}: only people decide");
        let counts = [nodes.len(), links.len(), events.len(), mentions.len(), announcements.len()];
        assert!(counts.iter().all(|count| *count <= MAX_FACTS), "{name} states too much");
        assert!(counts.iter().any(|count| *count > 0), "{name} states nothing and does not say why");
        nodes.iter().for_each(|node| check_node(&name, node));
        links.iter().for_each(|link| check_link(&name, fixture.provider, link));
        for event in events {
            let word = !event.what.is_empty() && !event.what.contains(char::is_whitespace);
            assert!(word, "{name}: '{}' is not one word", event.what);
            assert!(!event.summary.is_empty() && !event.summary.contains('\n'), "{name}: {event:?} needs one line");
        }
    }
}

#[test]
fn only_a_signature_of_this_body_by_this_secret_fits() {
    let secrets = [OTHER_SECRET.to_owned(), SECRET.to_owned()];
    let wrong = [OTHER_SECRET.to_owned()];
    for fixture in FIXTURES.iter() {
        let schemes = fixture.provider.schemes;
        for scheme in schemes {
            let name = format!("{} by {scheme:?}", fixture.name());
            let headers = sign(*scheme, SECRET, NOW, &fixture.body);
            let request = Request { headers: &headers, body: &fixture.body };
            assert_eq!(verify(schemes, &request, &secrets, NOW), Ok(scheme.evidence()), "{name}");
            assert_eq!(verify(schemes, &request, &wrong, NOW), Err(SignatureError::Wrong), "{name}, another secret");
            assert_eq!(verify(schemes, &request, &[], NOW), Err(SignatureError::Wrong), "{name}, no secret");
            if scheme.shows_secret() {
                continue;
            }
            for place in [0, fixture.body.len() / 2, fixture.body.len() - 1] {
                let mut body = fixture.body.clone();
                body[place] ^= 1;
                let request = Request { headers: &headers, body: &body };
                let refused = Err(SignatureError::Wrong);
                assert_eq!(verify(schemes, &request, &secrets, NOW), refused, "{name}, byte {place} flipped");
            }
        }
        let request = Request { headers: &fixture.headers, body: &fixture.body };
        let unsigned = verify(schemes, &request, &secrets, NOW);
        assert!(matches!(unsigned, Err(SignatureError::Missing | SignatureError::Wrong)), "{}", fixture.name());
        let request = Request { headers: &[], body: &fixture.body };
        assert_eq!(verify(schemes, &request, &secrets, NOW), Err(SignatureError::Missing), "{}", fixture.name());
    }
}

#[test]
fn half_a_body_yields_no_facts() {
    for fixture in FIXTURES.iter() {
        let length = fixture.body.len();
        let even = (0..50).map(|step| length * step / 50);
        let random = (0..50_usize).map(|step| scatter(step) % length);
        for end in even.chain(random) {
            let body = &fixture.body[..end];
            // Cut within the white space at its end, a body is still whole; half a plain text is a shorter one.
            let is_text = fixture.path.extension().is_some_and(|ending| ending == "txt" || ending == "form");
            if is_text || serde_json::from_slice::<Value>(body).is_ok() || rest_is_blank(&fixture.body, end) {
                continue;
            }
            let yields_facts = matches!(fixture.parse(body), Ok(Parsed { content: Content::Facts(_), .. }));
            assert!(!yields_facts, "{} cut after {end} bytes", fixture.name());
            fixture.delivery_id(body);
        }
    }
}

#[test]
fn unknown_fields_change_nothing_but_in_our_own_format() {
    for fixture in FIXTURES.iter() {
        let Some(whole) = fixture.value() else { continue };
        let expected = fixture.parse(&fixture.body).unwrap();
        if fixture.provider.name == "facts" {
            for only in 0..objects(&whole) {
                let mut value = whole.clone();
                add_unknown(&mut value, false, &mut 0, Some(only));
                let refused = fixture.parse(value.to_string().as_bytes());
                assert!(refused.is_err(), "{} takes an unknown member of object {only}", fixture.name());
            }
        } else {
            let mut value = whole;
            add_unknown(&mut value, false, &mut 0, None);
            let parsed = fixture.parse(value.to_string().as_bytes());
            assert_eq!(parsed, Ok(expected), "{}", fixture.name());
        }
    }
}

#[test]
fn values_of_any_type_in_any_place_never_panic() {
    let substitutes = [
        json!(null),
        json!(-1),
        json!(1e300),
        json!(true),
        json!(""),
        json!("x:%\u{0}\u{202e}é"),
        json!("9".repeat(2_000)),
        json!([]),
        json!({}),
        json!([{}, [], "x"]),
        json!({ "id": {} }),
        json!("https://"),
    ];
    for fixture in FIXTURES.iter() {
        let Some(whole) = fixture.value() else { continue };
        let mut pointers = Vec::new();
        list_pointers(&whole, String::new(), &mut pointers);
        for (index, pointer) in pointers.iter().enumerate() {
            // Every place gets four of the substitutes, and all of them occur in every region of the body.
            for substitute in substitutes.iter().cycle().skip(index * 5 % substitutes.len()).step_by(3).take(4) {
                let mut value = whole.clone();
                *value.pointer_mut(pointer).unwrap() = substitute.clone();
                let body = value.to_string();
                let _ = fixture.parse(body.as_bytes());
                fixture.delivery_id(body.as_bytes());
            }
        }
    }
}

#[test]
fn missing_fields_never_panic() {
    for fixture in FIXTURES.iter() {
        let Some(whole) = fixture.value() else { continue };
        let mut pointers = Vec::new();
        list_pointers(&whole, String::new(), &mut pointers);
        for pointer in pointers {
            let Some((parent, member)) = pointer.rsplit_once('/') else { continue };
            let mut value = whole.clone();
            if let Some(Value::Object(members)) = value.pointer_mut(parent) {
                members.remove(&member.replace("~1", "/").replace("~0", "~"));
                let _ = fixture.parse(value.to_string().as_bytes());
            }
        }
    }
}

#[test]
fn an_unknown_event_is_kept_and_says_why_it_yields_nothing() {
    let mut without = Vec::new();
    for provider in PROVIDERS {
        let path = provider_folders().join(provider.name.replace('-', "_")).join("unknown.json");
        let Ok(text) = fs::read_to_string(&path) else {
            without.push(provider.name);
            continue;
        };
        let unknown: Unknown =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let headers: Vec<(String, String)> = unknown.headers.into_iter().collect();
        let body = match &unknown.body {
            Value::String(text) => text.clone(),
            body => body.to_string(),
        };
        let parsed = (provider.parse)(&Request { headers: &headers, body: body.as_bytes() });
        match parsed.map(|parsed| parsed.content) {
            Ok(Content::Ignored(reason)) => assert!(!reason.is_empty(), "{}", provider.name),
            other => panic!("{}: {other:?}", provider.name),
        }
    }
    // Of these every delivery is of one kind; what is none of it is an error.
    assert_eq!(without, SINGLE_KIND, "say in unknown.json what an event looks like that the parser does not know");
}

/// An event that a parser does not know.
#[derive(Deserialize)]
struct Unknown {
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Value,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(which in any::<prop::sample::Index>(), body in prop::collection::vec(any::<u8>(), 0..300)) {
        let fixture = which.get(FIXTURES.as_slice());
        let _ = fixture.parse(&body);
        fixture.delivery_id(&body);
    }

    #[test]
    fn random_json_never_panics(which in any::<prop::sample::Index>(), body in json_value()) {
        let fixture = which.get(FIXTURES.as_slice());
        let body = body.to_string();
        let _ = fixture.parse(body.as_bytes());
        fixture.delivery_id(body.as_bytes());
    }

    #[test]
    fn random_json_within_a_fixture_never_panics(
        which in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        grown in json_value(),
    ) {
        let fixture = which.get(FIXTURES.as_slice());
        let mut value = fixture.value().unwrap_or_default();
        let mut pointers = Vec::new();
        list_pointers(&value, String::new(), &mut pointers);
        let pointer: &String = place.get(pointers.as_slice());
        *value.pointer_mut(pointer).unwrap() = grown;
        let _ = fixture.parse(value.to_string().as_bytes());
    }
}

fn provider_folders() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/providers")
}

fn fixtures_of(provider: &'static Provider) -> Vec<Fixture> {
    let root = provider_folders().join(provider.name.replace('-', "_")).join("fixtures");
    let mut fixtures = Vec::new();
    for folder in entries(&root) {
        let event = folder.file_name().and_then(|name| name.to_str()).expect("folders have plain names").to_owned();
        for path in entries(&folder) {
            let name = path.to_string_lossy().into_owned();
            let is_body = BODIES.iter().any(|end| name.ends_with(&format!(".{end}")));
            if is_body && !name.ends_with(".facts.json") && !name.ends_with(".headers.json") {
                let body = fs::read(&path).expect("a fixture can be read");
                fixtures.push(Fixture {
                    provider,
                    headers: headers(provider, &event, &path),
                    event: event.clone(),
                    path,
                    body,
                });
            }
        }
    }
    assert!(!fixtures.is_empty(), "{} has no fixtures", provider.name);
    fixtures
}

/// The headers that the ledger hands back when a delivery is read again: what the sender gave, as far as it is kept.
fn headers(provider: &Provider, event: &str, path: &Path) -> Vec<(String, String)> {
    let mut headers = BTreeMap::from([("content-type".to_owned(), "application/json".to_owned())]);
    if provider.name == "github" {
        headers.insert("x-github-event".to_owned(), event.to_owned());
    }
    if let Ok(text) = fs::read_to_string(path.with_extension("headers.json")) {
        let given: BTreeMap<String, String> = serde_json::from_str(&text).expect("headers are an object of texts");
        headers.extend(given);
    }
    for name in headers.keys() {
        let kept = name == "content-type" || provider.kept_headers.contains(&name.as_str());
        assert!(kept, "{}: '{name}' is not kept, so it must not be needed", path.display());
    }
    headers.into_iter().collect()
}

/// What lies in a folder, in order of name.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let found = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()));
    let found = found.expect("the folders of a provider can be listed");
    let mut paths: Vec<PathBuf> = found.map(|entry| entry.expect("a folder can be listed").path()).collect();
    paths.sort();
    paths
}

fn golden(parsed: &Parsed) -> String {
    let (facts, ignored) = match &parsed.content {
        Content::Facts(facts) => (Some(&**facts), None),
        Content::Ignored(reason) => (None, Some(reason.as_str())),
    };
    let golden = Golden { event: &parsed.event, facts, ignored };
    format!("{}\n", serde_json::to_string_pretty(&golden).expect("facts can be written"))
}

fn first_difference(expected: &str, yielded: &str) -> String {
    let mut lines = expected.lines().zip(yielded.lines()).enumerate();
    match lines.find(|(_, (expected, yielded))| expected != yielded) {
        Some((index, (expected, yielded))) => {
            format!("line {}: expected {}, yielded {}", index + 1, expected.trim(), yielded.trim())
        }
        None => format!("{} lines expected, {} yielded", expected.lines().count(), yielded.lines().count()),
    }
}

fn check_node(name: &str, node: &NodeFact) {
    let mut seen = BTreeSet::new();
    for (attribute, value) in &node.attributes {
        assert!(seen.insert(*attribute), "{name}: {} has two values of {}", node.key, attribute.word());
        assert!(!value.is_empty(), "{name}: {} has an empty {}", node.key, attribute.word());
        let is_time = matches!(attribute, Attribute::OccurredAt | Attribute::StartedAt | Attribute::FinishedAt);
        let fits = (!is_time || Timestamp::parse(value).is_some())
            && (*attribute != Attribute::Outcome || Outcome::from_word(value).is_some())
            && (*attribute != Attribute::Url || value.starts_with("http"));
        assert!(fits, "{name}: {} has {} '{value}'", node.key, attribute.word());
    }
}

fn check_link(name: &str, provider: &Provider, link: &LinkFact) {
    let LinkFact { from, kind, to, class: _, rule, reason, at: _ } = link;
    assert!(kind.allows(from.kind(), to.kind()), "{name}: {kind} cannot join {from} and {to}");
    assert_ne!(from, to, "{name}: {kind} joins a node with itself");
    assert!(rule.starts_with(&format!("{}/", provider.name)), "{name}: the rule '{rule}' does not name its provider");
    assert!(!reason.is_empty(), "{name}: {kind} gives no reason");
}

/// Whether there is nothing but white space from a place on.
fn rest_is_blank(body: &[u8], from: usize) -> bool {
    body[from..].iter().all(u8::is_ascii_whitespace)
}

/// A number that looks random and is the same in every run.
fn scatter(step: usize) -> usize {
    step.wrapping_add(1).wrapping_mul(2_654_435_761) >> 7
}

/// How many objects a value holds, itself included.
fn objects(value: &Value) -> usize {
    match value {
        Value::Object(members) => 1 + members.values().map(objects).sum::<usize>(),
        Value::Array(values) => values.iter().map(objects).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// Adds an unknown member to every object, or to the one of that number in depth-first order.
fn add_unknown(value: &mut Value, open: bool, count: &mut usize, only: Option<usize>) {
    match value {
        Value::Object(members) => {
            let chosen = only.is_none_or(|only| only == *count);
            *count += 1;
            for (name, member) in members.iter_mut() {
                add_unknown(member, OPEN_MAPS.contains(&name.as_str()), count, only);
            }
            if chosen && !open {
                members.insert("x_unknown".to_owned(), json!({ "a": [1] }));
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| add_unknown(value, false, count, only)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The JSON pointers of a value and everything within it.
fn list_pointers(value: &Value, here: String, pointers: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                list_pointers(member, format!("{here}/{name}"), pointers);
            }
        }
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                list_pointers(value, format!("{here}/{index}"), pointers);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    pointers.push(here);
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        prop::sample::select(WORDS).prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 8, |inner| {
        let name = prop_oneof![4 => prop::sample::select(WORDS).prop_map(str::to_owned), 1 => ".{0,8}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Words that mean something to one parser or another.
const WORDS: &[&str] = &[
    "action",
    "alerts",
    "at",
    "changelog",
    "commits",
    "content",
    "context",
    "customData",
    "data",
    "deployment",
    "facts",
    "fields",
    "head_commit",
    "id",
    "issue",
    "items",
    "key",
    "kind",
    "labels",
    "links",
    "pull_request",
    "repository",
    "sender",
    "service",
    "source",
    "startsAt",
    "status",
    "subject",
    "timestamp",
    "to",
    "type",
    "url",
    "version",
    "webhookEvent",
    "2026-03-14T09:26:06Z",
    "dev.cdevents.service.deployed.0.3.0",
    "https://github.com/acme/checkout",
    "jira:issue_updated",
    "opened",
];
