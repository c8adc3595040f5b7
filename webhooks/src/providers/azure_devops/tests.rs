//! What Azure DevOps sends in more than one form, in small bodies.

use serde_json::{Value, json};
use throughline_domain::fact::{Attribute, Facts};
use throughline_domain::link::LinkKind;
use throughline_domain::node::NodeKind;
use throughline_domain::time::Timestamp;

use super::{delivery_id, parse};
use crate::provider::{Content, ParseError, Parsed, Request};

const SHA: &str = "6f1c0a4b9d2e38f7750c1b6ad4e93f2c8b70a915";

fn parsed(body: &Value) -> Result<Parsed, ParseError> {
    parse(&Request { headers: &[], body: body.to_string().as_bytes() })
}

fn facts(event: &str, resource: &Value) -> Facts {
    let body = json!({ "eventType": event, "createdDate": "2026-03-14T09:26:06.3309587Z", "resource": resource });
    match parsed(&body).unwrap().content {
        Content::Facts(facts) => *facts,
        Content::Ignored(reason) => panic!("ignored: {reason}"),
    }
}

fn values(facts: &Facts, kind: NodeKind, attribute: Attribute) -> Vec<String> {
    let nodes = facts.nodes.iter().filter(|node| node.key.kind() == kind);
    let pairs = nodes.flat_map(|node| node.attributes.iter());
    pairs.filter(|(name, _)| *name == attribute).map(|(_, value)| value.clone()).collect()
}

fn count(facts: &Facts, kind: LinkKind) -> usize {
    facts.links.iter().filter(|link| link.kind == kind).count()
}

fn repository() -> Value {
    json!({ "name": "checkout", "remoteUrl": "https://acme@dev.azure.com/acme/pay/_git/checkout" })
}

#[test]
fn only_a_completed_pull_request_was_merged() {
    for (status, outcome, links) in
        [("active", "running", 1), ("completed", "success", 2), ("abandoned", "abandoned", 1)]
    {
        let change = json!({
            "repository": repository(), "pullRequestId": 42, "status": status, "title": "Tax",
            "lastMergeSourceCommit": { "commitId": SHA }, "lastMergeCommit": { "commitId": "ab".repeat(20) },
        });
        let facts = facts("git.pullrequest.merged", &change);
        assert_eq!(values(&facts, NodeKind::Change, Attribute::Outcome), [outcome]);
        assert_eq!(count(&facts, LinkKind::PartOf), links, "{status}");
    }
}

#[test]
fn a_vote_of_a_person_approves_and_one_of_a_group_does_not() {
    for (vote, is_group, approvals) in [(10, false, 1), (5, false, 1), (0, false, 0), (-10, false, 0), (10, true, 0)] {
        let change = json!({
            "repository": repository(), "pullRequestId": 42, "status": "active",
            "reviewers": [{ "vote": vote, "uniqueName": "grace@acme.example", "displayName": "Grace", "isContainer": is_group }],
        });
        let facts = facts("git.pullrequest.updated", &change);
        assert_eq!(count(&facts, LinkKind::ApprovedBy), approvals, "{vote} {is_group}");
    }
}

#[test]
fn the_number_of_a_work_item_is_not_that_of_its_update() {
    let address = "https://dev.azure.com/acme/_apis/wit/workItems/5";
    let fields = json!({ "System.Title": "Tax", "System.State": "New" });
    for (event, item) in [
        ("workitem.created", json!({ "id": 5, "fields": fields, "url": address })),
        ("workitem.updated", json!({ "id": 2, "workItemId": 5, "url": format!("{address}/updates/2") })),
        (
            "workitem.updated",
            json!({ "id": 2, "workItemId": 0, "revision": { "id": 5, "fields": fields }, "url": address }),
        ),
        ("workitem.updated", json!({ "id": 2, "url": format!("{address}/updates/2") })),
    ] {
        let facts = facts(event, &item);
        assert_eq!(values(&facts, NodeKind::Ticket, Attribute::Reference), ["AB#5"], "{item}");
        let key = facts.nodes.first().map(|node| node.key.to_string());
        assert_eq!(key.as_deref(), Some("cdevents:v0:azure-devops:dev.azure.com:acme::ticket:5"));
        assert!(facts.announcements.iter().any(|announcement| announcement.name.as_str() == "tracker:ab"));
    }
}

