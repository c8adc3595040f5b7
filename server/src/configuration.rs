//! What the ledger says of the server's own settings: sources, their mappings, the catalog. Whatever changes an answer is
//! an entry, and the newest entry is in force.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use throughline_domain::alias::Aliases;
use throughline_domain::catalog::Catalog;
use throughline_domain::fact::Facts;
use throughline_domain::ledger::{EntryKind, EvidenceClass, StreamId};
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
            Self::SourceMapped { .. } | Self::CatalogApplied { .. } => None,
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
}

impl InForce {
    /// Reads every configuration entry of the ledger.
    ///
    /// # Errors
    /// As every query.
    pub fn load(connection: &mut Connection) -> Result<Self, StoreError> {
        let mut in_force = Self::default();
        for entry in ledger::entries_of_stream(connection, CONFIGURATION_STREAM)? {
            in_force.note(&entry);
        }
        Ok(in_force)
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
    /// A mapping or a catalog that this version cannot read is passed over with a warning: it was checked when it was
    /// taken, by the version of that day.
    pub fn note(&mut self, entry: &StoredEntry) -> Option<Facts> {
        let statement = Configuration::read(entry.body.as_deref()?)?;
        match statement {
            Configuration::SourceAdded(statement) | Configuration::SourceRotated(statement) => {
                self.providers.insert(statement.source, statement.provider);
                None
            }
            Configuration::SourceMapped { source, mapping } => {
                match mapping.as_deref().map(Mapping::read).transpose() {
                    Ok(Some(mapping)) => {
                        self.mappings.insert(source, mapping);
                    }
                    Ok(None) => {
                        self.mappings.remove(&source);
                    }
                    Err(error) => tracing::warn!(source, error = %error, "the mapping of a source cannot be read"),
                }
                None
            }
            Configuration::CatalogApplied { catalog } => {
                let read = Catalog::read(&catalog);
                let stated = read.and_then(|catalog: Catalog| {
                    self.aliases = catalog.aliases()?;
                    self.trusted_keys = catalog.signers.iter().map(|signer| signer.key.clone()).collect();
                    catalog.facts(Some(entry.received))
                });
                match stated {
                    Ok(facts) => {
                        self.catalog = Some(catalog);
                        Some(facts)
                    }
                    Err(error) => {
                        tracing::warn!(entry = entry.position, error = %error, "the catalog cannot be read");
                        None
                    }
                }
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
    appender.append(store, &[draft(keys, statement)?])?;
    Ok(())
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
    use super::{Configuration, SourceStatement};

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
