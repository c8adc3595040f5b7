//! What stands under the picture: what the lines mean, and what is not drawn.

use std::collections::BTreeSet;

use super::cards::wrap;
use super::draw::{QUIET, line_colour, stroke, text};
use super::layout::MARGIN_LEFT;
use super::scene::{Content, Line, Scene, certainty};
use super::setting::Setting;

/// The size of one sample with its words.
const SAMPLE_WIDTH: i64 = 200;
const ROW_HEIGHT: i64 = 20;
/// The room that a letter of the notes takes at most on average.
const LETTER_WIDTH: i64 = 6;
/// The most lines of one note.
const NOTE_LINES: usize = 3;

/// The legend with its top edge at `top`, and the height that it takes.
pub(super) fn legend(scene: &Scene<'_>, width: i64, top: i64, setting: &Setting<'_>) -> (String, i64) {
    let used: BTreeSet<Line> = scene.arrows.iter().map(|arrow| arrow.line).collect();
    let across = (width / SAMPLE_WIDTH).max(1);
    let mut out =
        String::from("<g class=\"pic-legend\" role=\"note\" fill=\"none\"><title>What the lines mean</title>\n");
    let mut y = top;
    for (place, line) in (0..).zip(used.iter().rev()) {
        y = top + place / across * ROW_HEIGHT;
        out.push_str(&sample(*line, MARGIN_LEFT + place % across * SAMPLE_WIDTH, y, setting));
    }
    if !used.is_empty() {
        y += ROW_HEIGHT;
    }
    let letters = usize::try_from((width - 2 * MARGIN_LEFT) / LETTER_WIDTH).unwrap_or(1);
    for note in notes(scene) {
        for words in wrap(&note, letters, NOTE_LINES) {
            out.push_str(&text(&QUIET, MARGIN_LEFT, y + 12, &words));
            out.push('\n');
            y += ROW_HEIGHT;
        }
    }
    out.push_str("</g>\n");
    (out, y - top)
}

/// One line style with what it means.
fn sample(line: Line, x: i64, y: i64, setting: &Setting<'_>) -> String {
    let (class, strokes) = stroke(line);
    format!(
        "<path class=\"pic-line {class}\" d=\"M{} {}H{}\" stroke=\"{}\" {strokes} marker-end=\"url(#{})\"/>{}\n",
        x + 34,
        y + 8,
        x + 6,
        line_colour(line),
        setting.id("head"),
        text(&QUIET, x + 42, y + 12, certainty(line)),
    )
}

/// What has to be known to read the picture.
fn notes(scene: &Scene<'_>) -> Vec<String> {
    let mut notes = vec!["An arrow points to the earlier piece.".to_owned()];
    let folded = scene.cards.iter().filter(|card| matches!(card.content, Content::Folded(_))).count();
    if folded > 0 {
        let cards = if folded == 1 { "One card stands" } else { "Some cards stand" };
        notes.push(format!(
            "{cards} for several pieces of one kind and neighbourhood; each lists them in its description."
        ));
    }
    if scene.undrawn > 0 {
        notes.push(format!("Arrows that are not drawn: {}.", scene.undrawn));
    }
    if scene.unshown > 0 {
        notes.push(format!("Missing pieces that are not drawn: {}.", scene.unshown));
    }
    if scene.cut {
        notes.push("The chain is longer than one answer can hold and was cut.".to_owned());
    }
    notes
}
