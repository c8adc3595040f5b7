//! References in text and attributes: the five names that XML defines, and characters by number.

use std::borrow::Cow;

/// How much of a reference that is not known is repeated, in characters.
const SHOWN_CHARS: usize = 40;

/// The character that stands for one that XML does not allow; real tools write them nevertheless.
const REPLACEMENT: char = '\u{fffd}';

/// The character that a reference stands for, given what is between `&` and `;`.
///
/// # Errors
/// In words, where the name is none of the five: a document can define others only by a document type.
pub(super) fn resolve(name: &str) -> Result<char, String> {
    let numbered =
        |number: Result<u32, _>| number.ok().map(|number| char::from_u32(number).map_or(REPLACEMENT, allowed));
    let character = match (name, name.strip_prefix('#')) {
        ("amp", _) => Some('&'),
        ("lt", _) => Some('<'),
        ("gt", _) => Some('>'),
        ("quot", _) => Some('"'),
        ("apos", _) => Some('\''),
        (_, Some(number)) => match number.strip_prefix('x') {
            Some(digits) => numbered(u32::from_str_radix(digits, 16)),
            None => numbered(number.parse()),
        },
        (_, None) => None,
    };
    character
        .ok_or_else(|| format!("the reference '&{};' is not known", name.chars().take(SHOWN_CHARS).collect::<String>()))
}

/// An attribute's value with every reference in it resolved.
///
/// # Errors
/// As [`resolve`]; also where an `&` begins no reference.
pub(super) fn unescape(value: &str) -> Result<Cow<'_, str>, String> {
    if !value.contains('&') {
        return Ok(Cow::Borrowed(value));
    }
    let mut parts = value.split('&');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(';').ok_or("an '&' begins no reference; by itself it is written '&amp;'")?;
        text.push(resolve(name)?);
        text.push_str(rest);
    }
    Ok(Cow::Owned(text))
}

fn allowed(character: char) -> char {
    if character < ' ' && !matches!(character, '\t' | '\n' | '\r') { REPLACEMENT } else { character }
}

#[cfg(test)]
mod tests {
    use super::unescape;

    #[test]
    fn resolves_what_xml_defines_and_nothing_else() {
        for (text, expected) in [
            ("plain", Some("plain")),
            ("a &lt; b &amp;&amp; c", Some("a < b && c")),
            ("&quot;&apos;&#233;&#xe9;&#x1F600;", Some("\"'éé😀")),
            ("&amp;lt;", Some("&lt;")),
            ("&#x0;&#xD800;&#10;", Some("\u{fffd}\u{fffd}\n")),
            ("&#99999999999;", None),
            ("&#;", None),
            ("&nbsp;", None),
            ("&", None),
            ("a & b;", None),
        ] {
            assert_eq!(unescape(text).ok().as_deref(), expected, "{text}");
        }
    }
}
