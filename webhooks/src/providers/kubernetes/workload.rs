//! A workload: something of a cluster that runs images, and the service that it is.

use throughline_domain::link::LinkClass;

use super::payload::Row;
use crate::evidence::artifact::{self, Reference};

/// The most images of one workload, and the most containers of a pod; while it is rolled out it has a few versions of each.
pub(super) const MAX_IMAGES: usize = 200;

/// What runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Workload {
    /// `Deployment`, `StatefulSet`, `Pod`.
    pub(super) kind: String,
    pub(super) namespace: String,
    pub(super) name: String,
    /// The service that it is.
    pub(super) service: Option<Service>,
    /// The images that it runs, each once.
    pub(super) images: Vec<Reference>,
    /// How many of it are ready: `2/2`.
    pub(super) ready: Option<String>,
}

/// The service that a workload is, and how sure that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Service {
    pub(super) name: String,
    pub(super) class: LinkClass,
    /// Why, in words.
    pub(super) reason: &'static str,
}

impl Service {
    /// A service that a workload is called after.
    pub(super) fn guessed(name: &str, reason: &'static str) -> Self {
        Self { name: name.to_owned(), class: LinkClass::Guessed, reason }
    }
}

impl Workload {
    /// A workload of our own form.
    pub(super) fn of(row: &Row) -> Self {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let named = row.service.get().map(|name| Service {
            name: name.to_owned(),
            class: LinkClass::Asserted,
            reason: "the snapshot names the service",
        });
        let guessed =
            || row.name.get().map(|name| Service::guessed(name, "the workload's name, which is often the service's"));
        let mut workload = Self {
            kind: row.kind.get().unwrap_or("workload").to_owned(),
            namespace: text(row.namespace.get()),
            name: text(row.name.get()),
            service: named.or_else(guessed),
            images: Vec::new(),
            // Only a count says something to people.
            ready: row
                .ready
                .get()
                .filter(|ready| ready.contains(|sign: char| sign.is_ascii_digit()))
                .map(str::to_owned),
        };
        for image in row.images.iter().take(MAX_IMAGES) {
            let mut reference = image.image.get().map(Reference::parse).unwrap_or_default();
            reference.digest = image.digest.get().and_then(artifact::digest).or(reference.digest);
            workload.add(reference);
        }
        workload
    }

    /// Adds an image, unless it is there. One that is known with its digest takes the place of the same one without. What
    /// is beyond [`MAX_IMAGES`] is passed over.
    pub(super) fn add(&mut self, image: Reference) {
        if self.images.len() >= MAX_IMAGES {
            return;
        }
        let is_same = |known: &Reference| known.package == image.package && known.version == image.version;
        if image.digest.is_none() {
            if !self.images.iter().any(is_same) {
                self.images.push(image);
            }
            return;
        }
        self.images.retain(|known| known.digest.is_some() || !is_same(known));
        if !self.images.contains(&image) {
            self.images.push(image);
        }
    }

    /// What people call it: `deployment shop/checkout`.
    pub(super) fn called(&self) -> String {
        let kind = self.kind.to_lowercase();
        if self.namespace.is_empty() {
            format!("{kind} {}", self.name)
        } else {
            format!("{kind} {}/{}", self.namespace, self.name)
        }
    }
}

/// An image with the first digits of its digest: `ghcr.io/acme/checkout:1.4.0@sha256:0b31b1c02ff4`.
pub(super) fn shown(image: &Reference, digits: usize) -> String {
    let name = match (&image.package, &image.version) {
        (Some(package), Some(version)) => format!("{package}:{version}"),
        (Some(package), None) => package.clone(),
        (None, _) => String::new(),
    };
    let digest = image.digest.as_deref().and_then(|digest| digest.split_once(':'));
    let digest = digest.map(|(algorithm, hex)| format!("{algorithm}:{}", hex.get(..digits).unwrap_or(hex)));
    match digest {
        Some(digest) if name.is_empty() => digest,
        Some(digest) => format!("{name}@{digest}"),
        None => name,
    }
}
