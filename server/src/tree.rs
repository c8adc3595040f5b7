//! Answers as trees and lists for a terminal.

use std::collections::{BTreeMap, BTreeSet};

use crate::answer::{Missing, NodeSummary, PathAnswer, ResolveAnswer, Step, TraceAnswer};
use crate::plain;

/// The narrowest line that titles are fitted into; a smaller width is taken for this one.
const MIN_WIDTH: usize = 40;

/// The deepest level that is indented further than the one above it.
const MAX_DEPTH: usize = 20;

/// The most names in one line of what stands beside a node.
const MAX_BESIDE: usize = 6;

/// How the text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether to write ANSI colours.
    pub colour: bool,
    /// The number of characters in a line; titles are shortened to fit. At least 40 is used.
    pub width: usize,
}

/// How a part of a line looks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Paint {
    Plain,
    Strong,
    Quiet,
    Good,
    Bad,
    Busy,
    Doubtful,
}

const RESET: &str = "\u{1b}[0m";

/// The chain of a trace or an impact as a tree, the start on top; what is missing, with what to do, at the end.
///
/// A piece that several lead to is shown once in full and then as `(above)`.
pub fn trace(answer: &TraceAnswer, style: Style) -> String {
    let tree = Tree::new(answer);
    let mut out = String::new();
    let mut shown = BTreeSet::new();
    let mut waiting = vec![Visit { key: &answer.start, step: None, trail: Vec::new() }];
    while let Some(visit) = waiting.pop() {
        let again = !shown.insert(visit.key);
        out.push_str(&tree.line(&visit, again).write(style));
        if again {
            continue;
        }
        let children = tree.children(visit.key);
        for beside in tree.beside(visit.key) {
            let mut line = Line::new();
            line.add(Paint::Quiet, indent(&visit.trail) + if children.is_empty() { "  " } else { "│ " } + "· ");
            line.add(Paint::Quiet, beside);
            out.push_str(&line.write(style));
        }
        let last = children.len().saturating_sub(1);
        for (place, &step) in children.iter().enumerate().rev() {
            let mut trail = visit.trail.clone();
            if trail.len() < MAX_DEPTH {
                trail.push(place < last);
            }
            waiting.push(Visit { key: tree.far_end(step), step: Some(step), trail });
        }
    }
    out.push_str(&unreached(answer, &tree, &shown, style));
    out.push_str(&missing(answer, &tree, style));
    if answer.cut {
        out.push_str(&note(
            Paint::Doubtful,
            "The answer grew too large and was cut; ask from a piece further along.",
            style,
        ));
    }
    out.push_str(&note(Paint::Quiet, &format!("Read from a ledger of {} entries.", answer.ledger_size), style));
    out
}

/// The pieces of a path one below the other, with the arrow between each two.
pub fn path(answer: &PathAnswer, style: Style) -> String {
    if !answer.found {
        let words = format!("No chain of links joins {} and {}.", plain::line(&answer.from), plain::line(&answer.to));
        return note(Paint::Doubtful, &words, style);
    }
    let mut out = String::new();
    let mut before: Option<&NodeSummary> = None;
    for node in &answer.nodes {
        if let Some(before) = before {
            out.push_str(&between(answer, before, node).write(style));
        }
        let mut line = Line::new();
        line.add(Paint::Quiet, "● ");
        line.node(node);
        out.push_str(&line.write(style));
        before = Some(node);
    }
    out.push_str(&note(Paint::Quiet, &format!("Read from a ledger of {} entries.", answer.ledger_size), style));
    out
}

/// The node that was found, or the candidates to choose from, or what to try.
pub fn resolve(answer: &ResolveAnswer, style: Style) -> String {
    let input = plain::line(&answer.input);
    let mut out = match answer.candidates.len() {
        0 => note(Paint::Doubtful, &format!("Nothing is known by the name of “{input}”."), style),
        1 => String::new(),
        count => note(Paint::Plain, &format!("“{input}” may be any of these {count}; ask again with a key."), style),
    };
    for node in &answer.candidates {
        let mut line = Line::new();
        line.node(node);
        out.push_str(&line.write(style));
        out.push_str(&note(Paint::Quiet, &format!("  key   {}", plain::line(&node.key)), style));
        if let Some(url) = &node.url {
            out.push_str(&note(Paint::Quiet, &format!("  page  {}", plain::line(url)), style));
        }
    }
    if let Some(hint) = &answer.hint {
        out.push_str(&note(Paint::Plain, &plain::line(hint), style));
    }
    out
}

