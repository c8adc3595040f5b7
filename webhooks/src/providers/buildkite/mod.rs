//! Buildkite: its pipeline webhooks, a pipeline run for each build, with its jobs.

use crate::draft::shortened;
use crate::json;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

use self::payload::Event;

mod build;
mod job;
mod payload;

/// The entry of Buildkite in the table of providers.
pub const PROVIDER: Provider = Provider {
    name: "buildkite",
    title: "Buildkite",
    schemes: &[Scheme::HmacStamped { header: "x-buildkite-signature" }, Scheme::Header { header: "x-buildkite-token" }],
    kept_headers: &[],
    meaning_headers: &[],
    events: &[
        "build.scheduled",
        "build.running",
        "build.failing",
        "build.finished",
        "job.scheduled",
        "job.started",
        "job.finished",
        "job.activated",
        "job.promised_exit_status",
    ],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const EXPECTED: &str = "a webhook of Buildkite";

/// The longest name of an event that is repeated in answers, in characters.
const MAX_EVENT_CHARACTERS: usize = 64;

/// Buildkite gives its deliveries no id; a repeated one is told by its body.
fn delivery_id(_request: &Request<'_>) -> Option<String> {
    None
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let event: Event = json::read(request.body, EXPECTED)?;
    let Some(name) = event.event.as_deref().filter(|name| !name.is_empty()) else {
        return Err(ParseError::Body { expected: EXPECTED, cause: "it has no member 'event'".to_owned() });
    };
    let name = shortened(name, MAX_EVENT_CHARACTERS);
    let (facts, missing) = match name.as_str() {
        "build.scheduled" | "build.running" | "build.failing" | "build.finished" => {
            (build::facts(&event, &name)?, "the body names no build by its id")
        }
        "job.scheduled" | "job.started" | "job.finished" | "job.activated" | "job.promised_exit_status" => {
            (job::facts(&event, &name)?, "the body names no job by its id")
        }
        "ping" => (None, "Buildkite says hello: the webhook is set up and its deliveries arrive"),
        other => (None, not_read(other)),
    };
    Ok(match facts {
        Some(facts) => Parsed::facts(name, facts),
        None => Parsed::ignored(name, missing),
    })
}

fn not_read(event: &str) -> &'static str {
    match event.split_once('.') {
        Some(("agent" | "agent_token" | "cluster_token", _)) => {
            "agents and their tokens are the machinery of builds, and no step in a chain of work"
        }
        _ => "this event of Buildkite is not read; the delivery is kept and can be replayed later",
    }
}

#[cfg(test)]
mod tests {
    use throughline_domain::fact::{Attribute, Facts};
    use throughline_domain::node::NodeKind;

    use super::parse;
    use crate::provider::{Content, Parsed, Request};

    fn parsed(body: &str) -> Parsed {
        parse(&Request { headers: &[], body: body.as_bytes() }).unwrap()
    }

    fn facts(body: &str) -> Facts {
        match parsed(body).content {
            Content::Facts(facts) => *facts,
            Content::Ignored(reason) => panic!("ignored: {reason}"),
        }
    }

    fn values(facts: &Facts, kind: NodeKind, attribute: Attribute) -> Vec<String> {
        let nodes = facts.nodes.iter().filter(|node| node.key.kind() == kind);
        let pairs = nodes.flat_map(|node| node.attributes.iter());
        pairs.filter(|(name, _)| *name == attribute).map(|(_, value)| value.clone()).collect()
    }

    #[test]
    fn a_build_that_waits_for_a_person_has_not_ended() {
        let build = |members: &str| {
            facts(&format!(
                r#"{{"event":"build.finished","build":{{"id":"b1","finished_at":"2026-03-14T09:26:06Z",{members}}}}}"#
            ))
        };
        let held = build(r#""state":"passed","blocked":true"#);
        assert_eq!(values(&held, NodeKind::PipelineRun, Attribute::State), ["blocked"]);
        assert_eq!(values(&held, NodeKind::PipelineRun, Attribute::Outcome), ["running"]);
        assert!(values(&held, NodeKind::PipelineRun, Attribute::FinishedAt).is_empty());
        let passed = build(r#""state":"passed","blocked":false"#);
        assert_eq!(values(&passed, NodeKind::PipelineRun, Attribute::Outcome), ["success"]);
        assert_eq!(values(&passed, NodeKind::PipelineRun, Attribute::FinishedAt), ["2026-03-14T09:26:06Z"]);
    }

    #[test]
    fn a_build_of_head_is_linked_to_no_commit() {
        let facts = facts(
            r#"{"event":"build.running","build":{"id":"b1","state":"running","commit":"HEAD"},
                "pipeline":{"slug":"checkout","repository":"git@github.com:acme/checkout.git"}}"#,
        );
        assert!(facts.nodes.iter().all(|node| node.key.kind() != NodeKind::Commit));
        assert_eq!(facts.links.len(), 1, "only to its repository");
    }

    #[test]
    fn without_a_time_only_an_end_is_stated() {
        let running = facts(r#"{"event":"job.started","job":{"id":"j1","state":"running"}}"#);
        assert!(values(&running, NodeKind::Job, Attribute::Outcome).is_empty());
        let passed = facts(r#"{"event":"job.finished","job":{"id":"j1","state":"passed","exit_status":0}}"#);
        assert_eq!(values(&passed, NodeKind::Job, Attribute::Outcome), ["success"]);
        assert_eq!(values(&passed, NodeKind::Job, Attribute::Result), ["exit status 0"]);
    }

    #[test]
    fn what_states_nothing_says_why() {
        for body in [
            r#"{"event":"build.scheduled","build":{"...":"..."},"pipeline":{"...":"..."}}"#,
            r#"{"event":"job.finished","job":{"id":"...","state":"..."}}"#,
            r#"{"event":"agent.lost","agent":{}}"#,
            r#"{"event":"ping"}"#,
            r#"{"event":"island.sunk"}"#,
        ] {
            assert!(matches!(parsed(body).content, Content::Ignored(reason) if !reason.is_empty()), "{body}");
        }
        assert!(parse(&Request { headers: &[], body: b"{}" }).is_err());
    }
}
