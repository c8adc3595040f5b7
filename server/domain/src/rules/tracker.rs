//! Rule `tracker`: a plain number behind the word of a tracker, or the page of a ticket there, refers to that ticket.
//!
//! Many trackers number their tickets through and have no keys: Launchpad, Bugzilla, StoryBoard, Trac, Debian. What tells
//! `lp:752143` from `line:752143` is that somebody has said that `lp` is a tracker: the reference waits for the word to be
//! known from the catalog (`[[tracker]]`, its `words`) or from the tracker itself (its host). Words that nobody has named
//! stay without effect.
//!
//! | text | waits for | says | class | score |
//! |---|---|---|---|---|
//! | `Closes-Bug: #12`, `Fixes Bug: 12` as a line of its own | `closes-bug`, `fixes-bug` | resolves | L1 | 95 |
//! | `Related-Bug: 12`, `Story: 12`, `Task: #12` and any other label, also `Bug: 12, 13` | `related-bug`, `story` … | relates to | L1 | 85 |
//! | `Implements: blueprint retry-charge`, `Blueprint: retry-charge`, `bp retry-charge` as a line | `blueprint` | relates to | L1 | 85 |
//! | `PR: kern/12` as a line of its own | `pr` | relates to | L1 | 85 |
//! | `Closes: #12` anywhere | `closes` | resolves | L1 | 95 |
//! | `lp:12`, `LP: #12`, `rh#12`, `(bsc #12)`, `bug 12`, `bgo 12345`, `b/12345` | `lp`, `rh`, `bsc`, `bug`, `bgo`, `b` | as the words before it say | | |
//! | `Debian bug #12`, `upstream bug 12` | the word before `bug`, of a list of projects | as the words before it say | | |
//! | `PR libs/12`, `[PR12345]` (but no `PR #12`, which is a pull request) | `pr` | as the words before it say | | |
//! | `bugs.acme.example/12` | the host | as the words before it say | L1 where none do | 80 |
//! | `https://bugs.acme.example/show_bug.cgi?id=12` and the other forms of pages below | the host | as the words before it say | L1 where none do | 80 |
//!
//! `Reviewed-on: https://review.acme.example/c/checkout/+/12` says that the commit is part of that change of Gerrit's (L1, 95).
//!
//! Pages: `show_bug.cgi?id=12`, `view.php?id=12`, `bugreport.cgi?bug=12`, `/12`, `/bugs/12`, `/+bug/12`, `/bug/12`, `/b/12`, `/ticket/12`,
//! `/issues/12` directly below the host, `/story/12`, `#!/story/12`, `/+spec/name`, `#/c/12`, `/c/any/path/+/12`.
//!
//! Refused: numbers of one digit or of more than ten behind a word; numbers in quoted lines, code blocks and comments.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::text::{Address, MAX_PLACES, Reading, Text, keep, stands_alone, words_before};
use super::{Found, Rule};
use crate::fact::{Field, Mention};
use crate::link::{LinkClass, LinkKind};
use crate::name::Name;

pub(super) const RULE: Rule = Rule { id: "tracker", version: 2, find };

/// The longest label before an address that is looked for, in bytes.
const LABEL_BYTES: usize = 40;

/// The longest id that is read, in bytes.
const MAX_ID_BYTES: usize = 200;

/// How far before `bug` the project is looked for whose bug it is, in bytes.
const OWNER_BYTES: usize = 24;

/// Projects that have trackers of their own: what stands behind `Debian bug` is no ticket of the tracker that is `bug`.
const OWNERS: &[&str] = &[
    "chromium",
    "debian",
    "fedora",
    "firefox",
    "freebsd",
    "gcc",
    "gentoo",
    "gnome",
    "hat",
    "kde",
    "kernel",
    "launchpad",
    "llvm",
    "lp",
    "mozilla",
    "novell",
    "redhat",
    "rh",
    "suse",
    "ubuntu",
    "upstream",
    "webkit",
];

/// Words that stand before the numbers of the repository itself, or before any number.
const PLAIN_WORDS: &[&str] = &[
    "add", "and", "are", "cl", "close", "closed", "closes", "fix", "fixed", "fixes", "for", "from", "gh", "in", "into",
    "is", "merge", "mr", "of", "or", "part", "per", "pr", "prs", "pull", "ref", "refs", "request", "resolve",
    "resolved", "resolves", "revert", "see", "since", "the", "to", "via", "was", "with",
];

fn find(mention: &Mention) -> Vec<Found> {
    match mention.field {
        Field::Branch | Field::Merge | Field::Catalog | Field::Owners | Field::Observed => Vec::new(),
        Field::Title | Field::Body | Field::Message => in_prose(&Text::of(mention)),
    }
}

