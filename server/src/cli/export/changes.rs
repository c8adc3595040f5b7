//! `throughline export changes`: the change history of a period, for auditors.

use std::io::{ErrorKind, IsTerminal};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use throughline_store::{Appender, Store};

use crate::audit::handover::Spool;
use crate::audit::plan::{AuditQuery, Plan, controls};
use crate::audit::{AuditError, Ending, Format, Header, run, summary, writer};
use crate::bundle::{self, Bundle};
use crate::cli::export::common::{Bar, PlaceCall, WhichCall, WriteFailure, to_file};
use crate::cli::{Failure, GOOD, NO, USAGE, questions};
use crate::clock;
use crate::config::Settings;
use crate::keys::Keys;

#[derive(Debug, Args)]
pub(super) struct ChangesCall {
    #[command(flatten)]
    which: WhichCall,
    /// Only what this control looks at: CC8.1.
    #[arg(long)]
    control: Option<String>,
    /// The controls, instead of `controls.toml` in the data folder or those that come with the program.
    #[arg(long, conflicts_with = "server")]
    controls: Option<PathBuf>,
    /// Only changes that have an exception.
    #[arg(long)]
    only_exceptions: bool,
    /// csv, xlsx, jsonl or html. To CSV in a file belongs a second one with totals, sample and controls.
    #[arg(long, default_value = "csv")]
    format: String,
    /// How many rows are drawn for the sample, 25 unless given.
    #[arg(long)]
    sample: Option<String>,
    /// The seed of the sample, a whole number; unless given it follows from the period.
    #[arg(long)]
    seed: Option<String>,
    /// Also write a bundle that proves each row: `throughline verify` checks it without a server.
    #[arg(long, conflicts_with = "server")]
    bundle: Option<PathBuf>,
    #[command(flatten)]
    place: PlaceCall,
}

impl ChangesCall {
    fn query(&self) -> AuditQuery {
        AuditQuery {
            control: self.control.clone(),
            only: self.only_exceptions.then(|| "exceptions".to_owned()),
            format: Some(self.format.clone()),
            sample: self.sample.clone(),
            seed: self.seed.clone(),
            ..self.which.query()
        }
    }
}

pub(super) fn run(settings: &Settings, call: &ChangesCall) -> Result<u8, Failure> {
    let query = call.query();
    let format = query.format()?;
    // What is wrong with the period is said before anything is opened or asked.
    query.period()?;
    if format == Format::Xlsx && call.place.output.is_none() && std::io::stdout().is_terminal() {
        return Err(Failure::new(USAGE, "a workbook is no text: name a file with --output"));
    }
    apart(call, format)?;
    if let Some(server) = &call.place.server {
        let code = call.place.download(server, &query.address("/api/v1/export/changes", &[]))?;
        if format == Format::Csv {
            eprintln!(
                "A server sends the rows alone as CSV. For totals, sample and controls ask for xlsx, jsonl or html."
            );
        }
        return Ok(code);
    }
    let desk = questions::desk(settings)?;
    let controls = controls(call.controls.as_deref(), &settings.server.data_folder)?;
    let plan = Plan::read(&desk, &query, &controls, clock::now())?;
    let mut spool = call.bundle.as_ref().map(|_| Spool::new()).transpose()?;
    let bar = Bar::of_changes();
    let mut progress = |done: u64, of: u64| -> Result<(), AuditError> {
        bar.at(done, Some(of));
        Ok(())
    };
    let written = call.place.written(|output| {
        let mut writer = writer(format, output);
        let ending = match spool.as_mut() {
            Some(spool) => {
                let mut keep = |row, entries: &[u64]| spool.keep(row, entries);
                run::report(&desk, &plan, writer.as_mut(), &mut progress, Some(&mut keep))
            }
            None => run::report(&desk, &plan, writer.as_mut(), &mut progress, None),
        };
        match ending {
            // Whoever reads has seen enough.
            Err(AuditError::Output(cause)) if cause.kind() == ErrorKind::BrokenPipe => Ok(None),
            ending => Ok(Some(ending?)),
        }
    });
    bar.done();
    let Some(ending) = written? else { return Ok(GOOD) };
    if let Some(path) = summary_path(call, format) {
        beside(&path, &plan.header, &ending)?;
    }
    if let Some((path, spool)) = call.bundle.as_deref().zip(spool) {
        hand_over(settings, &desk.store, &plan.header, spool, path)?;
    }
    Ok(tell(&plan.header, &ending))
}

