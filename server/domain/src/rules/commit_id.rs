//! Rule `commit-id`: a full commit id behind the words that git and its users write refers to that commit.
//!
//! Read in descriptions and in the messages of commits. Only full ids count, of 40 or 64 hexadecimal digits.
//!
//! | text | says | class | score |
//! |---|---|---|---|
//! | `This reverts commit 1f0c….`, `reverts commits 1f0c… and 2e9b…` (both), `Reverts: 1f0c…` | reverts | L1 | 95 |
//! | `This partially reverts commit 1f0c…` | reverts | L1 | 60 |
//! | `(cherry picked from commit 1f0c…)`, `(backported from commit 1f0c…)` | cherry-picked from | L1 | 95 |
//! | `[ Upstream commit 1f0c… ]`, `commit 1f0c… upstream.` at the beginning of a line | cherry-picked from | L1 | 90 |
//! | `Fixes: 1f0c… ("Retry the charge")` at the beginning of a line | fixes | L1 | 95 |
//!
//! Refused:
//! - short ids: which commit they mean can only be said within a repository, and changes as it grows;
//! - an id without these words, because there is no link that says "names this commit";
//! - the second id of `This reverts commit 1f0c…, reversing changes made to 2e9b….`: that is what it goes back to;
//! - `does not revert commit 1f0c…`, the id of nothing (only zeros), and ids in web addresses, quoted lines, code
//!   blocks and comments.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::text::{MAX_PLACES, Text};
use super::{Found, MAX_REFERENCES, Rule};
use crate::fact::{Field, Mention};
use crate::link::{LinkClass, LinkKind};
use crate::name::Name;

pub(super) const RULE: Rule = Rule { id: "commit-id", version: 1, find };

fn find(mention: &Mention) -> Vec<Found> {
    match mention.field {
        Field::Title | Field::Branch => Vec::new(),
        Field::Body | Field::Message => in_prose(&Text::of(mention)),
    }
}

fn in_prose(text: &Text<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for captures in REVERTS.captures_iter(&text.plain).take(MAX_PLACES) {
        let (Some(words), Some(ids)) = (captures.get(0), captures.name("ids")) else { continue };
        if captures.name("not").is_some() {
            continue;
        }
        let score = if captures.name("partly").is_some() { 60 } else { 95 };
        for id in ID.find_iter(ids.as_str()) {
            let end = ids.start() + id.end();
            add(&mut found, text, (LinkKind::Reverts, score), id.as_str(), words.start()..end);
        }
    }
    let single = [
        (&*PICKED, LinkKind::CherryPickedFrom, 95),
        (&*UPSTREAM, LinkKind::CherryPickedFrom, 90),
        (&*FIXES, LinkKind::Fixes, 95),
    ];
    for (pattern, intent, score) in single {
        for captures in pattern.captures_iter(&text.plain).take(MAX_PLACES) {
            let id = captures.iter().skip(1).flatten().next();
            if let (Some(words), Some(id)) = (captures.get(0), id) {
                add(&mut found, text, (intent, score), id.as_str(), words.range());
            }
        }
    }
    found
}

fn add(found: &mut Vec<Found>, text: &Text<'_>, (intent, score): (LinkKind, u8), id: &str, words: Range<usize>) {
    let awaits = Name::commit(id);
    let is_null = id.bytes().all(|byte| byte == b'0');
    let is_known = found.iter().any(|known| known.awaits == awaits && known.intent == intent);
    if !is_null && !is_known && found.len() < MAX_REFERENCES {
        let reason = text.reason(words);
        found.push(Found { awaits, resource: None, intent, class: LinkClass::Declared, score, reason });
    }
}

static ID: LazyLock<Regex> = LazyLock::new(|| compiled("ID"));

static REVERTS: LazyLock<Regex> = LazyLock::new(|| {
    compiled(concat!(
        r"(?-u:\b)(?:(?P<not>not|[a-z]+n['’]t)\s+|(?P<partly>partial|partially|partly)\s+)?",
        r"(?:revert|reverts|reverting):?\s+(?:the\s+)?(?:merge\s+)?(?:commits?:?\s+)?",
        r"(?P<ids>ID(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+)ID)*)",
    ))
});

static PICKED: LazyLock<Regex> =
    LazyLock::new(|| compiled(r"\((?:cherry[ -]picked|backported)\s+from\s+(?:commit\s+)?(ID)"));

