//! What happened to an issue, for its timeline.

use throughline_domain::fact::Event;
use throughline_domain::key::Key;

use super::context::{Context, called, moment};
use super::document::plain;
use super::payload::{Body, Change, Comment, Fields};
use crate::code_host;
use crate::members::filled;
use crate::provider::ParseError;

/// The most changed fields that one update may list.
const MAX_CHANGES: usize = 1_000;

/// The most former keys of an issue that one update may tell.
const MAX_FORMER_KEYS: usize = 20;

/// Everything that a delivery says happened to its issue.
///
/// # Errors
/// [`ParseError::TooMany`] over the bound of changes.
pub fn of(context: &Context<'_>, ticket: &Key, fields: &Fields) -> Result<Vec<Event>, ParseError> {
    let count = changes(context.body).len();
    if count > MAX_CHANGES {
        return Err(ParseError::TooMany { what: "changed fields", count, limit: MAX_CHANGES });
    }
    let mut events = match context.event {
        "issue_created" => vec![created(context, ticket, fields)],
        "issue_deleted" => vec![event(context, ticket, fields, "deleted", "Deleted".to_owned())],
        "issue_updated" => updated(context, ticket, fields),
        _ => Vec::new(),
    };
    events.push(commented(context, ticket));
    Ok(events.into_iter().flatten().collect())
}

/// Whether the update took the assignee away.
pub fn was_unassigned(body: &Body) -> bool {
    changes(body).iter().filter_map(words_of_change).any(|(what, _)| what == "unassigned")
}

/// The key of the epic that the update sets, where the changelog holds one.
pub fn epic_link(body: &Body) -> Option<&str> {
    let change = changes(body).iter().rfind(|change| change.field.as_deref() == Some("Epic Link"))?;
    filled(change.to_text.as_deref())
}

/// Whether the update left no description.
pub fn was_undescribed(body: &Body) -> bool {
    let is_empty = |change: &Change| filled(change.to_text.as_deref()).is_none();
    changes(body).iter().any(|change| tracked(change) == Some(Tracked::Description) && is_empty(change))
}

/// The keys that the issue had before the update moved it to another project.
pub fn former_keys(body: &Body) -> impl Iterator<Item = &str> {
    let moves = changes(body).iter().filter(|change| tracked(change) == Some(Tracked::Key));
    moves.filter_map(|change| filled(change.from_string.as_deref())).take(MAX_FORMER_KEYS)
}

fn created(context: &Context<'_>, ticket: &Key, fields: &Fields) -> Option<Event> {
    let category = fields.issuetype.as_ref().and_then(|category| category.name.as_deref());
    let summary = category.map_or("Created".to_owned(), |category| format!("Created as {category}"));
    let at = moment(fields.created.as_deref()).or(context.at)?;
    let actor = context.actor().or_else(|| fields.creator.as_ref().and_then(called));
    Some(Event { node: ticket.clone(), at, what: "created".to_owned(), actor, summary })
}

fn updated(context: &Context<'_>, ticket: &Key, fields: &Fields) -> Vec<Option<Event>> {
    let mut words: Vec<(&'static str, String)> = changes(context.body).iter().filter_map(words_of_change).collect();
    // Some deliveries say "assigned" with an empty changelog.
    let is_assignment = context.body.issue_event.as_deref() == Some("issue_assigned");
    if is_assignment && !words.iter().any(|(what, _)| matches!(*what, "assigned" | "unassigned")) {
        words.extend(fields.assignee.as_ref().and_then(called).map(|name| ("assigned", format!("Assigned to {name}"))));
    }
    words.into_iter().map(|(what, summary)| event(context, ticket, fields, what, summary)).collect()
}

fn event(context: &Context<'_>, ticket: &Key, fields: &Fields, what: &str, summary: String) -> Option<Event> {
    let at = context.at.or_else(|| moment(fields.updated.as_deref()))?;
    Some(Event { node: ticket.clone(), at, what: what.to_owned(), actor: context.actor(), summary })
}

/// The fields whose changes are read; that of the description stands in no timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tracked {
    Status,
    Assignee,
    FixVersion,
    Resolution,
    Key,
    Description,
}

/// Jira Cloud names the field by id, Jira Data Center by its name only. A site's own field may have any name.
fn tracked(change: &Change) -> Option<Tracked> {
    if change.fieldtype.as_deref() == Some("custom") {
        return None;
    }
    let field = change.field_id.as_deref().or(change.field.as_deref())?;
    match field.to_lowercase().as_str() {
        "status" => Some(Tracked::Status),
        "assignee" => Some(Tracked::Assignee),
        "fixversions" | "fix version" => Some(Tracked::FixVersion),
        "resolution" => Some(Tracked::Resolution),
        "key" | "issuekey" => Some(Tracked::Key),
        "description" => Some(Tracked::Description),
        _ => None,
    }
}

