//! The pages in a real browser: found, followed, pressed and looked at, with scripts and without, large and small.

use throughline_tests::server::TestServer;
use throughline_tests::signing::headers;
use throughline_tests::story::{ToldServer, tell};
use throughline_tests::visit::{beyond_the_window, log_in};
use throughline_tests::webdriver::{Browser, ENTER, TAB};

/// The windows that pages are looked at in: a phone and a desk.
const WINDOWS: [(&str, u32, u32); 2] = [("phone", 360, 740), ("desk", 1280, 900)];

#[test]
fn a_person_finds_the_chain_and_follows_it() {
    let Some(browser) = Browser::start() else { return };
    let told = tell(None);
    browser.resize(1280, 900);
    log_in(&browser, &told.server, &told.server.login_link());
    assert!(browser.title().contains("Throughline"), "{}", browser.title());
    browser.photograph("home");

    browser.find("[data-search]").write(&format!("{}{ENTER}", told.landmarks.alert));
    let alert = browser.wait_for_url("the alert's page is shown", |url| url.contains("/node/"));
    let heading = browser.find("h1").text();
    assert!(!heading.is_empty() && browser.title().contains(&heading), "'{heading}' and '{}'", browser.title());
    assert!(browser.find(".picture svg").is_shown());
    let cards = browser.all(".picture svg a[href^='/node/']");
    assert!(cards.len() >= 6, "the picture has only {} cards", cards.len());
    let listed = browser.all("#pieces a[href^='/node/']");
    assert!(listed.len() >= cards.len(), "the lists must show what the picture shows");
    for section in ["#story", "#missing-title", "#timeline", "#links"] {
        assert!(browser.find(section).is_shown(), "{section}");
    }
    browser.photograph("alert");

    follow_a_card(&browser, &alert);
    evidence_leads_to_a_delivery(&browser, &told);
    the_keyboard_is_enough(&browser, &told);
    for page in [
        "/deliveries",
        "/deliveries?status=ignored",
        "/sources",
        "/providers/github",
        "/find?q=checkout",
        "/find?q=PAY-99999",
    ] {
        browser.go_to(&format!("{}{page}", told.server.url()));
        assert!(!browser.find("h1").text().is_empty(), "{page}");
        browser.photograph(&page.trim_start_matches('/').replace(['/', '?', '='], "-"));
    }
    browser.find("form[action='/logout'] button").click();
    browser.wait_for_url("the login is shown", |url| url.ends_with("/login"));
    no_complaints(&browser);
}

fn follow_a_card(browser: &Browser, start: &str) {
    let other = browser.find(".picture svg a[href^='/node/']:not(.pic-start)").attribute("href");
    let other = other.expect("a card leads to its page");
    browser.find(&format!(".picture svg a[href='{other}'] .pic-box")).click();
    let shown = browser.wait_for_url("the card's page is shown", |url| url != start);
    assert!(shown.ends_with(other.as_str()), "{shown} and {other}");
}

fn evidence_leads_to_a_delivery(browser: &Browser, told: &ToldServer) {
    let pull_request = throughline::plain::node_href(told.landmarks.pull_request.as_str());
    browser.go_to(&format!("{}{pull_request}", told.server.url()));
    browser.find("#timeline");
    let entry = browser.find(".timeline-entry").attribute("href").expect("an event names its entry");
    browser.find(".timeline-entry").click();
    browser.wait_for_url("the delivery is shown", |url| url.ends_with(&entry));
    assert!(browser.find("#proof").is_shown());
    assert!(browser.find("#body").is_shown());
    browser.find("form.replay button").click();
    browser.wait_for_url("the delivery is shown again", |url| url.ends_with(&format!("{entry}#outcome")));
    assert!(browser.find("#outcome").text().contains("parsed"));
    browser.photograph("delivery");
}

