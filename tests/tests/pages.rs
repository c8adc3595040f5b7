//! Every page in a real browser: on a phone and at a desk, in light and in dark, checked by axe-core; and without scripts.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use throughline::demo::Landmarks;
use throughline::http::{Policy, ROUTES};
use throughline::plain::node_href;
use throughline_tests::http::send;
use throughline_tests::repository::{root, text};
use throughline_tests::server::TestServer;
use throughline_tests::story::{END, ToldServer, tell};
use throughline_tests::visit::{beyond_the_window, log_in, status, violations};
use throughline_tests::webdriver::{Browser, Element};

const DAY: i64 = 86_400;

/// Every page: what it is called here, its route, an address of it, and what its heading holds. Words in braces stand for
/// something of the story.
const PAGES: &[(&str, &str, &str, &str)] = &[
    ("home", "/", "/", "What do you have in hand?"),
    ("found", "/find", "/find?q=retry", "pieces for “retry”"),
    ("found-filtered", "/find", "/find?kind=ticket", "pieces"),
    ("found-nothing", "/find", "/find?q=PAY-99999", "Nothing is known by “PAY-99999”"),
    ("not-searchable", "/find", "/find?q=kind%3Anonsense", "This cannot be searched for"),
    ("alert", "/node/{key}", "/node/{alert}", "Checkout answers"),
    ("incident", "/node/{key}", "/node/{incident}", "Checkout fails"),
    ("pull-request", "/node/{key}", "/node/{pull_request}", "PAY-31"),
    ("ticket", "/node/{key}", "/node/{ticket}", "Retry card authorisation"),
    ("deployment", "/node/{key}", "/node/{deployment}", "checkout-production"),
    ("artifact", "/node/{key}", "/node/{artifact}", "checkout:1.8.0"),
    ("history", "/history", "/history?from={from}&to={to}", "Change history"),
    (
        "history-of-a-control",
        "/history",
        "/history?from={from}&to={to}&control=CC8.1&only=exceptions",
        "Change history",
    ),
    ("board", "/board", "/board", "Board"),
    ("flow", "/flow", "/flow?from={from}&to={to}", "Flow"),
    ("flow-opened", "/flow", "/flow?from={from}&to={to}&open=lead-time", "Flow"),
    ("ready-form", "/ready", "/ready", "Can it go out?"),
    ("ready", "/ready", "/ready?candidate={artifact}&for=production", "for production"),
    ("ready-again", "/ready", "/ready?again={verdict}", "for production"),
    ("environments", "/environments", "/environments", "Environments"),
    ("environments-compared", "/environments", "/environments?left={staging}&right={production}", "Environments"),
    ("islands", "/islands", "/islands", "Islands"),
    ("islands-filtered", "/islands", "/islands?kind=alert", "Islands"),
    ("doctor", "/doctor", "/doctor", "Doctor"),
    ("doctor-asked", "/doctor", "/doctor?of=acme%2Fweb%2377", "Doctor"),
    ("build-and-test", "/build-and-test/{key}", "/build-and-test/{pull_request}", "BT acme/checkout#118"),
    ("ops", "/ops/{key}", "/ops/{artifact}", "OPS"),
    ("deliveries", "/deliveries", "/deliveries", "Deliveries"),
    ("deliveries-failed", "/deliveries", "/deliveries?status=failed", "Deliveries"),
    ("deliveries-none", "/deliveries", "/deliveries?source=nobody", "Deliveries"),
    ("delivery", "/deliveries/{entry}", "/deliveries/20", "Ledger entry 20"),
    ("delivery-failed", "/deliveries/{entry}", "/deliveries/{failed}", "Ledger entry"),
    ("sources", "/sources", "/sources", "Sources"),
    ("provider", "/providers/{name}", "/providers/github", "GitHub"),
    ("provider-with-code", "/providers/{name}", "/providers/facts", "Facts"),
    ("catalog", "/catalog", "/catalog", "Catalog"),
    ("login", "/login", "/login", "Log in with a link"),
    ("login-link", "/login", "/login?token=none", "Log in"),
    // No route at all: the page of an error.
    (ERROR, "", "/nowhere", "There is no such thing"),
];

/// The one page that is answered with an error.
const ERROR: &str = "nothing-there";

