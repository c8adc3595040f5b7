//! The aliases of a catalog: which keys of the tools are other names of one thing.

use super::facts::{person_key, plain, repository_at};
use super::{Catalog, CatalogError, wrong};
use crate::alias::Aliases;
use crate::key::{Key, of_tool};
use crate::node::NodeKind;

impl Catalog {
    /// What is to be renamed.
    ///
    /// # Errors
    /// [`CatalogError::Value`] where one name is an alias of two things, or an alias is no name.
    pub fn aliases(&self) -> Result<Aliases, CatalogError> {
        let mut aliases = Aliases::default();
        for entry in &self.repositories {
            let repository = repository_at(&entry.address)?;
            for alias in &entry.aliases {
                if !aliases.add_repository(repository_at(alias)?, repository.clone()) {
                    return Err(twice("repository", alias));
                }
            }
        }
        let services = self.services.iter().map(|entry| (NodeKind::Service, "service", &entry.name, &entry.aliases));
        let environments =
            self.environments.iter().map(|entry| (NodeKind::Environment, "environment", &entry.name, &entry.aliases));
        let teams = self.teams.iter().map(|entry| (NodeKind::Team, "team", &entry.name, &entry.aliases));
        for (kind, what, name, others) in services.chain(environments).chain(teams) {
            let target = plain(kind, name, what)?;
            for alias in others {
                add(&mut aliases, plain(kind, alias, what)?, &target, what, alias)?;
            }
        }
        for person in &self.people {
            let target = person_key(&person.email)?;
            for email in &person.emails {
                add(&mut aliases, person_key(email)?, &target, "person", email)?;
            }
            for login in &person.logins {
                add(&mut aliases, login_key(login)?, &target, "person", login)?;
            }
        }
        Ok(aliases)
    }
}

fn add(aliases: &mut Aliases, alias: Key, target: &Key, what: &str, written: &str) -> Result<(), CatalogError> {
    if alias == *target || aliases.add(alias, target.clone()) { Ok(()) } else { Err(twice(what, written)) }
}

fn twice(what: &str, alias: &str) -> CatalogError {
    let alias = alias.to_lowercase();
    wrong(
        format!("{what} with the alias '{alias}'"),
        "the same alias is given to another one; an alias has one meaning",
    )
}

/// A login as `provider/host/login`.
fn login_key(login: &str) -> Result<Key, CatalogError> {
    let mut parts = login.splitn(3, '/');
    let key = match (parts.next(), parts.next(), parts.next()) {
        (Some(provider), Some(host), Some(login)) => of_tool(NodeKind::Person, provider, host, login).ok(),
        _ => None,
    };
    key.ok_or_else(|| wrong(format!("login '{login}'"), "write tool, host and login, like github/github.com/ada"))
}
