//! Pull requests with their reviews and commits, issues and releases, as their webhooks would have told them.

use serde_json::{Value, json};

use super::Repository;
use crate::backfill::BackfillError;
use crate::backfill::intake::Item;
use crate::backfill::parts::{at, number, pick, state, text};

/// What a pull request says of the repositories of its two branches.
const SIDE_MEMBERS: [&str; 3] = ["id", "full_name", "html_url"];

impl Repository<'_> {
    /// A pull request: that it was opened and how it ended, its reviews, its commits.
    pub(super) async fn pull(&self, row: &Value) -> Result<Vec<Item>, BackfillError> {
        let Some(number) = number(row, "/number") else { return Ok(Vec::new()) };
        let path = format!("{}/pulls/{number}", self.path);
        // Only the whole pull request says who merged it.
        let pull = slim(self.api.get(&path).await?.body);
        let mut items = self.told("pull_request", "pull_request", &pull, at(&pull, "/merged_by"));
        for review in self.api.all(&format!("{path}/reviews?per_page=100"), None).await? {
            items.extend(self.review(&pull, &review));
        }
        for commit in self.api.all(&format!("{path}/commits?per_page=100"), None).await? {
            items.extend(self.commit(&commit));
        }
        Ok(items)
    }

    /// An issue; the list holds pull requests, too, which are read as such.
    pub(super) fn issue(&self, row: &Value) -> Vec<Item> {
        if row.get("pull_request").is_some_and(|side| !side.is_null()) {
            return Vec::new();
        }
        self.told("issues", "issue", row, at(row, "/closed_by"))
    }

    /// A release, unless it is a draft that nobody else sees.
    pub(super) fn release(&self, row: &Value) -> Vec<Item> {
        let is_draft = row.get("draft").and_then(Value::as_bool).unwrap_or_default();
        let Some(id) = number(row, "/id").filter(|_| !is_draft) else { return Vec::new() };
        let members = [("action", json!("published")), ("release", row.clone()), ("sender", at(row, "/author"))];
        let state = state(row, &["/updated_at", "/published_at", "/created_at"]);
        vec![self.item("release", &id.to_string(), &state, &members)]
    }

    /// The two events of everything that is opened and closed. Who reopened or edited it in between is not told any more.
    fn told(&self, event: &str, member: &str, thing: &Value, closed_by: Value) -> Vec<Item> {
        let Some(id) = number(thing, "/id") else { return Vec::new() };
        let state = state(thing, &["/updated_at", "/created_at"]);
        let mut actions = vec![("opened", at(thing, "/user"))];
        if text(thing, "/closed_at").is_some() {
            actions.push(("closed", closed_by));
        }
        let item = |(action, sender): (&str, Value)| {
            let members = [("action", json!(action)), (member, thing.clone()), ("sender", sender)];
            self.item(event, &id.to_string(), &state, &members)
        };
        actions.into_iter().map(item).collect()
    }

    /// A review. One that was dismissed does not say any more what it was, nor one that was not sent off, to anybody.
    fn review(&self, pull: &Value, review: &Value) -> Option<Item> {
        let word = text(review, "/state").unwrap_or_default().to_ascii_lowercase();
        if !matches!(word.as_str(), "approved" | "changes_requested" | "commented") {
            return None;
        }
        let id = number(review, "/id")?;
        let mut review = pick(review, &["id", "user", "body", "state", "html_url", "submitted_at", "commit_id"]);
        if let Some(members) = review.as_object_mut() {
            members.insert("state".to_owned(), json!(word));
        }
        let state = format!("{}/{}", state(&review, &["/submitted_at"]), state(pull, &["/updated_at"]));
        let members = [
            ("action", json!("submitted")),
            ("sender", at(&review, "/user")),
            ("review", review),
            ("pull_request", pull.clone()),
        ];
        Some(self.item("pull_request_review", &id.to_string(), &state, &members))
    }
}

/// A pull request without what it repeats of two whole repositories.
fn slim(mut pull: Value) -> Value {
    for side in ["/head/repo", "/base/repo"] {
        if let Some(repository) = pull.pointer_mut(side).filter(|repository| repository.is_object()) {
            *repository = pick(repository, &SIDE_MEMBERS);
        }
    }
    if let Some(members) = pull.as_object_mut() {
        members.remove("_links");
    }
    pull
}
