//! `/deliveries`: what was received, what came of it, and another try for what could not be read.

use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Form, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;
use throughline_store::{DeliveryStatus, deliveries};

use crate::app::App;
use crate::http::login::PlainForm;
use crate::http::pages::{self, Page};
use crate::http::problem::Problem;
use crate::http::session;
use crate::received::{self, DeliveryDetail, ListQuery};

/// The list.
pub async fn list(app: Data<App>, request: HttpRequest, query: Query<ListQuery>) -> HttpResponse {
    let query = query.into_inner();
    let filter = query.clone();
    let sources = std::sync::Arc::clone(&app.sources);
    let found = app
        .question(move |desk| {
            let list = received::list(desk, &sources, &filter)?;
            Ok::<_, Problem>((list, desk.store.read(deliveries::count_by_status)?))
        })
        .await;
    match found {
        Ok((list, counts)) => {
            let chosen = query.status.clone().unwrap_or_default();
            let statuses: Vec<_> = DeliveryStatus::ALL
                .into_iter()
                .map(|status| {
                    let count = counts.get(&status).copied().unwrap_or_default();
                    json!({ "word": status.word(), "count": count, "selected": status.word() == chosen })
                })
                .collect();
            let mut page = Page::new(&app, &request, "Deliveries", "deliveries");
            page.insert("deliveries", &list.deliveries);
            page.insert("statuses", &statuses);
            page.insert("next", &list.next.map(|before| query.address(before)));
            page.insert("filter", &json!({ "status": query.status, "source": query.source }));
            pages::show(&app, "deliveries.html", &page)
        }
        Err(problem) => pages::problem_page(&app, &request, &problem),
    }
}

/// One delivery: headers, body, facts, and the proof that it is in the ledger.
pub async fn one(app: Data<App>, request: HttpRequest, entry: Path<u64>) -> HttpResponse {
    let entry = entry.into_inner();
    let sources = std::sync::Arc::clone(&app.sources);
    match app.question(move |desk| received::detail(desk, &sources, entry)).await {
        Ok(detail) => {
            let DeliveryDetail { delivery, replayable, headers, body, body_cut, facts, proof } = detail;
            let mut page = Page::new(&app, &request, &format!("Delivery {entry}"), "deliveries");
            page.insert("delivery", &delivery);
            page.insert("replayable", &replayable);
            page.insert("headers", &headers);
            page.insert("body", &body);
            page.insert("body_cut", &body_cut);
            page.insert("facts", &facts.map(|facts| serde_json::to_string_pretty(&facts).unwrap_or_default()));
            page.insert("proof", &proof);
            pages::show(&app, "delivery.html", &page)
        }
        Err(problem) => pages::problem_page(&app, &request, &problem),
    }
}

/// Reads a delivery again, and shows what came of it.
pub async fn replay(
    app: Data<App>,
    request: HttpRequest,
    entry: Path<u64>,
    form: Form<PlainForm>,
) -> Result<HttpResponse, Problem> {
    session::check_form(&app, &request, &form.csrf)?;
    let entry = entry.into_inner();
    let replay = app.replay();
    app.question(move |desk| replay(desk, entry)).await?;
    Ok(HttpResponse::SeeOther().insert_header((LOCATION, format!("/deliveries/{entry}#outcome"))).finish())
}
