//! Gerrit: the events of its webhooks plugin, which are those of `gerrit stream-events`.

use crate::code_host::not_read;
use crate::json;
use crate::provider::{Content, ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

use self::payload::Event;

mod change;
mod payload;
mod reading;
mod references;
mod review;

/// Gerrit's entry in the table of providers.
pub const PROVIDER: Provider = Provider {
    name: NAME,
    title: "Gerrit",
    schemes: &[Scheme::Authorization, Scheme::Token],
    kept_headers: &[],
    meaning_headers: &[],
    events: &[
        "patchset-created",
        "change-merged",
        "change-abandoned",
        "change-restored",
        "comment-added",
        "vote-deleted",
        "reviewer-added",
        "topic-changed",
        "hashtags-changed",
        "wip-state-changed",
        "ref-updated",
    ],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const NAME: &str = "gerrit";
const EXPECTED: &str = "an event of Gerrit";

/// Gerrit's events have no id.
fn delivery_id(_: &Request<'_>) -> Option<String> {
    None
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let body: Event = json::read(request.body, EXPECTED)?;
    let Some(event) = body.kind.as_deref().filter(|event| !event.is_empty()) else {
        return Err(ParseError::Body { expected: EXPECTED, cause: "it has no member 'type'".to_owned() });
    };
    let read: fn(&str, &Event) -> Result<Content, ParseError> = match event {
        "patchset-created" | "change-merged" | "change-abandoned" | "change-restored" | "reviewer-added"
        | "topic-changed" | "hashtags-changed" | "wip-state-changed" => change::read,
        "comment-added" | "vote-deleted" => review::read,
        "ref-updated" => references::read,
        "ref-replicated" | "ref-replication-done" | "ref-replication-scheduled" => {
            return Ok(Parsed::ignored(event, "a copy of the repository caught up; the update itself is told apart"));
        }
        "dropped-output" => {
            return Ok(Parsed::ignored(event, "Gerrit says that it left out events; read what was missed by backfill"));
        }
        name => return Ok(not_read(PROVIDER.title, name)),
    };
    Ok(Parsed { event: event.to_owned(), content: read(event, &body)? })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use throughline_domain::fact::{Attribute, Facts};
    use throughline_domain::link::LinkKind;
    use throughline_domain::name::Name;
    use throughline_domain::node::NodeKind;

    use super::parse;
    use crate::provider::{Content, ParseError, Parsed, Request};

    const SHA: &str = "6f1c0a4b9d2e38f7750c1b6ad4e93f2c8b70a915";
    const CHANGE_ID: &str = "I8d052e5d26396737bc7d807cbafdc317cfd2f21f";

    fn parsed(body: &Value) -> Result<Parsed, ParseError> {
        parse(&Request { headers: &[], body: body.to_string().as_bytes() })
    }

    fn facts(body: &Value) -> Facts {
        match parsed(body).unwrap().content {
            Content::Facts(facts) => *facts,
            Content::Ignored(reason) => panic!("ignored: {reason}"),
        }
    }

    fn event(kind: &str, more: &Value) -> Value {
        let mut body = json!({
            "type": kind, "eventCreatedOn": 1_773_480_366,
            "change": {
                "project": "pay/checkout", "branch": "main", "id": CHANGE_ID, "number": 42, "subject": "Tax",
                "url": "https://review.acme.example/c/pay/checkout/+/42", "status": "NEW", "createdOn": 1_773_393_000,
                "commitMessage": format!("Tax\n\nChange-Id: {CHANGE_ID}\n"),
            },
            "patchSet": { "number": 2, "revision": SHA },
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    }

    fn change_of(facts: &Facts) -> &throughline_domain::fact::NodeFact {
        facts.nodes.iter().find(|node| node.key.kind() == NodeKind::Change).unwrap()
    }

    #[test]
    fn a_change_goes_by_its_number_its_page_and_its_change_id() {
        let numbers = [json!(42), json!("42")];
        for number in numbers {
            let mut body = event("patchset-created", &json!({}));
            *body.pointer_mut("/change/number").unwrap() = number;
            let facts = facts(&body);
            let change = change_of(&facts);
            assert_eq!(change.key.as_str(), "cdevents:v0:gerrit:review.acme.example:::change:42");
            assert!(change.names.contains(&Name::plain(CHANGE_ID)));
            let written = Name::url("https://review.acme.example/42").unwrap();
            assert!(change.names.contains(&written));
            assert_eq!(facts.links.iter().filter(|link| link.kind == LinkKind::PartOf).count(), 1);
        }
    }

    #[test]
    fn only_a_full_vote_on_the_code_approves() {
        for (label, value, approvals, what) in [
            ("Code-Review", json!("2"), 1, "approved"),
            ("Code-Review", json!(2), 1, "approved"),
            ("Code-Review", json!("1"), 0, "commented"),
            ("Code-Review", json!("-2"), 0, "rejected"),
            ("Verified", json!("1"), 0, "verified"),
            ("Verified", json!("-1"), 0, "failed"),
        ] {
            let vote = json!({
                "author": { "username": "grace" },
                "approvals": [{ "type": label, "value": value, "oldValue": "0" }],
            });
            let facts = facts(&event("comment-added", &vote));
            assert_eq!(facts.links.iter().filter(|link| link.kind == LinkKind::ApprovedBy).count(), approvals);
            let whats: Vec<&str> = facts.events.iter().map(|event| event.what.as_str()).collect();
            assert_eq!(whats, [what], "{label} {value}");
        }
    }

    #[test]
    fn a_change_ends_as_its_status_says() {
        let merged = json!({ "newRev": "ab".repeat(20) });
        for (kind, status, more, outcome, commits) in [
            ("patchset-created", "NEW", json!({}), "running", 1),
            ("change-merged", "MERGED", merged, "success", 2),
            ("change-abandoned", "ABANDONED", json!({}), "abandoned", 1),
        ] {
            let mut body = event(kind, &more);
            *body.pointer_mut("/change/status").unwrap() = json!(status);
            let facts = facts(&body);
            assert!(change_of(&facts).attributes.contains(&(Attribute::Outcome, outcome.to_owned())), "{kind}");
            assert_eq!(facts.links.iter().filter(|link| link.kind == LinkKind::PartOf).count(), commits, "{kind}");
        }
    }

    #[test]
    fn an_update_of_a_branch_needs_a_host() {
        let update =
            json!({ "project": "pay/checkout", "refName": "refs/heads/main", "oldRev": "0".repeat(40), "newRev": SHA });
        let mut body = json!({ "type": "ref-updated", "refUpdate": update, "eventCreatedOn": 1_773_480_366 });
        assert!(matches!(parsed(&body).unwrap().content, Content::Ignored(_)));
        body["instanceId"] = json!("review.acme.example");
        let facts = facts(&body);
        assert!(facts.nodes.iter().any(|node| node.key.kind() == NodeKind::Branch));
    }

    #[test]
    fn what_says_nothing_says_why() {
        for body in [
            json!({ "type": "ref-replicated" }),
            json!({ "type": "dropped-output" }),
            json!({ "type": "island-sunk" }),
            json!({ "type": "change-merged" }),
            json!({ "type": "comment-added", "change": { "number": 42 } }),
        ] {
            assert!(matches!(parsed(&body).unwrap().content, Content::Ignored(_)), "{body}");
        }
        assert!(matches!(parsed(&json!({})), Err(ParseError::Body { .. })));
    }
}
