//! What a catalog states, as facts.

use super::{Catalog, CatalogError, PersonEntry, RepositoryEntry, ServiceEntry, TeamEntry, wrong};
use crate::fact::{Attribute, Facts, Field, NodeFact};
use crate::key::{Key, named, of_tool};
use crate::link::LinkKind;
use crate::name::Name;
use crate::node::NodeKind;
use crate::repository::Repository;
use crate::rules::{Stated, state, web_key};
use crate::time::Timestamp;

impl Catalog {
    /// Everything that the catalog states, as of a moment.
    ///
    /// # Errors
    /// [`CatalogError::Value`] at the first entry that cannot be stated.
    pub fn facts(&self, at: Option<Timestamp>) -> Result<Facts, CatalogError> {
        let mut stating = Stating { facts: Facts::default(), at };
        for tracker in &self.trackers {
            stating.facts.announcements.extend(tracker.announcements()?);
        }
        for team in &self.teams {
            stating.team(team)?;
        }
        for repository in &self.repositories {
            stating.repository(repository)?;
        }
        for service in &self.services {
            stating.service(service)?;
        }
        for environment in &self.environments {
            let key = plain(NodeKind::Environment, &environment.name, "environment")?;
            let names = environment.aliases.iter().map(String::as_str);
            let mut relations = Vec::new();
            if let Some(before) = &environment.after {
                let to = plain(NodeKind::Environment, before, "environment")?;
                if to == key {
                    let place = format!("environment '{}'", environment.name);
                    return Err(wrong(place, "'after' names the environment itself"));
                }
                relations.push(relation(LinkKind::ComesAfter, to, "the catalog names it as 'after'"));
            }
            stating.node(NodeFact::new(key.clone(), at), &environment.name, None, names);
            stating.relations(&key, &relations);
        }
        for person in &self.people {
            stating.person(person)?;
        }
        Ok(stating.facts)
    }
}

/// The node of a person by their e-mail address, the same as that of providers that know no login.
pub(super) fn person_key(email: &str) -> Result<Key, CatalogError> {
    let email = email.trim().to_lowercase();
    if !email.contains('@') {
        return Err(wrong(
            format!("person '{email}'"),
            "'email' must be an e-mail address: it is the person's identity",
        ));
    }
    of_tool(NodeKind::Person, "email", "", &email)
        .map_err(|error| wrong(format!("person '{email}'"), error.to_string()))
}

/// The node of something that has a plain name.
pub(super) fn plain(kind: NodeKind, name: &str, what: &str) -> Result<Key, CatalogError> {
    named(kind, name).map_err(|error| wrong(format!("{what} '{name}'"), error.to_string()))
}

/// The repository at an address.
pub(super) fn repository_at(address: &str) -> Result<Repository, CatalogError> {
    Repository::from_address(address).ok_or_else(|| {
        wrong(format!("repository '{address}'"), "write its address, like https://github.com/acme/checkout")
    })
}

struct Stating {
    facts: Facts,
    at: Option<Timestamp>,
}

