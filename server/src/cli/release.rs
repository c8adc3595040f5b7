//! `throughline ready`, `signoff`, `waive` and `emergency`: whether something can go out, and what people decide about it.

use std::time::{Duration, Instant};

use clap::{Args, Subcommand, ValueEnum};
use throughline_store::{Appender, Draft, ledger};

use crate::ask::Desk;
use crate::cli::questions::{How, ask, desk, post, print};
use crate::cli::{Failure, GOOD, NO, UNKNOWN, USAGE};
use crate::clock;
use crate::config::Settings;
use crate::configuration;
use crate::keys::Keys;
use crate::plain;
use crate::readiness::answer::{AgainAnswer, ReadyAnswer};
use crate::readiness::{self, ReadyRequest, junit, markdown, record, text};
use crate::release::{self, Decided, ReleaseError, ReleaseReceipt, ReleaseRequest};

/// How long a command waits for a server to read what stands in the ledger already.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often it looks meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(50);

#[derive(Debug, Args)]
pub(super) struct ReadyCall {
    /// What goes out: an image, a digest, a release, a commit, acme/checkout#42, a deployment.
    #[arg(required_unless_present = "again")]
    candidate: Option<String>,
    /// The environment that it goes to.
    #[arg(long = "for", required_unless_present = "again")]
    environment: Option<String>,
    /// The service, where the candidate is of several.
    #[arg(long)]
    service: Option<String>,
    /// Do not record the verdict.
    #[arg(long)]
    dry_run: bool,
    /// Judge a recorded verdict again, by the index of its ledger entry. Exits with 0 where the result is the same, else
    /// with 1.
    #[arg(long, conflicts_with_all = ["candidate", "environment", "service", "dry_run"])]
    again: Option<u64>,
    /// How the verdict is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Who asks; of use only where no server is asked, which knows that from the token.
    #[arg(long, env = "USER", default_value = "operator")]
    by: String,
    #[command(flatten)]
    how: How,
}

/// How a verdict is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// Markdown, for a comment on a pull request.
    Markdown,
    /// JUnit XML: a test case for each gate.
    Junit,
}

#[derive(Debug, Args)]
pub(super) struct SignoffCall {
    #[command(subcommand)]
    command: Signoff,
}

#[derive(Debug, Subcommand)]
enum Signoff {
    /// It may go out.
    Go(SignoffDecision),
    /// It must not go out.
    NoGo(SignoffDecision),
}

#[derive(Debug, Args)]
struct SignoffDecision {
    /// When it ceases to count: a time, a day, or a span like 7d. For good unless given.
    #[arg(long)]
    expires: Option<String>,
    #[command(flatten)]
    decision: DecisionCall,
}

#[derive(Debug, Args)]
pub(super) struct WaiveCall {
    /// The gate that need not pass.
    #[arg(long)]
    gate: String,
    /// When it ceases to count: a time, a day, or a span like 7d; at most 90 days from now.
    #[arg(long)]
    expires: String,
    #[command(flatten)]
    decision: DecisionCall,
}

#[derive(Debug, Args)]
pub(super) struct EmergencyCall {
    /// When it ceases to count: a time, a day, or a span like 12h; at most 90 days from now.
    #[arg(long)]
    expires: String,
    #[command(flatten)]
    decision: DecisionCall,
}

#[derive(Debug, Args)]
struct DecisionCall {
    /// What goes out: an image, a digest, a release, a commit, acme/checkout#42, a deployment.
    candidate: String,
    /// The environment that it goes to.
    #[arg(long = "for")]
    environment: String,
    /// The service, where the candidate is of several.
    #[arg(long)]
    service: Option<String>,
    /// Why. Whoever meets the decision later reads it.
    #[arg(long)]
    reason: String,
    /// Who decides; of use only where no server is asked, which knows that from the token.
    #[arg(long, env = "USER", default_value = "operator")]
    by: String,
    #[command(flatten)]
    how: How,
}