/// One line of the tree that is still to be written.
struct Visit<'a> {
    key: &'a str,
    /// The step that leads here; none for the start.
    step: Option<&'a Step>,
    /// For each level above whether more follows on it.
    trail: Vec<bool>,
}

/// An answer with what is needed to walk it.
struct Tree<'a> {
    nodes: BTreeMap<&'a str, &'a NodeSummary>,
    onward: BTreeMap<&'a str, Vec<&'a Step>>,
    beside: BTreeMap<&'a str, Vec<(&'a Step, bool)>>,
    downstream: bool,
}

impl<'a> Tree<'a> {
    fn new(answer: &'a TraceAnswer) -> Self {
        // A trace follows the arrows away from the start; in an impact they all come towards it.
        let leaves = answer.steps.iter().any(|step| step.from == answer.start);
        let downstream = !leaves && answer.steps.iter().any(|step| step.to == answer.start);
        let mut onward: BTreeMap<&str, Vec<&Step>> = BTreeMap::new();
        for step in &answer.steps {
            let near = if downstream { &step.to } else { &step.from };
            onward.entry(near.as_str()).or_default().push(step);
        }
        let chain: BTreeSet<&str> = answer.chain.iter().map(String::as_str).collect();
        let mut beside: BTreeMap<&str, Vec<(&Step, bool)>> = BTreeMap::new();
        for step in &answer.context {
            let outward = chain.contains(step.from.as_str());
            let near = if outward { &step.from } else { &step.to };
            beside.entry(near.as_str()).or_default().push((step, outward));
        }
        let nodes = answer.nodes.iter().map(|node| (node.key.as_str(), node)).collect();
        Self { nodes, onward, beside, downstream }
    }

    fn children(&self, key: &str) -> Vec<&'a Step> {
        self.onward.get(key).cloned().unwrap_or_default()
    }

    fn far_end(&self, step: &'a Step) -> &'a str {
        if self.downstream { &step.from } else { &step.to }
    }

    /// What stands beside a node, one line for each kind of link.
    fn beside(&self, key: &str) -> Vec<String> {
        let mut lines: BTreeMap<(bool, String), Vec<String>> = BTreeMap::new();
        for (step, outward) in self.beside.get(key).into_iter().flatten() {
            let other = if *outward { &step.to } else { &step.from };
            lines.entry((!*outward, plain::line(&step.phrase))).or_default().push(self.short(other));
        }
        lines
            .into_iter()
            .map(|((inward, phrase), mut names)| {
                let more = names.len().saturating_sub(MAX_BESIDE);
                names.truncate(MAX_BESIDE);
                if more > 0 {
                    names.push(format!("{more} more"));
                }
                let names = names.join(", ");
                if inward { format!("{names} {phrase} it") } else { format!("{phrase} {names}") }
            })
            .collect()
    }

    /// A node in few words: its kind and its reference or title.
    fn short(&self, key: &str) -> String {
        let Some(node) = self.nodes.get(key) else { return plain::line(key) };
        let name = node.reference.as_deref().unwrap_or(&node.title);
        format!("{} {}", plain::line(&node.kind_label).to_lowercase(), plain::clip(&plain::line(name), 60))
    }

    fn line(&self, visit: &Visit<'_>, again: bool) -> Line {
        let mut line = Line::new();
        if let Some((more, above)) = visit.trail.split_last() {
            line.add(Paint::Quiet, indent(above) + if *more { "├─ " } else { "└─ " });
        }
        if let Some(step) = visit.step {
            let phrase = plain::line(&step.phrase);
            line.add(Paint::Quiet, if self.downstream { format!("◂ {phrase}  ") } else { format!("{phrase} ▸ ") });
        }
        match self.nodes.get(visit.key) {
            Some(node) if again => {
                let name = node.reference.as_deref().unwrap_or(&node.title);
                line.add(Paint::Plain, plain::line(&node.kind_label) + " ");
                line.add(Paint::Strong, plain::clip(&plain::line(name), 60));
                line.add(Paint::Quiet, "  (above)");
            }
            Some(node) => line.node(node),
            None => line.add(Paint::Strong, plain::line(visit.key)),
        }
        if let Some(step) = visit.step {
            line.class(step);
        }
        line
    }
}