/// Whether every file has a name of its own: one that is written last would take the place of the rows, and nobody would
/// notice.
fn apart(call: &ChangesCall, format: Format) -> Result<(), Failure> {
    let Some(bundle) = &call.bundle else { return Ok(()) };
    let others = [call.place.output.clone(), summary_path(call, format)];
    match others.iter().flatten().find(|other| *other == bundle) {
        Some(other) => {
            let cause = format!("rows and bundle cannot both be {}: give the bundle another name", other.display());
            Err(Failure::new(USAGE, cause))
        }
        None => Ok(()),
    }
}

/// Where what a file of CSV cannot say is written: `changes.csv` gets `changes.summary.csv`.
fn summary_path(call: &ChangesCall, format: Format) -> Option<PathBuf> {
    let output = call.place.output.as_ref().filter(|_| format == Format::Csv)?;
    Some(output.with_extension("summary.csv"))
}

fn beside(path: &Path, header: &Header, ending: &Ending) -> Result<(), Failure> {
    to_file(path, |output| summary(output, header, ending).map_err(WriteFailure::from))
}

/// Makes a bundle of the rows. Everything that a bundle needs of a report passes here.
fn hand_over(settings: &Settings, store: &Store, header: &Header, rows: Spool, path: &Path) -> Result<(), Failure> {
    let keys = Keys::open(&settings.server.data_folder).map_err(Failure::unusable)?;
    let signing = keys.signing(&settings.ledger.origin).map_err(Failure::unusable)?;
    let key = signing.verifier();
    let mut appender = Appender::open(store, signing)?;
    crate::witness::check(&settings.server.data_folder, store, appender.head())?;
    let asked = header.about().into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
    let question = throughline_domain::bundle::Question {
        from: header.from,
        to: header.to,
        asked: serde_json::Value::Object(asked),
    };
    let subject = bundle::Subject { key, question, entries: header.ledger_size };
    let rows = rows.rows()?;
    let bar = Bar::new("{spinner} {elapsed} bundle: entry {pos}");
    let report = to_file(path, |output| {
        let append = |body: &[u8]| bundle::append(store, &mut appender, &keys, body);
        let refused = |cause| WriteFailure::from(Failure::unusable(cause));
        let mut bundle = Bundle::begin(store, output, subject).map_err(refused)?;
        for row in rows {
            let (row, entries) = row.map_err(|cause| WriteFailure::from(Failure::from(cause)))?;
            bundle.row(&row, &entries).map_err(refused)?;
        }
        bundle.finish(append, |entry| bar.at(entry, None)).map_err(refused)
    });
    bar.done();
    for sentence in report?.describe() {
        eprintln!("{sentence}");
    }
    Ok(())
}

/// Says how it ended. Exit code 1 where the rows do not add up to what the graph has.
fn tell(header: &Header, ending: &Ending) -> u8 {
    let reconciliation = &ending.totals.reconciliation;
    eprintln!(
        "{} rows, {} of them with an exception, of {} changes in the graph; sample of {} with seed {}.",
        reconciliation.rows,
        ending.totals.with_exceptions,
        reconciliation.in_graph,
        ending.sample.drawn.len(),
        header.seed
    );
    for (reason, count) in &reconciliation.left_out {
        eprintln!("Left out: {count}. {}", reason.meaning());
    }
    if reconciliation.balances() {
        return GOOD;
    }
    eprintln!("The rows and what was left out do not add up. Export again; if it stays so, something is lost.");
    NO
}
