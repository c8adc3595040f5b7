//! `throughline import`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use throughline_store::Appender;

use crate::cli::{Failure, GOOD, NO, USAGE};
use crate::config::Settings;
use crate::import::{self, ImportError, Pages, Request};
use crate::keys::Keys;

#[derive(Debug, Args)]
pub(super) struct ImportCall {
    #[command(subcommand)]
    command: ImportCommand,
}

#[derive(Debug, Subcommand)]
enum ImportCommand {
    /// Import a clone of a Git repository: commits, tags, owners, alert rules, dashboards, documents. Once more: what is new.
    Git(GitCall),
}

#[derive(Debug, Args)]
struct GitCall {
    /// The folder of the clone.
    repository: PathBuf,
    /// The branch, tag or commit up to which is imported; origin's default branch, or else what is checked out.
    #[arg(long = "ref", value_name = "REF", allow_hyphen_values = true)]
    reference: Option<String>,
    /// Nothing older than this date: 2026-01-01, "6 months ago".
    #[arg(long)]
    since: Option<String>,
    /// The repository's address, where it is not that of the clone's origin.
    #[arg(long)]
    address: Option<String>,
    /// The source's name; made from the repository's unless given.
    #[arg(long)]
    source: Option<String>,
    /// How the host addresses its pages, where its name does not tell.
    #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(Pages::WORDS))]
    pages: Option<String>,
}

pub(super) fn run(settings: &Settings, call: ImportCall) -> Result<u8, Failure> {
    let ImportCommand::Git(GitCall { repository, reference, since, address, source, pages }) = call.command;
    let pages = pages.as_deref().and_then(Pages::from_word);
    let request = Request { clone: repository, reference, since, address, source, pages };
    let keys = Keys::open(&settings.server.data_folder).map_err(Failure::unusable)?;
    let store = crate::app::open_store(settings)?;
    let key = keys.signing(&settings.ledger.origin).map_err(Failure::unusable)?;
    let mut appender = Appender::open(&store, key)?;
    crate::witness::check(&settings.server.data_folder, &store, appender.head())?;
    let outcome = import::run(&store, &mut appender, &keys, &request)?;
    for remark in &outcome.remarks {
        eprintln!("{remark}");
    }
    println!("{} up to {}", outcome.address, outcome.head);
    println!(
        "{} commits and {} files read; {} entries appended for the source '{}'.",
        outcome.commits, outcome.files, outcome.entries, outcome.source
    );
    if outcome.entries > 0 {
        println!("A running server shows them in a moment, another one when it has started.");
    }
    Ok(GOOD)
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Source(error) => error.into(),
            ImportError::Usage(_) => Self::new(USAGE, error),
            ImportError::Git(_) | ImportError::TooMany | ImportError::TooManyFiles(_) => Self::new(NO, error),
            ImportError::Keys(_) | ImportError::Store(_) => Self::unusable(error),
        }
    }
}
