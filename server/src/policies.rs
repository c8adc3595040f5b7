//! The policies for releases as they are in force, as they were at any size of the ledger, and how others take their place.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use throughline_domain::dossier::Dossier;
use throughline_domain::policy::{self, PolicySet};
use throughline_domain::time::Timestamp;
use throughline_store::{Connection, StoreError, StoredEntry, ledger};
use utoipa::{IntoParams, ToSchema};

use crate::ask::{Desk, read_time};
use crate::calendars;
use crate::configuration::{CONFIGURATION_STREAM, Configuration};
use crate::http::problem::{Code, Problem};
use crate::release::ReleaseError;

/// The most earlier policies that are listed, the newest first.
const MAX_LISTED: usize = 100;

/// A policy file with the calendars that go with it, as it is handed in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyRequest {
    /// The whole file, TOML, with the modules of its own gates.
    pub policy: String,
    /// Who is on call: the text of a calendar (iCalendar) for each team, by the team's name.
    #[serde(default)]
    pub calendars: BTreeMap<String, String>,
}

/// What has come of a policy file that was handed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PolicyApplied {
    /// The index of its ledger entry; null where it was in force already, and nothing was appended.
    pub entry: Option<u64>,
    /// SHA-256 over the file, in hexadecimal digits: by that verdicts name it.
    pub sha256: String,
    /// What it holds, in words: `2 policies, 1 freeze windows …`.
    pub holds: String,
}

/// Which policies are asked for; without either, those in force now.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
pub struct PolicyQuery {
    /// Those that were in force at this time, RFC 3339.
    pub at: Option<String>,
    /// Those that were in force when the ledger had so many entries.
    pub size: Option<u64>,
    /// Those of this hash.
    pub sha256: Option<String>,
}

/// One policy of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PolicySummary {
    /// Its name.
    pub name: String,
    /// The environments that it is for; empty for all.
    pub environments: Vec<String>,
    /// The services that it is for; empty for all.
    pub services: Vec<String>,
    /// The labels that it is for; empty for all.
    pub labels: Vec<String>,
    /// Whether a person has to say go.
    pub sign_off: bool,
}

/// A version of the policies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PolicyVersion {
    /// The ledger entry that applied it.
    pub entry: u64,
    /// SHA-256 over the file.
    pub sha256: String,
    /// When it was applied, RFC 3339.
    pub applied: String,
}

/// The policies that were asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PolicyAnswer {
    /// The whole file.
    pub text: String,
    /// SHA-256 over it.
    pub sha256: String,
    /// The ledger entry that applied it; null for the built-in policies, which hold until somebody applies others.
    pub entry: Option<u64>,
    /// When it was applied, RFC 3339.
    pub applied: Option<String>,
    /// The policies of the file, in its order.
    pub policies: Vec<PolicySummary>,
    /// The teams that have a calendar of who is on call.
    pub calendars: Vec<String>,
    /// Every version of the ledger, the newest first, at most 100.
    pub versions: Vec<PolicyVersion>,
}

/// Policies as an entry of the ledger put them in force, or the built-in ones.
#[derive(Clone, Debug)]
pub struct PolicyInForce {
    /// What the file says.
    pub set: PolicySet,
    /// The whole file.
    pub text: String,
    /// The calendar of each team.
    pub calendars: BTreeMap<String, String>,
    /// The entry that applied it, and when; none for the built-in ones.
    pub applied: Option<(u64, Timestamp)>,
}

/// Which of the policies that ever were in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// The newest.
    Newest,
    /// Those in force when the ledger had so many entries.
    AtSize(u64),
    /// Those in force at a moment.
    At(Timestamp),
    /// Those of a hash.
    OfHash(String),
}

/// A policy file that was read and compared with the one in force.
pub struct Prepared {
    /// What will have come of it.
    pub applied: PolicyApplied,
    /// The statement to append; `None` where it is in force already.
    pub statement: Option<Configuration>,
}

/// Reads a policy file with its calendars, and says what it holds.
///
/// # Errors
/// 400 with the first mistake and its place.
pub fn check(request: &PolicyRequest) -> Result<PolicySet, Problem> {
    let wrong = |cause: String| Problem::new(Code::BadRequest, cause);
    let set = PolicySet::read(&request.policy).map_err(|error| wrong(error.to_string()))?;
    crate::rego::check(&set).map_err(wrong)?;
    calendars::check(&request.calendars).map_err(wrong)?;
    Ok(set)
}

/// Reads a policy file, and compares it with the one in force.
///
/// # Errors
/// As [`check`]; that of the database.
pub fn prepare(desk: &Desk, request: PolicyRequest) -> Result<Prepared, Problem> {
    let set = check(&request)?;
    let newest = desk.store.read(|connection| Ok(statements(connection)?.pop()))?;
    let PolicyRequest { policy, calendars } = request;
    let is_same = newest.is_some_and(|former| former.policy == policy && former.calendars == calendars);
    let applied = PolicyApplied { entry: None, holds: counted(&set, &calendars), sha256: set.sha256 };
    let statement = (!is_same).then_some(Configuration::PolicyApplied { policy, calendars });
    Ok(Prepared { applied, statement })
}

