//! The search box in a real browser: results while somebody types, by keyboard alone, and the same without scripts.

use std::time::Duration;

use serde_json::json;
use throughline_tests::server::TestServer;
use throughline_tests::signing::headers;
use throughline_tests::visit::log_in;
use throughline_tests::waiting::until;
use throughline_tests::webdriver::{Browser, ENTER};

const DOWN: &str = "\u{e015}";
const UP: &str = "\u{e013}";
const ESCAPE: &str = "\u{e00c}";

/// How long results may take to be shown.
const LIMIT: Duration = Duration::from_secs(20);

/// A server that knows a few things about retries.
fn told() -> TestServer {
    let server = TestServer::with_sources(&["facts"]);
    let ticket = |id: &str, title: &str| json!({ "kind": "ticket", "id": id, "provider": "jira", "host": "acme.atlassian.net", "title": title });
    let facts = json!([
        ticket("PAY-12", "Retry card payments"),
        ticket("PAY-13", "Retry <b>refunds</b> & more"),
        {
            "kind": "document", "url": "https://wiki.acme.example/runbooks/storms", "title": "Runbook",
            "attributes": { "description": "What to do about a retry storm" }
        }
    ]);
    let body = json!({ "version": 1, "at": "2026-03-14T12:00:00Z", "facts": facts }).to_string();
    server.deliver_well("facts", &headers(&[("content-type", "application/json")]), body.as_bytes());
    server.wait_projected();
    server
}

#[test]
fn results_come_while_somebody_types() {
    let Some(browser) = Browser::start() else { return };
    let server = told();
    browser.resize(1280, 900);
    log_in(&browser, &server, &server.login_link());
    for page in ["", "/sources"] {
        browser.go_to(&format!("{}{page}", server.url()));
        browser.press("/");
        assert_eq!(browser.focus(), "input q");
        assert_eq!(attribute(&browser, "role"), "combobox");
        assert_eq!(attribute(&browser, "aria-expanded"), "false");
        browser.press("ret");
        let shown = options(&browser, 3);
        assert!(shown.iter().any(|option| option.contains("Retry <b>refunds</b> & more")), "{shown:?}");
        assert_eq!(attribute(&browser, "aria-expanded"), "true");
        assert_eq!(chosen(&browser), "");

        // Each letter narrows; what an earlier one has found is gone.
        browser.press("ry car");
        let shown = options(&browser, 1);
        assert!(shown[0].contains("PAY-12") && shown[0].contains("Ticket"), "{shown:?}");
        browser.photograph("search-options");
        browser.press(ESCAPE);
        assert_eq!(browser.run("return document.querySelector('[data-search]').value").as_str(), Some(""));
        assert_eq!(attribute(&browser, "aria-expanded"), "false");
        assert!(!browser.find(".options-panel").is_shown());
    }
    the_keys_move_through_the_list(&browser);
    what_cannot_be_read_yet_is_said(&browser);
    the_list_fits_a_phone(&browser, &server);
    let complaints = browser.complaints();
    assert!(complaints.is_empty(), "the browser complains:\n{}", complaints.join("\n"));
}

fn the_keys_move_through_the_list(browser: &Browser) {
    browser.press("retr");
    let shown = options(browser, 3);
    let [first, second, third] = shown.as_slice() else { unreachable!("there are three") };
    browser.press(DOWN);
    assert_eq!(chosen(browser), *first);
    browser.press(DOWN);
    assert_eq!(chosen(browser), *second);
    browser.press(UP);
    browser.press(UP);
    assert_eq!(chosen(browser), "", "before the first is the field");
    browser.press(UP);
    assert_eq!(chosen(browser), *third);
    assert_eq!(browser.focus(), "input q", "the focus stays in the field");
    browser.press(ENTER);
    browser.wait_for_url("what was chosen is shown", |url| url.contains("/node/"));
    let heading = browser.find("h1").text();
    assert!(third.contains(&heading), "'{heading}' and {shown:?}");
    browser.press("/");
    browser.press("retry");
    options(browser, 3);
    browser.press(ENTER);
    browser.wait_for_url("without a choice everything is listed", |url| url.contains("/find?q=retry"));
    assert_eq!(browser.all("[data-candidates] a").len(), 3);
}

