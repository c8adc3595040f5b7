//! Amazon SNS: CloudWatch alarms, and what EventBridge tells of alarms and container images, with or without SNS.

use url::Url;

use crate::alert::MAX_EVENT_CHARS;
use crate::draft::shortened;
use crate::json;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

mod alarm;
mod image;
mod payload;

use payload::{Alarm, Bus, Envelope};

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: "cloudwatch-sns",
    title: "Amazon CloudWatch and SNS",
    schemes: &[Scheme::Authorization, Scheme::Token],
    kept_headers: &[MESSAGE, TOPIC],
    meaning_headers: &[],
    events: &[
        "subscription-confirmation",
        "unsubscribe-confirmation",
        "alarm",
        "cloudwatch-alarm-state-change",
        "ecr-image-action",
        "ecr-image-scan",
    ],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const EXPECTED: &str = "a message of Amazon SNS or EventBridge";

/// The message's id, where SNS delivers it raw.
const MESSAGE: &str = "x-amz-sns-message-id";

/// The topic, where SNS delivers a message raw.
const TOPIC: &str = "x-amz-sns-topic-arn";

/// The ends of the hosts at which Amazon lets a subscription be confirmed; before them stands the region. Hosts of other
/// services, such as those of anybody's buckets, end so, too.
const AMAZON: [&str; 2] = [".amazonaws.com", ".amazonaws.com.cn"];

/// What the hosts of SNS begin with.
const SNS: &str = "sns.";

/// The longest address or name of a topic that is shown, in bytes; Amazon's have a few hundred.
const MAX_SHOWN_BYTES: usize = 2_000;

/// The message's id is the same whenever SNS sends it again, and the event's whenever EventBridge does.
fn delivery_id(request: &Request<'_>) -> Option<String> {
    let raw = request.header(MESSAGE).map(str::to_owned);
    raw.or_else(|| {
        let envelope: Envelope = json::read(request.body, EXPECTED).ok()?;
        envelope.message_id.get().or(envelope.id.get()).map(str::to_owned)
    })
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let envelope: Envelope = json::read(request.body, EXPECTED)?;
    match envelope.kind.get() {
        Some("Notification") => notification(&envelope),
        Some("SubscriptionConfirmation") => Ok(confirmation(&envelope)),
        Some("UnsubscribeConfirmation") => Ok(Parsed::ignored(
            "unsubscribe-confirmation",
            format!("the subscription of {} was ended; nothing more comes from there", topic(&envelope)),
        )),
        Some(other) => Ok(Parsed::ignored(shortened(other, MAX_EVENT_CHARS), "this type of SNS message is not known")),
        None => {
            let topic = envelope.topic_arn.get().or(request.header(TOPIC));
            read(request.body, &envelope, topic)?.ok_or_else(|| ParseError::Body {
                expected: EXPECTED,
                cause: "it has neither 'Type' nor 'detail-type' nor 'AlarmName'".to_owned(),
            })
        }
    }
}

/// A message may be anything: what else than an alarm or event is published in a topic is nobody's fault.
fn notification(envelope: &Envelope) -> Result<Parsed, ParseError> {
    let body = envelope.message.get().unwrap_or_default().as_bytes();
    let Ok(inner) = json::read::<Envelope>(body, EXPECTED) else {
        return Ok(Parsed::ignored(
            "notification",
            "the message is a text and no CloudWatch alarm or EventBridge event",
        ));
    };
    let parsed = read(body, &inner, envelope.topic_arn.get())?;
    Ok(parsed.unwrap_or_else(|| {
        Parsed::ignored("notification", "the message is neither a CloudWatch alarm nor an EventBridge event")
    }))
}

/// Reads an alarm or event; `None` where it is neither.
fn read(body: &[u8], envelope: &Envelope, topic: Option<&str>) -> Result<Option<Parsed>, ParseError> {
    if envelope.alarm_name.get().is_some() {
        let alarm: Alarm = json::read(body, EXPECTED)?;
        return alarm::of_notification(&alarm, topic).map(Some);
    }
    let Some(kind) = envelope.detail_type.get() else { return Ok(None) };
    let bus: Bus = json::read(body, EXPECTED)?;
    let event = shortened(&kind.to_lowercase().replace(' ', "-"), MAX_EVENT_CHARS);
    let parsed = match event.as_str() {
        "cloudwatch-alarm-state-change" => alarm::of_event(event, &bus)?,
        "ecr-image-action" => image::action(event, &bus)?,
        "ecr-image-scan" => image::scan(event, &bus)?,
        _ => Parsed::ignored(event, "nothing is read from EventBridge's events of this kind"),
    };
    Ok(Some(parsed))
}

