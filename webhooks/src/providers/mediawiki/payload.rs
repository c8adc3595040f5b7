//! The members of MediaWiki's events that are read, over all streams; everything else is passed over.

use serde::Deserialize;
use serde_json::Value;
use throughline_domain::time::Timestamp;

use super::EXPECTED;
use crate::json;
use crate::members::meant;
use crate::provider::Request;

/// An event of any stream.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Event {
    /// What all events of EventBus and EventStreams carry.
    pub(super) meta: Option<Meta>,
    /// Of a recent change: `edit`, `new`, `log`.
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    /// Of what a script posts: `create`, `edit`, `move`.
    pub(super) action: Option<String>,
    /// Of a page change: `create`, `edit`, `move`.
    pub(super) page_change_kind: Option<String>,
    pub(super) page: Option<Page>,
    title: Option<String>,
    page_title: Option<String>,
    pub(super) title_url: Option<String>,
    pub(super) url: Option<String>,
    namespace: Option<i64>,
    page_namespace: Option<i64>,
    comment: Option<String>,
    summary: Option<String>,
    timestamp: Option<Value>,
    rev_timestamp: Option<String>,
    dt: Option<String>,
    user: Option<String>,
    bot: Option<bool>,
    performer: Option<Performer>,
    pub(super) prior_state: Option<PriorState>,
    pub(super) log_type: Option<String>,
    pub(super) log_action: Option<String>,
    pub(super) log_params: Option<Value>,
    pub(super) new_title: Option<String>,
}

impl Event {
    /// The page's title, with its namespace, as people read it.
    pub(super) fn title(&self) -> Option<String> {
        let page = self.page.as_ref().and_then(|page| page.page_title.as_deref());
        let titles = [page, self.page_title.as_deref(), self.title.as_deref()];
        titles.into_iter().flatten().find(|title| !title.trim().is_empty()).map(readable)
    }

    /// The number of the page's namespace; 0 is the main one, odd ones hold talk.
    pub(super) fn namespace(&self) -> i64 {
        let page = self.page.as_ref().and_then(|page| page.namespace_id);
        page.or(self.page_namespace).or(self.namespace).unwrap_or_default()
    }

    /// When it happened, by the wiki's clock.
    pub(super) fn at(&self) -> Option<Timestamp> {
        let texts = [
            self.dt.as_deref(),
            self.rev_timestamp.as_deref(),
            self.timestamp.as_ref().and_then(Value::as_str),
            self.meta.as_ref().and_then(|meta| meta.dt.as_deref()),
        ];
        let seconds = self.timestamp.as_ref().and_then(Value::as_i64).map(Timestamp::from_seconds);
        let mut told = seconds.into_iter().chain(texts.into_iter().flatten().filter_map(Timestamp::parse));
        told.find_map(meant)
    }

    /// What the one who did it is called.
    pub(super) fn user(&self) -> Option<&str> {
        let performer = self.performer.as_ref().and_then(|performer| performer.user_text.as_deref());
        performer.or(self.user.as_deref()).filter(|user| !user.trim().is_empty())
    }

    /// Whether a program did it.
    pub(super) fn is_bot(&self) -> bool {
        let flags = self.performer.as_ref().map(|performer| [performer.user_is_bot, performer.is_bot]);
        self.bot == Some(true) || flags.is_some_and(|flags| flags.contains(&Some(true)))
    }

    /// What was written about the change.
    pub(super) fn comment(&self) -> Option<&str> {
        self.comment.as_deref().or(self.summary.as_deref()).filter(|comment| !comment.trim().is_empty())
    }
}

/// What all events of EventBus and EventStreams carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Meta {
    pub(super) id: Option<String>,
    /// The address of the page.
    pub(super) uri: Option<String>,
    pub(super) stream: Option<String>,
    dt: Option<String>,
}

/// The page, as the stream of page changes has it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Page {
    page_title: Option<String>,
    namespace_id: Option<i64>,
}

/// What was so before.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PriorState {
    page_title: Option<String>,
    page: Option<Page>,
}

impl PriorState {
    /// The page's former title.
    pub(super) fn title(&self) -> Option<String> {
        let page = self.page.as_ref().and_then(|page| page.page_title.as_deref());
        page.or(self.page_title.as_deref()).map(readable)
    }
}

/// The one who did it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Performer {
    user_text: Option<String>,
    user_is_bot: Option<bool>,
    is_bot: Option<bool>,
}

#[derive(Deserialize)]
struct Ids {
    meta: Option<Meta>,
}

/// The event's own id, where the body is one event.
pub(super) fn event_id(request: &Request<'_>) -> Option<String> {
    let ids: Ids = json::read(request.body, EXPECTED).ok()?;
    ids.meta?.id.filter(|id| !id.is_empty())
}

/// Titles are stored with underscores for spaces.
fn readable(title: &str) -> String {
    title.trim().replace('_', " ")
}
