//! What the tools that keep documents share: the sorts of documents that are known everywhere, and comments.

use crate::provider::Content;

/// The sort of document that a label or a namespace says it is.
pub fn sort(word: &str) -> Option<&'static str> {
    match word.trim().to_lowercase().as_str() {
        "design" | "design-doc" | "rfc" => Some("design"),
        "runbook" | "playbook" => Some("runbook"),
        "postmortem" | "post-mortem" => Some("postmortem"),
        "adr" | "decision" => Some("adr"),
        _ => None,
    }
}

/// What happened to a comment: the word for it in the timeline of its page, and the line.
pub fn comment(predicate: &str) -> Option<(&'static str, &'static str)> {
    match predicate {
        "created" => Some(("commented", "Commented")),
        "updated" => Some(("comment-edited", "Edited a comment")),
        "removed" | "deleted" => Some(("comment-deleted", "Deleted a comment")),
        _ => None,
    }
}

/// The answer to something that happened to such a subject, and is not read.
pub fn unread(subject: &str, predicate: &str) -> Content {
    Content::Ignored(format!("'{predicate}' of the subject '{subject}' is not read"))
}

#[cfg(test)]
mod tests {
    use super::{comment, sort};

    #[test]
    fn every_spelling_is_one_sort() {
        for (word, expected) in [
            ("RFC", Some("design")),
            (" Playbook ", Some("runbook")),
            ("post-mortem", Some("postmortem")),
            ("Decision", Some("adr")),
            ("meeting", None),
        ] {
            assert_eq!(sort(word), expected, "{word}");
        }
        assert_eq!(comment("removed"), comment("deleted"));
        assert_eq!(comment("liked"), None);
    }
}
