//! `repo:modified`, `repo:forked` and `repo:comment:…`: what happens to a repository besides pushes.

use throughline_domain::name::Name;

use crate::code_host::nothing;
use crate::draft::by;
use crate::provider::{Content, ParseError};

use super::reading::{Reading, address, called, page, state_repository};

/// Reads that a repository was changed. After a move it still goes by the address that it had.
pub(super) fn read_modified(mut reading: Reading<'_>) -> Result<Content, ParseError> {
    let before = reading.body.old.as_ref().and_then(|old| page(old.links.as_ref()));
    let before = before.map(|address| address.trim_end_matches("/browse"));
    let key = reading.repository.key()?;
    if let Some(name) = before.and_then(Name::url) {
        let fact = reading.draft.fact(&key).named(name);
        reading.draft.state(fact);
    }
    let actor = called(reading.body.actor.as_ref());
    reading.draft.event(&key, None, "edited", actor, &by("Repository changed", actor));
    reading.finish()
}

/// Reads a fork.
pub(super) fn read_forked(mut reading: Reading<'_>) -> Result<Content, ParseError> {
    let fork = reading.repository.path().to_owned();
    let origin = reading.body.repository.as_ref().and_then(|repository| repository.origin.as_deref());
    let Some(origin) = origin else { return nothing("the body does not name what was forked") };
    let Some(repository) = address(origin) else { return nothing("what was forked has no address") };
    let key = state_repository(&mut reading.draft, &repository, origin)?;
    let actor = called(reading.body.actor.as_ref());
    reading.draft.event(&key, None, "forked", actor, &by(&format!("Forked to {fork}"), actor));
    reading.finish()
}

/// Reads a comment on a commit.
pub(super) fn read_commit_comment(mut reading: Reading<'_>) -> Result<Content, ParseError> {
    let id = reading.body.commit.as_deref();
    let Some(key) = reading.draft.commit_by_id(&reading.repository, id)? else {
        return nothing("the body names no commit by its full id");
    };
    if reading.event == "repo:comment:added" {
        let comment = reading.body.comment.as_ref();
        let author = comment.and_then(|comment| comment.author.as_ref()).or(reading.body.actor.as_ref());
        let actor = called(author);
        let at = comment.and_then(|comment| comment.created_date);
        reading.draft.event(&key, at, "commented", actor, &by("Commented", actor));
    }
    reading.finish()
}
