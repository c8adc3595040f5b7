//! Writes the SVG. Colours are classes that the page's style sheet fills in, light or dark; presentation attributes
//! beside them are what a picture by itself shows where it is light. No `style` attribute: the content security policy
//! forbids it.

use super::cards::{card, name, stands_for};
use super::layout::{CARD_HEIGHT, CARD_WIDTH, GAP_ACROSS, HEAD, MARGIN_LEFT, MARGIN_RIGHT, Plan};
use super::legend::legend;
use super::scene::{Arrow, Line, Scene};
use super::setting::Setting;
use super::words;
use crate::plain;

/// The colour of a heading's rule, and of the edge of a card.
pub(super) const EDGE: &str = "#b4bdc2";
const THREAD: &str = "#66727d";
/// The colour of what is missing.
pub(super) const RED: &str = "#b3261e";
const GROUND: &str = "#ffffff";

/// What a picture by itself looks like where it is dark: the values of the page's style sheet. It holds no character
/// that XML would escape.
pub(super) const DARK: &str = "@media (prefers-color-scheme:dark){.pic-ground,.pic-box{fill:#1a2026}\
    .pic-box{stroke:#4b5862}.pic-stage,.pic-name,.pic-title{fill:#e4e8eb}.pic-quiet{fill:#a4afb8}\
    .pic-rule{stroke:#4b5862}.pic-line{stroke:#84919c}.pic-head{fill:#84919c}.pic-line-lacking{stroke:#ff9a91}\
    .pic-start .pic-box{fill:#1d2c3f;stroke:#8db9f0}.pic-beside .pic-box{fill:#12161a}\
    .pic-lacking .pic-box{fill:#3a1f1d;stroke:#ff9a91}.pic-more .pic-box{fill:#0d1114}.pic-success{color:#6fc598}\
    .pic-failure{color:#ff9a91}.pic-running{color:#8db9f0}.pic-pending{color:#e2b554}.pic-abandoned{color:#a4afb8}\
    .pic-tick{stroke:#1a2026}}";

/// How a text is set: its class, and what it looks like without a style sheet.
pub(super) struct Face {
    class: &'static str,
    attributes: &'static str,
}

const STAGE: Face = Face { class: "pic-stage", attributes: "font-size=\"13\" font-weight=\"600\" fill=\"#1a2027\"" };
/// The name of a card.
pub(super) const NAME: Face =
    Face { class: "pic-name", attributes: "font-size=\"13\" font-weight=\"600\" fill=\"#1a2027\"" };
/// The title of a card.
pub(super) const TITLE: Face = Face { class: "pic-title", attributes: "font-size=\"12\" fill=\"#1a2027\"" };
/// What explains.
pub(super) const QUIET: Face = Face { class: "pic-quiet", attributes: "font-size=\"11\" fill=\"#525d66\"" };
/// What explains, set against the right edge.
pub(super) const QUIET_END: Face =
    Face { class: "pic-quiet", attributes: "font-size=\"11\" fill=\"#525d66\" text-anchor=\"end\"" };

/// How far an arrow ends before the card, so that its head touches it.
const HEAD_LENGTH: i64 = 6;
/// A picture wider than this may be shrunk a little by the page before it scrolls.
const WIDE: i64 = 1_120;
/// One wider than this would be shrunk until it is hard to read; it scrolls instead.
const TOO_WIDE: i64 = 1_300;
/// The least width, so that the notes of the legend have room.
const NARROW: i64 = 420;

/// Writes the picture.
pub(super) fn svg(scene: &Scene<'_>, plan: &Plan, setting: &Setting<'_>) -> String {
    let right = scene.columns.len().checked_sub(1).map_or(0, |last| left_of(last) + CARD_WIDTH);
    let width = (right + MARGIN_RIGHT).max(NARROW);
    let legend_top = HEAD + plan.height + 24;
    let (legend, legend_height) = legend(scene, width, legend_top, setting);
    let mut out = opening(scene, width, legend_top + legend_height + 8, setting);
    out.push_str(&headings(scene));
    out.push_str("<g class=\"pic-lines\" aria-hidden=\"true\" fill=\"none\">\n");
    for (index, drawn) in scene.arrows.iter().enumerate() {
        out.push_str(&arrow(scene, plan, (index, drawn), setting));
    }
    out.push_str("</g>\n");
    for (index, drawn) in scene.cards.iter().enumerate() {
        let top = HEAD + middle(plan, index) - CARD_HEIGHT / 2;
        out.push_str(&card(drawn, (left_of(drawn.column), top), &scene.year, setting));
    }
    out.push_str(&legend);
    out.push_str("</svg>\n");
    out
}

