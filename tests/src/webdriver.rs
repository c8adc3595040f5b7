//! A browser, driven through chromedriver by the W3C's WebDriver protocol: only what the tests need of it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http;
use crate::waiting::until;

const DRIVER: &str = "chromedriver";
const REQUIRED: &str = "THROUGHLINE_TEST_REQUIRE_BROWSER";

/// How long the driver may take to start.
const START_LIMIT: Duration = Duration::from_secs(60);

/// How long something on a page may take to come.
const PAGE_LIMIT: Duration = Duration::from_secs(20);

/// The most characters of a request that a message shows.
const SHOWN_LENGTH: usize = 2_000;

/// The member by which WebDriver names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

static NOTHING: Value = Value::Null;

/// A key that is no letter, as WebDriver writes it.
pub const ENTER: &str = "\u{e007}";

/// The tabulator, which moves the focus.
pub const TAB: &str = "\u{e004}";

/// A browser with one window. Dropped, it is closed, and its driver is ended.
#[derive(Debug)]
pub struct Browser {
    client: Client,
    session: String,
    _driver: Driver,
    _profile: TempDir,
}

/// An element of the page that is shown.
#[derive(Debug)]
pub struct Element<'a> {
    browser: &'a Browser,
    id: String,
}

#[derive(Debug)]
struct Driver {
    child: Child,
    url: String,
}

impl Browser {
    /// Starts a browser; says so and answers `None` where there is no chromedriver.
    ///
    /// # Panics
    /// Where there must be one and is not, or it does not start.
    pub fn start() -> Option<Self> {
        let Some(driver) = Driver::start() else {
            let required = std::env::var(REQUIRED).is_ok_and(|value| value == "1");
            assert!(!required, "{REQUIRED} is 1, and there is no {DRIVER}: install chromium and chromium-driver");
            eprintln!("there is no {DRIVER}: the browser test did not run");
            return None;
        };
        let profile = tempfile::tempdir().expect("a temporary folder can be made");
        let client = http::client();
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
        ];
        let mut arguments: Vec<String> = arguments.map(str::to_owned).to_vec();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        let capabilities = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let value = command(&client, &Method::POST, &format!("{}/session", driver.url), &capabilities);
        let session = value.get("sessionId").and_then(Value::as_str).expect("a session has an id");
        let session = format!("{}/session/{session}", driver.url);
        Some(Self { client, session, _driver: driver, _profile: profile })
    }

    /// Goes to a page and waits until it is loaded.
    pub fn go_to(&self, url: &str) {
        self.post("/url", &json!({"url": url}));
    }

    /// The address of the page that is shown.
    pub fn url(&self) -> String {
        text(&self.get("/url"))
    }

    /// The title of the page.
    pub fn title(&self) -> String {
        text(&self.get("/title"))
    }

    /// The page as it is now.
    pub fn source(&self) -> String {
        text(&self.get("/source"))
    }

    /// The first element that a CSS selector finds.
    ///
    /// # Panics
    /// Where there is none.
    pub fn find(&self, selector: &str) -> Element<'_> {
        let found = self.all(selector).into_iter().next();
        found.unwrap_or_else(|| panic!("there is no '{selector}' on {}\n{}", self.url(), self.source()))
    }

    /// Every element that a CSS selector finds.
    pub fn all(&self, selector: &str) -> Vec<Element<'_>> {
        let found = self.post("/elements", &json!({"using": "css selector", "value": selector}));
        let ids = found.as_array().cloned().unwrap_or_default();
        ids.iter()
            .map(|element| Element { browser: self, id: text(element.get(ELEMENT).unwrap_or(&NOTHING)) })
            .collect()
    }

    /// The first element that a CSS selector finds, once there is one: for a page that is still on its way.
    ///
    /// # Panics
    /// Where none comes.
    pub fn wait_for(&self, selector: &str) -> Element<'_> {
        until(&format!("'{selector}' is there"), PAGE_LIMIT, || self.all(selector).into_iter().next())
    }

    /// Waits until the address of the page is as wanted.
    pub fn wait_for_url(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        until(what, PAGE_LIMIT, || Some(self.url()).filter(|url| wanted(url)))
    }

    /// The element that has the focus, as CSS would find it: its name in lower case, and its id or name.
    pub fn focus(&self) -> String {
        text(
            &self
                .run("const e = document.activeElement; return e.tagName.toLowerCase() + ' ' + (e.name || e.id || '')"),
        )
    }

    /// Runs a function body of JavaScript on the page and answers what it returns.
    pub fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({"script": script, "args": []}))
    }

    /// Presses keys on whatever has the focus.
    pub fn press(&self, keys: &str) {
        let actions: Vec<Value> = keys
            .chars()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": key.to_string()})))
            .collect();
        self.post("/actions", &json!({"actions": [{"type": "key", "id": "keyboard", "actions": actions}]}));
    }

    /// Makes the page that wide and high, in CSS pixels, as a device of that size would.
    pub fn resize(&self, width: u32, height: u32) {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.devtools("Emulation.setDeviceMetricsOverride", &metrics);
    }

    /// Chooses `light` or `dark`, as the user's system does.
    pub fn prefer(&self, scheme: &str) {
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.devtools("Emulation.setEmulatedMedia", &features);
    }

    /// Turns the page's own scripts off, or on again.
    pub fn turn_scripts_off(&self, off: bool) {
        self.devtools("Emulation.setScriptExecutionDisabled", &json!({"value": off}));
    }

    /// Sends a command of the DevTools protocol.
    pub fn devtools(&self, name: &str, parameters: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({"cmd": name, "params": parameters}))
    }

    /// What the browser's console has said since it was asked last: errors of scripts, refused loads, broken policies.
    pub fn complaints(&self) -> Vec<String> {
        let log = self.post("/se/log", &json!({"type": "browser"}));
        let lines = log.as_array().cloned().unwrap_or_default();
        let grave = lines.iter().filter(|line| {
            let level = line.get("level").and_then(Value::as_str).unwrap_or_default();
            matches!(level, "SEVERE" | "WARNING")
        });
        grave.map(|line| text(line.get("message").unwrap_or(&NOTHING))).collect()
    }

    /// Puts a picture of the whole page into the folder for them, where the run has one.
    ///
    /// # Panics
    /// Where it cannot be written.
    pub fn photograph(&self, name: &str) {
        let Some(folder) = std::env::var_os("THROUGHLINE_SCREENSHOTS") else { return };
        let metrics = self.devtools("Page.getLayoutMetrics", &json!({}));
        let side = |name: &str| metrics.pointer(&format!("/cssContentSize/{name}")).cloned().unwrap_or(Value::Null);
        let clip = json!({"x": 0, "y": 0, "width": side("width"), "height": side("height"), "scale": 1});
        let parameters = json!({"format": "png", "captureBeyondViewport": true, "clip": clip});
        let picture = self.devtools("Page.captureScreenshot", &parameters);
        let bytes = STANDARD.decode(text(picture.get("data").unwrap_or(&NOTHING))).expect("pictures come in base64");
        let folder = Path::new(&folder);
        std::fs::create_dir_all(folder).expect("the folder for pictures can be made");
        std::fs::write(folder.join(format!("{name}.png")), bytes).expect("the picture can be written");
    }

    fn get(&self, path: &str) -> Value {
        command(&self.client, &Method::GET, &format!("{}{path}", self.session), &NOTHING)
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        command(&self.client, &Method::POST, &format!("{}{path}", self.session), body)
    }
}

