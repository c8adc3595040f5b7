//! Flux: what its notification controller tells of Kustomizations and Helm releases; each revision of one is a deployment.

use crate::draft::shortened;
use crate::json;
use crate::members::filled;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

mod deployment;
mod payload;
mod revision;

use deployment::Stage;
use payload::Event;

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: "flux",
    title: "Flux",
    schemes: &[Scheme::sha256("x-signature", "sha256="), Scheme::Authorization],
    kept_headers: &[],
    meaning_headers: &[],
    events: &[
        "Progressing",
        "DependencyNotReady",
        "ReconciliationSucceeded",
        "ReconciliationFailed",
        "ValidationFailed",
        "HealthCheckFailed",
        "InstallSucceeded",
        "UpgradeSucceeded",
        "UpgradeFailed",
        "RollbackSucceeded",
    ],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const EXPECTED: &str = "a Flux event";

/// The longest reason that is passed on as event name, in characters.
const MAX_EVENT_CHARS: usize = 64;

/// The notification controller gives its events no id; a repeated one is told by its body.
fn delivery_id(_request: &Request<'_>) -> Option<String> {
    None
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let event: Event = json::read(request.body, EXPECTED)?;
    let object = event.involved_object.as_ref().ok_or_else(|| broken("'involvedObject' is missing"))?;
    let kind = filled(object.kind.as_deref()).ok_or_else(|| broken("'involvedObject.kind' is missing"))?;
    let name = filled(object.name.as_deref()).ok_or_else(|| broken("'involvedObject.name' is missing"))?;
    let reason = filled(event.reason.as_deref()).ok_or_else(|| broken("'reason' is missing"))?;
    let word = shortened(reason, MAX_EVENT_CHARS);
    if !matches!(kind, "Kustomization" | "HelmRelease") {
        return Ok(Parsed::ignored(word, "only Kustomizations and Helm releases deploy something; this is a source"));
    }
    let Some(stage) = Stage::of(reason) else {
        return Ok(Parsed::ignored(word, "this reason says nothing about whether a revision was deployed"));
    };
    match deployment::facts(&event, object, name, stage)? {
        Some(facts) => Ok(Parsed::facts(word, facts)),
        None => Ok(Parsed::ignored(word, "it names neither the revision nor a time, so it cannot be told from others")),
    }
}

fn broken(cause: &str) -> ParseError {
    ParseError::Body { expected: EXPECTED, cause: cause.to_owned() }
}

#[cfg(test)]
mod tests {
    use throughline_domain::fact::{Attribute, Facts};
    use throughline_domain::link::{LinkClass, LinkKind};

    use super::parse;
    use crate::provider::{Content, Request};

    const COMMIT: &str = "731f7eaddfb6af01cb2173e18f0f75b0ba780ef1";

    fn event(kind: &str, reason: &str, metadata: &str) -> Option<Facts> {
        let body = format!(
            r#"{{"involvedObject":{{"kind":"{kind}","name":"checkout","namespace":"shop","uid":"u-1"}},"metadata":{metadata},
                "severity":"info","reason":"{reason}","message":"m","timestamp":"2026-03-14T09:26:06Z"}}"#
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

    fn ends(facts: &Facts, kind: LinkKind) -> Vec<(String, LinkClass)> {
        let links = facts.links.iter().filter(|link| link.kind == kind);
        links.map(|link| (link.to.parts().resource, link.class)).collect()
    }

    #[test]
    fn a_deployment_counts_from_its_success() {
        let metadata = format!(r#"{{"kustomize.toolkit.fluxcd.io/revision":"main@sha1:{COMMIT}"}}"#);
        for (reason, outcome, occurs) in [
            ("ReconciliationSucceeded", Some("success"), true),
            ("HealthCheckFailed", Some("failure"), false),
            ("Progressing", Some("running"), false),
            ("DependencyNotReady", Some("pending"), false),
        ] {
            let facts = event("Kustomization", reason, &metadata).unwrap();
            assert_eq!(value(&facts, Attribute::Outcome), outcome, "{reason}");
            assert_eq!(value(&facts, Attribute::OccurredAt).is_some(), occurs, "{reason}");
            assert_eq!(facts.nodes[0].key.parts().resource, format!("u-1/{COMMIT}"));
        }
        for (kind, reason) in [("Kustomization", "Suspended"), ("GitRepository", "NewArtifact")] {
            assert!(event(kind, reason, &metadata).is_none(), "{reason}");
        }
    }

    #[test]
    fn a_commit_is_linked_only_where_its_repository_is_named() {
        let bare = format!(r#"{{"revision":"main/{COMMIT}"}}"#);
        let facts = event("Kustomization", "ReconciliationSucceeded", &bare).unwrap();
        assert!(ends(&facts, LinkKind::Deploys).is_empty());
        assert_eq!(value(&facts, Attribute::Commit), Some(COMMIT));
        let named = format!(r#"{{"revision":"main/{COMMIT}","repository":"https://github.com/acme/deploy"}}"#);
        let facts = event("Kustomization", "ReconciliationSucceeded", &named).unwrap();
        assert_eq!(ends(&facts, LinkKind::Deploys), [(COMMIT.to_owned(), LinkClass::Asserted)]);
    }

    #[test]
    fn where_flux_itself_lies_is_no_environment() {
        let body = r#"{"involvedObject":{"kind":"Kustomization","name":"checkout","namespace":"flux-system","uid":"u-1"},
            "metadata":{"revision":"1.4.0"},"reason":"Progressing","timestamp":"2026-03-14T09:26:06Z"}"#;
        let Content::Facts(facts) = parse(&Request { headers: &[], body: body.as_bytes() }).unwrap().content else {
            panic!("it is read");
        };
        assert!(ends(&facts, LinkKind::DeployedTo).is_empty());
        assert_eq!(value(&facts, Attribute::Title), Some("checkout"));
    }

    #[test]
    fn what_is_said_outranks_what_is_guessed() {
        for (metadata, environment, service) in [
            (r#"{"revision":"1.4.0"}"#, ("shop", LinkClass::Guessed), ("checkout", LinkClass::Guessed)),
            (
                r#"{"revision":"1.4.0","cluster":"eu-1"}"#,
                ("eu-1", LinkClass::Guessed),
                ("checkout", LinkClass::Guessed),
            ),
            (
                r#"{"revision":"1.4.0","cluster":"eu-1","env":"production","service":"pay"}"#,
                ("production", LinkClass::Asserted),
                ("pay", LinkClass::Asserted),
            ),
        ] {
            let facts = event("HelmRelease", "UpgradeSucceeded", metadata).unwrap();
            assert_eq!(ends(&facts, LinkKind::DeployedTo), [(environment.0.to_owned(), environment.1)], "{metadata}");
            assert_eq!(ends(&facts, LinkKind::Of), [(service.0.to_owned(), service.1)], "{metadata}");
        }
    }

    #[test]
    fn another_shape_is_an_error() {
        for body in ["{}", r#"{"involvedObject":{"kind":"Kustomization"}}"#, "[]"] {
            assert!(parse(&Request { headers: &[], body: body.as_bytes() }).is_err(), "{body}");
        }
    }
}
