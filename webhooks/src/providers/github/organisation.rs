//! Members, teams and installed applications: the people, teams and repositories that these events name.

use serde::Deserialize;
use throughline_domain::fact::{Attribute, Facts, NodeFact};
use throughline_domain::key::{self, KeyError};
use throughline_domain::name::Name;
use throughline_domain::node::NodeKind;
use throughline_domain::repository::Repository;

use super::delivery::Delivery;
use super::draft::{address, bare, host};
use super::payload::{self, User};
use super::people::state_account;
use crate::draft::Draft;
use crate::stop::Stop;

/// An event of members or teams. None of them carries a time.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct MemberEvent {
    member: Option<User>,
    membership: Option<Membership>,
    user: Option<User>,
    team: Option<Team>,
    repository: Option<payload::Repository>,
    sender: Option<User>,
}

/// That somebody belongs to an organisation.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Membership {
    user: Option<User>,
}

/// A team of an organisation.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Team {
    name: Option<String>,
    slug: Option<String>,
    description: Option<String>,
    html_url: Option<String>,
}

/// An event of an application that is installed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct InstallationEvent {
    installation: Option<Installation>,
    repositories: Option<Vec<payload::Repository>>,
    repositories_added: Option<Vec<payload::Repository>>,
    sender: Option<User>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Installation {
    account: Option<User>,
    html_url: Option<String>,
}

/// Reads who belongs to what. That a team may use a repository does not mean that it answers for it: no link is made.
pub(super) fn facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: MemberEvent = delivery.read("a GitHub event of members and teams")?;
    let users =
        [event.member.as_ref(), event.membership.as_ref().and_then(|one| one.user.as_ref()), event.user.as_ref()];
    let repository = event.repository.as_ref();
    let pages = [
        repository.and_then(|repository| repository.html_url.as_deref()),
        event.team.as_ref().and_then(|team| team.html_url.as_deref()),
        event.sender.as_ref().and_then(|sender| sender.html_url.as_deref()),
    ];
    let host = host(delivery, users.iter().map(|user| user.and_then(|user| user.html_url.as_deref())).chain(pages));
    let mut draft = bare(delivery, None);
    if let Some(repository) = repository {
        state_repository(&mut draft, repository, &host)?;
    }
    if let Some(team) = &event.team {
        state_team(&mut draft, team)?;
    }
    for user in users {
        state_account(&mut draft, &host, user)?;
    }
    if draft.is_empty() {
        return Err(Stop::nothing("the body names neither a person nor a team; an organisation itself is no node"));
    }
    Ok(draft.finish()?)
}

/// Reads which repositories an application was given.
pub(super) fn installation_facts(delivery: &Delivery<'_>) -> Result<Facts, Stop> {
    let event: InstallationEvent = delivery.read("a GitHub event of an installed application")?;
    let installation = event.installation.as_ref();
    let account = installation.and_then(|installation| installation.account.as_ref());
    let pages = [
        installation.and_then(|installation| installation.html_url.as_deref()),
        account.and_then(|account| account.html_url.as_deref()),
        event.sender.as_ref().and_then(|sender| sender.html_url.as_deref()),
    ];
    let host = host(delivery, pages);
    let mut draft = bare(delivery, None);
    for repository in event.repositories.iter().chain(&event.repositories_added).flatten() {
        state_repository(&mut draft, repository, &host)?;
    }
    state_account(&mut draft, &host, account)?;
    state_account(&mut draft, &host, event.sender.as_ref())?;
    if draft.is_empty() {
        return Err(Stop::nothing("the body names neither a repository nor a person"));
    }
    Ok(draft.finish()?)
}

fn state_repository(draft: &mut Draft, payload: &payload::Repository, host: &str) -> Result<(), KeyError> {
    let place: Option<Repository> = address(payload, Some(host));
    if let Some(place) = place {
        draft.repository(&place, payload.full_name.as_deref(), payload.html_url.as_deref())?;
    }
    Ok(())
}

/// A team is known by its short name, by which files such as CODEOWNERS name it, too.
fn state_team(draft: &mut Draft, team: &Team) -> Result<(), KeyError> {
    let names = [team.slug.as_deref(), team.name.as_deref()];
    let Some(short) = names.into_iter().flatten().find(|name| !name.trim().is_empty()) else { return Ok(()) };
    let mut fact = NodeFact::new(key::named(NodeKind::Team, short)?, draft.at)
        .with(Attribute::Title, team.name.as_deref().unwrap_or(short))
        .with(Attribute::Reference, short)
        .with_some(Attribute::Description, team.description.as_deref())
        .page(team.html_url.as_deref());
    for name in names.into_iter().flatten().filter(|name| !name.trim().is_empty()) {
        fact = fact.named(Name::plain(name));
    }
    draft.state_once(fact);
    Ok(())
}
