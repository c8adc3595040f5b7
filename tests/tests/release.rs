//! Can this go out? Policies, verdicts, sign-offs, waivers and emergencies with the real program: by the command line, by
//! REST and by the forms of the pages, on both databases.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as the tests do")]

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use throughline_tests::database::TestDatabase;
use throughline_tests::http::{Answer, send};
use throughline_tests::ledger::graph;
use throughline_tests::markup;
use throughline_tests::server::{Setup, TestServer};
use throughline_tests::signing::headers;
use throughline_tests::waiting::until;

const PRODUCTION: &str = "cdevents:v0:throughline::::environment:production";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const OTHER_COMMIT: &str = "89abcdef0123456789abcdef0123456789abcdef";

/// How long a decision of a few seconds may take to cease to count.
const EXPIRY_LIMIT: Duration = Duration::from_secs(60);

/// Everything but the one gate is switched off.
const POLICY: &str = r#"
[[policy]]
name = "production"
environments = ["production"]
[policy.gates]
commit-in-change = { use = "off" }
four-eyes = { use = "off" }
ticket = { use = "off" }
built-and-tested = { use = "required", build = false, tests = true }
tested-artifact = { use = "off" }
provenance = { use = "off" }
soak = { use = "off" }
watched = { use = "off" }
no-open-incident = { use = "off" }
error-budget = { use = "off" }
freeze = { use = "off" }
rollback-target = { use = "off" }
on-call = { use = "off" }
fresh-evidence = { use = "off" }
"#;

const CALENDAR: &str = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20200101T000000Z\r\nDTEND:20200102T000000Z\r\n\
                        RRULE:FREQ=DAILY\r\nSUMMARY:grace\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

#[test]
fn a_release_is_judged_on_sqlite() {
    release(Setup::new());
}

#[test]
fn a_release_is_judged_on_postgres() {
    let Some(database) = TestDatabase::postgres() else { return };
    release(Setup::new().on(database));
}

fn release(setup: Setup) {
    let server = told(setup);
    let policy = policies_are_checked_applied_and_found_again(&server);
    let entry = what_failed_is_not_ready(&server);
    the_formats_say_the_same(&server);
    what_nobody_knows_is_neither_yes_nor_no(&server);
    only_what_may_be_is_decided(&server);
    a_waiver_makes_it_ready(&server);
    a_waiver_that_has_ended_does_not_count(&server);
    people_have_the_last_word(&server);
    a_verdict_comes_out_the_same_again(&server, entry, &policy);
    rest_judges_records_and_decides(&server);
    the_pages_show_and_decide(&server);
    a_rebuild_keeps_every_decision_and_verdict(server, entry);
}

