//! Prometheus Alertmanager: the alerts of a group notification, each firing one node.

use crate::alert::{Notification, Sender};
use crate::json;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: "alertmanager",
    title: "Prometheus Alertmanager",
    schemes: &[Scheme::Authorization],
    kept_headers: &[],
    meaning_headers: &[],
    events: &["firing", "resolved"],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const SENDER: Sender = Sender { provider: "alertmanager", expected: "an Alertmanager notification" };

/// Alertmanager gives its notifications no id; a repeated one is told by its body.
fn delivery_id(_request: &Request<'_>) -> Option<String> {
    None
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let notification: Notification = json::read(request.body, SENDER.expected)?;
    SENDER.read(&notification)
}

#[cfg(test)]
mod tests {
    use throughline_domain::fact::{Attribute, Facts};
    use throughline_domain::link::{LinkClass, LinkKind};

    use super::parse;
    use crate::provider::{Content, ParseError, Request};

    fn read(body: &str) -> Result<Facts, ParseError> {
        let parsed = parse(&Request { headers: &[], body: body.as_bytes() })?;
        match parsed.content {
            Content::Facts(facts) => Ok(*facts),
            Content::Ignored(reason) => panic!("ignored: {reason}"),
        }
    }

    fn alert(members: &str) -> Facts {
        read(&format!(
            r#"{{"status":"firing","externalURL":"https://alerts.acme.example:9093","alerts":[{{"fingerprint":"a1b2","startsAt":"2026-03-14T09:26:00Z",{members}}}]}}"#
        ))
        .unwrap()
    }

    fn value(facts: &Facts, attribute: Attribute) -> Option<&str> {
        let attributes = &facts.nodes[0].attributes;
        attributes.iter().find(|(known, _)| *known == attribute).map(|(_, value)| value.as_str())
    }

    #[test]
    fn the_year_one_is_no_end() {
        let firing = alert(r#""status":"firing","endsAt":"0001-01-01T00:00:00Z","labels":{"alertname":"Slow"}"#);
        assert_eq!(value(&firing, Attribute::FinishedAt), None);
        assert_eq!(value(&firing, Attribute::Outcome), Some("running"));
        assert_eq!(firing.nodes[0].at.unwrap().to_string(), "2026-03-14T09:26:00Z");
        let resolved = alert(r#""status":"resolved","endsAt":"2026-03-14T09:41:00Z","labels":{"alertname":"Slow"}"#);
        assert_eq!(value(&resolved, Attribute::FinishedAt), Some("2026-03-14T09:41:00Z"));
        assert_eq!(resolved.nodes[0].at.unwrap().to_string(), "2026-03-14T09:41:00Z");
        assert_eq!(resolved.nodes[0].key, firing.nodes[0].key);
        let unended = alert(r#""status":"resolved","endsAt":"0001-01-01T00:00:00Z","labels":{"alertname":"Slow"}"#);
        assert_eq!(value(&unended, Attribute::FinishedAt), None);
    }

    #[test]
    fn only_the_label_service_is_sure() {
        let cases = [
            (r#""labels":{"service":"checkout","job":"kubelet"}"#, Some(("checkout", LinkClass::Asserted))),
            (r#""labels":{"job":"checkout-api"}"#, Some(("checkout-api", LinkClass::Guessed))),
            (r#""labels":{"app":"checkout","job":"kubelet"}"#, Some(("checkout", LinkClass::Guessed))),
            (r#""labels":{"service":" ","instance":"10.0.0.7"}"#, None),
        ];
        for (members, expected) in cases {
            let facts = alert(members);
            let link = facts.links.iter().find(|link| link.kind == LinkKind::FiresOn);
            let found = link.map(|link| (link.to.parts().resource, link.class));
            assert_eq!(found, expected.map(|(name, class)| (name.to_owned(), class)), "{members}");
        }
    }

    #[test]
    fn a_group_states_what_its_alerts_share_once() {
        let one = |instance: &str| {
            format!(
                r#"{{"labels":{{"alertname":"Slow","service":"checkout","instance":"{instance}"}},
                    "annotations":{{"runbook_url":"https://docs.acme.example/runbooks/slow"}},"startsAt":"2026-03-14T09:26:00Z"}}"#
            )
        };
        let facts = read(&format!(r#"{{"alerts":[{},{}]}}"#, one("a"), one("b"))).unwrap();
        // Two alerts, and one each of service, rule and runbook.
        assert_eq!(facts.nodes.len(), 5);
        // Each alert to all three, and the rule to its runbook.
        assert_eq!(facts.links.len(), 7);
        assert_eq!(facts.events.len(), 2);
        for link in &facts.links {
            assert!(link.kind.allows(link.from.kind(), link.to.kind()), "{link:?}");
        }
    }

    #[test]
    fn an_alert_without_identity_is_an_error() {
        assert!(read(r#"{"alerts":[{"startsAt":"2026-03-14T09:26:00Z"}]}"#).is_err());
        assert!(read(r#"{"status":"firing"}"#).is_err());
    }
}
