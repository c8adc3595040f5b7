//! The door: who is let in, what a form must carry, and what every answer says to the browser.

#![expect(clippy::panic, reason = "helpers of tests fail as the tests do")]

use reqwest::Method;
use reqwest::RequestBuilder;
use throughline::http::{Policy, ROUTES};
use throughline_tests::http::{Answer, send};
use throughline_tests::markup;
use throughline_tests::server::TestServer;
use throughline_tests::signing::headers;

const METHODS: [Method; 6] = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// A browser without scripts: it keeps its cookie and sends forms.
struct Visitor<'a> {
    server: &'a TestServer,
    cookie: Option<String>,
}

impl<'a> Visitor<'a> {
    fn new(server: &'a TestServer) -> Self {
        Self { server, cookie: None }
    }

    /// One that has used this login link.
    fn logged_in(server: &'a TestServer, link: &str) -> Self {
        let mut visitor = Self::new(server);
        let answer = visitor.submit("/login", &[("token", token_of(link))]);
        assert_eq!(answer.status, 303, "{}", answer.text());
        assert_eq!(answer.header("location"), Some("/"));
        visitor
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.server.request(method, path).header("accept", "text/html");
        match &self.cookie {
            Some(cookie) => request.header("cookie", cookie),
            None => request,
        }
    }

    fn open(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path))
    }

    fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = send(self.request(Method::POST, path).form(fields));
        if let Some(set) = answer.header("set-cookie") {
            self.cookie = Some(set.split(';').next().unwrap_or_default().to_owned());
        }
        answer
    }

    /// The hidden field that the forms of a page carry.
    fn form_text(&self, path: &str) -> String {
        let page = self.open(path);
        assert_eq!(page.status, 200, "{path}\n{}", page.text());
        markup::field(&page.text(), "csrf").expect("the forms of the page carry a hidden field")
    }
}

fn token_of(link: &str) -> &str {
    link.split_once("token=").expect("a login link carries a token").1.trim()
}

/// A path that fits a route.
fn example(pattern: &str) -> String {
    pattern
        .replace("{source}", "github")
        .replace("{name}", "github")
        .replace("{key}", "cdevents%3Av0%3Athroughline%3A%3A%3A%3Aservice%3Acheckout")
        .replace("{entry}", "1")
        .replace("{provider}", "junit")
}

#[test]
fn no_route_but_the_open_ones_answers_to_nobody() {
    let server = TestServer::with_sources(&["github"]);
    server.deliver_well("github", &headers(&[("x-github-event", "ping")]), b"{}");
    let mut tried = 0;
    for (_, pattern, _) in ROUTES {
        for method in METHODS {
            let policy = ROUTES.iter().find(|(route, path, _)| path == pattern && *route == method.as_str());
            let path = example(pattern);
            let is_open = matches!(policy, Some((_, _, Policy::Public | Policy::Signed)));
            if is_open {
                continue;
            }
            tried += 1;
            for credential in ["", "Bearer ", "Bearer wrong", "Basic YWRhOmFkYQ=="] {
                let mut request = server.request(method.clone(), &path).header("accept", "text/html");
                if !credential.is_empty() {
                    request = request.header("authorization", credential);
                }
                check_refused(&send(request), &format!("{method} {path} with '{credential}'"));
            }
        }
    }
    assert!(tried > 100, "only {tried} pairs of method and path were tried");
    for path in
        ["/api", "/api/v1", "/api/v1/nothing", "/admin", "/.env", "/ledger.key", "/static/..%2ftemplates%2fbase.html"]
    {
        let answer = send(server.request(Method::GET, path));
        assert!(matches!(answer.status, 401 | 404 | 400), "{path}: {}", answer.status);
        assert_ne!(answer.status, 200);
    }
}

fn check_refused(answer: &Answer, what: &str) {
    match answer.status {
        401 => assert!(answer.body.is_empty() || answer.problem() == "login-needed", "{what}: {}", answer.text()),
        303 => assert_eq!(answer.header("location"), Some("/login"), "{what}"),
        other => panic!("{what} is answered {other}\n{}", answer.text()),
    }
}

#[test]
fn the_open_routes_answer_to_everybody_and_give_nothing_away() {
    let server = TestServer::with_sources(&["github"]);
    for (path, status) in [("/health/live", 200), ("/health/ready", 200), ("/login", 200), ("/static/app.css", 200)] {
        let answer = send(server.request(Method::GET, path));
        assert_eq!(answer.status, status, "{path}");
        assert!(!answer.text().contains(&server.source("github").secret));
    }
    assert_eq!(send(server.request(Method::GET, "/static/nothing.css")).status, 404);
}

#[test]
fn a_login_link_works_once_and_only_by_its_button() {
    let server = TestServer::with_sources(&[]);
    let link = server.login_link();
    let path = link.trim_start_matches(server.url()).to_owned();
    assert!(path.starts_with("/login?token="), "{link}");
    let visitor = Visitor::new(&server);
    for _ in 0..3 {
        let page = visitor.open(&path);
        assert_eq!(page.status, 200);
        assert!(page.header("set-cookie").is_none(), "looking at the page must not log in");
        assert_eq!(markup::field(&page.text(), "token").as_deref(), Some(token_of(&link)));
    }
    let inside = Visitor::logged_in(&server, &link);
    assert_eq!(inside.open("/").status, 200);
    let mut late = Visitor::new(&server);
    let refused = late.submit("/login", &[("token", token_of(&link))]);
    assert_eq!(refused.status, 403);
    assert!(late.cookie.is_none());
    assert_eq!(late.submit("/login", &[("token", "guessed")]).status, 403);
    assert_eq!(late.submit("/login", &[]).status, 400);

    assert_eq!(Visitor::logged_in(&server, &server.new_login_link()).open("/deliveries").status, 200);
}

