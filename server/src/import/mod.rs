//! Importing a repository: a clone is read with `git`, and what it says becomes entries of the ledger.
//!
//! An import goes on from where the one before ended. One that was broken off is begun again: its entries are known by
//! what they say, so that those which are there already are not appended a second time.

use std::collections::BTreeSet;
use std::path::PathBuf;

use thiserror::Error;
use throughline_domain::catalog::Catalog;
use throughline_store::{Appender, SourceRow, Store, StoreError, ledger, sources as stored};
use throughline_webhooks::providers;

use crate::configuration::InForce;
use crate::keys::{Keys, KeysError, hex, random};
use crate::plain;
use crate::sources::{self, SourceError};

mod body;
mod chunks;
mod entries;
mod files;
mod git;
mod history;
mod ownership;
mod place;

pub use history::MAX_COMMITS;
pub use place::{Home, Pages};

use body::Content;
use entries::Entries;
use files::{LastChanges, Waiting};
use git::GitClone;
use history::{Log, Merges, Range, is_object_id};
use ownership::Ownership;

/// The provider whose sources imports belong to.
const PROVIDER: &str = "git";

/// How much of what was given is repeated in a message, in characters.
const MAX_SHOWN: usize = 200;

/// What is to be imported.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Where the clone is.
    pub clone: PathBuf,
    /// The branch, tag or commit up to which is imported; the default branch of `origin`, or else what is checked out.
    pub reference: Option<String>,
    /// Nothing older than this date, as git reads it.
    pub since: Option<String>,
    /// The repository's address; that of `origin` unless given.
    pub address: Option<String>,
    /// The source's name; made from the repository's unless given.
    pub source: Option<String>,
    /// How the host addresses pages; told by the host's name unless given.
    pub pages: Option<Pages>,
}

/// What an import has come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The source that the entries belong to.
    pub source: String,
    /// The repository's address.
    pub address: String,
    /// The commit up to which is imported.
    pub head: String,
    /// How many commits were read.
    pub commits: u64,
    /// How many files were read.
    pub files: u64,
    /// How many entries were appended.
    pub entries: u64,
    /// What ought to be known, one line each: files that cannot be used, a clone that is not whole.
    pub remarks: Vec<String>,
}

/// Why nothing, or not everything, was imported.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The clone cannot be read.
    #[error("{0}")]
    Git(String),
    /// What was asked for makes no sense.
    #[error("{0}")]
    Usage(String),
    /// There are too many commits.
    #[error("there are more than {MAX_COMMITS} commits; import a part with --since")]
    TooMany,
    /// There are too many files.
    #[error("there are more than {0} documents, rules and dashboards in the repository")]
    TooManyFiles(usize),
    /// The source cannot be made.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// No randomness.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads a clone and appends what is new.
///
/// # Errors
/// An [`ImportError`]. What has been appended until then stays; the next import goes on.
pub fn run(store: &Store, appender: &mut Appender, keys: &Keys, request: &Request) -> Result<Outcome, ImportError> {
    let clone = GitClone::open(&request.clone)?;
    let home = home(&clone, request)?;
    let (head, branch) = head(&clone, request.reference.as_deref())?;
    let source = source(store, appender, keys, &home, request.source.as_deref())?;
    let provider =
        providers::find(PROVIDER).ok_or_else(|| ImportError::Usage("there is no provider 'git'".to_owned()))?;
    let pages = request.pages.unwrap_or_else(|| Pages::of_host(home.repository.host()));
    let mut place = body::Place::new(home.address.clone());
    place.host = pages.provider();
    place.commit_page = pages.commit(&home.address);
    place.file_page = pages.file(&home.address, &branch);
    let name = format!("{}/{}", home.repository.host(), home.repository.path());
    let cursor = format!("imported/{name}/{}/", branch.replace('/', ":"));
    let before = before(store, &clone, &source, &cursor, &head)?;
    let range = Range { head: head.clone(), before, since: request.since.clone() };
    let services = services(store, &home)?;
    let entries = Entries {
        store,
        appender,
        keys,
        source: &source,
        provider,
        place: &place,
        name,
        waiting: Vec::new(),
        waiting_bytes: 0,
        appended: 0,
    };
    let import = Import { clone: &clone, range, services, entries, outcome: Outcome::default() };
    let mut outcome = import.run(&branch, &format!("{cursor}{head}"))?;
    if pages == Pages::Unknown {
        outcome.remarks.push(format!(
            "how {} addresses its pages is not known: documents are known by their paths alone; import with --pages and \
             another --source where that is to change",
            home.repository.host()
        ));
    }
    Ok(Outcome { source: source.name.clone(), address: home.address, head, ..outcome })
}

