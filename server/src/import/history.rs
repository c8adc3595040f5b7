//! The commits of an import: in order, each with the merge that brought it in and the paths that it changes.

use std::collections::HashMap;

use throughline_domain::documents::classify;
use throughline_domain::merges::brought_in;
use throughline_domain::time::Timestamp;

use super::ImportError;
use super::body::Someone;
use super::git::{Fields, GitClone};

/// The most commits of one import. What is known of all of them at once takes some hundred bytes each.
pub const MAX_COMMITS: usize = 2_000_000;

/// The longest message that is kept of a commit, in bytes: as much as rules read.
const MAX_MESSAGE_BYTES: usize = throughline_domain::fact::MAX_MENTION_BYTES;

/// The longest message that is kept of a merge beside the commits that it brought in, in bytes.
const MAX_MERGE_BYTES: usize = 4_096;

/// The longest name, address or path that is kept, in bytes.
const MAX_FIELD_BYTES: usize = 4_096;

/// The most parents of one commit, each with its id.
const MAX_LINE_BYTES: usize = 65_536;

/// The most paths of one commit that are looked at.
const MAX_PATHS: usize = 5_000;

/// How many more are looked at, if they are those of documents, rules and owners: what such a commit moves or deletes would
/// else stay as it was.
const MAX_MORE_PATHS: usize = 20_000;

/// The last second of the year 9999; clocks of commits say anything.
const LAST_SECOND: i64 = 253_402_300_799;

/// Which commits are imported: those up to one, without those up to another one, and not older than a date.
#[derive(Clone, Debug)]
pub(super) struct Range {
    /// The newest commit.
    pub(super) head: String,
    /// The commit up to which everything was imported before.
    pub(super) before: Option<String>,
    /// A date as git reads it.
    pub(super) since: Option<String>,
}

impl Range {
    /// A command over these commits. What stands behind the options are object ids, and paths of our own.
    pub(super) fn command(&self, command: &str, options: &[&str], paths: &[&str]) -> Vec<String> {
        let mut arguments = vec![command.to_owned()];
        arguments.extend(options.iter().map(|option| (*option).to_owned()));
        arguments.extend(self.since.iter().map(|since| format!("--since={since}")));
        arguments.push(self.head.clone());
        arguments.extend(self.before.iter().map(|before| format!("^{before}")));
        arguments.push("--".to_owned());
        arguments.extend(paths.iter().map(|path| (*path).to_owned()));
        arguments
    }
}

/// How the commits of an import hang together.
#[derive(Debug, Default)]
pub(super) struct Merges {
    /// How many commits there are.
    pub(super) commits: usize,
    merged_by: HashMap<String, u32>,
    messages: HashMap<u32, (String, String)>,
}

impl Merges {
    /// Reads which merge brought each commit in, and what the merges say.
    pub(super) fn read(clone: &GitClone, range: &Range) -> Result<Self, ImportError> {
        let mut numbers: HashMap<String, u32> = HashMap::new();
        let mut parents: HashMap<u32, Vec<u32>> = HashMap::new();
        let mut lines = clone.lines(&range.command("rev-list", &["--parents", "--topo-order"], &[]))?;
        while let Some(line) = lines.next(MAX_LINE_BYTES)? {
            let mut all = line.split(' ').filter(|id| is_object_id(id)).map(|id| {
                let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
                *numbers.entry(id.to_owned()).or_insert(next)
            });
            let Some(commit) = all.next() else { continue };
            let of_commit = all.collect();
            parents.insert(commit, of_commit);
            if parents.len() > MAX_COMMITS {
                return Err(ImportError::TooMany);
            }
        }
        lines.finish()?;
        let mut merges = Self { commits: parents.len(), ..Self::default() };
        let Some(head) = numbers.get(&range.head) else { return Ok(merges) };
        let brought = brought_in(*head, &parents);
        let options = ["--first-parent", "--merges", "-z", "-s", "--encoding=UTF-8", "--format=%H%x00%B"];
        let mut fields = clone.fields(&range.command("log", &options, &[]))?;
        while let Some(id) = fields.next(MAX_FIELD_BYTES)? {
            let message = fields.next(MAX_MERGE_BYTES)?.unwrap_or_default();
            if let Some(number) = numbers.get(&id) {
                merges.messages.insert(*number, (id, message));
            }
        }
        fields.finish()?;
        merges.merged_by = numbers.into_iter().filter_map(|(id, number)| Some((id, *brought.get(&number)?))).collect();
        Ok(merges)
    }

