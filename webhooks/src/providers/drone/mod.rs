//! Drone: the global webhooks of Drone 1 and 2, a pipeline run for each build, with its stages as jobs.

use crate::draft::shortened;
use crate::json;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

use self::payload::Event;

mod build;
mod payload;
mod repo;
mod source;

/// The entry of Drone in the table of providers.
pub const PROVIDER: Provider = Provider {
    name: "drone",
    title: "Drone",
    schemes: &[Scheme::HttpSignature],
    kept_headers: &[],
    meaning_headers: &[],
    events: &["build", "repo"],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const EXPECTED: &str = "a webhook of Drone";

/// The longest part of an event's name that is repeated in answers, in characters.
const MAX_EVENT_CHARACTERS: usize = 64;

/// Drone gives its deliveries no id; a repeated one is told by its body.
fn delivery_id(_request: &Request<'_>) -> Option<String> {
    None
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let event: Event = json::read(request.body, EXPECTED)?;
    let Some(kind) = kind(&event) else {
        let cause = "it has neither an event nor a build, repository or user".to_owned();
        return Err(ParseError::Body { expected: EXPECTED, cause });
    };
    let kind = shortened(kind, MAX_EVENT_CHARACTERS);
    let name = match event.action.as_deref().filter(|action| !action.is_empty()) {
        Some(action) => format!("{kind}.{}", shortened(action, MAX_EVENT_CHARACTERS)),
        None => kind.clone(),
    };
    let (facts, missing) = match kind.as_str() {
        "build" => (build::facts(&event)?, "the body does not name a build by its repository and number"),
        "repo" => (repo::facts(&event)?, "the body does not name a repository by its address"),
        "user" => (None, "accounts of Drone itself are no step in a chain of work"),
        _ => (None, "this event of Drone is not read; the delivery is kept and can be replayed later"),
    };
    Ok(match facts {
        Some(facts) => Parsed::facts(name, facts),
        None => Parsed::ignored(name, missing),
    })
}

/// What the event is about; the first versions said it in a header alone.
fn kind(event: &Event) -> Option<&str> {
    let told = event.event.as_deref().filter(|kind| !kind.is_empty());
    let shown = if event.build.is_some() {
        Some("build")
    } else if event.repo.is_some() {
        Some("repo")
    } else {
        event.user.as_ref().map(|_| "user")
    };
    told.or(shown)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use throughline_domain::fact::{Attribute, Facts};
    use throughline_domain::link::LinkKind;
    use throughline_domain::node::NodeKind;

    use super::parse;
    use crate::provider::{Content, Parsed, Request};

    const SHA: &str = "6f1c0a4b9d2e38f7750c1b6ad4e93f2c8b70a915";

    fn parsed(body: &Value) -> Parsed {
        let body = body.to_string();
        parse(&Request { headers: &[], body: body.as_bytes() }).unwrap()
    }

    fn build(host: &str, members: Value) -> Facts {
        let mut build = json!({
            "number": 7, "status": "success", "event": "push", "after": SHA, "ref": "refs/heads/main",
            "created": 1_773_480_360, "started": 1_773_480_366, "finished": 1_773_480_400,
        });
        build.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let body = json!({
            "event": "build", "action": "completed", "build": build,
            "repo": {"slug": "acme/checkout", "git_http_url": format!("https://{host}/acme/checkout.git")},
            "system": {"host": "drone.acme.example", "link": "https://drone.acme.example"},
        });
        match parsed(&body).content {
            Content::Facts(facts) => *facts,
            Content::Ignored(reason) => panic!("ignored: {reason}"),
        }
    }

    #[test]
    fn a_status_sets_the_outcome_that_it_means() {
        for (status, outcome) in [
            ("waiting_on_dependencies", Some("pending")),
            ("blocked", Some("pending")),
            ("pending", Some("pending")),
            ("running", Some("running")),
            ("success", Some("success")),
            ("failure", Some("failure")),
            ("error", Some("failure")),
            ("killed", Some("abandoned")),
            ("declined", Some("abandoned")),
            ("skipped", Some("abandoned")),
            ("something new", None),
        ] {
            let facts = build("github.com", json!({"status": status}));
            let runs = facts.nodes.iter().filter(|node| node.key.kind() == NodeKind::PipelineRun);
            let mut found = runs.flat_map(|node| &node.attributes).filter(|(name, _)| *name == Attribute::Outcome);
            assert_eq!(found.next().map(|(_, value)| value.as_str()), outcome, "{status}");
        }
    }

    #[test]
    fn a_commit_is_part_of_a_change_only_where_drone_says_that_it_is_its_head() {
        for (host, event, reference, change) in [
            (
                "github.com",
                "pull_request",
                "refs/pull/42/head",
                Some("cdevents:v0:github:github.com:acme:checkout:change:42"),
            ),
            ("github.com", "pull_request", "refs/pull/42/merge", None),
            ("github.com", "push", "refs/pull/42/head", None),
            ("git.acme.example", "pull_request", "refs/pull/42/head", None),
            (
                "git.acme.example",
                "pull_request",
                "refs/merge-requests/42/head",
                Some("cdevents:v0:gitlab:git.acme.example:acme:checkout:change:42"),
            ),
            ("github.com", "pull_request", "refs/pull/x/head", None),
        ] {
            let facts = build(host, json!({"event": event, "ref": reference}));
            let link = facts.links.iter().find(|link| link.kind == LinkKind::PartOf);
            assert_eq!(link.map(|link| link.to.as_str()), change, "{host} {event} {reference}");
        }
    }

    #[test]
    fn only_a_push_tells_the_message_of_its_commit() {
        let mentions =
            |event: &str| build("github.com", json!({"event": event, "message": "PAY-12: tax"})).mentions.len();
        assert_eq!(mentions("push"), 1);
        assert_eq!(mentions("pull_request"), 0);
        assert_eq!(mentions("promote"), 0);
    }

    #[test]
    fn what_states_nothing_says_why() {
        for body in [
            json!({"event": "user", "action": "created", "user": {"login": "ada"}}),
            json!({"action": "created", "user": {"login": "ada"}}),
            json!({"event": "build", "action": "created", "build": {"id": 1}}),
            json!({"event": "island", "action": "sunk"}),
        ] {
            assert!(matches!(parsed(&body).content, Content::Ignored(reason) if !reason.is_empty()), "{body}");
        }
        assert!(parse(&Request { headers: &[], body: b"{}" }).is_err());
    }
}
