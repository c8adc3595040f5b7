//! Rule `address`: a web address in a text refers to whatever has its page there.
//!
//! Whoever pastes an address means exactly that page, so even a bare one is a declared link. What kind of link it
//! becomes follows from what is found there: a document or dashboard documents, a ticket or change is mentioned.
//!
//! | text | says | class | score |
//! |---|---|---|---|
//! | `Resolves: https://acme.atlassian.net/browse/PAY-12` | resolves | L1 | 95 |
//! | `fixes https://…/issues/42`, `Fixes [#42](https://…/issues/42)`, also a list | resolves | L1 | 90 |
//! | `https://…/issues/42 retry` as title or first line | resolves | L1 | 80 |
//! | `Refs: https://…` | relates to | L1 | 85 |
//! | `see https://…`, `Part of https://…` | relates to | L1 | 75 |
//! | `https://…`, `[the design](https://…)`, `<https://…>` anywhere else | mentions | L1 | 80 |
//!
//! Punctuation and brackets that belong to the sentence are left off. Scheme and fragment do not count. The address of
//! a tab of a pull or merge request, or of an issue, counts as the address of its page: `…/pull/42/files`,
//! `…/pull/42/commits/1f0c4a5`, `…/merge_requests/42/diffs?tab=1`; the older form `/merge_requests/42` as
//! `/-/merge_requests/42`, and `/-/work_items/42` as `/-/issues/42`.
//!
//! At most 200 addresses of a text are read. Refused:
//! - addresses in quoted lines, code blocks, code (`` `https://…` ``), comments, and in what is folded away with
//!   `<details>`: there somebody else speaks, or nobody;
//! - addresses of more than 2,048 bytes;
//! - addresses of which all that matters is a fragment, `https://…/#/c/42`, because fragments do not count;
//! - addresses with a login (`https://ada:secret@…`), which must not be copied.

use std::sync::LazyLock;

use regex::Regex;

use super::text::{Reading, Text, keep, words_before};
use super::{Found, Rule};
use crate::fact::{Field, Mention};
use crate::link::{LinkClass, LinkKind};
use crate::name::Name;

pub(super) const RULE: Rule = Rule { id: "address", version: 3, find };

/// The most addresses of one text that are read.
const MAX_ADDRESSES: usize = 200;

/// The longest address that is read, in bytes.
const MAX_ADDRESS_BYTES: usize = 2_048;

fn find(mention: &Mention) -> Vec<Found> {
    match mention.field {
        Field::Branch | Field::Merge | Field::Catalog | Field::Owners | Field::Observed => Vec::new(),
        Field::Title | Field::Body | Field::Message => in_prose(&Text::of(mention)),
    }
}

fn in_prose(text: &Text<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for address in text.addresses.iter().take(MAX_ADDRESSES) {
        let written = text.spoken.get(address.place.clone()).unwrap_or_default();
        let is_code = words_before(&text.spoken, address.place.start, 1) == "`";
        if is_code || written.len() > MAX_ADDRESS_BYTES || has_login(written) || is_routed(written) {
            continue;
        }
        let Some(awaits) = Name::url(&page(written)) else { continue };
        let reading = Reading::at(text, address.start);
        let (class, score) = if reading.intent == LinkKind::Mentions {
            (LinkClass::Declared, 80)
        } else {
            (reading.class, reading.score)
        };
        let reason = text.reason(reading.since..address.place.end);
        keep(&mut found, Found { awaits, resource: None, intent: reading.intent, class, score, reason });
    }
    found
}

/// Whether the page is told by the fragment, as applications do that load no pages: without it, it is their front page.
fn is_routed(address: &str) -> bool {
    address.split_once('#').is_some_and(|(_, fragment)| fragment.starts_with('/') || fragment.starts_with("!/"))
}

/// Whether a name or password stands before the host.
fn has_login(address: &str) -> bool {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().is_some_and(|authority| authority.contains('@'))
}

/// The address of the page that a tab belongs to; any other address as it is.
fn page(address: &str) -> String {
    match TAB.captures(address) {
        Some(captures) => {
            let part = |name: &str| captures.name(name).map_or("", |part| part.as_str());
            let dash = if part("kind") == "merge_requests" { "/-" } else { part("dash") };
            let kind = if part("kind") == "work_items" { "issues" } else { part("kind") };
            format!("{}{dash}/{kind}/{}", part("repository"), part("number"))
        }
        None => address.to_owned(),
    }
}

