//! The catalog as it is in force, what the tools name beside it, and how another one takes its place.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use throughline_domain::catalog::{Catalog, CatalogError};
use throughline_domain::graph::NodeId;
use throughline_domain::key::{Key, named};
use throughline_domain::node::NodeKind;
use throughline_store::{Connection, StoreError, ledger};
use utoipa::ToSchema;

use crate::answer::{CatalogAnswer, CatalogEntry, CatalogField, CatalogGroup, Unlisted};
use crate::ask::Desk;
use crate::configuration::{CONFIGURATION_STREAM, Configuration};
use crate::http::problem::{Code, Problem};

/// The most nodes of a kind that are listed as missing from the catalog; all are counted.
const MAX_UNLISTED: usize = 200;

/// The kinds that a catalog names and that tools name, too.
const LISTED_KINDS: [NodeKind; 3] = [NodeKind::Service, NodeKind::Environment, NodeKind::Person];

/// What has come of a catalog that was handed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CatalogApplied {
    /// The index of its ledger entry; null where it was in force already, and nothing was appended.
    pub entry: Option<u64>,
    /// What it holds, in words: `2 trackers, 1 repositories …`.
    pub holds: String,
    /// What is new (`+ …`) and what is gone (`- …`) against the one before, an entry in each line.
    pub changes: Vec<String>,
    /// True where other names have changed: what was received before is renamed by a rebuild.
    pub needs_rebuild: bool,
}

/// A catalog that was read and compared with the one in force.
pub struct Prepared {
    /// What will have come of it.
    pub applied: CatalogApplied,
    /// The statement to append; `None` where it is in force already.
    pub statement: Option<Configuration>,
}

/// Everything that is in force, and what the graph holds beside it.
///
/// # Errors
/// That of the database.
pub fn show(desk: &Desk) -> Result<CatalogAnswer, StoreError> {
    let found = desk.store.read(in_force)?;
    let catalog = found.as_ref().map(|found| found.catalog.clone()).unwrap_or_default();
    let unlisted = unlisted(desk, &catalog)?;
    let groups = groups(&catalog);
    Ok(match found {
        Some(InForce { text, entry, applied, catalog: _ }) => {
            CatalogAnswer { text: Some(text), entry: Some(entry), applied: Some(applied), groups, unlisted }
        }
        None => CatalogAnswer { text: None, entry: None, applied: None, groups, unlisted },
    })
}

/// Reads a catalog, and says what would change with it.
///
/// # Errors
/// 400 with the first mistake and its place; that of the database.
pub fn prepare(desk: &Desk, text: &str) -> Result<Prepared, Problem> {
    let wrong = |error: CatalogError| Problem::new(Code::BadRequest, error.to_string());
    let catalog = Catalog::read(text).map_err(wrong)?;
    let former = desk.store.read(in_force)?;
    let is_new = former.as_ref().is_none_or(|former| former.text != text);
    let former = former.map(|former| former.catalog).unwrap_or_default();
    let applied = CatalogApplied {
        entry: None,
        holds: counted(&catalog),
        changes: changes(&former, &catalog),
        needs_rebuild: is_new && former.aliases().ok() != catalog.aliases().ok(),
    };
    let left_out = catalog.left_out(&former);
    let statement = is_new.then(|| Configuration::CatalogApplied { catalog: text.to_owned(), left_out });
    Ok(Prepared { applied, statement })
}

/// How many entries of each kind a catalog has, in words.
pub fn counted(catalog: &Catalog) -> String {
    let counts = [
        ("trackers", catalog.trackers.len()),
        ("repositories", catalog.repositories.len()),
        ("services", catalog.services.len()),
        ("environments", catalog.environments.len()),
        ("teams", catalog.teams.len()),
        ("people", catalog.people.len()),
        ("signers", catalog.signers.len()),
    ];
    counts.map(|(what, count)| format!("{count} {what}")).join(", ")
}

/// What is new and what is gone, one line for each entry.
pub fn changes(former: &Catalog, catalog: &Catalog) -> Vec<String> {
    let (before, after) = (lines(former), lines(catalog));
    let gone = before.difference(&after).map(|line| format!("- {line}"));
    let new = after.difference(&before).map(|line| format!("+ {line}"));
    gone.chain(new).collect()
}

/// Each entry in one line, with what it says.
fn lines(catalog: &Catalog) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for group in groups(catalog) {
        for entry in &group.entries {
            let said = entry.fields.iter().map(|field| format!("{} {}", field.name, field.values.join(", ")));
            let line: Vec<String> = [format!("{} {}", group.one, entry.name)].into_iter().chain(said).collect();
            lines.insert(line.join("; "));
        }
    }
    lines
}

