//! How work flows, as plain text for a terminal.

use std::collections::BTreeMap;

use crate::answer::NodeSummary;
use crate::flow::{FlowAnswer, FlowFigure, FlowPiece, FlowUnknown, SECTIONS, duration, number};
use crate::plain;

/// The longest title in a line, in characters.
const MAX_TITLE: usize = 80;

/// All figures; below the one that was opened, what it rests on. `open` is its name.
pub fn flow(answer: &FlowAnswer, open: Option<&str>) -> String {
    let names: BTreeMap<&str, &NodeSummary> = answer.nodes.iter().map(|node| (node.key.as_str(), node)).collect();
    let named = |key: &str| named(&names, key);
    let place = answer.environment.as_deref().map_or_else(|| "any environment".to_owned(), named);
    let mut text = format!("To {place}, from {} to {}\n", plain::moment(&answer.from), plain::moment(&answer.to));
    if let Some(services) = &answer.services {
        let services: Vec<String> = services.iter().map(|key| named(key)).collect();
        let services = if services.is_empty() { "no service".to_owned() } else { services.join(", ") };
        text.push_str(&format!("Of {services}\n"));
    }
    for (section, heading) in SECTIONS {
        let mut figures = answer.figures.iter().filter(|figure| figure.section == section).peekable();
        if figures.peek().is_none() {
            continue;
        }
        text.push_str(&format!("\n{heading}\n"));
        for figure in figures {
            text.push_str(&format!("  {}\n", line(figure)));
            if open == Some(figure.name.as_str()) {
                opened(&mut text, figure, &named);
            }
        }
    }
    text
}

/// A figure in one line, with its name in brackets.
fn line(figure: &FlowFigure) -> String {
    let mut line = format!("{}: {}", plain::line(&figure.title), figure.value.as_deref().unwrap_or("unknown"));
    let counted = figure.count;
    match (figure.measure.as_str(), figure.of, figure.p75, figure.p90) {
        (_, Some(of), ..) => line.push_str(&format!(", {counted} of {of}")),
        ("time" | "size", _, Some(p75), Some(p90)) => {
            let (p75, p90) = (number(&figure.measure, p75), number(&figure.measure, p90));
            line.push_str(&format!(" in the middle, {p75} at 75 %, {p90} at 90 %, of {counted}"));
        }
        _ => {}
    }
    let unknown: usize = figure.unknown.iter().map(|one| one.total).sum();
    if unknown > 0 {
        line.push_str(&format!("; {unknown} not counted"));
    }
    if let Some(before) = &figure.unknown_before {
        line.push_str(&format!("; unknown before {}", plain::day(before)));
    }
    format!("{line}  [{}]", figure.name)
}

fn opened(text: &mut String, figure: &FlowFigure, named: &impl Fn(&str) -> String) {
    text.push_str(&format!("    {}\n", plain::line(&figure.meaning)));
    for piece in &figure.pieces {
        text.push_str(&format!("    {}\n", counted(figure, piece, named)));
    }
    if figure.pieces.len() < figure.count {
        text.push_str(&format!("    and {} older ones\n", figure.count - figure.pieces.len()));
    }
    for FlowUnknown { says, total, nodes, .. } in &figure.unknown {
        text.push_str(&format!("    not counted, {total}: {says}\n"));
        for node in nodes {
            text.push_str(&format!("      {}\n", named(node)));
        }
    }
}

fn counted(figure: &FlowFigure, piece: &FlowPiece, named: &impl Fn(&str) -> String) -> String {
    let mut line = format!("{}  {}", plain::moment(&piece.at), named(&piece.node));
    if let Some(value) = piece.value {
        let value = if figure.measure == "size" { value.to_string() } else { duration(value) };
        line.push_str(&format!("  {value}"));
    }
    if !piece.says.is_empty() {
        line.push_str(&format!("  {}", plain::line(&piece.says)));
    } else if let Some(first) = piece.beside.first() {
        line.push_str(&format!("  with {}", named(first)));
    }
    if let Some(entry) = piece.entries.first() {
        line.push_str(&format!("  entry {entry}"));
    }
    line
}

fn named(names: &BTreeMap<&str, &NodeSummary>, key: &str) -> String {
    let Some(node) = names.get(key) else { return plain::line(key) };
    let title = plain::clip(&plain::line(&node.title), MAX_TITLE);
    match node.reference.as_deref().map(plain::line).filter(|reference| !reference.is_empty() && *reference != title) {
        Some(reference) => format!("{reference} {title}"),
        None => title,
    }
}

#[cfg(test)]
mod tests {
    use super::flow;
    use crate::flow::{FlowAnswer, FlowFigure, FlowPiece, FlowUnknown};
    use crate::plain::samples::{key, node};

    fn answer() -> FlowAnswer {
        let text = str::to_owned;
        let lead = FlowFigure {
            name: text("lead-time"),
            section: text("delivery"),
            title: text("Lead time"),
            meaning: text("From each commit until it was live."),
            measure: text("time"),
            value: Some(text("2.4 days")),
            count: 3,
            of: None,
            median: Some(207_360),
            p75: Some(345_600),
            p90: Some(432_000),
            known_from: Some(text("2026-03-02T00:00:00Z")),
            unknown_before: Some(text("2026-03-02T00:00:00Z")),
            unknown: vec![FlowUnknown {
                why: text("no_beginning"),
                says: text("it is not known when this began"),
                total: 1,
                nodes: vec![key("commit", "b")],
            }],
            weeks: Vec::new(),
            pieces: vec![FlowPiece {
                node: key("commit", "a"),
                at: text("2026-03-14T09:26:00Z"),
                value: Some(207_360),
                beside: vec![key("deployment", "d")],
                says: String::new(),
                entries: vec![31, 30],
            }],
        };
        let failed = FlowFigure {
            name: text("failure-rate"),
            title: text("Change failure rate"),
            measure: text("share"),
            value: Some(text("25 %")),
            count: 1,
            of: Some(4),
            median: None,
            p75: None,
            p90: None,
            unknown: Vec::new(),
            unknown_before: None,
            pieces: Vec::new(),
            ..lead.clone()
        };
        FlowAnswer {
            from: text("2026-03-01T00:00:00Z"),
            to: text("2026-03-15T00:00:00Z"),
            environment: Some(key("environment", "production")),
            way: Vec::new(),
            services: Some(vec![key("service", "shop")]),
            figures: vec![lead, failed],
            nodes: vec![
                node("commit", "change", "a", "Sort\u{1b}[2J the list"),
                node("deployment", "run", "d", "d"),
                node("environment", "run", "production", "production"),
            ],
            ledger_size: 40,
        }
    }

    #[test]
    fn figures_are_lines_and_the_opened_one_shows_what_it_rests_on() {
        let expected = "\
To production, from 2026-03-01 00:00 UTC to 2026-03-15 00:00 UTC
Of cdevents:v0:throughline::::service:shop

Delivery
  Lead time: 2.4 days in the middle, 4 days at 75 %, 5 days at 90 %, of 3; 1 not counted; unknown before 2026-03-02  [lead-time]
    From each commit until it was live.
    2026-03-14 09:26 UTC  a Sort [2J the list  2.4 days  with d  entry 31
    and 2 older ones
    not counted, 1: it is not known when this began
      cdevents:v0:throughline::::commit:b
  Change failure rate: 25 %, 1 of 4  [failure-rate]
";
        assert_eq!(flow(&answer(), Some("lead-time")), expected);
        let closed = flow(&answer(), None);
        assert!(!closed.contains("entry 31") && closed.contains("[lead-time]"), "{closed}");
    }
}