/// What a browser can get, and is no page: states for machines, files, a piece of a page.
const NO_PAGES: [&str; 5] = ["/health/live", "/health/ready", "/static/{name}", "/find/options", "/picture/{key}.svg"];

/// A page of the table, with the address that it has in this story.
struct Page {
    name: &'static str,
    url: String,
    heading: &'static str,
}

/// A server that every page of the table has something to show of.
struct Company {
    server: TestServer,
    pages: Vec<Page>,
    artifact: String,
    alert: String,
}

#[test]
fn every_page_stands_in_the_table() {
    let open = ROUTES
        .iter()
        .filter(|(method, _, policy)| *method == "GET" && matches!(policy, Policy::Person | Policy::Public))
        .map(|(_, path, _)| *path);
    let routes: BTreeSet<&str> = open.collect();
    let gone: Vec<&&str> = NO_PAGES.iter().filter(|path| !routes.contains(**path)).collect();
    assert!(gone.is_empty(), "there is no such route any more: {gone:?}");
    let pages: BTreeSet<&str> = routes.into_iter().filter(|path| !NO_PAGES.contains(path)).collect();
    let shown: BTreeSet<&str> = PAGES.iter().map(|(_, route, _, _)| *route).filter(|route| !route.is_empty()).collect();
    assert_eq!(pages, shown, "a page is missing in the table, or gone");
}

#[test]
fn the_checker_is_the_one_that_its_page_names() {
    let folder = root().join("tests/vendor/axe");
    let script = text(&folder.join("axe.min.js"));
    let version = script.strip_prefix("/*! axe v").and_then(|rest| rest.split_whitespace().next()).unwrap_or_default();
    assert!(!version.is_empty(), "the file does not begin with its version");
    assert!(text(&folder.join("README.md")).contains(&format!(" {version} ")), "the page does not name {version}");
}

#[test]
fn every_page_holds_on_a_phone() {
    every_page_holds("phone", 390, 844);
}

#[test]
fn every_page_holds_at_a_desk() {
    every_page_holds("desk", 1280, 900);
}

fn every_page_holds(window: &str, width: u32, height: u32) {
    let Some(browser) = Browser::start() else { return };
    let company = company();
    browser.resize(width, height);
    log_in(&browser, &company.server, &company.server.login_link());
    let mut faults = Vec::new();
    for scheme in ["light", "dark"] {
        browser.prefer(scheme);
        for page in &company.pages {
            browser.go_to(&page.url);
            browser.photograph(&format!("page-{window}-{scheme}-{}", page.name));
            let mut found = whole(&browser, page);
            found.extend(violations(&browser));
            let place = format!("{} on a {window} in {scheme}", page.name);
            faults.extend(found.into_iter().map(|fault| format!("{place}: {fault}")));
        }
    }
    the_picture_stands_by_itself(&browser, &company);
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

/// What is wrong with a page that can be told without knowing what it is about.
fn whole(browser: &Browser, page: &Page) -> Vec<String> {
    let mut faults = Vec::new();
    let is_error = page.name == ERROR;
    let (expected, answered) = (if is_error { 404 } else { 200 }, status(browser));
    if answered != expected {
        faults.push(format!("answered with {answered}"));
    }
    let title = browser.title();
    if title.strip_suffix(" · Throughline").is_none_or(str::is_empty) {
        faults.push(format!("the title is '{title}'"));
    }
    let headings: Vec<String> = browser.all("h1").iter().map(Element::text).collect();
    if headings.len() != 1 || !headings.iter().all(|heading| heading.contains(page.heading)) {
        faults.push(format!("the headings are {headings:?}"));
    }
    if browser.all("main").len() != 1 {
        faults.push("there is not one main part".to_owned());
    }
    faults.extend(beyond_the_window(browser).into_iter().map(|wide| format!("the page scrolls sideways: {wide}")));
    // A browser reports every answer that is an error, also one that was asked for.
    let complaints = browser.complaints().into_iter().filter(|line| !(is_error && line.contains("status of 404")));
    faults.extend(complaints.map(|line| format!("the browser complains: {line}")));
    faults
}

fn the_picture_stands_by_itself(browser: &Browser, company: &Company) {
    browser.go_to(&format!("{}/picture/{}.svg", company.server.url(), company.alert));
    let root = browser.run("return document.documentElement.localName + ' ' + document.contentType");
    assert_eq!(root.as_str(), Some("svg image/svg+xml"));
    assert_eq!(status(browser), 200);
    assert!(browser.title().contains("The chain of alert"), "{}", browser.title());
    let complaints = browser.complaints();
    assert!(complaints.is_empty(), "the browser complains:\n{}", complaints.join("\n"));
}

#[test]
fn every_page_is_there_without_scripts() {
    let Some(browser) = Browser::start() else { return };
    let company = company();
    browser.resize(390, 844);
    browser.turn_scripts_off(true);
    log_in(&browser, &company.server, &company.server.login_link());
    let mut faults = Vec::new();
    for page in &company.pages {
        browser.go_to(&page.url);
        let mut found = whole(&browser, page);
        if browser.find("main").text().trim() == browser.find("h1").text().trim() {
            found.push("there is nothing below the heading".to_owned());
        }
        if browser.all(".only-js").iter().any(Element::is_shown) {
            found.push("it tells of what only scripts can do".to_owned());
        }
        faults.extend(found.into_iter().map(|fault| format!("{} without scripts: {fault}", page.name)));
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));

    let visitor = Visitor { browser: &browser, company: &company };
    visitor.finds();
    visitor.compares();
    visitor.reads_the_history();
    visitor.opens_a_figure();
    visitor.asks_and_records();
    visitor.filters();
}

