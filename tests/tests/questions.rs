//! The questions over a whole story that was delivered by the tools' own webhooks: by REST, by command line, after a
//! rebuild, and on both databases.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as the tests do")]

use serde_json::Value;
use throughline_tests::database::TestDatabase;
use throughline_tests::ledger::graph;
use throughline_tests::story::{ToldServer, tell};

#[test]
fn the_story_can_be_asked_on_sqlite() {
    ask_everything(tell(None));
}

#[test]
fn the_story_can_be_asked_on_postgres() {
    let Some(database) = TestDatabase::postgres() else { return };
    ask_everything(tell(Some(database)));
}

fn ask_everything(told: ToldServer) {
    let backend = told.server.status().get("backend").cloned();
    println!("asking on {backend:?}");
    the_trace_of_the_alert_reaches_the_reason(&told);
    the_impact_of_the_ticket_reaches_the_alert(&told);
    a_path_leads_from_one_end_to_the_other(&told);
    everything_in_hand_resolves(&told);
    steps_carry_their_evidence(&told);
    what_is_not_there_is_said(&told);
    the_command_line_says_the_same(&told);
    a_rebuild_gives_the_same_answers(told);
}

/// The keys of the chain, from the alert's deployment to the document.
fn chain_of(told: &ToldServer) -> Vec<(&'static str, String)> {
    let landmarks = &told.landmarks;
    [
        ("deployment", &landmarks.deployment),
        ("artifact", &landmarks.artifact),
        ("commit", &landmarks.commit),
        ("pull request", &landmarks.pull_request),
        ("ticket", &landmarks.ticket),
        ("document", &landmarks.document),
    ]
    .map(|(what, key)| (what, key.as_str().to_owned()))
    .to_vec()
}

fn the_trace_of_the_alert_reaches_the_reason(told: &ToldServer) {
    let trace = told.server.ask("/api/v1/trace", &[("of", told.landmarks.alert.as_str())]);
    let nodes = keys(&trace, "/nodes");
    for (what, key) in chain_of(told) {
        assert!(nodes.contains(&key), "the trace does not reach the {what} {key}\n{trace:#}");
    }
    let start = text(&trace, "/start");
    assert_eq!(trace.pointer("/chain/0").and_then(Value::as_str), Some(start.as_str()));
    assert_eq!(trace.get("cut"), Some(&Value::Bool(false)));
    for step in list(&trace, "/steps") {
        for end in ["from", "to"] {
            assert!(
                nodes.contains(&text(&step, &format!("/{end}"))),
                "a step leads to a node that is not described: {step}"
            );
        }
    }
}

fn the_impact_of_the_ticket_reaches_the_alert(told: &ToldServer) {
    let impact = told.server.ask("/api/v1/impact", &[("of", told.landmarks.ticket.as_str())]);
    let nodes = keys(&impact, "/nodes");
    for what in
        [&told.landmarks.pull_request, &told.landmarks.commit, &told.landmarks.artifact, &told.landmarks.deployment]
    {
        assert!(
            nodes.iter().any(|key| key == what.as_str()),
            "the impact does not reach {}\n{impact:#}",
            what.as_str()
        );
    }
}

fn a_path_leads_from_one_end_to_the_other(told: &ToldServer) {
    let ends = [("from", told.landmarks.deployment.as_str()), ("to", told.landmarks.ticket.as_str())];
    let path = told.server.ask("/api/v1/path", &ends);
    assert_eq!(path.get("found"), Some(&Value::Bool(true)), "{path:#}");
    let nodes = keys(&path, "/nodes");
    assert_eq!(nodes.first().map(String::as_str), Some(told.landmarks.deployment.as_str()));
    assert_eq!(nodes.last().map(String::as_str), Some(told.landmarks.ticket.as_str()));
    assert_eq!(list(&path, "/steps").len() + 1, nodes.len());
    for (step, pair) in list(&path, "/steps").iter().zip(nodes.windows(2)) {
        let mut ends = [text(step, "/from"), text(step, "/to")];
        ends.sort();
        let mut pair = pair.to_vec();
        pair.sort();
        assert_eq!(ends.as_slice(), pair, "the steps do not join the nodes in their order");
    }
}

