//! Rule `merge-subject`: the words that a host writes into a commit when it merges a change say which change it is of.
//!
//! Read in the message of a commit, and in the message of the merge that brought it in. The commit becomes a part of the
//! change.
//!
//! | message | class | score |
//! |---|---|---|
//! | `Merge pull request #42 from ada/retry`, also `Merge pull request 42 from …`, `Merge pull request 'Retry' (#42) from …` | L1 | 95 |
//! | `Merged PR 42: Retry`, `Merge PR #42: Retry`, `Pull request #42: Retry`, `Merged in retry (pull request #42)` | L1 | 95 |
//! | `Auto merge of #42 - ada:retry, r=grace`, `Rollup merge of #42 - …`, `Merge #42 #43` (both) | L1 | 95 |
//! | `See merge request acme/checkout!42` or `See merge request !42`, a line of its own | L1 | 95 |
//! | `PR-URL: https://…/pull/42`, also `Backport-PR-URL:`, `PR:` and `MR:`, `Part-of: <https://…/merge_requests/42>`, `Reviewed-on: https://…/pulls/42`, `Pull Request resolved: …`, `(Merged from https://…/pull/42)`, a line of its own | L1 | 95 |
//! | `GitHub-Pull-Request: acme/checkout#42`, a line of its own: of that repository on github.com | L1 | 95 |
//! | `Retry the charge (#42)`, `(!42)` or `(GH-42)`, the end of the first line, as squash merges write it | L1 | 90 |
//! | `Closes #42 from ada/retry`, the beginning of a line, as merge scripts write it | L1 | 90 |
//!
//! Of several numbers at the end of the first line the last one is the change: `Retry (#12) (#42)`. The number alone
//! belongs to the repository of the commit; a path before it names another repository of the same host.
//!
//! Refused: `Revert "Retry (#42)"` and `Revert "Auto merge of #42 …"`, which are about another commit's change, and
//! the same words in quoted lines, code blocks and comments. The rule `number` reads what is refused here, passes over
//! what is taken, and reads `(#42)` as well, because it may be a ticket's number: then no change has it.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::text::{MAX_PLACES, Text};
use super::{Found, MAX_REFERENCES, Rule};
use crate::fact::{Field, Mention};
use crate::link::{LinkClass, LinkKind};
use crate::name::Name;
use crate::node::NodeKind;
use crate::repository::Repository;

pub(super) const RULE: Rule = Rule { id: "merge-subject", version: 3, find };

/// A change that the message names as merged.
pub(super) struct Merged {
    /// The name of the change.
    pub(super) awaits: Name,
    /// Where its number stands.
    pub(super) number: Range<usize>,
    /// Where the words stand that say so.
    words: Range<usize>,
    /// Whether the words are only the `(#42)` of a squash merge, by which people also name a ticket.
    pub(super) is_bare: bool,
    score: u8,
}

/// The changes that a commit's message names as merged; none in any other text.
pub(super) fn merged(mention: &Mention, text: &Text<'_>) -> Vec<Merged> {
    let Some(repository) = &mention.repository else { return Vec::new() };
    if !matches!(mention.field, Field::Message | Field::Merge) || mention.from.kind() != NodeKind::Commit {
        return Vec::new();
    }
    let mut merged = in_subject(text, repository);
    let lines = [(&*MERGE_REQUEST, 95), (&*CLOSED_FROM, 90)];
    for (pattern, score) in lines {
        let line = |captures: Captures<'_>| from_captures(&captures, repository, score);
        merged.extend(pattern.captures_iter(&text.plain).take(MAX_PLACES).filter_map(line));
    }
    merged.extend(LANDED.captures_iter(&text.spoken).take(MAX_PLACES).filter_map(|captures| landed(&captures)));
    merged.extend(IMPORTED.captures_iter(&text.plain).take(MAX_PLACES).filter_map(|captures| imported(&captures)));
    merged
}

/// The pull request on github.com that a bot has carried over to where the commit was reviewed.
fn imported(captures: &Captures<'_>) -> Option<Merged> {
    let (words, path, number) = (captures.get(0)?, captures.name("path")?, captures.name("number")?);
    let awaits = Name::change_number(&Repository::new("github.com", path.as_str())?, number.as_str().parse().ok()?);
    Some(Merged { awaits, number: number.range(), words: words.range(), is_bare: false, score: 95 })
}

/// The change whose page the message says that the commit was landed from.
fn landed(captures: &Captures<'_>) -> Option<Merged> {
    let (words, place, number) = (captures.get(0)?, captures.name("place")?, captures.name("number")?);
    let (host, path) = place.as_str().split_once('/')?;
    let repository = Repository::new(host, path.trim_end_matches("/-"))?;
    let awaits = Name::change_number(&repository, number.as_str().parse().ok()?);
    Some(Merged { awaits, number: number.range(), words: words.range(), is_bare: false, score: 95 })
}

