//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::app::StartError;
use crate::config::{ConfigError, Settings};
use crate::telemetry;

mod backfill;
mod care;
mod catalog;
mod credentials;
mod demo;
mod deployed;
mod export;
mod flow;
mod import;
mod input;
mod link;
mod maintenance;
mod policy;
mod push;
mod questions;
mod release;
mod remote;
mod running;
mod search;
mod serve;
mod snapshot;
mod source;
mod trial;

/// Nothing is wrong.
const GOOD: u8 = 0;
/// The answer is no, or a problem was found.
const NO: u8 = 1;
/// The words of the call or the settings are wrong.
const USAGE: u8 = 2;
/// Nothing speaks against a release, and something that has to be known is not; of `ready` only, where [`USAGE`] is the same.
const UNKNOWN: u8 = 2;
/// The store or the server cannot be used.
const UNUSABLE: u8 = 3;

/// A traceability ledger: from any alert back to the change, the ticket and the document behind it.
#[derive(Debug, Parser)]
#[command(name = "throughline", version, propagate_version = true)]
struct Call {
    /// The configuration file; `throughline config` prints one with all defaults.
    #[arg(long, global = true, env = "THROUGHLINE_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server.
    Serve,
    /// Show a believable company: its tools deliver to a server of its own, and its worst alert is traced.
    Demo(demo::DemoCall),
    /// Check the whole ledger, or a bundle that came with an export, and say in words what was checked.
    Verify(maintenance::VerifyCall),
    /// Derive the graph anew from the ledger alone. Stop the server before.
    Rebuild,
    /// Read the history that a tool already has, through its interface. A running server may go on meanwhile.
    Backfill(backfill::BackfillCall),
    /// Trackers, repositories, services, owners and people, and their other names.
    Catalog(catalog::CatalogCall),
    /// Read what was there before the webhooks: a clone of a repository.
    Import(import::ImportCall),
    /// What the ledger tells, for other tools.
    Export(export::ExportCall),
    /// Who may deliver.
    Source(source::SourceCall),
    /// Push a test report, a list of parts, provenance or facts to a server.
    Push(push::PushCall),
    /// State a deployment that no tool tells of.
    Deployed(deployed::DeployedCall),
    /// Push what runs or is installed at this moment.
    Snapshot(snapshot::SnapshotCall),
    /// API tokens for programs.
    Token(credentials::TokenCall),
    /// Print a link that logs one browser in, once.
    LoginLink,
    /// Which node a text stands for: an address, acme/checkout#42, PAY-12, a commit, a digest, a fingerprint.
    Resolve(questions::ResolveCall),
    /// Search everything by words: titles, references, descriptions and names, with filters like kind:alert.
    Search(search::SearchCall),
    /// The upstream chain: from an alert or a deployment to the ticket and the document behind it.
    Trace(questions::OfCall),
    /// Everything downstream: from a ticket or a commit to where it went and what fired.
    Impact(questions::OfCall),
    /// The shortest chain of links between two things.
    Path(questions::PathCall),
    /// What an alert or incident may come from: what changed before it, the likeliest first, with the reasons.
    Suspects(running::SuspectsCall),
    /// In which environments something is, since when, and by which deployment.
    Where(running::WhereCall),
    /// What runs where, declared and seen; exit code 1 where something is tainted.
    Environments(running::MomentCall),
    /// How two environments, or one at two moments, differ; exit code 1 where they do.
    Diff(running::DiffCall),
    /// What has reached one environment and not yet the one after it.
    Board(running::MomentCall),
    /// How work flows to production: deployments, lead and cycle times, failures, what waits, rework.
    Flow(flow::FlowCall),
    /// Everything that lacks a link which its kind should have, and how complete each kind is.
    Islands(care::IslandsCall),
    /// Why something cannot be traced, with what mends it.
    Doctor(care::DoctorCall),
    /// The ledger's own tickets: how a change was built and tested, and the way of a candidate to production.
    Ticket(care::TicketCall),
    /// Whether something can go out: every gate with its evidence. Exits with 0 ready, 1 not ready, 2 not known.
    Ready(release::ReadyCall),
    /// Say go or no-go to a release. It becomes an entry of the ledger.
    Signoff(release::SignoffCall),
    /// Let a release go out although a gate does not pass, until a certain day. It becomes an entry of the ledger.
    Waive(release::WaiveCall),
    /// Let a release go out as an emergency: what is missing is made good afterwards. It becomes an entry of the ledger.
    Emergency(release::EmergencyCall),
    /// The policies that releases are judged by.
    Policy(policy::PolicyCall),
    /// Confirm, refuse or add a link. It becomes an entry of the ledger.
    Link(link::LinkCall),
    /// Print every setting with its default.
    Config,
}

