//! The history of GitLab's projects: merge requests, issues, pipelines, deployments, releases, commits and tags.

use serde_json::{Value, json};
use throughline_domain::time::Timestamp;

use super::api::{Api, ApiError, encoded};
use super::intake::Item;
use super::parts::{at, number, pick, query_time, state, text};
use super::reading::{List, Order, Reader, Tool};
use super::{BackfillError, MAX_PLACES};
use crate::plain;

/// A list of a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    MergeRequests,
    Issues,
    Pipelines,
    Deployments,
    Releases,
    Commits,
    Tags,
}

/// Every list with its name and its order.
const LISTS: [(Kind, &str, Order); 7] = [
    (Kind::Commits, "commits", Order::Chosen),
    (Kind::Tags, "tags", Order::Chosen),
    (Kind::Issues, "issues", Order::Newest("updated_at")),
    (Kind::MergeRequests, "merge_requests", Order::Newest("updated_at")),
    (Kind::Pipelines, "pipelines", Order::Newest("updated_at")),
    (Kind::Releases, "releases", Order::Any("released_at")),
    (Kind::Deployments, "deployments", Order::Newest("updated_at")),
];

/// The jobs that one delivery of a pipeline lists; the rest comes in further ones.
const JOBS_AT_ONCE: usize = 200;

/// A project that is read.
struct Project<'a> {
    api: &'a Api,
    /// Its path in the interface: `/projects/7`.
    path: String,
    page: String,
    default_branch: Option<String>,
    /// As it stands in the bodies of webhooks.
    body: Value,
}

/// Reads everything of the projects that were asked for, or of all whose member the login is; answers what was left out.
pub(super) async fn read(reader: &Reader<'_>, places: &[String]) -> Result<Vec<String>, BackfillError> {
    let mut left_out = Vec::new();
    let mut projects = Vec::new();
    for place in places {
        match reader.api.get(&format!("/projects/{}", encoded(place))).await {
            Ok(answer) => projects.push(answer.body),
            Err(error @ ApiError::Status { status: 401 | 403 | 404, .. }) => {
                let what = format!("{} ({error})", plain::line(place));
                reader.progress.left_out(&what);
                left_out.push(what);
            }
            Err(error) => return Err(error.into()),
        }
    }
    if places.is_empty() {
        projects = reader.api.all("/projects?membership=true&order_by=id&per_page=100", None).await?;
    }
    if projects.len() > MAX_PLACES {
        return Err(BackfillError::TooManyPlaces("projects"));
    }
    for project in projects.iter().filter_map(|body| Project::of(reader.api, body)) {
        let name = text(&project.body, "/path_with_namespace").unwrap_or(&project.path).to_owned();
        for (kind, list, order) in LISTS {
            let list = List { kind, name: format!("{name}/{list}"), member: None, order };
            left_out.extend(reader.list(&project, &list).await?);
        }
    }
    Ok(left_out)
}

impl<'a> Project<'a> {
    fn of(api: &'a Api, project: &Value) -> Option<Self> {
        let id = number(project, "/id")?;
        let page = text(project, "/web_url")?.trim_end_matches('/').to_owned();
        let body = json!({
            "id": id,
            "name": at(project, "/name"),
            "path_with_namespace": at(project, "/path_with_namespace"),
            "web_url": page,
            "git_http_url": at(project, "/http_url_to_repo"),
            "default_branch": at(project, "/default_branch"),
        });
        let default_branch = text(project, "/default_branch").map(str::to_owned);
        Some(Self { api, path: format!("/projects/{id}"), page, default_branch, body })
    }

    fn item(&self, kind: &str, subject: &str, state: &str, mut body: Value) -> Item {
        if let Some(members) = body.as_object_mut() {
            members.insert("object_kind".to_owned(), json!(kind));
            members.insert("project".to_owned(), self.body.clone());
        }
        let project = number(&self.body, "/id").unwrap_or_default();
        Item {
            id: format!("backfill/{kind}/{project}/{subject}/{state}"),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body,
        }
    }

