//! Cells that are safe to open in a spreadsheet.
//!
//! Titles and names are written by whoever opens a ticket. A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@`
//! for a formula, and a formula can read files and call addresses. Such a cell gets an apostrophe in front, which makes it
//! text.

use throughline_domain::audit::columns::Cell;

use crate::plain;

/// What stands between the texts of a list.
pub const BETWEEN: &str = " | ";

/// A text as a cell: on one line, without control and direction characters, and never a formula.
///
/// The apostrophe stands before the whole cell. Behind a semicolon, where a program that takes semicolons for separators
/// would see another cell begin, it stands before the sign.
pub fn safe(text: &str) -> String {
    let line = plain::line(text);
    let mut cell = String::with_capacity(line.len().saturating_add(1));
    if line.chars().find(|character| !is_passed_over(*character)).is_some_and(begins_formula) {
        cell.push('\'');
    }
    let mut begins = false;
    for character in line.chars() {
        if begins && begins_formula(character) {
            cell.push('\'');
        }
        begins = character == ';' || (begins && is_passed_over(character));
        cell.push(character);
    }
    cell
}

/// A cell of a row as text. Each text of a list is made safe by itself.
pub fn text(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => safe(text),
        Cell::Number(number) => number.to_string(),
        Cell::List(list) => list.iter().map(|text| safe(text)).collect::<Vec<_>>().join(BETWEEN),
    }
}

/// The signs that begin a formula, also in the wide forms that some programs take for the same.
fn begins_formula(character: char) -> bool {
    matches!(
        character,
        '=' | '+'
            | '-'
            | '@'
            | '＝'
            | '＋'
            | '－'
            | '＠'
            | '\u{2212}'
            | '\u{fe62}'
            | '\u{fe63}'
            | '\u{fe66}'
            | '\u{fe6b}'
    )
}

/// What a program may pass over before it looks for a formula.
fn is_passed_over(character: char) -> bool {
    character.is_whitespace() || matches!(character, '"' | '\u{200c}' | '\u{200d}')
}

#[cfg(test)]
mod tests {
    use throughline_domain::audit::columns::Cell;

    use super::{safe, text};

    #[test]
    fn nothing_that_somebody_wrote_becomes_a_formula() {
        for (written, cell) in [
            ("Retry a payment", "Retry a payment"),
            ("a = b + c", "a = b + c"),
            ("=1+1", "'=1+1"),
            ("+49 30 1234", "'+49 30 1234"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("  =1+1", "'=1+1"),
            ("\u{a0}=1+1", "'=1+1"),
            ("\t=1+1", "'=1+1"),
            ("\r\n=1+1", "'=1+1"),
            ("\0=1+1", "'=1+1"),
            ("\u{200b}=1+1", "'=1+1"),
            ("\u{200d}=1+1", "'\u{200d}=1+1"),
            ("\u{202e}=1+1", "'=1+1"),
            ("＝1+1", "'＝1+1"),
            ("＋1", "'＋1"),
            ("－1", "'－1"),
            ("＠A1", "'＠A1"),
            ("\"=1+1", "'\"=1+1"),
            ("harmless; =cmd|' /C calc'!A0", "harmless; '=cmd|' /C calc'!A0"),
            ("two\nlines\tand\u{7}bells", "two lines and bells"),
            ("'quoted'", "'quoted'"),
            ("", ""),
        ] {
            assert_eq!(safe(written), cell, "{written:?}");
        }
    }

    #[test]
    fn every_text_of_a_list_is_made_safe() {
        let list = Cell::List(vec!["PAY-12".to_owned(), "=HYPERLINK(\"x\")".to_owned()]);
        assert_eq!(text(&list), "PAY-12 | '=HYPERLINK(\"x\")");
        assert_eq!(text(&Cell::Text("-5".to_owned())), "'-5");
        assert_eq!((text(&Cell::Empty), text(&Cell::Number(7))), (String::new(), "7".to_owned()));
    }
}
