//! Reading Rust source: its code without comments, the contents of texts, and tests.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::repository;

/// The attribute of what is compiled for tests only.
const TEST_ONLY: &str = "#[cfg(test)]";

/// A file of the program, without its tests.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Where it is, from the top of the workspace.
    pub name: String,
    /// Its code; lines stay where they were.
    pub code: String,
}

/// The files of a folder that are part of the program, not of its tests.
pub fn production(folder: &str) -> Vec<SourceFile> {
    let files: Vec<(PathBuf, String)> = repository::files(folder, ".rs")
        .into_iter()
        .map(|path| (path.clone(), code_of(&repository::text(&path))))
        .collect();
    let tests: BTreeSet<PathBuf> = files.iter().flat_map(|(path, code)| test_modules(path, code)).collect();
    let is_test = |path: &Path| tests.contains(path) || path.ancestors().any(|folder| tests.contains(folder));
    files
        .into_iter()
        .filter(|(path, _)| !is_test(path))
        .map(|(path, code)| SourceFile { name: repository::shown(&path), code: without_tests(&code) })
        .collect()
}

/// Whether an identifier, or a path of identifiers, stands in code as a whole.
pub fn has_word(code: &str, word: &str) -> bool {
    let is_part = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    code.match_indices(word).any(|(start, _)| {
        let before = code.get(..start).and_then(|before| before.chars().next_back());
        let after = code.get(start + word.len()..).and_then(|after| after.chars().next());
        !is_part(before) && !is_part(after)
    })
}

/// The number of lines that hold code.
pub fn lines_of_code(code: &str) -> usize {
    code.lines().filter(|line| !line.trim().is_empty()).count()
}

/// What stands between the bracket that opens at `start` and the one that closes it.
pub fn within_brackets(code: &str, start: usize) -> &str {
    let rest = code.get(start..).unwrap_or_default();
    let mut depth = 0_usize;
    for (place, letter) in rest.char_indices() {
        match letter {
            '(' | '{' | '[' => depth += 1,
            ')' | '}' | ']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return rest.get(1..place).unwrap_or_default();
                }
            }
            _ => {}
        }
    }
    rest
}

/// The code of a file: comments are gone, and texts and characters are empty.
pub fn code_of(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let at = |place: usize| letters.get(place).copied().unwrap_or('\0');
    let mut code = String::with_capacity(text.len());
    let mut place = 0;
    while place < letters.len() {
        let letter = at(place);
        let end = match letter {
            '/' if at(place + 1) == '/' => end_of_line(&letters, place),
            '/' if at(place + 1) == '*' => end_of_comment(&letters, place),
            '"' => end_of_text(&letters, place),
            'r' | 'b' | 'c' if !follows_word(&letters, place) => end_of_prefixed(&letters, place),
            '\'' => end_of_character(&letters, place),
            _ => place,
        };
        if end == place {
            code.push(letter);
            place += 1;
        } else {
            if matches!(letter, '"' | 'r' | 'b' | 'c' | '\'') {
                code.push_str("\"\"");
            }
            code.extend(letters.get(place..end).unwrap_or_default().iter().filter(|letter| **letter == '\n'));
            place = end;
        }
    }
    code
}

/// Code without the items that are compiled for tests only.
fn without_tests(code: &str) -> String {
    let mut kept = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(start) = rest.find(TEST_ONLY) {
        kept.push_str(rest.get(..start).unwrap_or_default());
        let item = rest.get(start + TEST_ONLY.len()..).unwrap_or_default();
        let after = match item.find(['{', ';']) {
            Some(place) if item.get(place..).is_some_and(|item| item.starts_with('{')) => {
                place + within_brackets(item, place).len() + 2
            }
            Some(place) => place + 1,
            None => item.len(),
        };
        rest = item.get(after..).unwrap_or_default();
    }
    kept.push_str(rest);
    kept
}

/// The files and folders of the modules that a file declares for tests only.
fn test_modules(file: &Path, code: &str) -> Vec<PathBuf> {
    let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let parent = file.parent().unwrap_or(file);
    let folder = if matches!(stem, "mod" | "lib" | "main") { parent.to_owned() } else { parent.join(stem) };
    let mut found = Vec::new();
    for (start, _) in code.match_indices(TEST_ONLY) {
        let item = code.get(start + TEST_ONLY.len()..).unwrap_or_default();
        let Some(end) = item.find(['{', ';']).filter(|end| item.get(*end..).is_some_and(|item| item.starts_with(';')))
        else {
            continue;
        };
        let words: Vec<&str> = item.get(..end).unwrap_or_default().split_whitespace().collect();
        if let [.., "mod", name] = words.as_slice() {
            found.extend([folder.join(format!("{name}.rs")), folder.join(name)]);
        }
    }
    found
}

