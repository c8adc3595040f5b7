//! `throughline source`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use throughline_store::Appender;

use crate::cli::{Failure, GOOD, USAGE, trial};
use crate::config::Settings;
use crate::configuration::InForce;
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
        /// The tool, by the name that `throughline source providers` lists.
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
    /// List every tool that is understood.
    Providers,
    /// Let a source's deliveries be read by a mapping of your own instead of its provider's parser.
    Map {
        /// The source's name.
        name: String,
        /// The mapping, a TOML file.
        #[arg(required_unless_present = "remove")]
        file: Option<PathBuf>,
        /// Take the source's mapping away: its provider reads the deliveries again.
        #[arg(long, conflicts_with = "file")]
        remove: bool,
    },
    /// Read a body as a delivery of the source would be read, and show what comes of it. Nothing is kept.
    Try(trial::TryCall),
    /// Give a source a new secret; the one before it stays valid until the next rotation.
    Rotate {
        /// The source's name.
        name: String,
        /// The secret that the tool has made, instead of a fresh one.
        #[arg(long)]
        secret: Option<String>,
    },
}

pub(super) fn run(settings: &Settings, call: SourceCall) -> Result<u8, Failure> {
    if matches!(call.command, SourceCommand::Providers) {
        // That needs no ledger, and makes none.
        for provider in throughline_webhooks::providers::PROVIDERS {
            println!("{}\t{}", provider.name, provider.title);
        }
        return Ok(GOOD);
    }
    let keys = Keys::open(&settings.server.data_folder).map_err(Failure::unusable)?;
    let store = crate::app::open_store(settings)?;
    let appender = || -> Result<Appender, Failure> {
        let key = keys.signing(&settings.ledger.origin).map_err(Failure::unusable)?;
        let appender = Appender::open(&store, key)?;
        crate::witness::check(&settings.server.data_folder, &store, appender.head())?;
        Ok(appender)
    };
    match call.command {
        // Answered above.
        SourceCommand::Providers => {}
        SourceCommand::Map { name, file, remove: _ } => {
            let text = file.as_deref().map(trial::mapping_text).transpose()?;
            sources::map(&store, &mut appender()?, &keys, &name, text.as_deref())?;
            match text {
                Some(_) => println!("Deliveries of '{name}' are read by this mapping from now on."),
                None => println!("Deliveries of '{name}' are read by their provider again."),
            }
            println!("What was received before is read anew by `throughline rebuild`, with the server stopped.");
        }
        SourceCommand::Try(call) => return trial::run(&store, &call),
        SourceCommand::Add { provider, name, secret } => {
            let name = name.unwrap_or_else(|| provider.clone());
            let source = sources::add(&store, &mut appender()?, &keys, &provider, &name, secret)?;
            print_source(settings, &source);
            println!("\n{}", source.provider.documentation.trim());
        }
        SourceCommand::Rotate { name, secret } => {
            let source = sources::rotate(&store, &mut appender()?, &keys, &name, secret)?;
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
            let in_force = store.read(InForce::load)?;
            for row in rows {
                let mapped =
                    if in_force.mappings.contains_key(&row.name) { "\tread by a mapping of its own" } else { "" };
                let path = sources::path_of(&row.provider, &row.name);
                println!("{}\t{}\t{}{path}{mapped}", row.name, row.provider, settings.public_url());
            }
        }
    }
    Ok(GOOD)
}

fn print_source(settings: &Settings, source: &Source) {
    println!("name: {}", source.row.name);
    let path = sources::path_of(source.provider.name, &source.row.name);
    println!("address: {}{path}", settings.public_url());
    println!("secret: {}", source.row.secrets.first().map_or("", String::as_str));
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Provider { .. }
            | SourceError::Name(_)
            | SourceError::Missing(_)
            | SourceError::Mapping(_)
            | SourceError::Secret => Self::new(USAGE, error),
            SourceError::Store(throughline_store::StoreError::Refused(reason)) => Self::new(USAGE, reason),
            SourceError::Keys(_) | SourceError::Store(_) => Self::unusable(error),
        }
    }
}
