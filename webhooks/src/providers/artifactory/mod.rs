//! JFrog Artifactory: files and images by digest, builds, and release bundles.

use crate::draft::{Draft, shortened};
use crate::json;
use crate::members::{filled, host, time};
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

mod bundle;
mod content;
mod payload;

use payload::Notification;

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: "artifactory",
    title: "JFrog Artifactory",
    schemes: &[Scheme::sha256("x-jfrog-event-auth", "")],
    kept_headers: &[],
    meaning_headers: &[],
    events: &[
        "artifact",
        "docker",
        "build",
        "release_bundle",
        "release_bundle_v2",
        "release_bundle_v2_promotion",
        "distribution",
    ],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const EXPECTED: &str = "an Artifactory notification";

/// The longest domain or event type that is passed on, in characters.
const MAX_EVENT_CHARS: usize = 64;

/// Artifactory gives its notifications no id; a repeated one is told by its body.
fn delivery_id(_request: &Request<'_>) -> Option<String> {
    None
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let notification: Notification = json::read(request.body, EXPECTED)?;
    // Release bundles of old versions name their domain 'destination'.
    let domain = filled(notification.domain.as_deref()).or(filled(notification.destination.as_deref()));
    let domain = domain.ok_or_else(|| broken("'domain' is missing"))?;
    let data = notification.data.as_ref().ok_or_else(|| broken("'data' is missing"))?;
    let kind = filled(notification.event_type.as_deref()).unwrap_or("unnamed");
    let event = format!("{}.{}", shortened(domain, MAX_EVENT_CHARS), shortened(kind, MAX_EVENT_CHARS));
    let host = &host(notification.jpd_origin.as_deref());
    let mut draft = Draft::new("artifactory/notification", time(data.created.as_deref()));
    // Whoever copies, moves, promotes or only fetches a file has not made it.
    let user = notification.user_context.as_ref().and_then(|user| filled(user.id.as_deref()));
    let user = user.filter(|_| matches!(kind, "deployed" | "pushed"));
    match (domain, kind) {
        ("artifact" | "docker" | "build", "deleted") => {
            let reason = "that a copy is gone from one repository says nothing of what it was a copy of";
            return Ok(Parsed::ignored(event, reason));
        }
        ("artifact", "deployed" | "moved" | "copied" | "cached") => content::state_file(&mut draft, data, host, user)?,
        ("docker", "pushed" | "promoted") => content::state_image(&mut draft, data, host, user)?,
        ("build", "uploaded" | "promoted") => content::state_build(&mut draft, data, host)?,
        ("release_bundle" | "release_bundle_v2" | "release_bundle_v2_promotion" | "distribution", _) => {
            bundle::state(&mut draft, data, host, domain, kind)?;
        }
        _ => {
            let reason = "nothing is read from Artifactory's events of this kind";
            return Ok(Parsed::ignored(event, reason));
        }
    }
    if draft.is_empty() {
        let reason = "it names nothing by which it could be known again, or a file that only serves others";
        return Ok(Parsed::ignored(event, reason));
    }
    Ok(Parsed::facts(event, draft.finish()?))
}

fn broken(cause: &str) -> ParseError {
    ParseError::Body { expected: EXPECTED, cause: cause.to_owned() }
}

#[cfg(test)]
mod tests {
    use throughline_domain::fact::{Attribute, Facts};

    use super::parse;
    use crate::provider::{Content, Request};

    const DIGITS: &str = "4f8c1d2e3b4a59687706152433425160798897a6b5c4d3e2f10f1e2d3c4b5a69";

    fn read(domain: &str, kind: &str, data: &str) -> Option<Facts> {
        let body = format!(
            r#"{{"domain":"{domain}","event_type":"{kind}","data":{data},"jpd_origin":"https://acme.jfrog.io","userContext":{{"id":"ada"}}}}"#
        );
        match parse(&Request { headers: &[], body: body.as_bytes() }).unwrap().content {
            Content::Facts(facts) => Some(*facts),
            Content::Ignored(_) => None,
        }
    }

    fn value(facts: &Facts, attribute: Attribute) -> Option<&str> {
        let mut pairs = facts.nodes.iter().flat_map(|node| node.attributes.iter());
        pairs.find(|(known, _)| *known == attribute).map(|(_, value)| value.as_str())
    }

    #[test]
    fn files_are_artifacts_unless_they_serve_others() {
        let file = |name: &str| {
            format!(r#"{{"repo_key":"libs","path":"com/acme/{name}","name":"{name}","sha256":"{DIGITS}"}}"#)
        };
        let facts = read("artifact", "deployed", &file("checkout-1.4.0.jar")).unwrap();
        assert_eq!(value(&facts, Attribute::Package), Some("acme.jfrog.io/libs/com/acme/checkout-1.4.0.jar"));
        for name in ["maven-metadata.xml", "checkout.jar.sha1", "sha256__ab", "checkout.jar.asc"] {
            assert!(read("artifact", "deployed", &file(name)).is_none(), "{name}");
        }
        assert!(read("artifact", "deployed", r#"{"repo_key":"libs","path":"a.jar","name":"a.jar"}"#).is_none());
        assert!(read("artifact", "deleted", &file("checkout-1.4.0.jar")).is_none());
    }

    #[test]
    fn an_image_is_named_by_its_tag() {
        let data =
            format!(r#"{{"repo_key":"docker-local","image_name":"pay/checkout","tag":"1.4.0","sha256":"{DIGITS}"}}"#);
        let facts = read("docker", "pushed", &data).unwrap();
        assert_eq!(facts.nodes[0].key.parts().resource, format!("sha256:{DIGITS}"));
        assert_eq!(value(&facts, Attribute::Reference), Some("acme.jfrog.io/docker-local/pay/checkout:1.4.0"));
        assert_eq!(facts.links.len(), 1);
    }

    #[test]
    fn a_bundle_has_the_outcome_of_its_making() {
        let data = r#"{"release_bundle_name":"shop","release_bundle_version":"7","environment":"PROD"}"#;
        for (domain, kind, outcome) in [
            ("release_bundle_v2", "release_bundle_v2_started", Some("running")),
            ("release_bundle_v2", "release_bundle_v2_completed", Some("success")),
            ("release_bundle_v2", "release_bundle_v2_failed", Some("failure")),
            ("release_bundle_v2_promotion", "release_bundle_v2_promotion_failed", None),
            ("distribution", "distribute_completed", None),
        ] {
            let facts = read(domain, kind, data).unwrap();
            assert_eq!(value(&facts, Attribute::Outcome), outcome, "{kind}");
            assert_eq!(facts.nodes[0].key.parts().resource, "shop/7");
        }
        assert!(read("release_bundle", "created", r#"{"release_bundle_name":"shop"}"#).is_none());
    }

    #[test]
    fn an_unknown_domain_says_so_and_another_shape_is_an_error() {
        assert!(read("island", "sunk", "{}").is_none());
        for body in ["{}", r#"{"domain":"artifact"}"#, "[]"] {
            assert!(parse(&Request { headers: &[], body: body.as_bytes() }).is_err(), "{body}");
        }
    }
}
