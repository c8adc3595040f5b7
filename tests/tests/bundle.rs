//! Bundles of evidence: written from a store, checked by the program and by the second verifier in Python, refused after
//! whatever change, and made by the command line from the story of the demo.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests fail as the tests do")]

use std::cell::Cell;
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use throughline::bundle::{self, Bundle, ReadBundleError, Subject};
use throughline::keys::Keys;
use throughline_domain::bundle::{BundleReport, Question};
use throughline_domain::ledger::{EntryKind, EvidenceClass, StreamId, VerifierKey};
use throughline_domain::time::Timestamp;
use throughline_store::{Appender, Draft, DraftContent, Store};
use throughline_tests::database::{TestDatabase, databases};
use throughline_tests::ledger::ORIGIN;
use throughline_tests::program::binary;
use throughline_tests::random::Random;
use throughline_tests::repository::root;
use throughline_tests::story;

const REQUIRED: &str = "THROUGHLINE_TEST_REQUIRE_PYTHON";

/// How many changes to a bundle are tried.
const MUTATIONS: usize = 1_000;

/// How many changes the long export has.
const LONG: u64 = 100_000;

/// How much more memory checking the long export may take than checking a short one, in KiB.
const GROWTH_KIB: u64 = 16 * 1024;

/// How much memory writing the long export may take, in KiB; the database alone keeps up to 32 MiB of its pages.
const WRITING_KIB: u64 = 48 * 1024;

/// When entry 0 was received; each further one comes a second later.
const BEGIN: i64 = 1_773_480_366;

/// A ledger without a server.
struct Ledger {
    store: Store,
    appender: Appender,
    keys: Keys,
    random: Random,
    size: u64,
    _folder: TempDir,
}

impl Ledger {
    fn begin(database: &TestDatabase, seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["ledger.key", "token.key"] {
            fs::write(folder.path().join(name), "5e".repeat(32)).unwrap();
        }
        let keys = Keys::open(folder.path()).unwrap();
        let store = database.open();
        let appender = Appender::open(&store, keys.signing(ORIGIN).unwrap()).unwrap();
        Self { store, appender, keys, random: Random::new(seed), size: 0, _folder: folder }
    }

    fn key(&self) -> VerifierKey {
        self.keys.signing(ORIGIN).unwrap().verifier()
    }

    /// Deliveries of two tools and the decisions of people; every 97th entry tells of a gap, every 31st body is no text.
    fn grow(&mut self, entries: u64) {
        const BATCH: u64 = 2_000;
        let end = self.size + entries;
        while self.size < end {
            let drafts: Vec<Draft> = (self.size..end.min(self.size + BATCH)).map(|index| self.draft(index)).collect();
            self.appender.append(&self.store, &drafts).unwrap();
            self.size += u64::try_from(drafts.len()).unwrap();
        }
    }

    fn draft(&mut self, index: u64) -> Draft {
        let (kind, evidence, stream) = match index % 97 {
            7 => (EntryKind::Gap, EvidenceClass::System, *b"gaps\0\0\0\0\0\0\0\0\0\0\0\0"),
            rest if rest % 5 == 4 => (EntryKind::UserAction, EvidenceClass::Statement, *b"people\0\0\0\0\0\0\0\0\0\0"),
            rest => (EntryKind::Delivery, EvidenceClass::HmacTimed, [if rest % 2 == 0 { 0xa1 } else { 0xb2 }; 16]),
        };
        let mut body = format!("{{\"number\":{index},\"title\":\"Größe \\u2028 {}\"}}", "x".repeat(150)).into_bytes();
        if index % 31 == 30 {
            body.extend([0, 0xff]);
        }
        let content = DraftContent {
            kind,
            evidence,
            received: Timestamp::from_seconds(BEGIN + i64::try_from(index).unwrap()),
            stream: StreamId::from_bytes(stream),
            source: "tests",
            delivery_id: &format!("delivery-{index}"),
            headers: br#"[["content-type","application/json"]]"#,
            body: &body,
            fingerprint: self.random.key(),
            salt: self.random.key(),
        };
        Draft::new(&content).unwrap()
    }

