//! What the rules share: a text as its author speaks it, the words around a place in it, and reasons that quote it.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::{Found, MAX_REFERENCES};
use crate::fact::{Field, MAX_MENTION_BYTES, Mention};
use crate::link::{LinkClass, LinkKind};

mod hidden;
mod quote;
mod reading;
#[cfg(test)]
pub(super) mod testing;
mod web;

pub(super) use self::reading::Reading;
pub(super) use self::web::Address;

/// The most places of one text that a rule looks at; the rest is passed over.
pub(super) const MAX_PLACES: usize = 1_000;

/// A mention's text, cut to [`MAX_MENTION_BYTES`], in three forms in which every place has the same offset.
pub(super) struct Text<'a> {
    field: Field,
    written: &'a str,
    /// With blanks where the author does not speak: quoted lines, code blocks, comments, folded parts.
    pub(super) spoken: String,
    /// As `spoken`, with blanks where web addresses stand.
    pub(super) plain: String,
    /// The web addresses of `spoken`, in their order.
    pub(super) addresses: Vec<Address>,
    /// Where the title, or the first line of a commit's message, ends; 0 in other fields.
    subject_end: usize,
}

impl<'a> Text<'a> {
    /// The text of a mention.
    pub(super) fn of(mention: &'a Mention) -> Self {
        let written = words_after(&mention.text, 0, MAX_MENTION_BYTES);
        let spoken = match mention.field {
            Field::Body | Field::Message | Field::Merge => hidden::without_hidden(written),
            Field::Title | Field::Branch | Field::Catalog | Field::Owners | Field::Observed => written.to_owned(),
        };
        let subject_end = match mention.field {
            Field::Title | Field::Message | Field::Merge => written.find('\n').unwrap_or(written.len()),
            Field::Body | Field::Branch | Field::Catalog | Field::Owners | Field::Observed => 0,
        };
        let addresses = web::addresses(&spoken);
        let plain = blank(&spoken, addresses.iter().map(|address| address.place.clone()));
        Self { field: mention.field, written, spoken, plain, addresses, subject_end }
    }

    /// The title, or the first line of a commit's message; empty in other fields.
    pub(super) fn subject(&self) -> &str {
        self.spoken.get(..self.subject_end).unwrap_or_default()
    }

    /// Why there is a reference: the field, and the words at a place.
    pub(super) fn reason(&self, place: Range<usize>) -> String {
        let field = match self.field {
            Field::Title => "title",
            Field::Body => "description",
            Field::Branch => "branch name",
            Field::Message => "commit message",
            Field::Merge => "message of the merge that brought it in",
            Field::Catalog => "catalog",
            Field::Owners => "file of owners",
            Field::Observed => "snapshot",
        };
        format!("the {field} says '{}'", quote::quote(self.written, place))
    }
}

/// At most so many bytes of the text before a place, from a whole character on.
pub(super) fn words_before(text: &str, at: usize, bytes: usize) -> &str {
    text.get(text.ceil_char_boundary(at.saturating_sub(bytes))..at).unwrap_or_default()
}

/// At most so many bytes of the text from a place on, up to a whole character.
pub(super) fn words_after(text: &str, at: usize, bytes: usize) -> &str {
    text.get(at..text.floor_char_boundary(at.saturating_add(bytes))).unwrap_or_default()
}

/// Whether a name ends where it seems to: nothing beside it makes it a part of a longer word, path, version or id.
///
/// `previous_end` is where the name before it ended, so that a list may be written with slashes: `PAY-12/PAY-13`.
pub(super) fn stands_alone(text: &str, place: &Range<usize>, previous_end: Option<usize>) -> bool {
    let begins = match words_before(text, place.start, 4).chars().next_back() {
        None => true,
        Some('/') => previous_end.is_some_and(|end| end + 1 == place.start),
        Some(character) => !is_wordish(character) && !r"#&.-\@=%$?~+".contains(character),
    };
    let rest = words_after(text, place.end, 32);
    let mut characters = rest.chars();
    let ends = match (characters.next(), characters.next()) {
        (None, _) => true,
        (Some('/'), Some(next)) => !is_wordish(next) || JOINED.is_match(rest),
        (Some('-' | '.' | '%' | '\\' | '@'), Some(next)) => !is_wordish(next),
        (Some(character), _) => !is_wordish(character),
    };
    begins && ends
}