fn everything_in_hand_resolves(told: &ToldServer) {
    let landmarks = &told.landmarks;
    let commit = landmarks.commit.parts().resource;
    let digest = landmarks.artifact.parts().resource;
    let change = landmarks.pull_request.parts();
    let ticket = landmarks.ticket.parts().resource;
    let pull_request = reference_of(told, landmarks.pull_request.as_str());
    let page = format!("https://acme.atlassian.net/browse/{ticket}");
    for (hand, key) in [
        (ticket.as_str(), &landmarks.ticket),
        (page.as_str(), &landmarks.ticket),
        (commit.as_str(), &landmarks.commit),
        (&commit[..10], &landmarks.commit),
        (digest.as_str(), &landmarks.artifact),
        (pull_request.as_str(), &landmarks.pull_request),
        (landmarks.deployment.as_str(), &landmarks.deployment),
    ] {
        let answer = told.server.ask("/api/v1/resolve", &[("q", hand)]);
        assert_eq!(text(&answer, "/result"), "one", "{hand}: {answer:#}");
        assert_eq!(text(&answer, "/candidates/0/key"), key.as_str(), "{hand}");
    }
    assert!(pull_request.ends_with(&format!("#{}", change.resource)), "{pull_request}");
    let alert = told.server.ask("/api/v1/resolve", &[("q", landmarks.alert.as_str())]);
    assert_eq!(text(&alert, "/result"), "one", "{alert:#}");
    assert_eq!(text(&alert, "/candidates/0/kind"), "alert");
    let nothing = told.server.ask("/api/v1/resolve", &[("q", "PAY-99999")]);
    assert_eq!(text(&nothing, "/result"), "none", "{nothing:#}");
    assert!(!text(&nothing, "/hint").is_empty(), "{nothing:#}");
}

fn reference_of(told: &ToldServer, key: &str) -> String {
    text(&told.server.ask("/api/v1/node", &[("of", key)]), "/node/reference")
}

fn steps_carry_their_evidence(told: &ToldServer) {
    let trace = told.server.ask("/api/v1/trace", &[("of", told.landmarks.alert.as_str())]);
    let size = trace.get("ledger_size").and_then(Value::as_u64).unwrap();
    for step in list(&trace, "/steps").iter().chain(&list(&trace, "/context")) {
        assert!(["L0", "L1", "L2", "L3"].contains(&text(step, "/class").as_str()), "{step}");
        assert!(!text(step, "/phrase").is_empty(), "{step}");
        let evidence = list(step, "/evidence");
        if text(step, "/kind") == "running_at" {
            assert!(!text(step, "/reason").is_empty(), "a computed step says why: {step}");
            continue;
        }
        assert!(!evidence.is_empty(), "a step without evidence: {step}");
        for one in evidence {
            let entry = one.get("entry").and_then(Value::as_u64).unwrap();
            assert!(entry < size, "{one}");
            for member in ["rule", "reason", "source", "vouched", "received", "class"] {
                assert!(!text(&one, &format!("/{member}")).is_empty(), "no {member}: {one}");
            }
        }
    }
    let node = told.server.ask("/api/v1/node", &[("of", told.landmarks.pull_request.as_str())]);
    for part in ["attributes", "names", "timeline", "links", "neighbours"] {
        assert!(!list(&node, &format!("/{part}")).is_empty(), "the pull request has no {part}\n{node:#}");
    }
}

fn what_is_not_there_is_said(told: &ToldServer) {
    for path in [
        "/api/v1/trace?of=PAY-99999",
        "/api/v1/impact?of=nothing-like-it-exists",
        "/api/v1/path?from=PAY-99999&to=PAY-99998",
    ] {
        let answer = told.server.get(path);
        assert_eq!(answer.status, 404, "{path}\n{}", answer.text());
        assert_eq!(answer.problem(), "not-found");
    }
    for path in
        ["/api/v1/trace", "/api/v1/resolve", "/api/v1/trace?of=PAY-1&at=yesterday", "/api/v1/deliveries?status=lost"]
    {
        let answer = told.server.get(path);
        assert_eq!(answer.status, 400, "{path}\n{}", answer.text());
        assert_eq!(answer.problem(), "bad-request");
    }
}

