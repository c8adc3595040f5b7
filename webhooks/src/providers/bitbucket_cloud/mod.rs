//! Bitbucket Cloud: the webhooks of repositories and workspaces on bitbucket.org.

use crate::code_host::{event_name, not_read};
use crate::json;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

use self::payload::Body;
use self::reading::Reading;

mod change;
mod issue;
mod payload;
mod push;
mod reading;
mod repository;
mod status;

/// Bitbucket Cloud's entry in the table of providers.
pub const PROVIDER: Provider = Provider {
    name: NAME,
    title: "Bitbucket Cloud",
    schemes: &[Scheme::sha256("x-hub-signature", "sha256=")],
    kept_headers: &[EVENT_HEADER, REQUEST_HEADER, "x-hook-uuid"],
    meaning_headers: &[EVENT_HEADER],
    events: &[
        "repo:push",
        "repo:fork",
        "repo:updated",
        "repo:commit_comment_created",
        "repo:commit_status_created",
        "repo:commit_status_updated",
        "issue:created",
        "issue:updated",
        "issue:comment_created",
        "pullrequest:created",
        "pullrequest:updated",
        "pullrequest:approved",
        "pullrequest:unapproved",
        "pullrequest:changes_request_created",
        "pullrequest:changes_request_removed",
        "pullrequest:fulfilled",
        "pullrequest:rejected",
        "pullrequest:comment_created",
        "pullrequest:comment_updated",
        "pullrequest:comment_deleted",
    ],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const NAME: &str = "bitbucket-cloud";

/// The one host.
const HOST: &str = "bitbucket.org";

/// Names the event.
const EVENT_HEADER: &str = "x-event-key";

/// Bitbucket's id of the request; the same in every attempt.
const REQUEST_HEADER: &str = "x-request-uuid";

fn delivery_id(request: &Request<'_>) -> Option<String> {
    request.header(REQUEST_HEADER).map(str::to_owned)
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let named = request.header(EVENT_HEADER);
    if let Some(event) = named.filter(|event| Read::of(event).is_none()) {
        return Ok(not_read(PROVIDER.title, event));
    }
    let body: Body = json::read(request.body, "a webhook of Bitbucket Cloud")?;
    // Whoever passes deliveries on may drop the headers; the shape of the body tells nearly as much.
    let event = named.or_else(|| inferred(&body)).ok_or(ParseError::Header(EVENT_HEADER))?;
    let Some(read) = Read::of(event) else { return Ok(not_read(PROVIDER.title, event)) };
    let Some(reading) = Reading::open(event, &body)? else {
        return Ok(Parsed::ignored(event_name(event), "the body names no repository"));
    };
    let content = match read {
        Read::Push => push::read(reading),
        Read::Fork => repository::read_fork(reading),
        Read::Updated => repository::read_updated(reading),
        Read::CommitComment => repository::read_commit_comment(reading),
        Read::Status => status::read(reading),
        Read::Issue => issue::read(reading),
        Read::Change => change::read(reading),
    }?;
    Ok(Parsed { event: event_name(event), content })
}

/// How a body is read.
#[derive(Clone, Copy, Debug)]
enum Read {
    Push,
    Fork,
    Updated,
    CommitComment,
    Status,
    Issue,
    Change,
}

impl Read {
    fn of(event: &str) -> Option<Self> {
        match event {
            "repo:push" => Some(Self::Push),
            "repo:fork" => Some(Self::Fork),
            "repo:updated" => Some(Self::Updated),
            "repo:commit_comment_created" => Some(Self::CommitComment),
            "repo:commit_status_created" | "repo:commit_status_updated" => Some(Self::Status),
            "issue:created" | "issue:updated" | "issue:comment_created" => Some(Self::Issue),
            name if name.starts_with("pullrequest:") => Some(Self::Change),
            _ => None,
        }
    }
}

/// The event that a body of this shape belongs to, where no header says it.
///
/// That somebody approved and that they took it back look the same: neither is said then.
fn inferred(body: &Body) -> Option<&'static str> {
    if let Some(change) = &body.pullrequest {
        return Some(match change.state.as_deref() {
            _ if body.comment.is_some() => "pullrequest:comment_created",
            _ if body.approval.is_some() || body.changes_request.is_some() => "pullrequest:updated",
            Some("MERGED") => "pullrequest:fulfilled",
            Some("DECLINED") => "pullrequest:rejected",
            _ if change.created_on == change.updated_on => "pullrequest:created",
            _ => "pullrequest:updated",
        });
    }
    if body.push.is_some() {
        Some("repo:push")
    } else if let Some(status) = &body.commit_status {
        let is_new = status.created_on == status.updated_on;
        Some(if is_new { "repo:commit_status_created" } else { "repo:commit_status_updated" })
    } else if body.issue.is_some() {
        Some(match (&body.comment, &body.changes) {
            (Some(_), None) => "issue:comment_created",
            (_, Some(_)) => "issue:updated",
            (None, None) => "issue:created",
        })
    } else if body.fork.is_some() {
        Some("repo:fork")
    } else if body.commit.is_some() && body.comment.is_some() {
        Some("repo:commit_comment_created")
    } else if body.changes.is_some() && body.repository.is_some() {
        Some("repo:updated")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use throughline_domain::fact::{Attribute, Facts};
    use throughline_domain::link::LinkKind;
    use throughline_domain::node::NodeKind;

    use super::parse;
    use crate::provider::{Content, ParseError, Parsed, Request};

    const SHA: &str = "6f1c0a4b9d2e38f7750c1b6ad4e93f2c8b70a915";

    fn parsed(event: Option<&str>, body: &Value) -> Result<Parsed, ParseError> {
        let headers: Vec<(String, String)> =
            event.into_iter().map(|event| ("x-event-key".to_owned(), event.to_owned())).collect();
        parse(&Request { headers: &headers, body: body.to_string().as_bytes() })
    }

    fn facts(event: &str, body: &Value) -> Facts {
        match parsed(Some(event), body).unwrap().content {
            Content::Facts(facts) => *facts,
            Content::Ignored(reason) => panic!("ignored: {reason}"),
        }
    }

    fn values(facts: &Facts, kind: NodeKind, attribute: Attribute) -> Vec<String> {
        let nodes = facts.nodes.iter().filter(|node| node.key.kind() == kind);
        let pairs = nodes.flat_map(|node| node.attributes.iter());
        pairs.filter(|(name, _)| *name == attribute).map(|(_, value)| value.clone()).collect()
    }

    fn with(member: &str, value: Value) -> Value {
        let mut body = json!({ "repository": { "full_name": "acme/checkout" }, "actor": { "account_id": "5b10" } });
        body.as_object_mut().unwrap().insert(member.to_owned(), value);
        body
    }

    #[test]
    fn a_body_without_headers_says_by_its_shape_what_it_is() {
        for (body, event) in [
            (with("push", json!({ "changes": [{ "new": { "type": "branch", "name": "main" } }] })), "repo:push"),
            (with("pullrequest", json!({ "id": 1, "state": "MERGED" })), "pullrequest:fulfilled"),
            (with("pullrequest", json!({ "id": 1, "state": "OPEN" })), "pullrequest:created"),
            (with("issue", json!({ "id": 1 })), "issue:created"),
            (with("fork", json!({ "full_name": "ada/checkout" })), "repo:fork"),
            (with("changes", json!({})), "repo:updated"),
        ] {
            let parsed = parsed(None, &body).unwrap();
            assert_eq!(parsed.event, event);
            assert!(matches!(parsed.content, Content::Facts(_)), "{event}: {:?}", parsed.content);
        }
        assert_eq!(parsed(None, &json!({})), Err(ParseError::Header("x-event-key")));
    }

    #[test]
    fn only_what_the_header_calls_an_approval_is_one() {
        let mut body = with("pullrequest", json!({ "id": 1, "state": "OPEN" }));
        body["approval"] = json!({ "date": "2026-03-14T09:26:06+00:00", "user": { "account_id": "5b11" } });
        for (event, count) in [
            (Some("pullrequest:approved"), 1),
            (Some("pullrequest:unapproved"), 0),
            (Some("pullrequest:updated"), 0),
            (None, 0),
        ] {
            let Content::Facts(facts) = parsed(event, &body).unwrap().content else { panic!("ignored") };
            let approvals = facts.links.iter().filter(|link| link.kind == LinkKind::ApprovedBy).count();
            assert_eq!(approvals, count, "{event:?}");
        }
    }

    #[test]
    fn a_short_commit_id_is_no_commit() {
        let change = json!({ "id": 1, "state": "OPEN", "source": { "commit": { "hash": "6f1c0a4b9d2e" } } });
        let short = facts("pullrequest:created", &with("pullrequest", change));
        assert!(short.nodes.iter().all(|node| node.key.kind() != NodeKind::Commit));
        let change = json!({ "id": 1, "state": "OPEN", "source": { "commit": { "hash": SHA } } });
        let full = facts("pullrequest:created", &with("pullrequest", change));
        assert_eq!(full.links.iter().filter(|link| link.kind == LinkKind::PartOf).count(), 1);
    }

    #[test]
    fn a_status_is_a_pipeline_or_the_build_of_another_tool() {
        for (url, kind, outcome, state) in [
            (
                "https://bitbucket.org/acme/checkout/pipelines/results/58",
                NodeKind::PipelineRun,
                "success",
                "SUCCESSFUL",
            ),
            (
                "https://bitbucket.org/acme/checkout/addon/pipelines/home#!/results/58",
                NodeKind::PipelineRun,
                "running",
                "INPROGRESS",
            ),
            ("https://jenkins.acme.example/job/checkout/58/", NodeKind::Build, "failure", "FAILED"),
            ("https://jenkins.acme.example/job/checkout/58/", NodeKind::Build, "abandoned", "STOPPED"),
        ] {
            let status = json!({ "key": "ci", "state": state, "url": url, "commit": { "hash": SHA } });
            let facts = facts("repo:commit_status_updated", &with("commit_status", status));
            assert_eq!(values(&facts, kind, Attribute::Outcome), [outcome], "{url}");
            assert_eq!(facts.links.iter().filter(|link| link.kind == LinkKind::BuiltFrom).count(), 1);
        }
    }

    #[test]
    fn a_deleted_branch_states_no_commit() {
        let old =
            json!({ "type": "branch", "name": "tax", "target": { "hash": SHA, "date": "2026-03-14T09:20:00+00:00" } });
        let changes = json!({ "changes": [{ "closed": true, "new": null, "old": old }] });
        let facts = facts("repo:push", &with("push", changes));
        assert_eq!(values(&facts, NodeKind::Branch, Attribute::State), ["deleted"]);
        assert!(facts.events.is_empty(), "nothing tells when it was deleted");
        assert!(facts.nodes.iter().all(|node| node.key.kind() != NodeKind::Commit));
    }
}
