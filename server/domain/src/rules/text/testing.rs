//! Shared by the tests of the rules: texts in, one line for each reference out.

use proptest::prelude::*;

use super::super::{Found, MAX_REFERENCES, Rule};
use super::is_invisible;
use super::quote::MAX_QUOTE_CHARS;
use crate::fact::{Field, MAX_MENTION_BYTES, Mention};
use crate::node::NodeKind;
use crate::repository::Repository;

/// A text of `acme/checkout`: of a commit where it is a message, else of pull request 7.
pub(in crate::rules) fn mention(field: Field, text: &str) -> Mention {
    let repository = Repository::new("github.com", "acme/checkout").expect("neither part is empty");
    let from = match field {
        Field::Message | Field::Merge => repository.commit(&"ab".repeat(20)),
        Field::Title | Field::Body | Field::Branch | Field::Catalog | Field::Owners | Field::Observed => {
            repository.resource("github", NodeKind::Change, "7")
        }
    };
    Mention {
        from: from.expect("the key is short and whole"),
        field,
        text: text.to_owned(),
        at: None,
        repository: Some(repository),
    }
}

/// Every reference as `resolves PAY-12 L1 90`, or with its name where that is no ticket.
pub(in crate::rules) fn summary(found: &[Found]) -> Vec<String> {
    let line = |found: &Found| {
        let target = found.resource.as_deref().unwrap_or(found.awaits.as_str());
        format!("{} {target} {} {}", found.intent.word(), found.class.word(), found.score)
    };
    found.iter().map(line).collect()
}

/// Checks what a rule finds in each text.
pub(in crate::rules) fn check(rule: &Rule, cases: &[(Field, &str, &[&str])]) {
    for (field, text, expected) in cases {
        let found = (rule.find)(&mention(*field, text));
        assert_eq!(summary(&found), *expected, "{} in the {}: {text}", rule.id, field.word());
    }
}

/// Checks that a rule bears a text in every field, and that its reasons can be shown.
pub(in crate::rules) fn survives(rule: &Rule, text: &str) {
    for field in Field::ALL {
        let found = (rule.find)(&mention(field, text));
        assert!(found.len() <= MAX_REFERENCES);
        for found in found {
            assert!(
                found.reason.chars().count()
                    <= MAX_QUOTE_CHARS + "the message of the merge that brought it in says ''".len()
            );
            assert!(!found.reason.chars().any(|character| character.is_control() || is_invisible(character)));
        }
    }
}

/// Checks that a rule bears texts that are longer than what is read.
pub(in crate::rules) fn survives_length(rule: &Rule) {
    for piece in [
        "#1 PAY-1 ",
        "fixes https://a.b/(((,",
        "<details><!-- ```\n> é",
        "a/b#",
        format!("reverts {},", "ab".repeat(20)).as_str(),
    ] {
        let found = (rule.find)(&mention(Field::Message, &piece.repeat(MAX_MENTION_BYTES / piece.len() + 2)));
        assert!(found.len() <= MAX_REFERENCES, "{piece}");
    }
}

/// Texts made of what the rules look for, out of order, and of any other characters.
pub(in crate::rules) fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => proptest::sample::select(PIECES).prop_map(str::to_owned),
        1 => "(?s).{0,12}",
    ];
    proptest::collection::vec(piece, 0..50).prop_map(|pieces| pieces.concat())
}

const PIECES: &[&str] = &[
    "PAY-12",
    "pay-12",
    "#42",
    "GH-42",
    "acme/checkout#42",
    "!42",
    "https://acme.example/browse/PAY-12",
    "http://",
    "https://[",
    "Fixes",
    "fixes: ",
    "Refs",
    "see ",
    "not ",
    "partially ",
    "This reverts commit ",
    "abababababababababababababababababababab",
    "(cherry picked from commit ",
    "Merge pull request #42 from ",
    "Auto merge of ",
    "See merge request ",
    "Closes #1 from a/b",
    "(#42)",
    "[",
    "]",
    "(",
    ")",
    "](",
    "<",
    ">",
    "`",
    "```\n",
    "~~~\n",
    "<!--",
    "-->",
    "<details>",
    "</details>",
    "<pre>",
    "</blockquote>",
    "\n",
    "\r\n",
    "\t",
    "  ",
    " ",
    ",",
    " and ",
    "/",
    "-",
    ".",
    ":",
    "#0 ",
    "&#",
    "é",
    "修",
    "\u{202e}",
    "\u{2066}",
    "\u{200b}",
    "\u{feff}",
    "\0",
    "\u{1b}[31m",
];
