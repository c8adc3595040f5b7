//! TeamCity: its built-in webhooks and those of the plugin tcWebHooks, a pipeline run for each build.

use crate::draft::shortened;
use crate::json;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

use self::build::Reading;
use self::payload::Body;

mod build;
mod builtin;
mod payload;
mod plugin;
mod properties;

/// The entry of TeamCity in the table of providers.
pub const PROVIDER: Provider = Provider {
    name: "teamcity",
    title: "TeamCity",
    // The documented header of the built-in webhooks is `php-auth-pw`; newer servers send basic authentication.
    schemes: &[Scheme::Authorization, Scheme::Header { header: "php-auth-pw" }, Scheme::Token],
    kept_headers: &[],
    meaning_headers: &[],
    events: &[
        "BUILD_TYPE_ADDED_TO_QUEUE",
        "CHANGES_LOADED",
        "BUILD_STARTED",
        "BUILD_PROBLEMS_CHANGED",
        "BUILD_FINISHED",
        "BUILD_INTERRUPTED",
        "changesLoaded",
        "buildStarted",
        "beforeBuildFinish",
        "buildFinished",
        "buildSuccessful",
        "buildFixed",
        "buildFailed",
        "buildBroken",
        "buildInterrupted",
    ],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const EXPECTED: &str = "a webhook of TeamCity or of its plugin tcWebHooks";

/// The longest name of an event that is repeated in answers, in characters.
const MAX_EVENT_CHARACTERS: usize = 64;

/// Neither sender gives a delivery an id that stays; a repeated one is told by its body.
fn delivery_id(_request: &Request<'_>) -> Option<String> {
    None
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let body: Body = json::read(request.body, EXPECTED)?;
    let (event, reading) = match (&body.event_type, &body.payload, &body.build) {
        (Some(event), Some(payload), _) => (event, builtin::read(event, payload)),
        (Some(event), None, _) => (event, Reading::Nothing("the body has no payload")),
        (None, _, Some(build)) => match &build.notify_type {
            Some(event) => (event, plugin::read(event, build)),
            None => return Err(broken("'build' has no member 'notifyType'")),
        },
        (None, _, None) => return Err(broken("it has neither 'eventType' nor 'build'")),
    };
    let event = shortened(event, MAX_EVENT_CHARACTERS);
    Ok(match reading {
        Reading::Build(build) => Parsed::facts(event, build.facts()?),
        Reading::Nothing(reason) => Parsed::ignored(event, reason),
    })
}

fn broken(cause: &str) -> ParseError {
    ParseError::Body { expected: EXPECTED, cause: cause.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use throughline_domain::fact::{Attribute, Facts};
    use throughline_domain::link::{LinkClass, LinkKind};
    use throughline_domain::node::NodeKind;

    use super::parse;
    use crate::provider::{Content, Parsed, Request};

    const SHA: &str = "6f1c0a4b9d2e38f7750c1b6ad4e93f2c8b70a915";

    fn parsed(body: &Value) -> Parsed {
        let body = body.to_string();
        parse(&Request { headers: &[], body: body.as_bytes() }).unwrap()
    }

    fn facts(body: &Value) -> Facts {
        match parsed(body).content {
            Content::Facts(facts) => *facts,
            Content::Ignored(reason) => panic!("ignored: {reason}"),
        }
    }

    fn values(facts: &Facts, attribute: Attribute) -> Vec<String> {
        let nodes = facts.nodes.iter().filter(|node| node.key.kind() == NodeKind::PipelineRun);
        let pairs = nodes.flat_map(|node| node.attributes.iter());
        pairs.filter(|(name, _)| *name == attribute).map(|(_, value)| value.clone()).collect()
    }

    #[test]
    fn both_senders_arrive_at_one_build() {
        let builtin = json!({
            "eventType": "BUILD_FINISHED",
            "payload": {
                "id": 901, "number": "31", "status": "SUCCESS", "finishDate": "20260314T102606+0100",
                "webUrl": "https://teamcity.acme.example/buildConfiguration/Checkout_Build/901",
            },
        });
        let plugin = json!({"build": {
            "notifyType": "buildFinished", "buildId": "901", "buildResult": "success",
            "buildStatusUrl": "https://teamcity.acme.example/viewLog.html?buildTypeId=Checkout_Build&buildId=901",
        }});
        let (builtin, plugin) = (facts(&builtin), facts(&plugin));
        assert_eq!(builtin.nodes[0].key, plugin.nodes[0].key);
        assert_eq!(values(&builtin, Attribute::FinishedAt), ["2026-03-14T09:26:06Z"]);
        assert_eq!(values(&plugin, Attribute::Outcome), ["success"]);
        assert!(values(&plugin, Attribute::FinishedAt).is_empty());
    }

    #[test]
    fn a_repository_is_linked_as_surely_as_it_is_named() {
        let root = |members: Value| {
            let mut instance = json!({"id": "3", "vcs-root-id": "Checkout"});
            instance.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
            facts(&json!({
                "eventType": "BUILD_STARTED",
                "payload": {"id": 901, "startDate": "20260314T092606+0000", "revisions": {"revision": [
                    {"version": SHA, "vcsBranchName": "refs/heads/main", "vcs-root-instance": instance},
                ]}},
            }))
        };
        let url = json!({"name": "Checkout", "properties": {"property": [
            {"name": "url", "value": "https://github.com/acme/checkout"},
        ]}});
        let named = json!({"name": "https://github.com/acme/checkout#refs/heads/main"});
        for (members, class) in
            [(url, Some(LinkClass::Asserted)), (named, Some(LinkClass::Guessed)), (json!({"name": "Checkout"}), None)]
        {
            let facts = root(members);
            let link = facts.links.iter().find(|link| link.kind == LinkKind::BuiltFrom);
            assert_eq!(link.map(|link| link.class), class);
            assert_eq!(values(&facts, Attribute::Commit), [SHA]);
            assert_eq!(values(&facts, Attribute::Branch), ["main"]);
        }
    }

    #[test]
    fn the_plugin_names_repository_and_revision_in_the_parameters_of_the_build() {
        for properties in [
            json!([{"name": "vcsroot.url", "value": "git@github.com:acme/checkout.git"},
                   {"name": "build.vcs.number", "value": SHA}]),
            json!({"vcsroot.url": "git@github.com:acme/checkout.git", "build.vcs.number": SHA}),
        ] {
            let facts = facts(&json!({"build": {
                "notifyType": "buildFailed", "buildId": 12, "buildResult": "failure", "teamcityProperties": properties,
            }}));
            let built = facts.links.iter().find(|link| link.kind == LinkKind::BuiltFrom).unwrap();
            assert_eq!((built.to.parts().resource.as_str(), built.class), (SHA, LinkClass::Asserted));
        }
    }

    #[test]
    fn what_states_nothing_says_why() {
        for body in [
            json!({"eventType": "BUILD_INTERRUPTED", "payload": {"buildTypeId": "Checkout_Build", "number": "43"}}),
            json!({"eventType": "AGENT_REGISTRED", "payload": {"id": 1}}),
            json!({"eventType": "ISLAND_SUNK", "payload": {}}),
            json!({"build": {"notifyType": "buildAddedToQueue", "buildName": "Build"}}),
            json!({"build": {"notifyType": "responsibilityChanged", "buildName": "Build"}}),
        ] {
            assert!(matches!(parsed(&body).content, Content::Ignored(reason) if !reason.is_empty()), "{body}");
        }
        for body in [r#"{}"#, r#"{"build":{"buildId":"1"}}"#] {
            assert!(parse(&Request { headers: &[], body: body.as_bytes() }).is_err(), "{body}");
        }
    }
}