/// Adds a reference, or strengthens the one that the text makes to the same name already; at most [`MAX_REFERENCES`].
pub(super) fn keep(found: &mut Vec<Found>, new: Found) {
    if let Some(old) = found.iter_mut().find(|old| old.awaits == new.awaits && old.resource == new.resource) {
        if strength(&new) > strength(old) {
            *old = new;
        }
    } else if found.len() < MAX_REFERENCES {
        found.push(new);
    }
}

static JOINED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\A/[A-Z][A-Z0-9]{1,9}-[1-9]").expect("the pattern is fixed and valid"));

/// Letters that have a case, digits, the underscore, and what is invisible. A letter without case stands beside a name
/// without a blank in the scripts that write no blanks; an invisible character breaks a reference up on purpose.
fn is_wordish(character: char) -> bool {
    character.is_lowercase()
        || character.is_uppercase()
        || character.is_numeric()
        || character == '_'
        || is_invisible(character)
}

/// Characters that show nothing, or turn the direction of what follows.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The text with blanks at these places, which are in order and do not overlap; line ends stay.
fn blank(text: &str, places: impl IntoIterator<Item = Range<usize>>) -> String {
    let mut blanked = String::with_capacity(text.len());
    let mut at = 0;
    for place in places {
        blanked.push_str(text.get(at..place.start).unwrap_or_default());
        for character in text.get(place.clone()).unwrap_or_default().chars() {
            match character {
                '\n' | '\r' => blanked.push(character),
                _ => blanked.extend(std::iter::repeat_n(' ', character.len_utf8())),
            }
        }
        at = place.end;
    }
    blanked.push_str(text.get(at..).unwrap_or_default());
    blanked
}

fn strength(found: &Found) -> (Option<usize>, LinkClass, u8) {
    let readings = [LinkKind::Mentions, LinkKind::RelatesTo, LinkKind::Resolves, LinkKind::PartOf];
    let intent = readings.iter().position(|kind| *kind == found.intent);
    (intent, found.class, found.score)
}

#[cfg(test)]
mod tests {
    use super::{Text, blank, stands_alone, testing::mention, words_after, words_before};
    use crate::fact::{Field, MAX_MENTION_BYTES};

    #[test]
    fn a_text_is_cut_at_a_character() {
        let long = mention(Field::Title, &"é".repeat(MAX_MENTION_BYTES));
        assert_eq!(Text::of(&long).spoken.len(), MAX_MENTION_BYTES);
        let odd = mention(Field::Title, &format!("x{}", "é".repeat(MAX_MENTION_BYTES)));
        assert_eq!(Text::of(&odd).spoken.len(), MAX_MENTION_BYTES - 1);
        assert_eq!(words_before("aé", 3, 1), "");
        assert_eq!(words_before("aé", 3, 2), "é");
        assert_eq!(words_after("éa", 0, 1), "");
    }

    #[test]
    fn all_forms_have_the_same_offsets() {
        let both = mention(Field::Body, "> é 1\nsee https://acme.example/é and PAY-12\r\n");
        let text = Text::of(&both);
        assert_eq!(text.spoken.find("PAY-12"), both.text.find("PAY-12"));
        assert_eq!(text.plain.find("PAY-12"), both.text.find("PAY-12"));
        assert_eq!(text.plain.len(), both.text.len());
        assert_eq!(blank("aé\nb", std::iter::once(1..4)), "a  \nb");
    }

    #[test]
    fn a_name_is_no_part_of_something_longer() {
        for text in ["PAY-12", "(PAY-12)", "PAY-12.", "PAY-12, x", "修正PAY-12の件", "PAY-12: x", "PAY-12/PAY-13"] {
            let start = text.find("PAY-12").unwrap();
            assert!(stands_alone(text, &(start..start + 6), None), "{text}");
        }
        for text in ["xPAY-12", "PAY-12x", "PAY-12.3", "PAY-12-3", "a/PAY-12", "éPAY-12", "PAY-12\u{200b}3", "PAY-12/x"]
        {
            let start = text.find("PAY-12").unwrap();
            assert!(!stands_alone(text, &(start..start + 6), None), "{text}");
        }
        assert!(stands_alone("PAY-12/PAY-13", &(7..13), Some(6)));
        assert!(!stands_alone("PAY-12/PAY-13", &(7..13), None));
    }
}
