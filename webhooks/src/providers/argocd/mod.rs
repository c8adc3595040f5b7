//! Argo CD notifications: one sync operation of an application is one deployment.

use crate::json;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

mod deployment;
mod image;
mod payload;
mod place;
mod revision;

use deployment::SyncOperation;
use payload::{Application, Notification};

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: "argocd",
    title: "Argo CD",
    schemes: &[Scheme::Authorization],
    kept_headers: &[],
    meaning_headers: &[],
    events: EVENTS,
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

/// The phases of a sync operation, in the way in which Argo CD names its triggers.
const EVENTS: &[&str] = &["sync-running", "sync-terminating", "sync-succeeded", "sync-failed", "sync-error"];

const EXPECTED: &str = "an Argo CD notification";

/// The longest phase that becomes part of an event name, in characters.
const MAX_PHASE_CHARS: usize = 100;

/// The notifications controller gives its requests no id; a repeated one is told by its body.
fn delivery_id(_request: &Request<'_>) -> Option<String> {
    None
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let mut notification: Notification = json::read(request.body, EXPECTED)?;
    let application = take_application(&mut notification);
    let Some(name) = application.name().map(str::to_owned) else {
        return Err(broken("app.metadata.name is missing; the template of the operator's page sends it"));
    };
    let Some(phase) = application.phase() else {
        return Ok(Parsed::ignored("application", "the application has no sync operation, so nothing was deployed"));
    };
    let event = format!("sync-{}", phase.to_lowercase().chars().take(MAX_PHASE_CHARS).collect::<String>());
    if !EVENTS.contains(&event.as_str()) {
        return Ok(Parsed::ignored(event, "this phase of a sync operation is not known"));
    }
    let facts = SyncOperation::new(&notification, &application, name)?.facts()?;
    Ok(Parsed::facts(event, facts))
}

/// A template may put the application under `app`, or send nothing but the application.
fn take_application(notification: &mut Notification) -> Application {
    match notification.app.take() {
        Some(application) => application,
        None => Application {
            metadata: notification.metadata.take(),
            spec: notification.spec.take(),
            status: notification.status.take(),
        },
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
    use crate::provider::{Content, ParseError, Request};

    const DIGEST: &str = "sha256:7f1c1c2b3d4e5f60718293a4b5c6d7e8f90123456789abcdef0123456789abcd";

    fn read(body: &str) -> Result<Result<Facts, String>, ParseError> {
        let parsed = parse(&Request { headers: &[], body: body.as_bytes() })?;
        Ok(match parsed.content {
            Content::Facts(facts) => Ok(*facts),
            Content::Ignored(reason) => Err(reason),
        })
    }

    fn sync(phase: &str, health: &str) -> Facts {
        let body = format!(
            r#"{{"context":{{"argocdUrl":"https://argocd.acme.example"}},"app":{{
                "metadata":{{"name":"checkout"}},
                "spec":{{"destination":{{"namespace":"shop"}},"source":{{"repoURL":"https://github.com/acme/deploy"}}}},
                "status":{{
                    "summary":{{"images":["ghcr.io/acme/checkout:1.4.0@{DIGEST}","ghcr.io/acme/proxy:2"]}},
                    "health":{{"status":"{health}","lastTransitionTime":"2026-03-14T09:30:00Z"}},
                    "operationState":{{"phase":"{phase}","startedAt":"2026-03-14T09:26:00Z","finishedAt":"2026-03-14T09:27:00Z",
                        "syncResult":{{"revision":"94fcc5e8673e0d2d7fbca6b1c6c455ba308314fc"}}}}}}}}}}"#
        );
        read(&body).unwrap().unwrap()
    }

    fn value(facts: &Facts, attribute: Attribute) -> Option<&str> {
        let attributes = &facts.nodes[0].attributes;
        attributes.iter().find(|(known, _)| *known == attribute).map(|(_, value)| value.as_str())
    }

    fn deployed(facts: &Facts) -> Vec<(String, LinkClass)> {
        let links = facts.links.iter().filter(|link| link.kind == LinkKind::Deploys);
        links.map(|link| (link.to.parts().resource, link.class)).collect()
    }

    #[test]
    fn images_are_deployed_only_by_what_succeeded() {
        let commit = ("94fcc5e8673e0d2d7fbca6b1c6c455ba308314fc".to_owned(), LinkClass::Asserted);
        let image = |class| (DIGEST.to_owned(), class);
        assert_eq!(deployed(&sync("Succeeded", "Healthy")), [commit.clone(), image(LinkClass::Asserted)]);
        assert_eq!(deployed(&sync("Succeeded", "Progressing")), [commit.clone(), image(LinkClass::Guessed)]);
        assert_eq!(deployed(&sync("Running", "Healthy")), std::slice::from_ref(&commit));
        assert_eq!(deployed(&sync("Failed", "Healthy")), [commit]);
    }

    #[test]
    fn a_deployment_counts_from_its_end_and_until_then_from_its_beginning() {
        let cases = [
            ("Succeeded", Some("success"), Some("2026-03-14T09:27:00Z")),
            ("Failed", Some("failure"), Some("2026-03-14T09:27:00Z")),
            ("Error", Some("failure"), Some("2026-03-14T09:27:00Z")),
            ("Running", Some("running"), Some("2026-03-14T09:27:00Z")),
        ];
        for (phase, outcome, occurred) in cases {
            let facts = sync(phase, "Healthy");
            assert_eq!(value(&facts, Attribute::Outcome), outcome, "{phase}");
            assert_eq!(value(&facts, Attribute::OccurredAt), occurred, "{phase}");
            assert_eq!(value(&facts, Attribute::Title), Some("Sync of checkout to shop"));
            let untraceable = (outcome == Some("success")).then_some("ghcr.io/acme/proxy:2");
            assert_eq!(value(&facts, Attribute::Package), untraceable);
            for link in &facts.links {
                assert!(link.kind.allows(link.from.kind(), link.to.kind()), "{link:?}");
            }
        }
        assert_eq!(
            sync("Succeeded", "Healthy").nodes[0].key.as_str(),
            "cdevents:v0:argocd:argocd.acme.example:::deployment:checkout/2026-03-14T09%3A26%3A00Z"
        );
    }

    #[test]
    fn falling_ill_after_the_sync_is_told() {
        let words = |facts: &Facts| -> Vec<String> { facts.events.iter().map(|event| event.what.clone()).collect() };
        assert_eq!(words(&sync("Succeeded", "Degraded")), ["deployed", "degraded"]);
        assert_eq!(words(&sync("Succeeded", "Healthy")), ["deployed"]);
        assert_eq!(words(&sync("Error", "Degraded")), ["failed"]);
    }

    #[test]
    fn what_deploys_nothing_is_passed_over_and_what_is_no_application_is_an_error() {
        assert!(
            read(r#"{"app":{"metadata":{"name":"checkout"},"status":{"sync":{"status":"Unknown"}}}}"#)
                .unwrap()
                .is_err()
        );
        assert!(
            read(r#"{"metadata":{"name":"checkout"},"status":{"operationState":{"phase":"Dreaming"}}}"#)
                .unwrap()
                .is_err()
        );
        for body in [
            r#"{"message":"checkout is synced"}"#,
            r#"{"app":"checkout"}"#,
            r#"{"app":{"metadata":{"name":"checkout"},"status":{"operationState":{"phase":"Running"}}}}"#,
        ] {
            assert!(read(body).is_err(), "{body}");
        }
    }
}
