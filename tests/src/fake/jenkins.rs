//! A Jenkins with one job in a folder, which has run once and is running.

use serde_json::{Value, json};

use super::FakeApi;

/// Serves the interface.
pub fn serve() -> FakeApi {
    FakeApi::fixed(vec![
        ("/api/json".to_owned(), json!({"jobs": [{"name": "acme", "jobs": [{"name": "checkout"}]}]})),
        ("/job/acme/api/json".to_owned(), json!({"jobs": [{"name": "checkout", "displayName": "Checkout"}]})),
        ("/job/acme/job/checkout/api/json".to_owned(), json!({"allBuilds": [running(), ended()]})),
    ])
}

fn running() -> Value {
    json!({"number": 149, "url": "https://ci.acme.example/job/acme/job/checkout/149/", "building": true, "result": null,
        "timestamp": 1_773_480_400_000_i64, "duration": 0, "actions": []})
}

fn ended() -> Value {
    json!({"number": 148, "url": "https://ci.acme.example/job/acme/job/checkout/148/", "building": false,
        "result": "SUCCESS", "timestamp": 1_773_480_000_000_i64, "duration": 300_000,
        "actions": [{}, {"remoteUrls": ["https://github.com/acme/checkout.git"], "lastBuiltRevision":
            {"SHA1": "6f1c0a4b9d2e38f7750c1b6ad4e93f2c8b70a915", "branch": [{"name": "origin/main"}]}}]})
}
