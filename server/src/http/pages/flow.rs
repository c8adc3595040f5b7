//! `/flow`: the figures of a period with their plots, and what one of them rests on.

use std::collections::BTreeMap;

use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use serde_json::json;

use crate::answer::NodeSummary;
use crate::app::App;
use crate::clock;
use crate::flow::{FlowAnswer, FlowFigure, FlowPiece, FlowQuery, FlowUnknown, FlowWeek, SECTIONS, number, percent};
use crate::http::pages::{self, Page};
use crate::plain;
use crate::plot::{self, Bar, Plot, Scale};

/// A node in a list; `node` is none where it is not described any more.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    key: &'a str,
    node: Option<&'a NodeSummary>,
}

/// A part of the page.
#[derive(Debug, Serialize)]
struct Section<'a> {
    word: &'static str,
    title: &'static str,
    figures: Vec<Card<'a>>,
    /// One plot of all its figures together, or none.
    plots: Vec<String>,
}

/// A figure as the page shows it.
#[derive(Debug, Serialize)]
struct Card<'a> {
    figure: &'a FlowFigure,
    href: String,
    is_open: bool,
    /// What stands below the number: what it is of, and its percentiles.
    notes: Vec<String>,
    /// How many pieces could not be counted.
    uncounted: usize,
    /// Its plot, or none.
    plots: Vec<String>,
    weeks: Vec<ShownWeek>,
}

/// A week in the table below a plot.
#[derive(Debug, Serialize)]
struct ShownWeek {
    start: String,
    value: String,
    mark: Option<String>,
}

/// A figure with what it rests on.
#[derive(Debug, Serialize)]
struct Opened<'a> {
    figure: &'a FlowFigure,
    pieces: Vec<ShownPiece<'a>>,
    more: usize,
    unknown: Vec<ShownUnknown<'a>>,
}

#[derive(Debug, Serialize)]
struct ShownPiece<'a> {
    piece: &'a FlowPiece,
    node: Shown<'a>,
    value: Option<String>,
    beside: Vec<Shown<'a>>,
}

#[derive(Debug, Serialize)]
struct ShownUnknown<'a> {
    unknown: &'a FlowUnknown,
    nodes: Vec<Shown<'a>>,
    more: usize,
}

/// The page.
pub async fn page(app: Data<App>, request: HttpRequest, query: Query<FlowQuery>) -> HttpResponse {
    let query = query.into_inner();
    let asked = query.clone();
    match app.question(move |desk| desk.flow(&asked, clock::now())).await {
        Ok(answer) => {
            let mut page = Page::new(&app, &request, "Flow", "flow");
            let known: BTreeMap<&str, &NodeSummary> =
                answer.nodes.iter().map(|node| (node.key.as_str(), node)).collect();
            let open = query.open.as_deref().map(str::trim).unwrap_or_default();
            let opened = answer.figures.iter().find(|figure| figure.name == open);
            page.insert("filter", &query);
            page.insert("closed", &query.address(None));
            page.insert("place", &answer.environment.as_deref().map(|key| shown(&known, key)));
            page.insert("opened", &opened.map(|figure| what_is_behind(&known, figure)));
            page.insert("sections", &sections(&answer, &query, open));
            page.insert("services", &answer.services.as_ref().map(|keys| all_shown(&known, keys)));
            page.insert("period", &json!({ "from": answer.from, "to": answer.to }));
            pages::show(&app, "flow.html", &page)
        }
        Err(problem) => pages::problem_page(&app, &request, &problem),
    }
}

fn shown<'a>(known: &BTreeMap<&str, &'a NodeSummary>, key: &'a str) -> Shown<'a> {
    Shown { key, node: known.get(key).copied() }
}

fn all_shown<'a>(known: &BTreeMap<&str, &'a NodeSummary>, keys: &'a [String]) -> Vec<Shown<'a>> {
    keys.iter().map(|key| shown(known, key)).collect()
}

fn what_is_behind<'a>(known: &BTreeMap<&str, &'a NodeSummary>, figure: &'a FlowFigure) -> Opened<'a> {
    let piece = |piece: &'a FlowPiece| ShownPiece {
        piece,
        node: shown(known, &piece.node),
        // Beside a count there is an age.
        value: piece.value.map(|value| number(if figure.measure == "size" { "size" } else { "time" }, value)),
        beside: all_shown(known, &piece.beside),
    };
    let unknown = |unknown: &'a FlowUnknown| ShownUnknown {
        unknown,
        nodes: all_shown(known, &unknown.nodes),
        more: unknown.total.saturating_sub(unknown.nodes.len()),
    };
    Opened {
        figure,
        pieces: figure.pieces.iter().map(piece).collect(),
        more: figure.count.saturating_sub(figure.pieces.len()),
        unknown: figure.unknown.iter().map(unknown).collect(),
    }
}