/// An import under way.
struct Import<'a> {
    clone: &'a GitClone,
    range: Range,
    services: Vec<String>,
    entries: Entries<'a>,
    outcome: Outcome,
}

impl Import<'_> {
    fn run(mut self, branch: &str, cursor: &str) -> Result<Outcome, ImportError> {
        if self.clone.answer(&["rev-parse", "--is-shallow-repository"])?.as_deref() == Some("true") {
            let remark = "the clone is not whole; `git fetch --unshallow` completes it, then import once more";
            self.outcome.remarks.push(remark.to_owned());
        }
        if self.clone.answer(&["config", "--get-regexp", r"^remote\..*\.promisor$"])?.is_some() {
            let remark = "the clone leaves out contents (--filter); what it lacks is not read, and nothing is fetched";
            self.outcome.remarks.push(remark.to_owned());
        }
        let mut contents = self.clone.contents()?;
        let mut ownership = Ownership::new(&mut contents, std::mem::take(&mut self.services));
        let is_new = self.range.before.as_deref() != Some(self.range.head.as_str());
        let mut changes = LastChanges::default();
        let mut at = None;
        if is_new {
            at = self.commits(&mut ownership, &mut changes)?;
            self.owners(&mut ownership)?;
            self.files(&mut ownership, changes)?;
        }
        self.tags()?;
        if is_new {
            let content = Content::Imported { branch, head: &self.range.head, at };
            self.entries.put_head(cursor, content)?;
        }
        self.entries.flush()?;
        self.outcome.entries = self.entries.appended;
        Ok(self.outcome)
    }

    /// Writes the commits; the time of the newest.
    fn commits(
        &mut self,
        ownership: &mut Ownership<'_>,
        changes: &mut LastChanges,
    ) -> Result<Option<throughline_domain::time::Timestamp>, ImportError> {
        let merges = Merges::read(self.clone, &self.range)?;
        self.outcome.commits = u64::try_from(merges.commits).unwrap_or(u64::MAX);
        if let (Some(since), None, 0) = (&self.range.since, &self.range.before, merges.commits) {
            // Git takes what it cannot read for this moment; to go on would pass over everything for good.
            let since = plain::clip(&plain::line(since), MAX_SHOWN);
            let what = format!("no commit is as new as '{since}'; write --since as 2026-01-01, or leave it out");
            return Err(ImportError::Usage(what));
        }
        let mut log = Log::read(self.clone, &self.range, hex(&random::<16>()?))?;
        let mut chunk = chunks::Commits::default();
        let mut at = None;
        while let Some(commit) = log.next()? {
            changes.note(&commit);
            let touches = ownership.touched(&commit)?;
            at = if commit.id == self.range.head { commit.committed_at } else { at };
            chunk.add(commit, touches, &merges);
            if chunk.is_full() {
                chunk.write(&mut self.entries)?;
            }
        }
        log.finish()?;
        chunk.write(&mut self.entries)?;
        Ok(at)
    }

    fn owners(&mut self, ownership: &mut Ownership<'_>) -> Result<(), ImportError> {
        let changes = ownership.changes(self.clone, &self.range)?;
        for owners in changes.chunks(chunks::MAX_OWNED) {
            self.entries.put("owners", Content::Owners { owners })?;
        }
        Ok(())
    }

    fn files(&mut self, ownership: &mut Ownership<'_>, changes: LastChanges) -> Result<(), ImportError> {
        let only_changed = self.range.before.is_some();
        let waiting = Waiting::list(self.clone, &self.range.head, changes, only_changed)?;
        let mut passed_over = BTreeSet::new();
        let mut chunk = chunks::Files::default();
        let mut contents = self.clone.contents()?;
        waiting.read(&mut contents, &mut passed_over, |mut file| {
            if files::is_owned(&file.path) {
                file.owners = ownership.owners(&self.range.head, &file.path)?;
            }
            self.outcome.files += 1;
            chunk.add(file);
            if chunk.is_full() { chunk.write(&mut self.entries) } else { Ok(()) }
        })?;
        chunk.write(&mut self.entries)?;
        self.outcome.remarks.extend(passed_over.into_iter().map(|line| format!("passed over {line}")));
        Ok(())
    }

    fn tags(&mut self) -> Result<(), ImportError> {
        let tags = chunks::tags(self.clone)?;
        for tags in tags.chunks(chunks::MAX_TAGS) {
            self.entries.put("tags", Content::Tags { tags })?;
        }
        Ok(())
    }
}

