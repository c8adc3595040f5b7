//! Rule `ticket-key`: a tracker's key in a text, `PAY-12`, refers to that ticket.
//!
//! A key is two to ten capital letters or digits that begin with a letter, a dash, and a number of at most seven digits
//! that does not begin with 0. The reference waits for the project (`PAY`) to be known from its tracker; keys of
//! projects that no tracker has ever shown stay without effect, so `UTF-8`, `SHA-256` and `KIP-7` need no list.
//!
//! | text | says | class | score |
//! |---|---|---|---|
//! | `Fixes: PAY-12`, `Closes-Bug: PAY-12`, `fix: PAY-12 retry` | resolves | L1 | 95 |
//! | `Fixes PAY-12, PAY-13 and PAY-14` (all three), `This closed PAY-12` | resolves | L1 | 90 |
//! | `PAY-12: retry`, `[PAY-12] retry`, `feat(cart): PAY-12 retry` as title or first line | resolves | L1 | 80 |
//! | `Refs: PAY-12`, `Ticket: PAY-12` | relates to | L1 | 85 |
//! | `Refs PAY-12`, `see PAY-12`, `Part of PAY-12` | relates to | L1 | 75 |
//! | `Partially fixes PAY-12` | relates to | L1 | 70 |
//! | `Revert "Fix PAY-12"` as title or first line | relates to | L1 | 60 |
//! | `pay-12: retry`, `[pay-12] retry` as title or first line | resolves | L0 | 60 |
//! | `revert pay-12` as title or first line, of two digits or more | mentions | L0 | 30 |
//! | `feature/PAY-12-retry` as name of the branch | relates to | L0 | 60 |
//! | `pay-12-retry` as name of the branch | relates to | L0 | 40 |
//! | `retry the charge (PAY-12)` as title or first line | mentions | L0 | 50 |
//! | `unlike PAY-12`, `https://acme.atlassian.net/browse/PAY-12` anywhere else | mentions | L0 | 40 |
//!
//! The address of a ticket's page waits for the project on that very host: another company's tracker may have a project
//! of the same key.
//!
//! A key that stands in a text several times is one reference, by its strongest reading.
//!
//! Refused, because there the letters are a part of something else:
//! - parts of longer words, ids, versions and paths: `XPAY-12a`, `PAY-12.3`, `CVE-2026-1`, `feature/PAY-12` in prose
//!   (the branch has its own field), `docs/PAY-12.md`;
//! - parts of web addresses, except the page of a ticket, `…/browse/PAY-12`;
//! - quoted lines (`> …`), code blocks, comments, and what is folded away with `<details>`, in descriptions and
//!   messages: there somebody else speaks;
//! - keys that an invisible character breaks up, as bots do where they want no reference.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use url::Url;

use super::text::{Address, MAX_PLACES, Reading, Text, keep, stands_alone, words_before};
use super::{Found, Rule};
use crate::fact::{Field, Mention};
use crate::link::{LinkClass, LinkKind};
use crate::name::Name;

pub(super) const RULE: Rule = Rule { id: "ticket-key", version: 3, find };

/// A key at one place of a text.
struct Place {
    key: String,
    /// The host of the page, where it is the address of one.
    host: Option<String>,
    range: Range<usize>,
    reading: Reading,
}

fn find(mention: &Mention) -> Vec<Found> {
    let text = Text::of(mention);
    let mut places = match mention.field {
        Field::Merge | Field::Catalog | Field::Owners | Field::Observed => Vec::new(),
        Field::Branch => in_branch(&text),
        Field::Title | Field::Body | Field::Message => {
            let mut places = in_prose(&text);
            places.extend(in_pages(&text));
            places.extend(in_lower_case(&text));
            places
        }
    };
    places.sort_by_key(|place| place.range.start);
    let mut found = Vec::new();
    for place in places {
        if let Some(new) = reference(&text, place) {
            keep(&mut found, new);
        }
    }
    found
}

fn reference(text: &Text<'_>, place: Place) -> Option<Found> {
    let Place { key, host, range, reading: Reading { intent, class, score, since } } = place;
    let (project, _) = key.split_once('-')?;
    let awaits = match host {
        Some(host) => Name::ticket_project_at(&host, project),
        None => Name::ticket_project(project),
    };
    Some(Found { awaits, resource: Some(key), intent, class, score, reason: text.reason(since..range.end) })
}

fn in_prose(text: &Text<'_>) -> Vec<Place> {
    let mut places = Vec::new();
    let mut previous_end = None;
    for key in KEY.find_iter(&text.plain).take(MAX_PLACES) {
        if stands_alone(&text.plain, &key.range(), previous_end) {
            previous_end = Some(key.end());
            let reading = Reading::at(text, key.start());
            places.push(Place { key: key.as_str().to_owned(), host: None, range: key.range(), reading });
        }
    }
    places
}

