//! The files of the workspace, for tests that read them.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders that are no part of the source.
const PASSED_OVER: [&str; 3] = ["target", ".git", "node_modules"];

/// The top of the workspace.
pub fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the crate of the tests is a folder of the workspace").to_owned()
}

/// The folder with what others have published, where it is there: payloads, signatures, vectors.
pub fn shared() -> Option<PathBuf> {
    let folder = match std::env::var_os("THROUGHLINE_SHARED") {
        Some(folder) => PathBuf::from(folder),
        None => root().parent()?.join("shared"),
    };
    folder.join("payloads").is_dir().then_some(folder)
}

/// Every file below a folder of the workspace whose name ends so, in order; `""` for all.
///
/// # Panics
/// Where a folder cannot be listed.
pub fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![root().join(folder)];
    while let Some(folder) = waiting.pop() {
        for path in listed(&folder) {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() {
                if !PASSED_OVER.contains(&name) {
                    waiting.push(path);
                }
            } else if name.ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// What lies in a folder, in order.
///
/// # Panics
/// Where the folder cannot be listed.
pub fn listed(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{} cannot be listed: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a listed file has a name").path()).collect();
    paths.sort();
    paths
}

/// A file's text.
///
/// # Panics
/// Where it cannot be read.
pub fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{} cannot be read: {error}", path.display()))
}

/// A path as it is written in messages: from the top of the workspace, with slashes.
pub fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// The version of the newest migration as databases note it: the digits before its name.
///
/// # Panics
/// Where there is no migration.
pub fn newest_migration() -> String {
    let folders = listed(&root().join("migrations/sqlite"));
    let last = folders.last().and_then(|folder| folder.file_name()?.to_str());
    let (version, _) = last.and_then(|name| name.split_once('_')).expect("a migration is a date and a name");
    version.replace('-', "")
}
