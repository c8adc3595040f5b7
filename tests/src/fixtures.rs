//! The providers' own fixtures, as deliveries.

use std::collections::BTreeMap;

use throughline_webhooks::provider::Provider;
use throughline_webhooks::providers::PROVIDERS;

use crate::repository;

/// A delivery that a provider understands.
#[derive(Clone)]
pub struct Fixture {
    /// Whose delivery it is.
    pub provider: &'static Provider,
    /// Provider, event and case: `github/push/tag`.
    pub name: String,
    /// The headers that are kept, and the type of the content.
    pub headers: Vec<(String, String)>,
    /// The exact bytes.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Fixture {
    /// The name says it all.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.name)
    }
}

/// Every fixture of every provider, in order of name.
///
/// # Panics
/// Where one cannot be read.
pub fn all() -> Vec<Fixture> {
    let fixtures: Vec<Fixture> = PROVIDERS.iter().flat_map(|provider| of(provider)).collect();
    assert!(fixtures.len() >= 50, "only {} fixtures were found", fixtures.len());
    fixtures
}

/// The fixture of that name.
///
/// # Panics
/// Where there is none.
pub fn named(name: &str) -> Fixture {
    all().into_iter().find(|fixture| fixture.name == name).unwrap_or_else(|| panic!("there is no fixture {name}"))
}

fn of(provider: &'static Provider) -> Vec<Fixture> {
    let folder = format!("webhooks/src/providers/{}/fixtures", provider.name.replace('-', "_"));
    let mut fixtures = Vec::new();
    for path in repository::files(&folder, ".json") {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("fixtures have plain names");
        // What has a second ending says something about the fixture beside it.
        if stem.contains('.') {
            continue;
        }
        let event = path.parent().and_then(|folder| folder.file_name()?.to_str()).expect("a fixture lies in its event");
        let mut headers = BTreeMap::from([("content-type".to_owned(), "application/json".to_owned())]);
        if provider.name == "github" {
            headers.insert("x-github-event".to_owned(), event.to_owned());
        }
        if let Ok(text) = std::fs::read_to_string(path.with_extension("headers.json")) {
            let given: BTreeMap<String, String> = serde_json::from_str(&text).expect("headers are an object of texts");
            headers.extend(given);
        }
        fixtures.push(Fixture {
            provider,
            name: format!("{}/{event}/{stem}", provider.name),
            headers: headers.into_iter().collect(),
            body: std::fs::read(&path).expect("a fixture can be read"),
        });
    }
    fixtures
}
