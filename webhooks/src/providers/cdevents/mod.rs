//! CDEvents (<https://cdevents.dev>), the Continuous Delivery Foundation's vocabulary, sent as CloudEvents.

use serde_json::Value;

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
mod verify;

const NAME: &str = "cdevents";
const EXPECTED: &str = "a CDEvent";

/// The table entry of CDEvents. Its events are the subjects that are read; every predicate of a subject is one of them.
pub static PROVIDER: Provider = Provider {
    name: NAME,
    title: "CDEvents",
    schemes: &[Scheme::StandardWebhooks, Scheme::Bearer],
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
        "environment",
        "incident",
        "pipelinerun",
        "repository",
        "service",
        "taskrun",
        "testcaserun",
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
        "ticket" => observe::ticket(draft)?,
        _ => Content::Ignored("this subject of CDEvents has no place in the graph".to_owned()),
    };
    Ok(Parsed { event: name, content })
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
            (
                r#"{"context":{"type":"dev.cdeventsx.acme-island.sunk.0.1.0"},"subject":{}}"#,
                "dev.cdeventsx.acme-island.sunk.0.1.0",
            ),
            (r#"{"context":{"type":"dev.cdevents.testoutput.published.0.3.0"},"subject":{}}"#, "testoutput.published"),
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
