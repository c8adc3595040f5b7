//! `repo:commit_status_…`: pipelines of Bitbucket's own, and builds that other tools report.

use throughline_domain::fact::Attribute;
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::repository::Repository;
use url::Url;

use crate::code_host::nothing;
use crate::draft::object_id;
use crate::members::filled;
use crate::provider::{Content, ParseError};

use super::HOST;
use super::payload::CommitStatus;
use super::reading::Reading;

/// Reads what a tool says of a commit.
pub(super) fn read(mut reading: Reading<'_>) -> Result<Content, ParseError> {
    let Some(status) = &reading.body.commit_status else { return nothing("the body holds no commit status") };
    let Some(sha) = commit_id(status) else { return nothing("the status names no commit by its full hash") };
    reading.draft.at = status.updated_on.or(status.created_on);
    let Some(key) = key(&reading, status, sha)? else { return nothing("the status has neither a key nor a pipeline") };
    let outcome = status.state.as_deref().and_then(outcome);
    let is_ended = matches!(outcome, Some(Outcome::Success | Outcome::Failure | Outcome::Abandoned));
    let title = filled(status.name.as_deref()).or(filled(status.key.as_deref())).unwrap_or("build");
    let fact = reading
        .draft
        .fact(&key)
        .with(Attribute::Title, title)
        .with(Attribute::Reference, title)
        .moment(Attribute::OccurredAt, status.created_on)
        .moment(Attribute::StartedAt, status.created_on)
        .moment(Attribute::FinishedAt, status.updated_on.filter(|_| is_ended))
        .with_some(Attribute::Branch, filled(status.refname.as_deref()))
        .with(Attribute::Commit, sha)
        .with_some(Attribute::Result, filled(status.description.as_deref()));
    let fact = match filled(status.url.as_deref()).filter(|url| Name::url(url).is_some()) {
        Some(url) if key.kind() == NodeKind::PipelineRun => fact.page(Some(url)),
        // The page belongs to the other tool, whose own build goes by that address.
        Some(url) => fact.with(Attribute::Url, url),
        None => fact,
    };
    reading.draft.state_with_outcome(fact, status.state.as_deref(), outcome);
    reading.draft.place(&key, &reading.repository)?;
    let commit = match &status.commit {
        Some(commit) if object_id(commit.hash.as_deref()).is_some() => reading.commit(commit)?,
        _ => reading.draft.commit_by_id(&reading.repository, Some(sha))?,
    };
    if let Some(commit) = commit {
        reading.draft.link(&key, LinkKind::BuiltFrom, &commit, "the status is of this commit");
    }
    happened(&mut reading, &key, status, title);
    reading.finish()
}

fn happened(reading: &mut Reading<'_>, key: &Key, status: &CommitStatus, title: &str) {
    let state = status.state.as_deref();
    let (what, at, state) = match state.and_then(outcome) {
        Some(Outcome::Success | Outcome::Failure | Outcome::Abandoned) => ("completed", status.updated_on, state),
        Some(Outcome::Running) => ("started", status.created_on, None),
        Some(Outcome::Pending) | None => return,
    };
    let state = state.map(|state| format!(": {state}")).unwrap_or_default();
    reading.draft.event(key, at, what, None, &format!("{title} {what}{state}"));
}

/// A pipeline of Bitbucket's by its number, a build of another tool's by the commit and the key that it gave itself.
fn key(reading: &Reading<'_>, status: &CommitStatus, sha: &str) -> Result<Option<Key>, ParseError> {
    if let Some(number) = status.url.as_deref().and_then(|url| pipeline(url, &reading.repository)) {
        return Ok(Some(reading.key(NodeKind::PipelineRun, number)?));
    }
    let Some(key) = filled(status.key.as_deref()) else { return Ok(None) };
    Ok(Some(reading.key(NodeKind::Build, format!("{}/{key}", sha.to_ascii_lowercase()))?))
}

/// The number in `…/pipelines/results/58` or `…/addon/pipelines/home#!/results/58`, of this repository.
fn pipeline(url: &str, repository: &Repository) -> Option<u64> {
    let url = Url::parse(url).ok()?;
    if url.host_str() != Some(HOST) {
        return None;
    }
    let rest = url.path().to_lowercase();
    let rest = rest.trim_start_matches('/').strip_prefix(repository.path())?.strip_prefix('/')?;
    let number = match rest.strip_prefix("pipelines/results/") {
        Some(number) => number.trim_end_matches('/').to_owned(),
        None if rest.starts_with("addon/pipelines/") => url.fragment()?.rsplit("/results/").next()?.to_owned(),
        None => return None,
    };
    number.parse().ok()
}

fn commit_id(status: &CommitStatus) -> Option<&str> {
    let told = status.commit.as_ref().and_then(|commit| commit.hash.as_deref());
    let link = status.links.as_ref().and_then(|links| links.commit.as_ref()).and_then(|link| link.href.as_deref());
    object_id(told).or(object_id(link.and_then(|link| link.rsplit('/').next())))
}

fn outcome(state: &str) -> Option<Outcome> {
    match state {
        "INPROGRESS" => Some(Outcome::Running),
        "SUCCESSFUL" => Some(Outcome::Success),
        "FAILED" => Some(Outcome::Failure),
        "STOPPED" => Some(Outcome::Abandoned),
        _ => None,
    }
}
