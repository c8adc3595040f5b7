//! Woodpecker: what a step of a pipeline reports of it, in the shape of Woodpecker's own interface.

use crate::json;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

use self::payload::Body;

mod payload;
mod pipeline;
mod source;

/// The entry of Woodpecker in the table of providers.
pub const PROVIDER: Provider = Provider {
    name: "woodpecker",
    title: "Woodpecker",
    schemes: &[Scheme::Authorization, Scheme::Token],
    kept_headers: &[],
    meaning_headers: &[],
    events: &["pipeline"],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const EXPECTED: &str = "what a step of a Woodpecker pipeline reports";

/// A step gives what it sends no id; a repeated report is told by its body.
fn delivery_id(_request: &Request<'_>) -> Option<String> {
    None
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let body: Body = json::read(request.body, EXPECTED)?;
    let Some(pipeline) = body.pipeline() else {
        let cause = "it has neither 'pipeline' nor 'build'".to_owned();
        return Err(ParseError::Body { expected: EXPECTED, cause });
    };
    match pipeline::facts(&body, pipeline)? {
        Some(facts) => Ok(Parsed::facts("pipeline", facts)),
        None => Ok(Parsed::ignored("pipeline", "the body does not name a pipeline by its repository and number")),
    }
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

    fn facts(body: &Value) -> Facts {
        match parsed(body).content {
            Content::Facts(facts) => *facts,
            Content::Ignored(reason) => panic!("ignored: {reason}"),
        }
    }

    fn values(facts: &Facts, attribute: Attribute) -> Vec<String> {
        let nodes = facts.nodes.iter().filter(|node| node.key.kind() == NodeKind::PipelineRun);
        let pairs = nodes.flat_map(|node| node.attributes.iter());
        pairs.filter(|(name, _)| *name == attribute).map(|(_, value)| value.clone()).collect()
    }

    #[test]
    fn every_spelling_is_one_pipeline() {
        let ours = json!({
            "repo": {"full_name": "acme/checkout", "url": "https://git.acme.example/acme/checkout"},
            "pipeline": {"number": "8", "status": "success", "event": "push", "commit": SHA, "finished": "1773480366",
                "url": "https://ci.acme.example/repos/7/pipeline/8"},
        });
        let plugins = json!({
            "repo": {"owner": "acme", "name": "checkout", "clone_url": "https://git.acme.example/acme/checkout.git"},
            "build": {"number": 8, "status": "success", "event": "push", "commit": SHA, "finished": 1_773_480_366,
                "link": "https://ci.acme.example/repos/7/pipeline/8"},
        });
        let (ours, plugins) = (facts(&ours), facts(&plugins));
        assert_eq!(ours, plugins);
        assert_eq!(ours.nodes[0].key.as_str(), "cdevents:v0:woodpecker:ci.acme.example:::pipeline_run:acme/checkout/8");
        assert_eq!(values(&ours, Attribute::FinishedAt), ["2026-03-14T09:26:06Z"]);
    }

    #[test]
    fn a_status_sets_the_outcome_that_it_means() {
        for (status, outcome) in [
            ("blocked", Some("pending")),
            ("running", Some("running")),
            ("success", Some("success")),
            ("failure", Some("failure")),
            ("error", Some("failure")),
            ("killed", Some("abandoned")),
            ("canceled", Some("abandoned")),
            ("something new", None),
        ] {
            let facts = facts(&json!({
                "repo": {"full_name": "acme/checkout"},
                "pipeline": {"number": 8, "status": status, "created": 1_773_480_360, "started": 1_773_480_366},
            }));
            let found = values(&facts, Attribute::Outcome);
            assert_eq!(found.first().map(String::as_str), outcome, "{status}");
        }
    }

    #[test]
    fn only_a_head_is_part_of_its_pull_request() {
        for (reference, parts) in [("refs/pull/42/head", 1), ("refs/pull/42/merge", 0), ("refs/heads/main", 0)] {
            let facts = facts(&json!({
                "repo": {"full_name": "acme/checkout", "url": "https://github.com/acme/checkout"},
                "pipeline": {"number": 8, "status": "success", "event": "pull_request", "commit": SHA, "ref": reference},
            }));
            assert_eq!(facts.links.iter().filter(|link| link.kind == LinkKind::PartOf).count(), parts, "{reference}");
        }
    }

    #[test]
    fn what_states_nothing_says_why() {
        let unnamed = parsed(&json!({"repo": {}, "pipeline": {"number": 1}}));
        assert!(matches!(unnamed.content, Content::Ignored(_)));
        assert!(parse(&Request { headers: &[], body: b"{}" }).is_err());
    }
}
