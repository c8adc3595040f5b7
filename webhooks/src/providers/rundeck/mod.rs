//! Rundeck: executions of jobs. An execution changes something by hand; where an option names an image, it deploys it.

use crate::draft::shortened;
use crate::json;
use crate::members::filled;
use crate::parameters::plain;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

mod execution;
mod payload;

use payload::Notification;

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: "rundeck",
    title: "Rundeck",
    schemes: &[Scheme::Authorization, Scheme::Token],
    kept_headers: &[],
    meaning_headers: &[],
    events: &["start", "success", "failure", "avgduration", "retryablefailure"],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const EXPECTED: &str = "a Rundeck notification";

/// The longest trigger that is passed on as event name, in characters.
const MAX_EVENT_CHARS: usize = 64;

/// Rundeck gives its notifications no id; a repeated one is told by its body.
fn delivery_id(_request: &Request<'_>) -> Option<String> {
    None
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    if request.body.trim_ascii_start().starts_with(b"<") {
        let reason = "the body is XML; choose JSON as the payload format of the job's webhook notification";
        return Ok(Parsed::ignored("xml", reason));
    }
    let notification: Notification = json::read(request.body, EXPECTED)?;
    let trigger = filled(notification.trigger.as_deref()).ok_or_else(|| broken("'trigger' is missing"))?;
    let event = shortened(trigger, MAX_EVENT_CHARS);
    if !PROVIDER.events.contains(&trigger) {
        return Ok(Parsed::ignored(event, "nothing is read from Rundeck's notifications of this kind"));
    }
    let execution = notification.execution.as_ref().ok_or_else(|| broken("'execution' is missing"))?;
    let id = execution.id.as_ref().or(notification.execution_id.as_ref());
    let id = id.and_then(plain).ok_or_else(|| broken("'execution.id' is missing"))?;
    let status = filled(execution.status.as_deref()).or(filled(notification.status.as_deref())).unwrap_or(trigger);
    Ok(Parsed::facts(event, execution::facts(execution, &id, status)?))
}

fn broken(cause: &str) -> ParseError {
    ParseError::Body { expected: EXPECTED, cause: cause.to_owned() }
}

#[cfg(test)]
mod tests {
    use throughline_domain::fact::{Attribute, Facts};
    use throughline_domain::link::{LinkClass, LinkKind};
    use throughline_domain::node::NodeKind;

    use super::parse;
    use crate::provider::{Content, Request};

    const DIGEST: &str = "sha256:4f8c1d2e3b4a59687706152433425160798897a6b5c4d3e2f10f1e2d3c4b5a69";

    fn read(status: &str, options: &str) -> Facts {
        let body = format!(
            r#"{{"trigger":"success","status":"{status}","executionId":"7","execution":{{"id":7,"status":"{status}","user":"ada",
                "href":"https://rundeck.acme.example/project/shop/execution/show/7","project":"shop",
                "date-started":{{"unixtime":1773480366535}},"date-ended":{{"date":"2026-03-14T09:27:00Z"}},
                "job":{{"name":"Restart checkout","options":{options}}}}}}}"#
        );
        match parse(&Request { headers: &[], body: body.as_bytes() }).unwrap().content {
            Content::Facts(facts) => *facts,
            Content::Ignored(reason) => panic!("ignored: {reason}"),
        }
    }

    fn value(facts: &Facts, attribute: Attribute) -> Option<&str> {
        let mut pairs = facts.nodes.iter().flat_map(|node| node.attributes.iter());
        pairs.find(|(known, _)| *known == attribute).map(|(_, value)| value.as_str())
    }

    fn ends(facts: &Facts, kind: LinkKind) -> Vec<(String, LinkClass)> {
        let links = facts.links.iter().filter(|link| link.kind == kind);
        links.map(|link| (link.to.parts().resource, link.class)).collect()
    }

    #[test]
    fn a_status_sets_the_outcome_that_it_means() {
        for (status, outcome, occurs) in [
            ("scheduled", Some("pending"), false),
            ("running", Some("running"), false),
            ("succeeded", Some("success"), true),
            ("failed", Some("failure"), false),
            ("failed-with-retry", Some("failure"), false),
            ("timedout", Some("failure"), false),
            ("aborted", Some("abandoned"), false),
            ("dreaming", None, false),
        ] {
            let facts = read(status, "{}");
            assert_eq!(value(&facts, Attribute::Outcome), outcome, "{status}");
            assert_eq!(value(&facts, Attribute::OccurredAt).is_some(), occurs, "{status}");
            assert_eq!(facts.nodes[0].key.kind(), NodeKind::ConfigChange);
        }
    }

    #[test]
    fn an_option_that_names_an_image_makes_it_a_deployment() {
        let options =
            format!(r#"{{"environment":"production","service":"pay","image":"ghcr.io/acme/pay:1.4.0@{DIGEST}"}}"#);
        let facts = read("succeeded", &options);
        assert_eq!(facts.nodes[0].key.kind(), NodeKind::Deployment);
        assert_eq!(ends(&facts, LinkKind::Deploys), [(DIGEST.to_owned(), LinkClass::Asserted)]);
        assert_eq!(ends(&facts, LinkKind::DeployedTo), [("production".to_owned(), LinkClass::Asserted)]);
        assert_eq!(ends(&facts, LinkKind::Of), [("pay".to_owned(), LinkClass::Asserted)]);
        let tagged = read("succeeded", r#"{"image":"ghcr.io/acme/pay:1.4.0","version":"1.4.0"}"#);
        assert_eq!(tagged.nodes[0].key.kind(), NodeKind::ConfigChange);
        assert_eq!(value(&tagged, Attribute::Version), Some("1.4.0"));
    }

    #[test]
    fn what_is_not_read_says_so() {
        for body in ["<notification trigger=\"success\"/>", " \n<executions/>", r#"{"trigger":"sunk"}"#] {
            let parsed = parse(&Request { headers: &[], body: body.as_bytes() }).unwrap();
            assert!(matches!(parsed.content, Content::Ignored(_)), "{body}");
        }
        for body in ["", "{}", r#"{"trigger":"start"}"#, r#"{"trigger":"start","execution":{}}"#] {
            assert!(parse(&Request { headers: &[], body: body.as_bytes() }).is_err(), "{body}");
        }
    }
}
