//! Spinnaker: what Echo tells of pipelines; each delivery holds the whole execution, and its deploy stages are deployments.

use crate::draft::{Draft, shortened};
use crate::json;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

mod deployment;
mod images;
mod payload;
mod pipeline;

use payload::{Event, filled};

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: "spinnaker",
    title: "Spinnaker",
    schemes: &[Scheme::Authorization, Scheme::Token],
    kept_headers: &[],
    meaning_headers: &[],
    events: EVENTS,
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

/// Orca's event types without their prefix `orca:`, with a point where it writes a colon, which no file name may hold
/// everywhere.
const EVENTS: &[&str] = &[
    "pipeline.starting",
    "pipeline.complete",
    "pipeline.failed",
    "stage.starting",
    "stage.complete",
    "stage.failed",
    "task.starting",
    "task.complete",
    "task.failed",
    "orchestration.starting",
    "orchestration.complete",
    "orchestration.failed",
];

const EXPECTED: &str = "an event of Spinnaker's Echo";

/// The longest type that is passed on as event name, in characters.
const MAX_EVENT_CHARS: usize = 64;

/// Echo keeps an event's id when it tries again; older versions have none.
fn delivery_id(request: &Request<'_>) -> Option<String> {
    let event = json::read::<Event>(request.body, EXPECTED).ok()?.unwrapped();
    filled(&event.id).map(str::to_owned)
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let event = json::read::<Event>(request.body, EXPECTED)?.unwrapped();
    let details = event.details.as_ref().ok_or_else(|| broken("'details' is missing"))?;
    let kind = filled(&details.kind).ok_or_else(|| broken("'details.type' is missing"))?;
    let name = shortened(kind.strip_prefix("orca:").unwrap_or(kind), MAX_EVENT_CHARS).replace(':', ".");
    if !EVENTS.contains(&name.as_str()) {
        return Ok(Parsed::ignored(name, "nothing is read from Spinnaker's events of this kind"));
    }
    let execution = event.content.as_ref().and_then(|content| content.execution.as_ref());
    let execution = execution.ok_or_else(|| broken("'content.execution' is missing"))?;
    let id = filled(&execution.id).ok_or_else(|| broken("'content.execution.id' is missing"))?;
    let mut draft = Draft::new("spinnaker/execution", details.created());
    pipeline::state(&mut draft, execution, id)?;
    deployment::state(&mut draft, execution)?;
    Ok(Parsed::facts(name, draft.finish()?))
}

fn broken(cause: &str) -> ParseError {
    ParseError::Body { expected: EXPECTED, cause: cause.to_owned() }
}

#[cfg(test)]
mod tests {
    use throughline_domain::fact::{Attribute, Facts};
    use throughline_domain::link::{LinkClass, LinkKind};
    use throughline_domain::node::NodeKind;

    use super::{delivery_id, parse};
    use crate::provider::{Content, Request};

    const DIGEST: &str = "sha256:4f8c1d2e3b4a59687706152433425160798897a6b5c4d3e2f10f1e2d3c4b5a69";
    const COMMIT: &str = "6f1c0a4b9d2e38f7750c1b6ad4e93f2c8b70a915";

