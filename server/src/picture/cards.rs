//! The cards of the picture: what each says, and how an outcome is marked.

use super::draw::{EDGE, NAME, QUIET, QUIET_END, RED, TITLE, escape, text};
use super::layout::{CARD_HEIGHT, CARD_WIDTH};
use super::scene::{Card, Content, Role};
use super::setting::Setting;
use super::words;
use crate::answer::{Missing, NodeSummary};
use crate::plain;

/// Characters of a card's name.
const NAME_LENGTH: usize = 17;
/// Characters of one line of a card's title.
const TITLE_LENGTH: usize = 21;
/// Characters of a card's bottom line, the state and the day together.
const FOOT_LENGTH: usize = 19;
/// The most characters of what is said of a card in full.
const FULL_LENGTH: usize = 600;
/// The inner margin of a card.
const PADDING: i64 = 10;
const ACCENT: &str = "#1f4f8f";
/// The most characters of a name that is spoken: of a node, of a missing piece.
const SPOKEN_LENGTH: usize = 200;
/// The most pieces that the description of a card of several names.
const MAX_FOLDED_NAMED: usize = 40;

/// One card as a link; `corner` is its left and upper edge, `year` is the one that its date need not repeat.
pub(super) fn card(card: &Card<'_>, corner: (i64, i64), year: &str, setting: &Setting<'_>) -> String {
    match &card.content {
        Content::Node(node, role) => node_card(node, *role, corner, (year, setting)),
        Content::Folded(nodes) => folded_card(nodes, corner, setting),
        Content::Lacking(missing) => lacking_card(missing, corner, setting),
    }
}

/// How many pieces a card stands for.
pub(super) fn stands_for(card: &Card<'_>) -> usize {
    match &card.content {
        Content::Node(..) => 1,
        Content::Folded(nodes) => nodes.len(),
        Content::Lacking(_) => 0,
    }
}

/// What a card is called at the end of an arrow.
pub(super) fn name(card: &Card<'_>) -> String {
    match &card.content {
        Content::Node(node, _) => named(node),
        Content::Folded(nodes) => counted(nodes),
        Content::Lacking(missing) => lacks(missing),
    }
}

/// What a node is called: its reference, else its title.
pub(super) fn named(node: &NodeSummary) -> String {
    plain::clip(&reference(node).unwrap_or_else(|| title(node)), SPOKEN_LENGTH)
}

/// How many nodes of one kind there are: `37 commits`.
pub(super) fn counted(nodes: &[&NodeSummary]) -> String {
    let label = nodes.first().map(|node| plain::line(&node.kind_label).to_lowercase()).unwrap_or_default();
    let plural = match label.as_str() {
        "" => "pieces".to_owned(),
        "person" => "people".to_owned(),
        label if label.ends_with("ch") => format!("{label}es"),
        label => label.strip_suffix('y').map_or_else(|| format!("{label}s"), |stem| format!("{stem}ies")),
    };
    plain::clip(&format!("{} {plural}", nodes.len()), SPOKEN_LENGTH)
}

/// What a missing piece is called: `No ticket`.
pub(super) fn lacks(missing: &Missing) -> String {
    plain::clip(&format!("No {}", plain::line(&missing.what).replace('_', " ")), SPOKEN_LENGTH)
}

