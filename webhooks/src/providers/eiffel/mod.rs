//! Eiffel: the events of its vocabulary, one by one or as a list, which refer to each other by id.

use crate::draft::shortened;
use crate::json;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

mod activity;
mod artifact;
mod definition;
mod flow;
mod payload;
mod purl;
mod source;
mod test;

use flow::Flow;
use payload::Event;

const NAME: &str = "eiffel";
const EXPECTED: &str = "an Eiffel event";

/// The name of a delivery that holds several events.
const BATCH: &str = "batch";

/// The most events that one delivery may hold.
const MAX_EVENTS: usize = 1_000;

/// The longest event name that is passed on, in characters.
const MAX_EVENT_CHARS: usize = 100;

/// The table entry.
pub static PROVIDER: Provider = Provider {
    name: NAME,
    title: "Eiffel",
    schemes: &[Scheme::StandardWebhooks, Scheme::Authorization],
    kept_headers: &["webhook-id", "webhook-timestamp", "webhook-signature"],
    meaning_headers: &[],
    events: &[
        "EiffelActivityCanceledEvent",
        "EiffelActivityFinishedEvent",
        "EiffelActivityStartedEvent",
        "EiffelActivityTriggeredEvent",
        "EiffelAnnouncementPublishedEvent",
        "EiffelArtifactCreatedEvent",
        "EiffelArtifactDeployedEvent",
        "EiffelArtifactPublishedEvent",
        "EiffelArtifactReusedEvent",
        "EiffelCompositionDefinedEvent",
        "EiffelConfidenceLevelModifiedEvent",
        "EiffelEnvironmentDefinedEvent",
        "EiffelFlowContextDefinedEvent",
        "EiffelIssueDefinedEvent",
        "EiffelIssueVerifiedEvent",
        "EiffelSourceChangeCreatedEvent",
        "EiffelSourceChangeSubmittedEvent",
        "EiffelTestCaseCanceledEvent",
        "EiffelTestCaseFinishedEvent",
        "EiffelTestCaseStartedEvent",
        "EiffelTestCaseTriggeredEvent",
        "EiffelTestExecutionRecipeCollectionCreatedEvent",
        "EiffelTestSuiteFinishedEvent",
        "EiffelTestSuiteStartedEvent",
        BATCH,
    ],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

/// What came of one event: `None` where it was stated, else why not.
type Unread = Option<String>;

/// The sender's id of the message, else the event's own.
fn delivery_id(request: &Request<'_>) -> Option<String> {
    let header = request.header("webhook-id").filter(|id| !id.is_empty()).map(str::to_owned);
    header.or_else(|| payload::event_id(request))
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let values = json::read_events(request.body, EXPECTED, MAX_EVENTS)?;
    let events: Vec<Event> = values.into_iter().map(payload::read).collect::<Result<_, _>>()?;
    let name = match events.as_slice() {
        [event] => shortened(event.kind()?, MAX_EVENT_CHARS),
        _ => BATCH.to_owned(),
    };
    let mut flow = Flow::new(&events)?;
    let mut ignored = "the list holds no event".to_owned();
    for event in &events {
        flow.draft.at = event.at();
        if let Some(reason) = read(&mut flow, event)? {
            ignored = reason;
        }
    }
    if flow.draft.is_empty() {
        return Ok(Parsed::ignored(name, ignored));
    }
    Ok(Parsed::facts(name, flow.draft.finish()?))
}

fn read(flow: &mut Flow<'_>, event: &Event) -> Result<Unread, ParseError> {
    match event.kind()? {
        "EiffelActivityTriggeredEvent" => activity::triggered(flow, event),
        "EiffelActivityStartedEvent" => activity::started(flow, event),
        "EiffelActivityFinishedEvent" => activity::finished(flow, event),
        "EiffelActivityCanceledEvent" => activity::canceled(flow, event),
        "EiffelArtifactCreatedEvent" => artifact::created(flow, event),
        "EiffelArtifactPublishedEvent" => artifact::published(flow, event),
        "EiffelArtifactReusedEvent" => artifact::reused(flow, event),
        "EiffelArtifactDeployedEvent" => artifact::deployed(flow, event),
        "EiffelCompositionDefinedEvent" => artifact::composition(flow, event),
        "EiffelSourceChangeCreatedEvent" => source::created(flow, event),
        "EiffelSourceChangeSubmittedEvent" => source::submitted(flow, event),
        "EiffelTestCaseTriggeredEvent" => test::case_triggered(flow, event),
        "EiffelTestSuiteStartedEvent" => test::suite_started(flow, event),
        "EiffelTestCaseStartedEvent" => test::started(flow, event),
        "EiffelTestCaseFinishedEvent" | "EiffelTestSuiteFinishedEvent" => test::finished(flow, event),
        "EiffelTestCaseCanceledEvent" => test::canceled(flow, event),
        "EiffelTestExecutionRecipeCollectionCreatedEvent" => test::recipes(flow, event),
        "EiffelConfidenceLevelModifiedEvent" => test::confidence(flow, event),
        "EiffelEnvironmentDefinedEvent" => definition::environment(flow, event),
        "EiffelIssueDefinedEvent" => definition::issue(flow, event),
        "EiffelIssueVerifiedEvent" => definition::verified(flow, event),
        "EiffelAnnouncementPublishedEvent" => definition::announcement(flow, event),
        "EiffelFlowContextDefinedEvent" => {
            Ok(Some("a flow context sorts other events by product, project or track, which are no nodes".to_owned()))
        }
        _ => Ok(Some("the type is none of the Eiffel vocabulary that is read".to_owned())),
    }
}

fn refuse(cause: &str) -> ParseError {
    ParseError::Body { expected: EXPECTED, cause: cause.to_owned() }
}

#[cfg(test)]
mod tests {
    use throughline_domain::fact::Facts;
    use throughline_domain::link::{LinkClass, LinkKind};

    use super::{delivery_id, parse};
    use crate::provider::{Content, Request};

    const SHA: &str = "4f1c2a9be0d37c5586a1b2f4e9d0c7a3b8e6f512";

    fn read(body: &str) -> Result<Facts, String> {
        match parse(&Request { headers: &[], body: body.as_bytes() }).unwrap().content {
            Content::Facts(facts) => Ok(*facts),
            Content::Ignored(reason) => Err(reason),
        }
    }

    fn event(kind: &str, id: &str, data: &str, links: &str) -> String {
        format!(
            r#"{{"meta":{{"type":"Eiffel{kind}Event","id":"{id}","time":1773480366535}},"data":{{{data}}},"links":[{links}]}}"#
        )
    }

    fn link(kind: &str, target: &str) -> String {
        format!(r#"{{"type":"{kind}","target":"{target}"}}"#)
    }

    #[test]
    fn later_events_of_an_activity_find_its_first_one() {
        let triggered = read(&event("ActivityTriggered", "a-1", r#""name":"Build""#, "")).unwrap();
        let key = &triggered.nodes[0].key;
        assert_eq!(key.as_str(), "cdevents:v0:eiffel::::pipeline_run:a-1");
        for (kind, data) in [
            ("ActivityStarted", ""),
            ("ActivityFinished", r#""outcome":{"conclusion":"SUCCESSFUL"}"#),
            ("ActivityCanceled", r#""reason":"superseded""#),
        ] {
            let later = read(&event(kind, "a-2", data, &link("ACTIVITY_EXECUTION", "a-1"))).unwrap();
            assert_eq!(later.nodes[0].key, *key, "{kind}");
        }
        assert!(read(&event("ActivityStarted", "a-2", "", "")).is_err());
    }

    #[test]
    fn what_a_link_does_not_tell_the_list_may_tell() {
        let identity = r#""identity":"pkg:maven/com.acme/checkout@1.4.0""#;
        let made = event("ArtifactCreated", "art", identity, &link("CONTEXT", "act"));
        let class = |facts: &Facts| {
            let link = facts.links.iter().find(|link| link.kind == LinkKind::ProducedBy).unwrap();
            (link.to.as_str().to_owned(), link.class)
        };
        let expected = "cdevents:v0:eiffel::::pipeline_run:act".to_owned();
        assert_eq!(class(&read(&made).unwrap()), (expected.clone(), LinkClass::Guessed));
        let activity = event("ActivityTriggered", "act", r#""name":"Build""#, "");
        assert_eq!(class(&read(&format!("[{made},{activity}]")).unwrap()), (expected, LinkClass::Asserted));
        let suite = event("TestSuiteStarted", "act", r#""name":"Smoke""#, "");
        let facts = read(&format!("[{made},{suite}]")).unwrap();
        assert!(facts.links.iter().all(|link| link.kind != LinkKind::ProducedBy));
    }

    #[test]
    fn a_composition_leads_from_the_artifact_to_the_commit() {
        let git = format!(r#""gitIdentifier":{{"commitId":"{SHA}","repoUri":"https://github.com/acme/checkout.git"}}"#);
        let body = format!(
            "[{},{},{}]",
            event("SourceChangeSubmitted", "scs", &git, ""),
            event("CompositionDefined", "cd", r#""name":"Checkout""#, &link("ELEMENT", "scs")),
            event("ArtifactCreated", "art", r#""identity":"pkg:maven/a/b@1""#, &link("COMPOSITION", "cd"))
        );
        let facts = read(&body).unwrap();
        let found = |kind: LinkKind, from: &str, to: &str| {
            let fits = |key: &throughline_domain::key::Key, end: &str| key.as_str().ends_with(end);
            facts.links.iter().any(|link| link.kind == kind && fits(&link.from, from) && fits(&link.to, to))
        };
        assert!(found(LinkKind::BuiltFrom, ":artifact:cd", &format!(":commit:{SHA}")));
        assert!(found(LinkKind::DerivedFrom, ":artifact:art", ":artifact:cd"));
    }

    #[test]
    fn what_is_not_read_says_so() {
        for body in ["[]".to_owned(), event("IslandSunk", "x", "", ""), event("FlowContextDefined", "x", "", "")] {
            assert!(read(&body).is_err(), "{body}");
        }
        for body in ["{}", "12", "[1]", r#"{"meta":{"type":"EiffelActivityTriggeredEvent"}}"#] {
            assert!(parse(&Request { headers: &[], body: body.as_bytes() }).is_err(), "{body}");
        }
    }

    #[test]
    fn an_event_has_an_id_of_its_own() {
        let id = |body: &str| delivery_id(&Request { headers: &[], body: body.as_bytes() });
        assert_eq!(id(&event("ActivityTriggered", "a-1", "", "")).as_deref(), Some("a-1"));
        assert_eq!(id("[]"), None);
    }
}
