//! How many signed deliveries a second a whole server acknowledges: HTTP, signature, ledger, fsync.
//!
//! The load generator runs on the same machine and takes its share of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::json;
use throughline::config::Settings;
use throughline::keys::Keys;
use throughline::{app, clock, serve, sources};
use throughline_store::Appender;
use throughline_webhooks::signature::sign_hmac_hex;

use crate::disk::bare_rate;

#[derive(Debug, Args)]
pub struct IngestCall {
    /// A PostgreSQL database to write to; an SQLite file in a temporary folder unless given.
    #[arg(long)]
    database: Option<String>,
    /// How many senders there are at once.
    #[arg(long, default_value_t = 64)]
    clients: usize,
    /// How long to send, in seconds.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// The size of a body, in bytes.
    #[arg(long, default_value_t = 2_048)]
    bytes: usize,
}

/// Measures and prints.
///
/// # Errors
/// A text that says what could not be measured.
pub fn run(call: &IngestCall) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|cause| cause.to_string())?;
    let mut settings = Settings::default();
    settings.server.listen = "127.0.0.1:0".to_owned();
    settings.server.data_folder = folder.path().to_owned();
    settings.database.url = call.database.clone().unwrap_or_default();
    let bare = bare_rate(folder.path(), settings.ledger.batch_entries, call.bytes, Duration::from_secs(3))
        .map_err(|cause| cause.to_string())?;
    println!(
        "bare fdatasync of {} records of {} bytes: {:.0} batches/s, {:.0} records/s",
        settings.ledger.batch_entries, call.bytes, bare.batches, bare.records
    );
    let secret = add_source(&settings)?;
    let opened = serve::open(settings).map_err(|cause| cause.to_string())?;
    actix_web::rt::System::new().block_on(measure(opened, secret, call, bare.records))
}

async fn measure(opened: serve::Opened, secret: String, call: &IngestCall, bare: f64) -> Result<(), String> {
    let running = opened.serve().map_err(|cause| cause.to_string())?;
    let shared = running.app.clone();
    let address = format!("http://{}/webhooks/bench", shared.settings.server.listen);
    let handle = running.handle();
    let server = actix_web::rt::spawn(running.until_stopped());
    let load =
        Load { address, secret, bytes: call.bytes, clients: call.clients, time: Duration::from_secs(call.seconds) };
    let before = shared.journal.head().size;
    let mut taken = tokio::task::spawn_blocking(move || load.run()).await.map_err(|cause| cause.to_string())??;
    let acknowledged = taken.len();
    let size = shared.journal.head().size - before;
    taken.sort_unstable();
    let at = |share: usize| taken.get(acknowledged * share / 100).copied().unwrap_or_default();
    let rate =
        f64::from(u32::try_from(acknowledged).unwrap_or(u32::MAX)) / Duration::from_secs(call.seconds).as_secs_f64();
    println!("acknowledged {acknowledged} deliveries from {} senders in {} s: {rate:.0}/s", call.clients, call.seconds);
    println!("time to acknowledge: median {:.1?}, 99 % within {:.1?}", at(50), at(99));
    println!("of the bare rate of the disk: {:.3}; entries in the ledger: {size}", rate / bare);
    let folded = Instant::now();
    let head = shared.journal.head().size;
    while shared.desk.live.read().cursor < head {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    println!("folding caught up {:.1?} after the last acknowledgement", folded.elapsed());
    drop(shared);
    handle.stop(true).await;
    server.await.map_err(|cause| cause.to_string())?.map_err(|cause| cause.to_string())
}

fn add_source(settings: &Settings) -> Result<String, String> {
    let keys = Keys::open(&settings.server.data_folder).map_err(|cause| cause.to_string())?;
    let store = app::open_store(settings).map_err(|cause| cause.to_string())?;
    let key = keys.signing(&settings.ledger.origin).map_err(|cause| cause.to_string())?;
    let mut appender = Appender::open(&store, key).map_err(|cause| cause.to_string())?;
    let source =
        sources::add(&store, &mut appender, &keys, "github", "bench", None).map_err(|cause| cause.to_string())?;
    source.row.secrets.first().cloned().ok_or_else(|| "the source has no secret".to_owned())
}

struct Load {
    address: String,
    secret: String,
    bytes: usize,
    clients: usize,
    time: Duration,
}

impl Load {
    /// Sends from all clients until the time is over; answers how long each acknowledgement took.
    fn run(self) -> Result<Vec<Duration>, String> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|cause| cause.to_string())?;
        runtime.block_on(async {
            let shared = Arc::new(self);
            let count = Arc::new(AtomicU64::new(0));
            let clients: Vec<_> =
                (0..shared.clients).map(|_| tokio::spawn(client(Arc::clone(&shared), Arc::clone(&count)))).collect();
            let mut taken = Vec::new();
            for client in clients {
                taken.extend(client.await.map_err(|cause| cause.to_string())??);
            }
            Ok(taken)
        })
    }

    /// A push of one commit: a body that the parser reads and the fold takes in.
    fn body(&self, number: u64) -> Vec<u8> {
        let sha = format!("{number:040x}");
        let now = clock::now().to_string();
        let mut body = json!({
            "ref": "refs/heads/main",
            "before": format!("{:040x}", number.saturating_sub(1).max(1)),
            "after": sha,
            "repository": {"name": "checkout", "full_name": "acme/checkout", "html_url": "https://github.com/acme/checkout", "owner": {"login": "acme"}},
            "commits": [{"id": sha, "message": format!("PAY-{}: change number {number}", number % 900 + 1), "timestamp": now,
                "url": format!("https://github.com/acme/checkout/commit/{sha}"), "author": {"name": "Ada", "username": "ada"}}],
            "padding": "",
        });
        let length = body.to_string().len();
        if let Some(padding) = body.get_mut("padding") {
            *padding = "x".repeat(self.bytes.saturating_sub(length)).into();
        }
        body.to_string().into_bytes()
    }
}

async fn client(load: Arc<Load>, count: Arc<AtomicU64>) -> Result<Vec<Duration>, String> {
    let http = reqwest::Client::builder().no_proxy().build().map_err(|cause| cause.to_string())?;
    let started = Instant::now();
    let mut taken = Vec::new();
    while started.elapsed() < load.time {
        let number = count.fetch_add(1, Ordering::Relaxed) + 1;
        let body = load.body(number);
        let request = http
            .post(&load.address)
            .header("content-type", "application/json")
            .header("x-github-event", "push")
            .header("x-github-delivery", format!("bench-{number}"))
            .header("x-hub-signature-256", sign_hmac_hex("sha256=", &load.secret, &body))
            .body(body);
        let sent = Instant::now();
        let answer = request.send().await.map_err(|cause| cause.to_string())?;
        if answer.status() != reqwest::StatusCode::ACCEPTED {
            return Err(format!("a delivery was answered {}", answer.status()));
        }
        taken.push(sent.elapsed());
    }
    Ok(taken)
}
