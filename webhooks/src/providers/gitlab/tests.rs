//! What the parser makes of bodies that no fixture shows.

use serde_json::{Value, json};
use throughline_domain::fact::{Attribute, Facts};
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::node::NodeKind;

use super::{NOTHING, PROVIDER, delivery_id, parse, reader};
use crate::provider::{Content, ParseError, Parsed, Request};

const SHA: &str = "6f1c0a4b9d2e38f7750c1b6ad4e93f2c8b70a915";

fn headers(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn parsed(body: &Value) -> Parsed {
    parse(&Request { headers: &[], body: body.to_string().as_bytes() }).unwrap()
}

fn facts(body: &Value) -> Facts {
    match parsed(body).content {
        Content::Facts(facts) => *facts,
        Content::Ignored(reason) => panic!("ignored: {reason}"),
    }
}

fn attributes(facts: &Facts, kind: NodeKind, attribute: Attribute) -> Vec<String> {
    let nodes = facts.nodes.iter().filter(|node| node.key.kind() == kind);
    let pairs = nodes.flat_map(|node| node.attributes.iter());
    pairs.filter(|(name, _)| *name == attribute).map(|(_, value)| value.clone()).collect()
}

fn project() -> Value {
    json!({"id": 15, "path_with_namespace": "acme/checkout", "web_url": "https://gitlab.acme.example/acme/checkout"})
}

fn merge_request(state: &str, action: &str, more: &Value) -> Facts {
    let mut attributes = json!({
        "iid": 42, "title": "Tax", "state": state, "action": action, "merge_commit_sha": SHA, "draft": false,
        "created_at": "2026-03-13 10:15:00 UTC", "updated_at": "2026-03-14 09:26:06 UTC",
    });
    for (name, value) in more.as_object().unwrap() {
        attributes[name] = value.clone();
    }
    facts(&json!({"object_kind": "merge_request", "project": project(), "object_attributes": attributes}))
}

#[test]
fn a_merge_request_is_no_issue() {
    let names = |facts: &Facts, kind: NodeKind| {
        let nodes = facts.nodes.iter().filter(|node| node.key.kind() == kind);
        nodes.flat_map(|node| node.names.iter()).map(|name| name.as_str().to_owned()).collect::<Vec<_>>()
    };
    let change = names(&merge_request("opened", "open", &json!({})), NodeKind::Change);
    assert_eq!(change, ["change:gitlab.acme.example/acme/checkout!42"]);
    let issue = json!({"object_kind": "issue", "project": project(), "object_attributes": {"iid": 42}});
    assert_eq!(names(&facts(&issue), NodeKind::Ticket), ["number:gitlab.acme.example/acme/checkout#42"]);
}

#[test]
fn only_a_merge_makes_commits_part_of_it() {
    for (state, action, expected) in [("opened", "open", 0), ("merged", "merge", 1), ("merged", "update", 1)] {
        let facts = merge_request(state, action, &json!({}));
        let links = facts.links.iter().filter(|link| link.kind == LinkKind::PartOf).count();
        assert_eq!(links, expected, "{state} by {action}");
    }
}

#[test]
fn a_change_counts_from_its_merge_and_not_from_what_came_after() {
    for (state, action, more, expected) in [
        ("opened", "open", json!({}), vec!["2026-03-13T10:15:00Z"]),
        ("merged", "merge", json!({}), vec!["2026-03-14T09:26:06Z"]),
        ("merged", "update", json!({}), vec![]),
        ("merged", "update", json!({"merged_at": "2026-03-14 08:00:00 UTC"}), vec!["2026-03-14T08:00:00Z"]),
    ] {
        let facts = merge_request(state, action, &more);
        assert_eq!(attributes(&facts, NodeKind::Change, Attribute::OccurredAt), expected, "{state} by {action}");
    }
}

#[test]
fn a_status_sets_the_outcome_that_it_means() {
    for (status, outcome) in [
        ("success", Some("success")),
        ("failed", Some("failure")),
        ("running", Some("running")),
        ("blocked", Some("pending")),
        ("canceled", Some("abandoned")),
        ("something new", None),
    ] {
        let facts = facts(&json!({
            "object_kind": "deployment", "status": status, "status_changed_at": "2026-03-14 10:26:06 +0100",
            "deployment_id": 15, "environment": "production", "project": project(),
            "commit_url": format!("https://gitlab.acme.example/acme/checkout/-/commit/{SHA}"),
        }));
        let outcomes = attributes(&facts, NodeKind::Deployment, Attribute::Outcome);
        assert_eq!(outcomes.first().map(String::as_str), outcome, "{status}");
        let occurred = attributes(&facts, NodeKind::Deployment, Attribute::OccurredAt);
        let counts = !matches!(outcome, None | Some("pending"));
        assert_eq!(occurred.len(), usize::from(counts), "{status}");
        assert!(facts.links.iter().any(|link| link.kind == LinkKind::Deploys && link.class == LinkClass::Asserted));
    }
}

#[test]
fn what_waits_for_a_person_does_so_since_a_moment() {
    for (status, is_timed) in [("manual", true), ("pending", false)] {
        let pipeline = json!({"id": 31, "sha": SHA, "status": status, "created_at": "2026-03-14 09:20:00 UTC"});
        let facts = facts(&json!({"object_kind": "pipeline", "project": project(), "object_attributes": pipeline}));
        let is_state = |(attribute, _): &(Attribute, String)| *attribute == Attribute::State;
        let told = facts.nodes.iter().find(|node| node.attributes.iter().any(is_state)).unwrap();
        assert_eq!(told.at.is_some(), is_timed, "{status}");
    }
}

#[test]
fn an_annotated_tag_is_of_the_commit_and_not_of_the_tag_object() {
    let facts = facts(&json!({
        "object_kind": "tag_push", "ref": "refs/tags/v1.4.0", "before": "0".repeat(40), "after": "ab".repeat(20),
        "checkout_sha": SHA, "project": project(), "commits": [],
    }));
    let links = facts.links.iter().filter(|link| link.kind == LinkKind::BuiltFrom);
    assert_eq!(links.map(|link| link.to.parts().resource).collect::<Vec<_>>(), [SHA]);
}

#[test]
fn a_pipeline_of_a_fork_states_no_merge_request() {
    for (target, expected) in [(json!(15), 1), (Value::Null, 1), (json!(9), 0)] {
        let facts = facts(&json!({
            "object_kind": "pipeline", "project": project(),
            "object_attributes": {"id": 31, "sha": SHA, "status": "success", "finished_at": "2026-03-14 09:26:06 UTC"},
            "merge_request": {"iid": 42, "target_project_id": target, "state": "opened"},
        }));
        let links = facts.links.iter().filter(|link| link.kind == LinkKind::PartOf && link.class == LinkClass::Guessed);
        assert_eq!(links.count(), expected, "{target}");
    }
}

#[test]
fn the_host_of_a_system_hook_stands_in_a_header() {
    let body = json!({"event_name": "project_destroy", "path_with_namespace": "acme/checkout"}).to_string();
    let read = |headers: &[(String, String)]| parse(&Request { headers, body: body.as_bytes() }).unwrap();
    assert!(matches!(read(&[]).content, Content::Ignored(_)));
    let named = read(&headers(&[("x-gitlab-instance", "https://gitlab.acme.example")]));
    let Content::Facts(facts) = named.content else { panic!("ignored") };
    assert_eq!(attributes(&facts, NodeKind::Repository, Attribute::State), ["removed"]);
    assert_eq!(facts.nodes[0].key.parts().provider_id, "gitlab.acme.example");
}

#[test]
fn a_hidden_address_is_none() {
    let user = json!({"id": 1, "username": "ada", "email": "[REDACTED]"});
    let body = json!({
        "object_kind": "feature_flag", "project": project(), "user": user,
        "object_attributes": {"id": 6, "active": true},
    });
    assert!(attributes(&facts(&body), NodeKind::Person, Attribute::Email).is_empty());
}

#[test]
fn what_says_nothing_says_why() {
    for (kind, reason) in NOTHING {
        assert!(reader(kind).is_none() && PROVIDER.documentation.contains(kind), "{kind}");
        let body = json!({"object_kind": kind, "project": project(), "object_attributes": {"id": 25}});
        assert_eq!(parsed(&body), Parsed::ignored(*kind, *reason));
    }
    for body in [
        json!({"object_kind": "push"}),
        json!({"object_kind": "issue", "project": project()}),
        json!({"object_kind": "work_item", "object_attributes": {"iid": 1, "type": "Epic"}}),
        json!({"object_kind": "deployment", "project": project(), "status": "success"}),
        json!({"event_name": "user_create"}),
        json!({"event_name": "island_sunk"}),
    ] {
        assert!(matches!(parsed(&body).content, Content::Ignored(_)), "{body}");
    }
    let error = parse(&Request { headers: &[], body: b"{}" }).unwrap_err();
    assert!(matches!(error, ParseError::Body { .. }), "{error}");
}

#[test]
fn the_id_is_the_one_that_stays() {
    let id = |pairs: &[(&str, &str)]| delivery_id(&Request { headers: &headers(pairs), body: b"{}" });
    assert_eq!(id(&[("webhook-id", "b"), ("idempotency-key", "a")]), Some("a".to_owned()));
    assert_eq!(id(&[("webhook-id", "b"), ("x-gitlab-event-uuid", "c")]), Some("b".to_owned()));
    assert_eq!(id(&[("x-gitlab-event-uuid", "c"), ("idempotency-key", " ")]), None);
}