fn in_pages(text: &Text<'_>) -> Vec<Place> {
    let page = |address: &Address| {
        let written = text.spoken.get(address.place.clone())?;
        let key = PAGE.captures(written)?.get(1)?;
        let host = Url::parse(written).ok()?.host_str()?.to_owned();
        let range = address.start..address.place.end;
        let reading = Reading::at(text, address.start);
        Some(Place { key: key.as_str().to_owned(), host: Some(host), range, reading })
    };
    text.addresses.iter().take(MAX_PLACES).filter_map(page).collect()
}

/// Some write `pay-12: retry`; at the beginning of a title that is a key all the same.
fn in_lower_case(text: &Text<'_>) -> Vec<Place> {
    let place = |key: regex::Match<'_>, intent, score| {
        let reading = Reading { intent, class: LinkClass::Guessed, score, since: key.start() };
        Place { key: key.as_str().to_uppercase(), host: None, range: key.range(), reading }
    };
    let subject = text.plain.get(..text.subject().len()).unwrap_or_default();
    let opening = OPENING.captures(subject).and_then(|captures| captures.get(1).or_else(|| captures.get(2)));
    let later = LOWER_KEY.find_iter(subject).take(MAX_PLACES).filter(|key| stands_alone(subject, &key.range(), None));
    opening
        .map(|key| place(key, LinkKind::Resolves, 60))
        .into_iter()
        .chain(later.map(|key| place(key, LinkKind::Mentions, 30)))
        .collect()
}

fn in_branch(text: &Text<'_>) -> Vec<Place> {
    let separated = |range: &Range<usize>| {
        let parts = |character: char| matches!(character, '/' | '-' | '_');
        let before = words_before(&text.plain, range.start, 1);
        let rest = text.plain.get(range.end..).unwrap_or_default();
        (range.start == 0 || before.ends_with(parts)) && (rest.is_empty() || rest.starts_with(parts))
    };
    let place = |key: regex::Match<'_>| {
        let is_upper = !key.as_str().contains(|character: char| character.is_ascii_lowercase());
        let reading = Reading {
            intent: LinkKind::RelatesTo,
            class: LinkClass::Guessed,
            score: if is_upper { 60 } else { 40 },
            since: key.start(),
        };
        Place { key: key.as_str().to_uppercase(), host: None, range: key.range(), reading }
    };
    BRANCH_KEY.find_iter(&text.plain).take(MAX_PLACES).filter(|key| separated(&key.range())).map(place).collect()
}

static KEY: LazyLock<Regex> = LazyLock::new(|| compiled(r"[A-Z][A-Z0-9]{1,9}-[1-9][0-9]{0,6}"));

static BRANCH_KEY: LazyLock<Regex> = LazyLock::new(|| compiled(r"[A-Za-z][A-Za-z0-9]{1,9}-[1-9][0-9]{0,6}"));

/// A key that somebody was too quick to write in capitals; one of a single digit is a host's name as likely as a ticket.
static LOWER_KEY: LazyLock<Regex> = LazyLock::new(|| compiled(r"[A-Za-z][a-z0-9]{1,9}-[1-9][0-9]{1,6}"));

static PAGE: LazyLock<Regex> = LazyLock::new(|| compiled(r"/browse/([A-Z][A-Z0-9]{1,9}-[1-9][0-9]{0,6})(?:[/?#&]|\z)"));

static OPENING: LazyLock<Regex> = LazyLock::new(|| {
    compiled(concat!(
        r"\A[ \t]*(?:\[([A-Za-z][A-Za-z0-9]{1,9}-[1-9][0-9]{0,6})\]",
        r"|([A-Za-z][A-Za-z0-9]{1,9}-[1-9][0-9]{0,6})[ \t]*[:;])",
    ))
});

fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is fixed and valid")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::text::testing::{check, hostile, mention, survives, survives_length};
    use super::{RULE, find};
    use crate::fact::Field;
    use crate::name::Name;

    #[test]
    fn reads_what_a_text_says() {
        check(
            &RULE,
            &[
                (Field::Message, "retry\n\nFixes: PAY-12", &["resolves PAY-12 L1 95"]),
                (Field::Message, "retry\n\nCloses-Bug: PAY-12", &["resolves PAY-12 L1 95"]),
                (Field::Title, "fix: PAY-12 retry", &["resolves PAY-12 L1 95"]),
                (
                    Field::Body,
                    "Fixes PAY-12, PAY-13 and PAY-14.",
                    &["resolves PAY-12 L1 90", "resolves PAY-13 L1 90", "resolves PAY-14 L1 90"],
                ),
                (Field::Body, "This closed PAY-12", &["resolves PAY-12 L1 90"]),
                (Field::Body, "Resolves: https://acme.atlassian.net/browse/PAY-12", &["resolves PAY-12 L1 95"]),
                // The page's own, and the key's.
                (
                    Field::Body,
                    "Fixes [PAY-12](https://acme.atlassian.net/browse/PAY-12)",
                    &["resolves PAY-12 L1 90", "resolves PAY-12 L1 90"],
                ),
                (Field::Body, "Refs: PAY-12", &["relates_to PAY-12 L1 85"]),
                (Field::Body, "Ticket: PAY-12", &["relates_to PAY-12 L1 85"]),
                (Field::Body, "Refs PAY-12", &["relates_to PAY-12 L1 75"]),
                (Field::Body, "see PAY-12", &["relates_to PAY-12 L1 75"]),
                (Field::Message, "retry\n\nPart of PAY-12.", &["relates_to PAY-12 L1 75"]),
                (Field::Body, "Partially fixes PAY-12", &["relates_to PAY-12 L1 70"]),
                (Field::Title, "Revert \"Fix PAY-12\"", &["relates_to PAY-12 L1 60"]),
                (Field::Body, "unlike PAY-12", &["mentions PAY-12 L0 40"]),
                (Field::Body, "does not fix PAY-12", &["mentions PAY-12 L0 40"]),
                (Field::Body, "https://acme.atlassian.net/browse/PAY-12", &["mentions PAY-12 L0 40"]),
                (Field::Body, "PAY-1/PAY-2", &["mentions PAY-1 L0 40", "mentions PAY-2 L0 40"]),
                (Field::Body, "修正PAY-12の件", &["mentions PAY-12 L0 40"]),
            ],
        );
    }

    #[test]
    fn reads_titles_and_first_lines_alike() {
        for field in [Field::Title, Field::Message] {
            check(
                &RULE,
                &[
                    (field, "PAY-12: retry", &["resolves PAY-12 L1 80"]),
                    (field, "[PAY-12] retry", &["resolves PAY-12 L1 80"]),
                    (field, "PAY-12 retry", &["resolves PAY-12 L1 80"]),
                    (field, "feat(cart): PAY-12 retry", &["resolves PAY-12 L1 80"]),
                    (field, "PAY-12, PAY-13: retry", &["resolves PAY-12 L1 80", "resolves PAY-13 L1 80"]),
                    (field, "retry the charge (PAY-12)", &["mentions PAY-12 L0 50"]),
                    (field, "pay-12: retry", &["resolves PAY-12 L0 60"]),
                    (field, "[pay-12] retry", &["resolves PAY-12 L0 60"]),
                    (field, "retry pay-12", &["mentions PAY-12 L0 30"]),
                    (field, "retry pay-1, see docs/pay-12", &[]),
                ],
            );
        }
        check(
            &RULE,
            &[(
                Field::Message,
                "PAY-12: retry\n\nUnlike PAY-12, see PAY-13",
                &["resolves PAY-12 L1 80", "relates_to PAY-13 L1 75"],
            )],
        );
    }

    #[test]
    fn reads_branches() {
        check(
            &RULE,
            &[
                (Field::Branch, "feature/PAY-12-retry", &["relates_to PAY-12 L0 60"]),
                (Field::Branch, "pay-12-retry", &["relates_to PAY-12 L0 40"]),
                (Field::Branch, "ada/fix-pay-12_retry", &["relates_to PAY-12 L0 40"]),
                (Field::Branch, "PAY-12", &["relates_to PAY-12 L0 60"]),
                (Field::Branch, "xpay-12a", &[]),
                (Field::Branch, "release-1.2", &[]),
                (Field::Branch, "main", &[]),
            ],
        );
    }

    #[test]
    fn refuses_what_only_looks_like_a_key() {
        let texts = [
            "XPAY-12a",
            "PAY-12.3",
            "PAY-012",
            "PAY-12345678",
            "P-12",
            "LONGPROJECT-12",
            "CVE-2026-1",
            "GHSA-2FRX-2596-X5R6",
            "pay-12",
            "from feature/PAY-12",
            "docs/PAY-12.md",
            "PAY-12.md",
            "PAY-12_3",
            "https://acme.example/PAY-12?key=PAY-13",
            "> PAY-12",
            "```\nPAY-12\n```",
            "<!-- Fixes PAY-12 -->",
            "<details>PAY-12</details>",
            "PAY-1\u{200b}2",
            "ada@PAY-12",
            "Closes #1 from ada/PAY-12",
        ];
        for text in texts {
            check(&RULE, &[(Field::Body, text, &[])]);
        }
    }

    #[test]
    fn awaits_the_project_and_says_why() {
        let found = find(&mention(Field::Title, "Retry the charge; fixes\tPAY-12"));
        assert_eq!(found[0].awaits, Name::ticket_project("PAY"));
        assert_eq!(found[0].resource.as_deref(), Some("PAY-12"));
        assert_eq!(found[0].reason, "the title says 'Retry the charge; fixes PAY-12'");
        let page = find(&mention(Field::Body, "https://issues.acme.example:8443/jira/browse/PAY-12"));
        assert_eq!(page[0].awaits, Name::ticket_project_at("issues.acme.example", "PAY"));
    }

    #[test]
    fn long_text_is_harmless() {
        survives_length(&RULE);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn hostile_text_is_harmless(text in hostile()) {
            survives(&RULE, &text);
        }
    }
}
