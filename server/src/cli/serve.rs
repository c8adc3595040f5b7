//! `throughline serve`.

use std::io::Write;

use crate::access;
use crate::app::App;
use crate::backfill::healer;
use crate::cli::{Failure, GOOD};
use crate::clock;
use crate::config::Settings;
use crate::serve;

pub(super) fn run(settings: Settings) -> Result<u8, Failure> {
    let opened = serve::open(settings)?;
    let announcement = announcement(&opened.app)?;
    actix_web::rt::System::new().block_on(async {
        let running = opened.serve().map_err(Failure::unusable)?;
        let handle = running.handle();
        let healer = actix_web::rt::spawn(healer::run(running.app.clone()));
        // Whoever has read the address may ask the server to stop: it listens to both before it says so.
        let stop = serve::stop_signal().map_err(Failure::unusable)?;
        print_now(&announcement);
        actix_web::rt::spawn(async move {
            stop.await;
            tracing::info!("stopping: requests under way are finished first");
            healer.abort();
            handle.stop(true).await;
        });
        running.until_stopped().await.map_err(Failure::unusable)?;
        tracing::info!("stopped");
        Ok(GOOD)
    })
}

/// Says where the server is, and, while nobody has ever logged in, how to. Blocks.
pub(super) fn announcement(app: &App) -> Result<String, Failure> {
    let url = app.settings.public_url();
    let mut lines = format!("listening on http://{}\n", app.settings.server.listen);
    let known = app.store.read(throughline_store::access::any)?;
    if !known {
        let minutes = app.settings.access.login_link_minutes;
        let secret = access::login_link(&app.store, clock::now(), minutes).map_err(Failure::unusable)?;
        lines.push_str(&format!("log in once with {url}/login?token={secret}\n"));
        lines.push_str(&format!("(the link lasts {minutes} minutes; `throughline login-link` makes another)\n"));
    }
    Ok(lines)
}

/// Prints at once: whoever starts the server waits for these lines. A closed pipe is no reason to stop.
pub(super) fn print_now(text: &str) {
    let mut output = std::io::stdout().lock();
    let _ = output.write_all(text.as_bytes()).and_then(|()| output.flush());
}
