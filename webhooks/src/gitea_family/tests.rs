//! What the three tools send alike and apart, in small bodies.

use serde_json::{Value, json};
use throughline_domain::fact::{Attribute, Facts};
use throughline_domain::link::LinkKind;
use throughline_domain::node::NodeKind;

use super::Family;
use crate::provider::{Content, ParseError, Parsed, Request};

const SHA: &str = "6f1c0a4b9d2e38f7750c1b6ad4e93f2c8b70a915";

const FAMILY: Family =
    Family { name: "gitea", title: "Gitea", event_header: "x-gitea-event", older_event_headers: &["x-gogs-event"] };

fn parse(header: Option<(&str, &str)>, body: &Value) -> Result<Parsed, ParseError> {
    let headers: Vec<(String, String)> =
        header.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    FAMILY.parse(&Request { headers: &headers, body: body.to_string().as_bytes() })
}

fn facts(event: &str, body: &Value) -> Facts {
    match parse(Some(("x-gitea-event", event)), body).unwrap().content {
        Content::Facts(facts) => *facts,
        Content::Ignored(reason) => panic!("ignored: {reason}"),
    }
}

fn attribute(facts: &Facts, kind: NodeKind, attribute: Attribute) -> Option<String> {
    let nodes = facts.nodes.iter().filter(|node| node.key.kind() == kind);
    let mut values = nodes.flat_map(|node| node.attributes.iter()).filter(|(name, _)| *name == attribute);
    values.next().map(|(_, value)| value.clone())
}

fn repository() -> Value {
    json!({
        "full_name": "acme/checkout", "html_url": "https://git.acme.example/acme/checkout",
        "updated_at": "2026-03-14T09:26:00Z",
    })
}

fn pull_request(more: &Value) -> Value {
    let mut pull =
        json!({ "number": 42, "title": "PAY-12: tax", "state": "open", "head": { "ref": "tax", "sha": SHA } });
    pull.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({
        "action": "closed", "repository": repository(), "sender": { "login": "ada" }, "pull_request": pull,
    })
}

#[test]
fn a_body_without_headers_says_by_its_shape_what_it_is() {
    let issue = json!({ "number": 1 });
    for (member, value, event) in [
        ("pull_request", json!({ "number": 1 }), "pull_request"),
        ("issue", issue, "issues"),
        ("commits", json!([{ "id": SHA }]), "push"),
        ("ref_type", json!("branch"), "create"),
        ("release", json!({ "tag_name": "v1" }), "release"),
        ("workflow_job", json!({ "id": 1 }), "workflow_job"),
        ("workflow_run", json!({ "id": 1 }), "workflow_run"),
        ("run", json!({ "id": 1 }), "action_run_success"),
        ("forkee", repository(), "fork"),
    ] {
        let mut body = json!({ "repository": repository(), "ref": "tax" });
        body.as_object_mut().unwrap().insert(member.to_owned(), value);
        let parsed = parse(None, &body).unwrap();
        assert_eq!(parsed.event, event);
        assert!(matches!(parsed.content, Content::Facts(_)), "{event}: {:?}", parsed.content);
    }
    assert_eq!(parse(None, &json!({ "hello": 1 })), Err(ParseError::Header("x-gitea-event")));
}

#[test]
fn an_older_header_and_the_finer_names_are_understood() {
    let body = pull_request(&json!({}));
    for header in [("x-gogs-event", "pull_request"), ("x-gitea-event", "pull_request_sync")] {
        assert!(matches!(parse(Some(header), &body).unwrap().content, Content::Facts(_)), "{header:?}");
    }
    let parsed = parse(Some(("x-gitea-event", "wiki")), &json!({})).unwrap();
    assert!(matches!(parsed.content, Content::Ignored(_)));
}

#[test]
fn a_pull_request_is_as_far_as_its_flags_say() {
    for (more, state, outcome, links) in [
        (json!({}), "open", "running", 1),
        (json!({ "draft": true }), "draft", "running", 1),
        (json!({ "state": "closed", "merged": false }), "closed", "abandoned", 1),
        (json!({ "state": "closed", "merged": true, "merge_commit_sha": "ab".repeat(20) }), "merged", "success", 2),
        (json!({ "merge_commit_sha": "ab".repeat(20) }), "open", "running", 1),
    ] {
        let facts = facts("pull_request", &pull_request(&more));
        assert_eq!(attribute(&facts, NodeKind::Change, Attribute::State).as_deref(), Some(state));
        assert_eq!(attribute(&facts, NodeKind::Change, Attribute::Outcome).as_deref(), Some(outcome));
        assert_eq!(facts.links.iter().filter(|link| link.kind == LinkKind::PartOf).count(), links, "{more}");
    }
}