fn in_prose(text: &Text<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for captures in LABELLED.captures_iter(&text.plain).take(MAX_PLACES) {
        labelled(text, &captures, &mut found);
    }
    for captures in BLUEPRINT.captures_iter(&text.plain).take(MAX_PLACES) {
        if let (Some(whole), Some(name)) = (captures.get(0), captures.get(1).or_else(|| captures.get(2))) {
            let reading = (LinkKind::RelatesTo, LinkClass::Declared, 85);
            add(text, &mut found, Name::tracker("blueprint"), name.as_str(), reading, whole.range());
        }
    }
    for captures in PREFIXED.captures_iter(&text.plain).take(MAX_PLACES) {
        prefixed(text, &captures, &mut found);
    }
    for address in text.addresses.iter().take(MAX_PLACES) {
        page(text, address, &mut found);
    }
    found
}

/// A line that begins with a label and holds nothing but numbers.
fn labelled(text: &Text<'_>, captures: &Captures<'_>, found: &mut Vec<Found>) {
    let (Some(whole), Some(label), Some(numbers)) = (captures.get(0), captures.get(1), captures.get(2)) else { return };
    let word = label.as_str().trim().to_lowercase().replace(' ', "-");
    if numbers.as_str().contains('/') && word != "pr" {
        return;
    }
    let closes = ["close", "fix", "resolve"].iter().any(|closing| word.starts_with(closing));
    let reading = if closes { (LinkKind::Resolves, 95) } else { (LinkKind::RelatesTo, 85) };
    for number in NUMBER.find_iter(numbers.as_str()).take(MAX_PLACES) {
        let reading = (reading.0, LinkClass::Declared, reading.1);
        add(text, found, Name::tracker(&word), number.as_str(), reading, whole.range());
    }
}

/// A word directly before a number.
fn prefixed(text: &Text<'_>, captures: &Captures<'_>, found: &mut Vec<Found>) {
    let first = |names: &[&str]| names.iter().find_map(|name| captures.name(name));
    let (Some(whole), Some(number)) = (captures.get(0), first(&["number", "long"])) else { return };
    let begins = !words_before(&text.plain, whole.start(), 1).ends_with([':', '/', '#']);
    if !begins || !stands_alone(&text.plain, &whole.range(), None) {
        return;
    }
    let mut reading = Reading::at(text, whole.start());
    let word = match first(&["word", "noun", "letter", "short", "site"]) {
        // Only GNU's way of writing names no word.
        None => "pr",
        Some(word) if word.as_str().eq_ignore_ascii_case("closes") && whole.as_str().contains(": #") => {
            reading =
                Reading { intent: LinkKind::Resolves, class: LinkClass::Declared, score: 95, since: whole.start() };
            word.as_str()
        }
        Some(word) if PLAIN_WORDS.iter().any(|plain| plain.eq_ignore_ascii_case(word.as_str())) => return,
        Some(word) if captures.name("site").is_some() && reading.intent == LinkKind::Mentions => {
            reading = Reading { class: LinkClass::Declared, score: 80, ..reading };
            word.as_str()
        }
        Some(word) => owner(text, word.as_str(), whole.start()).unwrap_or(word.as_str()),
    };
    let Reading { intent, class, score, since } = reading;
    add(text, found, Name::tracker(word), number.as_str(), (intent, class, score), since..whole.end());
}

/// The project whose bug it is, where the word before `bug` says so.
fn owner<'t>(text: &'t Text<'_>, word: &str, at: usize) -> Option<&'t str> {
    if !["bug", "issue", "ticket"].iter().any(|noun| noun.eq_ignore_ascii_case(word)) {
        return None;
    }
    let before = words_before(&text.plain, at, OWNER_BYTES).trim_end_matches([' ', '\t']);
    let before = before.rsplit(|letter: char| !letter.is_ascii_alphanumeric()).next()?;
    OWNERS.iter().any(|owner| owner.eq_ignore_ascii_case(before)).then_some(before)
}

fn page(text: &Text<'_>, address: &Address, found: &mut Vec<Found>) {
    let written = text.spoken.get(address.place.clone()).unwrap_or_default();
    let Some(captures) = PAGE.captures(written) else { return };
    let (Some(host), Some(id)) = (captures.name("host"), captures.iter().skip(2).flatten().last()) else { return };
    let Reading { mut intent, mut class, mut score, since } = Reading::at(text, address.start);
    let line = words_before(&text.spoken, address.start, LABEL_BYTES).rsplit('\n').next().unwrap_or_default();
    if line.trim_start().to_ascii_lowercase().starts_with("reviewed-on:") {
        (intent, class, score) = (LinkKind::PartOf, LinkClass::Declared, 95);
    }
    let (class, score) = if intent == LinkKind::Mentions { (LinkClass::Declared, 80) } else { (class, score) };
    add(text, found, Name::tracker(host.as_str()), id.as_str(), (intent, class, score), since..address.place.end);
}

