//! Notion: pages and databases as documents, with what happened to them.

use serde::Deserialize;

use crate::draft::shortened;
use crate::json;
use crate::provider::{Content, ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

mod document;
mod payload;

use payload::Body;

const NAME: &str = "notion";
const EXPECTED: &str = "a Notion webhook";

/// The event's name of the one request by which Notion tells its token.
const VERIFICATION: &str = "verification";

/// The longest event name that is passed on, in characters.
const MAX_EVENT_CHARS: usize = 100;

/// The longest token that is shown to the operator, in characters.
const MAX_TOKEN_CHARS: usize = 200;

/// The table entry. Its events are what Notion's event types begin with; `page` stands for `page.created` and others.
///
/// The token in the address lets the first request in, which Notion cannot sign yet.
pub static PROVIDER: Provider = Provider {
    name: NAME,
    title: "Notion",
    schemes: &[Scheme::sha256("x-notion-signature", "sha256="), Scheme::Token],
    kept_headers: &[],
    meaning_headers: &[],
    events: &["comment", "data_source", "database", "page", VERIFICATION],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

#[derive(Deserialize)]
struct Id {
    id: Option<String>,
}

/// The event's own id, which stays the same when Notion tries again.
fn delivery_id(request: &Request<'_>) -> Option<String> {
    let id: Id = json::read(request.body, EXPECTED).ok()?;
    id.id.filter(|id| !id.is_empty())
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let body: Body = json::read(request.body, EXPECTED)?;
    if let Some(token) = &body.verification_token {
        return Ok(Parsed::ignored(VERIFICATION, handshake(token)));
    }
    let kind = body.kind.as_deref().ok_or_else(|| refuse("'type' is missing"))?;
    let event = shortened(kind, MAX_EVENT_CHARS);
    let (subject, predicate) = kind.split_once('.').unwrap_or((kind, ""));
    let content = match subject {
        "page" => document::page(&body, predicate)?,
        "database" => document::database(&body, predicate)?,
        "data_source" => document::data_source(&body, predicate)?,
        "comment" => document::comment(&body, predicate)?,
        _ => Content::Ignored("nothing is read from Notion's events of this type".to_owned()),
    };
    Ok(Parsed { event, content })
}

/// What the operator has to do with the token.
fn handshake(token: &str) -> String {
    let token = shortened(token, MAX_TOKEN_CHARS);
    format!(
        "Notion asks whether this address is yours: enter the token {token} in the form of the subscription, and make \
         it the secret of this source, since Notion signs with it from now on"
    )
}

fn refuse(cause: &str) -> ParseError {
    ParseError::Body { expected: EXPECTED, cause: cause.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{delivery_id, parse};
    use crate::provider::{Content, ParseError, Parsed, Request};

    const PAGE: &str = "1a2b3c4d-5e6f-4071-8293-a4b5c6d7e8f9";

    fn read(body: &str) -> Result<Parsed, ParseError> {
        parse(&Request { headers: &[], body: body.as_bytes() })
    }

    #[test]
    fn the_handshake_names_the_token() {
        let parsed = read(r#"{"verification_token":"secret_acme123"}"#).unwrap();
        assert_eq!(parsed.event, "verification");
        let Content::Ignored(reason) = parsed.content else { panic!("{parsed:?}") };
        assert!(reason.contains("secret_acme123"));
    }

    #[test]
    fn pages_databases_and_their_parts_are_documents_by_their_address() {
        let page = format!(r#""entity":{{"id":"{PAGE}","type":"page"}}"#);
        let part = format!(
            r#""entity":{{"id":"77","type":"data_source"}},"data":{{"parent":{{"id":"{PAGE}","type":"database"}}}}"#
        );
        let comment = format!(r#""entity":{{"id":"77","type":"comment"}},"data":{{"page_id":"{PAGE}"}}"#);
        for (kind, members) in [
            ("page.created", &page),
            ("page.properties_updated", &page),
            ("database.content_updated", &page),
            ("data_source.schema_updated", &part),
            ("comment.created", &comment),
        ] {
            let parsed = read(&format!(r#"{{"type":"{kind}",{members}}}"#)).unwrap();
            let Content::Facts(facts) = parsed.content else { panic!("{kind}: {:?}", parsed.content) };
            let expected = "cdevents:v0:web:www.notion.so:::document:/1a2b3c4d5e6f40718293a4b5c6d7e8f9";
            assert_eq!(facts.nodes[0].key.as_str(), expected, "{kind}");
        }
    }

    #[test]
    fn what_is_not_read_says_so() {
        for body in [
            r#"{"type":"page.evaporated","entity":{"id":"1a2b3c4d-5e6f-4071-8293-a4b5c6d7e8f9"}}"#,
            r#"{"type":"page.created","entity":{"id":"not an id"}}"#,
            r#"{"type":"comment.created","data":{}}"#,
            r#"{"type":"data_source.moved","data":{"parent":{"id":"1","type":"space"}}}"#,
            r#"{"type":"island.sunk"}"#,
        ] {
            assert!(matches!(read(body).unwrap().content, Content::Ignored(_)), "{body}");
        }
        assert!(read("{}").is_err());
    }

    #[test]
    fn every_attempt_is_the_same_delivery() {
        let id = |body: &str| delivery_id(&Request { headers: &[], body: body.as_bytes() });
        assert_eq!(id(r#"{"id":"e-1","attempt_number":2}"#).as_deref(), Some("e-1"));
        assert_eq!(id("no json"), None);
    }
}
