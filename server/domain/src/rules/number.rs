//! Rule `number`: a number with a hash in a text, `#42`, refers to that issue or change of the repository.
//!
//! `#42` and `GH-42` belong to the repository that the text is written in, `acme/checkout#42` to that repository of the
//! same host, `github.com/acme/checkout#42` to that one of the named host. Numbers have at most seven digits and do not
//! begin with 0. `!42` and `acme/checkout!42` are changes, as GitLab and Azure DevOps write them.
//!
//! | text | says | class | score |
//! |---|---|---|---|
//! | `Fixes: #42` | resolves | L1 | 95 |
//! | `Closes #42`, `fixes acme/checkout#42 and GH-43` (both) | resolves | L1 | 90 |
//! | `#42: retry`, `[#42] retry` as title or first line | resolves | L1 | 80 |
//! | `Refs: #42` | relates to | L1 | 85 |
//! | `Refs #42`, `see #42`, `Part of #42`, `Backport of #42` | relates to | L1 | 75 |
//! | `Partially fixes #42` | relates to | L1 | 70 |
//! | `Revert "Fix #42"` as title or first line | relates to | L1 | 60 |
//! | `Retry, unlike #42` as title or first line | mentions | L0 | 50 |
//! | `issue tracker #1`, `PR #42 broke it` anywhere else | mentions | L0 | 40 |
//!
//! A number that stands in a text several times is one reference, by its strongest reading.
//!
//! Refused, because there the number counts something else:
//! - parts of words, paths, web addresses, colours and HTML: `C#7`, `page#42`, `#fff`, `#123abc`, `color: #123456`,
//!   `&#8203;`, `main@{#42}`, and numbers that are code: `` `#42` ``;
//! - the text of a link, `[#42](https://…)`: the rule `address` reads the target, which may be elsewhere;
//! - what is counted by the word before: `step #2`, `attempt #3`, `build #812`; or by another tracker: `bugzilla #42`,
//!   `Closes-Bug: #42`, `Story: #42`, `Task: #42`;
//! - stack frames: a number at the beginning of a line before an address, a path or two blanks, and any number at the
//!   beginning of a line in a text that has a line with frame `#0`;
//! - quoted lines, code blocks, comments, and what is folded away with `<details>`;
//! - the number that the rule `merge-subject` takes from a commit's message, and other mentions of it there.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::merge_subject;
use super::text::{MAX_PLACES, Reading, Text, keep, stands_alone, words_after, words_before};
use super::{Found, Rule};
use crate::fact::{Field, Mention};
use crate::link::LinkKind;
use crate::name::Name;
use crate::repository::Repository;

pub(super) const RULE: Rule = Rule { id: "number", version: 3, find };

/// The longest path of a repository, in bytes.
const MAX_PATH_BYTES: usize = 200;

/// How far around a number is looked at for what it counts, in bytes.
const WINDOW_BYTES: usize = 80;

fn find(mention: &Mention) -> Vec<Found> {
    match mention.field {
        Field::Branch | Field::Merge | Field::Catalog | Field::Owners | Field::Observed => Vec::new(),
        Field::Title | Field::Body | Field::Message => in_prose(mention),
    }
}

fn in_prose(mention: &Mention) -> Vec<Found> {
    let text = Text::of(mention);
    let merged = merge_subject::merged(mention, &text);
    let has_frames = FIRST_FRAME.is_match(&text.plain);
    let mut found = Vec::new();
    let mut previous_end = None;
    for captures in NUMBER.captures_iter(&text.plain).take(MAX_PLACES) {
        let (Some(whole), Some(digits)) = (captures.get(0), captures.name("number")) else { continue };
        let taken = merged.iter().any(|change| !change.is_bare && change.number.contains(&digits.start()));
        if taken || !stands_alone(&text.plain, &whole.range(), previous_end) {
            continue;
        }
        previous_end = Some(whole.end());
        if is_counted(&text, &whole.range(), has_frames) {
            continue;
        }
        let Some(repository) = repository(mention, captures.name("path").map(|path| path.as_str())) else { continue };
        let Ok(number) = digits.as_str().parse() else { continue };
        let is_change = captures.name("change").or_else(|| captures.name("bang")).is_some();
        let awaits =
            if is_change { Name::change_number(&repository, number) } else { Name::number(&repository, number) };
        let Reading { intent, class, score, since } = Reading::at(&text, whole.start());
        let merged_change = Name::change_number(&repository, number);
        if intent == LinkKind::Mentions && merged.iter().any(|change| !change.is_bare && change.awaits == merged_change)
        {
            continue;
        }
        let reason = text.reason(since..whole.end());
        if captures.name("path").is_none() && !is_change {
            // The catalog may say that the numbers of this repository are those of a tracker elsewhere.
            let (awaits, resource) = (Name::numbers(&repository), Some(number.to_string()));
            keep(&mut found, Found { awaits, resource, intent, class, score, reason: reason.clone() });
        }
        keep(&mut found, Found { awaits, resource: None, intent, class, score, reason });
    }
    found
}