    fn event(stages: &str, trigger: &str) -> String {
        format!(
            r#"{{"details":{{"type":"orca:pipeline:complete","application":"shop","created":"1773480366535"}},
                "content":{{"execution":{{"id":"01HX","type":"PIPELINE","application":"shop","name":"Release","status":"SUCCEEDED",
                    "startTime":1773480300000,"endTime":1773480366000,"trigger":{trigger},"stages":{stages}}}}}}}"#
        )
    }

    fn facts(body: &str) -> Facts {
        match parse(&Request { headers: &[], body: body.as_bytes() }).unwrap().content {
            Content::Facts(facts) => *facts,
            Content::Ignored(reason) => panic!("ignored: {reason}"),
        }
    }

    fn stage(kind: &str, status: &str, context: &str) -> String {
        format!(
            r#"[{{"id":"s-1","type":"{kind}","name":"Deploy","status":"{status}","startTime":1773480310000,
                "endTime":1773480360000,"context":{context}}}]"#
        )
    }

    fn value(facts: &Facts, kind: NodeKind, attribute: Attribute) -> Option<&str> {
        let nodes = facts.nodes.iter().filter(|node| node.key.kind() == kind);
        let mut pairs = nodes.flat_map(|node| node.attributes.iter());
        pairs.find(|(known, _)| *known == attribute).map(|(_, value)| value.as_str())
    }

    fn ends(facts: &Facts, kind: LinkKind) -> Vec<(String, LinkClass)> {
        let links = facts.links.iter().filter(|link| link.kind == kind);
        links.map(|link| (link.to.parts().resource, link.class)).collect()
    }

    #[test]
    fn only_stages_that_deploy_are_deployments() {
        for (kind, status, outcome) in [
            ("deploy", "SUCCEEDED", Some("success")),
            ("deployManifest", "TERMINAL", Some("failure")),
            ("undoRolloutManifest", "SUCCEEDED", Some("success")),
            ("deployManifest", "RUNNING", Some("running")),
            ("deployManifest", "CANCELED", Some("abandoned")),
            ("deployManifest", "NOT_STARTED", None),
            ("wait", "SUCCEEDED", None),
        ] {
            let facts = facts(&event(&stage(kind, status, "{}"), "{}"));
            assert_eq!(value(&facts, NodeKind::Deployment, Attribute::Outcome), outcome, "{kind} {status}");
            let occurs = value(&facts, NodeKind::Deployment, Attribute::OccurredAt).is_some();
            assert_eq!(occurs, outcome.is_some(), "{kind} {status}");
        }
        let ids =
            facts(&event(r#"["s-1",{"id":"s-2","type":"deploy","status":"SUCCEEDED","parentStageId":"s-1"}]"#, "{}"));
        assert_eq!(value(&ids, NodeKind::Deployment, Attribute::Outcome), None);
    }

    #[test]
    fn images_with_a_digest_are_deployed() {
        let image = format!("ghcr.io/acme/pay:1.4.0@{DIGEST}");
        let manifest = format!(
            r#"{{"spec":{{"template":{{"spec":{{"containers":[{{"image":"{image}"}},{{"image":"proxy:2"}}]}}}}}}}}"#
        );
        for context in [
            format!(r#"{{"manifests":[{manifest}],"account":"production"}}"#),
            format!(r#"{{"outputs.manifests":[{manifest}],"account":"production"}}"#),
            format!(
                r#"{{"outputs.boundArtifacts":[{{"type":"docker/image","reference":"{image}"}}],"account":"production"}}"#
            ),
        ] {
            let facts = facts(&event(&stage("deployManifest", "SUCCEEDED", &context), "{}"));
            assert_eq!(ends(&facts, LinkKind::Deploys), [(DIGEST.to_owned(), LinkClass::Asserted)], "{context}");
            assert_eq!(ends(&facts, LinkKind::DeployedTo), [("production".to_owned(), LinkClass::Guessed)]);
            assert_eq!(ends(&facts, LinkKind::Of), [("shop".to_owned(), LinkClass::Guessed)]);
        }
    }

    #[test]
    fn a_git_trigger_leaves_the_host_out() {
        for (source, count) in [("github", 1), ("stash", 0)] {
            let trigger = format!(
                r#"{{"type":"git","source":"{source}","project":"acme","slug":"shop","branch":"main","hash":"{COMMIT}","user":"ada"}}"#
            );
            let facts = facts(&event("[]", &trigger));
            let built = ends(&facts, LinkKind::BuiltFrom);
            assert_eq!(built.len(), count, "{source}");
            assert!(built.iter().all(|(id, class)| id == COMMIT && *class == LinkClass::Guessed));
            assert_eq!(ends(&facts, LinkKind::TriggeredBy), [("ada".to_owned(), LinkClass::Asserted)]);
        }
    }

    #[test]
    fn an_envelope_is_opened_and_what_is_not_read_says_so() {
        let whole = event("[]", "{}");
        let wrapped = format!(r#"{{"eventName":"spinnaker_events","payload":{whole}}}"#);
        assert_eq!(facts(&whole), facts(&wrapped));
        let other = parse(&Request { headers: &[], body: br#"{"details":{"type":"docker"}}"# }).unwrap();
        assert!(matches!(other.content, Content::Ignored(_)));
        for body in ["{}", r#"{"details":{}}"#, r#"{"details":{"type":"orca:stage:complete"},"content":{}}"#] {
            assert!(parse(&Request { headers: &[], body: body.as_bytes() }).is_err(), "{body}");
        }
        assert_eq!(delivery_id(&Request { headers: &[], body: br#"{"eventId":"e-1"}"# }), Some("e-1".to_owned()));
    }
}
