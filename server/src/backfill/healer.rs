//! The running server's look for deliveries that were lost: every few minutes, where it may.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;

use super::heal::{self, Healed};
use super::{Intake, Login, credentials};
use crate::app::App;
use crate::sources::Source;

/// Looks at the deliveries of every GitHub source, again and again; ends at once where nobody has given a login.
///
/// The task holds a handle of the ledger's writer, so that it has to be ended before the server can stop.
pub async fn run(app: Data<App>) {
    let settings = &app.settings;
    if !settings.github.heal {
        return;
    }
    let login = match credentials::login(settings, "github") {
        Ok(Login::Nobody) => return,
        Ok(login) => login,
        Err(error) => {
            tracing::warn!(error = %error, "lost deliveries cannot be looked for");
            return;
        }
    };
    let Some(address) = credentials::address(settings, "github") else { return };
    let pause = Duration::from_secs(settings.github.heal_minutes.saturating_mul(60));
    loop {
        for source in sources(&app) {
            look(&app, address, &login, source).await;
        }
        tokio::time::sleep(pause).await;
    }
}

async fn look(app: &App, address: &str, login: &Login, source: Source) {
    let name = source.row.name.clone();
    let intake = Intake::new(Arc::clone(&app.store), app.journal.clone(), Arc::clone(&app.keys), source, false);
    match heal::look(address, login, &intake, &[]).await {
        Ok(Healed { fetched, gone, left_out }) => {
            if fetched > 0 || gone > 0 {
                tracing::warn!(source = name, fetched, gone, "deliveries had been lost");
            }
            for what in left_out {
                tracing::info!(source = name, what, "some webhooks could not be looked at");
            }
        }
        Err(error) => tracing::warn!(source = name, error = %error, "lost deliveries could not be looked for"),
    }
}

/// The sources of GitHub, in order of name.
fn sources(app: &App) -> Vec<Source> {
    let all = app.sources.all();
    let mut sources: Vec<Source> = all.values().filter(|source| source.provider.name == "github").cloned().collect();
    sources.sort_by(|one, other| one.row.name.cmp(&other.row.name));
    sources
}
