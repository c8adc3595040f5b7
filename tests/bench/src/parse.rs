//! Deliveries a second that one core parses and links, over published bodies of all tools; beside the bare reading of the
//! same bytes, as the ratio that a faster or slower machine does not change.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::Value;
use throughline_domain::graph::fold::Input;
use throughline_tests::corpus::{Payload, payloads};
use throughline_webhooks::provider::{Content, Provider, Request};
use throughline_webhooks::{providers, reading};

/// The arguments of `parse`.
#[derive(Debug, Args)]
pub struct ParseCall {
    /// The folder that holds `payloads/<tool>/…`.
    shared: PathBuf,
    /// How long each measurement lasts.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
}

/// A body with everything that reading it needs.
struct Delivery {
    provider: &'static Provider,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// Measures both, and prints the rates and their ratio.
///
/// # Errors
/// A message where there are no bodies.
pub fn run(call: &ParseCall) -> Result<(), String> {
    let deliveries: Vec<Delivery> = payloads(&call.shared).into_iter().filter_map(kept).collect();
    if deliveries.is_empty() {
        return Err(format!("{} holds no bodies", call.shared.display()));
    }
    let bytes: usize = deliveries.iter().map(|delivery| delivery.body.len()).sum();
    let lasting = Duration::from_secs(call.seconds);
    let (mut facts, mut references) = (0_usize, 0_usize);
    let rate = measure(&deliveries, lasting, |delivery| {
        let request = Request { headers: &delivery.headers, body: &delivery.body };
        if let Ok(parsed) = reading::read(delivery.provider, None, &request)
            && let Content::Facts(stated) = parsed.content
        {
            facts += 1;
            references += Input::new(0, 0, *stated).references.iter().map(Vec::len).sum::<usize>();
        }
    });
    let bare = measure(&deliveries, lasting, |delivery| {
        let _ = std::hint::black_box(serde_json::from_slice::<Value>(&delivery.body));
    });
    println!("{} bodies of {} bytes on average, one thread", deliveries.len(), bytes / deliveries.len());
    println!("parsed and linked: {rate:.0} a second ({facts} stated facts, {references} references)");
    println!("the same bytes read as JSON trees: {bare:.0} a second");
    println!("ratio: {:.2}", rate / bare);
    Ok(())
}

fn kept(payload: Payload) -> Option<Delivery> {
    let provider = providers::find(&payload.provider)?;
    let is_kept = |name: &str| name == "content-type" || provider.kept_headers.contains(&name);
    let headers = payload.headers.into_iter().filter(|(name, _)| is_kept(name)).collect();
    Some(Delivery { provider, headers, body: payload.body })
}

/// How many deliveries a second the work gets through, in whole rounds over all of them.
fn measure(deliveries: &[Delivery], lasting: Duration, mut work: impl FnMut(&Delivery)) -> f64 {
    deliveries.iter().for_each(&mut work);
    let (begin, mut count) = (Instant::now(), 0_u32);
    while begin.elapsed() < lasting {
        for delivery in deliveries {
            work(delivery);
            count = count.saturating_add(1);
        }
    }
    f64::from(count) / begin.elapsed().as_secs_f64()
}
