//! `/sources` and `/providers/{name}`: who delivers, what came of it, and what to click in each tool.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;
use throughline_store::{deliveries, questions};
use throughline_webhooks::providers;

use crate::app::App;
use crate::backfill::gaps;
use crate::http::pages::{self, Page};
use crate::http::problem::{Code, Problem};
use crate::{manual, sources};

/// The most gaps that are shown.
const SHOWN_GAPS: usize = 50;

/// Every source, and what is known to be missing of what they have sent.
pub async fn page(app: Data<App>, request: HttpRequest) -> HttpResponse {
    let found = app
        .question(|desk| {
            desk.store.read(|connection| {
                let counts = deliveries::count_by_source(connection)?;
                let mut last = std::collections::BTreeMap::new();
                for (name, count) in &counts {
                    if let Some(entry) = count.last {
                        last.insert(name.clone(), questions::received(connection, entry)?);
                    }
                }
                Ok((counts, last, gaps::all(connection)?))
            })
        })
        .await;
    let (counts, last, gaps) = match found {
        Ok(found) => found,
        Err(problem) => return pages::problem_page(&app, &request, &problem),
    };
    let all = app.sources.all();
    let mut names: Vec<&String> = all.keys().collect();
    names.sort_unstable();
    let rows: Vec<_> = names
        .into_iter()
        .filter_map(|name| {
            let source = all.get(name)?;
            let count = counts.get(name).cloned().unwrap_or_default();
            Some(json!({
                "name": name,
                "provider": source.provider.name,
                "title": source.provider.title,
                "url": format!("{}{}", app.settings.public_url(), sources::path_of(source.provider.name, name)),
                "received": count.received,
                "failed": count.failed,
                "rejected": app.metrics.rejected_of(name),
                "last_received": last.get(name).copied().flatten().map(|at| at.to_string()),
            }))
        })
        .collect();
    let mut page = Page::new(&app, &request, "Sources", "sources");
    page.insert("sources", &rows);
    page.insert("gaps", &gaps.gaps.iter().take(SHOWN_GAPS).collect::<Vec<_>>());
    page.insert("more_gaps", &gaps.gaps.len().saturating_sub(SHOWN_GAPS));
    pages::show(&app, "sources.html", &page)
}

/// A provider's page for operators.
pub async fn provider(app: Data<App>, request: HttpRequest, name: Path<String>) -> HttpResponse {
    let Some(provider) = providers::find(&name) else {
        let problem = Problem::new(Code::NotFound, "there is no such provider; /sources lists those that are in use");
        return pages::problem_page(&app, &request, &problem);
    };
    let mut page = Page::new(&app, &request, provider.title, "sources");
    page.insert("provider", &json!({ "name": provider.name, "title": provider.title }));
    page.insert("manual", &manual::to_html(provider.documentation));
    pages::show(&app, "provider.html", &page)
}