pub(super) fn ready(settings: &Settings, call: &ReadyCall) -> Result<u8, Failure> {
    // To a pipeline, 1 says that the evidence speaks against it. That something is not known is another matter.
    let unknown = |failure: Failure| if failure.code == NO { Failure { code: UNKNOWN, ..failure } } else { failure };
    match (call.again, &call.candidate, &call.environment) {
        (Some(entry), _, _) => again(settings, call, entry),
        (None, Some(candidate), Some(environment)) => judge(settings, call, candidate, environment).map_err(unknown),
        (None, _, _) => {
            Err(Failure::new(USAGE, "say what goes out and where to: ready <candidate> --for <environment>"))
        }
    }
}

pub(super) fn signoff(settings: &Settings, call: &SignoffCall) -> Result<u8, Failure> {
    let (decided, SignoffDecision { expires, decision }) = match &call.command {
        Signoff::Go(call) => (Decided::Go, call),
        Signoff::NoGo(call) => (Decided::NoGo, call),
    };
    decide(settings, decision, decided, None, expires.as_deref())
}

pub(super) fn waive(settings: &Settings, call: &WaiveCall) -> Result<u8, Failure> {
    let WaiveCall { gate, expires, decision } = call;
    decide(settings, decision, Decided::Waive, Some(gate), Some(expires))
}

pub(super) fn emergency(settings: &Settings, call: &EmergencyCall) -> Result<u8, Failure> {
    let EmergencyCall { expires, decision } = call;
    decide(settings, decision, Decided::Emergency, None, Some(expires))
}

/// Appends an entry to the local ledger, beside a server that may be running.
pub(super) fn append(settings: &Settings, desk: &Desk, keys: &Keys, draft: Draft) -> Result<u64, Failure> {
    let key = keys.signing(&settings.ledger.origin).map_err(Failure::unusable)?;
    let mut appender = Appender::open(&desk.store, key)?;
    crate::witness::check(&settings.server.data_folder, &desk.store, appender.head())?;
    Ok(configuration::append_draft(&desk.store, &mut appender, draft)?)
}

fn judge(settings: &Settings, call: &ReadyCall, candidate: &str, environment: &str) -> Result<u8, Failure> {
    let ReadyCall { service, dry_run, how, .. } = call;
    let asked =
        ReadyRequest { candidate: candidate.to_owned(), environment: environment.to_owned(), service: service.clone() };
    let answer: ReadyAnswer = match (&how.server, *dry_run) {
        (Some(server), true) => {
            let ReadyRequest { candidate, environment, service } = &asked;
            let parameters =
                [("candidate", Some(candidate)), ("for", Some(environment)), ("service", service.as_ref())];
            ask(how, server, "ready", &parameters)?
        }
        (Some(server), false) => post(how, server, "ready", &asked)?,
        (None, _) => judge_here(settings, call, &asked)?,
    };
    print_verdict(call, &answer)?;
    Ok(answer.outcome.exit_code())
}

fn judge_here(settings: &Settings, call: &ReadyCall, asked: &ReadyRequest) -> Result<ReadyAnswer, Failure> {
    let desk = desk(settings)?;
    // A no-go of a second ago must count.
    let unread = unread(&desk)?;
    if unread > 0 {
        eprintln!(
            "throughline: no server has read the last {unread} entries of the ledger, so what they say does not count here; \
             see that `throughline serve` runs"
        );
    }
    let judged = readiness::judge(&desk, asked, clock::now())?;
    if call.dry_run {
        return Ok(judged.answer);
    }
    let keys = Keys::open(&settings.server.data_folder).map_err(Failure::unusable)?;
    let (draft, _) = record::draft(&keys, &judged, &call.by)?;
    let entry = append(settings, &desk, &keys, draft)?;
    Ok(ReadyAnswer { entry: Some(entry), ..judged.answer })
}

fn again(settings: &Settings, call: &ReadyCall, entry: u64) -> Result<u8, Failure> {
    let how = &call.how;
    let answer: AgainAnswer = match &how.server {
        Some(server) => ask(how, server, &format!("ready/{entry}"), &[])?,
        None => record::again(&desk(settings)?, entry, clock::now())?,
    };
    match call.format {
        Format::Text => print(how, &answer, |style| text::again(&answer, style))?,
        Format::Markdown | Format::Junit => print_verdict(call, &answer.recorded)?,
    }
    Ok(if answer.same { GOOD } else { NO })
}

