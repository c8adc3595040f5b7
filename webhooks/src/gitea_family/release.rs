//! `release`: named versions that are given out.

use throughline_domain::fact::{Attribute, Field};
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::node::{NodeKind, Outcome};

use crate::code_host::nothing;
use crate::draft::{by, object_id};
use crate::members::filled;
use crate::provider::{Content, ParseError};

use super::payload::Release;
use super::reading::{Reading, called};

/// Reads a release.
pub(super) fn read(mut reading: Reading<'_>) -> Result<Content, ParseError> {
    let Some(release) = &reading.body.release else { return nothing("the body holds no release") };
    let action = reading.body.action.as_deref().unwrap_or_default();
    if action == "deleted" {
        return nothing("the release was deleted; no field says when, and what was known of it stays");
    }
    let Some(tag) = filled(release.tag_name.as_deref()) else { return nothing("the release has no tag") };
    state_release(&mut reading, release, tag)?;
    reading.finish()
}

fn state_release(reading: &mut Reading<'_>, release: &Release, tag: &str) -> Result<(), ParseError> {
    let at = release.published_at.or(release.created_at);
    reading.draft.at = at;
    let key = reading.key(NodeKind::Release, tag)?;
    let is_draft = release.draft == Some(true);
    let (state, outcome) = match release.prerelease {
        _ if is_draft => ("draft", Outcome::Pending),
        Some(true) => ("prerelease", Outcome::Success),
        Some(false) | None => ("published", Outcome::Success),
    };
    let fact = reading
        .draft
        .fact(&key)
        .with(Attribute::Title, filled(release.name.as_deref()).unwrap_or(tag))
        .with(Attribute::Reference, tag)
        .with(Attribute::Version, tag)
        .with(Attribute::State, state)
        .outcome(outcome)
        .moment(Attribute::OccurredAt, at.filter(|_| !is_draft))
        .page(release.html_url.as_deref());
    reading.place(fact)?;
    reading.person(&key, LinkKind::AuthoredBy, release.author.as_ref(), "made the release")?;
    // The tag of a draft is a plan: it may never be made, or be made under another name.
    if !is_draft {
        let node = reading.repository.tag(tag)?;
        reading.draft.link(&key, LinkKind::Includes, &node, "the release is of this tag");
    }
    if let Some(commit) = reading.commit_by_id(object_id(release.target_commitish.as_deref()))? {
        let reason = "the release names this commit as its target; a tag that was there before may stand elsewhere";
        reading.draft.link_as(LinkClass::Guessed, &key, LinkKind::Includes, &commit, reason);
    }
    reading.mention(&key, Field::Title, release.name.as_deref());
    reading.mention(&key, Field::Body, release.body.as_deref());
    // An update has no time of its own; the attributes tell it.
    if reading.body.action.as_deref() == Some("published") && !is_draft {
        let actor = called(reading.body.sender.as_ref());
        reading.draft.event(&key, at, "published", actor, &by("Release published", actor));
    }
    Ok(())
}
