//! What follows from a fact without being said in it: the short form, the time from which it counts, names.

use throughline_domain::fact::{Attribute, NodeFact};
use throughline_domain::key::Key;
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::time::Timestamp;

use super::Author;
use super::payload::Fact;
use crate::draft::short;

/// The code hosts where changes and tickets share the numbers of a repository.
const SHARED_NUMBERS: &[&str] = &["bitbucket-server", "forgejo", "gitea", "github", "gogs"];

/// The short form by which people refer to the node.
pub(super) fn reference(key: &Key, fact: &Fact) -> Option<String> {
    if key.kind() == NodeKind::Commit {
        return Some(short(&key.parts().resource).to_owned());
    }
    let id = fact.subject.id.as_deref()?;
    let mark = if fact.subject.provider.as_deref() == Some("gitlab") { '!' } else { '#' };
    Some(match fact.subject.repository.as_ref().filter(|_| key.kind() == NodeKind::Change) {
        Some(repository) => format!("{}{mark}{id}", repository.path()),
        None => id.to_owned(),
    })
}

/// When a thing that happens counts from, if nobody says so: trouble from its start, work from its end.
///
/// A mapping gives the time of a tool's message. The message that trouble is over is no start of it, and a deployment
/// counts from its success.
pub(super) fn occurred_at(node: &NodeFact, at: Option<Timestamp>, author: &Author) -> Option<String> {
    let started = value(node, Attribute::StartedAt);
    let finished = value(node, Attribute::FinishedAt);
    let outcome = value(node, Attribute::Outcome).and_then(Outcome::from_word).filter(|_| author.is_mapping());
    let (said, at) = match node.key.kind() {
        NodeKind::Alert | NodeKind::Incident => {
            let is_over = matches!(outcome, Some(Outcome::Success | Outcome::Failure | Outcome::Abandoned));
            (started, at.filter(|_| !is_over))
        }
        NodeKind::Deployment if outcome.is_some_and(|outcome| outcome != Outcome::Success) => return None,
        NodeKind::PipelineRun
        | NodeKind::Job
        | NodeKind::Build
        | NodeKind::TestRun
        | NodeKind::Scan
        | NodeKind::Release
        | NodeKind::Deployment
        | NodeKind::ConfigChange => (finished.or(started), at),
        NodeKind::Ticket
        | NodeKind::Document
        | NodeKind::Change
        | NodeKind::Commit
        | NodeKind::Tag
        | NodeKind::Branch
        | NodeKind::Artifact
        | NodeKind::Environment
        | NodeKind::Service
        | NodeKind::AlertRule
        | NodeKind::Dashboard
        | NodeKind::Person
        | NodeKind::Team
        | NodeKind::Repository
        | NodeKind::Component => return None,
    };
    said.map(str::to_owned).or_else(|| at.map(|at| at.to_string()))
}

/// What people call the node: its id where it counts everywhere, and whatever else the sender knows.
pub(super) fn names(key: &Key, fact: &Fact, node: &NodeFact) -> Vec<Name> {
    let id = fact.subject.id.as_deref();
    let own = match key.kind() {
        NodeKind::Commit => vec![Name::commit(&key.parts().resource)],
        NodeKind::Artifact => vec![Name::digest(&key.parts().resource)],
        NodeKind::Change | NodeKind::Ticket => numbers(key.kind(), fact),
        NodeKind::Document
        | NodeKind::Environment
        | NodeKind::Service
        | NodeKind::ConfigChange
        | NodeKind::AlertRule
        | NodeKind::Dashboard
        | NodeKind::Alert
        | NodeKind::Incident
        | NodeKind::Person
        | NodeKind::Team
        | NodeKind::Component => id.map(Name::plain).into_iter().collect(),
        NodeKind::Tag
        | NodeKind::Branch
        | NodeKind::PipelineRun
        | NodeKind::Job
        | NodeKind::Build
        | NodeKind::TestRun
        | NodeKind::Scan
        | NodeKind::Release
        | NodeKind::Deployment
        | NodeKind::Repository => Vec::new(),
    };
    let image = match (value(node, Attribute::Package), value(node, Attribute::Version)) {
        (Some(package), Some(version)) if key.kind() == NodeKind::Artifact => {
            Some(Name::image(&format!("{package}:{version}")))
        }
        _ => None,
    };
    let others = fact.names.iter().map(|name| Name::plain(name));
    own.into_iter().chain(image).chain(others).collect()
}

/// The names of a change or ticket by its number in a repository, or of a ticket by its key.
fn numbers(kind: NodeKind, fact: &Fact) -> Vec<Name> {
    let Some(id) = fact.subject.id.as_deref() else { return Vec::new() };
    let number = id.parse::<u64>().ok();
    let shared = fact.subject.provider.as_deref().is_some_and(|provider| SHARED_NUMBERS.contains(&provider));
    match (number, fact.subject.repository.as_ref()) {
        (Some(number), Some(repository)) if kind == NodeKind::Change => {
            let shared = shared.then(|| Name::number(repository, number));
            [Name::change_number(repository, number)].into_iter().chain(shared).collect()
        }
        (Some(number), Some(repository)) => vec![Name::number(repository, number)],
        // A bare number is the number of many things.
        (Some(_), None) => Vec::new(),
        (None, _) if kind == NodeKind::Ticket => vec![Name::ticket(id)],
        (None, _) => Vec::new(),
    }
}

/// What a ticket shows to exist: `PAY-12` the project `PAY`, a plain number the tracker on its host.
pub(super) fn tracker(key: &Key) -> Option<Name> {
    if key.kind() != NodeKind::Ticket {
        return None;
    }
    let parts = key.parts();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let stands_alone = parts.namespace.is_empty() && parts.groups.is_empty() && !parts.provider_id.is_empty();
    if is_number(&parts.resource) {
        return stands_alone.then(|| Name::tracker(&parts.provider_id));
    }
    let (project, number) = parts.resource.rsplit_once('-')?;
    let starts = project.starts_with(|first: char| first.is_ascii_alphabetic());
    let named = starts && project.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (named && is_number(number)).then(|| Name::ticket_project(project))
}

/// The value of an attribute, if there is one.
pub(super) fn value(node: &NodeFact, attribute: Attribute) -> Option<&str> {
    node.attributes.iter().find(|(known, _)| *known == attribute).map(|(_, value)| value.as_str())
}
