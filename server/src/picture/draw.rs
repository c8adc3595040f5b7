//! Writes the SVG. Colours are classes that the page's style sheet fills in, light or dark; presentation attributes
//! beside them keep a saved picture legible by itself. No `style` attribute: the content security policy forbids it.

use std::collections::BTreeSet;

use super::cards::{card, name, stands_for};
use super::layout::{CARD_HEIGHT, CARD_WIDTH, GAP_ACROSS, HEAD, MARGIN_LEFT, MARGIN_RIGHT, Plan};
use super::scene::{Arrow, Line, Scene, certainty};
use crate::plain;

/// The colour of a box's edge.
pub(super) const EDGE: &str = "#b9c2c9";
const THREAD: &str = "#66727d";

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
pub(super) const QUIET: Face = Face { class: "pic-quiet", attributes: "font-size=\"11\" fill=\"#56616b\"" };
/// What explains, set against the right edge.
pub(super) const QUIET_END: Face =
    Face { class: "pic-quiet", attributes: "font-size=\"11\" fill=\"#56616b\" text-anchor=\"end\"" };

/// How far an arrow ends before the card, so that its head touches it.
const HEAD_LENGTH: i64 = 6;
/// A picture wider than this may be shrunk a little by the page before it scrolls.
const WIDE: i64 = 1_120;
/// The size of one sample of the legend with its words.
const LEGEND_WIDTH: i64 = 200;
const LEGEND_HEIGHT: i64 = 20;

/// Writes the picture.
pub(super) fn svg(scene: &Scene<'_>, plan: &Plan) -> String {
    let right = scene.columns.len().checked_sub(1).map_or(0, |last| left_of(last) + CARD_WIDTH);
    let width = (right + MARGIN_RIGHT).max(MARGIN_LEFT + LEGEND_WIDTH);
    let legend_top = HEAD + plan.height + 24;
    let (legend, legend_height) = legend(scene, width, legend_top);
    let height = legend_top + legend_height + 8;
    let class = if width > WIDE { "pic pic-wide" } else { "pic" };
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"{class}\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"group\" aria-labelledby=\"pic-title\" aria-describedby=\"pic-description\" \
         font-family=\"system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif\">\n\
         <title id=\"pic-title\">The chain as a picture</title>\n\
         <desc id=\"pic-description\">{}</desc>\n{HEAD_MARKER}\n",
        escape(&description(scene))
    );
    out.push_str(&headings(scene));
    out.push_str("<g class=\"pic-lines\" aria-hidden=\"true\" fill=\"none\">\n");
    for (index, drawn) in scene.arrows.iter().enumerate() {
        out.push_str(&arrow(scene, plan, index, drawn));
    }
    out.push_str("</g>\n");
    for (index, drawn) in scene.cards.iter().enumerate() {
        let top = HEAD + middle(plan, index) - CARD_HEIGHT / 2;
        out.push_str(&card(drawn, left_of(drawn.column), top, &scene.year));
    }
    out.push_str(&legend);
    out.push_str("</svg>\n");
    out
}

const HEAD_MARKER: &str = "<defs><marker id=\"pic-head\" viewBox=\"0 0 8 8\" refX=\"2\" refY=\"4\" markerWidth=\"8\" \
     markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path class=\"pic-head\" d=\"M0 .5 8 4 0 7.5z\" \
     fill=\"#66727d\"/></marker></defs>";

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

/// The picture in a sentence, for those who do not see it.
fn description(scene: &Scene<'_>) -> String {
    let stages: Vec<&str> = scene.columns.iter().map(|stage| stage.title()).collect();
    format!(
        "{} pieces in these stages, from left to right: {}. Each arrow points from the later piece to the earlier one. \
         The same pieces and arrows stand as lists below the picture.",
        scene.cards.iter().map(stands_for).sum::<usize>(),
        stages.join(", ")
    )
}

