//! `/catalog`: what the catalog says, what it does not know yet, and a form to put another one in its place.

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use crate::answer::{CatalogAnswer, CatalogGroup};
use crate::app::App;
use crate::catalog;
use crate::http::api::catalog::put_in_force;
use crate::http::pages::{self, Page};
use crate::http::problem::{Code, Problem};
use crate::http::{session, webhooks};

/// The most entries of a kind that the page lists.
const MAX_SHOWN: usize = 500;

/// The catalog in force.
pub async fn page(app: Data<App>, request: HttpRequest) -> HttpResponse {
    show(&app, &request, None).await
}

/// Puts the catalog of the form in force; one with a mistake is shown again with the mistake.
///
/// # Errors
/// 403 where the form is not this session's; as reading any body.
pub async fn apply(app: Data<App>, request: HttpRequest, payload: Payload) -> Result<HttpResponse, Problem> {
    // The form may hold a whole catalog, so the bound of other forms does not fit; the catalog has its own.
    let body = webhooks::raw_body(&app, &request, payload).await?;
    let mut text = String::new();
    let mut csrf = String::new();
    for (name, value) in url::form_urlencoded::parse(&body.bytes) {
        match name.as_ref() {
            "csrf" => csrf = value.into_owned(),
            // A browser sends the ends of lines as mail has them.
            "catalog" => text = value.replace("\r\n", "\n"),
            _ => {}
        }
    }
    session::check_form(&app, &request, &csrf)?;
    match put_in_force(&app, text.clone()).await {
        Ok(_) => Ok(HttpResponse::SeeOther().insert_header((LOCATION, "/catalog")).finish()),
        Err(problem) if problem.code == Code::BadRequest => {
            Ok(show(&app, &request, Some((text, problem.detail))).await)
        }
        Err(problem) => Err(problem),
    }
}

/// The page; with a text that was refused, and why.
async fn show(app: &App, request: &HttpRequest, refused: Option<(String, String)>) -> HttpResponse {
    match app.question(catalog::show).await {
        Ok(answer) => {
            let status = if refused.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
            let (text, mistake) = match refused {
                Some((text, mistake)) => (text, Some(mistake)),
                None => (answer.text.clone().unwrap_or_default(), None),
            };
            let mut page = Page::new(app, request, "Catalog", "catalog");
            page.insert("groups", &groups(&answer));
            page.insert("catalog", &answer);
            page.insert("text", &text);
            page.insert("mistake", &mistake);
            pages::render(app, "catalog.html", &page, status)
        }
        Err(problem) => pages::problem_page(app, request, &problem),
    }
}

/// The lists of the page: the first of each, and how many there are.
fn groups(answer: &CatalogAnswer) -> Vec<Value> {
    let groups = answer.groups.iter();
    groups
        .map(|CatalogGroup { one, title, entries }| {
            let shown: Vec<_> = entries.iter().take(MAX_SHOWN).collect();
            json!({ "one": one, "title": title, "count": entries.len(), "entries": shown })
        })
        .collect()
}