/// Nothing here opens an address: that is for the operator, who knows whether the topic is theirs.
fn confirmation(envelope: &Envelope) -> Parsed {
    let topic = topic(envelope);
    let address = envelope.subscribe_url.get().unwrap_or_default();
    let reason = if is_of_sns(address) {
        format!("SNS asks whether {topic} may send here; if the topic is yours, open this address once: {address}")
    } else {
        format!(
            "somebody asks whether {topic} may send here, and gives no address of Amazon's to confirm it; do nothing"
        )
    };
    Parsed::ignored("subscription-confirmation", reason)
}

/// Whether an address is one of SNS itself, with nothing before or behind the host that could mean another.
fn is_of_sns(address: &str) -> bool {
    let Some(url) = Url::parse(address).ok().filter(|_| address.len() <= MAX_SHOWN_BYTES) else { return false };
    let host = url.host_str().unwrap_or_default();
    let region = AMAZON.iter().find_map(|end| host.strip_prefix(SNS)?.strip_suffix(end));
    let is_plain = url.username().is_empty() && url.password().is_none() && url.port().is_none();
    url.scheme() == "https" && is_plain && region.is_some_and(|region| !region.is_empty() && !region.contains('.'))
}

fn topic(envelope: &Envelope) -> &str {
    let topic = envelope.topic_arn.get().filter(|topic| topic.len() <= MAX_SHOWN_BYTES);
    topic.unwrap_or("a topic without a name")
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use throughline_domain::fact::{Attribute, Facts};
    use throughline_domain::link::LinkKind;

    use super::{delivery_id, parse};
    use crate::provider::{Content, Request};

    const ARN: &str = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:checkout-5xx";
    const DIGEST: &str = "sha256:7f1c1c2b3d4e5f60718293a4b5c6d7e8f90123456789abcdef0123456789abcd";

    fn read(body: &serde_json::Value) -> (String, Result<Facts, String>) {
        let body = body.to_string();
        let parsed = parse(&Request { headers: &[], body: body.as_bytes() }).unwrap();
        match parsed.content {
            Content::Facts(facts) => (parsed.event, Ok(*facts)),
            Content::Ignored(reason) => (parsed.event, Err(reason)),
        }
    }

    fn alarm(old: &str, new: &str) -> serde_json::Value {
        let message = json!({
            "AlarmName": "checkout-5xx", "AWSAccountId": "123456789012", "Region": "EU (Ireland)",
            "OldStateValue": old, "NewStateValue": new, "StateChangeTime": "2026-03-14T09:26:00.000+0000",
            "Trigger": { "Dimensions": [{ "value": "checkout", "name": "ServiceName" }] }
        });
        json!({
            "Type": "Notification", "MessageId": "m-1", "TopicArn": "arn:aws:sns:eu-west-1:123456789012:alarms",
            "Message": message.to_string()
        })
    }

    fn event(old: &str, new: &str) -> serde_json::Value {
        json!({
            "id": "e-1", "detail-type": "CloudWatch Alarm State Change", "resources": [ARN],
            "detail": {
                "alarmName": "checkout-5xx",
                "state": { "value": new, "timestamp": "2026-03-14T09:40:00.000+0000" },
                "previousState": { "value": old, "timestamp": "2026-03-14T09:26:00.000+0000" }
            }
        })
    }

    fn value(facts: &Facts, attribute: Attribute) -> Option<&str> {
        let attributes = &facts.nodes[0].attributes;
        attributes.iter().find(|(known, _)| *known == attribute).map(|(_, value)| value.as_str())
    }

    #[test]
    fn an_alarm_begins_and_ends_an_alert() {
        let cases = [
            ("OK", "ALARM", Some("running")),
            ("ALARM", "OK", Some("success")),
            ("ALARM", "INSUFFICIENT_DATA", Some("abandoned")),
            ("OK", "INSUFFICIENT_DATA", None),
        ];
        for (old, new, outcome) in cases {
            for body in [alarm(old, new), event(old, new)] {
                let facts = read(&body).1;
                let found = facts.as_ref().ok().and_then(|facts| value(facts, Attribute::Outcome));
                assert_eq!(found, outcome, "{old} to {new}: {body}");
            }
        }
    }

    #[test]
    fn only_an_event_tells_which_firing_has_ended() {
        let key = |body: &serde_json::Value| read(body).1.unwrap().nodes[0].key.parts().resource;
        assert_eq!(key(&alarm("OK", "ALARM")), ARN);
        assert_eq!(key(&alarm("ALARM", "OK")), ARN);
        assert_eq!(key(&event("ALARM", "OK")), format!("{ARN}/1773480360"));
        assert_eq!(key(&event("OK", "ALARM")), format!("{ARN}/1773481200"));
    }

    #[test]
    fn an_image_is_known_by_its_digest() {
        let push = |result: &str, digest: &str| {
            json!({
                "detail-type": "ECR Image Action", "account": "123456789012", "region": "eu-west-1",
                "time": "2026-03-14T09:26:00Z",
                "detail": { "result": result, "repository-name": "checkout", "image-digest": digest,
                    "action-type": "PUSH", "image-tag": "1.4.0" }
            })
        };
        let facts = read(&push("SUCCESS", DIGEST)).1.unwrap();
        let package = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/checkout";
        assert_eq!(value(&facts, Attribute::Package), Some(package));
        assert_eq!(facts.events[0].what, "pushed");
        assert!(read(&push("FAILURE", DIGEST)).1.is_err());
        assert!(read(&push("SUCCESS", "sha256:7f1c")).1.is_err());
    }

    #[test]
    fn a_scan_verifies_the_image() {
        let (event, facts) = read(&json!({
            "id": "e-2", "detail-type": "ECR Image Scan", "account": "1", "region": "eu-west-1",
            "detail": { "scan-status": "COMPLETE", "repository-name": "checkout", "image-digest": DIGEST,
                "image-tags": ["1.4.0"], "finding-severity-counts": { "HIGH": 2, "CRITICAL": 1 } }
        }));
        let facts = facts.unwrap();
        assert_eq!(event, "ecr-image-scan");
        assert_eq!(value(&facts, Attribute::Result), Some("1 critical, 2 high"));
        assert_eq!(facts.links[0].kind, LinkKind::Verifies);
    }

    #[test]
    fn a_subscription_is_confirmed_by_the_operator_alone() {
        let ask = |address: &str| {
            let body =
                json!({ "Type": "SubscriptionConfirmation", "TopicArn": "arn:aws:sns:t", "SubscribeURL": address });
            read(&body).1.unwrap_err()
        };
        let address = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=1";
        assert!(ask(address).ends_with(address));
        for wrong in [
            "https://amazonaws.com.evil.example/",
            "http://sns.eu-west-1.amazonaws.com/",
            "https://anybody.s3.amazonaws.com/",
            "https://sns.anybody.s3.amazonaws.com/",
            "https://ada@sns.eu-west-1.amazonaws.com/",
            "",
        ] {
            assert!(ask(wrong).ends_with("do nothing"), "{wrong}");
        }
    }

    #[test]
    fn what_is_not_read_says_so() {
        for (body, expected) in [
            (json!({ "Type": "Notification", "Message": "the backup is done" }), "notification"),
            (json!({ "Type": "Notification", "Message": "{\"a\":1}" }), "notification"),
            (json!({ "detail-type": "Island Sunk", "detail": {} }), "island-sunk"),
            (json!({ "Type": "IslandSunk" }), "IslandSunk"),
        ] {
            let (event, facts) = read(&body);
            assert_eq!(event, expected);
            assert!(facts.is_err(), "{body}");
        }
        assert!(parse(&Request { headers: &[], body: br#"{"hello":"world"}"# }).is_err());
        let body = alarm("OK", "ALARM").to_string();
        assert_eq!(delivery_id(&Request { headers: &[], body: body.as_bytes() }), Some("m-1".to_owned()));
    }
}
