//! Bugzilla: bugs with what was changed in them, comments and attachments, by its webhooks extension.

use crate::draft::shortened;
use crate::json;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

mod bug;
mod changes;
mod payload;
mod site;

use payload::{Body, Happening};

const NAME: &str = "bugzilla";
const EXPECTED: &str = "a Bugzilla webhook";

/// The longest event name that is passed on, in characters.
const MAX_EVENT_CHARS: usize = 100;

/// Bugzilla's routing keys, without the list of fields that it puts behind a colon.
const EVENTS: &[&str] =
    &["attachment.create", "attachment.modify", "bug.create", "bug.modify", "comment.create", "comment.modify"];

/// The table entry. Bugzilla sends the secret in a header that the owner of the webhook names.
pub static PROVIDER: Provider = Provider {
    name: NAME,
    title: "Bugzilla",
    schemes: &[Scheme::Authorization, Scheme::Header { header: "x-api-key" }, Scheme::Token],
    kept_headers: &[],
    meaning_headers: &[],
    events: EVENTS,
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

/// Bugzilla gives its deliveries no id; a repeated one is told by its body.
fn delivery_id(_request: &Request<'_>) -> Option<String> {
    None
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let body: Body = json::read(request.body, EXPECTED)?;
    let happening = body.event.as_ref().ok_or_else(|| refuse("'event' is missing"))?;
    let event = event_name(happening);
    if !EVENTS.contains(&event.as_str()) {
        return Ok(Parsed::ignored(event, "nothing is read from Bugzilla's events of this kind"));
    }
    let bug = body.bug.as_ref().ok_or_else(|| refuse("'bug' is missing"))?;
    let facts = bug::read(&body, happening, bug, &event)?;
    Ok(Parsed::facts(event, facts))
}

/// `bug.modify` of the routing key `bug.modify:status,resolution`; older versions tell the action only.
fn event_name(happening: &Happening) -> String {
    let name = match happening.routing_key.as_deref().filter(|key| !key.is_empty()) {
        Some(key) => key.split(':').next().unwrap_or(key).to_owned(),
        None => {
            let action = happening.action.as_deref().unwrap_or("unnamed");
            let action = if action == "change" { "modify" } else { action };
            format!("{}.{action}", happening.target.as_deref().unwrap_or("bug"))
        }
    };
    shortened(&name, MAX_EVENT_CHARS)
}

fn refuse(cause: &str) -> ParseError {
    ParseError::Body { expected: EXPECTED, cause: cause.to_owned() }
}

#[cfg(test)]
mod tests {
    use throughline_domain::fact::{Attribute, Facts};
    use throughline_domain::name::Name;

    use super::parse;
    use crate::provider::{Content, ParseError, Parsed, Request};

    fn read(body: &str) -> Result<Parsed, ParseError> {
        parse(&Request { headers: &[], body: body.as_bytes() })
    }

    fn facts(body: &str) -> Facts {
        match read(body).unwrap().content {
            Content::Facts(facts) => *facts,
            Content::Ignored(reason) => panic!("ignored: {reason}"),
        }
    }

    #[test]
    fn the_event_is_named_alike_by_all_versions() {
        for (event, expected) in [
            (r#"{"routing_key":"bug.modify:status,resolution","action":"modify","target":"bug"}"#, "bug.modify"),
            (r#"{"action":"change"}"#, "bug.modify"),
            (r#"{"action":"create","target":"comment"}"#, "comment.create"),
        ] {
            let parsed = read(&format!(r#"{{"event":{event},"bug":{{"id":12}}}}"#)).unwrap();
            assert_eq!(parsed.event, expected);
        }
        let unknown = read(r#"{"event":{"action":"sunk","target":"island"},"bug":{"id":12}}"#).unwrap();
        assert!(matches!(unknown.content, Content::Ignored(_)));
        for body in ["{}", r#"{"event":{"action":"create"}}"#, r#"{"event":{"action":"create"},"bug":{}}"#] {
            assert!(read(body).is_err(), "{body}");
        }
    }

    #[test]
    fn only_a_name_with_an_address_tells_the_tracker() {
        let body = |name: &str| {
            format!(r#"{{"webhook_name":"{name}","event":{{"action":"create"}},"bug":{{"id":12,"summary":"Retry"}}}}"#)
        };
        let named = facts(&body("Throughline https://Bugzilla.acme.example/bugs/"));
        assert_eq!(named.nodes[0].key.as_str(), "cdevents:v0:bugzilla:bugzilla.acme.example:::ticket:12");
        assert_eq!(named.announcements[0].name, Name::tracker("bugzilla.acme.example"));
        let page = (Attribute::Url, "https://bugzilla.acme.example/bugs/show_bug.cgi?id=12".to_owned());
        assert!(named.nodes[0].attributes.contains(&page));
        let unnamed = facts(&body("Throughline"));
        assert_eq!(unnamed.nodes[0].key.as_str(), "cdevents:v0:bugzilla::::ticket:12");
        assert!(unnamed.announcements.is_empty());
    }
}
