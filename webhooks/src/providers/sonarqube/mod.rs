//! SonarQube Server and Cloud: the quality gate of an analysis, which is a scan of its commit.

use crate::json;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

use self::payload::Analysis;

mod payload;
mod scan;

/// The entry of SonarQube in the table of providers.
pub const PROVIDER: Provider = Provider {
    name: "sonarqube",
    title: "SonarQube",
    // Versions before 7.8 sign nothing, and send the user and password of the address.
    schemes: &[Scheme::sha256("x-sonar-webhook-hmac-sha256", ""), Scheme::Authorization],
    kept_headers: &[],
    meaning_headers: &[],
    events: &["analysis"],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const EXPECTED: &str = "a webhook of SonarQube";

/// SonarQube gives its deliveries no id; a repeated one is told by its body.
fn delivery_id(_request: &Request<'_>) -> Option<String> {
    None
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let analysis: Analysis = json::read(request.body, EXPECTED)?;
    let Some(project) = analysis.project.as_ref() else {
        return Err(ParseError::Body { expected: EXPECTED, cause: "it has no member 'project'".to_owned() });
    };
    match scan::facts(&analysis, project)? {
        Some(facts) => Ok(Parsed::facts("analysis", facts)),
        None => {
            let reason = "the project has no key, or the analysis neither a time nor a task";
            Ok(Parsed::ignored("analysis", reason))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use throughline_domain::fact::{Attribute, Facts};
    use throughline_domain::link::LinkKind;

    use super::parse;
    use crate::provider::{Content, Parsed, Request};

    const SHA: &str = "6f1c0a4b9d2e38f7750c1b6ad4e93f2c8b70a915";

    fn parsed(body: &Value) -> Parsed {
        let body = body.to_string();
        parse(&Request { headers: &[], body: body.as_bytes() }).unwrap()
    }

    fn facts(members: Value) -> Facts {
        let mut body = json!({
            "serverUrl": "https://sonar.acme.example", "taskId": "AX1", "status": "SUCCESS",
            "analysedAt": "2026-03-14T09:31:00+0000", "changedAt": "2026-03-14T09:31:00+0000",
            "project": {"key": "acme_checkout", "name": "Checkout"},
            "qualityGate": {"name": "Acme way", "status": "OK", "conditions": []},
        });
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        match parsed(&body).content {
            Content::Facts(facts) => *facts,
            Content::Ignored(reason) => panic!("ignored: {reason}"),
        }
    }

    fn value(facts: &Facts, attribute: Attribute) -> Option<&str> {
        let attributes = &facts.nodes[0].attributes;
        attributes.iter().find(|(name, _)| *name == attribute).map(|(_, value)| value.as_str())
    }

    #[test]
    fn a_gate_that_is_judged_again_is_of_the_same_scan() {
        let first = facts(json!({}));
        let again = facts(json!({"taskId": null, "changedAt": "2026-03-15T08:00:00+0000"}));
        assert_eq!(first.nodes[0].key, again.nodes[0].key);
        assert!(first.nodes[0].at < again.nodes[0].at);
        let failed = facts(json!({"analysedAt": null, "status": "FAILED", "qualityGate": null}));
        assert_eq!(failed.nodes[0].key.parts().resource, "acme_checkout/task/AX1");
    }

    #[test]
    fn a_gate_sets_the_outcome_that_it_means() {
        for (members, outcome) in [
            (json!({"qualityGate": {"status": "OK"}}), Some("success")),
            (json!({"qualityGate": {"status": "WARN"}}), Some("success")),
            (json!({"qualityGate": {"status": "ERROR"}}), Some("failure")),
            (json!({"qualityGate": {"status": "NONE"}}), None),
            (json!({"qualityGate": null}), None),
            (json!({"qualityGate": null, "status": "FAILED"}), Some("failure")),
            (json!({"qualityGate": null, "status": "CANCELED"}), Some("abandoned")),
        ] {
            assert_eq!(value(&facts(members.clone()), Attribute::Outcome), outcome, "{members}");
        }
    }

    #[test]
    fn failed_conditions_are_told() {
        let facts = facts(json!({"qualityGate": {"status": "ERROR", "conditions": [
            {"metric": "new_coverage", "operator": "LESS_THAN", "value": "61.5", "status": "ERROR", "errorThreshold": "80"},
            {"metric": "bugs", "operator": "GREATER_THAN", "value": 3, "status": "ERROR", "errorThreshold": 0},
            {"metric": "lines", "operator": "GREATER_THAN", "status": "ERROR", "errorThreshold": "3"},
            {"metric": "new_bugs", "operator": "GREATER_THAN", "value": "0", "status": "OK", "errorThreshold": "0"},
            {"metric": "new_lines", "operator": "LESS_THAN", "status": "NO_VALUE", "errorThreshold": "1"},
        ]}}));
        assert_eq!(value(&facts, Attribute::Result), Some("1 passed, 3 failed, 1 without a value"));
        let expected = "new_coverage 61.5 is less than 80\nbugs 3 is greater than 0\nlines is greater than 3";
        assert_eq!(value(&facts, Attribute::Description), Some(expected));
    }

    #[test]
    fn a_commit_is_verified_where_the_scanner_names_its_repository() {
        let verified = |members: Value| {
            let facts = facts(members);
            let links = facts.links.iter().filter(|link| link.kind == LinkKind::Verifies);
            links.map(|link| link.to.parts().resource).collect::<Vec<_>>()
        };
        let property = json!({"sonar.analysis.repository": "https://github.com/acme/checkout"});
        assert_eq!(verified(json!({"revision": SHA, "properties": property})), [SHA]);
        assert!(verified(json!({"revision": SHA, "properties": {}})).is_empty());
        assert!(verified(json!({"properties": property})).is_empty());
    }

    #[test]
    fn what_is_no_analysis_is_an_error() {
        assert!(parse(&Request { headers: &[], body: br#"{"status":"SUCCESS"}"# }).is_err());
        assert!(matches!(parsed(&json!({"project": {}})).content, Content::Ignored(_)));
    }
}
