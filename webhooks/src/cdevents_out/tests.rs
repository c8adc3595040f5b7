//! What is written is read again by the provider `cdevents`, and means the same nodes.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use throughline_domain::fact::{Attribute, Event, Facts, LinkFact, NodeFact};
use throughline_domain::key::{self, Key};
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::repository::Repository;
use throughline_domain::time::Timestamp;

use super::{Origin, write};
use crate::provider::{Content, Request};
use crate::providers;

const ORIGIN: Origin<'static> = Origin { source: "https://throughline.acme.example", entry: 7, evidence: "e2" };
const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// What the reader makes of a written event.
fn read(event: &Value) -> Facts {
    let body = event.to_string();
    let provider = providers::find("cdevents").unwrap();
    let parsed = (provider.parse)(&Request { headers: &[], body: body.as_bytes() });
    match parsed.unwrap_or_else(|error| panic!("{error}\n{event:#}")).content {
        Content::Facts(facts) => *facts,
        Content::Ignored(reason) => panic!("{reason}\n{event:#}"),
    }
}

/// The facts beside the fixtures of all providers.
fn fixtures() -> Vec<(PathBuf, Facts)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/providers")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(".facts.json") {
                let stored: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
                let facts = stored.get("facts").map(|facts| serde_json::from_value(facts.clone()));
                found.extend(facts.and_then(Result::ok).map(|facts| (path, facts)));
            }
        }
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    found
}

#[test]
fn whatever_any_provider_states_is_read_again() {
    let mut written = 0;
    for (path, facts) in fixtures() {
        let events = write(&facts, &ORIGIN);
        assert_eq!(events, write(&facts, &ORIGIN), "{}", path.display());
        for event in &events {
            let node = Key::parse(text(event, "/customData/throughline/node")).unwrap();
            let read = read(event);
            let known = read.nodes.iter().any(|fact| fact.key == node);
            assert!(known, "{}: {node} is not stated again\n{event:#}", path.display());
            let said = |link: &LinkFact| {
                let mut sure = facts.links.iter().filter(|known| known.class >= LinkClass::Asserted);
                sure.any(|known| (&known.from, &known.to) == (&link.from, &link.to))
            };
            for link in read.links.iter().filter(|link| link.from == node && link.kind == LinkKind::BuiltFrom) {
                assert!(said(link), "{}: nobody said {link:?}", path.display());
            }
            written += 1;
        }
    }
    assert!(written >= 60, "only {written} events were written");
}

fn deployed(class: LinkClass) -> Facts {
    let at = Timestamp::parse("2026-03-14T09:26:06Z");
    let key = key::of_tool(NodeKind::Deployment, "rollouts", "rollouts.acme.example", "4711").unwrap();
    let artifact = key::artifact(&format!("sha256:{}", "ab".repeat(32))).unwrap();
    let link = |kind: LinkKind, to: &Key| LinkFact {
        from: key.clone(),
        kind,
        to: to.clone(),
        class,
        rule: "rollouts/rollout".to_owned(),
        reason: "a field of the tool".to_owned(),
        at,
    };
    let named = |kind, name| key::named(kind, name).unwrap();
    let links = vec![
        link(LinkKind::Of, &named(NodeKind::Service, "checkout")),
        link(LinkKind::DeployedTo, &named(NodeKind::Environment, "production")),
        link(LinkKind::Deploys, &artifact),
    ];
    let image =
        NodeFact::new(artifact, at).with(Attribute::Package, "ghcr.io/acme/checkout").with(Attribute::Version, "1.4.0");
    let event = Event {
        node: key.clone(),
        at: at.unwrap(),
        what: "deployed".to_owned(),
        actor: Some("ada".to_owned()),
        summary: "checkout to production".to_owned(),
    };
    let nodes = vec![NodeFact::new(key, at).outcome(Outcome::Success), image];
    Facts { nodes, links, events: vec![event], ..Facts::default() }
}

#[test]
fn a_deployment_is_an_event_of_its_service() {
    let events = write(&deployed(LinkClass::Asserted), &ORIGIN);
    let digest = format!("sha256%3A{}", "ab".repeat(32));
    let expected = json!([{
        "context": {
            "specversion": "0.5.0",
            "id": "7-0",
            "source": "https://throughline.acme.example",
            "type": "dev.cdevents.service.deployed.0.3.0",
            "timestamp": "2026-03-14T09:26:06Z"
        },
        "subject": {
            "id": "checkout",
            "content": {
                "environment": { "id": "production" },
                "artifactId": format!("pkg:oci/checkout@{digest}?repository_url=ghcr.io/acme/checkout&tag=1.4.0")
            }
        },
        "customData": { "throughline": {
            "entry": 7,
            "node": "cdevents:v0:rollouts:rollouts.acme.example:::deployment:4711",
            "evidence": "e2"
        } },
        "customDataContentType": "application/json"
    }]);
    assert_eq!(Value::Array(events.clone()), expected);
    let again = read(&events[0]);
    let deploys = again.links.iter().find(|link| link.kind == LinkKind::Deploys).unwrap();
    assert_eq!(deploys.to, key::artifact(&format!("sha256:{}", "ab".repeat(32))).unwrap());
}

#[test]
fn a_guess_is_not_passed_on() {
    assert!(write(&deployed(LinkClass::Guessed), &ORIGIN).is_empty());
    assert!(write(&Facts::default(), &ORIGIN).is_empty());
}

