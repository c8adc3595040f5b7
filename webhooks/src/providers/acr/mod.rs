//! Azure Container Registry: images and charts that were pushed or deleted, by digest.

use crate::draft::{Draft, Image, shortened};
use crate::evidence::artifact;
use crate::json;
use crate::members::{filled, time};
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

mod payload;

use payload::Notification;

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: "acr",
    title: "Azure Container Registry",
    schemes: &[Scheme::Authorization, Scheme::Token],
    kept_headers: &[],
    meaning_headers: &[],
    events: EVENTS,
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const EVENTS: &[&str] = &["push", "delete", "chart_push", "chart_delete", "quarantine"];

const EXPECTED: &str = "an Azure Container Registry notification";

/// The longest event name that is passed on, in characters.
const MAX_EVENT_CHARS: usize = 64;

/// The registry keeps a notification's id when it tries again.
fn delivery_id(request: &Request<'_>) -> Option<String> {
    let notification: Notification = json::read(request.body, EXPECTED).ok()?;
    filled(notification.id.as_deref()).map(str::to_owned)
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let notification: Notification = json::read(request.body, EXPECTED)?;
    let action = filled(notification.action.as_deref()).ok_or_else(|| broken("'action' is missing"))?;
    if action == "ping" {
        return Ok(Parsed::ignored("ping", "the registry only checks that its webhook arrives"));
    }
    if !EVENTS.contains(&action) {
        let event = shortened(action, MAX_EVENT_CHARS);
        return Ok(Parsed::ignored(event, "nothing is read from the registry's events of this kind"));
    }
    let draft = draft(&notification, action);
    if draft.is_empty() {
        let reason = "the notification names no digest, by which alone an artifact is known";
        return Ok(Parsed::ignored(action, reason));
    }
    Ok(Parsed::facts(action, draft.finish()?))
}

fn draft(notification: &Notification, action: &str) -> Draft {
    let at = time(notification.timestamp.as_deref());
    let mut draft = Draft::new("acr/notification", at);
    let Some(target) = &notification.target else { return draft };
    let registry = notification.request.as_ref().and_then(|request| filled(request.host.as_deref()));
    let package = filled(target.repository.as_deref()).map(|repository| match registry {
        Some(registry) => format!("{registry}/{repository}"),
        None => repository.to_owned(),
    });
    let tag = filled(target.tag.as_deref());
    let version = if action.starts_with("chart_") { filled(target.version.as_deref()).or(tag) } else { tag };
    let image = Image { digest: filled(target.digest.as_deref()), package: package.as_deref(), version, page: None };
    // Only the push of a tag is stated as of its time, so that nothing else hides the tag that was pushed last.
    let is_push = version.is_some() && !action.ends_with("delete");
    let artifact = if is_push { draft.artifact(&image) } else { artifact::state(&mut draft, &image) };
    let Some(artifact) = artifact else { return draft };
    let what = match action {
        "push" | "chart_push" => "pushed",
        "quarantine" => "quarantined",
        _ => "deleted",
    };
    let name = match (package.as_deref().or(image.digest), version) {
        (Some(name), Some(version)) => format!("{name}:{version}"),
        (name, _) => name.unwrap_or_default().to_owned(),
    };
    draft.event(&artifact, None, what, None, &format!("{name} {what}"));
    draft
}

fn broken(cause: &str) -> ParseError {
    ParseError::Body { expected: EXPECTED, cause: cause.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{delivery_id, parse};
    use crate::provider::{Content, Request};

    const DIGEST: &str = "sha256:4f8c1d2e3b4a59687706152433425160798897a6b5c4d3e2f10f1e2d3c4b5a69";

    fn summary(action: &str, target: &str) -> Option<String> {
        let body = format!(
            r#"{{"id":"n-1","timestamp":"2026-03-14T09:26:06.5Z","action":"{action}","target":{target},
                "request":{{"host":"acme.azurecr.io"}}}}"#
        );
        match parse(&Request { headers: &[], body: body.as_bytes() }).unwrap().content {
            Content::Facts(facts) => facts.events.first().map(|event| event.summary.clone()),
            Content::Ignored(_) => None,
        }
    }

    #[test]
    fn every_action_says_what_became_of_which_artifact() {
        let image = format!(r#"{{"digest":"{DIGEST}","repository":"pay/checkout","tag":"1.4.0"}}"#);
        let bare = format!(r#"{{"digest":"{DIGEST}","repository":"pay/checkout"}}"#);
        let chart = format!(
            r#"{{"digest":"{DIGEST}","repository":"helm/checkout","tag":"checkout-0.3.1.tgz","name":"checkout","version":"0.3.1"}}"#
        );
        for (action, target, expected) in [
            ("push", &image, Some("acme.azurecr.io/pay/checkout:1.4.0 pushed")),
            ("delete", &bare, Some("acme.azurecr.io/pay/checkout deleted")),
            ("quarantine", &image, Some("acme.azurecr.io/pay/checkout:1.4.0 quarantined")),
            ("chart_push", &chart, Some("acme.azurecr.io/helm/checkout:0.3.1 pushed")),
            ("push", &r#"{"repository":"pay/checkout","tag":"1.4.0"}"#.to_owned(), None),
            ("ping", &"{}".to_owned(), None),
            ("sink", &image, None),
        ] {
            assert_eq!(summary(action, target).as_deref(), expected, "{action}");
        }
    }

    #[test]
    fn the_id_is_the_delivery() {
        assert_eq!(delivery_id(&Request { headers: &[], body: br#"{"id":"n-1"}"# }), Some("n-1".to_owned()));
        assert_eq!(delivery_id(&Request { headers: &[], body: b"[" }), None);
        assert!(parse(&Request { headers: &[], body: b"{}" }).is_err());
    }
}
