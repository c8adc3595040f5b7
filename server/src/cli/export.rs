//! `throughline export`.

use std::io::{ErrorKind, Write};

use clap::{Args, Subcommand};

use crate::audit::AuditError;
use crate::cli::{Failure, GOOD, USAGE};
use crate::config::Settings;
use crate::export::{self, CdEventQuery};

mod changelog;
mod changes;
mod common;

#[derive(Debug, Args)]
pub(super) struct ExportCall {
    #[command(subcommand)]
    command: ExportCommand,
}

#[derive(Debug, Subcommand)]
enum ExportCommand {
    /// Print what the ledger tells as CDEvents 0.5, one JSON object in each line.
    Cdevents {
        /// Only what came behind this ledger entry; each run ends by naming the last one that it looked at.
        #[arg(long)]
        after: Option<u64>,
    },
    /// The change history of a period: a row for each change to an environment, with its whole chain and what is out of the
    /// ordinary about it.
    Changes(Box<changes::ChangesCall>),
    /// The change log of a period for people: by service what changed, why, and by whom.
    Changelog(changelog::ChangelogCall),
}

pub(super) fn run(settings: &Settings, call: &ExportCall) -> Result<u8, Failure> {
    match &call.command {
        ExportCommand::Cdevents { after } => cdevents(settings, *after),
        ExportCommand::Changes(call) => changes::run(settings, call),
        ExportCommand::Changelog(call) => changelog::run(settings, call),
    }
}

fn cdevents(settings: &Settings, after: Option<u64>) -> Result<u8, Failure> {
    let store = super::existing_store(settings)?;
    let mut query = CdEventQuery { after, limit: None };
    let mut output = std::io::stdout().lock();
    loop {
        let list = export::cdevents(&store, &settings.public_url(), &query)?;
        for event in &list.events {
            match writeln!(output, "{event}") {
                Ok(()) => {}
                // Whoever reads has seen enough.
                Err(cause) if cause.kind() == ErrorKind::BrokenPipe => return Ok(GOOD),
                Err(cause) => return Err(Failure::unusable(cause)),
            }
        }
        query.after = list.next;
        if !list.more {
            break;
        }
    }
    output.flush().map_err(Failure::unusable)?;
    if let Some(last) = query.after {
        eprintln!("Looked at everything up to entry {last}; go on with --after {last}.");
    }
    Ok(GOOD)
}

impl From<AuditError> for Failure {
    fn from(error: AuditError) -> Self {
        match error {
            AuditError::Ask(error) => error.into(),
            error @ AuditError::Wrong(_) => Self::new(USAGE, error),
            error @ (AuditError::Output(_) | AuditError::Workbook(_)) => Self::unusable(error),
        }
    }
}