#[test]
fn each_thing_that_happened_has_its_word() {
    let repository = Repository::new("github.com", "acme/checkout").unwrap();
    let at = Timestamp::parse("2026-03-14T09:26:06Z");
    for (kind, id, what, outcome, expected) in [
        (NodeKind::Change, "42", "opened", Outcome::Running, Some("change.created.0.4.0")),
        (NodeKind::Change, "42", "merged", Outcome::Success, Some("change.merged.0.3.0")),
        (NodeKind::Change, "42", "closed", Outcome::Success, None),
        (NodeKind::Change, "42", "closed", Outcome::Abandoned, Some("change.abandoned.0.3.0")),
        (NodeKind::Change, "42", "approved", Outcome::Running, Some("change.reviewed.0.3.0")),
        (NodeKind::Change, "42", "edited", Outcome::Running, Some("change.updated.0.3.0")),
        (NodeKind::Change, "42", "commented", Outcome::Running, None),
        (NodeKind::Ticket, "7", "opened", Outcome::Running, Some("ticket.created.0.2.0")),
        (NodeKind::Ticket, "7", "assigned", Outcome::Running, Some("ticket.updated.0.2.0")),
        (NodeKind::Ticket, "7", "moved", Outcome::Success, Some("ticket.closed.0.2.0")),
        (NodeKind::Ticket, "7", "moved", Outcome::Running, Some("ticket.updated.0.2.0")),
        (NodeKind::PipelineRun, "900", "queued", Outcome::Pending, Some("pipelinerun.queued.0.3.0")),
        (NodeKind::PipelineRun, "900", "started", Outcome::Running, Some("pipelinerun.started.0.3.0")),
        (NodeKind::PipelineRun, "900", "completed", Outcome::Failure, Some("pipelinerun.finished.0.3.0")),
        (NodeKind::Job, "901", "queued", Outcome::Pending, None),
        (NodeKind::Job, "901", "completed", Outcome::Success, Some("taskrun.finished.0.3.0")),
        (NodeKind::TestRun, "902", "completed", Outcome::Success, Some("testsuiterun.finished.0.3.0")),
        (NodeKind::Release, "903", "published", Outcome::Success, None),
    ] {
        let key = repository.resource("github", kind, id).unwrap();
        let event = Event {
            node: key.clone(),
            at: at.unwrap(),
            what: what.to_owned(),
            actor: Some("ada".to_owned()),
            summary: what.to_owned(),
        };
        let node = NodeFact::new(key.clone(), at).with(Attribute::Title, "Retry declined cards").outcome(outcome);
        let facts = Facts { nodes: vec![node], events: vec![event], ..Facts::default() };
        let events = write(&facts, &ORIGIN);
        let types: Vec<&str> = events.iter().map(|event| text(event, "/context/type")).collect();
        let expected: Vec<String> = expected.iter().map(|word| format!("dev.cdevents.{word}")).collect();
        assert_eq!(types, expected, "{kind} {what}");
        for event in &events {
            assert!(read(event).nodes.iter().any(|fact| fact.key == key), "{event:#}");
        }
    }
}

#[test]
fn trouble_and_artifacts_are_told_with_what_they_are_of() {
    let at = Timestamp::parse("2026-03-14T09:41:00Z");
    let alert = key::of_tool(NodeKind::Alert, "watchdog", "", "web-1/1773480366").unwrap();
    let commit = Repository::new("git.acme.example", "pay/checkout").unwrap().commit(SHA).unwrap();
    let artifact = key::artifact(&format!("sha256:{}", "cd".repeat(32))).unwrap();
    let service = key::named(NodeKind::Service, "checkout").unwrap();
    let link = |from: &Key, kind, to: &Key| LinkFact {
        from: from.clone(),
        kind,
        to: to.clone(),
        class: LinkClass::Asserted,
        rule: "watchdog/check".to_owned(),
        reason: "a field of the tool".to_owned(),
        at,
    };
    let event = |node: &Key, what: &str| Event {
        node: node.clone(),
        at: at.unwrap(),
        what: what.to_owned(),
        actor: None,
        summary: what.to_owned(),
    };
    let facts = Facts {
        nodes: vec![NodeFact::new(alert.clone(), at).with(Attribute::Title, "Disk is full")],
        links: vec![link(&alert, LinkKind::FiresOn, &service), link(&artifact, LinkKind::BuiltFrom, &commit)],
        events: vec![event(&alert, "fired"), event(&artifact, "pushed"), event(&artifact, "packaged")],
        ..Facts::default()
    };
    let events = write(&facts, &ORIGIN);
    let told: Vec<(&str, &str)> =
        events.iter().map(|event| (text(event, "/context/id"), text(event, "/context/type"))).collect();
    assert_eq!(
        told,
        [
            ("7-0", "dev.cdevents.incident.detected.0.3.0"),
            ("7-1", "dev.cdevents.artifact.published.0.3.0"),
            ("7-2", "dev.cdevents.artifact.packaged.0.3.0")
        ]
    );
    assert_eq!(text(&events[0], "/subject/source"), "/watchdog");
    assert_eq!(text(&events[0], "/subject/content/service/id"), "checkout");
    assert_eq!(text(&events[2], "/subject/content/change/source"), "https://git.acme.example/pay/checkout");
    assert!(read(&events[0]).links.iter().any(|link| link.from == alert && link.to == service));
    assert!(read(&events[1]).links.iter().any(|link| link.from == artifact && link.to == commit));
}

#[test]
fn a_time_that_nobody_can_write_is_no_event() {
    let key = key::of_tool(NodeKind::Incident, "watchdog", "", "7").unwrap();
    let at = Timestamp::from_micros(i64::MAX);
    let event = Event { node: key, at, what: "opened".to_owned(), actor: None, summary: "opened".to_owned() };
    assert!(write(&Facts { events: vec![event], ..Facts::default() }, &ORIGIN).is_empty());
}
