//! The catalog: what nobody's webhook says, and everybody knows. Trackers, repositories, services, environments, teams
//! and people, with their other names and who owns what; one file that an operator keeps.
//!
//! The file is an entry of the ledger whenever it is applied. What it states are facts as of that moment; its aliases
//! rename what the tools call differently ([`crate::alias`]).

use std::collections::BTreeSet;

use serde::Deserialize;
use thiserror::Error;

use crate::key::Key;
use crate::node::NodeKind;

mod aliases;
pub mod backstage;
mod facts;
mod tracker;

pub use tracker::Tracker;

/// The largest file that is read, in bytes.
pub const MAX_CATALOG_BYTES: usize = 4 * 1024 * 1024;

/// The most entries of one kind.
pub const MAX_ENTRIES: usize = 20_000;

/// Everything that the file says. Each table is documented in `config/catalog.example.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    /// Where tickets are kept.
    #[serde(default, rename = "tracker")]
    pub trackers: Vec<Tracker>,
    /// Repositories, with the other addresses under which tools know them.
    #[serde(default, rename = "repository")]
    pub repositories: Vec<RepositoryEntry>,
    /// Running pieces of the product.
    #[serde(default, rename = "service")]
    pub services: Vec<ServiceEntry>,
    /// Places where services run.
    #[serde(default, rename = "environment")]
    pub environments: Vec<EnvironmentEntry>,
    /// Teams.
    #[serde(default, rename = "team")]
    pub teams: Vec<TeamEntry>,
    /// Whose signatures in evidence are believed.
    #[serde(default, rename = "signer")]
    pub signers: Vec<SignerEntry>,
    /// People.
    #[serde(default, rename = "person")]
    pub people: Vec<PersonEntry>,
}

/// A repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepositoryEntry {
    /// Its address: `https://github.com/acme/checkout`.
    pub address: String,
    /// Other addresses of the same repository: before a rename, a mirror, a fork that nobody works in.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The team that answers for it.
    pub team: Option<String>,
}

/// A service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceEntry {
    /// The name that counts.
    pub name: String,
    /// What people call it in a list.
    pub title: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Other names that tools give it: an application in Argo CD, a job in Prometheus.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The address of the repository that its code is in.
    pub repository: Option<String>,
    /// The part of that repository that is the service, where the repository holds several: `services/checkout`.
    pub path: Option<String>,
    /// The team that answers for it today.
    pub team: Option<String>,
    /// The address of its runbook.
    pub runbook: Option<String>,
    /// The addresses of its dashboards.
    #[serde(default)]
    pub dashboards: Vec<String>,
    /// The addresses of its other documents.
    #[serde(default)]
    pub documents: Vec<String>,
    /// The names of the services that it needs to do its work: what changes there may be felt here.
    #[serde(default)]
    pub depends_on: Vec<String>,
}

/// An environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentEntry {
    /// The name that counts: `production`.
    pub name: String,
    /// Other names that tools give it: `prod`, `prd-eu`.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The environment that a change passes through before this one: `staging`.
    pub after: Option<String>,
}

/// A team.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TeamEntry {
    /// The name that counts: `payments`.
    pub name: String,
    /// What people call it in a list.
    pub title: Option<String>,
    /// Other names that tools give it: `@acme/payments`, as CODEOWNERS writes it.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The address of its page.
    pub page: Option<String>,
    /// The e-mail address at which it is reached.
    pub email: Option<String>,
}

/// Somebody who signs evidence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignerEntry {
    /// What people call it: the builder, the release machine.
    pub name: String,
    /// The public key: the body of a PEM file in one line.
    pub key: String,
}

/// A person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonEntry {
    /// The e-mail address, which is the same in every tool: it is the person's identity.
    pub email: String,
    /// The name for people.
    pub name: Option<String>,
    /// Other e-mail addresses.
    #[serde(default)]
    pub emails: Vec<String>,
    /// The logins in the tools: `github/github.com/ada`, `jira/acme.atlassian.net/5b10a2`.
    #[serde(default)]
    pub logins: Vec<String>,
    /// The team that the person belongs to.
    pub team: Option<String>,
    /// Whether the person has left.
    #[serde(default)]
    pub left: bool,
}

/// Why a catalog is not taken. The text names the place.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CatalogError {
    /// The file is no TOML, or has a member that is not known or of another type.
    #[error("the catalog cannot be read: {0}")]
    Form(String),
    /// The file is over [`MAX_CATALOG_BYTES`], or there are more than [`MAX_ENTRIES`] of a kind.
    #[error("the catalog has {count} {what}; at most {limit} are accepted")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much there is.
        count: usize,
        /// How much is accepted.
        limit: usize,
    },
    /// A value is not what it has to be.
    #[error("{place}: {cause}")]
    Value {
        /// Where: `tracker 'Jira'`.
        place: String,
        /// What is wrong, and what would be right.
        cause: String,
    },
}

