//! `throughline islands`, `doctor` and `ticket`: what is missing and why, and the ledger's own tickets.

use clap::{Args, Subcommand};

use crate::cli::questions::{How, ask, desk, print};
use crate::cli::{Failure, GOOD, NO, USAGE};
use crate::config::Settings;
use crate::doctor::DoctorAnswer;
use crate::islands::{IslandsAnswer, IslandsQuery};
use crate::report;
use crate::tickets::{BuildAndTestAnswer, OpsTicketAnswer, TicketError};

#[derive(Debug, Args)]
pub(super) struct IslandsCall {
    /// Only of this kind: change, service, alert.
    #[arg(long)]
    kind: Option<String>,
    /// Only what lacks this: ticket, owner.
    #[arg(long)]
    what: Option<String>,
    /// Only what belongs to this service, team or repository.
    #[arg(long)]
    of: Option<String>,
    /// How many to pass over.
    #[arg(long, default_value_t = 0)]
    skip: usize,
    /// How many at most.
    #[arg(long, default_value_t = 50)]
    limit: usize,
    /// Exit with 1 where something is missing.
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Args)]
pub(super) struct DoctorCall {
    /// Whatever is in hand, also where nothing is known of it.
    of: String,
    /// Exit with 1 where something was found.
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Args)]
pub(super) struct TicketCall {
    #[command(subcommand)]
    ticket: Ticket,
}

#[derive(Debug, Subcommand)]
enum Ticket {
    /// How a change was built and tested: its commits, what ran on each, what came out.
    BuildAndTest(CandidateCall),
    /// The way of an artifact, release, commit or deployment to production, and what watches over it.
    Ops(CandidateCall),
}

#[derive(Debug, Args)]
struct CandidateCall {
    /// Whatever is in hand: acme/checkout#42, a digest, a release, a deployment, a key.
    of: String,
    #[command(flatten)]
    how: How,
}

pub(super) fn islands(settings: &Settings, call: &IslandsCall) -> Result<u8, Failure> {
    let IslandsCall { kind, what, of, skip, limit, strict, how } = call;
    let answer: IslandsAnswer = match &how.server {
        Some(server) => {
            let (skip, limit) = (skip.to_string(), limit.to_string());
            let filters = [("kind", kind.as_ref()), ("what", what.as_ref()), ("of", of.as_ref())];
            let pages = [("skip", Some(&skip)), ("limit", Some(&limit))];
            ask(how, server, "islands", &[filters.as_slice(), &pages].concat())?
        }
        None => {
            let (kind, what, of) = (kind.clone(), what.clone(), of.clone());
            let query = IslandsQuery { kind, what, of, skip: Some(*skip), limit: Some(*limit) };
            query.check().map_err(|cause| Failure::new(USAGE, cause))?;
            desk(settings)?.islands(&query)?
        }
    };
    print(how, &answer, |_| report::islands(&answer))?;
    Ok(if *strict && answer.total > 0 { NO } else { GOOD })
}

pub(super) fn doctor(settings: &Settings, call: &DoctorCall) -> Result<u8, Failure> {
    let DoctorCall { of, strict, how } = call;
    let answer: DoctorAnswer = match &how.server {
        Some(server) => ask(how, server, "doctor", &[("of", Some(of))])?,
        None => desk(settings)?.doctor(of)?,
    };
    print(how, &answer, |_| report::doctor(&answer))?;
    Ok(if *strict && !answer.findings.is_empty() { NO } else { GOOD })
}

pub(super) fn ticket(settings: &Settings, call: &TicketCall) -> Result<u8, Failure> {
    match &call.ticket {
        Ticket::BuildAndTest(CandidateCall { of, how }) => {
            let answer: BuildAndTestAnswer = match &how.server {
                Some(server) => ask(how, server, "build-and-test", &[("of", Some(of))])?,
                None => desk(settings)?.build_and_test(of)?,
            };
            print(how, &answer, |_| report::build_and_test(&answer))?;
        }
        Ticket::Ops(CandidateCall { of, how }) => {
            let answer: OpsTicketAnswer = match &how.server {
                Some(server) => ask(how, server, "ops-ticket", &[("of", Some(of))])?,
                None => desk(settings)?.ops_ticket(of)?,
            };
            print(how, &answer, |_| report::ops_ticket(&answer))?;
        }
    }
    Ok(GOOD)
}

impl From<TicketError> for Failure {
    fn from(error: TicketError) -> Self {
        match error {
            TicketError::Ask(error) => error.into(),
            error @ TicketError::Kind { .. } => Self::new(USAGE, error),
        }
    }
}
