//! What the readers of code hosts and trackers say alike: branches and tags, why a delivery states nothing, and the
//! words of a timeline.

use std::fmt::Display;

use throughline_domain::fact::{Attribute, NodeFact};
use throughline_domain::key::Key;
use throughline_domain::node::NodeKind;

use crate::draft::{Draft, object_id, short, shortened};
use crate::provider::{Content, ParseError, Parsed};

/// The longest name of an event that is repeated in answers, in characters: whoever sends it may choose it.
const MAX_EVENT_CHARACTERS: usize = 64;

/// The most characters of a text that a line of the timeline quotes.
const MAX_EXCERPT_CHARACTERS: usize = 160;

/// That the delivery states nothing, and why.
pub(crate) fn nothing(reason: &str) -> Result<Content, ParseError> {
    Ok(Content::Ignored(reason.to_owned()))
}

/// The name of an event, cut where it is long.
pub(crate) fn event_name(name: &str) -> String {
    shortened(name, MAX_EVENT_CHARACTERS)
}

/// An event that the reader of this tool does not know.
pub(crate) fn not_read(tool: &str, event: &str) -> Parsed {
    let event = event_name(event);
    let reason = format!("the {tool} event '{event}' is not read; the delivery is kept and can be replayed later");
    Parsed::ignored(event, reason)
}

/// Whether an id is the one that stands for nothing: all its digits are zero.
pub(crate) fn is_null_id(id: Option<&str>) -> bool {
    id.is_some_and(|id| !id.is_empty() && id.bytes().all(|digit| digit == b'0'))
}

/// A branch or tag as it is after a push: there with its commit, where that is known, or deleted.
pub(crate) fn reference(draft: &Draft, key: &Key, name: &str, (is_deleted, commit): (bool, Option<&str>)) -> NodeFact {
    let is_tag = key.kind() == NodeKind::Tag;
    draft
        .fact(key)
        .with(Attribute::Title, name)
        .with(Attribute::Reference, name)
        .with_some(Attribute::Version, is_tag.then_some(name))
        .with(Attribute::State, if is_deleted { "deleted" } else { "active" })
        .with_some(Attribute::Commit, commit)
        .moment(Attribute::OccurredAt, draft.at.filter(|_| is_tag && !is_deleted))
}

/// Why somebody is linked as who approved a change: at which commit, where that is told.
pub(crate) fn approval(change: &str, commit: Option<&str>) -> String {
    match object_id(commit) {
        Some(id) => format!("approved the {change} at {}", short(id)),
        None => format!("approved the {change}"),
    }
}

/// How many commits: `1 commit`, `2 commits`.
pub(crate) fn commits(count: impl Display) -> String {
    match count.to_string().as_str() {
        "1" => "1 commit".to_owned(),
        count => format!("{count} commits"),
    }
}

/// That somebody commented, with the start of what they wrote.
pub(crate) fn commented(text: &str) -> String {
    match excerpt(text).as_str() {
        "" => "Commented".to_owned(),
        text => format!("Commented: {text}"),
    }
}

/// The first line of a text that says something, cut where it is long.
pub(crate) fn excerpt(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let cut = shortened(line, MAX_EXCERPT_CHARACTERS);
    if cut.len() < line.len() { format!("{cut}…") } else { cut }
}

#[cfg(test)]
mod tests {
    use super::{approval, commented, commits, event_name, excerpt, is_null_id};

    #[test]
    fn an_excerpt_is_one_short_line() {
        assert_eq!(excerpt("\n  first \nsecond"), "first");
        assert_eq!(excerpt(&"é".repeat(161)), format!("{}…", "é".repeat(160)));
        assert_eq!((commented(" \n"), commented("Yes")), ("Commented".to_owned(), "Commented: Yes".to_owned()));
    }

    #[test]
    fn words_are_short_and_right() {
        assert_eq!(approval("change", Some("6f1c0a4")), "approved the change", "no full id");
        let id = "6f1c0a4b9d2e38f7750c1b6ad4e93f2c8b70a915";
        assert_eq!(approval("change", Some(id)), "approved the change at 6f1c0a4");
        assert_eq!([commits(0), commits(1), commits(2)], ["0 commits", "1 commit", "2 commits"]);
        assert_eq!(event_name(&"x".repeat(65)), "x".repeat(64));
        for (id, expected) in [(Some("0000"), true), (Some("0a"), false), (Some(""), false), (None, false)] {
            assert_eq!(is_null_id(id), expected, "{id:?}");
        }
    }
}