#[test]
fn what_ran_elsewhere_and_who_decided_are_told_apart() {
    let server = Setup::new().source("facts").start();
    let json = headers(&[("content-type", "application/json")]);
    server.deliver_well("facts", &json, two_services().to_string().as_bytes());
    let soak = POLICY
        .replace("soak = { use = \"off\" }", "soak = { use = \"required\", hours = 24 }")
        .replace("{ use = \"required\", build = false, tests = true }", "{ use = \"off\" }");
    server.command(&["policy", "apply", &file(&server, "soak.toml", &soak)]).good();
    server.wait_projected();
    let digest = digest();
    let judged =
        |arguments: &[&str]| server.command(&[&["ready"], arguments, &["--for", "production", "--dry-run"]].concat());
    let several = judged(&[&digest]);
    assert!(several.code == 2 && several.stderr.contains("by --service: checkout, till"), "{}", several.all());
    // Nobody has said what comes before production; staging does then.
    let own = judged(&[&digest, "--service", "till"]);
    assert!(own.code == 0 && own.stdout.contains("It ran in staging for 3 days."), "{}", own.all());
    let other = judged(&[&digest, "--service", "checkout"]);
    assert!(other.code == 1 && other.stdout.contains("was not deployed to staging"), "{}", other.all());
    // What has gone out is judged by the moment at which it did.
    let gone = judged(&["deployment:till-early"]);
    assert!(gone.code == 1 && gone.stdout.contains("runs in staging for 3 hours"), "{}", gone.all());
    assert!(gone.stdout.contains("judged as of its deployment, "), "{}", gone.all());

    let place = [digest.as_str(), "--service", "checkout", "--for", "production", "--reason", "x"];
    let nobody = server.command(&[&["signoff", "go"], place.as_slice(), &["--by", " "]].concat());
    assert!(nobody.code == 2 && nobody.stderr.contains("say who decides"), "{}", nobody.all());
    decided(&server, &[&["emergency"], place.as_slice(), &["--expires", "1h"]].concat());
    assert_eq!(judged(&[&digest, "--service", "checkout"]).code, 0);
    decided(&server, &[&["signoff", "no-go"], place.as_slice()].concat());
    assert_eq!(judged(&[&digest, "--service", "checkout"]).code, 1);
    decided(&server, &[&["signoff", "go"], place.as_slice()].concat());
    let ended = judged(&[&digest, "--service", "checkout"]);
    assert_eq!(ended.code, 1, "a go brings no emergency back\n{}", ended.all());
}

/// An artifact of two services, of which one was deployed: to staging three days ago, to production three hours later.
fn two_services() -> Value {
    let ago = |hours: i64| throughline::clock::now().plus_seconds(-3_600 * hours).to_string();
    let deployment = |name: &str, environment: &str, hours: i64| {
        json!({
            "kind": "deployment", "id": name,
            "attributes": { "outcome": "success", "finished_at": ago(hours) },
            "links": [
                { "kind": "deploys", "to": { "digest": digest() } },
                { "kind": "deployed_to", "to": { "kind": "environment", "id": environment } },
                { "kind": "of", "to": { "kind": "service", "id": "till" } }
            ]
        })
    };
    json!({
        "version": 1, "at": ago(1),
        "facts": [
            {
                "kind": "artifact", "digest": digest(), "title": "shop:1.8.0",
                "links": [{ "kind": "of", "to": { "kind": "service", "id": "checkout" } }]
            },
            deployment("till-staging", "staging", 75),
            deployment("till-early", "production", 72)
        ]
    })
}

/// A server that knows two artifacts of one service in staging: of the first a test failed, of the other nothing ran.
fn told(setup: Setup) -> TestServer {
    let server = setup.source("facts").start();
    let commit = |id: &str| json!({ "commit": id, "repository": "https://github.com/acme/checkout" });
    let artifact = |digest: &str, version: &str, id: &str| {
        json!({
            "kind": "artifact", "digest": digest, "title": format!("checkout:{version}"),
            "attributes": { "version": version },
            "links": [
                { "kind": "built_from", "to": commit(id) },
                { "kind": "of", "to": { "kind": "service", "id": "checkout" } }
            ]
        })
    };
    let facts = json!({
        "version": 1,
        "at": "2026-11-10T10:00:00Z",
        "facts": [
            { "kind": "environment", "id": "staging" },
            {
                "kind": "environment", "id": "production",
                "links": [{ "kind": "comes_after", "to": { "kind": "environment", "id": "staging" } }]
            },
            { "kind": "commit", "commit": COMMIT, "repository": "https://github.com/acme/checkout", "title": "Retry" },
            {
                "kind": "commit", "commit": OTHER_COMMIT, "repository": "https://github.com/acme/checkout", "title": "More"
            },
            artifact(&digest(), "1.8.0", COMMIT),
            artifact(&other_digest(), "1.9.0", OTHER_COMMIT),
            {
                "kind": "test_run", "id": "unit-7", "title": "unit",
                "attributes": {
                    "outcome": "failure", "result": "127 passed, 1 failed", "finished_at": "2026-11-10T09:00:00Z"
                },
                "links": [
                    { "kind": "verifies", "to": { "digest": digest() } },
                    { "kind": "verifies", "to": commit(COMMIT) }
                ]
            },
            {
                "kind": "deployment", "id": "staging-7", "title": "checkout 1.8.0",
                "attributes": { "outcome": "success", "finished_at": "2026-11-10T09:30:00Z" },
                "links": [
                    { "kind": "deploys", "to": { "digest": digest() } },
                    { "kind": "deployed_to", "to": { "kind": "environment", "id": "staging" } },
                    { "kind": "of", "to": { "kind": "service", "id": "checkout" } }
                ]
            }
        ]
    });
    let json = headers(&[("content-type", "application/json")]);
    server.deliver_well("facts", &json, facts.to_string().as_bytes());
    server.wait_projected();
    server
}

