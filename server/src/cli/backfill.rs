//! `throughline backfill`.

use std::sync::Arc;

use clap::Args;
use throughline_domain::time::Timestamp;
use throughline_store::{Appender, Store, StoreError, sources};
use throughline_webhooks::providers;

use crate::backfill::{self, BATCH, BackfillError, Intake, MAX_PAGES, Plan, Progress, Report, TOOLS, credentials};
use crate::cli::{Failure, GOOD, NO, UNUSABLE, USAGE};
use crate::clock;
use crate::config::Settings;
use crate::journal::Journal;
use crate::keys::Keys;
use crate::plain;
use crate::sources::{Source, SourceError};

/// The longest time to look back, in days.
const MAX_DAYS: i64 = 36_500;

#[derive(Debug, Args)]
pub(super) struct BackfillCall {
    /// The source in whose name the history is read, as `throughline source list` shows it.
    source: String,
    /// How far to go back: a moment such as 2026-01-01T00:00:00Z, or a number of days such as 90d.
    #[arg(long, default_value = "90d")]
    since: String,
    /// Only this repository (owner/name), project (Jira: its key) or job (Jenkins: its path); may be given several times.
    #[arg(long = "repository")]
    repositories: Vec<String>,
    /// The address of the tool's interface, instead of the one in the settings.
    #[arg(long)]
    api: Option<String>,
    /// The most pages of one list that are read in this run.
    #[arg(long, default_value_t = MAX_PAGES)]
    pages: usize,
    /// Read everything and say what would be added, without adding it.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(settings: &Settings, call: &BackfillCall) -> Result<u8, Failure> {
    let since = moment(&call.since, clock::now()).ok_or_else(|| {
        Failure::new(USAGE, "--since takes a moment such as 2026-01-01T00:00:00Z, or days such as 90d")
    })?;
    let store = Arc::new(super::existing_store(settings)?);
    let source = source(&store, &call.source)?;
    let tool = source.provider.name;
    if !TOOLS.contains(&tool) {
        return Err(BackfillError::Tool(tool.to_owned()).into());
    }
    let address = call.api.as_deref().or_else(|| credentials::address(settings, tool)).ok_or_else(|| {
        Failure::new(USAGE, format!("where is the interface? Give --api, or set {tool}.api in the settings"))
    })?;
    let login = credentials::login(settings, tool).map_err(BackfillError::from)?;
    let plan = Plan { since, places: call.repositories.clone(), pages: call.pages.max(1), heals: true };
    let keys = Keys::open(&settings.server.data_folder).map_err(Failure::unusable)?;
    let signing = keys.signing(&settings.ledger.origin).map_err(Failure::unusable)?;
    let appender = Appender::open(&store, signing)?;
    crate::witness::check(&settings.server.data_folder, &store, appender.head())?;
    // What is handed in at once must find room, however short the server's queue is.
    let (entries, queue) = (settings.ledger.batch_entries, settings.ledger.queue.max(BATCH));
    let (journal, writer) =
        Journal::start(Arc::clone(&store), appender, entries, queue, stop_at_once).map_err(Failure::unusable)?;
    let progress = Progress::told();
    let intake = Intake::new(store, journal, Arc::new(keys), source, call.dry_run);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::unusable)?;
    let read = runtime.block_on(backfill::run(address, &login, &intake, &progress, &plan));
    progress.done();
    let counts = intake.counts();
    // The writer ends once nobody can hand anything in any more.
    drop((intake, runtime));
    if writer.join().is_err() {
        return Err(Failure::unusable("the ledger's writer failed"));
    }
    match read {
        Ok(report) => Ok(tell(&report, call.dry_run)),
        Err(error) => {
            println!("{} entries were added before this:", counts.0);
            Err(error.into())
        }
    }
}

/// Says what came of it. Exit code 1 where something could not be read.
fn tell(report: &Report, is_trial: bool) -> u8 {
    let Report { added, known, left_out, healed, gone } = report;
    let verb = if is_trial { "would be added" } else { "were added" };
    println!("{added} entries {verb}, {known} were in the ledger before.");
    if *healed > 0 {
        println!("{healed} of them are deliveries of webhooks that had been lost.");
    }
    if *gone > 0 {
        println!("{gone} deliveries are gone for good; the page of the sources shows the gap.");
    }
    if left_out.is_empty() {
        return GOOD;
    }
    println!("{} could not be read:", left_out.len());
    for what in left_out {
        println!("  {}", plain::line(what));
    }
    NO
}

fn source(store: &Store, name: &str) -> Result<Source, Failure> {
    let missing = || SourceError::Missing(plain::clip(&plain::line(name), 80));
    let row = store.read(sources::all)?.into_iter().find(|row| row.name == name).ok_or_else(missing)?;
    let provider = providers::find(&row.provider).ok_or_else(missing)?;
    Ok(Source { row, provider })
}

fn moment(text: &str, now: Timestamp) -> Option<Timestamp> {
    let text = text.trim();
    match text.strip_suffix('d') {
        Some(days) => {
            let days: i64 = days.parse().ok().filter(|days| (0..=MAX_DAYS).contains(days))?;
            Some(now.plus_seconds(-days * 86_400))
        }
        None => Timestamp::parse(text),
    }
}

/// Nothing that is written may be trusted any more.
fn stop_at_once(error: &StoreError) -> ! {
    eprintln!("throughline: {error}");
    std::process::exit(i32::from(UNUSABLE))
}

impl From<BackfillError> for Failure {
    fn from(error: BackfillError) -> Self {
        match error {
            BackfillError::Place(_)
            | BackfillError::Tool(_)
            | BackfillError::TooManyPlaces(_)
            | BackfillError::TooManyPages { .. }
            | BackfillError::Api(backfill::ApiError::Address(_) | backfill::ApiError::Credentials(_)) => {
                Self::new(USAGE, error)
            }
            BackfillError::Api(_) => Self::new(NO, error),
            BackfillError::Store(_) | BackfillError::Keys(_) => Self::unusable(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use throughline_domain::time::Timestamp;

    use super::moment;

    #[test]
    fn a_moment_is_told_in_two_ways() {
        let now = Timestamp::from_seconds(1_773_480_366);
        for (text, expected) in [
            ("2026-03-14T09:26:06Z", Some(1_773_480_366)),
            ("0d", Some(1_773_480_366)),
            ("1d", Some(1_773_393_966)),
            ("-1d", None),
            ("d", None),
            ("99999999999999d", None),
            ("yesterday", None),
        ] {
            assert_eq!(moment(text, now).map(Timestamp::seconds), expected, "{text}");
        }
    }
}
