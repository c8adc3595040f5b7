//! The words of the work: subjects and files of what people change, by the part of the service that it is about.

use super::pieces::{File, Work};
use crate::year::chance::Chance;
use crate::year::company::Service;

/// How often each sort of work is done.
const WORKS: [(usize, Work); 7] = [
    (38, Work::Feature),
    (22, Work::Fix),
    (14, Work::Refactoring),
    (10, Work::Dependency),
    (6, Work::Operation),
    (5, Work::Documentation),
    (5, Work::Tests),
];

/// Subjects; `{}` is the part of the service.
const FEATURES: [&str; 8] = [
    "Let customers filter {} by date",
    "Support partial {}",
    "Keep {} for ninety days",
    "Show {} in the overview",
    "Accept {} in bulk",
    "Return {} page by page",
    "Notify when {} change",
    "Cache {} for a minute",
];
const FIXES: [&str; 7] = [
    "Handle empty {}",
    "Round {} like the invoice does",
    "Do not drop {} on a timeout",
    "Close connections behind {}",
    "Escape names in {}",
    "Count {} only once",
    "Check {} before the commit",
];
const REFACTORINGS: [&str; 5] = [
    "Move {} to the new client",
    "Split the handler of {}",
    "Use one query for {}",
    "Drop the old table of {}",
    "Rename the fields of {}",
];
const OPERATIONS: [&str; 4] = [
    "Raise the memory limit for {}",
    "Run {} with two replicas",
    "Shorten the timeout of {}",
    "Probe readiness of {} less often",
];
const DOCUMENTS: [&str; 3] = ["Describe {} in the handbook", "Add examples for {}", "Explain the limits of {}"];
const TESTS: [&str; 3] = ["Test {} against a slow database", "Cover {} with properties", "Make the tests of {} faster"];
const LIBRARIES: [&str; 6] = ["tokio", "serde", "hyper", "sqlx", "tracing", "rustls"];

/// How many in a thousand pieces of work of a sort break something in production.
pub const fn risk(work: Work) -> usize {
    match work {
        Work::Feature => 75,
        Work::Fix => 45,
        Work::Refactoring => 65,
        Work::Dependency => 40,
        Work::Operation => 60,
        Work::Documentation | Work::Tests => 1,
    }
}

/// What somebody does next in a service: the sort of work, the part, and the subject.
pub fn next_work(chance: &mut Chance, service: &Service) -> (Work, &'static str, String) {
    let work = chance.weighted(&WORKS);
    let area = *chance.pick(&service.areas);
    (work, area, subject(chance, work, area))
}

/// The subject of a piece of work.
pub fn subject(chance: &mut Chance, work: Work, area: &str) -> String {
    let patterns: &[&str] = match work {
        Work::Feature => &FEATURES,
        Work::Fix => &FIXES,
        Work::Refactoring => &REFACTORINGS,
        Work::Operation => &OPERATIONS,
        Work::Documentation => &DOCUMENTS,
        Work::Tests => &TESTS,
        Work::Dependency => {
            let (library, minor) = (chance.pick(&LIBRARIES), chance.between(2, 60));
            return format!("Bump {library} from 1.{minor}.0 to 1.{}.0", minor + 1);
        }
    };
    chance.pick(patterns).replace("{}", area)
}

/// The files that a commit of a piece of work changes; the so-manyth commit of its branch has files of its own.
pub fn files(chance: &mut Chance, work: Work, area: &str, folder: &str, step: usize) -> Vec<File> {
    let code = ["handler", "store", "model", "client"];
    let mut paths: Vec<(String, bool)> = match work {
        Work::Feature | Work::Fix | Work::Refactoring => {
            let mut paths = vec![(format!("src/{area}/{}.rs", chance.pick(&code)), step == 0 && chance.percent(20))];
            if chance.percent(50) {
                paths.push((format!("src/{area}/mod.rs"), false));
            }
            if chance.percent(60) {
                paths.push((format!("tests/{area}.rs"), chance.percent(15)));
            }
            if work == Work::Feature && chance.percent(15) {
                paths.push((format!("migrations/{}_{area}.sql", chance.between(100, 999)), true));
            }
            paths
        }
        Work::Dependency => vec![("Cargo.toml".to_owned(), false), ("Cargo.lock".to_owned(), false)],
        Work::Operation => vec![("deploy/values.yaml".to_owned(), false)],
        Work::Documentation => vec![(format!("docs/{area}.md"), chance.percent(40))],
        Work::Tests => vec![(format!("tests/{area}.rs"), chance.percent(30))],
    };
    if step > 0 && paths.len() > 1 {
        paths.truncate(1);
    }
    paths.into_iter().map(|(path, is_new)| File { path: format!("{folder}{path}"), is_new }).collect()
}

/// Every file of several commits, each once.
pub fn united<'a>(parts: impl IntoIterator<Item = &'a [File]>) -> Vec<File> {
    let mut all: Vec<File> = Vec::new();
    for file in parts.into_iter().flatten() {
        if !all.iter().any(|known| known.path == file.path) {
            all.push(file.clone());
        }
    }
    all
}