/// How much of what a file holds, in words.
pub fn counted(set: &PolicySet, calendars: &BTreeMap<String, String>) -> String {
    let counts = [
        ("policies", set.policies.len()),
        ("freeze windows", set.freezes.len()),
        ("own gates", set.own.len()),
        ("calendars", calendars.len()),
    ];
    counts.map(|(what, count)| format!("{count} {what}")).join(", ")
}

/// Policies with everything that is known of them.
///
/// # Errors
/// 400 for a time that cannot be read, 404 where no policies of that hash were ever in force.
pub fn show(desk: &Desk, query: &PolicyQuery) -> Result<PolicyAnswer, Problem> {
    let at = read_time(query.at.as_deref())?;
    let which = match (at, query.size, &query.sha256) {
        (None, None, None) => Which::Newest,
        (Some(at), None, None) => Which::At(at),
        (None, Some(size), None) => Which::AtSize(size),
        (None, None, Some(sha256)) => Which::OfHash(sha256.trim().to_lowercase()),
        (_, _, _) => return Err(Problem::new(Code::BadRequest, "give one of at, size and sha256")),
    };
    let found = find(desk, &which)?;
    let mut versions: Vec<PolicyVersion> = desk.store.read(statements)?.into_iter().map(Statement::version).collect();
    versions.reverse();
    versions.truncate(MAX_LISTED);
    let policies = found.set.policies.iter().map(|one| PolicySummary {
        name: one.name.clone(),
        environments: one.selector.environments.clone(),
        services: one.selector.services.clone(),
        labels: one.selector.labels.clone(),
        sign_off: one.sign_off,
    });
    Ok(PolicyAnswer {
        sha256: found.set.sha256.clone(),
        entry: found.applied.map(|(entry, _)| entry),
        applied: found.applied.map(|(_, applied)| applied.to_string()),
        policies: policies.collect(),
        calendars: found.calendars.into_keys().collect(),
        text: found.text,
        versions,
    })
}

/// Finds policies that are or were in force.
///
/// # Errors
/// [`ReleaseError::Missing`] where there are none of that hash, or where this version cannot read them: nothing may be
/// judged by other ones in their place.
pub fn find(desk: &Desk, which: &Which) -> Result<PolicyInForce, ReleaseError> {
    let mut statements = desk.store.read(statements)?;
    match which {
        Which::Newest => {}
        Which::AtSize(size) => statements.retain(|statement| statement.entry < *size),
        Which::At(at) => statements.retain(|statement| statement.applied <= *at),
        Which::OfHash(sha256) => {
            statements.retain(|statement| policy::hash(&statement.policy) == *sha256);
            if statements.is_empty() && PolicySet::built_in().sha256 != *sha256 {
                let shown: String = sha256.chars().take(64).collect();
                return Err(ReleaseError::Missing(format!("no policies of the hash {shown} were ever in force here")));
            }
        }
    }
    let Some(Statement { entry, applied, policy, calendars }) = statements.pop() else {
        let text = policy::BUILT_IN.to_owned();
        return Ok(PolicyInForce { set: PolicySet::built_in(), text, calendars: BTreeMap::new(), applied: None });
    };
    let set = PolicySet::read(&policy).map_err(|cause| {
        ReleaseError::Missing(format!("the policies of entry {entry} cannot be read by this version: {cause}"))
    })?;
    Ok(PolicyInForce { set, text: policy, calendars, applied: Some((entry, applied)) })
}

/// The names of the gates that are judged for what a dossier is of.
///
/// # Errors
/// As [`find`].
pub fn gates_of(desk: &Desk, dossier: &Dossier) -> Result<Vec<String>, ReleaseError> {
    let found = find(desk, &Which::Newest)?;
    Ok(crate::readiness::gates_of(&found.set, dossier))
}

/// What an entry says of the policies.
struct Statement {
    entry: u64,
    applied: Timestamp,
    policy: String,
    calendars: BTreeMap<String, String>,
}

impl Statement {
    fn read(entry: StoredEntry) -> Option<Self> {
        match Configuration::read(entry.body.as_deref()?)? {
            Configuration::PolicyApplied { policy, calendars } => {
                Some(Self { entry: entry.position, applied: entry.received, policy, calendars })
            }
            Configuration::SourceAdded(_)
            | Configuration::SourceRotated(_)
            | Configuration::SourceMapped { .. }
            | Configuration::CatalogApplied { .. } => None,
        }
    }

    fn version(self) -> PolicyVersion {
        let Self { entry, applied, policy, calendars: _ } = self;
        PolicyVersion { entry, sha256: policy::hash(&policy), applied: applied.to_string() }
    }
}

/// Every statement about the policies, in order.
fn statements(connection: &mut Connection) -> Result<Vec<Statement>, StoreError> {
    let entries = ledger::entries_of_stream(connection, CONFIGURATION_STREAM)?;
    Ok(entries.into_iter().filter_map(Statement::read).collect())
}
