//! A running server of a test, and what the harness makes sure of when the test is over.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use tempfile::TempDir;
use throughline_store::{Store, StoreOptions, StoredEntry};
use throughline_webhooks::provider::Provider;
use throughline_webhooks::providers;
use throughline_webhooks::signature::TOKEN_HEADER;

use crate::database::TestDatabase;
use crate::http::{self, Answer};
use crate::program::{Finished, Process, Program, STOP_LIMIT};
use crate::signing;
use crate::waiting::until;

/// How long the graph may take to show what the ledger holds; a killed server's lease has to run out first.
const FOLD_LIMIT: Duration = Duration::from_secs(90);

/// How a server is to be started.
#[derive(Debug, Default)]
pub struct Setup {
    settings: Vec<(String, String)>,
    sources: Vec<(String, String)>,
    database: Option<TestDatabase>,
}

/// A server in a folder of its own. Dropped, it is asked to stop; it must do so well, and its ledger must verify.
#[derive(Debug)]
pub struct TestServer {
    program: Program,
    process: Option<Process>,
    url: String,
    client: Client,
    token: OnceLock<String>,
    sources: BTreeMap<String, TestSource>,
    next_id: AtomicU64,
    is_checked: bool,
    folder: TempDir,
    /// Dropped after the server has stopped.
    database: Option<TestDatabase>,
}

/// A source that the test may speak for.
#[derive(Clone, Debug)]
pub struct TestSource {
    /// Its provider.
    pub provider: &'static Provider,
    /// Its secret.
    pub secret: String,
}

impl Setup {
    /// The default settings, on SQLite, without sources.
    pub fn new() -> Self {
        Self::default()
    }

    /// With a setting: `LIMITS_BODY_BYTES`.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a source that has its provider's name.
    #[must_use]
    pub fn source(self, provider: &str) -> Self {
        self.named_source(provider, provider)
    }

    /// With a source.
    #[must_use]
    pub fn named_source(mut self, provider: &str, name: &str) -> Self {
        self.sources.push((provider.to_owned(), name.to_owned()));
        self
    }

    /// On this PostgreSQL database; an SQLite one is not needed, the server makes its own.
    #[must_use]
    pub fn on(mut self, database: TestDatabase) -> Self {
        self.database = Some(database);
        self
    }

    /// Starts the server, after its sources have been made.
    ///
    /// # Panics
    /// Where it does not start.
    pub fn start(self) -> TestServer {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut program = Program::on(&folder.path().join("data"));
        for (name, value) in &self.settings {
            program = program.with(name, value);
        }
        if let Some(database) = &self.database {
            program = program.with("DATABASE_URL", &database.url());
        }
        let mut server = TestServer {
            program,
            process: None,
            url: String::new(),
            client: http::client(),
            token: OnceLock::new(),
            sources: BTreeMap::new(),
            next_id: AtomicU64::new(1),
            is_checked: true,
            folder,
            database: self.database,
        };
        for (provider, name) in &self.sources {
            server.make_source(provider, name);
        }
        server.start_again();
        server
    }
}

impl TestServer {
    /// A server with the default settings and a source for each of these providers.
    pub fn with_sources(providers: &[&str]) -> Self {
        providers.iter().fold(Setup::new(), |setup, provider| setup.source(provider)).start()
    }

    /// Its address, `http://127.0.0.1:<port>`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The program with this server's settings.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Changes the program's settings for the next start and for commands.
    pub fn change(&mut self, change: impl FnOnce(Program) -> Program) {
        self.program = change(std::mem::take(&mut self.program));
    }

    /// Runs a command with this server's settings.
    pub fn command(&self, arguments: &[&str]) -> Finished {
        self.program.run(arguments)
    }