fn headings(scene: &Scene<'_>) -> String {
    let mut out = String::new();
    for (column, stage) in scene.columns.iter().enumerate() {
        let left = left_of(column);
        let count: usize = scene.cards.iter().filter(|card| card.column == column).map(stands_for).sum();
        out.push_str(&text(&STAGE, left, 15, stage.title()));
        out.push_str(&text(&QUIET_END, left + CARD_WIDTH, 15, &count.to_string()));
        out.push_str(&format!("<path class=\"pic-rule\" d=\"M{left} 24.5h{CARD_WIDTH}\" stroke=\"{EDGE}\"/>\n"));
    }
    out
}

/// One arrow: through its lanes, or straight down a column, or around it.
fn arrow(scene: &Scene<'_>, plan: &Plan, index: usize, arrow: &Arrow) -> String {
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
        "<path class=\"pic-line {class}{beside}\" d=\"{path}\" stroke=\"{THREAD}\" {strokes} \
         marker-end=\"url(#pic-head)\"><title>{}</title></path>\n",
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
const fn stroke(line: Line) -> (&'static str, &'static str) {
    match line {
        Line::Cryptographic => ("pic-line-l3", "stroke-width=\"3\""),
        Line::Asserted => ("pic-line-l2", "stroke-width=\"1.5\""),
        Line::Declared => ("pic-line-l1", "stroke-width=\"1.5\" stroke-dasharray=\"7 4\""),
        Line::Guessed => ("pic-line-l0", "stroke-width=\"2\" stroke-dasharray=\"0 5\" stroke-linecap=\"round\""),
        Line::Computed => ("pic-line-computed", "stroke-width=\"1.5\" stroke-dasharray=\"9 4 2 4\""),
        Line::Lacking => ("pic-line-lacking", "stroke-width=\"1\" stroke-dasharray=\"2 3\""),
    }
}

/// One line of text; `x` is its left edge, or its right one for [`QUIET_END`], and `y` its base line.
pub(super) fn text(face: &Face, x: i64, y: i64, words: &str) -> String {
    let Face { class, attributes } = face;
    format!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\" {attributes}>{}</text>", escape(words))
}

/// What the lines mean, for those that occur, and the height that this takes.
fn legend(scene: &Scene<'_>, width: i64, top: i64) -> (String, i64) {
    let used: BTreeSet<Line> = scene.arrows.iter().map(|arrow| arrow.line).collect();
    let across = (width / LEGEND_WIDTH).max(1);
    let mut out =
        String::from("<g class=\"pic-legend\" role=\"note\" fill=\"none\"><title>What the lines mean</title>\n");
    let mut rows = 0;
    for (place, line) in (0..).zip(used.iter().rev()) {
        let (x, y) = (MARGIN_LEFT + place % across * LEGEND_WIDTH, top + place / across * LEGEND_HEIGHT);
        let (class, strokes) = stroke(*line);
        rows = place / across + 1;
        out.push_str(&format!(
            "<path class=\"pic-line {class}\" d=\"M{} {}H{}\" stroke=\"{THREAD}\" {strokes} \
             marker-end=\"url(#pic-head)\"/>{}\n",
            x + 34,
            y + 8,
            x + HEAD_LENGTH,
            text(&QUIET, x + 42, y + 12, certainty(*line)),
        ));
    }
    let y = top + rows * LEGEND_HEIGHT;
    let mut words = vec!["An arrow points to the earlier piece.".to_owned()];
    if scene.undrawn > 0 {
        words.push(format!("{} more arrows are not drawn.", scene.undrawn));
    }
    for (row, line) in (0..).zip(&words) {
        out.push_str(&text(&QUIET, MARGIN_LEFT, y + 12 + row * LEGEND_HEIGHT, line));
        out.push('\n');
    }
    out.push_str("</g>\n");
    (out, (rows + number(words.len())) * LEGEND_HEIGHT)
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
        ] {
            assert_eq!(escape(given), expected);
        }
    }
}
