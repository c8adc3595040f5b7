//! `throughline backfill`: the history of four tools, and the deliveries that GitHub could not deliver.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as the tests do")]

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use throughline_domain::ledger::EntryKind;
use throughline_tests::database::TestDatabase;
use throughline_tests::fake::github::{Github, lost_push, paged};
use throughline_tests::fake::{FakeApi, Request, Response, gitlab, jenkins, jira};
use throughline_tests::ledger::{entries, graph};
use throughline_tests::program::Finished;
use throughline_tests::server::{Setup, TestServer};
use throughline_tests::signing::headers;
use throughline_tests::waiting::until;

/// How long something that the server does by itself may take.
const LIMIT: Duration = Duration::from_secs(60);

/// A commit that only a lost push tells of.
const LOST: &str = "3b5c7d9e1f2a4b6c8d0e2f4a6b8c0d2e4f6a8b0c";

fn backfill(server: &TestServer, fake: &FakeApi, more: &[&str]) -> Finished {
    let mut arguments = vec!["backfill", "github", "--api", fake.url(), "--since", "3650d"];
    if !more.contains(&"--repository") {
        arguments.extend(["--repository", "acme/checkout"]);
    }
    arguments.extend(more);
    server.program().clone().with("GITHUB_TOKEN", "ghp_acme").run(&arguments)
}

/// Nodes by their keys, links and names: what there is, without when and from where it was told.
fn outline(server: &TestServer) -> BTreeSet<String> {
    let line = |line: String| match line.split_once(' ') {
        Some(("node", rest)) => rest.split(' ').next().map(|key| format!("node {key}")),
        Some(("link" | "name", _)) => Some(line),
        _ => None,
    };
    graph(&server.store()).into_iter().filter_map(line).collect()
}

fn size(server: &TestServer) -> u64 {
    server.status().get("ledger_size").and_then(Value::as_u64).unwrap()
}

#[test]
fn history_tells_what_the_webhooks_would_have_told() {
    let github = Github::new();
    let fake = github.serve();
    let told = TestServer::with_sources(&["github"]);
    for (event, body) in github.webhooks() {
        told.deliver_well("github", &headers(&[("x-github-event", event)]), body.to_string().as_bytes());
    }
    told.wait_projected();
    let read = TestServer::with_sources(&["github"]);
    let output = backfill(&read, &fake, &[]).good();
    assert!(output.contains("0 were in the ledger before"), "{output}");
    read.wait_projected();
    let failed = read.deliveries("status=failed");
    assert!(failed.is_empty(), "{failed:?}");
    let (told, found) = (outline(&told), outline(&read));
    let beside: Vec<&String> = found.difference(&told).collect();
    assert!(beside.is_empty(), "nothing is told that no webhook tells: {beside:#?}");
    let missing: Vec<&String> = told.difference(&found).collect();
    // Who pushed a tag, and in which order commits were pushed, stands nowhere but in the push.
    let expected = |line: &&&String| {
        line.starts_with("link ")
            && (line.contains("triggered_by") && line.contains("v1.4.0") || line.contains(" parent "))
    };
    assert!(missing.iter().all(|line| expected(&line)) && missing.len() <= 2, "{missing:#?}");
    for kind in ["change", "ticket", "commit", "tag", "release", "deployment"] {
        let has = found.iter().any(|line| line.to_lowercase().contains(&kind.to_lowercase()));
        assert!(has, "no {kind} among\n{found:#?}");
    }
}

#[test]
fn reading_twice_adds_nothing() {
    let fake = Github::new().with_issues(3).serve();
    let mut databases = vec![Setup::new()];
    databases.extend(TestDatabase::postgres().map(|database| Setup::new().on(database)));
    for setup in databases {
        let server = setup.source("github").start();
        let trial = backfill(&server, &fake, &["--dry-run"]).good();
        let before = size(&server);
        assert!(trial.contains("would be added"), "{trial}");
        let first = backfill(&server, &fake, &[]).good();
        let after = size(&server);
        assert!(after > before, "{first}");
        assert_eq!(trial.split(' ').next(), first.split(' ').next(), "a trial counts what will be added");
        for _ in 0..2 {
            let again = backfill(&server, &fake, &[]).good();
            assert!(again.starts_with("0 entries were added"), "{again}");
        }
        assert_eq!(size(&server), after);
        let read = entries(&server.store());
        let backfilled = read.iter().filter(|entry| entry.entry_kind() == Some(EntryKind::Backfill)).count();
        assert_eq!(u64::try_from(backfilled).unwrap(), after - before);
    }
}

