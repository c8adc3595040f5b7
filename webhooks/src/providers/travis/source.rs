//! What a build is of: its repository, its commit, and of a pull request the head.

use throughline_domain::fact::{Attribute, NodeFact};
use throughline_domain::key::{Key, KeyError};
use throughline_domain::link::LinkKind;
use throughline_domain::node::NodeKind;
use throughline_domain::repository::Repository;
use url::Url;

use super::payload::Build;
use crate::draft::{CommitFact, Draft, Person};

/// The host whose pull requests are known to be those of the provider `github`.
const GITHUB: &str = "github.com";

/// The repository of a build: by its address, or else by owner and name on the host of the address of the comparison.
pub(super) fn repository(build: &Build) -> Option<Repository> {
    let told = build.repository.as_ref()?;
    if let Some(repository) = told.url.as_deref().and_then(Repository::from_address) {
        return Some(repository);
    }
    let path = format!("{}/{}", told.owner_name.as_deref()?, told.name.as_deref()?);
    let page = Url::parse(build.compare_url.as_deref()?).ok()?;
    let rest = page.path().trim_start_matches('/').to_lowercase();
    let is_within = rest.strip_prefix(&path.to_lowercase()).is_some_and(|rest| rest.starts_with('/'));
    if is_within { Repository::new(page.host_str()?, &path) } else { None }
}

/// Links a build to its repository and its commits, and gives the commit that was built.
pub(super) fn link(draft: &mut Draft, run: &Key, build: &Build) -> Result<Option<Key>, KeyError> {
    let Some(repository) = repository(build) else { return Ok(None) };
    let place = draft.repository(&repository, None, None)?;
    draft.link(run, LinkKind::In, &place, "Travis CI builds this repository");
    let is_pull_request = build.kind.as_deref() == Some("pull_request");
    let commit = if is_pull_request {
        // The message is that of the merge, which Travis CI or the code host made for this build alone.
        draft.commit_by_id(&repository, build.commit.as_deref())?
    } else {
        state_commit(draft, &repository, build)?
    };
    if let Some(commit) = &commit {
        draft.link(run, LinkKind::BuiltFrom, commit, "the build is of this commit");
    }
    if is_pull_request {
        link_head(draft, run, &repository, build)?;
    }
    Ok(commit)
}

/// The texts are stated without a time, so that whoever tells them as the code host does outranks Travis CI.
fn state_commit(draft: &mut Draft, repository: &Repository, build: &Build) -> Result<Option<Key>, KeyError> {
    let author =
        Person { name: build.author_name.as_deref(), email: build.author_email.as_deref(), ..Person::default() };
    let (id, message) = (build.commit.as_deref(), build.message.as_deref());
    let commit = draft.commit(repository, &CommitFact { id, message, author, ..CommitFact::default() })?;
    if let (Some(commit), Some(at)) = (&commit, build.committed_at) {
        draft.state(NodeFact::new(commit.clone(), Some(at)).moment(Attribute::OccurredAt, Some(at)));
    }
    Ok(commit)
}

fn link_head(draft: &mut Draft, run: &Key, repository: &Repository, build: &Build) -> Result<(), KeyError> {
    let Some(head) = draft.commit_by_id(repository, build.head_commit.as_deref())? else { return Ok(()) };
    draft.link(run, LinkKind::BuiltFrom, &head, "the build is of the merge of this head into the base");
    if let Some(number) = build.pull_request_number.filter(|_| repository.host() == GITHUB) {
        let change = repository.resource("github", NodeKind::Change, &number.to_string())?;
        draft.link(&head, LinkKind::PartOf, &change, "Travis CI names it as the head of this pull request");
    }
    Ok(())
}
