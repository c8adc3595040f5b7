//! `/islands`, `/doctor`, `/build-and-test/{key}` and `/ops/{key}`: what is missing and why, and the ledger's own tickets.

use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::json;

use crate::app::App;
use crate::http::pages::{self, Page};
use crate::http::problem::{Code, Problem};
use crate::islands::IslandsQuery;

/// What the doctor is asked.
#[derive(Debug, Deserialize)]
pub struct DoctorQuery {
    #[serde(default)]
    of: String,
}

/// What the form of filters and the links to further pages send. A page has as many islands as an answer unless asked.
#[derive(Debug, Deserialize)]
pub struct IslandsForm {
    kind: Option<String>,
    what: Option<String>,
    of: Option<String>,
    skip: Option<usize>,
}

/// Everything that lacks something.
pub async fn islands(app: Data<App>, request: HttpRequest, query: Query<IslandsForm>) -> HttpResponse {
    let IslandsForm { kind, what, of, skip } = query.into_inner();
    let filled = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let query = IslandsQuery { kind: filled(kind), what: filled(what), of: filled(of), skip, limit: None };
    if let Err(cause) = query.check() {
        return pages::problem_page(&app, &request, &Problem::new(Code::BadRequest, cause));
    }
    let asked = query.clone();
    match app.question(move |desk| desk.islands(&asked)).await {
        Ok(answer) => {
            let mut page = Page::new(&app, &request, "Islands", "islands");
            page.insert("next", &answer.next.map(|skip| query.address(skip)));
            page.insert("filter", &json!({ "kind": query.kind, "what": query.what, "of": query.of }));
            page.insert("first", &query.skip.unwrap_or_default().saturating_add(1));
            page.insert("answer", &answer);
            pages::show(&app, "islands.html", &page)
        }
        Err(problem) => pages::problem_page(&app, &request, &problem),
    }
}

/// Why something cannot be traced.
pub async fn doctor(app: Data<App>, request: HttpRequest, query: Query<DoctorQuery>) -> HttpResponse {
    let of = query.into_inner().of;
    if of.trim().is_empty() {
        let mut page = Page::new(&app, &request, "Doctor", "islands");
        page.insert("answer", &None::<String>);
        return pages::show(&app, "doctor.html", &page);
    }
    match app.question(move |desk| desk.doctor(&of)).await {
        Ok(answer) => {
            let mut page = Page::new(&app, &request, "Doctor", "islands");
            page.insert("answer", &answer);
            pages::show(&app, "doctor.html", &page)
        }
        Err(problem) => pages::problem_page(&app, &request, &problem),
    }
}

/// The build-and-test ticket of a change.
pub async fn build_and_test(app: Data<App>, request: HttpRequest, key: Path<String>) -> HttpResponse {
    let key = key.into_inner();
    match app.question(move |desk| desk.build_and_test(&key)).await {
        Ok(answer) => {
            let mut page = Page::new(&app, &request, &answer.name, "none");
            page.insert("answer", &answer);
            pages::show(&app, "build_and_test.html", &page)
        }
        Err(problem) => pages::problem_page(&app, &request, &problem),
    }
}

/// The ops ticket of a candidate.
pub async fn ops_ticket(app: Data<App>, request: HttpRequest, key: Path<String>) -> HttpResponse {
    let key = key.into_inner();
    match app.question(move |desk| desk.ops_ticket(&key)).await {
        Ok(answer) => {
            let mut page = Page::new(&app, &request, &answer.name, "none");
            page.insert("answer", &answer);
            pages::show(&app, "ops_ticket.html", &page)
        }
        Err(problem) => pages::problem_page(&app, &request, &problem),
    }
}
