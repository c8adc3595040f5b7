//! What a pipeline is of: its repository, its commit, the pull request whose head that is, and who set it off.

use throughline_domain::key::{Key, KeyError};
use throughline_domain::link::LinkKind;
use throughline_domain::repository::Repository;

use super::payload::{Pipeline, plain};
use crate::draft::{CommitFact, Draft, Person};
use crate::pipeline::{change_of_head, people};

/// Links a run to repository, commit and person, and gives the commit's node. `host` is Woodpecker's.
pub(super) fn link(
    draft: &mut Draft,
    run: &Key,
    host: &str,
    repository: &Repository,
    pipeline: &Pipeline,
) -> Result<Option<Key>, KeyError> {
    let place = draft.repository(repository, None, None)?;
    draft.link(run, LinkKind::In, &place, "Woodpecker builds this repository");
    let id = plain(&pipeline.commit);
    // Of a pull request the message may be its own. Without a time, so that what the code host tells outranks it.
    let commit = if pipeline.event.as_deref() == Some("push") {
        let author = Person { email: plain(&pipeline.author_email), ..Person::default() };
        let message = plain(&pipeline.message);
        draft.commit(repository, &CommitFact { id, message, author, ..CommitFact::default() })?
    } else {
        draft.commit_by_id(repository, id)?
    };
    if let Some(commit) = &commit {
        draft.link(run, LinkKind::BuiltFrom, commit, "the pipeline is of this commit");
        if let Some(change) = change(repository, pipeline)? {
            draft.link(commit, LinkKind::PartOf, &change, "Woodpecker built it as the head of this pull request");
        }
    }
    let (provider, people) = people(repository, "woodpecker", host);
    let is_manned = !matches!(pipeline.event.as_deref(), Some("cron"));
    if let Some(login) = plain(&pipeline.sender).or_else(|| plain(&pipeline.author)).filter(|_| is_manned) {
        let person = Person { provider, host: people, login: Some(login), ..Person::default() };
        draft.person(run, LinkKind::TriggeredBy, &person, "Woodpecker names who set off the pipeline")?;
    }
    Ok(commit)
}

/// The pull request whose head the run is of.
fn change(repository: &Repository, pipeline: &Pipeline) -> Result<Option<Key>, KeyError> {
    let reference = plain(&pipeline.reference).filter(|_| pipeline.event.as_deref() == Some("pull_request"));
    reference.map_or(Ok(None), |reference| change_of_head(repository, reference))
}
