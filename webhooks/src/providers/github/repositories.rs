//! Events that are about a repository as a whole: its life, its protection, and whatever only shows that it exists.

use serde::Deserialize;
use throughline_domain::fact::{Attribute, Facts};
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::NodeKind;
use throughline_domain::repository::Repository;
use throughline_domain::time::Timestamp;

use super::delivery::Delivery;
use super::draft::{Draft, address};
use super::payload::{self, User};
use super::people::{by, login, state_account};
use crate::draft::joined;
use crate::members::moment_or_seconds;
use crate::stop::Stop;

/// An event that names a repository and not much more.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RepositoryEvent {
    changes: Option<Changes>,
    forkee: Option<payload::Repository>,
    rule: Option<ProtectionRule>,
    repository: Option<payload::Repository>,
    sender: Option<User>,
}

/// What was otherwise before.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Changes {
    repository: Option<NameChange>,
    owner: Option<OwnerChange>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NameChange {
    name: Option<FormerName>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FormerName {
    from: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OwnerChange {
    from: Option<FormerOwner>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FormerOwner {
    user: Option<User>,
    organization: Option<User>,
}

/// A rule that protects branches.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ProtectionRule {
    id: Option<u64>,
    name: Option<String>,
    #[serde(deserialize_with = "moment_or_seconds")]
    updated_at: Option<Timestamp>,
}

/// Reads a `repository` or `public` event.
pub(super) fn facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: RepositoryEvent = delivery.read("a GitHub repository event")?;
    let payload = event.repository.as_ref().ok_or_else(|| Stop::nothing("the body names no repository"))?;
    let action = if delivery.event == "public" { "publicized" } else { delivery.action() };
    let mut draft = Draft::open(delivery, Some(payload), payload.updated_at)?;
    let key = draft.repository.key()?;
    let former = former(&draft.repository, event.changes.as_ref());
    let mut fact = draft
        .fact(&key)
        .with_some(Attribute::State, state(payload, action))
        .with_some(Attribute::Description, payload.description.as_deref())
        .with(Attribute::Labels, joined(payload.topics.iter().flatten().map(String::as_str)));
    if let Some(former) = &former {
        fact = fact.named(Name::plain(former.path()));
        if let Some(page) = Name::url(&format!("https://{}/{}", former.host(), former.path())) {
            fact = fact.named(page);
        }
    }
    draft.state(fact);
    if let Some(former) = &former {
        draft.repository(former, None, None)?;
        let fact = draft.fact(&former.key()?).with(Attribute::State, action);
        draft.state(fact);
    }
    happened(&mut draft, &key, action, payload, former.as_ref(), event.sender.as_ref());
    draft.finish()
}

/// Reads a fork: both repositories exist. Their branches are their own, so nothing else links them.
pub(super) fn fork_facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: RepositoryEvent = delivery.read("a GitHub fork event")?;
    let forkee = event.forkee.as_ref();
    let at = forkee.and_then(|forkee| forkee.created_at);
    let mut draft = Draft::open(delivery, event.repository.as_ref(), at)?;
    let key = draft.repository.key()?;
    let host = draft.repository.host().to_owned();
    let place = forkee.and_then(|forkee| Some((forkee, address(forkee, Some(host.as_str()))?)));
    if let Some((forkee, place)) = place {
        draft.repository(&place, forkee.full_name.as_deref(), forkee.html_url.as_deref())?;
        let summary = by(&format!("Forked to {}", place.path()), event.sender.as_ref());
        draft.event(&key, None, "forked", event.sender.as_ref(), summary);
    }
    draft.finish()
}

/// Reads the hello of a new webhook, which names a repository unless the webhook is an organisation's.
pub(super) fn ping_facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: RepositoryEvent = delivery.read("a GitHub ping event")?;
    if event.repository.is_none() {
        return Err(Stop::nothing("GitHub says hello: the webhook is set up and its deliveries arrive"));
    }
    Draft::open(delivery, event.repository.as_ref(), None)?.finish()
}

