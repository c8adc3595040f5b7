//! Tekton: the CloudEvents of its pipelines; a pipeline run for each `PipelineRun`, a job for each task run of it.

use crate::draft::shortened;
use crate::json;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

use self::payload::Body;

mod hints;
mod origin;
mod payload;
mod run;

/// The entry of Tekton in the table of providers.
pub const PROVIDER: Provider = Provider {
    name: "tekton",
    title: "Tekton",
    // Tekton signs nothing; it sends the user and password of the sink's address, and the address itself.
    schemes: &[Scheme::Authorization, Scheme::Token],
    kept_headers: &["ce-id", "ce-source", "ce-subject", "ce-time", TYPE_HEADER],
    meaning_headers: &[TYPE_HEADER],
    events: &["pipelinerun", "taskrun", "customrun"],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const EXPECTED: &str = "the data of a CloudEvent of Tekton";

/// The CloudEvent's type: `dev.tekton.event.taskrun.started.v1`.
const TYPE_HEADER: &str = "ce-type";

/// What stands before the words of every type.
const PREFIX: &str = "dev.tekton.event.";

/// The longest type that is repeated in answers, in characters.
const MAX_EVENT_CHARACTERS: usize = 64;

/// Tekton tries again with the same CloudEvent.
fn delivery_id(request: &Request<'_>) -> Option<String> {
    request.header("ce-id").filter(|id| !id.is_empty()).map(str::to_owned)
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let body: Body = json::read(request.body, EXPECTED)?;
    let told = request.header(TYPE_HEADER).filter(|kind| !kind.is_empty());
    let words = told.and_then(|kind| kind.strip_prefix(PREFIX));
    let name = words.map(|words| words.strip_suffix(".v1").unwrap_or(words)).or(told);
    let name = name.map(|name| shortened(name, MAX_EVENT_CHARACTERS));
    if told.is_some() && words.is_none() {
        let reason = "the CloudEvent is none of Tekton's own types; CDEvents have a provider of their own";
        return Ok(Parsed::ignored(name.unwrap_or_default(), reason));
    }
    let Some((kind, resource)) = body.resource() else {
        return match name {
            Some(name) => Ok(Parsed::ignored(name, "the CloudEvent carries no run of a pipeline or task")),
            None => {
                let cause = "it has neither 'pipelineRun', 'taskRun' nor 'customRun'".to_owned();
                Err(ParseError::Body { expected: EXPECTED, cause })
            }
        };
    };
    let name = name.unwrap_or_else(|| kind.word().to_owned());
    match run::facts(kind, resource)? {
        Some(facts) => Ok(Parsed::facts(name, facts)),
        None => Ok(Parsed::ignored(name, "the run has no uid, by which alone it is known among all clusters")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use throughline_domain::fact::{Attribute, Facts};
    use throughline_domain::link::{LinkClass, LinkKind};
    use throughline_domain::node::NodeKind;

    use super::{delivery_id, parse};
    use crate::provider::{Content, Parsed, Request};

    const SHA: &str = "6f1c0a4b9d2e38f7750c1b6ad4e93f2c8b70a915";

    fn parsed(kind: Option<&str>, body: &Value) -> Parsed {
        let headers: Vec<(String, String)> =
            kind.map(|kind| ("ce-type".to_owned(), kind.to_owned())).into_iter().collect();
        let body = body.to_string();
        parse(&Request { headers: &headers, body: body.as_bytes() }).unwrap()
    }

    fn facts(body: &Value) -> Facts {
        match parsed(None, body).content {
            Content::Facts(facts) => *facts,
            Content::Ignored(reason) => panic!("ignored: {reason}"),
        }
    }

    fn run(status: &str, reason: &str, results: Value) -> Value {
        json!({
            "metadata": {"name": "release-x7", "namespace": "payments", "uid": "u1"},
            "status": {
                "startTime": "2026-03-14T09:26:00Z", "completionTime": "2026-03-14T09:31:00Z",
                "conditions": [{"type": "Succeeded", "status": status, "reason": reason,
                    "lastTransitionTime": "2026-03-14T09:31:00Z"}],
                "results": results,
            },
        })
    }

    fn linked(facts: &Facts, kind: LinkKind) -> Vec<(NodeKind, String, LinkClass)> {
        let links = facts.links.iter().filter(|link| link.kind == kind);
        links.map(|link| (link.from.kind(), link.to.parts().resource, link.class)).collect()
    }

    #[test]
    fn a_condition_sets_the_outcome_that_it_means() {
        for (status, reason, outcome) in [
            ("True", "Succeeded", "success"),
            ("True", "Completed", "success"),
            ("False", "Failed", "failure"),
            ("False", "PipelineRunTimeout", "failure"),
            ("False", "Cancelled", "abandoned"),
            ("False", "TaskRunCancelled", "abandoned"),
            ("Unknown", "Running", "running"),
            ("Unknown", "Started", "running"),
            ("Unknown", "PipelineRunPending", "pending"),
        ] {
            let facts = facts(&json!({"pipelineRun": run(status, reason, json!([]))}));
            let attributes = facts.nodes.iter().flat_map(|node| &node.attributes);
            let found: Vec<&str> =
                attributes.filter(|(name, _)| *name == Attribute::Outcome).map(|(_, value)| value.as_str()).collect();
            assert_eq!(found, [outcome], "{status} {reason}");
        }
    }

    #[test]
    fn results_name_source_and_product() {
        let digest = format!("sha256:{}", "ab".repeat(32));
        let results = json!([
            {"name": "CHAINS-GIT_URL", "value": "https://github.com/acme/checkout"},
            {"name": "CHAINS-GIT_COMMIT", "value": format!("{SHA}\n")},
            {"name": "IMAGE_URL", "value": "ghcr.io/acme/checkout:1.4.0"},
            {"name": "IMAGE_DIGEST", "value": digest},
        ]);
        let facts = facts(&json!({"pipelineRun": run("True", "Succeeded", results)}));
        let sure = |kind, to: &str| (kind, to.to_owned(), LinkClass::Asserted);
        assert_eq!(linked(&facts, LinkKind::ProducedBy), [sure(NodeKind::Artifact, "u1")]);
        assert_eq!(
            linked(&facts, LinkKind::BuiltFrom),
            [sure(NodeKind::PipelineRun, SHA), sure(NodeKind::Artifact, SHA)]
        );
    }

    #[test]
    fn a_task_run_belongs_to_the_run_that_owns_it_by_uid() {
        let results = json!([
            {"name": "url", "value": "https://github.com/acme/checkout"}, {"name": "commit", "value": SHA},
        ]);
        let mut task = run("True", "Succeeded", results);
        task["metadata"]["labels"] = json!({"tekton.dev/pipelineRun": "release-x7", "tekton.dev/task": "git-clone"});
        let alone = facts(&json!({"taskRun": task}));
        assert!(linked(&alone, LinkKind::PartOf).is_empty());
        task["metadata"]["ownerReferences"] = json!([{"kind": "PipelineRun", "name": "release-x7", "uid": "u2"}]);
        let owned = facts(&json!({"taskRun": task}));
        assert_eq!(linked(&owned, LinkKind::PartOf), [(NodeKind::Job, "u2".to_owned(), LinkClass::Asserted)]);
        assert_eq!(
            linked(&owned, LinkKind::BuiltFrom),
            [
                (NodeKind::Job, SHA.to_owned(), LinkClass::Asserted),
                (NodeKind::PipelineRun, SHA.to_owned(), LinkClass::Guessed),
            ]
        );
        task["metadata"]["labels"] = json!({"tekton.dev/task": "fetch"});
        let other = facts(&json!({"taskRun": task}));
        let classes: Vec<LinkClass> = linked(&other, LinkKind::BuiltFrom).into_iter().map(|link| link.2).collect();
        assert_eq!(classes, [LinkClass::Guessed, LinkClass::Guessed]);
    }

    #[test]
    fn the_type_names_the_event() {
        let body = json!({"pipelineRun": run("True", "Succeeded", json!([]))});
        assert_eq!(parsed(Some("dev.tekton.event.pipelinerun.successful.v1"), &body).event, "pipelinerun.successful");
        assert_eq!(parsed(None, &body).event, "pipelinerun");
        for (kind, body) in [
            ("dev.tekton.event.island.sunk.v1", json!({})),
            ("dev.cdevents.taskrun.started.0.2.0", json!({})),
            ("dev.tekton.event.taskrun.started.v1", json!({"taskRun": {"metadata": {"name": "x"}}})),
        ] {
            assert!(matches!(parsed(Some(kind), &body).content, Content::Ignored(_)), "{kind}");
        }
        assert!(parse(&Request { headers: &[], body: b"{}" }).is_err());
        let headers = [("ce-id".to_owned(), "e1".to_owned())];
        assert_eq!(delivery_id(&Request { headers: &headers, body: b"{}" }).as_deref(), Some("e1"));
    }
}