/// The repository that the number is of; none where the text has none and the number does not name one.
fn repository(mention: &Mention, path: Option<&str>) -> Option<Repository> {
    let own = mention.repository.as_ref();
    match path {
        None => own.cloned(),
        Some(path) if path.len() > MAX_PATH_BYTES => None,
        Some(path) => match path.split_once('/') {
            Some((host, rest)) if host.contains('.') && rest.contains('/') => Repository::new(host, rest),
            Some(_) | None => Repository::new(own?.host(), path),
        },
    }
}

/// Whether the number is code, the text of a link, a stack frame, or counts what the word before it names.
fn is_counted(text: &Text<'_>, place: &Range<usize>, has_frames: bool) -> bool {
    let before = words_before(&text.plain, place.start, WINDOW_BYTES);
    let after = words_after(&text.plain, place.end, WINDOW_BYTES);
    let is_code = before.ends_with(['`', '{']) || after.starts_with('`');
    let is_link_text = (before.ends_with('[') && after.starts_with("](")) || after.starts_with("</a>");
    let begins_line = before.rsplit('\n').next().is_some_and(|line| line.trim().is_empty());
    let is_frame = begins_line && (has_frames || FRAME.is_match(after));
    is_code || is_link_text || is_frame || COUNTING.is_match(before)
}

static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    compiled(concat!(
        r"(?:(?P<path>[A-Za-z0-9][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_.-]+)+)(?:#|(?P<change>!))|#|(?P<bang>!)|[Gg][Hh]-)",
        r"(?P<number>[1-9][0-9]{0,6})",
    ))
});

static FIRST_FRAME: LazyLock<Regex> = LazyLock::new(|| compiled(r"(?m)^[ \t]*#0[ \t]"));

static FRAME: LazyLock<Regex> =
    LazyLock::new(|| compiled(r"\A(?:[ \t]+0x[0-9A-Fa-f]|[ \t]{2,}[^ \t\r\n]|[ \t]+[/{<])"));

static COUNTING: LazyLock<Regex> = LazyLock::new(|| {
    compiled(concat!(
        r"(?i)(?:(?-u:\b)(?:attempt|build|case|chapter|column|comment|example|figure|footnote|job|line|note|option",
        r"|page|phase|pipeline|point|question|reason|round|row|run|section|slide|step|test|thread|try|version",
        r"|worker)s?[ \t]+",
        r#"|(?-u:\b)(?:background|colou?r|fill|stroke)[ \t]*[:=]?[ \t]*["']?"#,
        r"|(?-u:\b)(?:bgo|bko|bnc|boo|bsc|bugzilla|bz|deb|debian|fdo|gentoo|launchpad|lp|mga|moz|novell|redmine|rh|rhbz|trac|zendesk)(?:[ \t]+(?:bug|issue|ticket))?[ \t]*:?[ \t]*",
        r"|(?m:^)[ \t]*(?:[a-z]+-bug|story|task)[ \t]*:[^\n]*)\z",
    ))
});

fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is fixed and valid")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::text::testing::{check, hostile, mention, summary, survives, survives_length};
    use super::{RULE, find};
    use crate::fact::Field;

    /// Checks what is found of `acme/checkout`, written as `resolves #42 L1 90`.
    fn reads(field: Field, text: &str, expected: &[&str]) {
        let found = summary(&find(&mention(field, text)));
        let short: Vec<String> =
            found.iter().map(|line| line.replace("number:github.com/acme/checkout#", "#")).collect();
        let short: Vec<String> = short.into_iter().filter(|line| line.contains('#')).collect();
        assert_eq!(short, expected, "{text}");
    }

    #[test]
    fn reads_what_a_text_says() {
        reads(Field::Message, "retry\n\nFixes: #42", &["resolves #42 L1 95"]);
        reads(Field::Body, "Closes #42.", &["resolves #42 L1 90"]);
        reads(Field::Body, "fixes acme/checkout#42 and GH-43", &["resolves #42 L1 90", "resolves #43 L1 90"]);
        reads(Field::Body, "Refs: #42", &["relates_to #42 L1 85"]);
        for text in ["Refs #42", "see #42", "Part of #42", "Backport of #42"] {
            reads(Field::Body, text, &["relates_to #42 L1 75"]);
        }
        reads(Field::Body, "Partially fixes #42", &["relates_to #42 L1 70"]);
        for text in ["issue tracker #42", "PR #42 broke it", "(#42)", "x\n#42\n", "修正#42を", "#42/#42"] {
            reads(Field::Body, text, &["mentions #42 L0 40"]);
        }
        for field in [Field::Title, Field::Message] {
            reads(field, "#42: retry", &["resolves #42 L1 80"]);
            reads(field, "[#42] retry", &["resolves #42 L1 80"]);
            reads(field, "Retry, unlike #42", &["mentions #42 L0 50"]);
            reads(field, "Revert \"Fix #42\"", &["relates_to #42 L1 60"]);
        }
        reads(Field::Body, "unlike #42, #43\n\nCloses #42", &["resolves #42 L1 90", "mentions #43 L0 40"]);
    }

    #[test]
    fn belongs_to_the_repository_that_is_named() {
        check(
            &RULE,
            &[
                (Field::Body, "acme/cart#42", &["mentions number:github.com/acme/cart#42 L0 40"]),
                (Field::Body, "git.acme.example/a/b#42", &["mentions number:git.acme.example/a/b#42 L0 40"]),
                (Field::Body, "Closes acme/shop/cart#42", &["resolves number:github.com/acme/shop/cart#42 L1 90"]),
            ],
        );
        let mut lonely = mention(Field::Body, "Closes #42, git.acme.example/a/b#42");
        lonely.repository = None;
        assert_eq!(summary(&find(&lonely)), ["resolves number:git.acme.example/a/b#42 L1 90"]);
        let own = find(&mention(Field::Body, "Closes #42"));
        assert_eq!(own[0].awaits.as_str(), "tracker:github.com/acme/checkout#");
        assert_eq!(own[0].resource.as_deref(), Some("42"));
    }

    #[test]
    fn refuses_what_counts_something_else() {
        let texts = [
            "C#7",
            "page#42",
            "#fff #123abc #042 #12345678 #4.2",
            "color: #123456;",
            "&#8203;",
            "`#42`",
            "Cr-Commit-Position: refs/heads/main@{#1234567}",
            "[#42](https://acme.example/42) <a href=\"x\">#42</a>",
            "https://acme.example/#42",
            "[#&#8203;357](https://acme.example/357)",
            "step #2, attempts #3, build #812",
            "bugzilla #42 lp: #43",
            "Closes-Bug: #42",
            "Partial-bug: #42\nStory: #43\nTask: #44",
            "#3 0x00007f in retry ()",
            "  #3  retry (again=1)",
            "#3 /srv/retry.c:42",
            "#0 retry ()\n#10 main (argc=1)",
            "> #42",
            "```\n#42\n```",
            "<!-- #42 -->",
            "<details>#42</details>",
            "#4\u{200b}2",
            "@acme/checkout#42",
            "# 42\n## 42",
        ];
        for text in texts {
            reads(Field::Body, text, &[]);
        }
        reads(Field::Branch, "fix/#42", &[]);
    }

    #[test]
    fn leaves_the_merged_change_to_the_other_rule() {
        reads(Field::Message, "Retry (#12) (#42)\n\nFollows #42", &["mentions #12 L0 50", "mentions #42 L0 50"]);
        reads(Field::Message, "Merge pull request #42 from ada/retry\n\nCloses #12", &["resolves #12 L1 90"]);
        reads(Field::Message, "Retry\n\nCloses #42 from ada/retry", &[]);
        reads(Field::Message, "Revert \"Retry (#42)\"", &["mentions #42 L0 50"]);
        reads(Field::Title, "Retry (#42)", &["mentions #42 L0 50"]);
    }

    #[test]
    fn says_why() {
        let found = find(&mention(Field::Body, "Retry the charge.\n\nCloses #42."));
        assert_eq!(found[0].reason, "the description says 'Closes #42.'");
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
