//! `release`: named versions that are given out.

use serde::Deserialize;
use throughline_domain::fact::{Attribute, Facts, Field};
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::time::Timestamp;

use crate::members::filled;
use crate::stop::Stop;

use super::delivery::Delivery;
use super::draft::Draft;
use super::payload::{Commit, Project};
use super::time::moment;

/// A `release` event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ReleaseEvent {
    tag: Option<String>,
    name: Option<String>,
    description: Option<String>,
    url: Option<String>,
    commit: Option<Commit>,
    project: Option<Project>,
    #[serde(deserialize_with = "moment")]
    created_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    released_at: Option<Timestamp>,
}

/// Reads a release. Neither an edit nor a deletion has a time of its own.
pub(super) fn facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: ReleaseEvent = delivery.read("a GitLab release event")?;
    let tag = filled(event.tag.as_deref()).ok_or_else(|| Stop::nothing("the release has no tag"))?;
    let at = event.released_at.or(event.created_at);
    let mut draft = Draft::open(delivery, event.project.as_ref(), None, at)?;
    let key = state_release(&mut draft, &event, tag, delivery.action() != "delete")?;
    let source = draft.repository.tag(tag)?;
    draft.link(&key, LinkKind::Includes, &source, "the release is of this tag");
    if let Some(commit) = &event.commit
        && let Some(commit) = draft.commit(commit)?
    {
        draft.link(&key, LinkKind::Includes, &commit, "the release is of this commit");
    }
    if delivery.action() == "create" {
        draft.event(&key, at, "published", None, "Release published");
    }
    draft.finish()
}

fn state_release(draft: &mut Draft, event: &ReleaseEvent, tag: &str, is_there: bool) -> Result<Key, Stop> {
    let key = draft.key(NodeKind::Release, tag)?;
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, filled(event.name.as_deref()).unwrap_or(tag))
        .with(Attribute::Reference, tag)
        .with(Attribute::Version, tag)
        .with_some(Attribute::State, is_there.then_some("published"))
        .with_some(Attribute::Outcome, is_there.then_some(Outcome::Success.word()))
        .moment(Attribute::OccurredAt, event.released_at.or(event.created_at))
        .page(event.url.as_deref());
    draft.place(fact)?;
    draft.text(&key, Field::Title, event.name.as_deref());
    draft.text(&key, Field::Body, event.description.as_deref());
    Ok(key)
}
