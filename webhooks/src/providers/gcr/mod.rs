//! Google's registries (Artifact Registry and Container Registry): what their Pub/Sub topic `gcr` tells.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use throughline_domain::fact::Attribute;
use throughline_domain::key;
use throughline_domain::name::Name;
use throughline_domain::node::NodeKind;
use throughline_domain::time::Timestamp;

use crate::draft::{Draft, Image, shortened};
use crate::evidence::artifact;
use crate::json;
use crate::members::{filled, time};
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

mod payload;

use payload::{Change, Push};

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: "gcr",
    title: "Google Artifact Registry",
    schemes: &[Scheme::Token],
    kept_headers: &[MESSAGE_HEADER, TIME_HEADER],
    meaning_headers: &[],
    events: EVENTS,
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

const EVENTS: &[&str] = &["insert", "delete"];

/// Set by a subscription that sends the bare message with its metadata as headers.
const MESSAGE_HEADER: &str = "x-goog-pubsub-message-id";
const TIME_HEADER: &str = "x-goog-pubsub-publish-time";

const EXPECTED: &str = "a Pub/Sub message of a Google registry";

/// The longest event name that is passed on, in characters.
const MAX_EVENT_CHARS: usize = 64;

/// Pub/Sub keeps a message's id when it sends it again.
fn delivery_id(request: &Request<'_>) -> Option<String> {
    if let Some(id) = request.header(MESSAGE_HEADER) {
        return Some(id.to_owned());
    }
    let push: Push = json::read(request.body, EXPECTED).ok()?;
    let message = push.message?;
    filled(message.message_id.as_deref()).or(filled(message.message_id_of_old.as_deref())).map(str::to_owned)
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let (change, at) = change(request)?;
    let action = filled(change.action.as_deref()).ok_or_else(|| broken("'action' is missing"))?;
    let event = shortened(&action.to_lowercase(), MAX_EVENT_CHARS);
    if !EVENTS.contains(&event.as_str()) {
        return Ok(Parsed::ignored(event, "nothing is read from the registry's messages of this kind"));
    }
    let mut draft = Draft::new("gcr/message", at);
    state(&mut draft, &change, &event)?;
    if draft.is_empty() {
        return Ok(Parsed::ignored(event, "the message names neither a digest nor a tag that was set"));
    }
    Ok(Parsed::facts(event, draft.finish()?))
}

/// What the registry says, out of Pub/Sub's envelope or without one, and when it was said.
fn change(request: &Request<'_>) -> Result<(Change, Option<Timestamp>), ParseError> {
    let push: Push = json::read(request.body, EXPECTED)?;
    let Some(message) = push.message else {
        let at = time(request.header(TIME_HEADER));
        return Ok((json::read(request.body, EXPECTED)?, at));
    };
    let data = filled(message.data.as_deref()).ok_or_else(|| broken("'message.data' is missing"))?;
    let data = STANDARD.decode(data).map_err(|error| broken(&format!("'message.data' is no base64: {error}")))?;
    let at = time(message.publish_time.as_deref()).or(time(message.publish_time_of_old.as_deref()));
    Ok((json::read(&data, EXPECTED)?, at))
}

