//! `/board`, `/ready` and `/release-decisions`: what waits, whether it can go out, and what people decide about it.

use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Form, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};
use throughline_domain::node::NodeKind;

use crate::app::App;
use crate::ask::Desk;
use crate::clock;
use crate::http::api::release::{keep_decision, keep_verdict};
use crate::http::pages::{self, Page};
use crate::http::problem::Problem;
use crate::http::session;
use crate::places::{BoardAnswer, BoardRow};
use crate::plain;
use crate::readiness::answer::{ReadyAnswer, title};
use crate::readiness::{self, ReadyRequest, record};
use crate::release::{Decided, ReleaseRequest};

/// The most environments that the form offers.
const MAX_OFFERED: usize = 200;

/// What the page of a candidate is asked.
#[derive(Debug, Deserialize)]
pub struct ReadyQuery {
    #[serde(default)]
    candidate: String,
    #[serde(default, rename = "for")]
    environment: String,
    service: Option<String>,
    again: Option<u64>,
}

/// What the form that records a verdict sends.
#[derive(Debug, Deserialize)]
pub struct RecordForm {
    csrf: String,
    candidate: String,
    #[serde(rename = "for")]
    environment: String,
    service: Option<String>,
}

/// What a form about a decision sends.
#[derive(Debug, Deserialize)]
pub struct DecisionForm {
    csrf: String,
    candidate: String,
    #[serde(rename = "for")]
    environment: String,
    service: Option<String>,
    decision: Decided,
    gate: Option<String>,
    reason: String,
    expires: Option<String>,
}

/// What waits before each environment.
pub async fn board(app: Data<App>, request: HttpRequest) -> HttpResponse {
    match app.question(|desk| desk.board(None)).await {
        Ok(answer) => {
            let mut page = Page::new(&app, &request, "Board", "board");
            page.insert("groups", &groups(&answer));
            page.insert("note", &answer.note);
            pages::show(&app, "board.html", &page)
        }
        Err(problem) => pages::problem_page(&app, &request, &problem),
    }
}

/// Whether something can go out; without a candidate or an environment, a form that asks for them.
pub async fn ready(app: Data<App>, request: HttpRequest, query: Query<ReadyQuery>) -> HttpResponse {
    let ReadyQuery { candidate, environment, service, again } = query.into_inner();
    if let Some(entry) = again {
        return judged_again(&app, &request, entry).await;
    }
    if candidate.trim().is_empty() || environment.trim().is_empty() {
        let environments = match app.question(environments).await {
            Ok(environments) => environments,
            Err(problem) => return pages::problem_page(&app, &request, &problem),
        };
        let mut page = Page::new(&app, &request, "Can it go out?", "board");
        page.insert("candidate", &candidate);
        page.insert("environment", &environment);
        page.insert("environments", &environments);
        return pages::show(&app, "ready_form.html", &page);
    }
    let asked = ReadyRequest { candidate, environment, service };
    match app.question(move |desk| readiness::judge(desk, &asked, clock::now())).await {
        Ok(judged) => {
            let heading = format!("{} for {}", title(judged.answer.outcome), judged.answer.environment.title);
            let mut page = Page::new(&app, &request, &heading, "board");
            insert(&mut page, &judged.answer);
            page.insert("again", &None::<Value>);
            pages::show(&app, "ready.html", &page)
        }
        Err(problem) => pages::problem_page(&app, &request, &problem),
    }
}

/// Keeps a verdict in the ledger, and shows it.
pub async fn record_verdict(app: Data<App>, request: HttpRequest, form: Form<RecordForm>) -> HttpResponse {
    let RecordForm { csrf, candidate, environment, service } = form.into_inner();
    let identity = match session::check_form(&app, &request, &csrf) {
        Ok(identity) => identity,
        Err(problem) => return pages::problem_page(&app, &request, &problem),
    };
    let asked = ReadyRequest { candidate, environment, service };
    match keep_verdict(&app, &identity, asked).await {
        Ok(answer) => see(&format!("/ready?again={}", answer.entry.unwrap_or_default())),
        Err(problem) => pages::problem_page(&app, &request, &problem),
    }
}

/// Keeps a decision, and shows the page again that it was made on.
pub async fn decide(app: Data<App>, request: HttpRequest, form: Form<DecisionForm>) -> HttpResponse {
    let DecisionForm { csrf, candidate, environment, service, decision, gate, reason, expires } = form.into_inner();
    let identity = match session::check_form(&app, &request, &csrf) {
        Ok(identity) => identity,
        Err(problem) => return pages::problem_page(&app, &request, &problem),
    };
    let back = plain::ready_for_href(&candidate, &environment);
    let decided = ReleaseRequest { candidate, environment, service, decision, gate, reason, expires };
    match keep_decision(&app, &identity, decided).await {
        Ok(_) => see(&format!("{back}#decisions")),
        Err(problem) => pages::problem_page(&app, &request, &problem),
    }
}