/// The element itself, what it is in words, and the head of the arrows.
fn opening(scene: &Scene<'_>, width: i64, height: i64, setting: &Setting<'_>) -> String {
    let class = if (WIDE + 1..=TOO_WIDE).contains(&width) { "pic pic-wide" } else { "pic" };
    let (title, description) = (setting.id("title"), setting.id("description"));
    // An image hides what is in it from those who do not see it. In a page its links are of use to them.
    let labels = if setting.by_itself() {
        format!("role=\"img\" aria-labelledby=\"{title} {description}\"")
    } else {
        format!("role=\"group\" aria-labelledby=\"{title}\" aria-describedby=\"{description}\"")
    };
    let ground = if setting.by_itself() {
        format!(
            "<style>{DARK}</style>\n\
             <rect class=\"pic-ground\" width=\"{width}\" height=\"{height}\" fill=\"{GROUND}\"/>\n"
        )
    } else {
        String::new()
    };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"{class}\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" {labels} \
         font-family=\"system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif\">\n\
         <title id=\"{title}\">{}</title>\n<desc id=\"{description}\">{}</desc>\n\
         <defs><marker id=\"{}\" viewBox=\"0 0 8 8\" refX=\"2\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" \
         markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path class=\"pic-head\" d=\"M0 .5 8 4 0 7.5z\" \
         fill=\"{THREAD}\"/></marker></defs>\n{ground}",
        escape(&words::title(scene)),
        escape(&words::description(scene, setting)),
        setting.id("head"),
    )
}

/// The one way in which text comes into the picture: cleaned, then escaped for element content and attributes alike.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in plain::line(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // No character of XML: a picture by itself would not be shown at all.
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn left_of(column: usize) -> i64 {
    MARGIN_LEFT + number(column).saturating_mul(CARD_WIDTH + GAP_ACROSS)
}

fn middle(plan: &Plan, card: usize) -> i64 {
    plan.middles.get(card).copied().unwrap_or(0)
}

/// A heading over each stage, however many columns it has, with the number of its pieces.
fn headings(scene: &Scene<'_>) -> String {
    let mut out = String::new();
    let mut first = 0;
    for columns in scene.columns.chunk_by(|one, other| one == other) {
        let stage = columns.first().map_or("", |stage| stage.title());
        let (left, end) = (left_of(first), left_of(first + columns.len() - 1) + CARD_WIDTH);
        let own = first..first + columns.len();
        let count: usize = scene.cards.iter().filter(|card| own.contains(&card.column)).map(stands_for).sum();
        out.push_str(&text(&STAGE, left, 15, stage));
        out.push_str(&text(&QUIET_END, end, 15, &count.to_string()));
        out.push_str(&format!("<path class=\"pic-rule\" d=\"M{left} 24.5H{end}\" stroke=\"{EDGE}\"/>\n"));
        first += columns.len();
    }
    out
}

