//! A GitHub of one repository: what its interface shows, and what its webhooks would have told of the same.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::{FakeApi, Request, Response};

/// The commit that everything is about.
pub const HEAD: &str = "6f1c0a4b9d2e38f7750c1b6ad4e93f2c8b70a915";

/// The commit of the merge.
pub const MERGE: &str = "0c7d4e1f5a2b3968d7e0f1a2b3c4d5e6f7081920";

/// How many rows a page has unless it is told otherwise.
const PAGE: usize = 100;

/// The repository `acme/checkout`, with everything that happened in it.
#[derive(Clone, Debug)]
pub struct Github {
    model: Arc<Mutex<Model>>,
}

#[derive(Clone, Debug)]
struct Model {
    issues: Vec<Value>,
    pulls: Vec<Value>,
    deliveries: Vec<Value>,
    /// The payloads of deliveries that can still be fetched, by the number of the attempt.
    payloads: Vec<(u64, Value)>,
}

impl Github {
    /// One ticket, one merged pull request, its run, its release and its deployment.
    pub fn new() -> Self {
        let model = Model { issues: vec![issue(7)], pulls: vec![pull()], deliveries: Vec::new(), payloads: Vec::new() };
        Self { model: Arc::new(Mutex::new(model)) }
    }

    /// With more tickets, the newest first.
    #[must_use]
    pub fn with_issues(self, count: u64) -> Self {
        self.change(|model| model.issues.extend((100..100 + count).map(issue)));
        self
    }

    /// A delivery that failed; without a payload it can no longer be fetched.
    pub fn lose(&self, attempt: u64, guid: &str, at: &str, event: &str, payload: Option<Value>) {
        self.change(|model| {
            model.deliveries.insert(0, delivery(attempt, guid, at, event, 502));
            model.payloads.extend(payload.map(|payload| (attempt, payload)));
        });
    }

    /// A delivery that arrived, at least as GitHub believes.
    pub fn arrive(&self, attempt: u64, guid: &str, at: &str, event: &str) {
        self.change(|model| model.deliveries.insert(0, delivery(attempt, guid, at, event, 202)));
    }

    /// Serves the interface.
    pub fn serve(&self) -> FakeApi {
        let this = self.clone();
        FakeApi::serve(move |request| this.answer(request))
    }

    /// What the webhooks of the repository would have sent, in order: event and body.
    pub fn webhooks(&self) -> Vec<(&'static str, Value)> {
        let (ada, grace) = (user("ada"), user("grace"));
        let push = json!({"ref": "refs/heads/main", "before": "0".repeat(40), "after": MERGE, "created": true,
            "commits": [pushed(HEAD, "Round up (PAY-12)"), pushed(MERGE, "Merge pull request #42 from acme/round")],
            "head_commit": pushed(MERGE, "Merge pull request #42 from acme/round"), "sender": ada});
        let tag = json!({"ref": "refs/tags/v1.4.0", "after": MERGE, "created": true, "commits": [],
            "head_commit": pushed(MERGE, "Merge pull request #42 from acme/round"), "sender": ada});
        let told = vec![
            ("issues", json!({"action": "opened", "issue": issue(7), "sender": ada})),
            ("pull_request", json!({"action": "opened", "pull_request": pull(), "sender": ada})),
            (
                "pull_request_review",
                json!({"action": "submitted", "review": review("approved"), "pull_request": pull(), "sender": grace}),
            ),
            ("push", push),
            ("pull_request", json!({"action": "closed", "pull_request": pull(), "sender": grace})),
            ("workflow_run", json!({"action": "requested", "workflow_run": run(), "sender": ada})),
            ("workflow_run", json!({"action": "completed", "workflow_run": run(), "sender": ada})),
            ("workflow_job", json!({"action": "completed", "workflow_job": job()})),
            ("push", tag),
            ("release", json!({"action": "published", "release": release(), "sender": ada})),
            ("deployment", json!({"action": "created", "deployment": deployment(), "sender": ada})),
            (
                "deployment_status",
                json!({"action": "created", "deployment_status": status(), "deployment": deployment(), "sender": ada}),
            ),
        ];
        told.into_iter().map(|(event, body)| (event, with(body, "repository", repository()))).collect()
    }

