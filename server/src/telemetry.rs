//! The log: what it looks like and where it goes. Never a secret, never a body.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::LogSettings;

/// Starts the log on standard error; a second call changes nothing, so that tests may each call it.
///
/// # Errors
/// A text that says why the filter cannot be read.
pub fn start(settings: &LogSettings) -> Result<(), String> {
    let filter = EnvFilter::try_new(&settings.filter)
        .map_err(|cause| format!("log.filter '{}' cannot be read: {cause}", settings.filter))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    let started = match settings.format.as_str() {
        "json" => builder.json().flatten_event(true).finish().try_init(),
        _ => builder.with_ansi(anstream::stderr().is_terminal()).finish().try_init(),
    };
    drop(started);
    Ok(())
}
