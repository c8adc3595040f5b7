//! `discussion`, `discussion_comment` and `gollum`: discussions and wiki pages, which are documents.

use serde::Deserialize;
use throughline_domain::fact::{Attribute, Facts, Field, MAX_FACTS};
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::NodeKind;
use throughline_domain::time::Timestamp;

use super::comments::{self, Comment};
use super::delivery::Delivery;
use super::draft::Draft;
use super::payload::{Named, Repository, User};
use super::people::by;
use crate::draft::{joined, object_id};
use crate::members::moment_or_seconds;
use crate::provider::ParseError;
use crate::stop::Stop;

/// The most wiki pages of one push.
const MAX_PAGES: usize = MAX_FACTS / 4;

/// A `discussion` or `discussion_comment` event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct DiscussionEvent {
    discussion: Option<Discussion>,
    comment: Option<Comment>,
    repository: Option<Repository>,
    sender: Option<User>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Discussion {
    number: Option<u64>,
    html_url: Option<String>,
    title: Option<String>,
    body: Option<String>,
    state: Option<String>,
    user: Option<User>,
    labels: Option<Vec<Named>>,
    answer_chosen_by: Option<User>,
    #[serde(deserialize_with = "moment_or_seconds")]
    answer_chosen_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    created_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    updated_at: Option<Timestamp>,
}

/// A `gollum` event, named after the software of the wikis.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WikiEvent {
    pages: Option<Vec<Page>>,
    repository: Option<Repository>,
    sender: Option<User>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Page {
    page_name: Option<String>,
    title: Option<String>,
    action: Option<String>,
    sha: Option<String>,
    html_url: Option<String>,
}

/// Reads a discussion, or a comment in one.
pub(super) fn facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: DiscussionEvent = delivery.read("a GitHub discussion event")?;
    let (mut draft, key, discussion) = open(delivery, &event)?;
    let sender = event.sender.as_ref();
    if delivery.event == "discussion_comment" {
        comments::happened(&mut draft, &key, delivery.action(), event.comment.as_ref(), sender);
    } else {
        happened(&mut draft, &key, delivery.action(), discussion, sender);
    }
    draft.finish()
}

/// Reads pages of a wiki. GitHub says who wrote them last, and not when.
pub(super) fn wiki_facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: WikiEvent = delivery.read("a GitHub gollum event")?;
    let pages = event.pages.as_deref().unwrap_or_default();
    if pages.len() > MAX_PAGES {
        return Err(ParseError::TooMany { what: "pages", count: pages.len(), limit: MAX_PAGES }.into());
    }
    let mut draft = Draft::open(delivery, event.repository.as_ref(), None)?;
    for page in pages {
        let Some(key) = draft.web(NodeKind::Document, page.html_url.as_deref(), Some("wiki")) else { continue };
        let fact = draft
            .fact(&key)
            .with_some(Attribute::Title, page.title.as_deref().or(page.page_name.as_deref()))
            .with_some(Attribute::Reference, page.page_name.as_deref())
            .with_some(Attribute::Commit, object_id(page.sha.as_deref()));
        draft.place(fact)?;
        let reason = format!("{} the page", page.action.as_deref().unwrap_or("edited"));
        draft.person(&key, LinkKind::AuthoredBy, event.sender.as_ref(), &reason)?;
    }
    draft.finish()
}

fn open<'a>(delivery: &Delivery<'_>, event: &'a DiscussionEvent) -> Result<(Draft, Key, &'a Discussion), Stop> {
    let discussion = event.discussion.as_ref().ok_or_else(|| Stop::nothing("the body holds no discussion"))?;
    let at = discussion.updated_at.or(discussion.created_at);
    let mut draft = Draft::open(delivery, event.repository.as_ref(), at)?;
    let key = draft.web(NodeKind::Document, discussion.html_url.as_deref(), Some("discussion"));
    let key = key.ok_or_else(|| Stop::nothing("the discussion has no address"))?;
    let mut fact = draft
        .fact(&key)
        .with_some(Attribute::Title, discussion.title.as_deref())
        .with_some(Attribute::State, discussion.state.as_deref())
        .moment(Attribute::OccurredAt, discussion.created_at)
        .with(Attribute::Labels, joined(discussion.labels.iter().flatten().filter_map(|label| label.name.as_deref())));
    // Discussions share the numbers of issues and pull requests.
    if let Some(number) = discussion.number {
        fact = fact
            .with(Attribute::Reference, format!("{}#{number}", draft.repository.path()))
            .named(Name::number(&draft.repository, number));
    }
    draft.place(fact)?;
    draft.person(&key, LinkKind::AuthoredBy, discussion.user.as_ref(), "opened the discussion")?;
    draft.mention(&key, Field::Title, discussion.title.as_deref());
    draft.mention(&key, Field::Body, discussion.body.as_deref());
    Ok((draft, key, discussion))
}

fn happened(draft: &mut Draft, key: &Key, action: &str, discussion: &Discussion, sender: Option<&User>) {
    let (what, at, actor) = match action {
        "created" => ("opened", discussion.created_at, discussion.user.as_ref().or(sender)),
        "answered" => ("answered", discussion.answer_chosen_at, discussion.answer_chosen_by.as_ref().or(sender)),
        "closed" => ("closed", None, sender),
        "reopened" => ("reopened", None, sender),
        "edited" => ("edited", None, sender),
        "transferred" => ("transferred", None, sender),
        // Labels, categories, pins and locks: the attributes tell what is told of them.
        _ => return,
    };
    draft.event(key, at, what, actor, by(&format!("Discussion {what}"), actor));
}
