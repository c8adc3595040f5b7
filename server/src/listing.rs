//! What runs where and what may have caused what, as text for a terminal.
//!
//! Every text from outside is cleaned of control and direction characters before it is shown.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::answer::NodeSummary;
use crate::firing::FiringAnswer;
use crate::places::{AheadAnswer, BoardAnswer, DiffAnswer, PlacesAnswer};
use crate::plain;
use crate::suspects::{CutAnswer, SuspectsAnswer};
use crate::whereabouts::WhereAnswer;

/// The most characters of a title in a line.
const MAX_TITLE: usize = 80;

/// The most changes and tickets that are listed for one service.
const MAX_LISTED: usize = 30;

/// How many suspects the story of an alert lists.
const SHOWN_SUSPECTS: usize = 5;

/// The least width that a text is wrapped to.
const MIN_WIDTH: usize = 40;

/// What an alert may come from, the likeliest first.
pub fn suspects(answer: &SuspectsAnswer) -> String {
    let names = Names::new(&answer.nodes);
    let mut text = format!("{}\n", names.full(&answer.start));
    for running in &answer.running {
        let place = running.environment.as_deref().map(|key| format!(" in {}", names.short(key))).unwrap_or_default();
        let service = running.service.as_deref().map(|key| names.short(key)).unwrap_or_default();
        let since = plain::moment(&running.since);
        line(
            &mut text,
            &format!("  running then: {} of {service}{place}, since {since}", names.short(&running.deployment)),
        );
    }
    if answer.suspects.is_empty() {
        line(&mut text, "\nNothing is known that changed before it.");
    }
    for suspect in &answer.suspects {
        line(
            &mut text,
            &format!(
                "\n{:>3}. {} ({} of 100, {})",
                suspect.rank,
                names.full(&suspect.node),
                suspect.score,
                plain::line(&suspect.class)
            ),
        );
        for reason in &suspect.reasons {
            line(&mut text, &format!("     - {}", plain::line(reason)));
        }
        let people = [("written by", &suspect.authors), ("approved by", &suspect.approvers), ("for", &suspect.tickets)];
        for (words, keys) in people.into_iter().filter(|(_, keys)| !keys.is_empty()) {
            line(&mut text, &format!("     {words} {}", names.all(keys)));
        }
    }
    if answer.found > answer.suspects.len() {
        line(&mut text, &format!("\n{} more were found.", answer.found - answer.suspects.len()));
    }
    cuts(&mut text, &answer.cut, &names);
    text
}

/// The story of an alert or incident, with the first of its suspects.
pub fn firing(answer: &FiringAnswer, width: usize) -> String {
    let mut text = String::new();
    for sentence in &answer.story {
        for part in wrapped(&plain::line(sentence), width.max(MIN_WIDTH)) {
            line(&mut text, &part);
        }
    }
    let names = Names::new(&answer.nodes);
    if answer.suspects.suspects.len() > 1 {
        line(&mut text, "\nWhat changed before it, the likeliest first:");
        for suspect in answer.suspects.suspects.iter().take(SHOWN_SUSPECTS) {
            let why = suspect.reasons.first().map(|reason| plain::line(reason)).unwrap_or_default();
            line(
                &mut text,
                &format!("{:>3}. {} ({} of 100): {why}", suspect.rank, names.full(&suspect.node), suspect.score),
            );
        }
        line(&mut text, "     `throughline suspects` lists all of them, with every reason.");
    }
    line(&mut text, "");
    text
}

/// A text in lines of at most so many characters, cut between words.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut().filter(|line| line.chars().count() + 1 + word.chars().count() <= width) {
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Where something is and was.
pub fn whereabouts(answer: &WhereAnswer) -> String {
    let names = Names::new(&answer.nodes);
    let mut text = format!("{}\n", names.full(&answer.start));
    if answer.places.is_empty() && answer.cut.is_empty() {
        line(&mut text, "  No deployment is known that brought it anywhere.");
    }
    for place in &answer.places {
        let mark = if place.is_there { "is" } else { "was" };
        line(&mut text, &format!("  {mark:>3}  {}", plain::line(&place.says)));
        for span in place.spans.iter().skip(1) {
            let until = span.until.as_deref().map(plain::moment).unwrap_or_default();
            let by = names.short(&span.by);
            line(&mut text, &format!("       before that from {} until {until}, by {by}", plain::moment(&span.since)));
        }
    }
    cuts(&mut text, &answer.cut, &names);
    text
}

/// What runs where.
pub fn places(answer: &PlacesAnswer) -> String {
    let names = Names::new(&answer.nodes);
    let mut text = String::new();
    let mut service = None;
    for place in &answer.places {
        if service != Some(&place.service) {
            service = Some(&place.service);
            let name = place.service.as_deref().map_or("of no known service".to_owned(), |key| names.short(key));
            line(&mut text, &name);
        }
        let environment = place.environment.as_deref().map_or("unnamed".to_owned(), |key| names.short(key));
        let what = if place.declared.is_empty() { &place.observed } else { &place.declared };
        let since = place.since.as_deref().map(|at| format!(" since {}", plain::moment(at))).unwrap_or_default();
        let tainted = if place.taints.is_empty() { "" } else { "  TAINTED" };
        line(&mut text, &format!("  {environment:<16} {}{since}{tainted}", names.all(what)));
        for taint in &place.taints {
            line(&mut text, &format!("      {}; to mend it: {}", plain::line(&taint.why), plain::line(&taint.fix)));
        }
    }
    if text.is_empty() {
        line(&mut text, "No deployment and no snapshot is known.");
    }
    text
}

