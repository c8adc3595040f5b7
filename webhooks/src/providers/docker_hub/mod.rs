//! Docker Hub: a push of a tag. The notice names no digest, so it tells of a version that is given out, and of no artifact.

use serde_json::Number;
use throughline_domain::fact::{Attribute, Facts};
use throughline_domain::key;
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::NodeKind;
use throughline_domain::time::Timestamp;

use crate::draft::{Draft, Person, by};
use crate::json;
use crate::members::{filled, meant};
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

mod payload;

use payload::{Notice, PushData, Repository};

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: "docker-hub",
    title: "Docker Hub",
    schemes: &[Scheme::Token],
    kept_headers: &[],
    meaning_headers: &[],
    events: &[EVENT],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

/// The only event that Docker Hub has.
const EVENT: &str = "push";

const EXPECTED: &str = "a Docker Hub push notice";

/// The one registry that these notices come from, as image references name it.
const HOST: &str = "docker.io";

/// The account in whose name Docker Hub pushes what it has built itself.
const AUTOMATED_BUILDS: &str = "trustedbuilder";

/// Docker Hub gives its notices no id; a repeated one is told by its body.
fn delivery_id(_request: &Request<'_>) -> Option<String> {
    None
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let notice: Notice = json::read(request.body, EXPECTED)?;
    let push = notice.push_data.as_ref().ok_or_else(|| broken("'push_data' is missing"))?;
    let repository = notice.repository.as_ref().ok_or_else(|| broken("'repository' is missing"))?;
    let image = filled(repository.repo_name.as_deref()).ok_or_else(|| broken("'repository.repo_name' is missing"))?;
    let Some(tag) = filled(push.tag.as_deref()) else {
        let reason = "the notice names neither a tag nor a digest, so there is nothing to know it by again";
        return Ok(Parsed::ignored(EVENT, reason));
    };
    Ok(Parsed::facts(EVENT, facts(push, repository, image, tag)?))
}

fn facts(push: &PushData, repository: &Repository, image: &str, tag: &str) -> Result<Facts, ParseError> {
    let mut draft = Draft::new("docker-hub/push", push.pushed_at.as_ref().and_then(moment));
    let reference = format!("{image}:{tag}");
    let key = key::of_tool(NodeKind::Release, "docker-hub", HOST, &reference)?;
    // The page is that of all tags together, so it is no name of this one.
    let page = filled(repository.repo_url.as_deref()).filter(|address| Name::url(address).is_some());
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, reference.as_str())
        .with(Attribute::Reference, reference.as_str())
        .with_some(Attribute::Url, page)
        .with_some(Attribute::Description, filled(repository.description.as_deref()))
        .with(Attribute::Package, format!("{HOST}/{image}"))
        .with(Attribute::Version, tag)
        .moment(Attribute::OccurredAt, draft.at)
        .named(Name::plain(&reference));
    draft.state(fact);
    let pusher = filled(push.pusher.as_deref());
    let person = Person {
        provider: "docker-hub",
        host: HOST,
        login: pusher,
        is_bot: pusher == Some(AUTOMATED_BUILDS),
        ..Person::default()
    };
    draft.person(&key, LinkKind::TriggeredBy, &person, "Docker Hub names who pushed it")?;
    draft.event(&key, None, "pushed", pusher, &by(&format!("{reference} pushed"), pusher));
    draft.finish()
}

/// Docker Hub writes seconds, sometimes as `1.417566161e+09`.
fn moment(number: &Number) -> Option<Timestamp> {
    let seconds = number.as_i64().or_else(|| number.as_f64().map(|seconds| seconds as i64))?;
    meant(Timestamp::from_seconds(seconds))
}

fn broken(cause: &str) -> ParseError {
    ParseError::Body { expected: EXPECTED, cause: cause.to_owned() }
}

#[cfg(test)]
mod tests {
    use throughline_domain::node::NodeKind;
    use throughline_domain::time::Timestamp;

    use super::{moment, parse};
    use crate::provider::{Content, Request};

    #[test]
    fn a_time_is_read_in_every_form() {
        let expected = Some(Timestamp::from_seconds(1_773_480_366));
        for (text, expected) in [
            ("1773480366", expected),
            ("1.773480366e+09", expected),
            ("1773480366.5", expected),
            ("1e300", None),
            ("-9223372036854775808", None),
        ] {
            assert_eq!(moment(&serde_json::from_str(text).unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn a_tag_is_a_release_and_no_artifact() {
        let body = br#"{"push_data":{"tag":"1.4.0","pusher":"ada"},"repository":{"repo_name":"acme/checkout"}}"#;
        let parsed = parse(&Request { headers: &[], body }).unwrap();
        let Content::Facts(facts) = parsed.content else { panic!("ignored") };
        assert_eq!(facts.nodes[0].key.as_str(), "cdevents:v0:docker-hub:docker.io:::release:acme/checkout%3A1.4.0");
        assert!(facts.nodes.iter().all(|node| node.key.kind() != NodeKind::Artifact));
    }

    #[test]
    fn without_a_tag_there_is_nothing_to_state() {
        let body = br#"{"push_data":{"tag":""},"repository":{"repo_name":"acme/checkout"}}"#;
        let parsed = parse(&Request { headers: &[], body }).unwrap();
        assert!(matches!(parsed.content, Content::Ignored(_)));
        for body in ["{}", r#"{"push_data":{}}"#, r#"{"push_data":{"tag":"1"},"repository":{}}"#, "[]"] {
            assert!(parse(&Request { headers: &[], body: body.as_bytes() }).is_err(), "{body}");
        }
    }
}