static UPSTREAM: LazyLock<Regex> =
    LazyLock::new(|| compiled(r"\[[ \t]*upstream commit (ID)[ \t]*\]|(?m:^)[ \t]*commit (ID) upstream(?-u:\b)"));

static FIXES: LazyLock<Regex> = LazyLock::new(|| compiled(r"(?m:^)[ \t]*fixes:[ \t]*(?:commit[ \t]+)?(ID)"));

/// A pattern in which `ID` stands for a full commit id, in either case.
fn compiled(pattern: &str) -> Regex {
    let pattern = pattern.replace("ID", r"(?-u:\b)[0-9a-f]{40}(?:[0-9a-f]{24})?(?-u:\b)");
    Regex::new(&format!("(?i){pattern}")).expect("the pattern is fixed and valid")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::text::testing::{hostile, mention, summary, survives, survives_length};
    use super::{RULE, find};
    use crate::fact::Field;

    const A: &str = "1f0c4a5be2d3f6978a0b1c2d3e4f5a6b7c8d9e0f";
    const B: &str = "2e9b8c7d6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b1c";

    /// Checks what is found in a text in which A and B in braces stand for ids.
    fn reads(text: &str, expected: &[&str]) {
        let whole = |part: &str| part.replace("{A}", A).replace("{B}", B);
        let expected: Vec<String> = expected.iter().map(|line| whole(line)).collect();
        for field in [Field::Body, Field::Message] {
            assert_eq!(summary(&find(&mention(field, &whole(text)))), expected, "{text}");
        }
        for field in [Field::Title, Field::Branch] {
            assert!(find(&mention(field, &whole(text))).is_empty());
        }
    }

    #[test]
    fn reads_the_words_of_git() {
        for text in [
            "Revert \"Retry\"\n\nThis reverts commit {A}.",
            "Reverts: {A}",
            "This reverts merge commit\n{A} which broke main.",
            "This reverts commit {A}, reversing\nchanges made to {B}.",
        ] {
            reads(text, &["reverts commit:{A} L1 95"]);
        }
        reads("This reverts commits {A} and {B}.", &["reverts commit:{A} L1 95", "reverts commit:{B} L1 95"]);
        reads("This partially reverts commit {A}", &["reverts commit:{A} L1 60"]);
        reads("x\n(cherry picked from commit {A})", &["cherry_picked_from commit:{A} L1 95"]);
        reads("(backported from commit {A}\nwith changes)", &["cherry_picked_from commit:{A} L1 95"]);
        reads("[ Upstream commit {A} ]", &["cherry_picked_from commit:{A} L1 90"]);
        reads("commit {A} upstream.", &["cherry_picked_from commit:{A} L1 90"]);
        reads("x\nFixes: {A} (\"Retry the charge\")", &["fixes commit:{A} L1 95"]);
        reads(
            "Fixes: {A}\n(cherry picked from commit {A})",
            &["cherry_picked_from commit:{A} L1 95", "fixes commit:{A} L1 95"],
        );
    }

    #[test]
    fn reads_long_and_upper_case_ids() {
        let long = "AB".repeat(32);
        let found = find(&mention(Field::Message, &format!("This reverts commit {long}.")));
        assert_eq!(summary(&found), [format!("reverts commit:{} L1 95", long.to_lowercase())]);
    }

    #[test]
    fn refuses_what_names_no_commit() {
        for text in [
            "This reverts commit 1f0c4a5.",
            "This reverts commit {A}0.",
            "{A}",
            "see commit {A}",
            "it fixes: {A}",
            "This does not revert commit {A}",
            "This doesn't revert commit {A}",
            "> This reverts commit {A}",
            "```\nThis reverts commit {A}\n```",
            "This reverts https://github.com/acme/checkout/commit/{A}",
            "This reverts commit 0000000000000000000000000000000000000000",
        ] {
            reads(text, &[]);
        }
    }

    #[test]
    fn says_why() {
        let found = find(&mention(Field::Message, &format!("Retry\n\nThis reverts commit {A}")));
        assert_eq!(
            found[0].reason,
            "the commit message says '… reverts commit 1f0c4a5be2d3f6978a0b1c2d3e4f5a6b7c8d9e0f'"
        );
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
