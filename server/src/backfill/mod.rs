//! Reading the history that a tool already has, and what its webhooks have lost.
//!
//! A tool's interface is asked page by page ([`api`], [`reading`]). What it answers is put into the form that the tool's
//! webhook would have had, so that the provider's one parser reads it, and appended under an id that is the same
//! whenever the same state is read ([`intake`]): reading twice adds nothing. One file or folder for each tool knows its
//! lists. [`heal`] fetches deliveries that GitHub could not deliver, and [`gaps`] keeps what is gone for good.

use std::sync::Arc;

use thiserror::Error;
use throughline_domain::time::Timestamp;
use throughline_store::StoreError;

use self::api::Api;
use self::reading::Reader;
use crate::keys::KeysError;

mod api;
pub mod credentials;
pub mod gaps;
mod github;
mod gitlab;
pub mod heal;
pub mod healer;
mod intake;
mod jenkins;
mod jira;
mod pace;
mod parts;
mod progress;
mod reading;
mod transport;

pub use self::api::{ApiError, Login};
pub use self::intake::{BATCH, Intake};
pub use self::progress::Progress;

/// The tools whose history can be read.
pub const TOOLS: [&str; 4] = ["github", "gitlab", "jira", "jenkins"];

/// The most pages of one list that are read at a time, unless told otherwise.
pub const MAX_PAGES: usize = 10_000;

/// The most repositories, projects or jobs that are read at a time.
pub const MAX_PLACES: usize = 5_000;

/// What to read.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How far back.
    pub since: Timestamp,
    /// Only these repositories, projects or jobs; all that the login may see where empty.
    pub places: Vec<String>,
    /// The most pages of one list.
    pub pages: usize,
    /// Whether deliveries that GitHub could not deliver are fetched, too.
    pub heals: bool,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many entries were added.
    pub added: u64,
    /// How many were in the ledger before.
    pub known: u64,
    /// What could not be read, and why.
    pub left_out: Vec<String>,
    /// How many deliveries of webhooks were fetched that had been lost; they count as added, too.
    pub healed: u64,
    /// How many deliveries are gone for good.
    pub gone: u64,
}

/// Why reading stopped. What was appended before stays; the next reading goes on there.
#[derive(Debug, Error)]
pub enum BackfillError {
    /// The tool could not be asked.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The ledger could not be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no randomness.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// A list has no end, or more than was allowed.
    #[error("{list} has more than {pages} pages; run the same command again to go on, or allow more with --pages")]
    TooManyPages {
        /// The list.
        list: String,
        /// The bound.
        pages: usize,
    },
    /// There are more repositories, projects or jobs than are read at a time.
    #[error("the login may see more than {MAX_PLACES} {0}; name some with --repository")]
    TooManyPlaces(&'static str),
    /// A name cannot be that of a repository, project or job.
    #[error("'{0}' is no name of a repository, project or job of this tool")]
    Place(String),
    /// The tool has no history that can be read.
    #[error("the history of '{0}' cannot be read; that of {tools} can", tools = TOOLS.join(", "))]
    Tool(String),
}

/// Reads the history of a source's tool.
///
/// # Errors
/// A [`BackfillError`].
pub async fn run(
    address: &str,
    login: &Login,
    intake: &Intake,
    progress: &Progress,
    plan: &Plan,
) -> Result<Report, BackfillError> {
    let mut report = Report::default();
    let tool = intake.source().provider.name;
    if tool == "github" {
        let api = Arc::new(Api::github(address, login, progress.clone())?);
        report.left_out = github::read(&api, login, intake, progress, plan).await?;
        if plan.heals && !intake.is_trial() {
            let healed = heal::heal(&api, login, intake, &plan.places).await?;
            (report.healed, report.gone) = (healed.fetched, healed.gone);
            report.left_out.extend(healed.left_out);
        }
    } else {
        let api = Api::plain(address, login, progress.clone())?;
        let reader = Reader { api: &api, intake, progress, since: plan.since, pages: plan.pages };
        report.left_out = match tool {
            "gitlab" => gitlab::read(&reader, &plan.places).await?,
            "jira" => jira::read(&reader, &plan.places).await?,
            "jenkins" => jenkins::read(&reader, &plan.places).await?,
            other => return Err(BackfillError::Tool(other.to_owned())),
        };
    }
    (report.added, report.known) = intake.counts();
    Ok(report)
}
