//! Jira: issues with their changelog, comments and versions, from Jira Cloud and from Jira Data Center.

use crate::json;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

mod context;
mod document;
mod events;
mod payload;
mod project;
mod release;
mod site;
mod ticket;

use context::{Context, EXPECTED, broken};
use payload::{Body, Envelope};

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: "jira",
    title: "Jira",
    schemes: &[Scheme::sha256("x-hub-signature", "sha256="), Scheme::Authorization],
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
    "version_deleted",
    "project_created",
    "project_updated",
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
        let reason = reason(&event);
        return Ok(Parsed::ignored(event, reason));
    }
    let mut body: Body = json::read(request.body, EXPECTED)?;
    body.adopt_bare_issue();
    if event.starts_with("version_") {
        let facts = release::read(&Context::new(&event, &body)?)?;
        return Ok(Parsed::facts(event, facts));
    }
    if event.starts_with("project_") {
        let facts = project::read(&Context::new(&event, &body)?)?;
        return Ok(Parsed::facts(event, facts));
    }
    let Some(issue) = &body.issue else {
        return without_issue(event, &body);
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

/// Why nothing is read of an event.
fn reason(event: &str) -> &'static str {
    let is = |prefix: &str| event.starts_with(prefix);
    if is("worklog_") || is("issuelink_") || is("attachment_") {
        "the body names its issue by an internal id only; what was changed in the issue comes as issue_updated"
    } else if is("sprint_") || is("board_") {
        "a sprint or board is no piece of work; what is planned for it changes from day to day"
    } else if is("project_") {
        "a project that is put away leaves its tickets as they are"
    } else if event == "version_moved" {
        "the order of versions says nothing about them"
    } else if is("user_") || is("option_") || is("issue_property_") {
        "the settings of the site, its accounts and the properties that apps keep are not read"
    } else {
        "nothing is read from Jira's events of this kind"
    }
}

/// Jira Data Center leaves the issue out of comment events; what happened there also comes as `issue_updated`.
fn without_issue(event: String, body: &Body) -> Result<Parsed, ParseError> {
    if !event.starts_with("comment_") {
        return Err(broken("it has no issue"));
    }
    let address = body.comment.as_ref().and_then(|comment| comment.address.as_deref());
    let reason = match address.and_then(internal_id) {
        Some(id) => format!("the body names the comment's issue by its internal id {id} only, and not by its key"),
        None => "the body does not say to which issue the comment belongs".to_owned(),
    };
    Ok(Parsed::ignored(event, reason))
}

/// The internal id in the address of a comment: `…/rest/api/2/issue/10013/comment/10084`.
fn internal_id(address: &str) -> Option<&str> {
    let (_, rest) = address.split_once("/issue/")?;
    rest.split('/').next().filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use throughline_domain::fact::{Attribute, Facts};
    use throughline_domain::link::{LinkClass, LinkKind};
    use throughline_domain::name::Name;

    use super::{delivery_id, internal_id, parse};
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
            (r#"{"webhookEvent":"worklog_created","worklog":{"issueId":"10112"}}"#, "worklog_created"),
            (r#"{"webhookEvent":"issuelink_created","issueLink":{"id":1}}"#, "issuelink_created"),
            (r#"{"webhookEvent":"project_deleted","project":{"key":"PAY"}}"#, "project_deleted"),
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
    fn a_moved_issue_keeps_its_former_names() {
        let body = r#"{"webhookEvent":"jira:issue_updated","timestamp":1773480366535,
            "issue":{"self":"https://acme.atlassian.net/rest/api/2/issue/1","key":"OPS-3","fields":{}},
            "changelog":{"items":[{"field":"Key","fieldtype":"jira","fromString":"PAY-12","toString":"OPS-3"}]}}"#;
        let facts = read(body).1.unwrap();
        for name in [
            Name::ticket("OPS-3"),
            Name::ticket("PAY-12"),
            Name::url("https://acme.atlassian.net/browse/PAY-12").unwrap(),
        ] {
            assert!(facts.nodes[0].names.contains(&name), "{name}");
        }
        assert_eq!(facts.events[0].summary, "Moved from PAY-12 to OPS-3");
    }

    #[test]
    fn a_description_that_was_emptied_names_nothing_any_more() {
        for (now, expected) in [("null", vec![""]), (r#""words""#, vec![])] {
            let issue = r#"{"self":"https://acme.atlassian.net/rest/api/2/issue/1","key":"PAY-12","fields":{}}"#;
            let change = format!(r#"{{"field":"description","fieldtype":"jira","toString":{now}}}"#);
            let body = format!(
                r#"{{"webhookEvent":"jira:issue_updated","issue":{issue},"changelog":{{"items":[{change}]}}}}"#
            );
            let facts = read(&body).1.unwrap();
            let texts: Vec<&str> = facts.mentions.iter().map(|mention| mention.text.as_str()).collect();
            assert_eq!(texts, expected, "{now}");
        }
    }

    #[test]
    fn a_project_makes_its_keys_known() {
        let body = r#"{"webhookEvent":"project_created",
            "project":{"self":"http://jira.acme.example:8080/rest/api/2/project/10010","key":"PAY"}}"#;
        let facts = read(body).1.unwrap();
        assert_eq!(facts.announcements[0].name, Name::ticket_project("PAY"));
        let expected = "cdevents:v0:jira:jira.acme.example:PAY::ticket:PAY";
        assert_eq!(facts.announcements[0].pattern.as_str(), expected);
    }

    #[test]
    fn a_deleted_version_is_abandoned() {
        let body = r#"{"webhookEvent":"jira:version_deleted","timestamp":1773480366535,
            "version":{"id":"10021","name":"1.4.0","released":true,"self":"https://acme.atlassian.net/rest/api/2/version/10021"},
            "mergedTo":{"id":"10022","name":"1.5.0"}}"#;
        let facts = read(body).1.unwrap();
        assert!(facts.nodes[0].attributes.contains(&(Attribute::State, "deleted".to_owned())));
        assert_eq!(facts.events[0].summary, "Version 1.4.0 deleted, and merged into 1.5.0");
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
    fn a_comment_has_its_issue_in_its_address() {
        let address = "http://jira.acme.example:8080/rest/api/2/issue/10013/comment/10084";
        assert_eq!(internal_id(address), Some("10013"));
        assert_eq!(internal_id("https://acme.atlassian.net/rest/api/2/comment/10084"), None);
    }

    #[test]
    fn the_identifier_is_the_delivery() {
        let headers = [("x-atlassian-webhook-identifier".to_owned(), "7f1c".to_owned())];
        assert_eq!(delivery_id(&Request { headers: &headers, body: b"" }), Some("7f1c".to_owned()));
        assert_eq!(delivery_id(&Request { headers: &[], body: b"" }), None);
    }
}
