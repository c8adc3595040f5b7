//! The server is killed (SIGKILL) at random moments while tools deliver to it; whatever it has acknowledged is in the
//! ledger afterwards, to the byte, and the ledger verifies.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "helpers of tests fail as the tests do")]

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::Value;
use throughline_store::{Store, StoreOptions};
use throughline_tests::database::TestDatabase;
use throughline_tests::database::copy_database;
use throughline_tests::fixtures::named;
use throughline_tests::http::{answer, keeping_client};
use throughline_tests::ledger::entries;
use throughline_tests::random::Random;
use throughline_tests::runtime::{block_on, spawn};
use throughline_tests::server::{Setup, TestServer, TestSource};
use throughline_tests::signing::{headers, sign};

/// How often the server is killed on SQLite, and on PostgreSQL.
const SQLITE_ROUNDS: usize = 200;
const POSTGRES_ROUNDS: usize = 40;

/// The round before which a copy is kept for the control.
const CONTROL_ROUND: usize = SQLITE_ROUNDS - 10;

/// How many tools deliver at once, each over a connection that it keeps.
const TOOLS: u64 = 6;

/// The longest life of a server, in milliseconds after it listens.
const LONGEST_LIFE: usize = 150;

/// What was acknowledged: the delivery's number and the entry that the answer named.
type Acknowledged = Arc<Mutex<Vec<(u64, u64)>>>;

#[test]
fn two_hundred_kills_lose_nothing_that_was_acknowledged() {
    let mut server = Setup::new().source("github").start();
    let copies = tempfile::tempdir().unwrap();
    let copy = copies.path().join("copy.db");
    let file = server.database_file();
    let acknowledged = kill_again_and_again(&mut server, SQLITE_ROUNDS, |round| {
        if round == CONTROL_ROUND {
            copy_database(&file, &copy);
        }
    });
    let count = acknowledged.len();
    println!("{SQLITE_ROUNDS} kills, {count} acknowledgements");
    assert!(count > 500, "only {count} deliveries were acknowledged: the rounds are too short to say anything");
    assert_eq!(lost(&server.store(), &acknowledged), Vec::<u64>::new());

    // The control: a ledger that lacks what the last rounds acknowledged must be found wanting by the same check.
    let url = format!("sqlite://{}", copy.display());
    let older = Store::open(&StoreOptions { url, readers: 1, max_pages: None }).unwrap();
    let missing = lost(&older, &acknowledged);
    assert!(!missing.is_empty(), "the check finds nothing missing from a copy that is ten rounds old");
    println!("control: {} of them are missing from the copy of round {CONTROL_ROUND}", missing.len());
    assert!(missing.len() < count, "and it finds what the copy has");
    assert!(server.command(&["verify"]).good().contains("entries"));
}

#[test]
fn kills_lose_nothing_on_postgres() {
    let Some(database) = TestDatabase::postgres() else { return };
    let mut server = Setup::new().source("github").on(database).start();
    let acknowledged = kill_again_and_again(&mut server, POSTGRES_ROUNDS, |_| {});
    println!("{POSTGRES_ROUNDS} kills on PostgreSQL, {} acknowledgements", acknowledged.len());
    assert!(acknowledged.len() > 100, "only {} deliveries were acknowledged", acknowledged.len());
    assert_eq!(lost(&server.store(), &acknowledged), Vec::<u64>::new());
}

/// Lets tools deliver while the server lives and dies; afterwards it is stopped, and not killed.
fn kill_again_and_again(server: &mut TestServer, rounds: usize, mut between: impl FnMut(usize)) -> Vec<(u64, u64)> {
    let mut random = Random::new(2_026);
    let acknowledged = Acknowledged::default();
    let template: Arc<Value> = Arc::new(serde_json::from_slice(&named("github/issues/opened").body).unwrap());
    let started = Instant::now();
    for round in 0..rounds {
        between(round);
        if round > 0 {
            server.start_again();
        }
        let over = Arc::new(AtomicBool::new(false));
        let tools: Vec<_> = (0..TOOLS)
            .map(|tool| {
                let tool = Tool {
                    client: keeping_client(),
                    url: format!("{}/webhooks/github", server.url()),
                    source: server.source("github").clone(),
                    template: Arc::clone(&template),
                    // No two deliveries of all rounds have a number in common.
                    next: (u64::try_from(round).unwrap() * TOOLS + tool) * 1_000_000,
                    acknowledged: Arc::clone(&acknowledged),
                    over: Arc::clone(&over),
                };
                spawn(tool.deliver())
            })
            .collect();
        thread::sleep(Duration::from_millis(u64::try_from(random.below(LONGEST_LIFE)).unwrap()));
        server.kill();
        over.store(true, Ordering::Release);
        for tool in tools {
            block_on(tool).unwrap();
        }
    }
    println!("{rounds} rounds in {:.1} s", started.elapsed().as_secs_f32());
    server.start_again();
    server.stop();
    let acknowledged = acknowledged.lock().unwrap();
    acknowledged.clone()
}

/// One tool that delivers as fast as it is answered, until its server is gone.
struct Tool {
    client: Client,
    url: String,
    source: TestSource,
    template: Arc<Value>,
    next: u64,
    acknowledged: Acknowledged,
    over: Arc<AtomicBool>,
}

impl Tool {
    async fn deliver(mut self) {
        while !self.over.load(Ordering::Acquire) {
            let number = self.next;
            self.next += 1;
            let body = body(&self.template, number);
            let id = id(number);
            let event = headers(&[("x-github-event", "issues"), ("x-github-delivery", id.as_str())]);
            let signed = sign(self.source.provider, &self.source.secret, &id, &event, &body);
            let request = self.client.post(&self.url).body(body);
            let request = signed.iter().fold(request, |request, (name, value)| request.header(name, value));
            // No answer is no acknowledgement: the server may or may not have written it.
            let Ok(answer) = answer(request).await else { return };
            assert!(matches!(answer.status, 202 | 503), "{} {}", answer.status, answer.text());
            if answer.status == 202 {
                let entry = answer.json().get("entry").and_then(Value::as_u64).expect("the answer names the entry");
                self.acknowledged.lock().unwrap().push((number, entry));
            }
        }
    }
}

fn id(number: u64) -> String {
    format!("kill-{number}")
}

/// The body of a delivery, worked out from its number alone; some of them are long.
fn body(template: &Value, number: u64) -> Vec<u8> {
    let mut random = Random::new(number);
    let length = if random.once_in(20) { 60_000 } else { random.below(500) };
    let mut body = template.clone();
    body["issue"]["number"] = Value::from(number);
    let words: String = random.bytes(length).iter().map(|byte| char::from(b'a' + byte % 26)).collect();
    body["issue"]["body"] = Value::from(words);
    body.to_string().into_bytes()
}

/// The numbers of those deliveries that are not in a ledger where they were said to be, or not as they were sent.
fn lost(store: &Store, acknowledged: &[(u64, u64)]) -> Vec<u64> {
    let template: Value = serde_json::from_slice(&named("github/issues/opened").body).unwrap();
    let kept: HashMap<u64, (String, Option<Vec<u8>>)> =
        entries(store).into_iter().map(|entry| (entry.position, (entry.delivery_id, entry.body))).collect();
    let is_kept = |number: u64, entry: u64| {
        kept.get(&entry).is_some_and(|(name, bytes)| *name == id(number) && *bytes == Some(body(&template, number)))
    };
    acknowledged.iter().filter(|(number, entry)| !is_kept(*number, *entry)).map(|(number, _)| *number).collect()
}
