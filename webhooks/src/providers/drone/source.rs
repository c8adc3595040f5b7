//! What a build is of: its repository, its commit, the pull request whose head that is, and who set it off.

use throughline_domain::key::{Key, KeyError};
use throughline_domain::link::LinkKind;
use throughline_domain::repository::Repository;

use super::payload::{Build, Repo, plain};
use crate::draft::{CommitFact, Draft, Person};
use crate::pipeline::{change_of_head, people};

/// The repository by its address.
pub(super) fn repository(repo: &Repo) -> Option<Repository> {
    plain(&repo.git_http_url).or_else(|| plain(&repo.link)).and_then(Repository::from_address)
}

/// Links a build to repository, commit and person, and gives the commit's node. `host` is Drone's.
pub(super) fn link(
    draft: &mut Draft,
    run: &Key,
    host: &str,
    repository: &Repository,
    build: &Build,
) -> Result<Option<Key>, KeyError> {
    let place = draft.repository(repository, None, None)?;
    draft.link(run, LinkKind::In, &place, "Drone builds this repository");
    let (provider, people) = people(repository, "drone", host);
    // For other events the message is a pull request's body, or copied from another build.
    let commit = if build.event.as_deref() == Some("push") {
        let author = Person {
            provider,
            host: people,
            login: plain(&build.author_login),
            name: plain(&build.author_name),
            email: plain(&build.author_email),
            ..Person::default()
        };
        // Without a time, so that whoever tells it as the code host does outranks Drone.
        let (id, message) = (plain(&build.after), plain(&build.message));
        draft.commit(repository, &CommitFact { id, message, author, ..CommitFact::default() })?
    } else {
        draft.commit_by_id(repository, plain(&build.after))?
    };
    if let Some(commit) = &commit {
        draft.link(run, LinkKind::BuiltFrom, commit, "the build is of this commit");
        if let Some(change) = change(repository, build)? {
            draft.link(commit, LinkKind::PartOf, &change, "Drone built it as the head of this pull request");
        }
    }
    // A build that a timer set off has the sender `@cron`.
    if let Some(login) = plain(&build.sender).filter(|login| !login.starts_with('@')) {
        let sender = Person { provider, host: people, login: Some(login), ..Person::default() };
        draft.person(run, LinkKind::TriggeredBy, &sender, "Drone names who set off the build")?;
    }
    Ok(commit)
}

/// The pull request whose head the build is of.
fn change(repository: &Repository, build: &Build) -> Result<Option<Key>, KeyError> {
    let reference = plain(&build.reference).filter(|_| build.event.as_deref() == Some("pull_request"));
    reference.map_or(Ok(None), |reference| change_of_head(repository, reference))
}
