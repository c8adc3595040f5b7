//! The components of a repository: the paths that somebody owns, by CODEOWNERS or as a service of the catalog.
//!
//! A component is known by its path without slashes around it: `/services/checkout/` in CODEOWNERS and
//! `services/checkout` in the catalog are one. A pattern is a component as it stands: `*.sql`.

use std::collections::BTreeMap;

use crate::codeowners::CodeOwners;

/// What a repository is divided into, at one moment.
#[derive(Clone, Debug, Default)]
pub struct Components {
    owners: CodeOwners,
    services: Vec<String>,
}

impl Components {
    /// By a file of owners, and the paths of the services that the catalog places in the repository.
    pub fn new(owners: CodeOwners, services: &[String]) -> Self {
        let services = services.iter().map(|path| component(path)).filter(|path| path != EVERYTHING).collect();
        Self { owners, services }
    }

    /// Who owns each component, each owner once; nobody where the file says so.
    pub fn owned(&self) -> BTreeMap<String, Vec<String>> {
        let mut sections: BTreeMap<String, BTreeMap<&str, &[String]>> = BTreeMap::new();
        for rule in self.owners.rules() {
            // Of one section the last rule counts.
            sections.entry(component(&rule.pattern)).or_default().insert(&rule.section, &rule.owners);
        }
        let mut owned: BTreeMap<String, Vec<String>> =
            sections.into_iter().map(|(path, owners)| (path, each_once(owners.into_values().flatten()))).collect();
        for path in &self.services {
            let owners = self.owners.owners(path).into_iter().map(str::to_owned);
            owned.entry(path.clone()).or_insert_with(|| owners.collect());
        }
        owned
    }

    /// The components that a file belongs to.
    pub fn of(&self, path: &str) -> Vec<String> {
        let deciding = self.owners.deciding(path).into_iter().map(|rule| component(&rule.pattern));
        let within = |service: &&String| {
            path.strip_prefix(service.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let services = self.services.iter().filter(within).cloned();
        let mut found = Vec::new();
        for component in deciding.chain(services) {
            if !found.contains(&component) {
                found.push(component);
            }
        }
        found
    }

    /// The owners of a file.
    pub fn owners(&self, path: &str) -> Vec<String> {
        self.owners.owners(path).into_iter().map(str::to_owned).collect()
    }
}

/// The components whose owners are not the same as before; nobody for one that is gone.
pub fn changed(
    before: &BTreeMap<String, Vec<String>>,
    after: &BTreeMap<String, Vec<String>>,
) -> Vec<(String, Vec<String>)> {
    let gone = before.keys().filter(|path| !after.contains_key(*path)).map(|path| (path.clone(), Vec::new()));
    let new = after.iter().filter(|(path, owners)| before.get(*path) != Some(owners));
    let mut found: Vec<(String, Vec<String>)> =
        gone.chain(new.map(|(path, owners)| (path.clone(), owners.clone()))).collect();
    found.sort();
    found
}

/// The component that is the whole repository.
const EVERYTHING: &str = "*";

fn component(pattern: &str) -> String {
    let path = pattern.trim().trim_matches('/');
    if path.is_empty() { EVERYTHING.to_owned() } else { path.to_owned() }
}

fn each_once<'a>(owners: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for owner in owners {
        if !found.contains(owner) {
            found.push(owner.clone());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Components, changed};
    use crate::codeowners::CodeOwners;

    fn components(text: &str) -> Components {
        Components::new(CodeOwners::read(text), &["/services/checkout/".to_owned(), "lib".to_owned()])
    }

    #[test]
    fn a_file_belongs_to_what_decides_and_to_its_service() {
        let all = components("* @acme/shop\n/services/ @acme/apps\n[Data]\n*.sql @acme/data\n");
        for (path, expected) in [
            ("README.md", vec!["*"]),
            ("services/payments/a.rs", vec!["services"]),
            ("services/checkout/a.sql", vec!["services", "*.sql", "services/checkout"]),
            ("library/a.rs", vec!["*"]),
            ("lib/a.rs", vec!["*", "lib"]),
        ] {
            assert_eq!(all.of(path), expected, "{path}");
        }
        assert!(Components::default().of("README.md").is_empty());
    }

    #[test]
    fn what_has_changed_is_told() {
        let before = components("* @acme/shop\n/services/checkout @ada\n/docs/ @acme/docs\n").owned();
        let after = components("* @acme/shop\n/services/checkout/ @grace @ada\n/ui/ @acme/ui\n").owned();
        assert_eq!(before.get("services/checkout"), Some(&vec!["@ada".to_owned()]));
        assert_eq!(before.get("lib"), Some(&vec!["@acme/shop".to_owned()]));
        let told: Vec<String> = changed(&before, &after)
            .into_iter()
            .map(|(path, owners)| format!("{path}: {}", owners.join(" ")))
            .collect();
        assert_eq!(told, ["docs: ", "services/checkout: @grace @ada", "ui: @acme/ui"]);
        assert!(changed(&after, &after).is_empty());
    }
}
