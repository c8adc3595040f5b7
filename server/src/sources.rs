//! The sources as the server uses them: found by name at every delivery, made and rotated by an operator.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use throughline_domain::ledger::{EntryKind, EvidenceClass, StreamId};
use throughline_store::sources;
use throughline_store::{Appender, Draft, SourceRow, Store, StoreError};
use throughline_webhooks::provider::Provider;
use throughline_webhooks::providers;

use crate::clock;
use crate::keys::{Keys, KeysError, hex, random};

/// The longest name of a source, in characters.
pub const MAX_NAME: usize = 64;

/// The shortest secret that is accepted, in characters behind `whsec_`.
pub const MIN_SECRET: usize = 16;

/// The stream of entries in which the server speaks of its own settings.
pub const CONFIGURATION_STREAM: StreamId = StreamId::from_bytes(*b"configuration\0\0\0");

/// A source that may deliver.
#[derive(Clone, Debug)]
pub struct Source {
    /// What is stored of it.
    pub row: SourceRow,
    /// How its deliveries are read.
    pub provider: &'static Provider,
}

/// Every source, in memory. Other processes add to the table, so it is read again now and then.
#[derive(Debug, Default)]
pub struct Sources {
    by_name: RwLock<Arc<HashMap<String, Source>>>,
}

/// Why a source cannot be made.
#[derive(Debug, Error)]
pub enum SourceError {
    /// There is no such provider.
    #[error("there is no provider '{name}'; choose one of {known}")]
    Provider {
        /// What was asked for.
        name: String,
        /// All that there are.
        known: String,
    },
    /// The name cannot be part of an address.
    #[error(
        "a source's name has 1 to {MAX_NAME} characters out of a-z, 0-9, '-' and '_', and begins with a letter; '{0}' has not"
    )]
    Name(String),
    /// The given secret could be guessed.
    #[error("a secret needs {MIN_SECRET} characters or more; leave --secret out for a fresh one")]
    Secret,
    /// There is no such source.
    #[error("there is no source '{0}'; `throughline source list` shows all")]
    Missing(String),
    /// No randomness.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What the ledger says of a change of the sources. It never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceStatement {
    /// `source.added` or `source.rotated`.
    pub action: String,
    /// The source's name.
    pub source: String,
    /// The provider's name.
    pub provider: String,
    /// The source's stream in the ledger, in hexadecimal digits: the leaf of a delivery names no other.
    pub stream: String,
}

impl Sources {
    /// Reads all sources anew.
    ///
    /// # Errors
    /// As every query. A source whose provider this program does not know is left out, with a warning.
    pub fn refresh(&self, store: &Store) -> Result<(), StoreError> {
        let rows = store.read(sources::all)?;
        let mut by_name = HashMap::new();
        for row in rows {
            match providers::find(&row.provider) {
                Some(provider) => {
                    by_name.insert(row.name.clone(), Source { row, provider });
                }
                None => {
                    tracing::warn!(source = row.name, provider = row.provider, "the source's provider is unknown here")
                }
            }
        }
        *self.by_name.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(by_name);
        Ok(())
    }

    /// The source of that name.
    pub fn find(&self, name: &str) -> Option<Source> {
        self.all().get(name).cloned()
    }

    /// All sources.
    pub fn all(&self) -> Arc<HashMap<String, Source>> {
        self.by_name.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Makes a source with a fresh secret, and says so in the ledger.
///
/// # Errors
/// A [`SourceError`].
pub fn add(
    store: &Store,
    appender: &mut Appender,
    keys: &Keys,
    provider: &str,
    name: &str,
    secret: Option<String>,
) -> Result<Source, SourceError> {
    let provider = providers::find(provider).ok_or_else(|| SourceError::Provider {
        name: provider.to_owned(),
        known: providers::PROVIDERS.iter().map(|provider| provider.name).collect::<Vec<_>>().join(", "),
    })?;
    let fits = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.len() <= MAX_NAME
        && name
            .chars()
            .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '-' | '_'));
    if !fits {
        return Err(SourceError::Name(name.chars().take(80).collect()));
    }
    let row = SourceRow {
        name: name.to_owned(),
        provider: provider.name.to_owned(),
        stream: random()?,
        secrets: vec![match secret {
            Some(secret) if secret.trim_start_matches("whsec_").len() < MIN_SECRET => return Err(SourceError::Secret),
            Some(secret) => secret,
            None => fresh_secret()?,
        }],
        created: clock::now(),
    };
    if store.read(sources::all)?.iter().any(|known| known.name == name) {
        return Err(StoreError::Refused(format!("there is a source '{name}' already; choose another name")).into());
    }
    // The ledger first: a source that the ledger does not know could deliver what a rebuild would not understand.
    state(store, appender, keys, "source.added", &row)?;
    store.write(|connection| sources::add(connection, &row))?;
    Ok(Source { row, provider })
}

/// Gives a source a new secret; the one before it stays valid until the next rotation.
///
/// # Errors
/// A [`SourceError`].
pub fn rotate(store: &Store, appender: &mut Appender, keys: &Keys, name: &str) -> Result<Source, SourceError> {
    let missing = || SourceError::Missing(name.chars().take(80).collect());
    let mut row = store.read(sources::all)?.into_iter().find(|row| row.name == name).ok_or_else(missing)?;
    let provider = providers::find(&row.provider).ok_or_else(missing)?;
    row.secrets.insert(0, fresh_secret()?);
    row.secrets.truncate(2);
    state(store, appender, keys, "source.rotated", &row)?;
    if store.write(|connection| sources::set_secrets(connection, name, &row.secrets))? {
        Ok(Source { row, provider })
    } else {
        Err(missing())
    }
}

/// A secret in the form of Standard Webhooks, which every other scheme takes as it is.
fn fresh_secret() -> Result<String, KeysError> {
    Ok(format!("whsec_{}", STANDARD.encode(random::<32>()?)))
}

fn state(
    store: &Store,
    appender: &mut Appender,
    keys: &Keys,
    action: &str,
    row: &SourceRow,
) -> Result<(), SourceError> {
    let statement = SourceStatement {
        action: action.to_owned(),
        source: row.name.clone(),
        provider: row.provider.clone(),
        stream: hex(&row.stream),
    };
    let body = serde_json::to_vec(&statement).map_err(|cause| StoreError::Query(cause.to_string()))?;
    let id = hex(&random::<16>()?);
    let draft = Draft::new(&throughline_store::DraftContent {
        kind: EntryKind::Configuration,
        evidence: EvidenceClass::System,
        received: clock::now(),
        stream: CONFIGURATION_STREAM,
        source: "configuration",
        delivery_id: &id,
        headers: b"[]",
        body: &body,
        fingerprint: keys.fingerprint(b"", &body),
        salt: random()?,
    })?;
    appender.append(store, &[draft])?;
    Ok(())
}
