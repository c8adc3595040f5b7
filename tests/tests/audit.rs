//! The audit of a period over a whole story that was delivered by the tools' own webhooks: every form, by command line and
//! by REST, the page, the sample, the reconciliation, and the change log.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as the tests do")]

use std::collections::BTreeSet;

use serde_json::Value;
use throughline_tests::markup::forbidden;
use throughline_tests::story::{ToldServer, tell};

/// A period that holds the whole story.
const PERIOD: [&str; 4] = ["--from", "2026-10-01", "--to", "2026-11-30"];

/// The same as an address.
const ASKED: &str = "from=2026-10-01&to=2026-11-30";

#[test]
fn an_auditor_gets_the_whole_period() {
    let told = tell(None);
    every_change_has_a_row_and_all_add_up(&told);
    the_chain_of_the_story_stands_in_a_row(&told);
    a_seed_draws_the_same_sample(&told);
    a_control_limits_columns_and_exceptions(&told);
    only_exceptions_leaves_the_others_out(&told);
    a_server_gives_the_same(&told);
    files_appear_whole(&told);
    a_bundle_proves_the_rows(&told);
    the_page_shows_rows_totals_and_sample(&told);
    the_change_log_tells_people(&told);
    mistakes_are_named(&told);
}

/// The lines of an export as JSON Lines, with further arguments.
fn lines(told: &ToldServer, arguments: &[&str]) -> Vec<Value> {
    let fixed = ["export", "changes", "--format", "jsonl"];
    let text = told.server.command(&[fixed.as_slice(), &PERIOD, arguments].concat()).good();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn of_type(lines: &[Value], word: &str) -> Vec<Value> {
    lines.iter().filter(|line| line.get("type").and_then(Value::as_str) == Some(word)).cloned().collect()
}

fn one(lines: &[Value], word: &str) -> Value {
    let found = of_type(lines, word);
    assert_eq!(found.len(), 1, "{word}");
    found.into_iter().next().unwrap()
}

fn number(value: &Value, pointer: &str) -> u64 {
    value.pointer(pointer).and_then(Value::as_u64).unwrap_or_default()
}

fn texts(value: &Value, member: &str) -> Vec<String> {
    let list = value.get(member).and_then(Value::as_array).cloned().unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn every_change_has_a_row_and_all_add_up(told: &ToldServer) {
    let lines = lines(told, &[]);
    let (changes, totals) = (of_type(&lines, "change"), one(&lines, "totals"));
    assert!(changes.len() >= 15, "{} rows", changes.len());
    assert_eq!(number(&totals, "/rows"), u64::try_from(changes.len()).unwrap());
    assert_eq!(totals.get("balances"), Some(&Value::Bool(true)), "{totals:#}");
    assert!(number(&totals, "/left_out/failed") >= 1, "one rollout of the story failed\n{totals:#}");
    assert!(number(&totals, "/kinds/rollback") >= 1, "one was taken back\n{totals:#}");
    assert!(
        number(&totals, "/exceptions/unknown_artifact") >= 1,
        "one was built on somebody's own machine\n{totals:#}"
    );
    let numbers: Vec<u64> = changes.iter().map(|change| number(change, "/number")).collect();
    let expected: Vec<u64> = (1..).take(changes.len()).collect();
    assert_eq!(numbers, expected);
    let times: Vec<String> = changes.iter().map(|change| change.get("deployed_at").unwrap().to_string()).collect();
    assert!(times.is_sorted(), "the rows are in order of time");
    for change in &changes {
        assert!(!texts(change, "entries").is_empty(), "a row rests on no entry: {change}");
    }
}

fn the_chain_of_the_story_stands_in_a_row(told: &ToldServer) {
    let landmarks = &told.landmarks;
    let changes = of_type(&lines(told, &["--env", "production", "--service", "checkout"]), "change");
    assert!(changes.iter().all(|change| change.get("environment").unwrap() == "production"), "{changes:#?}");
    let is_ours = |change: &&Value| change.get("deployment_key").unwrap() == landmarks.deployment.as_str();
    let ours = changes.iter().find(is_ours);
    assert!(ours.is_some(), "no row of {}", landmarks.deployment.as_str());
    let ours = ours.unwrap();
    let commits = texts(ours, "commits");
    assert!(commits.contains(&landmarks.commit.parts().resource), "{ours:#}");
    assert!(texts(ours, "tickets").iter().any(|ticket| *ticket == landmarks.ticket.parts().resource), "{ours:#}");
    let change = format!("#{}", landmarks.pull_request.parts().resource);
    assert!(texts(ours, "changes").iter().any(|name| name.ends_with(&change)), "{ours:#}");
    assert!(!texts(ours, "authors").is_empty() && !texts(ours, "artifacts").is_empty(), "{ours:#}");
}

fn a_seed_draws_the_same_sample(told: &ToldServer) {
    let sample = |seed: &str| one(&lines(told, &["--sample", "4", "--seed", seed]), "sample");
    let drawn = |sample: &Value| sample.get("drawn").and_then(Value::as_array).cloned().unwrap();
    let (first, again) = (sample("42"), sample("42"));
    assert_eq!(drawn(&first).len(), 4);
    assert_eq!(first, again);
    let others: BTreeSet<String> = ["1", "2", "3", "4", "5"].map(|seed| format!("{:?}", drawn(&sample(seed)))).into();
    assert!(others.len() > 1, "every seed draws the same");
}

fn a_control_limits_columns_and_exceptions(told: &ToldServer) {
    let lines = lines(told, &["--control", "cm-3"]);
    let report = one(&lines, "report");
    let columns = texts(&report, "columns");
    assert!(columns.contains(&"digests".to_owned()) && !columns.contains(&"ticket_titles".to_owned()), "{columns:?}");
    assert_eq!(one(&lines, "control").get("id").unwrap(), "CM-3");
    let looked: BTreeSet<String> = texts(&one(&lines, "control"), "exceptions").into_iter().collect();
    for change in of_type(&lines, "change") {
        assert!(texts(&change, "exceptions").iter().all(|word| looked.contains(word)), "{change}");
    }
}

fn only_exceptions_leaves_the_others_out(told: &ToldServer) {
    let lines = lines(told, &["--only-exceptions"]);
    let totals = one(&lines, "totals");
    assert!(of_type(&lines, "change").iter().all(|change| !texts(change, "exceptions").is_empty()));
    assert_eq!(totals.get("balances"), Some(&Value::Bool(true)), "{totals:#}");
    assert_eq!(number(&totals, "/rows"), number(&totals, "/with_exceptions"));
}

fn a_server_gives_the_same(told: &ToldServer) {
    let server = &told.server;
    let call = ["export", "changes"];
    let local = server.command(&[call.as_slice(), &PERIOD].concat()).good();
    let answer = server.get(&format!("/api/v1/export/changes?{ASKED}"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.text(), local);
    let disposition = answer.header("content-disposition").unwrap_or_default().to_owned();
    assert_eq!(disposition, "attachment; filename=\"changes-2026-10-01-2026-12-01.csv\"");
    let remote = server.program().clone().with("SERVER", server.url()).with("TOKEN", server.token());
    assert_eq!(remote.run(&[call.as_slice(), &PERIOD].concat()).good(), local);
    for (format, beginning) in [("xlsx", b"PK".as_slice()), ("html", b"<!doctype html>"), ("jsonl", b"{")] {
        let answer = server.get(&format!("/api/v1/export/changes?{ASKED}&format={format}"));
        assert_eq!(answer.status, 200, "{format}");
        assert!(answer.body.starts_with(beginning), "{format}");
    }
    let log = server.get(&format!("/api/v1/export/changelog?{ASKED}")).text();
    assert_eq!(log, server.command(&[["export", "changelog"].as_slice(), &PERIOD].concat()).good());
}

fn files_appear_whole(told: &ToldServer) {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    for format in ["csv", "xlsx", "html"] {
        let path = file(&format!("changes.{format}"));
        let call = ["export", "changes", "--format", format, "--output", &path];
        let done = told.server.command(&[call.as_slice(), &PERIOD].concat());
        assert_eq!((done.code, done.stdout.as_str()), (0, ""), "{}", done.stderr);
        assert!(done.stderr.contains("rows, "), "{}", done.stderr);
        assert!(std::fs::metadata(&path).unwrap().len() > 1_000, "{path}");
    }
    let summary = std::fs::read_to_string(file("changes.summary.csv")).unwrap();
    assert!(summary.contains("\"Reconciliation\",\"Adds up\",\"yes\""), "{summary}");
    let names: BTreeSet<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(names.len(), 4, "nothing half written stays behind: {names:?}");
    let nowhere = file("missing/changes.csv");
    let refused = told.server.command(&[["export", "changes", "--output", &nowhere].as_slice(), &PERIOD].concat());
    assert_eq!(refused.code, 3, "{}", refused.all());
}

fn a_bundle_proves_the_rows(told: &ToldServer) {
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("changes.bundle").display().to_string();
    let call = ["export", "changes", "--env", "production", "--bundle", &bundle];
    told.server.command(&[call.as_slice(), &PERIOD].concat()).good();
    let verified = told.server.command(&["verify", &bundle]);
    assert_eq!(verified.code, 0, "{}", verified.all());
}

fn the_page_shows_rows_totals_and_sample(told: &ToldServer) {
    let page = told.server.get(&format!("/history?{ASKED}&env=production&sample=3&seed=7"));
    assert_eq!(page.status, 200, "{}", page.text());
    let text = page.text();
    for expected in ["Change history", "add up to what the graph has", "Unknown artifact", "format=xlsx", "CC8.1"] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    assert_eq!(text.matches("<li><span class=\"numbers\">No. ").count(), 3, "{text}");
    assert!(forbidden(&text).is_empty(), "{:?}", forbidden(&text));
    let empty = told.server.get("/history?from=2020-01-01&to=2020-01-31").text();
    assert!(empty.contains("Nothing was changed in this period"), "{empty}");
    assert_eq!(told.server.get("/history").status, 200, "without a period the last days are shown");
    assert_eq!(told.server.get("/history?from=soon").status, 400);
}

fn the_change_log_tells_people(told: &ToldServer) {
    let call = ["export", "changelog", "--service", "checkout", "--env", "production"];
    let markdown = told.server.command(&[call.as_slice(), &PERIOD].concat()).good();
    assert!(markdown.starts_with("# Changes from 2026-10-01"), "{markdown}");
    assert!(markdown.contains("\n## checkout\n") && !markdown.contains("\n## payments\n"), "{markdown}");
    assert!(markdown.contains(&told.landmarks.ticket.parts().resource), "{markdown}");
    let html = told.server.command(&[call.as_slice(), &PERIOD, &["--format", "html"]].concat()).good();
    assert!(html.starts_with("<!doctype html>") && html.trim_end().ends_with("</html>"), "{html}");
}

fn mistakes_are_named(told: &ToldServer) {
    let server = &told.server;
    for (arguments, code, expected) in [
        (vec!["--from", "yesterday", "--to", "2026-11-30"], 2, "no day such as"),
        (vec!["--from", "2026-11-30", "--to", "2026-10-01"], 2, "nothing in it"),
        ([PERIOD.as_slice(), &["--format", "pdf"]].concat(), 2, "choose one of csv, xlsx, jsonl, html"),
        ([PERIOD.as_slice(), &["--control", "CC9.9"]].concat(), 2, "choose one of CC8.1"),
        ([PERIOD.as_slice(), &["--sample", "many"]].concat(), 2, "must be a whole number"),
        ([PERIOD.as_slice(), &["-o", "same.csv", "--bundle", "same.csv"]].concat(), 2, "cannot both be same.csv"),
        (
            [PERIOD.as_slice(), &["-o", "a.csv", "--bundle", "a.summary.csv"]].concat(),
            2,
            "cannot both be a.summary.csv",
        ),
        ([PERIOD.as_slice(), &["--env", "nowhere-at-all"]].concat(), 1, "nothing is known"),
        ([PERIOD.as_slice(), &["--env", told.landmarks.ticket.as_str()]].concat(), 2, "is no environment but a ticket"),
    ] {
        let refused = server.command(&[["export", "changes"].as_slice(), &arguments].concat());
        assert_eq!(refused.code, code, "{arguments:?}\n{}", refused.all());
        assert!(refused.stderr.contains(expected), "{arguments:?}\n{}", refused.stderr);
        assert!(refused.stdout.is_empty(), "{arguments:?}\n{}", refused.stdout);
    }
    for (query, status) in [
        ("to=2026-11-30", 400),
        ("from=2026-10-01&to=2026-11-30&format=pdf", 400),
        ("from=2026-10-01&to=2026-11-30&env=nowhere-at-all", 404),
    ] {
        let answer = server.get(&format!("/api/v1/export/changes?{query}"));
        assert_eq!(answer.status, status, "{query}\n{}", answer.text());
        assert!(!answer.problem().is_empty());
    }
}
