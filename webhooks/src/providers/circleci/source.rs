//! What a pipeline was set off by: repository, commit, branch and person, in whichever of its forms CircleCI tells it.

use throughline_domain::fact::{Attribute, NodeFact};
use throughline_domain::key::{Key, KeyError};
use throughline_domain::link::LinkKind;
use throughline_domain::repository::Repository;
use throughline_domain::time::Timestamp;

use super::payload::{Pipeline, Push, Vcs};
use crate::draft::{CommitFact, Draft, Person};
use crate::members::filled;

/// What a pipeline builds, as far as it is told.
#[derive(Default)]
pub(super) struct Source<'a> {
    pub(super) commit: Option<&'a str>,
    pub(super) branch: Option<&'a str>,
    pub(super) subject: Option<&'a str>,
    repository: Option<Repository>,
    message: Option<String>,
    author: Person<'a>,
    committed_at: Option<Timestamp>,
    pusher: Person<'a>,
}

impl<'a> Source<'a> {
    /// The source of a pipeline; an empty one where nothing is told.
    pub(super) fn of(pipeline: Option<&'a Pipeline>) -> Self {
        let Some(pipeline) = pipeline else { return Self::default() };
        if let Some(vcs) = &pipeline.vcs {
            return Self::of_vcs(vcs);
        }
        let Some(parameters) = &pipeline.trigger_parameters else { return Self::default() };
        let host = parameters.gitlab.as_ref().map(|push| ("gitlab", push));
        let host = host.or_else(|| parameters.github_app.as_ref().map(|push| ("github", push)));
        let source = host.map(|(provider, push)| Self::of_push(provider, push)).unwrap_or_default();
        let Some(checkout) = &parameters.git else { return source };
        let repository = plain(&checkout.checkout_url).and_then(Repository::from_address).or(source.repository);
        Self {
            commit: plain(&checkout.checkout_sha).or(source.commit),
            branch: plain(&checkout.branch).or(source.branch),
            repository,
            ..source
        }
    }

    fn of_vcs(vcs: &'a Vcs) -> Self {
        let address = plain(&vcs.target_repository_url).or_else(|| plain(&vcs.origin_repository_url));
        let commit = vcs.commit.as_ref();
        let subject = commit.and_then(|commit| plain(&commit.subject));
        let body = commit.and_then(|commit| plain(&commit.body)).map(|body| format!("\n\n{body}")).unwrap_or_default();
        let author = commit.and_then(|commit| commit.author.as_ref());
        Self {
            commit: plain(&vcs.revision),
            branch: plain(&vcs.branch),
            subject,
            repository: address.and_then(Repository::from_address),
            message: subject.map(|subject| format!("{subject}{body}")),
            author: Person {
                name: author.and_then(|author| plain(&author.name)),
                email: author.and_then(|author| plain(&author.email)),
                ..Person::default()
            },
            committed_at: commit.and_then(|commit| commit.committed_at),
            pusher: Person::default(),
        }
    }

    fn of_push(provider: &'a str, push: &'a Push) -> Self {
        let address = plain(&push.repo_url).or_else(|| plain(&push.web_url));
        Self {
            commit: plain(&push.commit_sha),
            branch: plain(&push.branch),
            subject: plain(&push.commit_title),
            repository: address.and_then(Repository::from_address),
            message: plain(&push.commit_message).map(str::to_owned),
            author: Person {
                name: plain(&push.commit_author_name),
                email: plain(&push.commit_author_email),
                ..Person::default()
            },
            committed_at: push.commit_timestamp,
            pusher: Person {
                provider,
                login: plain(&push.user_username),
                name: plain(&push.user_name),
                ..Person::default()
            },
        }
    }

    /// States repository and commit, and gives the commit's node.
    ///
    /// The texts are stated without a time: CircleCI may cut them off, and whoever tells them whole outranks it.
    pub(super) fn state(&self, draft: &mut Draft, run: &Key) -> Result<Option<Key>, KeyError> {
        let Some(repository) = &self.repository else { return Ok(None) };
        let place = draft.repository(repository, None, None)?;
        draft.link(run, LinkKind::In, &place, "the workflow is of this repository");
        let told = CommitFact {
            id: self.commit,
            message: self.message.as_deref(),
            author: self.author,
            ..CommitFact::default()
        };
        let commit = draft.commit(repository, &told)?;
        if let (Some(commit), Some(at)) = (&commit, self.committed_at) {
            draft.state(NodeFact::new(commit.clone(), Some(at)).moment(Attribute::OccurredAt, Some(at)));
        }
        if self.pusher.login.is_some() {
            let pusher = Person { host: repository.host(), ..self.pusher };
            draft.person(run, LinkKind::TriggeredBy, &pusher, "made the push that set off the pipeline")?;
        }
        Ok(commit)
    }
}

fn plain(text: &Option<String>) -> Option<&str> {
    filled(text.as_deref())
}
