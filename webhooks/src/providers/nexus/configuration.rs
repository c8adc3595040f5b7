//! Changes of Nexus's own configuration: its repositories, users, roles and tasks.

use throughline_domain::fact::{Attribute, NodeFact};
use throughline_domain::key::{self, Key, KeyError};
use throughline_domain::node::{NodeKind, Outcome};

use super::content::{action, initiator, state_initiator};
use super::payload::{Audit, Notification, Repository};
use crate::draft::{Draft, by};
use crate::members::filled;

/// What the audit log repeats of events that are told by themselves.
const CONTENT_DOMAINS: &[&str] = &["repository.component", "repository.asset"];

/// Whether an entry of the audit log repeats what another event tells.
pub(super) fn is_of_content(audit: &Audit) -> bool {
    filled(audit.domain.as_deref()).is_some_and(|domain| CONTENT_DOMAINS.contains(&domain))
}

/// States that a repository of Nexus was made, changed or removed; nothing where nothing tells this change from the next.
///
/// # Errors
/// [`KeyError`] where the name is too long.
pub(super) fn state_repository(
    draft: &mut Draft,
    notification: &Notification,
    repository: &Repository,
    which: Option<&str>,
) -> Result<(), KeyError> {
    let (Some(name), Some(action), Some(which)) = (filled(repository.name.as_deref()), action(notification), which)
    else {
        return Ok(());
    };
    let key = key::of_tool(NodeKind::ConfigChange, "nexus", "", &format!("repository/{name}/{which}"))?;
    let sort = [filled(repository.format.as_deref()), filled(repository.kind.as_deref())];
    let sort = sort.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let fact = draft
        .fact(&key)
        .with(Attribute::Reference, name)
        .with(Attribute::Category, "repository")
        .with(Attribute::Description, sort);
    state(draft, notification, fact, &key, &format!("Nexus repository {name} {action}"), &action)
}

/// States what an entry of the audit log tells; nothing where nothing tells this change from the next.
///
/// # Errors
/// [`KeyError`] where the name is too long.
pub(super) fn state_audit(
    draft: &mut Draft,
    notification: &Notification,
    audit: &Audit,
    which: Option<&str>,
) -> Result<(), KeyError> {
    let (Some(domain), Some(kind), Some(which)) =
        (filled(audit.domain.as_deref()), filled(audit.kind.as_deref()), which)
    else {
        return Ok(());
    };
    let context = filled(audit.context.as_deref()).unwrap_or_default();
    let key = key::of_tool(NodeKind::ConfigChange, "nexus", "", &format!("{domain}/{kind}/{context}/{which}"))?;
    let reference = if context.is_empty() { domain } else { context };
    let fact = draft.fact(&key).with(Attribute::Reference, reference).with(Attribute::Category, domain);
    let title = format!("Nexus {domain} {context} {kind}").replace("  ", " ");
    let word = if kind.contains(char::is_whitespace) { "changed" } else { kind };
    state(draft, notification, fact, &key, &title, word)
}

fn state(
    draft: &mut Draft,
    notification: &Notification,
    fact: NodeFact,
    key: &Key,
    title: &str,
    what: &str,
) -> Result<(), KeyError> {
    let fact = fact.with(Attribute::Title, title).moment(Attribute::OccurredAt, draft.at);
    draft.state_with_outcome(fact, Some(what), Some(Outcome::Success));
    state_initiator(draft, notification, key)?;
    let who = initiator(notification);
    draft.event(key, None, what, who, &by(title, who));
    Ok(())
}
