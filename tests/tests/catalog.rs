//! The catalog: what it makes of texts and names, how a newer one takes back what an older one said, and who may apply one.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as the tests do")]

use std::path::PathBuf;

use reqwest::Method;
use serde_json::{Value, json};
use throughline_tests::database::TestDatabase;
use throughline_tests::fixtures::named;
use throughline_tests::http::{Answer, send};
use throughline_tests::markup;
use throughline_tests::repository::root;
use throughline_tests::server::{Setup, TestServer};

const LAUNCHPAD: &str = r#"
[[tracker]]
name = "Launchpad"
kind = "launchpad"
address = "https://bugs.launchpad.net"
words = ["lp", "closes-bug"]
"#;

const CHECKOUT: &str = "cdevents:v0:throughline::::service:checkout";
const CHECKOUT_API: &str = "cdevents:v0:throughline::::service:checkout-api";

/// Writes a catalog beside the server's data.
fn file(server: &TestServer, name: &str, text: &str) -> String {
    let path: PathBuf = server.data_folder().join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn apply(server: &TestServer, text: &str) -> String {
    let file = file(server, "catalog.toml", text);
    let said = server.command(&["catalog", "apply", &file]).good();
    server.wait_projected();
    said
}

/// `kind target class` of every link from a node.
fn links_from(server: &TestServer, key: &str) -> Vec<String> {
    let answer = server.ask("/api/v1/node", &[("of", key)]);
    let links = answer.get("links").and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |link: &Value, member: &str| link.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    let own = links.iter().filter(|link| text(link, "from") == key);
    own.map(|link| format!("{} {} {}", text(link, "kind"), text(link, "to"), text(link, "class"))).collect()
}

fn resolved(server: &TestServer, text: &str) -> Vec<String> {
    let answer = server.ask("/api/v1/resolve", &[("q", text)]);
    let candidates = answer.get("candidates").and_then(Value::as_array).cloned().unwrap_or_default();
    candidates.iter().filter_map(|node| node.get("key")?.as_str().map(str::to_owned)).collect()
}

fn unlisted(server: &TestServer, kind: &str) -> Vec<String> {
    let answer = server.get_json("/api/v1/catalog");
    let groups = answer.get("unlisted").and_then(Value::as_array).cloned().unwrap_or_default();
    let group = groups.iter().find(|group| group.get("kind").and_then(Value::as_str) == Some(kind)).unwrap();
    let nodes = group.get("nodes").and_then(Value::as_array).cloned().unwrap_or_default();
    assert_eq!(group.get("count").and_then(Value::as_u64), Some(nodes.len() as u64));
    nodes.iter().filter_map(|node| node.get("key")?.as_str().map(str::to_owned)).collect()
}

#[test]
fn a_tracker_of_the_catalog_makes_tickets_of_texts() {
    let server = TestServer::with_sources(&["github"]);
    let fixture = named("github/push/two_commits");
    let mut body: Value = serde_json::from_slice(&fixture.body).unwrap();
    body["commits"][0]["message"] = json!("Retry declined cards\n\nCloses-Bug: #1563949");
    let sha = body["commits"][0]["id"].as_str().unwrap().to_owned();
    server.deliver_well("github", &fixture.headers, body.to_string().as_bytes());
    server.wait_projected();
    let commit = format!("cdevents:v0:git:github.com:acme:checkout:commit:{sha}");
    let of_tickets = |server: &TestServer| {
        let links = links_from(server, &commit);
        links.into_iter().filter(|link| link.contains(":ticket:")).collect::<Vec<_>>()
    };
    assert_eq!(of_tickets(&server), Vec::<String>::new(), "nobody has said yet that 'lp' is a tracker");

    let said = apply(&server, LAUNCHPAD);
    assert!(said.contains("1 trackers") && said.contains("+ tracker Launchpad"), "{said}");
    assert!(!said.contains("rebuild"), "no name has changed: {said}");
    let ticket = "cdevents:v0:launchpad:bugs.launchpad.net:::ticket:1563949";
    assert_eq!(of_tickets(&server), [format!("resolves {ticket} L1")]);

    assert_eq!(server.command(&["catalog", "show"]).good(), LAUNCHPAD);
    let again = server.command(&["catalog", "apply", &file(&server, "same.toml", LAUNCHPAD)]).good();
    assert!(again.contains("in force already"), "{again}");
    assert_eq!(server.get_json("/api/v1/catalog").get("text").and_then(Value::as_str), Some(LAUNCHPAD));
}

#[test]
fn a_ticket_that_is_only_named_is_found_by_its_key_and_its_page() {
    let server = TestServer::with_sources(&["github"]);
    let fixture = named("github/push/two_commits");
    let mut body: Value = serde_json::from_slice(&fixture.body).unwrap();
    body["commits"][0]["message"] = json!("Retry declined cards\n\nFixes: NEW-77");
    server.deliver_well("github", &fixture.headers, body.to_string().as_bytes());
    server.wait_projected();
    apply(
        &server,
        "[[tracker]]\nname = \"Jira\"\nkind = \"jira\"\naddress = \"https://acme.atlassian.net\"\nprojects = [\"NEW\"]\n",
    );
    for asked in ["NEW-77", "https://acme.atlassian.net/browse/NEW-77"] {
        let found = server.command(&["resolve", asked]).good();
        assert!(found.contains("NEW-77"), "{asked}: {found}");
    }
    assert!(server.command(&["resolve", "NEW-78"]).code != 0, "no text names it");
    let typo = server.command(&["islands", "--kind", "nope", "--strict"]);
    assert!(typo.code == 2 && typo.stderr.contains("choose one of"), "{}", typo.all());
}

fn deployment(id: &str, service: &str) -> Vec<u8> {
    let body = json!({
        "version": 1,
        "at": "2026-03-14T09:26:06Z",
        "facts": [
            { "kind": "service", "id": service, "title": service },
            {
                "kind": "deployment",
                "id": id,
                "provider": "rollouts",
                "host": "rollouts.acme.example",
                "attributes": { "outcome": "success" },
                "links": [
                    { "kind": "of", "to": { "kind": "service", "id": service } },
                    { "kind": "deployed_to", "to": { "kind": "environment", "id": "production" } }
                ]
            }
        ]
    });
    body.to_string().into_bytes()
}

#[test]
fn an_alias_makes_one_node_of_two() {
    for database in [None, TestDatabase::postgres()].into_iter().enumerate() {
        let setup = Setup::new().source("facts");
        let setup = match database {
            (0, _) => setup,
            (_, Some(database)) => setup.on(database),
            (_, None) => continue,
        };
        one_node_of_two(setup.start());
    }
}

fn one_node_of_two(mut server: TestServer) {
    // A rebuild meets this one first, and must not take it for the one in force.
    apply(&server, "[[team]]\nname = \"payments\"\n");
    server.deliver_well("facts", &[], &deployment("1", "checkout"));
    server.deliver_well("facts", &[], &deployment("2", "checkout-api"));
    server.wait_projected();
    assert_eq!(unlisted(&server, "service"), [CHECKOUT, CHECKOUT_API]);

    let catalog = "[[service]]\nname = \"checkout\"\ntitle = \"Checkout\"\naliases = [\"checkout-api\"]\n";
    let said = apply(&server, catalog);
    assert!(said.contains("Aliases have changed") && said.contains("throughline rebuild"), "{said}");
    server.deliver_well("facts", &[], &deployment("3", "checkout-api"));
    server.wait_projected();
    let third = "cdevents:v0:rollouts:rollouts.acme.example:::deployment:3";
    assert!(links_from(&server, third).contains(&format!("of {CHECKOUT} L2")), "what arrives now is renamed");
    let second = "cdevents:v0:rollouts:rollouts.acme.example:::deployment:2";
    assert!(links_from(&server, second).contains(&format!("of {CHECKOUT_API} L2")), "what was there is as it was");
    assert_eq!(unlisted(&server, "service"), Vec::<String>::new(), "an alias is no unknown service");
    assert_eq!(unlisted(&server, "environment"), ["cdevents:v0:throughline::::environment:production"]);

    server.stop();
    server.command(&["rebuild"]).good();
    server.start_again();
    server.wait_projected();
    for deployment in ["1", "2", "3"] {
        let key = format!("cdevents:v0:rollouts:rollouts.acme.example:::deployment:{deployment}");
        assert!(links_from(&server, &key).contains(&format!("of {CHECKOUT} L2")), "deployment {deployment}");
    }
    for text in ["service:checkout", "service:checkout-api"] {
        assert_eq!(resolved(&server, text), [CHECKOUT], "{text}");
    }
    let node = server.ask("/api/v1/node", &[("of", CHECKOUT)]);
    assert_eq!(node.pointer("/node/title").and_then(Value::as_str), Some("Checkout"), "the catalog's title counts");
}

#[test]
fn a_newer_catalog_takes_an_owner_back() {
    let server = TestServer::with_sources(&[]);
    let owned =
        |team: &str| format!("[[service]]\nname = \"checkout\"\nteam = \"{team}\"\n[[team]]\nname = \"{team}\"\n");
    let owners = |server: &TestServer| {
        let links = links_from(server, CHECKOUT);
        links.into_iter().filter(|link| link.starts_with("owned_by")).collect::<Vec<_>>()
    };
    apply(&server, &owned("payments"));
    assert_eq!(owners(&server).len(), 1);
    let said = apply(&server, &owned("shop"));
    assert!(said.contains("- service checkout; owner payments"), "{said}");
    assert!(said.contains("+ service checkout; owner shop"), "{said}");
    let now = owners(&server);
    assert!(now.len() == 1 && now[0].contains("team:shop"), "{now:?}");
    apply(&server, "[[service]]\nname = \"checkout\"\n");
    assert_eq!(owners(&server), Vec::<String>::new());
}

#[test]
fn a_file_with_a_mistake_is_refused_with_its_place() {
    let server = TestServer::with_sources(&[]);
    let example = root().join("config/catalog.example.toml").display().to_string();
    assert!(server.command(&["catalog", "check", &example]).good().contains("can be applied"));
    let none = server.command(&["catalog", "show"]);
    assert_eq!(none.code, 1, "checking applies nothing\n{}", none.all());
    for (text, expected) in [
        ("[[tracker]", "catalog"),
        ("[[trackr]]\nname = \"x\"", "trackr"),
        ("[[tracker]]\nname = \"x\"\nkind = \"jira\"\naddress = \"https://x.example\"", "tracker 'x'"),
        ("[[repository]]\naddress = \"checkout\"", "repository 'checkout'"),
        ("[[service]]\nname = \"a\"\nrunbook = \"wiki\"", "service 'a'"),
        ("[[service]]\nname=\"a\"\naliases=[\"x\"]\n[[service]]\nname=\"b\"\naliases=[\"x\"]", "alias"),
        ("[[person]]\nemail = \"ada\"", "person 'ada'"),
    ] {
        let file = file(&server, "wrong.toml", text);
        for command in ["check", "apply"] {
            let refused = server.command(&["catalog", command, &file]);
            assert_eq!(refused.code, 2, "{text}\n{}", refused.all());
            assert!(refused.stderr.contains(expected) && refused.stderr.contains("wrong.toml"), "{}", refused.stderr);
        }
        let refused = post(&server, text);
        assert_eq!((refused.status, refused.problem().as_str()), (400, "bad-request"), "{text}");
        assert!(refused.text().contains(expected), "{}", refused.text());
    }
    let missing = server.command(&["catalog", "apply", "nowhere.toml"]);
    assert_eq!(missing.code, 2);
    assert_eq!(server.get_json("/api/v1/catalog").get("text"), Some(&Value::Null));
}

fn post(server: &TestServer, text: &str) -> Answer {
    let request = server.request(Method::POST, "/api/v1/catalog").bearer_auth(server.token());
    send(request.body(text.to_owned()))
}

#[test]
fn the_catalog_can_be_applied_by_the_api_and_by_the_page() {
    let server = TestServer::with_sources(&["facts"]);
    server.deliver_well("facts", &[], &deployment("1", "ledger"));
    let first = post(&server, LAUNCHPAD);
    assert_eq!(first.status, 200, "{}", first.text());
    let applied = first.json();
    assert!(applied.get("entry").is_some_and(Value::is_u64), "{applied}");
    assert_eq!(applied.get("needs_rebuild"), Some(&Value::Bool(false)));
    assert_eq!(post(&server, LAUNCHPAD).json().get("entry"), Some(&Value::Null), "the same again is no entry");
    let nobody = send(server.request(Method::POST, "/api/v1/catalog").body(LAUNCHPAD));
    assert_eq!(nobody.status, 401);
    server.wait_projected();

    let link = server.new_login_link();
    let token = link.split_once("token=").unwrap().1.trim().to_owned();
    let logged_in = send(server.request(Method::POST, "/login").form(&[("token", token.as_str())]));
    let cookie = logged_in.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let open = || send(server.request(Method::GET, "/catalog").header("cookie", &cookie));
    let page = open();
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.text().contains("Launchpad") && page.text().contains("ledger"), "{}", page.text());
    assert!(markup::forbidden(&page.text()).is_empty());
    let csrf = markup::field(&page.text(), "csrf").unwrap();
    let submit = |csrf: &str, catalog: &str| {
        let request = server.request(Method::POST, "/catalog").header("cookie", &cookie);
        send(request.form(&[("csrf", csrf), ("catalog", catalog)]))
    };
    let text = "[[service]]\r\nname = \"ledger\"\r\nteam = \"payments\"\r\n";
    assert_eq!(submit("wrong", text).status, 403);
    let wrong = submit(&csrf, "[[service]]\nname = \"</textarea><b>\"\nrunbook = \"wiki\"");
    assert_eq!(wrong.status, 400);
    assert!(wrong.text().contains("Not applied") && !wrong.text().contains("</textarea><b>"), "{}", wrong.text());
    let taken = submit(&csrf, text);
    assert_eq!((taken.status, taken.header("location")), (303, Some("/catalog")));
    let in_force = server.get_json("/api/v1/catalog");
    let kept = in_force.get("text").and_then(Value::as_str);
    assert_eq!(kept, Some("[[service]]\nname = \"ledger\"\nteam = \"payments\"\n"));
    assert!(open().text().contains("payments"));
}
