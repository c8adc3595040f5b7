//! `release`: named versions that are given out.

use throughline_domain::fact::{Attribute, Facts, Field};
use throughline_domain::key::Key;
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::node::{NodeKind, Outcome};

use super::delivery::Delivery;
use super::draft::Draft;
use super::payload::{Release, ReleaseEvent};
use super::people::by;
use crate::draft::object_id;
use crate::stop::Stop;

/// Reads a release.
pub(super) fn facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: ReleaseEvent = delivery.read("a GitHub release event")?;
    let release = event.release.as_ref().ok_or_else(|| Stop::nothing("the body holds no release"))?;
    let tag = release.tag_name.as_deref().filter(|tag| !tag.is_empty());
    let tag = tag.ok_or_else(|| Stop::nothing("the release has no tag"))?;
    let mut draft = Draft::open(delivery, event.repository.as_ref(), release.updated_at.or(release.published_at))?;
    // A deletion has no time: told as of the last edit, it would stand against that edit by chance.
    let status = if delivery.action() == "deleted" { None } else { Some(status(release)) };
    let key = state_release(&mut draft, release, tag, status)?;
    happened(&mut draft, &key, &event, release);
    draft.finish()
}

fn status(release: &Release) -> (&'static str, Outcome) {
    match (release.draft, release.prerelease) {
        (Some(true), _) => ("draft", Outcome::Pending),
        (_, Some(true)) => ("prerelease", Outcome::Success),
        (_, _) => ("published", Outcome::Success),
    }
}

fn state_release(
    draft: &mut Draft,
    release: &Release,
    tag: &str,
    status: Option<(&str, Outcome)>,
) -> Result<Key, Stop> {
    let key = draft.key(NodeKind::Release, tag)?;
    let name = release.name.as_deref().filter(|name| !name.is_empty());
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, name.unwrap_or(tag))
        .with(Attribute::Reference, tag)
        .with(Attribute::Version, tag)
        .with_some(Attribute::State, status.map(|(word, _)| word))
        .with_some(Attribute::Outcome, status.map(|(_, outcome)| outcome.word()))
        .moment(Attribute::OccurredAt, release.published_at)
        .page(release.html_url.as_deref());
    draft.place(fact)?;
    draft.person(&key, LinkKind::AuthoredBy, release.author.as_ref(), "made the release")?;
    link_source(draft, &key, release, tag)?;
    draft.mention(&key, Field::Title, release.name.as_deref());
    draft.mention(&key, Field::Body, release.body.as_deref());
    Ok(key)
}

fn link_source(draft: &mut Draft, key: &Key, release: &Release, tag: &str) -> Result<(), Stop> {
    // The tag of a draft is a plan: it may never be made, or be made under another name.
    if release.draft != Some(true) {
        let tag = draft.repository.tag(tag)?;
        draft.link(key, LinkKind::Includes, &tag, "the release is of this tag");
    }
    if let Some(commit) = draft.commit_by_id(object_id(release.target_commitish.as_deref()))? {
        let reason = "the release names this commit as its target; a tag that was there before may stand elsewhere";
        draft.link_as(LinkClass::Guessed, key, LinkKind::Includes, &commit, reason);
    }
    Ok(())
}

fn happened(draft: &mut Draft, key: &Key, event: &ReleaseEvent, release: &Release) {
    let (what, at) = match event.action.as_deref().unwrap_or_default() {
        "published" => ("published", release.published_at),
        // These two have a time of their own only where GitHub sends `updated_at`.
        "edited" if release.updated_at.is_some() => ("edited", release.updated_at),
        "unpublished" if release.updated_at.is_some() => ("unpublished", release.updated_at),
        // `released`, `prereleased` and `created` come beside one of the above.
        _ => return,
    };
    let actor = event.sender.as_ref();
    draft.event(key, at, what, actor, by(&format!("Release {what}"), actor));
}
