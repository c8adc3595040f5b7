//! `repo:fork`, `repo:updated` and `repo:commit_comment_created`: what happens to a repository besides pushes.

use throughline_domain::name::Name;

use crate::code_host::nothing;
use crate::draft::by;
use crate::members::filled;
use crate::provider::{Content, ParseError};

use super::HOST;
use super::reading::{Reading, address, called, page};

/// Reads a fork. No field says when it was made.
pub(super) fn read_fork(mut reading: Reading<'_>) -> Result<Content, ParseError> {
    let Some(fork) = &reading.body.fork else { return nothing("the body names only one repository") };
    let Some(repository) = address(fork) else { return nothing("the fork has no name") };
    reading.draft.repository(&repository, fork.full_name.as_deref(), page(fork.links.as_ref()))?;
    reading.finish()
}

/// Reads that a repository was changed. After a move it still goes by the address that it had.
pub(super) fn read_updated(mut reading: Reading<'_>) -> Result<Content, ParseError> {
    let moved = reading.body.changes.as_ref().and_then(|changes| changes.full_name.as_ref());
    let before = moved.and_then(|words| filled(words.old.as_deref()));
    if let Some(name) = before.and_then(|name| Name::url(&format!("https://{HOST}/{name}"))) {
        let fact = reading.draft.fact(&reading.repository.key()?).named(name);
        reading.draft.state(fact);
    }
    reading.finish()
}

/// Reads a comment on a commit.
pub(super) fn read_commit_comment(mut reading: Reading<'_>) -> Result<Content, ParseError> {
    let Some(commit) = &reading.body.commit else { return nothing("the body names no commit") };
    let Some(key) = reading.draft.commit_by_id(&reading.repository, commit.hash.as_deref())? else {
        return nothing("the commit has no full hash");
    };
    let comment = reading.body.comment.as_ref();
    let author = comment.and_then(|comment| comment.user.as_ref()).or(reading.body.actor.as_ref());
    let actor = called(author);
    let at = comment.and_then(|comment| comment.created_on);
    reading.draft.event(&key, at, "commented", actor, &by("Commented", actor));
    reading.finish()
}