    /// Writes the bundle of an export of rows that rest on some entries; `from` is the entry with which the period begins.
    fn write(
        &mut self,
        output: impl Write,
        from: u64,
        rows: impl Iterator<Item = Vec<u64>>,
        mut told: impl FnMut(),
    ) -> BundleReport {
        let moment = |index: u64| Timestamp::from_seconds(BEGIN + i64::try_from(index).unwrap());
        let asked = json!({ "export": "changes", "environment": "production" });
        let question = Question { from: moment(from), to: moment(self.size), asked };
        let subject = Subject { key: self.key(), question, entries: self.size };
        let Self { store, appender, keys, .. } = self;
        let store = &*store;
        let mut bundle = Bundle::begin(store, output, subject).unwrap();
        for (number, entries) in rows.enumerate() {
            bundle.row(&row(number), &entries).unwrap();
        }
        let report = bundle.finish(|body| bundle::append(store, appender, keys, body), |_| told()).unwrap();
        self.size += 1;
        report
    }
}

fn row(number: usize) -> Value {
    json!({
        "change": format!("acme/checkout#{number}"),
        "approved_by": ["r.lee", "größe"],
        "hours": 0.25,
        "title": "Retry card payments ".repeat(20),
    })
}

fn check(bundle: &[u8], key: &VerifierKey) -> Result<BundleReport, ReadBundleError> {
    bundle::verify(bundle, Some(key.clone()), |_| {})
}

#[test]
fn a_bundle_is_accepted_and_after_any_of_a_thousand_changes_refused() {
    for database in databases() {
        let mut ledger = Ledger::begin(&database, 1);
        ledger.grow(600);
        let rests_on = |seed: u64| {
            let mut random = Random::new(seed);
            (0..40_u64).map(move |row| (0..=row % 4).map(|_| 520 + random.number() % 80).collect::<Vec<u64>>())
        };
        let (mut bundle, mut other) = (Vec::new(), Vec::new());
        let report = ledger.write(&mut bundle, 550, rests_on(1), || {});
        ledger.grow(3);
        ledger.write(&mut other, 550, rests_on(2), || {});
        let key = ledger.key();
        assert_eq!(check(&bundle, &key).unwrap(), report);
        assert!(report.gaps > 0 && report.first <= 549 && report.end == 600, "{report:?}");
        let changed = mutations(&bundle, &other);
        for (number, changed) in changed.iter().enumerate() {
            assert!(check(changed, &key).is_err(), "change {number} is accepted");
        }
        let Some(python) = Python::find() else { continue };
        let mut asked = vec![bundle.clone()];
        asked.extend(changed);
        let answers = python.answers(&asked, &key);
        assert_eq!(answers[0], format!("accepted {}", report.describe().join("|")), "both say the same");
        let accepted: Vec<usize> =
            (1..asked.len()).filter(|number| !answers[*number].starts_with("refused line ")).collect();
        assert!(accepted.is_empty(), "the Python program does not refuse {accepted:?}: {}", answers[accepted[0]]);
        assert_eq!(answers.len(), MUTATIONS + 1);
    }
}

/// Changes to a bundle, each another one, from a seed.
fn mutations(bundle: &[u8], other: &[u8]) -> Vec<Vec<u8>> {
    let lines =
        |bytes: &[u8]| -> Vec<Vec<u8>> { bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect() };
    let (lines, other_lines) = (lines(bundle), lines(other));
    let mut random = Random::new(20);
    let mut made = std::collections::BTreeSet::new();
    while made.len() < MUTATIONS {
        let changed = mutated(&lines, &other_lines, &mut random).concat();
        if changed != bundle && changed != other {
            made.insert(changed);
        }
    }
    made.into_iter().collect()
}

fn mutated(lines: &[Vec<u8>], other: &[Vec<u8>], random: &mut Random) -> Vec<Vec<u8>> {
    let mut changed = lines.to_vec();
    let (one, two) = (random.below(lines.len()), random.below(lines.len()));
    match random.below(10) {
        0 => drop(changed.remove(one)),
        1 => changed.swap(one, two),
        2 => changed.insert(two, lines[one].clone()),
        3 | 4 => {
            let at = random.below(changed[one].len());
            changed[one][at] ^= 1 << random.below(8);
        }
        5 | 6 => {
            // A letter or digit becomes another one: the line stays JSON.
            let words: Vec<usize> =
                (0..changed[one].len()).filter(|at| changed[one][*at].is_ascii_alphanumeric()).collect();
            let byte = &mut changed[one][words[random.below(words.len())]];
            *byte = match *byte {
                b'9' => b'0',
                b'z' => b'a',
                b'Z' => b'A',
                byte => byte + 1,
            };
        }
        7 => {
            let mut bytes = changed.concat();
            bytes.truncate(random.below(bytes.len()));
            changed = vec![bytes];
        }
        8 => changed[one] = other[random.below(other.len())].clone(),
        _ => changed = [&lines[..one], &other[one.min(other.len())..]].concat(),
    }
    changed
}

