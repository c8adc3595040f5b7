//! Source changes: the commit in its repository, and the change that brought it.

use serde_json::Value;
use throughline_domain::fact::{Attribute, Field};
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::repository::Repository;

use super::Unread;
use super::flow::{Flow, by_id};
use super::payload::{Agent, Event, Revision};
use crate::draft::{CommitFact, object_id, short};
use crate::provider::ParseError;

/// A revision that an event names.
#[derive(Debug)]
pub(super) struct Named<'a> {
    /// The node of the commit.
    pub(super) key: Key,
    repository: Repository,
    system: System,
    id: String,
    branch: Option<&'a str>,
}

/// The version control system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum System {
    Git,
    Mercurial,
    Subversion,
}

/// The revision that a source change names, in a repository whose address is known.
pub(super) fn revision(event: &Event) -> Option<Named<'_>> {
    let data = &event.data;
    let named = [
        (System::Git, data.git_identifier.as_ref()),
        (System::Mercurial, data.hg_identifier.as_ref()),
        (System::Subversion, data.svn_identifier.as_ref()),
    ];
    named.into_iter().find_map(|(system, revision)| of_system(system, revision?))
}

/// A change was made, on a branch or under review.
pub(super) fn created(flow: &mut Flow<'_>, event: &Event) -> Result<Unread, ParseError> {
    let key = by_id(NodeKind::Change, event.id()?)?;
    let revision = revision(event);
    let summary = event.data.change.as_ref();
    let id = summary.and_then(|change| change.id.as_deref()).filter(|id| !id.is_empty());
    let tracker = summary.and_then(|change| change.tracker.as_deref());
    let reference = id.or(revision.as_ref().map(|revision| short(&revision.id))).unwrap_or("change");
    let title = match (tracker, id) {
        (Some(tracker), Some(id)) => format!("{tracker} {id}"),
        (_, _) => format!("Source change {reference}"),
    };
    let fact = flow
        .draft
        .fact(&key)
        .with(Attribute::Title, title.as_str())
        .with(Attribute::Reference, reference)
        .with(Attribute::State, "created")
        .outcome(Outcome::Running)
        .with_some(Attribute::Branch, revision.as_ref().and_then(|revision| revision.branch))
        .with_some(Attribute::Commit, revision.as_ref().map(|revision| revision.id.as_str()))
        .moment(Attribute::OccurredAt, event.at())
        .moment(Attribute::StartedAt, event.at());
    flow.draft.state(fact);
    flow.draft.event(&key, None, "created", None, &format!("{title} created"));
    if let Some(author) = &event.data.author {
        flow.draft.person(&key, LinkKind::AuthoredBy, &author.person(), "the event names the author of the change")?;
    }
    let details = summary.and_then(|change| change.details.as_deref());
    if let Some(revision) = &revision {
        state(flow, revision, details, event.data.author.as_ref())?;
        flow.draft.place(&key, &revision.repository)?;
        flow.draft.link(&revision.key, LinkKind::PartOf, &key, "the event names the commit of the change");
    }
    // The page of a review is the node of the tool that holds it; the rules find it by its address.
    flow.draft.mention(&key, Field::Body, details, revision.as_ref().map(|revision| &revision.repository));
    add_issues(flow, event, &key)?;
    Ok(None)
}

/// A change has come to a shared branch.
pub(super) fn submitted(flow: &mut Flow<'_>, event: &Event) -> Result<Unread, ParseError> {
    let Some(revision) = revision(event) else {
        return Ok(Some("the event names no commit of a repository of Git, Mercurial or Subversion".to_owned()));
    };
    state(flow, &revision, None, None)?;
    let submitter = event.data.submitter.as_ref().map(Agent::person);
    let actor = submitter.as_ref().and_then(|person| person.called());
    let branch = revision.branch.map(|branch| format!(" to {branch}")).unwrap_or_default();
    flow.draft.event(&revision.key, None, "submitted", actor, &format!("{} submitted{branch}", short(&revision.id)));
    if let Some(id) = event.target("CHANGE") {
        let change = by_id(NodeKind::Change, id)?;
        let fact = flow
            .draft
            .fact(&change)
            .with(Attribute::State, "submitted")
            .outcome(Outcome::Success)
            .moment(Attribute::OccurredAt, event.at())
            .moment(Attribute::FinishedAt, event.at());
        flow.draft.state(fact);
        flow.draft.link(&revision.key, LinkKind::PartOf, &change, "the event names the change that was submitted");
    }
    Ok(None)
}

fn of_system(system: System, revision: &Revision) -> Option<Named<'_>> {
    let repository = Repository::from_address(revision.repo_uri.as_deref()?)?;
    let id = match system {
        System::Git => object_id(revision.commit_id.as_deref())?.to_ascii_lowercase(),
        System::Mercurial => revision.commit_id.clone().filter(|id| !id.is_empty())?,
        System::Subversion => match revision.revision.as_ref()? {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.clone(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
        },
    };
    let key = match system {
        System::Git => repository.commit(&id).ok()?,
        System::Mercurial => repository.resource("hg", NodeKind::Commit, &id).ok()?,
        System::Subversion => repository.resource("svn", NodeKind::Commit, &id).ok()?,
    };
    let branch = revision.branch.as_deref().or(revision.directory.as_deref()).filter(|branch| !branch.is_empty());
    Some(Named { key, repository, system, id, branch })
}

/// States the commit, and the repository that it lies in.
fn state(
    flow: &mut Flow<'_>,
    revision: &Named<'_>,
    details: Option<&str>,
    author: Option<&Agent>,
) -> Result<(), ParseError> {
    flow.draft.repository(&revision.repository, None, None)?;
    let author = author.map(Agent::person).unwrap_or_default();
    if revision.system == System::Git {
        // An address that holds the commit's id is the commit's page; any other is that of a review.
        let page = details.filter(|details| details.contains(&revision.id));
        let commit = CommitFact {
            id: Some(revision.id.as_str()),
            message: None,
            at: None,
            page,
            author,
            ..CommitFact::default()
        };
        flow.draft.commit(&revision.repository, &commit)?;
        return Ok(());
    }
    let reference = if revision.system == System::Subversion {
        format!("r{}", revision.id)
    } else {
        short(&revision.id).to_owned()
    };
    let fact = flow
        .draft
        .fact(&revision.key)
        .with(Attribute::Title, format!("{reference} of {}", revision.repository.path()))
        .with(Attribute::Reference, reference)
        .with_some(Attribute::Branch, revision.branch);
    flow.draft.state_once(fact);
    flow.draft.place(&revision.key, &revision.repository)?;
    flow.draft.person(&revision.key, LinkKind::AuthoredBy, &author, "the event names the author of the change")?;
    Ok(())
}

fn add_issues(flow: &mut Flow<'_>, event: &Event, change: &Key) -> Result<(), ParseError> {
    let links = [
        ("RESOLVED_ISSUE", LinkKind::Resolves, "the event claims that the change resolves the issue"),
        (
            "PARTIALLY_RESOLVED_ISSUE",
            LinkKind::RelatesTo,
            "the event claims that the change resolves a part of the issue",
        ),
    ];
    for (link, kind, reason) in links {
        for issue in flow.targets(event, link)? {
            flow.draft.link(change, kind, &issue, reason);
        }
    }
    Ok(())
}
