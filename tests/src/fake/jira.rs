//! A Jira Cloud site of one project whose issues come in two pages.

use serde_json::{Value, json};

use super::{FakeApi, Response};

/// Serves the interface of the site.
pub fn serve() -> FakeApi {
    FakeApi::serve(|request| {
        let user = request.headers.get("authorization");
        if !user.is_some_and(|user| user.starts_with("Basic ")) {
            return Response::refused(401, "Unauthorized");
        }
        match request.path.as_str() {
            "/rest/api/2/serverInfo" => Response::json(&json!({"deploymentType": "Cloud"})),
            "/rest/api/2/project" => Response::json(&json!([{"id": "10010", "key": "PAY", "name": "Payments",
                "self": "https://acme.atlassian.net/rest/api/2/project/10010"}])),
            "/rest/api/2/search/jql" => match request.query.get("nextPageToken").map(String::as_str) {
                None => Response::json(&json!({"issues": [issue(12)], "nextPageToken": "second/page"})),
                Some("second/page") => Response::json(&json!({"issues": [issue(13)], "isLast": true})),
                Some(_) => Response::refused(400, "no such page"),
            },
            _ => Response::refused(404, "Not Found"),
        }
    })
}

fn issue(number: u64) -> Value {
    let person = |name: &str| json!({"accountId": format!("id-{name}"), "displayName": name});
    json!({
        "id": (10_000 + number).to_string(),
        "key": format!("PAY-{number}"),
        "self": format!("https://acme.atlassian.net/rest/api/2/issue/{}", 10_000 + number),
        "fields": {
            "summary": "Totals are off by a cent", "issuetype": {"name": "Bug"}, "creator": person("ada"),
            "status": {"name": "Done", "statusCategory": {"key": "done"}},
            "created": "2026-03-13T08:00:00.000+0000", "updated": "2026-03-14T09:26:06.535+0000",
            "comment": {"comments": [{"id": "71", "author": person("grace"), "body": "Seen twice.",
                "created": "2026-03-14T08:00:00.000+0000"}]},
        },
        "changelog": {"total": 1, "histories": [{"id": "81", "author": person("ada"),
            "created": "2026-03-14T09:26:06.535+0000",
            "items": [{"field": "status", "fieldId": "status", "fieldtype": "jira", "fromString": "To Do", "toString": "Done"}]}]},
    })
}