#[test]
fn an_export_of_any_length_takes_the_same_memory() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::begin(&TestDatabase::sqlite(), 3);
    ledger.grow(1_000);
    let write = |ledger: &mut Ledger, name: &str, changes: u64| {
        let path = folder.path().join(name);
        let output = BufWriter::new(File::create(&path).unwrap());
        let peak = Peak::default();
        let rows = (0..changes).inspect(|_| peak.look()).map(|index| vec![index]);
        let report = ledger.write(output, 0, rows, || peak.look());
        assert_eq!((report.rows, report.first), (changes, 0));
        (path, peak.growth_kib())
    };
    let (short, _) = write(&mut ledger, "short.jsonl", 1_000);
    ledger.grow(LONG);
    let (long, writing) = write(&mut ledger, "long.jsonl", LONG);
    let written_kib = fs::metadata(&long).unwrap().len() / 1024;
    assert!(written_kib > 2 * WRITING_KIB, "{written_kib} KiB are no long export");
    match writing {
        Some(kib) => assert!(kib < WRITING_KIB, "writing {written_kib} KiB took {kib} KiB"),
        None => eprintln!("there is no /proc: the memory that writing takes was not measured"),
    }
    let Some(python) = Python::find() else { return };
    let program = binary();
    let second = root().join("docs/verify_bundle.py");
    let key = ledger.key().to_string();
    let by_program =
        |path: &Path| python.peak_kib(&[&program, Path::new("verify"), path, Path::new("--key"), Path::new(&key)]);
    let by_second = |path: &Path| python.peak_kib(&[python.path(), &second, path, Path::new("--key"), Path::new(&key)]);
    for (who, small, large) in [
        ("throughline verify", by_program(&short), by_program(&long)),
        ("verify_bundle.py", by_second(&short), by_second(&long)),
    ] {
        assert!(
            large < small + GROWTH_KIB,
            "{who} took {small} KiB for the short export and {large} KiB for the long one"
        );
    }
}

/// The most memory that this process was seen to hold while it wrote.
#[derive(Default)]
struct Peak {
    looks: Cell<u64>,
    first: Cell<Option<u64>>,
    most: Cell<u64>,
}

impl Peak {
    /// Looks at every 1,000th call.
    fn look(&self) {
        let looks = self.looks.get();
        self.looks.set(looks + 1);
        if looks.is_multiple_of(1_000)
            && let Ok(status) = fs::read_to_string("/proc/self/status")
            && let Some(line) = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))
        {
            let held: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
            self.first.set(self.first.get().or(Some(held)));
            self.most.set(self.most.get().max(held));
        }
    }

    fn growth_kib(&self) -> Option<u64> {
        self.first.get().map(|first| self.most.get() - first)
    }
}

#[test]
fn the_command_line_exports_and_checks() {
    let told = story::tell(None);
    let server = &told.server;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (rows, bundle) = (path("rows.jsonl"), path("bundle.jsonl"));
    let period = ["--from", "2020-01-01T00:00:00Z", "--to", "2026-12-31T00:00:00Z"];
    let output = ["--format", "jsonl", "--output", rows.as_str(), "--bundle", bundle.as_str()];
    server.command(&[&["export", "changes"][..], &period, &output].concat()).good();

    // The export has lines of other types, and says in each of which it is.
    let exported: Vec<Value> = fs::read_to_string(&rows)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| line["type"] == "change")
        .map(|mut line| {
            line.as_object_mut().unwrap().remove("type");
            line
        })
        .collect();
    assert!(!exported.is_empty(), "the story has changes");
    let lines = fs::read_to_string(&bundle).unwrap();
    let proved: Vec<Value> = lines
        .lines()
        .filter(|line| line.starts_with("{\"entries\":"))
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["row"].take())
        .collect();
    assert_eq!(proved, exported, "the bundle holds the rows of the export");

    let said = server.command(&["verify"]).good();
    let key =
        said.lines().find_map(|line| line.strip_prefix("Checking the ledger against the key ")).unwrap().to_owned();
    let good = server.command(&["verify", &bundle, "--key", &key]).good();
    for words in [
        "Unchanged since ",
        "Complete for ",
        "True only as far as the sources: ",
        "Signed with the key that was given: ",
    ] {
        assert!(good.lines().any(|line| line.starts_with(words)), "{words} is missing\n{good}");
    }
    assert!(server.command(&["verify", &bundle]).good().contains("The key was taken from the bundle itself"));
    if let Some(python) = Python::find() {
        let said = python.run(&[
            &root().join("docs/verify_bundle.py"),
            Path::new(&bundle),
            Path::new("--key"),
            Path::new(&key),
        ]);
        assert_eq!(said, (0, good), "both say the same");
    }

    let other = format!("other.{key}");
    let edited = path("edited.jsonl");
    fs::write(&edited, lines.replacen("\"row\":{", "\"row\":{\"added\":1,", 1)).unwrap();
    let cut = path("cut.jsonl");
    fs::write(&cut, &lines[..lines.len() - 1]).unwrap();
    let missing = path("missing.jsonl");
    for (arguments, code) in [
        (vec!["verify", edited.as_str()], 1),
        (vec!["verify", cut.as_str()], 1),
        (vec!["verify", rows.as_str()], 1),
        (vec!["verify", missing.as_str()], 3),
        (vec!["verify", bundle.as_str(), "--key", other.as_str()], 2),
        (vec!["verify", bundle.as_str(), "--checkpoint", rows.as_str()], 2),
    ] {
        let ended = server.command(&arguments);
        assert_eq!(ended.code, code, "{arguments:?}\n{}", ended.all());
    }
}

