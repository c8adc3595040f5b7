//! What the options of a job say: the environment, the service, the version, and images by digest.

use super::payload::{Job, plain};
use crate::evidence::artifact::Reference;

/// The most options of one job.
const MAX_OPTIONS: usize = 1_000;

/// The options that are read by their names, as the job's author chose them.
#[derive(Debug, Default)]
pub(super) struct Options {
    /// `environment` or `env`, with the name that it had.
    pub(super) environment: Option<(&'static str, String)>,
    /// `service`.
    pub(super) service: Option<String>,
    /// `version`.
    pub(super) version: Option<String>,
    /// Every value that names an image by digest.
    pub(super) images: Vec<Reference>,
}

impl Options {
    /// Reads the options of a job.
    pub(super) fn of(job: Option<&Job>) -> Self {
        let options = job.and_then(|job| job.options.as_ref());
        let value = |name: &str| options?.get(name).and_then(plain);
        let environment = ["environment", "env"].into_iter().find_map(|name| Some((name, value(name)?)));
        let values = options.into_iter().flatten().take(MAX_OPTIONS).filter_map(|(_, value)| plain(value));
        Self {
            environment,
            service: value("service"),
            version: value("version"),
            images: values.filter_map(|value| image(&value)).collect(),
        }
    }
}

/// An image with its digest; what names only one of the two may be anything.
fn image(text: &str) -> Option<Reference> {
    let reference = Reference::parse(text);
    let is_name = reference.package.as_deref().is_some_and(|package| !package.contains(char::is_whitespace));
    (is_name && reference.is_image && reference.digest.is_some()).then_some(reference)
}

#[cfg(test)]
mod tests {
    use super::image;

    #[test]
    fn only_a_name_with_a_digest_is_an_image() {
        let digest = format!("sha256:{}", "ab".repeat(32));
        for (text, expected) in [
            (format!("ghcr.io/acme/pay:1.4.0@{digest}"), Some("ghcr.io/acme/pay")),
            (format!("registry:5000/pay@{digest}"), Some("registry:5000/pay")),
            ("ghcr.io/acme/pay:1.4.0".to_owned(), None),
            ("ada@acme.example".to_owned(), None),
            (format!("run it @{digest}"), None),
            (digest.clone(), None),
            (String::new(), None),
        ] {
            let found = image(&text).and_then(|reference| reference.package);
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
