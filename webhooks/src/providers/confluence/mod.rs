//! Confluence: pages and blog posts as documents, from Confluence Cloud and from Confluence Data Center.

use crate::draft::shortened;
use crate::json;
use crate::provider::{Content, ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

mod additions;
mod page;
mod payload;
mod user;

use payload::Body;

const NAME: &str = "confluence";
const EXPECTED: &str = "a Confluence webhook";

/// The longest event name that is passed on, in characters.
const MAX_EVENT_CHARS: usize = 100;

/// The table entry. Its events are what Confluence's event names begin with; `page` stands for `page_created` and others.
pub static PROVIDER: Provider = Provider {
    name: NAME,
    title: "Confluence",
    schemes: &[Scheme::sha256("x-hub-signature", "sha256="), Scheme::Authorization],
    kept_headers: &[],
    meaning_headers: &[],
    events: &["attachment", "blog", "comment", "label", "page", "space", "user"],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

/// Confluence gives its deliveries no id; a repeated one is told by its body.
fn delivery_id(_request: &Request<'_>) -> Option<String> {
    None
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let body: Body = json::read(request.body, EXPECTED)?;
    let event = body.event().ok_or_else(|| refuse("neither 'eventType' nor 'event' names the event"))?;
    let event = shortened(event, MAX_EVENT_CHARS);
    let (subject, predicate) = event.split_once('_').unwrap_or((event.as_str(), ""));
    let content = match subject {
        "page" => page::read(&body, body.page.as_ref(), predicate)?,
        "blog" => page::read(&body, body.blog.as_ref().or(body.page.as_ref()), predicate)?,
        "comment" => additions::comment(&body, predicate)?,
        "attachment" => additions::attachment(&body, predicate)?,
        "label" => additions::label(&body, predicate)?,
        "user" => user::read(&body, predicate)?,
        other => Content::Ignored(reason(other).to_owned()),
    };
    Ok(Parsed { event, content })
}

/// Why nothing is read of an event.
fn reason(subject: &str) -> &'static str {
    match subject {
        "space" => "a space is no document; its pages are told by events of their own",
        "content" | "blueprint" => "the same is told by the event of the page",
        "group" => "groups of Confluence say who may read, not who answers for what",
        _ => "nothing is read from Confluence's events of this kind",
    }
}

fn refuse(cause: &str) -> ParseError {
    ParseError::Body { expected: EXPECTED, cause: cause.to_owned() }
}

#[cfg(test)]
mod tests {
    use throughline_domain::fact::{Attribute, Facts};
    use throughline_domain::rules::document_key;

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
    fn a_page_is_the_document_at_its_address() {
        let address = "https://acme.atlassian.net/wiki/spaces/PAY/pages/108/Retries";
        let page = format!(r#"{{"self":"{address}","title":"Retries","version":3}}"#);
        let expected = document_key(address).unwrap();
        for body in [
            format!(r#"{{"eventType":"page_updated","timestamp":1773480366535,"page":{page}}}"#),
            format!(r#"{{"event":"page_created","timestamp":"1773480366535","userKey":"2c9","page":{page}}}"#),
            format!(r#"{{"event":"comment_created","timestamp":1773480366535,"comment":{{"parent":{page}}}}}"#),
            format!(
                r#"{{"eventType":"attachment_created","attachedTo":{page},"attachments":[{{"fileName":"a.png"}}]}}"#
            ),
            format!(r#"{{"eventType":"label_added","labeled":{page},"label":{{"name":"runbook"}}}}"#),
        ] {
            assert_eq!(facts(&body).nodes[0].key, expected, "{body}");
        }
    }

    #[test]
    fn a_person_has_one_node_or_none() {
        let of_cloud =
            r#"{"eventType":"user_removed","timestamp":1773480366535,"userProfile":{"userAccountId":"712020:5b"}}"#;
        let facts_of_cloud = facts(of_cloud);
        assert_eq!(facts_of_cloud.nodes[0].key.as_str(), "cdevents:v0:atlassian::::person:712020%3A5b");
        let of_data_center = r#"{"event":"user_removed","timestamp":1773480366535,"userProfile":{"userKey":"2c9","email":"Ada@acme.example"}}"#;
        let known = facts(of_data_center);
        assert_eq!(known.nodes[0].key.as_str(), "cdevents:v0:email::::person:ada@acme.example");
        assert!(known.nodes.iter().flat_map(|node| &node.attributes).all(|(known, _)| *known != Attribute::State));
        let unknown = read(r#"{"event":"user_removed","userProfile":{"userKey":"2c9"}}"#).unwrap();
        assert!(matches!(unknown.content, Content::Ignored(_)));
    }

    #[test]
    fn what_is_not_read_says_so() {
        for body in [
            r#"{"eventType":"page_updated","page":{"title":"Retries"}}"#,
            r#"{"eventType":"page_viewed","page":{"self":"https://acme.atlassian.net/wiki/1"}}"#,
            r#"{"eventType":"space_created","space":{"key":"PAY"}}"#,
            r#"{"eventType":"comment_created","comment":{}}"#,
            r#"{"eventType":"label_created","label":{"name":"runbook"}}"#,
            r#"{"event":"island_sunk"}"#,
            r#"{"event":"sunk"}"#,
        ] {
            assert!(matches!(read(body).unwrap().content, Content::Ignored(_)), "{body}");
        }
        assert!(read("{}").is_err());
    }
}
