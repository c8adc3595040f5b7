//! `/node/{key}`: the page of a node, with its chain as a story and as a picture.

use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};
use throughline_domain::node::{NodeKind, Stage};

use crate::answer::{NodeAnswer, TraceAnswer};
use crate::app::App;
use crate::ask::{Desk, read_time};
use crate::firing::FiringAnswer;
use crate::http::pages::{self, Page};
use crate::http::problem::Problem;
use crate::whereabouts::WhereAnswer;
use crate::{decide, picture, story};

/// What may be asked besides.
#[derive(Debug, Deserialize)]
pub struct NodeQuery {
    at: Option<String>,
}

struct Contents {
    answer: NodeAnswer,
    trace: TraceAnswer,
    impact: TraceAnswer,
    /// Of an alert or incident.
    firing: Option<FiringAnswer>,
    /// Of what can be deployed, and of what it is made for.
    whereabouts: Option<WhereAnswer>,
}

/// The page of a node.
pub async fn page(app: Data<App>, request: HttpRequest, key: Path<String>, query: Query<NodeQuery>) -> HttpResponse {
    let key = key.into_inner();
    let at = query.into_inner().at;
    let asked = at.clone();
    match app.question(move |desk| contents(desk, &key, asked.as_deref())).await {
        Ok(contents) => {
            let Contents { answer, trace, impact, firing, whereabouts } = contents;
            let mut page = Page::new(&app, &request, &answer.node.title, "none");
            page.insert("picture", &picture::chain(&trace));
            page.insert("trace_file", &picture::href(&answer.node.key, "trace", at.as_deref()));
            page.insert("impact_file", &picture::href(&answer.node.key, "impact", at.as_deref()));
            let told = firing.iter().flat_map(|firing| firing.story.iter().cloned());
            let mut sentences = story::tell(&trace);
            // Of an alert the first sentence says what it is; then comes what changed before it, then the chain.
            let rest = sentences.split_off(sentences.len().min(1));
            sentences.extend(told.chain(rest));
            page.insert("story", &sentences);
            page.insert("stages", &stages(&trace));
            page.insert("kinds", &kinds(&answer));
            page.insert("ticket", &own_ticket(&answer.node.kind));
            page.insert("firing", &firing);
            page.insert("whereabouts", &whereabouts);
            page.insert("answer", &answer);
            page.insert("trace", &trace);
            page.insert("impact", &impact);
            pages::show(&app, "node.html", &page)
        }
        Err(problem) => pages::problem_page(&app, &request, &problem),
    }
}

/// The kinds of link that may be added here, for the form.
fn kinds(answer: &NodeAnswer) -> Vec<Value> {
    let kinds = NodeKind::from_word(&answer.node.kind).map(decide::kinds_from).unwrap_or_default();
    kinds.into_iter().map(|(word, phrase)| json!({ "word": word, "phrase": phrase })).collect()
}

/// Which of the ledger's own tickets a node of the kind has.
fn own_ticket(kind: &str) -> &'static str {
    match kind {
        "change" => "build-and-test",
        "artifact" | "release" | "deployment" | "commit" => "ops",
        _ => "",
    }
}

fn contents(desk: &Desk, key: &str, at: Option<&str>) -> Result<Contents, Problem> {
    let at = read_time(at)?;
    let node = desk.one(key)?;
    let answer = desk.node(node)?;
    let (firing, whereabouts) = match answer.node.kind.as_str() {
        "alert" | "incident" => (Some(desk.firing_of(node, at)?), None),
        "commit" | "change" | "ticket" | "artifact" | "release" => (None, Some(desk.whereabouts_of(node, at)?)),
        _ => (None, None),
    };
    Ok(Contents { answer, trace: desk.trace_of(node, at)?, impact: desk.impact_of(node, at)?, firing, whereabouts })
}

/// The nodes of a chain by stage, as lists: what the picture shows, for whoever does not see it.
fn stages(trace: &TraceAnswer) -> Vec<Value> {
    Stage::ALL
        .into_iter()
        .filter_map(|stage| {
            let word = stage.title().to_lowercase();
            let nodes: Vec<_> = trace.nodes.iter().filter(|node| node.stage == word).collect();
            (!nodes.is_empty()).then(|| json!({ "title": stage.title(), "nodes": nodes }))
        })
        .collect()
}
