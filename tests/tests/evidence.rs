//! Evidence that programs push: by REST and by the command line, kept to the byte, read, linked, and refused to whoever
//! may not.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests fail as the tests do")]

use std::fs;
use std::path::PathBuf;

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use throughline_domain::ledger::EntryKind;
use throughline_tests::database::{TestDatabase, alter_file};
use throughline_tests::http::{Answer, send};
use throughline_tests::program::Finished;
use throughline_tests::server::{Setup, TestServer};

const COMMIT: &str = "4f1c2a9be0d37c5586a1b2f4e9d0c7a3b8e6f512";

const REPORT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="unit" tests="2" failures="0" errors="0" time="0.5" timestamp="2026-03-14T09:26:06Z">
  <testcase classname="checkout.Totals" name="adds up" time="0.2"/>
  <testcase classname="checkout.Totals" name="rounds" time="0.3"/>
</testsuite>
"#;

fn push(server: &TestServer, provider: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let path = format!("/api/v1/evidence/{provider}");
    let request = server.request(Method::POST, &path).bearer_auth(server.token()).body(body.to_owned());
    send(headers.iter().fold(request, |request, (name, value)| request.header(*name, value.as_bytes())))
}

/// Pushes a file that is taken; answers its entry, and whether it is a new one.
fn push_well(server: &TestServer, provider: &str, headers: &[(&str, &str)], body: &str) -> (u64, bool) {
    let answer = push(server, provider, headers, body);
    assert_eq!(answer.status, 202, "{}", answer.text());
    let receipt = answer.json();
    (receipt["entry"].as_u64().unwrap(), receipt["appended"].as_bool().unwrap())
}

fn size(server: &TestServer) -> u64 {
    server.status()["ledger_size"].as_u64().unwrap()
}

fn word<'a>(value: &'a Value, member: &str) -> &'a str {
    value.get(member).and_then(Value::as_str).unwrap_or_default()
}

#[test]
fn a_report_is_kept_and_read_on_sqlite() {
    a_report_is_kept_and_read(Setup::new().start());
}

#[test]
fn a_report_is_kept_and_read_on_postgres() {
    let Some(database) = TestDatabase::postgres() else { return };
    a_report_is_kept_and_read(Setup::new().on(database).start());
}

fn a_report_is_kept_and_read(mut server: TestServer) {
    let about = [
        ("content-type", "application/xml"),
        ("throughline-repository", "https://github.com/acme/checkout"),
        ("throughline-commit", COMMIT),
        ("throughline-name", "unit tests of größe"),
    ];
    let (entry, appended) = push_well(&server, "junit", &about, REPORT);
    assert!(appended);
    assert_eq!(push_well(&server, "junit", &about, REPORT), (entry, false), "a push that is repeated is recognised");
    let (other, appended) = push_well(&server, "junit", &about[..3], REPORT);
    assert!(appended && other != entry, "the same report of something else is another one");
    let (named, _) = push_well(&server, "junit", &[("throughline-id", "run-42")], REPORT);
    server.wait_projected();

    let stored = server.entry(entry);
    assert_eq!(stored.entry_kind(), Some(EntryKind::PushedEvidence));
    assert_eq!(stored.body.as_deref(), Some(REPORT.as_bytes()));
    let shown = server.get_json(&format!("/api/v1/deliveries/{entry}"));
    for (member, expected) in
        [("source", "evidence/junit"), ("provider", "junit"), ("status", "parsed"), ("vouched", "e1")]
    {
        assert_eq!(word(&shown["delivery"], member), expected, "{shown:#}");
    }
    let headers = shown["headers"].to_string();
    for kept in [COMMIT, "größe", "throughline-pushed-by", "tests"] {
        assert!(headers.contains(kept), "{headers}");
    }
    assert!(!headers.contains("Bearer") && !headers.contains(server.token()), "the token is not kept");
    assert_eq!(word(&server.delivery(named), "delivery_id"), "run-42");
    assert_eq!(server.deliveries("source=evidence/junit").len(), 3);

    let before = kinds_around(&server, COMMIT);
    assert!(before.contains(&"verifies".to_owned()), "{before:?}");
    server.stop();
    server.command(&["rebuild"]).good();
    server.start_again();
    server.wait_projected();
    assert_eq!(kinds_around(&server, COMMIT), before, "a rebuild needs nothing but the ledger");
}

/// The words of the links at a node, in order.
fn kinds_around(server: &TestServer, of: &str) -> Vec<String> {
    let node = server.ask("/api/v1/node", &[("of", of)]);
    let mut kinds: Vec<String> =
        node["links"].as_array().unwrap().iter().map(|link| word(link, "kind").to_owned()).collect();
    kinds.sort();
    kinds
}

