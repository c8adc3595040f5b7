//! The list of a cluster, without what nobody reads: containers carry passwords in their variables, and a ledger forgets
//! nothing.

use serde_json::{Map, Value, json};

use crate::cli::{Failure, USAGE};

/// What is sent of each thing that `kubectl` lists; lists on the way are gone through.
const SENT: &[&[&str]] = &[
    &["kind"],
    &["metadata", "namespace"],
    &["metadata", "name"],
    &["metadata", "labels"],
    &["metadata", "ownerReferences", "kind"],
    &["metadata", "ownerReferences", "name"],
    &["metadata", "ownerReferences", "controller"],
    &["spec", "replicas"],
    &["spec", "containers", "name"],
    &["spec", "containers", "image"],
    &["spec", "template", "metadata", "labels"],
    &["spec", "template", "spec", "containers", "name"],
    &["spec", "template", "spec", "containers", "image"],
    &["status", "phase"],
    &["status", "readyReplicas"],
    &["status", "numberReady"],
    &["status", "desiredNumberScheduled"],
    &["status", "containerStatuses", "name"],
    &["status", "containerStatuses", "image"],
    &["status", "containerStatuses", "imageID"],
];

/// What `kubectl` is called with.
pub(super) fn arguments(context: Option<&str>) -> Vec<String> {
    let context = context.map(|context| format!("--context={context}"));
    let get = ["get", "deployments,statefulsets,daemonsets,pods", "--all-namespaces", "--output=json"];
    context.into_iter().chain(get.map(str::to_owned)).collect()
}

/// What is sent of a list; a body in Throughline's own form is sent as it is.
pub(super) fn body(listed: Vec<u8>) -> Result<Vec<u8>, Failure> {
    let list: Value = serde_json::from_slice(&listed).map_err(|cause| {
        Failure::new(USAGE, format!("the list is no JSON as `kubectl --output=json` prints it: {cause}"))
    })?;
    let Some(items) = list.get("items") else { return Ok(listed) };
    let sent = json!({ "apiVersion": "v1", "kind": "List", "items": without(items, SENT) });
    serde_json::to_vec(&sent).map_err(Failure::unusable)
}

/// A value with nothing but what lies on these ways.
fn without(value: &Value, ways: &[&[&str]]) -> Value {
    match value {
        Value::Array(values) => values.iter().map(|value| without(value, ways)).collect(),
        Value::Object(members) => {
            let mut kept = Map::new();
            for (name, value) in members {
                let onward: Vec<&[&str]> = ways
                    .iter()
                    .filter_map(|way| way.split_first().filter(|(first, _)| *first == name).map(|(_, rest)| rest))
                    .collect();
                if onward.iter().any(|rest| rest.is_empty()) {
                    kept.insert(name.clone(), value.clone());
                } else if !onward.is_empty() {
                    kept.insert(name.clone(), without(value, &onward));
                }
            }
            Value::Object(kept)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{arguments, body};

    fn sent(listed: &Value) -> Value {
        serde_json::from_slice(&body(listed.to_string().into_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn nothing_is_sent_that_nobody_reads() {
        let container = json!({ "name": "main", "image": "ghcr.io/acme/checkout:1.4.0",
            "env": [{ "name": "PASSWORD", "value": "secret" }], "args": ["--key=secret"] });
        let annotated = json!({ "name": "checkout", "namespace": "shop", "labels": { "app": "checkout" },
            "annotations": { "kubectl.kubernetes.io/last-applied-configuration": "secret" },
            "ownerReferences": [{ "kind": "ReplicaSet", "name": "checkout-7f9c", "controller": true, "uid": "secret" }] });
        let status = json!({ "phase": "Running", "podIP": "secret",
            "containerStatuses": [{ "name": "main", "image": "x", "imageID": "y", "containerID": "secret" }] });
        let listed = json!({ "kind": "List", "items": [
            { "apiVersion": "v1", "kind": "Pod", "metadata": annotated, "status": status,
              "spec": { "containers": [container], "volumes": [{ "name": "secret" }] } },
            { "kind": "Deployment", "metadata": { "name": "checkout" }, "status": { "readyReplicas": 2 },
              "spec": { "replicas": 2, "template": { "metadata": { "labels": {} }, "spec": { "containers": [container] } } } },
            "secret"
        ] });
        let sent = sent(&listed);
        assert!(!sent.to_string().contains("secret"), "{sent}");
        for (place, expected) in [
            ("/items/0/kind", json!("Pod")),
            ("/items/0/metadata/labels/app", json!("checkout")),
            ("/items/0/metadata/ownerReferences/0/kind", json!("ReplicaSet")),
            ("/items/0/spec/containers/0/image", json!("ghcr.io/acme/checkout:1.4.0")),
            ("/items/0/status/containerStatuses/0/imageID", json!("y")),
            ("/items/1/spec/template/spec/containers/0/name", json!("main")),
            ("/items/1/spec/replicas", json!(2)),
        ] {
            assert_eq!(sent.pointer(place), Some(&expected), "{place}");
        }
    }

    #[test]
    fn our_own_form_is_sent_as_it_is() {
        let own = br#"{"version": 1, "environment": "production", "workloads": []}"#.to_vec();
        assert_eq!(body(own.clone()).unwrap(), own);
        assert!(body(b"error: no such context".to_vec()).is_err());
    }

    #[test]
    fn the_context_comes_first() {
        assert_eq!(arguments(Some("eu-1")).first().map(String::as_str), Some("--context=eu-1"));
        assert_eq!(arguments(None).first().map(String::as_str), Some("get"));
    }
}
