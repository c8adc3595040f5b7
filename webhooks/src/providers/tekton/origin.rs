//! What set off a run, where Pipelines as Code did and notes it on the run.

use throughline_domain::key::{Key, KeyError};
use throughline_domain::link::LinkKind;
use throughline_domain::repository::Repository;

use super::payload::Metadata;
use crate::draft::{Draft, Person};

/// What Pipelines as Code notes on a run.
pub(super) struct Origin<'a> {
    pub(super) repository: Option<Repository>,
    pub(super) commit: Option<&'a str>,
    /// The first line of the commit's message.
    pub(super) subject: Option<&'a str>,
    pub(super) branch: Option<&'a str>,
    /// The run's page in the cluster's console.
    pub(super) page: Option<&'a str>,
    sender: Option<&'a str>,
    provider: Option<&'a str>,
}

impl<'a> Origin<'a> {
    pub(super) fn of(metadata: &'a Metadata) -> Self {
        let note = |name: &str| metadata.note(&format!("pipelinesascode.tekton.dev/{name}"));
        let branch = note("source-branch").or_else(|| note("branch"));
        Self {
            repository: note("repo-url").and_then(Repository::from_address),
            commit: note("sha"),
            subject: note("sha-title"),
            branch: branch.map(|name| name.strip_prefix("refs/heads/").unwrap_or(name)),
            page: note("log-url"),
            sender: note("sender"),
            provider: note("git-provider"),
        }
    }

    /// Links a run to its commit, its repository and the person; `None` where no commit is noted.
    pub(super) fn link(&self, draft: &mut Draft, key: &Key) -> Result<Option<Key>, KeyError> {
        let Some(repository) = &self.repository else { return Ok(None) };
        let place = draft.repository(repository, None, None)?;
        draft.link(key, LinkKind::In, &place, "Pipelines as Code notes that the run is for this repository");
        let commit = draft.commit_by_id(repository, self.commit)?;
        if let Some(commit) = &commit {
            draft.link(key, LinkKind::BuiltFrom, commit, "Pipelines as Code notes that the run is of this commit");
        }
        let provider = match self.provider {
            Some("github" | "github-enterprise") => Some("github"),
            Some("gitlab") => Some("gitlab"),
            _ => None,
        };
        if let (Some(provider), Some(login)) = (provider, self.sender) {
            let person = Person { provider, host: repository.host(), login: Some(login), ..Person::default() };
            draft.person(key, LinkKind::TriggeredBy, &person, "Pipelines as Code notes who set off the run")?;
        }
        Ok(commit)
    }
}
