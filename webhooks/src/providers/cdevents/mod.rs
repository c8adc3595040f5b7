//! CDEvents (<https://cdevents.dev>), the Continuous Delivery Foundation's vocabulary, sent as CloudEvents.

use serde::Deserialize;
use serde_json::{Map, Value};

use self::draft::Draft;
use self::envelope::Opened;
use self::payload::CdEvent;
use crate::json;
use crate::provider::{Content, ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

mod artifact_id;
mod code;
mod custom;
mod draft;
mod envelope;
mod keys;
mod observe;
mod payload;
mod run;
mod tool;
mod verify;

const NAME: &str = "cdevents";
const EXPECTED: &str = "a CDEvent";

/// What stands for all events of tools' own, `dev.cdeventsx…`.
const CUSTOM: &str = "custom";

/// The table entry of CDEvents. Its events are the subjects that are read; every predicate of a subject is one of them.
pub static PROVIDER: Provider = Provider {
    name: NAME,
    title: "CDEvents",
    schemes: &[Scheme::StandardWebhooks, Scheme::Authorization],
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
    events: &[
        "approval",
        "artifact",
        "branch",
        "build",
        "change",
        CUSTOM,
        "environment",
        "incident",
        "pipelinerun",
        "repository",
        "service",
        "taskrun",
        "testcaserun",
        "testoutput",
        "testsuiterun",
        "ticket",
    ],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

/// The sender's id of the message, else the event's: in the header of the binary mode, or in the body.
fn delivery_id(request: &Request<'_>) -> Option<String> {
    let header = ["webhook-id", "ce-id"].into_iter().find_map(|name| request.header(name)).filter(|id| !id.is_empty());
    match header {
        Some(id) => Some(id.to_owned()),
        None => envelope::event_id(request),
    }
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let body: Value = json::read(request.body, EXPECTED)?;
    match envelope::open(request, body)? {
        Opened::Event(event) => read(event),
        Opened::Other { name, reason } => Ok(Parsed::ignored(name, reason)),
    }
}

fn read(event: Value) -> Result<Parsed, ParseError> {
    let kind = event
        .pointer("/context/type")
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| refuse("context.type is missing or no text"))?;
    if let Some((subject, predicate)) = envelope::custom_subject_and_predicate(&kind) {
        let name = envelope::shorten(&format!("{subject}.{predicate}"));
        let event = custom_event(event)?;
        let content = tool::change(Draft::new(&event, CUSTOM, predicate)?, subject)?;
        return Ok(Parsed { event: name, content });
    }
    let Some((subject, predicate)) = envelope::subject_and_predicate(&kind) else {
        return Ok(Parsed::ignored(envelope::shorten(&kind), "the type is none of the CDEvents vocabulary"));
    };
    let name = envelope::shorten(&format!("{subject}.{predicate}"));
    if !PROVIDER.events.contains(&subject) {
        return Ok(Parsed::ignored(name, "this subject of CDEvents has no place in the graph"));
    }
    let event: CdEvent = serde_json::from_value(event).map_err(|error| refuse(&error.to_string()))?;
    let draft = Draft::new(&event, subject, predicate)?;
    let content = match subject {
        "approval" => observe::approval(draft)?,
        "artifact" => verify::artifact(draft)?,
        "branch" => code::branch(draft)?,
        "build" => verify::build(draft)?,
        "change" => code::change(draft)?,
        "environment" => run::environment(draft)?,
        "incident" => observe::incident(draft)?,
        "pipelinerun" => verify::pipeline_run(draft)?,
        "repository" => code::repository(draft)?,
        "service" => run::service(draft)?,
        "taskrun" => verify::task_run(draft)?,
        "testcaserun" | "testsuiterun" => verify::test_run(draft)?,
        "testoutput" => verify::test_output(draft)?,
        "ticket" => observe::ticket(draft)?,
        _ => Content::Ignored("this subject of CDEvents has no place in the graph".to_owned()),
    };
    Ok(Parsed { event: name, content })
}

/// A tool's own event. What it calls like a member of the vocabulary may be something else: then its content is passed over.
fn custom_event(mut event: Value) -> Result<CdEvent, ParseError> {
    if let Ok(event) = CdEvent::deserialize(&event) {
        return Ok(event);
    }
    if let Some(content) = event.pointer_mut("/subject/content") {
        *content = Value::Object(Map::new());
    }
    serde_json::from_value(event).map_err(|error| refuse(&error.to_string()))
}

fn refuse(cause: &str) -> ParseError {
    ParseError::Body { expected: EXPECTED, cause: cause.to_owned() }
}

#[cfg(test)]
mod tests {
    use throughline_domain::link::LinkKind;

    use super::{PROVIDER, delivery_id, parse};
    use crate::provider::{Content, Request};

    const DIGEST: &str = "sha256:0b31b1c02ff458ad9b7b81cbdf8f028bd54699fa151f221d1e8de6817db93427";

    fn deployed() -> String {
        serde_json::json!({
            "context": {
                "specversion": "0.6.0-draft",
                "id": "d-1",
                "source": "https://cd.acme.example/argo",
                "type": "dev.cdevents.service.deployed.0.3.0",
                "timestamp": "2026-03-14T09:26:06Z"
            },
            "subject": {
                "id": "checkout",
                "content": {
                    "environment": { "id": "production" },
                    "artifactId": format!("pkg:oci/checkout@{}", DIGEST.replace(':', "%3A"))
                }
            }
        })
        .to_string()
    }

    fn request<'a>(headers: &'a [(String, String)], body: &'a str) -> Request<'a> {
        Request { headers, body: body.as_bytes() }
    }

    #[test]
    fn every_mode_states_the_same() {
        let bare = deployed();
        let data: serde_json::Value = serde_json::from_str(&bare).unwrap();
        let structured = serde_json::json!({
            "specversion": "1.0",
            "id": "d-1",
            "source": "https://cd.acme.example/argo",
            "type": "dev.cdevents.service.deployed.0.3.0",
            "data": data
        })
        .to_string();
        let binary = [("ce-type".to_owned(), "dev.cdevents.service.deployed.0.3.0".to_owned())];
        let expected = parse(&request(&[], &bare)).unwrap();
        assert_eq!(expected.event, "service.deployed");
        let Content::Facts(facts) = &expected.content else { panic!("{expected:?}") };
        let kinds: Vec<LinkKind> = facts.links.iter().map(|link| link.kind).collect();
        assert_eq!(kinds, [LinkKind::Of, LinkKind::DeployedTo, LinkKind::Deploys]);
        assert_eq!(parse(&request(&[], &structured)).unwrap(), expected);
        assert_eq!(parse(&request(&binary, &bare)).unwrap(), expected);
    }

    #[test]
    fn what_is_no_cdevent_is_named() {
        for (body, event) in [
            (
                r#"{"specversion":"1.0","id":"1","source":"/x","type":"com.acme.island.sunk","data":{}}"#,
                "com.acme.island.sunk",
            ),
            (r#"{"context":{"type":"dev.cdeventsx.island"},"subject":{}}"#, "dev.cdeventsx.island"),
            (r#"{"context":{"type":"dev.cdevents.island.sunk.0.3.0"},"subject":{}}"#, "island.sunk"),
            ("[]", "batch"),
        ] {
            let parsed = parse(&request(&[], body)).unwrap();
            assert_eq!(parsed.event, event);
            assert!(matches!(parsed.content, Content::Ignored(_)), "{body}");
        }
        for body in ["{}", "12", r#"{"context":{}}"#, r#"{"context":{"type":"dev.cdevents.build.queued.0.3.0"}}"#] {
            assert!(parse(&request(&[], body)).is_err(), "{body}");
        }
    }

    #[test]
    fn a_tool_may_tell_of_things_of_its_own() {
        let body = deployed().replace("dev.cdevents.service.deployed", "dev.cdeventsx.acme-flag.switched");
        let parsed = parse(&request(&[], &body)).unwrap();
        assert_eq!(parsed.event, "acme-flag.switched");
        let Content::Facts(facts) = parsed.content else { panic!("{:?}", parsed.content) };
        let kinds: Vec<LinkKind> = facts.links.iter().map(|link| link.kind).collect();
        assert_eq!(kinds, [LinkKind::DeployedTo]);
        assert_eq!(facts.nodes[0].attributes[0].1, "acme-flag switched: checkout");
        let other = body.replace(r#""environment":{"id":"production"}"#, r#""environment":"production""#);
        assert_ne!(other, body);
        let Content::Facts(facts) = parse(&request(&[], &other)).unwrap().content else { panic!("{other}") };
        assert!(facts.links.is_empty());
    }

    #[test]
    fn a_ticket_is_one_in_any_case() {
        let key = |id: &str| {
            let body = deployed()
                .replace("service.deployed", "ticket.updated")
                .replace(r#""id":"checkout""#, &format!(r#""id":"{id}""#));
            let Content::Facts(facts) = parse(&request(&[], &body)).unwrap().content else { panic!("{body}") };
            facts.nodes[0].key.as_str().to_owned()
        };
        assert_eq!(key("pay-12"), key("PAY-12"));
        assert_ne!(key("pay-12"), key("PAY-13"));
    }

    #[test]
    fn what_an_event_says_in_passing_does_not_replace_the_hosts_words() {
        let body = |id: &str, source: &str| {
            serde_json::json!({
                "context": {
                    "id": "c-1",
                    "source": source,
                    "type": "dev.cdevents.change.merged.0.3.0",
                    "timestamp": "2026-03-14T09:26:06Z"
                },
                "subject": {
                    "id": id,
                    "content": {
                        "description": "Merge of PAY-12",
                        "repository": { "id": "acme/checkout", "source": source }
                    }
                }
            })
            .to_string()
        };
        for (source, timed) in [("https://github.com", false), ("https://git.acme.example", true)] {
            let body = body("42", source);
            let Content::Facts(facts) = parse(&request(&[], &body)).unwrap().content else { panic!("{body}") };
            let titled = facts.nodes.iter().find(|node| node.attributes.iter().any(|(name, _)| name.word() == "title"));
            assert_eq!(titled.unwrap().at.is_some(), timed, "{source}");
            assert_eq!(facts.mentions[0].at.is_some(), timed, "{source}");
        }
    }

    #[test]
    fn every_subject_refuses_a_predicate_that_it_does_not_have() {
        for subject in PROVIDER.events {
            let body = deployed().replace("service.deployed", &format!("{subject}.evaporated"));
            let parsed = parse(&request(&[], &body)).unwrap();
            assert!(matches!(parsed.content, Content::Ignored(_)), "{parsed:?}");
        }
    }

    #[test]
    fn the_delivery_is_known_by_the_first_id_there_is() {
        let body = deployed();
        let both = [("ce-id".to_owned(), "e".to_owned()), ("webhook-id".to_owned(), "w".to_owned())];
        assert_eq!(delivery_id(&request(&both, &body)).as_deref(), Some("w"));
        assert_eq!(delivery_id(&request(&both[..1], &body)).as_deref(), Some("e"));
        assert_eq!(delivery_id(&request(&[], &body)).as_deref(), Some("d-1"));
        assert_eq!(delivery_id(&request(&[], "no json")), None);
    }
}
