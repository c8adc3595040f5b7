//! PagerDuty: incidents and services, from webhook subscriptions (version 3) and generic webhooks (version 2).

use crate::alert::MAX_EVENT_CHARS;
use crate::draft::{Draft, shortened};
use crate::json;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

mod incident;
mod payload;
mod service;

use incident::Told;
use payload::{Delivery, Event, Incident, Message};

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: "pagerduty",
    title: "PagerDuty",
    schemes: &[Scheme::sha256("x-pagerduty-signature", "v1="), Scheme::Authorization],
    kept_headers: &[],
    meaning_headers: &[],
    events: &[
        "incident.triggered",
        "incident.acknowledged",
        "incident.unacknowledged",
        "incident.resolved",
        "incident.reopened",
        "incident.reassigned",
        "incident.escalated",
        "incident.delegated",
        "incident.priority_updated",
        "incident.service_updated",
        "incident.annotated",
        "incident.status_update_published",
        "incident.responder.added",
        "incident.responder.replied",
        "service.created",
        "service.updated",
        "service.deleted",
    ],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const NAME: &str = "pagerduty";

const EXPECTED: &str = "a PagerDuty webhook";

/// The most messages of one delivery of version 2.
const MAX_MESSAGES: usize = 100;

const NOT_READ: &str = "nothing is read from PagerDuty's events of this kind";

/// The event's id: the same when it is sent again, and when two subscriptions send it.
fn delivery_id(request: &Request<'_>) -> Option<String> {
    let delivery: Delivery = json::read(request.body, EXPECTED).ok()?;
    let event = delivery.event.as_ref().and_then(|event| event.id.get());
    let message = delivery.messages.as_deref().and_then(|messages| messages.first()?.id.get());
    event.or(message).map(str::to_owned)
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let delivery: Delivery = json::read(request.body, EXPECTED)?;
    match (&delivery.event, &delivery.messages) {
        (Some(event), _) => version_3(event),
        (None, Some(messages)) => version_2(messages),
        (None, None) => Err(broken("it has neither 'event' nor 'messages'")),
    }
}

fn version_3(event: &Event) -> Result<Parsed, ParseError> {
    let kind = event.event_type.get().unwrap_or("unnamed");
    let name = shortened(kind, MAX_EVENT_CHARS);
    let at = event.occurred_at.time();
    let data = event.data.as_ref().ok_or_else(|| broken("event.data is missing"));
    if kind == "pagey.ping" {
        return Ok(Parsed::ignored(name, "PagerDuty tests the webhook: it is set up, and its deliveries arrive"));
    }
    if let Some(what) = kind.strip_prefix("service.") {
        let Some(what) = service::what(what) else { return Ok(Parsed::ignored(name, NOT_READ)) };
        let agent = event.agent.as_ref().and_then(|agent| agent.summary.get());
        return Ok(Parsed::facts(name, service::facts(at, what, &data?.incident, agent)?));
    }
    let Some(what) = kind.strip_prefix("incident.").and_then(incident::what) else {
        return Ok(Parsed::ignored(name, NOT_READ));
    };
    let data = data?;
    // The event of a reply repeats the request.
    let is_reply = what == "answered";
    let told = Told {
        what,
        at,
        agent: event.agent.as_ref(),
        asked: data.responder().filter(|_| what == "called"),
        text: data.text().filter(|_| !is_reply),
        answer: data.state.get().filter(|_| is_reply),
    };
    let mut draft = Draft::new("pagerduty/incident", at);
    match &data.reference {
        Some(reference) => incident::state(&mut draft, &Incident::from(reference), &told)?,
        None => incident::state(&mut draft, &data.incident, &told)?,
    }
    Ok(Parsed::facts(name, draft.finish()?))
}