struct InForce {
    text: String,
    entry: u64,
    applied: String,
    catalog: Catalog,
}

/// The newest catalog of the ledger that this version can read.
fn in_force(connection: &mut Connection) -> Result<Option<InForce>, StoreError> {
    let entries = ledger::entries_of_stream(connection, CONFIGURATION_STREAM)?;
    Ok(entries.into_iter().rev().find_map(|entry| {
        let Some(Configuration::CatalogApplied { catalog: text, .. }) = Configuration::read(entry.body.as_deref()?)
        else {
            return None;
        };
        let catalog = Catalog::read(&text).ok()?;
        Some(InForce { text, entry: entry.position, applied: entry.received.to_string(), catalog })
    }))
}

/// What is in the graph and in no entry of the catalog.
fn unlisted(desk: &Desk, catalog: &Catalog) -> Result<Vec<Unlisted>, StoreError> {
    // It was read, so it can be stated; if not, nothing of it counts as listed, and nothing worse comes of it.
    let aliases = catalog.aliases().unwrap_or_default();
    let stated = catalog.facts(None).unwrap_or_default();
    let listed: BTreeSet<Key> = stated.nodes.into_iter().map(|node| node.key).collect();
    let mut missing: Vec<(NodeKind, Vec<NodeId>)> = LISTED_KINDS.map(|kind| (kind, Vec::new())).to_vec();
    {
        let state = desk.live.read();
        for (id, node) in state.graph.nodes() {
            let Some((_, ids)) = missing.iter_mut().find(|(kind, _)| *kind == node.kind) else { continue };
            if !listed.contains(&aliases.key(node.key.clone())) {
                ids.push(id);
            }
        }
    }
    missing.into_iter().map(|(kind, ids)| unlisted_of(desk, kind, ids)).collect()
}

fn unlisted_of(desk: &Desk, kind: NodeKind, mut ids: Vec<NodeId>) -> Result<Unlisted, StoreError> {
    let count = ids.len();
    // The newest are the ones that somebody is about to ask for.
    ids.reverse();
    ids.truncate(MAX_UNLISTED);
    let mut nodes: Vec<_> = desk.summaries(&ids)?.into_values().collect();
    nodes.sort_by(|one, other| (one.title.to_lowercase(), &one.key).cmp(&(other.title.to_lowercase(), &other.key)));
    Ok(Unlisted { kind: kind.word().to_owned(), label: kind.label().to_owned(), count, nodes })
}

/// The catalog as lists of what each entry says.
fn groups(catalog: &Catalog) -> Vec<CatalogGroup> {
    vec![
        services(catalog),
        trackers(catalog),
        repositories(catalog),
        environments(catalog),
        teams(catalog),
        people(catalog),
        signers(catalog),
    ]
}

fn services(catalog: &Catalog) -> CatalogGroup {
    let entries = catalog.services.iter().map(|service| {
        let mut entry = Entry::named(NodeKind::Service, &service.name);
        entry.say("title", service.title.as_slice());
        entry.say("owner", service.team.as_slice());
        entry.say("repository", service.repository.as_slice());
        entry.say("path", service.path.as_slice());
        entry.say("also called", &service.aliases);
        entry.say("runbook", service.runbook.as_slice());
        entry.say("dashboards", &service.dashboards);
        entry.say("documents", &service.documents);
        entry.say("what it is for", service.description.as_slice());
        entry.done()
    });
    group("service", "Services", entries.collect())
}

fn trackers(catalog: &Catalog) -> CatalogGroup {
    let entries = catalog.trackers.iter().map(|tracker| {
        let mut entry = Entry::new(&tracker.name, None);
        entry.say("tool", std::slice::from_ref(&tracker.kind));
        entry.say("address", std::slice::from_ref(&tracker.address));
        entry.say("projects", &tracker.projects);
        entry.say("words", &tracker.words);
        entry.say("repositories", &tracker.repositories);
        entry.say("hosts", tracker.hosts.as_deref().unwrap_or_default());
        entry.done()
    });
    group("tracker", "Trackers", entries.collect())
}

fn repositories(catalog: &Catalog) -> CatalogGroup {
    let entries = catalog.repositories.iter().map(|repository| {
        let known = throughline_domain::repository::Repository::from_address(&repository.address);
        let mut entry = Entry::new(&repository.address, known.and_then(|known| known.key().ok()));
        entry.say("owner", repository.team.as_slice());
        entry.say("also at", &repository.aliases);
        entry.done()
    });
    group("repository", "Repositories", entries.collect())
}