    /// The merge that brought a commit in: its id and message.
    pub(super) fn of(&self, commit: &str) -> Option<(&str, &str)> {
        let (id, message) = self.messages.get(self.merged_by.get(commit)?)?;
        Some((id.as_str(), message.as_str()))
    }
}

/// A commit as the log tells of it.
#[derive(Debug)]
pub(super) struct LogCommit {
    pub(super) id: String,
    pub(super) parents: Vec<String>,
    pub(super) author: Someone,
    pub(super) authored_at: Option<Timestamp>,
    pub(super) committer: Someone,
    pub(super) committed_at: Option<Timestamp>,
    pub(super) message: String,
    /// What it changes; of a merge, what differs from its first parent.
    pub(super) paths: Vec<String>,
    /// Whether it changes more paths than are kept.
    pub(super) is_cut: bool,
}

/// The commits of an import, parents before children.
#[derive(Debug)]
pub(super) struct Log {
    fields: Fields,
    mark: String,
    /// The first field of the next commit, which has been read to see where the paths end.
    next: Option<String>,
}

impl Log {
    /// `mark` stands before every commit; nobody who wrote a commit can have known it.
    pub(super) fn read(clone: &GitClone, range: &Range, mark: String) -> Result<Self, ImportError> {
        let format = format!("--format={mark}%H%x00%P%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%ct%x00%B%x00");
        let options = [
            "-z",
            "--topo-order",
            "--reverse",
            "--name-only",
            "--no-renames",
            "--no-ext-diff",
            "--no-textconv",
            "--diff-merges=first-parent",
            "--encoding=UTF-8",
            format.as_str(),
        ];
        let mut fields = clone.fields(&range.command("log", &options, &[]))?;
        let next = fields.next(MAX_FIELD_BYTES)?;
        Ok(Self { fields, mark, next })
    }

    /// The next commit; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<LogCommit>, ImportError> {
        let Some(first) = self.next.take() else { return Ok(None) };
        let id = first.strip_prefix(&self.mark).filter(|id| is_object_id(id));
        let id = id.ok_or_else(|| ImportError::Git("git tells of commits in an unknown form".to_owned()))?.to_owned();
        let parents = self.field(MAX_LINE_BYTES)?;
        let author = Someone { name: self.field(MAX_FIELD_BYTES)?, email: self.field(MAX_FIELD_BYTES)? };
        let authored_at = seconds(&self.field(MAX_FIELD_BYTES)?);
        let committer = Someone { name: self.field(MAX_FIELD_BYTES)?, email: self.field(MAX_FIELD_BYTES)? };
        let committed_at = seconds(&self.field(MAX_FIELD_BYTES)?);
        let message = self.field(MAX_MESSAGE_BYTES)?;
        // Between the message and the paths, or the next commit, stands an empty field.
        self.field(MAX_FIELD_BYTES)?;
        let parents = parents.split(' ').filter(|id| is_object_id(id)).map(str::to_owned).collect();
        let (paths, is_cut) = self.paths()?;
        Ok(Some(LogCommit { id, parents, author, authored_at, committer, committed_at, message, paths, is_cut }))
    }

    /// Waits for the end of the log, which must be a good one.
    pub(super) fn finish(self) -> Result<(), ImportError> {
        self.fields.finish()
    }

    fn field(&mut self, limit: usize) -> Result<String, ImportError> {
        self.fields.next(limit)?.ok_or_else(|| ImportError::Git("git has ended in the middle of a commit".to_owned()))
    }

    fn paths(&mut self) -> Result<(Vec<String>, bool), ImportError> {
        let (mut paths, mut is_cut) = (Vec::new(), false);
        while let Some(field) = self.fields.next(MAX_FIELD_BYTES)? {
            if field.starts_with(&self.mark) {
                self.next = Some(field);
                break;
            }
            // Before the first path stands the end of a line.
            let path = if paths.is_empty() { field.trim_start_matches('\n') } else { field.as_str() };
            if path.is_empty() {
                continue;
            }
            let count = paths.len();
            if count < MAX_PATHS || (count < MAX_PATHS + MAX_MORE_PATHS && classify(path).is_some()) {
                paths.push(path.to_owned());
            } else {
                is_cut = true;
            }
        }
        Ok((paths, is_cut))
    }
}

/// A time that git writes in seconds.
pub(super) fn seconds(text: &str) -> Option<Timestamp> {
    let seconds = text.trim().parse::<i64>().ok().filter(|seconds| (0..=LAST_SECOND).contains(seconds))?;
    Some(Timestamp::from_seconds(seconds))
}

/// Whether a text is a full object id.
pub(super) fn is_object_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