fn version_2(messages: &[Message]) -> Result<Parsed, ParseError> {
    if messages.len() > MAX_MESSAGES {
        return Err(ParseError::TooMany { what: "messages", count: messages.len(), limit: MAX_MESSAGES });
    }
    let kind = |message: &Message| shortened(message.event.get().unwrap_or("unnamed"), MAX_EVENT_CHARS);
    let name = messages.first().map_or_else(|| "unnamed".to_owned(), kind);
    let mut draft = Draft::new("pagerduty/incident", None);
    for message in messages {
        let kind = message.event.get().and_then(|event| event.strip_prefix("incident."));
        let (Some(what), Some(incident)) = (kind.and_then(incident::what), &message.incident) else { continue };
        let entry = message.log_entries.as_deref().and_then(<[_]>::first);
        let at = message.created_on.time();
        let told = Told {
            what,
            at,
            agent: entry.and_then(|entry| entry.agent.as_ref()),
            text: entry.and_then(|entry| entry.channel.as_ref()?.text()),
            asked: None,
            answer: None,
        };
        draft.at = at;
        incident::state(&mut draft, incident, &told)?;
    }
    if draft.is_empty() { Ok(Parsed::ignored(name, NOT_READ)) } else { Ok(Parsed::facts(name, draft.finish()?)) }
}

fn broken(cause: &str) -> ParseError {
    ParseError::Body { expected: EXPECTED, cause: cause.to_owned() }
}

#[cfg(test)]
mod tests {
    use throughline_domain::fact::{Attribute, Facts};
    use throughline_domain::link::LinkKind;
    use throughline_domain::node::NodeKind;

    use super::{delivery_id, parse};
    use crate::provider::{Content, Request};

    fn read(body: &str) -> (String, Result<Facts, String>) {
        let parsed = parse(&Request { headers: &[], body: body.as_bytes() }).unwrap();
        match parsed.content {
            Content::Facts(facts) => (parsed.event, Ok(*facts)),
            Content::Ignored(reason) => (parsed.event, Err(reason)),
        }
    }

