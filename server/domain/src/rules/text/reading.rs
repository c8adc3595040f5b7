//! What the words before a name say of it: that the work resolves it, belongs to it, or only mentions it.
//!
//! - Resolves: `close`, `fix`, `resolve` and their forms directly before the name or before a list that it is in, with
//!   or without a colon (`Fixes PAY-1, PAY-2 and #3`, `Closes-Bug: PAY-1`); not after a `not`. Also a name that a title
//!   begins with (`PAY-12: …`, `[PAY-12] …`, `feat(cart): PAY-12 …`).
//! - Relates to: `refs`, `relates to`, `see`, `updates`, `part of`, `backport of` and the like in the same places, not
//!   after a `not`; labels as in `Ticket: PAY-1`; `For PAY-1` as the beginning of a line; and a closing word behind
//!   `partially`, `may` or `attempt to`. A title that begins with `Revert` resolves nothing: what it would resolve is
//!   related.
//! - Mentions: everything else.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::{Text, words_before};
use crate::link::{LinkClass, LinkKind};

/// How far before a name the words that decide are looked for, in bytes.
const WINDOW_BYTES: usize = 400;

/// The longest beginning of a title behind which a name still counts as its beginning, in bytes.
const LEADING_BYTES: usize = 200;

/// What a text says of a name at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) struct Reading {
    /// Resolves, relates to, or mentions.
    pub(in crate::rules) intent: LinkKind,
    /// Declared where words say so, guessed for a bare mention.
    pub(in crate::rules) class: LinkClass,
    /// How sure within the class.
    pub(in crate::rules) score: u8,
    /// Where the words begin that decided.
    pub(in crate::rules) since: usize,
}

impl Reading {
    /// Reads what the text says of the name, or of the link, that begins at this offset.
    pub(in crate::rules) fn at(text: &Text<'_>, at: usize) -> Self {
        let head = words_before(&text.spoken, at, WINDOW_BYTES);
        let begin = at - head.len();
        let said = closing(head, begin)
            .or_else(|| relating(head, begin))
            .or_else(|| leads(text, at).then(|| declared(LinkKind::Resolves, 80, at)));
        let in_subject = at < text.subject_end;
        match said {
            Some(said) if said.intent == LinkKind::Resolves && in_subject && REVERT.is_match(text.subject()) => {
                Self { intent: LinkKind::RelatesTo, score: 60, ..said }
            }
            Some(said) => said,
            None => {
                let score = if in_subject { 50 } else { 40 };
                Self { intent: LinkKind::Mentions, class: LinkClass::Guessed, score, since: at }
            }
        }
    }
}

fn declared(intent: LinkKind, score: u8, since: usize) -> Reading {
    Reading { intent, class: LinkClass::Declared, score, since }
}

fn closing(head: &str, begin: usize) -> Option<Reading> {
    let captures = CLOSING.captures(head)?;
    let since = begin + start(&captures);
    if captures.name("not").is_some() {
        None
    } else if captures.name("partly").is_some() {
        Some(declared(LinkKind::RelatesTo, 70, since))
    } else {
        let score = if captures.name("colon").is_some() { 95 } else { 90 };
        Some(declared(LinkKind::Resolves, score, since))
    }
}

fn relating(head: &str, begin: usize) -> Option<Reading> {
    let captures = RELATING.captures(head).filter(|captures| captures.name("not").is_none())?;
    let labelled = captures.name("colon").is_some() || captures.name("label").is_some();
    Some(declared(LinkKind::RelatesTo, if labelled { 85 } else { 75 }, begin + start(&captures)))
}

fn leads(text: &Text<'_>, at: usize) -> bool {
    at < text.subject_end
        && at <= LEADING_BYTES
        && text.spoken.get(..at).is_some_and(|beginning| LEADING.is_match(beginning))
}

fn start(captures: &Captures<'_>) -> usize {
    captures.get(0).map_or(0, |whole| whole.start())
}