/// Where the repository is on the web: as it is given, or as the clone says.
fn home(clone: &GitClone, request: &Request) -> Result<Home, ImportError> {
    let address = match &request.address {
        Some(address) => address.clone(),
        None => clone.answer(&["config", "--get", "remote.origin.url"])?.unwrap_or_default(),
    };
    Home::of(&address).ok_or_else(|| {
        let said = if address.is_empty() {
            "the clone names no origin".to_owned()
        } else {
            format!("'{}' is no address", without_login(&address))
        };
        ImportError::Usage(format!("{said}; give the repository's with --address https://github.com/acme/checkout"))
    })
}

/// An address as it may be shown: what stands before its host may be a password.
fn without_login(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let shown =
        [scheme, if scheme.is_empty() { "" } else { "://" }, host, if path.is_empty() { "" } else { "/" }, path];
    plain::clip(&plain::line(&shown.concat()), MAX_SHOWN)
}

/// The commit up to which is imported, and the name of its branch.
fn head(clone: &GitClone, reference: Option<&str>) -> Result<(String, String), ImportError> {
    let candidates = match reference {
        Some(given) => vec![given],
        None => vec!["refs/remotes/origin/HEAD", "HEAD"],
    };
    for candidate in candidates.into_iter().filter(|candidate| !candidate.starts_with('-')) {
        let commit = clone.answer(&["rev-parse", "--verify", "--quiet", &format!("{candidate}^{{commit}}")])?;
        let Some(commit) = commit.filter(|commit| is_object_id(commit)) else { continue };
        let whole = clone.answer(&["rev-parse", "--symbolic-full-name", candidate])?.unwrap_or_default();
        let branch = match whole.strip_prefix("refs/remotes/").and_then(|rest| rest.split_once('/')) {
            Some((_, branch)) => branch,
            None => whole.strip_prefix("refs/heads/").or_else(|| whole.strip_prefix("refs/tags/")).unwrap_or(candidate),
        };
        return Ok((commit, branch.to_owned()));
    }
    let wanted = reference.unwrap_or("HEAD");
    Err(ImportError::Usage(format!("the clone has no commit '{wanted}'; name a branch, tag or commit with --ref")))
}

/// The source of the repository's imports, which is made where there is none.
fn source(
    store: &Store,
    appender: &mut Appender,
    keys: &Keys,
    home: &Home,
    name: Option<&str>,
) -> Result<SourceRow, ImportError> {
    let name = name.map_or_else(|| home.source_name(), str::to_owned);
    match store.read(stored::all)?.into_iter().find(|row| row.name == name) {
        Some(row) if row.provider == PROVIDER => Ok(row),
        Some(row) => Err(ImportError::Usage(format!(
            "the source '{name}' is of {}, not of {PROVIDER}; give another name with --source",
            row.provider
        ))),
        None => Ok(sources::add(store, appender, keys, PROVIDER, &name, None)?.row),
    }
}

/// The commit up to which everything was imported before; `None` where there is none, or the branch has another history
/// now.
fn before(
    store: &Store,
    clone: &GitClone,
    source: &SourceRow,
    cursor: &str,
    head: &str,
) -> Result<Option<String>, ImportError> {
    let newest = store.read(|connection| ledger::newest_id(connection, &source.name, cursor))?;
    let Some(before) = newest.as_deref().and_then(|id| id.strip_prefix(cursor)).filter(|id| is_object_id(id)) else {
        return Ok(None);
    };
    let is_ancestor = clone.answer(&["merge-base", "--is-ancestor", before, head])?.is_some();
    Ok(is_ancestor.then(|| before.to_owned()))
}

/// The paths of the services that the catalog places in the repository.
fn services(store: &Store, home: &Home) -> Result<Vec<String>, ImportError> {
    let in_force = store.read(InForce::load)?;
    let catalog = in_force.catalog.as_deref().and_then(|text| Catalog::read(text).ok()).unwrap_or_default();
    let here = |address: &str| Home::of(address).is_some_and(|other| other.repository == home.repository);
    let within = catalog.services.into_iter().filter(|entry| entry.repository.as_deref().is_some_and(here));
    Ok(within.filter_map(|entry| entry.path).collect())
}

#[cfg(test)]
mod tests {
    use super::without_login;

    #[test]
    fn no_password_of_an_address_is_shown() {
        for (address, expected) in [
            ("https://ada:secret@github.com/acme", "https://github.com/acme"),
            ("https://secret@github.com", "https://github.com"),
            ("ada:secret@github.com", "github.com"),
            ("/srv/git/checkout.git", "/srv/git/checkout.git"),
            ("nowhere", "nowhere"),
        ] {
            assert_eq!(without_login(address), expected);
        }
    }
}