/// With a digest it is an artifact; a tag alone is a version that was given out.
fn state(draft: &mut Draft, change: &Change, event: &str) -> Result<(), ParseError> {
    let what = if event == "insert" { "pushed" } else { "deleted" };
    let tagged = filled(change.tag.as_deref()).and_then(|reference| tag(reference).map(|tag| (reference, tag)));
    if let Some((package, digest)) = filled(change.digest.as_deref()).and_then(|reference| reference.split_once('@')) {
        let version = tagged.map(|(_, (_, tag))| tag);
        let image = Image { digest: Some(digest), package: Some(package), version, page: None };
        // Only the push of a tag is stated as of its time, so that nothing else hides the tag that was pushed last.
        let is_push = version.is_some() && event == "insert";
        let artifact = if is_push { draft.artifact(&image) } else { artifact::state(draft, &image) };
        if let Some(artifact) = artifact {
            let name = tagged.map_or(package, |(reference, _)| reference);
            draft.event(&artifact, None, what, None, &format!("{name} {what}"));
        }
        return Ok(());
    }
    if let Some((reference, (package, tag))) = tagged.filter(|_| event == "insert") {
        let (host, path) = reference.split_once('/').unwrap_or(("", reference));
        let key = key::of_tool(NodeKind::Release, "gcr", host, path)?;
        let fact = draft
            .fact(&key)
            .with(Attribute::Title, reference)
            .with(Attribute::Reference, reference)
            .with(Attribute::Package, package)
            .with(Attribute::Version, tag)
            .moment(Attribute::OccurredAt, draft.at)
            .named(Name::plain(reference));
        draft.state(fact);
        draft.event(&key, None, what, None, &format!("{reference} {what}"));
    }
    Ok(())
}

/// Package and tag of an image reference; a colon before the last slash belongs to the registry's port.
fn tag(reference: &str) -> Option<(&str, &str)> {
    reference.rsplit_once(':').filter(|(package, tag)| !package.is_empty() && !tag.is_empty() && !tag.contains('/'))
}

fn broken(cause: &str) -> ParseError {
    ParseError::Body { expected: EXPECTED, cause: cause.to_owned() }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::{delivery_id, parse};
    use crate::provider::{Content, Request};

    const DIGEST: &str = "sha256:4f8c1d2e3b4a59687706152433425160798897a6b5c4d3e2f10f1e2d3c4b5a69";

    fn enveloped(data: &str) -> String {
        let data = STANDARD.encode(data);
        format!(r#"{{"message":{{"data":"{data}","messageId":"17","publishTime":"2026-03-14T09:26:06.5Z"}}}}"#)
    }

    fn keys(body: &str) -> Vec<String> {
        match parse(&Request { headers: &[], body: body.as_bytes() }).unwrap().content {
            Content::Facts(facts) => facts.nodes.iter().map(|node| node.key.parts().resource).collect(),
            Content::Ignored(_) => Vec::new(),
        }
    }

    #[test]
    fn a_digest_is_an_artifact_and_a_tag_alone_a_release() {
        let image = "europe-docker.pkg.dev/acme/shop/checkout";
        for (data, expected) in [
            (format!(r#"{{"action":"INSERT","digest":"{image}@{DIGEST}","tag":"{image}:1.4.0"}}"#), vec![DIGEST]),
            (format!(r#"{{"action":"INSERT","tag":"{image}:1.4.0"}}"#), vec!["acme/shop/checkout:1.4.0"]),
            (format!(r#"{{"action":"DELETE","digest":"{image}@{DIGEST}"}}"#), vec![DIGEST]),
            (format!(r#"{{"action":"DELETE","tag":"{image}:1.4.0"}}"#), vec![]),
            (r#"{"action":"SINK"}"#.to_owned(), vec![]),
        ] {
            assert_eq!(keys(&enveloped(&data)), expected, "{data}");
            assert_eq!(keys(&data), expected, "{data}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        for body in ["{}", r#"{"message":{}}"#, r#"{"message":{"data":"%"}}"#, &enveloped("no json")] {
            assert!(parse(&Request { headers: &[], body: body.as_bytes() }).is_err(), "{body}");
        }
    }

    #[test]
    fn the_message_is_the_delivery() {
        let body = enveloped("{}");
        assert_eq!(delivery_id(&Request { headers: &[], body: body.as_bytes() }), Some("17".to_owned()));
        let headers = [("x-goog-pubsub-message-id".to_owned(), "18".to_owned())];
        assert_eq!(delivery_id(&Request { headers: &headers, body: b"{}" }), Some("18".to_owned()));
    }
}