fn print_verdict(call: &ReadyCall, answer: &ReadyAnswer) -> Result<(), Failure> {
    let how = &call.how;
    let page = how.server.as_ref().map(|server| {
        let path = plain::ready_for_href(&answer.candidate.key, &answer.environment.key);
        format!("{}{path}", server.trim_end_matches('/'))
    });
    print(how, answer, |style| match call.format {
        Format::Text => text::verdict(answer, style),
        Format::Markdown => markdown::comment(answer, page.as_deref()),
        Format::Junit => junit::report(answer),
    })
}

fn decide(
    settings: &Settings,
    call: &DecisionCall,
    decision: Decided,
    gate: Option<&String>,
    expires: Option<&str>,
) -> Result<u8, Failure> {
    let DecisionCall { candidate, environment, service, reason, by, how } = call;
    let request = ReleaseRequest {
        candidate: candidate.clone(),
        environment: environment.clone(),
        service: service.clone(),
        decision,
        gate: gate.cloned(),
        reason: reason.clone(),
        expires: expires.map(str::to_owned),
    };
    let (kept, counts): (ReleaseReceipt, bool) = match &how.server {
        Some(server) => (post(how, server, "release-decisions", &request)?, false),
        None => keep(settings, &request, by)?,
    };
    print(how, &kept, |_| said(&kept, counts))?;
    Ok(GOOD)
}

/// Keeps a decision; answers it, and whether verdicts count it already.
fn keep(settings: &Settings, request: &ReleaseRequest, by: &str) -> Result<(ReleaseReceipt, bool), Failure> {
    let desk = desk(settings)?;
    let moment = clock::now();
    let statement = release::read(&desk, request, by, moment)?;
    let keys = Keys::open(&settings.server.data_folder).map_err(Failure::unusable)?;
    let (draft, _) = release::draft(&keys, &statement, moment)?;
    let entry = append(settings, &desk, &keys, draft)?;
    let counts = unread(&desk)? == 0;
    Ok((release::receipt(&statement, entry), counts))
}

/// How many entries of the ledger no server has read, once one had a moment for it.
fn unread(desk: &Desk) -> Result<u64, Failure> {
    let size = desk.store.read(ledger::read_head)?.map_or(0, |head| head.size);
    let began = Instant::now();
    loop {
        let left = size.saturating_sub(desk.live.covered());
        if left == 0 || began.elapsed() >= PATIENCE {
            return Ok(left);
        }
        std::thread::sleep(LOOK_EVERY);
        desk.live.follow(&desk.store)?;
    }
}

fn said(kept: &ReleaseReceipt, counts: bool) -> String {
    let ReleaseReceipt { candidate, environment, decision, gate, by, reason: _, expires, entry } = kept;
    let what = match (decision, gate) {
        (Decided::Go, _) => "may go out".to_owned(),
        (Decided::NoGo, _) => "must not go out".to_owned(),
        (Decided::Waive, gate) => {
            format!("need not pass the gate {}", gate.as_deref().map(plain::line).unwrap_or_default())
        }
        (Decided::Emergency, _) => "goes out as an emergency".to_owned(),
    };
    let until = expires.as_deref().map(|end| format!(", until {}", plain::moment(end))).unwrap_or_default();
    let by = plain::line(by);
    let counted = if counts { "verdicts count it" } else { "verdicts count it once a server has read it" };
    format!(
        "{candidate}\n  for {environment}\nThat {what}, as {by} says{until}. It is entry {entry} of the ledger; {counted}.\n"
    )
}

impl From<ReleaseError> for Failure {
    fn from(error: ReleaseError) -> Self {
        match error {
            ReleaseError::Ask(error) => error.into(),
            error @ ReleaseError::Refused(_) => Self::new(USAGE, error),
            error @ ReleaseError::Missing(_) => Self::new(NO, error),
            error @ ReleaseError::Keys(_) => Self::unusable(error),
            ReleaseError::Store(error) => error.into(),
        }
    }
}