#[test]
fn who_may_not_push_is_refused_and_nothing_is_kept() {
    let server = Setup::new().source("github").with("LIMITS_BODY_BYTES", "1000").start();
    let before = size(&server);
    let request = |provider: &str| server.request(Method::POST, &format!("/api/v1/evidence/{provider}"));
    let secret = server.source("github").secret.clone();
    for bearer in [None, Some("wrong"), Some(secret.as_str())] {
        let unsigned = request("junit").body(REPORT);
        let answer = send(match bearer {
            Some(token) => unsigned.bearer_auth(token),
            None => unsigned,
        });
        assert_eq!((answer.status, answer.problem().as_str()), (401, "login-needed"), "{bearer:?}");
    }
    let link = server.new_login_link();
    let token = link.split_once("token=").unwrap().1;
    let logged_in = send(server.request(Method::POST, "/login").form(&[("token", token)]));
    let cookie = logged_in.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let answer = send(request("junit").header("cookie", cookie).body(REPORT));
    assert_eq!((answer.status, answer.problem().as_str()), (403, "forbidden"), "a browser's session does not push");

    for provider in ["github", "slack", "nothing"] {
        assert_eq!(push(&server, provider, &[], REPORT).problem(), "not-found", "{provider}");
    }
    assert_eq!(push(&server, "junit", &[], &" ".repeat(1_001)).problem(), "body-too-large");
    assert_eq!(push(&server, "junit", &[("content-encoding", "gzip")], REPORT).problem(), "encoded-body");
    let revoked = server.command(&["token", "create", "gone"]).good().trim().to_owned();
    let listed = server.command(&["token", "list"]).good();
    let id = listed.lines().find(|line| line.contains("\tgone\t")).unwrap().split('\t').next().unwrap().to_owned();
    server.command(&["token", "revoke", &id]).good();
    let answer = send(request("junit").bearer_auth(revoked).body(REPORT));
    assert_eq!(answer.problem(), "login-needed");
    assert_eq!(size(&server), before, "what was refused is no entry");
    assert!(push_well(&server, "junit", &[], "no report at all").1, "what cannot be read is kept all the same");
    server.wait_projected();
    assert_eq!(word(&server.deliveries("limit=1")[0], "status"), "failed");
}

#[test]
fn another_provider_cannot_be_put_in_its_place() {
    let mut server = Setup::new().start();
    push_well(&server, "junit", &[], REPORT);
    server.wait_projected();
    server.stop();
    server.command(&["verify"]).good();
    alter_file(&server.database_file(), b"evidence/junit", b"evidence/nunit");
    let verified = server.command(&["verify"]);
    assert_eq!(verified.code, 1, "{}", verified.all());
    assert!(verified.all().contains("evidence/nunit"), "{}", verified.all());
    server.leave_unchecked();
}

/// The command line with files of its own.
struct Terminal<'a> {
    server: &'a TestServer,
    folder: TempDir,
}