fn the_keyboard_is_enough(browser: &Browser, told: &ToldServer) {
    browser.go_to(&format!("{}/deliveries", told.server.url()));
    browser.press(TAB);
    let first = browser.run("return document.activeElement.getAttribute('href')");
    assert_eq!(first.as_str(), Some("#main"), "the first key leads past the navigation");
    browser.press("/");
    assert_eq!(browser.focus(), "input q", "a slash leads to the search");
    browser.press("PAY-99999");
    browser.press(ENTER);
    browser.wait_for_url("what was found is shown", |url| url.contains("/find"));
    assert!(browser.find("h1").text().contains("PAY-99999"));
    // Whatever can be pressed can be reached, and it can be seen where one is.
    browser.go_to(told.server.url());
    let reachable = browser.run(
        "const all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), summary')]; \
         return all.filter(e => e.tabIndex < 0 && e.offsetParent !== null).map(e => e.outerHTML)",
    );
    assert_eq!(reachable.as_array().map(Vec::len), Some(0), "not reachable by keyboard: {reachable}");
    browser.press(TAB);
    browser.press(TAB);
    let is_seen = browser.run(
        "const s = getComputedStyle(document.activeElement); return s.outlineStyle !== 'none' || s.boxShadow !== 'none'",
    );
    assert_eq!(is_seen.as_bool(), Some(true), "the focus cannot be seen");
}

#[test]
fn pages_fit_every_window_in_light_and_in_dark() {
    let Some(browser) = Browser::start() else { return };
    let told = tell(None);
    browser.resize(1280, 900);
    log_in(&browser, &told.server, &told.server.login_link());
    let ticket = throughline::plain::node_href(told.landmarks.ticket.as_str());
    let pages = [
        ("home", "/"),
        ("node", ticket.as_str()),
        ("list", "/deliveries"),
        ("found", "/find?q=checkout"),
        ("entry", "/deliveries/20"),
    ];
    for (window, width, height) in WINDOWS {
        browser.resize(width, height);
        let mut backgrounds = Vec::new();
        for scheme in ["light", "dark"] {
            browser.prefer(scheme);
            for (name, path) in pages {
                browser.go_to(&format!("{}{path}", told.server.url()));
                browser.photograph(&format!("{window}-{scheme}-{name}"));
                let what = format!("{name} on a {window} in {scheme}");
                let wide = beyond_the_window(&browser);
                assert!(wide.is_empty(), "{what}: the page scrolls sideways because of {wide:?}");
                text_can_be_read(&browser, &what);
            }
            backgrounds.push(browser.run("return getComputedStyle(document.body).backgroundColor"));
        }
        assert_ne!(backgrounds.first(), backgrounds.last(), "light and dark look the same");
    }
    no_complaints(&browser);
}

/// Sizes and contrasts of everything that holds text, as WCAG 2.2 AA asks for them.
fn text_can_be_read(browser: &Browser, what: &str) {
    let faults = browser.run(
        "const channels = c => { const m = c.match(/[\\d.]+/g); return m ? m.map(Number) : [0, 0, 0, 0] }; \
         const light = c => { const [r, g, b] = channels(c).map(v => { v /= 255; \
           return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 }); return 0.2126 * r + 0.7152 * g + 0.0722 * b }; \
         const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; \
           const parts = channels(c); if (parts.length < 4 || parts[3] === 1) return c } return 'rgb(255, 255, 255)' }; \
         const faults = []; \
         for (const e of document.querySelectorAll('body *:not(svg *)')) { \
           if (e.offsetParent === null || e.closest('.unseen, .skip, [hidden]')) continue; \
           const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()); \
           if (!own) continue; \
           const style = getComputedStyle(e); const size = parseFloat(style.fontSize); \
           if (!style.color.startsWith('rgb') || !ground(e).startsWith('rgb')) continue; \
           const [a, b] = [light(style.color), light(ground(e))].sort((x, y) => y - x); \
           const contrast = (a + 0.05) / (b + 0.05); \
           const wanted = size >= 24 || (size >= 18.6 && style.fontWeight >= 700) ? 3 : 4.5; \
           if (contrast < wanted - 0.01 || size < 11) \
             faults.push(e.tagName + '.' + e.className + ' ' + contrast.toFixed(2) + ' ' + size + 'px: ' + e.textContent.trim().slice(0, 40)) } \
         return faults.slice(0, 5)",
    );
    assert_eq!(faults.as_array().map(Vec::len), Some(0), "{what}: {faults:#}");
}

