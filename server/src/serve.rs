//! Listening, serving, and stopping gracefully.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::middleware::from_fn;
use actix_web::web::{Data, FormConfig, JsonConfig, PathConfig, QueryConfig};
use actix_web::{App as Site, HttpServer};
use tracing_actix_web::TracingLogger;

use crate::app::{App, Background, StartError};
use crate::config::Settings;
use crate::http;
use crate::http::problem::{Code, Problem};
use crate::telemetry;

/// How long requests that are under way may take when the server stops, in seconds.
const SHUTDOWN_SECONDS: u64 = 20;

/// How long the head of a request may take to arrive.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// The largest form of a page, and the largest body of a request that is read as one value, in bytes.
const FORM_BYTES: usize = 16_384;

/// A server that listens.
pub struct Running {
    /// What its requests share.
    pub app: Data<App>,
    background: Background,
    server: Server,
}

/// A server that has opened everything and does not serve yet.
pub struct Opened {
    /// What its requests will share.
    pub app: Data<App>,
    background: Background,
    listener: TcpListener,
}

/// Takes the address and opens everything. Blocks; call it outside of async code.
///
/// # Errors
/// A [`StartError`] that says what to do.
pub fn open(mut settings: Settings) -> Result<Opened, StartError> {
    let listener = listen(&settings.server.listen)?;
    let address = listener.local_addr().map_err(|cause| StartError::Internal(cause.to_string()))?;
    settings.server.listen = address.to_string();
    let (app, background) = App::start(settings)?;
    Ok(Opened { app: Data::new(app), background, listener })
}

impl Opened {
    /// Starts to serve. Call it within an actix system.
    ///
    /// # Errors
    /// That of the operating system.
    pub fn serve(self) -> std::io::Result<Running> {
        let Self { app, background, listener } = self;
        let shared = app.clone();
        let server = HttpServer::new(move || {
            Site::new()
                .app_data(shared.clone())
                .app_data(QueryConfig::default().error_handler(|cause, _| bad_request(&cause)))
                .app_data(PathConfig::default().error_handler(|cause, _| bad_request(&cause)))
                .app_data(JsonConfig::default().limit(FORM_BYTES).error_handler(|cause, _| bad_request(&cause)))
                .app_data(FormConfig::default().limit(FORM_BYTES).error_handler(|cause, _| bad_request(&cause)))
                .configure(http::configure)
                .wrap(from_fn(http::guard))
                .wrap(TracingLogger::<telemetry::RequestSpan>::new())
                .wrap(from_fn(http::harden))
        })
        .workers(app.settings.server.workers)
        .client_request_timeout(HEAD_TIMEOUT)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .disable_signals()
        .listen(listener)?
        .run();
        Ok(Running { app, background, server })
    }
}

impl Running {
    /// The handle that stops the server.
    pub fn handle(&self) -> ServerHandle {
        self.server.handle()
    }

    /// Serves until somebody stops the server; answers when everything has ended.
    ///
    /// # Errors
    /// That of the operating system.
    pub async fn until_stopped(self) -> std::io::Result<()> {
        let Self { app, background, server } = self;
        let served = server.await;
        // The last handle of the journal goes with the application; its writer ends when it has written everything.
        drop(app);
        let stopped = tokio::task::spawn_blocking(move || background.stop()).await;
        stopped.map_err(std::io::Error::other)?;
        served
    }
}

/// Watches for the signal that asks a process to stop, from now on; the answer waits for it.
///
/// # Errors
/// That of the operating system where signals cannot be watched.
#[cfg(unix)]
pub fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Watches for the signal that asks a process to stop; the answer waits for it.
///
/// # Errors
/// None here.
#[cfg(not(unix))]
pub fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}

fn listen(address: &str) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).map_err(|cause| {
        StartError::Refused(match cause.kind() {
            ErrorKind::AddrInUse => format!(
                "another program listens on {address}; stop it, or choose another address with server.listen or \
                 THROUGHLINE_SERVER_LISTEN"
            ),
            ErrorKind::PermissionDenied => {
                format!("this user may not listen on {address}; choose a port above 1023 with server.listen")
            }
            _ => format!("the server cannot listen on {address}: {cause}"),
        })
    })
}

fn bad_request(cause: &dyn std::fmt::Display) -> actix_web::Error {
    Problem::new(Code::BadRequest, cause.to_string()).into()
}
