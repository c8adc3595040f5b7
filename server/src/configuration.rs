//! What the ledger says of the server's own settings: sources, their mappings, the catalog. Whatever changes an answer is
//! an entry, and the newest entry is in force.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use throughline_domain::alias::Aliases;
use throughline_domain::catalog::Catalog;
use throughline_domain::fact::{Facts, Field};
use throughline_domain::key::Key;
use throughline_domain::ledger::{EntryKind, EvidenceClass, StreamId};
use throughline_domain::rules;
use throughline_store::{Appender, Connection, Draft, DraftContent, Store, StoreError, StoredEntry, ledger};
use throughline_webhooks::mapping::Mapping;

use crate::clock;
use crate::keys::{Keys, KeysError, hex, random};

/// The stream of entries in which the server speaks of its own settings.
pub const CONFIGURATION_STREAM: StreamId = StreamId::from_bytes(*b"configuration\0\0\0");

/// What stands before the provider's name in the source of evidence that a program pushes: `evidence/junit`.
pub const EVIDENCE_PREFIX: &str = "evidence/";

/// The stream of evidence that programs push.
pub const EVIDENCE_STREAM: StreamId = StreamId::from_bytes(*b"evidence\0\0\0\0\0\0\0\0");

/// One statement. It never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action")]
pub enum Configuration {
    /// A source was made.
    #[serde(rename = "source.added")]
    SourceAdded(SourceStatement),
    /// A source has a new secret.
    #[serde(rename = "source.rotated")]
    SourceRotated(SourceStatement),
    /// A source's deliveries are read by a mapping of its own, or no longer so.
    #[serde(rename = "source.mapped")]
    SourceMapped {
        /// The source's name.
        source: String,
        /// The whole mapping; nothing where the provider's own parser reads the deliveries again.
        mapping: Option<String>,
    },
    /// The catalog was replaced.
    #[serde(rename = "catalog.applied")]
    CatalogApplied {
        /// The whole catalog.
        catalog: String,
        /// What the catalog before it stated relations of, and this one says nothing about.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        left_out: Vec<Key>,
    },
    /// The policies for releases were replaced.
    #[serde(rename = "policy.applied")]
    PolicyApplied {
        /// The whole file, with the modules of its own gates.
        policy: String,
        /// Who is on call: the text of the calendar of each team.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        calendars: BTreeMap<String, String>,
    },
}

/// What is said of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceStatement {
    /// The source's name.
    pub source: String,
    /// The provider's name.
    pub provider: String,
    /// The source's stream in the ledger, in hexadecimal digits: the leaf of a delivery names no other.
    pub stream: String,
}

impl Configuration {
    /// Reads the body of a configuration entry; `None` where this version does not know the action.
    pub fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// What it says of a source's identity.
    pub fn source(&self) -> Option<&SourceStatement> {
        match self {
            Self::SourceAdded(statement) | Self::SourceRotated(statement) => Some(statement),
            Self::SourceMapped { .. } | Self::CatalogApplied { .. } | Self::PolicyApplied { .. } => None,
        }
    }
}

/// Everything that is in force: the newest statement of each kind.
#[derive(Clone, Debug, Default)]
pub struct InForce {
    /// Which provider each source's deliveries are of.
    pub providers: HashMap<String, String>,
    /// The sources that have a mapping of their own.
    pub mappings: HashMap<String, Mapping>,
    /// The text of the catalog.
    pub catalog: Option<String>,
    /// What is to be renamed.
    pub aliases: Aliases,
    /// The public keys whose signatures in evidence are believed, as the catalog lists them.
    pub trusted_keys: Vec<String>,
    /// The newest entry that was taken note of. What an older one says has been replaced.
    newest: Option<u64>,
}

impl InForce {
    /// Reads the configuration entries of the ledger.
    ///
    /// # Errors
    /// As every query.
    pub fn load(connection: &mut Connection) -> Result<Self, StoreError> {
        Ok(Self::of(&ledger::entries_of_stream(connection, CONFIGURATION_STREAM)?))
    }

    /// What entries in their order put in force. Of each kind only the newest is read: catalogs are large.
    fn of(entries: &[StoredEntry]) -> Self {
        let mut in_force = Self { newest: entries.last().map(|entry| entry.position), ..Self::default() };
        let mut mapped = HashSet::new();
        for entry in entries.iter().rev() {
            match entry.body.as_deref().and_then(Configuration::read) {
                Some(Configuration::SourceAdded(statement) | Configuration::SourceRotated(statement)) => {
                    in_force.providers.entry(statement.source).or_insert(statement.provider);
                }
                Some(Configuration::SourceMapped { source, mapping }) => {
                    if !mapped.contains(&source) && in_force.map(&source, mapping.as_deref()) {
                        mapped.insert(source);
                    }
                }
                Some(Configuration::CatalogApplied { catalog, .. }) if in_force.catalog.is_none() => {
                    in_force.apply(entry, catalog, &[], true);
                }
                // Nothing of the graph depends on the policies; readiness looks them up where it needs them.
                Some(Configuration::CatalogApplied { .. } | Configuration::PolicyApplied { .. }) | None => {}
            }
        }
        in_force
    }

