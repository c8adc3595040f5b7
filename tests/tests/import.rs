//! A clone is imported by the real program: once, once more without change, and again after new commits; a rebuild gives
//! the same graph. On both databases.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as the tests do")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use throughline_tests::database::TestDatabase;
use throughline_tests::ledger::graph;
use throughline_tests::server::{Setup, TestServer};

/// How many commits the history has.
const COMMITS: usize = 2_000;

/// How often a branch is merged.
const MERGE_EVERY: usize = 10;

/// When the first commit was made.
const BEGIN: usize = 1_772_000_000;

const ADDRESS: &str = "https://github.com/acme/checkout";

const OWNERS: &str = "* @acme/shop\n/services/payments/ @acme/payments @ada\n";

const RULES: &str = "groups: [{name: checkout, rules: [{alert: CheckoutErrorRateHigh, expr: up, \
                     labels: {service: checkout}, annotations: {runbook_url: \
                     \"https://github.com/acme/checkout/blob/main/docs/runbooks/checkout.md\"}}]}]\n";

#[test]
fn a_history_is_imported_once_on_sqlite() {
    import_everything(Setup::new().start());
}

#[test]
fn a_history_is_imported_once_on_postgres() {
    let Some(database) = TestDatabase::postgres() else { return };
    import_everything(Setup::new().on(database).start());
}

fn import_everything(mut server: TestServer) {
    let folder = tempfile::tempdir().unwrap();
    let clone = folder.path().join("checkout.git");
    git(folder.path(), &["init", "--quiet", "--bare", "--initial-branch=main", "checkout.git"], b"");
    git(&clone, &["fast-import", "--quiet"], &history(COMMITS));
    let first = import(&server, &clone);
    assert!(first.contains(&format!("{COMMITS} commits and 3 files read")), "{first}");
    server.wait_projected();
    let lines = graph(&server.store());
    check(&lines);

    let again = import(&server, &clone);
    assert!(again.contains("0 commits and 0 files read; 0 entries appended"), "{again}");
    server.wait_projected();
    assert_eq!(graph(&server.store()), lines, "an import without news changes nothing");

    git(&clone, &["fast-import", "--quiet"], &news());
    let third = import(&server, &clone);
    assert!(third.contains("1 commits and 0 files read"), "{third}");
    server.wait_projected();
    let lines = graph(&server.store());
    let owned = |line: &&String| line.starts_with("link ") && line.contains(" owned_by ");
    let owners: Vec<&String> =
        lines.iter().filter(owned).filter(|line| line.contains(":component:services/payments ")).collect();
    assert!(owners.len() == 1 && owners.iter().all(|line| line.contains("person:grace")), "{owners:?}");

    server.stop();
    server.command(&["rebuild"]).good();
    assert_eq!(graph(&server.store()), lines, "the ledger alone gives the same graph");
    server.start_again();
}

fn check(lines: &[String]) {
    let count = |parts: &[&str]| lines.iter().filter(|line| parts.iter().all(|part| line.contains(part))).count();
    let merges = COMMITS / MERGE_EVERY;
    assert_eq!(count(&["node ", ":commit:"]), COMMITS);
    assert_eq!(count(&["link ", ":commit:", " parent "]), COMMITS - 1 + merges);
    // The merge itself by its own message, and the one commit that it brought in by the same words.
    assert_eq!(count(&["reference ", " message 0 ", "\"change:github.com/acme/checkout!"]), merges);
    assert_eq!(count(&["reference ", " merge 0 ", "\"change:github.com/acme/checkout!"]), merges);
    for parts in [
        ["link ", ":component:services/payments owned_by ", ":team:@acme/payments L1"],
        ["link ", ":component:services/payments owned_by ", ":github:github.com:::person:ada L1"],
        ["link ", ":commit:", " touches cdevents:v0:git:github.com:acme:checkout:component:services/payments "],
        ["link ", ":alert_rule:checkouterrorratehigh defined_in ", ":commit:"],
        ["link ", ":alert_rule:checkouterrorratehigh documented_by ", "/blob/main/docs/runbooks/checkout.md"],
        ["link ", ":dashboard:ops/dashboards/checkout.json owned_by ", ":team:@acme/shop"],
        ["link ", ":tag:v1.0.0 built_from ", ":commit:"],
        ["attribute ", ":document:", "\"Checkout fails\""],
    ] {
        assert!(count(&parts) > 0, "{parts:?} is nowhere");
    }
}

