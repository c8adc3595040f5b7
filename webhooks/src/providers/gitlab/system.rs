//! The hooks of installations and groups: people, groups and projects that come, go and change their names.

use serde::Deserialize;
use throughline_domain::fact::{Attribute, Facts, NodeFact};
use throughline_domain::key::{self, Key, KeyError};
use throughline_domain::name::Name;
use throughline_domain::node::NodeKind;
use throughline_domain::repository::Repository;
use throughline_domain::time::Timestamp;

use super::delivery::Delivery;
use super::draft::bare;
use super::payload::User;
use super::people::person;
use super::time::moment;
use crate::draft::{Draft, by};
use crate::members::filled;
use crate::stop::Stop;

const NO_HOST: &str = "the hook names its project by the path alone, and the header x-gitlab-instance, which says \
                       where that is, is missing";

/// A system hook, or a hook of a group about its members, subgroups and projects.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SystemEvent {
    name: Option<String>,
    path: Option<String>,
    full_path: Option<String>,
    old_path: Option<String>,
    path_with_namespace: Option<String>,
    old_path_with_namespace: Option<String>,
    owner_name: Option<String>,
    owner_email: Option<String>,
    owners: Option<Vec<User>>,
    username: Option<String>,
    old_username: Option<String>,
    email: Option<String>,
    state: Option<String>,
    group_name: Option<String>,
    group_path: Option<String>,
    group_access: Option<String>,
    project_path_with_namespace: Option<String>,
    access_level: Option<String>,
    user_username: Option<String>,
    user_name: Option<String>,
    user_email: Option<String>,
    #[serde(deserialize_with = "moment")]
    created_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    updated_at: Option<Timestamp>,
}

impl SystemEvent {
    /// The newest time that is told. Of a removal it is the last change before it.
    fn at(&self) -> Option<Timestamp> {
        self.updated_at.max(self.created_at)
    }
}

/// Reads who may do what in a group or project. That is access and not ownership: no link is made.
pub(super) fn member_facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: SystemEvent = delivery.read("a GitLab event of a member")?;
    let host = delivery.host();
    let mut draft = bare(delivery, event.at());
    let place = match filled(event.group_path.as_deref()) {
        Some(path) => Some(state_group(&mut draft, path, event.group_name.as_deref(), None)?),
        None => state_project(&mut draft, delivery, event.project_path_with_namespace.as_deref())?,
    };
    let (login, name) = (event.user_username.as_deref(), event.user_name.as_deref());
    let member = person(&host, login, name, event.user_email.as_deref());
    draft.state_person(&member)?;
    if let (Some(place), Some(called)) = (place, member.called()) {
        let access = event.group_access.as_deref().or(event.access_level.as_deref());
        let access = access.map(|access| format!(" as {access}")).unwrap_or_default();
        if delivery.kind.starts_with("user_add_to_") {
            draft.event(
                &place,
                event.created_at,
                "joined",
                Some(called),
                &by(&format!("Joined{access}"), Some(called)),
            );
        } else if delivery.kind.starts_with("user_update_for_") {
            let summary = format!("Access of {called} changed{access}");
            draft.event(&place, event.updated_at, "changed", None, &summary);
        }
    }
    finish(draft, "the body names neither a person nor a group")
}

/// Reads a group or subgroup, which is a team of that name.
pub(super) fn group_facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: SystemEvent = delivery.read("a GitLab event of a group")?;
    let path = filled(event.path.as_deref()).ok_or_else(|| Stop::nothing("the body names no group"))?;
    let mut draft = bare(delivery, event.at());
    let key = state_group(&mut draft, path, event.name.as_deref(), event.full_path.as_deref())?;
    state_life(&mut draft, &key, &delivery.kind);
    if let Some(old) = filled(event.old_path.as_deref()).filter(|old| *old != path) {
        let alias = draft.fact(&key).named(Name::plain(old));
        draft.state(alias);
    }
    finish(draft, "the body names no group")
}