/// Reads an event of which nothing can be told but that its repository exists, and who asked for something.
pub(super) fn mention_facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: RepositoryEvent = delivery.read("a GitHub event about a repository")?;
    let mut draft = Draft::open(delivery, event.repository.as_ref(), None)?;
    if matches!(&*delivery.event, "workflow_dispatch" | "repository_dispatch") {
        let host = draft.repository.host().to_owned();
        state_account(&mut draft, &host, event.sender.as_ref())?;
    }
    draft.finish()
}

/// Reads a change of a branch's protection, which is a change of what may reach the branch at all.
pub(super) fn protection_facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: RepositoryEvent = delivery.read("a GitHub branch_protection_rule event")?;
    let rule = event.rule.as_ref().ok_or_else(|| Stop::nothing("the body holds no rule"))?;
    let id = rule.id.ok_or_else(|| Stop::nothing("the rule has no id"))?;
    let action = delivery.action();
    // The time of a deleted rule is that of its last change.
    let at = rule.updated_at.filter(|_| action != "deleted");
    let mut draft = Draft::open(delivery, event.repository.as_ref(), at)?;
    let version = at.map(|at| format!("/{}", at.seconds())).unwrap_or_default();
    let key = draft.key(NodeKind::ConfigChange, format!("branch-protection/{id}/{action}{version}"))?;
    let reference = format!("branch protection of {}", rule.name.as_deref().unwrap_or("branches"));
    let title = format!("{reference} {action}");
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, title.trim())
        .with(Attribute::Reference, reference)
        .with(Attribute::State, action)
        .with(Attribute::Category, "branch protection")
        .moment(Attribute::OccurredAt, at);
    draft.place(fact)?;
    let sender = event.sender.as_ref();
    draft.person(&key, LinkKind::TriggeredBy, sender, "changed the branch's protection")?;
    if matches!(action, "created" | "edited") {
        draft.event(&key, None, action, sender, by(&format!("Branch protection {action}"), sender));
    }
    draft.finish()
}

/// The place where a repository was before it was renamed or given to somebody else.
fn former(now: &Repository, changes: Option<&Changes>) -> Option<Repository> {
    let (owner, name) = now.path().split_once('/')?;
    let changes = changes?;
    let former_name = changes.repository.as_ref().and_then(|change| change.name.as_ref()?.from.as_deref());
    let former_owner = changes.owner.as_ref().and_then(|change| change.from.as_ref());
    let former_owner = former_owner.and_then(|owner| login(owner.user.as_ref().or(owner.organization.as_ref())));
    let path = format!("{}/{}", former_owner.unwrap_or(owner), former_name.unwrap_or(name));
    Repository::new(now.host(), &path).filter(|former| former != now)
}

fn state<'a>(payload: &'a payload::Repository, action: &'a str) -> Option<&'a str> {
    let visibility = payload.private.map(|private| if private { "private" } else { "public" });
    match (action, payload.archived) {
        ("deleted", _) => Some("deleted"),
        (_, Some(true)) => Some("archived"),
        (_, _) => payload.visibility.as_deref().or(visibility),
    }
}

fn happened(
    draft: &mut Draft,
    key: &Key,
    action: &str,
    payload: &payload::Repository,
    former: Option<&Repository>,
    sender: Option<&User>,
) {
    let at = match action {
        "created" => payload.created_at,
        "archived" | "unarchived" | "renamed" | "transferred" | "publicized" | "privatized" => payload.updated_at,
        // An edit may be of anything, and a deletion has no time.
        _ => return,
    };
    let from = former.map(|former| format!(" from {}", former.path())).unwrap_or_default();
    if at.is_some() {
        draft.event(key, at, action, sender, by(&format!("Repository {action}{from}"), sender));
    }
}
