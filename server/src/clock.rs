//! The one place that reads the clock.

use throughline_domain::time::Timestamp;

/// This moment, by the clock of this machine.
pub fn now() -> Timestamp {
    Timestamp::from(chrono::Utc::now())
}