/// Somebody whose browser runs no scripts.
struct Visitor<'a> {
    browser: &'a Browser,
    company: &'a Company,
}

impl Visitor<'_> {
    fn go_to(&self, path: &str) {
        self.browser.go_to(&format!("{}{path}", self.company.server.url()));
    }

    fn click(&self, selector: &str) {
        self.browser.wait_for(selector).click();
    }

    fn write(&self, selector: &str, words: &str) {
        let field = self.browser.wait_for(selector);
        field.clear();
        field.write(words);
    }

    fn heading(&self) -> String {
        self.browser.wait_for("h1").text()
    }

    fn finds(&self) {
        self.go_to("/board");
        self.write("[data-search]", "PAY-31");
        self.click(".bar form[role='search'] button");
        self.browser.wait_for_url("the ticket is shown", |url| url.contains("/node/"));
        assert!(self.heading().contains("Retry card authorisation"), "{}", self.heading());
    }

    fn compares(&self) {
        self.go_to("/environments");
        self.click("form[action='/environments'] button");
        self.browser.wait_for_url("two environments are compared", |url| url.contains("left="));
        let difference = self.browser.wait_for("section[aria-labelledby='diff']").text();
        assert!(difference.contains("checkout") && difference.contains("equal"), "{difference}");
        assert!(difference.contains("payments") && difference.contains("different"), "{difference}");
    }

    fn reads_the_history(&self) {
        self.go_to("/history");
        let (from, to) = period();
        self.write("#from", &from);
        self.write("#to", &to);
        self.click("#control option[value='CC8.1']");
        self.click("#only");
        self.click(".history-form button");
        let shown = self.browser.wait_for_url("the period is shown", |url| url.contains("only=exceptions"));
        assert!(shown.contains(&format!("from={from}")) && shown.contains("control=CC8.1"), "{shown}");
        assert!(self.browser.wait_for(".hint").text().starts_with("CC8.1"));
        assert!(!self.browser.all(".history-rows tbody tr").is_empty(), "the story has exceptions");
    }

    fn opens_a_figure(&self) {
        let (from, to) = period();
        self.go_to(&format!("/flow?from={from}&to={to}"));
        self.click(".flow-value a");
        self.browser.wait_for_url("the figure is open", |url| url.contains("open="));
        assert!(self.browser.wait_for("#behind-title").text().ends_with("what it rests on"));
        self.click("#behind .entries a");
        self.browser.wait_for_url("the delivery is shown", |url| url.contains("/deliveries/"));
        assert!(self.heading().starts_with("Ledger entry"), "{}", self.heading());
    }

    fn asks_and_records(&self) {
        self.go_to("/ready");
        self.write("input[name='candidate']", &self.company.artifact);
        self.write("input[name='for']", "production");
        self.click("form[action='/ready'] button");
        self.browser.wait_for_url("the verdict is shown", |url| url.contains("candidate="));
        assert!(self.heading().ends_with("for production"), "{}", self.heading());
        self.click("form[action='/ready'][method='post'] button");
        self.browser.wait_for_url("the record is shown", |url| url.contains("/ready?again="));
        assert!(self.browser.wait_for("section[aria-labelledby='again']").is_shown());
    }

    fn filters(&self) {
        self.go_to("/islands");
        self.click("#kind option[value='alert']");
        self.click("form[action='/islands'] button");
        self.browser.wait_for_url("the alerts are shown", |url| url.contains("kind=alert"));
        self.go_to("/deliveries");
        self.click("button[name='status'][value='failed']");
        self.browser.wait_for_url("what failed is shown", |url| url.contains("status=failed"));
        self.click(".table tbody th a");
        self.browser.wait_for_url("one of them is shown", |url| !url.contains("status=failed"));
        assert!(self.browser.wait_for("#outcome").text().contains("failed"));
    }
}

