//! `catalog-info.yaml`: what Backstage calls entities, read as a catalog.
//!
//! | entity | becomes |
//! |---|---|
//! | `Component` (but for the types `library` and `documentation`), `Resource` | a service with repository, path, team, runbook, dashboards and documents |
//! | `Group` | a team |
//! | `User` with an e-mail address | a person |
//! | `System`, `API`, `Domain`, `Location` and others | nothing: no node stands for them |
//!
//! Files of this form are written for another tool. What cannot be used of one, such as a link that is no web address, is
//! passed over; only a file that is no YAML is refused.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{Catalog, CatalogError, MAX_ENTRIES, PersonEntry, ServiceEntry, TeamEntry};
use crate::name::Name;
use crate::repository::Repository;
use crate::yaml;

/// The annotations that name a repository by its path, with the host that they are of.
const SLUGS: [(&str, &str); 3] = [
    ("github.com/project-slug", "github.com"),
    ("gitlab.com/project-slug", "gitlab.com"),
    ("bitbucket.org/project-slug", "bitbucket.org"),
];

/// The annotations that hold the place of the source code: `url:https://github.com/acme/checkout/tree/main/services/cart`.
const PLACES: [&str; 2] = ["backstage.io/source-location", "backstage.io/managed-by-location"];

/// The annotations that hold the name of the service in another tool.
const OTHER_NAMES: [&str; 5] = [
    "pagerduty.com/service-id",
    "opsgenie.com/component-selector",
    "argocd/app-name",
    "backstage.io/kubernetes-id",
    "sentry.io/project-slug",
];

/// The annotations that hold the addresses of dashboards.
const DASHBOARDS: [&str; 2] = ["grafana/overview-dashboard", "datadoghq.com/dashboard-url"];

/// An entity; the fields that are read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entity {
    kind: Word,
    metadata: Metadata,
    spec: Spec,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    name: Word,
    title: Word,
    description: Word,
    annotations: BTreeMap<String, Word>,
    links: Vec<Link>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Link {
    url: Word,
    title: Word,
    icon: Word,
    #[serde(rename = "type")]
    sort: Word,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Spec {
    owner: Word,
    #[serde(rename = "type")]
    sort: Word,
    profile: Profile,
    #[serde(rename = "memberOf")]
    member_of: Vec<Word>,
    #[serde(rename = "dependsOn")]
    depends_on: Vec<Word>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Profile {
    #[serde(rename = "displayName")]
    display_name: Word,
    email: Word,
}

/// A text; anything else counts as missing, so that one odd value does not cost the file.
#[derive(Debug, Default)]
struct Word(Option<String>);

impl Word {
    fn get(&self) -> Option<&str> {
        self.0.as_deref().map(str::trim).filter(|text| !text.is_empty())
    }

    fn owned(&self) -> Option<String> {
        self.get().map(str::to_owned)
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(deserializer)? {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }))
    }
}

/// Reads the entities of a file, each a document of its own.
///
/// # Errors
/// [`CatalogError::Form`] where it is no YAML or beyond the bounds of [`crate::yaml`], [`CatalogError::TooLarge`], and
/// [`CatalogError::Value`] where a name cannot be part of a key.
pub fn read(text: &str) -> Result<Catalog, CatalogError> {
    let documents = yaml::documents(text).map_err(|error| CatalogError::Form(error.to_string()))?;
    if documents.len() > MAX_ENTRIES {
        return Err(CatalogError::TooLarge { what: "entities", count: documents.len(), limit: MAX_ENTRIES });
    }
    let mut catalog = Catalog::default();
    for document in documents {
        // A document of another shape is another tool's.
        let Ok(entity) = serde_json::from_value::<Entity>(document) else { continue };
        let Some(name) = entity.metadata.name.get() else { continue };
        let sort = entity.spec.sort.get().unwrap_or_default();
        match entity.kind.get().unwrap_or_default() {
            "Component" if !matches!(sort, "library" | "documentation") => {
                catalog.services.push(service(name, &entity))
            }
            "Resource" => catalog.services.push(service(name, &entity)),
            "Group" => catalog.teams.push(team(name, &entity)),
            "User" => catalog.people.extend(person(&entity)),
            _ => {}
        }
    }
    drop_shared_names(&mut catalog.services);
    catalog.facts(None)?;
    Ok(catalog)
}

/// A name that several services are given, such as that of the account that pages for all of them, means none of them.
fn drop_shared_names(services: &mut [ServiceEntry]) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for name in services.iter().flat_map(|service| service.aliases.iter().chain([&service.name])) {
        *counts.entry(name.to_lowercase()).or_default() += 1;
    }
    for service in services {
        service.aliases.retain(|alias| counts.get(&alias.to_lowercase()) == Some(&1));
    }
}