#[test]
fn an_interrupted_reading_goes_on_where_it_was() {
    let fake = Github::new().with_issues(250).serve();
    let server = TestServer::with_sources(&["github"]);
    let mut runs = 0;
    let last = loop {
        runs += 1;
        assert!(runs < 10, "the reading does not come to its end");
        let run = backfill(&server, &fake, &["--pages", "1"]);
        if run.code == 0 {
            break run;
        }
        assert!(run.code == 2 && run.stderr.contains("run the same command again"), "{}", run.all());
    };
    assert!(runs > 2, "three pages take three runs: {}", last.all());
    server.wait_projected();
    let tickets = outline(&server).iter().filter(|line| line.starts_with("node ") && line.contains(":ticket:")).count();
    assert_eq!(tickets, 251);

    let broken = TestServer::with_sources(&["github"]);
    fake.trouble((0..6).map(|_| Response::refused(502, "Bad Gateway")));
    let run = backfill(&broken, &fake, &[]);
    assert!(run.code == 1 && run.stderr.contains("502 each time"), "{}", run.all());
    assert_eq!(backfill(&broken, &fake, &[]).code, 0);
}

#[test]
fn the_limits_of_the_tool_are_kept() {
    let fake = Github::new().serve();
    let server = TestServer::with_sources(&["github"]);
    let reset = (throughline::clock::now().seconds() + 2).to_string();
    fake.trouble([
        Response::refused(502, "Bad Gateway"),
        Response::refused(429, "Too Many Requests").with("retry-after", "1"),
        Response::refused(403, "API rate limit exceeded")
            .with("x-ratelimit-remaining", "0")
            .with("x-ratelimit-reset", &reset),
    ]);
    let run = backfill(&server, &fake, &[]);
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(run.stderr.contains("the tool's limit is reached"), "{}", run.all());
    let late = Github::new().serve();
    late.trouble([Response::refused(429, "Too Many Requests").with("retry-after", "90000")]);
    let run = backfill(&server, &late, &[]);
    assert!(run.code == 1 && run.stderr.contains("go on in 90000 seconds"), "{}", run.all());
}

#[test]
fn what_the_login_may_not_read_is_left_out_and_told() {
    let fake = Github::new().serve();
    let server = TestServer::with_sources(&["github"]);
    let run = backfill(&server, &fake, &["--repository", "acme/secret", "--repository", "acme/checkout"]);
    assert!(run.code == 1 && run.stdout.contains("acme/secret"), "{}", run.all());
    assert!(size(&server) > 5, "what may be read was read: {}", run.all());
    let wrong = backfill(&server, &fake, &["--repository", "acme/../secret"]);
    assert_eq!(wrong.code, 2, "{}", wrong.all());
    let nobody = server.command(&["backfill", "github", "--api", fake.url(), "--repository", "acme/checkout"]);
    assert!(nobody.code == 1 && nobody.stdout.contains("Bad credentials"), "{}", nobody.all());
    let other = server.command(&["backfill", "gitea"]);
    assert_eq!(other.code, 2, "{}", other.all());
}

