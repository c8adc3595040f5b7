//! AWX and Ansible Automation Platform: what jobs did to hosts, and what was deployed by them.

use crate::json;
use crate::members::filled;
use crate::parameters::plain;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

mod job;
mod payload;

use payload::Notification;

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: "ansible",
    title: "Ansible Automation Platform and AWX",
    schemes: &[Scheme::Authorization, Scheme::Token],
    kept_headers: &[],
    meaning_headers: &[],
    events: &["started", "success", "error"],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const EXPECTED: &str = "a notification of AWX or Ansible Automation Platform";

/// AWX gives its notifications no id; a repeated one is told by its body.
fn delivery_id(_request: &Request<'_>) -> Option<String> {
    None
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let notification: Notification = json::read(request.body, EXPECTED)?;
    let Some(status) = filled(notification.status.as_deref()) else { return without_status(&notification) };
    let Some(event) = event(status) else {
        return Ok(Parsed::ignored("unknown", "this status of a job is not known"));
    };
    if is_upkeep(&notification) {
        let reason = "it only brings AWX's own copy of a project or inventory up to date";
        return Ok(Parsed::ignored(event, reason));
    }
    let id = notification.id.as_ref().and_then(plain).ok_or_else(|| broken("'id' is missing"))?;
    Ok(Parsed::facts(event, job::facts(&notification, &id, status)?))
}

/// Approvals and test messages are one sentence.
fn without_status(notification: &Notification) -> Result<Parsed, ParseError> {
    if notification.body.is_none() {
        return Err(broken("'status' is missing"));
    }
    let reason = "it is a sentence, as AWX sends it for approvals and tests, and names no job by its id";
    Ok(Parsed::ignored("message", reason))
}

/// The trigger of a notification template, by the status in which it leaves a job.
fn event(status: &str) -> Option<&'static str> {
    match status {
        "new" | "pending" | "waiting" | "running" => Some("started"),
        "successful" => Some("success"),
        "failed" | "error" | "canceled" => Some("error"),
        _ => None,
    }
}

/// Whether it is a job of AWX's own; their addresses say so.
fn is_upkeep(notification: &Notification) -> bool {
    let address = filled(notification.url.as_deref()).unwrap_or_default();
    ["/jobs/project/", "/jobs/inventory/", "/jobs/management/"].iter().any(|path| address.contains(path))
}

fn broken(cause: &str) -> ParseError {
    ParseError::Body { expected: EXPECTED, cause: cause.to_owned() }
}

#[cfg(test)]
mod tests {
    use throughline_domain::fact::{Attribute, Facts};
    use throughline_domain::link::{LinkClass, LinkKind};
    use throughline_domain::node::NodeKind;

    use super::parse;
    use crate::provider::{Content, Request};

    const DIGEST: &str = "sha256:4f8c1d2e3b4a59687706152433425160798897a6b5c4d3e2f10f1e2d3c4b5a69";

    fn job(status: &str, members: &str) -> Facts {
        let body = format!(
            r#"{{"id":38,"name":"Restart checkout","url":"https://awx.acme.example/#/jobs/playbook/38","created_by":"ada",
                "started":"2026-03-14T09:25:00.123456+00:00","finished":false,"status":"{status}",
                "inventory":"Production","project":"Ops","playbook":"restart.yml"{members}}}"#
        );
        match parse(&Request { headers: &[], body: body.as_bytes() }).unwrap().content {
            Content::Facts(facts) => *facts,
            Content::Ignored(reason) => panic!("ignored: {reason}"),
        }
    }

    fn value(facts: &Facts, attribute: Attribute) -> Option<&str> {
        let mut pairs = facts.nodes.iter().flat_map(|node| node.attributes.iter());
        pairs.find(|(known, _)| *known == attribute).map(|(_, value)| value.as_str())
    }

    fn ends(facts: &Facts, kind: LinkKind) -> Vec<(String, LinkClass)> {
        let links = facts.links.iter().filter(|link| link.kind == kind);
        links.map(|link| (link.to.parts().resource, link.class)).collect()
    }

    #[test]
    fn a_status_sets_the_outcome_that_it_means() {
        for (status, outcome, occurs) in [
            ("pending", "pending", false),
            ("running", "running", false),
            ("successful", "success", true),
            ("failed", "failure", false),
            ("error", "failure", false),
            ("canceled", "abandoned", false),
        ] {
            let facts = job(status, "");
            assert_eq!(value(&facts, Attribute::Outcome), Some(outcome), "{status}");
            assert_eq!(value(&facts, Attribute::OccurredAt).is_some(), occurs, "{status}");
            assert_eq!(facts.nodes[0].key.as_str(), "cdevents:v0:ansible:awx.acme.example:::config_change:38");
            // Its page differs from others only behind the '#', which no name keeps.
            assert!(facts.nodes[0].names.is_empty());
        }
    }

    #[test]
    fn a_variable_that_names_an_image_makes_it_a_deployment() {
        let variables =
            format!(r#"{{\"env\":\"staging\",\"service\":\"pay\",\"image\":\"ghcr.io/acme/pay@{DIGEST}\"}}"#);
        let facts = job("successful", &format!(r#","extra_vars":"{variables}""#));
        assert_eq!(facts.nodes[0].key.kind(), NodeKind::Deployment);
        assert_eq!(ends(&facts, LinkKind::Deploys), [(DIGEST.to_owned(), LinkClass::Asserted)]);
        assert_eq!(ends(&facts, LinkKind::DeployedTo), [("staging".to_owned(), LinkClass::Asserted)]);
        assert_eq!(ends(&facts, LinkKind::Of), [("pay".to_owned(), LinkClass::Asserted)]);
        for variables in ["{}", "---", "", "[1]"] {
            let facts = job("successful", &format!(r#","extra_vars":"{variables}""#));
            assert_eq!(facts.nodes[0].key.kind(), NodeKind::ConfigChange, "{variables}");
            assert_eq!(ends(&facts, LinkKind::DeployedTo), [("production".to_owned(), LinkClass::Guessed)]);
        }
    }

    #[test]
    fn hosts_are_counted() {
        let hosts = r#","hosts":{"web-1":{"changed":2,"failures":0,"dark":0,"ok":5},"web-2":{"changed":1,"failures":1,"ok":3},
            "db":{"dark":1,"ok":0,"changed":0},"new":{"a":[1]}}"#;
        assert_eq!(value(&job("failed", hosts), Attribute::Result), Some("3 hosts, 3 changes, 2 hosts failed"));
        assert_eq!(value(&job("failed", r#","hosts":{}"#), Attribute::Result), None);
    }

    #[test]
    fn what_is_no_job_says_so() {
        for body in [
            r#"{"body":"The approval node \"Go\" needs review."}"#,
            r#"{"id":1,"status":"dreaming"}"#,
            r#"{"id":1,"status":"successful","url":"https://awx.acme.example/#/jobs/project/1"}"#,
        ] {
            let parsed = parse(&Request { headers: &[], body: body.as_bytes() }).unwrap();
            assert!(matches!(parsed.content, Content::Ignored(_)), "{body}");
        }
        for body in ["{}", r#"{"status":"successful"}"#, "[]"] {
            assert!(parse(&Request { headers: &[], body: body.as_bytes() }).is_err(), "{body}");
        }
    }
}
