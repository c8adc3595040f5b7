//! Files of a repository that are more than source code: which there are, who changed them last, and what they say.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use throughline_domain::documents::{Classified, classify};
use throughline_domain::fact::MAX_MENTION_BYTES;
use throughline_domain::time::Timestamp;
use throughline_domain::yaml;

use super::ImportError;
use super::body::File;
use super::git::{Contents, GitClone};
use super::history::LogCommit;

/// The most such files of one repository.
const MAX_FILES: usize = 20_000;

/// The largest file that is read, in bytes; of a document as much as rules read.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// The longest line that lists a file, in bytes.
const MAX_LISTED_BYTES: usize = 8_192;

/// The commits that last changed the files that matter.
#[derive(Debug, Default)]
pub(super) struct LastChanges {
    by_path: BTreeMap<String, Change>,
}

#[derive(Debug)]
struct Change {
    commit: String,
    at: Option<Timestamp>,
    is_merge: bool,
}

impl LastChanges {
    /// Takes note of a commit. Commits come parents first, so a later one counts; a merge counts only where nobody else
    /// changed the file, because it mostly repeats what it brings in.
    pub(super) fn note(&mut self, commit: &LogCommit) {
        let is_merge = commit.parents.len() > 1;
        for path in &commit.paths {
            if !is_read(path) {
                continue;
            }
            let is_told = self.by_path.get(path).is_some_and(|known| !known.is_merge);
            if !is_merge || !is_told {
                let change = Change { commit: commit.id.clone(), at: commit.committed_at, is_merge };
                self.by_path.insert(path.clone(), change);
            }
        }
    }
}

/// A file that is there: its path and the object id of what it says.
#[derive(Debug)]
struct Listed {
    path: String,
    blob: String,
}

/// The files that are to be stated, in order of path: all of them, or those that have changed.
#[derive(Debug)]
pub(super) struct Waiting {
    files: Vec<Listed>,
    gone: Vec<String>,
    changes: LastChanges,
}

impl Waiting {
    /// `only_changed` where the others were imported before.
    pub(super) fn list(
        clone: &GitClone,
        head: &str,
        changes: LastChanges,
        only_changed: bool,
    ) -> Result<Self, ImportError> {
        let mut fields = clone.fields(&["ls-tree", "-r", "-z", "--full-tree", head])?;
        let mut there: HashMap<String, String> = HashMap::new();
        while let Some(line) = fields.next(MAX_LISTED_BYTES)? {
            let Some((head, path)) = line.split_once('\t') else { continue };
            let mut words = head.split(' ');
            let (mode, kind, blob) = (words.next(), words.next(), words.next());
            // A symbolic link is a file elsewhere, or none.
            let is_file = kind == Some("blob") && mode.is_some_and(|mode| mode.starts_with("100"));
            if is_file && is_read(path) {
                there.insert(path.to_owned(), blob.unwrap_or_default().to_owned());
            }
            if there.len() > MAX_FILES {
                return Err(ImportError::TooManyFiles(MAX_FILES));
            }
        }
        fields.finish()?;
        // What was gone before the first import was never known.
        let is_gone = |path: &&String| only_changed && !there.contains_key(*path) && is_document(path);
        let gone = changes.by_path.keys().filter(is_gone);
        let gone: Vec<String> = gone.cloned().collect();
        let kept = there.into_iter().filter(|(path, _)| !only_changed || changes.by_path.contains_key(path));
        let mut files: Vec<Listed> = kept.map(|(path, blob)| Listed { path, blob }).collect();
        files.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(Self { files, gone, changes })
    }

    /// Reads each file and hands it on; `passed_over` gets a line for each that cannot be used.
    pub(super) fn read(
        &self,
        contents: &mut Contents,
        passed_over: &mut BTreeSet<String>,
        mut take: impl FnMut(File) -> Result<(), ImportError>,
    ) -> Result<(), ImportError> {
        for path in &self.gone {
            take(self.file(path, None))?;
        }
        for Listed { path, blob } in &self.files {
            let is_document = is_document(path);
            let limit = if is_document { u64::try_from(MAX_MENTION_BYTES).unwrap_or(u64::MAX) } else { MAX_FILE_BYTES };
            let Some(blob) = contents.get(blob, limit)? else {
                passed_over.insert(format!("{path}: the clone lacks what it says"));
                continue;
            };
            if blob.is_cut && !is_document {
                passed_over.insert(format!("{path}: it is larger than {} KiB", MAX_FILE_BYTES / 1024));
                continue;
            }
            if let Some(cause) = unusable(path, &blob.text) {
                passed_over.insert(format!("{path}: {cause}"));
            }
            take(self.file(path, Some(blob.text)))?;
        }
        Ok(())
    }

    fn file(&self, path: &str, text: Option<String>) -> File {
        let change = self.changes.by_path.get(path);
        File {
            path: path.to_owned(),
            text,
            commit: change.map(|change| change.commit.clone()),
            at: change.and_then(|change| change.at),
            owners: Vec::new(),
        }
    }
}

/// Whether somebody is told to own it: what is watched, and not what is read.
pub(super) fn is_owned(path: &str) -> bool {
    matches!(classify(path), Some(Classified::AlertRules | Classified::Dashboard))
}

fn is_read(path: &str) -> bool {
    matches!(
        classify(path),
        Some(Classified::Document { .. } | Classified::AlertRules | Classified::Dashboard | Classified::Catalog)
    )
}

fn is_document(path: &str) -> bool {
    matches!(classify(path), Some(Classified::Document { .. }))
}

/// Why a file will state nothing, so that whoever imports it learns of it.
fn unusable(path: &str, text: &str) -> Option<String> {
    match classify(path)? {
        Classified::AlertRules | Classified::Catalog => yaml::documents(text).err().map(|error| error.to_string()),
        Classified::Dashboard => {
            let read = serde_json::from_str::<serde::de::IgnoredAny>(text);
            read.err().map(|error| format!("it is no JSON: {error}"))
        }
        Classified::Document { .. } | Classified::Owners => None,
    }
}
