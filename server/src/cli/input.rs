//! Files that commands are given, read within a bound.

use std::io::Read;
use std::path::Path;

use crate::cli::{Failure, USAGE};

/// The bytes of a file, of at most so many; `-` is the standard input.
pub(super) fn read(file: &Path, limit: u64) -> Result<Vec<u8>, Failure> {
    let unreadable = |cause: std::io::Error| Failure::new(USAGE, format!("{}: {cause}", file.display()));
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        std::io::stdin().take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    } else {
        let opened = std::fs::File::open(file).map_err(unreadable)?;
        opened.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    }
    if u64::try_from(bytes.len()).map_or(true, |length| length > limit) {
        return Err(Failure::new(USAGE, format!("{} is larger than {limit} bytes", file.display())));
    }
    Ok(bytes)
}
