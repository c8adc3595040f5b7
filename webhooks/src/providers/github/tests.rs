//! What the parser makes of bodies that no fixture shows.

use serde_json::{Value, json};
use throughline_domain::fact::{Attribute, Facts};
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::node::NodeKind;

use super::{NOTHING, PROVIDER, parse, reader};
use crate::provider::{Content, ParseError, Parsed, Request};

const SHA: &str = "6f1c0a4b9d2e38f7750c1b6ad4e93f2c8b70a915";

fn headers(event: &str) -> Vec<(String, String)> {
    [("x-github-event", event), ("content-type", "application/json")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
}

fn parsed(event: &str, body: &Value) -> Parsed {
    let body = serde_json::to_vec(body).unwrap();
    parse(&Request { headers: &headers(event), body: &body }).unwrap()
}

fn facts(event: &str, body: &Value) -> Facts {
    match parsed(event, body).content {
        Content::Facts(facts) => *facts,
        Content::Ignored(reason) => panic!("ignored: {reason}"),
    }
}

fn attributes(facts: &Facts, kind: NodeKind, attribute: Attribute) -> Vec<String> {
    let nodes = facts.nodes.iter().filter(|node| node.key.kind() == kind);
    let pairs = nodes.flat_map(|node| node.attributes.iter());
    pairs.filter(|(name, _)| *name == attribute).map(|(_, value)| value.clone()).collect()
}

fn repository() -> Value {
    json!({
        "full_name": "acme/checkout", "html_url": "https://github.com/acme/checkout", "pushed_at": 1_773_480_366,
    })
}

fn deployment_status(state: &str, payload: &Value) -> Facts {
    let body = json!({
        "action": "created",
        "repository": repository(),
        "deployment": {
            "id": 7, "sha": SHA, "environment": "Production", "payload": payload,
            "created_at": "2026-03-14T09:20:00Z",
        },
        "deployment_status": {"state": state, "created_at": "2026-03-14T09:26:00Z"},
    });
    facts("deployment_status", &body)
}

#[test]
fn a_form_is_decoded() {
    let headers: Vec<(String, String)> =
        [("x-github-event", "issues"), ("content-type", "application/x-www-form-urlencoded; charset=utf-8")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
    let body = json!({"action": "opened", "repository": repository(), "issue": {"number": 7, "title": "a & b = 100%"}});
    let form: String =
        url::form_urlencoded::Serializer::new(String::new()).append_pair("payload", &body.to_string()).finish();
    let parsed = parse(&Request { headers: &headers, body: form.as_bytes() }).unwrap();
    assert_eq!(parsed.event, "issues.opened");
    let Content::Facts(facts) = parsed.content else { panic!("ignored") };
    assert_eq!(attributes(&facts, NodeKind::Ticket, Attribute::Title), ["a & b = 100%"]);
    let error = parse(&Request { headers: &headers, body: b"other=1" }).unwrap_err();
    assert!(matches!(error, ParseError::Body { .. }), "{error}");
}

#[test]
fn a_deleted_branch_states_no_commit() {
    let body = json!({
        "ref": "refs/heads/PAY-12-total", "deleted": true, "before": SHA, "after": "0".repeat(40),
        "head_commit": null, "commits": null, "repository": repository(), "sender": {"login": "ada"},
    });
    let facts = facts("push", &body);
    assert_eq!(attributes(&facts, NodeKind::Branch, Attribute::State), ["deleted"]);
    assert!(facts.nodes.iter().all(|node| node.key.kind() != NodeKind::Commit));
    let whats: Vec<&str> = facts.events.iter().map(|event| event.what.as_str()).collect();
    assert_eq!(whats, ["deleted"]);
}

#[test]
fn an_annotated_tag_is_of_the_commit_and_not_of_the_tag_object() {
    let body = json!({
        "ref": "refs/tags/v1.4.0", "after": "ab".repeat(20), "repository": repository(),
        "head_commit": {"id": SHA, "message": "Show the total", "timestamp": "2026-03-14T09:20:00Z"},
    });
    let facts = facts("push", &body);
    let targets: Vec<String> = facts
        .links
        .iter()
        .filter(|link| link.kind == LinkKind::BuiltFrom)
        .map(|link| link.to.parts().resource)
        .collect();
    assert_eq!(targets, [SHA]);
}

#[test]
fn a_status_sets_the_outcome_that_it_means() {
    for (state, outcome, occurred) in [
        ("success", Some("success"), true),
        ("failure", Some("failure"), true),
        ("error", Some("failure"), true),
        ("in_progress", Some("running"), true),
        ("queued", Some("pending"), false),
        ("inactive", None, false),
        ("something new", None, false),
    ] {
        let facts = deployment_status(state, &Value::Null);
        let outcomes = attributes(&facts, NodeKind::Deployment, Attribute::Outcome);
        assert_eq!(outcomes.first().map(String::as_str), outcome, "{state}");
        assert_eq!(
            attributes(&facts, NodeKind::Deployment, Attribute::OccurredAt).len(),
            usize::from(occurred),
            "{state}"
        );
        assert_eq!(attributes(&facts, NodeKind::Deployment, Attribute::State), [state]);
    }
}

#[test]
fn a_deployment_names_its_service_and_artifact_or_the_repository_is_taken() {
    let digest = format!("sha256:{}", "ab".repeat(32));
    let image = format!("ghcr.io/acme/checkout:1.4.0@{digest}");
    let object = json!({"service": "payments", "image": image});
    for payload in [object.clone(), Value::String(object.to_string())] {
        let facts = deployment_status("success", &payload);
        let of = facts.links.iter().find(|link| link.kind == LinkKind::Of).unwrap();
        assert_eq!((of.to.parts().resource.as_str(), of.class), ("payments", LinkClass::Asserted));
        let deployed = facts.links.iter().filter(|link| link.kind == LinkKind::Deploys);
        assert!(deployed.clone().any(|link| link.to.parts().resource == digest));
        assert_eq!(deployed.count(), 2);
    }
    for payload in [Value::Null, json!({}), json!("release by hand"), json!([1])] {
        let facts = deployment_status("success", &payload);
        let of = facts.links.iter().find(|link| link.kind == LinkKind::Of).unwrap();
        assert_eq!((of.to.parts().resource.as_str(), of.class), ("checkout", LinkClass::Guessed));
    }
}

#[test]
fn what_is_reduced_is_read_as_far_as_it_goes() {
    let reduced =
        json!({"repository": {"name": "checkout", "owner": {"login": "acme"}}, "pull_request": {"number": 1}});
    assert_eq!(
        attributes(&facts("pull_request", &reduced), NodeKind::Change, Attribute::Reference),
        ["acme/checkout#1"]
    );
    let short = json!({"repository": repository(), "commits": [{"id": "short"}]});
    assert_eq!(facts("push", &short).nodes.len(), 1, "the repository, but no commit without its full id");
    for (event, body) in [
        ("pull_request", json!({"name": "pull_request", "payload": {}})),
        ("pull_request", json!([{"name": "pull_request"}])),
        ("issues", json!({"repository": repository(), "issue": {"number": 2, "pull_request": {}}})),
        ("star", json!({})),
        ("ping", json!({"zen": "Keep it logically awesome."})),
        ("organization", json!({"action": "renamed", "organization": {"login": "acme"}})),
        ("milestone", json!({"action": "created", "repository": repository()})),
        ("island_sunk", json!({"name": "push", "payload": {"repository": repository()}})),
    ] {
        assert!(matches!(parsed(event, &body).content, Content::Ignored(_)), "{event} {body}");
    }
}

#[test]
fn a_recording_is_read_as_what_was_recorded() {
    let issue = |number: u64| json!({"action": "opened", "repository": repository(), "issue": {"number": number}});
    let recorded = |number: u64| json!({"name": "issues", "id": "1", "payload": issue(number)});
    let one = parsed("issues", &recorded(7));
    assert_eq!(one, parsed("issues", &issue(7)));
    let both = facts("issues", &json!([recorded(7), recorded(8)]));
    assert_eq!(attributes(&both, NodeKind::Ticket, Attribute::Reference), ["acme/checkout#7", "acme/checkout#8"]);
    let many = Value::Array((0..101).map(recorded).collect()).to_string();
    let error = parse(&Request { headers: &headers("issues"), body: many.as_bytes() }).unwrap_err();
    assert!(matches!(error, ParseError::TooMany { .. }), "{error}");
}

#[test]
fn every_event_is_read_or_says_why_not() {
    for event in PROVIDER.events {
        assert!(reader(event).is_some(), "{event}");
    }
    for (event, reason) in NOTHING {
        assert!(reader(event).is_none() && PROVIDER.documentation.contains(event), "{event}");
        assert_eq!(parsed(event, &json!({})), Parsed::ignored(*event, *reason));
    }
}

#[test]
fn a_queue_names_its_pull_request_and_may_be_wrong() {
    let group = |head: &str| {
        let group = json!({"head_sha": SHA, "head_ref": head, "head_commit": {"id": SHA, "message": "Merge"}});
        facts("merge_group", &json!({"action": "checks_requested", "repository": repository(), "merge_group": group}))
    };
    let link = |facts: &Facts| {
        let link = facts.links.iter().find(|link| link.kind == LinkKind::PartOf)?;
        Some((link.to.parts().resource, link.class))
    };
    let named = group("refs/heads/gh-readonly-queue/main/pr-42-6f1c0a4b9d2e38f7750c1b6ad4e93f2c8b70a915");
    assert_eq!(link(&named), Some(("42".to_owned(), LinkClass::Guessed)));
    assert_eq!(link(&group("refs/heads/main")), None);
}

#[test]
fn labels_prove_nothing_where_no_repository_is_told() {
    let labels = json!({"source": "https://gitlab.acme.example/base/image", "revision": SHA});
    let version = json!({
        "version": format!("sha256:{}", "ab".repeat(32)), "author": {"login": "ada"},
        "html_url": "https://github.com/orgs/acme/packages/container/checkout/1",
        "container_metadata": {"labels": labels},
    });
    let package = json!({"name": "checkout", "package_version": version});
    let facts = facts("package", &json!({"action": "published", "package": package}));
    let built = facts.links.iter().find(|link| link.kind == LinkKind::BuiltFrom).unwrap();
    assert_eq!(built.class, LinkClass::Guessed);
    assert!(facts.links.iter().all(|link| link.kind != LinkKind::In));
    let person = facts.nodes.iter().find(|node| node.key.kind() == NodeKind::Person).unwrap();
    assert_eq!(person.key.parts().provider_id, "github.com");
}

#[test]
fn a_missing_event_is_an_error() {
    let error = (PROVIDER.parse)(&Request { headers: &[], body: b"{}" }).unwrap_err();
    assert_eq!(error, ParseError::Header("x-github-event"));
}
