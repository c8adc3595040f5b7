//! MediaWiki: pages as documents, from its feed of recent changes, from the extension EventBus, or from a script.

use serde_json::Value;

use crate::draft::{Draft, shortened};
use crate::json;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

mod change;
mod document;
mod payload;

use change::{Change, Read};
use payload::Event;

const NAME: &str = "mediawiki";
const EXPECTED: &str = "an event of MediaWiki";

/// The name of a delivery that holds several events.
const BATCH: &str = "batch";

/// The most events that one delivery may hold.
const MAX_EVENTS: usize = 1_000;

/// The longest event name that is passed on, in characters.
const MAX_EVENT_CHARS: usize = 100;

/// The table entry. Its events are the names of the streams, and `notification` for what a script posts.
pub static PROVIDER: Provider = Provider {
    name: NAME,
    title: "MediaWiki",
    schemes: &[Scheme::StandardWebhooks, Scheme::Authorization, Scheme::Token],
    kept_headers: &["webhook-id", "webhook-timestamp", "webhook-signature"],
    meaning_headers: &[],
    events: &[
        BATCH,
        "notification",
        "page-create",
        "page-delete",
        "page-move",
        "page-undelete",
        "page_change",
        "recentchange",
        "revision-create",
    ],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

/// The sender's id of the message, else the event's own.
fn delivery_id(request: &Request<'_>) -> Option<String> {
    let header = request.header("webhook-id").filter(|id| !id.is_empty()).map(str::to_owned);
    header.or_else(|| payload::event_id(request))
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    read_all(json::read_events(request.body, EXPECTED, MAX_EVENTS)?)
}

fn read_all(events: Vec<Value>) -> Result<Parsed, ParseError> {
    let several = events.len() != 1;
    let mut draft = Draft::new(format!("{NAME}/page"), None);
    let mut name = BATCH.to_owned();
    let mut ignored = "the list holds no event".to_owned();
    for event in events {
        let event: Event = serde_json::from_value(event).map_err(|error| refuse(&error.to_string()))?;
        let Read { event, change } = Change::of(&event)?;
        if !several {
            name = shortened(&event, MAX_EVENT_CHARS);
        }
        match change {
            Ok(change) => document::state(&mut draft, &change)?,
            Err(reason) => ignored = reason,
        }
    }
    if draft.is_empty() {
        return Ok(Parsed::ignored(name, ignored));
    }
    Ok(Parsed::facts(name, draft.finish()?))
}

fn refuse(cause: &str) -> ParseError {
    ParseError::Body { expected: EXPECTED, cause: cause.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{delivery_id, parse};
    use crate::provider::{Content, ParseError, Parsed, Request};

    fn read(body: &str) -> Result<Parsed, ParseError> {
        parse(&Request { headers: &[], body: body.as_bytes() })
    }

    #[test]
    fn every_shape_is_the_document_at_its_address() {
        let expected = "cdevents:v0:web:wiki.acme.example:::document:/wiki/Runbook%3ACheckout";
        let meta = |stream: &str| {
            format!(r#""meta":{{"uri":"https://wiki.acme.example/wiki/Runbook:Checkout","stream":"{stream}"}}"#)
        };
        for (body, event) in [
            (
                format!(r#"{{{},"type":"edit","title":"Runbook:Checkout"}}"#, meta("mediawiki.recentchange")),
                "recentchange.edit",
            ),
            (
                r#"{"type":"new","title":"Runbook:Checkout","title_url":"https://wiki.acme.example/wiki/Runbook:Checkout"}"#
                    .to_owned(),
                "recentchange.new",
            ),
            (
                format!(r#"{{{},"page_title":"Runbook:Checkout"}}"#, meta("mediawiki.page-create")),
                "page-create",
            ),
            (
                format!(
                    r#"{{{},"page_change_kind":"edit","page":{{"page_title":"Runbook:Checkout"}}}}"#,
                    meta("mediawiki.page_change.v1")
                ),
                "page_change.edit",
            ),
            (
                r#"{"action":"edit","title":"Runbook:Checkout","url":"https://wiki.acme.example/wiki/Runbook:Checkout"}"#
                    .to_owned(),
                "notification.edit",
            ),
        ] {
            let parsed = read(&body).unwrap();
            assert_eq!(parsed.event, event);
            let Content::Facts(facts) = parsed.content else { panic!("{body}: {:?}", parsed.content) };
            assert_eq!(facts.nodes[0].key.as_str(), expected, "{body}");
        }
    }

    #[test]
    fn what_is_not_read_says_so() {
        for body in [
            "[]",
            r#"{"type":"categorize","title":"X"}"#,
            r#"{"type":"log","log_type":"block","title":"User:Edsger"}"#,
            r#"{"type":"edit","namespace":1,"title":"Talk:Checkout"}"#,
            r#"{"type":"edit","title":"Checkout"}"#,
            r#"{"meta":{"stream":"mediawiki.island-sunk"}}"#,
            r#"{"action":"sunk","title":"Atlantis"}"#,
        ] {
            assert!(matches!(read(body).unwrap().content, Content::Ignored(_)), "{body}");
        }
        for body in ["{}", "12", "[1]"] {
            assert!(read(body).is_err(), "{body}");
        }
    }

    #[test]
    fn an_event_has_an_id_of_its_own() {
        let id = |body: &str| delivery_id(&Request { headers: &[], body: body.as_bytes() });
        assert_eq!(id(r#"{"meta":{"id":"e-1"}}"#).as_deref(), Some("e-1"));
        assert_eq!(id("[]"), None);
    }
}
