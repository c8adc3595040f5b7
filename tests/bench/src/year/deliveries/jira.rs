//! Jira's `issue_created` and `issue_updated`.

use serde_json::{Value, json};
use throughline_domain::time::Timestamp;

use super::{TicketState, Written, number, uuid};
use crate::year::company::{Person, TRACKER_HOST};
use crate::year::history::{History, Ticket};
use crate::year::table::Id;

/// A ticket was opened or moved.
pub(super) fn ticket(history: &History, id: Id<Ticket>, state: TicketState) -> Written {
    let ticket = history.tickets.at(id);
    let key = history.ticket_key(id);
    let (at, by, event, kind) = match state {
        TicketState::Opened => (ticket.opened, ticket.reporter, "jira:issue_created", "issue_created"),
        TicketState::Begun => (ticket.begun, ticket.assignee, "jira:issue_updated", "issue_generic"),
        TicketState::Done => (ticket.done, ticket.assignee, "jira:issue_updated", "issue_generic"),
    };
    let (status, _, before) = status(state);
    let mut body = json!({
        "timestamp": at.micros() / 1_000,
        "webhookEvent": event,
        "issue_event_type_name": kind,
        "user": user(history.person(by)),
        "issue": issue(history, id, &key, state, at),
    });
    if let (Some(before), Some(members)) = (before, body.as_object_mut()) {
        let item = json!({
            "field": "status",
            "fieldtype": "jira",
            "fieldId": "status",
            "fromString": before,
            "toString": status,
        });
        members.insert("changelog".to_owned(), json!({"id": internal_id(&format!("{key} {status}")), "items": [item]}));
    }
    let id = uuid(&format!("jira {key} {state:?}"));
    let headers = [("user-agent", "Atlassian Webhook HTTP Client"), ("x-atlassian-webhook-identifier", id.as_str())];
    Written::new("jira", &headers, &body)
}

/// The status, what it counts as, and the one before.
const fn status(state: TicketState) -> (&'static str, &'static str, Option<&'static str>) {
    match state {
        TicketState::Opened => ("To Do", "new", None),
        TicketState::Begun => ("In Progress", "indeterminate", Some("To Do")),
        TicketState::Done => ("Done", "done", Some("In Progress")),
    }
}

fn issue(history: &History, id: Id<Ticket>, key: &str, state: TicketState, updated: Timestamp) -> Value {
    let ticket = history.tickets.at(id);
    let team = history.company.teams.at(ticket.team);
    let (name, category, _) = status(state);
    let is_done = state == TicketState::Done;
    json!({
        "id": internal_id(key),
        "self": address(&format!("issue/{}", internal_id(key))),
        "key": key,
        "fields": {
            "summary": ticket.title,
            "description": format!("{}.", ticket.title),
            "issuetype": {"name": if ticket.is_bug { "Bug" } else { "Story" }, "subtask": false},
            "project": {"key": team.project, "name": team.name, "self": address(&format!("project/{}", team.project))},
            "status": {"name": name, "id": internal_id(name), "statusCategory": {"key": category}},
            "priority": {"name": "Medium"},
            "resolution": is_done.then(|| json!({"name": "Done"})),
            "resolutiondate": is_done.then(|| moment(updated)),
            "labels": [],
            "reporter": user(history.person(ticket.reporter)),
            "creator": user(history.person(ticket.reporter)),
            "assignee": user(history.person(ticket.assignee)),
            "created": moment(ticket.opened),
            "updated": moment(updated),
            "fixVersions": [],
        },
    })
}

fn user(person: &Person) -> Value {
    let account = format!("712020:{:012x}", number(&person.login, 0, 1 << 48));
    json!({
        "self": address(&format!("user?accountId={account}")),
        "accountId": account,
        "accountType": "atlassian",
        "emailAddress": person.email(),
        "displayName": person.name,
        "active": true,
        "timeZone": "Etc/UTC",
    })
}

fn address(path: &str) -> String {
    format!("https://{TRACKER_HOST}/rest/api/2/{path}")
}

fn internal_id(name: &str) -> String {
    number(name, 10_000, 9_000_000).to_string()
}

/// A time as Jira writes it: `2026-03-14T09:26:06.000+0000`.
fn moment(at: Timestamp) -> String {
    format!("{}.000+0000", at.to_string().trim_end_matches('Z'))
}