/// A blank, or one line end: a wrapped sentence goes on, a new paragraph does not.
const GAP: &str = r"[ \t]*(?:\r?\n[ \t]*)?";
/// The name of anything that a rule may find, without decoration.
const NAME: &str = r"(?:[a-z0-9_./-]*#[0-9]+|[a-z][a-z0-9]+-[0-9]+|[a-z]{2,14}:#?[0-9]{2,10}|bug[ \t]+#?[0-9]{2,10})";
/// One item of a list of names.
const ITEM: &str = r#"(?:\[[^\[\]\n]+\]\([^()\s]+\)|<?https?://[^\s<>]+>?|["'`*\[]*NAME["'`*\]]*)"#;
/// What stands between two items.
const BETWEEN: &str = r"(?:(?:[ \t]*[,;&+/](?:[ \t]*and(?-u:\b))?|[ \t]+and(?-u:\b))GAP|[ \t]+)";
/// What may stand between a word and the name itself.
const OPENING: &str = r#"[\["'`*<]*"#;
/// What kind of thing the last name of a list is: `fixes bug 12, bug 13`.
const KIND: &str = r"(?:(?:bug|issue|ticket)[ \t]+)?";
/// What kind of thing is named: `fixes issue #42`, `Closes-Bug: PAY-1`.
const NOUN: &str = r"(?:[ -](?:the )?(?:bug|issue|ticket|story|task|epic)s?(?-u:\b))?";
/// The colon of a trailer, as in `**Fixes**: PAY-12`.
const COLON: &str = r"[*]*[ \t]*:[*]*";

static CLOSING: LazyLock<Regex> = LazyLock::new(|| {
    compiled(concat!(
        r"(?i)(?:(?P<not>(?-u:\b)(?:not|never|cannot|[a-z]+n['’]t)[ \t]+(?:[a-z]+[ \t]+)?)",
        r"|(?P<partly>(?-u:\b)(?:partial|partially|partly|may|might|could|would|hopefully",
        r"|(?:attempts?|prepar(?:es?|ing|ation)|helps?|tries|try|trying)[ \t]+(?:to|for))[ \t]+))?",
        r"(?-u:\b)(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)(?-u:\b)NOUN(?P<colon>COLON)?GAP(?:ITEMBETWEEN)*KINDOPENING\z",
    ))
});

static RELATING: LazyLock<Regex> = LazyLock::new(|| {
    compiled(concat!(
        r"(?i)(?P<not>(?-u:\b)(?:not|never|cannot|[a-z]+n['’]t)[ \t]+(?:[a-z]+[ \t]+)?)?(?:(?-u:\b)(?:refs?|references?",
        r"|relate[sd]?(?:[ \t-]+to)?|partial-bug|see(?:[ \t]+also)?|part[ \t]+of|address(?:es|ed)|depends[ \t-]+on",
        r"|implement(?:s|ed)?|informs|updates|contributes[ \t]+to|towards?|follow(?:s|[ -]?up)[ \t]+(?:to|of|on)",
        r"|backports?(?:[ \t]+of)?)(?-u:\b)NOUN|(?m:^)[ \t]*(?-i:For|[Rr]e)(?-u:\b)NOUN",
        r"|(?P<label>(?m:^)[ \t]*(?:[-*][ \t]+)?[*]*(?:bug|buglink|epic|issue|jira|story|task|task-number|ticket)s?COLON))",
        r"(?P<colon>COLON)?GAP(?:ITEMBETWEEN)*KINDOPENING\z",
    ))
});

/// The beginning of a title up to the names that it begins with: groups in brackets, a word and a colon, other names.
static LEADING: LazyLock<Regex> = LazyLock::new(|| {
    compiled(concat!(
        r"(?i)\A[ \t]*(?:\[[^\[\]\n]*\][ \t]*)*(?:[a-z]{2,20}(?:\([^()\n]*\))?!?:[ \t]*)?",
        r"(?:[\[(]?NAME[\])]?[ \t]*[,/&+]?[ \t]*(?:and[ \t]+)?)*[\[(]*\z",
    ))
});

static REVERT: LazyLock<Regex> = LazyLock::new(|| {
    compiled(r"(?i)\A[ \t]*(?:\[[^\[\]\n]*\][ \t]*|[a-z]+(?:\([^()\n]*\))?!?:[ \t]*)*revert(?:s|ed)?(?-u:\b)")
});

/// Puts the named parts into a pattern, those that contain others first.
fn compiled(pattern: &str) -> Regex {
    let parts = [
        ("ITEM", ITEM),
        ("BETWEEN", BETWEEN),
        ("OPENING", OPENING),
        ("KIND", KIND),
        ("NOUN", NOUN),
        ("COLON", COLON),
        ("NAME", NAME),
        ("GAP", GAP),
    ];
    let mut whole = pattern.to_owned();
    for (name, part) in parts {
        whole = whole.replace(name, part);
    }
    Regex::new(&whole).expect("the pattern is fixed and valid")
}

#[cfg(test)]
mod tests {
    use super::super::{Text, testing::mention};
    use super::Reading;
    use crate::fact::Field;

    /// What is said of the name behind the mark.
    fn said(field: Field, marked: &str) -> String {
        let at = marked.find('^').unwrap();
        let mention = mention(field, &marked.replacen('^', "", 1));
        let reading = Reading::at(&Text::of(&mention), at);
        format!("{} {} {}", reading.intent.word(), reading.class.word(), reading.score)
    }

