//! `throughline export`.

use std::io::{ErrorKind, Write};

use clap::{Args, Subcommand};

use crate::cli::{Failure, GOOD};
use crate::config::Settings;
use crate::export::{self, CdEventQuery};

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
}

pub(super) fn run(settings: &Settings, call: &ExportCall) -> Result<u8, Failure> {
    let ExportCommand::Cdevents { after } = call.command;
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
