//! A simulated year of a company against the real server: how often the true cause of an alert is found, in which
//! place, and whether anything is asserted that is not so.
//!
//! [`history`] lives the year and alone knows the truth; [`deliveries`] tells of it in the shapes that the tools
//! document; [`loss`] loses, repeats and shuffles; [`play`] sends through the real addresses; [`judge`] asks and
//! compares.

use std::path::Path;
use std::sync::Arc;

use actix_web::web::Data;
use clap::Args;
use throughline::app::App;
use throughline::config::Settings;
use throughline::serve;

mod ask;
mod chance;
mod company;
mod deliveries;
mod heard;
mod history;
mod judge;
mod keys;
mod loss;
mod play;
mod report;
mod server;
mod table;
mod truth;

use ask::Asker;
use heard::Heard;
use history::{History, MAX_DAYS, Period};
use loss::Arrived;
use play::Play;
use server::Access;

/// The most services that are simulated.
const MAX_SERVICES: u32 = 1_000;

/// The arguments of `year`.
#[derive(Debug, Args)]
pub struct YearCall {
    /// The seed, from which everything follows.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many services the company has.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_SERVICES)))]
    services: u32,
    /// How many days are simulated.
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_DAYS)))]
    days: u32,
    /// The share of deliveries that are lost, from 0 to 1.
    #[arg(long, default_value_t = 0.05)]
    loss: f64,
    /// An empty PostgreSQL database to write to; an SQLite file in a temporary folder unless given.
    #[arg(long)]
    database: Option<String>,
    /// End well even where a goal is missed.
    #[arg(long)]
    keep_going: bool,
    /// Print each alert whose true cause does not stand first, with the first suspects.
    #[arg(long)]
    misses: bool,
}

/// Everything that the tools and the judge need, apart from the server.
struct Year {
    history: Arc<History>,
    arrived: Arrived,
    access: Access,
    misses: bool,
}

/// Simulates, sends, asks, and prints the report.
///
/// # Errors
/// A text that says what could not be done, or which goals were missed.
pub fn run(call: &YearCall) -> Result<(), String> {
    if !(0.0..=1.0).contains(&call.loss) {
        return Err("--loss is a share from 0 to 1, such as 0.05".to_owned());
    }
    let services = usize::try_from(call.services).map_err(|cause| cause.to_string())?;
    let history = History::of(call.seed, services, Period::of_days(call.days));
    let sent = deliveries::all(&history);
    let arrived = loss::lose(call.seed, &sent, call.loss);
    println!(
        "seed {}: {} services, {} days; {} pull requests and direct commits, {} deployments, {} deliveries",
        call.seed,
        call.services,
        call.days,
        history.landings.len(),
        history.deployments.len(),
        sent.len()
    );
    let folder = tempfile::tempdir().map_err(|cause| cause.to_string())?;
    let settings = settings(call, folder.path());
    let access = server::prepare(&settings, &history.company.catalog())?;
    let opened = serve::open(settings).map_err(|cause| cause.to_string())?;
    let year = Year { history: Arc::new(history), arrived, access, misses: call.misses };
    let missed = actix_web::rt::System::new().block_on(measure(opened, year))?;
    if missed.is_empty() {
        println!("every goal was met");
        return Ok(());
    }
    let text = format!("missed: {}", missed.join("; "));
    if call.keep_going {
        println!("{text}");
        Ok(())
    } else {
        Err(text)
    }
}

fn settings(call: &YearCall, folder: &Path) -> Settings {
    let mut settings = Settings::default();
    settings.server.listen = "127.0.0.1:0".to_owned();
    settings.server.data_folder = folder.to_owned();
    settings.database.url = call.database.clone().unwrap_or_default();
    settings
}

/// Serves while the year is sent and judged; answers the goals that were missed.
async fn measure(opened: serve::Opened, year: Year) -> Result<Vec<String>, String> {
    let running = opened.serve().map_err(|cause| cause.to_string())?;
    let shared: Data<App> = running.app.clone();
    let address = format!("http://{}", shared.settings.server.listen);
    drop(shared);
    let handle = running.handle();
    let server = actix_web::rt::spawn(running.until_stopped());
    let outcome = tokio::task::spawn_blocking(move || year.through(&address)).await;
    handle.stop(true).await;
    server.await.map_err(|cause| cause.to_string())?.map_err(|cause| cause.to_string())?;
    outcome.map_err(|cause| cause.to_string())?
}

impl Year {
    /// Sends and judges, on a runtime of its own beside the server's.
    fn through(self, address: &str) -> Result<Vec<String>, String> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|cause| cause.to_string())?;
        let Self { history, mut arrived, access, misses } = self;
        let asker = Asker::new(address, &access.token)?;
        let deliveries = Arc::new(std::mem::take(&mut arrived.deliveries));
        let play = Play {
            address: address.to_owned(),
            access,
            history: Arc::clone(&history),
            arrived: Arc::clone(&deliveries),
        };
        let played = runtime.block_on(play.run())?;
        report::print_play(&arrived, &played);
        let heard = Heard::of(&history, &deliveries);
        let found = runtime.block_on(judge::judge(&history, &heard, &asker))?;
        report::print_found(&found, misses);
        Ok(report::missed(&found))
    }
}
