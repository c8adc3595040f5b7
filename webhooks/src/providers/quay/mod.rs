//! Quay: pushed tags, and the builds that Quay runs itself, with their commit and the digests they made.

use crate::draft::Draft;
use crate::json;
use crate::members::filled;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

mod build;
mod payload;
mod push;

use payload::Notification;

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: "quay",
    title: "Quay",
    schemes: &[Scheme::Token],
    kept_headers: &[],
    meaning_headers: &[],
    events: &["repo_push", "build_queued", "build_start", "build_success", "build_failure", "vulnerability_found"],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const EXPECTED: &str = "a Quay notification";

/// Quay gives its notifications no id; a repeated one is told by its body.
fn delivery_id(_request: &Request<'_>) -> Option<String> {
    None
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let notification: Notification = json::read(request.body, EXPECTED)?;
    let repository = filled(notification.repository.as_deref()).ok_or_else(|| broken("'repository' is missing"))?;
    let host = host(&notification);
    let event = event(&notification);
    // Quay's bodies hold no time of the event.
    let mut draft = Draft::new("quay/notification", None);
    match event {
        "repo_push" => push::state(&mut draft, &notification, repository, host)?,
        "vulnerability_found" => {
            let reason = "it names tags and no digest, so it cannot be said which artifact is vulnerable";
            return Ok(Parsed::ignored(event, reason));
        }
        "unnamed" => {
            let reason = "nothing is read from Quay's notifications that tell of neither a push nor a build";
            return Ok(Parsed::ignored(event, reason));
        }
        _ => build::state(&mut draft, &notification, event, repository, host)?,
    }
    if draft.is_empty() {
        return Ok(Parsed::ignored(event, "it names no tag, so there is nothing to know it by again"));
    }
    Ok(Parsed::facts(event, draft.finish()?))
}

/// Quay does not say which event it sends: each has members that no other has. A build that was cancelled looks like one
/// that was started.
fn event(notification: &Notification) -> &'static str {
    let is_build = filled(notification.build_id.as_deref()).is_some();
    let has_made = notification.manifest_digests.is_some() || filled(notification.image_id.as_deref()).is_some();
    if notification.updated_tags.is_some() {
        "repo_push"
    } else if notification.vulnerability.is_some() || notification.vulnerabilities.is_some() {
        "vulnerability_found"
    } else if !is_build {
        "unnamed"
    } else if filled(notification.error_message.as_deref()).is_some() {
        "build_failure"
    } else if has_made {
        "build_success"
    } else if notification.is_manual.is_some() {
        "build_queued"
    } else {
        "build_start"
    }
}

/// The registry: `quay.io`.
fn host(notification: &Notification) -> &str {
    let address = filled(notification.docker_url.as_deref()).unwrap_or_default();
    address.split('/').next().unwrap_or_default().split(':').next().unwrap_or_default()
}

fn broken(cause: &str) -> ParseError {
    ParseError::Body { expected: EXPECTED, cause: cause.to_owned() }
}

#[cfg(test)]
mod tests {
    use throughline_domain::fact::{Attribute, Facts};
    use throughline_domain::link::LinkKind;
    use throughline_domain::node::NodeKind;

    use super::parse;
    use crate::provider::{Content, Request};

    fn read(members: &str) -> (String, Option<Facts>) {
        let body = format!(r#"{{"repository":"acme/checkout","docker_url":"quay.io/acme/checkout",{members}}}"#);
        let parsed = parse(&Request { headers: &[], body: body.as_bytes() }).unwrap();
        match parsed.content {
            Content::Facts(facts) => (parsed.event, Some(*facts)),
            Content::Ignored(_) => (parsed.event, None),
        }
    }

    #[test]
    fn the_members_tell_the_event() {
        for (members, event, outcome) in [
            (r#""updated_tags":["1.4.0"]"#, "repo_push", None),
            (r#""build_id":"b-1","is_manual":false"#, "build_queued", Some("pending")),
            (r#""build_id":"b-1""#, "build_start", None),
            (r#""build_id":"b-1","image_id":"sha256:ab""#, "build_success", Some("success")),
            (r#""build_id":"b-1","error_message":"no space left""#, "build_failure", Some("failure")),
        ] {
            let (name, facts) = read(members);
            assert_eq!(name, event);
            let facts = facts.unwrap();
            let mut pairs = facts.nodes.iter().flat_map(|node| node.attributes.iter());
            let found = pairs.find(|(known, _)| *known == Attribute::Outcome).map(|(_, value)| value.as_str());
            assert_eq!(found, outcome, "{event}");
        }
        assert_eq!(read(r#""vulnerability":{"id":"CVE-2026-1"}"#), ("vulnerability_found".to_owned(), None));
        assert_eq!(read(r#""message":"mirrored""#), ("unnamed".to_owned(), None));
    }

    #[test]
    fn older_registries_list_tags_with_their_layers() {
        let (_, facts) = read(r#""updated_tags":{"latest":"b750fe79","1.4.0":"b750fe79"}"#);
        assert_eq!(facts.unwrap().nodes.len(), 2);
        assert_eq!(read(r#""updated_tags":[]"#).1, None);
    }

    #[test]
    fn a_build_is_linked_to_what_it_was_made_from_and_what_it_made() {
        let digest = format!("sha256:{}", "ab".repeat(32));
        let commit = "6f1c0a4b9d2e38f7750c1b6ad4e93f2c8b70a915";
        let (_, facts) = read(&format!(
            r#""build_id":"b-1","docker_tags":["1.4.0","latest"],"manifest_digests":["quay.io/acme/checkout@{digest}"],
               "trigger_metadata":{{"commit":"{commit}","git_url":"git@github.com:acme/checkout.git"}}"#
        ));
        let facts = facts.unwrap();
        let ends = |kind| -> Vec<(NodeKind, String)> {
            let links = facts.links.iter().filter(|link| link.kind == kind);
            links.map(|link| (link.from.kind(), link.to.parts().resource)).collect()
        };
        assert_eq!(ends(LinkKind::BuiltFrom), [(NodeKind::Build, commit.to_owned())]);
        assert_eq!(ends(LinkKind::ProducedBy), [(NodeKind::Artifact, "b-1".to_owned())]);
        let names = facts.nodes.iter().flat_map(|node| node.names.iter());
        assert_eq!(names.filter(|name| name.scheme() == "image").count(), 2);
    }
}
