//! What happened to a bug, for its timeline.

use super::payload::{Bug, Change, Comment, Happening, is_set, word};
use crate::code_host::commented;
use crate::provider::ParseError;

/// The most changed fields that one delivery may list.
const MAX_CHANGES: usize = 1_000;

/// Everything that a delivery says happened, as word and sentence.
///
/// # Errors
/// [`ParseError::TooMany`] over the bound of changes.
pub(super) fn of(happening: &Happening, bug: &Bug, event: &str) -> Result<Vec<(&'static str, String)>, ParseError> {
    let changes = happening.changes.as_deref().unwrap_or_default();
    if changes.len() > MAX_CHANGES {
        return Err(ParseError::TooMany { what: "changed fields", count: changes.len(), limit: MAX_CHANGES });
    }
    Ok(match event {
        "bug.create" => vec![("created", created(bug))],
        "bug.modify" => changes.iter().filter_map(words).collect(),
        "comment.create" => vec![("commented", quoted(bug.comment.as_ref()))],
        "comment.modify" => vec![("comment-edited", "Edited a comment".to_owned())],
        "attachment.create" => vec![("attached", format!("Attached {}", attachment(bug)))],
        "attachment.modify" => vec![("attachment-edited", format!("Changed the attachment {}", attachment(bug)))],
        _ => Vec::new(),
    })
}

fn created(bug: &Bug) -> String {
    match (word(bug.product.as_ref()), word(bug.component.as_ref())) {
        (Some(product), Some(component)) => format!("Created in {product}, {component}"),
        (Some(place), None) | (None, Some(place)) => format!("Created in {place}"),
        (None, None) => "Created".to_owned(),
    }
}

fn words(change: &Change) -> Option<(&'static str, String)> {
    let (from, to) = (word(change.removed.as_ref()), word(change.added.as_ref()));
    let words = match (change.field.as_deref()?, from, to) {
        ("status" | "bug_status", Some(from), Some(to)) => ("moved", format!("Moved from {from} to {to}")),
        ("status" | "bug_status", None, Some(to)) => ("moved", format!("Moved to {to}")),
        ("product" | "component", Some(from), Some(to)) => ("moved", format!("Moved from {from} to {to}")),
        ("assigned_to", _, Some(to)) if to.starts_with("nobody@") => {
            ("unassigned", "No longer assigned to anybody".to_owned())
        }
        ("assigned_to", _, Some(to)) => ("assigned", format!("Assigned to {to}")),
        ("resolution", _, Some(to)) => ("resolved", format!("Resolved: {to}")),
        ("resolution", Some(from), None) => ("reopened", format!("The resolution {from} was taken back")),
        ("target_milestone", _, Some(to)) => ("planned", format!("Planned for {to}")),
        ("target_milestone", Some(from), None) => ("unplanned", format!("Taken out of {from}")),
        ("summary" | "short_desc", Some(from), _) => ("renamed", format!("Renamed from {from}")),
        (_, _, _) => return None,
    };
    Some(words)
}

/// What a comment says; nothing of one that not everybody who may read the bug may read.
fn quoted(comment: Option<&Comment>) -> String {
    let Some(comment) = comment else { return "Commented".to_owned() };
    if is_set(comment.is_private.as_ref()) {
        return "Commented, for some readers only".to_owned();
    }
    let text = comment.body.as_deref().unwrap_or_default();
    let line = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('>'));
    commented(line.unwrap_or_default())
}

fn attachment(bug: &Bug) -> &str {
    let attachment = bug.attachment.as_ref();
    let texts = attachment.map(|one| [one.description.as_deref(), one.file_name.as_deref()]).unwrap_or_default();
    texts.into_iter().flatten().find(|text| !text.trim().is_empty()).unwrap_or("a file")
}

#[cfg(test)]
mod tests {
    use super::words;
    use crate::providers::bugzilla::payload::Change;

    #[test]
    fn a_change_is_told_in_words() {
        for (change, expected) in [
            (r#"{"field":"status","removed":"NEW","added":"ASSIGNED"}"#, "moved: Moved from NEW to ASSIGNED"),
            (r#"{"field":"resolution","removed":"","added":"FIXED"}"#, "resolved: Resolved: FIXED"),
            (r#"{"field":"resolution","removed":"FIXED","added":""}"#, "reopened: The resolution FIXED was taken back"),
            (
                r#"{"field":"assigned_to","removed":"ada@acme.example","added":"nobody@acme.example"}"#,
                "unassigned: No longer assigned to anybody",
            ),
            (r#"{"field":"target_milestone","removed":"---","added":"1.4"}"#, "planned: Planned for 1.4"),
            (r#"{"field":"whiteboard","removed":"","added":"x"}"#, "nothing"),
            (r#"{"field":"status"}"#, "nothing"),
        ] {
            let change: Change = serde_json::from_str(change).unwrap();
            let told = words(&change).map(|(what, summary)| format!("{what}: {summary}"));
            assert_eq!(told.as_deref().unwrap_or("nothing"), expected);
        }
    }
}