impl<'a> Terminal<'a> {
    fn of(server: &'a TestServer) -> Self {
        Self { server, folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path: PathBuf = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    fn run(&self, arguments: &[&str]) -> Finished {
        let program = self.server.program().clone();
        program.with("URL", self.server.url()).with("TOKEN", self.server.token()).run(arguments)
    }

    /// The entry that a command prints.
    fn entry(&self, arguments: &[&str]) -> u64 {
        let printed = self.run(arguments).good();
        let number = printed.lines().find_map(|line| line.strip_prefix("entry: ")).unwrap();
        number.split(' ').next().unwrap().parse().unwrap()
    }
}

#[test]
fn the_command_line_pushes_files() {
    let server = Setup::new().start();
    let terminal = Terminal::of(&server);
    let report = terminal.file("results.xml", REPORT);
    let about = ["--repository", "https://github.com/acme/checkout", "--commit", COMMIT, "--name", "unit tests"];
    let call = [&["push", "junit", report.as_str()][..], &about].concat();
    let entry = terminal.entry(&call);
    assert_eq!(terminal.entry(&call), entry, "pushed twice, kept once");
    server.wait_projected();
    assert_eq!(word(&server.delivery(entry), "status"), "parsed");
    assert!(kinds_around(&server, COMMIT).contains(&"verifies".to_owned()));

    let broken = terminal.file("broken.xml", "<testsuite");
    for (arguments, code) in [
        (vec!["push", "junit", broken.as_str()], 1),
        (vec!["push", "github", report.as_str()], 2),
        (vec!["push", "junit", "no-such-file.xml"], 2),
        (vec!["push", "junit", report.as_str(), "--token", "wrong"], 3),
        (vec!["push", "junit", report.as_str(), "--server", "http://127.0.0.1:9"], 3),
    ] {
        assert_eq!(terminal.run(&arguments).code, code, "{arguments:?}");
    }
    let nowhere = server.program().run(&["push", "junit", &report]);
    assert_eq!(nowhere.code, 2);
    assert!(nowhere.stderr.contains("THROUGHLINE_URL"), "{}", nowhere.stderr);
}

#[test]
fn the_command_line_states_deployments() {
    let server = Setup::new().start();
    let terminal = Terminal::of(&server);
    let digest = format!("sha256:{}", "ab".repeat(32));
    let place = ["deployed", "--service", "checkout", "--environment", "production"];
    let first = [&place[..], &["--artifact", digest.as_str(), "--id", "helm-7"]].concat();
    terminal.entry(&first);
    let back =
        [&place[..], &["--rollback-of", "helm-7", "--id", "helm-8", "--url", "https://ci.acme.example/8"]].concat();
    let printed = terminal.run(&back).good();
    assert!(printed.contains("deployment: helm-8"), "{printed}");
    server.wait_projected();
    assert_eq!(
        kinds_around(&server, "cdevents:v0:throughline::::deployment:helm-7"),
        ["deployed_to", "deploys", "of", "rolls_back"]
    );
    assert_eq!(
        kinds_around(&server, "cdevents:v0:throughline::::deployment:helm-8"),
        ["deployed_to", "of", "rolls_back"]
    );
    let before = size(&server);
    for arguments in
        [vec!["--artifact", "ghcr.io/acme/checkout:1.4.0"], vec!["--commit", COMMIT], vec!["--at", "today"]]
    {
        let call = [&place[..], arguments.as_slice()].concat();
        assert_eq!(terminal.run(&call).code, 2, "{arguments:?}");
    }
    assert_eq!(size(&server), before, "a wrong call states nothing");
}

#[test]
fn the_command_line_takes_snapshots() {
    let server = Setup::new().start();
    let terminal = Terminal::of(&server);
    let image = format!("ghcr.io/acme/checkout@sha256:{}", "cd".repeat(32));
    let pod = json!({ "kind": "Pod",
        "metadata": { "namespace": "shop", "name": "checkout-7f9c-a", "labels": { "app": "checkout" },
            "annotations": { "note": "hidden" } },
        "spec": { "containers": [{ "name": "main", "image": "ghcr.io/acme/checkout:1.4.0",
            "env": [{ "name": "PASSWORD", "value": "hidden" }] }] },
        "status": { "phase": "Running", "containerStatuses": [{ "name": "main", "image": "x", "imageID": image }] } });
    let list = terminal.file("pods.json", &json!({ "kind": "List", "items": [pod] }).to_string());
    let entry = terminal.entry(&[
        "snapshot",
        "k8s",
        "--from",
        list.as_str(),
        "--environment",
        "production",
        "--cluster",
        "eu-1",
    ]);
    let packages = terminal.file("packages.txt", "bash\t5.2.15-2\nopenssl\t3.0.11-1\n");
    let of_host =
        ["snapshot", "packages", "--environment", "production", "--host", "pay-1", "--from", packages.as_str()];
    let installed = terminal.entry(&of_host);
    server.wait_projected();
    for (entry, source) in [(entry, "evidence/kubernetes"), (installed, "evidence/packages")] {
        let delivery = server.delivery(entry);
        assert_eq!((word(&delivery, "status"), word(&delivery, "source")), ("parsed", source), "{delivery}");
    }
    let kept = String::from_utf8(server.entry(entry).body.unwrap()).unwrap();
    assert!(kept.contains("imageID") && !kept.contains("hidden"), "nothing is kept that nobody reads: {kept}");
    assert!(kinds_around(&server, "environment:production").iter().filter(|kind| *kind == "runs").count() >= 2);

    let before = size(&server);
    let garbage = terminal.file("garbage.json", "error: no such context");
    for arguments in [
        vec!["snapshot", "k8s", "--from", garbage.as_str(), "--environment", "production"],
        vec!["snapshot", "k8s", "--from", list.as_str()],
        vec!["snapshot", "packages", "--environment", "production", "--host", "pay-1", "--from", list.as_str()],
    ] {
        assert_eq!(terminal.run(&arguments).code, 2, "{arguments:?}");
    }
    assert_eq!(size(&server), before, "what states nothing is not pushed");
}
