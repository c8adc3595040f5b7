//! `status` and `page_build`: what other services report of a commit, and how GitHub Pages were made from one.

use serde::Deserialize;
use throughline_domain::fact::{Attribute, Facts, NodeFact};
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::time::Timestamp;

use super::delivery::Delivery;
use super::draft::Draft;
use super::payload::{Author, Commit, Repository, User};
use super::people::{by, login};
use crate::draft::{object_id, short};
use crate::members::moment_or_seconds;
use crate::stop::Stop;

/// A `status` event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct StatusEvent {
    sha: Option<String>,
    context: Option<String>,
    description: Option<String>,
    state: Option<String>,
    target_url: Option<String>,
    commit: Option<StatusCommit>,
    repository: Option<Repository>,
    #[serde(deserialize_with = "moment_or_seconds")]
    created_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    updated_at: Option<Timestamp>,
}

/// A commit as GitHub's interface tells it: what git knows lies one level deeper than what GitHub knows.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct StatusCommit {
    html_url: Option<String>,
    author: Option<User>,
    commit: Option<GitCommit>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct GitCommit {
    message: Option<String>,
    author: Option<Author>,
    committer: Option<Committer>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Committer {
    #[serde(deserialize_with = "moment_or_seconds")]
    date: Option<Timestamp>,
}

/// A `page_build` event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PageBuildEvent {
    id: Option<u64>,
    build: Option<PageBuild>,
    repository: Option<Repository>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PageBuild {
    status: Option<String>,
    commit: Option<String>,
    pusher: Option<User>,
    #[serde(deserialize_with = "moment_or_seconds")]
    created_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment_or_seconds")]
    updated_at: Option<Timestamp>,
}

/// Reads a commit's status, which is a test run; each further one of the same context is about the same test run.
pub(super) fn facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: StatusEvent = delivery.read("a GitHub status event")?;
    let sha = object_id(event.sha.as_deref()).ok_or_else(|| Stop::nothing("the status is of no full commit id"))?;
    let context = event.context.as_deref().filter(|context| !context.is_empty()).unwrap_or("default");
    let mut draft = Draft::open(delivery, event.repository.as_ref(), event.updated_at.or(event.created_at))?;
    let key = draft.key(NodeKind::TestRun, format!("status/{}/{context}", sha.to_ascii_lowercase()))?;
    let outcome = outcome(event.state.as_deref());
    let fact = status(draft.fact(&key), &event, context, sha, outcome);
    draft.place_with_outcome(fact, event.state.as_deref(), outcome)?;
    if let Some(known) = &event.commit {
        draft.commit(&commit(known, sha))?;
    }
    if let Some(commit) = draft.commit_by_id(Some(sha))? {
        draft.link(&key, LinkKind::Verifies, &commit, "the status is of this commit");
    }
    let state = event.state.as_deref().unwrap_or_default();
    match outcome {
        Some(Outcome::Pending) => draft.event(&key, None, "queued", None, "Status queued"),
        Some(Outcome::Running | Outcome::Success | Outcome::Failure | Outcome::Abandoned) => {
            draft.event(&key, None, "completed", None, format!("Status completed: {state}"));
        }
        None => {}
    }
    draft.finish()
}

fn outcome(state: Option<&str>) -> Option<Outcome> {
    match state? {
        "success" => Some(Outcome::Success),
        "failure" | "error" => Some(Outcome::Failure),
        "pending" => Some(Outcome::Pending),
        _ => None,
    }
}

fn status(fact: NodeFact, event: &StatusEvent, context: &str, sha: &str, outcome: Option<Outcome>) -> NodeFact {
    let is_ended = matches!(outcome, Some(Outcome::Success | Outcome::Failure));
    // The page is that of another service's build, hence an address but no name of the status.
    let page = event.target_url.as_deref().filter(|page| Name::url(page).is_some());
    fact.with(Attribute::Title, context)
        .with(Attribute::Reference, format!("{context} on {}", short(sha)))
        .with_some(Attribute::Url, page)
        .moment(Attribute::OccurredAt, event.created_at)
        .moment(Attribute::FinishedAt, event.updated_at.or(event.created_at).filter(|_| is_ended))
        .with_some(Attribute::Result, event.description.as_deref())
        .with(Attribute::Commit, sha)
}

fn commit(known: &StatusCommit, sha: &str) -> Commit {
    let git = known.commit.as_ref();
    let author = git.and_then(|git| git.author.clone()).unwrap_or_default();
    Commit {
        id: Some(sha.to_owned()),
        message: git.and_then(|git| git.message.clone()),
        timestamp: git.and_then(|git| git.committer.as_ref()?.date),
        url: known.html_url.clone(),
        author: Some(Author { username: login(known.author.as_ref()).map(str::to_owned), ..author }),
        ..Commit::default()
    }
}

/// Reads how the pages of a repository were made.
pub(super) fn page_build_facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: PageBuildEvent = delivery.read("a GitHub page_build event")?;
    let build = event.build.as_ref().ok_or_else(|| Stop::nothing("the body holds no build"))?;
    let id = event.id.ok_or_else(|| Stop::nothing("the build has no id"))?;
    let mut draft = Draft::open(delivery, event.repository.as_ref(), build.updated_at.or(build.created_at))?;
    let key = draft.key(NodeKind::Build, format!("page-build/{id}"))?;
    let outcome = match build.status.as_deref().unwrap_or_default() {
        "built" => Some(Outcome::Success),
        "errored" => Some(Outcome::Failure),
        "building" => Some(Outcome::Running),
        "queued" => Some(Outcome::Pending),
        _ => None,
    };
    let is_ended = matches!(outcome, Some(Outcome::Success | Outcome::Failure));
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, "GitHub Pages")
        .with(Attribute::Reference, format!("GitHub Pages build {id}"))
        .moment(Attribute::OccurredAt, build.created_at)
        .moment(Attribute::StartedAt, build.created_at)
        .moment(Attribute::FinishedAt, build.updated_at.filter(|_| is_ended))
        .with_some(Attribute::Commit, object_id(build.commit.as_deref()));
    draft.place_with_outcome(fact, build.status.as_deref(), outcome)?;
    if let Some(commit) = draft.commit_by_id(build.commit.as_deref())? {
        draft.link(&key, LinkKind::BuiltFrom, &commit, "the pages were built from this commit");
    }
    draft.person(&key, LinkKind::TriggeredBy, build.pusher.as_ref(), "pushed what was built")?;
    if is_ended {
        let state = build.status.as_deref().unwrap_or_default();
        let summary = by(&format!("Pages built: {state}"), build.pusher.as_ref());
        draft.event(&key, None, "completed", build.pusher.as_ref(), summary);
    }
    draft.finish()
}