fn words_of_change(change: &Change) -> Option<(&'static str, String)> {
    let words = match (tracked(change)?, filled(change.from_string.as_deref()), filled(change.to_text.as_deref())) {
        (Tracked::Description, _, _) | (_, None, None) => return None,
        (Tracked::Status, Some(from), Some(to)) => ("moved", format!("Moved from {from} to {to}")),
        (Tracked::Status, None, Some(to)) => ("moved", format!("Moved to {to}")),
        (Tracked::Status, Some(from), None) => ("moved", format!("Moved out of {from}")),
        (Tracked::Key, Some(from), Some(to)) => ("moved", format!("Moved from {from} to {to}")),
        (Tracked::Key, _, _) => return None,
        (Tracked::Assignee, _, Some(to)) => ("assigned", format!("Assigned to {to}")),
        (Tracked::Assignee, Some(from), None) => ("unassigned", format!("No longer assigned to {from}")),
        (Tracked::FixVersion, Some(from), Some(to)) => ("planned", format!("Planned for {to} in place of {from}")),
        (Tracked::FixVersion, None, Some(to)) => ("planned", format!("Planned for {to}")),
        (Tracked::FixVersion, Some(from), None) => ("unplanned", format!("Taken out of {from}")),
        (Tracked::Resolution, _, Some(to)) => ("resolved", format!("Resolved: {to}")),
        (Tracked::Resolution, Some(from), None) => ("reopened", format!("The resolution {from} was taken back")),
    };
    Some(words)
}

fn commented(context: &Context<'_>, ticket: &Key) -> Option<Event> {
    let comment = context.body.comment.as_ref();
    let what = comment_word(context)?;
    let (actor, at, summary) = match (what, comment) {
        ("commented", Some(comment)) => (comment.author.as_ref(), moment(comment.created.as_deref()), quoted(comment)),
        ("comment-edited", Some(comment)) => {
            (comment.update_author.as_ref(), moment(comment.updated.as_deref()), "Edited a comment".to_owned())
        }
        ("comment-deleted", _) => (None, None, "Deleted a comment".to_owned()),
        (_, _) => (None, None, "Commented".to_owned()),
    };
    Some(Event {
        node: ticket.clone(),
        at: at.or(context.at)?,
        what: what.to_owned(),
        actor: actor.and_then(called).or_else(|| context.actor()),
        summary,
    })
}

/// Jira Data Center sends comments as updates, and once more as comment events; both must give the same event.
fn comment_word(context: &Context<'_>) -> Option<&'static str> {
    match (context.event, context.body.issue_event.as_deref()) {
        ("comment_created", _) | ("issue_updated", Some("issue_commented")) => Some("commented"),
        ("comment_updated", _) | ("issue_updated", Some("issue_comment_edited")) => Some("comment-edited"),
        ("comment_deleted", _) | ("issue_updated", Some("issue_comment_deleted")) => Some("comment-deleted"),
        ("issue_updated", _) => context.body.comment.as_ref().map(|_| "commented"),
        (_, _) => None,
    }
}

/// What a comment says; nothing of one that not everybody who may read the issue may read.
fn quoted(comment: &Comment) -> String {
    if comment.visibility.is_some() || comment.jsd_public == Some(false) {
        return "Commented, for some readers only".to_owned();
    }
    code_host::commented(&comment.body.as_ref().map(plain).unwrap_or_default())
}

fn changes(body: &Body) -> &[Change] {
    body.changelog.as_ref().and_then(|changelog| changelog.items.as_deref()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::words_of_change;
    use crate::providers::jira::payload::Change;

    #[test]
    fn a_change_is_told_in_words() {
        let cases = [
            (
                r#"{"field":"status","fromString":"To Do","toString":"In Progress"}"#,
                "moved: Moved from To Do to In Progress",
            ),
            (r#"{"field":"Status","fieldId":"status","toString":"To Do"}"#, "moved: Moved to To Do"),
            (r#"{"field":"assignee","fromString":"Ada","toString":null}"#, "unassigned: No longer assigned to Ada"),
            (r#"{"field":"Fix Version","toString":"1.4.0"}"#, "planned: Planned for 1.4.0"),
            (
                r#"{"field":"x","fieldId":"fixVersions","fromString":"1.3.0","toString":""}"#,
                "unplanned: Taken out of 1.3.0",
            ),
            (r#"{"field":"resolution","fromString":"Done"}"#, "reopened: The resolution Done was taken back"),
            (r#"{"field":"status","fieldtype":"custom","toString":"x"}"#, "nothing"),
            (r#"{"field":"Key","fromString":"PAY-12","toString":"OPS-3"}"#, "moved: Moved from PAY-12 to OPS-3"),
            (r#"{"field":"labels","toString":"x"}"#, "nothing"),
            (r#"{"field":"assignee"}"#, "nothing"),
        ];
        for (change, expected) in cases {
            let change: Change = serde_json::from_str(change).unwrap();
            let words = words_of_change(&change).map(|(what, summary)| format!("{what}: {summary}"));
            assert_eq!(words.as_deref().unwrap_or("nothing"), expected);
        }
    }
}