/// A Python that has a package for Ed25519 signatures.
struct Python(String);

impl Python {
    /// Says so and answers `None` where there is none.
    fn find() -> Option<Self> {
        const ED25519: &str = "try:\n import cryptography\nexcept ImportError:\n import nacl";
        let works = |name: &&str| {
            let tried = Command::new(name).args(["-c", ED25519]).stderr(Stdio::null()).status();
            tried.is_ok_and(|status| status.success())
        };
        let found = ["python3", "/usr/bin/python3"].into_iter().find(works);
        if found.is_none() {
            let required = std::env::var(REQUIRED).is_ok_and(|value| value == "1");
            assert!(!required, "{REQUIRED} is 1, and there is no python3 with the package cryptography or PyNaCl");
            eprintln!("there is no python3 with the package cryptography: THE SECOND VERIFIER WAS NOT TESTED");
        }
        found.map(|name| Self(name.to_owned()))
    }

    fn path(&self) -> &Path {
        Path::new(&self.0)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.0);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("THROUGHLINE_") {
                command.env_remove(name);
            }
        }
        // No folder of compiled files beside the program in docs.
        command.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONUTF8", "1");
        command
    }

    /// Exit code and output of a Python program.
    fn run(&self, arguments: &[&Path]) -> (i32, String) {
        let ended = self.command().args(arguments).output().unwrap();
        (ended.status.code().unwrap(), String::from_utf8(ended.stdout).unwrap())
    }

    /// What the second verifier says of each bundle, in one process: `accepted …` or `refused …`.
    fn answers(&self, bundles: &[Vec<u8>], key: &VerifierKey) -> Vec<String> {
        const DRIVER: &str = r#"
import io, sys
sys.path.insert(0, sys.argv[1])
import verify_bundle
while True:
    length = sys.stdin.buffer.read(8)
    if not length:
        break
    bundle = sys.stdin.buffer.read(int.from_bytes(length, "big"))
    try:
        print("accepted", "|".join(verify_bundle.verify(io.BytesIO(bundle), sys.argv[2])))
    except verify_bundle.Refused as error:
        print("refused", ascii(str(error)).strip("'\""))
"#;
        let mut said = tempfile::tempfile().unwrap();
        let mut child = self
            .command()
            .args(["-c", DRIVER])
            .arg(root().join("docs"))
            .arg(key.to_string())
            .stdin(Stdio::piped())
            .stdout(said.try_clone().unwrap())
            .spawn()
            .unwrap();
        let mut input = BufWriter::new(child.stdin.take().unwrap());
        for bundle in bundles {
            input.write_all(&u64::try_from(bundle.len()).unwrap().to_be_bytes()).unwrap();
            input.write_all(bundle).unwrap();
        }
        drop(input);
        assert!(child.wait().unwrap().success(), "the driver of the second verifier failed");
        said.rewind().unwrap();
        let mut text = String::new();
        BufReader::new(said).read_to_string(&mut text).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// Runs a command, which must end well, and answers the most memory that it held, in KiB.
    fn peak_kib(&self, command: &[&Path]) -> u64 {
        const MEASURE: &str = r#"
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"#;
        let ended = self.command().args(["-c", MEASURE]).args(command).output().unwrap();
        assert!(ended.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&ended.stderr));
        String::from_utf8(ended.stdout).unwrap().trim().parse().unwrap()
    }
}
