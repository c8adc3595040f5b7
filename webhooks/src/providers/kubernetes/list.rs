//! The lists that `kubectl get deployments,statefulsets,daemonsets,pods -A -o json` prints, as workloads.
//!
//! Only a pod that runs tells which digest runs. It belongs to what made it; a pod of a deployment was made by a replica set
//! whose name is the deployment's with a hash.

use std::collections::BTreeMap;

use super::payload::{ContainerStatus, Item, Items};
use super::workload::{MAX_IMAGES, Service, Workload};
use crate::evidence::artifact::Reference;
use crate::evidence::text::Text;

/// What makes pods that stay.
const CONTROLLERS: &[&str] = &["Deployment", "StatefulSet", "DaemonSet", "CronJob"];

/// The label with the hash in the name of a replica set.
const HASH_LABEL: &str = "pod-template-hash";

/// The labels that usually hold a service's name, the more telling ones first, and what each of them is a reason for.
const SERVICE_LABELS: &[(&str, &str)] = &[
    ("app.kubernetes.io/name", "the label app.kubernetes.io/name, which is usually the service's name"),
    ("app", "the label app, which is usually the service's name"),
    ("k8s-app", "the label k8s-app, which is usually the service's name"),
];

/// The workloads of a list, in order of namespace and name.
pub(super) fn workloads(items: &Items) -> Vec<Workload> {
    let mut workloads: BTreeMap<(String, String), Workload> = BTreeMap::new();
    for item in &items.0 {
        let Some((kind, name)) = identity(item) else { continue };
        let namespace = item.metadata.namespace.get().unwrap_or_default();
        let workload = workloads.entry((namespace.to_owned(), name.clone())).or_insert_with(|| Workload {
            kind: kind.clone(),
            namespace: namespace.to_owned(),
            name,
            service: None,
            images: Vec::new(),
            ready: None,
        });
        add(workload, item, &kind);
    }
    workloads.into_values().map(with_service).collect()
}

impl Items {
    /// How many things there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Kind and name of the workload that an item is, or is a pod of; `None` for what is neither and for pods that do not run.
fn identity(item: &Item) -> Option<(String, String)> {
    let (kind, name) = (item.kind.get()?, item.metadata.name.get()?);
    if CONTROLLERS.contains(&kind) {
        return Some((kind.to_owned(), name.to_owned()));
    }
    if kind != "Pod" || item.status.phase.get() != Some("Running") {
        return None;
    }
    // A node owns the pods that it starts by itself, which are workloads of their own.
    let owner = item.metadata.owner_references.first().filter(|owner| owner.kind.get() != Some("Node"));
    let Some((kind, name)) = owner.and_then(|owner| Some((owner.kind.get()?, owner.name.get()?))) else {
        return Some((kind.to_owned(), name.to_owned()));
    };
    let hash = item.metadata.labels.get(HASH_LABEL).and_then(Text::get);
    let deployment = hash.and_then(|hash| name.strip_suffix(hash)?.strip_suffix('-'));
    match (kind, deployment) {
        ("ReplicaSet", Some(deployment)) => Some(("Deployment".to_owned(), deployment.to_owned())),
        (kind, _) => Some((kind.to_owned(), name.to_owned())),
    }
}

fn add(workload: &mut Workload, item: &Item, kind: &str) {
    let labels = [&item.spec.template.metadata.labels, &item.metadata.labels];
    let of_label = SERVICE_LABELS.iter().find_map(|(label, reason)| {
        let name = labels.iter().find_map(|labels| labels.get(*label).and_then(Text::get))?;
        Some(Service::guessed(name, reason))
    });
    workload.service = workload.service.take().or(of_label);
    if item.kind.get() == Some("Pod") {
        for status in item.status.container_statuses.iter().take(MAX_IMAGES) {
            workload.add(image(item, status));
        }
        return;
    }
    // What made the pods is what the workload is called after; the kind of a pod's owner was a guess.
    kind.clone_into(&mut workload.kind);
    for container in item.spec.template.spec.containers.iter().take(MAX_IMAGES) {
        if let Some(written) = container.image.get() {
            let wanted = Reference::parse(written);
            // Its digest counts only once a pod runs it.
            workload.add(Reference { digest: None, ..wanted });
        }
    }
    let ready = item.status.ready_replicas.get().or(item.status.number_ready.get());
    let wanted = item.spec.replicas.get().or(item.status.desired_number_scheduled.get());
    workload.ready = wanted.map(|wanted| format!("{}/{wanted}", ready.unwrap_or("0")));
}

/// The image that a container runs. Its id holds the digest of the manifest behind an `@`; an id that is a digest alone is
/// that of the image's configuration, which is another one in every registry's eyes.
fn image(pod: &Item, status: &ContainerStatus) -> Reference {
    let mut containers = pod.spec.containers.iter().take(MAX_IMAGES);
    let wanted = containers.find(|container| container.name.get() == status.name.get());
    let written = wanted.and_then(|container| container.image.get()).or(status.image.get()).unwrap_or_default();
    let wanted = Reference::parse(written);
    let running = status.image_id.get().map(Reference::parse).filter(|running| running.package.is_some());
    let digest = running.as_ref().and_then(|running| running.digest.clone());
    Reference { digest, package: wanted.package.or(running.and_then(|running| running.package)), ..wanted }
}

/// A workload that no label says anything of is called after itself.
fn with_service(workload: Workload) -> Workload {
    let guessed = || Service::guessed(&workload.name, "the workload's name, which is often the service's");
    let service = workload.service.clone().unwrap_or_else(guessed);
    Workload { service: Some(service), ..workload }
}