#[test]
fn only_a_review_that_approves_is_an_approval() {
    for (event, kind, approvals) in [
        ("pull_request_approved", "pull_request_review_approved", 1),
        ("pull_request_rejected", "pull_request_review_rejected", 0),
        ("pull_request_comment", "pull_request_review_comment", 0),
    ] {
        let mut body = pull_request(&json!({}));
        body.as_object_mut().unwrap().insert("review".to_owned(), json!({ "type": kind }));
        let facts = facts(event, &body);
        assert_eq!(facts.links.iter().filter(|link| link.kind == LinkKind::ApprovedBy).count(), approvals, "{event}");
    }
}

#[test]
fn the_id_of_a_tag_object_is_no_commit() {
    let created = json!({ "ref": "v1.4.0", "ref_type": "tag", "sha": SHA, "repository": repository(), "sender": { "login": "ada" } });
    let facts_of_tag = facts("create", &created);
    assert!(facts_of_tag.nodes.iter().all(|node| node.key.kind() != NodeKind::Commit));
    let pushed = json!({
        "ref": "refs/tags/v1.4.0", "before": "0".repeat(40), "after": "ab".repeat(20), "repository": repository(),
        "head_commit": { "id": SHA, "message": "Show the total", "timestamp": "2026-03-14T09:20:00Z" },
    });
    let facts = facts("push", &pushed);
    let targets: Vec<String> = facts
        .links
        .iter()
        .filter(|link| link.kind == LinkKind::BuiltFrom)
        .map(|link| link.to.parts().resource)
        .collect();
    assert_eq!(targets, [SHA]);
}

#[test]
fn the_commit_that_closed_an_issue_resolves_it() {
    let body = json!({
        "action": "closed", "commit_id": SHA, "repository": repository(),
        "issue": { "number": 7, "title": "The total is wrong", "state": "closed" },
    });
    let facts = facts("issues", &body);
    assert_eq!(facts.links.iter().filter(|link| link.kind == LinkKind::Resolves).count(), 1);
    assert_eq!(attribute(&facts, NodeKind::Ticket, Attribute::Outcome).as_deref(), Some("success"));
}

#[test]
fn a_comment_is_about_the_issue_or_the_pull_request() {
    for (is_pull, kind) in [(false, NodeKind::Ticket), (true, NodeKind::Change)] {
        let body = json!({
            "action": "created", "is_pull": is_pull, "repository": repository(),
            "issue": { "number": 7, "title": "The total is wrong", "state": "open" },
            "comment": { "user": { "login": "grace" }, "created_at": "2026-03-14T09:30:00Z", "body": "Closes #1" },
        });
        let facts = facts("issue_comment", &body);
        assert_eq!(attribute(&facts, kind, Attribute::Reference).as_deref(), Some("acme/checkout#7"));
        assert!(facts.mentions.iter().all(|mention| mention.text != "Closes #1"));
    }
}

#[test]
fn what_has_no_identity_says_why() {
    for (event, body) in [
        ("push", json!({ "commits": [] })),
        ("push", json!({ "ref": "refs/notes/x", "repository": repository() })),
        ("create", json!({ "ref": "x", "repository": repository() })),
        ("release", json!({ "action": "deleted", "release": { "tag_name": "v1" }, "repository": repository() })),
        ("package", json!({ "package": { "name": "checkout", "version": "1.4.0" }, "repository": repository() })),
        ("status", json!({ "sha": "6f1c0a4", "context": "ci", "repository": repository() })),
        ("pull_request_comment", json!({ "repository": repository() })),
    ] {
        let parsed = parse(Some(("x-gitea-event", event)), &body).unwrap();
        assert!(matches!(&parsed.content, Content::Ignored(reason) if !reason.is_empty()), "{event}");
    }
}
