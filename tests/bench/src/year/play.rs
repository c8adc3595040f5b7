//! Sends a year through the real addresses, as several tools at once, and waits until the graph shows it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::{Client, StatusCode};
use serde::Deserialize;
use throughline_tests::signing;
use throughline_webhooks::providers;

use super::deliveries::{self, Delivery, Written};
use super::history::History;
use super::server::Access;

/// How many senders there are at once.
const SENDERS: usize = 24;

/// How often a sender tries again where the server is busy, and after how long.
const TRIES: usize = 50;
const PAUSE: Duration = Duration::from_millis(200);

/// How long the graph may take to show what the ledger holds.
const FOLD_LIMIT: Duration = Duration::from_secs(2 * 3_600);

/// What the sending came to.
#[derive(Clone, Copy, Debug)]
pub struct Played {
    /// How many deliveries were acknowledged.
    pub acknowledged: usize,
    /// How long that took.
    pub sending: Duration,
    /// How long the graph took after the last acknowledgement.
    pub folding: Duration,
}

/// Everything that the senders share.
pub struct Play {
    /// The server's address.
    pub address: String,
    /// What it takes to be believed.
    pub access: Access,
    /// The year.
    pub history: Arc<History>,
    /// What is sent, in this order.
    pub arrived: Arc<Vec<Delivery>>,
}

/// How far the graph is.
#[derive(Deserialize)]
struct Progress {
    ledger_size: u64,
    projected: u64,
}

impl Play {
    /// Sends everything, and waits until it is folded.
    ///
    /// # Errors
    /// A text with the first answer that is no acknowledgement.
    pub async fn run(self) -> Result<Played, String> {
        let shared = Arc::new(self);
        let next = Arc::new(AtomicUsize::new(0));
        let started = Instant::now();
        let senders: Vec<_> =
            (0..SENDERS).map(|_| tokio::spawn(send(Arc::clone(&shared), Arc::clone(&next)))).collect();
        let mut acknowledged = 0;
        for sender in senders {
            acknowledged += sender.await.map_err(|cause| cause.to_string())??;
        }
        let sending = started.elapsed();
        let folding = shared.wait_until_folded().await?;
        Ok(Played { acknowledged, sending, folding })
    }

    async fn wait_until_folded(&self) -> Result<Duration, String> {
        let client = client()?;
        let started = Instant::now();
        while started.elapsed() < FOLD_LIMIT {
            let request = client.get(format!("{}/api/v1/status", self.address)).bearer_auth(&self.access.token);
            let answer = request.send().await.and_then(reqwest::Response::error_for_status);
            let answer = answer.map_err(|cause| cause.to_string())?;
            let progress: Progress = answer.json().await.map_err(|cause| cause.to_string())?;
            if progress.projected == progress.ledger_size {
                return Ok(started.elapsed());
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(format!("the graph did not show everything within {} minutes", FOLD_LIMIT.as_secs() / 60))
    }

    fn signed(&self, written: &Written, place: usize) -> Result<Vec<(String, String)>, String> {
        let provider = providers::find(written.source).ok_or_else(|| format!("no provider {}", written.source))?;
        let secret = self.access.secrets.get(written.source).map(String::as_str).unwrap_or_default();
        Ok(signing::sign(provider, secret, &format!("year-{place}"), &written.headers, &written.body))
    }
}

/// A client that keeps its connections.
///
/// # Errors
/// Why it cannot be made.
pub fn client() -> Result<Client, String> {
    Client::builder().no_proxy().build().map_err(|cause| cause.to_string())
}

/// Sends the next delivery again and again until all are sent; answers how many were acknowledged.
async fn send(play: Arc<Play>, next: Arc<AtomicUsize>) -> Result<usize, String> {
    let client = client()?;
    let mut acknowledged = 0;
    loop {
        let place = next.fetch_add(1, Ordering::Relaxed);
        let Some(delivery) = play.arrived.get(place) else { return Ok(acknowledged) };
        let written = deliveries::write(&play.history, delivery.what);
        let headers = play.signed(&written, place)?;
        deliver(&client, &play.address, &written, &headers).await?;
        acknowledged += 1;
    }
}

async fn deliver(
    client: &Client,
    address: &str,
    written: &Written,
    headers: &[(String, String)],
) -> Result<(), String> {
    let address = format!("{address}/webhooks/{}", written.source);
    for _ in 0..TRIES {
        let request = client.post(&address).body(written.body.clone());
        let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
        let answer = request.send().await.map_err(|cause| cause.to_string())?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        if status != StatusCode::SERVICE_UNAVAILABLE {
            let text = answer.text().await.unwrap_or_default();
            return Err(format!("a delivery of {} was answered {status}: {text}", written.source));
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(format!("a delivery of {} was refused {TRIES} times because the server is busy", written.source))
}