    fn incident(kind: &str, status: &str) -> Facts {
        read(&format!(
            r#"{{"event":{{"id":"1","event_type":"{kind}","occurred_at":"2026-03-14T09:30:00Z","agent":{{"id":"PADA",
                "type":"user_reference","summary":"Ada","html_url":"https://acme.pagerduty.com/users/PADA"}},
                "data":{{"id":"PINC","type":"incident","html_url":"https://acme.pagerduty.com/incidents/PINC",
                "number":7,"status":"{status}","title":"Checkout fails","service":{{"summary":"checkout"}},"priority":null}}}}}}"#
        ))
        .1
        .unwrap()
    }

    fn value(facts: &Facts, attribute: Attribute) -> Option<&str> {
        let attributes = &facts.nodes[0].attributes;
        attributes.iter().find(|(known, _)| *known == attribute).map(|(_, value)| value.as_str())
    }

    #[test]
    fn only_its_trigger_tells_when_an_incident_began() {
        let triggered = incident("incident.triggered", "triggered");
        assert_eq!(value(&triggered, Attribute::OccurredAt), Some("2026-03-14T09:30:00Z"));
        assert_eq!(value(&triggered, Attribute::Outcome), Some("running"));
        assert!(triggered.links.iter().any(|link| link.kind == LinkKind::TriggeredBy));
        let resolved = incident("incident.resolved", "resolved");
        assert_eq!(resolved.nodes[0].key, triggered.nodes[0].key);
        assert_eq!(value(&resolved, Attribute::OccurredAt), None);
        assert_eq!(value(&resolved, Attribute::FinishedAt), Some("2026-03-14T09:30:00Z"));
        assert_eq!(value(&resolved, Attribute::Outcome), Some("success"));
        assert!(resolved.links.iter().all(|link| link.kind != LinkKind::TriggeredBy));
    }

    #[test]
    fn a_note_is_about_its_incident() {
        let (event, facts) = read(
            r#"{"event":{"event_type":"incident.annotated","occurred_at":"2026-03-14T09:40:00Z","data":{"id":"PNOTE",
                "type":"incident_note","content":"see PAY-12","incident":{"id":"PINC","summary":"Checkout fails",
                "html_url":"https://acme.pagerduty.com/incidents/PINC"}}}}"#,
        );
        let facts = facts.unwrap();
        assert_eq!(event, "incident.annotated");
        assert_eq!(facts.nodes[0].key.as_str(), "cdevents:v0:pagerduty:acme.pagerduty.com:::incident:PINC");
        assert_eq!(facts.events[0].summary, "annotated: see PAY-12");
        assert!(facts.mentions.iter().any(|mention| mention.text == "see PAY-12"));
    }

    #[test]
    fn a_reply_is_what_was_answered_and_no_text_to_be_searched() {
        let responder = |kind: &str, state: &str| {
            read(&format!(
                r#"{{"event":{{"event_type":"incident.responder.{kind}","occurred_at":"2026-03-14T09:41:00Z",
                    "agent":{{"summary":"Ada"}},"data":{{"type":"incident_responder","message":"see PAY-12","state":"{state}",
                    "user":{{"summary":"Grace"}},"incident":{{"id":"PINC","summary":"Checkout fails"}}}}}}}}"#
            ))
            .1
            .unwrap()
        };
        let (asked, answered) = (responder("added", "pending"), responder("replied", "joined"));
        assert_eq!(asked.events[0].summary, "called Grace: see PAY-12");
        assert_eq!(answered.events[0].summary, "answered: joined");
        let is_searched = |facts: &Facts| facts.mentions.iter().any(|mention| mention.text == "see PAY-12");
        assert!(is_searched(&asked) && !is_searched(&answered));
    }

    #[test]
    fn version_2_names_the_alerts_of_an_incident() {
        let body = r#"{"messages":[{"id":"m1","event":"incident.trigger","created_on":"2026-03-14T09:30:00Z","incident":{
            "id":"PINC","incident_number":7,"title":"Checkout fails","created_at":"2026-03-14T09:29:58Z","status":"triggered",
            "html_url":"https://acme.pagerduty.com/incidents/PINC","alerts":[{"alert_key":"k1"},{"alert_key":"k2"}],
            "assignments":[{"assignee":{"summary":"Ada"}}]}}]}"#;
        let (event, facts) = read(body);
        let facts = facts.unwrap();
        assert_eq!(event, "incident.trigger");
        assert_eq!(value(&facts, Attribute::Assignee), Some("Ada"));
        assert_eq!(value(&facts, Attribute::OccurredAt), Some("2026-03-14T09:29:58Z"));
        assert_eq!(facts.links.iter().filter(|link| link.kind == LinkKind::Groups).count(), 2);
        assert_eq!(facts.nodes.iter().filter(|node| node.key.kind() == NodeKind::Alert).count(), 2);
        assert_eq!(delivery_id(&Request { headers: &[], body: body.as_bytes() }), Some("m1".to_owned()));
    }

    #[test]
    fn what_is_not_read_says_so() {
        for (body, expected) in [
            (r#"{"event":{"event_type":"pagey.ping","data":{"type":"ping"}}}"#, "pagey.ping"),
            (r#"{"event":{"event_type":"incident.sunk","data":{"id":"PINC"}}}"#, "incident.sunk"),
            (r#"{"event":{"event_type":"service.sunk","data":{"id":"PSVC"}}}"#, "service.sunk"),
            (r#"{"messages":[{"event":"incident.sunk","incident":{"id":"PINC"}}]}"#, "incident.sunk"),
            (r#"{"messages":[]}"#, "unnamed"),
        ] {
            let (event, facts) = read(body);
            assert_eq!(event, expected, "{body}");
            assert!(facts.is_err(), "{body}");
        }
        for body in [r#"{"hello":"world"}"#, r#"{"event":{"event_type":"incident.resolved","data":{}}}"#] {
            assert!(parse(&Request { headers: &[], body: body.as_bytes() }).is_err(), "{body}");
        }
    }
}
