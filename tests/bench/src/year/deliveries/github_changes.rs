//! GitHub's `push`, `pull_request` and `pull_request_review`.

use serde_json::{Value, json};
use throughline_domain::time::Timestamp;

use super::github::{author, delivery, repository, user};
use super::{ChangeEvent, Written, number};
use crate::year::company::{Codebase, ORGANISATION};
use crate::year::history::{Branch, Change, Commit, History, Push, Text};
use crate::year::table::Id;

/// The id of nothing.
const NOTHING: &str = "0000000000000000000000000000000000000000";

/// A push.
pub(super) fn push(history: &History, id: Id<Push>) -> Written {
    let push = history.pushes.at(id);
    let codebase = history.company.codebases.at(push.codebase);
    let address = codebase.address();
    let sha = |commit: Id<Commit>| history.commits.at(commit).sha.as_str();
    let (before, after) = (push.before.map_or(NOTHING, sha), sha(push.after));
    let commits: Vec<Value> =
        push.commits.iter().map(|id| commit(history, codebase, *id, push.branch == Branch::Main)).collect();
    let sender = user(history.person(push.by));
    let members = json!({
        "ref": format!("refs/heads/{}", history.branch_name(&push.branch)),
        "before": before,
        "after": after,
        "created": push.before.is_none(),
        "deleted": false,
        "forced": false,
        "base_ref": (push.before.is_none() && push.commits.is_empty()).then_some("refs/heads/main"),
        "compare": format!("{address}/compare/{before:.12}...{after:.12}"),
        "commits": commits,
        "head_commit": commit(history, codebase, push.after, push.branch == Branch::Main),
        "pusher": {"name": history.person(push.by).login, "email": history.person(push.by).email()},
    });
    delivery("push", &format!("{id:?}"), codebase, (push.at, sender), members)
}

/// Something happened to a pull request.
pub(super) fn change(history: &History, id: Id<Change>, event: ChangeEvent) -> Written {
    let change = history.changes.at(id);
    let codebase = history.codebase_of_change(change);
    let name = format!("{} {event:?}", change.number);
    let landing = history.landings.at(change.landing);
    let (opener, reviewer) = (user(history.person(change.author)), user(history.person(change.reviewer)));
    let of = |action: &str, at: Timestamp| {
        let pull_request = pull_request(history, id, at, false);
        json!({"action": action, "number": change.number, "pull_request": pull_request})
    };
    match event {
        ChangeEvent::Opened => {
            delivery("pull_request", &name, codebase, (change.opened, opener), of("opened", change.opened))
        }
        ChangeEvent::Synchronized(place) => {
            let head = |place: usize| change.heads.get(place).copied().unwrap_or((change.opened, change.base));
            let ((at, after), (_, before)) = (head(place), head(place.saturating_sub(1)));
            let mut members = of("synchronize", at);
            if let Some(members) = members.as_object_mut() {
                let sha = |commit: Id<Commit>| json!(history.commits.at(commit).sha);
                members.insert("before".to_owned(), sha(before));
                members.insert("after".to_owned(), sha(after));
            }
            delivery("pull_request", &name, codebase, (at, opener), members)
        }
        ChangeEvent::Merged => {
            delivery("pull_request", &name, codebase, (landing.at, opener), of("closed", landing.at))
        }
        ChangeEvent::Reviewed(place) => {
            let review = change.reviews.get(place);
            let at = review.map_or(change.opened, |review| review.at);
            let is_approval = review.is_some_and(|review| review.is_approval);
            let head = review.map_or(change.base, |review| review.head);
            let members = json!({
                "action": "submitted",
                "review": {
                    "id": number(&format!("review {} {name}", codebase.name), 2_600_000_000, 900_000_000),
                    "user": reviewer,
                    "body": if is_approval { Value::Null } else { json!("What if it is empty?") },
                    "commit_id": history.commits.at(head).sha,
                    "submitted_at": at,
                    "state": if is_approval { "approved" } else { "changes_requested" },
                    "author_association": "MEMBER",
                },
                "pull_request": pull_request(history, id, at, true),
            });
            delivery("pull_request_review", &name, codebase, (at, reviewer), members)
        }
    }
}

/// A pull request as it is at a time. Events of reviews leave out what a merge is.
fn pull_request(history: &History, id: Id<Change>, at: Timestamp, is_review: bool) -> Value {
    let change = history.changes.at(id);
    let landing = history.landings.at(change.landing);
    let codebase = history.codebase_of_change(change);
    let is_merged = at >= landing.at;
    let merged_at = is_merged.then_some(landing.at);
    let head = change.heads.iter().rev().find(|(pushed, _)| *pushed <= at).or(change.heads.first());
    let head = head.map_or(change.base, |(_, head)| *head);
    let side = |branch: &str, commit: Id<Commit>| {
        json!({
            "label": format!("{ORGANISATION}:{branch}"),
            "ref": branch,
            "sha": history.commits.at(commit).sha,
            "repo": repository(codebase, at, false),
        })
    };
    let mut pull_request = json!({
        "id": number(&format!("{}#{}", codebase.name, change.number), 2_300_000_000, 900_000_000),
        "number": change.number,
        "html_url": format!("{}/pull/{}", codebase.address(), change.number),
        "state": if is_merged { "closed" } else { "open" },
        "locked": false,
        "draft": false,
        "title": history.title(id),
        "body": history.body(id),
        "user": user(history.person(change.author)),
        "created_at": change.opened,
        "updated_at": at,
        "closed_at": merged_at,
        "merged_at": merged_at,
        "merge_commit_sha": is_merged.then(|| history.commits.at(landing.head).sha.clone()),
        "assignees": [user(history.person(change.author))],
        "requested_reviewers": [user(history.person(change.reviewer))],
        "labels": [],
        "head": side(&history.branch_name(&Branch::Of(id)), head),
        "base": side("main", change.base),
    });
    if let Some(members) = pull_request.as_object_mut().filter(|_| !is_review) {
        members.insert("merged".to_owned(), json!(is_merged));
        let merger = is_merged.then(|| user(history.person(change.author)));
        members.insert("merged_by".to_owned(), json!(merger));
        members.insert("commits".to_owned(), json!(change.steps.len()));
    }
    pull_request
}

/// A commit as a push lists it.
fn commit(history: &History, codebase: &Codebase, id: Id<Commit>, is_main: bool) -> Value {
    let commit = history.commits.at(id);
    let of = |is_new: bool| -> Vec<&str> {
        commit.files.iter().filter(|file| file.is_new == is_new).map(|file| file.path.as_str()).collect()
    };
    let writer = author(history.person(commit.author));
    // Whatever GitHub merges, it commits itself.
    let by_github = matches!(commit.text, Text::Squash(_) | Text::Merge(_)) && is_main;
    let committer = if by_github {
        json!({"name": "GitHub", "email": "noreply@github.com", "username": "web-flow"})
    } else {
        writer.clone()
    };
    json!({
        "id": commit.sha,
        "tree_id": format!("{:016x}{:016x}00000000", number(&commit.sha, 0, u64::MAX), number(&commit.sha, 1, 1 << 60)),
        "distinct": true,
        "message": history.message(id),
        "timestamp": commit.at,
        "url": format!("{}/commit/{}", codebase.address(), commit.sha),
        "author": writer,
        "committer": committer,
        "added": of(true),
        "removed": [],
        "modified": of(false),
    })
}
