//! Tags, and how far an import has come.

use throughline_domain::fact::{Attribute, Facts};
use throughline_domain::link::LinkKind;

use super::at_most;
use super::payload::Body;
use super::place::Place;
use crate::draft::object_id;
use crate::provider::ParseError;

/// The most tags of one body.
const MAX_TAGS: usize = 2_000;

pub(super) fn read(body: &Body, place: &Place<'_>) -> Result<Facts, ParseError> {
    at_most("tags", body.tags.len(), MAX_TAGS)?;
    let mut draft = place.draft("tags")?;
    for tag in &body.tags {
        let (Some(name), Some(commit)) = (tag.name.as_deref(), object_id(tag.commit.as_deref())) else { continue };
        // A name that is too long for a key costs its tag and not all of them.
        let Ok(key) = place.repository.tag(name) else { continue };
        draft.at = tag.at;
        let fact = draft
            .fact(&key)
            .with(Attribute::Title, name)
            .with(Attribute::Reference, name)
            .with(Attribute::Version, name)
            .with(Attribute::State, "active")
            .with(Attribute::Commit, commit)
            .moment(Attribute::OccurredAt, tag.at);
        if draft.state_once(fact) {
            draft.place(&key, &place.repository)?;
            draft.link(&key, LinkKind::BuiltFrom, &place.repository.commit(commit)?, "the tag stands on this commit");
            draft.event(&key, None, "tagged", None, &format!("Tag {name} was made"));
        }
    }
    draft.finish()
}

/// The branch that was imported, with the commit at its head.
pub(super) fn head(body: &Body, place: &Place<'_>) -> Result<Facts, ParseError> {
    let mut draft = place.draft("imported")?;
    draft.at = body.at;
    if let (Some(name), Some(head)) = (body.branch.as_deref(), object_id(body.head.as_deref()))
        && let Ok(key) = place.repository.branch(name)
    {
        let fact = draft
            .fact(&key)
            .with(Attribute::Title, name)
            .with(Attribute::Reference, name)
            .with(Attribute::Commit, head);
        draft.state(fact);
        draft.place(&key, &place.repository)?;
    }
    draft.finish()
}
