//! Rule `commit-id`: a full commit id behind the words that git and its users write refers to that commit.
//!
//! Read in descriptions and in the messages of commits. A full id, of 40 or 64 hexadecimal digits, is the commit of that
//! id; a shorter one, of 7 digits or more, the only commit of the same repository that begins with it, as long as there
//! is only one.
//!
//! | text | says | class | score |
//! |---|---|---|---|
//! | `This reverts commit 1f0c….`, `reverts commits 1f0c… and 2e9b…` (both), `Reverts: 1f0c…` | reverts | L1 | 95 |
//! | `This partially reverts commit 1f0c…` | reverts | L1 | 60 |
//! | `(cherry picked from commit 1f0c…)`, `(backported from commit 1f0c…)`, `Backport of 1f0c… from main` as a line | cherry-picked from | L1 | 95 |
//! | `[ Upstream commit 1f0c… ]`, `commit 1f0c… upstream.` and `Upstream-commit: 1f0c…` as lines | cherry-picked from | L1 | 90 |
//! | `Fixes: 1f0c… ("Retry the charge")` at the beginning of a line, `This fixes commit 1f0c…` | fixes | L1 | 95 |
//!
//! Refused:
//! - short ids of digits alone, unless the word `commit` or `cherry picked` stands before them, or a quoted subject
//!   behind: `Fixes: 1234567` is a ticket;
//! - an id without these words, because there is no link that says "names this commit";
//! - the second id of `This reverts commit 1f0c…, reversing changes made to 2e9b….`: that is what it goes back to;
//! - what does not happen here: `does not revert commit 1f0c…`, `if you revert commit 1f0c…`, `tried to revert commit
//!   1f0c…`, `2e9b…, which reverts commit 1f0c…`, `reverting commit 1f0c… helps` (but `by reverting commit 1f0c…`);
//! - ranges and ancestors: `reverts commits 1f0c…..2e9b…`, `reverts commit 1f0c…~2`;
//! - `commit 1f0c… upstream broke …`, which goes on as a sentence;
//! - the id of nothing (only zeros), and ids in web addresses, quoted lines, code blocks and comments.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::text::{MAX_PLACES, Text};
use super::{Found, MAX_REFERENCES, Rule};
use crate::fact::{Field, Mention};
use crate::link::{LinkClass, LinkKind};
use crate::name::Name;

pub(super) const RULE: Rule = Rule { id: "commit-id", version: 3, find };

fn find(mention: &Mention) -> Vec<Found> {
    match mention.field {
        Field::Title | Field::Branch | Field::Merge | Field::Catalog | Field::Owners | Field::Observed => Vec::new(),
        Field::Body | Field::Message => in_prose(&Text::of(mention)),
    }
}

