//! Commits: what they say, what they were made on top of, which merge brought them in, and what they touch.

use std::collections::BTreeMap;

use throughline_domain::fact::{Attribute, Facts, Field, NodeFact};
use throughline_domain::key::KeyError;
use throughline_domain::link::LinkKind;

use super::at_most;
use super::payload::{Body, Commit, Someone};
use super::place::Place;
use crate::draft::{CommitFact, Draft, Person, by, object_id};
use crate::provider::ParseError;

/// The most commits of one body.
const MAX_COMMITS: usize = 1_000;

/// The most parents of one commit that are read.
const MAX_PARENTS: usize = 64;

/// The longest e-mail address that is read, in bytes: as long as addresses can be.
const MAX_EMAIL_BYTES: usize = 320;

/// The most components of one commit that are read.
const MAX_TOUCHED: usize = 50;

pub(super) fn read(body: &Body, place: &Place<'_>) -> Result<Facts, ParseError> {
    at_most("commits", body.commits.len(), MAX_COMMITS)?;
    let merges: BTreeMap<&str, &str> =
        body.merges.iter().filter_map(|merge| Some((merge.id.as_deref()?, merge.message.as_deref()?))).collect();
    let mut draft = place.draft("commits")?;
    for commit in &body.commits {
        state(&mut draft, place, commit, &merges)?;
    }
    draft.finish()
}

fn state(draft: &mut Draft, place: &Place<'_>, commit: &Commit, merges: &BTreeMap<&str, &str>) -> Result<(), KeyError> {
    draft.at = commit.committed_at;
    let id = commit.id.as_deref();
    let page = id.and_then(|id| place.commit_page(id));
    let fact = CommitFact {
        id,
        message: commit.message.as_deref(),
        at: commit.committed_at,
        page: page.as_deref(),
        author: commit.author.as_ref().map(person).unwrap_or_default(),
        ..CommitFact::default()
    };
    let Some(key) = draft.commit(&place.repository, &fact)? else { return Ok(()) };
    if commit.authored_at.is_some() && commit.authored_at != commit.committed_at {
        draft.state(NodeFact::new(key.clone(), draft.at).moment(Attribute::StartedAt, commit.authored_at));
    }
    for parent in commit.parents.iter().take(MAX_PARENTS) {
        if let Some(parent) = object_id(Some(parent)) {
            draft.link(&key, LinkKind::Parent, &place.repository.commit(parent)?, "the commit names this parent");
        }
    }
    if let Some(message) = commit.merged_by.as_deref().and_then(|merge| merges.get(merge)) {
        draft.mention(&key, Field::Merge, Some(message), Some(&place.repository));
    }
    for path in commit.touches.iter().take(MAX_TOUCHED) {
        if let Some(component) = place.component(draft, path)? {
            draft.link(&key, LinkKind::Touches, &component, "the commit changes files of this component");
        }
    }
    let committer = commit.committer.as_ref().and_then(|committer| person(committer).called());
    draft.event(&key, None, "committed", committer, &by("Committed", committer));
    Ok(())
}

/// Whoever is named; an address that no mailbox has costs the person and not the whole body.
fn person(someone: &Someone) -> Person<'_> {
    let email = someone.email.as_deref().filter(|email| email.len() <= MAX_EMAIL_BYTES);
    Person { name: someone.name.as_deref(), email, ..Person::default() }
}
