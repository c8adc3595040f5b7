//! How GitHub tells of it.

use serde_json::{Value, json};
use throughline_domain::time::Timestamp;

use super::calendar::Calendar;
use super::changes::{self, Change};
use super::company::{CODE_HOST, ORGANISATION, Person, repository_address};
use super::rollouts::Release;
use super::{Delivery, GITHUB, ids};

pub mod checks;
pub mod pulls;

/// A release is published.
pub fn released(calendar: &Calendar, release: &Release) -> Delivery {
    let at = calendar.time(release.at);
    let (repository_name, tag) = (release.service.name, format!("v{}", release.version));
    let name = format!("release {repository_name} {tag}");
    let body = json!({
        "action": "published",
        "release": {
            "id": ids::number(&name, 210_000_000, 9_000_000),
            "tag_name": tag,
            "target_commitish": changes::of_image(repository_name, release.version).map(Change::merge_commit),
            "name": format!("{repository_name} {}", release.version),
            "body": release.notes,
            "draft": false,
            "prerelease": false,
            "author": user(release.by),
            "created_at": at,
            "published_at": at,
            "html_url": format!("{}/releases/tag/{tag}", repository_address(repository_name)),
            "assets": [],
        },
        "repository": repository(repository_name, at),
        "organization": organization(),
        "sender": user(release.by),
    });
    delivery("release", &name, at, &body)
}

fn repository(name: &str, pushed_at: Timestamp) -> Value {
    let address = repository_address(name);
    json!({
        "id": ids::number(&format!("repository {name}"), 700_000_000, 90_000_000),
        "name": name,
        "full_name": format!("{ORGANISATION}/{name}"),
        "private": true,
        "owner": organization(),
        "html_url": address,
        "clone_url": format!("{address}.git"),
        "ssh_url": format!("git@{CODE_HOST}:{ORGANISATION}/{name}.git"),
        "default_branch": "main",
        "pushed_at": pushed_at.seconds(),
    })
}

fn organization() -> Value {
    json!({"login": ORGANISATION, "id": 91_184_002, "type": "Organization"})
}

fn user(person: &Person) -> Value {
    json!({
        "login": person.login,
        "id": ids::number(person.login, 10_000_000, 80_000_000),
        "type": "User",
        "html_url": format!("https://{CODE_HOST}/{}", person.login),
    })
}

fn delivery(event: &str, name: &str, at: Timestamp, body: &Value) -> Delivery {
    let id = ids::uuid(&format!("github {name}"));
    let headers = [
        ("content-type", "application/json"),
        ("user-agent", "GitHub-Hookshot/acme"),
        ("x-github-event", event),
        ("x-github-delivery", id.as_str()),
        ("x-github-hook-id", "402117385"),
    ];
    Delivery::new(GITHUB, at, &headers, body)
}
