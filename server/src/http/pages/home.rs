//! `/`: one search box, what happened last, and what the ledger holds.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};
use throughline_domain::graph::NodeId;
use throughline_store::{deliveries, questions};

use crate::app::App;
use crate::ask::Desk;
use crate::http::pages::{self, Page};
use crate::http::problem::Problem;

/// How many events are listed.
const RECENT: i64 = 12;

/// The kinds whose short forms are worth trying in the search box.
const SHOWN_AS_EXAMPLES: [&str; 4] = ["ticket", "change", "alert", "commit"];

/// The home page.
pub async fn page(app: Data<App>, request: HttpRequest) -> HttpResponse {
    match app.question(contents).await {
        Ok((recent, counts, examples)) => {
            let mut page = Page::new(&app, &request, "Throughline", "home");
            page.insert("empty", &app.sources.all().is_empty());
            page.insert("recent", &recent);
            page.insert("counts", &counts);
            page.insert("examples", &examples);
            pages::show(&app, "home.html", &page)
        }
        Err(problem) => pages::problem_page(&app, &request, &problem),
    }
}

type Contents = (Vec<Value>, Vec<Value>, Vec<String>);

fn contents(desk: &Desk) -> Result<Contents, Problem> {
    let (events, statuses) = desk
        .store
        .read(|connection| Ok((questions::recent(connection, RECENT)?, deliveries::count_by_status(connection)?)))?;
    let nodes: Vec<NodeId> = events.iter().map(|event| NodeId(event.node)).collect();
    let summaries = desk.summaries(&nodes)?;
    let recent = events
        .iter()
        .filter_map(|event| {
            let node = summaries.get(&event.node)?;
            Some(json!({ "node": node, "what": event.line.what, "at": event.line.at.to_string(), "summary": event.line.summary }))
        })
        .collect();
    let mut examples: Vec<String> = Vec::new();
    for node in summaries.values().filter(|node| SHOWN_AS_EXAMPLES.contains(&node.kind.as_str())) {
        let example = node.reference.clone().unwrap_or_else(|| node.title.clone());
        if example.len() <= 32 && !examples.contains(&example) && examples.len() < 4 {
            examples.push(example);
        }
    }
    let deliveries: u64 = statuses.values().sum();
    let state = desk.live.read();
    let counts = [("deliveries", deliveries), ("ledger entries folded", state.cursor)];
    let counts = counts.map(|(label, count)| json!({ "label": label, "count": count })).to_vec();
    Ok((recent, counts, examples))
}
