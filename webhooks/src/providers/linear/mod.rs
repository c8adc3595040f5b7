//! Linear: issues, comments, projects and documents of a workspace.

use crate::draft::shortened;
use crate::json;
use crate::provider::{Content, ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

mod comment;
mod issue;
mod payload;
mod project;
mod workspace;

use payload::{Body, Data};

const NAME: &str = "linear";
const EXPECTED: &str = "a Linear webhook";
const DELIVERY_HEADER: &str = "linear-delivery";
const EVENT_HEADER: &str = "linear-event";

/// The longest event name that is passed on, in characters.
const MAX_EVENT_CHARS: usize = 100;

/// The table entry. Its events are the types of what was changed; each comes with the actions create, update, remove.
pub static PROVIDER: Provider = Provider {
    name: NAME,
    title: "Linear",
    schemes: &[Scheme::sha256("linear-signature", "")],
    kept_headers: &[DELIVERY_HEADER, EVENT_HEADER],
    meaning_headers: &[],
    events: &[
        "Attachment",
        "Comment",
        "Cycle",
        "Document",
        "Issue",
        "IssueLabel",
        "Project",
        "ProjectUpdate",
        "Reaction",
    ],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

fn delivery_id(request: &Request<'_>) -> Option<String> {
    request.header(DELIVERY_HEADER).filter(|id| !id.is_empty()).map(str::to_owned)
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let body: Body = json::read(request.body, EXPECTED)?;
    let kind = body.kind.as_deref().or(request.header(EVENT_HEADER)).ok_or_else(|| refuse("'type' is missing"))?;
    let event = shortened(&format!("{kind}.{}", body.action()), MAX_EVENT_CHARS);
    let nothing = Data::default();
    let data = body.data.as_ref().unwrap_or(&nothing);
    let content = match kind {
        "Issue" => issue::read(&body, data)?,
        "Comment" => comment::comment(&body, data)?,
        "Attachment" => comment::attachment(&body, data)?,
        "Project" => project::project(&body, data)?,
        "ProjectUpdate" => project::update(&body, data)?,
        "Document" => project::document(&body, data)?,
        other => Content::Ignored(reason(other).to_owned()),
    };
    Ok(Parsed { event, content })
}

/// Why nothing is read from what was changed.
fn reason(kind: &str) -> &'static str {
    match kind {
        "Cycle" => "a cycle is a period of time and no piece of work; an issue tells itself when it is planned for one",
        "IssueLabel" => "a label is read from the issues that have it",
        "Reaction" => "a reaction to a text states nothing about the work",
        _ => "nothing is read from Linear's events of this type",
    }
}

fn refuse(cause: &str) -> ParseError {
    ParseError::Body { expected: EXPECTED, cause: cause.to_owned() }
}

#[cfg(test)]
mod tests {
    use throughline_domain::fact::{Attribute, Facts};
    use throughline_domain::name::Name;

    use super::{delivery_id, parse};
    use crate::provider::{Content, Request};

    fn read(body: &str) -> Result<Facts, String> {
        match parse(&Request { headers: &[], body: body.as_bytes() }).unwrap().content {
            Content::Facts(facts) => Ok(*facts),
            Content::Ignored(reason) => Err(reason),
        }
    }

    fn value(facts: &Facts, attribute: Attribute) -> Option<&str> {
        let attributes = &facts.nodes[0].attributes;
        attributes.iter().find(|(known, _)| *known == attribute).map(|(_, value)| value.as_str())
    }

    #[test]
    fn every_way_to_name_an_issue_is_one_node() {
        let expected = "cdevents:v0:linear:linear.app:PAY::ticket:PAY-12";
        for body in [
            r#"{"type":"Issue","action":"create","data":{"identifier":"PAY-12"}}"#,
            r#"{"type":"Issue","action":"remove","data":{"number":12,"team":{"key":"PAY"}}}"#,
            r#"{"type":"Issue","action":"update","data":{},"url":"https://linear.app/acme/issue/PAY-12/retry"}"#,
            r#"{"type":"Comment","action":"create","data":{"body":"Yes"},"url":"https://linear.app/acme/issue/PAY-12#comment-1"}"#,
            r#"{"type":"Comment","action":"create","data":{"issue":{"identifier":"pay-12"}}}"#,
        ] {
            let facts = read(body).unwrap();
            assert_eq!(facts.nodes[0].key.as_str(), expected, "{body}");
            assert_eq!(facts.announcements[0].name, Name::ticket_project("PAY"));
        }
    }

    #[test]
    fn the_type_of_the_state_is_the_outcome() {
        for (kind, expected) in [
            ("triage", Some("pending")),
            ("backlog", Some("pending")),
            ("unstarted", Some("pending")),
            ("started", Some("running")),
            ("completed", Some("success")),
            ("canceled", Some("abandoned")),
            ("evaporated", None),
        ] {
            let body = format!(
                r#"{{"type":"Issue","action":"create","data":{{"identifier":"PAY-12","state":{{"name":"X","type":"{kind}"}}}}}}"#
            );
            assert_eq!(value(&read(&body).unwrap(), Attribute::Outcome), expected, "{kind}");
        }
    }

    #[test]
    fn an_issue_of_another_team_keeps_its_former_names() {
        let body =
            r#"{"type":"Issue","action":"update","data":{"identifier":"OPS-3","previousIdentifiers":["PAY-12"]}}"#;
        let facts = read(body).unwrap();
        assert!(facts.nodes[0].names.contains(&Name::ticket("PAY-12")));
        assert!(facts.nodes[0].names.contains(&Name::ticket("OPS-3")));
    }

    #[test]
    fn what_cannot_be_placed_says_so() {
        for body in [
            r#"{"type":"Comment","action":"create","data":{"issueId":"5f"}}"#,
            r#"{"type":"Attachment","action":"create","data":{"issueId":"5f","url":"https://acme.example/x"}}"#,
            r#"{"type":"Cycle","action":"create","data":{"id":"5f"}}"#,
            r#"{"type":"Island","action":"sunk","data":{}}"#,
        ] {
            assert!(read(body).is_err(), "{body}");
        }
        for body in [r#"{"type":"Issue","action":"create","data":{"id":"5f"}}"#, r#"{"action":"create"}"#] {
            assert!(parse(&Request { headers: &[], body: body.as_bytes() }).is_err(), "{body}");
        }
    }

    #[test]
    fn the_delivery_has_an_id_of_its_own() {
        let headers = [("linear-delivery".to_owned(), "234d".to_owned())];
        assert_eq!(delivery_id(&Request { headers: &headers, body: b"" }), Some("234d".to_owned()));
        assert_eq!(delivery_id(&Request { headers: &[], body: b"" }), None);
    }
}
