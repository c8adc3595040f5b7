//! An event in structured mode: its type, and its data in whichever form they were put in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{EXPECTED, refuse};
use crate::json;
use crate::provider::{ParseError, Request};

/// An event.
#[derive(Debug)]
pub(super) struct Envelope {
    /// Its type: `com.acme.island.sunk`.
    pub(super) kind: String,
    members: Map<String, Value>,
}

impl Envelope {
    /// Takes an object for an event.
    ///
    /// # Errors
    /// [`ParseError::Body`] where it has no type.
    pub(super) fn new(members: Map<String, Value>) -> Result<Self, ParseError> {
        let kind = members.get("type").and_then(Value::as_str).filter(|kind| !kind.is_empty()).map(str::to_owned);
        // A CDEvent without an envelope has its type within.
        let kind = kind.or_else(|| members.get("context")?.get("type")?.as_str().map(str::to_owned));
        let kind = kind.ok_or_else(|| refuse("'type' is missing, in the body and as the header ce-type"))?;
        Ok(Self { kind, members })
    }

    /// The bytes of the data.
    ///
    /// # Errors
    /// [`ParseError::Body`] where there are none, or they are not what they are said to be.
    pub(super) fn data(&self) -> Result<Vec<u8>, ParseError> {
        match (self.members.get("data"), self.members.get("data_base64")) {
            (Some(Value::String(text)), _) => Ok(text.clone().into_bytes()),
            (Some(data), _) if !data.is_null() => Ok(data.to_string().into_bytes()),
            (_, Some(Value::String(text))) => {
                STANDARD.decode(text).map_err(|error| refuse(&format!("data_base64: {error}")))
            }
            (_, _) => Err(refuse("it has no data")),
        }
    }

    /// The bytes of the whole event.
    pub(super) fn body(&self) -> Vec<u8> {
        Value::Object(self.members.clone()).to_string().into_bytes()
    }
}

#[derive(Deserialize)]
struct Ids {
    id: Option<String>,
    source: Option<String>,
}

/// The event's own id, with the source in which it counts.
pub(super) fn event_id(request: &Request<'_>) -> Option<String> {
    // Asked for before the delivery is acknowledged: everything but the ids is passed over without being built.
    let ids: Ids = json::read(request.body, EXPECTED).ok()?;
    let id = ids.id.filter(|id| !id.is_empty())?;
    Some(format!("{} {id}", ids.source.unwrap_or_default()))
}
