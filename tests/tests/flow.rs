//! The figures of flow over a whole story that was delivered by the tools' own webhooks: by REST, by command line, as a
//! page, after a rebuild, and on both databases.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as the tests do")]

use std::collections::BTreeSet;

use serde_json::Value;
use throughline_domain::time::Timestamp;
use throughline_tests::database::TestDatabase;
use throughline_tests::markup;
use throughline_tests::story::{END, ToldServer, tell};

const DAY: i64 = 86_400;

#[test]
fn flow_is_measured_on_sqlite() {
    measure_everything(tell(None));
}

#[test]
fn flow_is_measured_on_postgres() {
    let Some(database) = TestDatabase::postgres() else { return };
    measure_everything(tell(Some(database)));
}

fn measure_everything(told: ToldServer) {
    the_deployments_of_a_service_are_counted(&told);
    the_bad_deployment_is_the_one_that_failed(&told);
    every_number_opens_to_deliveries(&told);
    a_team_has_its_services(&told);
    what_lies_before_the_history_is_unknown(&told);
    wrong_questions_are_refused(&told);
    the_command_line_says_the_same(&told);
    the_page_shows_plots_tables_and_lists(&told);
    a_rebuild_gives_the_same_numbers(told);
}

/// The period of the story, with some days before it.
fn period() -> (String, String) {
    let from: Timestamp = END.plus_seconds(-40 * DAY);
    (from.to_string(), END.to_string())
}

fn ask(told: &ToldServer, further: &[(&str, &str)]) -> Value {
    let (from, to) = period();
    let mut parameters = vec![("from", from.as_str()), ("to", to.as_str())];
    parameters.extend_from_slice(further);
    told.server.ask("/api/v1/flow", &parameters)
}

fn figure(answer: &Value, name: &str) -> Value {
    let found = list(answer, "/figures").into_iter().find(|figure| text(figure, "/name") == name);
    found.unwrap_or_else(|| panic!("there is no figure {name}\n{answer:#}"))
}

fn the_deployments_of_a_service_are_counted(told: &ToldServer) {
    let answer = ask(told, &[("service", "checkout")]);
    assert_eq!(text(&answer, "/environment"), "cdevents:v0:throughline::::environment:production");
    for (name, count) in [("deployments", 5), ("rollbacks", 1), ("redeployments", 0)] {
        assert_eq!(number(&figure(&answer, name), "/count"), count, "{name}");
    }
    let deployments = figure(&answer, "deployments");
    assert_eq!(text(&deployments, "/unknown/0/why"), "first_known", "{deployments:#}");
    assert_eq!(number(&deployments, "/unknown/0/total"), 1);
    let weeks: u64 = list(&deployments, "/weeks").iter().map(|week| number(week, "/count")).sum();
    assert_eq!(weeks, 5, "the weeks add up to the whole");
    for name in ["lead-time", "merge-to-live", "ticket-to-live", "to-merged", "to-environment-1", "to-live"] {
        let figure = figure(&answer, name);
        assert!(number(&figure, "/count") >= 4, "{figure:#}");
        let values =
            ["/median", "/p75", "/p90"].map(|pointer| figure.pointer(pointer).and_then(Value::as_i64).unwrap());
        assert!(values.is_sorted() && values.iter().all(|value| *value > 0), "{name}: {values:?}");
    }
}

fn the_bad_deployment_is_the_one_that_failed(told: &ToldServer) {
    let answer = ask(told, &[("service", "checkout")]);
    let failed = figure(&answer, "failure-rate");
    assert_eq!((number(&failed, "/count"), number(&failed, "/of")), (1, 5), "{failed:#}");
    assert_eq!(text(&failed, "/value"), "20 %");
    assert_eq!(text(&failed, "/pieces/0/node"), told.landmarks.deployment.as_str());
    assert!(!text(&failed, "/pieces/0/says").is_empty());
    let restored = figure(&answer, "time-to-restore");
    assert_eq!(number(&restored, "/count"), 1, "{restored:#}");
    assert!((3_600..14_400).contains(&number(&restored, "/median")), "{restored:#}");
    let rework = figure(&answer, "rework");
    assert_eq!(number(&rework, "/of"), 6, "deployments that bring something, and the rollback\n{rework:#}");
    assert!(number(&rework, "/count") >= 1);
}

fn every_number_opens_to_deliveries(told: &ToldServer) {
    let all = ask(told, &[]);
    let size = number(&all, "/ledger_size");
    let named: BTreeSet<String> = list(&all, "/nodes").iter().map(|node| text(node, "/key")).collect();
    let mut entry = None;
    for closed in list(&all, "/figures") {
        let name = text(&closed, "/name");
        assert!(list(&closed, "/pieces").len() <= 5, "{name}");
        let answer = ask(told, &[("open", &name)]);
        let opened = figure(&answer, &name);
        let pieces = list(&opened, "/pieces");
        assert_eq!(u64::try_from(pieces.len()).unwrap(), number(&opened, "/count"), "{name}");
        for piece in &pieces {
            let entries = list(piece, "/entries");
            assert!(!entries.is_empty(), "{name}: nothing states {piece}");
            assert!(entries.iter().all(|entry| entry.as_u64().unwrap() < size), "{name}: {piece}");
            entry = entries.first().and_then(Value::as_u64);
        }
        for key in list(&closed, "/pieces").iter().map(|piece| text(piece, "/node")) {
            assert!(named.contains(&key), "{key} is not described");
        }
    }
    assert_eq!(told.server.get(&format!("/api/v1/deliveries/{}", entry.unwrap())).status, 200);
}