/// A recorded verdict, with what judging it again gives.
async fn judged_again(app: &App, request: &HttpRequest, entry: u64) -> HttpResponse {
    match app.question(move |desk| record::again(desk, entry, clock::now())).await {
        Ok(again) => {
            let recorded = &again.recorded;
            let heading = format!("{} for {}", title(recorded.outcome), recorded.environment.title);
            let mut page = Page::new(app, request, &heading, "board");
            insert(&mut page, recorded);
            page.insert(
                "again",
                &json!({
                    "entry": entry,
                    "same": again.same,
                    "differences": again.differences,
                    "now": again.now.as_ref().map(|now| json!({ "title": title(now.outcome), "headline": now.headline })),
                    "changed": again.changed,
                }),
            );
            pages::show(app, "ready.html", &page)
        }
        Err(problem) => pages::problem_page(app, request, &problem),
    }
}

fn insert(page: &mut Page, answer: &ReadyAnswer) {
    let gates: Vec<Value> = answer
        .gates
        .iter()
        .map(|gate| json!({ "answer": gate, "state": gate.state.title(), "mark": gate.state.mark() }))
        .collect();
    page.insert("title", title(answer.outcome));
    page.insert("word", answer.outcome.word());
    page.insert("gates", &gates);
    page.insert("href", &plain::ready_for_href(&answer.candidate.key, &answer.environment.key));
    page.insert("sha256", &answer.policy.sha256.chars().take(12).collect::<String>());
    page.insert("answer", answer);
}

/// The rows of the board by environment, in each the one that has waited longest first.
fn groups(answer: &BoardAnswer) -> Vec<Value> {
    let mut environments: Vec<&str> = Vec::new();
    for row in &answer.rows {
        if !environments.contains(&row.environment.key.as_str()) {
            environments.push(&row.environment.key);
        }
    }
    let group = |key: &&str| {
        let mut rows: Vec<&BoardRow> = answer.rows.iter().filter(|row| row.environment.key == *key).collect();
        rows.sort_by(|one, other| {
            (one.waiting_since.is_none(), &one.waiting_since, &one.service.key).cmp(&(
                other.waiting_since.is_none(),
                &other.waiting_since,
                &other.service.key,
            ))
        });
        let environment = rows.first().map(|row| row.environment.clone());
        let rows: Vec<Value> = rows.into_iter().map(shown).collect();
        json!({ "environment": environment, "rows": rows })
    };
    environments.iter().map(group).collect()
}

fn shown(row: &BoardRow) -> Value {
    let candidate = row.candidate.as_ref().unwrap_or(&row.deployment);
    json!({
        "service": row.service,
        "from": row.from,
        "deployment": row.deployment,
        "candidate": candidate,
        "running": row.running,
        "brings": brings(row),
        "changes": row.changes,
        "tickets": row.tickets,
        "waiting_since": row.waiting_since,
        "waiting": row.waiting_days.map(waiting),
        "href": plain::ready_for_href(&candidate.key, &row.environment.key),
    })
}

/// How much a candidate brings, in words.
fn brings(row: &BoardRow) -> String {
    if row.is_unknown {
        return "it cannot be told what".to_owned();
    }
    let counts = [
        (row.commits, "commit", "commits"),
        (row.changes.len(), "pull request", "pull requests"),
        (row.tickets.len(), "ticket", "tickets"),
    ];
    counts.map(|(count, one, more)| format!("{count} {}", if count == 1 { one } else { more })).join(", ")
}

/// How long something has waited, in words.
fn waiting(days: f64) -> String {
    if days < 1.0 {
        return "less than a day".to_owned();
    }
    let whole = days.floor();
    format!("{whole:.0} day{}", if whole < 2.0 { "" } else { "s" })
}

/// The names of the environments that are known, for the form.
fn environments(desk: &Desk) -> Result<Vec<String>, Problem> {
    let nodes: Vec<_> = {
        let state = desk.live.read();
        let found = state.graph.nodes().filter(|(_, record)| record.kind == NodeKind::Environment);
        found.map(|(node, _)| node).take(MAX_OFFERED).collect()
    };
    let mut names: Vec<String> = desk.summaries(&nodes)?.into_values().map(|node| node.title).collect();
    names.sort();
    names.dedup();
    Ok(names)
}

fn see(address: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, address)).finish()
}

#[cfg(test)]
mod tests {
    use super::waiting;

    #[test]
    fn waiting_is_told_in_whole_days() {
        for (days, expected) in [(0.0, "less than a day"), (0.99, "less than a day"), (1.0, "1 day"), (12.7, "12 days")]
        {
            assert_eq!(waiting(days), expected);
        }
    }
}
