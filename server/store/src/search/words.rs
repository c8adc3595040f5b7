//! How texts are cut into words, the same for what is kept and for what is looked for.
//!
//! A text falls into pieces at white space, and a piece into parts at marks and where a capital begins a new word:
//! `acme/checkout#42` into `acme`, `checkout`, `42`, and `HighErrorRate` into `high`, `error`, `rate`. Of each piece is
//! kept what begins with each of its parts: `acmecheckout42`, `checkout42`, `42`. As every word that is looked for may be
//! the beginning of a kept one, a piece is found by its parts, by some of them, and by the whole. Writing without spaces
//! between words has a part for each letter.

/// The longest word that is kept and compared, in letters; of longer ones the beginning.
const MAX_WORD_LETTERS: usize = 40;

/// How much of a piece without white space is read, in letters.
const MAX_PIECE_LETTERS: usize = 512;

/// The fewest letters that count as the beginning of a word; what is shorter must be the whole word.
const MIN_BEGINNING: usize = 2;

/// Letters with accents and strokes, and those that stand for them.
const PLAIN: [(&str, char); 18] = [
    ("àáâãäåāăąǎ", 'a'),
    ("çćĉċč", 'c'),
    ("ďđð", 'd'),
    ("èéêëēĕėęě", 'e'),
    ("ĝğġģ", 'g'),
    ("ĥħ", 'h'),
    ("ìíîïĩīĭįı", 'i'),
    ("ĵ", 'j'),
    ("ķ", 'k'),
    ("ĺļľł", 'l'),
    ("ñńņň", 'n'),
    ("òóôõöøōŏő", 'o'),
    ("ŕŗř", 'r'),
    ("śŝşšș", 's'),
    ("ţťŧț", 't'),
    ("ùúûüũūŭůűų", 'u'),
    ("ýÿŷ", 'y'),
    ("źżž", 'z'),
];

/// A word that is looked for. Everything in it is a letter or a digit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Term {
    /// All parts in one.
    pub(crate) whole: String,
    /// The parts, where there are several: words that stand one behind the other in what is found as well.
    pub(crate) parts: Vec<String>,
}

impl Term {
    /// Whether a word that only begins so is found, too: for the whole, or for the last of the parts.
    pub(crate) fn is_beginning(word: &str) -> bool {
        word.chars().nth(MIN_BEGINNING - 1).is_some()
    }
}

/// What is looked for by a word, or by a phrase; `None` where there is no letter and no digit in it.
pub(crate) fn term(word: &str) -> Option<Term> {
    let word = word.trim();
    let address = ["https://", "http://"].into_iter().find_map(|scheme| word.strip_prefix(scheme));
    let parts = parts(address.unwrap_or(word));
    let whole = joined(&parts);
    if whole.is_empty() {
        return None;
    }
    let parts = if parts.len() > 1 {
        parts.iter().map(|part| joined(std::slice::from_ref(part))).collect()
    } else {
        Vec::new()
    };
    Some(Term { whole, parts })
}

/// The words that are kept of a text, in its order.
pub(super) fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split_whitespace().flat_map(|piece| {
        let parts = parts(piece);
        (0..parts.len()).map(|start| joined(parts.get(start..).unwrap_or_default())).collect::<Vec<_>>()
    })
}

/// The beginning of what some parts are together.
fn joined(parts: &[String]) -> String {
    parts.iter().flat_map(|part| part.chars()).take(MAX_WORD_LETTERS).collect()
}

fn parts(piece: &str) -> Vec<String> {
    let letters: Vec<char> = piece.chars().filter(|letter| !is_accent(*letter)).take(MAX_PIECE_LETTERS).collect();
    let mut parts: Vec<String> = Vec::new();
    let mut before: Option<char> = None;
    for (place, letter) in letters.iter().copied().enumerate() {
        if !letter.is_alphanumeric() {
            before = None;
            continue;
        }
        if before.is_none_or(|before| begins_part(before, letter, letters.get(place + 1).copied())) {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut() {
            part.extend(letter.to_lowercase().filter(|letter| !is_accent(*letter)).map(plain));
        }
        before = Some(letter);
    }
    parts
}

/// Whether a letter begins a part of its own: the capital in `errorRate`, the `S` in `HTTPServer`, any Chinese one.
fn begins_part(before: char, letter: char, next: Option<char>) -> bool {
    let begins_word = letter.is_uppercase()
        && (before.is_lowercase() || (before.is_uppercase() && next.is_some_and(char::is_lowercase)));
    begins_word || stands_alone(letter) || stands_alone(before)
}

/// Whether the letter is of a writing that puts no spaces between words.
fn stands_alone(letter: char) -> bool {
    matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{323af}')
}

fn is_accent(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}')
}

fn plain(letter: char) -> char {
    if letter.is_ascii() {
        return letter;
    }
    PLAIN.iter().find(|(accented, _)| accented.contains(letter)).map_or(letter, |(_, plain)| *plain)
}

#[cfg(test)]
mod tests {
    use super::{MAX_PIECE_LETTERS, MAX_WORD_LETTERS, Term, term, words};

    fn kept(text: &str) -> String {
        words(text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_piece_is_kept_from_each_of_its_parts_on() {
        for (text, expected) in [
            ("Retry card payments", "retry card payments"),
            ("PAY-12: Retry", "pay12 12 retry"),
            ("acme/checkout#42", "acmecheckout42 checkout42 42"),
            ("HighErrorRate", "higherrorrate errorrate rate"),
            ("HTTPServer2 v1.4.2", "httpserver2 server2 v142 42 2"),
            ("Grüße, Łódź e\u{301}te\u{301} İ", "gruße lodz ete i"),
            ("再試行", "再試行 試行 行"),
            ("--- *** \u{0} \u{202e}", ""),
        ] {
            assert_eq!(kept(text), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_looked_for_holds_letters_and_digits_only() {
        let hostile = "a\" OR head:* NEAR(b, 2) ' | !x & (y):*<->\\";
        let Term { whole, parts } = term(hostile).unwrap();
        for word in parts.iter().chain([&whole]) {
            assert!(!word.is_empty() && word.chars().all(char::is_alphanumeric), "{word}");
        }
        assert_eq!(term("\"*\" --"), None);
        assert_eq!(term("PAY-12"), Some(Term { whole: "pay12".into(), parts: vec!["pay".into(), "12".into()] }));
        assert_eq!(term("https://acme.example/x").unwrap().whole, "acmeexamplex");
        assert_eq!(term("Retry"), Some(Term { whole: "retry".into(), parts: Vec::new() }));
    }

    #[test]
    fn whatever_is_looked_for_as_it_is_written_begins_a_word_that_is_kept() {
        let long = "x".repeat(100);
        for text in ["acme/checkout#42", "sha256:3F2A1b9c", "CheckoutErrors", long.as_str(), "再試行", "größe/Maß"]
        {
            let term = term(text).unwrap();
            assert!(words(text).any(|word| word.starts_with(&term.whole)), "{text}");
        }
    }

    #[test]
    fn a_piece_has_a_bound() {
        let endless = "a/".repeat(100_000);
        let kept: Vec<String> = words(&endless).collect();
        assert_eq!(kept.len(), MAX_PIECE_LETTERS / 2);
        assert!(kept.iter().all(|word| word.chars().count() <= MAX_WORD_LETTERS));
    }

    #[test]
    fn a_single_letter_is_no_beginning() {
        assert!(!Term::is_beginning("p") && Term::is_beginning("pa") && !Term::is_beginning("行"));
    }
}