#[test]
fn the_cookie_is_out_of_reach_and_ends_with_the_logout() {
    let server = TestServer::with_sources(&[]);
    let mut visitor = Visitor::new(&server);
    let link = server.login_link();
    let answer = visitor.submit("/login", &[("token", token_of(&link))]);
    let set = answer.header("set-cookie").expect("a cookie is set").to_lowercase();
    for part in ["httponly", "samesite=", "path=/", "max-age="] {
        assert!(set.contains(part), "{set}");
    }
    assert!(!set.contains("samesite=none"), "{set}");
    let session = visitor.cookie.clone();

    assert_eq!(visitor.submit("/logout", &[]).status, 400);
    assert_eq!(visitor.submit("/logout", &[("csrf", "wrong")]).status, 403);
    visitor.cookie = session.clone();
    assert_eq!(visitor.open("/").status, 200, "a forged logout has no effect");
    let form = visitor.form_text("/");
    assert_eq!(visitor.submit("/logout", &[("csrf", &form)]).status, 303);
    visitor.cookie = session;
    assert_eq!(visitor.open("/").status, 303, "the session itself has ended, not only its cookie");
}

#[test]
fn a_form_counts_only_from_a_page_of_this_session() {
    let server = TestServer::with_sources(&["github"]);
    let entry = server.deliver_well("github", &headers(&[("x-github-event", "issues")]), b"{");
    server.wait_projected();
    let mut ada = Visitor::logged_in(&server, &server.new_login_link());
    let grace = Visitor::logged_in(&server, &server.new_login_link());
    let page = format!("/deliveries/{entry}");
    let action = format!("{page}/replay");
    let own = ada.form_text(&page);
    let foreign = grace.form_text(&page);
    assert_ne!(own, foreign);
    for (csrf, status) in [("", 403), ("0", 403), (foreign.as_str(), 403), (own.as_str(), 303)] {
        let answer = ada.submit(&action, &[("csrf", csrf)]);
        assert_eq!(answer.status, status, "'{csrf}'\n{}", answer.text());
    }
    for (header, value, status) in [
        ("origin", "https://evil.example", 403),
        ("origin", "null", 403),
        ("sec-fetch-site", "cross-site", 403),
        ("sec-fetch-site", "same-site", 403),
        ("origin", server.url(), 303),
        ("sec-fetch-site", "same-origin", 303),
    ] {
        let form = [("csrf", own.as_str())];
        let answer = send(ada.request(Method::POST, &action).header(header, value).form(&form));
        assert_eq!(answer.status, status, "{header}: {value}");
    }
}

#[test]
fn tokens_can_be_listed_and_taken_back() {
    let server = TestServer::with_sources(&[]);
    let token = server.command(&["token", "create", "grafana"]).good().trim().to_owned();
    let status = |token: &str| send(server.request(Method::GET, "/api/v1/status").bearer_auth(token)).status;
    assert_eq!(status(&token), 200);
    let cookie = format!("throughline_session={token}");
    let as_session = send(server.request(Method::GET, "/").header("cookie", cookie));
    assert_eq!(as_session.status, 303, "a token is no session");
    let listed = server.command(&["token", "list"]).good();
    assert!(!listed.contains(&token), "the list shows a token");
    let line = listed.lines().find(|line| line.contains("grafana")).unwrap_or_else(|| panic!("{listed}"));
    let id = line.split('\t').next().unwrap().to_owned();
    server.command(&["token", "revoke", &id]).good();
    assert_eq!(status(&token), 401);
    assert_eq!(server.command(&["token", "revoke", &id]).code, 1);
    let stored = std::fs::read(server.database_file()).unwrap();
    let signature = token.rsplit_once('.').unwrap().1.as_bytes().to_vec();
    assert!(!stored.windows(signature.len()).any(|window| window == signature), "a token is stored");
}

#[test]
fn every_answer_hardens_the_browser() {
    let server = TestServer::with_sources(&["github"]);
    let entry = server.deliver_well("github", &headers(&[("x-github-event", "ping")]), b"{\"<script>\":\"</pre><b>\"}");
    server.wait_projected();
    let visitor = Visitor::logged_in(&server, &server.new_login_link());
    let delivery = format!("/deliveries/{entry}");
    let pages = [
        "/",
        "/deliveries",
        "/sources",
        "/find?q=%3Cscript%3E",
        "/providers/github",
        "/node/none",
        &delivery,
        "/nowhere",
    ];
    for path in pages.into_iter().chain(["/login", "/health/live", "/static/app.js", "/api/v1/status"]) {
        let answer = visitor.open(path);
        let policy = answer.header("content-security-policy").unwrap_or_default().to_owned();
        for part in
            ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]
        {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe-") && !policy.contains('*'), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert!(answer.header("referrer-policy").is_some(), "{path}");
        if answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html")) {
            let html = answer.text();
            assert!(html.starts_with("<!doctype html>"), "{path}");
            let forbidden = markup::forbidden(&html);
            assert!(forbidden.is_empty(), "{path}: {forbidden:?}");
            let scripts = markup::attributes(&html, "script", "src");
            assert!(scripts.iter().all(|script| script.starts_with("/static/")), "{path}: {scripts:?}");
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        }
    }
    for (path, status) in [("/nowhere", 404), ("/node/none", 404), ("/deliveries/7777", 404), ("/deliveries/x", 400)] {
        assert_eq!(visitor.open(path).status, status, "{path}");
    }
    // What somebody sent is shown as it was, and is no markup.
    let html = visitor.open(&delivery).text();
    assert!(!html.contains("</pre><b>") && !html.contains("<script>"), "a body became markup");
}