/// Why a command could not do its work, with the exit code.
#[derive(Debug)]
struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    fn new(code: u8, message: impl ToString) -> Self {
        Self { code, message: message.to_string() }
    }

    fn unusable(cause: impl ToString) -> Self {
        Self::new(UNUSABLE, cause)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::new(USAGE, error)
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        Self::unusable(error)
    }
}

impl From<throughline_store::StoreError> for Failure {
    fn from(error: throughline_store::StoreError) -> Self {
        Self::unusable(error)
    }
}

/// Runs the program with the arguments and the environment of the process.
///
/// Exit codes: 0 good, 1 the answer is no or a problem was found, 2 usage or configuration (of `ready` also: not known), 3
/// the store or the server cannot be used.
pub fn run() -> ExitCode {
    let call = Call::parse();
    match dispatch(call) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            eprintln!("throughline: {}", failure.message);
            ExitCode::from(failure.code)
        }
    }
}

fn dispatch(call: Call) -> Result<u8, Failure> {
    let settings = Settings::load(call.config.as_deref(), std::env::vars())?;
    telemetry::start(&settings.log).map_err(|cause| Failure::new(USAGE, cause))?;
    match call.command {
        Command::Serve => serve::run(settings),
        Command::Demo(call) => demo::run(settings, &call),
        Command::Verify(call) => maintenance::verify(&settings, &call),
        Command::Rebuild => maintenance::rebuild(&settings),
        Command::Backfill(call) => backfill::run(&settings, &call),
        Command::Catalog(call) => catalog::run(&settings, call),
        Command::Import(call) => import::run(&settings, call),
        Command::Export(call) => export::run(&settings, &call),
        Command::Source(call) => source::run(&settings, call),
        Command::Push(call) => push::run(&call),
        Command::Deployed(call) => deployed::run(&call),
        Command::Snapshot(call) => snapshot::run(&call),
        Command::Token(call) => credentials::token(&settings, call),
        Command::LoginLink => credentials::login_link(&settings),
        Command::Resolve(call) => questions::resolve(&settings, &call),
        Command::Search(call) => search::run(&settings, &call),
        Command::Trace(call) => questions::trace(&settings, &call),
        Command::Impact(call) => questions::impact(&settings, &call),
        Command::Path(call) => questions::path(&settings, &call),
        Command::Suspects(call) => running::suspects(&settings, &call),
        Command::Where(call) => running::whereabouts(&settings, &call),
        Command::Environments(call) => running::environments(&settings, &call),
        Command::Diff(call) => running::diff(&settings, &call),
        Command::Board(call) => running::board(&settings, &call),
        Command::Flow(call) => flow::run(&settings, &call),
        Command::Islands(call) => care::islands(&settings, &call),
        Command::Doctor(call) => care::doctor(&settings, &call),
        Command::Ticket(call) => care::ticket(&settings, &call),
        Command::Ready(call) => release::ready(&settings, &call),
        Command::Signoff(call) => release::signoff(&settings, &call),
        Command::Waive(call) => release::waive(&settings, &call),
        Command::Emergency(call) => release::emergency(&settings, &call),
        Command::Policy(call) => policy::run(&settings, &call),
        Command::Link(call) => link::run(&settings, &call),
        Command::Config => {
            print!("{}", crate::config::default_file());
            Ok(GOOD)
        }
    }
}

/// Opens a store that is there already: a command that looks at a ledger must not make an empty one.
fn existing_store(settings: &Settings) -> Result<throughline_store::Store, Failure> {
    if settings.database.url.is_empty() {
        let file = settings.server.data_folder.join("throughline.db");
        if !file.exists() {
            return Err(Failure::unusable(format!(
                "there is no ledger at {}; start it with `throughline serve`, or name another server.data_folder",
                file.display()
            )));
        }
    }
    Ok(crate::app::open_store(settings)?)
}