    /// A merge request: that it was opened and how it ended, who approved it, its commits.
    async fn merge_request(&self, row: &Value) -> Result<Vec<Item>, BackfillError> {
        let Some(iid) = number(row, "/iid") else { return Ok(Vec::new()) };
        let mut items = Vec::new();
        for (action, user) in endings(row, &["/merge_user", "/merged_by"]) {
            let body = json!({
                "user": user,
                "object_attributes": merge_request_attributes(row, action),
                "labels": labels(row),
                "assignees": at(row, "/assignees"),
                "reviewers": at(row, "/reviewers"),
            });
            items.push(self.item("merge_request", &format!("{iid}/{action}"), &state(row, &["/updated_at"]), body));
        }
        let path = format!("{}/merge_requests/{iid}", self.path);
        for approval in self.approvals(&path).await? {
            items.extend(self.approval(iid, row, &approval));
        }
        for commit in self.api.all(&format!("{path}/commits?per_page=100"), None).await? {
            items.extend(self.commit(&commit));
        }
        Ok(items)
    }

    /// Who has approved; nobody where the edition of GitLab does not tell.
    async fn approvals(&self, path: &str) -> Result<Vec<Value>, BackfillError> {
        match self.api.get(&format!("{path}/approvals")).await {
            Ok(mut answer) => match answer.body.get_mut("approved_by").map(Value::take) {
                Some(Value::Array(approvals)) => Ok(approvals),
                Some(_) | None => Ok(Vec::new()),
            },
            Err(ApiError::Status { status: 401 | 403 | 404, .. }) => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }

    /// One approval. It says as little of the merge request as it can, since that was told with its own time; when the
    /// approval was given only newer servers say.
    fn approval(&self, iid: u64, merge_request: &Value, approval: &Value) -> Option<Item> {
        let user = number(approval, "/user/id")?;
        let body = json!({
            "user": at(approval, "/user"),
            "object_attributes": {
                "iid": iid,
                "url": at(merge_request, "/web_url"),
                "action": "approved",
                "updated_at": at(approval, "/approved_at"),
            },
        });
        let state = state(approval, &["/approved_at"]);
        Some(self.item("merge_request", &format!("{iid}/approved/{user}"), &state, body))
    }

    fn issue(&self, row: &Value) -> Vec<Item> {
        let Some(iid) = number(row, "/iid") else { return Vec::new() };
        let item = |(action, user): (&str, Value)| {
            let mut attributes = pick(
                row,
                &["id", "iid", "title", "description", "state", "severity", "created_at", "updated_at", "closed_at"],
            );
            if let Some(members) = attributes.as_object_mut() {
                members.insert("action".to_owned(), json!(action));
                members.insert("url".to_owned(), at(row, "/web_url"));
                members.insert("type".to_owned(), at(row, "/issue_type"));
                members.insert("author_id".to_owned(), at(row, "/author/id"));
                members.insert("labels".to_owned(), labels(row));
            }
            let body = json!({"user": user, "object_attributes": attributes, "assignees": at(row, "/assignees")});
            self.item("issue", &format!("{iid}/{action}"), &state(row, &["/updated_at"]), body)
        };
        endings(row, &[]).into_iter().map(item).collect()
    }

    /// A pipeline with its jobs.
    async fn pipeline(&self, row: &Value) -> Result<Vec<Item>, BackfillError> {
        let Some(id) = number(row, "/id") else { return Ok(Vec::new()) };
        let path = format!("{}/pipelines/{id}", self.path);
        // Only the whole pipeline says who set it off and when it ended.
        let pipeline = self.api.get(&path).await?.body;
        let jobs = self.api.all(&format!("{path}/jobs?include_retried=true&per_page=100"), None).await?;
        let mut attributes =
            pick(&pipeline, &["id", "iid", "name", "ref", "sha", "source", "status", "created_at", "finished_at"]);
        if let Some(members) = attributes.as_object_mut() {
            members.insert("url".to_owned(), at(&pipeline, "/web_url"));
        }
        let commit = jobs.first().and_then(|job| commit_of(job.get("commit")?)).unwrap_or_default();
        let state = state(&pipeline, &["/updated_at", "/created_at"]);
        let mut chunks: Vec<&[Value]> = jobs.chunks(JOBS_AT_ONCE).collect();
        if chunks.is_empty() {
            chunks.push(&[]);
        }
        let item = |(part, jobs): (usize, &[Value])| {
            let builds: Vec<Value> = jobs.iter().map(build).collect();
            let body = json!({
                "user": at(&pipeline, "/user"),
                "object_attributes": attributes,
                "commit": commit,
                "builds": builds,
            });
            self.item("pipeline", &format!("{id}/{part}"), &state, body)
        };
        Ok(chunks.into_iter().enumerate().map(item).collect())
    }

    fn deployment(&self, row: &Value) -> Option<Item> {
        let id = number(row, "/id")?;
        let sha = text(row, "/sha").or_else(|| text(row, "/deployable/commit/id"))?;
        let ended = ["/deployable/finished_at", "/updated_at", "/created_at"];
        let changed = state(row, &ended);
        let body = json!({
            "deployment_id": id,
            "status": at(row, "/status"),
            "status_changed_at": changed,
            "environment": at(row, "/environment/name"),
            "deployable_url": at(row, "/deployable/web_url"),
            "commit_url": format!("{}/-/commit/{sha}", self.page),
            "user": at(row, "/user"),
        });
        Some(self.item("deployment", &id.to_string(), &state(row, &["/updated_at", "/created_at"]), body))
    }

    fn release(&self, row: &Value) -> Option<Item> {
        let tag = text(row, "/tag_name")?;
        let body = json!({
            "action": "create",
            "tag": tag,
            "name": at(row, "/name"),
            "description": at(row, "/description"),
            "url": at(row, "/_links/self"),
            "created_at": at(row, "/created_at"),
            "released_at": at(row, "/released_at"),
            "commit": row.get("commit").and_then(commit_of).unwrap_or_default(),
        });
        Some(self.item("release", tag, &state(row, &["/released_at", "/created_at"]), body))
    }

    /// A commit as a push tells it, without the branch: which push brought it is not known any more.
    fn commit(&self, row: &Value) -> Option<Item> {
        let sha = text(row, "/id")?;
        Some(self.item("push", sha, "", json!({ "commits": [commit_of(row)?] })))
    }

    /// A tag as its push tells it. Who pushed it is not known any more.
    fn tag(&self, row: &Value) -> Option<Item> {
        let (tag, sha) = (text(row, "/name")?, text(row, "/commit/id")?);
        let body = json!({
            "ref": format!("refs/tags/{tag}"),
            "after": sha,
            "checkout_sha": sha,
            "commits": [commit_of(row.get("commit")?)?],
        });
        Some(self.item("tag_push", tag, sha, body))
    }
}

impl Tool for Project<'_> {
    type Kind = Kind;

