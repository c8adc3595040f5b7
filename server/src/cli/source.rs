//! `throughline source`.

use clap::{Args, Subcommand};
use throughline_store::Appender;

use crate::cli::{Failure, GOOD, USAGE};
use crate::config::Settings;
use crate::keys::Keys;
use crate::sources::{self, Source, SourceError};

#[derive(Debug, Args)]
pub(super) struct SourceCall {
    #[command(subcommand)]
    command: SourceCommand,
}

#[derive(Debug, Subcommand)]
enum SourceCommand {
    /// Make a source, and print its address, its secret and what to click in the tool.
    Add {
        /// The tool: github, jira, argocd, alertmanager, cdevents, facts.
        provider: String,
        /// The source's name, the last part of its address; the provider's name unless given.
        #[arg(long)]
        name: Option<String>,
        /// A secret of your own instead of a fresh one.
        #[arg(long)]
        secret: Option<String>,
    },
    /// List all sources.
    List,
    /// Give a source a new secret; the one before it stays valid until the next rotation.
    Rotate {
        /// The source's name.
        name: String,
    },
}

pub(super) fn run(settings: &Settings, call: SourceCall) -> Result<u8, Failure> {
    let keys = Keys::open(&settings.server.data_folder).map_err(Failure::unusable)?;
    let store = crate::app::open_store(settings)?;
    let appender = || -> Result<Appender, Failure> {
        let key = keys.signing(&settings.ledger.origin).map_err(Failure::unusable)?;
        let appender = Appender::open(&store, key)?;
        crate::witness::check(&settings.server.data_folder, &store, appender.head())?;
        Ok(appender)
    };
    match call.command {
        SourceCommand::Add { provider, name, secret } => {
            let name = name.unwrap_or_else(|| provider.clone());
            let source = sources::add(&store, &mut appender()?, &keys, &provider, &name, secret)?;
            print_source(settings, &source);
            println!("\n{}", source.provider.documentation.trim());
        }
        SourceCommand::Rotate { name } => {
            let source = sources::rotate(&store, &mut appender()?, &keys, &name)?;
            print_source(settings, &source);
            println!(
                "\nThe secret before this one stays valid until the next rotation. Put the new one into the tool now."
            );
        }
        SourceCommand::List => {
            let rows = store.read(throughline_store::sources::all)?;
            if rows.is_empty() {
                println!("There is no source yet; `throughline source add github` makes one.");
            }
            for row in rows {
                println!("{}\t{}\t{}/webhooks/{}", row.name, row.provider, settings.public_url(), row.name);
            }
        }
    }
    Ok(GOOD)
}

fn print_source(settings: &Settings, source: &Source) {
    println!("name: {}", source.row.name);
    println!("address: {}/webhooks/{}", settings.public_url(), source.row.name);
    println!("secret: {}", source.row.secrets.first().map_or("", String::as_str));
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Provider { .. } | SourceError::Name(_) | SourceError::Missing(_) | SourceError::Secret => {
                Self::new(USAGE, error)
            }
            SourceError::Store(throughline_store::StoreError::Refused(reason)) => Self::new(USAGE, reason),
            SourceError::Keys(_) | SourceError::Store(_) => Self::unusable(error),
        }
    }
}