fn what_cannot_be_read_yet_is_said(browser: &Browser) {
    browser.press("/");
    browser.press("status:open");
    let note = until("the filter is refused", LIMIT, || {
        Some(browser.find(".option-note").text()).filter(|note| note.contains("is no filter"))
    });
    assert!(note.contains("service"), "{note}");
    assert_eq!(attribute(browser, "aria-expanded"), "false");
    browser.press(ESCAPE);
}

fn the_list_fits_a_phone(browser: &Browser, server: &TestServer) {
    browser.resize(360, 740);
    for scheme in ["light", "dark"] {
        browser.prefer(scheme);
        browser.go_to(&format!("{}/sources", server.url()));
        browser.press("/");
        browser.press("retry");
        options(browser, 3);
        browser.photograph(&format!("search-options-phone-{scheme}"));
        let wide = browser.run(
            "const width = document.documentElement.clientWidth; \
             return [...document.querySelectorAll('.options-panel, .option')].filter(e => { \
               const box = e.getBoundingClientRect(); return box.right > width + 1 || box.left < -1 }).length",
        );
        assert_eq!(wide.as_u64(), Some(0), "the list sticks out");
        browser.press(ESCAPE);
    }
}

#[test]
fn a_form_searches_without_scripts() {
    let Some(browser) = Browser::start() else { return };
    let server = told();
    browser.turn_scripts_off(true);
    log_in(&browser, &server, &server.login_link());
    browser.find("[data-search]").write("retry");
    browser.find("form[role='search'] button").click();
    browser.wait_for_url("what was found is listed", |url| url.contains("/find"));
    assert!(browser.find("h1").text().contains("3 pieces"), "{}", browser.find("h1").text());
    browser.photograph("search-page");
    browser.find(".find-filter option[value='document']").click();
    browser.find(".find-filter button").click();
    browser.wait_for_url("the filter applies", |url| url.contains("kind=document"));
    let listed = browser.all("[data-candidates] a");
    assert_eq!(listed.len(), 1);
    assert!(listed[0].text().contains("Runbook"));
    assert!(browser.find(".filtered").text().contains("document"));
    browser.find(".find-filter input[name='service']").write("nothing");
    browser.find(".find-filter button").click();
    browser.wait_for_url("the filter applies", |url| url.contains("service=nothing"));
    assert!(browser.find(".hint").text().contains("no service called 'nothing'"), "{}", browser.source());
    browser.go_to(&format!("{}/find?q=PAY-12", server.url()));
    assert!(browser.url().contains("/node/"), "what names one thing leads to it: {}", browser.url());
}

/// What the options say, once there are so many.
fn options(browser: &Browser, count: usize) -> Vec<String> {
    until("the results are shown", LIMIT, || {
        let texts = browser.run(
            "return document.querySelector('.options-panel').hidden ? [] : \
             [...document.querySelectorAll('[role=listbox] [role=option]')].map(e => e.innerText.replace(/\\s+/g, ' ').trim())",
        );
        let texts = texts.as_array().cloned().unwrap_or_default();
        let texts = texts.iter().map(|text| text.as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>();
        Some(texts).filter(|texts| texts.len() == count)
    })
}

/// What the chosen option says; empty where none is chosen. Exactly that one is marked.
fn chosen(browser: &Browser) -> String {
    let text = browser.run(
        "const id = document.querySelector('[data-search]').getAttribute('aria-activedescendant'); \
         const marked = [...document.querySelectorAll('[role=option][aria-selected=true]')].map(e => e.id); \
         if (marked.join() !== (id || '')) return 'marked ' + marked + ', active ' + id; \
         return id ? document.getElementById(id).innerText.replace(/\\s+/g, ' ').trim() : ''",
    );
    text.as_str().unwrap_or_default().to_owned()
}

fn attribute(browser: &Browser, name: &str) -> String {
    browser.find("[data-search]").attribute(name).unwrap_or_default()
}