fn service(name: &str, entity: &Entity) -> ServiceEntry {
    let Entity { kind: _, metadata, spec } = entity;
    let annotation = |name: &&str| metadata.annotations.get(*name).and_then(Word::get);
    let (repository, path) = place(metadata);
    let mut entry = ServiceEntry {
        name: name.to_owned(),
        title: metadata.title.owned(),
        description: metadata.description.owned(),
        repository,
        path,
        team: spec.owner.get().and_then(group),
        depends_on: spec.depends_on.iter().filter_map(Word::get).filter_map(needed).collect(),
        ..ServiceEntry::default()
    };
    entry.depends_on.retain(|needed| !needed.eq_ignore_ascii_case(name));
    for other in OTHER_NAMES.iter().filter_map(annotation) {
        if !other.eq_ignore_ascii_case(name) && !entry.aliases.iter().any(|known| known == other) {
            entry.aliases.push(other.to_owned());
        }
    }
    entry.dashboards.extend(DASHBOARDS.iter().filter_map(annotation).filter(is_address).map(str::to_owned));
    for link in &metadata.links {
        let Some(address) = link.url.get().filter(is_address) else { continue };
        match sort_of(link) {
            Sort::Runbook if entry.runbook.is_none() => entry.runbook = Some(address.to_owned()),
            Sort::Dashboard => entry.dashboards.push(address.to_owned()),
            Sort::Runbook | Sort::Document => entry.documents.push(address.to_owned()),
        }
    }
    entry
}

/// The name of what an entity depends on, where it is a component or a resource: `component:default/checkout`.
fn needed(reference: &str) -> Option<String> {
    let (kind, name) = reference.split_once(':').unwrap_or(("component", reference));
    let is_service = kind.eq_ignore_ascii_case("component") || kind.eq_ignore_ascii_case("resource");
    let name = name.rsplit('/').next().unwrap_or(name).trim();
    (is_service && !name.is_empty()).then(|| name.to_owned())
}

enum Sort {
    Runbook,
    Dashboard,
    Document,
}

/// What a link leads to, by the words that describe it.
fn sort_of(link: &Link) -> Sort {
    let words = [&link.sort, &link.icon, &link.title].map(|word| word.get().unwrap_or_default().to_lowercase());
    let says = |what: &str| words.iter().any(|word| word.contains(what));
    if says("runbook") || says("playbook") {
        Sort::Runbook
    } else if says("dashboard") || says("grafana") {
        Sort::Dashboard
    } else {
        Sort::Document
    }
}

/// The repository of the code and the part of it that is meant.
fn place(metadata: &Metadata) -> (Option<String>, Option<String>) {
    let annotation = |name: &str| metadata.annotations.get(name).and_then(Word::get);
    let slug = SLUGS.iter().find_map(|(name, host)| {
        let repository = Repository::new(host, annotation(name)?)?;
        Some(format!("https://{}/{}", repository.host(), repository.path()))
    });
    let from_place = PLACES.iter().find_map(|name| {
        let address = annotation(name)?.strip_prefix("url:")?;
        let (repository, rest) = ["/-/tree/", "/tree/", "/-/blob/", "/blob/", "/src/branch/"]
            .iter()
            .find_map(|mark| address.split_once(mark))
            .unwrap_or((address, ""));
        let path = rest.split_once('/').map_or("", |(_, path)| path).trim_matches('/');
        let path = path.rsplit_once("catalog-info.y").map_or(path, |(folder, _)| folder).trim_matches('/');
        let is_whole = is_address(&repository) && Repository::from_address(repository).is_some();
        is_whole.then(|| {
            (repository.trim_end_matches('/').to_owned(), Some(path.to_owned()).filter(|path| !path.is_empty()))
        })
    });
    match (slug, from_place) {
        (Some(slug), Some((_, path))) => (Some(slug), path),
        (Some(slug), None) => (Some(slug), None),
        (None, Some((repository, path))) => (Some(repository), path),
        (None, None) => (None, None),
    }
}

fn team(name: &str, entity: &Entity) -> TeamEntry {
    let Entity { kind: _, metadata, spec } = entity;
    let slug = metadata.annotations.get("github.com/team-slug").and_then(Word::get);
    TeamEntry {
        name: name.to_owned(),
        title: spec.profile.display_name.owned().or_else(|| metadata.title.owned()),
        aliases: slug.map(|slug| format!("@{}", slug.trim_start_matches('@'))).into_iter().collect(),
        page: metadata.links.iter().find_map(|link| link.url.get().filter(is_address)).map(str::to_owned),
        email: spec.profile.email.owned(),
    }
}

