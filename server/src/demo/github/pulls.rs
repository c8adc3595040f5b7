//! Pushes, pull requests and reviews.

use serde_json::{Value, json};
use throughline_domain::time::Timestamp;

use super::{delivery, organization, repository, user};
use crate::demo::calendar::{Calendar, Moment};
use crate::demo::changes::{self, Change, Fate, Trouble};
use crate::demo::company::{ORGANISATION, repository_address};
use crate::demo::{Delivery, ids};

/// A push to the branch of a pull request, the first one or the one that mends it.
pub fn branch_pushed(calendar: &Calendar, change: &Change, moment: Moment) -> Delivery {
    let at = calendar.time(moment);
    let (before, after, message) = if moment == change.pushed {
        ("0".repeat(40), change.first_head(), change.title)
    } else {
        (change.first_head(), change.last_head(), mending_message(change))
    };
    let is_new = moment == change.pushed;
    push(change, change.branch, at, &Pushed { before, after, message: message.to_owned(), is_new })
}

/// The push of a pull request's one commit to the main branch.
pub fn main_pushed(calendar: &Calendar, change: &Change) -> Delivery {
    let pushed = Pushed {
        before: main_before(change),
        after: change.merge_commit(),
        message: merge_message(change),
        is_new: false,
    };
    push(change, "main", calendar.time(change.merged()), &pushed)
}

/// A pull request is opened.
pub fn opened(calendar: &Calendar, change: &Change) -> Delivery {
    pull_request_event(calendar, change, "opened", change.opened())
}

/// A pull request is closed, merged or not.
pub fn closed(calendar: &Calendar, change: &Change) -> Delivery {
    let moment = if change.fate == Fate::Merged { change.merged() } else { change.decided };
    pull_request_event(calendar, change, "closed", moment)
}

/// A review: `approved` or `changes_requested`.
pub fn reviewed(calendar: &Calendar, change: &Change, moment: Moment, state: &str, text: &str) -> Delivery {
    let at = calendar.time(moment);
    let name = format!("review {} {state}", change.reference());
    let id = ids::number(&name, 2_600_000_000, 90_000_000);
    let head = head_at(change, moment);
    let body = json!({
        "action": "submitted",
        "review": {
            "id": id,
            "user": user(change.reviewer),
            "body": text,
            "commit_id": head,
            "submitted_at": at,
            "state": state,
            "html_url": format!("{}#pullrequestreview-{id}", page(change)),
            "author_association": "MEMBER",
        },
        "pull_request": pull_request(calendar, change, moment),
        "repository": repository(change.repository, at),
        "organization": organization(),
        "sender": user(change.reviewer),
    });
    delivery("pull_request_review", &name, at, &body)
}

struct Pushed {
    before: String,
    after: String,
    message: String,
    is_new: bool,
}

fn push(change: &Change, branch: &str, at: Timestamp, pushed: &Pushed) -> Delivery {
    let Pushed { before, after, message, is_new } = pushed;
    let address = repository_address(change.repository);
    let author = json!({"name": change.author.name, "email": change.author.email, "username": change.author.login});
    let commit = json!({
        "id": after,
        "tree_id": ids::commit(&format!("tree {after}")),
        "distinct": true,
        "message": message,
        "timestamp": at,
        "url": format!("{address}/commit/{after}"),
        "author": author,
        "committer": author,
        "added": [],
        "removed": [],
        "modified": change.files,
    });
    let body = json!({
        "ref": format!("refs/heads/{branch}"),
        "before": before,
        "after": after,
        "created": is_new,
        "deleted": false,
        "forced": false,
        "base_ref": null,
        "compare": format!("{address}/compare/{branch}"),
        "commits": [commit],
        "head_commit": commit,
        "repository": repository(change.repository, at),
        "organization": organization(),
        "pusher": {"name": change.author.login, "email": change.author.email},
        "sender": user(change.author),
    });
    delivery("push", &format!("push {branch} {after}"), at, &body)
}

fn pull_request_event(calendar: &Calendar, change: &Change, action: &str, moment: Moment) -> Delivery {
    let at = calendar.time(moment);
    let body = json!({
        "action": action,
        "number": change.number,
        "pull_request": pull_request(calendar, change, moment),
        "repository": repository(change.repository, at),
        "organization": organization(),
        "sender": user(change.author),
    });
    delivery("pull_request", &format!("pull request {} {action}", change.reference()), at, &body)
}

/// The pull request as it is at a moment.
fn pull_request(calendar: &Calendar, change: &Change, moment: Moment) -> Value {
    let merged = change.fate == Fate::Merged && moment >= change.merged();
    let closed = merged || (change.fate == Fate::GivenUp && moment >= change.decided);
    let at = calendar.time(moment);
    let side = |branch: &str, sha: &str| {
        json!({
            "label": format!("{ORGANISATION}:{branch}"),
            "ref": branch,
            "sha": sha,
            "user": organization(),
            "repo": repository(change.repository, at),
        })
    };
    json!({
        "id": ids::number(&format!("pull request {}", change.reference()), 2_300_000_000, 90_000_000),
        "number": change.number,
        "html_url": page(change),
        "state": if closed { "closed" } else { "open" },
        "locked": false,
        "draft": false,
        "title": change.title,
        "body": change.body,
        "user": user(change.author),
        "created_at": calendar.time(change.opened()),
        "updated_at": at,
        "closed_at": closed.then_some(at),
        "merged_at": merged.then_some(at),
        "merged": merged,
        "merged_by": merged.then(|| user(change.author)),
        "merge_commit_sha": merged.then(|| change.merge_commit()),
        "assignees": [user(change.author)],
        "requested_reviewers": [user(change.reviewer)],
        "labels": [],
        "head": side(change.branch, &head_at(change, moment)),
        "base": side("main", &main_before(change)),
        "changed_files": change.files.len(),
    })
}

fn page(change: &Change) -> String {
    format!("{}/pull/{}", repository_address(change.repository), change.number)
}

fn head_at(change: &Change, moment: Moment) -> String {
    match change.mended() {
        Some(mended) if moment >= mended => change.last_head(),
        Some(_) | None => change.first_head(),
    }
}

fn main_before(change: &Change) -> String {
    changes::all()
        .filter(|other| other.repository == change.repository && other.fate == Fate::Merged)
        .filter(|other| other.merged() < change.merged())
        .max_by_key(|other| other.merged())
        .map_or_else(|| ids::commit(&format!("{} before the story", change.repository)), Change::merge_commit)
}

fn merge_message(change: &Change) -> String {
    format!("{} (#{})\n\n{}", change.title, change.number, change.body)
}

fn mending_message(change: &Change) -> &'static str {
    match change.trouble {
        Trouble::Tests { .. } => "Mend what the tests found",
        Trouble::Review(_) => "Do as the review says",
        Trouble::None => change.title,
    }
}