fn add(
    text: &Text<'_>,
    found: &mut Vec<Found>,
    awaits: Name,
    id: &str,
    (intent, class, score): (LinkKind, LinkClass, u8),
    words: Range<usize>,
) {
    if id.len() > MAX_ID_BYTES {
        return;
    }
    let reason = text.reason(words);
    keep(found, Found { awaits, resource: Some(id.to_lowercase()), intent, class, score, reason });
}

static LABELLED: LazyLock<Regex> = LazyLock::new(|| {
    compiled(concat!(
        r"(?m)^[ \t]*([A-Za-z][A-Za-z-]{1,30}(?: [A-Za-z]{2,12})?)[ \t]*[:=][ \t]*",
        r"(#?(?:[a-z]{2,12}/)?[1-9][0-9]{1,9}(?:[ \t]*(?:,|and|[ \t])[ \t]*#?(?:[a-z]{2,12}/)?[1-9][0-9]{1,9})*)",
        r"[ \t\r.]*(?:[(\[-].*)?$",
    ))
});

static NUMBER: LazyLock<Regex> = LazyLock::new(|| compiled(r"[1-9][0-9]{1,9}"));

static BLUEPRINT: LazyLock<Regex> = LazyLock::new(|| {
    compiled(concat!(
        r"(?mi)^[ \t]*(?:(?:[a-z-]{2,30}:?[ \t]+){0,4}(?:blueprint|bp)(?:[ \t]*:[ \t]*|[ \t]+|/)",
        r"([a-z0-9][a-z0-9.+]*(?:-[a-z0-9.+]*[a-z0-9+])+)",
        r"|(?:(?:[a-z-]{2,30}:[ \t]+)(?:blueprint|bp)[ \t:]|(?:blueprint|bp)[ \t]*:)[ \t]*([a-z0-9][a-z0-9+]{2,}))[ \t\r.]*$",
    ))
});

static PREFIXED: LazyLock<Regex> = LazyLock::new(|| {
    compiled(concat!(
        r"(?i)(?:(?P<word>[a-z][a-z0-9-]{1,14})(?:[ \t]?#[ \t]?|:[ \t]?#?)",
        r"|(?P<noun>bug|issue|ticket|story|task|rhbz|bz)[ \t]+#?",
        r"|PR[ \t]+[a-z0-9+-]{1,24}/|(?P<site>[a-z0-9][a-z0-9.-]{1,60}\.[a-z]{2,10})/)",
        r"(?P<number>[1-9][0-9]{1,9})",
        r"|(?:(?P<short>[a-z]{2,4})[ \t]|(?P<letter>b)[:/]|PR)(?P<long>[1-9][0-9]{4,9})",
    ))
});

static PAGE: LazyLock<Regex> = LazyLock::new(|| {
    compiled(concat!(
        r"(?i)\Ahttps?://(?P<host>[a-z0-9.-]+)(?::[0-9]+)?(?:",
        r"(?:/[^?#]*)?/(?:show_bug\.cgi|view\.php|bugreport\.cgi)\?(?:[^#]*&)?(?:id|bug)=([1-9][0-9]{0,9})(?:[&#].*)?",
        r"|/([1-9][0-9]{1,9})/?(?:#.*)?",
        r"|(?:/[^?#]*)?/(?:\+?bugs?|b|ticket|story)/([1-9][0-9]{0,9})/?(?:[?#].*)?",
        r"|/issues/([1-9][0-9]{0,9})/?(?:[?#].*)?",
        r"|(?:/[^?#]*)?/?#!?/(?:story|c)/([1-9][0-9]{0,9})(?:/.*)?",
        r"|(?:/[^?#]*)?/\+/([1-9][0-9]{0,9})(?:/.*)?",
        r"|(?:/[^?#]*)?/\+spec/([a-z0-9][a-z0-9.+-]*)/?(?:[?#].*)?",
        r")\z",
    ))
});

fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is fixed and valid")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::text::testing::{hostile, mention, survives, survives_length};
    use super::{RULE, find};
    use crate::fact::Field;

    fn reads(text: &str, expected: &[&str]) {
        let found = find(&mention(Field::Message, text));
        let line = |found: &super::Found| {
            let (word, id) = (found.awaits.value(), found.resource.as_deref().unwrap());
            format!("{} {word}:{id} {} {}", found.intent.word(), found.class.word(), found.score)
        };
        assert_eq!(found.iter().map(line).collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn reads_labels() {
        reads("Retry\n\nCloses-Bug: #1563949", &["resolves closes-bug:1563949 L1 95"]);
        reads("Retry\n\nCloses-bug: #1334905.", &["resolves closes-bug:1334905 L1 95"]);
        // Whichever of the two words is a tracker's.
        let both = ["relates_to related-bug:1628422 L1 85", "relates_to bug:1628422 L1 75"];
        reads("Retry\n\nRelated Bug: 1628422", &both);
        reads(
            "Retry\n\nStory: 2007099\nTask: #38135",
            &["relates_to story:2007099 L1 85", "relates_to task:38135 L1 85"],
        );
        reads("Retry\n\nBug: 42, #43", &["relates_to bug:42 L1 85", "relates_to bug:43 L1 85"]);
        reads("Retry\n\nSigned-off-by: Ada <ada@acme.example>", &[]);
    }

    #[test]
    fn reads_blueprints() {
        for text in [
            "Implements: blueprint retry-charge",
            "Blueprint: retry-charge",
            "blueprint retry-charge",
            "Partially-Implements: bp/retry-charge",
            "This is part of blueprint retry-charge.",
        ] {
            reads(&format!("Retry\n\n{text}\n"), &["relates_to blueprint:retry-charge L1 85"]);
        }
        reads("Retry\n\nImplements: blueprint retry", &["relates_to blueprint:retry L1 85"]);
        for text in ["This follows a blueprint of the design", "the old blueprint exists", "see the blueprint exists."]
        {
            reads(text, &[]);
        }
    }

    #[test]
    fn reads_words_before_numbers() {
        reads("Attempt at fixing lp:752143", &["mentions lp:752143 L0 50"]);
        reads("Retry\n\nsee (rh #772414)", &["mentions rh:772414 L0 40"]);
        reads("Retry\n\nFixes LP: #752143", &["resolves fixes-lp:752143 L1 95", "resolves lp:752143 L1 90"]);
        reads("Bug 1234567 - Retry", &["resolves bug:1234567 L1 80"]);
        reads("Retry\n\nStory 2007099", &["mentions story:2007099 L0 40"]);
        reads("Retry (bgo 580018)", &["mentions bgo:580018 L0 50"]);
        reads("Retry\n\nPR libs/12345", &["mentions pr:12345 L0 40"]);
        reads("c++: Retry [PR12345]", &["mentions pr:12345 L0 50"]);
        reads("Retry\n\nPR:\t\tkern/12345", &["relates_to pr:12345 L1 85"]);
        reads("Retry\n\n* New release (Closes: #987654)", &["resolves closes:987654 L1 95"]);
        reads("Retry\n\nunlike Debian bug #987654", &["mentions debian:987654 L0 40"]);
        reads("Retry\n\nBug: b/1234567", &["relates_to b:1234567 L1 85"]);
        reads("Retry\n\nBUG=1234567", &["relates_to bug:1234567 L1 85"]);
        reads("Retry (bugs.acme.example/123456)", &["mentions bugs.acme.example:123456 L1 80"]);
        let both = ["resolves bug:1234567 L1 80", "resolves bug:1234568 L1 80"];
        reads("Bug 1234567, bug 1234568 - Retry", &both);
        for text in [
            "see #42",
            "Closes #42",
            "acme/checkout#42",
            "http://acme.example:8080/",
            "at retry.c:42:7",
            "12:30:45",
            "PR #4242",
            "PR 12345",
            "debug 12",
            "docs/acme.example/2026/03",
        ] {
            reads(&format!("Retry\n\nnow {text}"), &[]);
        }
    }

    #[test]
    fn reads_pages() {
        for (address, expected) in [
            ("https://bugs.acme.example/show_bug.cgi?id=712745", "bugs.acme.example:712745"),
            ("https://bugs.acme.example/712745", "bugs.acme.example:712745"),
            ("https://bugs.acme.example/checkout/+bug/1628422", "bugs.acme.example:1628422"),
            ("https://stories.acme.example/#!/story/2001819", "stories.acme.example:2001819"),
            ("https://review.acme.example/#/c/706445", "review.acme.example:706445"),
            ("https://review.acme.example/c/acme/checkout/+/706445/2", "review.acme.example:706445"),
            ("https://specs.acme.example/checkout/+spec/retry-charge", "specs.acme.example:retry-charge"),
        ] {
            reads(&format!("Retry\n\n{address}"), &[format!("mentions {expected} L1 80").as_str()]);
        }
        let change = "https://r.acme.example/c/a/+/42";
        let reviewed = ["part_of r.acme.example:42 L1 95"];
        reads(&format!("Retry\n\nReviewed-on: {change}"), &reviewed);
        reads(&format!("Retry\n\nsee {change}\nReviewed-on: {change}"), &reviewed);
        let needed = ["relates_to r.acme.example:42 L1 85"];
        reads(&format!("Retry\n\nDepends-On: {change}"), &needed);
        reads("Retry\n\nResolves: https://bugs.acme.example/712745", &["resolves bugs.acme.example:712745 L1 95"]);
        reads("Retry\n\nhttps://github.com/acme/checkout/issues/42", &[]);
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