fn digest() -> String {
    format!("sha256:{}", "ab".repeat(32))
}

fn other_digest() -> String {
    format!("sha256:{}", "cd".repeat(32))
}

fn file(server: &TestServer, name: &str, text: &str) -> String {
    let path = server.data_folder().join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// The verdict about an artifact, not recorded, by the command line as JSON.
fn asked(server: &TestServer, digest: &str) -> (i32, Value) {
    let finished = server.command(&["ready", digest, "--for", "production", "--dry-run", "--json"]);
    let answer = serde_json::from_str(&finished.stdout);
    (finished.code, answer.unwrap_or_else(|cause| panic!("{cause}\n{}", finished.all())))
}

/// Runs a command that decides, and waits until the decision counts.
fn decided(server: &TestServer, arguments: &[&str]) -> String {
    let said = server.command(arguments).good();
    server.wait_projected();
    said
}

fn policies_are_checked_applied_and_found_again(server: &TestServer) -> String {
    let policy = file(server, "readiness.toml", POLICY);
    let calendar = file(server, "payments.ics", CALENDAR);
    let with_calendar = format!("payments={calendar}");
    let checked = server.command(&["policy", "check", &policy, "--calendar", &with_calendar]).good();
    assert!(checked.contains("1 policies") && checked.contains("1 calendars"), "{checked}");
    let broken = file(server, "broken.toml", "[[policy]]\nname = \"x\"\n[policy.gates]\nflying = { use = \"on\" }\n");
    for arguments in [
        vec!["policy", "check", broken.as_str()],
        vec!["policy", "apply", broken.as_str()],
        vec!["policy", "check", policy.as_str(), "--calendar", "payments"],
        vec!["policy", "check", "no-such-file.toml"],
    ] {
        assert_eq!(server.command(&arguments).code, 2, "{arguments:?}");
    }
    let built_in = server.get_json("/api/v1/policy");
    assert_eq!(built_in.get("entry"), Some(&Value::Null), "{built_in}");
    let size = server.status().get("ledger_size").and_then(Value::as_u64).unwrap();
    let applied = server.command(&["policy", "apply", &policy, "--calendar", &with_calendar]).good();
    assert!(applied.contains("are in force: 1 policies"), "{applied}");
    let again = server.command(&["policy", "apply", &policy, "--calendar", &with_calendar]).good();
    assert!(again.contains("in force already"), "{again}");
    assert_eq!(server.command(&["policy", "show"]).good().trim(), POLICY.trim());
    let before = server.command(&["policy", "show", "--size", &size.to_string(), "--json"]).good();
    let before: Value = serde_json::from_str(&before).unwrap();
    assert_eq!(text(&before, "/sha256"), text(&built_in, "/sha256"));
    server.wait_projected();
    let shown = server.get_json("/api/v1/policy");
    assert_eq!((text(&shown, "/text"), text(&shown, "/calendars/0")), (POLICY.to_owned(), "payments".to_owned()));
    assert_eq!(shown.get("entry").and_then(Value::as_u64), Some(size));
    let sha256 = text(&shown, "/sha256");
    let found = server.ask("/api/v1/policy", &[("sha256", &sha256)]);
    assert_eq!(text(&found, "/policies/0/name"), "production");
    assert_eq!(server.get(&format!("/api/v1/policy?sha256={}", "0".repeat(64))).status, 404);
    sha256
}

/// The entry of the recorded verdict.
fn what_failed_is_not_ready(server: &TestServer) -> u64 {
    let judged = server.command(&["ready", &digest(), "--for", "production"]);
    assert_eq!(judged.code, 1, "{}", judged.all());
    for part in [
        "Not ready for production: artifact",
        "of checkout",
        "✗ built-and-tested: no",
        "127 passed, 1 failed",
        "Recorded as entry ",
    ] {
        assert!(judged.stdout.contains(part), "{part}\n{}", judged.stdout);
    }
    let rest = judged.stdout.split_once("Recorded as entry ").unwrap().1;
    server.wait_projected();
    let (code, answer) = asked(server, &digest());
    assert_eq!((code, text(&answer, "/outcome")), (1, "not_ready".to_owned()));
    let recorded = answer.pointer("/recorded/0/entry").and_then(Value::as_u64).unwrap();
    assert!(rest.starts_with(&recorded.to_string()), "{rest}");
    assert_eq!(answer.get("entry"), Some(&Value::Null), "a dry run is not recorded");
    recorded
}

fn the_formats_say_the_same(server: &TestServer) {
    let printed = |format: &str| {
        let digest = digest();
        let arguments = ["ready", digest.as_str(), "--for", "production", "--dry-run", "--format", format];
        let finished = server.command(&arguments);
        assert_eq!(finished.code, 1, "{}", finished.all());
        finished.stdout
    };
    let markdown = printed("markdown");
    assert!(markdown.starts_with("**Not ready** for production"), "{markdown}");
    assert!(markdown.contains("| ✗ | built-and-tested | no |"), "{markdown}");
    let junit = printed("junit");
    let pushed = server
        .request(Method::POST, "/api/v1/evidence/junit")
        .bearer_auth(server.token())
        .header("throughline-id", "readiness-1")
        .body(junit.clone());
    let pushed = send(pushed);
    assert_eq!(pushed.status, 202, "{}", pushed.text());
    let entry = pushed.json().get("entry").and_then(Value::as_u64).unwrap();
    server.wait_projected();
    assert_eq!(text(&server.delivery(entry), "/status"), "parsed", "{junit}");
    let read = server.get_json(&format!("/api/v1/deliveries/{entry}"));
    assert!(read.get("facts").unwrap().to_string().contains("2 failed"), "the gate and the verdict\n{read:#}");
}

fn what_nobody_knows_is_neither_yes_nor_no(server: &TestServer) {
    let (code, answer) = asked(server, &other_digest());
    assert_eq!((code, text(&answer, "/outcome")), (2, "unknown".to_owned()), "{answer:#}");
    let gate = gate(&answer);
    assert_eq!((text(&gate, "/state"), gate.get("holds_up")), ("unknown".to_owned(), Some(&Value::Bool(true))));
    let nobody = server.command(&["ready", "acme/checkout#99999", "--for", "production", "--dry-run"]);
    assert_eq!(nobody.code, 2, "{}", nobody.all());
    assert!(nobody.stderr.contains("nothing is known"), "{}", nobody.stderr);
    let nowhere = server.command(&["ready", &digest(), "--for", "the-moon", "--dry-run"]);
    assert_eq!(nowhere.code, 2, "{}", nowhere.all());
    let wrong = server.command(&["ready", PRODUCTION, "--for", "production", "--dry-run"]);
    assert!(wrong.code == 2 && wrong.stderr.contains("cannot go out"), "{}", wrong.all());
}

fn only_what_may_be_is_decided(server: &TestServer) {
    let before = server.status().get("ledger_size").cloned();
    let digest = digest();
    let place = [digest.as_str(), "--for", "production"];
    for (command, rest, said) in [
        ("waive", vec!["--gate", "flying", "--expires", "7d", "--reason", "x"], "choose one of built-and-tested"),
        ("waive", vec!["--gate", "built-and-tested", "--expires", "91d", "--reason", "x"], "90 days at most"),
        ("waive", vec!["--gate", "built-and-tested", "--expires", "7d", "--reason", " "], "say why"),
        ("waive", vec!["--gate", "built-and-tested", "--reason", "x"], "--expires"),
        ("emergency", vec!["--reason", "x"], "--expires"),
        ("emergency", vec!["--expires", "2020-01-01", "--reason", "x"], "has passed already"),
    ] {
        let refused = server.command(&[&[command], place.as_slice(), rest.as_slice()].concat());
        assert_eq!(refused.code, 2, "{command} {rest:?}\n{}", refused.all());
        assert!(refused.stderr.contains(said), "{said}\n{}", refused.stderr);
    }
    assert_eq!(server.status().get("ledger_size").cloned(), before, "what is refused leaves no trace");
}

fn a_waiver_makes_it_ready(server: &TestServer) {
    let digest = digest();
    let said = decided(
        server,
        &[
            "waive",
            &digest,
            "--for",
            "production",
            "--gate",
            "built-and-tested",
            "--expires",
            "7d",
            "--reason",
            "the test itself is wrong",
            "--by",
            "ada",
        ],
    );
    assert!(said.contains("need not pass the gate built-and-tested, as ada says, until"), "{said}");
    let (code, answer) = asked(server, &digest);
    assert_eq!((code, text(&answer, "/outcome")), (0, "ready".to_owned()), "{answer:#}");
    let gate = gate(&answer);
    assert_eq!(text(&gate, "/state"), "waived");
    assert!(text(&gate, "/waived_by").starts_with("ada until "), "{gate}");
    assert!(text(&gate, "/reasons/0/text").contains("failed"), "it still says what it found\n{gate}");
    let (code, _) = asked(server, &other_digest());
    assert_eq!(code, 2, "a waiver is for one candidate");
}

fn a_waiver_that_has_ended_does_not_count(server: &TestServer) {
    let soon = throughline::clock::now().plus_seconds(6).to_string();
    let other = other_digest();
    decided(
        server,
        &[
            "waive",
            &other,
            "--for",
            "production",
            "--gate",
            "built-and-tested",
            "--expires",
            &soon,
            "--reason",
            "for a moment",
        ],
    );
    let (code, answer) = until("the waiver has ended", EXPIRY_LIMIT, || {
        let (code, answer) = asked(server, &other);
        (answer.pointer("/decisions/0/expired") == Some(&Value::Bool(true))).then_some((code, answer))
    });
    assert_eq!((code, text(&gate(&answer), "/state")), (2, "unknown".to_owned()), "{answer:#}");
}

fn people_have_the_last_word(server: &TestServer) {
    let digest = digest();
    let sign = |word: &str, reason: &str| {
        decided(server, &["signoff", word, &digest, "--for", "production", "--reason", reason, "--by", "grace"])
    };
    sign("no-go", "the campaign starts tonight");
    let (code, answer) = asked(server, &digest);
    assert_eq!((code, text(&answer, "/sign_off")), (1, "refused".to_owned()));
    assert!(text(&answer, "/headline").contains("the campaign starts tonight"), "{answer:#}");
    sign("go", "it was moved");
    let (code, answer) = asked(server, &digest);
    assert_eq!((code, text(&answer, "/sign_off")), (0, "given".to_owned()), "{answer:#}");
    let other = other_digest();
    let said = decided(
        server,
        &[
            "emergency",
            &other,
            "--for",
            "production",
            "--expires",
            "12h",
            "--reason",
            "checkout is down",
            "--by",
            "grace",
        ],
    );
    assert!(said.contains("goes out as an emergency, as grace says"), "{said}");
    let (code, answer) = asked(server, &other);
    assert_eq!((code, answer.get("emergency")), (0, Some(&Value::Bool(true))), "{answer:#}");
    assert_eq!(text(&gate(&answer), "/state"), "excepted");
}

fn a_verdict_comes_out_the_same_again(server: &TestServer, entry: u64, policy: &str) {
    let stricter = file(server, "stricter.toml", &POLICY.replace("build = false", "build = true"));
    server.command(&["policy", "apply", &stricter]).good();
    server.wait_projected();
    let again = server.command(&["ready", "--again", &entry.to_string()]);
    assert_eq!(again.code, 0, "{}", again.all());
    for part in ["Not ready for production", "the same result", "Today: Ready.", "sign-off: not asked, now given"] {
        assert!(again.stdout.contains(part), "{part}\n{}", again.stdout);
    }
    let answer = server.get_json(&format!("/api/v1/ready/{entry}"));
    assert_eq!(answer.get("same"), Some(&Value::Bool(true)), "{answer:#}");
    assert_eq!(text(&answer, "/recorded/policy/sha256"), policy);
    assert_ne!(text(&answer, "/now/policy/sha256"), policy);
    let kept = server.entry(entry);
    let record: Value = serde_json::from_slice(kept.body.as_deref().unwrap()).unwrap();
    assert_eq!(record.get("ledger_size"), record.pointer("/dossier/ledger_size"));
    assert_eq!(text(&record, "/verdict/policy/sha256"), policy);
    assert_eq!(server.get("/api/v1/ready/0").status, 404);
    assert_eq!(server.command(&["ready", "--again", "0"]).code, 1);
}

fn rest_judges_records_and_decides(server: &TestServer) {
    let before = server.status().get("ledger_size").cloned();
    let digest = digest();
    let question = [("candidate", digest.as_str()), ("for", "production"), ("service", "checkout")];
    let answer = server.ask("/api/v1/ready", &question);
    assert_eq!(text(&answer, "/outcome"), "ready");
    assert_eq!(server.status().get("ledger_size").cloned(), before, "asking records nothing");
    let recorded = post(server, "ready", &json!({ "candidate": digest, "for": PRODUCTION }));
    assert_eq!(recorded.status, 201, "{}", recorded.text());
    assert!(recorded.json().get("entry").and_then(Value::as_u64).is_some());
    let decision = |decision: &str, gate: Value, expires: Value| {
        json!({
            "candidate": digest, "for": "production", "decision": decision, "gate": gate, "reason": "by REST",
            "expires": expires
        })
    };
    let kept = post(server, "release-decisions", &decision("waive", json!("built-and-tested"), json!("1d")));
    assert_eq!(kept.status, 201, "{}", kept.text());
    assert_eq!((text(&kept.json(), "/by"), text(&kept.json(), "/for")), ("tests".to_owned(), PRODUCTION.to_owned()));
    for (body, said) in [
        (decision("waive", Value::Null, json!("1d")), "which gate"),
        (decision("go", json!("built-and-tested"), Value::Null), "only a waiver"),
        (decision("emergency", Value::Null, json!("soon")), "is no end"),
    ] {
        let refused = post(server, "release-decisions", &body);
        assert_eq!(refused.status, 400, "{}", refused.text());
        assert!(text(&refused.json(), "/detail").contains(said), "{}", refused.text());
    }
    assert_eq!(post(server, "release-decisions", &json!({ "decision": "fly" })).status, 400);
    let remote = server.program().clone().with("SERVER", server.url()).with("TOKEN", server.token());
    let judged = remote.run(&["ready", &digest, "--for", "production", "--format", "markdown"]);
    assert_eq!(judged.code, 0, "{}", judged.all());
    assert!(
        judged.stdout.contains(&format!("[Open in Throughline]({}/ready?candidate=", server.url())),
        "{}",
        judged.stdout
    );
    assert_eq!(remote.run(&["ready", "acme/checkout#99999", "--for", "production"]).code, 2);
}

fn the_pages_show_and_decide(server: &TestServer) {
    let link = server.new_login_link();
    let token = link.split_once("token=").unwrap().1.trim().to_owned();
    let entered = send(server.request(Method::POST, "/login").form(&[("token", token)]));
    let cookie = entered.header("set-cookie").and_then(|set| set.split(';').next()).unwrap_or_default().to_owned();
    let page = |path: &str| {
        let page = send(server.request(Method::GET, path).header("accept", "text/html").header("cookie", &cookie));
        assert_eq!(page.status, 200, "{path}\n{}", page.text());
        assert!(markup::forbidden(&page.text()).is_empty(), "{path}");
        page.text()
    };
    let board = page("/board");
    assert!(board.contains("checkout") && board.contains("/ready?candidate="), "{board}");
    assert!(page("/ready").contains("list=\"environments\""));
    let path = throughline::plain::ready_for_href(&other_digest(), "production");
    let shown = page(&path);
    assert!(shown.contains("verdict-ready") && shown.contains("checkout is down"), "{shown}");
    let csrf = markup::field(&shown, "csrf").expect("the page has forms");
    let submit = |csrf: &str, fields: &[(&str, &str)], path: &str| {
        let fixed = [("csrf", csrf), ("candidate", &other_digest()), ("for", "production")];
        let fields: Vec<(&str, &str)> = fixed.iter().chain(fields).copied().collect();
        send(server.request(Method::POST, path).header("cookie", &cookie).form(&fields))
    };
    let no_go = [("decision", "no_go"), ("reason", "seen on the page"), ("expires", "")];
    assert_eq!(submit("wrong", &no_go, "/release-decisions").status, 403);
    let done = submit(&csrf, &no_go, "/release-decisions");
    assert_eq!(done.status, 303, "{}", done.text());
    assert!(done.header("location").is_some_and(|place| place.ends_with("#decisions")));
    server.wait_projected();
    let shown = page(&path);
    assert!(shown.contains("verdict-not_ready") && shown.contains("seen on the page"), "{shown}");
    let recorded = submit(&csrf, &[], "/ready");
    assert_eq!(recorded.status, 303, "{}", recorded.text());
    let place = recorded.header("location").unwrap().to_owned();
    assert!(page(&place).contains("the same result"));
    let api = server.request(Method::POST, "/api/v1/ready").header("cookie", &cookie).json(&json!({}));
    assert_eq!(send(api).status, 403, "a session decides by forms only");
}

fn a_rebuild_keeps_every_decision_and_verdict(mut server: TestServer, entry: u64) {
    server.wait_projected();
    let before = graph(&server.store());
    assert!(
        before.iter().any(|line| line.starts_with("decision "))
            && before.iter().any(|line| line.starts_with("verdict "))
    );
    server.stop();
    server.command(&["rebuild"]).good();
    assert_eq!(graph(&server.store()), before);
    server.start_again();
    server.wait_projected();
    let (code, answer) = asked(&server, &digest());
    assert_eq!(code, 0, "{answer:#}");
    let recorded = answer.get("recorded").and_then(Value::as_array).cloned().unwrap_or_default();
    assert!(recorded.iter().any(|one| one.get("entry").and_then(Value::as_u64) == Some(entry)), "{recorded:#?}");
}

/// The one gate that is judged.
fn gate(answer: &Value) -> Value {
    let gates = answer.get("gates").and_then(Value::as_array).cloned().unwrap_or_default();
    assert_eq!(gates.len(), 1, "{answer:#}");
    gates.into_iter().next().unwrap()
}

fn post(server: &TestServer, place: &str, body: &Value) -> Answer {
    send(server.request(Method::POST, &format!("/api/v1/{place}")).bearer_auth(server.token()).json(body))
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}
