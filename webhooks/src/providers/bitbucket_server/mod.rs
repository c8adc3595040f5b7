//! Bitbucket Server and Data Center: the webhooks of repositories and projects.

use crate::code_host::{event_name, not_read};
use crate::json;
use crate::provider::{Content, ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

use self::payload::Body;
use self::reading::Reading;

mod change;
mod payload;
mod reading;
mod references;
mod repository;

/// Bitbucket Server's entry in the table of providers.
pub const PROVIDER: Provider = Provider {
    name: NAME,
    title: "Bitbucket Server and Data Center",
    schemes: &[Scheme::sha256("x-hub-signature", "sha256=")],
    kept_headers: &[EVENT_HEADER, REQUEST_HEADER],
    meaning_headers: &[EVENT_HEADER],
    events: &[
        "repo:refs_changed",
        "repo:modified",
        "repo:forked",
        "repo:comment:added",
        "repo:comment:edited",
        "repo:comment:deleted",
        "pr:opened",
        "pr:modified",
        "pr:from_ref_updated",
        "pr:reviewer:updated",
        "pr:reviewer:approved",
        "pr:reviewer:unapproved",
        "pr:reviewer:needs_work",
        "pr:reviewer:changes_requested",
        "pr:merged",
        "pr:declined",
        "pr:deleted",
        "pr:comment:added",
        "pr:comment:edited",
        "pr:comment:deleted",
    ],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const NAME: &str = "bitbucket-server";

/// Names the event; the body does, too, but for the test.
const EVENT_HEADER: &str = "x-event-key";

/// Bitbucket's id of the request.
const REQUEST_HEADER: &str = "x-request-id";

fn delivery_id(request: &Request<'_>) -> Option<String> {
    request.header(REQUEST_HEADER).map(str::to_owned)
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let header = request.header(EVENT_HEADER);
    if header == Some("diagnostics:ping") {
        return Ok(Parsed::ignored("diagnostics:ping", HELLO));
    }
    let body: Body = json::read(request.body, "a webhook of Bitbucket Server")?;
    if body.test == Some(true) {
        return Ok(Parsed::ignored("diagnostics:ping", HELLO));
    }
    // The body is signed and the header is not.
    let event = body.event_key.as_deref().or(header).ok_or(ParseError::Header(EVENT_HEADER))?;
    let read: fn(Reading<'_>) -> Result<Content, ParseError> = match event {
        "repo:refs_changed" => references::read,
        "repo:modified" => repository::read_modified,
        "repo:forked" => repository::read_forked,
        "mirror:repo_synchronized" => return Ok(Parsed::ignored(event, MIRROR)),
        name if name.starts_with("repo:comment:") => repository::read_commit_comment,
        name if name.starts_with("pr:") => change::read,
        name => return Ok(not_read(PROVIDER.title, name)),
    };
    let Some(reading) = Reading::open(event, &body)? else {
        return Ok(Parsed::ignored(event_name(event), "the body names no repository"));
    };
    Ok(Parsed { event: event_name(event), content: read(reading)? })
}

const HELLO: &str = "Bitbucket tests the connection: the webhook is set up and its deliveries arrive";
const MIRROR: &str = "a mirror has caught up; the push itself was told by the primary server";

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use throughline_domain::fact::{Attribute, Facts};
    use throughline_domain::link::LinkKind;
    use throughline_domain::node::NodeKind;

    use super::parse;
    use crate::provider::{Content, ParseError, Parsed, Request};

    const SHA: &str = "6f1c0a4b9d2e38f7750c1b6ad4e93f2c8b70a915";

    fn parsed(headers: &[(&str, &str)], body: &Value) -> Result<Parsed, ParseError> {
        let headers: Vec<(String, String)> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        parse(&Request { headers: &headers, body: body.to_string().as_bytes() })
    }

    fn facts(body: &Value) -> Facts {
        match parsed(&[], body).unwrap().content {
            Content::Facts(facts) => *facts,
            Content::Ignored(reason) => panic!("ignored: {reason}"),
        }
    }

    fn repository(links: &Value) -> Value {
        json!({ "slug": "checkout", "name": "Checkout", "project": { "key": "PAY" }, "links": links })
    }

    fn pull_request(event: &str, more: &Value) -> Value {
        let links = json!({ "self": [{ "href": "https://git.acme.example/projects/PAY/repos/checkout/browse" }] });
        let mut pull = json!({
            "id": 42, "title": "Tax", "state": "OPEN", "createdDate": 1_773_392_000_000_i64,
            "toRef": { "repository": repository(&links) },
            "fromRef": { "displayId": "tax", "latestCommit": SHA, "repository": repository(&links) },
        });
        pull.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "eventKey": event, "date": "2026-03-14T10:26:06+0100", "actor": { "name": "ada" }, "pullRequest": pull })
    }

    #[test]
    fn a_repository_has_one_address_in_every_spelling() {
        for links in [
            json!({ "self": [{ "href": "https://git.acme.example/projects/PAY/repos/checkout/browse" }] }),
            json!({ "clone": [{ "name": "http", "href": "https://git.acme.example/scm/pay/checkout.git" }] }),
            json!({ "clone": [{ "name": "ssh", "href": "ssh://git@git.acme.example:7999/pay/checkout.git" }] }),
            json!({ "self": [{ "href": "https://git.acme.example/bitbucket/projects/PAY/repos/checkout/browse" }] }),
        ] {
            let body = json!({
                "eventKey": "repo:refs_changed", "date": "2026-03-14T10:26:06+0100", "repository": repository(&links),
                "changes": [{ "refId": "refs/heads/main", "toHash": SHA, "type": "UPDATE" }],
            });
            let keys: Vec<String> = facts(&body).nodes.iter().map(|node| node.key.to_string()).collect();
            assert!(keys.contains(&"cdevents:v0:git:git.acme.example:pay::repository:checkout".to_owned()), "{keys:?}");
        }
    }

    #[test]
    fn a_repository_without_any_address_lies_nowhere_that_exists() {
        let body = json!({
            "eventKey": "repo:refs_changed", "date": "2026-03-14T10:26:06+0100", "repository": repository(&json!({})),
            "changes": [{ "refId": "refs/tags/v1", "toHash": SHA, "type": "ADD" }],
        });
        let facts = facts(&body);
        assert!(facts.nodes.iter().all(|node| !node.key.parts().provider_id.ends_with(".example")));
        assert!(facts.nodes.iter().any(|node| node.key.kind() == NodeKind::Tag));
        // The hash of a tag may be that of the tag's own object.
        assert!(facts.nodes.iter().all(|node| node.key.kind() != NodeKind::Commit));
    }

    #[test]
    fn a_pull_request_ends_as_its_state_says() {
        let merge = json!({ "state": "MERGED", "properties": { "mergeCommit": { "id": "ab".repeat(20) } } });
        for (event, more, outcome, links) in [
            ("pr:opened", json!({}), "running", 1),
            ("pr:merged", merge, "success", 2),
            ("pr:declined", json!({ "state": "DECLINED" }), "abandoned", 1),
        ] {
            let facts = facts(&pull_request(event, &more));
            let change = facts.nodes.iter().find(|node| node.key.kind() == NodeKind::Change).unwrap();
            assert!(change.attributes.contains(&(Attribute::Outcome, outcome.to_owned())), "{event}");
            assert_eq!(facts.links.iter().filter(|link| link.kind == LinkKind::PartOf).count(), links, "{event}");
        }
    }

    #[test]
    fn only_reviewers_who_approve_are_linked() {
        let reviewers = json!({ "reviewers": [
            { "user": { "name": "grace" }, "approved": true, "status": "APPROVED" },
            { "user": { "name": "edsger" }, "approved": false, "status": "NEEDS_WORK" },
        ] });
        let facts = facts(&pull_request("pr:modified", &reviewers));
        assert_eq!(facts.links.iter().filter(|link| link.kind == LinkKind::ApprovedBy).count(), 1);
    }

    #[test]
    fn tests_mirrors_and_unknown_events_state_nothing() {
        for (headers, body) in [
            (vec![("x-event-key", "diagnostics:ping")], json!({ "test": true })),
            (vec![], json!({ "test": true })),
            (vec![], json!({ "eventKey": "mirror:repo_synchronized" })),
            (vec![("x-event-key", "island:sunk")], json!({})),
            (vec![], json!({ "eventKey": "pr:opened" })),
        ] {
            let parsed = parsed(&headers, &body).unwrap();
            assert!(matches!(parsed.content, Content::Ignored(_)), "{body}");
        }
        assert_eq!(parsed(&[], &json!({})), Err(ParseError::Header("x-event-key")));
    }
}
