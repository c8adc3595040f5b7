//! `/find?q=`: the search box. One answer leads to its page; several are listed.

use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use throughline_domain::queries::tickets::{self, TicketKind};

use crate::app::App;
use crate::http::pages::{self, Page};
use crate::http::problem::Problem;
use crate::plain;

/// What the search box sends.
#[derive(Debug, Deserialize)]
pub struct FindQuery {
    #[serde(default)]
    q: String,
}

/// The page of a node, or of one of its own tickets where the text is such a ticket's name.
fn page_of(text: &str, key: &str) -> String {
    match tickets::asked(text) {
        Some((TicketKind::BuildAndTest, _)) => plain::build_and_test_href(key),
        Some((TicketKind::Ops, _)) => plain::ops_href(key),
        None => plain::node_href(key),
    }
}

/// The page of what was found.
pub async fn page(app: Data<App>, request: HttpRequest, query: Query<FindQuery>) -> HttpResponse {
    let text = query.into_inner().q;
    let asked = text.clone();
    let answer = app.question(move |desk| desk.resolve(&asked).map_err(Problem::from)).await;
    match answer {
        Ok(answer) => match (answer.result.as_str(), answer.candidates.first()) {
            ("one", Some(node)) => {
                HttpResponse::SeeOther().insert_header((LOCATION, page_of(&text, &node.key))).finish()
            }
            _ => {
                let mut page = Page::new(&app, &request, "Search", "none");
                page.insert("query", &answer.input);
                page.insert("answer", &answer);
                pages::show(&app, "search.html", &page)
            }
        },
        Err(problem) => pages::problem_page(&app, &request, &problem),
    }
}
