//! The encodings in which tools write XML, all turned into UTF-8.

use std::borrow::Cow;

/// How far into a document its declaration is looked for, in bytes.
const DECLARATION_BYTES: usize = 256;

/// What the bytes 0x80 to 0x9f stand for in Windows-1252; those that it leaves open keep their number.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The document as text, without a byte order mark.
///
/// # Errors
/// In words, where the encoding is not read or the bytes are not in it.
pub(super) fn decode(body: &[u8]) -> Result<Cow<'_, str>, String> {
    match body {
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [b'<', 0, ..] => utf16(body, u16::from_le_bytes),
        [0, b'<', ..] => utf16(body, u16::from_be_bytes),
        _ => match declared(body).as_deref() {
            // Bytes that show the declaration as ASCII are not UTF-16: a file was written from a string that claims it.
            None | Some("utf-8" | "utf8" | "us-ascii" | "ascii" | "utf-16" | "utf-16le" | "utf-16be") => utf8(body),
            Some("iso-8859-1" | "iso8859-1" | "latin1" | "latin-1") => Ok(bytewise(body, char::from)),
            Some("windows-1252" | "cp1252") => Ok(bytewise(body, windows_1252)),
            Some(other) => Err(format!("its encoding '{other}' is not read; write it as UTF-8")),
        },
    }
}

fn utf8(bytes: &[u8]) -> Result<Cow<'_, str>, String> {
    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| format!("it is not in UTF-8: {error}"))
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'_, str>, String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let decoded: Result<String, _> = char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect();
    match decoded {
        Ok(text) if rest.is_empty() => Ok(Cow::Owned(text)),
        Ok(_) | Err(_) => Err("it is not in UTF-16, as which it begins".to_owned()),
    }
}

fn bytewise(bytes: &[u8], character: fn(u8) -> char) -> Cow<'_, str> {
    Cow::Owned(bytes.iter().map(|byte| character(*byte)).collect())
}

fn windows_1252(byte: u8) -> char {
    let special = byte.checked_sub(0x80).and_then(|index| WINDOWS_1252.get(usize::from(index)));
    special.copied().unwrap_or(char::from(byte))
}

/// The encoding that the declaration names, in lower case.
fn declared(body: &[u8]) -> Option<String> {
    let start: String = body.iter().take(DECLARATION_BYTES).map(|byte| char::from(*byte)).collect();
    let (declaration, _) = start.trim_start().strip_prefix("<?xml")?.split_once("?>")?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let (name, _) = value.strip_prefix(quote)?.split_once(quote)?;
    Some(name.trim().to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::decode;

    const DOCUMENT: &str = "<?xml version=\"1.0\"?><a>é €</a>";

    #[test]
    fn every_encoding_is_one_text() {
        let little: Vec<u8> = DOCUMENT.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = DOCUMENT.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let cases = [
            DOCUMENT.as_bytes().to_vec(),
            [b"\xef\xbb\xbf".as_slice(), DOCUMENT.as_bytes()].concat(),
            [b"\xff\xfe".as_slice(), &little].concat(),
            [b"\xfe\xff".as_slice(), &big].concat(),
            little,
            big,
        ];
        for body in cases {
            assert_eq!(decode(&body).as_deref(), Ok(DOCUMENT));
        }
    }

    #[test]
    fn the_declaration_counts_for_single_bytes() {
        let latin = b"<?xml version='1.0' encoding = 'ISO-8859-1' ?><a>\xe9</a>";
        assert!(decode(latin).unwrap().ends_with("<a>é</a>"));
        let windows = b"<?xml version=\"1.0\" encoding=\"Windows-1252\"?><a>\x80\xe9\x9f</a>";
        assert!(decode(windows).unwrap().ends_with("<a>€éŸ</a>"));
        let claimed = "<?xml version=\"1.0\" encoding=\"utf-16\"?><a>é</a>";
        assert_eq!(decode(claimed.as_bytes()).as_deref(), Ok(claimed));
    }

    #[test]
    fn what_is_not_read_says_so() {
        assert!(decode(b"<?xml version='1.0' encoding='EUC-JP'?><a/>").unwrap_err().contains("euc-jp"));
        assert!(decode(b"<a>\xff</a>").unwrap_err().contains("UTF-8"));
        assert!(decode(b"\xff\xfe<\0a").unwrap_err().contains("UTF-16"));
        assert!(decode(b"\xff\xfe\x00\xd8").unwrap_err().contains("UTF-16"));
    }
}
