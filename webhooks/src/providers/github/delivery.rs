//! One delivery of GitHub: its headers, and its body in either content type.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use serde_json::value::RawValue;
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

const EXPECTED: &str = "a GitHub webhook";

/// The most deliveries that one recording may hold.
const MAX_RECORDED: usize = 100;

/// A delivery whose body has been taken out of its form, or out of a recording, where it came in one.
pub(super) struct Delivery<'a> {
    /// The tool's own name of the event.
    pub(super) event: Cow<'a, str>,
    /// What happened, as GitHub says it: `opened`.
    pub(super) action: Option<String>,
    /// The host of the installation, where GitHub says it.
    pub(super) enterprise_host: Option<&'a str>,
    body: Cow<'a, [u8]>,
}

/// The fields that say what a body is: a delivery, or the recording of one.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Head {
    action: Option<String>,
    name: Option<Value>,
    payload: Option<Box<RawValue>>,
    repository: Option<IgnoredAny>,
}

impl Head {
    /// The event and the body of a recording. GitHub itself sends no event with both of these members.
    fn recorded(self) -> Option<(String, Box<RawValue>)> {
        let Some(Value::String(event)) = self.name.filter(|_| self.repository.is_none()) else { return None };
        let payload = self.payload.filter(|payload| payload.get().trim_start().starts_with('{'))?;
        Some((event, payload))
    }
}

impl<'a> Delivery<'a> {
    /// The deliveries that a request brings: one, or those that a tool has recorded; none where it is another list.
    ///
    /// Tools that record GitHub's webhooks, to send them again later, write `{"name": <event>, "payload": <body>}` or a
    /// list of such.
    pub(super) fn all(request: &Request<'a>) -> Result<Vec<Self>, ParseError> {
        let mut outer = Self::open(request)?;
        if outer.body.trim_ascii_start().first() == Some(&b'[') {
            let heads: Vec<Head> = json::read(&outer.body, EXPECTED)?;
            if heads.len() > MAX_RECORDED {
                let count = heads.len();
                return Err(ParseError::TooMany { what: "recorded deliveries", count, limit: MAX_RECORDED });
            }
            return heads.into_iter().filter_map(Head::recorded).map(|record| outer.inner(record)).collect();
        }
        let mut head: Head = json::read(&outer.body, EXPECTED)?;
        outer.action = filled(head.action.take());
        match head.recorded() {
            Some(record) => Ok(vec![outer.inner(record)?]),
            None => Ok(vec![outer]),
        }
    }

    /// The body as the shape of an event.
    pub(super) fn read<T: DeserializeOwned>(&self, expected: &'static str) -> Result<T, ParseError> {
        json::read(&self.body, expected)
    }

    /// What happened, where GitHub says it, and else an empty word.
    pub(super) fn action(&self) -> &str {
        self.action.as_deref().unwrap_or_default()
    }

    fn open(request: &Request<'a>) -> Result<Self, ParseError> {
        let is_form =
            request.header("content-type").is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with(FORM));
        Ok(Self {
            event: Cow::Borrowed(request.header(EVENT_HEADER).ok_or(ParseError::Header(EVENT_HEADER))?),
            action: None,
            enterprise_host: request.header(ENTERPRISE_HEADER).filter(|host| !host.is_empty()),
            body: if is_form { Cow::Owned(form_payload(request.body)?) } else { Cow::Borrowed(request.body) },
        })
    }

    fn inner(&self, (event, payload): (String, Box<RawValue>)) -> Result<Self, ParseError> {
        let body = payload.get().as_bytes().to_vec();
        let head: Head = json::read(&body, EXPECTED)?;
        Ok(Self {
            event: Cow::Owned(event),
            action: filled(head.action),
            enterprise_host: self.enterprise_host,
            body: Cow::Owned(body),
        })
    }
}

fn filled(action: Option<String>) -> Option<String> {
    action.filter(|action| !action.is_empty())
}

fn form_payload(body: &[u8]) -> Result<Vec<u8>, ParseError> {
    form_urlencoded::parse(body)
        .find_map(|(name, value)| (name == "payload").then(|| value.into_owned().into_bytes()))
        .ok_or_else(|| ParseError::Body {
            expected: "a form of GitHub's",
            cause: "it has no field 'payload'".to_owned(),
        })
}
