//! What the variables of a job say: the environment, the service, the version, and images by digest.

use serde_json::{Map, Value};

use super::payload::plain;
use crate::evidence::artifact::Reference;

/// The most variables of one job.
const MAX_VARIABLES: usize = 1_000;

/// The variables that are read by their names, as the playbook's author chose them.
#[derive(Debug, Default)]
pub(super) struct Variables {
    /// `environment` or `env`, with the name that it had.
    pub(super) environment: Option<(&'static str, String)>,
    /// `service`.
    pub(super) service: Option<String>,
    /// `version`.
    pub(super) version: Option<String>,
    /// Every value that names an image by digest.
    pub(super) images: Vec<Reference>,
}

impl Variables {
    /// Reads variables; nothing of what is no JSON object.
    pub(super) fn read(text: Option<&str>) -> Self {
        let read = text.and_then(|text| serde_json::from_str::<Map<String, Value>>(text).ok());
        let variables = read.unwrap_or_default();
        let value = |name: &str| variables.get(name).and_then(plain);
        let values = variables.values().take(MAX_VARIABLES).filter_map(plain);
        Self {
            environment: ["environment", "env"].into_iter().find_map(|name| Some((name, value(name)?))),
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
    use super::Variables;

    #[test]
    fn names_are_read_and_everything_else_is_searched_for_images() {
        let digest = format!("sha256:{}", "ab".repeat(32));
        let text =
            format!(r#"{{"env":"staging","version":14,"app_image":"ghcr.io/acme/pay@{digest}","other":{{"a":1}}}}"#);
        let variables = Variables::read(Some(&text));
        assert_eq!(variables.environment, Some(("env", "staging".to_owned())));
        assert_eq!((variables.service, variables.version.as_deref()), (None, Some("14")));
        let digests: Vec<Option<String>> = variables.images.into_iter().map(|image| image.digest).collect();
        assert_eq!(digests, [Some(digest)]);
        for text in [None, Some(""), Some("---\nenv: staging"), Some("[1]"), Some("{}")] {
            let variables = Variables::read(text);
            assert!(variables.environment.is_none() && variables.images.is_empty(), "{text:?}");
        }
    }
}