impl Catalog {
    /// Reads a catalog and checks all of it.
    ///
    /// # Errors
    /// A [`CatalogError`] that names the first mistake.
    pub fn read(text: &str) -> Result<Self, CatalogError> {
        if text.len() > MAX_CATALOG_BYTES {
            return Err(CatalogError::TooLarge { what: "bytes", count: text.len(), limit: MAX_CATALOG_BYTES });
        }
        let catalog: Self = toml::from_str(text).map_err(|error| CatalogError::Form(error.to_string()))?;
        let counts = [
            ("trackers", catalog.trackers.len()),
            ("repositories", catalog.repositories.len()),
            ("services", catalog.services.len()),
            ("environments", catalog.environments.len()),
            ("teams", catalog.teams.len()),
            ("people", catalog.people.len()),
            ("signers", catalog.signers.len()),
        ];
        if let Some((what, count)) = counts.into_iter().find(|(_, count)| *count > MAX_ENTRIES) {
            return Err(CatalogError::TooLarge { what, count, limit: MAX_ENTRIES });
        }
        // Whatever cannot be stated is a mistake, and is told before anything is kept.
        let facts = catalog.facts(None)?;
        let mut listed = BTreeSet::new();
        for node in facts.nodes.iter().filter(|node| is_entry(node.key.kind())) {
            if !listed.insert(&node.key) {
                let place = format!("{} '{}'", node.key.kind().label().to_lowercase(), node.key.parts().resource);
                return Err(wrong(place, "it is listed twice; upper and lower case are the same"));
            }
        }
        catalog.aliases()?;
        Ok(catalog)
    }
}

impl Catalog {
    /// The nodes of which a former catalog stated relations and this one says nothing: what it stated of them no longer
    /// holds. Empty where either cannot be stated.
    pub fn left_out(&self, former: &Self) -> Vec<Key> {
        let keys = |catalog: &Self| -> BTreeSet<Key> {
            let facts = catalog.facts(None).unwrap_or_default();
            facts.mentions.into_iter().map(|mention| mention.from).collect()
        };
        keys(former).difference(&keys(self)).cloned().collect()
    }
}

/// Whether nodes of the kind are entries of the catalog, as opposed to the pages that entries name.
fn is_entry(kind: NodeKind) -> bool {
    matches!(kind, NodeKind::Service | NodeKind::Environment | NodeKind::Team | NodeKind::Person | NodeKind::Repository)
}

/// A mistake at a place.
fn wrong(place: impl Into<String>, cause: impl Into<String>) -> CatalogError {
    CatalogError::Value { place: place.into(), cause: cause.into() }
}

#[cfg(test)]
mod tests {
    use super::Catalog;

    #[test]
    fn every_mistake_is_named_with_its_place() {
        for (text, expected) in [
            ("[[tracker]]\nname = 1", "name = 1"),
            ("[[trackr]]", "trackr"),
            ("[[tracker]]\nname = \"x\"\nkind = \"jira\"\naddress = \"x\"\nprojects = [\"PAY\"]", "tracker 'x'"),
            ("[[tracker]]\nname = \"x\"\nkind = \"jira\"\naddress = \"https://x.example\"", "'projects'"),
            ("[[repository]]\naddress = \"checkout\"", "repository 'checkout'"),
            ("[[service]]\nname = \" \"", "service ' '"),
            ("[[service]]\nname = \"a\"\nrunbook = \"wiki\"", "runbook"),
            ("[[service]]\nname = \"a\"\naliases=[\"x\"]\n[[service]]\nname = \"b\"\naliases=[\"X\"]", "'x'"),
            ("[[service]]\nname = \"a\"\naliases=[\"B\"]\n[[service]]\nname = \"b\"", "service 'b'"),
            (
                "[[repository]]\naddress = \"https://github.com/acme/a\"\naliases = [\"https://github.com/acme/b\"]\n\
                 [[repository]]\naddress = \"https://github.com/acme/b\"",
                "repository 'https://github.com/acme/b'",
            ),
            ("[[service]]\nname = \"a\"\n[[service]]\nname = \"A\"", "service 'a': it is listed twice"),
            ("[[person]]\nemail = \"ada\"", "person 'ada'"),
            ("[[person]]\nemail = \"ada@acme.example\"\nlogins = [\"ada\"]", "github/github.com/ada"),
        ] {
            let error = Catalog::read(text).expect_err(text).to_string();
            assert!(error.contains(expected), "{text}\n{error}");
        }
    }

    #[test]
    fn the_example_can_be_applied() {
        let catalog = Catalog::read(include_str!("../../../../config/catalog.example.toml")).unwrap();
        let facts = catalog.facts(None).unwrap();
        assert!(facts.announcements.len() > 8 && facts.nodes.len() > 8 && facts.mentions.len() > 3);
        assert!(!catalog.aliases().unwrap().is_empty());
        let plain = include_str!("../../../../config/catalog.example.toml").lines();
        let tables: std::collections::BTreeSet<&str> = plain.filter(|line| line.starts_with("[[")).collect();
        assert_eq!(tables.len(), 7, "the example shows every table");
    }

    #[test]
    fn what_is_left_out_is_known() {
        let former = Catalog::read("[[service]]\nname = \"a\"\n[[service]]\nname = \"b\"").unwrap();
        let newer = Catalog::read("[[service]]\nname = \"b\"").unwrap();
        let left_out: Vec<String> = newer.left_out(&former).iter().map(|key| key.parts().resource).collect();
        assert_eq!(left_out, ["a"]);
        assert!(former.left_out(&newer).is_empty());
    }

    #[test]
    fn an_empty_catalog_states_nothing() {
        let catalog = Catalog::read("").unwrap();
        assert_eq!(catalog, Catalog::default());
        assert_eq!(catalog.facts(None).unwrap(), crate::fact::Facts::default());
    }
}
