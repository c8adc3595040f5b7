//! Harbor: pushed, pulled and deleted artifacts by digest, their scans, and what its policies do; in both formats.

use throughline_domain::time::Timestamp;

use crate::draft::{Draft, shortened};
use crate::json;
use crate::members::{filled, meant, time};
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

mod artifact;
mod payload;
mod policy;
mod scan;

use payload::Notification;

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: "harbor",
    title: "Harbor",
    schemes: &[Scheme::Authorization, Scheme::Token],
    kept_headers: &[],
    meaning_headers: &[],
    events: EVENTS,
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

/// By the names of Harbor's own format; those of its CloudEvents are read as these.
const EVENTS: &[&str] = &[
    "PUSH_ARTIFACT",
    "PULL_ARTIFACT",
    "DELETE_ARTIFACT",
    "SCANNING_COMPLETED",
    "SCANNING_FAILED",
    "SCANNING_STOPPED",
    "QUOTA_EXCEED",
    "QUOTA_WARNING",
    "REPLICATION",
    "TAG_RETENTION",
];

const EXPECTED: &str = "a Harbor notification";

/// The longest event name that is passed on, in characters.
const MAX_EVENT_CHARS: usize = 64;

/// A CloudEvent keeps its id when Harbor's job service tries again; the older format has none.
fn delivery_id(request: &Request<'_>) -> Option<String> {
    let notification: Notification = json::read(request.body, EXPECTED).ok()?;
    filled(notification.id.as_deref()).map(str::to_owned)
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let notification: Notification = json::read(request.body, EXPECTED)?;
    let kind = filled(notification.kind.as_deref()).ok_or_else(|| broken("'type' is missing"))?;
    let event = own_name(kind);
    if !EVENTS.contains(&event) {
        let event = shortened(event, MAX_EVENT_CHARS);
        return Ok(Parsed::ignored(event, "nothing is read from Harbor's events of this kind"));
    }
    let data = notification.data.as_ref().or(notification.event_data.as_ref());
    let data = data.ok_or_else(|| broken("it has neither 'event_data' nor 'data'"))?;
    let mut draft = Draft::new("harbor/notification", moment(&notification));
    let operator = filled(notification.operator.as_deref());
    match event {
        "PUSH_ARTIFACT" => artifact::state(&mut draft, data, operator, "pushed")?,
        "PULL_ARTIFACT" => artifact::state(&mut draft, data, operator, "pulled")?,
        "DELETE_ARTIFACT" => artifact::state(&mut draft, data, operator, "deleted")?,
        "QUOTA_EXCEED" => policy::state_quota(&mut draft, data, "exceeded")?,
        "QUOTA_WARNING" => policy::state_quota(&mut draft, data, "warned")?,
        "REPLICATION" => policy::state_replication(&mut draft, data)?,
        "TAG_RETENTION" => policy::state_retention(&mut draft, data)?,
        _ => scan::state(&mut draft, data)?,
    }
    if draft.is_empty() {
        let reason = "it names nothing by which it could be known again: no digest, no time, or no policy";
        return Ok(Parsed::ignored(event, reason));
    }
    Ok(Parsed::facts(event, draft.finish()?))
}

/// The name in Harbor's own format of what a CloudEvent's type stands for; any other name as it is.
fn own_name(kind: &str) -> &str {
    match kind {
        "harbor.artifact.pushed" => "PUSH_ARTIFACT",
        "harbor.artifact.pulled" => "PULL_ARTIFACT",
        "harbor.artifact.deleted" => "DELETE_ARTIFACT",
        "harbor.scan.completed" => "SCANNING_COMPLETED",
        "harbor.scan.failed" => "SCANNING_FAILED",
        "harbor.scan.stopped" => "SCANNING_STOPPED",
        "harbor.quota.exceeded" => "QUOTA_EXCEED",
        "harbor.quota.warned" => "QUOTA_WARNING",
        "harbor.replication.status.changed" => "REPLICATION",
        "harbor.tag_retention.finished" => "TAG_RETENTION",
        other => other,
    }
}

/// The event's time.
fn moment(notification: &Notification) -> Option<Timestamp> {
    let written = time(notification.time.as_deref());
    written.or_else(|| meant(Timestamp::from_seconds(notification.occur_at?)))
}

fn broken(cause: &str) -> ParseError {
    ParseError::Body { expected: EXPECTED, cause: cause.to_owned() }
}

#[cfg(test)]
mod tests {
    use throughline_domain::fact::{Attribute, Facts};
    use throughline_domain::link::LinkKind;
    use throughline_domain::node::NodeKind;

    use super::{delivery_id, parse};
    use crate::provider::{Content, Request};

    const DIGEST: &str = "sha256:4f8c1d2e3b4a59687706152433425160798897a6b5c4d3e2f10f1e2d3c4b5a69";

    fn read(body: &str) -> (String, Result<Facts, String>) {
        let parsed = parse(&Request { headers: &[], body: body.as_bytes() }).unwrap();
        match parsed.content {
            Content::Facts(facts) => (parsed.event, Ok(*facts)),
            Content::Ignored(reason) => (parsed.event, Err(reason)),
        }
    }

