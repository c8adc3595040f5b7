//! Jenkins: the bodies of its Notification plugin, one pipeline run for each run of a job.

use crate::draft::shortened;
use crate::json;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

use self::payload::Notification;
use self::phase::Phase;

mod payload;
mod phase;
mod run;

/// The entry of Jenkins in the table of providers.
pub const PROVIDER: Provider = Provider {
    name: "jenkins",
    title: "Jenkins",
    // The plugin signs nothing; it sends the user and password of the address, and the address itself.
    schemes: &[Scheme::Authorization, Scheme::Token],
    kept_headers: &[],
    meaning_headers: &[],
    events: &["queued", "started", "completed", "finalized", "finished", "none"],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const EXPECTED: &str = "a notification of Jenkins' Notification plugin";

/// The longest name of a phase that is repeated in answers, in characters.
const MAX_EVENT_CHARACTERS: usize = 64;

/// The plugin gives its notifications no id; a repeated one is told by its body.
fn delivery_id(_request: &Request<'_>) -> Option<String> {
    None
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let notification: Notification = json::read(request.body, EXPECTED)?;
    let Some(build) = notification.build.as_ref() else {
        let cause = "it has no member 'build'; bodies that a job writes itself are read by a mapping".to_owned();
        return Err(ParseError::Body { expected: EXPECTED, cause });
    };
    let event = match (&build.phase, &build.status) {
        (Some(phase), _) => shortened(phase, MAX_EVENT_CHARACTERS).to_lowercase(),
        // What has a status and no phase was written by a script at the end of its job.
        (None, Some(_)) => "completed".to_owned(),
        (None, None) => return Ok(Parsed::ignored("build", "the build has neither a phase nor a status")),
    };
    let Some(phase) = Phase::of(&event) else {
        let reason = format!("Jenkins' phase '{event}' is not known; the delivery is kept and can be replayed later");
        return Ok(Parsed::ignored(event, reason));
    };
    match run::facts(&notification, build, phase)? {
        Some(facts) => Ok(Parsed::facts(event, facts)),
        None => Ok(Parsed::ignored(event, "the build has no number, or its job has neither address nor name")),
    }
}

#[cfg(test)]
mod tests {
    use throughline_domain::fact::{Attribute, Facts};
    use throughline_domain::link::LinkKind;
    use throughline_domain::node::NodeKind;

    use super::parse;
    use crate::provider::{Content, ParseError, Parsed, Request};

    const SHA: &str = "6f1c0a4b9d2e38f7750c1b6ad4e93f2c8b70a915";

    fn parsed(build: &str) -> Result<Parsed, ParseError> {
        let body = format!(r#"{{"name":"checkout","url":"job/acme/job/checkout/","build":{build}}}"#);
        parse(&Request { headers: &[], body: body.as_bytes() })
    }

    fn facts(build: &str) -> Facts {
        match parsed(build).unwrap().content {
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
    fn the_folders_of_a_job_are_part_of_its_run() {
        for (members, resource) in [
            (r#""url":"job/acme/job/checkout/148/""#, "acme/checkout/148"),
            (r#""full_url":"https://ci.acme.example/jenkins/job/acme/job/checkout/148/""#, "acme/checkout/148"),
        ] {
            let facts = facts(&format!(r#"{{"number":148,"phase":"STARTED","timestamp":1773480366535,{members}}}"#));
            assert_eq!(facts.nodes[0].key.parts().resource, resource, "{members}");
        }
    }

    #[test]
    fn a_status_means_an_outcome_only_at_the_end() {
        for (phase, status, outcome) in [
            ("QUEUED", "null", "pending"),
            ("STARTED", "null", "running"),
            ("NONE", "null", "running"),
            ("COMPLETED", r#""SUCCESS""#, "success"),
            ("FINALIZED", r#""UNSTABLE""#, "failure"),
            ("COMPLETED", r#""FAILURE""#, "failure"),
            ("COMPLETED", r#""ABORTED""#, "abandoned"),
            ("COMPLETED", r#""NOT_BUILT""#, "abandoned"),
        ] {
            let build =
                format!(r#"{{"number":"148","phase":"{phase}","status":{status},"timestamp":"1773480366535"}}"#);
            assert_eq!(
                values(&facts(&build), NodeKind::PipelineRun, Attribute::Outcome),
                [outcome],
                "{phase} {status}"
            );
        }
    }

    #[test]
    fn without_a_time_only_an_end_is_stated() {
        let started = facts(r#"{"number":148,"phase":"STARTED"}"#);
        assert!(values(&started, NodeKind::PipelineRun, Attribute::Outcome).is_empty());
        let finished = facts(r#"{"number":148,"phase":"FINISHED","status":"SUCCESS"}"#);
        assert_eq!(values(&finished, NodeKind::PipelineRun, Attribute::Outcome), ["success"]);
    }

    #[test]
    fn tests_verify_the_commit_and_the_build() {
        let facts = facts(&format!(
            r#"{{"number":148,"phase":"COMPLETED","status":"UNSTABLE","timestamp":1773480366535,"duration":1000,
                "scm":{{"url":"git@github.com:acme/checkout.git","branch":"origin/main","commit":"{SHA}"}},
                "artifacts":{{"checkout.jar":{{"archive":"https://ci.acme.example/checkout.jar"}},"odd":{{"a":[1]}}}},
                "test_summary":{{"total":3,"failed":1,"passed":2,"skipped":0,"failed_tests":["acme.TotalTest.tax"]}}}}"#
        ));
        let verified: Vec<NodeKind> =
            facts.links.iter().filter(|link| link.kind == LinkKind::Verifies).map(|link| link.to.kind()).collect();
        assert_eq!(verified, [NodeKind::Build, NodeKind::Commit]);
        assert_eq!(values(&facts, NodeKind::TestRun, Attribute::Outcome), ["failure"]);
        assert_eq!(values(&facts, NodeKind::Build, Attribute::Result), ["1 archived"]);
        assert_eq!(values(&facts, NodeKind::PipelineRun, Attribute::Branch), ["main"]);
        assert_eq!(values(&facts, NodeKind::PipelineRun, Attribute::StartedAt), ["2026-03-14T09:26:05.535Z"]);
        for link in &facts.links {
            assert!(link.kind.allows(link.from.kind(), link.to.kind()), "{link:?}");
        }
    }

    #[test]
    fn what_cannot_be_told_apart_is_ignored_and_what_is_no_notification_is_an_error() {
        assert!(matches!(parsed(r#"{"phase":"STARTED"}"#).unwrap().content, Content::Ignored(_)));
        assert!(matches!(parsed(r#"{"number":1}"#).unwrap().content, Content::Ignored(_)));
        let other = parse(&Request { headers: &[], body: br#"{"job":"checkout","result":"SUCCESS"}"# });
        assert!(matches!(other, Err(ParseError::Body { .. })));
    }
}