/// The upright lines of the levels above.
fn indent(trail: &[bool]) -> String {
    trail.iter().map(|more| if *more { "│  " } else { "   " }).collect()
}

/// A line made of parts, of which one, the title, gives way where the line is too long.
struct Line {
    parts: Vec<(Paint, String)>,
    title: Option<usize>,
}

impl Line {
    fn new() -> Self {
        Self { parts: Vec::new(), title: None }
    }

    fn add(&mut self, paint: Paint, text: impl Into<String>) {
        self.parts.push((paint, text.into()));
    }

    /// Adds kind, reference, title, state and date.
    fn node(&mut self, node: &NodeSummary) {
        let title = plain::line(&node.title);
        self.add(Paint::Plain, plain::line(&node.kind_label) + " ");
        match node.reference.as_deref().map(plain::line).filter(|reference| !reference.is_empty()) {
            Some(reference) => {
                let same = reference == title || title.is_empty();
                self.add(Paint::Strong, reference);
                if !same {
                    self.add(Paint::Plain, "  ");
                    self.title = Some(self.parts.len());
                    self.add(Paint::Plain, title);
                }
            }
            None => {
                self.title = Some(self.parts.len());
                self.add(Paint::Strong, title);
            }
        }
        let (paint, mark) = mark(node.outcome.as_deref());
        let state = node.state.as_deref().or(node.outcome.as_deref()).map(plain::line).unwrap_or_default();
        let shown = format!("{mark} {}", plain::clip(&state, 24));
        if !shown.trim().is_empty() {
            self.add(paint, format!("  {}", shown.trim()));
        }
        if !node.stated {
            self.add(Paint::Doubtful, "  not seen yet");
        }
        if let Some(occurred) = &node.occurred {
            self.add(Paint::Quiet, format!("  {}", plain::moment(occurred)));
        }
    }

    /// Adds how sure a step is.
    fn class(&mut self, step: &Step) {
        let computed = step.kind == "running_at";
        let class = if computed { "computed".to_owned() } else { plain::line(&step.class) };
        let paint = if computed || step.class == "L0" { Paint::Doubtful } else { Paint::Quiet };
        self.add(paint, format!("  {class}"));
    }

    /// The line with its line end, its title shortened to the width.
    fn write(mut self, style: Style) -> String {
        let length: usize = self.parts.iter().map(|(_, text)| text.chars().count()).sum();
        let excess = length.saturating_sub(style.width.max(MIN_WIDTH));
        if excess > 0
            && let Some((_, title)) = self.title.and_then(|index| self.parts.get_mut(index))
        {
            *title = plain::clip(title, title.chars().count().saturating_sub(excess).max(12));
        }
        let mut out = String::new();
        for (paint, text) in &self.parts {
            match code(*paint).filter(|_| style.colour) {
                Some(code) => out.extend([code, text.as_str(), RESET]),
                None => out.push_str(text),
            }
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
        out
    }
}

fn code(paint: Paint) -> Option<&'static str> {
    match paint {
        Paint::Plain => None,
        Paint::Strong => Some("\u{1b}[1m"),
        Paint::Quiet => Some("\u{1b}[2m"),
        Paint::Good => Some("\u{1b}[32m"),
        Paint::Bad => Some("\u{1b}[31m"),
        Paint::Busy => Some("\u{1b}[36m"),
        Paint::Doubtful => Some("\u{1b}[33m"),
    }
}

/// The mark of an outcome: a shape as well as a colour, for those who see no colours.
fn mark(outcome: Option<&str>) -> (Paint, &'static str) {
    match outcome {
        Some("pending") => (Paint::Busy, "○"),
        Some("running") => (Paint::Busy, "◐"),
        Some("success") => (Paint::Good, "✓"),
        Some("failure") => (Paint::Bad, "✗"),
        Some("abandoned") => (Paint::Quiet, "⊘"),
        Some(_) | None => (Paint::Plain, ""),
    }
}