fn find(mention: &Mention) -> Vec<Found> {
    let text = Text::of(mention);
    let mut found: Vec<Found> = Vec::new();
    for Merged { awaits, number: _, words, is_bare: _, score } in merged(mention, &text) {
        let is_known = found.iter().any(|known| known.awaits == awaits);
        if !is_known && found.len() < MAX_REFERENCES {
            let reason = text.reason(words);
            let (intent, class) = (LinkKind::PartOf, LinkClass::Declared);
            found.push(Found { awaits, resource: None, intent, class, score, reason });
        }
    }
    found
}

fn in_subject(text: &Text<'_>, repository: &Repository) -> Vec<Merged> {
    let subject = text.subject();
    if let Some(batch) = BATCH.find(subject) {
        let each = NUMBER.captures_iter(batch.as_str());
        return each.take(MAX_PLACES).filter_map(|captures| from_captures(&captures, repository, 95)).collect();
    }
    let merge = MERGE.captures(subject).and_then(|captures| from_captures(&captures, repository, 95));
    let squash = || {
        let merged = from_captures(&SQUASH.captures(subject)?, repository, 90)?;
        Some(Merged { is_bare: true, ..merged })
    };
    merge.or_else(squash).into_iter().collect()
}

/// Takes the group that is a number; another group is the path of the repository that it belongs to.
fn from_captures(captures: &Captures<'_>, repository: &Repository, score: u8) -> Option<Merged> {
    let words = captures.get(0)?;
    let path = captures.iter().skip(1).flatten().find(|group| !is_number(group.as_str()));
    let number = captures.iter().skip(1).flatten().find(|group| is_number(group.as_str()))?;
    let elsewhere = match path {
        Some(path) => Some(Repository::new(repository.host(), path.as_str())?),
        None => None,
    };
    let awaits = Name::change_number(elsewhere.as_ref().unwrap_or(repository), number.as_str().parse().ok()?);
    Some(Merged { awaits, number: number.range(), words: words.range(), is_bare: false, score })
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

static MERGE: LazyLock<Regex> = LazyLock::new(|| {
    compiled(concat!(
        r"\A(?:Merge pull request #?([1-9][0-9]{0,6})(?: (?:from|in) |: ).*",
        r"|Merge pull request '.*' \(#([1-9][0-9]{0,6})\) from .*",
        r"|Merge PR #?([1-9][0-9]{0,6}): .*|Pull request #([1-9][0-9]{0,6}): .*",
        r"|Merged PR ([1-9][0-9]{0,6}): .*|Merged in .* \(pull request #([1-9][0-9]{0,6})\)",
        r"|(?:[Aa]uto|[Rr]ollup) merge of #([1-9][0-9]{0,6}) .*)",
    ))
});

static BATCH: LazyLock<Regex> = LazyLock::new(|| compiled(r"\AMerge(?: #[1-9][0-9]{0,6})+[ \t\r]*\z"));

static NUMBER: LazyLock<Regex> = LazyLock::new(|| compiled(r"#([1-9][0-9]{0,6})"));

static SQUASH: LazyLock<Regex> = LazyLock::new(|| compiled(r"\((?:[#!]|GH-)([1-9][0-9]{0,6})\)[ \t\r]*\z"));

static MERGE_REQUEST: LazyLock<Regex> = LazyLock::new(|| {
    compiled(r"(?m)^[ \t]*See merge request ([A-Za-z0-9_][A-Za-z0-9_./-]*/[A-Za-z0-9_.-]+)?!([1-9][0-9]{0,6})[ \t\r]*$")
});

static LANDED: LazyLock<Regex> = LazyLock::new(|| {
    compiled(concat!(
        r"(?m)^[ \t]*(?:(?:Backport-)?PR-URL|[MP]R|Part-of|Reviewed-on|Pull[- ][Rr]equest(?: resolved)?|\(Merged from)[ \t]*:?[ \t]*<?https?://",
        r"(?P<place>[^\s<>?#]+?)/(?:pull|pulls|merge_requests|pull-requests)/(?P<number>[1-9][0-9]{0,6})[/>)\t \r]*$",
    ))
});

static IMPORTED: LazyLock<Regex> = LazyLock::new(|| {
    compiled(concat!(
        r"(?m)^[ \t]*GitHub-Pull-Request:[ \t]*(?P<path>[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9_.-]+)",
        r"#(?P<number>[1-9][0-9]{0,6})[ \t\r]*$",
    ))
});

static CLOSED_FROM: LazyLock<Regex> =
    LazyLock::new(|| compiled(r"(?m)^[ \t]*Closes #([1-9][0-9]{0,6}) from [A-Za-z0-9][A-Za-z0-9_-]*[/:][^ \t\r\n]+"));

fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is fixed and valid")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::text::testing::{check, hostile, mention, survives, survives_length};
    use super::{RULE, find};
    use crate::fact::Field;

    const FORTY_TWO: &str = "part_of change:github.com/acme/checkout!42 L1 95";
    const SQUASHED: &str = "part_of change:github.com/acme/checkout!42 L1 90";

    #[test]
    fn reads_what_hosts_write() {
        check(
            &RULE,
            &[
                (Field::Message, "Merge pull request #42 from ada/retry\n\nRetry the charge", &[FORTY_TWO]),
                (Field::Message, "Merge pull request 'Retry (#12)' (#42) from ada/retry into main", &[FORTY_TWO]),
                (Field::Message, "Merge pull request #42 in PAY/checkout from retry to main", &[FORTY_TWO]),
                (Field::Message, "Merged PR 42: Retry", &[FORTY_TWO]),
                (Field::Message, "Merged in retry (pull request #42)\n\nRetry", &[FORTY_TWO]),
                (Field::Message, "Auto merge of #42 - ada:retry, r=grace\n\nRetry", &[FORTY_TWO]),
                (Field::Message, "Rollup merge of #42 - ada:retry, r=grace", &[FORTY_TWO]),
                (
                    Field::Message,
                    "Merge #42 #43\n\n42: Retry r=grace a=ada",
                    &[FORTY_TWO, "part_of change:github.com/acme/checkout!43 L1 95"],
                ),
                (
                    Field::Message,
                    "Merge branch 'retry' into 'main'\r\n\r\nSee merge request acme/checkout!42\r\n",
                    &[FORTY_TWO],
                ),
                (Field::Message, "Merge branch 'retry'\n\nSee merge request !42", &[FORTY_TWO]),
                (
                    Field::Message,
                    "Merge branch 'a' into 'b'\n\nSee merge request acme/shop/cart!7",
                    &["part_of change:github.com/acme/shop/cart!7 L1 95"],
                ),
                (Field::Message, "Merge pull request #42: Retry", &[FORTY_TWO]),
                (Field::Message, "Retry\n\nPR-URL: https://github.com/acme/checkout/pull/42", &[FORTY_TWO]),
                (Field::Message, "Retry\n\nReviewed-on: https://github.com/acme/checkout/pulls/42\r\n", &[FORTY_TWO]),
                (
                    Field::Message,
                    "Retry\n\nPull Request resolved: https://github.com/acme/checkout/pull/42",
                    &[FORTY_TWO],
                ),
                (Field::Message, "Retry\n\n(Merged from https://github.com/acme/checkout/pull/42)", &[FORTY_TWO]),
                (
                    Field::Message,
                    "Retry\n\nPart-of: <https://git.acme.example/acme/shop/-/merge_requests/7>",
                    &["part_of change:git.acme.example/acme/shop!7 L1 95"],
                ),
                (Field::Message, "Merge pull request 42 from retry into main", &[FORTY_TWO]),
                (Field::Message, "Merge PR #42: Retry", &[FORTY_TWO]),
                (Field::Message, "Pull request #42: Retry\n\nMerge in PAY/checkout from retry to main", &[FORTY_TWO]),
                (Field::Message, "Retry\n\nBackport-PR-URL: https://github.com/acme/checkout/pull/42", &[FORTY_TWO]),
                (Field::Message, "Retry\n\nMR: https://github.com/acme/checkout/-/merge_requests/42", &[FORTY_TWO]),
                (Field::Message, "Retry\n\nGitHub-Pull-Request: acme/checkout#42", &[FORTY_TWO]),
                (Field::Message, "gh-7: Retry (GH-42)", &[SQUASHED]),
                (Field::Message, "Retry the charge (#42)", &[SQUASHED]),
                (Field::Merge, "Merge pull request #42 from ada/retry\n\nFixes #7", &[FORTY_TWO]),
                (Field::Message, "Retry (#12) (#42)\r\n\nbody (#13)", &[SQUASHED]),
                (Field::Message, "Retry (!42)", &[SQUASHED]),
                (Field::Message, "Revert \"Retry (#12)\" (#42)", &[SQUASHED]),
                (Field::Message, "Retry\n\nCloses #42 from ada/retry and squashes the following commits:", &[SQUASHED]),
            ],
        );
    }

    #[test]
    fn refuses_what_people_write() {
        let texts = [
            "Revert \"Retry (#42)\"",
            "Revert \"Auto merge of #42 - ada:retry, r=grace\"",
            "Retry (#42) again",
            "Retry\n\nMerge pull request #42 from ada/retry",
            "Retry\n\n> See merge request acme/checkout!42",
            "Retry\n\nCloses #42",
            "Retry\n\nCloses #42 from last week",
            "Merge #42 into main",
            "Retry\n\nPull request #42: Retry",
            "Retry\n\nOriginal-PR-URL: https://github.com/acme/checkout/pull/42",
            "Retry\n\nsee PR: https://github.com/acme/checkout/pull/42",
        ];
        for text in texts {
            check(&RULE, &[(Field::Message, text, &[])]);
        }
        for field in [Field::Title, Field::Body, Field::Branch] {
            check(&RULE, &[(field, "Retry the charge (#42)", &[])]);
        }
    }

    #[test]
    fn needs_a_repository_and_says_why() {
        let mut merge = mention(Field::Message, "Merge pull request #42 from ada/retry");
        assert_eq!(find(&merge)[0].reason, "the commit message says 'Merge pull request #42 from ada/retry'");
        merge.repository = None;
        assert_eq!(find(&merge), []);
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