fn in_prose(text: &Text<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for captures in REVERTS.captures_iter(&text.plain).take(MAX_PLACES) {
        let (Some(words), Some(ids)) = (captures.get(0), captures.name("ids").or_else(|| captures.name("bare"))) else {
            continue;
        };
        let is_done =
            captures.name("not").is_none() && (captures.name("gerund").is_none() || captures.name("by").is_some());
        if !is_done || goes_on(text.plain.get(ids.end()..).unwrap_or_default()) {
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

/// Whether what follows an id makes a range or an ancestor of it.
fn goes_on(rest: &str) -> bool {
    let is_range = || rest.trim_start_matches('.').starts_with(|next: char| next.is_ascii_alphanumeric());
    rest.starts_with(['^', '~']) || (rest.starts_with("..") && is_range())
}

fn add(found: &mut Vec<Found>, text: &Text<'_>, (intent, score): (LinkKind, u8), id: &str, words: Range<usize>) {
    let id = id.to_ascii_lowercase();
    let is_whole = matches!(id.len(), 40 | 64);
    if id.len() > 40 && !is_whole {
        return;
    }
    let (awaits, resource) = match Name::commit_prefix(&id) {
        Some(prefix) if !is_whole => (prefix, Some(id.clone())),
        Some(_) | None => (Name::commit(&id), None),
    };
    let is_null = id.bytes().all(|byte| byte == b'0');
    let is_number = id.bytes().all(|byte| byte.is_ascii_digit());
    let said = text.plain.get(words.clone()).unwrap_or_default();
    if is_null || (is_number && !is_whole && !COMMIT.is_match(said)) {
        return;
    }
    let is_known = |known: &Found| known.awaits == awaits && known.resource == resource && known.intent == intent;
    if !found.iter().any(is_known) && found.len() < MAX_REFERENCES {
        let reason = text.reason(words);
        found.push(Found { awaits, resource, intent, class: LinkClass::Declared, score, reason });
    }
}

/// What makes digits alone a commit's id.
static COMMIT: LazyLock<Regex> = LazyLock::new(|| compiled(r#"(?-u:\b)commits?(?-u:\b)|cherry|\(["'“]"#));

static ID: LazyLock<Regex> = LazyLock::new(|| compiled("ID"));

static REVERTS: LazyLock<Regex> = LazyLock::new(|| {
    compiled(concat!(
        r"(?-u:\b)(?:(?P<not>not|[a-z]+n['’]t|to|can|could|should|would|may|might|must|if|when|once|after|before|until",
        r"|which|that|who|you)\s+)?(?P<by>by\s+)?(?:(?P<partly>partial|partially|partly)\s+)?",
        r"(?:reverts?|(?P<gerund>reverting)):?\s+(?:the\s+)?(?:merge\s+)?",
        r"(?:commits?:?\s+(?P<ids>ID(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+)ID)*)|(?P<bare>FULL(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+)FULL)*))",
    ))
});

static PICKED: LazyLock<Regex> = LazyLock::new(|| {
    compiled(concat!(
        r"\((?:cherry[ -]picked|backported|cherry[ -]pick|backport)\s+(?:from|of)\s+(?:commit\s+)?(ID)",
        r"|(?m:^)[ \t]*(?:cherry[ -]picked|backported|backport)[ -](?:from|of):?[ \t]+(?:commit[ \t]+)?(ID)",
    ))
});

static UPSTREAM: LazyLock<Regex> = LazyLock::new(|| {
    compiled(concat!(
        r"\[[ \t]*upstream commit (ID)[ \t]*\]|(?m:^)[ \t]*commit (ID) upstream(?:[.,;:\]]|[ \t\r]*(?m:$))",
        r"|(?m:^)[ \t]*upstream[ -]commit:[ \t]*(ID)",
    ))
});

static FIXES: LazyLock<Regex> = LazyLock::new(|| {
    compiled(concat!(
        r#"(?m:^)[ \t]*fixes:[ \t]*(?:commit[ \t]+)?(ID)(?:[ \t]*\(["'“])?"#,
        r"|(?:(?m:^)|[.;,)]|(?-u:\b)(?:this|it|patch|change|commit))[ \t]*fixes[ \t]+commit[ \t]+(ID)",
    ))
});

/// A pattern in which `FULL` stands for a full commit id and `ID` for one of at least seven digits, in either case.
fn compiled(pattern: &str) -> Regex {
    let pattern = pattern
        .replace("FULL", r"(?-u:\b)[0-9a-f]{40}(?:[0-9a-f]{24})?(?-u:\b)")
        .replace("ID", r"(?-u:\b)[0-9a-f]{7,64}(?-u:\b)");
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
        reads("commit {A} upstream\n\nRetry", &["cherry_picked_from commit:{A} L1 90"]);
        reads("x\nUpstream-commit: {A}", &["cherry_picked_from commit:{A} L1 90"]);
        reads("x\n\nBackport of {A} from main.", &["cherry_picked_from commit:{A} L1 95"]);
        reads("Mend this by reverting commit {A}.", &["reverts commit:{A} L1 95"]);
        reads("x\nFixes: {A} (\"Retry the charge\")", &["fixes commit:{A} L1 95"]);
        reads(
            "Fixes: {A}\n(cherry picked from commit {A})",
            &["cherry_picked_from commit:{A} L1 95", "fixes commit:{A} L1 95"],
        );
    }

    #[test]
    fn reads_short_ids() {
        for (text, expected) in [
            ("This reverts commit 1F0C4A5.", "reverts 1f0c4a5 L1 95"),
            ("(cherry picked from commit 1234567)", "cherry_picked_from 1234567 L1 95"),
            ("Fixes: 1f0c4a5be2d3 (\"Retry\")", "fixes 1f0c4a5be2d3 L1 95"),
            ("Fixes: 1f0c4a5be", "fixes 1f0c4a5be L1 95"),
            ("This fixes commit 1f0c4a5be.", "fixes 1f0c4a5be L1 95"),
            ("Fixes: 1234567 ('Retry')", "fixes 1234567 L1 95"),
        ] {
            reads(text, &[expected]);
        }
        let found = find(&mention(Field::Message, "This reverts commit 1f0c4a5be2."));
        assert_eq!(found[0].awaits.as_str(), "commit-prefix:1f0c4a5");
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
            "This reverts commit 1f0c4a.",
            "This reverts 1f0c4a5.",
            "This reverts commit {A}0.",
            "Fixes: 1234567",
            "{A}",
            "see commit {A}",
            "it fixes: {A}",
            "This does not revert commit {A}",
            "This doesn't revert commit {A}",
            "If you revert commit {A} it works",
            "I tried to revert commit {A} first",
            "a commit which reverts commit {A}",
            "Reverting commit {A} makes the charge work again",
            "This reverts commits {A}..{B}",
            "This reverts commit {A}~2",
            "commit {A} upstream broke the charge",
            "the patch that fixes commit {A}",
            "Backport of 1234567 from main",
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