/// How two environments differ.
pub fn diff(answer: &DiffAnswer) -> String {
    let names = Names::new(&answer.nodes);
    let (left, right) = (names.short(&answer.left), names.short(&answer.right));
    let mut text = String::new();
    for one in &answer.services {
        let verdict = match (&one.left, &one.right) {
            (Some(_), Some(_)) if one.is_equal => "equal".to_owned(),
            (Some(_), Some(_)) => "different".to_owned(),
            (Some(_), None) => format!("only in {left}"),
            (None, _) => format!("only in {right}"),
        };
        line(&mut text, &format!("{}: {verdict}", names.short(&one.service)));
        ahead(&mut text, &format!("{left} has"), &one.ahead, &names);
        ahead(&mut text, &format!("{right} has"), &one.behind, &names);
    }
    for (place, keys) in [(&left, &answer.only_left), (&right, &answer.only_right)] {
        if !keys.is_empty() {
            let shown: Vec<String> = keys.iter().take(MAX_LISTED).cloned().collect();
            let more = keys.len().saturating_sub(MAX_LISTED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            line(&mut text, &format!("seen in {place} only: {}{more}", names.all(&shown)));
        }
    }
    if text.is_empty() {
        line(&mut text, "No deployment to either is known.");
    }
    text
}

/// What waits before each environment.
pub fn board(answer: &BoardAnswer) -> String {
    let mut text = String::new();
    for row in &answer.rows {
        let waited = row.waiting_days.map(|days| format!(", waiting {days:.1} days")).unwrap_or_default();
        let candidate = row.candidate.as_ref().unwrap_or(&row.deployment);
        let (service, from, to) = (name(&row.service), name(&row.from), name(&row.environment));
        line(&mut text, &format!("{service}: {} is in {from}, not in {to}{waited}", name(candidate)));
        line(&mut text, &format!("  {} commits in {} pull requests", row.commits, row.changes.len()));
        for change in row.changes.iter().take(MAX_LISTED) {
            line(&mut text, &format!("  {}", full(change)));
        }
        if row.changes.len() > MAX_LISTED {
            line(&mut text, &format!("  and {} more", row.changes.len() - MAX_LISTED));
        }
        if row.is_unknown {
            line(&mut text, "  not everything that it would bring is known");
        }
    }
    if let Some(note) = &answer.note {
        line(&mut text, note);
    } else if text.is_empty() {
        line(&mut text, "Nothing waits: every environment has what the one before it has.");
    }
    text
}

fn ahead(text: &mut String, words: &str, ahead: &AheadAnswer, names: &Names<'_>) {
    match ahead.commits.len() {
        0 => {}
        1 => line(text, &format!("  {words} 1 more commit")),
        count => line(text, &format!("  {words} {count} more commits")),
    }
    for key in ahead.changes.iter().chain(&ahead.tickets).take(MAX_LISTED) {
        line(text, &format!("    {}", names.full(key)));
    }
    let more = (ahead.changes.len() + ahead.tickets.len()).saturating_sub(MAX_LISTED);
    if more > 0 {
        line(text, &format!("    and {more} more"));
    }
    for cut in &ahead.cut {
        line(text, &format!("    the chain is cut: {}; to mend it: {}", plain::line(&cut.why), plain::line(&cut.fix)));
    }
}

fn cuts(text: &mut String, cuts: &[CutAnswer], names: &Names<'_>) {
    for cut in cuts {
        line(text, &format!("\nThe chain is cut at {}: {}", names.short(&cut.node), plain::line(&cut.why)));
        line(text, &format!("  To mend it: {}", plain::line(&cut.fix)));
    }
}

fn line(text: &mut String, line: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{line}");
}

fn name(node: &NodeSummary) -> String {
    plain::clip(&plain::line(node.reference.as_deref().unwrap_or(&node.title)), MAX_TITLE)
}

fn full(node: &NodeSummary) -> String {
    let title = plain::clip(&plain::line(&node.title), MAX_TITLE);
    match &node.reference {
        Some(reference) if *reference != node.title => {
            format!("{} {}: {title}", node.kind_label, plain::line(reference))
        }
        _ => format!("{} {title}", node.kind_label),
    }
}

/// The nodes of an answer by key.
struct Names<'a>(BTreeMap<&'a str, &'a NodeSummary>);

impl<'a> Names<'a> {
    fn new(nodes: &'a [NodeSummary]) -> Self {
        Self(nodes.iter().map(|node| (node.key.as_str(), node)).collect())
    }

    fn short(&self, key: &str) -> String {
        self.0.get(key).map_or_else(|| plain::line(key), |node| name(node))
    }

    fn full(&self, key: &str) -> String {
        self.0.get(key).map_or_else(|| plain::line(key), |node| full(node))
    }

    fn all(&self, keys: &[String]) -> String {
        keys.iter().map(|key| self.short(key)).collect::<Vec<_>>().join(", ")
    }
}