    fn value(facts: &Facts, kind: NodeKind, attribute: Attribute) -> Option<String> {
        let nodes = facts.nodes.iter().filter(|node| node.key.kind() == kind);
        let mut pairs = nodes.flat_map(|node| node.attributes.iter());
        pairs.find(|(known, _)| *known == attribute).map(|(_, value)| value.clone())
    }

    #[test]
    fn both_formats_say_the_same() {
        let resource = format!(
            r#"{{"digest":"{DIGEST}","tag":"1.4.0","resource_url":"harbor.acme.example/payments/checkout:1.4.0"}}"#
        );
        let own = read(&format!(
            r#"{{"type":"PUSH_ARTIFACT","occur_at":1773480366,"operator":"ada","event_data":{{"resources":[{resource}]}}}}"#
        ));
        let cloud = read(&format!(
            r#"{{"specversion":"1.0","id":"7","type":"harbor.artifact.pushed","time":"2026-03-14T09:26:06Z","operator":"ada",
                "data":{{"resources":[{resource}]}}}}"#
        ));
        assert_eq!(own, cloud);
        let facts = own.1.unwrap();
        assert_eq!(
            value(&facts, NodeKind::Artifact, Attribute::Reference).as_deref(),
            Some("harbor.acme.example/payments/checkout:1.4.0")
        );
        assert_eq!(facts.events[0].what, "pushed");
        assert!(facts.links.iter().any(|link| link.kind == LinkKind::TriggeredBy));
    }

    #[test]
    fn only_a_push_says_which_tag_is_shown() {
        for (kind, is_dated) in [("PUSH_ARTIFACT", true), ("PULL_ARTIFACT", false), ("DELETE_ARTIFACT", false)] {
            let facts = read(&format!(
                r#"{{"type":"{kind}","occur_at":1773480366,"event_data":{{"resources":[{{"digest":"{DIGEST}","tag":"1.3.9",
                    "resource_url":"harbor.acme.example/payments/checkout:1.3.9"}}]}}}}"#
            ));
            let facts = facts.1.unwrap();
            assert_eq!(facts.nodes[0].at.is_some(), is_dated, "{kind}");
            assert_eq!(facts.events.len(), 1, "{kind}");
        }
    }

    #[test]
    fn replications_of_one_second_are_told_apart_by_their_registries() {
        let key = |to: &str| {
            let facts = read(&format!(
                r#"{{"type":"REPLICATION","occur_at":1773480366,"event_data":{{"replication":{{"harbor_hostname":"harbor.acme.example",
                    "job_status":"Success","execution_timestamp":1773480360,"src_resource":{{"endpoint":"https://harbor.acme.example"}},
                    "dest_resource":{{"endpoint":"{to}"}}}}}}}}"#
            ));
            facts.1.unwrap().nodes[0].key.parts().resource
        };
        let expected = "replication/1773480360/harbor.acme.example/eu.acme.example";
        assert_eq!(key("https://eu.acme.example"), expected);
        assert_ne!(key("https://us.acme.example"), expected);
    }

    #[test]
    fn a_scan_has_the_outcome_of_its_report() {
        for (status, outcome) in [
            ("Success", Some("success")),
            ("Error", Some("failure")),
            ("Stopped", Some("abandoned")),
            ("Running", Some("running")),
            ("Dreaming", None),
        ] {
            let facts = read(&format!(
                r#"{{"type":"SCANNING_COMPLETED","occur_at":1773480366,"event_data":{{"resources":[{{"digest":"{DIGEST}",
                    "scan_overview":{{"application/vnd.security.vulnerability.report; version=1.1":
                        {{"report_id":"r-1","scan_status":"{status}"}},"new":{{"a":1}}}}}}]}}}}"#
            ));
            let facts = facts.1.unwrap();
            assert_eq!(value(&facts, NodeKind::Scan, Attribute::Outcome).as_deref(), outcome, "{status}");
            assert_eq!(facts.links.iter().filter(|link| link.kind == LinkKind::Verifies).count(), 1);
        }
    }

    #[test]
    fn what_has_no_identity_says_so() {
        for body in [
            r#"{"type":"PUSH_ARTIFACT","event_data":{"resources":[{"tag":"1.4.0"}]}}"#,
            r#"{"type":"REPLICATION","event_data":{}}"#,
            r#"{"type":"QUOTA_EXCEED","occur_at":1773480366,"event_data":{}}"#,
            r#"{"type":"ISLAND_SUNK"}"#,
        ] {
            assert!(read(body).1.is_err(), "{body}");
        }
        assert!(parse(&Request { headers: &[], body: b"{}" }).is_err());
        assert_eq!(delivery_id(&Request { headers: &[], body: br#"{"id":"7"}"# }), Some("7".to_owned()));
        assert_eq!(delivery_id(&Request { headers: &[], body: b"{" }), None);
    }
}