fn the_command_line_says_the_same(told: &ToldServer) {
    let server = &told.server;
    let (alert, ticket) = (told.landmarks.alert.as_str(), told.landmarks.ticket.as_str());
    let deployment = told.landmarks.deployment.as_str();
    for (arguments, path, parameters) in [
        (vec!["trace", alert], "/api/v1/trace", vec![("of", alert)]),
        (vec!["impact", ticket], "/api/v1/impact", vec![("of", ticket)]),
        (vec!["path", deployment, ticket], "/api/v1/path", vec![("from", deployment), ("to", ticket)]),
        (vec!["resolve", ticket], "/api/v1/resolve", vec![("q", ticket)]),
    ] {
        let expected = server.ask(path, &parameters);
        let local = server.command(&[arguments.as_slice(), &["--json"]].concat()).good();
        assert_eq!(serde_json::from_str::<Value>(&local).unwrap(), expected, "{arguments:?}");
        let remote = server.program().clone().with("SERVER", server.url()).with("TOKEN", server.token());
        let distant = remote.run(&[arguments.as_slice(), &["--json"]].concat()).good();
        assert_eq!(distant, local, "{arguments:?}, asked of the server");

        let tree = server.command(&arguments).good();
        assert_eq!(remote.run(&arguments).good(), tree);
        assert!(!tree.contains('\u{1b}'), "no colours in a pipe");
        for key in keys(&expected, "/chain").iter().chain(&keys(&expected, "/candidates")) {
            let node = list(&expected, "/nodes").into_iter().chain(list(&expected, "/candidates"));
            let node = node.into_iter().find(|node| text(node, "/key") == *key).unwrap();
            let name =
                [text(&node, "/reference"), text(&node, "/title")].into_iter().find(|name| !name.is_empty()).unwrap();
            // A long title is cut at its end.
            let shown: String = name.split_whitespace().next().unwrap().chars().take(10).collect();
            assert!(tree.contains(&shown), "the tree lacks '{shown}'\n{tree}");
        }
    }
    for (arguments, code) in [
        (vec!["trace", "PAY-99999"], 1),
        (vec!["resolve", "PAY-99999"], 1),
        (vec!["trace", alert, "--at", "yesterday"], 2),
        (vec!["trace"], 2),
        (vec!["fly"], 2),
    ] {
        assert_eq!(server.command(&arguments).code, code, "{arguments:?}");
    }
    let nobody = server.program().clone().with("SERVER", server.url()).with("TOKEN", "wrong");
    assert_eq!(nobody.run(&["trace", alert]).code, 3);
    let tokenless = server.program().clone().with("SERVER", server.url());
    assert_eq!(tokenless.run(&["trace", alert]).code, 2);
}

fn a_rebuild_gives_the_same_answers(mut told: ToldServer) {
    let questions = [
        ("/api/v1/trace", vec![("of", told.landmarks.alert.clone())]),
        ("/api/v1/impact", vec![("of", told.landmarks.ticket.as_str().to_owned())]),
        ("/api/v1/node", vec![("of", told.landmarks.pull_request.as_str().to_owned())]),
    ];
    let ask = |told: &ToldServer| -> Vec<Value> {
        let asked = questions.iter().map(|(path, parameters)| {
            let parameters: Vec<(&str, &str)> =
                parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
            told.server.ask(path, &parameters)
        });
        asked.collect()
    };
    let before = ask(&told);
    let graph_before = graph(&told.server.store());
    told.server.stop();
    let rebuilt = told.server.command(&["rebuild"]).good();
    assert!(rebuilt.contains("same as before"), "{rebuilt}");
    assert_eq!(graph(&told.server.store()), graph_before);
    told.server.start_again();
    told.server.wait_projected();
    assert_eq!(ask(&told), before);
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn list(value: &Value, pointer: &str) -> Vec<Value> {
    value.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default()
}

/// The keys in a list of keys, or of nodes.
fn keys(value: &Value, pointer: &str) -> Vec<String> {
    let of_one = |one: &Value| one.as_str().map_or_else(|| text(one, "/key"), str::to_owned);
    list(value, pointer).iter().map(of_one).collect()
}
