//! Properties, which TeamCity writes as a list of names and values, and old versions of the plugin as an object.

use serde_json::Value;
use throughline_domain::repository::Repository;

use super::build::Source;
use crate::members::filled;

/// The value of a property, where it is a text that says something.
pub(super) fn value<'a>(properties: Option<&'a Value>, name: &str) -> Option<&'a str> {
    let properties = properties?;
    let list = properties.as_array().or_else(|| properties.get("property")?.as_array());
    let found = match list {
        Some(list) => list.iter().find(|one| one.get("name").and_then(Value::as_str) == Some(name))?.get("value"),
        None => properties.get(name),
    };
    filled(found?.as_str())
}

/// What a build checked out, by the parameters that TeamCity itself gives to a build with one repository.
pub(super) fn source(properties: Option<&Value>) -> Option<Source<'_>> {
    let repository = value(properties, "vcsroot.url").and_then(Repository::from_address);
    let commit = value(properties, "build.vcs.number");
    if repository.is_none() && commit.is_none() {
        return None;
    }
    Some(Source { repository, commit, is_guess: false, reason: "parameters of the build name repository and revision" })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::value;

    #[test]
    fn every_form_is_read() {
        for properties in [
            json!({"count": 1, "property": [{"name": "url", "value": " https://github.com/acme/checkout "}]}),
            json!([{"name": "branch", "value": "main"}, {"name": "url", "value": "https://github.com/acme/checkout"}]),
            json!({"url": "https://github.com/acme/checkout"}),
        ] {
            assert_eq!(value(Some(&properties), "url"), Some("https://github.com/acme/checkout"), "{properties}");
            assert_eq!(value(Some(&properties), "user"), None);
        }
        assert_eq!(value(Some(&json!({"url": 7})), "url"), None);
        assert_eq!(value(None, "url"), None);
    }
}