/// The arrow between two pieces of a path, whichever way it points.
fn between(answer: &PathAnswer, before: &NodeSummary, node: &NodeSummary) -> Line {
    let mut line = Line::new();
    let joins = |step: &&Step, from: &NodeSummary, to: &NodeSummary| step.from == from.key && step.to == to.key;
    let down = answer.steps.iter().find(|step| joins(step, before, node));
    let up = answer.steps.iter().find(|step| joins(step, node, before));
    match (down, up) {
        (Some(step), _) => {
            line.add(Paint::Quiet, format!("▼ {}", plain::line(&step.phrase)));
            line.class(step);
        }
        (None, Some(step)) => {
            line.add(Paint::Quiet, format!("▲ {}", plain::line(&step.phrase)));
            line.class(step);
        }
        (None, None) => line.add(Paint::Quiet, "│"),
    }
    line
}

/// Pieces of the chain that the tree did not come by, as a plain list: nothing of an answer is left out.
fn unreached(answer: &TraceAnswer, tree: &Tree<'_>, shown: &BTreeSet<&str>, style: Style) -> String {
    let nodes = answer.chain.iter().filter(|key| !shown.contains(key.as_str()));
    let mut out = String::new();
    for node in nodes.filter_map(|key| tree.nodes.get(key.as_str())) {
        if out.is_empty() {
            out.push_str(&note(Paint::Strong, "\nAlso in the chain", style));
        }
        let mut line = Line::new();
        line.add(Paint::Quiet, "  ");
        line.node(node);
        out.push_str(&line.write(style));
    }
    out
}

fn missing(answer: &TraceAnswer, tree: &Tree<'_>, style: Style) -> String {
    let mut out = String::new();
    for Missing { node, what, why, fix } in &answer.missing {
        if out.is_empty() {
            out.push_str(&note(Paint::Strong, "\nMissing", style));
        }
        let mut line = Line::new();
        line.add(Paint::Doubtful, format!("  {}", plain::line(what).replace('_', " ")));
        line.add(Paint::Plain, format!("  {}: {}", tree.short(node), plain::line(why)));
        out.push_str(&line.write(style));
        out.push_str(&note(Paint::Quiet, &format!("    → {}", plain::line(fix)), style));
    }
    if out.is_empty() { out } else { out + "\n" }
}

fn note(paint: Paint, words: &str, style: Style) -> String {
    let mut line = Line::new();
    line.add(paint, words);
    line.write(style)
}

#[cfg(test)]
mod tests {
    use super::{Style, path, resolve, trace};
    use crate::answer::{PathAnswer, ResolveAnswer};
    use crate::plain::samples::{incident_chain, key, node, step};

    const PLAIN: Style = Style { colour: false, width: 200 };

    #[test]
    fn draws_the_chain_of_an_alert() {
        let expected = "\
Alert CheckoutErrors  Checkout answers with errors  ✓ success  2026-03-14 09:26 UTC
└─ was running ▸ Deployment deploy-41  checkout 1.4.2  ✓ success  2026-03-14 09:26 UTC  computed
   │ · deployed to environment production
   └─ deploys ▸ Artifact checkout:1.4.2  ✓ success  2026-03-14 09:26 UTC  L3
      ├─ produced by ▸ Build build-881  Build of main  ✓ success  2026-03-14 09:26 UTC  L2
      │  └─ built from ▸ Commit 3f2a1b9  Retry when the gateway times out  ✓ success  2026-03-14 09:26 UTC  L2
      │     └─ part of ▸ Pull request acme/checkout#42  Retry card payments  ✓ success  2026-03-14 09:26 UTC  L2
      │        │ · authored by person ada
      │        └─ resolves ▸ Ticket PAY-31  Retry card authorisation  ✓ success  2026-03-14 09:26 UTC  L1
      │             · documented by document DOC-7
      └─ built from ▸ Commit 3f2a1b9  (above)  L2

Missing
  alert rule  alert CheckoutErrors: no rule is known for this alert
    → connect the alert router's rules

Read from a ledger of 412 entries.
";
        assert_eq!(trace(&incident_chain(), PLAIN), expected);
        assert_eq!(trace(&incident_chain(), PLAIN), trace(&incident_chain(), PLAIN));
    }