/// Reads a project with those who own it.
pub(super) fn project_facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: SystemEvent = delivery.read("a GitLab event of a project")?;
    let host = delivery.host();
    let mut draft = bare(delivery, event.at());
    let path = event.path_with_namespace.as_deref();
    if let Some(key) = state_project(&mut draft, delivery, path)? {
        state_life(&mut draft, &key, &delivery.kind);
        if let Some(old) = event.old_path_with_namespace.as_deref().and_then(|old| Repository::new(&host, old)) {
            state_move(&mut draft, delivery, &key, &old)?;
        }
    }
    for owner in event.owners.iter().flatten() {
        draft.state_person(&owner.person(&host))?;
    }
    draft.state_person(&person(&host, None, event.owner_name.as_deref(), event.owner_email.as_deref()))?;
    finish(draft, NO_HOST)
}

/// Reads a user of the installation.
pub(super) fn user_facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: SystemEvent = delivery.read("a GitLab event of a user")?;
    let host = delivery.host();
    let mut draft = bare(delivery, event.at());
    let user = person(&host, event.username.as_deref(), event.name.as_deref(), event.email.as_deref());
    if let Some(key) = draft.state_person(&user)? {
        state_life(&mut draft, &key, &delivery.kind);
        let mut fact = draft.fact(&key).with_some(Attribute::State, filled(event.state.as_deref()));
        if let Some(old) = filled(event.old_username.as_deref()) {
            fact = fact.named(Name::plain(old));
        }
        if !fact.attributes.is_empty() || !fact.names.is_empty() {
            draft.state(fact);
        }
    }
    finish(draft, "the body names no user")
}

/// Reads that a user added or removed a key, of which only the user is told.
pub(super) fn key_facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: SystemEvent = delivery.read("a GitLab event of a key")?;
    let host = delivery.host();
    let mut draft = bare(delivery, None);
    draft.state_person(&person(&host, event.username.as_deref(), None, None))?;
    finish(draft, "the body names no user")
}

/// A group is known by its short name, by which files such as CODEOWNERS name it, too.
fn state_group(draft: &mut Draft, path: &str, name: Option<&str>, full_path: Option<&str>) -> Result<Key, KeyError> {
    let key = key::named(NodeKind::Team, path)?;
    let mut fact = NodeFact::new(key.clone(), draft.at)
        .with(Attribute::Title, filled(name).unwrap_or(path))
        .with(Attribute::Reference, filled(full_path).unwrap_or(path));
    for name in [Some(path), full_path, name].into_iter().filter_map(filled) {
        fact = fact.named(Name::plain(name));
    }
    draft.state_once(fact);
    Ok(key)
}

fn state_project(draft: &mut Draft, delivery: &Delivery<'_>, path: Option<&str>) -> Result<Option<Key>, KeyError> {
    let Some(path) = filled(path) else { return Ok(None) };
    let Some(place) = Repository::new(&delivery.host(), path) else { return Ok(None) };
    let page = delivery.instance.map(|instance| format!("{instance}/{path}"));
    let key = draft.repository(&place, Some(path), page.as_deref())?;
    Ok(Some(key))
}

/// The old place stays a node of its own, and the new one is found by the old name, too.
fn state_move(draft: &mut Draft, delivery: &Delivery<'_>, key: &Key, old: &Repository) -> Result<(), KeyError> {
    let mut alias = draft.fact(key).named(Name::plain(old.path()));
    let page = delivery.instance.and_then(|instance| Name::url(&format!("{instance}/{}", old.path())));
    if let Some(page) = page {
        alias = alias.named(page);
    }
    draft.state(alias);
    let former = draft.repository(old, None, None)?;
    let fact = draft.fact(&former).with(Attribute::State, "moved");
    draft.state(fact);
    Ok(())
}

/// That something is there holds until it is told to be gone, hence without a time: both may be told with the same one.
fn state_life(draft: &mut Draft, key: &Key, kind: &str) {
    let fact = if kind.ends_with("_create") {
        NodeFact::new(key.clone(), None).with(Attribute::State, "active")
    } else if kind.ends_with("_destroy") {
        draft.fact(key).with(Attribute::State, "removed")
    } else {
        return;
    };
    draft.state(fact);
}

fn finish(draft: Draft, reason: &str) -> Result<Facts, Stop> {
    if draft.is_empty() {
        return Err(Stop::nothing(reason));
    }
    Ok(draft.finish()?)
}
