//! A GitLab of one project with a merged merge request, its pipeline and its deployment.

use serde_json::{Value, json};

use super::FakeApi;

/// The commit that everything is about.
pub const HEAD: &str = "8a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d";

/// Serves the interface of `acme/payments` below `/api/v4`.
pub fn serve() -> FakeApi {
    let path = |rest: &str| format!("/api/v4/projects/7{rest}");
    let project = json!({"id": 7, "name": "payments", "path_with_namespace": "acme/payments", "default_branch": "main",
        "web_url": "https://gitlab.acme.example/acme/payments",
        "http_url_to_repo": "https://gitlab.acme.example/acme/payments.git"});
    FakeApi::fixed(vec![
        ("/api/v4/projects/acme%2Fpayments".to_owned(), project.clone()),
        ("/api/v4/projects".to_owned(), json!([project])),
        (path("/repository/commits"), json!([commit()])),
        (path("/repository/tags"), json!([{"name": "v2.0.0", "commit": commit()}])),
        (path("/issues"), json!([issue()])),
        (path("/merge_requests"), json!([merge_request()])),
        (path("/merge_requests/3/approvals"), json!({"approved_by": [{"user": user(2, "grace")}]})),
        (path("/merge_requests/3/commits"), json!([commit()])),
        (path("/pipelines"), json!([{"id": 90, "updated_at": "2026-03-14T09:30:00Z"}])),
        (path("/pipelines/90"), pipeline()),
        (path("/pipelines/90/jobs"), json!([job()])),
        (path("/releases"), json!([])),
        (path("/deployments"), json!([deployment()])),
    ])
}

fn user(id: u64, login: &str) -> Value {
    json!({"id": id, "username": login, "name": login})
}

fn commit() -> Value {
    json!({"id": HEAD, "title": "Retry", "message": "Retry PAY-12", "author_name": "ada",
        "author_email": "ada@acme.example", "committed_date": "2026-03-14T08:05:00Z",
        "web_url": format!("https://gitlab.acme.example/acme/payments/-/commit/{HEAD}")})
}

fn issue() -> Value {
    json!({"id": 500, "iid": 5, "title": "Retries are missing", "state": "opened", "author": user(1, "ada"),
        "labels": ["bug"], "web_url": "https://gitlab.acme.example/acme/payments/-/issues/5",
        "created_at": "2026-03-13T08:00:00Z", "updated_at": "2026-03-14T08:00:00Z"})
}

fn merge_request() -> Value {
    json!({"id": 300, "iid": 3, "title": "Retry", "description": "Closes #5", "state": "merged", "draft": false,
        "source_branch": "retry", "target_branch": "main", "author": user(1, "ada"), "merge_user": user(2, "grace"),
        "sha": HEAD, "merge_commit_sha": HEAD, "labels": [], "assignees": [], "reviewers": [],
        "web_url": "https://gitlab.acme.example/acme/payments/-/merge_requests/3",
        "created_at": "2026-03-14T08:10:00Z", "updated_at": "2026-03-14T09:26:06Z", "merged_at": "2026-03-14T09:26:06Z"})
}

fn pipeline() -> Value {
    json!({"id": 90, "sha": HEAD, "ref": "main", "status": "success", "source": "push", "user": user(1, "ada"),
        "web_url": "https://gitlab.acme.example/acme/payments/-/pipelines/90", "created_at": "2026-03-14T09:27:00Z",
        "updated_at": "2026-03-14T09:30:00Z", "finished_at": "2026-03-14T09:30:00Z"})
}

fn job() -> Value {
    json!({"id": 91, "name": "test", "stage": "test", "status": "success", "commit": commit(),
        "created_at": "2026-03-14T09:27:00Z", "started_at": "2026-03-14T09:27:10Z", "finished_at": "2026-03-14T09:29:50Z"})
}

fn deployment() -> Value {
    json!({"id": 70, "sha": HEAD, "ref": "main", "status": "success", "user": user(1, "ada"),
        "environment": {"name": "production"}, "deployable": {"finished_at": "2026-03-14T09:42:00Z"},
        "created_at": "2026-03-14T09:40:00Z", "updated_at": "2026-03-14T09:42:00Z"})
}
