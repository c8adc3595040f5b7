//! `/history`: the change history of a period, with what is out of the ordinary, totals and a sample.

use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use serde_json::json;
use throughline_domain::audit::columns::Cell;
use throughline_domain::audit::controls::Controls;
use throughline_domain::audit::exceptions::Exception;
use throughline_domain::audit::row::Row;
use throughline_domain::time::Timestamp;

use crate::app::App;
use crate::audit::plan::{self, AuditQuery, Plan, given};
use crate::audit::{AuditError, Ending, Format, Header, Writer, run};
use crate::clock;
use crate::http::pages::{self, Page};

/// How many rows a page has.
const PAGE: u64 = 100;

/// The most changes that a page adds up; an export has no bound.
const MAX_CHANGES: usize = 2_000;

/// How long the period is where nobody has said it, in days.
const DAYS: i64 = 30;

const SECONDS_PER_DAY: i64 = 86_400;

/// Where a page of rows begins.
#[derive(Debug, Deserialize)]
pub struct Skip {
    skip: Option<u64>,
}

/// A row as the page shows it.
#[derive(Debug, Serialize)]
struct ShownRow {
    number: u64,
    at: Option<String>,
    environment: String,
    service: String,
    kind: &'static str,
    key: String,
    what: Vec<String>,
    tickets: Vec<String>,
    why: Vec<String>,
    changes: Vec<String>,
    titles: Vec<String>,
    authors: Vec<String>,
    approvals: Vec<String>,
    tests: Vec<String>,
    weakest_link: Vec<String>,
    exceptions: Vec<ShownException>,
}

#[derive(Debug, Serialize)]
struct ShownException {
    title: &'static str,
    meaning: &'static str,
}

/// The rows of one page, taken out of the report as it goes by.
struct Rows {
    skip: u64,
    rows: Vec<ShownRow>,
}

impl Writer for Rows {
    fn begin(&mut self, _header: &Header) -> Result<(), AuditError> {
        Ok(())
    }

    fn row(&mut self, header: &Header, row: &Row) -> Result<(), AuditError> {
        if row.number > self.skip && row.number <= self.skip.saturating_add(PAGE) {
            self.rows.push(shown(header, row));
        }
        Ok(())
    }

    fn end(&mut self, _header: &Header, _ending: &Ending) -> Result<(), AuditError> {
        Ok(())
    }
}

/// The page.
pub async fn page(app: Data<App>, request: HttpRequest, query: Query<AuditQuery>, skip: Query<Skip>) -> HttpResponse {
    let now = clock::now();
    let query = with_period(query.into_inner(), now);
    let skip = skip.into_inner().skip.unwrap_or_default();
    let folder = app.settings.server.data_folder.clone();
    let asked = query.clone();
    let answered = app
        .question(move |desk| {
            let controls = plan::controls(None, &folder)?;
            let plan = Plan::read(desk, &asked, &controls, now)?.bounded(MAX_CHANGES);
            let mut rows = Rows { skip, rows: Vec::new() };
            let ending = run::report(desk, &plan, &mut rows, &mut |_, _| Ok(()), None)?;
            Ok::<_, AuditError>((plan.header, controls, rows.rows, ending))
        })
        .await;
    match answered {
        Ok((header, controls, rows, ending)) => {
            let mut page = Page::new(&app, &request, "History", "history");
            page.insert("filter", &query);
            page.insert("rows", &rows);
            page.insert("controls", &chosen(&controls, &header));
            page.insert("formats", &formats(&query));
            put_ending(&mut page, &header, &ending);
            let next = skip.saturating_add(PAGE);
            let is_more = next < ending.totals.reconciliation.rows;
            page.insert("next", &is_more.then(|| query.address("/history", &[("skip", &next.to_string())])));
            let before = skip.saturating_sub(PAGE).to_string();
            page.insert("before", &(skip > 0).then(|| query.address("/history", &[("skip", &before)])));
            pages::show(&app, "history.html", &page)
        }
        Err(problem) => pages::problem_page(&app, &request, &problem),
    }
}