#[test]
fn a_hostile_interface_is_bounded() {
    let server = TestServer::with_sources(&["github"]);
    let victim = FakeApi::fixed(vec![("/latest".to_owned(), json!({"secret": true}))]);
    let repository =
        json!({"full_name": "acme/checkout", "html_url": "https://github.com/acme/checkout", "name": "checkout"});
    let elsewhere = format!("{}/latest", victim.url());
    type Hostile = Box<dyn Fn(&Request) -> Response + Send + Sync>;
    let cases: Vec<(&str, Hostile)> = vec![
        ("more than 3 pages", Box::new(|request: &Request| endless(request))),
        ("leads to itself", Box::new(|request: &Request| itself(request))),
        ("leads to another host", {
            let link = format!("<{elsewhere}>; rel=\"next\"");
            Box::new(move |_: &Request| Response::json(&json!([])).with("link", &link))
        }),
        ("is larger than", Box::new(|_: &Request| Response::bytes(vec![b' '; 34 * 1024 * 1024]))),
        ("is not what was expected", Box::new(|_: &Request| Response::bytes(vec![b'['; 100_000]))),
        ("is not what was expected", Box::new(|_: &Request| Response::json(&json!({"message": "no list"})))),
    ];
    for (expected, answer) in cases {
        let repository = repository.clone();
        let fake = FakeApi::serve(move |request| match request.path.as_str() {
            "/repos/acme/checkout" => Response::json(&repository),
            _ => answer(request),
        });
        let run = backfill(&server, &fake, &["--pages", "3"]);
        assert!(run.code != 0 && run.all().contains(expected), "{expected}: {}", run.all());
    }
    let redirecting = FakeApi::serve(move |_| Response::refused(302, "moved").with("location", &elsewhere));
    let run = backfill(&server, &redirecting, &[]);
    assert_ne!(run.code, 0, "{}", run.all());
    assert!(victim.asked().is_empty(), "no other host was asked: {:?}", victim.asked());
}

fn endless(request: &Request) -> Response {
    let number: u64 = request.query.get("page").and_then(|page| page.parse().ok()).unwrap_or(1);
    let host = request.headers.get("host").cloned().unwrap_or_default();
    let next = format!("<http://{host}{}?page={}>; rel=\"next\"", request.path, number + 1);
    let row = json!({"sha": format!("{number:040x}"), "updated_at": "2026-03-14T09:26:06Z"});
    Response::json(&json!([row])).with("link", &next)
}

fn itself(request: &Request) -> Response {
    let host = request.headers.get("host").cloned().unwrap_or_default();
    let query: Vec<String> = request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let next = format!("<http://{host}{}?{}>; rel=\"next\"", request.path, query.join("&"));
    // The first answer leads to a page in this form, which then leads to itself.
    paged(request, &[json!({"sha": "0".repeat(40)})]).with("link", &next)
}

#[test]
fn a_lost_delivery_is_fetched_and_what_is_gone_is_a_gap() {
    let github = Github::new();
    let now = throughline::clock::now();
    let at = |minutes: i64| now.plus_seconds(-60 * minutes).to_string();
    let fake = github.serve();
    let server = TestServer::with_sources(&["github"]);
    server.deliver_well(
        "github",
        &headers(&[("x-github-event", "push"), ("x-github-delivery", "arrived-after-all")]),
        lost_push(LOST).to_string().as_bytes(),
    );
    let other = "4c6d8e0f2a3b5c7d9e1f3a5b7c9d1e3f5a7b9c1d";
    github.lose(1, "arrived-after-all", &at(50), "push", Some(lost_push(LOST)));
    github.lose(2, "never-arrived", &at(40), "push", Some(lost_push(other)));
    github.lose(3, "gone", &at(30), "push", None);
    github.arrive(4, "fine", &at(20), "push");
    let before = size(&server);
    let output = backfill(&server, &fake, &[]).good();
    assert!(output.contains("1 of them are deliveries of webhooks that had been lost"), "{output}");
    assert!(output.contains("1 deliveries are gone for good"), "{output}");
    let after = size(&server);
    server.wait_projected();
    let read = entries(&server.store());
    let healed: Vec<_> = read.iter().filter(|entry| entry.delivery_id == "never-arrived").collect();
    assert_eq!(healed.len(), 1);
    assert!(healed.iter().all(|entry| entry.entry_kind() == Some(EntryKind::Backfill)));
    assert!(!read.iter().any(|entry| entry.delivery_id == "fine"), "what arrived is not fetched");
    assert!(outline(&server).iter().any(|line| line.contains(other)), "what was lost is in the graph");
    let gaps = server.get_json("/api/v1/gaps");
    let gaps = gaps.get("gaps").and_then(Value::as_array).cloned().unwrap();
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert_eq!(gaps.first().and_then(|gap| gap.get("count")).and_then(Value::as_u64), Some(1));
    assert_eq!(gaps.first().and_then(|gap| gap.get("source")).and_then(Value::as_str), Some("github"));
    let again = backfill(&server, &fake, &[]).good();
    assert!(again.starts_with("0 entries were added"), "{again}");
    assert_eq!(size(&server), after, "neither the delivery nor the gap is told twice: {before} {again}");
}

