//! Travis CI: its webhook notifications, a pipeline run for each build, with its jobs.

use std::borrow::Cow;

use url::form_urlencoded;

use crate::draft::shortened;
use crate::json;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

use self::payload::Build;

mod payload;
mod run;
mod source;

/// The entry of Travis CI in the table of providers.
pub const PROVIDER: Provider = Provider {
    name: "travis",
    title: "Travis CI",
    // In this order, since Travis fills `authorization` with a hash of its own where the address has no user.
    schemes: &[Scheme::Token, Scheme::Authorization],
    kept_headers: &[],
    meaning_headers: &[],
    events: &["push", "pull_request", "cron", "api"],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const EXPECTED: &str = "a webhook notification of Travis CI";

const FORM: &str = "application/x-www-form-urlencoded";

/// The longest name of an event that is repeated in answers, in characters.
const MAX_EVENT_CHARACTERS: usize = 64;

/// Travis gives its notifications no id; a repeated one is told by its body.
fn delivery_id(_request: &Request<'_>) -> Option<String> {
    None
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let build: Build = json::read(&taken_out(request)?, EXPECTED)?;
    if build.number.is_none() && build.repository.is_none() && build.commit.is_none() {
        return Err(broken("it names neither a build's number nor its repository nor its commit"));
    }
    // Notifications of old servers have no type.
    let event = build.kind.clone().filter(|kind| !kind.is_empty()).unwrap_or_else(|| "push".to_owned());
    match event.as_str() {
        "push" | "pull_request" | "cron" | "api" => {}
        _ => {
            let event = shortened(&event, MAX_EVENT_CHARACTERS);
            let reason = format!("the type of build '{event}' of Travis CI is not known; the delivery is kept");
            return Ok(Parsed::ignored(event, reason));
        }
    }
    match run::facts(&build)? {
        Some(facts) => Ok(Parsed::facts(event, facts)),
        None => Ok(Parsed::ignored(event, "the build has no id")),
    }
}

/// The JSON within the form that Travis sends, or the body where a relay took it out of the form.
fn taken_out<'a>(request: &Request<'a>) -> Result<Cow<'a, [u8]>, ParseError> {
    let kind = request.header("content-type").unwrap_or_default().trim_start().to_ascii_lowercase();
    if !kind.starts_with(FORM) && !request.body.starts_with(b"payload=") {
        return Ok(Cow::Borrowed(request.body));
    }
    form_urlencoded::parse(request.body)
        .find_map(|(name, value)| (name == "payload").then(|| Cow::Owned(value.into_owned().into_bytes())))
        .ok_or_else(|| broken("the form has no field 'payload'"))
}

fn broken(cause: &str) -> ParseError {
    ParseError::Body { expected: EXPECTED, cause: cause.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use throughline_domain::fact::{Attribute, Facts};
    use throughline_domain::link::LinkKind;
    use throughline_domain::node::NodeKind;
    use url::form_urlencoded;

    use super::parse;
    use crate::provider::{Content, Request};

    const SHA: &str = "6f1c0a4b9d2e38f7750c1b6ad4e93f2c8b70a915";
    const HEAD: &str = "a1d09c4e7b2f3856d4c0e91b7f3a2d58c6e40b17";

    fn build(members: Value) -> Value {
        let mut body = json!({
            "id": 92, "number": "46", "type": "push", "state": "passed", "commit": SHA, "branch": "main",
            "started_at": "2026-03-14T09:26:12Z", "finished_at": "2026-03-14T09:31:44Z",
            "build_url": "https://app.travis-ci.com/github/acme/checkout/builds/92",
            "compare_url": "https://github.com/acme/checkout/compare/c40be8173fa2...6f1c0a4b9d2e",
            "repository": {"id": 21, "name": "checkout", "owner_name": "acme", "url": null},
        });
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        body
    }

    fn facts(body: &[u8], headers: &[(String, String)]) -> Facts {
        match parse(&Request { headers, body }).unwrap().content {
            Content::Facts(facts) => *facts,
            Content::Ignored(reason) => panic!("ignored: {reason}"),
        }
    }

    fn targets(facts: &Facts, kind: LinkKind) -> Vec<String> {
        facts.links.iter().filter(|link| link.kind == kind).map(|link| link.to.parts().resource).collect()
    }

    #[test]
    fn a_form_says_what_its_payload_says() {
        let body = build(json!({"message": "a & b = 100%"})).to_string();
        let form = form_urlencoded::Serializer::new(String::new()).append_pair("payload", &body).finish();
        let headers = vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
        let expected = facts(body.as_bytes(), &[]);
        assert_eq!(facts(form.as_bytes(), &headers), expected);
        assert_eq!(facts(form.as_bytes(), &[]), expected);
        assert!(parse(&Request { headers: &headers, body: b"other=1" }).is_err());
    }

    #[test]
    fn a_state_sets_the_outcome_that_it_means() {
        for (members, outcome) in [
            (json!({"state": "created"}), Some("pending")),
            (json!({"state": "started"}), Some("running")),
            (json!({"state": "passed"}), Some("success")),
            (json!({"state": "failed"}), Some("failure")),
            (json!({"state": "errored"}), Some("failure")),
            (json!({"state": "canceled"}), Some("abandoned")),
            (json!({"state": "finished", "result": 1}), Some("failure")),
            (json!({"state": null, "status_message": "Still Failing"}), Some("failure")),
            (json!({"state": null, "status_message": "Pending"}), Some("running")),
            (json!({"state": "something new"}), None),
        ] {
            let facts = facts(build(members.clone()).to_string().as_bytes(), &[]);
            let runs = facts.nodes.iter().filter(|node| node.key.kind() == NodeKind::PipelineRun);
            let mut found = runs.flat_map(|node| &node.attributes).filter(|(name, _)| *name == Attribute::Outcome);
            assert_eq!(found.next().map(|(_, value)| value.as_str()), outcome, "{members}");
        }
    }

    #[test]
    fn only_the_head_of_a_pull_request_is_part_of_it() {
        let pull = json!({
            "type": "pull_request", "pull_request": true, "pull_request_number": 42, "head_commit": HEAD,
            "compare_url": "https://github.com/acme/checkout/pull/42",
        });
        let facts_of = |members: &Value| facts(build(members.clone()).to_string().as_bytes(), &[]);
        let facts = facts_of(&pull);
        assert_eq!(targets(&facts, LinkKind::PartOf), ["42"]);
        assert_eq!(targets(&facts, LinkKind::BuiltFrom), [SHA, HEAD]);
        let part = facts.links.iter().find(|link| link.kind == LinkKind::PartOf).unwrap();
        assert_eq!(part.from.parts().resource, HEAD);
        let mut without_head = pull.clone();
        without_head["head_commit"] = Value::Null;
        assert!(targets(&facts_of(&without_head), LinkKind::PartOf).is_empty());
        // Elsewhere it is not known which tool keeps the pull request.
        let mut elsewhere = pull;
        elsewhere["compare_url"] = json!("https://git.acme.example/acme/checkout/pull/42");
        assert!(targets(&facts_of(&elsewhere), LinkKind::PartOf).is_empty());
    }

    #[test]
    fn a_repository_without_a_host_is_none() {
        let facts = facts(build(json!({"compare_url": "https://github.com/other/place"})).to_string().as_bytes(), &[]);
        assert!(facts.links.is_empty());
    }
}