    /// The provider whose parser reads an entry; empty where the ledger does not say.
    pub fn provider_of<'a>(&'a self, entry: &'a StoredEntry) -> &'a str {
        match entry.entry_kind() {
            // Evidence that a program pushes has no source of its own: it says itself what it is.
            Some(EntryKind::PushedEvidence) => entry.source.strip_prefix(EVIDENCE_PREFIX).unwrap_or_default(),
            _ => self.providers.get(&entry.source).map_or("", String::as_str),
        }
    }

    /// Takes note of a configuration entry; what it states as facts, if it states any.
    ///
    /// An entry that is met again, by a rebuild or because a batch could not be written, puts nothing back in force that
    /// a newer one has replaced. A mapping or a catalog that this version cannot read is passed over with a warning: it
    /// was checked when it was taken, by the version of that day.
    pub fn note(&mut self, entry: &StoredEntry) -> Option<Facts> {
        let is_newest = self.newest.is_none_or(|newest| entry.position > newest);
        self.newest = self.newest.max(Some(entry.position));
        match Configuration::read(entry.body.as_deref()?)? {
            Configuration::SourceAdded(statement) | Configuration::SourceRotated(statement) => {
                if is_newest {
                    self.providers.insert(statement.source, statement.provider);
                }
                None
            }
            Configuration::SourceMapped { source, mapping } => {
                if is_newest {
                    self.map(&source, mapping.as_deref());
                }
                None
            }
            Configuration::CatalogApplied { catalog, left_out } => self.apply(entry, catalog, &left_out, is_newest),
            Configuration::PolicyApplied { .. } => None,
        }
    }

    /// Gives a source a mapping or takes it away; `false` where the mapping cannot be read.
    fn map(&mut self, source: &str, mapping: Option<&str>) -> bool {
        match mapping.map(Mapping::read).transpose() {
            Ok(Some(mapping)) => {
                self.mappings.insert(source.to_owned(), mapping);
            }
            Ok(None) => {
                self.mappings.remove(source);
            }
            Err(error) => {
                tracing::warn!(source, error = %error, "the mapping of a source cannot be read");
                return false;
            }
        }
        true
    }

    /// What a catalog states; it is in force from then on, unless a newer one is.
    fn apply(&mut self, entry: &StoredEntry, text: String, left_out: &[Key], is_newest: bool) -> Option<Facts> {
        let read = Catalog::read(&text).and_then(|catalog| {
            let (aliases, facts) = (catalog.aliases()?, catalog.facts(Some(entry.received))?);
            Ok((catalog, aliases, facts))
        });
        match read {
            Ok((catalog, aliases, mut facts)) => {
                let emptied = |key: &Key| rules::state(key, Field::Catalog, &[], Some(entry.received));
                facts.mentions.extend(left_out.iter().map(emptied));
                if is_newest {
                    self.aliases = aliases;
                    self.trusted_keys = catalog.signers.into_iter().map(|signer| signer.key).collect();
                    self.catalog = Some(text);
                }
                Some(facts)
            }
            Err(error) => {
                tracing::warn!(entry = entry.position, error = %error, "the catalog cannot be read");
                None
            }
        }
    }
}

/// Appends a statement to the ledger.
///
/// # Errors
/// As [`Appender::append`] and [`draft`].
pub fn append(
    store: &Store,
    appender: &mut Appender,
    keys: &Keys,
    statement: &Configuration,
) -> Result<(), StoreError> {
    append_draft(store, appender, draft(keys, statement)?)?;
    Ok(())
}

/// Appends an entry of the server's own, from beside a running server; answers its index.
///
/// # Errors
/// As [`Appender::append`].
pub fn append_draft(store: &Store, appender: &mut Appender, draft: Draft) -> Result<u64, StoreError> {
    let receipts = appender.append(store, &[draft])?;
    let entry = receipts.first().map(|receipt| receipt.position);
    entry.ok_or_else(|| StoreError::Query("an appended entry has no place".to_owned()))
}