fn node_card(node: &NodeSummary, role: Role, (left, top): (i64, i64), (year, setting): (&str, &Setting<'_>)) -> String {
    let class = match (role, node.stated) {
        (Role::Start, _) => "pic-card pic-start",
        (Role::Chain, true) => "pic-card",
        (Role::Chain, false) => "pic-card pic-unstated",
        (Role::Beside, true) => "pic-card pic-beside",
        (Role::Beside, false) => "pic-card pic-beside pic-unstated",
    };
    let edge = match (role, node.stated) {
        (Role::Start, _) => Edge { ground: "#e6edf6", colour: ACCENT, more: "stroke-width=\"2\"" },
        (Role::Chain, true) => Edge { ground: "#fff", colour: EDGE, more: "stroke-width=\"1\"" },
        (Role::Chain, false) => Edge { ground: "#fff", colour: EDGE, more: "stroke-dasharray=\"4 3\"" },
        (Role::Beside, true) => Edge { ground: "#f5f6f4", colour: EDGE, more: "stroke-width=\"1\"" },
        (Role::Beside, false) => Edge { ground: "#f5f6f4", colour: EDGE, more: "stroke-dasharray=\"4 3\"" },
    };
    let mut out = open(class, &setting.node(&node.key), &full(node), (left, top), &edge);
    let x = left + PADDING;
    out.push_str(&text(&QUIET, x, top + 19, &plain::clip(&plain::line(&node.kind_label), TITLE_LENGTH)));
    let title = title(node);
    match reference(node).filter(|reference| *reference != title) {
        Some(reference) => {
            out.push_str(&text(&NAME, x, top + 37, &plain::clip_middle(&reference, NAME_LENGTH)));
            out.push_str(&title_lines(&title, x, top));
        }
        None => {
            for (y, line) in (38..).step_by(17).zip(wrap(&title, NAME_LENGTH, 2)) {
                out.push_str(&text(&NAME, x, top + y, &line));
            }
        }
    }
    out + &foot(node, left, top + CARD_HEIGHT - 11, year) + "</a>\n"
}

/// A card for several nodes; it leads to the list of all of them.
fn folded_card(nodes: &[&NodeSummary], (left, top): (i64, i64), setting: &Setting<'_>) -> String {
    let count = counted(nodes);
    let label = format!("{count} in one card: {}", words::some(nodes, MAX_FOLDED_NAMED));
    let dashed = Edge { ground: "#eceeeb", colour: EDGE, more: "stroke-dasharray=\"4 3\"" };
    let mut out = open("pic-card pic-more", &setting.list(), &label, (left, top), &dashed);
    let x = left + PADDING;
    out.push_str(&text(&QUIET, x, top + 19, "Folded"));
    for (y, line) in (38..).step_by(17).zip(wrap(&count, NAME_LENGTH, 2)) {
        out.push_str(&text(&NAME, x, top + y, &line));
    }
    let first = nodes.first().map(|node| plain::clip_middle(&named(node), NAME_LENGTH)).unwrap_or_default();
    out.push_str(&text(&QUIET, x, top + 70, &format!("{first}, …")));
    let failed = nodes.iter().filter(|node| node.outcome.as_deref() == Some("failure")).count();
    if failed > 0 {
        let y = top + CARD_HEIGHT - 11;
        out.push_str(&shape("failure", x, y - 9));
        out.push_str(&text(&QUIET, x + 15, y, &format!("{failed} failed")));
    }
    out + "</a>\n"
}

/// A card for a piece that should be there; it leads to what to do about it.
fn lacking_card(missing: &Missing, (left, top): (i64, i64), setting: &Setting<'_>) -> String {
    let label = plain::clip(
        &format!("Missing: {}. {} {}", lacks(missing), plain::line(&missing.why), plain::line(&missing.fix)),
        FULL_LENGTH,
    );
    let dashed = Edge { ground: "#fbeae8", colour: RED, more: "stroke-width=\"1.5\" stroke-dasharray=\"5 3\"" };
    let mut out = open("pic-card pic-lacking", &setting.cure(&missing.node), &label, (left, top), &dashed);
    let x = left + PADDING;
    out.push_str(&text(&QUIET, x, top + 19, "Missing"));
    out.push_str(&text(&NAME, x, top + 37, &plain::clip(&lacks(missing), NAME_LENGTH)));
    out.push_str(&title_lines(&plain::line(&missing.why), x, top));
    out + "</a>\n"
}

fn title_lines(title: &str, x: i64, top: i64) -> String {
    let lines = (54..).step_by(15).zip(wrap(title, TITLE_LENGTH, 2));
    lines.map(|(y, line)| text(&TITLE, x, top + y, &line)).collect()
}

/// How a card's box is drawn without a style sheet.
struct Edge {
    ground: &'static str,
    colour: &'static str,
    more: &'static str,
}

/// Opens a card: the link, its title, which is what it is called in full, and its box.
fn open(class: &str, href: &str, label: &str, (left, top): (i64, i64), edge: &Edge) -> String {
    let (href, label) = (escape(href), escape(label));
    let Edge { ground, colour, more } = edge;
    format!(
        "<a class=\"{class}\" href=\"{href}\"><title>{label}</title>\
         <rect class=\"pic-box\" x=\"{left}\" y=\"{top}\" width=\"{CARD_WIDTH}\" height=\"{CARD_HEIGHT}\" rx=\"8\" \
         fill=\"{ground}\" stroke=\"{colour}\" {more}/>"
    )
}

/// The bottom line of a card: the outcome as a shape and a word, and the day.
fn foot(node: &NodeSummary, left: i64, y: i64, year: &str) -> String {
    let mut out = String::new();
    let mut x = left + PADDING;
    let marked = node.outcome.as_deref().map(|outcome| shape(outcome, x, y - 9)).unwrap_or_default();
    if !marked.is_empty() {
        out.push_str(&marked);
        x += 15;
    }
    let day = node.occurred.as_deref().map(|occurred| plain::short_day(occurred, year)).unwrap_or_default();
    let word = if node.stated { state(node) } else { Some("not seen yet".to_owned()) };
    if let Some(word) = word {
        let room = FOOT_LENGTH.saturating_sub(day.chars().count());
        out.push_str(&text(&QUIET, x, y, &plain::clip(&word, room)));
    }
    if !day.is_empty() {
        out.push_str(&text(&QUIET_END, left + CARD_WIDTH - PADDING, y, &day));
    }
    out
}

/// The mark of an outcome with its left and upper edge there; empty where it has none.
fn shape(outcome: &str, x: i64, y: i64) -> String {
    mark(outcome).map_or_else(String::new, |Mark { class, colour, shape }| {
        format!("<g class=\"{class}\" color=\"{colour}\" transform=\"translate({x} {y})\">{shape}</g>")
    })
}

/// How an outcome is marked, within ten pixels. The shapes differ: colour is never alone in telling them apart.
struct Mark {
    class: &'static str,
    colour: &'static str,
    shape: &'static str,
}

fn mark(outcome: &str) -> Option<Mark> {
    let (class, colour, shape) = match outcome {
        "pending" => (
            "pic-pending",
            "#775200",
            r##"<circle cx="5" cy="5" r="4.25" fill="none" stroke="currentColor" stroke-width="1.5"/>"##,
        ),
        "running" => (
            "pic-running",
            "#1f4f8f",
            r##"<circle cx="5" cy="5" r="4.25" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="M5 .75a4.25 4.25 0 0 1 0 8.5z" fill="currentColor"/>"##,
        ),
        "success" => (
            "pic-success",
            "#1c6b42",
            r##"<circle cx="5" cy="5" r="5" fill="currentColor"/><path class="pic-tick" d="M2.6 5.2 4.4 7 7.5 3.4" fill="none" stroke="#fff" stroke-width="1.4"/>"##,
        ),
        "failure" => (
            "pic-failure",
            "#b3261e",
            r##"<path d="M5-.5 10.5 5 5 10.5-.5 5z" fill="currentColor"/><path class="pic-tick" d="M3.4 3.4 6.6 6.6M6.6 3.4 3.4 6.6" stroke="#fff" stroke-width="1.3"/>"##,
        ),
        "abandoned" => (
            "pic-abandoned",
            "#525d66",
            r##"<circle cx="5" cy="5" r="4.25" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="M2 8 8 2" stroke="currentColor" stroke-width="1.5"/>"##,
        ),
        _ => return None,
    };
    Some(Mark { class, colour, shape })
}

fn title(node: &NodeSummary) -> String {
    let title = plain::line(&node.title);
    if title.is_empty() { "untitled".to_owned() } else { title }
}

fn reference(node: &NodeSummary) -> Option<String> {
    node.reference.as_deref().map(plain::line).filter(|reference| !reference.is_empty())
}

/// The tool's own word for the state, or the outcome.
fn state(node: &NodeSummary) -> Option<String> {
    let word = node.state.as_deref().or(node.outcome.as_deref())?;
    Some(plain::line(word).replace('_', " ")).filter(|word| !word.is_empty())
}

/// A node in full: kind, reference, title, state and time.
fn full(node: &NodeSummary) -> String {
    let title = title(node);
    let mut full = plain::line(&node.kind_label);
    match reference(node).filter(|reference| *reference != title) {
        Some(reference) => full.push_str(&format!(" {reference}: {title}")),
        None => full.push_str(&format!(" {title}")),
    }
    let when = node.occurred.as_deref().map(plain::moment);
    let unseen = (!node.stated).then(|| "known only because other pieces point at it".to_owned());
    for more in [state(node), when, unseen].into_iter().flatten() {
        full.push_str(", ");
        full.push_str(&more);
    }
    plain::clip(&full, FULL_LENGTH)
}

/// The text in lines of a bounded length, broken at words; the last line ends in an ellipsis where text is left over.
pub(super) fn wrap(text: &str, length: usize, lines: usize) -> Vec<String> {
    let mut wrapped: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let fits = wrapped.last().is_some_and(|line| line.chars().count() + 1 + word.chars().count() <= length);
        if !fits && wrapped.len() < lines {
            wrapped.push(plain::clip(word, length));
            continue;
        }
        let Some(line) = wrapped.last_mut() else { break };
        line.push(' ');
        line.push_str(word);
        if !fits {
            *line = plain::clip(line, length);
            break;
        }
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn wraps_at_words() {
        for (given, expected) in [
            ("Retry card payments", vec!["Retry card", "payments"]),
            ("Retry card payments when slow", vec!["Retry card", "payments…"]),
            ("incomprehensibilities", vec!["incompreh…"]),
            ("a b", vec!["a b"]),
        ] {
            assert_eq!(wrap(given, 10, 2), expected, "{given}");
        }
    }
}
