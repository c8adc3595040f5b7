//! Builds that Quay runs: the commit they are made from, and what they made.

use serde_json::Value;
use throughline_domain::fact::{Attribute, NodeFact};
use throughline_domain::key::{self, Key};
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::repository::Repository;

use super::payload::{CommitInfo, Notification, TriggerMetadata};
use super::push::MAX_TAGS;
use crate::draft::{CommitFact, Draft, Image, Person, object_id};
use crate::members::{filled, time};
use crate::provider::ParseError;

/// States a build with what it is made from and what it made.
///
/// # Errors
/// [`ParseError::TooMany`] for too many tags or digests, [`ParseError::Key`] where an id is too long.
pub(super) fn state(
    draft: &mut Draft,
    notification: &Notification,
    event: &str,
    repository: &str,
    host: &str,
) -> Result<(), ParseError> {
    let id = filled(notification.build_id.as_deref()).unwrap_or_default();
    let name = filled(notification.build_name.as_deref()).unwrap_or(id);
    let key = key::of_tool(NodeKind::Build, "quay", host, id)?;
    let source = notification.trigger_metadata.as_ref();
    let branch = source.and_then(|source| filled(source.reference.as_deref())?.strip_prefix("refs/heads/"));
    let commit = source.and_then(|source| object_id(filled(source.commit.as_deref())));
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, format!("Build {name} of {repository}"))
        .with(Attribute::Reference, format!("{repository} build {name}"))
        .with_some(Attribute::Package, filled(notification.docker_url.as_deref()))
        .with_some(Attribute::Branch, branch)
        .with_some(Attribute::Commit, commit)
        .with_some(Attribute::Description, filled(notification.error_message.as_deref()))
        .page(filled(notification.homepage.as_deref()));
    // A cancelled build looks like a started one, so "started" is no statement that it runs.
    let (state, outcome) = match event {
        "build_queued" => (Some("queued"), Some(Outcome::Pending)),
        "build_success" => (Some("success"), Some(Outcome::Success)),
        "build_failure" => (Some("failure"), Some(Outcome::Failure)),
        _ => (None, None),
    };
    draft.state_with_outcome(fact, state, outcome);
    if let Some(source) = source {
        state_source(draft, notification, source, &key)?;
    }
    let person =
        Person { provider: "quay", host, login: filled(notification.manual_user.as_deref()), ..Person::default() };
    draft.person(&key, LinkKind::TriggeredBy, &person, "Quay names who asked for the build")?;
    state_artifacts(draft, notification, &key)
}

fn state_source(
    draft: &mut Draft,
    notification: &Notification,
    source: &TriggerMetadata,
    build: &Key,
) -> Result<(), ParseError> {
    let Some(repository) = filled(source.git_url.as_deref()).and_then(Repository::from_address) else { return Ok(()) };
    let commit = match &source.commit_info {
        Some(info) => {
            let provider = filled(notification.trigger_kind.as_deref()).unwrap_or_default().to_lowercase();
            draft.commit(&repository, &commit(filled(source.commit.as_deref()), info, &provider, &repository))?
        }
        None => draft.commit_by_id(&repository, filled(source.commit.as_deref()))?,
    };
    if let Some(commit) = commit {
        draft.link(build, LinkKind::BuiltFrom, &commit, "the trigger names this repository and commit");
    }
    Ok(())
}

fn commit<'a>(
    id: Option<&'a str>,
    info: &'a CommitInfo,
    provider: &'a str,
    repository: &'a Repository,
) -> CommitFact<'a> {
    let author = info.author.as_ref();
    // Only where the trigger is a code host's own does the login belong to that host.
    let is_host = matches!(provider, "github" | "gitlab" | "bitbucket");
    CommitFact {
        id,
        message: filled(info.message.as_deref()),
        at: time(info.date.as_ref().and_then(Value::as_str)),
        page: filled(info.url.as_deref()),
        author: Person {
            provider,
            host: repository.host(),
            login: author.and_then(|author| filled(author.username.as_deref())).filter(|_| is_host),
            page: author.and_then(|author| filled(author.url.as_deref())),
            ..Person::default()
        },
        ..CommitFact::default()
    }
}

/// Of several digests each is one platform's image; which of them a tag points at is not said.
fn state_artifacts(draft: &mut Draft, notification: &Notification, build: &Key) -> Result<(), ParseError> {
    let digests = notification.manifest_digests.as_deref().unwrap_or_default();
    let tags = notification.docker_tags.as_deref().unwrap_or_default();
    if let Some(count) = [digests.len(), tags.len()].into_iter().find(|count| *count > MAX_TAGS) {
        return Err(ParseError::TooMany { what: "digests or tags of a build", count, limit: MAX_TAGS });
    }
    let tags = if digests.len() == 1 { tags } else { &[] };
    for reference in digests {
        let Some((package, digest)) = reference.split_once('@') else { continue };
        let version = tags.first().map(String::as_str).filter(|tag| !tag.is_empty());
        let image = Image { digest: Some(digest), package: Some(package), version, page: None };
        let Some(artifact) = draft.artifact(&image) else { continue };
        for tag in tags.iter().skip(1).filter(|tag| !tag.is_empty()) {
            let name = Name::image(&format!("{package}:{tag}"));
            draft.state(NodeFact::new(artifact.clone(), None).named(name));
        }
        draft.link(&artifact, LinkKind::ProducedBy, build, "the build lists this digest among what it made");
    }
    Ok(())
}