impl Stating {
    fn node<'a>(&mut self, fact: NodeFact, name: &'a str, title: Option<&str>, aliases: impl Iterator<Item = &'a str>) {
        let fact = fact.with(Attribute::Title, title.unwrap_or(name)).with(Attribute::Reference, name);
        self.facts.nodes.push(aliases.chain([name]).fold(fact, |fact, alias| fact.named(Name::plain(alias))));
    }

    fn relations(&mut self, from: &Key, relations: &[Stated]) {
        self.facts.mentions.push(state(from, Field::Catalog, relations, self.at));
    }

    fn team(&mut self, team: &TeamEntry) -> Result<(), CatalogError> {
        let key = plain(NodeKind::Team, &team.name, "team")?;
        let fact = NodeFact::new(key, self.at).with_some(Attribute::Email, team.email.as_deref()).page(address(
            team.page.as_deref(),
            &format!("team '{}'", team.name),
            "page",
        )?);
        self.node(fact, &team.name, team.title.as_deref(), team.aliases.iter().map(String::as_str));
        Ok(())
    }

    fn repository(&mut self, entry: &RepositoryEntry) -> Result<(), CatalogError> {
        let repository = repository_at(&entry.address)?;
        let place = format!("repository '{}'", entry.address);
        let key = repository.key().map_err(|error| wrong(place, error.to_string()))?;
        let fact = NodeFact::new(key.clone(), None)
            .with(Attribute::Title, repository.path())
            .with(Attribute::Reference, repository.path())
            .page(Some(entry.address.as_str()));
        self.facts.nodes.push(fact);
        let owner = owned_by(entry.team.as_deref())?;
        self.relations(&key, owner.as_slice());
        Ok(())
    }

    fn service(&mut self, service: &ServiceEntry) -> Result<(), CatalogError> {
        let place = format!("service '{}'", service.name);
        let key = plain(NodeKind::Service, &service.name, "service")?;
        let fact = NodeFact::new(key.clone(), self.at)
            .with_some(Attribute::Description, service.description.as_deref())
            .with_some(Attribute::Path, service.path.as_deref());
        self.node(fact, &service.name, service.title.as_deref(), service.aliases.iter().map(String::as_str));
        let mut relations: Vec<Stated> = owned_by(service.team.as_deref())?.into_iter().collect();
        if let Some(repository) = &service.repository {
            let to = repository_at(repository)?.key().map_err(|error| wrong(&place, error.to_string()))?;
            relations.push(relation(LinkKind::In, to, "the catalog names the repository"));
        }
        let runbook = service.runbook.iter().map(|page| (NodeKind::Document, page, "runbook"));
        let dashboards = service.dashboards.iter().map(|page| (NodeKind::Dashboard, page, "dashboards"));
        let documents = service.documents.iter().map(|page| (NodeKind::Document, page, "documents"));
        for (kind, page, member) in runbook.chain(dashboards).chain(documents) {
            let to = self.page(kind, page, &place, member)?;
            relations.push(relation(LinkKind::DocumentedBy, to, &format!("the catalog names it among '{member}'")));
        }
        for name in &service.depends_on {
            let to = plain(NodeKind::Service, name, "service")?;
            if to == key {
                return Err(wrong(place, "'depends_on' names the service itself"));
            }
            relations.push(relation(LinkKind::DependsOn, to, "the catalog names it among 'depends_on'"));
        }
        self.relations(&key, &relations);
        Ok(())
    }

    fn page(&mut self, kind: NodeKind, page: &str, place: &str, member: &str) -> Result<Key, CatalogError> {
        let to = web_key(kind, page).ok_or_else(|| not_an_address(place, member, page))?;
        let category = (member == "runbook").then_some("runbook");
        let fact = NodeFact::new(to.clone(), self.at).with_some(Attribute::Category, category).page(Some(page));
        self.facts.nodes.push(fact);
        Ok(to)
    }

    fn person(&mut self, person: &PersonEntry) -> Result<(), CatalogError> {
        let key = person_key(&person.email)?;
        let fact = NodeFact::new(key.clone(), self.at)
            .with(Attribute::Email, person.email.trim())
            .with(Attribute::State, if person.left { "left" } else { "active" });
        let others = person.emails.iter().map(String::as_str);
        let logins = person.logins.iter().filter_map(|login| login.rsplit('/').next());
        let title = person.name.as_deref();
        let team = person.team.as_deref().map(|team| plain(NodeKind::Team, team, "team")).transpose()?;
        let member = team.map(|to| relation(LinkKind::MemberOf, to, "the catalog names the person's team"));
        let from = key.clone();
        self.node(fact, person.email.trim(), title, others.chain(logins).chain(title));
        self.relations(&from, member.as_slice());
        Ok(())
    }
}

fn owned_by(team: Option<&str>) -> Result<Option<Stated>, CatalogError> {
    let Some(team) = team else { return Ok(None) };
    let to = plain(NodeKind::Team, team, "team")?;
    Ok(Some(relation(LinkKind::OwnedBy, to, "the catalog names the team")))
}

fn relation(kind: LinkKind, to: Key, reason: &str) -> Stated {
    Stated { kind, to, reason: reason.to_owned() }
}

fn address<'a>(page: Option<&'a str>, place: &str, member: &str) -> Result<Option<&'a str>, CatalogError> {
    match page {
        Some(page) if Name::url(page).is_none() => Err(not_an_address(place, member, page)),
        page => Ok(page),
    }
}

fn not_an_address(place: &str, member: &str, page: &str) -> CatalogError {
    wrong(place, format!("'{member}' must hold web addresses, not '{page}'"))
}
