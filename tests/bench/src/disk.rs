//! What the disk gives by itself: one writer that appends a batch and calls `fdatasync`, with nothing around it.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// The bare rate of a disk.
#[derive(Clone, Copy, Debug)]
pub struct BareRate {
    /// Batches written and synced in a second.
    pub batches: f64,
    /// Records in them in a second.
    pub records: f64,
}

/// Appends batches of `batch` records of `bytes` bytes for a while, each followed by `fdatasync`.
///
/// # Errors
/// That of the operating system.
pub fn bare_rate(folder: &Path, batch: usize, bytes: usize, time: Duration) -> std::io::Result<BareRate> {
    let mut file = File::create(folder.join("bare"))?;
    let data = vec![0x5a; batch * bytes];
    let started = Instant::now();
    let mut batches = 0_u32;
    while started.elapsed() < time {
        file.write_all(&data)?;
        file.sync_data()?;
        batches += 1;
    }
    let rate = f64::from(batches) / started.elapsed().as_secs_f64();
    let batch = u32::try_from(batch).unwrap_or(u32::MAX);
    Ok(BareRate { batches: rate, records: rate * f64::from(batch) })
}
