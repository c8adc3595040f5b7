//! CircleCI: its outbound webhooks, a pipeline run for each workflow, with its jobs.

use serde::Deserialize;

use crate::draft::shortened;
use crate::json;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

use self::payload::Event;

mod payload;
mod run;
mod source;

/// The entry of CircleCI in the table of providers.
pub const PROVIDER: Provider = Provider {
    name: "circleci",
    title: "CircleCI",
    schemes: &[Scheme::sha256("circleci-signature", "v1=")],
    kept_headers: &[],
    meaning_headers: &[],
    events: &["workflow-completed", "job-completed"],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const EXPECTED: &str = "a webhook of CircleCI";

/// The longest name of an event that is repeated in answers, in characters.
const MAX_EVENT_CHARACTERS: usize = 64;

/// As much of any body as tells the event's own id.
#[derive(Deserialize)]
struct Head {
    id: Option<String>,
}

/// CircleCI sends an event again under the same id.
fn delivery_id(request: &Request<'_>) -> Option<String> {
    let head: Head = json::read(request.body, EXPECTED).ok()?;
    head.id.filter(|id| !id.is_empty())
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let event: Event = json::read(request.body, EXPECTED)?;
    let Some(name) = event.kind.as_deref().filter(|name| !name.is_empty()) else {
        return Err(ParseError::Body { expected: EXPECTED, cause: "it has no member 'type'".to_owned() });
    };
    let facts = match name {
        "workflow-completed" => run::workflow_facts(&event)?,
        "job-completed" => run::job_facts(&event)?,
        "ping" => return Ok(Parsed::ignored("ping", "CircleCI says hello: the webhook is set up and arrives")),
        other => {
            let name = shortened(other, MAX_EVENT_CHARACTERS);
            let reason = format!("the CircleCI event '{name}' is not read; it is kept and can be replayed later");
            return Ok(Parsed::ignored(name, reason));
        }
    };
    match facts {
        Some(facts) => Ok(Parsed::facts(name, facts)),
        None => Ok(Parsed::ignored(name, "the body names no workflow or job by its id")),
    }
}

#[cfg(test)]
mod tests {
    use throughline_domain::fact::{Attribute, Facts};
    use throughline_domain::link::LinkKind;
    use throughline_domain::node::NodeKind;

    use super::{delivery_id, parse};
    use crate::provider::{Content, Request};

    const SHA: &str = "6f1c0a4b9d2e38f7750c1b6ad4e93f2c8b70a915";

    fn facts(body: &str) -> Facts {
        match parse(&Request { headers: &[], body: body.as_bytes() }).unwrap().content {
            Content::Facts(facts) => *facts,
            Content::Ignored(reason) => panic!("ignored: {reason}"),
        }
    }

    fn workflow(status: &str, pipeline: &str) -> Facts {
        facts(&format!(
            r#"{{"type":"workflow-completed","id":"e1","happened_at":"2026-03-14T09:26:06Z",
                "workflow":{{"id":"w1","name":"build","status":"{status}",
                    "url":"https://app.circleci.com/pipelines/github/acme/checkout/7/workflows/w1"}},
                "pipeline":{pipeline}}}"#
        ))
    }

    #[test]
    fn a_status_sets_the_outcome_that_it_means() {
        for (status, outcome) in [
            ("success", Some("success")),
            ("failed", Some("failure")),
            ("error", Some("failure")),
            ("unauthorized", Some("failure")),
            ("canceled", Some("abandoned")),
            ("something new", None),
        ] {
            let facts = workflow(status, "{}");
            let attributes = &facts.nodes[0].attributes;
            let found =
                attributes.iter().find(|(name, _)| *name == Attribute::Outcome).map(|(_, value)| value.as_str());
            assert_eq!(found, outcome, "{status}");
        }
    }

    #[test]
    fn every_way_to_name_the_commit_is_read() {
        for (pipeline, repository) in [
            (
                format!(
                    r#"{{"vcs":{{"target_repository_url":"https://github.com/acme/checkout",
                        "origin_repository_url":"https://github.com/ada/checkout","revision":"{SHA}"}}}}"#
                ),
                "cdevents:v0:git:github.com:acme::repository:checkout",
            ),
            (
                format!(
                    r#"{{"trigger_parameters":{{"git":{{"checkout_url":"git@gitlab.com:acme/checkout.git",
                        "checkout_sha":"{SHA}"}}}}}}"#
                ),
                "cdevents:v0:git:gitlab.com:acme::repository:checkout",
            ),
            (
                format!(
                    r#"{{"trigger_parameters":{{"github_app":{{"repo_url":"https://github.com/acme/checkout",
                        "commit_sha":"{SHA}"}}}}}}"#
                ),
                "cdevents:v0:git:github.com:acme::repository:checkout",
            ),
        ] {
            let facts = workflow("success", &pipeline);
            let built: Vec<String> = facts
                .links
                .iter()
                .filter(|link| link.kind == LinkKind::BuiltFrom)
                .map(|link| link.to.parts().resource)
                .collect();
            assert_eq!(built, [SHA], "{pipeline}");
            assert!(facts.links.iter().any(|link| link.to.as_str() == repository), "{pipeline}");
            assert_eq!(facts.nodes[0].key.kind(), NodeKind::PipelineRun);
        }
    }

    #[test]
    fn a_delivery_is_known_by_the_id_of_its_event() {
        let request = |body: &'static str| Request { headers: &[], body: body.as_bytes() };
        assert_eq!(delivery_id(&request(r#"{"id":"e1","type":"ping"}"#)).as_deref(), Some("e1"));
        assert_eq!(delivery_id(&request("{}")), None);
        assert_eq!(delivery_id(&request("[]")), None);
    }
}
