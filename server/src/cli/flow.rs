//! `throughline flow`: how work flows to production, asked here, or of a server.

use clap::Args;

use crate::cli::questions::{How, ask, desk, print};
use crate::cli::{Failure, GOOD, USAGE};
use crate::clock;
use crate::config::Settings;
use crate::flow::{FlowAnswer, FlowError, FlowQuery, report};

#[derive(Debug, Args)]
pub(super) struct FlowCall {
    /// The first day or moment: 2026-01-01 or RFC 3339; twelve weeks before the end unless given.
    #[arg(long)]
    from: Option<String>,
    /// The last day, or the first moment after the period; now unless given.
    #[arg(long)]
    to: Option<String>,
    /// Only this service.
    #[arg(long)]
    service: Option<String>,
    /// Only the services that this team answers for.
    #[arg(long)]
    team: Option<String>,
    /// Where "live" is; the last environment on the way unless given.
    #[arg(long)]
    env: Option<String>,
    /// Show what one figure rests on: its name, as it stands in brackets.
    #[arg(long)]
    open: Option<String>,
    #[command(flatten)]
    how: How,
}

pub(super) fn run(settings: &Settings, call: &FlowCall) -> Result<u8, Failure> {
    let FlowCall { from, to, service, team, env, open, how } = call;
    let answer: FlowAnswer = match &how.server {
        Some(server) => {
            let parameters = [
                ("from", from.as_ref()),
                ("to", to.as_ref()),
                ("service", service.as_ref()),
                ("team", team.as_ref()),
                ("env", env.as_ref()),
                ("open", open.as_ref()),
            ];
            ask(how, server, "flow", &parameters)?
        }
        None => {
            let query = FlowQuery {
                from: from.clone(),
                to: to.clone(),
                service: service.clone(),
                team: team.clone(),
                env: env.clone(),
                open: open.clone(),
            };
            desk(settings)?.flow(&query, clock::now())?
        }
    };
    let open = open.as_deref().map(str::trim);
    print(how, &answer, |_| report::flow(&answer, open))?;
    Ok(GOOD)
}

impl From<FlowError> for Failure {
    fn from(error: FlowError) -> Self {
        match error {
            FlowError::Ask(error) => error.into(),
            error @ FlowError::Wrong(_) => Self::new(USAGE, error),
        }
    }
}
