//! Takes the CDEvent out of its CloudEvent, in whichever mode that was sent.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

use super::{EXPECTED, refuse};
use crate::json;
use crate::provider::{ParseError, Request};

const PREFIX: &str = "dev.cdevents.";
const CUSTOM_PREFIX: &str = "dev.cdeventsx.";
const MAX_NAME_CHARS: usize = 120;

/// What a body turned out to be.
pub(super) enum Opened {
    /// A CDEvent: an object with `context` and `subject`.
    Event(Value),
    /// Something else that is well formed.
    Other {
        /// What it calls itself.
        name: String,
        /// Why it is not read.
        reason: &'static str,
    },
}

/// Opens a body: a bare CDEvent (also the binary mode of CloudEvents), or a structured CloudEvent with one as its data.
pub(super) fn open(request: &Request<'_>, body: Value) -> Result<Opened, ParseError> {
    let mut members = match body {
        Value::Object(members) => members,
        Value::Array(_) => {
            return Ok(Opened::Other {
                name: "batch".to_owned(),
                reason: "a batch of CloudEvents is not read; have the sender post each event by itself",
            });
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return Err(refuse("it is no object")),
    };
    let kind = match request.header("ce-type") {
        Some(kind) => Some(kind.to_owned()),
        None => members.get("type").and_then(Value::as_str).map(str::to_owned),
    };
    if let Some(kind) = kind.filter(|kind| !kind.starts_with("dev.cdevents")) {
        return Ok(Opened::Other { name: shorten(&kind), reason: "a CloudEvent of another vocabulary than CDEvents" });
    }
    if members.contains_key("context") {
        return Ok(Opened::Event(Value::Object(members)));
    }
    match (members.remove("data"), members.remove("data_base64")) {
        (Some(data @ Value::Object(_)), _) => Ok(Opened::Event(data)),
        (None, Some(Value::String(text))) => {
            let bytes = STANDARD.decode(text).map_err(|error| refuse(&format!("data_base64: {error}")))?;
            Ok(Opened::Event(json::read(&bytes, EXPECTED)?))
        }
        _ => Err(refuse("it has neither a 'context', as a CDEvent, nor an object as 'data', as a CloudEvent")),
    }
}

#[derive(Deserialize)]
struct Ids {
    id: Option<String>,
    context: Option<ContextId>,
}

#[derive(Deserialize)]
struct ContextId {
    id: Option<String>,
}

/// The event's own id: `id` of a CloudEvent, else `context.id` of a CDEvent.
pub(super) fn event_id(request: &Request<'_>) -> Option<String> {
    // Asked for before the delivery is acknowledged: everything but the ids is passed over without being built.
    let ids: Ids = json::read(request.body, EXPECTED).ok()?;
    ids.context.map_or(ids.id, |context| context.id).filter(|id| !id.is_empty())
}

/// `service` and `deployed` of `dev.cdevents.service.deployed.0.3.0`.
pub(super) fn subject_and_predicate(kind: &str) -> Option<(&str, &str)> {
    split(kind.strip_prefix(PREFIX)?)
}

/// `acme-flag` and `switched` of `dev.cdeventsx.acme-flag.switched.0.1.0`, an event of a tool's own.
pub(super) fn custom_subject_and_predicate(kind: &str) -> Option<(&str, &str)> {
    split(kind.strip_prefix(CUSTOM_PREFIX)?)
}

fn split(rest: &str) -> Option<(&str, &str)> {
    let (subject, rest) = rest.split_once('.')?;
    let predicate = rest.split_once('.').map_or(rest, |(predicate, _)| predicate);
    if subject.is_empty() || predicate.is_empty() { None } else { Some((subject, predicate)) }
}

/// A name from outside, cut to what a list can show.
pub(super) fn shorten(name: &str) -> String {
    name.chars().take(MAX_NAME_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::{custom_subject_and_predicate, subject_and_predicate};

    #[test]
    fn a_type_may_carry_a_version() {
        for kind in
            ["dev.cdevents.build.queued", "dev.cdevents.build.queued.0.3.0", "dev.cdevents.build.queued.0.3.0-draft"]
        {
            assert_eq!(subject_and_predicate(kind), Some(("build", "queued")));
        }
        for kind in ["dev.cdevents.build", "dev.cdevents..queued", "dev.cdeventsx.acme-x.y.0.1.0", ""] {
            assert_eq!(subject_and_predicate(kind), None, "{kind}");
        }
        assert_eq!(
            custom_subject_and_predicate("dev.cdeventsx.acme-flag.switched.0.1.0"),
            Some(("acme-flag", "switched"))
        );
        assert_eq!(custom_subject_and_predicate("dev.cdevents.build.queued.0.3.0"), None);
    }
}
