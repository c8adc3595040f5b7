//! A visit with a real browser: getting in, and what can be told of a page that is shown without looking at it.

use std::sync::OnceLock;

use serde_json::Value;

use crate::repository::{root, text};
use crate::server::TestServer;
use crate::webdriver::Browser;

/// Where axe-core lies, from the top of the workspace; what it is stands beside it.
const AXE: &str = "tests/vendor/axe/axe.min.js";

/// Checks the page by every rule of WCAG 2.2 up to AA, and by what axe-core holds to be good practice.
const CHECK: &str = "const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']; \
     const options = { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] }; \
     return axe.run(document, options).then(found => ({ \
       passes: found.passes.length, \
       violations: found.violations.flatMap(rule => rule.nodes.map(node => \
         rule.id + ' at ' + node.target.join(' ') + ': ' + node.failureSummary.replace(/\\s+/g, ' '))) }))";

/// What reaches beyond the right edge of the window, where the page scrolls sideways because of it. What scrolls by
/// itself may be wider than the window.
const BEYOND: &str = "const width = document.documentElement.clientWidth; \
     if (document.documentElement.scrollWidth <= width) return []; \
     const wide = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > width + 1) \
       .filter(e => !e.closest('.picture, .manual-table, pre')).slice(0, 3).map(e => e.outerHTML.slice(0, 200)); \
     return wide.length ? wide : ['something that is no element']";

/// Logs in with a link that has not been used, and waits for the home page.
///
/// # Panics
/// Where the link does not let the browser in.
pub fn log_in(browser: &Browser, server: &TestServer, link: &str) {
    browser.go_to(link);
    browser.find("form[action='/login'] button").click();
    let home = format!("{}/", server.url());
    browser.wait_for_url("the home page is shown", |url| url == home);
}

/// What axe-core finds wrong with the page that is shown: a line for each element and rule. Scripts must be on.
///
/// # Panics
/// Where the check did not run.
pub fn violations(browser: &Browser) -> Vec<String> {
    static SCRIPT: OnceLock<String> = OnceLock::new();
    let script = SCRIPT.get_or_init(|| format!("{}\n{CHECK}", text(&root().join(AXE))));
    let found = browser.run(script);
    let passes = found.get("passes").and_then(Value::as_u64).unwrap_or_default();
    assert!(passes > 0, "axe-core has checked nothing on {}: {found}", browser.url());
    found.get("violations").map(lines).unwrap_or_default()
}

/// Why the page scrolls sideways: the beginnings of the elements that are too wide; empty where it does not.
pub fn beyond_the_window(browser: &Browser) -> Vec<String> {
    lines(&browser.run(BEYOND))
}

/// The status that the page which is shown was answered with.
pub fn status(browser: &Browser) -> u64 {
    let status = browser.run("return performance.getEntriesByType('navigation')[0].responseStatus");
    status.as_u64().unwrap_or_default()
}

fn lines(list: &Value) -> Vec<String> {
    let lines = list.as_array().map(Vec::as_slice).unwrap_or_default();
    lines.iter().map(|line| line.as_str().unwrap_or_default().to_owned()).collect()
}