impl Element<'_> {
    /// The text that is seen.
    pub fn text(&self) -> String {
        text(&self.get("/text"))
    }

    /// An attribute's value, where it is set.
    pub fn attribute(&self, name: &str) -> Option<String> {
        self.get(&format!("/attribute/{name}")).as_str().map(str::to_owned)
    }

    /// Whether it can be seen.
    pub fn is_shown(&self) -> bool {
        self.get("/displayed").as_bool().unwrap_or(false)
    }

    /// Clicks it, scrolling to it first.
    pub fn click(&self) {
        self.browser.post(&format!("/element/{}/click", self.id), &json!({}));
    }

    /// Types into it.
    pub fn write(&self, keys: &str) {
        self.browser.post(&format!("/element/{}/value", self.id), &json!({"text": keys}));
    }

    /// Empties it.
    pub fn clear(&self) {
        self.browser.post(&format!("/element/{}/clear", self.id), &json!({}));
    }

    fn get(&self, path: &str) -> Value {
        self.browser.get(&format!("/element/{}{path}", self.id))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The window and the processes behind it go first; the driver goes in any case.
        let request = self.client.delete(self.session.as_str());
        let _ = crate::runtime::block_on(http::answer(request));
    }
}

impl Driver {
    fn start() -> Option<Self> {
        let mut child = Command::new(DRIVER)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let stdout = child.stdout.take().expect("the output is a pipe");
        let (sender, receiver) = mpsc::channel();
        // The thread reads on to the end, so that the driver never waits for its output to be read.
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if let Some(port) = port_of(&line) {
                    let _ = sender.send(port);
                }
            }
        });
        let port = receiver.recv_timeout(START_LIMIT);
        let driver = Self { child, url: format!("http://127.0.0.1:{}", port.as_ref().map_or(0, |port| *port)) };
        assert!(port.is_ok(), "{DRIVER} does not say on which port it listens");
        Some(driver)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The port in `ChromeDriver was started successfully on port 41234.`
fn port_of(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once("successfully on port ")?;
    rest.trim().trim_end_matches('.').parse().ok()
}

fn command(client: &Client, method: &Method, url: &str, body: &Value) -> Value {
    let mut request = client.request(method.clone(), url);
    if method != Method::GET {
        request = request.json(body);
    }
    let answer = http::send(request);
    assert_eq!(answer.status, 200, "{method} {url} {}\n{}", beginning(body), answer.text());
    answer.json().get("value").cloned().unwrap_or(Value::Null)
}

/// What was sent, for a message: a script may be long.
fn beginning(body: &Value) -> String {
    body.to_string().chars().take(SHOWN_LENGTH).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::port_of;

    #[test]
    fn reads_the_port_that_the_driver_tells() {
        assert_eq!(port_of("ChromeDriver was started successfully on port 41234."), Some(41_234));
        assert_eq!(port_of("Starting ChromeDriver 148.0.7778.167 on port 0"), None);
    }
}
