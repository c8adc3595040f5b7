//! The log: what it looks like and where it goes. Never a secret, never a body.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use tracing_actix_web::RootSpanBuilder;
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

/// What the log says of a request: method and path. The query may carry a login link's secret, and stays out.
#[derive(Debug)]
pub struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> tracing::Span {
        tracing::info_span!("request", method = %request.method(), path = request.path(), status = tracing::field::Empty)
    }

    fn on_request_end<B: MessageBody>(span: tracing::Span, outcome: &Result<ServiceResponse<B>, actix_web::Error>) {
        let status = match outcome {
            Ok(response) => response.status(),
            Err(error) => error.as_response_error().status_code(),
        };
        span.record("status", status.as_u16());
        tracing::debug!(parent: &span, "answered");
    }
}
