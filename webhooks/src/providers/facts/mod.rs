//! Our own format, for whatever has no provider: documents, incidents, approvals, manual changes, owners, anything.

use std::collections::BTreeSet;

use serde_json::Value;
use throughline_domain::node::NodeKind;

use crate::fact_format::{self, EXPECTED, Sent};
use crate::json;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

const NAME: &str = "facts";

/// The table entry of our own format.
pub static PROVIDER: Provider = Provider {
    name: NAME,
    title: "Facts",
    schemes: &[Scheme::StandardWebhooks],
    kept_headers: &["webhook-id", "webhook-timestamp", "webhook-signature"],
    meaning_headers: &[],
    events: &[NAME],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

fn delivery_id(request: &Request<'_>) -> Option<String> {
    request.header("webhook-id").filter(|id| !id.is_empty()).map(str::to_owned)
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let body: Value = json::read(request.body, EXPECTED)?;
    let sent = Sent::read(body)?;
    if sent.is_empty() {
        return Ok(Parsed::ignored(NAME, "'facts' is empty"));
    }
    let stated = fact_format::state(sent)?;
    let kinds: BTreeSet<NodeKind> = stated.subjects.iter().copied().collect();
    let event = match (kinds.first(), kinds.len()) {
        (Some(kind), 1) => format!("{NAME}.{kind}"),
        _ => NAME.to_owned(),
    };
    Ok(Parsed::facts(event, stated.facts))
}

#[cfg(test)]
mod tests {
    use throughline_domain::fact::Attribute;
    use throughline_domain::link::LinkKind;
    use throughline_domain::node::{NodeKind, Outcome};

    use super::{PROVIDER, parse};
    use crate::provider::{Content, Request};

    fn check(body: &str) -> Result<super::Parsed, String> {
        parse(&Request { headers: &[], body: body.as_bytes() }).map_err(|error| error.to_string())
    }

    fn one(members: &str) -> Result<super::Parsed, String> {
        check(&format!(r#"{{"version":1,"at":"2026-03-14T09:26:06Z","facts":[{{{members}}}]}}"#))
    }

    #[test]
    fn the_example_of_the_manual_is_accepted() {
        let blocks: Vec<&str> = PROVIDER.documentation.split("```json\n").skip(1).collect();
        assert!(!blocks.is_empty());
        for block in blocks {
            let body = block.split("```").next().unwrap();
            let parsed = check(body).unwrap_or_else(|error| panic!("{error}\n{body}"));
            assert!(matches!(parsed.content, Content::Facts(_)), "{parsed:?}");
        }
    }

    #[test]
    fn the_manual_lists_every_word() {
        let manual = PROVIDER.documentation;
        let words = |kinds: &[NodeKind]| {
            let words: Vec<&str> = kinds.iter().map(|kind| kind.word()).collect();
            if words.is_empty() { "any".to_owned() } else { words.join(", ") }
        };
        for kind in LinkKind::ALL {
            let row = format!("| `{kind}` | {} | {} |", words(kind.from_kinds()), words(kind.to_kinds()));
            assert!(manual.contains(&row), "the manual lacks the row\n{row}");
        }
        let kinds = NodeKind::ALL.iter().map(|kind| kind.word());
        let attributes = Attribute::ALL.iter().map(|attribute| attribute.word());
        let outcomes = Outcome::ALL.iter().map(|outcome| outcome.word());
        for word in kinds.chain(attributes).chain(outcomes) {
            assert!(manual.contains(&format!("`{word}`")), "the manual does not mention `{word}`");
        }
    }

    #[test]
    fn every_mistake_is_named_with_its_place() {
        for (members, expected) in [
            (r#""kind":"document","url":"https://wiki.acme.example/7","titel":"x""#, "did you mean 'title'?"),
            (r#""kind":"island","id":"x""#, "facts[0].kind: 'island' is no kind of node"),
            (r#""kind":"servise","id":"x""#, "did you mean 'service'?"),
            (r#""id":"x""#, "facts[0]: 'kind' is missing"),
            (r#""kind":"service""#, "facts[0]: a service needs 'id'"),
            (
                r#""kind":"service","id":"x","digest":"sha256:0""#,
                "facts[0]: 'digest' is no part of what identifies a service",
            ),
            (r#""kind":"service","id":7"#, "facts[0].id must be text"),
            (r#""kind":"service","id":"x","at":"today""#, "facts[0].at: 'today' is no RFC 3339 time"),
            (
                r#""kind":"service","id":"x","attributes":{"colour":"red"}"#,
                "facts[0].attributes: 'colour' is no attribute",
            ),
            (r#""kind":"service","id":"x","attributes":{"outcome":"great"}"#, "facts[0].attributes.outcome"),
            (r#""kind":"service","id":"x","title":"X","attributes":{"title":"Y"}"#, "'title' is given twice"),
            (r#""kind":"service","id":"x","events":[{"what":"Went Up"}]"#, "facts[0].events[0].what"),
            (r#""kind":"service","id":"x","links":[{"kind":"owned_by"}]"#, "facts[0].links[0]: 'to' is missing"),
            (
                r#""kind":"service","id":"x","links":[{"kind":"resolves","to":{"kind":"team","id":"payments"}}]"#,
                "from service to team there is: owned_by",
            ),
            (
                r#""kind":"service","id":"x","links":[{"kind":"documented_by","to":{"kind":"document","id":"pm-7"}}]"#,
                "cdevents:v0:throughline::::document:pm-7",
            ),
            (r#""kind":"commit","commit":"0123456","repository":"https://github.com/acme/checkout""#, "full object id"),
            (r#""kind":"ticket","id":"PAY-12""#, "'provider'"),
            (r#""kind":"artifact","digest":"sha256:12""#, "facts[0].digest"),
            (r#""kind":"team","key":"cdevents:v0:throughline::::service:x""#, "the key is of a service"),
        ] {
            let error = one(members).expect_err(members);
            assert!(error.contains(expected), "{members}\n{error}");
        }
        for (body, expected) in [
            ("[]", "the body must be an object"),
            (r#"{"facts":[]}"#, "'version' is missing"),
            (r#"{"version":2,"facts":[]}"#, "version 2"),
            (r#"{"version":1}"#, "'facts' is missing"),
            (r#"{"version":1,"facts":[{"kind":"service","id":"x"}]}"#, "'at' is missing"),
        ] {
            let error = check(body).expect_err(body);
            assert!(error.contains(expected), "{body}\n{error}");
        }
        let none = check(r#"{"version":1,"facts":[]}"#).unwrap();
        assert!(matches!(none.content, Content::Ignored(_)));
    }

    #[test]
    fn a_delivery_is_named_after_its_only_kind() {
        assert_eq!(one(r#""kind":"service","id":"x""#).unwrap().event, "facts.service");
        assert_eq!(one(r#""kind":"service","id":"x"},{"kind":"team","id":"y""#).unwrap().event, "facts");
    }
}