fn end_of_line(letters: &[char], start: usize) -> usize {
    (start..letters.len()).find(|place| letters.get(*place) == Some(&'\n')).unwrap_or(letters.len())
}

fn end_of_comment(letters: &[char], start: usize) -> usize {
    let mut depth = 0_usize;
    let mut place = start;
    while place < letters.len() {
        match (letters.get(place), letters.get(place + 1)) {
            (Some('/'), Some('*')) => {
                depth += 1;
                place += 2;
            }
            (Some('*'), Some('/')) => {
                depth -= 1;
                place += 2;
                if depth == 0 {
                    return place;
                }
            }
            _ => place += 1,
        }
    }
    letters.len()
}

/// The end of a text whose quote stands at `start`.
fn end_of_text(letters: &[char], start: usize) -> usize {
    let mut place = start + 1;
    while let Some(letter) = letters.get(place) {
        match letter {
            '\\' => place += 2,
            '"' => return place + 1,
            _ => place += 1,
        }
    }
    letters.len()
}

/// The end of `r"…"`, `r#"…"#`, `b"…"`, `br"…"` or `b'…'`; `start` where it is none of them.
fn end_of_prefixed(letters: &[char], start: usize) -> usize {
    let mut place = start;
    let mut raw = false;
    while let Some(letter @ ('r' | 'b' | 'c')) = letters.get(place) {
        raw |= *letter == 'r';
        place += 1;
        if place > start + 2 {
            return start;
        }
    }
    let hashes = letters.iter().skip(place).take_while(|letter| **letter == '#').count();
    match letters.get(place + hashes) {
        Some('"') if raw => {
            let mut end = place + hashes + 1;
            while end < letters.len() {
                let closes = letters.get(end) == Some(&'"')
                    && letters.iter().skip(end + 1).take(hashes).filter(|letter| **letter == '#').count() == hashes;
                if closes {
                    return end + 1 + hashes;
                }
                end += 1;
            }
            letters.len()
        }
        Some('"') if hashes == 0 => end_of_text(letters, place),
        Some('\'') if hashes == 0 && letters.get(start) == Some(&'b') => end_of_character(letters, place),
        _ => start,
    }
}

/// The end of a character whose quote stands at `start`; `start` where the quote begins the name of a lifetime.
fn end_of_character(letters: &[char], start: usize) -> usize {
    match (letters.get(start + 1), letters.get(start + 2)) {
        (Some('\\'), _) => {
            let close = (start + 3..letters.len()).find(|place| letters.get(*place) == Some(&'\''));
            close.map_or(letters.len(), |close| close + 1)
        }
        (Some(_), Some('\'')) => start + 3,
        _ => start,
    }
}

fn follows_word(letters: &[char], place: usize) -> bool {
    let before = place.checked_sub(1).and_then(|before| letters.get(before));
    before.is_some_and(|letter| letter.is_alphanumeric() || *letter == '_')
}

#[cfg(test)]
mod tests {
    use super::{code_of, has_word, lines_of_code, without_tests};

    #[test]
    fn comments_and_texts_are_not_code() {
        for (text, code) in [
            ("a // b\nc", "a \nc"),
            ("a /* b /* c */ d */ e", "a  e"),
            (r#"f("x // y \" z", 'a', '\'', '\u{e9}', "é")"#, r#"f("", "", "", "", "")"#),
            ("g(r#\"a \" b\"#, b\"c\", br\"d\", b'e')", "g(\"\", \"\", \"\", \"\")"),
            ("fn h<'a>(x: &'a str, r: u8, br: u8) {}", "fn h<'a>(x: &'a str, r: u8, br: u8) {}"),
            ("\"two\nlines\" + number", "\"\"\n + number"),
        ] {
            assert_eq!(code_of(text), code, "{text}");
        }
    }

    #[test]
    fn tests_are_not_the_program() {
        let code =
            "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() { { } }\n}\nfn c() {}\n#[cfg(test)]\nuse d;\nfn e() {}";
        let kept = without_tests(code);
        assert!(kept.contains("fn a") && kept.contains("fn c") && kept.contains("fn e"), "{kept}");
        assert!(!kept.contains("fn b") && !kept.contains("use d"), "{kept}");
        assert_eq!(lines_of_code(&kept), 3);
    }

    #[test]
    fn words_are_whole() {
        assert!(has_word("use diesel::prelude;", "diesel"));
        assert!(has_word("std::fs::read()", "std::fs"));
        assert!(!has_word("diesel_async::X", "diesel"));
        assert!(!has_word("mystd::fs_extra", "std::fs"));
    }
}