fn sections<'a>(answer: &'a FlowAnswer, query: &FlowQuery, open: &str) -> Vec<Section<'a>> {
    let sections = SECTIONS.into_iter().map(|(word, title)| {
        let own = answer.figures.iter().filter(|figure| figure.section == word);
        let figures: Vec<Card<'a>> = own.map(|figure| card(figure, query, open)).collect();
        let plots = if word == "stages" { vec![way(&figures)] } else { Vec::new() };
        Section { word, title, figures, plots }
    });
    sections.filter(|section| !section.figures.is_empty()).collect()
}

fn card<'a>(figure: &'a FlowFigure, query: &FlowQuery, open: &str) -> Card<'a> {
    // What waits is known of one moment only; the stages have one plot together.
    let is_drawn = figure.name == "open-changes" || !matches!(figure.section.as_str(), "in_progress" | "stages");
    let (plots, weeks) = if is_drawn {
        (vec![weekly(figure)], figure.weeks.iter().map(|week| week_row(figure, week)).collect())
    } else {
        (Vec::new(), Vec::new())
    };
    Card {
        figure,
        href: format!("{}#behind", query.address(Some(&figure.name))),
        is_open: figure.name == open,
        notes: notes(figure),
        uncounted: figure.unknown.iter().map(|one| one.total).sum(),
        plots,
        weeks,
    }
}

/// What stands below the number.
fn notes(figure: &FlowFigure) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(of) = figure.of {
        notes.push(format!("{} of {of}", figure.count));
    }
    let (Some(median), Some(p75), Some(p90)) = (figure.median, figure.p75, figure.p90) else { return notes };
    if figure.measure == "count" {
        notes.push(format!("half of them no older than {}", number("time", median)));
    } else {
        let (p75, p90) = (number(&figure.measure, p75), number(&figure.measure, p90));
        notes.push(format!("the median of {}; {p75} at 75 %, {p90} at 90 %", figure.count));
    }
    notes
}

/// The number of a week: the median of what took time or has a size, else how many there are.
fn week_value(figure: &FlowFigure, week: &FlowWeek) -> Option<i64> {
    let count = |count: usize| i64::try_from(count).ok();
    match figure.measure.as_str() {
        "time" | "size" => week.median,
        "share" => percent(week.count, week.of?).and_then(count),
        _ => count(week.count),
    }
}

/// The larger number beside it; a count has none.
fn week_mark(figure: &FlowFigure, week: &FlowWeek) -> Option<i64> {
    week.p90.filter(|_| matches!(figure.measure.as_str(), "time" | "size"))
}

fn week_row(figure: &FlowFigure, week: &FlowWeek) -> ShownWeek {
    let text = |value: i64| number(&figure.measure, value);
    let value = match week_value(figure, week).map(text) {
        _ if !week.is_known => "unknown".to_owned(),
        Some(value) => week.of.map_or(value.clone(), |of| format!("{value}, {} of {of}", week.count)),
        None => "none".to_owned(),
    };
    ShownWeek { start: plain::day(&week.start), value, mark: week_mark(figure, week).map(text) }
}

fn weekly(figure: &FlowFigure) -> String {
    let scale = match figure.measure.as_str() {
        "time" => Scale::Time,
        "share" => Scale::Share,
        _ => Scale::Count,
    };
    let year: String = figure.weeks.last().map(|week| week.start.chars().take(4).collect()).unwrap_or_default();
    let bars = figure.weeks.iter().map(|week| Bar {
        label: plain::short_day(&week.start, &year),
        value: week_value(figure, week),
        mark: week_mark(figure, week),
        is_known: week.is_known,
    });
    let what = match figure.measure.as_str() {
        "time" | "size" => "the median of each week as a bar, and the value that nine tenths do not exceed as a line",
        "share" => "the share of each week",
        _ if figure.name == "open-changes" => "how many were open at the end of each week",
        _ => "the number of each week",
    };
    let unknown = figure.weeks.iter().filter(|week| !week.is_known).count();
    let hatched = if unknown == 0 { String::new() } else { format!(" Nothing is known of {unknown} weeks.") };
    plot::bars(&Plot {
        id: format!("plot-{}", figure.name),
        title: format!("{}, week by week", figure.title),
        description: format!("{} Shown is {what}. The table below has the same numbers.{hatched}", figure.meaning),
        scale,
        bars: bars.collect(),
    })
}

/// All stages in one plot.
fn way(figures: &[Card<'_>]) -> String {
    let bars = figures.iter().map(|card| Bar {
        label: card.figure.title.clone(),
        value: card.figure.median,
        mark: None,
        is_known: true,
    });
    plot::lanes(&Plot {
        id: "plot-stages".to_owned(),
        title: "From ticket to live, stage by stage".to_owned(),
        description: "The median of each stage. The table below has the same numbers.".to_owned(),
        scale: Scale::Time,
        bars: bars.collect(),
    })
}