fn environments(catalog: &Catalog) -> CatalogGroup {
    let entries = catalog.environments.iter().map(|environment| {
        let mut entry = Entry::named(NodeKind::Environment, &environment.name);
        entry.say("also called", &environment.aliases);
        entry.say("after", environment.after.as_slice());
        entry.done()
    });
    group("environment", "Environments", entries.collect())
}

fn teams(catalog: &Catalog) -> CatalogGroup {
    let entries = catalog.teams.iter().map(|team| {
        let mut entry = Entry::named(NodeKind::Team, &team.name);
        entry.say("title", team.title.as_slice());
        entry.say("also called", &team.aliases);
        entry.say("page", team.page.as_slice());
        entry.say("e-mail", team.email.as_slice());
        entry.done()
    });
    group("team", "Teams", entries.collect())
}

fn people(catalog: &Catalog) -> CatalogGroup {
    let entries = catalog.people.iter().map(|person| {
        let email = person.email.trim().to_lowercase();
        let key = throughline_domain::key::of_tool(NodeKind::Person, "email", "", &email).ok();
        let mut entry = Entry::new(&person.email, key);
        entry.say("name", person.name.as_slice());
        entry.say("team", person.team.as_slice());
        entry.say("logins", &person.logins);
        entry.say("other addresses", &person.emails);
        if person.left {
            entry.say("has left", &["yes".to_owned()]);
        }
        entry.done()
    });
    group("person", "People", entries.collect())
}

fn signers(catalog: &Catalog) -> CatalogGroup {
    let entries = catalog.signers.iter().map(|signer| {
        let mut entry = Entry::new(&signer.name, None);
        entry.say("public key", std::slice::from_ref(&signer.key));
        entry.done()
    });
    group("signer", "Signers", entries.collect())
}

fn group(one: &str, title: &str, entries: Vec<CatalogEntry>) -> CatalogGroup {
    CatalogGroup { one: one.to_owned(), title: title.to_owned(), entries }
}

/// An entry while its members are told.
struct Entry(CatalogEntry);

impl Entry {
    fn new(name: &str, key: Option<Key>) -> Self {
        let key = key.map(|key| key.as_str().to_owned());
        Self(CatalogEntry { name: name.to_owned(), key, fields: Vec::new() })
    }

    fn named(kind: NodeKind, name: &str) -> Self {
        Self::new(name, named(kind, name).ok())
    }

    /// Adds a member, unless the catalog does not give it.
    fn say(&mut self, name: &str, values: &[String]) {
        if !values.is_empty() {
            self.0.fields.push(CatalogField { name: name.to_owned(), values: values.to_vec() });
        }
    }

    fn done(self) -> CatalogEntry {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use throughline_domain::catalog::Catalog;

    use super::{changes, counted, groups};

    #[test]
    fn what_changes_is_told_entry_by_entry() {
        let before = Catalog::read("[[service]]\nname = \"checkout\"\nteam = \"payments\"").unwrap();
        let after =
            "[[service]]\nname = \"checkout\"\nteam = \"shop\"\naliases = [\"cart\"]\n[[team]]\nname = \"shop\"";
        let after = Catalog::read(after).unwrap();
        assert_eq!(
            changes(&before, &after),
            ["- service checkout; owner payments", "+ service checkout; owner shop; also called cart", "+ team shop"]
        );
        assert!(changes(&after, &after).is_empty());
        assert!(counted(&after).contains("1 services") && counted(&after).contains("1 teams"));
    }

    #[test]
    fn the_example_is_shown_with_all_that_it_says() {
        let catalog = Catalog::read(include_str!("../../config/catalog.example.toml")).unwrap();
        let groups = groups(&catalog);
        assert_eq!(groups.len(), 7);
        for group in &groups {
            assert!(!group.entries.is_empty(), "{}", group.title);
            for entry in &group.entries {
                assert!(entry.key.is_some() || matches!(group.one.as_str(), "tracker" | "signer"), "{}", entry.name);
            }
        }
        let checkout = &groups[0].entries[0];
        let says = |name: &str| checkout.fields.iter().find(|field| field.name == name).map(|field| &field.values[..]);
        assert_eq!(says("owner"), Some(&["payments".to_owned()][..]));
        assert_eq!(says("runbook").map(<[String]>::len), Some(1));
    }
}
