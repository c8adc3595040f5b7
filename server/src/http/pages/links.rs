//! `/links/decisions`: what a person decides about a link, by the forms of the pages.

use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Form};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

use crate::actions::Verdict;
use crate::app::App;
use crate::decide::DecisionRequest;
use crate::http::{api, pages, session};
use crate::plain;

/// What such a form sends.
#[derive(Debug, Deserialize)]
pub struct DecisionForm {
    /// The hidden field.
    csrf: String,
    /// The later end.
    from: String,
    /// The link kind's word.
    kind: String,
    /// The earlier end.
    to: String,
    /// The button that was pressed.
    verdict: Verdict,
    /// Why.
    reason: String,
    /// Key of the node whose page the form stands on.
    back: String,
}

/// Keeps a decision and shows the page again that it was made on.
pub async fn decide(app: Data<App>, request: HttpRequest, form: Form<DecisionForm>) -> HttpResponse {
    let DecisionForm { csrf, from, kind, to, verdict, reason, back } = form.into_inner();
    let identity = match session::check_form(&app, &request, &csrf) {
        Ok(identity) => identity,
        Err(problem) => return pages::problem_page(&app, &request, &problem),
    };
    let decision = DecisionRequest { from, kind, to, verdict, reason };
    match api::links::keep(&app, &identity, decision).await {
        Ok(_) => {
            let address = format!("{}#links", plain::node_href(&back));
            HttpResponse::SeeOther().insert_header((LOCATION, address)).finish()
        }
        Err(problem) => pages::problem_page(&app, &request, &problem),
    }
}
