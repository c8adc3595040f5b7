//! The engine as a whole, and the mappings of all providers' folders.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Value, json};
use throughline_domain::fact::{Attribute, Facts, Field, MAX_FACTS};
use throughline_domain::link::LinkClass;

use super::{Mapping, StepEnd};
use crate::provider::{Content, ParseError, Parsed, Request};

/// A mapping that uses what there is.
const ALERTS: &str = r#"
event = "{/event_type ?? 'alert'}"

[[ignore]]
when = { "/event_type" = ["test"] }
reason = "a test message, sent by {/user ?? 'nobody'}"

[words.outcome]
alert = "running"
recovered = "success"

[words.what]
alert = "fired"
recovered = "resolved"

[[fact]]
when = { "/event_type" = ["alert", "recovered"], "/host" = ["*"] }
at = "{/date|millis}"
kind = "alert"
provider = "watcher"
host = "{/link|host}"
id = "{/id}/{/started}"
url = "{/link}"
title = "{/title}"
text = "{/body}"
names = ["{/alert_id}", "{/host}"]

[fact.attributes]
state = "{/event_type}"
outcome = "{/event_type|words:outcome}"
labels = "{/tags|join}"
severity = "{/priority|lower}"

[[fact.links]]
kind = "fires_on"
to = { kind = "service", id = "{/tags|tag:service}" }
reason = "the tag service"

[[fact.links]]
kind = "fires_on"
class = "L0"
to = { kind = "environment", id = "{/tags|tag:env ?? /group|before:-}" }

[[fact.links]]
each = "/runbooks"
kind = "documented_by"
to = { url = "{.}" }

[[fact.events]]
what = "{/event_type|words:what}"
actor = "{/user}"
summary = "{/title}"

[[fact]]
each = "/hosts"
when = { "./name" = ["*"], "./state" = ["!gone"] }
kind = "service"
id = "{./name}"
title = "{./name|upper}"
"#;