fn person(entity: &Entity) -> Option<PersonEntry> {
    let Entity { kind: _, metadata, spec } = entity;
    let email = spec.profile.email.get().filter(|email| email.contains('@'))?;
    let logins = [("github.com/user-login", "github/github.com"), ("gitlab.com/user-login", "gitlab/gitlab.com")];
    let login = |(name, place): (&str, &str)| {
        metadata.annotations.get(name).and_then(Word::get).map(|login| format!("{place}/{login}"))
    };
    Some(PersonEntry {
        email: email.to_owned(),
        name: spec.profile.display_name.owned().or_else(|| metadata.title.owned()),
        logins: logins.into_iter().filter_map(login).collect(),
        team: spec.member_of.iter().find_map(|group_name| group(group_name.get()?)),
        ..PersonEntry::default()
    })
}

/// The name of the group that a reference means (`group:default/payments`, `payments`); `None` where it means a user.
fn group(reference: &str) -> Option<String> {
    let (kind, rest) = reference.split_once(':').unwrap_or(("group", reference));
    let name = rest.rsplit_once('/').map_or(rest, |(_, name)| name).trim();
    (kind.eq_ignore_ascii_case("group") && !name.is_empty()).then(|| name.to_owned())
}

fn is_address(text: &&str) -> bool {
    Name::url(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::catalog::{CatalogError, PersonEntry, ServiceEntry, TeamEntry};

    const FILE: &str = "\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: checkout
  title: Checkout
  annotations:
    github.com/project-slug: acme/shop
    backstage.io/source-location: url:https://github.com/acme/shop/tree/main/services/checkout/
    pagerduty.com/service-id: PCHECK1
    grafana/overview-dashboard: https://grafana.acme.example/d/k7
  links:
    - url: https://wiki.acme.example/runbooks/checkout
      title: Runbook
    - {url: https://wiki.acme.example/checkout, title: Overview}
    - url: the wiki
spec:
  type: service
  owner: group:default/payments
---
kind: Component
metadata: {name: money}
spec: {type: library, owner: payments}
---
kind: Group
metadata:
  name: payments
  annotations: {github.com/team-slug: acme/payments}
spec:
  profile: {displayName: Payments, email: payments@acme.example}
---
kind: User
metadata: {name: ada, annotations: {github.com/user-login: ada}}
spec:
  profile: {displayName: Ada, email: ada@acme.example}
  memberOf: [payments]
---
kind: System
metadata: {name: shop}
---
- another file
";

    #[test]
    fn entities_become_entries() {
        let catalog = read(FILE).unwrap();
        let text = |text: &str| Some(text.to_owned());
        let service = ServiceEntry {
            name: "checkout".to_owned(),
            title: text("Checkout"),
            repository: text("https://github.com/acme/shop"),
            path: text("services/checkout"),
            team: text("payments"),
            aliases: vec!["PCHECK1".to_owned()],
            runbook: text("https://wiki.acme.example/runbooks/checkout"),
            dashboards: vec!["https://grafana.acme.example/d/k7".to_owned()],
            documents: vec!["https://wiki.acme.example/checkout".to_owned()],
            ..ServiceEntry::default()
        };
        assert_eq!(catalog.services, [service]);
        let team = TeamEntry {
            name: "payments".to_owned(),
            title: text("Payments"),
            aliases: vec!["@acme/payments".to_owned()],
            email: text("payments@acme.example"),
            ..TeamEntry::default()
        };
        assert_eq!(catalog.teams, [team]);
        let person = PersonEntry {
            email: "ada@acme.example".to_owned(),
            name: text("Ada"),
            logins: vec!["github/github.com/ada".to_owned()],
            team: text("payments"),
            ..PersonEntry::default()
        };
        assert_eq!(catalog.people, [person]);
    }

    #[test]
    fn a_name_that_several_share_is_none_of_theirs() {
        let entity = |name: &str, pager: &str| {
            let annotations = format!("{{pagerduty.com/service-id: {pager}, argocd/app-name: {name}-app}}");
            format!("kind: Component\nmetadata: {{name: {name}, annotations: {annotations}}}\n")
        };
        let catalog = read(&[entity("cart", "PSHOP"), entity("checkout", "PSHOP")].join("---\n")).unwrap();
        let aliases: Vec<&[String]> = catalog.services.iter().map(|service| service.aliases.as_slice()).collect();
        assert_eq!(aliases, [["cart-app".to_owned()], ["checkout-app".to_owned()]]);
    }

    #[test]
    fn only_what_is_no_yaml_is_refused() {
        assert!(matches!(read("kind: [Component"), Err(CatalogError::Form(_))));
        for text in ["", "kind: 1", "kind: Component\nmetadata: []", "kind: User\nmetadata: {name: ada}"] {
            let catalog = read(text).unwrap();
            assert!(catalog.services.is_empty() && catalog.people.is_empty(), "{text}");
        }
    }
}