    /// The folder of the database and the keys.
    pub fn data_folder(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The database file; only on SQLite.
    pub fn database_file(&self) -> PathBuf {
        self.data_folder().join("throughline.db")
    }

    /// What the server has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// The source of that name.
    ///
    /// # Panics
    /// Where the test has made none.
    pub fn source(&self, name: &str) -> &TestSource {
        self.sources.get(name).unwrap_or_else(|| panic!("the test has made no source '{name}'"))
    }

    /// Makes a source while the server runs, and waits until the server knows it.
    ///
    /// # Panics
    /// Where it cannot be made.
    pub fn add_source(&mut self, provider: &str, name: &str) {
        self.make_source(provider, name);
        until("the server knows its new source", FOLD_LIMIT, || {
            (self.post(name, &[], b"{}").status != 404).then_some(())
        });
    }

    /// The first login link, which the server prints when it is started for the first time.
    ///
    /// # Panics
    /// Where it prints none.
    pub fn login_link(&self) -> String {
        let process = self.process.as_ref().expect("the server runs");
        process.line("log in once with ").expect("the server prints a login link at its first start")
    }

    /// A login link that has not been used: a fresh one, from the command line.
    ///
    /// # Panics
    /// Where none can be made.
    pub fn new_login_link(&self) -> String {
        self.command(&["login-link"]).good().trim().to_owned()
    }

    /// An API token.
    ///
    /// # Panics
    /// Where none can be made.
    pub fn token(&self) -> &str {
        self.token.get_or_init(|| self.command(&["token", "create", "tests"]).good().trim().to_owned())
    }

    /// A request to the server, by nobody.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// Asks for a page or a resource with the token.
    pub fn get(&self, path: &str) -> Answer {
        http::send(self.request(Method::GET, path).bearer_auth(self.token()))
    }

    /// As [`TestServer::get`], for JSON.
    ///
    /// # Panics
    /// Where the answer is not 200 with JSON.
    pub fn get_json(&self, path: &str) -> Value {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}\n{}", answer.text());
        answer.json()
    }

    /// Asks a question whose parameters need encoding.
    ///
    /// # Panics
    /// As [`TestServer::get_json`].
    pub fn ask(&self, path: &str, parameters: &[(&str, &str)]) -> Value {
        let answer = http::send(self.request(Method::GET, path).query(parameters).bearer_auth(self.token()));
        assert_eq!(answer.status, 200, "{path} {parameters:?}\n{}", answer.text());
        answer.json()
    }

    /// Posts a body to a source with just these headers.
    pub fn post(&self, source: &str, headers: &[(String, String)], body: &[u8]) -> Answer {
        http::send(self.webhook(source, headers, body))
    }

    /// Posts a delivery, signed as its tool signs.
    pub fn deliver(&self, source: &str, headers: &[(String, String)], body: &[u8]) -> Answer {
        let signed = self.signed(source, headers, body);
        self.post(source, &signed, body)
    }

    /// As [`TestServer::deliver`]; answers the entry's index.
    ///
    /// # Panics
    /// Where the delivery is not acknowledged.
    pub fn deliver_well(&self, source: &str, headers: &[(String, String)], body: &[u8]) -> u64 {
        let answer = self.deliver(source, headers, body);
        assert_eq!(answer.status, 202, "{}", answer.text());
        answer.json().get("entry").and_then(Value::as_u64).expect("the answer names the entry")
    }

    /// The headers of a delivery with a fresh id and the signature of its source.
    pub fn signed(&self, source: &str, headers: &[(String, String)], body: &[u8]) -> Vec<(String, String)> {
        let TestSource { provider, secret } = self.source(source);
        let id = format!("test-{}", self.next_id.fetch_add(1, Ordering::Relaxed));
        signing::sign(provider, secret, &id, headers, body)
    }

    /// The request of a delivery, for those who send it themselves.
    pub fn webhook(&self, source: &str, headers: &[(String, String)], body: &[u8]) -> RequestBuilder {
        let request = self.request(Method::POST, &format!("/webhooks/{source}")).body(body.to_vec());
        headers.iter().fold(request, |request, (name, value)| {
            // What no header can be called stands in the address.
            if name == TOKEN_HEADER { request.query(&[("token", value)]) } else { request.header(name, value) }
        })
    }

    /// Deliveries as the API lists them, the newest first; `query` is a query string without its question mark.
    ///
    /// # Panics
    /// Where the answer is no list.
    pub fn deliveries(&self, query: &str) -> Vec<Value> {
        let answer = self.get_json(&format!("/api/v1/deliveries?{query}"));
        let list = answer.get("deliveries").unwrap_or(&answer);
        list.as_array().unwrap_or_else(|| panic!("no list of deliveries: {answer}")).clone()
    }

    /// One delivery as the API shows it, without what stands beside it.
    pub fn delivery(&self, entry: u64) -> Value {
        let answer = self.get_json(&format!("/api/v1/deliveries/{entry}"));
        answer.get("delivery").cloned().unwrap_or(answer)
    }

    /// What the server says of itself.
    pub fn status(&self) -> Value {
        self.get_json("/api/v1/status")
    }