#[test]
fn everything_works_without_scripts() {
    let Some(browser) = Browser::start() else { return };
    let server = TestServer::with_sources(&["github", "alertmanager"]);
    let fixture = throughline_tests::fixtures::named("github/pull_request/opened");
    server.deliver_well("github", &fixture.headers, &fixture.body);
    let dead = server.deliver_well("alertmanager", &[], b"no alert");
    server.wait_projected();
    browser.turn_scripts_off(true);
    log_in(&browser, &server, &server.login_link());
    let number = server.deliveries("source=github").len();
    assert_eq!(number, 1);

    browser.find("[data-search]").write("acme/checkout");
    browser.find("form[role='search'] button").click();
    browser.wait_for_url("what was found is shown", |url| url.contains("/find") || url.contains("/node/"));
    if browser.url().contains("/find") {
        browser.find("[data-candidates] a").click();
        browser.wait_for_url("the first of them is shown", |url| url.contains("/node/"));
    }
    assert!(browser.find(".picture svg").is_shown());
    let fold = browser.find("details.fold");
    assert!(fold.attribute("open").is_none());
    browser.find("details.fold summary").click();
    assert!(browser.find("details.fold").attribute("open").is_some(), "a fold opens by itself");

    browser.go_to(&format!("{}/deliveries?status=failed", server.url()));
    browser.find(&format!("a[href='/deliveries/{dead}']")).click();
    browser.wait_for_url("the dead letter is shown", |url| url.ends_with(&format!("/deliveries/{dead}")));
    browser.find("form.replay button").click();
    browser.wait_for_url("the outcome of the replay is shown", |url| url.ends_with("#outcome"));
    assert!(browser.find("#outcome").text().contains("failed"));
    browser.find("form[action='/logout'] button").click();
    browser.wait_for_url("the login is shown", |url| url.ends_with("/login"));
}

#[test]
fn what_others_wrote_never_becomes_a_script() {
    let Some(browser) = Browser::start() else { return };
    let server = TestServer::with_sources(&["github"]);
    let hostile = "<img src=x onerror=alert(1)>\"'><script>document.title='taken'</script>\u{202e}";
    let fixture = throughline_tests::fixtures::named("github/issues/opened");
    let mut body: serde_json::Value = serde_json::from_slice(&fixture.body).unwrap();
    body["issue"]["title"] = hostile.into();
    body["issue"]["body"] = hostile.into();
    let kept = server.deliver_well("github", &fixture.headers, body.to_string().as_bytes());
    let dead =
        server.deliver_well("github", &headers(&[("x-github-event", "<script>alert(2)</script>")]), hostile.as_bytes());
    server.wait_projected();
    log_in(&browser, &server, &server.login_link());
    let nodes = server.ask("/api/v1/resolve", &[("q", "document.title")]);
    let key = nodes.pointer("/candidates/0/key").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    let node = throughline::plain::node_href(&key);
    let found = "/find?q=%3Cscript%3Ealert(3)%3C%2Fscript%3E";
    let (kept, dead) = (format!("/deliveries/{kept}"), format!("/deliveries/{dead}"));
    for path in ["/", "/deliveries", kept.as_str(), dead.as_str(), node.as_str(), found] {
        browser.go_to(&format!("{}{path}", server.url()));
        assert_ne!(browser.title(), "taken", "{path}");
        let foreign = browser.run("return document.querySelectorAll('img, script:not([src]), main b').length");
        assert_eq!(foreign.as_u64(), Some(0), "{path}: text became markup");
    }
    assert!(key.contains(":ticket:"), "the issue is found by its title: {nodes}");
    no_complaints(&browser);
}

fn no_complaints(browser: &Browser) {
    let complaints = browser.complaints();
    assert!(complaints.is_empty(), "the browser complains:\n{}", complaints.join("\n"));
}
