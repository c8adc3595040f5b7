//! `throughline link`: a link confirmed, refused or added. It becomes an entry of the ledger.

use clap::{Args, Subcommand};
use throughline_store::Appender;

use crate::actions::Verdict;
use crate::cli::questions::{How, desk, post, print};
use crate::cli::{Failure, GOOD, USAGE};
use crate::config::Settings;
use crate::decide::{self, DecideError, DecisionReceipt, DecisionRequest};
use crate::keys::Keys;

#[derive(Debug, Args)]
pub(super) struct LinkCall {
    #[command(subcommand)]
    command: LinkCommand,
}

#[derive(Debug, Subcommand)]
enum LinkCommand {
    /// It holds: a guess becomes a statement.
    Confirm(DecisionCall),
    /// It does not hold, whatever says so. The newest decision counts.
    Refuse(DecisionCall),
    /// Add a link that no tool and no rule has found.
    Add(DecisionCall),
}

#[derive(Debug, Args)]
struct DecisionCall {
    /// The later end: whatever is in hand.
    from: String,
    /// What the link says: resolves, relates_to, part_of, deploys, caused_by …
    kind: String,
    /// The earlier end.
    to: String,
    /// Why. Whoever meets the link later reads it.
    #[arg(long)]
    reason: String,
    /// Who decides; of use only where no server is asked, which knows that from the token.
    #[arg(long, env = "USER", default_value = "operator")]
    by: String,
    #[command(flatten)]
    how: How,
}

pub(super) fn run(settings: &Settings, call: &LinkCall) -> Result<u8, Failure> {
    let (verdict, call) = match &call.command {
        LinkCommand::Confirm(call) | LinkCommand::Add(call) => (Verdict::Confirmed, call),
        LinkCommand::Refuse(call) => (Verdict::Refused, call),
    };
    let DecisionCall { from, kind, to, reason, by, how } = call;
    let request =
        DecisionRequest { from: from.clone(), kind: kind.clone(), to: to.clone(), verdict, reason: reason.clone() };
    let kept: DecisionReceipt = match &how.server {
        Some(server) => post(how, server, "links/decisions", &request)?,
        None => keep(settings, &request, by)?,
    };
    print(how, &kept, |_| said(&kept))?;
    Ok(GOOD)
}

fn keep(settings: &Settings, request: &DecisionRequest, by: &str) -> Result<DecisionReceipt, Failure> {
    let desk = desk(settings)?;
    let decision = decide::read(&desk, request, by)?;
    let keys = Keys::open(&settings.server.data_folder).map_err(Failure::unusable)?;
    let key = keys.signing(&settings.ledger.origin).map_err(Failure::unusable)?;
    let mut appender = Appender::open(&desk.store, key)?;
    crate::witness::check(&settings.server.data_folder, &desk.store, appender.head())?;
    Ok(decide::append(&desk.store, &mut appender, &keys, &decision)?)
}

fn said(kept: &DecisionReceipt) -> String {
    let DecisionReceipt { from, kind, to, verdict, by, entry } = kept;
    let verdict = match verdict {
        Verdict::Confirmed => "holds",
        Verdict::Refused => "does not hold",
    };
    format!(
        "{from}\n  {kind}\n{to}\nThat link {verdict}, as {by} says. It is entry {entry} of the ledger; answers show it once \
         a server has read it.\n"
    )
}

impl From<DecideError> for Failure {
    fn from(error: DecideError) -> Self {
        match error {
            DecideError::Ask(error) => error.into(),
            error @ DecideError::Refused(_) => Self::new(USAGE, error),
            error @ DecideError::Keys(_) => Self::unusable(error),
            DecideError::Store(error) => error.into(),
        }
    }
}
