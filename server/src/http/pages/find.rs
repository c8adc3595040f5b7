//! `/find?q=`: the search box. What names one thing leads to its page; everything else is searched for, and listed.

use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use serde_json::json;
use throughline_domain::node::NodeKind;
use throughline_domain::queries::tickets::{self, TicketKind};

use crate::answer::{NodeSummary, ResolveAnswer, SearchAnswer};
use crate::app::App;
use crate::ask::Desk;
use crate::http::pages::{self, Page};
use crate::http::problem::Problem;
use crate::plain;
use crate::search::{self, Filter, SearchError};

/// How many results are shown while somebody types.
const OPTIONS: usize = 8;

/// What the search box sends, and the form of filters below it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct FindQuery {
    q: String,
    kind: String,
    service: String,
    environment: String,
    team: String,
    after: String,
    before: String,
}

/// What came of looking.
struct Found {
    /// What the text names, where no filter was chosen.
    resolved: Option<ResolveAnswer>,
    /// What holds its words and fits the filters, or why that cannot be said.
    searched: Result<SearchAnswer, String>,
}

/// The page of what was found.
pub async fn page(app: Data<App>, request: HttpRequest, query: Query<FindQuery>) -> HttpResponse {
    let query = query.into_inner();
    let asked = query.clone();
    let found = match app.question(move |desk| look(desk, &asked)).await {
        Ok(found) => found,
        Err(problem) => return pages::problem_page(&app, &request, &problem),
    };
    let one = found.resolved.as_ref().filter(|answer| answer.result == "one");
    if let Some(node) = one.and_then(|answer| answer.candidates.first()) {
        return HttpResponse::SeeOther().insert_header((LOCATION, page_of(&query.q, &node.key))).finish();
    }
    let mut page = Page::new(&app, &request, "Search", "none");
    page.insert("query", &query.q);
    page.insert("chosen", &query);
    page.insert("asked", &plain::line(&query.q));
    page.insert("nodes", &found.nodes());
    page.insert("hint", &found.resolved.as_ref().and_then(|answer| answer.hint.as_deref()));
    page.insert("filters", &found.searched.as_ref().map(|answer| answer.filters.as_slice()).unwrap_or_default());
    page.insert("more", &found.searched.as_ref().is_ok_and(|answer| answer.more));
    page.insert("fault", &found.searched.as_ref().err());
    page.insert("kinds", &kinds());
    pages::show(&app, "search.html", &page)
}

/// The first results of what stands in the box, as a fragment of a page: what the script shows while somebody types.
///
/// A search that cannot be read is an answer here, too: nobody has finished typing it.
pub async fn options(app: Data<App>, request: HttpRequest, query: Query<FindQuery>) -> HttpResponse {
    let text = query.into_inner().q;
    let answer = app.question(move |desk| typed(desk, &text)).await;
    match answer {
        Ok(searched) => {
            let mut page = Page::new(&app, &request, "Search", "none");
            page.insert("nodes", &searched.as_ref().map(|answer| answer.results.as_slice()).unwrap_or_default());
            page.insert("more", &searched.as_ref().is_ok_and(|answer| answer.more));
            page.insert("fault", &searched.as_ref().err());
            pages::show(&app, "search_options.html", &page)
        }
        Err(problem) => pages::problem_page(&app, &request, &problem),
    }
}

/// The page of a node, or of one of its own tickets where the text is such a ticket's name.
fn page_of(text: &str, key: &str) -> String {
    match tickets::asked(text) {
        Some((TicketKind::BuildAndTest, _)) => plain::build_and_test_href(key),
        Some((TicketKind::Ops, _)) => plain::ops_href(key),
        None => plain::node_href(key),
    }
}

fn look(desk: &Desk, asked: &FindQuery) -> Result<Found, Problem> {
    let resolved = if asked.filters().next().is_none() { Some(desk.resolve(&asked.q)?) } else { None };
    if resolved.as_ref().is_some_and(|answer| answer.result == "one") {
        return Ok(Found { resolved, searched: Err(String::new()) });
    }
    let searched = asked.read().and_then(|query| desk.search_for(&query, search::PAGE));
    Ok(Found { resolved, searched: said(searched)? })
}

/// Filters without a word would look at every node at each letter that is typed; they are answered on the page.
fn typed(desk: &Desk, text: &str) -> Result<Result<SearchAnswer, String>, Problem> {
    let searched = search::Query::parse(text).map_err(SearchError::from).and_then(|query| {
        let limit = if query.words.is_empty() { None } else { Some(OPTIONS) };
        limit.map(|limit| desk.search_for(&query, limit)).transpose()
    });
    Ok(said(searched)?.and_then(|answer| answer.ok_or_else(|| "Enter lists what fits the filters".to_owned())))
}

/// What a person may read of an error; that of the database is none of these.
fn said<T>(searched: Result<T, SearchError>) -> Result<Result<T, String>, Problem> {
    match searched {
        Ok(answer) => Ok(Ok(answer)),
        Err(SearchError::Store(error)) => Err(error.into()),
        Err(error @ (SearchError::Query(_) | SearchError::Nothing { .. } | SearchError::Several { .. })) => {
            Ok(Err(error.to_string()))
        }
    }
}

/// Every kind with its word and its name for people.
fn kinds() -> Vec<serde_json::Value> {
    NodeKind::ALL.iter().map(|kind| json!({ "word": kind.word(), "label": kind.label() })).collect()
}

impl FindQuery {
    /// The filters that were chosen in the form.
    fn filters(&self) -> impl Iterator<Item = (Filter, &str)> {
        let Self { q: _, kind, service, environment, team, after, before } = self;
        let chosen = [
            (Filter::Kind, kind),
            (Filter::Service, service),
            (Filter::Environment, environment),
            (Filter::Team, team),
            (Filter::After, after),
            (Filter::Before, before),
        ];
        chosen.into_iter().map(|(filter, value)| (filter, value.trim())).filter(|(_, value)| !value.is_empty())
    }

    fn read(&self) -> Result<search::Query, SearchError> {
        let mut query = search::Query::parse(&self.q)?;
        for (filter, value) in self.filters() {
            query.set(filter, value)?;
        }
        Ok(query)
    }
}

impl Found {
    /// What holds the words, the best first; behind it what else is called so.
    fn nodes(&self) -> Vec<&NodeSummary> {
        let mut nodes: Vec<&NodeSummary> = self.searched.iter().flat_map(|answer| &answer.results).collect();
        for candidate in self.resolved.iter().flat_map(|answer| &answer.candidates) {
            if nodes.iter().all(|node| node.key != candidate.key) {
                nodes.push(candidate);
            }
        }
        nodes
    }
}
