//! Source code: repositories, branches and changes.

use throughline_domain::fact::{Attribute, Field, NodeFact};
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::repository::Repository;

use super::draft::Draft;
use super::{NAME, keys};
use crate::provider::{Content, ParseError};

/// `repository.created`, `.modified`, `.deleted`.
pub(super) fn repository(mut draft: Draft<'_>) -> Result<Content, ParseError> {
    if !matches!(draft.predicate, "created" | "modified" | "deleted") {
        return Ok(draft.unread());
    }
    let (subject, predicate) = (&draft.event.subject, draft.predicate);
    let content = &subject.content;
    let repository = content
        .address()
        .or(content.view_url.as_deref())
        .and_then(Repository::from_address)
        .or_else(|| keys::repository(&subject.id, Some(draft.source())));
    let key = match &repository {
        Some(repository) => repository.key()?,
        None => draft.key(NodeKind::Repository)?,
    };
    let title = repository.as_ref().map_or(subject.id.as_str(), Repository::path);
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, title)
        .with(Attribute::Reference, title)
        .with(Attribute::State, predicate)
        .page(content.view_url.as_deref().or(content.address()));
    draft.state(fact);
    draft.happened(&key, predicate, None, format!("repository {title} {predicate}"));
    Ok(draft.done())
}

/// `branch.created`, `.deleted`.
pub(super) fn branch(mut draft: Draft<'_>) -> Result<Content, ParseError> {
    if !matches!(draft.predicate, "created" | "deleted") {
        return Ok(draft.unread());
    }
    let (subject, predicate) = (&draft.event.subject, draft.predicate);
    let name = subject.id.strip_prefix("refs/heads/").unwrap_or(&subject.id);
    let key = match draft.repository()? {
        Some(repository) => repository.branch(name)?,
        None => draft.key(NodeKind::Branch)?,
    };
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, name)
        .with(Attribute::Reference, name)
        .with(Attribute::State, predicate);
    draft.state(fact);
    draft.happened(&key, predicate, None, format!("branch {name} {predicate}"));
    draft.add_custom(&key)?;
    Ok(draft.done())
}

/// The one host that numbers tickets and changes together, of those that an event can be known to speak of.
const SHARED_NUMBERS: &str = "github.com";

/// `change.created`, `.updated`, `.reviewed`, `.merged`, `.abandoned`.
pub(super) fn change(mut draft: Draft<'_>) -> Result<Content, ParseError> {
    let (what, state, outcome) = match draft.predicate {
        "created" => ("opened", Some("open"), Some(Outcome::Running)),
        "updated" => ("updated", None, None),
        "reviewed" => ("reviewed", None, None),
        "merged" => ("merged", Some("merged"), Some(Outcome::Success)),
        "abandoned" => ("abandoned", Some("abandoned"), Some(Outcome::Abandoned)),
        _ => return Ok(draft.unread()),
    };
    let subject = &draft.event.subject;
    let repository = draft.repository()?;
    let key = change_key(&draft, repository.as_ref())?;
    let number: Option<u64> = key.parts().resource.parse().ok();
    let reference = match (&repository, number) {
        (Some(repository), Some(number)) => format!("{}#{number}", repository.path()),
        _ => subject.id.clone(),
    };
    let description = subject.content.description.as_deref().unwrap_or_default();
    let at = Some(draft.at());
    let ended = outcome.is_some_and(|outcome| outcome != Outcome::Running);
    let page = draft.custom.change.as_deref().or(Some(subject.id.as_str()));
    let mut fact = draft
        .fact(&key)
        .with(Attribute::Reference, reference.as_str())
        .with_some(Attribute::State, state)
        .with_some(Attribute::Outcome, outcome.map(Outcome::word))
        .moment(Attribute::OccurredAt, at.filter(|_| state.is_some()))
        .moment(Attribute::StartedAt, at.filter(|_| what == "opened"))
        .moment(Attribute::FinishedAt, at.filter(|_| ended))
        .page(page);
    if let (Some(repository), Some(number)) = (&repository, number) {
        fact = fact.named(Name::change_number(repository, number));
        if repository.host() == SHARED_NUMBERS {
            fact = fact.named(Name::number(repository, number));
        }
    }
    draft.state(fact);
    draft.happened(&key, what, None, format!("{reference} {what}"));
    state_texts(&mut draft, &key, description, repository.clone());
    if let Some(repository) = &repository {
        draft.link(&key, LinkKind::In, &repository.key()?, "the event names the repository");
    }
    draft.add_custom(&key)?;
    Ok(draft.done())
}

/// What the description says, where the event carries one. A change whose node another provider states has a title and a
/// text there, and what an event says in passing must not replace them: it holds only until they are known.
fn state_texts(draft: &mut Draft<'_>, key: &Key, description: &str, repository: Option<Repository>) {
    let is_own = key.parts().provider == NAME;
    let at = Some(draft.at()).filter(|_| is_own);
    let title = description.lines().next().unwrap_or_default().trim();
    if !title.is_empty() {
        draft.state(NodeFact::new(key.clone(), at).with(Attribute::Title, title));
    }
    draft.mention_as_of(at, key, Field::Body, description, repository);
}

/// The node of a change. One of github.com is the node that the GitHub provider makes, however the event names it.
fn change_key(draft: &Draft<'_>, repository: Option<&Repository>) -> Result<Key, ParseError> {
    let id = &draft.event.subject.id;
    let pages = [draft.custom.change.as_deref(), Some(id.as_str())];
    let paged = pages.into_iter().flatten().filter_map(keys::of_page).find(|key| key.kind() == NodeKind::Change);
    if let Some(key) = draft.custom.node(NodeKind::Change).or(paged) {
        return Ok(key);
    }
    match (repository, id.parse::<u64>()) {
        (Some(repository), Ok(number)) if repository.host() == SHARED_NUMBERS => {
            Ok(repository.resource("github", NodeKind::Change, &number.to_string())?)
        }
        _ => Ok(draft.key(NodeKind::Change)?),
    }
}