    fn first(&self, list: &List<Kind>, since: Timestamp) -> String {
        let since = query_time(since);
        let sorted = format!("order_by=updated_at&sort=desc&per_page=100&updated_after={since}");
        let rest = match list.kind {
            Kind::MergeRequests => format!("merge_requests?scope=all&state=all&{sorted}"),
            Kind::Issues => format!("issues?scope=all&{sorted}"),
            Kind::Pipelines => format!("pipelines?{sorted}"),
            Kind::Deployments => format!("deployments?{sorted}"),
            Kind::Releases => "releases?per_page=100".to_owned(),
            Kind::Commits => {
                let branch = self.default_branch.as_deref().map(|name| format!("ref_name={}&", encoded(name)));
                format!("repository/commits?{}per_page=100&since={since}", branch.unwrap_or_default())
            }
            Kind::Tags => "repository/tags?per_page=100".to_owned(),
        };
        format!("{}/{rest}", self.path)
    }

    async fn items(&self, list: &List<Kind>, row: Value) -> Result<Vec<Item>, BackfillError> {
        match list.kind {
            Kind::MergeRequests => self.merge_request(&row).await,
            Kind::Issues => Ok(self.issue(&row)),
            Kind::Pipelines => self.pipeline(&row).await,
            Kind::Deployments => Ok(self.deployment(&row).into_iter().collect()),
            Kind::Releases => Ok(self.release(&row).into_iter().collect()),
            Kind::Commits => Ok(self.commit(&row).into_iter().collect()),
            Kind::Tags => Ok(self.tag(&row).into_iter().collect()),
        }
    }
}