/// One arrow: through its lanes, or straight down a column, or around it.
fn arrow(scene: &Scene<'_>, plan: &Plan, (index, arrow): (usize, &Arrow), setting: &Setting<'_>) -> String {
    let (Some(from), Some(to)) = (scene.cards.get(arrow.from), scene.cards.get(arrow.to)) else {
        return String::new();
    };
    let start = HEAD + middle(plan, arrow.from);
    let end = HEAD + middle(plan, arrow.to);
    let path = if from.column != to.column {
        let lanes = plan.lanes.get(index).map(Vec::as_slice).unwrap_or_default();
        across((from.column, start), lanes, (to.column, end))
    } else if plan.adjacent.get(index).copied().unwrap_or(false) {
        let x = left_of(from.column) + CARD_WIDTH / 2;
        let away = if end < start { -CARD_HEIGHT / 2 } else { CARD_HEIGHT / 2 };
        format!("M{x} {}V{}", start + away, end - away - away.signum() * HEAD_LENGTH)
    } else {
        let x = left_of(from.column) + CARD_WIDTH;
        let bend = x + MARGIN_RIGHT;
        format!("M{x} {start}C{bend} {start} {bend} {end} {} {end}", x + HEAD_LENGTH)
    };
    let beside = if arrow.beside { " pic-line-beside" } else { "" };
    let (class, strokes) = stroke(arrow.line);
    format!(
        "<path class=\"pic-line {class}{beside}\" d=\"{path}\" stroke=\"{}\" {strokes} marker-end=\"url(#{})\">\
         <title>{}</title></path>\n",
        line_colour(arrow.line),
        setting.id("head"),
        escape(&format!("{} {} {}", name(from), arrow.words, name(to)))
    )
}

/// A path between two columns: level at both ends and through every lane, so that it bends only between columns.
fn across((from, start): (usize, i64), lanes: &[(usize, i64)], (to, end): (usize, i64)) -> String {
    let leftwards = to < from;
    let near = |column: usize| left_of(column) + if leftwards { CARD_WIDTH } else { 0 };
    let far = |column: usize| left_of(column) + if leftwards { 0 } else { CARD_WIDTH };
    let (mut x, mut y) = (far(from), start);
    let mut path = format!("M{x} {y}");
    for (column, middle) in lanes {
        let (enter, height) = (near(*column), HEAD + middle);
        path.push_str(&curve(x, y, enter, height));
        x = far(*column);
        y = height;
        path.push_str(&format!("H{x}"));
    }
    let tip = near(to) + if leftwards { HEAD_LENGTH } else { -HEAD_LENGTH };
    path + &curve(x, y, tip, end)
}

fn curve(x: i64, y: i64, to_x: i64, to_y: i64) -> String {
    let half = (x + to_x) / 2;
    format!("C{half} {y} {half} {to_y} {to_x} {to_y}")
}

/// The class of a line, and how it looks without a style sheet.
pub(super) const fn stroke(line: Line) -> (&'static str, &'static str) {
    match line {
        Line::Cryptographic => ("pic-line-l3", "stroke-width=\"3\""),
        Line::Asserted => ("pic-line-l2", "stroke-width=\"1.5\""),
        Line::Declared => ("pic-line-l1", "stroke-width=\"1.5\" stroke-dasharray=\"7 4\""),
        Line::Guessed => ("pic-line-l0", "stroke-width=\"2\" stroke-dasharray=\"0 5\" stroke-linecap=\"round\""),
        Line::Computed => ("pic-line-computed", "stroke-width=\"1.5\" stroke-dasharray=\"9 4 2 4\""),
        Line::Lacking => ("pic-line-lacking", "stroke-width=\"1\" stroke-dasharray=\"2 3\""),
    }
}

/// The colour of a line without a style sheet.
pub(super) const fn line_colour(line: Line) -> &'static str {
    match line {
        Line::Cryptographic | Line::Asserted | Line::Declared | Line::Guessed | Line::Computed => THREAD,
        Line::Lacking => RED,
    }
}

/// One line of text; `x` is its left edge, or its right one for [`QUIET_END`], and `y` its base line.
pub(super) fn text(face: &Face, x: i64, y: i64, words: &str) -> String {
    let Face { class, attributes } = face;
    format!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\" {attributes}>{}</text>", escape(words))
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn escapes_for_text_and_attributes() {
        for (given, expected) in [
            ("a<b>c", "a&lt;b&gt;c"),
            ("\"quoted\" & 'single'", "&quot;quoted&quot; &amp; &#39;single&#39;"),
            ("&lt;", "&amp;lt;"),
            ("one\u{0}\u{202e}two", "one two"),
            ("no\u{ffff}XML", "noXML"),
        ] {
            assert_eq!(escape(given), expected);
        }
    }
}