fn a_team_has_its_services(told: &ToldServer) {
    let team = ask(told, &[("team", "team-payments")]);
    let services = list(&team, "/services");
    assert_eq!(services.len(), 2, "{services:?}");
    let count = |answer: &Value| number(&figure(answer, "deployments"), "/count");
    let (checkout, payments) = (ask(told, &[("service", "checkout")]), ask(told, &[("service", "payments")]));
    assert_eq!(count(&team), count(&checkout) + count(&payments));
    assert!(count(&ask(told, &[])) > count(&team));
    let staging = ask(told, &[("env", "staging"), ("service", "checkout")]);
    assert_eq!(list(&staging, "/way").len(), 1);
    assert!(count(&staging) > 0, "{staging:#}");
}

fn what_lies_before_the_history_is_unknown(told: &ToldServer) {
    let deployments = figure(&ask(told, &[]), "deployments");
    let (from, _) = period();
    assert!(text(&deployments, "/unknown_before") > from, "{deployments:#}");
    assert_eq!(deployments.pointer("/weeks/0/is_known"), Some(&Value::Bool(false)), "{deployments:#}");
    let before = told.server.ask("/api/v1/flow", &[("from", "2020-01-01"), ("to", "2020-01-31")]);
    for name in ["deployments", "lead-time", "open-changes"] {
        let figure = figure(&before, name);
        assert_eq!(number(&figure, "/count"), 0, "{figure:#}");
        assert!(list(&figure, "/weeks").iter().all(|week| week.get("is_known") == Some(&Value::Bool(false))));
    }
}

fn wrong_questions_are_refused(told: &ToldServer) {
    for (query, status) in [
        ("from=soon", 400),
        ("from=2026-02-02&to=2026-02-01", 400),
        ("from=2001-01-01&to=2026-02-01", 400),
        ("open=happiness", 400),
        ("team=PAY-31", 400),
        ("service=nothing-like-it-exists", 404),
    ] {
        let answer = told.server.get(&format!("/api/v1/flow?{query}"));
        assert_eq!(answer.status, status, "{query}\n{}", answer.text());
    }
}

fn the_command_line_says_the_same(told: &ToldServer) {
    let server = &told.server;
    let (from, to) = period();
    let asked = ["flow", "--from", &from, "--to", &to, "--service", "checkout", "--open", "failure-rate"];
    let expected = ask(told, &[("service", "checkout"), ("open", "failure-rate")]);
    let local = server.command(&[asked.as_slice(), &["--json"]].concat()).good();
    assert_eq!(serde_json::from_str::<Value>(&local).unwrap(), expected);
    let remote = server.program().clone().with("SERVER", server.url()).with("TOKEN", server.token());
    assert_eq!(remote.run(&[asked.as_slice(), &["--json"]].concat()).good(), local);
    let words = server.command(&asked).good();
    for part in ["To production", "Change failure rate: 20 %, 1 of 5", "[lead-time]", "unknown before", "entry "] {
        assert!(words.contains(part), "{part}\n{words}");
    }
    assert_eq!(server.command(&["flow", "--from", "soon"]).code, 2);
    assert_eq!(server.command(&["flow", "--service", "nothing-like-it-exists"]).code, 1);
}

fn the_page_shows_plots_tables_and_lists(told: &ToldServer) {
    let (from, to) = period();
    let page = told.server.get(&format!("/flow?from={from}&to={to}&service=checkout"));
    assert_eq!(page.status, 200, "{}", page.text());
    let html = page.text();
    assert!(markup::forbidden(&html).is_empty(), "{:?}", markup::forbidden(&html));
    let plots = html.matches("<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\"").count();
    assert!(plots >= 12, "only {plots} plots");
    assert_eq!(html.matches("<svg xmlns").count(), html.matches("<desc id=").count(), "a plot without a description");
    assert!(html.contains("The same as a table") && html.contains("Unknown before"), "{html}");
    let links = markup::attributes(&html, "a", "href");
    let link = links.iter().find(|link| link.contains("open=failure-rate")).unwrap();
    assert!(link.starts_with("/flow?") && link.contains("service=checkout"), "{link}");
    let opened = told.server.get(link.split('#').next().unwrap());
    let links = markup::attributes(&opened.text(), "a", "href");
    let deployment = throughline::plain::node_href(told.landmarks.deployment.as_str());
    assert!(links.contains(&deployment), "{deployment}\n{links:?}");
    let delivery = links.iter().find(|link| link.starts_with("/deliveries/")).unwrap();
    assert_eq!(told.server.get(delivery).status, 200);
    assert_eq!(told.server.get("/flow").status, 200, "without a period the last weeks are shown");
    assert_eq!(told.server.get("/flow?from=soon").status, 400);
}

fn a_rebuild_gives_the_same_numbers(mut told: ToldServer) {
    let before = ask(&told, &[]);
    told.server.stop();
    told.server.command(&["rebuild"]).good();
    told.server.start_again();
    told.server.wait_projected();
    assert_eq!(ask(&told, &[]), before);
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn number(value: &Value, pointer: &str) -> u64 {
    value.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("no number at {pointer}\n{value:#}"))
}

fn list(value: &Value, pointer: &str) -> Vec<Value> {
    value.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default()
}
