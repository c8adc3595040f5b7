//! CloudEvents of any type: those that another provider of the table reads go to it, all others say how to map them.

use serde_json::Value;
use throughline_domain::fact::Facts;

use crate::draft::shortened;
use crate::json;
use crate::provider::{Content, ParseError, Parsed, Provider, Request};
use crate::providers;
use crate::signature::Scheme;

mod batch;
mod envelope;

use envelope::Envelope;

const NAME: &str = "cloudevents";
const EXPECTED: &str = "a CloudEvent";

/// The types that begin so are read by the provider of that name.
const READERS: &[(&str, &str)] = &[("dev.cdevents", "cdevents"), (OWN_TYPE, "facts")];

/// The type of an event whose data are facts in our own format.
const OWN_TYPE: &str = "throughline.facts";

/// The name of a delivery that holds several events.
const BATCH: &str = "batch";

/// The longest event name that is passed on, in characters.
const MAX_EVENT_CHARS: usize = 120;

/// The table entry.
pub static PROVIDER: Provider = Provider {
    name: NAME,
    title: "CloudEvents",
    schemes: &[Scheme::StandardWebhooks, Scheme::Authorization, Scheme::Token],
    kept_headers: &[
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
        "ce-id",
        "ce-source",
        "ce-specversion",
        "ce-subject",
        "ce-time",
        "ce-type",
    ],
    meaning_headers: &["content-type", "ce-type", "ce-source", "ce-subject", "ce-time", "ce-specversion"],
    events: &[BATCH, "dev.cdevents", "other", OWN_TYPE],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

/// The sender's id of the message, else the event's, which counts within its source only.
fn delivery_id(request: &Request<'_>) -> Option<String> {
    let filled = |name: &str| request.header(name).filter(|value| !value.is_empty());
    if let Some(id) = filled("webhook-id") {
        return Some(id.to_owned());
    }
    match filled("ce-id") {
        Some(id) => Some(format!("{} {id}", filled("ce-source").unwrap_or_default())),
        None => envelope::event_id(request),
    }
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    if let Some(kind) = request.header("ce-type") {
        return read(kind, request, request.body);
    }
    match json::read(request.body, EXPECTED)? {
        Value::Array(events) => batch::read(request, events),
        Value::Object(members) => structured(request, &Envelope::new(members)?, request.body),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Err(refuse("it is no object")),
    }
}

/// An event in structured mode; `body` is the whole of it.
fn structured(request: &Request<'_>, envelope: &Envelope, body: &[u8]) -> Result<Parsed, ParseError> {
    if envelope.kind.starts_with(OWN_TYPE) {
        return read(&envelope.kind, request, &envelope.data()?);
    }
    read(&envelope.kind, request, body)
}

/// Hands an event to whoever reads its type: the data of our own type, the whole event of any other.
fn read(kind: &str, request: &Request<'_>, body: &[u8]) -> Result<Parsed, ParseError> {
    let reader = READERS.iter().find(|(prefix, _)| kind.starts_with(prefix));
    match reader.and_then(|(_, name)| providers::find(name)) {
        Some(provider) => (provider.parse)(&Request { headers: request.headers, body }),
        None => Ok(Parsed::ignored(shortened(kind, MAX_EVENT_CHARS), unmapped(kind))),
    }
}

/// What the operator can do with a type that nothing reads.
fn unmapped(kind: &str) -> String {
    let kind = shortened(kind, MAX_EVENT_CHARS);
    format!(
        "nothing reads CloudEvents of the type '{kind}': give the source a mapping for it, or have the sender put facts of \
         our own format into an event of the type '{OWN_TYPE}'"
    )
}

fn refuse(cause: &str) -> ParseError {
    ParseError::Body { expected: EXPECTED, cause: cause.to_owned() }
}

/// Adds what one event of a batch states.
fn add(to: &mut Facts, from: Facts) {
    let Facts { nodes, links, events, mentions, announcements, decisions: _ } = from;
    to.nodes.extend(nodes);
    to.links.extend(links);
    to.events.extend(events);
    to.mentions.extend(mentions);
    to.announcements.extend(announcements);
}

/// The facts of a reading, or the reason that there are none.
fn stated(parsed: Parsed) -> Result<Facts, String> {
    match parsed.content {
        Content::Facts(facts) => Ok(*facts),
        Content::Ignored(reason) => Err(reason),
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::{Value, json};

    use super::{delivery_id, parse};
    use crate::provider::{Content, ParseError, Parsed, Request};

    fn read(headers: &[(&str, &str)], body: &Value) -> Result<Parsed, ParseError> {
        let headers: Vec<(String, String)> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        parse(&Request { headers: &headers, body: body.to_string().as_bytes() })
    }

    fn facts() -> Value {
        json!({
            "version": 1,
            "at": "2026-03-14T09:26:06Z",
            "facts": [{ "kind": "service", "id": "checkout", "title": "Checkout" }]
        })
    }

    fn event(kind: &str, more: (&str, Value)) -> Value {
        let mut event = json!({ "specversion": "1.0", "id": "e-1", "source": "/acme", "type": kind });
        event[more.0] = more.1;
        event
    }

    #[test]
    fn facts_are_read_in_every_mode() {
        let expected = read(&[("ce-type", "throughline.facts")], &facts()).unwrap();
        assert_eq!(expected.event, "facts.service");
        assert!(matches!(expected.content, Content::Facts(_)));
        let encoded = STANDARD.encode(facts().to_string());
        for body in [
            event("throughline.facts", ("data", facts())),
            event("throughline.facts", ("data", json!(facts().to_string()))),
            event("throughline.facts", ("data_base64", json!(encoded))),
        ] {
            assert_eq!(read(&[], &body).unwrap(), expected, "{body}");
        }
        let mistaken = json!({ "version": 1, "facts": [{ "kind": "servise", "id": "x" }] });
        assert!(read(&[], &event("throughline.facts", ("data", mistaken))).is_err());
    }

    #[test]
    fn cdevents_are_read_by_their_own_provider() {
        let cdevent = json!({
            "context": {
                "specversion": "0.6.0-draft",
                "id": "d-1",
                "source": "https://cd.acme.example",
                "type": "dev.cdevents.environment.created.0.3.0",
                "timestamp": "2026-03-14T09:26:06Z"
            },
            "subject": { "id": "production", "content": { "name": "Production" } }
        });
        let kind = "dev.cdevents.environment.created.0.3.0";
        let structured = read(&[], &event(kind, ("data", cdevent.clone()))).unwrap();
        assert_eq!(structured.event, "environment.created");
        assert_eq!(read(&[("ce-type", kind)], &cdevent).unwrap(), structured);
        let several = json!([event(kind, ("data", cdevent)), event("com.acme.x", ("data", json!({})))]);
        let batch = read(&[], &several).unwrap();
        assert_eq!((batch.event.as_str(), batch.content), ("batch", structured.content));
    }

    #[test]
    fn any_other_type_says_how_to_map_it() {
        for (headers, body) in [
            (vec![], event("com.acme.island.sunk", ("data", json!({ "depth": 7 })))),
            (vec![("ce-type", "com.acme.island.sunk")], json!({ "depth": 7 })),
            (vec![], json!([event("com.acme.island.sunk", ("data", json!(7)))])),
        ] {
            let parsed = read(&headers, &body).unwrap();
            let Content::Ignored(reason) = parsed.content else { panic!("{body}") };
            assert!(reason.contains("'com.acme.island.sunk'") && reason.contains("mapping"), "{reason}");
        }
        for body in [json!({}), json!(12), json!([12]), event("throughline.facts", ("subject", json!("x")))] {
            assert!(read(&[], &body).is_err(), "{body}");
        }
    }

    #[test]
    fn an_id_counts_within_its_source() {
        let id = |headers: &[(&str, &str)], body: &str| {
            let headers: Vec<(String, String)> =
                headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            delivery_id(&Request { headers: &headers, body: body.as_bytes() })
        };
        let body = r#"{"id":"7","source":"/a"}"#;
        assert_eq!(id(&[("webhook-id", "w"), ("ce-id", "1")], body).as_deref(), Some("w"));
        assert_eq!(id(&[("ce-id", "1"), ("ce-source", "/b")], body).as_deref(), Some("/b 1"));
        assert_eq!(id(&[], body).as_deref(), Some("/a 7"));
        assert_eq!(id(&[], "[]"), None);
    }
}
