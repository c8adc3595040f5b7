//! Measurements. Each prints its figures beside those of the bare machine, so that they can be compared as ratios.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod disk;
mod export;
mod ingest;
mod links;
mod parse;
mod year;

#[derive(Debug, Parser)]
#[command(name = "throughline-bench")]
struct Call {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// A year of changes exported, proved and checked: seconds and memory, beside those of a tenth of it.
    Export(export::ExportCall),
    /// Signed deliveries a second through a whole server, beside the bare group-commit rate of the same disk.
    Ingest(ingest::IngestCall),
    /// Precision and recall of the link rules on labelled commits.
    Links(links::LinksCall),
    /// Deliveries a second that one core parses and links.
    Parse(parse::ParseCall),
    /// A simulated year of a company: how often the true cause of an alert is found, with deliveries lost on the way.
    Year(year::YearCall),
}

fn main() -> ExitCode {
    let outcome = match Call::parse().command {
        Command::Export(call) => export::run(&call),
        Command::Ingest(call) => ingest::run(&call),
        Command::Links(call) => links::run(&call),
        Command::Parse(call) => parse::run(&call),
        Command::Year(call) => year::run(&call),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("throughline-bench: {message}");
            ExitCode::FAILURE
        }
    }
}
