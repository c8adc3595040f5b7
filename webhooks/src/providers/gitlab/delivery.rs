//! One delivery of GitLab: what kind it is, and which installation sent it.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::json;
use crate::members::text;
use crate::provider::{ParseError, Request};

/// Names the group of events, for people; the body says the same more exactly.
pub(super) const EVENT_HEADER: &str = "x-gitlab-event";
/// The same for all deliveries that one action set off.
pub(super) const EVENT_ID_HEADER: &str = "x-gitlab-event-uuid";
/// The address of the installation.
pub(super) const INSTANCE_HEADER: &str = "x-gitlab-instance";
/// GitLab's id of the delivery; the same when it is sent again.
pub(super) const IDEMPOTENCY_HEADER: &str = "idempotency-key";

const EXPECTED: &str = "a GitLab webhook";

/// A delivery whose kind is known.
pub(super) struct Delivery<'a> {
    /// What it is about: `merge_request`, `user_add_to_group`.
    pub(super) kind: String,
    /// What happened, where GitLab says it: `open`, `success`.
    pub(super) action: Option<String>,
    /// The address of the installation, where GitLab says it.
    pub(super) instance: Option<&'a str>,
    body: &'a [u8],
}

/// The members that say what a body is. System hooks name it by `event_name`, the others by `object_kind`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Head {
    #[serde(deserialize_with = "text")]
    object_kind: Option<String>,
    #[serde(deserialize_with = "text")]
    event_name: Option<String>,
    #[serde(deserialize_with = "text")]
    action: Option<String>,
    #[serde(deserialize_with = "text")]
    status: Option<String>,
    #[serde(deserialize_with = "text")]
    build_status: Option<String>,
    object_attributes: Option<Attributes>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Attributes {
    #[serde(deserialize_with = "text")]
    action: Option<String>,
    #[serde(deserialize_with = "text")]
    status: Option<String>,
}

impl<'a> Delivery<'a> {
    /// Finds out what a request is about.
    pub(super) fn open(request: &Request<'a>) -> Result<Self, ParseError> {
        let head: Head = json::read(request.body, EXPECTED)?;
        let kind = head.object_kind.or(head.event_name).ok_or_else(|| ParseError::Body {
            expected: EXPECTED,
            cause: "it has neither object_kind nor event_name; a custom template of the webhook may have removed them"
                .to_owned(),
        })?;
        let attributes = head.object_attributes.unwrap_or_default();
        Ok(Self {
            kind,
            action: attributes.action.or(head.action).or(attributes.status).or(head.status).or(head.build_status),
            instance: request.header(INSTANCE_HEADER).map(|address| address.trim().trim_end_matches('/')),
            body: request.body,
        })
    }

    /// The body as the shape of an event.
    pub(super) fn read<T: DeserializeOwned>(&self, expected: &'static str) -> Result<T, ParseError> {
        json::read(self.body, expected)
    }

    /// The host of the installation; empty where GitLab does not say it.
    pub(super) fn host(&self) -> String {
        let host = self.instance.and_then(|address| Some(Url::parse(address).ok()?.host_str()?.to_owned()));
        host.unwrap_or_default()
    }

    /// What happened, where GitLab says it, and else an empty word.
    pub(super) fn action(&self) -> &str {
        self.action.as_deref().unwrap_or_default()
    }
}