#[test]
fn what_cannot_be_imported_is_named_with_what_to_do() {
    let server = Setup::new().start();
    let folder = tempfile::tempdir().unwrap();
    let nothing = server.command(&["import", "git", &folder.path().display().to_string()]);
    assert!(nothing.code != 0 && nothing.stderr.contains("no clone"), "{}", nothing.all());
    git(folder.path(), &["init", "--quiet", "--bare", "--initial-branch=main", "empty.git"], b"");
    let clone = folder.path().join("empty.git").display().to_string();
    for (arguments, code, expected) in [
        (vec!["import", "git", clone.as_str()], 2, "--address"),
        (vec!["import", "git", clone.as_str(), "--address", ADDRESS], 2, "--ref"),
        (vec!["import", "git", clone.as_str(), "--address", ADDRESS, "--ref", "--all"], 2, "--ref"),
        (vec!["import", "git", clone.as_str(), "--address", ADDRESS, "--pages", "island"], 2, "island"),
    ] {
        let finished = server.command(&arguments);
        assert_eq!(finished.code, code, "{arguments:?}\n{}", finished.all());
        assert!(finished.stderr.contains(expected), "{arguments:?}\n{}", finished.all());
    }
}

fn import(server: &TestServer, clone: &Path) -> String {
    server.command(&["import", "git", &clone.display().to_string(), "--address", ADDRESS]).good()
}

/// A history as `git fast-import` reads it: a line of commits, and every so often a branch of one commit and its merge.
fn history(commits: usize) -> Vec<u8> {
    let mut stream = Stream::default();
    let mut main = 0;
    while stream.commits < commits {
        let number = stream.commits + 1;
        if number.is_multiple_of(MERGE_EVERY) {
            // The commit before is the branch's; main goes on from the one before that.
            let branch = number - 1;
            let message = format!("Merge pull request #{} from ada/retry-{number}\n", number / MERGE_EVERY);
            stream.commit("main", &message, main, Some(branch), &[("services/payments/work.txt", &branch.to_string())]);
            main = number;
        } else if number % MERGE_EVERY == MERGE_EVERY - 1 {
            let content = number.to_string();
            stream.commit("retry", "Retry the charge\n", main, None, &[("services/payments/work.txt", &content)]);
        } else {
            let content = number.to_string();
            let mut files = vec![("src/work.txt", content.as_str())];
            if number == 2 {
                files.extend([
                    (".github/CODEOWNERS", OWNERS),
                    ("ops/alerts/checkout.yml", RULES),
                    ("ops/dashboards/checkout.json", "{\"uid\": \"k7\", \"title\": \"Checkout\"}\n"),
                    ("docs/runbooks/checkout.md", "# Checkout fails\n\nRoll back.\n"),
                ]);
            }
            stream.commit("main", "Work\n", main, None, &files);
            main = number;
        }
    }
    stream.text.push_str(&format!("reset refs/tags/v1.0.0\nfrom :{main}\n\n"));
    stream.text.into_bytes()
}

/// One more commit, by which somebody else owns the payments.
fn news() -> Vec<u8> {
    let owners = "* @acme/shop\n/services/payments/ @grace\n";
    let mut stream = Stream { text: String::new(), commits: COMMITS };
    stream.commit("main", "Hand over\n", 0, None, &[(".github/CODEOWNERS", owners)]);
    // Marks of another run are gone: the branch itself says what comes before.
    stream.text.replace("data 10\nHand over\n", "data 10\nHand over\nfrom refs/heads/main^0\n").into_bytes()
}

#[derive(Default)]
struct Stream {
    text: String,
    commits: usize,
}

impl Stream {
    /// Adds a commit on top of another one, 0 for none.
    fn commit(&mut self, branch: &str, message: &str, on: usize, merged: Option<usize>, files: &[(&str, &str)]) {
        self.commits += 1;
        let (number, at) = (self.commits, BEGIN + self.commits * 60);
        let person = "Ada <ada@acme.example>";
        let length = message.len();
        self.text.push_str(&format!(
            "commit refs/heads/{branch}\nmark :{number}\nauthor {person} {at} +0000\ncommitter {person} {at} +0000\n\
             data {length}\n{message}"
        ));
        if on > 0 {
            self.text.push_str(&format!("from :{on}\n"));
        }
        if let Some(merged) = merged {
            self.text.push_str(&format!("merge :{merged}\n"));
        }
        for (path, content) in files {
            self.text.push_str(&format!("M 100644 inline {path}\ndata {}\n{content}\n", content.len()));
        }
        self.text.push('\n');
    }
}

fn git(folder: &Path, arguments: &[&str], input: &[u8]) {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = command.spawn().expect("git can be started");
    child.stdin.take().unwrap().write_all(input).unwrap();
    assert!(child.wait().unwrap().success(), "git {arguments:?}");
}
