//! What all of GitHub's deliveries have in common.

use serde_json::{Map, Value, json};
use throughline_domain::time::Timestamp;

use super::{Written, number, uuid};
use crate::year::company::{CODE_HOST, Codebase, ORGANISATION, Person};
use crate::year::history::History;
use crate::year::table::Id;

/// A delivery: its event, a name that no other has, and its members beside those that every delivery has.
pub(super) fn delivery(
    event: &str,
    name: &str,
    codebase: &Codebase,
    (at, sender): (Timestamp, Value),
    members: Value,
) -> Written {
    let mut body = match members {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    body.insert("repository".to_owned(), repository(codebase, at, event == "push"));
    body.insert("organization".to_owned(), organization());
    body.insert("sender".to_owned(), sender);
    let id = uuid(&format!("github {event} {} {name}", codebase.name));
    let headers = [
        ("user-agent", "GitHub-Hookshot/7c21f0d"),
        ("x-github-event", event),
        ("x-github-delivery", id.as_str()),
        ("x-github-hook-id", "402117385"),
    ];
    Written::new("github", &headers, &Value::Object(body))
}

/// A person's account.
pub(super) fn user(person: &Person) -> Value {
    json!({
        "login": person.login,
        "id": number(&person.login, 10_000_000, 80_000_000),
        "type": "User",
        "html_url": format!("https://{CODE_HOST}/{}", person.login),
        "site_admin": false,
    })
}

/// The account of GitHub's own workflows.
pub(super) fn robot() -> Value {
    json!({
        "login": "github-actions[bot]",
        "id": 41_898_282,
        "type": "Bot",
        "html_url": "https://github.com/apps/github-actions",
        "site_admin": false,
    })
}

/// A person as git names them.
pub(super) fn author(person: &Person) -> Value {
    json!({"name": person.name, "email": person.email(), "username": person.login})
}

/// The repository. A push tells its times in seconds.
pub(super) fn repository(codebase: &Codebase, at: Timestamp, is_push: bool) -> Value {
    let address = codebase.address();
    json!({
        "id": number(&codebase.name, 610_000_000, 90_000_000),
        "name": codebase.name,
        "full_name": codebase.full_name(),
        "private": true,
        "owner": organization(),
        "html_url": address,
        "clone_url": format!("{address}.git"),
        "ssh_url": format!("git@{CODE_HOST}:{}.git", codebase.full_name()),
        "default_branch": "main",
        "pushed_at": if is_push { json!(at.seconds()) } else { json!(at) },
    })
}

fn organization() -> Value {
    json!({"login": ORGANISATION, "id": 91_184_002, "type": "Organization", "html_url": "https://github.com/acme"})
}

impl History {
    /// Somebody.
    pub(super) fn person(&self, id: Id<Person>) -> &Person {
        self.company.people.at(id)
    }
}