/// The question with a period: the last days where none is given.
fn with_period(mut query: AuditQuery, now: Timestamp) -> AuditQuery {
    let day = |at: Timestamp| at.to_string().chars().take(10).collect::<String>();
    if given(&query.to).is_none() {
        query.to = Some(day(now));
    }
    if given(&query.from).is_none() {
        let end = query.period_end().unwrap_or(now);
        query.from = Some(day(end.plus_seconds(-DAYS * SECONDS_PER_DAY)));
    }
    query
}

fn put_ending(page: &mut Page, header: &Header, ending: &Ending) {
    let reconciliation = &ending.totals.reconciliation;
    let figures: Vec<_> = ending
        .totals
        .figures()
        .into_iter()
        .map(|(section, name, count)| json!({ "section": section, "name": name, "count": count }))
        .collect();
    let drawn: Vec<_> = ending
        .sample
        .drawn
        .iter()
        .map(|row| {
            let at = row.at.map(|at| at.to_string());
            json!({ "number": row.number, "key": row.key, "at": at, "environment": row.environment, "service": row.service })
        })
        .collect();
    let exceptions: Vec<_> = header
        .view
        .exceptions
        .iter()
        .map(|one| {
            let count = ending.totals.exceptions.count(one.word());
            json!({ "title": one.title(), "meaning": one.meaning(), "count": count })
        })
        .collect();
    page.insert("figures", &figures);
    page.insert("sample", &json!({ "seed": header.seed, "size": header.sample_size, "drawn": drawn }));
    page.insert("exceptions", &exceptions);
    page.insert("total", &reconciliation.rows);
    page.insert("balances", &reconciliation.balances());
    page.insert("with_exceptions", &ending.totals.with_exceptions);
}

fn chosen(controls: &Controls, header: &Header) -> Vec<serde_json::Value> {
    let all = controls.all().iter().map(|control| {
        let is_chosen = header.control.as_deref() == Some(control.id.as_str());
        json!({ "id": control.id, "framework": control.framework, "title": control.title,
            "assertion": control.assertion, "chosen": is_chosen })
    });
    all.collect()
}

/// Where the same report is fetched in each form.
fn formats(query: &AuditQuery) -> Vec<serde_json::Value> {
    let changes = Format::ALL.iter().map(|format| {
        let address = query.address("/api/v1/export/changes", &[("format", format.word())]);
        json!({ "name": format.word().to_uppercase(), "address": address })
    });
    let log = |word: &str, name: &str| json!({ "name": name, "address": query.address("/api/v1/export/changelog", &[("format", word)]) });
    changes.chain([log("markdown", "Change log, Markdown"), log("html", "Change log, HTML")]).collect()
}

fn shown(header: &Header, row: &Row) -> ShownRow {
    let texts = |name: &str| match row.cell(&header.view, name) {
        Some(Cell::List(list)) => list.clone(),
        Some(Cell::Text(text)) => vec![text.clone()],
        Some(Cell::Number(number)) => vec![number.to_string()],
        Some(Cell::Empty) | None => Vec::new(),
    };
    let exception = |one: &Exception| ShownException { title: one.title(), meaning: one.meaning() };
    ShownRow {
        number: row.number,
        at: row.at.map(|at| at.to_string()),
        environment: row.environment.clone(),
        service: row.service.clone(),
        kind: row.kind.word(),
        key: row.key.clone(),
        what: texts("candidate"),
        tickets: texts("tickets"),
        why: texts("ticket_titles"),
        changes: texts("changes"),
        titles: texts("change_titles"),
        authors: texts("authors"),
        approvals: texts("approvals"),
        tests: texts("tests"),
        weakest_link: texts("weakest_link"),
        exceptions: row.exceptions.iter().map(exception).collect(),
    }
}

#[cfg(test)]
mod tests {
    use throughline_domain::time::Timestamp;

    use super::with_period;
    use crate::audit::plan::AuditQuery;

    #[test]
    fn without_a_period_the_last_days_are_shown() {
        let now = Timestamp::parse("2026-03-31T12:00:00Z").unwrap();
        let query = with_period(AuditQuery::default(), now);
        assert_eq!((query.from.as_deref(), query.to.as_deref()), (Some("2026-03-02"), Some("2026-03-31")));
        let until = AuditQuery { to: Some("2026-02-10".to_owned()), ..AuditQuery::default() };
        assert_eq!(with_period(until, now).from.as_deref(), Some("2026-01-12"));
    }
}
