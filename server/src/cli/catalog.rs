//! `throughline catalog`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use throughline_domain::catalog::{Catalog, MAX_CATALOG_BYTES};
use throughline_store::Appender;

use crate::catalog::{changes, counted};
use crate::cli::{Failure, GOOD, NO, USAGE, input};
use crate::config::Settings;
use crate::configuration::{self, Configuration, InForce};
use crate::keys::Keys;

#[derive(Debug, Args)]
pub(super) struct CatalogCall {
    #[command(subcommand)]
    command: CatalogCommand,
}

#[derive(Debug, Subcommand)]
enum CatalogCommand {
    /// Read a catalog and name the first mistake, if there is one. Nothing is kept.
    Check {
        /// The file; config/catalog.example.toml explains every table.
        file: PathBuf,
    },
    /// Put a catalog in force in place of the one before. It becomes an entry of the ledger.
    Apply {
        /// The file.
        file: PathBuf,
    },
    /// Print the catalog in force.
    Show,
}

pub(super) fn run(settings: &Settings, call: CatalogCall) -> Result<u8, Failure> {
    match call.command {
        CatalogCommand::Check { file } => {
            let (_, catalog) = read(&file)?;
            println!("The catalog can be applied: {}.", counted(&catalog));
            Ok(GOOD)
        }
        CatalogCommand::Apply { file } => apply(settings, &file),
        CatalogCommand::Show => {
            let store = super::existing_store(settings)?;
            match store.read(InForce::load)?.catalog {
                Some(text) => {
                    print!("{text}");
                    Ok(GOOD)
                }
                None => {
                    eprintln!("There is no catalog yet; `throughline catalog apply <file>` puts one in force.");
                    Ok(NO)
                }
            }
        }
    }
}

fn apply(settings: &Settings, file: &Path) -> Result<u8, Failure> {
    let (text, catalog) = read(file)?;
    let keys = Keys::open(&settings.server.data_folder).map_err(Failure::unusable)?;
    let store = crate::app::open_store(settings)?;
    let before = store.read(InForce::load)?.catalog;
    if before.as_deref() == Some(text.as_str()) {
        println!("This catalog is in force already.");
        return Ok(GOOD);
    }
    let former = before.as_deref().and_then(|text| Catalog::read(text).ok()).unwrap_or_default();
    let key = keys.signing(&settings.ledger.origin).map_err(Failure::unusable)?;
    let mut appender = Appender::open(&store, key)?;
    crate::witness::check(&settings.server.data_folder, &store, appender.head())?;
    let statement = Configuration::CatalogApplied { catalog: text, left_out: catalog.left_out(&former) };
    configuration::append(&store, &mut appender, &keys, &statement)?;
    println!("The catalog is in force: {}.", counted(&catalog));
    for line in changes(&former, &catalog) {
        println!("{line}");
    }
    if former.aliases().ok() != catalog.aliases().ok() {
        println!(
            "Aliases have changed. What arrives from now on is renamed by them; what was received before, once you have \
             stopped the server and run `throughline rebuild`."
        );
    }
    Ok(GOOD)
}

fn read(file: &Path) -> Result<(String, Catalog), Failure> {
    let limit = u64::try_from(MAX_CATALOG_BYTES).unwrap_or(u64::MAX);
    let text = String::from_utf8(input::read(file, limit)?)
        .map_err(|_| Failure::new(USAGE, format!("{} is no text in UTF-8", file.display())))?;
    let catalog = Catalog::read(&text).map_err(|error| Failure::new(USAGE, format!("{}: {error}", file.display())))?;
    Ok((text, catalog))
}