    /// Waits until the graph shows everything that the ledger holds.
    ///
    /// # Panics
    /// Where that does not come.
    pub fn wait_projected(&self) -> Value {
        until("the graph shows what the ledger holds", FOLD_LIMIT, || {
            let status = self.status();
            (status.get("projected") == status.get("ledger_size")).then_some(status)
        })
    }

    /// Opens the server's database beside the server.
    ///
    /// # Panics
    /// Where it cannot be opened.
    pub fn store(&self) -> Store {
        let url = match &self.database {
            Some(database) => database.url(),
            None => format!("sqlite://{}", self.database_file().display()),
        };
        Store::open(&StoreOptions { url, readers: 2, max_pages: None }).expect("the database can be opened")
    }

    /// An entry as it is stored.
    ///
    /// # Panics
    /// Where there is none.
    pub fn entry(&self, position: u64) -> StoredEntry {
        let found = self.store().read(|connection| throughline_store::ledger::entry_at(connection, position));
        found.expect("the ledger can be read").unwrap_or_else(|| panic!("there is no entry {position}"))
    }

    /// Kills the server where it stands (SIGKILL).
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
    }

    /// Asks the server to stop, without waiting.
    pub fn ask_to_stop(&self) {
        self.process.as_ref().expect("the server runs").ask_to_stop();
    }

    /// Asks the server to stop, and waits until it has.
    ///
    /// # Panics
    /// Where it does not stop, or with another code than 0.
    pub fn stop(&mut self) {
        if let Some(process) = &self.process {
            process.ask_to_stop();
            self.wait_stopped();
        }
    }

    /// Waits for the end of a server that was asked to stop.
    ///
    /// # Panics
    /// As [`TestServer::stop`].
    pub fn wait_stopped(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        let status = process.ended(STOP_LIMIT);
        let code = status.and_then(|status| status.code());
        assert_eq!(code, Some(0), "the server did not stop well ({status:?})\n{}", self.log());
    }

    /// Waits for a server that is expected to end by itself, and answers its exit code.
    ///
    /// # Panics
    /// Where it does not end.
    pub fn wait_ended(&mut self) -> Option<i32> {
        let mut process = self.process.take().expect("the server runs");
        process.ended(STOP_LIMIT).expect("the server ends by itself").code()
    }

    /// Starts the server on what is in its folder; its port is another one then.
    ///
    /// # Panics
    /// Where it does not start.
    pub fn start_again(&mut self) {
        let process = self.program.serve(&self.log_file());
        let url = process.line("listening on ").unwrap_or_else(|| panic!("the server did not start\n{}", self.log()));
        self.url = url.trim().trim_end_matches('/').to_owned();
        self.process = Some(process);
    }

    /// Leaves out the check at the end, for a test that has damaged the ledger.
    pub fn leave_unchecked(&mut self) {
        self.is_checked = false;
    }

    fn make_source(&mut self, provider: &str, name: &str) {
        let printed = self.command(&["source", "add", provider, "--name", name]).good();
        let value = |label: &str| printed.lines().find_map(|line| line.trim().strip_prefix(label)).map(str::trim);
        let secret = value("secret:").expect("the secret is printed").to_owned();
        assert_eq!(value("name:"), Some(name), "{printed}");
        let address = value("address:").unwrap_or_default();
        assert!(address.ends_with(&throughline::sources::path_of(provider, name)), "{printed}");
        let provider = providers::find(provider).expect("the provider is known");
        self.sources.insert(name.to_owned(), TestSource { provider, secret });
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if thread::panicking() {
            self.kill();
            eprintln!("── what the server logged ──\n{}", last_lines(&self.log(), 60));
            return;
        }
        self.stop();
        if self.is_checked {
            let verified = self.command(&["verify"]);
            assert_eq!(verified.code, 0, "the ledger does not verify\n{}", verified.all());
        }
    }
}

/// Copies an SQLite database with the log that belongs to it, as it stands; nobody may be writing.
///
/// # Panics
/// Where a file cannot be copied.
pub fn copydatabase(file: &Path, to: &Path) {
    for ending in ["", "-wal"] {
        let named = |path: &Path| {
            let mut name = path.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        };
        if named(file).exists() {
            std::fs::copy(named(file), named(to)).expect("the database can be copied");
        }
    }
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let start = lines.len().saturating_sub(count);
    lines.get(start..).unwrap_or_default().join("\n")
}
