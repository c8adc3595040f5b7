//! The server under test: its sources, its catalog and a token are made before it starts, as an operator would.

use std::collections::BTreeMap;

use throughline::config::Settings;
use throughline::configuration::{self, Configuration};
use throughline::keys::Keys;
use throughline::{access, app, clock, sources};
use throughline_domain::catalog::Catalog;
use throughline_store::{Appender, CredentialKind};

use super::deliveries::SOURCES;

/// How long the token of the questions lasts, in seconds.
const TOKEN_SECONDS: i64 = 7 * 86_400;

/// What is needed to speak for the tools and to ask.
#[derive(Clone, Debug)]
pub struct Access {
    /// The secret of each source.
    pub secrets: BTreeMap<&'static str, String>,
    /// The token for questions.
    pub token: String,
}

/// Makes the sources and the token, and puts the catalog in force. Blocks.
///
/// # Errors
/// A text that says what could not be made.
pub fn prepare(settings: &Settings, catalog: &str) -> Result<Access, String> {
    let keys = Keys::open(&settings.server.data_folder).map_err(|cause| cause.to_string())?;
    let store = app::open_store(settings).map_err(|cause| cause.to_string())?;
    let key = keys.signing(&settings.ledger.origin).map_err(|cause| cause.to_string())?;
    let mut appender = Appender::open(&store, key).map_err(|cause| cause.to_string())?;
    let mut secrets = BTreeMap::new();
    for name in SOURCES {
        let source = sources::add(&store, &mut appender, &keys, name, name, None).map_err(|cause| cause.to_string())?;
        let secret = source.row.secrets.first().cloned().ok_or_else(|| format!("the source {name} has no secret"))?;
        secrets.insert(name, secret);
    }
    Catalog::read(catalog).map_err(|cause| cause.to_string())?;
    let statement = Configuration::CatalogApplied { catalog: catalog.to_owned(), left_out: Vec::new() };
    configuration::append(&store, &mut appender, &keys, &statement).map_err(|cause| cause.to_string())?;
    let now = clock::now();
    let until = now.plus_seconds(TOKEN_SECONDS);
    let token = access::issue(&store, &keys, CredentialKind::Token, "year", now, until);
    Ok(Access { secrets, token: token.map_err(|cause| cause.to_string())? })
}
