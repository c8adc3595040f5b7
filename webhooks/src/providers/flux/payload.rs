//! The fields of a Flux event that are read.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// An event of `notification.toolkit.fluxcd.io`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event {
    /// What it is about.
    pub(super) involved_object: Option<InvolvedObject>,
    /// What the controller adds, and what the operator's Alert does.
    pub(super) metadata: Option<BTreeMap<String, Value>>,
    /// What happened, in one word: `ReconciliationSucceeded`.
    pub(super) reason: Option<String>,
    /// What happened, in a sentence.
    pub(super) message: Option<String>,
    /// When.
    pub(super) timestamp: Option<String>,
}

impl Event {
    /// The first of these metadata that says something, with its name. Controllers put their API group before a name:
    /// `kustomize.toolkit.fluxcd.io/revision`.
    pub(super) fn metadata(&self, names: &[&'static str]) -> Option<(&'static str, &str)> {
        let metadata = self.metadata.as_ref()?;
        names.iter().find_map(|&name| {
            let mut values = metadata.iter().filter(|(key, _)| is_named(key, name)).map(|(_, value)| value);
            let value = values.find_map(|value| value.as_str().map(str::trim).filter(|text| !text.is_empty()))?;
            Some((name, value))
        })
    }
}

fn is_named(key: &str, name: &str) -> bool {
    key.rsplit_once('/').map_or(key, |(_, last)| last) == name
}

/// A resource of Kubernetes.
#[derive(Debug, Deserialize)]
pub(super) struct InvolvedObject {
    /// `Kustomization`, `HelmRelease`.
    pub(super) kind: Option<String>,
    /// Its name.
    pub(super) name: Option<String>,
    /// The namespace that it lies in.
    pub(super) namespace: Option<String>,
    /// Its id, one in all clusters.
    pub(super) uid: Option<String>,
}
