//! Octopus Deploy: what its subscriptions tell of deployments and runbook runs, one by one or as a digest.

use crate::draft::{Draft, shortened};
use crate::json;
use crate::members::filled;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

mod message;
mod payload;
mod run;

use payload::{Event, Payload, Subscription};

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: "octopus",
    title: "Octopus Deploy",
    schemes: &[Scheme::Authorization, Scheme::Token],
    kept_headers: &[],
    meaning_headers: &[],
    events: &[
        "DeploymentQueued",
        "DeploymentStarted",
        "DeploymentSucceeded",
        "DeploymentFailed",
        "RunbookRunStarted",
        "RunbookRunSucceeded",
        "RunbookRunFailed",
        DIGEST,
    ],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

/// The name of a delivery that holds several events.
const DIGEST: &str = "digest";

const EXPECTED: &str = "a subscription payload of Octopus Deploy";

/// The longest category that is passed on as event name, in characters.
const MAX_EVENT_CHARS: usize = 64;

/// The most events of one digest; Octopus sends 100.
const MAX_EVENTS: usize = 1_000;

/// An event keeps its id when it is sent again, and a digest that of its batch; ids are unique on one server.
fn delivery_id(request: &Request<'_>) -> Option<String> {
    let payload = json::read::<Subscription>(request.body, EXPECTED).ok()?.payload?;
    let server = filled(payload.server_uri.as_deref()).unwrap_or_default();
    let id = match &payload.event {
        Some(event) => filled(event.id.as_deref())?,
        None => filled(payload.batch_id.as_deref())?,
    };
    Some(format!("{server}/{id}"))
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let subscription: Subscription = json::read(request.body, EXPECTED)?;
    let payload = subscription.payload.as_ref().ok_or_else(|| broken("'Payload' is missing"))?;
    let (name, events) = events(payload)?;
    let mut draft = Draft::new("octopus/run", None);
    for event in events {
        run::state(&mut draft, payload, event)?;
    }
    if draft.is_empty() {
        let reason = "it tells of no deployment and no runbook run, or does not name which one";
        return Ok(Parsed::ignored(name, reason));
    }
    Ok(Parsed::facts(name, draft.finish()?))
}

/// The events of a delivery, and what the delivery is called.
fn events(payload: &Payload) -> Result<(String, &[Event]), ParseError> {
    if let Some(event) = &payload.event {
        let category =
            filled(event.category.as_deref()).ok_or_else(|| broken("'Payload.Event.Category' is missing"))?;
        return Ok((shortened(category, MAX_EVENT_CHARS), std::slice::from_ref(event)));
    }
    let events = payload.events.as_deref().ok_or_else(|| broken("it has neither 'Event' nor 'Events'"))?;
    let count = events.len();
    if count > MAX_EVENTS {
        return Err(ParseError::TooMany { what: "events", count, limit: MAX_EVENTS });
    }
    Ok((DIGEST.to_owned(), events))
}

fn broken(cause: &str) -> ParseError {
    ParseError::Body { expected: EXPECTED, cause: cause.to_owned() }
}

#[cfg(test)]
mod tests {
    use throughline_domain::fact::{Attribute, Facts};
    use throughline_domain::link::{LinkClass, LinkKind};

    use super::{delivery_id, parse};
    use crate::provider::{Content, Request};

