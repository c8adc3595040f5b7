//! LaunchDarkly: each entry of its audit log is one configuration change, with who made it and where it holds.

use crate::draft::shortened;
use crate::json;
use crate::members::filled;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

mod change;
mod payload;
mod resource;

use payload::AuditEntry;

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: "launchdarkly",
    title: "LaunchDarkly",
    schemes: &[Scheme::sha256("x-ld-signature", "")],
    kept_headers: &[],
    meaning_headers: &[],
    events: &["flag", "segment", "environment", "project", "metric", "member"],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const EXPECTED: &str = "an entry of LaunchDarkly's audit log";

/// The longest kind that is passed on as event name, in characters.
const MAX_EVENT_CHARS: usize = 64;

/// What LaunchDarkly notes about source code that names flags; it changes nothing that runs.
const CODE_REFERENCES: &str = "code-reference-repository";

/// An entry keeps its id, however often it is sent.
fn delivery_id(request: &Request<'_>) -> Option<String> {
    let entry: AuditEntry = json::read(request.body, EXPECTED).ok()?;
    filled(entry.id.as_deref()).map(str::to_owned)
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let entry: AuditEntry = json::read(request.body, EXPECTED)?;
    let kind = filled(entry.kind.as_deref()).ok_or_else(|| broken("'kind' is missing"))?;
    let id = filled(entry.id.as_deref()).ok_or_else(|| broken("'_id' is missing"))?;
    let event = shortened(kind, MAX_EVENT_CHARS);
    if kind == CODE_REFERENCES {
        return Ok(Parsed::ignored(event, "it tells where source code names flags, which changes nothing that runs"));
    }
    Ok(Parsed::facts(event, change::facts(&entry, kind, id)?))
}

fn broken(cause: &str) -> ParseError {
    ParseError::Body { expected: EXPECTED, cause: cause.to_owned() }
}

#[cfg(test)]
mod tests {
    use throughline_domain::fact::{Attribute, Facts};
    use throughline_domain::link::LinkKind;

    use super::{delivery_id, parse};
    use crate::provider::{Content, Request};

    fn read(members: &str) -> Facts {
        let body = format!(r#"{{"_id":"e-1","kind":"flag","name":"Retry","date":1773480366535,{members}}}"#);
        match parse(&Request { headers: &[], body: body.as_bytes() }).unwrap().content {
            Content::Facts(facts) => *facts,
            Content::Ignored(reason) => panic!("ignored: {reason}"),
        }
    }

    fn value(facts: &Facts, attribute: Attribute) -> Option<&str> {
        let attributes = &facts.nodes[0].attributes;
        attributes.iter().find(|(known, _)| *known == attribute).map(|(_, value)| value.as_str())
    }

    fn environments(facts: &Facts) -> Vec<String> {
        let links = facts.links.iter().filter(|link| link.kind == LinkKind::DeployedTo);
        links.map(|link| link.to.parts().resource).collect()
    }

    #[test]
    fn the_verb_is_the_event_and_the_time_is_the_entry_s() {
        for (verb, what) in [
            (r#""titleVerb":"turned on the flag""#, "turned"),
            (r#""titleVerb":"updated the flag""#, "updated"),
            (r#""titleVerb":"""#, "changed"),
            (r#""x":1"#, "changed"),
        ] {
            let facts = read(verb);
            assert_eq!(facts.events[0].what, what);
            assert_eq!(value(&facts, Attribute::OccurredAt), Some("2026-03-14T09:26:06.535Z"));
        }
    }

    #[test]
    fn environments_are_told_in_two_ways() {
        for (members, expected) in [
            (r#""project":{"key":"shop","environment":{"key":"production","name":"Production"}}"#, vec!["production"]),
            (r#""project":{"key":"shop","environment":{"key":"~","name":"All environments"}}"#, vec![]),
            (r#""project":{"key":"shop","environment":{"key":"","name":""}}"#, vec![]),
            (
                r#""target":{"resources":["proj/shop:env/production;eu,live:flag/retry","proj/shop:env/test:flag/retry"]}"#,
                vec!["production", "test"],
            ),
            (r#""target":{"resources":["proj/shop:env/*:flag/retry"]}"#, vec![]),
        ] {
            assert_eq!(environments(&read(members)), expected, "{members}");
        }
    }

    #[test]
    fn only_what_people_wrote_is_searched() {
        let facts = read(
            r#""comment":"for PAY-12","customProperties":{"jira":{"name":"Jira","values":["PAY-13"]},
               "datadog":{"name":"Datadog","values":["PAY-14"]},"new":{}}"#,
        );
        let texts: Vec<&str> = facts.mentions.iter().map(|mention| mention.text.as_str()).collect();
        assert_eq!(texts, ["Retry", "for PAY-12\nPAY-13"]);
    }

    #[test]
    fn what_is_no_entry_is_an_error() {
        for body in ["{}", r#"{"kind":"flag"}"#, r#"{"_id":"e-1"}"#, "[]"] {
            assert!(parse(&Request { headers: &[], body: body.as_bytes() }).is_err(), "{body}");
        }
        assert_eq!(delivery_id(&Request { headers: &[], body: br#"{"_id":"e-1"}"# }), Some("e-1".to_owned()));
        let noted = br#"{"_id":"e-1","kind":"code-reference-repository"}"#;
        let parsed = parse(&Request { headers: &[], body: noted }).unwrap();
        assert!(matches!(parsed.content, Content::Ignored(_)));
    }
}