static TAB: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = concat!(
        r"\A(?P<repository>[A-Za-z]+://[^/?#]+/[^?#]+?)(?P<dash>/-)?",
        r"/(?P<kind>issues|merge_requests|pull|pull-requests|pulls|work_items)/(?P<number>[1-9][0-9]*)",
        r"(?:/(?:activity|builds|changes|checks|commits|conflicts|designs|diffs|files|overview|pipelines)",
        r"(?:/[^?#]*)?)?",
        r"/?(?:[?#].*)?\z",
    );
    Regex::new(pattern).expect("the pattern is fixed and valid")
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::text::testing::{check, hostile, mention, summary, survives, survives_length};
    use super::{MAX_ADDRESSES, RULE, find};
    use crate::fact::Field;

    #[test]
    fn reads_what_a_text_says() {
        let page = "url:acme.example/a/b/issues/42";
        let cases = [
            ("Resolves: https://acme.example/a/b/issues/42", "resolves", 95),
            ("fixes https://acme.example/a/b/issues/42.", "resolves", 90),
            ("Fixes [#42](https://acme.example/a/b/issues/42)", "resolves", 90),
            ("fixes #1, #2 and <https://acme.example/a/b/issues/42>", "resolves", 90),
            ("Refs: https://acme.example/a/b/issues/42", "relates_to", 85),
            ("see https://acme.example/a/b/issues/42#note_1)", "relates_to", 75),
            ("Part of [the work](http://acme.example/a/b/issues/42/)", "relates_to", 75),
            ("see also <https://acme.example/a/b/issues/42>", "relates_to", 75),
            ("https://acme.example/a/b/issues/42", "mentions", 80),
            ("(https://acme.example/a/b/issues/42), as it was", "mentions", 80),
            ("[the design](https://acme.example/a/b/issues/42)", "mentions", 80),
            ("not fixed: https://acme.example/a/b/issues/42", "mentions", 80),
            ("https://acme.example/a/b/issues/42 and fixes https://acme.example/a/b/issues/42", "resolves", 90),
        ];
        for (text, intent, score) in cases {
            let found = summary(&find(&mention(Field::Body, text)));
            assert_eq!(found, [format!("{intent} {page} L1 {score}")], "{text}");
        }
        check(
            &RULE,
            &[
                (Field::Title, "https://acme.example/42 retry", &["resolves url:acme.example/42 L1 80"]),
                (Field::Message, "Retry\n\nhttps://acme.example/42", &["mentions url:acme.example/42 L1 80"]),
                (
                    Field::Body,
                    "[a](https://acme.example/a),[b](https://acme.example/b)",
                    &["mentions url:acme.example/a L1 80", "mentions url:acme.example/b L1 80"],
                ),
            ],
        );
    }

    #[test]
    fn a_tab_is_its_page() {
        for (address, expected) in [
            ("https://github.com/acme/checkout/pull/42/files#diff-1", "github.com/acme/checkout/pull/42"),
            ("https://github.com/acme/checkout/pull/42/commits/1f0c4a5", "github.com/acme/checkout/pull/42"),
            ("https://acme.example/a/b/-/merge_requests/42/diffs?tab=1", "acme.example/a/b/-/merge_requests/42"),
            ("https://acme.example/a/b/merge_requests/42/", "acme.example/a/b/-/merge_requests/42"),
            ("https://acme.example/a/b/-/issues/42?x=1", "acme.example/a/b/-/issues/42"),
            ("https://acme.example/a/b/-/work_items/42", "acme.example/a/b/-/issues/42"),
            ("https://acme.example/a/issues/42/a-title", "acme.example/a/issues/42/a-title"),
            ("https://acme.example/pull/42/other?x=1", "acme.example/pull/42/other?x=1"),
        ] {
            let expected = format!("mentions url:{expected} L1 80");
            check(&RULE, &[(Field::Body, address, &[expected.as_str()])]);
        }
    }

    #[test]
    fn refuses_what_nobody_says() {
        let texts = [
            "> https://acme.example/a",
            "```\nhttps://acme.example/a\n```",
            "`https://acme.example/a`",
            "<!-- https://acme.example/a -->",
            "<details>https://acme.example/a</details>",
            "https://ada:secret@acme.example/a",
            "https://review.acme.example/#/c/42 https://stories.acme.example/#!/story/42",
            "ftp://acme.example/a mailto:ada@acme.example https://",
            "http://[",
        ];
        for text in texts {
            check(&RULE, &[(Field::Body, text, &[])]);
        }
        check(&RULE, &[(Field::Branch, "https://acme.example/a", &[])]);
        assert!(find(&mention(Field::Body, &format!("https://acme.example/{}", "a".repeat(2_048)))).is_empty());
    }

    #[test]
    fn has_a_bound_and_says_why() {
        let many: String = (0..500).map(|index| format!("https://acme.example/{index}\n")).collect();
        let found = find(&mention(Field::Body, &many));
        assert_eq!(found.len(), MAX_ADDRESSES);
        assert_eq!(found[0].reason, "the description says 'https://acme.example/0'");
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
