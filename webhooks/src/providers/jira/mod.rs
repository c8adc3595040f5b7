//! Jira: issues with their changelog, comments and versions, from Jira Cloud and from Jira Data Center.

use crate::json;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

mod context;
mod document;
mod events;
mod payload;
mod release;
mod site;
mod ticket;

use context::{Context, EXPECTED, broken};
use payload::{Body, Envelope};

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: "jira",
    title: "Jira",
    schemes: &[Scheme::HmacHex { header: "x-hub-signature", prefix: "sha256=" }, Scheme::Bearer],
    kept_headers: &[IDENTIFIER],
    meaning_headers: &[],
    events: EVENTS,
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const IDENTIFIER: &str = "x-atlassian-webhook-identifier";

/// Jira's names without their prefix `jira:`, which not all of them have and which no file name may hold everywhere.
const EVENTS: &[&str] = &[
    "issue_created",
    "issue_updated",
    "issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
    "version_created",
    "version_updated",
    "version_released",
    "version_unreleased",
    AUTOMATION,
];

/// What an automation rule sends: an issue, and no word on what happened to it.
const AUTOMATION: &str = "automation";

/// The longest event name that is passed on, in characters.
const MAX_EVENT_CHARS: usize = 100;

fn delivery_id(request: &Request<'_>) -> Option<String> {
    request.header(IDENTIFIER).map(str::to_owned)
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let envelope: Envelope = json::read(request.body, EXPECTED)?;
    let event = event_name(&envelope);
    if !EVENTS.contains(&event.as_str()) {
        return Ok(Parsed::ignored(event, "nothing is read from Jira's events of this kind"));
    }
    let mut body: Body = json::read(request.body, EXPECTED)?;
    body.adopt_bare_issue();
    if event.starts_with("version_") {
        let facts = release::read(&Context::new(&event, &body)?)?;
        return Ok(Parsed::facts(event, facts));
    }
    let Some(issue) = &body.issue else {
        return without_issue(event);
    };
    let facts = ticket::read(&Context::new(&event, &body)?, issue)?;
    Ok(Parsed::facts(event, facts))
}

fn event_name(envelope: &Envelope) -> String {
    match &envelope.webhook_event {
        Some(event) => event.strip_prefix("jira:").unwrap_or(event).chars().take(MAX_EVENT_CHARS).collect(),
        None if envelope.issue.is_some() || envelope.fields.is_some() => AUTOMATION.to_owned(),
        None => "unnamed".to_owned(),
    }
}

/// Jira Data Center leaves the issue out of comment events; what happened there also comes as `issue_updated`.
fn without_issue(event: String) -> Result<Parsed, ParseError> {
    if event.starts_with("comment_") {
        return Ok(Parsed::ignored(event, "the body does not say to which issue the comment belongs"));
    }
    Err(broken("it has no issue"))
}

#[cfg(test)]
mod tests {
    use throughline_domain::fact::{Attribute, Facts};
    use throughline_domain::link::{LinkClass, LinkKind};

    use super::{delivery_id, parse};
    use crate::provider::{Content, Request};

    fn read(body: &str) -> (String, Result<Facts, String>) {
        let parsed = parse(&Request { headers: &[], body: body.as_bytes() }).unwrap();
        match parsed.content {
            Content::Facts(facts) => (parsed.event, Ok(*facts)),
            Content::Ignored(reason) => (parsed.event, Err(reason)),
        }
    }

    #[test]
    fn what_is_not_read_says_so() {
        let cases = [
            (r#"{"webhookEvent":"sprint_started","sprint":{"id":1}}"#, "sprint_started"),
            (r#"{"webhookEvent":"jira:version_merged","version":[]}"#, "version_merged"),
            (r#"{"webhookEvent":"comment_deleted","comment":{"id":"1"}}"#, "comment_deleted"),
            (r#"{"hello":"world"}"#, "unnamed"),
        ];
        for (body, expected) in cases {
            let (event, facts) = read(body);
            assert_eq!(event, expected, "{body}");
            assert!(facts.is_err(), "{body}");
        }
    }

    #[test]
    fn what_cannot_be_placed_is_an_error() {
        for body in [
            r#"{"webhookEvent":"jira:issue_updated"}"#,
            r#"{"webhookEvent":"jira:issue_updated","issue":{"key":"PAY-12"}}"#,
            r#"{"webhookEvent":"jira:issue_updated","issue":{"key":"PAY","self":"https://acme.atlassian.net/rest/api/2/issue/1"}}"#,
            r#"{"webhookEvent":"jira:version_released","version":{"name":"1.4.0","self":"https://acme.atlassian.net/rest/api/2/version/1"}}"#,
        ] {
            assert!(parse(&Request { headers: &[], body: body.as_bytes() }).is_err(), "{body}");
        }
    }

    #[test]
    fn an_automation_rule_may_send_the_bare_issue() {
        let issue = r#"{"self":"https://acme.atlassian.net/rest/api/2/issue/1","id":1,"key":"PAY-12","fields":{"summary":"Retry"}}"#;
        let (event, bare) = read(issue);
        let (_, wrapped) = read(&format!(r#"{{"issue":{issue}}}"#));
        assert_eq!(event, "automation");
        assert_eq!(bare, wrapped);
        let facts = bare.unwrap();
        assert!(facts.events.is_empty());
        assert_eq!(facts.nodes[0].attributes[0], (Attribute::Title, "Retry".to_owned()));
    }

    #[test]
    fn the_epic_is_asserted_by_its_field_and_guessed_from_a_custom_field() {
        let body = |fields: &str| {
            format!(
                r#"{{"issue":{{"self":"https://acme.atlassian.net/rest/api/2/issue/1","key":"PAY-12","fields":{{{fields}}}}}}}"#
            )
        };
        let cases = [
            (r#""parent":{"key":"PAY-1"},"customfield_10014":"PAY-1""#, vec![LinkClass::Asserted]),
            (r#""epic":{"id":7,"key":"PAY-1"}"#, vec![LinkClass::Asserted]),
            (r#""customfield_10014":"PAY-1""#, vec![LinkClass::Guessed]),
            (r#""customfield_10014":"a word","epic":null"#, vec![]),
            (r#""parent":{"key":"PAY-12"}"#, vec![]),
        ];
        for (fields, expected) in cases {
            let facts = read(&body(fields)).1.unwrap();
            let classes: Vec<LinkClass> =
                facts.links.iter().filter(|link| link.kind == LinkKind::ChildOf).map(|link| link.class).collect();
            assert_eq!(classes, expected, "{fields}");
        }
    }

    #[test]
    fn the_identifier_is_the_delivery() {
        let headers = [("x-atlassian-webhook-identifier".to_owned(), "7f1c".to_owned())];
        assert_eq!(delivery_id(&Request { headers: &headers, body: b"" }), Some("7f1c".to_owned()));
        assert_eq!(delivery_id(&Request { headers: &[], body: b"" }), None);
    }
}