/// The whole story, with a catalog, something that could not be read, a verdict and a decision.
fn company() -> Company {
    let ToldServer { server, landmarks } = tell(None);
    let failed = server.deliver_well("acme-alertmanager", &[], b"no alert");
    let catalog = root().join("config/catalog.example.toml").display().to_string();
    server.command(&["catalog", "apply", &catalog]).good();
    server.wait_projected();
    let artifact = landmarks.artifact.as_str().to_owned();
    let asked = json!({ "candidate": artifact, "for": "production" });
    let verdict = state(&server, "/api/v1/ready", &asked).get("entry").and_then(Value::as_u64).unwrap_or_default();
    let decided =
        json!({ "candidate": artifact, "for": "production", "decision": "no_go", "reason": "It has made trouble" });
    state(&server, "/api/v1/release-decisions", &decided);
    server.wait_projected();
    let mut words = meanings(&server, &landmarks);
    words.push(("{failed}", failed.to_string()));
    words.push(("{verdict}", verdict.to_string()));
    let pages = PAGES.iter().map(|&(name, _, address, heading)| {
        let path = words.iter().fold(address.to_owned(), |path, (word, meant)| path.replace(word, meant));
        assert!(!path.contains('{'), "{path}: a word has no meaning");
        Page { name, url: format!("{}{path}", server.url()), heading }
    });
    let pages = pages.collect();
    let alert = segment(&found(&server, &landmarks.alert));
    Company { server, pages, artifact, alert }
}

/// What the words of the addresses stand for in the story.
fn meanings(server: &TestServer, landmarks: &Landmarks) -> Vec<(&'static str, String)> {
    let environment = |name: &str| segment(&format!("cdevents:v0:throughline::::environment:{name}"));
    let (from, to) = period();
    vec![
        ("{alert}", segment(&found(server, &landmarks.alert))),
        ("{incident}", segment(&found(server, "INC-7"))),
        ("{pull_request}", segment(landmarks.pull_request.as_str())),
        ("{ticket}", segment(landmarks.ticket.as_str())),
        ("{deployment}", segment(landmarks.deployment.as_str())),
        ("{artifact}", segment(landmarks.artifact.as_str())),
        ("{staging}", environment("staging")),
        ("{production}", environment("production")),
        ("{from}", from),
        ("{to}", to),
    ]
}

/// The days from before the story until its last one.
fn period() -> (String, String) {
    let day = |days: i64| END.plus_seconds(days * DAY).to_string().chars().take("2026-03-14".len()).collect();
    (day(-40), day(0))
}

/// Posts a statement, and answers what was made of it.
fn state(server: &TestServer, path: &str, statement: &Value) -> Value {
    let answer = send(server.request(Method::POST, path).bearer_auth(server.token()).json(statement));
    assert_eq!(answer.status, 201, "{path}\n{}", answer.text());
    answer.json()
}

/// The key of the one thing that a text stands for.
fn found(server: &TestServer, words: &str) -> String {
    let answer = server.ask("/api/v1/resolve", &[("q", words)]);
    let key = answer.pointer("/candidates/0/key").and_then(Value::as_str);
    assert!(key.is_some(), "nothing is known by '{words}': {answer}");
    key.unwrap_or_default().to_owned()
}

/// A key as a segment of an address.
fn segment(key: &str) -> String {
    node_href(key).trim_start_matches("/node/").to_owned()
}
