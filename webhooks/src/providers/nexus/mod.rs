//! Sonatype Nexus Repository: components that were published, image manifests, and changes of its configuration.

use crate::draft::Draft;
use crate::json;
use crate::members::time;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::{Hash, Scheme};

mod configuration;
mod content;
mod payload;

use payload::Notification;

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: "nexus",
    title: "Sonatype Nexus Repository",
    schemes: &[Scheme::Hmac { header: "x-nexus-webhook-signature", prefix: "", hash: Hash::Sha1 }],
    kept_headers: &[KIND_HEADER, DELIVERY_HEADER],
    meaning_headers: &[],
    events: &["component", "asset", "repository", "audit"],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

/// Names the event: `rm:repository:component`.
const KIND_HEADER: &str = "x-nexus-webhook-id";

/// Names the event's occurrence.
const DELIVERY_HEADER: &str = "x-nexus-webhook-delivery";

const EXPECTED: &str = "a Nexus Repository notification";

/// What is tried, in this order, to know a change of the configuration by.
const NO_IDENTITY: &str = "it tells neither a time nor, in the header x-nexus-webhook-delivery, an id to know it by";

fn delivery_id(request: &Request<'_>) -> Option<String> {
    request.header(DELIVERY_HEADER).map(str::to_owned)
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let notification: Notification = json::read(request.body, EXPECTED)?;
    let at = time(notification.timestamp.as_deref());
    let mut draft = Draft::new("nexus/notification", at);
    let which = at.map(|at| at.to_string()).or_else(|| delivery_id(request));
    let (event, nothing) = if let Some(component) = &notification.component {
        content::state_component(&mut draft, &notification, component)?;
        ("component", "the component has no name")
    } else if let Some(asset) = &notification.asset {
        content::state_asset(&mut draft, &notification, asset)?;
        ("asset", "the event names a file without its digest; its component is told by the event 'component'")
    } else if let Some(repository) = &notification.repository {
        configuration::state_repository(&mut draft, &notification, repository, which.as_deref())?;
        ("repository", NO_IDENTITY)
    } else if let Some(audit) = &notification.audit {
        if configuration::is_of_content(audit) {
            return Ok(Parsed::ignored("audit", "what becomes of components and assets is told by their own events"));
        }
        configuration::state_audit(&mut draft, &notification, audit, which.as_deref())?;
        ("audit", NO_IDENTITY)
    } else {
        return unnamed(request);
    };
    if draft.is_empty() {
        return Ok(Parsed::ignored(event, nothing));
    }
    Ok(Parsed::facts(event, draft.finish()?))
}

/// Nexus names its event in a header; without one the body is anybody's.
fn unnamed(request: &Request<'_>) -> Result<Parsed, ParseError> {
    match request.header(KIND_HEADER) {
        Some(kind) => {
            let event: String = kind.chars().take(100).collect();
            Ok(Parsed::ignored(event, "nothing is read from Nexus's events of this kind"))
        }
        None => {
            let cause = "it has none of 'component', 'asset', 'repository' and 'audit'".to_owned();
            Err(ParseError::Body { expected: EXPECTED, cause })
        }
    }
}

#[cfg(test)]
mod tests {
    use throughline_domain::fact::Facts;

    use super::{delivery_id, parse};
    use crate::provider::{Content, Request};

    const DIGEST: &str = "sha256:4f8c1d2e3b4a59687706152433425160798897a6b5c4d3e2f10f1e2d3c4b5a69";

    fn read(members: &str) -> (String, Result<Facts, String>) {
        let body = format!(
            r#"{{"timestamp":"2026-03-14T09:26:06.535+0000","initiator":"ada/10.0.0.7","repositoryName":"releases",
                "action":"CREATED",{members}}}"#
        );
        let parsed = parse(&Request { headers: &[], body: body.as_bytes() }).unwrap();
        match parsed.content {
            Content::Facts(facts) => (parsed.event, Ok(*facts)),
            Content::Ignored(reason) => (parsed.event, Err(reason)),
        }
    }

    #[test]
    fn a_component_is_known_by_its_coordinates() {
        for (component, resource) in [
            (
                r#"{"format":"maven2","group":"com.acme","name":"checkout","version":"1.4.0"}"#,
                "com.acme:checkout:1.4.0",
            ),
            (r#"{"format":"npm","group":"acme","name":"checkout","version":"1.4.0"}"#, "@acme/checkout:1.4.0"),
            (r#"{"format":"docker","name":"acme/checkout","version":"1.4.0"}"#, "acme/checkout:1.4.0"),
            (r#"{"format":"raw","group":"/tools","name":"tools/run.sh"}"#, "tools/run.sh"),
        ] {
            let (event, facts) = read(&format!(r#""component":{component}"#));
            assert_eq!(event, "component");
            assert_eq!(facts.unwrap().nodes[0].key.parts().resource, format!("releases/{resource}"));
        }
        assert!(read(r#""component":{}"#).1.is_err());
    }

    #[test]
    fn only_a_manifest_named_by_its_digest_is_an_artifact() {
        let manifest = format!(r#""asset":{{"format":"docker","name":"v2/acme/checkout/manifests/{DIGEST}"}}"#);
        assert_eq!(read(&manifest).1.unwrap().nodes[0].key.parts().resource, DIGEST);
        for name in ["v2/acme/checkout/manifests/1.4.0", "com/acme/checkout.jar", &format!("v2/-/blobs/{DIGEST}")] {
            assert!(read(&format!(r#""asset":{{"format":"docker","name":"{name}"}}"#)).1.is_err(), "{name}");
        }
    }

    #[test]
    fn a_change_of_the_configuration_needs_an_identity() {
        let body =
            br#"{"initiator":"ada/10.0.0.7","audit":{"domain":"security.user","type":"created","context":"grace"}}"#;
        let headers = [("x-nexus-webhook-delivery".to_owned(), "d-1".to_owned())];
        let with = parse(&Request { headers: &headers, body }).unwrap();
        assert!(matches!(with.content, Content::Facts(_)));
        let without = parse(&Request { headers: &[], body }).unwrap();
        assert!(matches!(without.content, Content::Ignored(_)));
        assert_eq!(delivery_id(&Request { headers: &headers, body: b"" }), Some("d-1".to_owned()));
        assert!(read(r#""audit":{"domain":"repository.component","type":"created"}"#).1.is_err());
    }

    #[test]
    fn an_event_that_is_not_read_is_named_by_its_header() {
        let headers = [("x-nexus-webhook-id".to_owned(), "rm:global:island".to_owned())];
        assert_eq!(parse(&Request { headers: &headers, body: b"{}" }).unwrap().event, "rm:global:island");
        assert!(parse(&Request { headers: &[], body: b"{}" }).is_err());
    }
}
