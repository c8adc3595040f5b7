//! Opsgenie: what its webhook integration tells of an alert.

use crate::alert::MAX_EVENT_CHARS;
use crate::draft::shortened;
use crate::json;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

mod action;
mod facts;
mod payload;

use action::Action;
use payload::Delivery;

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: "opsgenie",
    title: "Opsgenie",
    schemes: &[Scheme::Authorization, Scheme::Token],
    kept_headers: &[],
    meaning_headers: &[],
    events: &[
        "Create",
        "Acknowledge",
        "UnAcknowledge",
        "Close",
        "Delete",
        "Snooze",
        "SnoozeEnded",
        "AddNote",
        "AddTags",
        "AddTeam",
        "AddResponder",
        "AddRecipient",
        "AssignOwnership",
        "TakeOwnership",
        "Escalate",
        "UpdatePriority",
        "UpdateMessage",
        "UpdateDescription",
        "CustomAction",
    ],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const NAME: &str = "opsgenie";

const EXPECTED: &str = "an Opsgenie webhook";

/// Opsgenie gives its deliveries no id; a repeated one is told by its body.
fn delivery_id(_request: &Request<'_>) -> Option<String> {
    None
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let delivery: Delivery = json::read(request.body, EXPECTED)?;
    let word = delivery.action.get().ok_or_else(|| broken("it has no action"))?;
    let name = shortened(word, MAX_EVENT_CHARS);
    let Some(alert) = &delivery.alert else {
        return Ok(Parsed::ignored(name, "the body names no alert"));
    };
    let facts = facts::read(Action::of(word), word, alert, &delivery)?;
    Ok(Parsed::facts(name, facts))
}

fn broken(cause: &str) -> ParseError {
    ParseError::Body { expected: EXPECTED, cause: cause.to_owned() }
}

#[cfg(test)]
mod tests {
    use throughline_domain::fact::{Attribute, Facts, Field};
    use throughline_domain::link::LinkClass;

    use super::parse;
    use crate::provider::{Content, Request};

    fn read(action: &str, members: &str) -> Facts {
        let body = format!(
            r#"{{"action":"{action}","alert":{{"alertId":"a-1","tinyId":"23","createdAt":1773480366000,{members}}}}}"#
        );
        match parse(&Request { headers: &[], body: body.as_bytes() }).unwrap().content {
            Content::Facts(facts) => *facts,
            Content::Ignored(reason) => panic!("ignored: {reason}"),
        }
    }

    fn value(facts: &Facts, attribute: Attribute) -> Option<&str> {
        let attributes = &facts.nodes[0].attributes;
        attributes.iter().find(|(known, _)| *known == attribute).map(|(_, value)| value.as_str())
    }

    #[test]
    fn an_action_says_how_the_alert_stands() {
        let cases = [
            ("Create", Some("open"), Some("running"), "created"),
            ("Acknowledge", Some("acknowledged"), Some("running"), "acknowledged"),
            ("Close", Some("closed"), Some("success"), "closed"),
            ("Delete", Some("deleted"), Some("abandoned"), "deleted"),
            ("AddNote", None, None, "annotated"),
            ("Restart the pods", None, None, "acted"),
        ];
        for (action, state, outcome, what) in cases {
            let facts = read(action, r#""message":"Slow","updatedAt":1773480400000000001"#);
            assert_eq!(value(&facts, Attribute::State), state, "{action}");
            assert_eq!(value(&facts, Attribute::Outcome), outcome, "{action}");
            assert_eq!(value(&facts, Attribute::OccurredAt), Some("2026-03-14T09:26:06Z"), "{action}");
            assert_eq!(facts.events[0].what, what, "{action}");
        }
        let closed = read("Close", r#""message":"Slow","updatedAt":1773480400000"#);
        assert_eq!(value(&closed, Attribute::FinishedAt), Some("2026-03-14T09:26:40Z"));
    }

    #[test]
    fn a_note_does_not_take_back_the_description() {
        let searched = |action: &str, members: &str| {
            let facts = read(action, &format!(r#""message":"Slow","updatedAt":1773480400000,{members}"#));
            let body = facts.mentions.into_iter().find(|mention| mention.field == Field::Body);
            body.map(|mention| mention.text)
        };
        let described = r#""description":"see PAY-12""#;
        assert_eq!(searched("Create", described).as_deref(), Some("see PAY-12"));
        assert_eq!(searched("Acknowledge", described), None);
        let noted = format!(r#"{described},"note":"and PAY-31""#);
        assert_eq!(searched("AddNote", &noted).as_deref(), Some("see PAY-12\n\nand PAY-31"));
    }

    #[test]
    fn the_service_is_sure_in_a_detail_and_guessed_from_the_entity() {
        let cases = [
            (r#""tags":["service:checkout","urgent"],"entity":"web-1""#, LinkClass::Asserted),
            (r#""details":{"service":"checkout"}"#, LinkClass::Asserted),
            (r#""entity":"checkout""#, LinkClass::Guessed),
        ];
        for (members, class) in cases {
            let facts = read("Create", members);
            assert_eq!(facts.links[0].to.as_str(), "cdevents:v0:throughline::::service:checkout", "{members}");
            assert_eq!(facts.links[0].class, class, "{members}");
        }
    }

    #[test]
    fn an_escalation_tells_no_more_than_the_id() {
        let parsed = parse(&Request { headers: &[], body: br#"{"action":"Escalate","alert":{"alertId":"a-1"}}"# });
        let Content::Facts(facts) = parsed.unwrap().content else { panic!("ignored") };
        assert_eq!(facts.nodes[0].at, None);
        assert!(facts.events.is_empty());
    }

    #[test]
    fn what_names_no_alert_states_nothing() {
        let parsed = parse(&Request { headers: &[], body: br#"{"action":"IslandSunk"}"# }).unwrap();
        assert_eq!(parsed.event, "IslandSunk");
        assert!(matches!(parsed.content, Content::Ignored(_)));
        for body in [r#"{"alert":{"alertId":"a-1"}}"#, r#"{"action":"Create","alert":{"message":"Slow"}}"#] {
            assert!(parse(&Request { headers: &[], body: body.as_bytes() }).is_err(), "{body}");
        }
    }
}
