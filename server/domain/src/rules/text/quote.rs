//! Short quotations for reasons, fit for a terminal and a page.

use std::ops::Range;

use super::{is_invisible, words_after, words_before};

/// The longest quotation, in characters.
pub(super) const MAX_QUOTE_CHARS: usize = 60;

/// How much of the line around a place is looked at, in bytes on each side.
const CONTEXT_BYTES: usize = 200;

/// The words at a place with what stands around them in the line, at most [`MAX_QUOTE_CHARS`] characters.
///
/// Line ends become blanks; control characters and whatever turns the direction of writing are left out.
pub(super) fn quote(text: &str, place: Range<usize>) -> String {
    let middle = shortened(visible(text.get(place.clone()).unwrap_or_default()).trim());
    let room = MAX_QUOTE_CHARS.saturating_sub(middle.chars().count());
    let head = words_before(text, place.start, CONTEXT_BYTES).rsplit(['\n', '\r']).next().unwrap_or_default();
    let tail = words_after(text, place.end, CONTEXT_BYTES).split(['\n', '\r']).next().unwrap_or_default();
    let head = ending(&visible(head), room / 2);
    let tail = beginning(&visible(tail), room.saturating_sub(head.chars().count()));
    format!("{head}{middle}{tail}").trim().to_owned()
}

/// The text without what cannot be seen, each run of blanks as one.
fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars().filter(|character| !is_invisible(*character)) {
        if !(character.is_whitespace() || character.is_control()) {
            shown.push(character);
        } else if !shown.ends_with(' ') {
            shown.push(' ');
        }
    }
    shown
}

/// The text, with its middle left out where it is too long by itself.
fn shortened(text: &str) -> String {
    let count = text.chars().count();
    if count <= MAX_QUOTE_CHARS {
        return text.to_owned();
    }
    let kept = (MAX_QUOTE_CHARS - 1) / 2;
    let head: String = text.chars().take(kept).collect();
    let tail: String = text.chars().skip(count - kept).collect();
    format!("{head}…{tail}")
}

/// The last words of a line that fit.
fn ending(line: &str, room: usize) -> String {
    let count = line.chars().count();
    if count <= room {
        return line.to_owned();
    }
    if room < 2 {
        return String::new();
    }
    let cut: String = line.chars().skip(count - (room - 1)).collect();
    cut.split_once(' ').map_or_else(|| "…".to_owned(), |(_, words)| format!("… {words}"))
}

/// The first words of a line that fit.
fn beginning(line: &str, room: usize) -> String {
    if line.chars().count() <= room {
        return line.to_owned();
    }
    if room < 2 {
        return String::new();
    }
    let cut: String = line.chars().take(room - 1).collect();
    cut.rsplit_once(' ').map_or_else(|| "…".to_owned(), |(words, _)| format!("{words} …"))
}

#[cfg(test)]
mod tests {
    use super::{MAX_QUOTE_CHARS, quote};

    fn around(text: &str, part: &str) -> String {
        let start = text.find(part).unwrap();
        quote(text, start..start + part.len())
    }

    #[test]
    fn quotes_the_words_around() {
        for (text, part, expected) in [
            ("Fixes PAY-12", "PAY-12", "Fixes PAY-12"),
            ("one\nThis fixes\r\nPAY-12 now\nthree", "fixes\r\nPAY-12", "This fixes PAY-12 now"),
            ("Fixes \u{202e}PAY-12\u{7}\u{200b} now", "PAY-12", "Fixes PAY-12 now"),
            (
                "a rather long sentence that goes on until PAY-12 and then goes on and on until its end",
                "PAY-12",
                "… that goes on until PAY-12 and then goes on and on until …",
            ),
        ] {
            assert_eq!(around(text, part), expected, "{text}");
        }
    }

    #[test]
    fn no_quotation_is_too_long() {
        for text in ["x".repeat(500), "é ".repeat(500), "\u{202e}".repeat(500), format!("{}PAY-12", "y".repeat(500))] {
            for place in [0..0, 0..2, 100..300, 0..text.len(), text.len()..text.len(), 499..506] {
                assert!(quote(&text, place).chars().count() <= MAX_QUOTE_CHARS, "{text}");
            }
        }
    }
}
