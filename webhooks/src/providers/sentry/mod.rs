//! Sentry: issues, errors, alerts and comments from an integration, and the older WebHooks plugin.

use serde::Deserialize;
use serde::de::IgnoredAny;
use throughline_domain::time::Timestamp;

use crate::alert::MAX_EVENT_CHARS;
use crate::draft::shortened;
use crate::json;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

mod issue;
mod metric;
mod occurrence;
mod payload;
mod place;

use payload::{Data, Hook, Plugin};

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: "sentry",
    title: "Sentry",
    schemes: &[Scheme::sha256("sentry-hook-signature", ""), Scheme::Token],
    kept_headers: &[RESOURCE, SENT, REQUEST],
    meaning_headers: &[RESOURCE],
    events: &["issue", "event_alert", "error", "metric_alert", "comment", "plugin"],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const NAME: &str = "sentry";

const EXPECTED: &str = "a Sentry webhook";

/// What the body is about.
const RESOURCE: &str = "sentry-hook-resource";

/// When Sentry sent it, in seconds since 1970; the bodies about issues have no other word on when it happened.
const SENT: &str = "sentry-hook-timestamp";

/// The delivery's id.
const REQUEST: &str = "request-id";

/// As much of any body as tells whether an integration or the plugin sent it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Envelope {
    data: Option<IgnoredAny>,
    event: Option<IgnoredAny>,
}

fn delivery_id(request: &Request<'_>) -> Option<String> {
    request.header(REQUEST).map(str::to_owned)
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let envelope: Envelope = json::read(request.body, EXPECTED)?;
    if envelope.data.is_some() {
        let hook: Hook = json::read(request.body, EXPECTED)?;
        return integration(request, &hook);
    }
    if envelope.event.is_some() {
        let plugin: Plugin = json::read(request.body, EXPECTED)?;
        return Ok(Parsed::facts("plugin", occurrence::of_plugin(&plugin)?));
    }
    Err(broken("it has neither 'data' nor 'event'"))
}

fn integration(request: &Request<'_>, hook: &Hook) -> Result<Parsed, ParseError> {
    let data = &hook.data;
    let action = hook.action.get().unwrap_or("unnamed");
    let resource = request.header(RESOURCE).unwrap_or_else(|| resource(data));
    let name = shortened(&format!("{resource}.{action}"), MAX_EVENT_CHARS);
    let sent = request.header(SENT).and_then(seconds);
    let facts = match (resource, &data.issue, &data.event, &data.error, &data.metric_alert) {
        ("issue", Some(issue), ..) => match issue::what(action) {
            Some(what) => issue::facts(what, issue, hook.person(), sent)?,
            None => return Ok(not_read(name)),
        },
        ("event_alert", _, Some(event), ..) => occurrence::of_alert(event, data.triggered_rule.get())?,
        ("error", _, _, Some(event), _) => occurrence::of_error(event)?,
        ("metric_alert", _, _, _, Some(alert)) => match metric::what(action) {
            Some(what) => metric::facts(what, action, alert, data, sent)?,
            None => return Ok(not_read(name)),
        },
        ("comment", ..) => match issue::comment_what(action) {
            Some(what) => issue::comment_facts(what, data, hook.person())?,
            None => return Ok(not_read(name)),
        },
        ("installation", ..) => {
            return Ok(Parsed::ignored(name, "Sentry installed or removed the integration; that is about no issue"));
        }
        ("issue" | "event_alert" | "error" | "metric_alert", ..) => {
            return Err(broken("the body lacks what the header Sentry-Hook-Resource announces"));
        }
        _ => return Ok(not_read(name)),
    };
    Ok(Parsed::facts(name, facts))
}

/// What a body is about, where a relay dropped the header that says it.
fn resource(data: &Data) -> &'static str {
    let candidates = [
        ("issue", data.issue.is_some()),
        ("event_alert", data.event.is_some()),
        ("error", data.error.is_some()),
        ("metric_alert", data.metric_alert.is_some()),
        ("comment", data.comment_id.get().is_some()),
        ("installation", data.installation.is_some()),
    ];
    candidates.into_iter().find(|(_, present)| *present).map_or("unknown", |(resource, _)| resource)
}

fn seconds(text: &str) -> Option<Timestamp> {
    text.trim().parse::<i64>().ok().filter(|seconds| *seconds > 0).map(Timestamp::from_seconds)
}

fn not_read(name: String) -> Parsed {
    Parsed::ignored(name, "nothing is read from Sentry's events of this kind")
}

fn broken(cause: &str) -> ParseError {
    ParseError::Body { expected: EXPECTED, cause: cause.to_owned() }
}

#[cfg(test)]
mod tests {
    use throughline_domain::fact::{Attribute, Facts};
    use throughline_domain::link::{LinkClass, LinkKind};

    use super::parse;
    use crate::provider::{Content, Request};

    const SHA: &str = "6f1c0a4b9d2e38f7750c1b6ad4e93f2c8b70a915";