    #[test]
    fn a_closing_word_resolves() {
        for text in [
            "Fixes ^PAY-12",
            "This closed\n^PAY-12",
            "resolve issue ^#42",
            "fixes PAY-1, [PAY-2](https://acme.example/2), acme/checkout#3 and ^PAY-4",
            "fix https://acme.example/1,\n**^PAY-12**",
            "Fixes ^[#42](https://acme.example)",
            "Fixed bug #41, bug ^#42",
            "Fixes lp:41, ^#42",
        ] {
            assert_eq!(said(Field::Body, text), "resolves L1 90", "{text}");
        }
        for text in ["Fixes: ^PAY-12", "Closes-Bug: ^#1", "**Resolves:** ^PAY-12", "x\nfixes:^#42"] {
            assert_eq!(said(Field::Message, text), "resolves L1 95", "{text}");
        }
    }

    #[test]
    fn a_closing_word_elsewhere_does_not() {
        for text in [
            "does not fix ^PAY-12",
            "it isn't yet fixed ^PAY-12",
            "a hotfix ^PAY-12",
            "the fix for ^PAY-12",
            "fixed in ^#42",
            "what it fixes\n\n^PAY-12",
            "fixes PAY-1. ^PAY-2",
            "closest ^PAY-12",
            "> Fixes\n^PAY-12",
        ] {
            assert_eq!(said(Field::Body, text), "mentions L0 40", "{text}");
        }
        for text in
            ["Partially fixes ^PAY-12", "An attempt to fix ^PAY-12", "This may fix\n^PAY-12", "tries to close ^#42"]
        {
            assert_eq!(said(Field::Body, text), "relates_to L1 70", "{text}");
        }
    }

    #[test]
    fn a_relation_is_declared() {
        for text in
            ["Refs ^PAY-12", "(see ^#42)", "Part of PAY-1 and ^PAY-2", "Backport of ^#42", "relates to\n^PAY-12"]
        {
            assert_eq!(said(Field::Body, text), "relates_to L1 75", "{text}");
        }
        for text in
            ["Refs: ^PAY-12", "Related-Bug: ^#1", "x\n- Ticket: ^PAY-12", "**Jira:** ^PAY-12", "Partial-Bug: ^#1"]
        {
            assert_eq!(said(Field::Body, text), "relates_to L1 85", "{text}");
        }
        for text in [
            "Updates ^#42",
            "Relates ^#42",
            "Addresses ^PAY-12",
            "Depends on ^#42",
            "x\nFor ^acme/checkout#42.",
            "x\nRe ^PAY-12",
            "Implements ^PAY-12",
        ] {
            assert_eq!(said(Field::Body, text), "relates_to L1 75", "{text}");
        }
        assert_eq!(said(Field::Message, "x\n\nTask-number: ^PAY-12"), "relates_to L1 85");
        for text in ["the ticket ^PAY-12", "not related to ^#42", "wait for ^#42", "status update ^#42"] {
            assert_eq!(said(Field::Body, text), "mentions L0 40", "{text}");
        }
    }

    #[test]
    fn a_title_begins_with_what_it_resolves() {
        for text in [
            "^PAY-12: retry",
            "[^PAY-12] retry",
            "[PAY-11][^PAY-12] retry",
            "PAY-11, ^PAY-12: retry",
            "feat(cart)!: ^PAY-12 retry",
            "[cart] WIP: ^#42 retry",
            "PAY-11/^PAY-12 retry",
        ] {
            assert_eq!(said(Field::Title, text), "resolves L1 80", "{text}");
            assert_eq!(said(Field::Message, &format!("{text}\n\nbody")), "resolves L1 80", "{text}");
        }
        for text in ["retry ^PAY-12", "PAY-11: undo ^PAY-12"] {
            assert_eq!(said(Field::Title, text), "mentions L0 50", "{text}");
        }
        assert_eq!(said(Field::Body, "^PAY-12: retry"), "mentions L0 40");
        assert_eq!(said(Field::Message, "retry\n^PAY-12: retry"), "mentions L0 40");
    }

    #[test]
    fn a_revert_resolves_nothing() {
        assert_eq!(said(Field::Title, "Revert \"Fix ^PAY-12\""), "relates_to L1 60");
        assert_eq!(said(Field::Title, "Revert: ^PAY-12 retry"), "relates_to L1 60");
        assert_eq!(said(Field::Title, "Revert \"^PAY-12: retry\""), "mentions L0 50");
        assert_eq!(said(Field::Message, "Revert \"retry\"\n\nFixes ^PAY-12"), "resolves L1 90");
    }
}