    fn change(&self, change: impl FnOnce(&mut Model)) {
        change(&mut self.model.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn answer(&self, request: &Request) -> Response {
        if request.headers.get("authorization").map(String::as_str) != Some("Bearer ghp_acme") {
            return Response::refused(401, "Bad credentials");
        }
        let model = self.model.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(rest) = request.path.strip_prefix("/repos/acme/checkout") else {
            return match request.path.as_str() {
                "/user/repos" => Response::json(&json!([repository()])),
                _ => Response::refused(404, "Not Found"),
            };
        };
        let empty: Vec<Value> = Vec::new();
        match rest {
            "" => Response::json(&repository()),
            "/pulls" => paged(request, &model.pulls),
            "/pulls/42" => Response::json(&pull()),
            "/pulls/42/reviews" => paged(request, &[review("APPROVED")]),
            "/pulls/42/commits" => paged(request, &[commit(HEAD, "Round up (PAY-12)")]),
            "/issues" => paged(request, &model.issues),
            "/commits" => paged(
                request,
                &[commit(MERGE, "Merge pull request #42 from acme/round"), commit(HEAD, "Round up (PAY-12)")],
            ),
            "/tags" => paged(request, &[json!({"name": "v1.4.0", "commit": {"sha": MERGE}})]),
            "/releases" => paged(request, &[release()]),
            "/deployments" => paged(request, &[deployment()]),
            "/deployments/31/statuses" => paged(request, &[status()]),
            "/actions/runs" => Response::json(&json!({"total_count": 1, "workflow_runs": [run()]})),
            "/actions/runs/21/jobs" => Response::json(&json!({"total_count": 1, "jobs": [job()]})),
            "/hooks" => paged(request, &[json!({"id": 7, "config": {"url": "https://acme.example/webhooks/github"}})]),
            "/hooks/7/deliveries" => paged(request, &model.deliveries),
            other => match other.strip_prefix("/hooks/7/deliveries/").and_then(|id| id.parse::<u64>().ok()) {
                Some(id) => shown(&model, id),
                None if other.contains('/') => Response::refused(404, "Not Found"),
                None => paged(request, &empty),
            },
        }
    }
}

impl Default for Github {
    fn default() -> Self {
        Self::new()
    }
}

/// The payload of a push that nothing else tells of.
pub fn lost_push(sha: &str) -> Value {
    json!({"ref": "refs/heads/main", "after": sha, "commits": [pushed(sha, "Lost and found (PAY-13)")],
        "head_commit": pushed(sha, "Lost and found (PAY-13)"), "repository": repository(), "sender": user("ada")})
}

/// The part of a list that a page has, with the link to the next.
pub fn paged(request: &Request, rows: &[Value]) -> Response {
    let number = |name: &str| request.query.get(name).and_then(|text| text.parse::<usize>().ok());
    let (size, page) = (number("per_page").unwrap_or(PAGE).clamp(1, PAGE), number("page").unwrap_or(1).max(1));
    let start = (page - 1) * size;
    let part: Vec<Value> = rows.iter().skip(start).take(size).cloned().collect();
    let response = Response::json(&Value::Array(part));
    if start + size >= rows.len() {
        return response;
    }
    let host = request.headers.get("host").cloned().unwrap_or_default();
    let rest = request.query.iter().filter(|(name, _)| *name != "page").map(|(name, value)| format!("{name}={value}&"));
    let next = format!("http://{host}{}?{}page={}", request.path, rest.collect::<String>(), page + 1);
    response.with("link", &format!("<{next}>; rel=\"next\""))
}

fn with(mut body: Value, member: &str, value: Value) -> Value {
    if let Some(members) = body.as_object_mut() {
        members.insert(member.to_owned(), value);
    }
    body
}

fn shown(model: &Model, id: u64) -> Response {
    let delivery = model.deliveries.iter().find(|delivery| delivery.get("id").and_then(Value::as_u64) == Some(id));
    let payload = model.payloads.iter().find(|(attempt, _)| *attempt == id);
    match delivery.zip(payload) {
        Some((delivery, (_, payload))) => {
            let request = json!({"headers": {"X-GitHub-Hook-ID": "7"}, "payload": payload});
            Response::json(&with(delivery.clone(), "request", request))
        }
        None => Response::refused(404, "Not Found"),
    }
}

fn delivery(attempt: u64, guid: &str, at: &str, event: &str, status: u16) -> Value {
    json!({"id": attempt, "guid": guid, "delivered_at": at, "event": event, "status_code": status, "redelivery": false})
}

fn repository() -> Value {
    json!({"id": 1, "name": "checkout", "full_name": "acme/checkout", "html_url": "https://github.com/acme/checkout",
        "clone_url": "https://github.com/acme/checkout.git", "default_branch": "main", "private": true,
        "owner": {"login": "acme", "type": "Organization"}})
}

fn user(login: &str) -> Value {
    json!({"login": login, "html_url": format!("https://github.com/{login}"), "type": "User"})
}

fn issue(number: u64) -> Value {
    json!({"id": 5_000 + number, "number": number, "title": "Totals are off by a cent", "state": "open",
        "html_url": format!("https://github.com/acme/checkout/issues/{number}"), "user": user("ada"),
        "body": "Seen in production.", "created_at": "2026-03-13T08:00:00Z", "updated_at": "2026-03-14T08:00:00Z"})
}

fn pull() -> Value {
    json!({"id": 4_200, "number": 42, "title": "Round up", "state": "closed", "merged": true, "body": "Fixes #7",
        "html_url": "https://github.com/acme/checkout/pull/42", "user": user("ada"), "merged_by": user("grace"),
        "head": {"ref": "round", "sha": HEAD, "repo": repository()}, "base": {"ref": "main", "repo": repository()},
        "merge_commit_sha": MERGE, "created_at": "2026-03-14T08:10:00Z", "updated_at": "2026-03-14T09:26:06Z",
        "merged_at": "2026-03-14T09:26:06Z", "closed_at": "2026-03-14T09:26:06Z"})
}

fn review(state: &str) -> Value {
    json!({"id": 81, "state": state, "user": user("grace"), "commit_id": HEAD, "submitted_at": "2026-03-14T09:00:00Z"})
}

fn commit(sha: &str, message: &str) -> Value {
    let by = json!({"name": "ada", "email": "ada@acme.example", "date": "2026-03-14T08:05:00Z"});
    json!({"sha": sha, "html_url": format!("https://github.com/acme/checkout/commit/{sha}"),
        "commit": {"message": message, "author": by, "committer": by}, "author": {"login": "ada"}})
}

fn pushed(sha: &str, message: &str) -> Value {
    json!({"id": sha, "message": message, "timestamp": "2026-03-14T08:05:00Z",
        "url": format!("https://github.com/acme/checkout/commit/{sha}"),
        "author": {"name": "ada", "email": "ada@acme.example", "username": "ada"}})
}

fn run() -> Value {
    json!({"id": 21, "name": "build", "display_title": "Round up", "run_number": 9, "head_branch": "main",
        "head_sha": MERGE, "status": "completed", "conclusion": "success", "actor": user("ada"),
        "html_url": "https://github.com/acme/checkout/actions/runs/21", "created_at": "2026-03-14T09:27:00Z",
        "run_started_at": "2026-03-14T09:27:00Z", "updated_at": "2026-03-14T09:31:00Z"})
}

fn job() -> Value {
    json!({"id": 22, "run_id": 21, "name": "test", "workflow_name": "build", "head_sha": MERGE, "head_branch": "main",
        "status": "completed", "conclusion": "success", "created_at": "2026-03-14T09:27:00Z",
        "started_at": "2026-03-14T09:27:10Z", "completed_at": "2026-03-14T09:30:50Z"})
}

fn release() -> Value {
    json!({"id": 61, "tag_name": "v1.4.0", "target_commitish": "main", "name": "1.4.0", "body": "Rounds up.",
        "html_url": "https://github.com/acme/checkout/releases/tag/v1.4.0", "draft": false, "prerelease": false,
        "author": user("ada"), "created_at": "2026-03-14T09:35:00Z", "published_at": "2026-03-14T09:36:00Z"})
}

fn deployment() -> Value {
    json!({"id": 31, "sha": MERGE, "ref": "main", "environment": "production", "creator": user("ada"),
        "created_at": "2026-03-14T09:40:00Z"})
}

fn status() -> Value {
    json!({"id": 32, "state": "success", "environment": "production", "creator": user("ada"),
        "created_at": "2026-03-14T09:42:00Z"})
}
