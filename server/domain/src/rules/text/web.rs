//! Where web addresses stand in a text, without the punctuation that follows them.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::words_before;

/// The longest text of a link that is looked for before its address, in bytes.
const LINK_TEXT_BYTES: usize = 300;

/// A web address in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::rules) struct Address {
    /// The address itself.
    pub(in crate::rules) place: Range<usize>,
    /// Where the link begins that the address is the target of: at its text, at the bracket, or at the address.
    pub(in crate::rules) start: usize,
}

/// Every web address, in the order of the text, none inside another.
pub(super) fn addresses(text: &str) -> Vec<Address> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(scheme) = SCHEME.find_at(text, at) {
        let bytes = text.get(scheme.end()..).map_or(0, length);
        at = scheme.end() + bytes;
        if bytes > 0 {
            let place = scheme.start()..at;
            found.push(Address { start: link_start(text, place.start), place });
        }
    }
    found
}

static SCHEME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)(?-u:\b)https?://").expect("the pattern is fixed and valid"));

/// How far the address goes: up to a blank, a mark that needs encoding, or a bracket that was opened outside of it.
fn length(rest: &str) -> usize {
    let (mut round, mut square, mut kept) = (0_usize, 0_usize, 0_usize);
    for (index, character) in rest.char_indices() {
        match character {
            '<' | '>' | '"' | '`' | '{' | '}' | '|' | '\\' | '^' => break,
            ')' if round == 0 => break,
            ']' if square == 0 => break,
            ')' => round -= 1,
            ']' => square -= 1,
            '(' => round += 1,
            '[' => square += 1,
            _ if character.is_ascii() && !character.is_ascii_graphic() => break,
            _ if !character.is_ascii() && !character.is_alphanumeric() => break,
            _ => {}
        }
        // What a sentence puts behind an address counts only if the address goes on after it.
        if !matches!(character, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~' | '(' | '[') {
            kept = index + character.len_utf8();
        }
    }
    kept
}

fn link_start(text: &str, at: usize) -> usize {
    let head = words_before(text, at, LINK_TEXT_BYTES);
    if head.ends_with('<') {
        return at - 1;
    }
    let Some(link_text) = head.strip_suffix("](") else { return at };
    match link_text.rfind(['[', '\n']) {
        Some(index) if link_text.get(index..).is_some_and(|from| from.starts_with('[')) => at - head.len() + index,
        Some(_) | None => at,
    }
}

#[cfg(test)]
mod tests {
    use super::addresses;

    #[test]
    fn an_address_ends_where_the_sentence_goes_on() {
        for (text, expected) in [
            ("see https://acme.example/a.", vec!["https://acme.example/a"]),
            ("(https://acme.example/a_(b)), x", vec!["https://acme.example/a_(b)"]),
            (
                "[x](https://acme.example/a),[y](https://acme.example/b)",
                vec!["https://acme.example/a", "https://acme.example/b"],
            ),
            (
                "[https://acme.example/a](https://acme.example/a)",
                vec!["https://acme.example/a", "https://acme.example/a"],
            ),
            ("<HTTP://acme.example/a>", vec!["HTTP://acme.example/a"]),
            ("**https://acme.example/a**", vec!["https://acme.example/a"]),
            ("https://acme.example/a?b=c&d=%20#e!", vec!["https://acme.example/a?b=c&d=%20#e"]),
            ("https://acme.example/é。次", vec!["https://acme.example/é"]),
            ("http://[::1]:8080/a", vec!["http://[::1]:8080/a"]),
            ("https:// xhttps://acme.example ftp://acme.example", vec![]),
        ] {
            let found: Vec<&str> = addresses(text).iter().map(|address| &text[address.place.clone()]).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn a_link_begins_at_its_text() {
        for (text, start) in [
            ("x [y z](https://acme.example)", 2),
            ("x <https://acme.example>", 2),
            ("x https://acme.example", 2),
            ("[x\n](https://acme.example)", 5),
            ("x](https://acme.example)", 3),
        ] {
            assert_eq!(addresses(text)[0].start, start, "{text}");
        }
    }
}
