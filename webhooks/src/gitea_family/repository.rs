//! `repository` and `fork`: that there is a repository, and where it came from.

use crate::code_host::nothing;
use crate::draft::by;
use crate::provider::{Content, ParseError};

use super::reading::{Reading, called};

/// Reads that a repository was made or deleted.
pub(super) fn read(mut reading: Reading<'_>) -> Result<Content, ParseError> {
    let key = reading.repository.key()?;
    let created_at = reading.body.repository.as_ref().and_then(|repository| repository.created_at);
    // A deletion has no time; what was known of the repository stays.
    if reading.body.action.as_deref() == Some("created") {
        let actor = called(reading.body.sender.as_ref());
        reading.draft.event(&key, created_at, "created", actor, &by("Repository created", actor));
    }
    reading.finish()
}

/// Reads a fork. Gogs calls the new repository the forkee, Gitea the old one; the new one bears a mark.
pub(super) fn read_fork(mut reading: Reading<'_>) -> Result<Content, ParseError> {
    let Some(forkee) = &reading.body.forkee else { return nothing("the body names only one repository") };
    let key = reading.repository.key()?;
    let Some(other) = reading.other_repository(forkee)? else {
        return nothing("the body names a repository without an address");
    };
    let Some(repository) = &reading.body.repository else { return reading.finish() };
    let (old, new) = match (repository.fork, forkee.fork) {
        (Some(true), Some(true)) => return reading.finish(),
        (_, Some(true)) => (key, forkee),
        (Some(true), _) => (other, repository),
        (_, _) => return reading.finish(),
    };
    let actor = called(reading.body.sender.as_ref());
    let name = new.full_name.as_deref().unwrap_or("another repository");
    reading.draft.event(&old, new.created_at, "forked", actor, &by(&format!("Forked to {name}"), actor));
    reading.finish()
}
