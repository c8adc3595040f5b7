//! The sources as the server uses them: found by name at every delivery, made and rotated by an operator.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;
use throughline_store::sources;
use throughline_store::{Appender, SourceRow, Store, StoreError};
use throughline_webhooks::provider::Provider;
use throughline_webhooks::providers;
use throughline_webhooks::reading::mapping_for;

use crate::chat::Tool;
use crate::clock;
use crate::configuration::{self, Configuration, SourceStatement};
use crate::keys::{Keys, KeysError, hex, random};

/// The longest name of a source, in characters.
pub const MAX_NAME: usize = 64;

/// The shortest secret that is accepted, in characters behind `whsec_`.
pub const MIN_SECRET: usize = 16;

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
    /// The mapping has a mistake.
    #[error("the mapping is not taken: {0}")]
    Mapping(String),
    /// No randomness.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
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

/// The path under which the deliveries of a source are taken. A chat tool waits for its answer in the same request.
pub fn path_of(provider: &str, name: &str) -> String {
    match Tool::of(provider) {
        Some(_) => format!("/chat/{name}"),
        None => format!("/webhooks/{name}"),
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
        secrets: vec![checked_secret(secret)?],
        created: clock::now(),
    };
    if store.read(sources::all)?.iter().any(|known| known.name == name) {
        return Err(StoreError::Refused(format!("there is a source '{name}' already; choose another name")).into());
    }
    // The ledger first: a source that the ledger does not know could deliver what a rebuild would not understand.
    configuration::append(store, appender, keys, &Configuration::SourceAdded(statement(&row)))?;
    store.write(|connection| sources::add(connection, &row))?;
    Ok(Source { row, provider })
}

/// Gives a source a new secret; the one before it stays valid until the next rotation.
///
/// # Errors
/// A [`SourceError`].
pub fn rotate(
    store: &Store,
    appender: &mut Appender,
    keys: &Keys,
    name: &str,
    secret: Option<String>,
) -> Result<Source, SourceError> {
    let missing = || SourceError::Missing(name.chars().take(80).collect());
    let mut row = store.read(sources::all)?.into_iter().find(|row| row.name == name).ok_or_else(missing)?;
    let provider = providers::find(&row.provider).ok_or_else(missing)?;
    row.secrets.insert(0, checked_secret(secret)?);
    row.secrets.truncate(2);
    configuration::append(store, appender, keys, &Configuration::SourceRotated(statement(&row)))?;
    if store.write(|connection| sources::set_secrets(connection, name, &row.secrets))? {
        Ok(Source { row, provider })
    } else {
        Err(missing())
    }
}

/// Gives a source a mapping of its own, or takes it away, and says so in the ledger. Deliveries that were read before are
/// read by it at the next rebuild.
///
/// # Errors
/// [`SourceError::Missing`], or [`SourceError::Mapping`] where the mapping has a mistake.
pub fn map(
    store: &Store,
    appender: &mut Appender,
    keys: &Keys,
    name: &str,
    mapping: Option<&str>,
) -> Result<(), SourceError> {
    let missing = || SourceError::Missing(name.chars().take(80).collect());
    let row = store.read(sources::all)?.into_iter().find(|row| row.name == name).ok_or_else(missing)?;
    let provider = providers::find(&row.provider).ok_or_else(missing)?;
    if let Some(text) = mapping {
        mapping_for(provider, text).map_err(|error| SourceError::Mapping(error.to_string()))?;
    }
    let statement = Configuration::SourceMapped { source: name.to_owned(), mapping: mapping.map(str::to_owned) };
    configuration::append(store, appender, keys, &statement)?;
    Ok(())
}

/// The secret that the tool has made, or a fresh one.
fn checked_secret(secret: Option<String>) -> Result<String, SourceError> {
    match secret {
        Some(secret) if secret.trim_start_matches("whsec_").len() < MIN_SECRET => Err(SourceError::Secret),
        Some(secret) => Ok(secret),
        None => Ok(fresh_secret()?),
    }
}

/// A secret in the form of Standard Webhooks, which every other scheme takes as it is.
fn fresh_secret() -> Result<String, KeysError> {
    Ok(format!("whsec_{}", STANDARD.encode(random::<32>()?)))
}

/// What the ledger says of a source.
fn statement(row: &SourceRow) -> SourceStatement {
    SourceStatement { source: row.name.clone(), provider: row.provider.clone(), stream: hex(&row.stream) }
}
