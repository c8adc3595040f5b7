//! How Jira tells of it: issues that are opened and moved, and versions.

use serde_json::{Value, json};
use throughline_domain::time::Timestamp;

use super::calendar::{Calendar, Moment};
use super::company::{Person, TRACKER_HOST};
use super::tickets::{self, PROJECTS, Ticket};
use super::{Delivery, JIRA, ids};

/// Where a ticket stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nobody has begun.
    ToDo,
    /// Somebody works on it.
    InProgress,
    /// Its pull request waits for a review.
    InReview,
    /// It is done.
    Done,
    /// It was given up.
    Dropped,
}

impl Status {
    const fn name(self) -> &'static str {
        match self {
            Status::ToDo => "To Do",
            Status::InProgress => "In Progress",
            Status::InReview => "In Review",
            Status::Done | Status::Dropped => "Done",
        }
    }

    /// What Jira counts it as: the key of the status category.
    const fn category(self) -> &'static str {
        match self {
            Status::ToDo => "new",
            Status::InProgress | Status::InReview => "indeterminate",
            Status::Done | Status::Dropped => "done",
        }
    }

    const fn resolution(self) -> Option<&'static str> {
        match self {
            Status::ToDo | Status::InProgress | Status::InReview => None,
            Status::Done => Some("Done"),
            Status::Dropped => Some("Won't Do"),
        }
    }
}

/// A step of a ticket from one status to another.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Where it stood.
    pub from: Status,
    /// Where it stands now.
    pub to: Status,
    /// When it was moved.
    pub at: Moment,
}

/// A ticket is opened.
pub fn created(calendar: &Calendar, ticket: &Ticket) -> Delivery {
    let at = calendar.time(ticket.opened);
    let body = json!({
        "timestamp": millis(at),
        "webhookEvent": "jira:issue_created",
        "issue_event_type_name": "issue_created",
        "user": user(ticket.reporter),
        "issue": issue(calendar, ticket, Status::ToDo, at),
    });
    delivery(&format!("{} created", ticket.key), at, &body)
}

/// A ticket is moved by the one who works on it.
pub fn moved(calendar: &Calendar, ticket: &Ticket, step: Step) -> Delivery {
    let Step { from, to, at } = step;
    let at = calendar.time(at);
    let mut items = vec![json!({
        "field": "status",
        "fieldtype": "jira",
        "fieldId": "status",
        "from": status_id(from),
        "fromString": from.name(),
        "to": status_id(to),
        "toString": to.name(),
    })];
    items.extend(to.resolution().map(|resolution| {
        json!({
            "field": "resolution",
            "fieldtype": "jira",
            "fieldId": "resolution",
            "from": null,
            "fromString": null,
            "to": "10000",
            "toString": resolution,
        })
    }));
    let name = format!("{} {}", ticket.key, to.name());
    let body = json!({
        "timestamp": millis(at),
        "webhookEvent": "jira:issue_updated",
        "issue_event_type_name": "issue_generic",
        "user": user(ticket.assignee),
        "issue": issue(calendar, ticket, to, at),
        "changelog": {"id": id(&format!("changelog {name}")), "items": items},
    });
    delivery(&name, at, &body)
}

/// A version is planned (`created`) or given out (`released`).
pub fn version(calendar: &Calendar, name: &str, event: &str, moment: Moment) -> Delivery {
    let at = calendar.time(moment);
    let mut version = version_of(name);
    if let Some(members) = version.as_object_mut() {
        let released = event == "released";
        members.insert("released".to_owned(), json!(released));
        members.insert("releaseDate".to_owned(), json!(released.then(|| day(at))));
    }
    let body = json!({"timestamp": millis(at), "webhookEvent": format!("jira:version_{event}"), "version": version});
    delivery(&format!("version {name} {event}"), at, &body)
}

fn issue(calendar: &Calendar, ticket: &Ticket, status: Status, updated: Timestamp) -> Value {
    let project = project_of(ticket.key);
    json!({
        "id": id(ticket.key),
        "self": address(&format!("issue/{}", id(ticket.key))),
        "key": ticket.key,
        "fields": {
            "summary": ticket.title,
            "description": ticket.description,
            "issuetype": {"name": ticket.kind, "subtask": false},
            "project": {"key": project, "name": project_name(project), "self": address(&format!("project/{project}"))},
            "status": {
                "name": status.name(),
                "id": status_id(status),
                "statusCategory": {"key": status.category()},
            },
            "priority": {"name": ticket.priority},
            "resolution": status.resolution().map(|resolution| json!({"name": resolution})),
            "resolutiondate": status.resolution().map(|_| moment(updated)),
            "labels": [],
            "reporter": user(ticket.reporter),
            "creator": user(ticket.reporter),
            "assignee": user(ticket.assignee),
            "created": moment(calendar.time(ticket.opened)),
            "updated": moment(updated),
            "fixVersions": ticket.fix_version.map(version_of).into_iter().collect::<Vec<Value>>(),
            "parent": ticket.parent.and_then(tickets::find).map(parent),
        },
    })
}

/// As much of the issue above as Jira sends along.
fn parent(ticket: &Ticket) -> Value {
    json!({
        "id": id(ticket.key),
        "self": address(&format!("issue/{}", id(ticket.key))),
        "key": ticket.key,
        "fields": {
            "summary": ticket.title,
            "issuetype": {"name": ticket.kind, "subtask": false},
            "priority": {"name": ticket.priority},
        },
    })
}

fn version_of(name: &str) -> Value {
    let id = id(&format!("version {name}"));
    json!({
        "self": address(&format!("version/{id}")),
        "id": id,
        "name": name,
        "archived": false,
        "released": false,
    })
}

fn user(person: &Person) -> Value {
    json!({
        "self": address(&format!("user?accountId={}", person.account)),
        "accountId": person.account,
        "accountType": "atlassian",
        "emailAddress": person.email,
        "displayName": person.name,
        "active": true,
        "timeZone": "Etc/UTC",
    })
}

fn address(path: &str) -> String {
    format!("https://{TRACKER_HOST}/rest/api/2/{path}")
}

fn project_of(key: &str) -> &str {
    key.split_once('-').map_or(key, |(project, _)| project)
}

fn project_name(key: &str) -> &str {
    PROJECTS.iter().find(|(project, _)| *project == key).map_or(key, |(_, name)| *name)
}

fn status_id(status: Status) -> String {
    id(&format!("status {}", status.name()))
}

fn id(name: &str) -> String {
    ids::number(&format!("jira {name}"), 10_000, 80_000).to_string()
}

fn millis(at: Timestamp) -> i64 {
    at.micros() / 1_000
}

/// A time in the form that Jira writes: `2026-03-14T09:26:06.000+0000`.
fn moment(at: Timestamp) -> String {
    format!("{}.000+0000", at.to_string().trim_end_matches('Z'))
}

fn day(at: Timestamp) -> String {
    at.to_string().chars().take("2026-03-14".len()).collect()
}

fn delivery(name: &str, at: Timestamp, body: &Value) -> Delivery {
    let id = ids::uuid(&format!("jira {name}"));
    let headers = [
        ("content-type", "application/json; charset=UTF-8"),
        ("user-agent", "Atlassian Webhook HTTP Client"),
        ("x-atlassian-webhook-identifier", id.as_str()),
    ];
    Delivery::new(JIRA, at, &headers, body)
}