#[test]
fn a_state_means_what_microsofts_processes_mean_by_it() {
    for (state, reason, outcome) in [
        ("New", "New defect reported", Some("pending")),
        ("Active", "Approved", Some("running")),
        ("Closed", "Verified", Some("success")),
        ("Closed", "Duplicate", Some("abandoned")),
        ("Removed", "Removed from the backlog", Some("abandoned")),
        ("Waiting for Godot", "", None),
    ] {
        let item = json!({
            "id": 5, "fields": { "System.State": state, "System.Reason": reason },
            "url": "https://dev.azure.com/acme/_apis/wit/workItems/5",
        });
        let facts = facts("workitem.created", &item);
        let outcomes = values(&facts, NodeKind::Ticket, Attribute::Outcome);
        assert_eq!(outcomes.first().map(String::as_str), outcome, "{state}");
    }
}

#[test]
fn a_deleted_work_item_is_given_up_until_it_is_restored() {
    for (event, state, outcome) in
        [("workitem.deleted", "Deleted", "abandoned"), ("workitem.restored", "Active", "running")]
    {
        let item = json!({
            "id": 5, "fields": { "System.State": "Active", "System.ChangedDate": "2026-03-01T09:00:00Z" },
            "url": "https://dev.azure.com/acme/_apis/wit/workItems/5",
        });
        let facts = facts(event, &item);
        assert_eq!(values(&facts, NodeKind::Ticket, Attribute::State), [state]);
        assert_eq!(values(&facts, NodeKind::Ticket, Attribute::Outcome), [outcome]);
        let at = facts.nodes.first().and_then(|node| node.at);
        assert_eq!(at, Timestamp::parse("2026-03-14T09:26:06.3309587Z"), "{event}");
    }
}

#[test]
fn a_build_and_the_run_of_its_number_are_one() {
    let build = json!({
        "id": 812, "buildNumber": "20260314.2", "status": "completed", "result": "failed",
        "url": "https://dev.azure.com/acme/_apis/build/Builds/812", "sourceVersion": SHA, "repository": { "url":
        "https://dev.azure.com/acme/pay/_git/checkout" },
    });
    let run = json!({ "run": {
        "name": "20260314.2", "state": "completed", "result": "failed",
        "url": "https://dev.azure.com/acme/6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c/_apis/Pipelines/1/runs/812",
    } });
    let keys =
        [("build.complete", build), ("ms.vss-pipelines.run-state-changed-event", run)].map(|(event, resource)| {
            let facts = facts(event, &resource);
            assert_eq!(values(&facts, NodeKind::PipelineRun, Attribute::Outcome), ["failure"]);
            let runs = facts.nodes.iter().find(|node| node.key.kind() == NodeKind::PipelineRun);
            runs.map(|node| node.key.to_string())
        });
    assert_eq!(keys.first(), keys.last());
}

#[test]
fn a_deployment_counts_from_its_success() {
    for (event, status, outcome, occurred) in [
        ("ms.vss-release.deployment-started-event", "queued", "running", 0),
        ("ms.vss-release.deployment-completed-event", "succeeded", "success", 1),
        ("ms.vss-release.deployment-completed-event", "rejected", "failure", 0),
        ("ms.vss-release.deployment-completed-event", "partiallySucceeded", "failure", 0),
        ("ms.vss-release.deployment-completed-event", "canceled", "abandoned", 0),
    ] {
        let resource = json!({
            "environment": {
                "id": 5, "name": "Production", "status": status,
                "release": { "id": 1, "name": "Release-1", "url": "https://vsrm.dev.azure.com/acme/pay/_apis/Release/releases/1" },
            },
            "project": { "name": "pay" },
        });
        let facts = facts(event, &resource);
        assert_eq!(values(&facts, NodeKind::Deployment, Attribute::Outcome), [outcome], "{status}");
        assert_eq!(values(&facts, NodeKind::Deployment, Attribute::OccurredAt).len(), occurred, "{status}");
        assert_eq!(count(&facts, LinkKind::Deploys), 1);
    }
}

#[test]
fn a_delivery_is_known_by_its_subscription_and_its_id() {
    let id = |body: &Value| delivery_id(&Request { headers: &[], body: body.to_string().as_bytes() });
    assert_eq!(id(&json!({ "subscriptionId": "s", "id": "e" })).as_deref(), Some("s/e"));
    assert_eq!(id(&json!({ "id": "e" })).as_deref(), Some("e"));
    assert_eq!(id(&json!({})), None);
}

#[test]
fn what_says_nothing_says_why() {
    for event in ["git.repo.created", "git.push", "git.pullrequest.created", "build.complete", "workitem.created"] {
        let parsed = parsed(&json!({ "eventType": event })).unwrap();
        assert!(matches!(&parsed.content, Content::Ignored(reason) if !reason.is_empty()), "{event}");
    }
    assert!(matches!(parsed(&json!({ "hello": 1 })), Err(ParseError::Body { .. })));
}