#[test]
fn the_running_server_heals_by_itself() {
    let github = Github::new();
    let now = throughline::clock::now();
    github.lose(2, "never-arrived", &now.plus_seconds(-600).to_string(), "push", Some(lost_push(LOST)));
    let fake = github.serve();
    let server = Setup::new().source("github").with("GITHUB_API", fake.url()).with("GITHUB_TOKEN", "ghp_acme").start();
    until("the lost delivery is in the graph", LIMIT, || {
        outline(&server).iter().any(|line| line.contains(LOST)).then_some(())
    });
}

#[test]
fn gitlab_is_read() {
    let fake = gitlab::serve();
    let server = TestServer::with_sources(&["gitlab"]);
    let api = format!("{}/api/v4", fake.url());
    let program = server.program().clone().with("GITLAB_TOKEN", "glpat-acme");
    for places in [&["--repository", "acme/payments"][..], &[]] {
        let run = program.run(&[&["backfill", "gitlab", "--api", &api, "--since", "3650d"][..], places].concat());
        assert_eq!(run.code, 0, "{}", run.all());
    }
    server.wait_projected();
    assert!(server.deliveries("status=failed").is_empty());
    assert!(fake.asked().iter().all(|request| request.headers.contains_key("private-token")));
    let found = outline(&server);
    for (kind, what) in [
        ("a merge request", ":change:3"),
        ("an issue", ":ticket:5"),
        ("a commit", gitlab::HEAD),
        ("a deployment", ":deployment:70"),
        ("who approved", "approved_by"),
        ("what was deployed", " deploys "),
        ("a job's pipeline", " part_of "),
    ] {
        assert!(found.iter().any(|line| line.to_lowercase().contains(what)), "no {kind} among\n{found:#?}");
    }
}

#[test]
fn jira_is_read() {
    let fake = jira::serve();
    let server = TestServer::with_sources(&["jira"]);
    let program = server.program().clone().with("JIRA_USER", "ada@acme.example").with("JIRA_TOKEN", "token");
    let arguments = ["backfill", "jira", "--api", fake.url(), "--since", "3650d", "--repository", "PAY"];
    let run = program.run(&arguments);
    assert_eq!(run.code, 0, "{}", run.all());
    server.wait_projected();
    assert!(server.deliveries("status=failed").is_empty());
    let queries: Vec<String> = fake.asked().iter().filter_map(|request| request.query.get("jql").cloned()).collect();
    assert!(queries.len() == 2 && queries.iter().all(|query| query.contains("project in (\"PAY\")")), "{queries:?}");
    for key in ["PAY-12", "PAY-13"] {
        let found = server.ask("/api/v1/resolve", &[("q", key)]);
        assert!(found.to_string().contains(key), "{found}");
    }
    let again = program.run(&arguments).good();
    assert!(again.starts_with("0 entries were added"), "{again}");
}

#[test]
fn jenkins_is_read() {
    let fake = jenkins::serve();
    let server = TestServer::with_sources(&["jenkins"]);
    let arguments = ["backfill", "jenkins", "--api", fake.url(), "--since", "3650d", "--repository", "acme/checkout"];
    let run = server.command(&arguments);
    assert_eq!(run.code, 0, "{}", run.all());
    server.wait_projected();
    assert!(server.deliveries("status=failed").is_empty());
    let found = outline(&server);
    for what in ["ci.acme.example", "6f1c0a4b9d2e38f7750c1b6ad4e93f2c8b70a915", " built_from "] {
        assert!(found.iter().any(|line| line.contains(what)), "no {what} among\n{found:#?}");
    }
    let again = server.command(&arguments).good();
    assert!(again.starts_with("0 entries were added"), "{again}");
}
