//! Whether the server lives, whether it can take deliveries, and what it counts.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde_json::json;
use throughline_store::ledger;

use crate::app::App;
use crate::http::problem::{Code, Problem, internal};

/// The process answers.
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "alive" }))
}

/// The database answers and the queue has room.
///
/// # Errors
/// 503 where it does not.
pub async fn ready(app: Data<App>) -> Result<HttpResponse, Problem> {
    app.question(|desk| desk.store.read(ledger::read_head)).await?;
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
    let projected = app.desk.live.read().cursor;
    let text = app.metrics.text(app.journal.head().size, projected).map_err(|error| internal(&error))?;
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text))
}