static BUILT_IN: LazyLock<Vec<(String, Mapping)>> = LazyLock::new(|| {
    let folders = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/providers")).unwrap();
    let mut paths: Vec<_> = folders.map(|folder| folder.unwrap().path().join("mapping.toml")).collect();
    paths.sort();
    let texts =
        paths.into_iter().filter_map(|path| Some((path.display().to_string(), fs::read_to_string(&path).ok()?)));
    let mappings = texts.map(|(path, text)| {
        let mapping = Mapping::read(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
        (path, mapping)
    });
    mappings.collect()
});

fn alert() -> Value {
    json!({
        "event_type": "alert",
        "id": 77,
        "alert_id": 7,
        "started": "1773480366",
        "date": 1_773_480_366_535_i64,
        "title": "Disk is full",
        "body": "See PAY-12",
        "host": "web-1",
        "link": "https://watcher.acme.example/alerts/7",
        "priority": "P1",
        "tags": ["service:checkout", "team:payments"],
        "group": "production-eu",
        "runbooks": ["https://wiki.acme.example/disk", "no address", "https://wiki.acme.example/disk"],
        "user": "ada",
        "hosts": [{ "name": "ledger" }, { "name": "" }, { "name": "old", "state": "gone" }]
    })
}

fn read(mapping: &str, body: &Value) -> Result<Parsed, ParseError> {
    let mapping = Mapping::read(mapping).unwrap_or_else(|error| panic!("{error}\n{mapping}"));
    mapping.apply("watcher", &Request { headers: &[], body: body.to_string().as_bytes() })
}

fn facts(mapping: &str, body: &Value) -> Facts {
    match read(mapping, body).unwrap().content {
        Content::Facts(facts) => *facts,
        Content::Ignored(reason) => panic!("ignored: {reason}"),
    }
}

fn ignored(mapping: &str, body: &Value) -> String {
    match read(mapping, body).unwrap().content {
        Content::Facts(facts) => panic!("{facts:?}"),
        Content::Ignored(reason) => reason,
    }
}

fn value(facts: &Facts, attribute: Attribute) -> Option<&str> {
    let attributes = &facts.nodes[0].attributes;
    attributes.iter().find(|(known, _)| *known == attribute).map(|(_, value)| value.as_str())
}

#[test]
fn a_mapping_states_what_it_says() {
    let facts = facts(ALERTS, &alert());
    let keys: Vec<&str> = facts.nodes.iter().map(|node| node.key.as_str()).collect();
    let expected = [
        "cdevents:v0:watcher:watcher.acme.example:::alert:77/1773480366",
        "cdevents:v0:throughline::::service:ledger",
        "cdevents:v0:throughline::::service:checkout",
        "cdevents:v0:throughline::::environment:production",
        "cdevents:v0:web:wiki.acme.example:::document:/disk",
    ];
    assert_eq!(keys, expected);
    for (attribute, expected) in [
        (Attribute::Title, "Disk is full"),
        (Attribute::Reference, "77/1773480366"),
        (Attribute::Url, "https://watcher.acme.example/alerts/7"),
        (Attribute::State, "alert"),
        (Attribute::Outcome, "running"),
        (Attribute::Labels, "service:checkout,team:payments"),
        (Attribute::Severity, "p1"),
        (Attribute::OccurredAt, "2026-03-14T09:26:06.535Z"),
    ] {
        assert_eq!(value(&facts, attribute), Some(expected));
    }
    let links: Vec<(&str, LinkClass, &str)> =
        facts.links.iter().map(|link| (link.kind.word(), link.class, link.reason.as_str())).collect();
    let expected = [
        ("fires_on", LinkClass::Asserted, "the tag service"),
        ("fires_on", LinkClass::Guessed, "a field of the tool"),
        ("documented_by", LinkClass::Asserted, "a field of the tool"),
    ];
    assert_eq!(links, expected);
    assert!(facts.links.iter().all(|link| link.rule == "watcher/alert"));
    assert_eq!(facts.events[0].what, "fired");
    assert_eq!(facts.events[0].summary, "Disk is full");
    assert_eq!((facts.mentions.len(), facts.mentions[0].field), (1, Field::Body));
    assert_eq!(facts.nodes[1].at, None);
}

#[test]
fn trouble_that_is_over_did_not_begin_then() {
    let mut body = alert();
    body["event_type"] = json!("recovered");
    let facts = facts(ALERTS, &body);
    assert_eq!(value(&facts, Attribute::Outcome), Some("success"));
    assert_eq!(value(&facts, Attribute::OccurredAt), None);
}

#[test]
fn what_is_missing_is_left_out_and_what_identifies_drops_the_whole() {
    for (member, nodes, links, events) in [
        ("title", 5, 3, 1),
        ("date", 5, 3, 0),
        ("link", 5, 3, 1),
        ("tags", 4, 2, 1),
        ("group", 4, 2, 1),
        ("runbooks", 4, 2, 1),
        ("hosts", 4, 3, 1),
        ("user", 5, 3, 1),
        ("id", 1, 0, 0),
        ("host", 1, 0, 0),
        ("event_type", 1, 0, 0),
    ] {
        let mut body = alert();
        body.as_object_mut().unwrap().remove(member);
        let facts = facts(ALERTS, &body);
        assert_eq!((facts.nodes.len(), facts.links.len(), facts.events.len()), (nodes, links, events), "{member}");
    }
}

#[test]
fn a_body_that_matches_nothing_says_why() {
    for (body, expected) in [
        (json!({ "event_type": "test", "user": "ada" }), "a test message, sent by ada"),
        (json!({ "event_type": "test" }), "a test message, sent by nobody"),
        (json!({ "event_type": "snapshot" }), "/event_type is 'snapshot' and should be 'alert' or 'recovered'"),
        (json!({}), "/host is empty and should be something"),
        (json!([1]), "there is no list at '/hosts'"),
        (json!({ "event_type": "alert", "host": "web-1" }), "'id' is empty: nothing at /id"),
    ] {
        let reason = ignored(ALERTS, &body);
        assert!(reason.contains(expected), "{body}\n{reason}");
    }
    assert!(Mapping::read(ALERTS).unwrap().apply("watcher", &Request { headers: &[], body: b"{" }).is_err());
}

#[test]
fn what_our_format_refuses_is_dropped_with_the_reason() {
    let mapping = r#"
        [[fact]]
        kind = "deployment"
        provider = "ship"
        id = "{/id}"
        [fact.attributes]
        outcome = "{/outcome}"
        finished_at = "{/end}"
        [[fact.links]]
        kind = "deploys"
        to = { digest = "{/digest}" }
        [[fact.links]]
        kind = "{/kind}"
        to = { kind = "environment", id = "production" }
        [[fact.events]]
        at = "{/end}"
        what = "Rolled out!"
    "#;
    let mapping = mapping.replace("\"Rolled out!\"", "\"{/what}\"");
    let body = json!({
        "id": "9", "digest": "latest", "kind": "resolves", "outcome": "splendid", "end": "2026-03-14T09:26:06Z",
        "what": "Rolled out!"
    });
    let facts = facts(&mapping, &body);
    assert_eq!((facts.nodes.len(), facts.links.len()), (1, 0));
    assert_eq!(value(&facts, Attribute::Outcome), None);
    assert_eq!(facts.events[0].what, "rolled_out");
    let trial = Mapping::read(&mapping).unwrap();
    let trial = trial.trial("ship", &Request { headers: &[], body: body.to_string().as_bytes() });
    assert_eq!(trial.steps.len(), 3);
    let printed = trial.to_string();
    for expected in [
        "fact[0]: yes, without outcome ('splendid' is none)",
        "fact[0].links[0]: dropped, fact[0].links[0].to.digest: 'latest' is no",
        "fact[0].links[1]: dropped, fact[0].links[1]: 'resolves' goes from",
        "The event 'delivery' states:",
        "deployment cdevents:v0:ship::::deployment:9",
    ] {
        assert!(printed.contains(expected), "{expected}\n{printed}");
    }
    assert!(matches!(trial.steps[1].end, StepEnd::Dropped(_)));
}

#[test]
fn every_mistake_of_a_mapping_is_named_with_its_place() {
    let fact = |rest: &str| format!("[[fact]]\nkind = \"deployment\"\nid = \"{{/id}}\"\n{rest}");
    let link = |rest: &str| fact(&format!("[[fact.links]]\nkind = \"deployed_to\"\n{rest}"));
    for (mapping, expected) in [
        (String::new(), "at least one [[fact]]"),
        ("fact = 1".to_owned(), "fact: this must be a list"),
        ("[[fact]\n".to_owned(), "line "),
        ("\n\nx = ".to_owned(), "line "),
        ("evnt = \"x\"".to_owned(), "did you mean 'event'?"),
        ("[[fact]]\nid = \"x\"".to_owned(), "fact[0]: 'kind' is missing"),
        ("[[fact]]\nkind = \"deploymnt\"".to_owned(), "fact[0].kind: 'deploymnt' is none of the words; did you mean"),
        ("[[fact]]\nkind = \"change\"\nid = \"7\"".to_owned(), "a change needs 'provider'"),
        (
            "[[fact]]\nkind = \"service\"\nid = \"7\"\nprovider = \"x\"".to_owned(),
            "no part of what identifies a service",
        ),
        (fact("titel = \"x\""), "fact[0]: the member 'titel' is not known; did you mean 'title'?"),
        (fact("title = 7"), "fact[0].title: this must be text"),
        (fact("title = \"{/title\""), "fact[0].title: a '{' has no '}'"),
        (fact("title = \"{title}\""), "fact[0].title: 'title' is no place; write '/title'"),
        (fact("title = \"{/title|uper}\""), "did you mean 'upper'?"),
        (fact("title = \"{./title}\""), "there is no 'each' here"),
        (fact("at = \"today\""), "fact[0].at: 'today' is no RFC 3339 time"),
        (fact("[fact.attributes]\ncolour = \"red\""), "fact[0].attributes: the member 'colour'"),
        (fact("[fact.attributes]\noutcome = \"splendid\""), "fact[0].attributes.outcome: 'splendid' is none"),
        (fact("[fact.attributes]\nurl = \"x\""), "the fact's own member 'url'"),
        (fact("[[fact.events]]\nwhat = \"shipped\""), "fact[0].events[0]: 'at' is missing"),
        (fact("[fact.when]\n\"type\" = [\"x\"]"), "fact[0].when.\"type\": 'type' is no place"),
        (fact("[fact.when]\n\"/type\" = []"), "fact[0].when.\"/type\": this must be a list"),
        (fact("each = \"./x\""), "fact[0].each: there is no list around"),
        (fact("each = \"x\""), "fact[0].each: 'x' is no place"),
        (link(""), "fact[0].links[0]: 'to' is missing"),
        (link("to = { kind = \"team\", id = \"x\" }"), "fact[0].links[0]: 'deployed_to' goes from"),
        (link("to = { kind = \"environment\" }"), "fact[0].links[0].to: a environment needs 'id'"),
        (link("class = \"L3\"\nto = { kind = \"environment\", id = \"x\" }"), "fact[0].links[0].class: 'L3'"),
        (link("to = { kind = \"environment\", name = \"x\" }"), "fact[0].links[0].to: the member 'name'"),
        (
            "[[ignore]]\nreason = \"x\"\n[[fact]]\nkind = \"team\"\nid = \"x\"".to_owned(),
            "ignore[0]: 'when' is missing",
        ),
        (
            format!("[words.end]\ndone = \"sucess\"\n{}", fact("[fact.attributes]\noutcome = \"{/end|words:end}\"")),
            "words.end.\"done\": 'sucess' is none of the words; did you mean 'success'?",
        ),
        (fact("[fact.attributes]\noutcome = \"{/end|words:ends}\""), "there is no table [words.ends]"),
        ("x".repeat(300_000), "at most 262144 are accepted"),
    ] {
        let error = Mapping::read(&mapping).expect_err(&mapping).to_string();
        assert!(error.contains(expected), "{mapping}\n{error}");
    }
}

#[test]
fn too_much_is_an_error() {
    let each = "[[fact]]\neach = \"/a\"\nkind = \"service\"\nid = \"{./id}\"";
    let list = |count: usize| (0..count).map(|id| json!({ "id": id })).collect::<Value>();
    assert!(read(each, &json!({ "a": list(MAX_FACTS / 8) })).is_ok());
    assert!(matches!(read(each, &json!({ "a": list(MAX_FACTS / 8 + 1) })), Err(ParseError::TooMany { .. })));
    let nine_times = [each; 9].join("\n");
    assert!(matches!(read(&nine_times, &json!({ "a": list(MAX_FACTS / 8) })), Err(ParseError::TooMany { .. })));
    let within = "[[fact.links]]\neach = \"/a\"\nwhen = { \"./x\" = [\"*\"] }\nkind = \"owned_by\"\nto = { kind = \"team\", id = \"x\" }";
    let product = format!("{each}\n{within}");
    assert!(read(&product, &json!({ "a": list(400) })).is_ok());
    assert!(matches!(read(&product, &json!({ "a": list(1_000) })), Err(ParseError::TooMany { .. })));
    let long = format!("{each}\ntext = \"{{/long}}\"");
    let body = json!({ "a": list(1_000), "long": "x".repeat(60_000) });
    assert!(matches!(read(&long, &body), Err(ParseError::TooMany { .. })));
}

#[test]
fn the_examples_of_the_guide_state_what_it_says() {
    let guide = include_str!("../../../docs/adding/mapping.md");
    let blocks = |language: &str| {
        let pieces = guide.split("```").skip(1).step_by(2);
        pieces.filter_map(|piece| piece.strip_prefix(language)).collect::<Vec<_>>()
    };
    let (mappings, bodies) = (blocks("toml\n"), blocks("json\n"));
    assert_eq!((mappings.len(), bodies.len()), (2, 2));
    for ((mapping, body), (nodes, links)) in mappings.into_iter().zip(bodies).zip([(4, 3), (3, 1)]) {
        let facts = facts(mapping, &serde_json::from_str(body).unwrap());
        assert_eq!((facts.nodes.len(), facts.links.len()), (nodes, links), "{mapping}\n{facts:#?}");
        assert!(!facts.events.is_empty());
    }
}

#[test]
fn an_object_is_gone_through_as_a_list_is() {
    let mapping = "[[fact]]\neach = \"\"\nkind = \"service\"\nid = \"{./id}\"";
    let facts = facts(mapping, &json!({ "b": { "id": "checkout" }, "a": { "id": "ledger" }, "c": "none" }));
    let ids: BTreeSet<String> = facts.nodes.iter().map(|node| node.key.parts().resource).collect();
    assert_eq!(ids, BTreeSet::from(["checkout".to_owned(), "ledger".to_owned()]));
}

#[test]
fn every_provider_s_mapping_is_valid() {
    assert!(BUILT_IN.len() >= 11, "{}", BUILT_IN.len());
    for (path, mapping) in BUILT_IN.iter() {
        assert!(matches!(ignored_or_facts(mapping, &json!({})), Ok(Content::Ignored(_))), "{path} takes anything");
    }
}

fn ignored_or_facts(mapping: &Mapping, body: &Value) -> Result<Content, ParseError> {
    let parsed = mapping.apply("sample", &Request { headers: &[], body: body.to_string().as_bytes() })?;
    Ok(parsed.content)
}

/// Words at which mappings look.
const WORDS: &[&str] = &[
    "alert",
    "check",
    "name",
    "status",
    "state",
    "id",
    "event",
    "event_type",
    "title",
    "severity",
    "timestamp",
    "date",
    "tags",
    "host",
    "service",
    "entity",
    "metadata",
    "spec",
    "incident",
    "issue",
    "number",
    "url",
    "changed",
    "open",
    "closed",
    "critical",
    "run_converge",
    "2026-03-14T09:26:06Z",
    "https://tool.acme.example/7",
];

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        prop::sample::select(WORDS).prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 8, |inner| {
        let name = prop_oneof![6 => prop::sample::select(WORDS).prop_map(str::to_owned), 1 => ".{0,8}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..10)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_body_yields_facts_or_a_reason(body in any_json()) {
        let body = body.to_string();
        let request = Request { headers: &[], body: body.as_bytes() };
        for (_, mapping) in BUILT_IN.iter() {
            let applied = mapping.apply("sample", &request);
            let trial = mapping.trial("sample", &request);
            prop_assert_eq!(&applied, &trial.result);
            prop_assert!(!trial.to_string().is_empty());
            if let Ok(Parsed { content: Content::Ignored(reason), .. }) = applied {
                prop_assert!(!reason.is_empty());
            }
        }
    }

    #[test]
    fn any_text_is_a_mapping_or_a_mistake(text in "[a-z\\[\\]{}=\"'/.|\n ]{0,80}") {
        let _ = Mapping::read(&text);
    }
}