/// A statement as an entry, ready to be appended.
///
/// # Errors
/// [`StoreError::Query`] without randomness.
pub fn draft(keys: &Keys, statement: &Configuration) -> Result<Draft, StoreError> {
    let body = serde_json::to_vec(statement).map_err(|cause| StoreError::Query(cause.to_string()))?;
    let chance = |cause: KeysError| StoreError::Query(cause.to_string());
    let id = hex(&random::<16>().map_err(chance)?);
    Draft::new(&DraftContent {
        kind: EntryKind::Configuration,
        evidence: EvidenceClass::System,
        received: clock::now(),
        stream: CONFIGURATION_STREAM,
        source: "configuration",
        delivery_id: &id,
        headers: b"[]",
        body: &body,
        fingerprint: keys.fingerprint(b"", &body),
        salt: random().map_err(chance)?,
    })
}

#[cfg(test)]
mod tests {
    use throughline_domain::key::named;
    use throughline_domain::ledger::EntryKind;
    use throughline_domain::node::NodeKind;
    use throughline_domain::time::Timestamp;
    use throughline_store::StoredEntry;

    use super::{Configuration, InForce, SourceStatement};

    const MAPPING: &str = "[[fact]]\nkind = \"service\"\nid = \"{/name}\"\n";

    fn entry(position: u64, statement: &Configuration) -> StoredEntry {
        StoredEntry {
            position,
            leaf: Vec::new(),
            salt: Vec::new(),
            kind: i16::from(EntryKind::Configuration.code()),
            evidence: 0,
            received: Timestamp::from_seconds(1_773_480_366),
            stream: Vec::new(),
            counter: 0,
            source: "configuration".to_owned(),
            delivery_id: String::new(),
            headers: b"[]".to_vec(),
            fingerprint: Vec::new(),
            duplicate_of: None,
            body: serde_json::to_vec(statement).ok(),
        }
    }

    fn catalog(text: &str) -> Configuration {
        Configuration::CatalogApplied { catalog: text.to_owned(), left_out: Vec::new() }
    }

    fn mapped(mapping: Option<&str>) -> Configuration {
        Configuration::SourceMapped { source: "acme-jira".to_owned(), mapping: mapping.map(str::to_owned) }
    }

    #[test]
    fn what_was_replaced_does_not_come_back_when_it_is_met_again() {
        let aliased = "[[service]]\nname = \"checkout\"\naliases = [\"checkout-api\"]\n";
        let entries = [
            entry(3, &catalog("[[team]]\nname = \"payments\"\n")),
            entry(5, &mapped(Some(MAPPING))),
            entry(7, &catalog(aliased)),
            entry(9, &mapped(None)),
        ];
        let name = |text: &str| named(NodeKind::Service, text).unwrap();
        let mut noted = InForce::default();
        for entry in &entries {
            noted.note(entry);
        }
        for mut in_force in [noted, InForce::of(&entries)] {
            // As a rebuild does: from the first entry on.
            for entry in &entries {
                let states = in_force.note(entry).is_some();
                assert_eq!(states, matches!(entry.position, 3 | 7), "entry {}", entry.position);
                assert_eq!(in_force.aliases.key(name("checkout-api")), name("checkout"), "entry {}", entry.position);
                assert!(in_force.mappings.is_empty(), "entry {}", entry.position);
                assert_eq!(in_force.catalog.as_deref(), Some(aliased));
            }
            in_force.note(&entry(11, &mapped(Some(MAPPING))));
            assert!(in_force.mappings.contains_key("acme-jira"));
            in_force.note(&entry(12, &catalog("")));
            assert!(in_force.aliases.is_empty());
        }
    }

    #[test]
    fn what_cannot_be_read_leaves_in_force_what_was_before() {
        let entries = [
            entry(1, &catalog("")),
            entry(2, &mapped(Some(MAPPING))),
            entry(3, &catalog("=")),
            entry(4, &mapped(Some("="))),
        ];
        let mut noted = InForce::default();
        for entry in &entries {
            noted.note(entry);
        }
        for in_force in [noted, InForce::of(&entries)] {
            assert_eq!(in_force.catalog.as_deref(), Some(""));
            assert!(in_force.mappings.contains_key("acme-jira"));
        }
    }

    #[test]
    fn statements_keep_their_form() {
        let statement = SourceStatement {
            source: "acme-github".to_owned(),
            provider: "github".to_owned(),
            stream: "00".repeat(16),
        };
        let text = format!(
            r#"{{"action":"source.added","source":"acme-github","provider":"github","stream":"{}"}}"#,
            "00".repeat(16)
        );
        let added = Configuration::SourceAdded(statement);
        assert_eq!(serde_json::to_string(&added).unwrap(), text);
        assert_eq!(Configuration::read(text.as_bytes()), Some(added));
        assert_eq!(Configuration::read(br#"{"action":"island.sunk"}"#), None);
    }
}
