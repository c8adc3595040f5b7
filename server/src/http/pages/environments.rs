//! `/environments`: what runs where, what is tainted, and how two environments differ.

use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

use crate::app::App;
use crate::ask::{AskError, Desk};
use crate::http::pages::{self, Page};
use crate::places::{DiffAnswer, PlacesAnswer};

/// As of when, and which two are compared.
#[derive(Clone, Debug, Deserialize)]
pub struct EnvironmentsQuery {
    at: Option<String>,
    left: Option<String>,
    left_at: Option<String>,
    right: Option<String>,
    right_at: Option<String>,
}

/// The page of environments.
pub async fn page(app: Data<App>, request: HttpRequest, query: Query<EnvironmentsQuery>) -> HttpResponse {
    let query = query.into_inner();
    let asked = query.clone();
    match app.question(move |desk| contents(desk, &asked)).await {
        Ok((answer, diff)) => {
            let mut page = Page::new(&app, &request, "Environments", "environments");
            page.insert("answer", &answer);
            page.insert("diff", &diff);
            let (left, right) = sides(&query, &answer);
            for (name, value) in [
                ("left", left),
                ("right", right),
                ("at", query.at.as_deref()),
                ("left_at", query.left_at.as_deref()),
                ("right_at", query.right_at.as_deref()),
            ] {
                page.insert(name, &value);
            }
            pages::show(&app, "environments.html", &page)
        }
        Err(problem) => pages::problem_page(&app, &request, &problem),
    }
}

/// What the form shows: what was asked, or else the last two environments of the way.
fn sides<'a>(query: &'a EnvironmentsQuery, answer: &'a PlacesAnswer) -> (Option<&'a str>, Option<&'a str>) {
    let order = &answer.environments;
    let usual = |back: usize| order.len().checked_sub(back).and_then(|place| order.get(place)).map(String::as_str);
    (query.left.as_deref().or(usual(2)), query.right.as_deref().or(usual(1)))
}

fn contents(desk: &Desk, query: &EnvironmentsQuery) -> Result<(PlacesAnswer, Option<DiffAnswer>), AskError> {
    let places = desk.places(query.at.as_deref())?;
    let both = query.left.as_deref().zip(query.right.as_deref());
    let diff =
        both.map(|(left, right)| desk.diff((left, query.left_at.as_deref()), (right, query.right_at.as_deref()), None));
    Ok((places, diff.transpose()?))
}
