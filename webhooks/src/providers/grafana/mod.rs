//! Grafana: unified alerting, the alerting of Grafana 8 and older, and the alert groups of OnCall and IRM.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::alert::{Notification, Sender};
use crate::json;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

mod legacy;
mod oncall;

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: "grafana",
    title: "Grafana",
    schemes: &[
        Scheme::HmacTimed {
            header: "x-grafana-alerting-signature",
            prefix: "",
            time: "x-grafana-alerting-timestamp",
            before: "",
        },
        Scheme::Authorization,
    ],
    kept_headers: &[],
    meaning_headers: &[],
    events: &["firing", "resolved", "legacy", "oncall"],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const NAME: &str = "grafana";

const EXPECTED: &str = "a Grafana notification";

const SENDER: Sender = Sender { provider: NAME, expected: EXPECTED };

/// As much of any body as tells which part of Grafana sent it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Envelope {
    alerts: Option<IgnoredAny>,
    alert_group: Option<IgnoredAny>,
    #[serde(rename = "ruleId")]
    rule_id: Option<IgnoredAny>,
    #[serde(rename = "ruleName")]
    rule_name: Option<IgnoredAny>,
}

/// Grafana gives its notifications no id; a repeated one is told by its body.
fn delivery_id(_request: &Request<'_>) -> Option<String> {
    None
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let envelope: Envelope = json::read(request.body, EXPECTED)?;
    if envelope.alert_group.is_some() {
        oncall::read(request.body)
    } else if envelope.alerts.is_some() {
        let notification: Notification = json::read(request.body, EXPECTED)?;
        SENDER.read(&notification)
    } else if envelope.rule_id.is_some() || envelope.rule_name.is_some() {
        legacy::read(request.body)
    } else {
        Err(broken("it has neither 'alerts' nor 'alert_group' nor 'ruleName'"))
    }
}

fn broken(cause: &str) -> ParseError {
    ParseError::Body { expected: EXPECTED, cause: cause.to_owned() }
}

#[cfg(test)]
mod tests {
    use throughline_domain::fact::{Attribute, Facts};
    use throughline_domain::link::LinkKind;

    use super::parse;
    use crate::provider::{Content, Request};

    fn read(body: &str) -> (String, Result<Facts, String>) {
        let parsed = parse(&Request { headers: &[], body: body.as_bytes() }).unwrap();
        match parsed.content {
            Content::Facts(facts) => (parsed.event, Ok(*facts)),
            Content::Ignored(reason) => (parsed.event, Err(reason)),
        }
    }

    fn targets(facts: &Facts, kind: LinkKind) -> Vec<&str> {
        facts.links.iter().filter(|link| link.kind == kind).map(|link| link.to.as_str()).collect()
    }

    #[test]
    fn the_dashboard_of_an_alert_is_in_a_field_of_its_own() {
        let alert = |members: &str| {
            format!(
                r#"{{"status":"firing","externalURL":"https://grafana.acme.example/","alerts":[{{"fingerprint":"a1b2",
                    "labels":{{"alertname":"Slow"}},"startsAt":"2026-03-14T09:26:00Z",{members}}}]}}"#
            )
        };
        let dashboard = "cdevents:v0:web:grafana.acme.example:::dashboard:/d/k7x2/checkout";
        for (members, expected) in [
            (r#""dashboardURL":"https://grafana.acme.example/d/k7x2/checkout?orgId=1","panelURL":"""#, vec![dashboard]),
            (
                r#""dashboardURL":"","panelURL":"https://grafana.acme.example/d/k7x2/checkout?viewPanel=4""#,
                vec![dashboard],
            ),
            (r#""dashboardURL":"","panelURL":"""#, vec![]),
        ] {
            let (event, facts) = read(&alert(members));
            assert_eq!(event, "firing");
            assert_eq!(targets(&facts.unwrap(), LinkKind::DocumentedBy), expected, "{members}");
        }
    }

    #[test]
    fn the_old_alerting_tells_no_time_and_so_no_state() {
        let (event, facts) = read(
            r#"{"ruleId":7,"ruleName":"Checkout is slow","state":"ok","orgId":1,
                "ruleUrl":"https://grafana.acme.example/d/k7x2/checkout?tab=alert","evalMatches":[{"tags":{"job":"checkout"}}]}"#,
        );
        let facts = facts.unwrap();
        assert_eq!(event, "legacy.ok");
        assert_eq!(facts.nodes[0].key.as_str(), "cdevents:v0:grafana:grafana.acme.example:::alert:1/7");
        assert!(facts.nodes[0].attributes.iter().all(|(attribute, _)| *attribute != Attribute::State));
        assert!(facts.events.is_empty());
        assert_eq!(targets(&facts, LinkKind::FiresOn), ["cdevents:v0:throughline::::service:checkout"]);
        assert_eq!(
            targets(&facts, LinkKind::DocumentedBy),
            ["cdevents:v0:web:grafana.acme.example:::dashboard:/d/k7x2/checkout"]
        );
    }

    #[test]
    fn an_alert_group_groups_the_alerts_that_it_was_made_of() {
        let group = |kind: &str| {
            let body = format!(
                r#"{{"event":{{"type":"alert group created","time":"2026-03-14T09:27:00Z"}},"alert_group":{{"id":"I6HN"}},
                    "integration":{{"type":"{kind}"}},"alert_payload":{{"externalURL":"https://alerts.acme.example",
                    "alerts":[{{"fingerprint":"a1b2","startsAt":"2026-03-14T09:26:00Z","labels":{{"service":"checkout"}}}}]}}}}"#
            );
            let (event, facts) = read(&body);
            assert_eq!(event, "oncall.created");
            let facts = facts.unwrap();
            assert_eq!(targets(&facts, LinkKind::FiresOn), ["cdevents:v0:throughline::::service:checkout"]);
            targets(&facts, LinkKind::Groups).into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        let alert = |provider: &str| format!("cdevents:v0:{provider}:alerts.acme.example:::alert:a1b2/1773480360");
        assert_eq!(group("alertmanager"), [alert("alertmanager")]);
        assert_eq!(group("grafana_alerting"), [alert("grafana")]);
        assert_eq!(group("webhook"), Vec::<String>::new());
    }

    #[test]
    fn what_is_none_of_these_is_no_notification() {
        assert!(parse(&Request { headers: &[], body: br#"{"hello":"world"}"# }).is_err());
        let (event, facts) = read(r#"{"event":{"type":"island sunk"},"alert_group":{"id":"I6HN"}}"#);
        assert_eq!(event, "oncall.island_sunk");
        assert!(facts.is_err());
    }
}
