//! Chunks: as much of something as one body holds, so that no entry states more than is read of one.

use super::ImportError;
use super::body::{Commit, Content, File, Merge, Tag};
use super::entries::Entries;
use super::git::GitClone;
use super::history::{LogCommit, Merges, is_object_id, seconds};

/// The most components of one body.
pub(super) const MAX_OWNED: usize = 1_000;

/// The most tags of one body.
pub(super) const MAX_TAGS: usize = 1_000;

/// The most tags that are read.
const MAX_ALL_TAGS: usize = 100_000;

/// The most commits of one body.
const MAX_COMMITS: usize = 500;

/// The most links of one body's commits, as they are counted here: each commit has some, and one for each parent and
/// component.
const MAX_LINKS: usize = 6_000;

/// The most parents of one commit that are told.
const MAX_PARENTS: usize = 64;

/// How many bytes of texts a body holds, more or less.
const MAX_COMMIT_BYTES: usize = 1024 * 1024;

/// The most files of one body.
const MAX_FILES: usize = 100;

/// How many bytes of texts a body of files holds, more or less: a file of rules states much in few bytes.
const MAX_FILE_BYTES: usize = 256 * 1024;

/// The longest field of a tag, in bytes.
const MAX_FIELD_BYTES: usize = 4_096;

/// Commits that wait to be written.
#[derive(Debug, Default)]
pub(super) struct Commits {
    commits: Vec<Commit>,
    merges: Vec<Merge>,
    links: usize,
    bytes: usize,
}

impl Commits {
    pub(super) fn add(&mut self, commit: LogCommit, touches: Vec<String>, merges: &Merges) {
        let merged_by = merges.of(&commit.id).map(|(id, message)| {
            if !self.merges.iter().any(|known| known.id == id) {
                self.bytes += message.len();
                self.merges.push(Merge { id: id.to_owned(), message: message.to_owned() });
            }
            id.to_owned()
        });
        let LogCommit { id, mut parents, author, authored_at, committer, committed_at, message, paths: _, is_cut: _ } =
            commit;
        parents.truncate(MAX_PARENTS);
        // Each component may be new to the body, and lies in the repository.
        self.links += 4 + parents.len() + 2 * touches.len();
        self.bytes += message.len() + touches.iter().map(String::len).sum::<usize>();
        self.commits.push(Commit {
            id,
            parents,
            author,
            authored_at,
            committer,
            committed_at,
            message,
            merged_by,
            touches,
        });
    }

    pub(super) fn is_full(&self) -> bool {
        self.commits.len() >= MAX_COMMITS || self.links >= MAX_LINKS || self.bytes >= MAX_COMMIT_BYTES
    }

    /// Writes what is there, and begins anew.
    pub(super) fn write(&mut self, entries: &mut Entries<'_>) -> Result<(), ImportError> {
        let Self { commits, merges, links: _, bytes: _ } = std::mem::take(self);
        if commits.is_empty() {
            return Ok(());
        }
        entries.put("commits", Content::Commits { commits: &commits, merges: &merges })
    }
}

/// Files that wait to be written.
#[derive(Debug, Default)]
pub(super) struct Files {
    files: Vec<File>,
    bytes: usize,
}

impl Files {
    pub(super) fn add(&mut self, file: File) {
        self.bytes += file.text.as_ref().map_or(0, String::len);
        self.files.push(file);
    }

    pub(super) fn is_full(&self) -> bool {
        self.files.len() >= MAX_FILES || self.bytes >= MAX_FILE_BYTES
    }

    /// Writes what is there, and begins anew.
    pub(super) fn write(&mut self, entries: &mut Entries<'_>) -> Result<(), ImportError> {
        let Self { files, bytes: _ } = std::mem::take(self);
        if files.is_empty() {
            return Ok(());
        }
        entries.put("files", Content::Files { files: &files })
    }
}

/// Every tag that stands on a commit, the oldest first: so that a new one mostly leaves the chunks before it as they are.
pub(super) fn tags(clone: &GitClone) -> Result<Vec<Tag>, ImportError> {
    let format = "--format=%(refname:strip=2)%00%(objectname)%00%(*objectname)%00%(objecttype)%00%(*objecttype)%00\
                  %(creatordate:unix)%00";
    let mut fields = clone.fields(&["for-each-ref", "--sort=refname", "--sort=creatordate", format, "refs/tags"])?;
    let mut found = Vec::new();
    while let Some(name) = fields.next(MAX_FIELD_BYTES)? {
        let mut field = || fields.next(MAX_FIELD_BYTES).map(Option::unwrap_or_default);
        let (own, peeled, own_kind, peeled_kind, at) = (field()?, field()?, field()?, field()?, field()?);
        // Each tag is a line, whose end stands before the next name.
        let name = name.trim_start_matches('\n').to_owned();
        let commit = if peeled_kind == "commit" { peeled } else { own };
        let is_of_commit = peeled_kind == "commit" || own_kind == "commit";
        if is_of_commit && is_object_id(&commit) && !name.is_empty() && found.len() < MAX_ALL_TAGS {
            found.push(Tag { name, commit, at: seconds(&at) });
        }
    }
    fields.finish()?;
    Ok(found)
}