    #[test]
    fn draws_an_impact_against_the_arrows() {
        let mut answer = incident_chain();
        answer.start = key("ticket", "PAY-31");
        answer.chain.reverse();
        let tree = trace(&answer, PLAIN);
        assert!(tree.starts_with("Ticket PAY-31"), "{tree}");
        assert!(tree.contains("└─ ◂ resolves  Pull request acme/checkout#42"), "{tree}");
        assert!(tree.contains("◂ was running  Alert CheckoutErrors"), "{tree}");
    }

    #[test]
    fn fits_the_width_and_lets_nothing_through() {
        let mut answer = incident_chain();
        for node in &mut answer.nodes {
            node.title = format!("\u{1b}[2J\u{202e}{}\nnew line", "very long title ".repeat(30));
        }
        let tree = trace(&answer, Style { colour: false, width: 110 });
        for line in tree.lines() {
            assert!(line.chars().count() <= 140, "{line}");
        }
        assert!(!tree.contains(['\u{1b}', '\u{202e}']), "{tree:?}");
        let coloured = trace(&incident_chain(), Style { colour: true, width: 110 });
        assert!(coloured.contains("\u{1b}[1mPAY-31\u{1b}[0m"), "{coloured:?}");
    }

    #[test]
    fn ends_on_circles_depth_and_islands() {
        let mut answer = incident_chain();
        answer.context.clear();
        answer.missing.clear();
        answer.cut = true;
        answer.nodes.push(node("commit", "change", "island", "An island"));
        answer.chain.push(key("commit", "island"));
        answer.steps.push(step(("ticket", "PAY-31"), "child_of", "L0", ("alert", "CheckoutErrors")));
        let mut names = vec!["PAY-31".to_owned()];
        names.extend((0..500).map(|number| format!("OLD-{number}")));
        for pair in names.windows(2) {
            answer.steps.push(step(("ticket", &pair[0]), "child_of", "L2", ("ticket", &pair[1])));
        }
        let tree = trace(&answer, PLAIN);
        assert!(tree.contains("Alert CheckoutErrors  (above)  L0"), "{tree}");
        assert!(tree.contains("\nAlso in the chain\n  Commit island"), "{tree}");
        assert!(tree.contains("ticket:OLD-499"), "{tree}");
        assert!(tree.contains("was cut"), "{tree}");
        assert!(tree.lines().all(|line| line.chars().count() < 300));
    }

    #[test]
    fn draws_paths() {
        let chain = incident_chain();
        let mut answer = PathAnswer {
            from: key("commit", "3f2a1b9"),
            to: key("artifact", "checkout:1.4.2"),
            found: true,
            nodes: vec![
                node("change", "change", "acme/checkout#42", "Retry card payments"),
                node("commit", "change", "3f2a1b9", "Retry"),
                node("artifact", "artifact", "checkout:1.4.2", "checkout:1.4.2"),
            ],
            steps: chain.steps,
            ledger_size: 412,
        };
        let expected = "\
● Pull request acme/checkout#42  Retry card payments  ✓ success  2026-03-14 09:26 UTC
▲ part of  L2
● Commit 3f2a1b9  Retry  ✓ success  2026-03-14 09:26 UTC
▲ built from  L2
● Artifact checkout:1.4.2  ✓ success  2026-03-14 09:26 UTC
Read from a ledger of 412 entries.
";
        assert_eq!(path(&answer, PLAIN), expected);
        answer.found = false;
        assert!(path(&answer, PLAIN).starts_with("No chain of links joins"));
    }

    #[test]
    fn shows_candidates() {
        let one = node("ticket", "work", "PAY-31", "Retry card authorisation");
        let two = node("change", "change", "acme/checkout#31", "Another");
        for (candidates, hint, expected) in [
            (vec![], Some("try a full URL"), ["Nothing is known by the name of “31”.", "try a full URL"]),
            (vec![one.clone()], None, ["Ticket PAY-31", "  key   cdevents:v0:throughline::::ticket:PAY-31"]),
            (vec![one, two], None, ["“31” may be any of these 2", "Pull request acme/checkout#31"]),
        ] {
            let answer = ResolveAnswer {
                input: "31\u{7}".to_owned(),
                result: "several".to_owned(),
                candidates,
                hint: hint.map(str::to_owned),
            };
            let shown = resolve(&answer, PLAIN);
            for part in expected {
                assert!(shown.contains(part), "{part} in {shown}");
            }
        }
    }
}