    fn event(category: &str) -> String {
        format!(
            r#"{{"Id":"Events-7","Category":"{category}","Username":"ada","UserId":"Users-2","SpaceId":"Spaces-1",
                "Occurred":"2026-03-14T09:26:06.535+00:00",
                "Message":"Deploy to Production of Checkout release 1.4.0 to Production",
                "MessageReferences":[
                    {{"ReferencedDocumentId":"Projects-4","StartIndex":24,"Length":8}},
                    {{"ReferencedDocumentId":"Releases-9","StartIndex":41,"Length":5}},
                    {{"ReferencedDocumentId":"Environments-2","StartIndex":50,"Length":10}}],
                "RelatedDocumentIds":["Deployments-12","Projects-4","Releases-9","Environments-2","ServerTasks-5"]}}"#
        )
    }

    fn read(payload: &str) -> Result<Facts, String> {
        let body = format!(r#"{{"EventType":"SubscriptionPayload","Payload":{payload}}}"#);
        match parse(&Request { headers: &[], body: body.as_bytes() }).unwrap().content {
            Content::Facts(facts) => Ok(*facts),
            Content::Ignored(reason) => Err(reason),
        }
    }

    fn single(category: &str) -> Result<Facts, String> {
        read(&format!(r#"{{"ServerUri":"https://octopus.acme.example","Event":{}}}"#, event(category)))
    }

    fn value(facts: &Facts, attribute: Attribute) -> Option<&str> {
        let mut pairs = facts.nodes.iter().flat_map(|node| node.attributes.iter());
        pairs.find(|(known, _)| *known == attribute).map(|(_, value)| value.as_str())
    }

    #[test]
    fn a_deployment_counts_from_its_end_and_until_then_from_its_beginning() {
        for (category, outcome, occurs) in [
            ("DeploymentQueued", "pending", false),
            ("DeploymentStarted", "running", true),
            ("DeploymentSucceeded", "success", true),
            ("DeploymentFailed", "failure", true),
            ("DeploymentCanceled", "abandoned", true),
        ] {
            let facts = single(category).unwrap();
            assert_eq!(value(&facts, Attribute::Outcome), Some(outcome), "{category}");
            assert_eq!(value(&facts, Attribute::OccurredAt).is_some(), occurs, "{category}");
            assert_eq!(value(&facts, Attribute::Title), Some("Checkout 1.4.0 to Production"));
        }
        for category in ["MachineAdded", "DeploymentTargetAdded"] {
            assert!(single(category).is_err(), "{category}");
        }
    }

    #[test]
    fn the_message_names_what_the_ids_refer_to() {
        let facts = single("DeploymentSucceeded").unwrap();
        let links: Vec<(LinkKind, String, LinkClass)> =
            facts.links.iter().map(|link| (link.kind, link.to.parts().resource, link.class)).collect();
        assert_eq!(
            links,
            [
                (LinkKind::Deploys, "Releases-9".to_owned(), LinkClass::Asserted),
                (LinkKind::DeployedTo, "production".to_owned(), LinkClass::Asserted),
                (LinkKind::Of, "checkout".to_owned(), LinkClass::Guessed),
                (LinkKind::TriggeredBy, "ada".to_owned(), LinkClass::Asserted),
            ]
        );
    }

    #[test]
    fn a_digest_states_each_of_its_events() {
        let events = [event("DeploymentStarted"), event("DeploymentSucceeded"), event("MachineAdded")].join(",");
        let facts = read(&format!(r#"{{"Events":[{events}],"BatchId":"b-1"}}"#)).unwrap();
        let whats: Vec<&str> = facts.events.iter().map(|event| event.what.as_str()).collect();
        assert_eq!(whats, ["started", "deployed"]);
        assert!(read(r#"{"Events":[]}"#).is_err());
    }

    #[test]
    fn the_event_is_the_delivery() {
        let body = br#"{"Payload":{"ServerUri":"https://octopus.acme.example","Event":{"Id":"Events-7"}}}"#;
        let id = delivery_id(&Request { headers: &[], body });
        assert_eq!(id.as_deref(), Some("https://octopus.acme.example/Events-7"));
        for body in ["{}", r#"{"Payload":{}}"#, r#"{"Payload":{"Event":{}}}"#] {
            assert!(parse(&Request { headers: &[], body: body.as_bytes() }).is_err(), "{body}");
            assert_eq!(delivery_id(&Request { headers: &[], body: body.as_bytes() }), None);
        }
    }
}