/// What happened to something that is opened, closed and perhaps merged, and by whom.
fn endings(row: &Value, merged_by: &[&str]) -> Vec<(&'static str, Value)> {
    let mut endings = vec![("open", at(row, "/author"))];
    match text(row, "/state") {
        Some("merged") => {
            let user = merged_by.iter().map(|place| at(row, place)).find(|user| user.is_object());
            endings.push(("merge", user.unwrap_or_default()));
        }
        Some("closed") => endings.push(("close", at(row, "/closed_by"))),
        Some(_) | None => {}
    }
    endings
}

fn merge_request_attributes(row: &Value, action: &str) -> Value {
    const SAME: [&str; 14] = [
        "id",
        "iid",
        "title",
        "description",
        "state",
        "draft",
        "source_branch",
        "target_branch",
        "target_project_id",
        "detailed_merge_status",
        "created_at",
        "updated_at",
        "merged_at",
        "closed_at",
    ];
    let mut attributes = pick(row, &SAME);
    if let Some(members) = attributes.as_object_mut() {
        members.insert("action".to_owned(), json!(action));
        members.insert("url".to_owned(), at(row, "/web_url"));
        members.insert("author_id".to_owned(), at(row, "/author/id"));
        members.insert("last_commit".to_owned(), json!({ "id": at(row, "/sha") }));
        members.insert("merge_commit_sha".to_owned(), at(row, "/merge_commit_sha"));
        members.insert("squash_commit_sha".to_owned(), at(row, "/squash_commit_sha"));
    }
    attributes
}

/// Labels come as texts, or as objects where the details were asked for; webhooks send objects with a title.
fn labels(row: &Value) -> Value {
    let labels = row.get("labels").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let label = |label: &Value| match label.as_str() {
        Some(title) => json!({ "title": title }),
        None => json!({ "title": at(label, "/name") }),
    };
    labels.iter().map(label).collect()
}

fn build(job: &Value) -> Value {
    pick(job, &["id", "stage", "name", "status", "failure_reason", "created_at", "started_at", "finished_at"])
}

fn commit_of(row: &Value) -> Option<Value> {
    let time = ["/committed_date", "/created_at"].into_iter().find_map(|place| text(row, place));
    Some(json!({
        "id": text(row, "/id")?,
        "message": text(row, "/message").or_else(|| text(row, "/title")),
        "timestamp": time,
        "url": at(row, "/web_url"),
        "author": { "name": at(row, "/author_name"), "email": at(row, "/author_email") },
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{commit_of, endings, labels};

    #[test]
    fn what_the_interface_calls_otherwise_is_put_as_the_webhook_has_it() {
        let row =
            json!({"state": "merged", "author": {"id": 1}, "merged_by": {"id": 2}, "labels": ["bug", {"name": "ui"}]});
        let told = endings(&row, &["/merge_user", "/merged_by"]);
        assert_eq!(told, [("open", json!({"id": 1})), ("merge", json!({"id": 2}))]);
        assert_eq!(labels(&row), json!([{"title": "bug"}, {"title": "ui"}]));
        let commit =
            json!({"id": "6f1c", "title": "Round", "created_at": "2026-03-14T09:26:06Z", "author_name": "Ada"});
        let read = commit_of(&commit).unwrap();
        assert_eq!(
            (read["message"].as_str(), read["timestamp"].as_str()),
            (Some("Round"), Some("2026-03-14T09:26:06Z"))
        );
        assert!(commit_of(&json!({})).is_none());
    }
}
