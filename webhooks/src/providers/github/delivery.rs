//! One delivery of GitHub: its headers, its body in either content type, and the ways that reading it can end.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use throughline_domain::key::KeyError;
use url::form_urlencoded;

use crate::json;
use crate::provider::{ParseError, Request};

/// Names the event.
pub(super) const EVENT_HEADER: &str = "x-github-event";
/// GitHub's id of the delivery; the same when somebody presses "Redeliver".
pub(super) const DELIVERY_HEADER: &str = "x-github-delivery";
/// GitHub's id of the webhook.
pub(super) const HOOK_HEADER: &str = "x-github-hook-id";
/// The host of a GitHub Enterprise Server; absent on github.com.
pub(super) const ENTERPRISE_HEADER: &str = "x-github-enterprise-host";

const FORM: &str = "application/x-www-form-urlencoded";

/// A delivery whose body has been taken out of its form, where it came in one.
pub(super) struct Delivery<'a> {
    /// The tool's own name of the event.
    pub(super) event: &'a str,
    /// The host of the installation, where GitHub says it.
    pub(super) enterprise_host: Option<&'a str>,
    body: Cow<'a, [u8]>,
}

/// Why there are no facts.
#[derive(Debug)]
pub(super) enum Stop {
    /// The delivery was understood and states nothing that can be used; the reason in words.
    Nothing(String),
    /// The delivery could not be read.
    Error(ParseError),
}

impl Stop {
    /// The delivery states nothing, for this reason.
    pub(super) fn nothing(reason: &str) -> Self {
        Self::Nothing(reason.to_owned())
    }
}

impl From<ParseError> for Stop {
    fn from(error: ParseError) -> Self {
        Self::Error(error)
    }
}

impl From<KeyError> for Stop {
    fn from(error: KeyError) -> Self {
        Self::Error(ParseError::Key(error))
    }
}

/// The one field that most events share.
#[derive(Deserialize)]
struct Head {
    action: Option<String>,
}

impl<'a> Delivery<'a> {
    /// Takes the event and the JSON out of a request.
    pub(super) fn open(request: &Request<'a>) -> Result<Self, ParseError> {
        let is_form =
            request.header("content-type").is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with(FORM));
        Ok(Self {
            event: request.header(EVENT_HEADER).ok_or(ParseError::Header(EVENT_HEADER))?,
            enterprise_host: request.header(ENTERPRISE_HEADER).filter(|host| !host.is_empty()),
            body: if is_form { Cow::Owned(form_payload(request.body)?) } else { Cow::Borrowed(request.body) },
        })
    }

    /// Whether the body is a JSON list: no delivery of GitHub's, but what tools write that record several.
    pub(super) fn is_list(&self) -> Result<bool, ParseError> {
        if self.body.trim_ascii_start().first() != Some(&b'[') {
            return Ok(false);
        }
        json::read::<Vec<Value>>(&self.body, "a GitHub webhook")?;
        Ok(true)
    }

    /// What happened, as GitHub says it: `opened`.
    pub(super) fn action(&self) -> Result<Option<String>, ParseError> {
        let head: Head = json::read(&self.body, "a GitHub webhook")?;
        Ok(head.action.filter(|action| !action.is_empty()))
    }

    /// The body as the shape of an event.
    pub(super) fn read<T: DeserializeOwned>(&self, expected: &'static str) -> Result<T, ParseError> {
        json::read(&self.body, expected)
    }
}

fn form_payload(body: &[u8]) -> Result<Vec<u8>, ParseError> {
    form_urlencoded::parse(body)
        .find_map(|(name, value)| (name == "payload").then(|| value.into_owned().into_bytes()))
        .ok_or_else(|| ParseError::Body {
            expected: "a form of GitHub's",
            cause: "it has no field 'payload'".to_owned(),
        })
}
