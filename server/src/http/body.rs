//! Reading a delivery's raw bytes: bounded in size, in time, in rate and in memory.

use std::time::Duration;

use actix_web::web::{BytesMut, Payload};
use futures_util::StreamExt;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

use crate::config::LimitSettings;
use crate::http::problem::{Code, Problem, RETRY_SECONDS};

/// Bodies are counted in units of this many bytes.
pub const MEMORY_UNIT: usize = 1_024;

/// How long a sender may take before its rate counts.
const GRACE: Duration = Duration::from_secs(5);

/// How long nothing may arrive at all.
const LONGEST_GAP: Duration = Duration::from_secs(10);

/// Bodies above this many bytes leave a quarter of the memory to smaller ones.
const LARGE: usize = 1024 * 1024;

/// A body with its share of the memory that all bodies together may take.
#[derive(Debug)]
pub struct Body<'a> {
    /// The exact bytes.
    pub bytes: BytesMut,
    /// Given back when the delivery has been written.
    pub share: SemaphorePermit<'a>,
}

/// Reads a body to its end.
///
/// # Errors
/// 413 over the size, 408 when it arrives too slowly, 503 when too many bodies are in memory, 400 when the sender hangs up.
pub async fn read<'a>(
    mut payload: Payload,
    announced: Option<u64>,
    limits: &LimitSettings,
    memory: &'a Semaphore,
) -> Result<Body<'a>, Problem> {
    if announced.is_some_and(|size| usize::try_from(size).map_or(true, |size| size > limits.body_bytes)) {
        return Err(too_large(limits));
    }
    let started = Instant::now();
    let deadline = started + Duration::from_secs(limits.body_seconds);
    let mut share = take(memory, 1)?;
    let mut bytes = BytesMut::new();
    loop {
        let wait = deadline.min(slowest(started, bytes.len(), limits)).min(Instant::now() + LONGEST_GAP);
        let chunk = match timeout_at(wait, payload.next()).await {
            Err(_) => return Err(too_slow(limits)),
            Ok(None) => return Ok(Body { bytes, share }),
            Ok(Some(chunk)) => chunk.map_err(|cause| {
                Problem::new(Code::BadRequest, format!("the body broke off: {cause}; send the delivery again"))
            })?,
        };
        let size = bytes.len() + chunk.len();
        if size > limits.body_bytes {
            return Err(too_large(limits));
        }
        let units = size / MEMORY_UNIT + 1;
        if let Some(more) = units.checked_sub(share.num_permits()).filter(|more| *more > 0) {
            let kept_free = if size > LARGE { limits.body_bytes_in_flight / MEMORY_UNIT / 4 } else { 0 };
            if memory.available_permits() < more + kept_free {
                return Err(too_many());
            }
            share.merge(take(memory, more)?);
        }
        bytes.extend_from_slice(&chunk);
    }
}

/// The moment by which more must have arrived for the rate to be kept.
fn slowest(started: Instant, received: usize, limits: &LimitSettings) -> Instant {
    let rate = limits.body_bytes_per_second.max(1);
    let due = Duration::from_secs(u64::try_from(received).unwrap_or(u64::MAX) / rate);
    started + GRACE + due
}

fn take(memory: &Semaphore, units: usize) -> Result<SemaphorePermit<'_>, Problem> {
    let units = u32::try_from(units).unwrap_or(u32::MAX);
    memory.try_acquire_many(units).map_err(|_| too_many())
}

fn too_many() -> Problem {
    Problem::new(Code::Unavailable, format!("too many deliveries at once; try again in {RETRY_SECONDS} seconds"))
}

fn too_large(limits: &LimitSettings) -> Problem {
    Problem::new(
        Code::BodyTooLarge,
        format!("a delivery may have {} bytes; raise limits.body_bytes if the tool sends more", limits.body_bytes),
    )
}

fn too_slow(limits: &LimitSettings) -> Problem {
    Problem::new(
        Code::TooSlow,
        format!(
            "a delivery must arrive within {} seconds and at {} bytes a second",
            limits.body_seconds, limits.body_bytes_per_second
        ),
    )
}
