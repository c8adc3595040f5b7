//! CODEOWNERS at each commit: which components it makes, who owns them, and which of them a commit touches.

use std::collections::{BTreeMap, HashMap, VecDeque};

use throughline_domain::codeowners::{CodeOwners, MAX_FILE_BYTES, PLACES};
use throughline_domain::components::{Components, changed};

use super::ImportError;
use super::body::Owned;
use super::git::{Contents, GitClone};
use super::history::{LogCommit, Range, is_object_id, seconds};

/// How many versions of the file are kept read; commits that follow one another share theirs.
const KEPT_VERSIONS: usize = 4;

/// How many paths are remembered with their components, of each version.
const KEPT_PATHS: usize = 50_000;

/// The most components that a commit is said to touch.
const MAX_TOUCHED: usize = 50;

/// The longest id or time in a log, in bytes.
const MAX_FIELD_BYTES: usize = 256;

/// Reads what CODEOWNERS says at each commit.
pub(super) struct Ownership<'a> {
    contents: &'a mut Contents,
    /// The paths of the catalog's services in this repository.
    services: Vec<String>,
    /// The file's object id at each commit; empty where there is none.
    at_commit: HashMap<String, String>,
    versions: VecDeque<Version>,
}

/// One version of the file.
struct Version {
    blob: String,
    components: Components,
    known: HashMap<String, Vec<String>>,
}

/// The file in force at a commit: its object id, and where it lies. Both are empty where there is none.
type InForce = (String, String);

impl<'a> Ownership<'a> {
    pub(super) fn new(contents: &'a mut Contents, services: Vec<String>) -> Self {
        Self { contents, services, at_commit: HashMap::new(), versions: VecDeque::new() }
    }

    /// The components whose files a commit changes, by the file as the commit has it. Commits come parents first. A merge
    /// touches nothing by itself.
    pub(super) fn touched(&mut self, commit: &LogCommit) -> Result<Vec<String>, ImportError> {
        let blob = self.blob_of(commit)?;
        let mut touched: Vec<String> = Vec::new();
        if commit.parents.len() < 2 {
            let version = self.version(&blob)?;
            for path in &commit.paths {
                for component in version.components_of(path) {
                    if touched.len() < MAX_TOUCHED && !touched.contains(&component) {
                        touched.push(component);
                    }
                }
            }
        }
        self.at_commit.insert(commit.id.clone(), blob);
        Ok(touched)
    }

    /// Who owns a file at a commit.
    pub(super) fn owners(&mut self, commit: &str, path: &str) -> Result<Vec<String>, ImportError> {
        let (blob, _) = match self.at_commit.get(commit) {
            Some(blob) => (blob.clone(), String::new()),
            None => self.look_up(commit)?,
        };
        self.at_commit.insert(commit.to_owned(), blob.clone());
        Ok(self.version(&blob)?.components.owners(path))
    }

    /// What changes along the followed branch in who owns what: one list for each component at each commit that changes it.
    pub(super) fn changes(&mut self, clone: &GitClone, range: &Range) -> Result<Vec<Owned>, ImportError> {
        let mut stated = match &range.before {
            Some(before) => self.owned_at(before)?.0,
            None => BTreeMap::new(),
        };
        let options = ["--first-parent", "--reverse", "-z", "-s", "--format=%H%x00%ct"];
        let mut fields = clone.fields(&range.command("log", &options, &PLACES))?;
        let mut commits = Vec::new();
        while let (Some(id), Some(at)) = (fields.next(MAX_FIELD_BYTES)?, fields.next(MAX_FIELD_BYTES)?) {
            if is_object_id(&id) {
                commits.push((id, seconds(&at)));
            }
        }
        fields.finish()?;
        let mut found = Vec::new();
        for (commit, at) in commits {
            let (owned, file) = self.owned_at(&commit)?;
            let file = Some(file).filter(|file| !file.is_empty());
            found.extend(changed(&stated, &owned).into_iter().map(|(component, owners)| Owned {
                component,
                owners,
                file: file.clone(),
                commit: Some(commit.clone()),
                at,
            }));
            stated = owned;
        }
        // What was so before the first commit that is imported, at a time that is not known.
        let (owned, file) = self.owned_at(&range.head)?;
        let file = Some(file).filter(|file| !file.is_empty());
        found.extend(changed(&stated, &owned).into_iter().map(|(component, owners)| Owned {
            component,
            owners,
            file: file.clone(),
            commit: None,
            at: None,
        }));
        Ok(found)
    }

    fn owned_at(&mut self, commit: &str) -> Result<(BTreeMap<String, Vec<String>>, String), ImportError> {
        let (blob, place) = self.look_up(commit)?;
        Ok((self.version(&blob)?.components.owned(), place))
    }

    /// The file's object id at a commit: that of its first parent, unless the commit changes the file.
    fn blob_of(&mut self, commit: &LogCommit) -> Result<String, ImportError> {
        let is_changed = commit.is_cut || commit.paths.iter().any(|path| PLACES.contains(&path.as_str()));
        let inherited = commit.parents.first().filter(|_| !is_changed);
        match inherited {
            Some(parent) => match self.at_commit.get(parent) {
                Some(blob) => Ok(blob.clone()),
                None => Ok(self.look_up(parent)?.0),
            },
            None => Ok(self.look_up(&commit.id)?.0),
        }
    }

    fn look_up(&mut self, commit: &str) -> Result<InForce, ImportError> {
        let limit = u64::try_from(MAX_FILE_BYTES).unwrap_or(u64::MAX);
        for place in PLACES {
            if let Some(blob) = self.contents.get(&format!("{commit}:{place}"), limit)? {
                self.keep(&blob.id, &blob.text);
                return Ok((blob.id, place.to_owned()));
            }
        }
        Ok((String::new(), String::new()))
    }

    fn version(&mut self, blob: &str) -> Result<&mut Version, ImportError> {
        if !self.versions.iter().any(|version| version.blob == blob) {
            let limit = u64::try_from(MAX_FILE_BYTES).unwrap_or(u64::MAX);
            let text = if blob.is_empty() { None } else { self.contents.get(blob, limit)? };
            self.keep(blob, text.as_ref().map_or("", |blob| blob.text.as_str()));
        }
        let found = self.versions.iter_mut().find(|version| version.blob == blob);
        found.ok_or_else(|| ImportError::Git("a version of CODEOWNERS cannot be read".to_owned()))
    }

    fn keep(&mut self, blob: &str, text: &str) {
        if self.versions.iter().any(|version| version.blob == blob) {
            return;
        }
        let components = Components::new(CodeOwners::read(text), &self.services);
        self.versions.push_front(Version { blob: blob.to_owned(), components, known: HashMap::new() });
        self.versions.truncate(KEPT_VERSIONS);
    }
}

impl Version {
    fn components_of(&mut self, path: &str) -> Vec<String> {
        if let Some(known) = self.known.get(path) {
            return known.clone();
        }
        let found = self.components.of(path);
        if self.known.len() < KEPT_PATHS {
            self.known.insert(path.to_owned(), found.clone());
        }
        found
    }
}