    fn read(body: &str) -> (String, Result<Facts, String>) {
        let headers = [("sentry-hook-timestamp".to_owned(), "1773480366".to_owned())];
        let parsed = parse(&Request { headers: &headers, body: body.as_bytes() }).unwrap();
        match parsed.content {
            Content::Facts(facts) => (parsed.event, Ok(*facts)),
            Content::Ignored(reason) => (parsed.event, Err(reason)),
        }
    }

    fn values(facts: &Facts, attribute: Attribute) -> Vec<&str> {
        let key = &facts.nodes[0].key;
        let attributes = facts.nodes.iter().filter(|node| node.key == *key).flat_map(|node| &node.attributes);
        attributes.filter(|(known, _)| *known == attribute).map(|(_, value)| value.as_str()).collect()
    }

    #[test]
    fn every_way_to_hear_of_an_issue_is_about_one_node() {
        let bodies = [
            r#"{"action":"created","data":{"issue":{"id":"173","title":"E","web_url":"https://acme.sentry.io/issues/173/"}}}"#,
            r#"{"action":"created","data":{"issue":{"id":173,"title":"E","permalink":null}}}"#,
            r#"{"action":"triggered","data":{"event":{"title":"E","issue_url":"https://us.sentry.io/api/0/issues/173/",
                "web_url":"https://sentry.io/organizations/acme/issues/173/events/9/"},"triggered_rule":"R"}}"#,
            r#"{"action":"created","data":{"error":{"title":"E","issue_id":"173"}}}"#,
            r#"{"action":"created","data":{"comment":"hm","comment_id":5,"issue_id":173}}"#,
            r#"{"id":"173","message":"E","url":"https://acme.sentry.io/issues/173/?referrer=webhooks_plugin","event":{}}"#,
        ];
        for body in bodies {
            let facts = read(body).1.unwrap();
            assert_eq!(facts.nodes[0].key.as_str(), "cdevents:v0:sentry:sentry.io:::alert:173", "{body}");
        }
        let own =
            r#"{"id":"173","message":"E","url":"https://sentry.acme.example/acme/checkout/issues/173/","event":{}}"#;
        let facts = read(own).1.unwrap();
        assert_eq!(facts.nodes[0].key.as_str(), "cdevents:v0:sentry:sentry.acme.example:::alert:173");
    }

    #[test]
    fn an_action_says_how_the_issue_stands() {
        for (action, status, outcome, what) in [
            ("created", "unresolved", "running", "created"),
            ("resolved", "resolved", "success", "resolved"),
            ("ignored", "ignored", "abandoned", "archived"),
            ("unresolved", "unresolved", "running", "reopened"),
        ] {
            let (event, facts) = read(&format!(
                r#"{{"action":"{action}","data":{{"issue":{{"id":"173","title":"E","status":"{status}",
                    "firstSeen":"2026-03-14T09:00:00Z"}}}},"actor":{{"type":"user","name":"ada"}}}}"#
            ));
            let facts = facts.unwrap();
            assert_eq!(event, format!("issue.{action}"));
            assert_eq!(values(&facts, Attribute::Outcome), [outcome], "{action}");
            assert_eq!(values(&facts, Attribute::OccurredAt), ["2026-03-14T09:00:00Z"], "{action}");
            assert_eq!(facts.events[0].what, what);
            assert_eq!(facts.events[0].at.to_string(), "2026-03-14T09:26:06Z");
            assert_eq!(facts.events[0].actor.as_deref(), Some("ada"));
        }
    }

    #[test]
    fn the_release_leads_to_a_commit_only_where_its_repository_is_known() {
        let body = |commit: &str| {
            format!(
                r#"{{"action":"created","data":{{"issue":{{"id":"173","title":"E",
                    "firstRelease":{{"version":"checkout@{SHA}","lastCommit":{{"id":"{SHA}"{commit}}}}}}}}}}}"#
            )
        };
        let repository = r#","repository":{"name":"acme/checkout","url":"https://github.com/acme/checkout"}"#;
        for (commit, expected) in [(repository, 1), ("", 0), (r#","repository":{"name":"acme/checkout"}"#, 0)] {
            let facts = read(&body(commit)).1.unwrap();
            let causes: Vec<_> = facts.links.iter().filter(|link| link.kind == LinkKind::CausedBy).collect();
            assert_eq!(causes.len(), expected, "{commit}");
            assert!(causes.iter().all(|link| link.class == LinkClass::Guessed));
            assert_eq!(values(&facts, Attribute::Commit), [SHA]);
        }
    }

    #[test]
    fn what_is_not_read_says_so() {
        for (body, expected) in [
            (r#"{"action":"created","data":{"installation":{"uuid":"1"}}}"#, "installation.created"),
            (r#"{"action":"sunk","data":{"island":{}}}"#, "unknown.sunk"),
            (r#"{"action":"sunk","data":{"issue":{"id":"173"}}}"#, "issue.sunk"),
        ] {
            let (event, facts) = read(body);
            assert_eq!(event, expected);
            assert!(facts.is_err(), "{body}");
        }
        for body in [r#"{"hello":"world"}"#, r#"{"action":"created","data":{"issue":{}}}"#, r#"{"event":{}}"#] {
            assert!(parse(&Request { headers: &[], body: body.as_bytes() }).is_err(), "{body}");
        }
    }
}
