//! `throughline suspects`, `where`, `environments`, `diff` and `board`: asked here, or of a server.

use clap::Args;

use crate::ask::Desk;
use crate::cli::questions::{How, ask, desk, print};
use crate::cli::{Failure, GOOD, NO};
use crate::config::Settings;
use crate::listing;
use crate::places::{BoardAnswer, DiffAnswer, PlacesAnswer};
use crate::suspects::{SuspectsAnswer, USUAL_SUSPECTS};
use crate::whereabouts::WhereAnswer;

#[derive(Debug, Args)]
pub(super) struct SuspectsCall {
    /// An alert or incident: its address, fingerprint, number or key.
    of: String,
    /// A moment in place of the one at which it fired, RFC 3339.
    #[arg(long)]
    at: Option<String>,
    /// How many to list.
    #[arg(long, default_value_t = USUAL_SUSPECTS)]
    limit: usize,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Args)]
pub(super) struct WhereCall {
    /// A commit, pull request, ticket, artifact or release: whatever is in hand.
    of: String,
    /// A moment: where it was then, RFC 3339.
    #[arg(long)]
    at: Option<String>,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Args)]
pub(super) struct MomentCall {
    /// A moment: how it was then, RFC 3339.
    #[arg(long)]
    at: Option<String>,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Args)]
pub(super) struct DiffCall {
    /// An environment: staging.
    left: String,
    /// Another one, or the same at another moment: production.
    right: String,
    /// The moment of the first, RFC 3339; now unless given.
    #[arg(long)]
    left_at: Option<String>,
    /// The moment of the second, RFC 3339; now unless given.
    #[arg(long)]
    right_at: Option<String>,
    /// Only this service.
    #[arg(long)]
    service: Option<String>,
    #[command(flatten)]
    how: How,
}

pub(super) fn suspects(settings: &Settings, call: &SuspectsCall) -> Result<u8, Failure> {
    let limit = call.limit.to_string();
    let answer: SuspectsAnswer = match &call.how.server {
        Some(server) => {
            let parameters = [("of", Some(&call.of)), ("at", call.at.as_ref()), ("limit", Some(&limit))];
            ask(&call.how, server, "suspects", &parameters)?
        }
        None => desk(settings)?.suspects(&call.of, call.at.as_deref(), call.limit)?,
    };
    print(&call.how, &answer, |_| listing::suspects(&answer))?;
    Ok(if answer.suspects.is_empty() { NO } else { GOOD })
}

pub(super) fn whereabouts(settings: &Settings, call: &WhereCall) -> Result<u8, Failure> {
    let answer: WhereAnswer = match &call.how.server {
        Some(server) => ask(&call.how, server, "where", &[("of", Some(&call.of)), ("at", call.at.as_ref())])?,
        None => desk(settings)?.whereabouts(&call.of, call.at.as_deref())?,
    };
    print(&call.how, &answer, |_| listing::whereabouts(&answer))?;
    Ok(if answer.places.iter().any(|place| place.is_there) { GOOD } else { NO })
}

pub(super) fn environments(settings: &Settings, call: &MomentCall) -> Result<u8, Failure> {
    let answer: PlacesAnswer = match &call.how.server {
        Some(server) => ask(&call.how, server, "environments", &[("at", call.at.as_ref())])?,
        None => desk(settings)?.places(call.at.as_deref())?,
    };
    print(&call.how, &answer, |_| listing::places(&answer))?;
    Ok(if answer.tainted == 0 { GOOD } else { NO })
}

pub(super) fn diff(settings: &Settings, call: &DiffCall) -> Result<u8, Failure> {
    let answer: DiffAnswer = match &call.how.server {
        Some(server) => {
            let parameters = [
                ("left", Some(&call.left)),
                ("right", Some(&call.right)),
                ("left_at", call.left_at.as_ref()),
                ("right_at", call.right_at.as_ref()),
                ("service", call.service.as_ref()),
            ];
            ask(&call.how, server, "diff", &parameters)?
        }
        None => {
            let left = (call.left.as_str(), call.left_at.as_deref());
            let right = (call.right.as_str(), call.right_at.as_deref());
            desk(settings)?.diff(left, right, call.service.as_deref())?
        }
    };
    print(&call.how, &answer, |_| listing::diff(&answer))?;
    Ok(if answer.services.iter().all(|one| one.is_equal) { GOOD } else { NO })
}

pub(super) fn board(settings: &Settings, call: &MomentCall) -> Result<u8, Failure> {
    let answer: BoardAnswer = match &call.how.server {
        Some(server) => ask(&call.how, server, "board", &[("at", call.at.as_ref())])?,
        None => Desk::board(&desk(settings)?, call.at.as_deref())?,
    };
    print(&call.how, &answer, |_| listing::board(&answer))?;
    Ok(GOOD)
}
