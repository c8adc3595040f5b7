//! `throughline policy`: the policies for releases, checked, put in force and shown.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use throughline_domain::calendar::MAX_CALENDAR_BYTES;
use throughline_domain::policy::{MAX_MODULE_BYTES, MAX_POLICY_BYTES, PolicySet, with_files};

use crate::cli::questions::{How, ask, post, print};
use crate::cli::release::append;
use crate::cli::{Failure, GOOD, NO, UNUSABLE, USAGE, input};
use crate::config::Settings;
use crate::configuration;
use crate::http::problem::Problem;
use crate::keys::Keys;
use crate::policies::{self, PolicyAnswer, PolicyApplied, PolicyQuery, PolicyRequest};

#[derive(Debug, Args)]
pub(super) struct PolicyCall {
    #[command(subcommand)]
    command: PolicyCommand,
}

#[derive(Debug, Subcommand)]
enum PolicyCommand {
    /// Read a policy file and name the first mistake, if there is one. Nothing is kept.
    Check(FilesCall),
    /// Put a policy file in force in place of the one before. It becomes an entry of the ledger.
    Apply(ApplyCall),
    /// Print the policies in force, or those that were.
    Show(ShowCall),
}

#[derive(Debug, Args)]
struct FilesCall {
    /// The file; config/readiness.example.toml explains every table. Files of own gates lie beside it.
    file: PathBuf,
    /// Who is on call: a team and its calendar (iCalendar), payments=on-call.ics. May be given for each team.
    #[arg(long = "calendar", value_name = "TEAM=FILE")]
    calendars: Vec<String>,
}

#[derive(Debug, Args)]
struct ApplyCall {
    #[command(flatten)]
    files: FilesCall,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Args)]
struct ShowCall {
    /// Those that were in force at this time, RFC 3339.
    #[arg(long)]
    at: Option<String>,
    /// Those that were in force when the ledger had so many entries.
    #[arg(long, conflicts_with = "at")]
    size: Option<u64>,
    /// Those of this hash, as verdicts name them.
    #[arg(long, conflicts_with_all = ["at", "size"])]
    sha256: Option<String>,
    #[command(flatten)]
    how: How,
}

pub(super) fn run(settings: &Settings, call: &PolicyCall) -> Result<u8, Failure> {
    match &call.command {
        PolicyCommand::Check(files) => {
            let (request, set) = read(files)?;
            println!("The policies can be applied: {}.", policies::counted(&set, &request.calendars));
            Ok(GOOD)
        }
        PolicyCommand::Apply(ApplyCall { files, how }) => {
            let (request, _) = read(files)?;
            let applied: PolicyApplied = match &how.server {
                Some(server) => post(how, server, "policy", &request)?,
                None => apply(settings, request)?,
            };
            print(how, &applied, |_| said(&applied))?;
            Ok(GOOD)
        }
        PolicyCommand::Show(call) => show(settings, call),
    }
}

fn show(settings: &Settings, call: &ShowCall) -> Result<u8, Failure> {
    let ShowCall { at, size, sha256, how } = call;
    let answer: PolicyAnswer = match &how.server {
        Some(server) => {
            let size = size.map(|size| size.to_string());
            ask(how, server, "policy", &[("at", at.as_ref()), ("size", size.as_ref()), ("sha256", sha256.as_ref())])?
        }
        None => {
            let query = PolicyQuery { at: at.clone(), size: *size, sha256: sha256.clone() };
            policies::show(&super::questions::desk(settings)?, &query)?
        }
    };
    print(how, &answer, |_| answer.text.clone())?;
    Ok(GOOD)
}

fn apply(settings: &Settings, request: PolicyRequest) -> Result<PolicyApplied, Failure> {
    // The first thing that somebody does may be to apply policies: the ledger begins with them then.
    drop(crate::app::open_store(settings)?);
    let desk = super::questions::desk(settings)?;
    let policies::Prepared { mut applied, statement } = policies::prepare(&desk, request)?;
    if let Some(statement) = statement {
        let keys = Keys::open(&settings.server.data_folder).map_err(Failure::unusable)?;
        applied.entry = Some(append(settings, &desk, &keys, configuration::draft(&keys, &statement)?)?);
    }
    Ok(applied)
}

fn said(applied: &PolicyApplied) -> String {
    let PolicyApplied { entry, sha256, holds } = applied;
    match entry {
        Some(entry) => format!("The policies are in force: {holds}.\nEntry {entry} of the ledger, SHA-256 {sha256}\n"),
        None => format!("These policies are in force already: {holds}.\nSHA-256 {sha256}\n"),
    }
}

/// Reads the file with those that it names, and the calendars.
fn read(call: &FilesCall) -> Result<(PolicyRequest, PolicySet), Failure> {
    let FilesCall { file, calendars } = call;
    let wrong = |cause: String| Failure::new(USAGE, format!("{}: {cause}", file.display()));
    let text = text_of(file, MAX_POLICY_BYTES)?;
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut module = |name: &str| text_of(&folder.join(name), MAX_MODULE_BYTES).map_err(|failure| failure.message);
    let policy = with_files(&text, &mut module).map_err(|error| wrong(error.to_string()))?;
    let mut texts = BTreeMap::new();
    for given in calendars {
        let (team, calendar) = given.split_once('=').filter(|(team, _)| !team.trim().is_empty()).ok_or_else(|| {
            Failure::new(USAGE, format!("'{given}' is no calendar of a team; write it like payments=on-call.ics"))
        })?;
        let former = texts.insert(team.trim().to_owned(), text_of(Path::new(calendar), MAX_CALENDAR_BYTES)?);
        if former.is_some() {
            return Err(Failure::new(USAGE, format!("the team '{team}' has two calendars; join them into one")));
        }
    }
    let request = PolicyRequest { policy, calendars: texts };
    let set = policies::check(&request).map_err(|problem| wrong(problem.detail))?;
    Ok((request, set))
}

fn text_of(file: &Path, limit: usize) -> Result<String, Failure> {
    let bytes = input::read(file, u64::try_from(limit).unwrap_or(u64::MAX))?;
    String::from_utf8(bytes).map_err(|_| Failure::new(USAGE, format!("{} is no text in UTF-8", file.display())))
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        let code = match problem.code.status().as_u16() {
            400 => USAGE,
            404 | 409 => NO,
            _ => UNUSABLE,
        };
        Self::new(code, problem.detail)
    }
}
