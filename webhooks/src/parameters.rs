//! What the parameters of a job say, in tools that run whatever people wrote: where it works, on what, and which images it
//! brings. Only names that are plain in all of them are read.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::evidence::artifact::Reference;

/// The most parameters of one job that are searched for images.
const MAX_PARAMETERS: usize = 1_000;

/// The parameters that are read by their names, as the job's author chose them.
#[derive(Debug, Default)]
pub struct Parameters {
    /// `environment` or `env`, with the name that it had.
    pub environment: Option<(&'static str, String)>,
    /// `service`.
    pub service: Option<String>,
    /// `version`.
    pub version: Option<String>,
    /// Every value that names an image by digest.
    pub images: Vec<Reference>,
}

impl Parameters {
    /// Reads the parameters of a job.
    pub fn read(parameters: &BTreeMap<String, Value>) -> Self {
        let value = |name: &str| parameters.get(name).and_then(plain);
        let values = parameters.values().take(MAX_PARAMETERS).filter_map(plain);
        Self {
            environment: ["environment", "env"].into_iter().find_map(|name| Some((name, value(name)?))),
            service: value("service"),
            version: value("version"),
            images: values.filter_map(|value| image(&value)).collect(),
        }
    }

    /// As [`Parameters::read`], of a JSON object in a text; nothing of what is none.
    pub fn read_text(text: &str) -> Self {
        serde_json::from_str::<BTreeMap<String, Value>>(text).map(|read| Self::read(&read)).unwrap_or_default()
    }
}

/// A text that some senders write as a number.
pub fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
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
    use super::{Parameters, image};

    #[test]
    fn names_are_read_and_everything_else_is_searched_for_images() {
        let digest = format!("sha256:{}", "ab".repeat(32));
        let text =
            format!(r#"{{"env":"staging","version":14,"app_image":"ghcr.io/acme/pay@{digest}","other":{{"a":1}}}}"#);
        let parameters = Parameters::read_text(&text);
        assert_eq!(parameters.environment, Some(("env", "staging".to_owned())));
        assert_eq!((parameters.service, parameters.version.as_deref()), (None, Some("14")));
        let digests: Vec<Option<String>> = parameters.images.into_iter().map(|image| image.digest).collect();
        assert_eq!(digests, [Some(digest)]);
        for text in ["", "---\nenv: staging", "[1]", "{}"] {
            let parameters = Parameters::read_text(text);
            assert!(parameters.environment.is_none() && parameters.images.is_empty(), "{text}");
        }
    }

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
