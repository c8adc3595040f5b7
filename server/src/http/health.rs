//! Whether the server lives, whether it can take deliveries, and what it counts.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde_json::json;
use throughline_store::ledger;

use crate::app::App;
use crate::http::problem::{Code, Problem, internal};

/// How long the database may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// The process answers.
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "alive" }))
}

/// The database answers and the queue has room. It does not wait behind questions.
///
/// # Errors
/// 503 where it does not.
pub async fn ready(app: Data<App>) -> Result<HttpResponse, Problem> {
    let store = Arc::clone(&app.store);
    let head = tokio::task::spawn_blocking(move || store.read(ledger::read_head));
    match tokio::time::timeout(PATIENCE, head).await {
        Ok(Ok(head)) => head.map_err(Problem::from)?,
        Ok(Err(failure)) => return Err(internal(&failure)),
        Err(_) => return Err(Problem::new(Code::Unavailable, "the database does not answer")),
    };
    if !app.journal.has_room() {
        return Err(Problem::new(Code::Unavailable, "more deliveries are waiting to be written than are accepted"));
    }
    Ok(HttpResponse::Ok().json(json!({ "status": "ready" })))
}

/// The counters, for Prometheus.
///
/// # Errors
/// 500 where the library fails.
pub async fn metrics(app: Data<App>) -> Result<HttpResponse, Problem> {
    let projected = app.desk.live.covered();
    let text = app.metrics.text(app.journal.head().size.max(projected), projected).map_err(|error| internal(&error))?;
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text))
}
