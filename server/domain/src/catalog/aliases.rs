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
    /// [`CatalogError::Value`] where one name is an alias of two things, or of one and the name of another, or where an
    /// alias is no name.
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
        for (kind, what, name, others) in self.plainly_named() {
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
        self.refuse_chains(&aliases)?;
        Ok(aliases)
    }

    /// Everything that has a plain name and other such names.
    fn plainly_named(&self) -> impl Iterator<Item = (NodeKind, &'static str, &String, &Vec<String>)> {
        let services = self.services.iter().map(|entry| (NodeKind::Service, "service", &entry.name, &entry.aliases));
        let environments =
            self.environments.iter().map(|entry| (NodeKind::Environment, "environment", &entry.name, &entry.aliases));
        let teams = self.teams.iter().map(|entry| (NodeKind::Team, "team", &entry.name, &entry.aliases));
        services.chain(environments).chain(teams)
    }

    /// An alias is replaced once: of an entry that is itself an alias, one part would become one thing and one another.
    fn refuse_chains(&self, aliases: &Aliases) -> Result<(), CatalogError> {
        for entry in &self.repositories {
            let repository = repository_at(&entry.address)?;
            if aliases.repository(repository.clone()) != repository {
                return Err(chained("repository", &entry.address));
            }
        }
        for (kind, what, name, _) in self.plainly_named() {
            let key = plain(kind, name, what)?;
            if aliases.key(key.clone()) != key {
                return Err(chained(what, name));
            }
        }
        for person in &self.people {
            let key = person_key(&person.email)?;
            if aliases.key(key.clone()) != key {
                return Err(chained("person", &person.email));
            }
        }
        Ok(())
    }
}

fn chained(what: &str, name: &str) -> CatalogError {
    wrong(
        format!("{what} '{name}'"),
        "another entry has it as an alias; make one entry of the two, or take the alias away",
    )
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
